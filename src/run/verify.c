/*
 * verify.c
 *		The verify scripts of applied revisions, on demand.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "run/run.h"

typedef struct Verification
{
	const char *revision;
	const StoredScript *stored;
} Verification;

static void
verify_one(void *arg)
{
	const Verification *verification = arg;

	sv_run_verify(verification->revision, verification->stored);
}

/* Why the verify script of a revision does not hold; NULL: it holds. */
static const char *
failure_of(const char *revision, const StoredScript *stored)
{
	Verification verification = {revision, stored};
	ErrorData  *error = sv_subtransaction(verify_one, &verification, false);

	if (error == NULL)
		return NULL;
	if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
		ReThrowError(error);
	return error->sqlerrcode == ERRCODE_SV_VERIFY_FAILED && error->detail != NULL ?
		error->detail : error->message;
}

/* The revisions that a reference means; SV008 if one is not applied.  NULL: all applied ones. */
static RevisionList
wanted(const RevisionGraph *graph, const char *ref)
{
	bool	   *applied;
	RevisionList list;

	if (ref == NULL)
	{
		applied = palloc(sizeof(bool) * Max(graph->n, 1));
		for (int i = 0; i < graph->n; i++)
			applied[i] = graph->revisions[i].applied;
		return sv_graph_order(graph, applied);
	}
	list = sv_graph_resolve(graph, ref);
	for (int i = 0; i < list.n; i++)
		if (!graph->revisions[list.members[i]].applied)
			ereport(ERROR,
					(errcode(ERRCODE_SV_NOT_IN_RANGE),
					 errmsg("revision \"%s\" is not applied",
							graph->revisions[list.members[i]].id)));
	return list;
}

static void
verify_rows(StoredRevision **rows, int n, bool named, VerifiedFn report, void *arg)
{
	for (int i = 0; i < n; i++)
	{
		StoredScript *stored = sv_store_script(SV_STORE_WRITE, rows[i]->id);

		CHECK_FOR_INTERRUPTS();
		if (stored->verify == NULL && !named)
			continue;
		report(rows[i], stored->verify != NULL,
			   stored->verify != NULL ? failure_of(rows[i]->id, stored) : NULL, arg);
	}
}

/*
 * Run the verify scripts of the applied revisions that a reference means, or of all, and
 * report each.  Nothing that they do stays.
 */
void
sv_run_verify_applied(const char *ref, VerifiedFn report, void *arg)
{
	RevisionGraph *graph;
	RevisionList list;
	StoredRevision **rows;

	sv_lock_run("schemaver.verify()");
	graph = sv_store_graph(SV_STORE_WRITE);
	list = wanted(graph, ref);
	rows = sv_store_plan_rows(SV_STORE_WRITE, graph, &list);
	sv_lock_enter();
	PG_TRY();
	{
		verify_rows(rows, list.n, ref != NULL, report, arg);
	}
	PG_FINALLY();
	{
		sv_lock_exit();
	}
	PG_END_TRY();
}
