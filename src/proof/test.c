/*
 * test.c
 *		Up, down, up of revisions, comparing the schema each time.
 *
 * Revisions that are not applied are tested where they would run: on the live
 * schema with its rows.  Those that are applied are tested from empty, with the live
 * schema hidden, for the way down from here may be closed.  All of it is rolled
 * back.  A revision is tested on the state that the first up of the others left.
 */
#include "postgres.h"

#include "base/base.h"
#include "diff/diff.h"
#include "miscadmin.h"
#include "proof/proof.h"
#include "proof/proof_private.h"
#include "register/register.h"
#include "run/run.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

const char *const sv_verdict_ok = "ok";

/* Tests of revisions on one ground. */
typedef struct Tests
{
	const RevisionGraph *graph;
	RevisionList plan;			/* what has to run, parents first */
	const bool *selected;		/* what is to be tested, by index */
	StoredRevision **rows;		/* of the plan */
	bool	   *failed;			/* up fails or stands on such a one, by index */
	Model	   *state;			/* after the steps so far; NULL: not read */
	MemoryContext state_context;
	int			done;
	int			total;
	List	   *results;		/* of TestResult */
	MemoryContext results_context;
} Tests;

/* A way down and up again that is rolled back. */
typedef struct RoundTrip
{
	const Sandbox *sandbox;
	const StoredScript *stored;
	const Model *before;
	const Model *after;
	TestResult *result;
} RoundTrip;

static void
set_error(TestResult *result, const char *verdict, const ErrorData *error)
{
	if (result->verdict != NULL)
	{
		result->detail = psprintf("%s: %s", verdict, error->message);
		return;
	}
	result->verdict = error->sqlerrcode == ERRCODE_SV_NOT_TRANSACTIONAL ||
		error->sqlerrcode == ERRCODE_UNSAFE_NEW_ENUM_VALUE_USAGE ? "cannot be tested" : verdict;
	result->sqlstate = pstrdup(unpack_sql_state(error->sqlerrcode));
	result->detail = error->context ? psprintf("%s\n%s", error->message, error->context) :
		error->message;
}

/* The order of columns is a note and no fault: nothing but a copy of the table restores it. */
static void
note_disorder(TestResult *result, List *disordered)
{
	if (disordered != NIL && result->detail == NULL)
		result->detail = psprintf("columns come back in another order: %s",
								  sv_join(disordered, ", "));
}

static void
compare_round(TestResult *result, const char *verdict, const Model *expected, const Model *got)
{
	List	   *disordered = NIL;
	List	   *differences =
	list_concat(sv_state_differences(expected, got, NULL, &disordered),
				sv_facts_differ(expected->facts, got->facts));

	note_disorder(result, disordered);
	if (differences == NIL || result->verdict != NULL)
		return;
	result->verdict = verdict;
	result->objects = differences;
}

static void
go_down_and_up(void *arg)
{
	RoundTrip  *trip = arg;
	TestResult *result = trip->result;
	ErrorData  *error;

	(void) set_config_option("client_min_messages", "warning", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	error = sv_sandbox_run(trip->sandbox, result->revision, trip->stored, SV_DOWNGRADE);
	if (error != NULL)
	{
		set_error(result, "down fails", error);
		return;
	}
	compare_round(result, "differs", trip->before, sv_sandbox_state(trip->sandbox));
	error = sv_sandbox_run(trip->sandbox, result->revision, trip->stored, SV_UPGRADE);
	if (error != NULL)
		set_error(result, "up again fails", error);
	else
		compare_round(result, "up again differs", trip->after, sv_sandbox_state(trip->sandbox));
}

/*
 * The up of a revision has led from "before" to "after", which is the state
 * now.  Run down and up again, compare each time, roll that back, and set the
 * verdict.
 */
void
sv_test_down(const Sandbox *sandbox, const StoredScript *stored, const Model *before,
			 const Model *after, TestResult *result)
{
	RoundTrip	trip = {sandbox, stored, before, after, result};
	ErrorData  *error = sv_hide_subtransaction(sandbox->scope.hidden, go_down_and_up, &trip, false);

	if (error != NULL)
		ReThrowError(error);
	if (result->verdict == NULL)
		result->verdict = sv_verdict_ok;
}

/* ---------- one revision after the other ---------- */

/* The parent or dependency of a revision whose up fails, or -1. */
static int
failed_below(const Tests *tests, int revision)
{
	const GraphRevision *r = &tests->graph->revisions[revision];

	for (int i = 0; i < r->nparents; i++)
		if (tests->failed[r->parents[i]])
			return r->parents[i];
	for (int i = 0; i < r->ndepends; i++)
		if (tests->failed[r->depends[i]])
			return r->depends[i];
	return -1;
}

static char *
copy_text(const char *text)
{
	return text ? pstrdup(text) : NULL;
}

/* Keep the result longer than the memory of its step, and report it. */
static void
give_result(Tests *tests, const TestResult *result, TimestampTz started)
{
	MemoryContext caller = MemoryContextSwitchTo(tests->results_context);
	TestResult *copy = palloc(sizeof(TestResult));

	*copy = *result;
	copy->objects = NIL;
	foreach_ptr(const char, object, result->objects)
		copy->objects = lappend(copy->objects, pstrdup(object));
	copy->sqlstate = copy_text(result->sqlstate);
	copy->detail = copy_text(result->detail);
	tests->results = lappend(tests->results, copy);
	MemoryContextSwitchTo(caller);
	tests->done++;
	if (sv_progress)
		ereport(INFO,
				(errmsg("[%d/%d] test %s%s%s: %s (%.0f ms)", tests->done, tests->total,
						result->revision,
						result->message[0] ? " " :
						"", sv_one_line(result->message), result->verdict,
						(GetCurrentTimestamp() - started) / 1000.0)));
}

/* Make a new state the one on which the next revision stands. */
static void
keep_state(Tests *tests, Model *state, MemoryContext context)
{
	if (tests->state_context != NULL)
		MemoryContextDelete(tests->state_context);
	tests->state = state;
	tests->state_context = context;
}

static const Model *
state_before(Tests *tests, const Sandbox *sandbox)
{
	MemoryContext caller;
	MemoryContext context;

	if (tests->state != NULL)
		return tests->state;
	context =
		AllocSetContextCreate(tests->results_context, "schemaver state", ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(context);
	keep_state(tests, sv_sandbox_state(sandbox), context);
	MemoryContextSwitchTo(caller);
	return tests->state;
}

static void
set_no_down(const StoredRevision *row, TestResult *result)
{
	const char *reason;

	(void) sv_store_options(sv_store_revision(SV_STORE_WRITE, row->id)->options, &reason);
	result->verdict = reason ? "irreversible" : "no down";
	result->detail = reason && reason[0] ? reason :
		reason == NULL && sv_derive_downs ? "It is derived when the revision is applied." : NULL;
}

/* Run the up of a revision, which stays.  Returns false, with the verdict, if that fails. */
static bool
go_up(Tests *tests, const Sandbox *sandbox, int revision, const StoredScript *stored,
	  TestResult *result)
{
	int			below = failed_below(tests, revision);
	ErrorData  *error;

	tests->failed[revision] = true;
	if (below >= 0)
	{
		result->verdict = "cannot be tested";
		result->detail =
			psprintf("Up of revision \"%s\" fails, on which it stands.",
					 tests->graph->revisions[below].id);
		return false;
	}
	error = sv_sandbox_run(sandbox, result->revision, stored, SV_UPGRADE);
	if (error != NULL)
	{
		/* one that is applied did run where it found what others had made */
		set_error(result, sandbox->ground == SV_GROUND_EMPTY ? "cannot be tested" :
				  "up fails", error);
		return false;
	}
	tests->failed[revision] = false;
	return true;
}

/*
 * What the derived down of a revision does not undo is no "ok", though the
 * schema is that of before.
 */
static void
note_staying(const StoredRevision *row, const StoredScript *stored, TestResult *result)
{
	if (stored->down != NULL || strcmp(result->verdict, sv_verdict_ok) != 0)
		return;
	foreach_ptr(char, string, row->lost)
	{
		if (!sv_lost_is_content(string))
			result->objects = lappend(result->objects, string);
	}
	if (result->objects != NIL)
		result->verdict = "stays";
}

/*
 * Run the up of a revision, which stays, and test its down.  The state after it
 * is allocated in "context"; returns it, or NULL if it was not read.
 */
static Model *
test_revision(Tests *tests, const Sandbox *sandbox, int step, TestResult *result,
			  MemoryContext context)
{
	const StoredRevision *row = tests->rows[step];
	int			revision = tests->plan.members[step];
	bool		wanted = tests->selected[revision] && row->has_down;
	StoredScript *stored = sv_store_script(SV_STORE_WRITE, row->id);
	const Model *before = wanted ? state_before(tests, sandbox) : NULL;
	MemoryContext caller;
	Model	   *after;

	if (!go_up(tests, sandbox, revision, stored, result))
		return NULL;
	if (!wanted)
	{
		set_no_down(row, result);
		return NULL;
	}
	caller = MemoryContextSwitchTo(context);
	after = sv_sandbox_state(sandbox);
	MemoryContextSwitchTo(caller);
	sv_test_down(sandbox, stored, before, after, result);
	note_staying(row, stored, result);
	return after;
}

static void
test_step(Tests *tests, const Sandbox *sandbox, int step)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext state_context =
	AllocSetContextCreate(caller, "schemaver state", ALLOCSET_DEFAULT_SIZES);
	MemoryContext context = AllocSetContextCreate(caller, "schemaver test", ALLOCSET_DEFAULT_SIZES);
	TestResult	result = {tests->rows[step]->id, tests->rows[step]->message};
	TimestampTz started = GetCurrentTimestamp();
	Model	   *after;

	result.with_data = sandbox->ground == SV_GROUND_LIVE;
	MemoryContextSwitchTo(context);
	after = test_revision(tests, sandbox, step, &result, state_context);
	MemoryContextSwitchTo(caller);
	if (tests->selected[tests->plan.members[step]])
		give_result(tests, &result, started);
	if (after != NULL || !tests->failed[tests->plan.members[step]])
		keep_state(tests, after, state_context);
	else
		MemoryContextDelete(state_context);
	MemoryContextDelete(context);
}

static void
test_all(Sandbox *sandbox, void *arg)
{
	Tests	   *tests = arg;

	if (sandbox->ground == SV_GROUND_LIVE)
		tests->state = sandbox->live;
	for (int i = 0; i < tests->plan.n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		test_step(tests, sandbox, i);
	}
}

/* Test those of the list that are applied, or those that are not. */
static void
test_on(SandboxGround ground, Tests *tests, const RevisionList *list)
{
	bool		applied = ground == SV_GROUND_EMPTY;
	const RevisionGraph *graph = tests->graph;
	RevisionList wanted = {0, palloc(sizeof(int) * (list->n + 1))};
	bool	   *selected = palloc0(sizeof(bool) * (graph->n + 1));
	bool	   *needed;

	for (int i = 0; i < list->n; i++)
		if (graph->revisions[list->members[i]].applied == applied)
		{
			wanted.members[wanted.n++] = list->members[i];
			selected[list->members[i]] = true;
		}
	if (wanted.n == 0)
		return;
	needed = sv_graph_ancestors(graph, &wanted, true);
	for (int i = 0; i < graph->n; i++)
		needed[i] &= applied || !graph->revisions[i].applied;
	tests->plan = sv_graph_order(graph, needed);
	tests->selected = selected;
	tests->rows = sv_store_plan_rows(SV_STORE_WRITE, graph, &tests->plan);
	tests->failed = palloc0(sizeof(bool) * (graph->n + 1));
	tests->state = NULL;
	tests->state_context = NULL;
	sv_sandbox_scripts(ground, NIL, test_all, tests);
}

/*
 * Test the revisions of a list.  Returns a list of TestResult; nothing else
 * stays.  The caller holds the lock of runs.
 */
List *
sv_test(const RevisionGraph *graph, const RevisionList *list)
{
	Tests		tests = {graph};

	tests.results_context = CurrentMemoryContext;
	tests.total = list->n;
	test_on(SV_GROUND_EMPTY, &tests, list);
	test_on(SV_GROUND_LIVE, &tests, list);
	return tests.results;
}
