/*
 * run.h
 *		Runs: the lock, the checks before, the steps, what is put back.
 *
 * Everything happens in the caller's transaction and with the caller's rights.
 */
#ifndef SV_RUN_H
#define SV_RUN_H

#include "graph/graph.h"
#include "script/script.h"
#include "store/store.h"

/* One finished step, as upgrade() and its like return it. */
typedef struct RunStep
{
	const char *revision;
	Direction	direction;
	const char *message;
	int			statements;
	Datum		elapsed;		/* interval */
} RunStep;

/* Gets each step as it finishes. */
typedef void (*RunStepFn) (const RunStep *step, void *arg);

/* A run under way. */
typedef struct Run
{
	int64		number;
	TimestampTz started_at;
	int			nsteps;			/* of the whole run */
	int			done;
	RunStepFn	report;
	void	   *report_arg;
} Run;

/* lock.c */
extern void sv_run_lock(const char *what);
extern void sv_run_refuse_nested(const char *what);
extern void sv_run_enter(void);
extern void sv_run_exit(void);

/* run.c */
extern void sv_run(Direction direction, const char *target, bool dry_run, RunStepFn report, void *arg);
extern void sv_run_redo(int steps, RunStepFn report, void *arg);
extern void sv_run_stamp(int ntargets, const char **targets, bool purge, RunStepFn report, void *arg);

/* precheck.c */
extern void sv_run_check_upgrade(StoredRevision **rows, int n, const char *target);
extern void sv_run_check_downgrade(StoredRevision **rows, int n, const char *target);
extern void sv_run_check_reversible(StoredRevision **rows, int n);
extern bool *sv_run_transactional(StoreMode mode, StoredRevision **rows, int n, Direction direction);

/* psql.c */
extern void sv_run_script_begin(Direction direction, const char *target, List *expected);
extern void sv_run_script_step(const char *id, Direction direction, const char *checksum, int statements);

/* body.c */
extern Script *sv_run_body(const char *revision, const StoredScript *stored, Direction direction, ScriptOrigin *origin);

/* step.c */
extern void sv_run_step(Run *run, const StoredRevision *revision, Direction direction);
extern void sv_run_verify(const char *revision, const StoredScript *stored);

/* constraints.c */
extern void sv_constraints_settle(bool touched);
extern void sv_constraints_follow(void);

/* copy.c */
extern uint64 sv_run_copy(const char *statement, const char *data, int length);

/* temp.c */
extern List *sv_temp_objects(void);
extern void sv_temp_drop_new(List *before);

#endif							/* SV_RUN_H */
