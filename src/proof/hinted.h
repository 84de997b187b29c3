/*
 * hinted.h
 *		The renames that the hints in a wanted schema ask for.
 */
#ifndef SV_HINTED_H
#define SV_HINTED_H

#include "diff/diff.h"

typedef struct HintedRenames
{
	Model	   *model;			/* the live schema after them */
	List	   *there;			/* statements (DiffRow) that lead to it */
	List	   *back;			/* and that lead back */
} HintedRenames;

extern HintedRenames sv_hinted(const char *sql, const ModelScope *scope, Model *live, Model *wanted,
							   const DiffOptions *options);

#endif							/* SV_HINTED_H */
