/*
 * psql.c
 *		What a file made by script() calls while psql runs it.
 *
 * psql executes the statements; these functions hold the lock, check that the
 * file fits the database, and record each revision, in the transaction of its
 * statements.
 */
#include "postgres.h"

#include "base/compat.h"
#include "run/run.h"
#include "storage/proc.h"
#include "track/track.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* The run of this transaction. */
static struct
{
	LocalTransactionId transaction;
	Direction	direction;
	char	   *target;			/* in TopTransactionContext */
	int64		number;			/* 0 before the first step */
	int			done;
	TimestampTz started_at;
	TimestampTz step_started_at;
	List	   *temporary;		/* in TopTransactionContext */
} script_run;

static char *
join(List *names)
{
	StringInfoData out;

	if (names == NIL)
		return "base";
	initStringInfo(&out);
	foreach_ptr(const char, name, names)
		appendStringInfo(&out, "%s%s", foreach_current_index(name) ? ", " :
						 "", name);
	return out.data;
}

/* Raise SV008 unless the applied heads are those that the file expects. */
static void
check_version(List *expected)
{
	RevisionGraph *graph = sv_store_graph(SV_STORE_WRITE);
	RevisionList current = sv_graph_current(graph);
	List	   *ids = NIL;

	for (int i = 0; i < current.n; i++)
		ids = lappend(ids, (char *) graph->revisions[current.members[i]].id);
	list_sort(expected, sv_base_by_text);
	if (strcmp(join(ids), join(expected)) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_NOT_IN_RANGE),
				 errmsg("this file begins at %s, but the database is at %s", join(expected),
						join(ids)),
				 errhint("Make the file again with SELECT schemaver.script();")));
}

/* Take the lock and check the version; the first step begins the run. */
void
sv_run_script_begin(Direction direction, const char *target, List *expected)
{
	MemoryContext caller;

	sv_lock_run("schemaver.script_begin()");
	if (direction == SV_DOWNGRADE)
		sv_run_refuse_protected("A downgrade");
	sv_store_refuse_unfinished();
	check_version(expected);
	sv_lock_enter_transaction();
	script_run.transaction = SV_MY_LXID;
	script_run.direction = direction;
	script_run.number = 0;
	script_run.done = 0;
	script_run.started_at = script_run.step_started_at = GetCurrentTimestamp();

	caller = MemoryContextSwitchTo(TopTransactionContext);
	script_run.target = pstrdup(target);
	script_run.temporary = sv_temp_objects();

	MemoryContextSwitchTo(caller);
	sv_members_begin();
}

/* Raise an error unless the file has begun in this transaction. */
static void
check_begun(void)
{
	if (script_run.transaction != SV_MY_LXID)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("schemaver.script_begin() was not called in this transaction")));
}

/* The revision of which the file speaks, if the file may. */
static StoredRevision *
current_revision(const char *id, const char *checksum)
{
	StoredRevision *revision;

	check_begun();
	sv_members_check();
	revision = sv_store_revision(SV_STORE_WRITE, id);
	if (strcmp(revision->checksum, checksum) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_CHECKSUM_MISMATCH),
				 errmsg("revision \"%s\" was changed since this file was made", id),
				 errhint("Make the file again with SELECT schemaver.script();")));
	return revision;
}

/*
 * Execute the up or down of a revision, which schemaver wrote: psql could not give
 * its statements the rights that are due.
 */
void
sv_run_script_generated(const char *id, Direction direction, const char *checksum)
{
	StoredRevision *revision = current_revision(id, checksum);
	StoredScript *stored = sv_store_script(SV_STORE_WRITE, id);
	Execution	execution;

	if (!sv_run_is_generated(stored, direction) ||
		(direction == SV_DOWNGRADE && stored->down == NULL && stored->derived == NULL))
		ereport(ERROR,
				(errcode(ERRCODE_SV_CHECKSUM_MISMATCH),
				 errmsg("the %s script of revision \"%s\" is not one that schemaver wrote",
						direction == SV_UPGRADE ? "up" : "down", id),
				 errhint("Make the file again with SELECT schemaver.script();")));
	sv_execution_begin(&execution, revision, stored, direction);
	sv_execution_part(&execution, 0, execution.script->n);
	sv_execution_end(&execution);
}

/* Record that the statements of a revision were executed, and verify it. */
void
sv_run_script_step(const char *id, Direction direction, const char *checksum, int statements)
{
	StoredScript *stored;
	StoredStep	step = {0};

	(void) current_revision(id, checksum);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	sv_constraints_settle(true);
	SPI_finish();
	sv_temp_drop_new(script_run.temporary);
	stored = sv_store_script(SV_STORE_WRITE, id);
	if (direction == SV_UPGRADE && stored->verify != NULL)
		sv_run_verify(id, stored);

	if (script_run.number == 0)
		script_run.number =
			sv_store_begin_run(psprintf("script %s", sv_direction_name(script_run.direction)),
							   script_run.target);
	step.run = script_run.number;

	step.position = ++script_run.done;
	step.revision = id;
	step.direction = direction;
	step.checksum = checksum;
	step.started_at = script_run.step_started_at;
	step.finished_at = script_run.step_started_at = GetCurrentTimestamp();

	step.statements = statements;
	step.state = sv_follow_unseen(&step.state_before);
	(void) sv_store_step(&step);
	sv_store_end_run(script_run.number, script_run.started_at);
}

/* Only these stand in a file. */
static HookMoment
moment_in_file(const char *at)
{
	HookMoment	moment = sv_hook_moment(at);

	if (moment > SV_HOOK_AFTER_REVISION)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for argument \"at\": \"%s\"", sv_base_clip(at)),
				 errhint("Known values: before_run, after_run, before_revision, after_revision.")));
	return moment;
}

/* Run the hooks of a moment of the file's run. */
void
sv_run_script_hook(const char *at, const char *revision)
{
	HookMoment	moment = moment_in_file(at);
	bool		up;

	check_begun();
	up = script_run.direction == SV_UPGRADE;

	sv_hooks_begin(psprintf("script %s", sv_direction_name(script_run.direction)),
				   script_run.target);
	PG_TRY();
	{
		sv_hooks_run(script_run.number, up, !up);
		if (revision != NULL)
			sv_hooks_revision(revision, script_run.direction);
		sv_hooks_fire(moment, NULL);
	}
	PG_FINALLY();
	{
		sv_hooks_end();
	}
	PG_END_TRY();
	if (moment == SV_HOOK_AFTER_REVISION || moment == SV_HOOK_AFTER_RUN)
		(void) sv_follow_unseen(NULL);
}
