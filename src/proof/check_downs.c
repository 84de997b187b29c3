/*
 * check_downs.c
 *		The setting schemaver.check_downs: tests of downs while they are fresh.
 */
#include "postgres.h"

#include "base/base.h"
#include "proof/proof.h"
#include "register/register.h"
#include "run/run.h"
#include "utils/memutils.h"

static const Scratch in_place = {SV_GROUND_LIVE, {NIL, true, NULL}, NULL, false};

/* ---------- while a run applies a revision ---------- */

/* Tests the down of each revision that a run applies. */
typedef struct DownCheck
{
	RunObserver observer;
	MemoryContext context;		/* of the run */
	Model	   *state;			/* the schema after the step before; NULL: not read */
	MemoryContext state_context;
	bool		checks;			/* is the step at hand tested? */
} DownCheck;

/* Read the state after a step, for this one's test and for the next one. */
static void
read_state(DownCheck *check)
{
	MemoryContext caller;

	check->state_context =
		AllocSetContextCreate(check->context, "schemaver state", ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(check->state_context);
	check->state = sv_scratch_state(&in_place);
	MemoryContextSwitchTo(caller);
}

/* Forget the state that was read last. */
static void
forget_state(DownCheck *check)
{
	if (check->state_context != NULL)
		MemoryContextDelete(check->state_context);
	check->state_context = NULL;
	check->state = NULL;
}

/* A step is about to run: the schema before it is read if its down is to be tested. */
static void
before_step(RunObserver *observer, const StoredRevision *revision, Direction direction)
{
	DownCheck  *check = (DownCheck *) observer;

	check->checks = sv_check_downs != SV_CHECK_OFF && direction == SV_UPGRADE && revision->has_down;
	if (!check->checks)
		forget_state(check);
	else if (check->state == NULL)
		read_state(check);
}

static void
report_fault(const TestResult *result)
{
	StringInfoData objects;
	ListCell   *cell;

	initStringInfo(&objects);
	foreach(cell, result->objects)
	{
		if (foreach_current_index(cell) < 10)
			appendStringInfo(&objects, "%s%s", objects.len ? "\n" : "", (char *) lfirst(cell));
	}
	ereport(sv_check_downs == SV_CHECK_ERROR ? ERROR : WARNING,
			(errcode(ERRCODE_SV_VERIFY_FAILED),
			 errmsg("test of revision \"%s\": %s", result->revision, result->verdict),
			 result->sqlstate ?
			 errdetail_internal("SQLSTATE %s: %s", result->sqlstate, result->detail) :
			 result->objects ? errdetail_internal("%s", objects.data) : 0,
			 errhint("Correct it with SELECT schemaver.edit('%s', down => '...'), and look at it with SELECT * FROM schemaver.test('%s').",
					 result->revision, result->revision)));
}

/*
 * The script of a revision was executed: run its down and its up again in
 * place, compare, and roll that back.  A warning or SV017 if the down is wrong.
 */
static void
after_step(RunObserver *observer, const StoredRevision *revision, const StoredScript *stored)
{
	DownCheck  *check = (DownCheck *) observer;
	TestResult	result = {revision->id, revision->message};
	Model	   *before = check->state;
	MemoryContext before_context = check->state_context;

	if (!check->checks)
		return;
	read_state(check);
	sv_test_down(&in_place, stored, before, check->state, &result);
	MemoryContextDelete(before_context);
	if (strcmp(result.verdict, sv_verdict_ok) != 0)
		report_fault(&result);
}

/* What tests the downs of a run's steps, as the setting says; in the current context. */
RunObserver *
sv_proof_observer(void)
{
	DownCheck  *check = palloc0(sizeof(DownCheck));

	check->observer.before = before_step;
	check->observer.after = after_step;
	check->context = CurrentMemoryContext;
	return &check->observer;
}

/* ---------- when revisions are registered ---------- */

static bool
is_fault(const TestResult *result)
{
	static const char *const no_faults[] = {"no down", "irreversible", "cannot be tested"};

	for (int i = 0; i < lengthof(no_faults); i++)
		if (strcmp(result->verdict, no_faults[i]) == 0)
			return false;
	return strcmp(result->verdict, sv_verdict_ok) != 0;
}

/*
 * Test revisions that were just registered or changed, as the setting says;
 * what is not applied below them is run first and rolled back with the rest.
 */
void
sv_proof_check_downs(List *ids)
{
	RevisionGraph *graph;
	RevisionList list = {0};
	ListCell   *cell;

	if (sv_check_downs == SV_CHECK_OFF || ids == NIL)
		return;
	sv_lock_run("a test of downs");
	sv_store_refuse_unfinished();
	graph = sv_store_graph(SV_STORE_WRITE);
	list.members = palloc(sizeof(int) * list_length(ids));
	foreach(cell, ids)
	{
		int			index = sv_graph_find(graph, lfirst(cell));

		if (index >= 0 && !graph->revisions[index].applied)
			list.members[list.n++] = index;
	}
	foreach(cell, sv_test(graph, &list))
	{
		if (is_fault(lfirst(cell)))
			report_fault(lfirst(cell));
	}
}
