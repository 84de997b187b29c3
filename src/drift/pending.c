/*
 * pending.c
 *		Is what an application needs applied?
 */
#include "postgres.h"

#include "drift/drift.h"
#include "online/online.h"
#include "run/run.h"
#include "store/store.h"
#include "utils/builtins.h"

#define PENDING_SHOWN 5

/* The resolving of one target, which may fail. */
typedef struct Resolving
{
	const RevisionGraph *graph;
	const char *target;
	RevisionList found;
} Resolving;

static void
resolve_references(void *arg)
{
	Resolving  *resolving = arg;

	resolving->found = sv_graph_resolve(resolving->graph, resolving->target);
}

/* Return what the target means; raise SV014 if it is not known here. */
static RevisionList
resolve_target(const RevisionGraph *graph, const char *target)
{
	Resolving	resolving = {graph, target};
	ErrorData  *error = sv_subtransaction(resolve_references, &resolving, true);

	if (error != NULL && error->sqlerrcode == ERRCODE_SV_UNKNOWN_REVISION)
	{
		bool		guessed = error->hint != NULL && strncmp(error->hint, "Did you mean", 12) == 0;

		ereport(ERROR,
				(errcode(ERRCODE_SV_PENDING),
				 errmsg("revision \"%s\" is not registered in this database",
						sv_base_clip(target)),
				 errdetail_internal("%s.%s%s", error->message, guessed ? " " : "",
									guessed ? error->hint : ""),
				 errhint("Load the application's files, then run SELECT * FROM schemaver.upgrade(%s);",
						 quote_literal_cstr(sv_base_clip(target)))));
	}
	if (error != NULL)
		ReThrowError(error);
	return resolving.found;
}

/* Mark the revisions that the targets need; all of them if there is no target. */
static bool *
needed_revisions(const RevisionGraph *graph, List *targets)
{
	bool	   *needed = palloc0(sizeof(bool) * Max(graph->n, 1));

	if (targets == NIL)
		memset(needed, true, graph->n);
	foreach_ptr(const char, target, targets)
	{
		RevisionList found = resolve_target(graph, target);
		bool	   *below = sv_graph_ancestors(graph, &found, true);

		for (int i = 0; i < graph->n; i++)
			needed[i] |= below[i];
	}
	return needed;
}

/* Raise SV014 if an online run has done a part of a revision that is needed. */
static void
refuse_half_done(const RevisionGraph *graph, const bool *needed)
{
	Direction	direction;
	char	   *begun = sv_store_interrupted(SV_STORE_READ, &direction);
	int			index = begun ? sv_graph_find(graph, begun) : -1;

	if (index < 0 || !needed[index])
		return;
	if (sv_online_is_active())
		ereport(ERROR,
				(errcode(ERRCODE_SV_PENDING),
				 errmsg("revision \"%s\" is half done", begun),
				 errdetail("The %s of it is running.", sv_direction_name(direction)),
				 errhint("Wait until it has ended: SELECT * FROM schemaver.progress;")));
	ereport(ERROR,
			(errcode(ERRCODE_SV_PENDING),
			 errmsg("revision \"%s\" is half done", begun),
			 errdetail("The %s of it was interrupted.", sv_direction_name(direction)),
			 direction == SV_UPGRADE ?
			 errhint("Continue it: CALL schemaver.online_upgrade(%s);", quote_literal_cstr(begun)) :
			 errhint("Continue it; SELECT next_call FROM schemaver.progress; says how.")));
}

/* The call that would apply what is pending. */
static char *
call_to_run(const RevisionGraph *graph, const bool *pending, const char *target)
{
	RevisionList list = sv_graph_order(graph, pending);
	StoredRevision **rows = sv_store_plan_rows(SV_STORE_READ, graph, &list);
	const char *argument = target ? quote_literal_cstr(target) : "";

	if (!sv_run_fits_one(SV_STORE_READ, rows, list.n))
		return psprintf("CALL schemaver.online_upgrade(%s)", argument);
	return psprintf("SELECT * FROM schemaver.upgrade(%s)", argument);
}

/* What the contexts of this database leave out is not pending. */
static void
leave_out(const RevisionGraph *graph, bool *pending)
{
	Selection	selection = sv_run_selection(SV_STORE_READ, NULL, NULL);
	bool	   *marks = palloc(sizeof(bool) * Max(graph->n, 1));
	RevisionList list;
	StoredRevision **rows;

	for (int i = 0; i < graph->n; i++)
		marks[i] = pending[i] && !graph->revisions[i].applied;
	list = sv_graph_order(graph, marks);
	if (list.n == 0)
		return;
	rows = sv_store_plan_rows(SV_STORE_READ, graph, &list);
	for (int i = 0; i < list.n; i++)
	{
		if (sv_run_left_out(&selection, rows[i]->options) != NULL)
			pending[list.members[i]] = false;
	}
}

/*
 * Raise SV014 if a revision that one of the targets (NIL: anything registered)
 * needs is unknown, not applied or half done.
 */
void
sv_drift_refuse_pending(const RevisionGraph *graph, List *targets)
{
	bool	   *pending = needed_revisions(graph, targets);
	const char *target = NULL;
	StringInfoData ids;
	int			n = 0;

	refuse_half_done(graph, pending);
	leave_out(graph, pending);
	initStringInfo(&ids);
	for (int i = 0; i < graph->n; i++)
	{
		pending[i] &= !graph->revisions[i].applied;
		if (!pending[i])
			continue;
		if (++n <= PENDING_SHOWN)
			appendStringInfo(&ids, "%s%s", n > 1 ? ", " : "", graph->revisions[i].id);
	}
	if (n == 0)
		return;
	if (list_length(targets) == 1)
		target = linitial(targets);
	else if (sv_graph_heads(graph).n > 1)
		target = "heads";
	ereport(ERROR,
			(errcode(ERRCODE_SV_PENDING),
			 errmsg_plural("%d revision is not applied", "%d revisions are not applied", n, n),
			 n > PENDING_SHOWN ?
			 errdetail("Pending: %s and %d more.", ids.data, n - PENDING_SHOWN) :
			 errdetail("Pending: %s.", ids.data),
			 errhint("Run %s;", call_to_run(graph, pending, target))));
}
