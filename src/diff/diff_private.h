/*
 * diff_private.h
 *		What the files of src/diff share.
 */
#ifndef SV_DIFF_PRIVATE_H
#define SV_DIFF_PRIVATE_H

#include "model/model.h"

/* ----- renamed.c -----
 *
 * Objects of a kept state that are called otherwise in the live schema.
 */

/* The same object, known by its address. */
typedef struct Renamed
{
	Object	   *kept;
	Object	   *live;
	const char *was;			/* NULL, or the value of an enum that has another */
	const char *is;				/* name now */
} Renamed;

extern List *sv_renamed_objects(const Model *kept, const Model *live);
extern Model *sv_renamed_model(const Model *kept, const Model *live, List *renamed);
extern List *sv_renamed_there(const Model *from, List *renamed);
extern List *sv_renamed_back(List *renamed);

/* ----- rename_hints.c ----- */

extern Object *sv_table_of_sequence(const Object *sequence);

#endif							/* SV_DIFF_PRIVATE_H */
