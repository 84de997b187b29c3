/*
 * plan.c
 *		Decide which revisions a run, a stamp or a listing takes.
 *
 * The state is the set of applied revisions.  An upgrade brings a target's
 * ancestors and dependencies into it, a downgrade takes revisions out together
 * with whatever stands on them; so whoever starts from a set that is complete
 * below ends with one.  Nothing is changed here.
 */
#include "postgres.h"

#include "graph/graph_private.h"

/* What a downgrade undoes first; all that stands on it goes as well. */
typedef struct Roots
{
	RevisionList list;
	int			target;			/* the revision that stays, or SV_BASE */
	bool		has_target;
} Roots;

/*
 * Raise ERRCODE_SV_NOT_IN_RANGE if one of the targets is below another.
 */
static void
check_overlap(const RevisionGraph *graph, const RevisionList *targets)
{
	bool	   *below = sv_graph_strict_ancestors(graph, targets, true);

	for (int i = 0; i < targets->n; i++)
		if (below[targets->members[i]])
			ereport(ERROR,
					(errcode(ERRCODE_SV_NOT_IN_RANGE),
					 errmsg("the requested revisions overlap"),
					 errdetail("Revision \"%s\" comes before another one of %s.",
							   sv_base_clip(graph->revisions[targets->members[i]].id),
							   sv_graph_names(graph, targets)),
					 errhint("Name only the later one.")));
	pfree(below);
}

static void
report_direction(const char *target, Direction direction)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_NOT_IN_RANGE),
			 direction == SV_UPGRADE ?
			 errmsg("cannot upgrade to \"%s\"", sv_base_clip(target)) :
			 errmsg("cannot downgrade to \"%s\"", sv_base_clip(target)),
			 direction == SV_UPGRADE ?
			 errdetail("It does not lead up from what is applied.") :
			 errdetail("It does not lead down from what is applied."),
			 direction == SV_UPGRADE ?
			 errhint("To go down, use SELECT schemaver.downgrade().") :
			 errhint("To go up, use SELECT schemaver.upgrade().")));
}

/*
 * Return what an upgrade to "target" runs, parents first: every ancestor and
 * dependency that is not applied.
 */
RevisionList
sv_graph_plan_upgrade(const RevisionGraph *graph, const char *target)
{
	Reference	ref = sv_graph_parse_reference(graph, target);
	RevisionList targets;
	bool	   *needed;

	if (ref.relative && ref.symbol == NULL && (ref.down || ref.steps == 0))
		report_direction(target, SV_UPGRADE);
	if (ref.relative)
		targets = sv_graph_list_one(sv_graph_relative(graph, &ref, false));
	else
		targets = sv_graph_absolute(graph, &ref);
	check_overlap(graph, &targets);

	needed = sv_graph_ancestors(graph, &targets, true);
	for (int i = 0; i < graph->n; i++)
		needed[i] &= !graph->revisions[i].applied;
	return sv_graph_order(graph, needed);
}

/*
 * Warn if a reference names a branch that does not exist where there is but
 * one way to go, so that its label decides nothing.  Alembic ignores it there.
 */
static void
warn_of_unknown_branch(const RevisionGraph *graph, const Reference *ref)
{
	size_t		length = ref->branch ? strlen(ref->branch) : 0;

	if (ref->branch == NULL || sv_graph_find_name(graph, ref->branch) >= 0)
		return;
	for (int i = 0; i < graph->n; i++)
	{
		const GraphRevision *revision = &graph->revisions[i];

		if (strncmp(revision->id, ref->branch, length) == 0)
			return;
		for (int j = 0; j < revision->nlabels; j++)
			if (strncmp(revision->labels[j], ref->branch, length) == 0)
				return;
	}
	ereport(WARNING,
			(errcode(ERRCODE_SV_UNKNOWN_REVISION),
			 errmsg("branch label \"%s\" does not exist", sv_base_clip(ref->branch)),
			 errdetail("It was ignored, for there is one way down only.")));
}

/*
 * Return what is directly above a target: its children, or the bases.  If that
 * is several revisions, keep those that lead to "branch" (or to the
 * reference's own); none is an error.
 */
static RevisionList
roots_above(const RevisionGraph *graph, const Reference *ref, int target, int branch)
{
	RevisionList roots;
	RevisionList above;
	int			choice = 0;

	if (target == SV_BASE)
	{
		roots = sv_graph_bases(graph);
		/* Alembic counts a base again for each of its labels */
		for (int i = 0; i < roots.n; i++)
			choice += 1 + graph->revisions[roots.members[i]].nlabels;
	}
	else
	{
		roots.n = choice = graph->revisions[target].nchildren;
		roots.members = graph->revisions[target].children;
	}
	if (choice <= 1)
		warn_of_unknown_branch(graph, ref);
	if (choice <= 1 || (branch == SV_BASE && ref->branch == NULL))
		return roots;

	above = sv_graph_list_one(ref->branch != NULL ? sv_graph_branch_revision(graph, ref) : branch);
	roots = sv_graph_list_filter(&roots, sv_graph_ancestors(graph, &above, false));
	if (roots.n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_NOT_IN_RANGE),
				 errmsg("\"%s\" is not a valid downgrade target", sv_base_clip(ref->text)),
				 errdetail("No revision directly above it leads to the branch.")));
	return roots;
}

/*
 * Return the last ref->steps applied revisions among "head" and its ancestors,
 * newest first.  It is for walks over a merge, where there is no single way
 * down.
 */
static RevisionList
last_applied(const RevisionGraph *graph, const Reference *ref, int head)
{
	RevisionList from = sv_graph_list_one(head);
	bool	   *lineage = sv_graph_ancestors(graph, &from, false);
	RevisionList last;

	for (int i = 0; i < graph->n; i++)
		lineage[i] &= graph->revisions[i].applied;
	last = sv_graph_order_newest_first(graph, lineage);
	if (last.n < ref->steps)
		ereport(ERROR,
				(errcode(ERRCODE_SV_NOT_IN_RANGE),
				 errmsg("relative reference \"%s\" leads past the end of the revisions",
						sv_base_clip(ref->text)),
				 errdetail_plural("There is only %d applied revision up to \"%s\".",
								  "There are only %d applied revisions up to \"%s\".",
								  last.n, last.n,
								  sv_base_clip(graph->revisions[head].id))));
	last.n = ref->steps;
	return last;
}

/* Return what a downgrade by -N or label@-N undoes. */
static Roots
roots_of_steps(const RevisionGraph *graph, const Reference *ref)
{
	Roots		roots = {{0}};
	int			start = sv_graph_start_down(graph, ref);

	roots.has_target = sv_graph_walk_applied(graph, ref, start, false, &roots.target);
	if (roots.has_target)
		roots.list = roots_above(graph, ref, roots.target, start);
	else
		roots.list = last_applied(graph, ref, start);
	return roots;
}

/* Return what a downgrade to a reference undoes. */
static Roots
roots_of(const RevisionGraph *graph, const Reference *ref)
{
	Roots		roots = {{0}};

	if (ref->relative && ref->symbol == NULL)
		return roots_of_steps(graph, ref);
	roots.has_target = true;
	if (ref->relative)
		roots.target = sv_graph_relative(graph, ref, false);
	else
		roots.target = sv_graph_single(graph, ref, false);
	roots.list = roots_above(graph, ref, roots.target, SV_BASE);
	return roots;
}

static bool
is_plan_member(const RevisionList *list, int revision)
{
	for (int i = 0; i < list->n; i++)
		if (list->members[i] == revision)
			return true;
	return false;
}

/* Raise an error if nothing is undone although the target is not current. */
static void
check_downgrade_target(const RevisionGraph *graph, const Reference *ref, int target)
{
	RevisionList current = sv_graph_current(graph);

	if (target == SV_BASE || is_plan_member(&current, target))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_SV_NOT_IN_RANGE),
			 errmsg("\"%s\" is not a valid downgrade target", sv_base_clip(ref->text)),
			 current.n == 0 ?
			 errdetail("Nothing is applied.") :
			 errdetail("Nothing that is applied revises \"%s\"; current: %s.",
					   sv_base_clip(graph->revisions[target].id),
					   sv_graph_names(graph, &current))));
}

/*
 * Return what a downgrade to "target" undoes, children first: the applied
 * revisions above the target, and those that depend on them.  The target
 * stays.
 */
RevisionList
sv_graph_plan_downgrade(const RevisionGraph *graph, const char *target)
{
	Reference	ref = sv_graph_parse_reference(graph, target);
	Roots		roots;
	RevisionList plan;
	bool	   *undone;

	if (ref.relative && ref.symbol == NULL && (!ref.down || ref.steps == 0))
		report_direction(target, SV_DOWNGRADE);
	if (!ref.relative && sv_graph_is_moment(ref.symbol))
		return sv_graph_plan_back(graph, &ref);
	roots = roots_of(graph, &ref);
	undone = sv_graph_descendants(graph, &roots.list, true);
	for (int i = 0; i < graph->n; i++)
		undone[i] &= graph->revisions[i].applied;
	plan = sv_graph_order_newest_first(graph, undone);
	if (plan.n == 0 && roots.has_target)
		check_downgrade_target(graph, &ref, roots.target);
	return plan;
}

static void
mark_list(bool *marks, const RevisionList *list)
{
	for (int i = 0; i < list->n; i++)
		marks[list->members[i]] = true;
}

/* What a stamp's targets say about the current heads, the "rows". */
typedef struct Stamp
{
	RevisionList rows;
	bool	   *named;			/* the revisions that the targets mean */
	bool	   *touched;		/* the rows that may be replaced */
} Stamp;

/*
 * Take one target into account: it touches the rows in the lineage of what it
 * names and of its branch, dependencies included; a bare "base" touches all.
 */
static void
add_stamp_target(const RevisionGraph *graph, const char *target, Stamp *stamp)
{
	Reference	ref = sv_graph_parse_reference(graph, target);
	RevisionList dests = sv_graph_resolve(graph, target);
	RevisionList related = {0, palloc(sizeof(int) * (dests.n + 1))};

	mark_list(stamp->named, &dests);
	if (stamp->rows.n == 0)
		return;

	memcpy(related.members, dests.members, sizeof(int) * dests.n);
	related.n = dests.n;
	if (ref.relative && dests.n == 0)
		related = sv_graph_list_one(ref.symbol == NULL ? sv_graph_start_down(graph, &ref) :
									sv_graph_single(graph, &ref, true));
	if (!ref.relative && ref.branch != NULL)
		related.members[related.n++] = sv_graph_branch_revision(graph, &ref);

	if (related.n > 0)
		related = sv_graph_list_filter(&stamp->rows, sv_graph_lineage(graph, &related, true));
	else
		related = stamp->rows;
	mark_list(stamp->touched, &related);
}

/*
 * Return the rows that stay: those that no target touches; all if each target
 * is a row already or has nothing to do with a touched one.
 */
static RevisionList
rows_that_stay(const RevisionGraph *graph, const Stamp *stamp, const RevisionList *dests)
{
	bool	   *stays = palloc(sizeof(bool) * graph->n);
	bool	   *fresh = palloc(sizeof(bool) * graph->n);
	bool	   *related;
	bool		replaces = dests->n == 0;
	RevisionList fresh_list;

	memcpy(fresh, stamp->named, sizeof(bool) * graph->n);
	for (int i = 0; i < stamp->rows.n; i++)
		fresh[stamp->rows.members[i]] = false;
	fresh_list = sv_graph_list_marked(graph, fresh);
	related = sv_graph_lineage(graph, &fresh_list, true);
	for (int i = 0; i < stamp->rows.n; i++)
		replaces |= stamp->touched[stamp->rows.members[i]] && related[stamp->rows.members[i]];

	for (int i = 0; i < graph->n; i++)
		stays[i] = !replaces || !stamp->touched[i] || stamp->named[i];
	return sv_graph_list_filter(&stamp->rows, stays);
}

/*
 * Return how the set of applied revisions changes when the current heads
 * become what the targets say.  Heads in the lineage of a target give way to
 * it, others stay; with "purge" none stays.  A target brings all that it
 * stands on with it.  No targets, or base alone, take everything out.
 */
StampPlan
sv_graph_plan_stamp(const RevisionGraph *graph, int ntargets, const char **targets, bool purge)
{
	Stamp		stamp = {{0}};
	StampPlan	plan;
	RevisionList dests;
	RevisionList kept;
	bool	   *was_below;
	bool	   *added;
	bool	   *removed = palloc(sizeof(bool) * graph->n);

	if (!purge)
		stamp.rows = sv_graph_current(graph);
	stamp.named = palloc0(sizeof(bool) * graph->n);
	stamp.touched = palloc0(sizeof(bool) * graph->n);
	for (int i = 0; i < ntargets; i++)
		add_stamp_target(graph, targets[i], &stamp);
	if (ntargets == 0)
		mark_list(stamp.touched, &stamp.rows);
	dests = sv_graph_list_marked(graph, stamp.named);
	check_overlap(graph, &dests);

	kept = rows_that_stay(graph, &stamp, &dests);
	was_below = sv_graph_ancestors(graph, &kept, true);
	added = sv_graph_ancestors(graph, &dests, true);
	for (int i = 0; i < graph->n; i++)
	{
		bool		applied = graph->revisions[i].applied;

		removed[i] = applied && !was_below[i] && !added[i];
		added[i] &= !applied;
	}
	plan.remove = sv_graph_order_newest_first(graph, removed);
	plan.add = sv_graph_order(graph, added);
	return plan;
}

/* Is it a bare -N or, with "down" false, a bare +N? */
static bool
is_bare(const Reference *ref, bool down)
{
	return ref->relative && ref->symbol == NULL && ref->down == down;
}

/*
 * Return the upper end of a range of the history, of which only the branch of
 * the lower end counts.  A bare +N counts from "lower".
 */
static RevisionList
history_end(const RevisionGraph *graph, const Reference *ref, const Reference *lower_ref,
			const RevisionList *lower)
{
	RevisionList upper;

	if (!ref->relative)
		upper = sv_graph_absolute(graph, ref);
	else if (!is_bare(ref, false))
		upper = sv_graph_list_one(sv_graph_relative(graph, ref, true));
	else
	{
		int			start = sv_graph_start_up(graph, ref, lower);

		upper = sv_graph_list_one(sv_graph_walk_up(graph, ref, start, true));
	}
	if (lower_ref->branch != NULL)
		upper = sv_graph_list_filter(&upper, sv_graph_branch_lineage(graph, lower_ref));
	check_overlap(graph, &upper);
	return upper;
}

/* Return the lower end of a range of the history. */
static RevisionList
history_start(const RevisionGraph *graph, const Reference *ref)
{
	if (!ref->relative)
		return sv_graph_absolute(graph, ref);
	return sv_graph_list_one(sv_graph_relative(graph, ref, true));
}

/*
 * Return the revisions that are -N below each of the upper ends; none, which
 * is base, if one of the ways leads there.
 */
static RevisionList
history_start_below(const RevisionGraph *graph, const Reference *ref, const RevisionList *upper)
{
	bool	   *marks = palloc0(sizeof(bool) * graph->n);

	for (int i = 0; i < upper->n; i++)
	{
		int			start = sv_graph_walk_down(graph, ref, upper->members[i], true);

		if (start == SV_BASE)
			return sv_graph_list_one(SV_BASE);
		marks[start] = true;
	}
	return sv_graph_list_marked(graph, marks);
}

/*
 * Return the ancestors of "upper", as far as they descend from "lower" where
 * that is not base.  If something of "lower" is not among them, it is an
 * error.
 */
static bool *
mark_range(const RevisionGraph *graph, const RevisionList *lower, const RevisionList *upper,
		   const Reference *upper_ref)
{
	bool	   *marks = sv_graph_ancestors(graph, upper, true);
	bool	   *above = sv_graph_descendants(graph, lower, false);

	for (int i = 0; i < lower->n; i++)
		if (!marks[lower->members[i]])
			ereport(ERROR,
					(errcode(ERRCODE_SV_NOT_IN_RANGE),
					 errmsg("revision \"%s\" is not an ancestor of \"%s\"",
							sv_base_clip(graph->revisions[lower->members[i]].id),
							sv_base_clip(upper_ref->text))));
	for (int i = 0; i < graph->n && lower->n > 0; i++)
		marks[i] &= above[i];
	return marks;
}

/*
 * Return the revisions from "from" up to "to", both included, newest first.
 * NULL means base and heads.  A relative end that leads too far ends at the
 * last revision; a bare -N in "from" counts from "to", a bare +N in "to" from
 * "from".  Dependencies are listed only where the range starts at base.
 */
RevisionList
sv_graph_history(const RevisionGraph *graph, const char *from, const char *to)
{
	Reference	lower_ref = sv_graph_parse_reference(graph, from != NULL ? from : "base");
	Reference	upper_ref = sv_graph_parse_reference(graph, to != NULL ? to : "heads");
	RevisionList lower;
	RevisionList upper;
	RevisionList list;

	if (is_bare(&lower_ref, true) && !is_bare(&upper_ref, false))
	{
		upper = history_end(graph, &upper_ref, &lower_ref, NULL);
		lower = history_start_below(graph, &lower_ref, &upper);
	}
	else
	{
		lower = history_start(graph, &lower_ref);
		upper = history_end(graph, &upper_ref, &lower_ref, &lower);
	}

	list = sv_graph_order(graph, mark_range(graph, &lower, &upper, &upper_ref));
	for (int i = 0, j = list.n - 1; i < j; i++, j--)
	{
		int			swap = list.members[i];

		list.members[i] = list.members[j];
		list.members[j] = swap;
	}
	return list;
}
