/*
 * renames.h
 *		Objects that get another name or schema, and the statements for it.
 */
#ifndef SV_RENAMES_H
#define SV_RENAMES_H

#include "diff/diff.h"

/* An object of a model, and where it shall be. */
typedef struct Rename
{
	Object	   *from;
	const char *schema;			/* unquoted; NULL: the schema stays */
	const char *name;			/* unquoted; NULL: the name stays */
	const char *value;			/* NULL, or the value of the enum "from" that
								 * gets the name */
} Rename;

extern List *sv_diff_renames(const Model *from, List *renames);
extern List *sv_diff_all_renames(const Model *from, List **renames);

/* hints.c */
extern List *sv_hinted_renames(const Model *live, const Model *wanted, List *hints);
extern List *sv_renames_back(const Model *after, List *renames);
extern List *sv_identity_renames(List *renames, bool back);

#endif							/* SV_RENAMES_H */
