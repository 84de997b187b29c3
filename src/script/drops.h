/*
 * drops.h
 *		What a statement may take away, as far as its parse tree tells.
 */
#ifndef SV_DROPS_H
#define SV_DROPS_H

#include "nodes/parsenodes.h"

/* What is to be expected of a statement. */
typedef enum DropsKind
{
	SV_DROPS_NOTHING,
	SV_DROPS_DIRECTLY,			/* drops or converts, and reads nothing before */
	SV_DROPS_ANYTHING			/* runs code that may do so, among other things */
} DropsKind;

extern DropsKind sv_drops_kind(const Node *tree);
extern bool sv_drops_converts_plainly(const Node *tree);
extern List *sv_drops_columns_changed(const Node *tree, AlterTableType subtype, RangeVar **relation);

#endif							/* SV_DROPS_H */
