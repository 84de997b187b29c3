/*
 * step_rows.c
 *		Rows of step and applied that a run collects and writes a few hundred at a time.
 *
 * One statement for many rows costs a tenth of as many statements.  What is collected
 * is written before anybody can look for it: before any other query on schemaver's
 * tables, before a statement of a script that may call anything, and at the end.  It is
 * written in the transaction that collected it, or not at all: in a subtransaction, which
 * may be rolled back alone, nothing is collected and nothing written.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "store/store_private.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* More are not kept back; the steps that wait for their changes to be settled are fewer. */
#define MAX_COLLECTED 500

static struct
{
	MemoryContext context;		/* NULL: nothing is collected */
	int			level;			/* of transactions, in which that is so */
	bool		held;			/* other queries do not have it written */
	List	   *steps;			/* StoredStep */
	int			marked;			/* where the last state was noted */
} collected;

/* ----- writing ----- */

/* The rows of some steps as arrays. */
typedef struct StepArrays
{
	int			n;
	Datum	   *revisions;
	Datum	   *checksums;
	Datum	   *positions;
	Datum	   *started;
	Datum	   *finished;
	Datum	   *elapsed;
	Datum	   *statements;
	Datum	   *states;
	Datum	   *before;
	Datum	   *roles;
} StepArrays;

static Datum *
new_column(int n)
{
	return palloc(sizeof(Datum) * n);
}

static void
fill_arrays(StepArrays *a, const List *steps, int from, int to)
{
	int			n = to - from;

	a->n = 0;
	a->revisions = new_column(n);
	a->checksums = new_column(n);
	a->positions = new_column(n);
	a->started = new_column(n);
	a->finished = new_column(n);
	a->elapsed = new_column(n);
	a->statements = new_column(n);
	a->states = new_column(n);
	a->before = new_column(n);
	a->roles = new_column(n);
	for (int i = from; i < to; i++)
	{
		const StoredStep *step = list_nth(steps, i);

		a->revisions[a->n] = CStringGetTextDatum(step->revision);
		a->checksums[a->n] = CStringGetTextDatum(step->checksum);
		a->positions[a->n] = Int32GetDatum(step->position);
		a->started[a->n] = TimestampTzGetDatum(step->started_at);
		a->finished[a->n] = TimestampTzGetDatum(step->finished_at);
		a->elapsed[a->n] = sv_store_elapsed(step);
		a->statements[a->n] = Int32GetDatum(step->statements);
		a->states[a->n] = Int64GetDatum(step->state);
		a->before[a->n] = Int64GetDatum(step->state_before);
		a->roles[a->n++] = CStringGetTextDatum(step->by);
	}
}

static Datum
texts(Datum *values, int n)
{
	return PointerGetDatum(construct_array(values, n, TEXTOID, -1, false, TYPALIGN_INT));
}

static Datum
integers(Datum *values, int n)
{
	return PointerGetDatum(construct_array(values, n, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

static Datum
moments(Datum *values, int n)
{
	return PointerGetDatum(construct_array(values, n, TIMESTAMPTZOID, sizeof(TimestampTz),
										   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

static Datum
durations(Datum *values, int n)
{
	return PointerGetDatum(construct_array(values, n, INTERVALOID, sizeof(Interval), false,
										   TYPALIGN_DOUBLE));
}

static void
write_applied(const StoreScope *scope, const StepArrays *a, int64 run)
{
	static StoreQuery query = {
		"INSERT INTO schemaver.applied (revision, checksum, run, applied_at, applied_by, elapsed) "
		"SELECT c.revision, c.checksum, $1, c.applied_at, c.applied_by, c.elapsed "
		"FROM unnest($2, $3, $4, $5, $6) AS c (revision, checksum, applied_at, applied_by, elapsed)",
		6, {INT8OID, TEXTARRAYOID, TEXTARRAYOID, TIMESTAMPTZARRAYOID, TEXTARRAYOID,
		INTERVALARRAYOID}
	};
	Datum		values[6];

	values[0] = Int64GetDatum(run);
	values[1] = texts(a->revisions, a->n);
	values[2] = texts(a->checksums, a->n);
	values[3] = moments(a->finished, a->n);
	values[4] = texts(a->roles, a->n);
	values[5] = durations(a->elapsed, a->n);
	sv_store_execute(scope, &query, values, NULL);
}

/* Raise an error for the first of the revisions that the last query has not returned. */
static void
refuse_not_applied(const StepArrays *a)
{
	for (int i = 0; i < a->n; i++)
	{
		char	   *revision = TextDatumGetCString(a->revisions[i]);
		bool		found = false;

		for (uint64 row = 0; row < SPI_processed && !found; row++)
			found = strcmp(sv_own_text(row, 1), revision) == 0;
		if (!found)
			ereport(ERROR,
					(errcode(ERRCODE_SV_INTERRUPTED_RUN),
					 errmsg("revision \"%s\" is not applied any more", revision)));
	}
}

static void
write_undone(const StoreScope *scope, const StepArrays *a)
{
	static StoreQuery forget =
	{"DELETE FROM schemaver.derived WHERE revision = ANY ($1)", 1, {TEXTARRAYOID}};
	static StoreQuery query =
	{"DELETE FROM schemaver.applied WHERE revision = ANY ($1) RETURNING revision", 1,
	{TEXTARRAYOID}};
	Datum		values[1] = {texts(a->revisions, a->n)};

	sv_store_unset_reached(scope);
	sv_store_execute(scope, &forget, values, NULL);
	if (sv_store_execute(scope, &query, values, NULL) != a->n)
		refuse_not_applied(a);
}

static void
write_steps(const StoreScope *scope, const StepArrays *a, int64 run, Direction direction)
{
	static StoreQuery query = {
		"INSERT INTO schemaver.step (run, position, revision, direction, checksum, started_at, "
		"elapsed, statements, outcome, state, state_before) "
		"SELECT $1, c.position, c.revision, $2, c.checksum, c.started_at, c.elapsed, "
		"c.statements, 'done', nullif(c.state, 0), nullif(c.before, 0) "
		"FROM unnest($3, $4, $5, $6, $7, $8, $9, $10) AS c (position, revision, checksum, started_at, "
		"elapsed, statements, state, before)",
		10, {INT8OID, TEXTOID, INT4ARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TIMESTAMPTZARRAYOID,
		INTERVALARRAYOID, INT4ARRAYOID, INT8ARRAYOID, INT8ARRAYOID}
	};
	Datum		values[10];

	values[0] = Int64GetDatum(run);
	values[1] = CStringGetTextDatum(sv_direction_name(direction));
	values[2] = integers(a->positions, a->n);
	values[3] = texts(a->revisions, a->n);
	values[4] = texts(a->checksums, a->n);
	values[5] = moments(a->started, a->n);
	values[6] = durations(a->elapsed, a->n);
	values[7] = integers(a->statements, a->n);
	values[8] = sv_store_numbers(a->states, a->n);
	values[9] = sv_store_numbers(a->before, a->n);
	sv_store_execute(scope, &query, values, NULL);
}

/* Write steps of one run and one direction. */
static void
write_some(const List *steps, int from, int to)
{
	const StoredStep *first = list_nth(steps, from);
	StepArrays	arrays;
	StoreScope	scope;

	sv_store_enter(&scope, SV_STORE_WRITE);
	fill_arrays(&arrays, steps, from, to);
	if (first->direction == SV_UPGRADE)
		write_applied(&scope, &arrays, first->run);
	else
		write_undone(&scope, &arrays);
	write_steps(&scope, &arrays, first->run, first->direction);
	sv_store_leave(&scope);
}

static void
write_collected(void)
{
	List	   *steps = collected.steps;
	int			from = 0;

	collected.steps = NIL;
	collected.marked = 0;

	for (int i = 1; i <= list_length(steps); i++)
	{
		const StoredStep *first = list_nth(steps, from);
		const StoredStep *next = i < list_length(steps) ? list_nth(steps, i) : NULL;

		if (next != NULL && next->direction == first->direction && next->run == first->run)
			continue;
		write_some(steps, from, i);
		from = i;
	}
	MemoryContextReset(collected.context);
}

/* ----- collecting ----- */

/* Is something collected that may be written now? */
bool
sv_steps_wait(void)
{
	return collected.steps != NIL && collected.level == GetCurrentTransactionNestLevel();
}

/* Write what is collected. */
void
sv_steps_write(void)
{
	if (sv_steps_wait())
		write_collected();
}

/* Somebody is about to look into schemaver's tables. */
static void
before_others(void)
{
	if (!collected.held)
		sv_steps_write();
}

/* Begin to collect the steps of a run, in memory of the current context's. */
void
sv_steps_begin(void)
{
	memset(&collected, 0, sizeof(collected));
	collected.context = AllocSetContextCreate(CurrentMemoryContext, "schemaver steps",
											  ALLOCSET_DEFAULT_SIZES);
	collected.level = GetCurrentTransactionNestLevel();

	sv_store_before_enter = before_others;
}

/* Collect no more; also after an error.  What is not written is forgotten. */
void
sv_steps_end(void)
{
	memset(&collected, 0, sizeof(collected));
	sv_store_before_enter = NULL;
}

/* Own queries that do not look for steps: hold back what is collected, or no longer. */
void
sv_steps_hold(bool held)
{
	collected.held = held;
}

/* Collect a step; false if it is to be written at once. */
bool
sv_steps_add(const StoredStep *step)
{
	MemoryContext caller;
	StoredStep *copy;

	if (collected.context == NULL || collected.level != GetCurrentTransactionNestLevel())
		return false;
	if (step->stamped || list_length(collected.steps) >= MAX_COLLECTED)
		sv_steps_write();
	if (step->stamped)
		return false;
	caller = MemoryContextSwitchTo(collected.context);
	copy = palloc(sizeof(StoredStep));
	*copy = *step;
	copy->revision = pstrdup(step->revision);
	copy->checksum = pstrdup(step->checksum);
	copy->by = step->by != NULL ? pstrdup(step->by) : sv_role_name(GetUserId());
	collected.steps = lappend(collected.steps, copy);

	MemoryContextSwitchTo(caller);
	return true;
}

/* Note the kept state after a step that is collected; false if it is not. */
bool
sv_steps_set_state(const StepState *mark)
{
	int			n = list_length(collected.steps);

	/* states come in the order of their steps, so that mostly the next one is it */
	for (int i = 0; i < n; i++)
	{
		int			at = (collected.marked + i) % n;
		StoredStep *step = list_nth(collected.steps, at);

		if (step->run != mark->run || step->position != mark->position)
			continue;
		step->state = mark->state;
		step->state_before = mark->before;
		collected.marked = at + 1;
		return true;
	}
	return false;
}
