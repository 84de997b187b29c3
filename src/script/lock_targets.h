/*
 * lock_targets.h
 *		Which relations a statement locks, as far as its text tells.
 */
#ifndef SV_LOCK_TARGETS_H
#define SV_LOCK_TARGETS_H

#include "nodes/parsenodes.h"
#include "storage/lockdefs.h"

typedef struct LockTarget
{
	const RangeVar *relation;
	LOCKMODE	mode;
	bool		owned;			/* only an owner of the relation can execute this */
} LockTarget;

extern List *sv_lock_targets(const Node *tree);

#endif							/* SV_LOCK_TARGETS_H */
