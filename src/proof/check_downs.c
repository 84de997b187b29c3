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

/* Read the state after a step, for this one's test and for the next one. */
static void
read_state(Run *run, MemoryContext parent)
{
	MemoryContext caller;
	MemoryContext before = run->state_context;

	run->state_context = AllocSetContextCreate(parent, "schemaver state", ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(run->state_context);
	run->state = sv_scratch_state(&in_place);
	MemoryContextSwitchTo(caller);
	if (before != NULL)
		MemoryContextDelete(before);
}

/*
 * A step is about to run.  Returns whether its down is to be tested after it;
 * then the schema before it has been read.
 */
bool
sv_check_down_begin(Run *run, const StoredRevision *revision, Direction direction)
{
	if (sv_check_downs == SV_CHECK_OFF || direction != SV_UPGRADE || !revision->has_down)
	{
		run->state = NULL;
		return false;
	}
	if (run->state == NULL)
		read_state(run, MemoryContextGetParent(CurrentMemoryContext));
	return true;
}

static void
report_fault(const TestResult *result)
{
	StringInfoData objects;
	ListCell   *cell;

	initStringInfo(&objects);
	foreach(cell, result->objects)
		if (foreach_current_index(cell) < 10)
			appendStringInfo(&objects, "%s%s", objects.len ? "\n" : "", (char *) lfirst(cell));
	ereport(sv_check_downs == SV_CHECK_ERROR ? ERROR : WARNING,
			(errcode(ERRCODE_SV_VERIFY_FAILED),
			 errmsg("test of revision \"%s\": %s", result->revision, result->verdict),
			 result->sqlstate ? errdetail_internal("SQLSTATE %s: %s", result->sqlstate, result->detail) :
			 result->objects ? errdetail_internal("%s", objects.data) : 0,
			 errhint("Correct it with SELECT schemaver.edit('%s', down => '...'), and look at it with SELECT * FROM schemaver.test('%s').",
					 result->revision, result->revision)));
}

/*
 * The script of a revision was executed: run its down and its up again in
 * place, compare, and roll that back.  A warning or SV017 if the down is wrong.
 */
void
sv_check_down_end(Run *run, const StoredRevision *revision, const StoredScript *stored)
{
	TestResult	result = {revision->id, revision->message};
	Model	   *before = run->state;
	MemoryContext before_context = run->state_context;

	run->state_context = NULL;
	read_state(run, MemoryContextGetParent(CurrentMemoryContext));
	sv_test_down(&in_place, stored, before, run->state, &result);
	MemoryContextDelete(before_context);
	if (strcmp(result.verdict, sv_verdict_ok) != 0)
		report_fault(&result);
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
sv_check_down_of(List *ids)
{
	RevisionGraph *graph;
	RevisionList list = {0};
	ListCell   *cell;

	if (sv_check_downs == SV_CHECK_OFF || ids == NIL)
		return;
	sv_run_lock("a test of downs");
	sv_run_refuse_interrupted();
	graph = sv_store_graph(SV_STORE_WRITE);
	list.members = palloc(sizeof(int) * list_length(ids));
	foreach(cell, ids)
	{
		int			index = sv_graph_find(graph, lfirst(cell));

		if (index >= 0 && !graph->revisions[index].applied)
			list.members[list.n++] = index;
	}
	foreach(cell, sv_test(graph, &list))
		if (is_fault(lfirst(cell)))
			report_fault(lfirst(cell));
}
