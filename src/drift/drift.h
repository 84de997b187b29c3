/*
 * drift.h
 *		The live schema against the one that the revisions left.
 *
 * Owns: what is reported as drift, undone or made a revision.  Never changes the
 * kept state but for that.
 */
#ifndef SV_DRIFT_H
#define SV_DRIFT_H

#include "diff/diff.h"
#include "formats/formats.h"
#include "graph/graph.h"
#include "run/run.h"

/* ----- drifting.c -----
 *
 * Drift: find it, undo it, make a revision of it.
 */

/* The live schema against the one that the revisions left. */
typedef struct DriftReport
{
	Model	   *kept;
	Model	   *live;
	Model	   *named;			/* the kept one with the names of today */
	List	   *renamed;		/* Renamed */
	List	   *drifts;			/* Drift */
	List	   *apply;			/* DiffRows from kept to live */
	List	   *revert;			/* and back */
} DriftReport;

/* drifting.c */
extern DriftReport sv_drift_find(List *schemas, const DiffOptions *options);
extern int64 sv_drift_settle(List *schemas, const DiffOptions *options);
extern bool sv_drift_find_known(List *schemas, const DiffOptions *options, DriftReport *report);
extern void sv_drift_begin(const DiffOptions *options);
extern int	sv_drift_count(const DiffOptions *options);
extern void sv_drift_rebase(const char *reason);
extern void sv_drift_write(DriftReport *report, const DiffOptions *options);
extern void sv_drift_write_exactly(DriftReport *report, List *schemas, const DiffOptions *options);

/* revert.c */
extern List *sv_drift_revert(List *schemas, const DiffOptions *options, const RowsRevert *rows,
							 bool dry_run, bool allow_data_loss);

/* clean.c */
extern void sv_drift_allow_clean(bool allow);
extern List *sv_drift_clean(List *schemas, const DiffOptions *options, bool dry_run);

/* pending.c */
extern void sv_drift_refuse_pending(const RevisionGraph *graph, List *targets);

/* refuse.c */
extern void sv_drift_refuse(List *schemas, const DiffOptions *options, const char *hint);
extern void sv_drift_refuse_start(const RevisionGraph *graph, List *schemas,
								  const DiffOptions *options, bool accept_drift);

/* capture.c */
extern char *sv_drift_capture(RevisionDraft *draft, const DiffOptions *options,
							  bool allow_data_loss,
							  char *(*script_of) (List *rows));

#endif							/* SV_DRIFT_H */
