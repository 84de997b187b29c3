/*
 * online_private.h
 *		What the files of src/online share.
 */
#ifndef SV_ONLINE_PRIVATE_H
#define SV_ONLINE_PRIVATE_H

#include "access/xlogdefs.h"
#include "online/online.h"
#include "run/run.h"
#include "script/script.h"

/* An online run under way. */
typedef struct OnlineRun
{
	Run			run;
	Direction	direction;
	const char *target;
	char	  **revisions;		/* ids, in order */
	int			next;			/* index of the next one */
	const char *external;		/* id of the step before which it stops, or NULL */
	MemoryContext context;		/* lives as long as the run */
	MemoryContext step_context; /* and as long as a revision */

	/* the revision that is being executed; NULL: none */
	StoredRevision *revision;
	StoredScript *stored;
	StoredStep	step;
	Execution	execution;
	int			at;				/* index of the first statement that is not done */
	int			border;			/* no part may reach beyond it */
	bool		singly;			/* each statement commits */
	Part		part;
	Part	   *former;			/* begun by an earlier run, and not in the script any more; or
								 * NULL */
	bool		resumed;		/* an earlier run did the statements before "at" */
} OnlineRun;

/* ----- commit.c: the ends of transactions ----- */

extern void sv_online_commit(void);
extern void sv_online_rollback(void);
extern ErrorData *sv_online_attempt(void (*work) (void *arg), void *arg);
extern void sv_online_wait(long milliseconds);
extern void sv_online_sleep(long milliseconds);

/* ----- marker.c: one online run at a time ----- */

extern void sv_online_lock(const char *what);
extern void sv_online_unlock(void);
extern void sv_online_keep_lock(void);
extern bool sv_online_holds_lock(void);
extern void sv_online_mark_worker(void);

/* ----- part.c: the parts of a script that are committed one by one ----- */

extern Part sv_part_next(const Script *script, int from, int border);

/* ----- batches.c -----
 *
 * A statement that runs range of keys by range, each in a transaction.
 */

/* How fast batches may go, and what is known about it. */
typedef struct Pace
{
	TimestampTz began_at;		/* start of the last batch's transaction */
	uint64		began_wal;		/* bytes of WAL of this session until then */
	double		executed;		/* ms that it took without its commit */
	double		elapsed;		/* and with it */
	double		commit;			/* ms that commits take lately */
	bool		waited_for;		/* another session waited for it */
	XLogRecPtr	sample;			/* a place in the WAL */
	TimestampTz sampled_at;		/* when it was written */
} Pace;

/* The batches of a statement under way. */
typedef struct Batches
{
	Execution  *execution;
	Part	   *part;			/* how far they are; the caller's */
	int			statement;		/* index in the script */
	BatchStep  *step;
	int			passes;			/* by this run */
	bool		found;			/* the pass has found rows that are left */
	int64		vacuumed_at;	/* part->done at the last vacuum */
	bool		finished;
	bool		ends_later;		/* the caller records the end of the part */
	Pace		pace;
} Batches;

/* Keys between two others; NULL: no such end. */
typedef struct KeyRange
{
	const char *from;
	bool		with_from;
	const char *to;
	bool		with_to;
} KeyRange;

/* batches.c */
extern void sv_batches_execute(Batches *batches);

/* batch_keys.c */
extern Oid	sv_batch_table(const Batches *batches);
extern void sv_batch_check_key(const Batches *batches);
extern int64 sv_batch_estimated_rows(const Batches *batches);
extern char *sv_batch_last_key(const Batches *batches, MemoryContext context);
extern char *sv_batch_border(const Batches *batches, MemoryContext context);
extern uint64 sv_batch_execute_range(const Batches *batches, const KeyRange *range);
extern char *sv_batch_look(const Batches *batches, MemoryContext context, bool *any_left);
extern uint64 sv_batch_execute_left(const Batches *batches, const KeyRange *range);

/* pace.c */
#define SV_SMALLEST_BATCH	1
extern int	sv_pace_deadline(const Pace *pace, int size, int target);
extern int	sv_pace_next_size(int size, double elapsed, int target, bool waited_for);
extern bool sv_pace_is_waited_for(void);
extern void sv_pace_begin(Pace *pace);
extern void sv_pace_executed(Pace *pace);
extern void sv_pace_committed(Pace *pace);
extern void sv_pace_pause(Batches *batches);

/* ----- deadline.c -----
 *
 * Work that is cancelled when it takes too long.
 */

/* deadline.c */
extern void sv_deadline_begin(int milliseconds);
extern void sv_deadline_end(void);
extern void sv_deadline_forget(void);
extern bool sv_deadline_passed(const ErrorData *error);

/* ----- leftovers.c -----
 *
 * What a statement outside of transactions left when it failed half-way.
 */

/* What to do about a statement. */
typedef enum LeftoverAction
{
	SV_LEFTOVER_EXECUTE,		/* execute it */
	SV_LEFTOVER_DONE,			/* nothing: it is done */
	SV_LEFTOVER_CLEAN,			/* execute the clean-up at top level, and look again */
	SV_LEFTOVER_WAIT			/* somebody else is at it: look again later */
} LeftoverAction;

typedef struct Leftover
{
	LeftoverAction action;
	char	   *cleanup;		/* SV_LEFTOVER_CLEAN */
	Oid			relation;		/* SV_LEFTOVER_DONE: what it made or detached, if it exists */
} Leftover;

/* What is known about the statement. */
typedef enum StatementHistory
{
	SV_STATEMENT_NEW,			/* nobody has begun it */
	SV_STATEMENT_BEGUN,			/* an earlier run has begun it */
	SV_STATEMENT_FORMER			/* and now it is not in the script any more */
} StatementHistory;

/* leftovers.c */
extern Leftover sv_leftovers(const char *statement, StatementHistory history);

/* probe.c */
extern bool sv_same_index(const char *statement, Oid table, Oid index);

/* ----- retry.c -----
 *
 * Getting locks without making others wait.
 */

extern void sv_retry_approach(Execution *execution, int from, int to);
extern void sv_retry_limits(int most);
extern bool sv_retry_wait(int attempt, const ErrorData *error, Execution *execution);

/* ----- alone.c: a statement outside of transactions ----- */

extern void sv_online_try_alone(void *online);
extern void sv_online_clean_former(OnlineRun *online);

/* online_hooks.c */
extern void sv_online_fire_before_revision(const OnlineRun *online);
extern void sv_online_fire_before_part(OnlineRun *online);
extern void sv_online_end_part(OnlineRun *online);
extern void sv_online_fire_around_run(OnlineRun *online, HookMoment at);

/* ----- worker.c -----
 *
 * One statement at top level, outside of any transaction block.
 */

/* Who a worker is, and all its settings. */
typedef struct WorkerSettings
{
	Oid			database;
	Oid			authenticated_user;
	Oid			session_user;
	Oid			current_user;
	int			length;
	char		values[FLEXIBLE_ARRAY_MEMBER];
} WorkerSettings;

/* worker.c */
extern WorkerSettings *sv_worker_settings(void);
extern void sv_worker_execute(const char *statement, const WorkerSettings *settings);

/* toplevel.c */
extern void sv_toplevel_execute(const char *statement);

#endif							/* SV_ONLINE_PRIVATE_H */
