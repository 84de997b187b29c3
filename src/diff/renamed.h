/*
 * renamed.h
 *		Objects of a kept state that are called otherwise in the live schema.
 */
#ifndef SV_RENAMED_H
#define SV_RENAMED_H

#include "model/model.h"

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

#endif							/* SV_RENAMED_H */
