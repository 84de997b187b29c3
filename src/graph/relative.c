/*
 * relative.c
 *		Relative references: +N and -N, counted from a revision or from what is
 *		applied now.
 */
#include "postgres.h"

#include "graph/graph_private.h"

static void
report_off_end(const Reference *ref, int steps)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_NOT_IN_RANGE),
			 errmsg("relative reference \"%s\" leads past the end of the revisions",
					sv_base_clip(ref->text)),
			 errdetail_plural("There is %d step to go from there.",
							  "There are %d steps to go from there.", steps, steps)));
}

static void
report_no_steps(const Reference *ref)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_NOT_IN_RANGE),
			 errmsg("relative reference \"%s\" leads nowhere", sv_base_clip(ref->text)),
			 errdetail("The number of steps must be at least 1.")));
}

/* "choice" are the revisions among which the walk would have to choose. */
static void
report_ambiguous_walk(const RevisionGraph *graph, const Reference *ref, const RevisionList *choice)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_AMBIGUOUS_REFERENCE),
			 errmsg("relative reference \"%s\" is ambiguous", sv_base_clip(ref->text)),
			 errdetail("It could lead to %s.", sv_graph_names(graph, choice)),
			 ref->down ?
			 errhint("Name the revision itself.") :
			 errhint("Name the revision itself, or its branch with label@+N.")));
}

static void
report_merge(const RevisionGraph *graph, const Reference *ref, int merge)
{
	const GraphRevision *rev = &graph->revisions[merge];
	RevisionList parents = {rev->nparents, rev->parents};

	report_ambiguous_walk(graph, ref, &parents);
}

/*
 * Return the revision that is ref->steps above "start"; from SV_BASE the first
 * step leads to a base.  Only members of the reference's branch are stepped
 * on.  At the end of the revisions stop with "clamp", else raise
 * ERRCODE_SV_NOT_IN_RANGE; at a branch point raise
 * ERRCODE_SV_AMBIGUOUS_REFERENCE.
 */
int
sv_graph_walk_up(const RevisionGraph *graph, const Reference *ref, int start, bool clamp)
{
	bool	   *lineage = sv_graph_branch_lineage(graph, ref);
	int			at = start;

	for (int i = 0; i < ref->steps; i++)
	{
		RevisionList next;

		if (at == SV_BASE)
			next = sv_graph_bases(graph);
		else
		{
			next.n = graph->revisions[at].nchildren;
			next.members = graph->revisions[at].children;
		}
		if (lineage != NULL)
			next = sv_graph_list_filter(&next, lineage);
		if (next.n > 1)
			report_ambiguous_walk(graph, ref, &next);
		if (next.n == 0 && clamp)
			break;
		if (next.n == 0)
			report_off_end(ref, i);
		at = next.members[0];
	}
	return at;
}

/*
 * Return the revision that is ref->steps below "start", or SV_BASE, which is
 * one step below a base.  Ends as sv_graph_walk_up() does; it is a merge that
 * makes the way ambiguous.  From SV_BASE itself the first step leads round to
 * the head, as in Alembic.
 */
int
sv_graph_walk_down(const RevisionGraph *graph, const Reference *ref, int start, bool clamp)
{
	int			at = start;

	for (int i = 0; i < ref->steps; i++)
	{
		RevisionList next;

		if (at != SV_BASE)
		{
			next.n = graph->revisions[at].nparents;
			next.members = graph->revisions[at].parents;
		}
		else if (i == 0)
			next = sv_graph_heads(graph);
		else
		{
			if (!clamp)
				report_off_end(ref, i);
			break;
		}
		if (next.n > 1)
			report_ambiguous_walk(graph, ref, &next);
		at = next.n == 0 ? SV_BASE : next.members[0];
	}
	return at;
}

/*
 * Walk down from an applied revision as sv_graph_walk_down() does, but count
 * only the applied ones.  Set *target to the revision that was reached, or
 * SV_BASE, and return true; at a merge set it to the merge and return false.
 */
bool
sv_graph_walk_applied(const RevisionGraph *graph, const Reference *ref, int start, bool clamp,
					  int *target)
{
	int			at = start;

	for (int i = 0; i < ref->steps; i++)
	{
		if (at == SV_BASE && clamp)
			break;
		if (at == SV_BASE)
			report_off_end(ref, i);
		do
		{
			const GraphRevision *rev = &graph->revisions[at];

			*target = at;
			if (rev->nparents > 1)
				return false;
			at = rev->nparents == 0 ? SV_BASE : rev->parents[0];
		} while (at != SV_BASE && !graph->revisions[at].applied);
	}
	*target = at;
	return true;
}

/*
 * Return the revisions of a branch that are below or among "from" and above
 * which there is no other such revision of the branch.
 */
static RevisionList
tips_in_branch(const RevisionGraph *graph, const RevisionList *from, const bool *lineage)
{
	bool	   *active = sv_graph_ancestors(graph, from, true);
	bool	   *inner = palloc0(sizeof(bool) * graph->n);
	RevisionList tips = {0, palloc(sizeof(int) * graph->n)};

	for (int i = 0; i < graph->n; i++)
	{
		const GraphRevision *rev = &graph->revisions[i];

		if (!active[i] || !lineage[i])
			continue;
		for (int j = 0; j < rev->nparents; j++)
			inner[rev->parents[j]] = true;
		for (int j = 0; j < rev->ndepends; j++)
			inner[rev->depends[j]] = true;
	}
	for (int i = 0; i < graph->n; i++)
		if (active[i] && lineage[i] && !inner[i])
			tips.members[tips.n++] = i;
	return tips;
}

/*
 * Return where a bare +N starts that counts from "from": there, within the
 * reference's branch if it has one, or at the place where that branch leaves
 * what is below "from"; SV_BASE if there is no such place.  Several are an
 * error.
 */
int
sv_graph_start_up(const RevisionGraph *graph, const Reference *ref, const RevisionList *from)
{
	bool	   *lineage = sv_graph_branch_lineage(graph, ref);
	RevisionList start = *from;

	if (lineage != NULL)
		start = sv_graph_list_filter(from, lineage);
	if (lineage != NULL && start.n == 0)
		start = tips_in_branch(graph, from, lineage);
	if (start.n > 1)
		ereport(ERROR,
				(errcode(ERRCODE_SV_AMBIGUOUS_REFERENCE),
				 errmsg("relative reference \"%s\" is ambiguous", sv_base_clip(ref->text)),
				 errdetail("It could count from %s.", sv_graph_names(graph, &start)),
				 errhint("Name the revision itself, or its branch with label@+N.")));
	return start.n == 0 ? SV_BASE : start.members[0];
}

/*
 * Return the applied revisions of a branch that no applied revision revises,
 * even if something applied depends on them.
 */
static RevisionList
applied_tips(const RevisionGraph *graph, const bool *lineage)
{
	RevisionList applied = sv_graph_applied(graph);
	bool	   *inner = sv_graph_strict_ancestors(graph, &applied, false);
	RevisionList tips = {0, applied.members};

	for (int i = 0; i < applied.n; i++)
		if (lineage[applied.members[i]] && !inner[applied.members[i]])
			tips.members[tips.n++] = applied.members[i];
	return tips;
}

/*
 * Return the applied revision from which a bare -N counts: the first current
 * head, or the one of the reference's branch.
 */
int
sv_graph_start_down(const RevisionGraph *graph, const Reference *ref)
{
	RevisionList start = sv_graph_current(graph);
	bool	   *lineage = sv_graph_branch_lineage(graph, ref);

	if (lineage != NULL)
		start = sv_graph_list_filter(&start, lineage);
	if (lineage != NULL && start.n == 0)
		start = applied_tips(graph, lineage);
	if (start.n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_NOT_IN_RANGE),
				 errmsg("relative reference \"%s\" leads past the end of the revisions",
						sv_base_clip(ref->text)),
				 lineage == NULL ?
				 errdetail("No revision is applied.") :
				 errdetail("No revision of the branch is applied.")));
	if (start.n > 1 && lineage != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_AMBIGUOUS_REFERENCE),
				 errmsg("relative reference \"%s\" is ambiguous", sv_base_clip(ref->text)),
				 errdetail("It could count from %s.", sv_graph_names(graph, &start)),
				 errhint("Name the revision itself.")));
	return start.members[0];
}

/* Return what a bare +N or -N means, counted from the current heads. */
static int
relative_to_current(const RevisionGraph *graph, const Reference *ref, bool clamp)
{
	RevisionList current = sv_graph_current(graph);
	int			target;

	if (ref->steps == 0)
		report_no_steps(ref);
	if (!ref->down)
		return sv_graph_walk_up(graph, ref, sv_graph_start_up(graph, ref, &current), clamp);
	if (clamp && current.n == 0)
		return SV_BASE;
	if (!sv_graph_walk_applied(graph, ref, sv_graph_start_down(graph, ref), clamp, &target))
		report_merge(graph, ref, target);
	return target;
}

/*
 * Return the revision that a relative reference means, or SV_BASE.  Bare
 * numbers count from the current heads.  "clamp" is for sv_graph_walk_up().
 */
int
sv_graph_relative(const RevisionGraph *graph, const Reference *ref, bool clamp)
{
	int			start;

	if (ref->symbol == NULL)
		return relative_to_current(graph, ref, clamp);
	start = sv_graph_single(graph, ref, ref->down || ref->steps == 0);
	if (start == SV_BASE && ref->steps == 0)
		report_no_steps(ref);
	if (ref->down)
		return sv_graph_walk_down(graph, ref, start, clamp);
	return sv_graph_walk_up(graph, ref, start, clamp);
}
