/*
 * moments.c
 *		What was applied at a date or after a run, and the way there.
 *
 * A moment is a set of applied revisions, not one of them: "date:..." and "run:..." mean
 * its heads, and a run to it makes exactly this set the applied one again.  What the set was
 * the store reads in the journal.
 */
#include "postgres.h"

#include "graph/graph_private.h"
#include "utils/builtins.h"

bool
sv_graph_is_moment(const char *text)
{
	return strncmp(text, SV_GRAPH_DATE, strlen(SV_GRAPH_DATE)) == 0 ||
		strncmp(text, SV_GRAPH_RUN, strlen(SV_GRAPH_RUN)) == 0;
}

/* What was applied; SV001 where no journal is at hand. */
static bool *
applied_then(const RevisionGraph *graph, const char *moment)
{
	if (graph->applied_then == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_UNKNOWN_REVISION),
				 errmsg("\"%s\" means nothing here", sv_base_clip(moment))));
	return graph->applied_then(graph, moment);
}

/* The heads of what was applied, within the lineage if there is one. */
RevisionList
sv_graph_moment_heads(const RevisionGraph *graph, const char *moment, const bool *lineage)
{
	RevisionList then = sv_graph_list_marked(graph, applied_then(graph, moment));
	bool	   *below;
	bool	   *heads = palloc0(sizeof(bool) * Max(graph->n, 1));

	if (lineage != NULL)
		then = sv_graph_list_filter(&then, lineage);
	below = sv_graph_strict_ancestors(graph, &then, true);
	for (int i = 0; i < then.n; i++)
		heads[then.members[i]] = !below[then.members[i]];
	return sv_graph_list_marked(graph, heads);
}

/*
 * Raise SV008 if something that was applied stands on what was not and is now: it was
 * inserted since, or it was undone then, which a run does for one revision alone.
 */
static void
check_whole(const RevisionGraph *graph, const char *moment, const bool *then)
{
	RevisionList list = sv_graph_list_marked(graph, then);
	bool	   *needed = sv_graph_ancestors(graph, &list, true);
	RevisionList missing;

	for (int i = 0; i < graph->n; i++)
		needed[i] &= !then[i] && graph->revisions[i].applied;
	missing = sv_graph_list_marked(graph, needed);
	if (missing.n > 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_NOT_IN_RANGE),
				 errmsg("there is no way back to \"%s\"", sv_base_clip(moment)),
				 errdetail("What was applied stands today on what was not: %s.",
						   sv_graph_names(graph, &missing)),
				 errhint("Name a revision instead, or take out what was not applied with schemaver.undo().")));
}

/* What leads from the applied set to that of a moment, within the lineage if there is one. */
static StampPlan
plan_to_moment(const RevisionGraph *graph, const char *moment, const bool *lineage)
{
	bool	   *then = applied_then(graph, moment);
	bool	   *removed = palloc(sizeof(bool) * Max(graph->n, 1));
	bool	   *added = palloc(sizeof(bool) * Max(graph->n, 1));
	StampPlan	plan;

	check_whole(graph, moment, then);
	for (int i = 0; i < graph->n; i++)
	{
		bool		counts = lineage == NULL || lineage[i];

		removed[i] = counts && graph->revisions[i].applied && !then[i];
		added[i] = counts && then[i] && !graph->revisions[i].applied;
	}
	plan.remove = sv_graph_order_newest_first(graph, removed);
	plan.add = sv_graph_order(graph, added);
	return plan;
}

/* What a downgrade to a moment undoes; SV008 if something would have to be run as well. */
RevisionList
sv_graph_plan_back(const RevisionGraph *graph, const Reference *ref)
{
	StampPlan	plan = plan_to_moment(graph, ref->symbol, sv_graph_branch_lineage(graph, ref));

	if (plan.add.n > 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_NOT_IN_RANGE),
				 errmsg("\"%s\" is not a valid downgrade target", sv_base_clip(ref->text)),
				 errdetail("What was applied then is not applied now: %s.",
						   sv_graph_names(graph, &plan.add)),
				 errhint("SELECT * FROM schemaver.goto(%s) goes in both directions.",
						 quote_literal_cstr(ref->text))));
	return plan.remove;
}

/*
 * What leads to a target in either direction: to a moment exactly; to anything else as a
 * stamp does, so that heads which the target has nothing to do with stay.
 */
StampPlan
sv_graph_plan_goto(const RevisionGraph *graph, const char *target)
{
	Reference	ref = sv_graph_parse_reference(graph, target);

	if (!ref.relative && sv_graph_is_moment(ref.symbol))
		return plan_to_moment(graph, ref.symbol, sv_graph_branch_lineage(graph, &ref));
	return sv_graph_plan_stamp(graph, 1, &target, false);
}
