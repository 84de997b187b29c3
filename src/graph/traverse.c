/*
 * traverse.c
 *		Read a finished revision graph: ends, reachable parts, order.
 *
 * Sets of revisions are arrays of graph->n bools ("marks"), ordered ones are
 * RevisionLists; both are new and the caller's.  Nothing here recurses, and
 * nothing looks at an edge more often than a constant number of times.
 */
#include "postgres.h"

#include "lib/binaryheap.h"
#include "miscadmin.h"

#include "graph/graph_private.h"

/*
 * A set of revisions while it grows: the marks, and who still has to be looked
 * at.
 */
typedef struct Spread
{
	bool	   *marks;
	int		   *todo;
	int			ntodo;
} Spread;

/* Return a list of one revision, or the empty list for SV_BASE. */
RevisionList
sv_graph_list_one(int revision)
{
	RevisionList list = {0, palloc(sizeof(int))};

	if (revision != SV_BASE)
		list.members[list.n++] = revision;
	return list;
}

/* Return the marked revisions in index order. */
RevisionList
sv_graph_list_marked(const RevisionGraph *graph, const bool *marks)
{
	RevisionList list = {0, palloc(sizeof(int) * graph->n)};

	for (int i = 0; i < graph->n; i++)
		if (marks[i])
			list.members[list.n++] = i;
	return list;
}

/* Return those members of a list that are marked, in the list's order. */
RevisionList
sv_graph_list_filter(const RevisionList *list, const bool *marks)
{
	RevisionList kept = {0, palloc(sizeof(int) * list->n)};

	for (int i = 0; i < list->n; i++)
		if (marks[list->members[i]])
			kept.members[kept.n++] = list->members[i];
	return kept;
}

/* Return the heads: the revisions that nobody revises, in index order. */
RevisionList
sv_graph_heads(const RevisionGraph *graph)
{
	RevisionList list = {0, palloc(sizeof(int) * graph->n)};

	for (int i = 0; i < graph->n; i++)
		if (graph->revisions[i].nchildren == 0)
			list.members[list.n++] = i;
	return list;
}

/*
 * Return the effective heads: the revisions that nobody revises nor depends
 * on, in index order.
 */
RevisionList
sv_graph_effective_heads(const RevisionGraph *graph)
{
	RevisionList list = {0, palloc(sizeof(int) * graph->n)};

	for (int i = 0; i < graph->n; i++)
		if (graph->revisions[i].nchildren == 0 && graph->revisions[i].ndependents == 0)
			list.members[list.n++] = i;
	return list;
}

/* Return the bases: the revisions that revise nothing, in index order. */
RevisionList
sv_graph_bases(const RevisionGraph *graph)
{
	RevisionList list = {0, palloc(sizeof(int) * graph->n)};

	for (int i = 0; i < graph->n; i++)
		if (graph->revisions[i].nparents == 0)
			list.members[list.n++] = i;
	return list;
}

/* Return the revisions that several others revise, in index order. */
RevisionList
sv_graph_branch_points(const RevisionGraph *graph)
{
	RevisionList list = {0, palloc(sizeof(int) * graph->n)};

	for (int i = 0; i < graph->n; i++)
		if (graph->revisions[i].nchildren > 1)
			list.members[list.n++] = i;
	return list;
}

/* Return the applied revisions in index order. */
RevisionList
sv_graph_applied(const RevisionGraph *graph)
{
	RevisionList list = {0, palloc(sizeof(int) * graph->n)};

	for (int i = 0; i < graph->n; i++)
		if (graph->revisions[i].applied)
			list.members[list.n++] = i;
	return list;
}

static int
compare_ids(const void *a, const void *b, void *graph)
{
	const GraphRevision *revisions = ((const RevisionGraph *) graph)->revisions;

	return strcmp(revisions[*(const int *) a].id, revisions[*(const int *) b].id);
}

/*
 * Return the current heads, sorted by id: the applied revisions from which no
 * applied revision descends and on which none depends, be it directly or
 * through revisions that are not applied.
 */
RevisionList
sv_graph_current(const RevisionGraph *graph)
{
	RevisionList applied = sv_graph_applied(graph);
	bool	   *below = sv_graph_strict_ancestors(graph, &applied, true);
	RevisionList list = {0, applied.members};

	for (int i = 0; i < applied.n; i++)
		if (!below[applied.members[i]])
			list.members[list.n++] = applied.members[i];
	qsort_arg(list.members, list.n, sizeof(int), compare_ids, unconstify(RevisionGraph *, graph));
	return list;
}

static Spread
start_spread(const RevisionGraph *graph)
{
	Spread		spread;

	spread.marks = palloc0(sizeof(bool) * graph->n);
	spread.todo = palloc(sizeof(int) * graph->n);
	spread.ntodo = 0;
	return spread;
}

static void
mark_all(Spread *spread, int n, const int *revisions)
{
	for (int i = 0; i < n; i++)
	{
		if (spread->marks[revisions[i]])
			continue;
		spread->marks[revisions[i]] = true;
		spread->todo[spread->ntodo++] = revisions[i];
	}
}

static void
mark_below(Spread *spread, const GraphRevision *rev, bool dependencies)
{
	mark_all(spread, rev->nparents, rev->parents);
	if (dependencies)
		mark_all(spread, rev->ndepends, rev->depends);
}

static void
mark_above(Spread *spread, const GraphRevision *rev, bool dependencies)
{
	mark_all(spread, rev->nchildren, rev->children);
	if (dependencies)
		mark_all(spread, rev->ndependents, rev->dependents);
}

/* Mark whatever is below the marked ones, and return the marks. */
static bool *
spread_down(const RevisionGraph *graph, Spread *spread, bool dependencies)
{
	while (spread->ntodo > 0)
	{
		CHECK_FOR_INTERRUPTS();
		mark_below(spread, &graph->revisions[spread->todo[--spread->ntodo]], dependencies);
	}
	pfree(spread->todo);
	return spread->marks;
}

/*
 * Mark the given revisions and everything that they revise, directly or not,
 * with "dependencies" also everything on which they depend.
 */
bool *
sv_graph_ancestors(const RevisionGraph *graph, const RevisionList *from, bool dependencies)
{
	Spread		spread = start_spread(graph);

	mark_all(&spread, from->n, from->members);
	return spread_down(graph, &spread, dependencies);
}

/*
 * The same, but a given revision is marked only if it is below another given
 * one.
 */
bool *
sv_graph_strict_ancestors(const RevisionGraph *graph, const RevisionList *from, bool dependencies)
{
	Spread		spread = start_spread(graph);

	for (int i = 0; i < from->n; i++)
		mark_below(&spread, &graph->revisions[from->members[i]], dependencies);
	return spread_down(graph, &spread, dependencies);
}

/*
 * Mark the given revisions and everything that revises them, directly or not,
 * with "dependencies" also everything that depends on them.
 */
bool *
sv_graph_descendants(const RevisionGraph *graph, const RevisionList *from, bool dependencies)
{
	Spread		spread = start_spread(graph);

	mark_all(&spread, from->n, from->members);
	while (spread.ntodo > 0)
	{
		CHECK_FOR_INTERRUPTS();
		mark_above(&spread, &graph->revisions[spread.todo[--spread.ntodo]], dependencies);
	}
	pfree(spread.todo);
	return spread.marks;
}

/*
 * Mark the ancestors and the descendants of the given revisions, and
 * themselves.
 */
bool *
sv_graph_lineage(const RevisionGraph *graph, const RevisionList *of, bool dependencies)
{
	bool	   *below = sv_graph_ancestors(graph, of, dependencies);
	bool	   *above = sv_graph_descendants(graph, of, dependencies);

	for (int i = 0; i < graph->n; i++)
		above[i] |= below[i];
	pfree(below);
	return above;
}

/* One topological sort in the making. */
typedef struct Sorter
{
	const RevisionGraph *graph;
	const bool *wanted;
	bool		upwards;		/* parents first */
	int		   *waiting;		/* how many must still come before it */
	binaryheap *ready;			/* wanted revisions that may come now */
	int		   *passing;		/* others that may come now */
	int			npassing;
} Sorter;

/* A lower index comes first. */
static int
compare_registration(Datum a, Datum b, void *graph)
{
	return DatumGetInt32(b) - DatumGetInt32(a);
}

/* What was applied later comes first, then the higher index. */
static int
compare_newest(Datum a, Datum b, void *graph)
{
	const GraphRevision *revisions = ((const RevisionGraph *) graph)->revisions;
	int64		rank_a = revisions[DatumGetInt32(a)].applied_rank;
	int64		rank_b = revisions[DatumGetInt32(b)].applied_rank;

	if (rank_a != rank_b)
		return rank_a > rank_b ? 1 : -1;
	return DatumGetInt32(a) - DatumGetInt32(b);
}

static void
make_ready(Sorter *sorter, int revision)
{
	if (sorter->wanted != NULL && sorter->wanted[revision])
		binaryheap_add(sorter->ready, Int32GetDatum(revision));
	else
		sorter->passing[sorter->npassing++] = revision;
}

static void
release(Sorter *sorter, int n, const int *revisions)
{
	for (int i = 0; i < n; i++)
		if (--sorter->waiting[revisions[i]] == 0)
			make_ready(sorter, revisions[i]);
}

static void
start_sort(Sorter *sorter, const RevisionGraph *graph, const bool *wanted, bool upwards)
{
	sorter->graph = graph;
	sorter->wanted = wanted;
	sorter->upwards = upwards;
	sorter->waiting = palloc(sizeof(int) * graph->n);
	sorter->passing = palloc(sizeof(int) * graph->n);
	sorter->npassing = 0;
	sorter->ready = binaryheap_allocate(Max(graph->n, 1),
										upwards ? compare_registration : compare_newest,
										unconstify(RevisionGraph *, graph));
	for (int i = 0; i < graph->n; i++)
	{
		const GraphRevision *rev = &graph->revisions[i];

		sorter->waiting[i] = upwards ? rev->nparents + rev->ndepends :
			rev->nchildren + rev->ndependents;
		if (sorter->waiting[i] == 0)
			make_ready(sorter, i);
	}
}

/*
 * Return the next revision of the order, or -1 at the end.  Those that are not
 * wanted are returned as well, as soon as they can be: an order that leads
 * through them counts too.
 */
static int
next_sorted(Sorter *sorter)
{
	const GraphRevision *rev;
	int			next;

	if (sorter->npassing > 0)
		next = sorter->passing[--sorter->npassing];
	else if (!binaryheap_empty(sorter->ready))
		next = DatumGetInt32(binaryheap_remove_first(sorter->ready));
	else
		return -1;

	rev = &sorter->graph->revisions[next];
	if (sorter->upwards)
	{
		release(sorter, rev->nchildren, rev->children);
		release(sorter, rev->ndependents, rev->dependents);
	}
	else
	{
		release(sorter, rev->nparents, rev->parents);
		release(sorter, rev->ndepends, rev->depends);
	}
	return next;
}

static RevisionList
sort_wanted(const RevisionGraph *graph, const bool *wanted, bool upwards)
{
	RevisionList list = {0, palloc(sizeof(int) * graph->n)};
	Sorter		sorter;
	int			next;

	start_sort(&sorter, graph, wanted, upwards);
	while ((next = next_sorted(&sorter)) >= 0)
	{
		CHECK_FOR_INTERRUPTS();
		if (wanted[next])
			list.members[list.n++] = next;
	}
	binaryheap_free(sorter.ready);
	pfree(sorter.waiting);
	pfree(sorter.passing);
	return list;
}

/*
 * Return the wanted revisions so that each comes after its ancestors and after
 * what it depends on.  Revisions that could stand in either order keep the
 * order in which they were registered.  O((revisions + edges) * log
 * revisions).
 */
RevisionList
sv_graph_order(const RevisionGraph *graph, const bool *wanted)
{
	return sort_wanted(graph, wanted, true);
}

/*
 * Return the wanted revisions so that each comes before its ancestors and
 * before what it depends on.  Where either order is possible, what was applied
 * later comes first.  O((revisions + edges) * log revisions).
 */
RevisionList
sv_graph_order_newest_first(const RevisionGraph *graph, const bool *wanted)
{
	return sort_wanted(graph, wanted, false);
}

/*
 * Does no revision come before itself?  If one does, *waiting tells of each
 * revision how many of its parents and dependencies are on or above a cycle.
 */
bool
sv_graph_is_acyclic(const RevisionGraph *graph, int **waiting)
{
	Sorter		sorter;
	int			sorted = 0;

	start_sort(&sorter, graph, NULL, true);
	while (next_sorted(&sorter) >= 0)
		sorted++;
	*waiting = sorter.waiting;
	return sorted == graph->n;
}
