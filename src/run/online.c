/*
 * online.c
 *		Runs that commit step by step.
 *
 * Promises:
 *	- Each revision is recorded in the transaction of its last statements; all of
 *	  a revision is one transaction unless the server does not allow that.
 *	- Where it does not, the script is cut into parts (segment.c).  What is
 *	  finished is on record in the transaction that did it, or, for a statement
 *	  outside of transactions, right after it; that such a statement begins is on
 *	  record before.  So another call continues after any kind of end.
 *	- The session holds no snapshot and no lock on users' tables while a
 *	  statement runs in the background worker or while it waits.
 *	- A failure is in the journal.
 *
 * The loop's transactions end in sv_run_commit(): the one that finishes a part
 * also announces the next.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "run/batches.h"
#include "run/follow.h"
#include "run/leftovers.h"
#include "run/retry.h"
#include "run/segment.h"
#include "run/worker.h"
#include "settings.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/timestamp.h"

#define LOOK_AGAIN_MS 200

/* An online run under way. */
typedef struct OnlineRun
{
	Run			run;
	Direction	direction;
	const char *target;
	char	  **revisions;		/* ids, in order */
	int			next;			/* index of the next one */
	MemoryContext context;		/* lives as long as the run */
	MemoryContext step_context; /* and as long as a revision */

	/* the revision that is being executed; NULL: none */
	StoredRevision *revision;
	StoredScript *stored;
	StoredStep	step;
	Execution	execution;
	int			at;				/* index of the first statement that is not done */
	int			border;			/* no part may reach beyond it */
	Segment		part;
	StoredSegment segment;
} OnlineRun;

static void
ignore_step(const RunStep *step, void *arg)
{
}

/* ---------- the plan ---------- */

static RevisionList
plan(OnlineRun *online, const RevisionGraph *graph)
{
	RevisionList list = online->direction == SV_UPGRADE ? sv_graph_plan_upgrade(graph, online->target) :
		sv_graph_plan_downgrade(graph, online->target);

	if (online->direction == SV_DOWNGRADE)
		sv_run_check_reversible(sv_store_plan_rows(SV_STORE_WRITE, graph, &list), list.n);
	sv_run_check_resumable(online->direction, graph, &list);
	return list;
}

/* Plan the run, and record it if there is anything to do. */
static void
begin_run(OnlineRun *online, const char *command)
{
	RevisionGraph *graph = sv_store_graph(SV_STORE_WRITE);
	RevisionList list = plan(online, graph);

	online->revisions = palloc(sizeof(char *) * Max(list.n, 1));
	for (int i = 0; i < list.n; i++)
		online->revisions[i] = pstrdup(graph->revisions[list.members[i]].id);
	sv_store_close_runs();
	if (list.n == 0)
		return;
	online->run.report = ignore_step;
	online->run.nsteps = list.n;
	online->run.started_at = GetCurrentTimestamp();
	online->run.number = sv_store_begin_run(command, online->target);
}

/* ---------- the parts of a revision ---------- */

/* Raise SV019 if a finished part of the script is not what it was. */
static void
check_unchanged(const OnlineRun *online, const StoredSegment *segment)
{
	const Script *script = online->execution.script;
	int			from = segment->statement - 1;
	int			to = from + segment->statements;

	if (segment->direction == online->direction && from == online->at && to <= script->n &&
		strcmp(sv_segment_checksum(script, from, to), segment->checksum) == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_SV_INTERRUPTED_RUN),
			 errmsg("statements of revision \"%s\" that are done already were changed", online->revision->id),
			 errdetail("Statements %d to %d were executed with another text.", from + 1, to),
			 errhint("Change only what comes behind them, or forget what was done: SELECT schemaver.abandon(%s).",
					 quote_literal_cstr(online->revision->id))));
}

/* Begin the next revision, behind what an earlier run did of it. */
static void
begin_revision(OnlineRun *online)
{
	ListCell   *cell;

	sv_follow_end();
	MemoryContextReset(online->step_context);
	MemoryContextSwitchTo(online->step_context);
	online->revision = sv_store_revision(SV_STORE_WRITE, online->revisions[online->next]);
	online->stored = sv_store_script(SV_STORE_WRITE, online->revision->id);
	sv_execution_begin(&online->execution, online->revision, online->stored, online->direction);
	memset(&online->step, 0, sizeof(online->step));
	online->step.direction = online->direction;
	online->step.started_at = GetCurrentTimestamp();
	online->step.statements = online->execution.script->n;
	online->at = 0;
	foreach(cell, sv_store_segments(SV_STORE_WRITE, online->revision->id))
	{
		StoredSegment *segment = lfirst(cell);

		if (!segment->finished)
			continue;
		check_unchanged(online, segment);
		online->at += segment->statements;
	}
	sv_follow_revision(online->at == 0);
	if (online->at > 0 && sv_progress)
		ereport(INFO,
				(errmsg("continuing revision \"%s\" behind statement %d of %d",
						online->revision->id, online->at, online->execution.script->n)));
	online->next++;
}

/* Put on record which part comes next. */
static void
announce_part(OnlineRun *online)
{
	const Script *script = online->execution.script;
	StoredSegment *segment = &online->segment;

	online->part = sv_segment_next(script, online->at, online->border);
	memset(segment, 0, sizeof(*segment));
	segment->revision = online->revision->id;
	segment->direction = online->direction;
	segment->statement = online->at + 1;
	segment->statements = online->part.to - online->part.from;
	segment->line = online->execution.origin.first_line - 1 +
		(online->at < script->n ? script->statements[online->at].line : 1);
	segment->kind = sv_segment_kind_name(online->part.kind);
	segment->checksum = sv_segment_checksum(script, online->part.from, online->part.to);
	segment->run = online->run.number;
	sv_store_begin_segment(segment);
}

/*
 * Find and announce the next part.  Returns false when the run has none left.
 * The caller commits.
 */
static bool
next_part(OnlineRun *online)
{
	if (online->revision == NULL)
	{
		if (online->next == online->run.nsteps)
			return false;
		begin_revision(online);
	}
	online->border = sv_run_enum_border(online->execution.script, online->at);
	announce_part(online);
	return true;
}

/* All statements are executed: verify and record the revision. */
static void
finish_revision(OnlineRun *online)
{
	sv_execution_end(&online->execution);
	online->run.done = online->next - 1;
	sv_step_finish(&online->run, online->revision, online->stored, &online->step);
	sv_store_forget_segments(online->revision->id);
	sv_follow_step_done(&online->run, online->revision, online->stored, online->direction);
	sv_follow_finish();
}

/* ---------- statements of one transaction ---------- */

static void
try_transaction(void *arg)
{
	OnlineRun  *online = arg;
	int			level;

	sv_follow_part();
	sv_retry_approach(&online->execution, online->part.from, online->part.to);
	level = NewGUCNestLevel();
	sv_retry_limits();
	sv_execution_part(&online->execution, online->part.from, online->part.to);
	sv_run_keep_online();
	if (online->part.to == online->execution.script->n)
		finish_revision(online);
	else
	{
		sv_follow_part_done();
		sv_store_end_segment(&online->segment);
	}
	AtEOXact_GUC(false, level);
}

/*
 * Does the server want a commit before the statement that failed?  Then let the
 * part end there.  What the server says here the plan could not know.
 */
static bool
shorten_part(OnlineRun *online, const ErrorData *error)
{
	if (error->sqlerrcode != ERRCODE_UNSAFE_NEW_ENUM_VALUE_USAGE &&
		error->sqlerrcode != ERRCODE_OBJECT_IN_USE)
		return false;
	if (online->execution.text == NULL || online->execution.current <= online->part.from)
		return false;
	online->border = online->execution.current;
	announce_part(online);
	sv_run_commit();
	return true;
}

static void
execute_transaction(OnlineRun *online)
{
	int			attempt = 1;
	ErrorData  *error;

	while ((error = sv_run_attempt(try_transaction, online)) != NULL)
	{
		sv_execution_forget(&online->execution);
		if (shorten_part(online, error))
			continue;
		if (!sv_retry_wait(attempt++, error, &online->execution))
			ReThrowError(error);
	}
	online->at = online->part.to;
	if (online->at == online->execution.script->n)
		online->revision = NULL;
}

/* ---------- a statement outside of transactions ---------- */

/* What to do next about the statement, and under which settings. */
typedef struct AloneStep
{
	Leftover	leftover;
	WorkerSettings *settings;	/* the session's, then what the script has set */
} AloneStep;

static AloneStep
look(OnlineRun *online, const char *statement)
{
	AloneStep	step;
	int			level = NewGUCNestLevel();
	Oid			userid;
	int			security_context;

	GetUserIdAndSecContext(&userid, &security_context);
	(void) set_config_option("lock_timeout", psprintf("%d", sv_concurrent_lock_timeout), PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	sv_execution_settings(&online->execution, online->part.from);
	step.settings = sv_worker_settings();
	online->execution.current = online->part.from;
	online->execution.text = statement;
	sv_follow_elsewhere(statement);
	step.leftover = sv_leftovers(statement, online->segment.begun_before);
	AtEOXact_GUC(false, level);
	SetUserIdAndSecContext(userid, security_context);
	return step;
}

/* Execute the statement, after what has to come before it. */
static void
execute_statement(OnlineRun *online, const char *statement)
{
	for (;;)
	{
		AloneStep	step = look(online, statement);

		sv_run_commit();
		switch (step.leftover.action)
		{
			case SV_LEFTOVER_EXECUTE:
				sv_worker_execute(statement, step.settings);
				return;
			case SV_LEFTOVER_DONE:
				return;
			case SV_LEFTOVER_CLEAN:
				if (sv_progress)
					ereport(INFO, (errmsg("cleaning up: %s", step.leftover.cleanup)));
				sv_worker_execute(step.leftover.cleanup, step.settings);
				break;
			case SV_LEFTOVER_WAIT:
				sv_run_sleep(LOOK_AGAIN_MS);
				break;
		}
		sv_run_commit();		/* to see what was done meanwhile */
	}
}

static void
try_alone(void *arg)
{
	OnlineRun  *online = arg;
	Execution  *execution = &online->execution;
	MemoryContext context = CurrentMemoryContext;
	char	   *statement = sv_script_statement_text(execution->script, online->part.from);

	PG_TRY();
	{
		execute_statement(online, statement);
	}
	PG_CATCH();
	{
		sv_execution_rethrow(execution, context);
	}
	PG_END_TRY();
	sv_follow_part_done();
	sv_store_end_segment(&online->segment);
	sv_run_commit();
}

static void
execute_alone(OnlineRun *online)
{
	int			attempt = 1;
	ErrorData  *error;

	if (sv_progress)
		ereport(INFO,
				(errmsg("[%d/%d] %s %s: %s at line %d", online->next, online->run.nsteps,
						sv_direction_name(online->direction), online->revision->id,
						online->execution.script->statements[online->at].blocker,
						online->segment.line)));
	while ((error = sv_run_attempt(try_alone, online)) != NULL)
	{
		online->segment.begun_before = true;
		if (!sv_retry_wait(attempt++, error, &online->execution))
			ReThrowError(error);
	}
	online->at = online->part.to;
}

/* ---------- a statement in batches ---------- */

static void
execute_batches(OnlineRun *online)
{
	Batches		batches = {&online->execution, &online->segment, online->part.from};

	batches.step = sv_batch_step(online->execution.script, online->part.from, &online->execution.origin);
	if (batches.step == NULL)
		elog(ERROR, "statement %d has no batches", online->part.from + 1);
	if (sv_progress)
		ereport(INFO,
				(errmsg("[%d/%d] %s %s: %s in batches at line %d", online->next, online->run.nsteps,
						sv_direction_name(online->direction), online->revision->id,
						online->execution.script->statements[online->at].tag, online->segment.line)));
	sv_batches_execute(&batches);
	online->at = online->part.to;
}

/* ---------- the run ---------- */

static void
execute(void *arg)
{
	OnlineRun  *online = arg;

	begin_run(online, online->direction == SV_UPGRADE ? "online upgrade" : "online downgrade");
	if (online->run.number == 0)
		return;
	while (next_part(online))
	{
		sv_run_commit();
		CHECK_FOR_INTERRUPTS();
		if (online->part.kind == SV_SEGMENT_TRANSACTION)
			execute_transaction(online);
		else if (online->part.kind == SV_SEGMENT_ALONE)
			execute_alone(online);
		else
			execute_batches(online);
	}
	sv_store_end_run(online->run.number, online->run.started_at);
	sv_run_commit();
}

typedef struct Failure
{
	OnlineRun  *online;
	const ErrorData *error;
} Failure;

/* Write into the journal what an error has rolled back. */
static void
record_failure(void *arg)
{
	const Failure *failure = arg;
	OnlineRun  *online = failure->online;
	StoredFailure stored = {0};

	if (online->run.number == 0)
		return;
	if (online->revision != NULL)
	{
		const Execution *execution = &online->execution;

		stored.statement = execution->error_line > 0 ? execution->current + 1 : 0;
		stored.line = execution->error_line;
		stored.sqlstate = unpack_sql_state(failure->error->sqlerrcode);
		stored.error = failure->error->message ? failure->error->message : "";
		online->step.run = online->run.number;
		online->step.position = online->next;
		online->step.revision = online->revision->id;
		online->step.checksum = online->revision->checksum;
		online->step.finished_at = GetCurrentTimestamp();
		online->step.statements = online->at;
		sv_store_failed_step(&online->step, &stored);
		sv_store_forget_unbegun(online->revision->id);
	}
	sv_store_fail_run(online->run.number, online->run.started_at);
	sv_run_commit();
}

/*
 * Upgrade or downgrade to a target, committing step by step.  Must be called at
 * top level, outside of any transaction block and of SPI.
 */
void
sv_run_online(Direction direction, const char *target)
{
	MemoryContext context = AllocSetContextCreate(PortalContext, "schemaver online run",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	OnlineRun	online = {{0}};
	Failure		failure = {&online};
	ErrorData  *error;

	online.direction = direction;
	online.target = pstrdup(target);
	online.context = context;
	online.step_context = AllocSetContextCreate(context, "schemaver online step", ALLOCSET_DEFAULT_SIZES);
	sv_run_lock_online(direction == SV_UPGRADE ? "schemaver.online_upgrade()" : "schemaver.online_downgrade()");
	sv_run_enter();
	error = sv_run_attempt(execute, &online);
	if (error != NULL)
	{
		failure.error = error;
		(void) sv_run_attempt(record_failure, &failure);
	}
	sv_follow_end();
	sv_run_exit();
	sv_run_unlock_online();
	if (error != NULL)
		ReThrowError(error);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}
