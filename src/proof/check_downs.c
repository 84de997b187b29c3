/*
 * check_downs.c
 *		The setting schemaver.check_downs: tests of downs while they are fresh.
 */
#include "postgres.h"

#include "base/base.h"
#include "diff/diff.h"
#include "miscadmin.h"
#include "proof/proof.h"
#include "register/register.h"
#include "run/run.h"
#include "utils/memutils.h"

static const Sandbox in_place = {SV_GROUND_LIVE, {NIL, true, NULL}, NULL, false};

/* ---------- while a run applies a revision ---------- */

/* Tests the down of each revision that a run applies. */
typedef struct DownCheck
{
	RunObserver observer;
	MemoryContext context;		/* of the run */
	Model	   *state;			/* the schema after the step before; NULL: not read */
	MemoryContext state_context;
	bool		checks;			/* is the step at hand tested? */
	List	   *applied;		/* ids of what the run has upgraded, in order */
	bool		derives;		/* does one of them get a derived down? */
	Model	   *start;			/* the schema before the first of them */
} DownCheck;

/* Read the state after a step, for this one's test and for the next one. */
static void
read_checked_state(DownCheck *check)
{
	MemoryContext caller;

	check->state_context =
		AllocSetContextCreate(check->context, "schemaver state", ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(check->state_context);
	check->state = sv_sandbox_state(&in_place);
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

/* The first upgrade of a run: its derived downs will have to lead back to here. */
static void
read_start(DownCheck *check)
{
	MemoryContext caller = MemoryContextSwitchTo(check->context);

	check->start = sv_sandbox_state(&in_place);
	MemoryContextSwitchTo(caller);
}

/* A step is about to run: the schema before it is read if its down is to be tested. */
static void
before_step(RunObserver *observer, const StoredRevision *revision, Direction direction)
{
	DownCheck  *check = (DownCheck *) observer;

	if (sv_check_downs != SV_CHECK_OFF && direction == SV_UPGRADE)
	{
		MemoryContext caller;

		if (check->start == NULL)
			read_start(check);
		caller = MemoryContextSwitchTo(check->context);
		check->applied = lappend(check->applied, pstrdup(revision->id));
		check->derives |= !revision->has_down;
		MemoryContextSwitchTo(caller);
	}
	check->checks = sv_check_downs != SV_CHECK_OFF && direction == SV_UPGRADE && revision->has_down;
	if (!check->checks)
		forget_state(check);
	else if (check->state == NULL)
		read_checked_state(check);
}

static void
report_fault(const TestResult *result)
{
	StringInfoData objects;

	initStringInfo(&objects);
	foreach_ptr(const char, object, result->objects)
	{
		if (foreach_current_index(object) < 10)
			appendStringInfo(&objects, "%s%s", objects.len ? "\n" : "", object);
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
	read_checked_state(check);
	sv_test_down(&in_place, stored, before, check->state, &result);
	MemoryContextDelete(before_context);
	if (strcmp(result.verdict, sv_verdict_ok) != 0)
		report_fault(&result);
}

/* Does an error say nothing of the script, but of the rows or of the transaction? */
static bool
says_nothing(const ErrorData *error)
{
	return ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION ||
		error->sqlerrcode == ERRCODE_SV_NOT_TRANSACTIONAL ||
		error->sqlerrcode == ERRCODE_UNSAFE_NEW_ENUM_VALUE_USAGE;
}

/* Undo one revision of the run; returns whether that worked.  A fault is in *result. */
static bool
undo(const char *id, TestResult *result)
{
	const StoredRevision *revision = sv_store_revision(SV_STORE_WRITE, id);
	ErrorData  *error;

	if (!revision->has_down)
		return false;
	error = sv_sandbox_run(&in_place, id, sv_store_script(SV_STORE_WRITE, id), SV_DOWNGRADE);
	if (error == NULL)
		return true;
	if (says_nothing(error))
		return false;
	result->revision = id;
	result->verdict = "down fails";
	result->sqlstate = pstrdup(unpack_sql_state(error->sqlerrcode));
	result->detail = error->message;
	return false;
}

/* The downs of a run's steps, to be tried out together. */
typedef struct Return
{
	const DownCheck *check;
	TestResult	result;			/* verdict NULL: no fault was found */
} Return;

/* Undo the steps of the run, the last one first; this is rolled back. */
static void
go_back(void *arg)
{
	Return	   *back = arg;
	const DownCheck *check = back->check;
	List	   *disordered = NIL;	/* no fault */

	for (int i = list_length(check->applied) - 1; i >= 0; i--)
	{
		CHECK_FOR_INTERRUPTS();
		if (!undo(list_nth(check->applied, i), &back->result))
			return;
	}
	back->result.objects = sv_state_differences(check->start, sv_sandbox_state(&in_place), NULL,
												&disordered);
	if (back->result.objects == NIL)
		return;
	back->result.revision = linitial(check->applied);
	back->result.verdict = "differs";
}

/* The run is done, and what could be derived is: try the way back once. */
static void
after_run(RunObserver *observer)
{
	DownCheck  *check = (DownCheck *) observer;
	Return		back = {check};
	ErrorData  *error;

	if (!check->derives)
		return;
	error = sv_subtransaction(go_back, &back, false);
	if (error != NULL)
		ReThrowError(error);
	if (back.result.verdict != NULL)
		report_fault(&back.result);
}

/* What tests the downs of a run's steps, as the setting says; in the current context. */
RunObserver *
sv_proof_observer(void)
{
	DownCheck  *check = palloc0(sizeof(DownCheck));

	check->observer.before = before_step;
	check->observer.after = after_step;
	check->observer.finished = after_run;
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

	if (sv_check_downs == SV_CHECK_OFF || ids == NIL)
		return;
	sv_lock_run("a test of downs");
	sv_store_refuse_unfinished();
	graph = sv_store_graph(SV_STORE_WRITE);
	list.members = palloc(sizeof(int) * list_length(ids));
	foreach_ptr(const char, id, ids)
	{
		int			index = sv_graph_find(graph, id);

		if (index >= 0 && !graph->revisions[index].applied)
			list.members[list.n++] = index;
	}
	foreach_ptr(const TestResult, result, sv_test(graph, &list))
	{
		if (is_fault(result))
			report_fault(result);
	}
}
