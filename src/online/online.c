/*
 * online.c
 *		Runs that commit step by step.
 *
 * Promises:
 *	- Each revision is recorded in the transaction of its last statements; all of
 *	  a revision is one transaction unless the server does not allow that.
 *	- Where it does not, the script is cut into parts (part.c).  What is
 *	  finished is on record in the transaction that did it, or, for a statement
 *	  outside of transactions, right after it; that such a statement begins is on
 *	  record before.  So another call continues after any kind of end.
 *	- The session holds no snapshot and no lock on users' tables while a
 *	  statement runs in the background worker or while it waits.
 *	- A failure is in the journal.
 *
 * The loop's transactions end in sv_online_commit(): the one that finishes a part
 * also announces the next.
 */
#include "postgres.h"

#include "base/base.h"
#include "impact/impact.h"
#include "miscadmin.h"
#include "online/online.h"
#include "online/online_private.h"
#include "register/register.h"
#include "track/track.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/timestamp.h"

/* ---------- the plan ---------- */

/* Leave out what the call does not select; stop before a step that is to be done elsewhere. */
static void
select_online_steps(OnlineRun *online, StoredRevision **rows, RevisionList *list)
{
	Selection	selection =
	sv_run_selection(SV_STORE_WRITE, online->run.options.contexts, online->run.options.labels);
	int			external;

	sv_run_select(&selection, rows, list);
	external = sv_run_first_external(rows, list->n);
	if (external < 0)
		return;
	if (external == 0)
		sv_run_refuse_external(rows[0], NULL);
	online->external = rows[external]->id;
	list->n = external;
}

static RevisionList
plan_online(OnlineRun *online, const RevisionGraph *graph)
{
	RevisionList list = online->direction == SV_UPGRADE ?
	sv_graph_plan_upgrade(graph, online->target) :
	sv_graph_plan_downgrade(graph, online->target);

	StoredRevision **rows = sv_store_plan_rows(SV_STORE_WRITE, graph, &list);

	if (online->direction == SV_DOWNGRADE)
	{
		if (list.n > 0)
			sv_run_refuse_protected("A downgrade");
		sv_run_check_reversible(rows, list.n);
	}
	else
		select_online_steps(online, rows, &list);
	sv_run_check_variables(SV_STORE_WRITE, rows, list.n, online->direction);
	sv_store_check_resumable(online->direction, graph, &list);
	return list;
}

/* Plan the run, and record it if there is anything to do. */
static void
begin_run(OnlineRun *online, const char *command)
{
	RevisionGraph *graph = sv_store_graph(SV_STORE_WRITE);
	RevisionList list = plan_online(online, graph);

	List	   *ids = NIL;

	online->revisions = palloc(sizeof(char *) * Max(list.n, 1));
	for (int i = 0; i < list.n; i++)
	{
		online->revisions[i] = pstrdup(graph->revisions[list.members[i]].id);
		ids = lappend(ids, online->revisions[i]);
	}
	sv_store_close_runs();
	if (list.n == 0 &&
		!(online->direction == SV_UPGRADE && sv_run_living->pending(&online->run.options)))
	{
		if (sv_progress != SV_PROGRESS_OFF && !online->run.options.quiet)
			ereport(INFO,
					(errmsg("nothing to do: \"%s\" is reached", sv_base_clip(online->target))));
		return;
	}
	sv_run_living->begin(online->direction, online->direction == SV_DOWNGRADE ? ids : NIL,
						 &online->run.options);
	online->run.nsteps = list.n;
	online->run.started_at = GetCurrentTimestamp();
	online->run.number = sv_store_begin_run(command, online->target);
	if (online->run.options.note != NULL)
		sv_store_note_run(online->run.number, online->run.options.note);
	sv_run_log_begin(&online->run, command, online->target);
}

/* ---------- the parts of a revision ---------- */

/* Raise SV019 if a finished part of the script is not what it was. */
static void
check_unchanged(const OnlineRun *online, const Part *part)
{
	if (part->direction != online->direction || part->from != online->at)
		sv_register_refuse_changed(online->revision->id, part);
	sv_register_check_done(online->revision->id, online->execution.script, part);
}

/* What to remember of a part, to know it again or to clean up after it. */
static char *
body_of(const Execution *execution, PartKind kind, int at)
{
	BatchStep  *step;

	if (kind == SV_PART_TRANSACTION)
		return NULL;
	if (kind == SV_PART_ALONE)
		return sv_register_mask_text(sv_script_statement_text(execution->script, at));
	step = sv_batch_step(execution->script, at, &execution->origin);
	return step ? psprintf("%s %s", step->table, step->key) : NULL;
}

/*
 * A part was begun and is not finished.  Is it in the script as it stands now?
 * A statement in batches may change, but not what its keys are keys of.
 */
static bool
is_in_script(const Execution *execution, const Part *part)
{
	int			at = part->from;
	PartKind	kind = sv_part_next(execution->script, at, at + 1).kind;
	char	   *body;

	if (at >= execution->script->n || kind != part->kind)
		return false;
	body = body_of(execution, kind, at);
	return body != NULL && part->body != NULL && strcmp(body, part->body) == 0;
}

/* Take note of a part that was begun and is not finished. */
static void
take_unfinished(OnlineRun *online, Part *part)
{
	if (part->kind == SV_PART_TRANSACTION || is_in_script(&online->execution, part))
		return;
	if (part->kind == SV_PART_ALONE)
		online->former = part;
	else if (part->batches > 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_INTERRUPTED_RUN),
				 errmsg("a statement of revision \"%s\" that is half done was taken away",
						online->revision->id),
				 errdetail("Of statement %d, %d batches were executed by table and key %s.",
						   part->from + 1, part->batches, part->body),
				 errhint("Put it back, with another text if need be, or forget what was done: SELECT schemaver.abandon(%s).",
						 quote_literal_cstr(online->revision->id))));
}

/* What to do with the next revision: look at its preconditions if nothing of it was done. */
static PreconditionResult
look_at_preconditions(const OnlineRun *online)
{
	if (online->direction == SV_DOWNGRADE ||
		sv_store_parts(SV_STORE_WRITE, online->revision->id) != NIL)
		return SV_RUN_PROCEED;
	return sv_run_preconditions(online->revision, online->stored);
}

/*
 * Begin the next revision, behind what an earlier run did of it.  "revision" is NULL
 * if it is left out.
 */
static void
begin_online_revision(OnlineRun *online)
{
	PreconditionResult result;
	List	   *earlier = NIL;
	int64		state = 0;

	sv_follow_end();
	MemoryContextReset(online->step_context);
	MemoryContextSwitchTo(online->step_context);
	online->revision = sv_store_revision(SV_STORE_WRITE, online->revisions[online->next]);
	online->stored = sv_store_script(SV_STORE_WRITE, online->revision->id);
	online->next++;
	result = look_at_preconditions(online);
	if (result == SV_RUN_SKIP)
	{
		online->revision = NULL;
		return;
	}
	if (result == SV_RUN_MARK)
		online->stored = sv_run_mark(online->stored);
	sv_execution_begin(&online->execution, online->revision, online->stored, online->direction);
	if (online->direction == SV_DOWNGRADE)
		online->execution.values = online->run.options.values;
	memset(&online->step, 0, sizeof(online->step));
	online->step.stamped = result == SV_RUN_MARK;
	online->step.direction = online->direction;
	online->step.started_at = GetCurrentTimestamp();
	online->step.statements = online->execution.script->n;
	online->at = 0;
	online->former = NULL;
	foreach_ptr(Part, part, sv_store_parts(SV_STORE_WRITE, online->revision->id))
	{
		if (foreach_current_index(part) == 0)
			state = part->state;

		if (part->finished)
		{
			check_unchanged(online, part);
			online->at += part->to - part->from;
		}
		else
			take_unfinished(online, part);
	}
	online->resumed = online->at > 0;
	sv_hooks_revision(online->revision->id, online->direction);
	if (online->direction == SV_DOWNGRADE && !online->resumed)
		sv_run_check_losses(online->revision, online->stored, &online->run.options, &earlier);
	if (online->direction == SV_DOWNGRADE)
		sv_run_refuse_labels(online->revision, online->stored, online->at);
	online->singly = sv_run_commits_each(online->revision->id, online->stored, online->direction);
	sv_follow_revision(!online->resumed && online->former == NULL, state);
	if (online->resumed && sv_progress)
		ereport(INFO,
				(errmsg("continuing revision \"%s\" behind statement %d of %d",
						online->revision->id, online->at, online->execution.script->n)));
}

/* Put on record which part comes next. */
static void
announce_part(OnlineRun *online)
{
	const Script *script = online->execution.script;
	Part	   *part = &online->part;

	*part = sv_part_next(script, online->at, online->singly ? online->at + 1 : online->border);
	part->revision = online->revision->id;
	part->direction = online->direction;
	part->line = online->execution.origin.first_line - 1 +
		(online->at < script->n ? script->statements[online->at].line : 1);
	part->checksum = sv_script_part_checksum(script, part->from, part->to);
	part->body = body_of(&online->execution, part->kind, part->from);
	part->run = online->run.number;
	sv_store_begin_part(part);
}

/* All statements are executed: verify and record the revision. */
static void
finish_revision(OnlineRun *online)
{
	sv_execution_end(&online->execution);
	online->run.done = online->next - 1;
	sv_step_finish(&online->run, online->revision, online->stored, &online->step,
				   &online->execution);
	if (!online->step.stamped)
		sv_hooks_fire(SV_HOOK_AFTER_REVISION, NULL);
	sv_store_forget_parts(online->revision->id);
	sv_follow_step_done(online->run.number, online->run.done, online->revision, online->stored,
						online->direction);
	sv_follow_finish();
	sv_run_check_secrets(&online->run);
}

/* ---------- statements of one transaction ---------- */

static void
try_transaction(void *arg)
{
	OnlineRun  *online = arg;
	int			level;

	sv_follow_part();
	sv_retry_approach(&online->execution, online->part.from, online->part.to);
	sv_lock_hold();
	level = NewGUCNestLevel();
	sv_retry_limits(0);
	sv_online_fire_before_revision(online);
	if (online->direction == SV_DOWNGRADE)
		sv_impact_guard();
	sv_execution_part(&online->execution, online->part.from, online->part.to);
	if (online->direction == SV_DOWNGRADE)
		sv_run_refuse_dropped(online->revision, sv_impact_unguard(),
							  sv_kept_taken(online->execution.keep),
							  &online->run.options);
	sv_online_keep_lock();
	if (online->part.to == online->execution.script->n)
		finish_revision(online);
	else
	{
		sv_follow_part_done();
		sv_store_end_part(&online->part);
		sv_run_check_secrets(&online->run);
	}
	AtEOXact_GUC(false, level);
}

/*
 * Has the statement that failed tried to commit, which the plan could not know?  Then it
 * becomes a part of its own, outside of transactions.
 */
static bool
put_outside(OnlineRun *online, const ErrorData *error)
{
	Execution  *execution = &online->execution;
	const char *tag = execution->script->statements[execution->current].tag;

	if (error->sqlerrcode != ERRCODE_SV_NOT_TRANSACTIONAL || execution->text == NULL ||
		(strcmp(tag, "CALL") != 0 && strcmp(tag, "DO") != 0))
		return false;
	sv_script_mark_commits(execution->script, execution->current);
	return true;
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
	sv_online_commit();
	return true;
}

static void
execute_transaction(OnlineRun *online)
{
	int			attempt = 1;
	ErrorData  *error;

	while ((error = sv_online_attempt(try_transaction, online)) != NULL)
	{
		(void) sv_impact_unguard();
		sv_execution_forget(&online->execution);
		if (put_outside(online, error))
			return;				/* to find the next part again */
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

/* What a statement that commits by itself has committed before it failed is the run's work. */
static void
record_half(void *arg)
{
	sv_follow_half_done();
	sv_online_commit();
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
						online->part.line)));
	sv_online_fire_before_part(online);
	while ((error = sv_online_attempt(sv_online_try_alone, online)) != NULL)
	{
		online->part.begun_before = true;
		(void) sv_online_attempt(record_half, online);
		if (!sv_retry_wait(attempt++, error, &online->execution))
			ReThrowError(error);
	}
	online->at = online->part.to;
}

/* ---------- a statement in batches ---------- */

static void
execute_batches(OnlineRun *online)
{
	Batches		batches = {&online->execution, &online->part, online->part.from};

	batches.step =
		sv_batch_step(online->execution.script, online->part.from, &online->execution.origin);
	if (batches.step == NULL)
		elog(ERROR, "statement %d has no batches", online->part.from + 1);
	if (sv_progress)
		ereport(INFO,
				(errmsg("[%d/%d] %s %s: %s in batches at line %d", online->next, online->run.nsteps,
						sv_direction_name(online->direction), online->revision->id,
						online->execution.script->statements[online->at].tag, online->part.line)));
	sv_online_fire_before_part(online);
	batches.ends_later = sv_hooks_any(SV_HOOK_AFTER_STATEMENT);
	sv_batches_execute(&batches);
	if (batches.ends_later)
		sv_online_end_part(online);
	if (sv_progress)
		ereport(INFO,
				(errmsg("[%d/%d] %s %s: %lld rows in %d batches, the longest of %d ms",
						online->next, online->run.nsteps,
						sv_direction_name(online->direction), online->revision->id,
						(long long) online->part.done, online->part.batches,
						online->part.longest)));
	online->at = online->part.to;
}

/* ---------- living objects ---------- */

/* All of them are one transaction, behind the last revision. */
static void
try_living(void *arg)
{
	OnlineRun  *online = arg;
	int			level;

	sv_follow_end();
	sv_follow_begin();
	sv_lock_hold();
	level = NewGUCNestLevel();
	sv_retry_limits(0);
	online->run.done = online->next;
	sv_run_living->finish(&online->run);
	sv_follow_finish();
	sv_online_keep_lock();
	AtEOXact_GUC(false, level);
}

static void
execute_living(OnlineRun *online)
{
	int			attempt = 1;
	ErrorData  *error;

	memset(&online->execution, 0, sizeof(online->execution));
	online->execution.origin.revision = "(living objects)";
	while ((error = sv_online_attempt(try_living, online)) != NULL)
	{
		sv_run_living->end();
		if (!sv_retry_wait(attempt++, error, &online->execution))
			ReThrowError(error);
	}
}

/* ---------- the run ---------- */

/*
 * Find and announce the next part.  Returns false when the run has none left.
 * The caller commits.
 */
static bool
next_part(OnlineRun *online)
{
	while (online->revision == NULL)
	{
		if (online->next == online->run.nsteps)
			return false;
		begin_online_revision(online);
		if (online->revision != NULL && online->former != NULL)
			sv_online_clean_former(online);
	}
	online->border = online->execution.script->n;
	announce_part(online);
	return true;
}

static void
execute_online(void *arg)
{
	OnlineRun  *online = arg;

	begin_run(online, online->direction == SV_UPGRADE ? "online upgrade" : "online downgrade");
	if (online->run.number == 0)
		return;
	sv_hooks_begin(online->direction == SV_UPGRADE ? "online upgrade" : "online downgrade",
				   online->target);
	sv_online_fire_around_run(online, SV_HOOK_BEFORE_RUN);
	while (next_part(online))
	{
		sv_online_commit();
		CHECK_FOR_INTERRUPTS();
		if (online->part.kind == SV_PART_TRANSACTION)
			execute_transaction(online);
		else if (online->part.kind == SV_PART_ALONE)
			execute_alone(online);
		else
			execute_batches(online);
	}
	if (online->external == NULL)
		execute_living(online);
	sv_online_fire_around_run(online, SV_HOOK_AFTER_RUN);
	sv_given_check(online->run.options.values, WARNING);
	sv_store_end_run(online->run.number, online->run.started_at);
	sv_online_commit();
	sv_run_log_end(&online->run);
	online->run.number = 0;
	if (online->external != NULL)
		sv_run_refuse_external(sv_store_revision(SV_STORE_WRITE, online->external), NULL);
}

/* May the error mean that something is missing which only another session has? */
static bool
is_about_missing(const ErrorData *error)
{
	return error->sqlerrcode == ERRCODE_UNDEFINED_TABLE ||
		error->sqlerrcode == ERRCODE_UNDEFINED_PSTATEMENT ||
		error->sqlerrcode == ERRCODE_UNDEFINED_CURSOR;
}

/* Explain an error if the script relies on what ended with a session, or stays within one. */
static void
explain(const OnlineRun *online, ErrorData *error)
{
	const Script *script;
	bool		alone = online->part.kind == SV_PART_ALONE && online->at == online->part.from;

	if (online->revision == NULL || error->hint != NULL || !is_about_missing(error) ||
		!(online->resumed || alone))
		return;
	script = online->execution.script;
	for (int i = 0; i < online->at; i++)
	{
		if ((script->statements[i].flags & SV_STMT_FOR_SESSION) == 0)
			continue;
		error->hint = alone ?
			psprintf("%s runs in another process, which has no temporary object of statement %d.",
					 script->statements[online->at].blocker, i + 1) :
			psprintf(
					 "What statement %d made was in a session that has ended. Make it again behind "
					 "statement %d: "
					 "SELECT schemaver.edit(%s, ...).", i + 1, online->at,
					 quote_literal_cstr(online->revision->id));
		return;
	}
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
	sv_run_log_failed(&online->run, online->revision ? online->revision->id : NULL,
					  failure->error->sqlerrcode);
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
		if (sv_online_holds_lock())
			sv_store_forget_unbegun(online->revision->id);
	}
	sv_store_fail_run(online->run.number, online->run.started_at);
	sv_online_commit();
}

/* Run the hooks on the error. */
static void
hooks_on_failure(void *arg)
{
	const Failure *failure = arg;

	if (failure->online->run.number != 0)
		sv_hooks_failed(failure->error);
	sv_online_commit();
}

/*
 * Upgrade or downgrade to a target, committing step by step.  Must be called at
 * top level, outside of any transaction block and of SPI.
 */
void
sv_online_run(Direction direction, const char *target, const RunOptions *options)
{
	MemoryContext context = AllocSetContextCreate(PortalContext, "schemaver online run",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	OnlineRun	online = {{0}};
	Failure		failure = {&online};
	ErrorData  *error;

	online.direction = direction;
	online.run.options = *options;
	online.run.options.note = options->note ? pstrdup(options->note) : NULL;
	online.run.options.contexts = options->contexts ? pstrdup(options->contexts) : NULL;
	online.run.options.labels = options->labels ? pstrdup(options->labels) : NULL;
	online.target = pstrdup(target);
	online.context = context;
	online.step_context =
		AllocSetContextCreate(context, "schemaver online step", ALLOCSET_DEFAULT_SIZES);
	sv_online_lock(direction == SV_UPGRADE ? "schemaver.online_upgrade()" :
				   "schemaver.online_downgrade()");
	sv_lock_enter();
	error = sv_online_attempt(execute_online, &online);
	if (error != NULL)
	{
		explain(&online, error);
		failure.error = error;
		(void) sv_online_attempt(record_failure, &failure);
		(void) sv_online_attempt(hooks_on_failure, &failure);
	}
	sv_hooks_end();
	sv_run_living->end();
	sv_follow_end();
	sv_lock_exit();
	sv_online_unlock();
	if (error != NULL)
		ReThrowError(error);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}
