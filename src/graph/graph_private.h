/*
 * graph_private.h
 *		What graph.c, reference.c and plan.c share with each other only.
 */
#ifndef SV_GRAPH_PRIVATE_H
#define SV_GRAPH_PRIVATE_H

#include "graph/graph.h"

/* Where a walk down ends: below every revision. */
#define SV_BASE		(-1)

/* A reference, cut into its parts but not looked up yet. */
typedef struct Reference
{
	const char *text;			/* as the user wrote it */
	const char *branch;			/* what stands before '@', or NULL */
	const char *symbol;			/* a name or a word such as "head"; NULL for a bare +N or -N, or
								 * current+N, current-N */
	bool		relative;		/* ends in +N or -N */
	bool		down;			/* -N */
	int			steps;			/* N; a number that is too large is INT_MAX */
} Reference;

/* graph.c */
extern char *sv_graph_names(const RevisionGraph *graph, const RevisionList *list);
extern int	sv_graph_find_name(const RevisionGraph *graph, const char *name);
extern int	sv_graph_find_tag(const RevisionGraph *graph, const char *tag);

/* traverse.c */
extern RevisionList sv_graph_list_one(int revision);
extern RevisionList sv_graph_list_marked(const RevisionGraph *graph, const bool *marks);
extern RevisionList sv_graph_list_filter(const RevisionList *list, const bool *marks);
extern bool *sv_graph_lineage(const RevisionGraph *graph, const RevisionList *of,
							  bool dependencies);
extern bool *sv_graph_strict_ancestors(const RevisionGraph *graph, const RevisionList *from,
									   bool dependencies);
extern RevisionList sv_graph_applied(const RevisionGraph *graph);
extern RevisionList sv_graph_order_newest_first(const RevisionGraph *graph, const bool *wanted);
extern bool sv_graph_is_acyclic(const RevisionGraph *graph, int **waiting);

/* reference.c */
extern Reference sv_graph_parse_reference(const RevisionGraph *graph, const char *text);
extern RevisionList sv_graph_absolute(const RevisionGraph *graph, const Reference *ref);
extern int	sv_graph_single(const RevisionGraph *graph, const Reference *ref, bool in_branch);
extern bool *sv_graph_branch_lineage(const RevisionGraph *graph, const Reference *ref);
extern int	sv_graph_branch_revision(const RevisionGraph *graph, const Reference *ref);

/* relative.c */
extern int	sv_graph_relative(const RevisionGraph *graph, const Reference *ref, bool clamp);
extern int	sv_graph_start_up(const RevisionGraph *graph, const Reference *ref,
							  const RevisionList *from);
extern int	sv_graph_start_down(const RevisionGraph *graph, const Reference *ref);
extern int	sv_graph_walk_up(const RevisionGraph *graph, const Reference *ref, int start,
							 bool clamp);
extern int	sv_graph_walk_down(const RevisionGraph *graph, const Reference *ref, int start,
							   bool clamp);
extern bool sv_graph_walk_applied(const RevisionGraph *graph, const Reference *ref, int start,
								  bool clamp, int *target);

/* moments.c */
extern RevisionList sv_graph_moment_heads(const RevisionGraph *graph, const char *moment,
										  const bool *lineage);
extern RevisionList sv_graph_plan_back(const RevisionGraph *graph, const Reference *ref);

/* suggest.c */
extern const char *sv_graph_suggest(const RevisionGraph *graph, const char *name);

#endif							/* SV_GRAPH_PRIVATE_H */
