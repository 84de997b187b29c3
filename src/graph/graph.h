/*
 * graph.h
 *		The revision graph, the reference grammar and the plan of a run.
 *
 * Pure: nothing here reads or writes the database.  A graph is built from
 * literals or by the store, then only read.  Revisions are named by their
 * index, which is the order in which they were registered.  All memory is
 * allocated in the context that is current at the call.  Every function is
 * O(revisions + edges) unless it says otherwise.
 */
#ifndef SV_GRAPH_H
#define SV_GRAPH_H

#include "nodes/pg_list.h"
#include "base/base.h"

/* An ordered list of revisions of one graph, each at most once. */
typedef struct RevisionList
{
	int			n;
	int		   *members;		/* indexes into RevisionGraph.revisions */
} RevisionList;

typedef struct GraphRevision
{
	const char *id;
	bool		applied;
	int64		applied_rank;	/* larger = applied later; 0 = not applied */

	/* Edges; each array holds indexes, in the order in which they were given */
	int			nparents;		/* what it revises */
	int		   *parents;
	int			ndepends;		/* what it depends on, labels resolved */
	int		   *depends;
	int			nchildren;		/* what revises it */
	int		   *children;
	int			ndependents;	/* what depends on it */
	int		   *dependents;

	int			nlabels;		/* branch labels given to this very revision */
	const char **labels;
} GraphRevision;

typedef struct RevisionGraph RevisionGraph;

/* Which revisions were applied at a moment, "date:..." or "run:..."; errors if that is unknown. */
typedef bool *(*AppliedThenFn) (const RevisionGraph *graph, const char *moment);

struct RevisionGraph
{
	int			n;
	bool		is_part;		/* there are more revisions */
	AppliedThenFn applied_then; /* the journal; NULL where there is none */
	GraphRevision *revisions;
	struct GraphIndex *index;	/* private to graph.c: names, tags, raw edges */
};

/* What a stamp, or a run in both directions, changes in the set of applied revisions. */
typedef struct StampPlan
{
	RevisionList remove;		/* children first */
	RevisionList add;			/* parents first */
} StampPlan;

/* graph.c: building */

extern RevisionGraph *sv_graph_create(int expected);
extern int	sv_graph_add(RevisionGraph *graph, const char *id);
extern void sv_graph_add_parent(RevisionGraph *graph, int child, const char *parent);
extern void sv_graph_add_depends(RevisionGraph *graph, int revision, const char *name);
extern void sv_graph_add_label(RevisionGraph *graph, int revision, const char *label);
extern void sv_graph_add_tag(RevisionGraph *graph, const char *tag, const char *id);
extern void sv_graph_add_replaced(RevisionGraph *graph, const char *id, const char *by);
extern void sv_graph_finish(RevisionGraph *graph);
extern int	sv_graph_find(const RevisionGraph *graph, const char *id);
extern const char *sv_graph_name_fault(const char *name, bool is_id);
extern void sv_graph_check_name(const char *name, const char *what);

/* traverse.c: reading */
extern RevisionList sv_graph_heads(const RevisionGraph *graph);
extern RevisionList sv_graph_effective_heads(const RevisionGraph *graph);
extern RevisionList sv_graph_bases(const RevisionGraph *graph);
extern RevisionList sv_graph_branch_points(const RevisionGraph *graph);
extern RevisionList sv_graph_current(const RevisionGraph *graph);
extern bool *sv_graph_ancestors(const RevisionGraph *graph, const RevisionList *from,
								bool dependencies);
extern bool *sv_graph_descendants(const RevisionGraph *graph, const RevisionList *from,
								  bool dependencies);
extern RevisionList sv_graph_order(const RevisionGraph *graph, const bool *wanted);

/* What a number is as the target of a run; no id has a colon. */
#define SV_GRAPH_STEPS "steps:"

/* reference.c: the grammar of references */
extern char *sv_graph_target(const RevisionGraph *graph, const char *target, Direction direction);
extern RevisionList sv_graph_resolve(const RevisionGraph *graph, const char *ref);
extern int	sv_graph_resolve_one(const RevisionGraph *graph, const char *ref);

/* plan.c: what a run does */
extern RevisionList sv_graph_plan_upgrade(const RevisionGraph *graph, const char *target);
extern RevisionList sv_graph_plan_downgrade(const RevisionGraph *graph, const char *target);
extern StampPlan sv_graph_plan_stamp(const RevisionGraph *graph, int ntargets,
									 const char **targets, bool purge);
extern RevisionList sv_graph_history(const RevisionGraph *graph, const char *from, const char *to);

/* moments.c: what was applied at a date or after a run */
#define SV_GRAPH_DATE "date:"
#define SV_GRAPH_RUN "run:"

extern bool sv_graph_is_moment(const char *text);
extern StampPlan sv_graph_plan_goto(const RevisionGraph *graph, const char *target);

/* ----- contexts.c: expressions over names ----- */

extern bool sv_graph_expression_holds(const char *expression, const List *names);
extern bool sv_graph_asks_for_names(const char *expression);
extern List *sv_graph_split_names(const char *list);

#endif							/* SV_GRAPH_H */
