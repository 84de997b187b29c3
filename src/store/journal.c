/*
 * journal.c
 *		Rows of applied, run and step: what was done to this database.
 *
 * They are written in the transaction that did it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "store/store_private.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

/* The time between two moments, as an interval of microseconds. */
static Datum
interval_between(TimestampTz from, TimestampTz to)
{
	Interval   *result = palloc0(sizeof(Interval));

	result->time = Max(to - from, 0);
	return IntervalPGetDatum(result);
}

/* A query whose answer depends on the snapshot alone; one text. */
typedef struct SnapshotQuery
{
	const char *sql;
	SPIPlanPtr	plan;
} SnapshotQuery;

static char *
answer_under(SnapshotQuery *query, Snapshot snapshot)
{
	StoreScope	scope;
	char	   *answer;

	sv_store_enter(&scope, SV_STORE_WRITE);
	if (query->plan == NULL)
	{
		SPIPlanPtr	plan = SPI_prepare(query->sql, 0, NULL);

		if (plan == NULL)
			elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
		SPI_keepplan(plan);
		query->plan = plan;
	}
	if (SPI_execute_snapshot(query->plan, NULL, NULL, snapshot, InvalidSnapshot, true, false, 1) !=
		SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "could not read the state of schemaver");
	MemoryContextSwitchTo(scope.caller);
	answer = sv_store_text(0, 1);
	sv_store_leave(&scope);
	return answer ? answer : "";
}

/* Is the answer another one now than this transaction can see? */
static bool
has_unseen_changes(SnapshotQuery *query)
{
	Snapshot	latest = RegisterSnapshot(GetLatestSnapshot());
	char	   *now = answer_under(query, latest);

	UnregisterSnapshot(latest);
	return strcmp(now, answer_under(query, GetTransactionSnapshot())) != 0;
}

/*
 * Did another transaction commit a run that the snapshot of this one cannot
 * see?  That is so only under REPEATABLE READ and above.
 */
bool
sv_store_newer_run_committed(void)
{
	static SnapshotQuery query = {"SELECT max(run)::text FROM schemaver.run"};

	return has_unseen_changes(&query);
}

/*
 * Raise 40001 if another transaction added, changed or removed a revision and
 * the snapshot of this one cannot see it.  O(revisions).
 */
void
sv_store_check_registrations_seen(void)
{
	static SnapshotQuery query = {
		"SELECT md5(string_agg(concat(revision, ' ', xmin), ' ' ORDER BY position)) FROM "
		"schemaver.revision"
	};

	if (has_unseen_changes(&query))
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to a concurrent registration"),
				 errhint("The transaction might succeed if retried.")));
}

/*
 * Begin a run; returns its number.  "command" is what was called, "target"
 * what it was given (or NULL).  Roles are the caller's.
 */
int64
sv_store_begin_run(const char *command, const char *target)
{
	static StoreQuery query = {
		"INSERT INTO schemaver.run (run, command, target, role, session_role, pid, application, "
		"client, version, started_at, outcome) "
		"SELECT pg_catalog.nextval('schemaver.run_number'), $1, $2, $3, $4, $5, $6, "
		"pg_catalog.inet_client_addr(), e.extversion, $7, 'running' FROM pg_catalog.pg_extension e "
		"WHERE e.extname = 'schemaver' "
		"RETURNING run",
		7, {TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, TEXTOID, TIMESTAMPTZOID}
	};
	int64		run =
	sv_own_number(SV_STORE_WRITE, &query, 0, command, target, sv_role_name(GetUserId()),
				  sv_role_name(GetSessionUserId()), MyProcPid, application_name,
				  GetCurrentTimestamp());

	if (run == 0)
		elog(ERROR, "could not record the run");
	return run;
}

/* Write down what the caller had to say of a run. */
void
sv_store_note_run(int64 run, const char *note)
{
	static StoreQuery query =
	{"UPDATE schemaver.run SET note = $2 WHERE run = $1", 2, {INT8OID, TEXTOID}};
	Datum		values[2] = {Int64GetDatum(run), CStringGetTextDatum(note)};
	StoreScope	scope;

	sv_store_enter(&scope, SV_STORE_WRITE);
	sv_store_execute(&scope, &query, values, NULL);
	sv_store_leave(&scope);
}

/*
 * Note how a run ended, and what it changed: later the revisions may be gone.
 */
static void
end_run(int64 run, TimestampTz started_at, const char *outcome)
{
	static StoreQuery query = {
		"UPDATE schemaver.run r SET elapsed = $2, outcome = $3, change = (" SV_RUN_CHANGE ") "
		"WHERE run = $1",
		3, {INT8OID, INTERVALOID, TEXTOID}
	};

	sv_own_query(SV_STORE_WRITE, &query, run, interval_between(started_at, GetCurrentTimestamp()),
				 outcome);
}

/* Record that a run has done all its steps. */
void
sv_store_end_run(int64 run, TimestampTz started_at)
{
	end_run(run, started_at, "done");
	sv_store_find_reached(run);
}

/* Record that an online run has failed. */
void
sv_store_fail_run(int64 run, TimestampTz started_at)
{
	end_run(run, started_at, "failed");
}

/* Record that runs which can run no more, for this is the only one, were interrupted. */
void
sv_store_close_runs(void)
{
	static StoreQuery query =
	{"UPDATE schemaver.run SET outcome = 'interrupted' WHERE outcome = 'running'"};

	sv_own_query(SV_STORE_WRITE, &query);
}

/* Let it be the text with that checksum that ran. */
void
sv_store_set_applied_checksum(const char *revision, const char *checksum)
{
	static StoreQuery query = {
		"UPDATE schemaver.applied SET checksum = $2 WHERE revision = $1", 2, {TEXTOID, TEXTOID}
	};

	sv_own_query(SV_STORE_WRITE, &query, revision, checksum);
}

/* How long a step took, as an interval. */
Datum
sv_store_elapsed(const StoredStep *step)
{
	return interval_between(step->started_at, step->finished_at);
}

static void
mark_step_applied(const StoreScope *scope, const StoredStep *step, Datum elapsed)
{
	static StoreQuery query = {
		"INSERT INTO schemaver.applied (revision, checksum, run, applied_at, applied_by, elapsed) "
		"VALUES ($1, $2, $3, $4, $5, CASE WHEN NOT $7 THEN $6 END)",
		7, {TEXTOID, TEXTOID, INT8OID, TIMESTAMPTZOID, TEXTOID, INTERVALOID, BOOLOID}
	};

	sv_own_execute(scope, &query, step->revision, step->checksum, step->run, step->finished_at,
				   step->by != NULL ? step->by : sv_role_name(scope->userid), elapsed,
				   step->stamped && !step->took_time);
}

static void
mark_undone(const StoreScope *scope, const StoredStep *step)
{
	static StoreQuery forget = {"DELETE FROM schemaver.derived WHERE revision = $1", 1, {TEXTOID}};
	static StoreQuery query = {"DELETE FROM schemaver.applied WHERE revision = $1", 1, {TEXTOID}};

	sv_store_unset_reached(scope);
	sv_own_execute(scope, &forget, step->revision);
	if (sv_own_execute(scope, &query, step->revision) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_SV_INTERRUPTED_RUN),
				 errmsg("revision \"%s\" is not applied any more", step->revision)));
}

/* The journal's row of a step; "failure" is NULL where it succeeded. */
static void
insert_step(const StoreScope *scope, const StoredStep *step, const StoredFailure *failure,
			Datum elapsed)
{
	static StoreQuery query = {
		"INSERT INTO schemaver.step (run, position, revision, direction, checksum, started_at, "
		"elapsed, statements, outcome, statement, line, sqlstate, error, state, state_before) "
		"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, nullif($10, 0), nullif($11, 0), $12, $13, "
		"nullif($14, 0), nullif($15, 0))",
		15, {INT8OID, INT4OID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID, INTERVALOID, INT4OID,
			TEXTOID,
		INT4OID, INT4OID, TEXTOID, TEXTOID, INT8OID, INT8OID}
	};

	sv_own_execute(scope, &query, step->run, step->position, step->revision,
				   sv_direction_name(step->direction),
				   step->checksum, step->started_at, elapsed, step->statements,
				   failure ? "failed" : step->stamped ? "stamped" : "done",
				   failure ? failure->statement : 0, failure ? failure->line : 0,
				   failure ? failure->sqlstate : NULL, failure ? failure->error : NULL,
				   failure ? INT64CONST(0) : step->state,
				   failure ? INT64CONST(0) : step->state_before);
}

/*
 * Record a step: the journal's row, and the change of the set of applied
 * revisions, at once or with others of the run (step_rows.c).  Returns its duration
 * as an interval, in the caller's context.
 */
Datum
sv_store_step(const StoredStep *step)
{
	Datum		elapsed = sv_store_elapsed(step);
	StoreScope	scope;

	if (sv_steps_add(step))
		return elapsed;
	sv_store_enter(&scope, SV_STORE_WRITE);
	if (step->direction == SV_UPGRADE)
		mark_step_applied(&scope, step, elapsed);
	else
		mark_undone(&scope, step);
	insert_step(&scope, step, NULL, elapsed);
	sv_store_leave(&scope);
	return elapsed;
}

/* The same for a living object, which is in no set of revisions: the journal's row alone. */
Datum
sv_store_living_step(const StoredStep *step)
{
	Datum		elapsed = interval_between(step->started_at, step->finished_at);
	StoreScope	scope;

	sv_store_enter(&scope, SV_STORE_WRITE);
	insert_step(&scope, step, NULL, elapsed);
	sv_store_leave(&scope);
	return elapsed;
}

/* Record a step that failed and whose transaction is gone. */
void
sv_store_failed_step(const StoredStep *step, const StoredFailure *failure)
{
	StoreScope	scope;

	sv_store_enter(&scope, SV_STORE_WRITE);
	insert_step(&scope, step, failure, interval_between(step->started_at, step->finished_at));
	sv_store_leave(&scope);
}

/*
 * Write down a run of which the transaction is gone, in another session than its own.
 * Without a revision that failed, the error is in the note.
 */
void
sv_store_failed_run(const FailedRun *failed)
{
	static StoreQuery query = {
		"INSERT INTO schemaver.run (run, command, target, role, session_role, pid, application, "
		"client, version, started_at, elapsed, outcome, note, change) "
		"SELECT $1, $2, nullif($3, ''), $4, $5, $6, $7, "
		"nullif($8, '')::pg_catalog.inet, "
		"e.extversion, $9, $10, 'failed', nullif($11, ''), nullif($12, '') "
		"FROM pg_catalog.pg_extension e WHERE e.extname = 'schemaver'",
		12, {INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, TEXTOID, TEXTOID,
		TIMESTAMPTZOID, INTERVALOID, TEXTOID, TEXTOID}
	};
	bool		has_step = failed->revision[0] != '\0';
	Datum		elapsed = interval_between(failed->started_at, failed->ended_at);
	StoredStep	step = {.run = failed->run, .position = failed->position,
		.revision = failed->revision, .direction = failed->direction,
	.checksum = failed->checksum};
	StoredFailure failure = {failed->statement, failed->line, failed->sqlstate, failed->error};

	sv_own_query(SV_STORE_WRITE, &query, failed->run, failed->command, failed->target,
				 failed->role, failed->session_role, failed->pid, failed->application,
				 failed->client, failed->started_at, elapsed,
				 has_step ? failed->note : psprintf("%s%s%s: %s", failed->note,
													failed->note[0] ? "; " : "",
													failed->sqlstate, failed->error),
				 failed->change);
	step.started_at = step.finished_at = failed->ended_at;
	if (has_step)
		sv_store_failed_step(&step, &failure);
}

/* Did a run of this database ever apply, undo or stamp the revision? */
bool
sv_store_was_run(const char *revision)
{
	static StoreQuery query = {
		"SELECT FROM schemaver.step WHERE revision = $1 AND outcome <> 'failed' LIMIT 1", 1,
		{TEXTOID}
	};

	return sv_own_query(SV_STORE_READ, &query, revision) > 0;
}

/* Did undo() ever take the revision back? */
bool
sv_store_was_undone(const char *revision)
{
	static StoreQuery query = {
		"SELECT FROM schemaver.step s JOIN schemaver.run r ON r.run = s.run "
		"WHERE s.revision = $1 AND r.command = 'undo' LIMIT 1", 1,
		{TEXTOID}
	};

	return sv_own_query(SV_STORE_WRITE, &query, revision) > 0;
}

/* Record the states of the schema after steps of one run or of several. */
void
sv_store_step_states(int n, const StepState *marks)
{
	static StoreQuery query = {
		"UPDATE schemaver.step s SET state = nullif(c.state, 0), state_before = nullif(c.before, 0) "
		"FROM unnest($1, $2, $3, $4) AS c (run, position, state, before) "
		"WHERE s.run = c.run AND s.position = c.position",
		4, {INT8ARRAYOID, INT4ARRAYOID, INT8ARRAYOID, INT8ARRAYOID}
	};
	Datum	   *runs = palloc(sizeof(Datum) * Max(n, 1));
	Datum	   *positions = palloc(sizeof(Datum) * Max(n, 1));
	Datum	   *states = palloc(sizeof(Datum) * Max(n, 1));
	Datum	   *before = palloc(sizeof(Datum) * Max(n, 1));
	int			written = 0;

	for (int i = 0; i < n; i++)
	{
		if (sv_steps_set_state(&marks[i]))
			continue;
		runs[written] = Int64GetDatum(marks[i].run);
		positions[written] = Int32GetDatum(marks[i].position);
		before[written] = Int64GetDatum(marks[i].before);
		states[written++] = Int64GetDatum(marks[i].state);
	}
	if (written == 0)
		return;
	sv_own_query(SV_STORE_WRITE, &query, sv_store_numbers(runs, written),
				 PointerGetDatum(construct_array(positions, written, INT4OID, sizeof(int32), true,
												 TYPALIGN_INT)),
				 sv_store_numbers(states, written), sv_store_numbers(before, written));
}

/* Keep the variables (a JSON object) that a step was given. */
void
sv_store_step_variables(int64 run, int position, const char *variables)
{
	static StoreQuery query = {
		"UPDATE schemaver.step SET variables = $3::jsonb WHERE run = $1 AND position = $2",
		3, {INT8OID, INT4OID, TEXTOID}
	};

	sv_own_query(SV_STORE_WRITE, &query, run, position, variables);
}

/*
 * Does what is kept of the present schema and of a run's revisions hold the value, as
 * it is or within quotes?  Reads all that is kept of the present schema.
 */
bool
sv_store_holds(const char *value, int64 run)
{
	static StoreQuery query = {
		"SELECT FROM (SELECT f, substr(to_json(f)::text, 2, length(to_json(f)::text) - 2) AS json "
		"FROM unnest(ARRAY[$1, replace($1, chr(39), repeat(chr(39), 2)), replace($1, chr(34), "
		"repeat(chr(34), 2)), replace(replace($1, chr(92), repeat(chr(92), 2)), chr(39), "
		"repeat(chr(39), 2))]) f) form WHERE EXISTS (SELECT FROM schemaver.object_version "
		"WHERE to_state IS NULL AND strpos(description::text, form.json) > 0) "
		"OR EXISTS (SELECT FROM schemaver.derived d JOIN schemaver.step s ON s.revision = d.revision "
		"WHERE s.run = $2 AND strpos(d.down, form.f) > 0)",
		2, {TEXTOID, INT8OID}
	};

	return sv_own_query(SV_STORE_WRITE, &query, value, run) > 0;
}
