/*
 * drifted.h
 *		What was changed in the live schema since its state was kept.
 */
#ifndef SV_DRIFT_H
#define SV_DRIFT_H

#include "diff/diff.h"
#include "diff/renamed.h"

/* One object that is not what it was. */
typedef struct Drift
{
	const Object *kept;			/* NULL: created */
	const Object *live;			/* NULL: dropped */
	bool		renamed;		/* it has another name or schema, no more */
	List	   *differs;		/* Differences */
	List	   *revert;			/* DiffRows: back to what was kept */
	List	   *apply;			/* DiffRows: from there to the live schema */
} Drift;

typedef struct Difference
{
	const char *property;
	const Property *was;		/* NULL: was not set */
	const Property *is;
} Difference;

extern List *sv_drift(const Model *kept, const Model *live, const DiffOptions *options);
extern void sv_drift_attribute(List *drifts, List *apply, List *revert, const Model *kept, const Model *live);
extern List *sv_drift_renamed(List *renamed, List *drifts, const DiffOptions *options);
extern const char *sv_drift_change(const Drift *drift);
extern const Object *sv_drift_object(const Drift *drift);
extern List *sv_drift_settled(const Model *kept, const Model *live, const DiffOptions *options);

#endif							/* SV_DRIFT_H */
