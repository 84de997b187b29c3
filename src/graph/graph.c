/*
 * graph.c
 *		Build a revision graph: its names, its edges, and no cycle.
 *
 * While a graph is built, edges, labels and tags are only written down by
 * name; sv_graph_finish() resolves them.  A finished graph is never changed,
 * and every other file of this folder may rely on this: names are unique,
 * every edge leads to a revision, no revision comes before itself.  The graph
 * keeps the callers' strings, it does not copy them.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "nodes/pg_list.h"

#include "graph/graph_private.h"

#define MAX_NAME_BYTES		128
#define MAX_SHOWN_NAMES		5
#define MAX_SHOWN_CYCLE		10

/* An id or a branch label, or in the other table a tag. */
typedef struct NameEntry
{
	const char *name;
	int			revision;
	bool		is_label;
	uint32		hash;
	char		status;
} NameEntry;

#define SH_PREFIX names
#define SH_ELEMENT_TYPE NameEntry
#define SH_KEY_TYPE const char *
#define SH_KEY name
#define SH_HASH_KEY(tb, key) \
	hash_bytes((const unsigned char *) (key), (int) strlen(key))
#define SH_EQUAL(tb, a, b) (strcmp(a, b) == 0)
#define SH_STORE_HASH
#define SH_GET_HASH(tb, entry) ((entry)->hash)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* "revision" revises, depends on, or is labelled "name". */
typedef struct RawLink
{
	int			revision;
	const char *name;
} RawLink;

typedef struct RawLinks
{
	int			n;
	int			capacity;
	RawLink    *items;
} RawLinks;

/* "tag" stands for "id"; or it is the id of a revision that "id" replaced. */
typedef struct RawTag
{
	const char *tag;
	const char *id;
} RawTag;

struct GraphIndex
{
	int			capacity;		/* of RevisionGraph.revisions */
	names_hash *names;
	names_hash *tags;

	/* What was written down for sv_graph_finish() */
	RawLinks	parents;
	RawLinks	depends;
	RawLinks	labels;
	List	   *raw_tags;		/* of RawTag */
	List	   *replaced;		/* of RawTag */
};

/*
 * Edges, grouped by one of their ends: those of i lead to ends[starts[i]] up to
 * but not including ends[starts[i + 1]].
 */
typedef struct EdgeSet
{
	int		   *starts;
	int		   *ends;
} EdgeSet;

/*
 * Return a new, empty graph.  "expected" is a guess at how many revisions will
 * be added; any number may be.
 */
RevisionGraph *
sv_graph_create(int expected)
{
	RevisionGraph *graph = palloc0(sizeof(RevisionGraph));
	struct GraphIndex *index = palloc0(sizeof(struct GraphIndex));

	index->capacity = Max(expected, 16);
	index->names = names_create(CurrentMemoryContext, index->capacity, NULL);
	index->tags = names_create(CurrentMemoryContext, 16, NULL);
	graph->revisions = palloc_extended(sizeof(GraphRevision) * (Size) index->capacity,
									   MCXT_ALLOC_HUGE);
	graph->index = index;
	return graph;
}

/*
 * Add a revision and return its index.  An id that is taken is an error
 * (ERRCODE_SV_DUPLICATE).  The caller has checked the id's spelling and sets
 * "applied" and "applied_rank" itself.
 */
int
sv_graph_add(RevisionGraph *graph, const char *id)
{
	struct GraphIndex *index = graph->index;
	NameEntry  *entry;
	bool		found;

	entry = names_insert(index->names, id, &found);
	if (found)
		ereport(ERROR,
				(errcode(ERRCODE_SV_DUPLICATE),
				 errmsg("revision \"%s\" already exists", sv_base_clip(id))));
	entry->revision = graph->n;
	entry->is_label = false;

	if (graph->n == index->capacity)
	{
		index->capacity *= 2;
		graph->revisions = repalloc_huge(graph->revisions,
										 sizeof(GraphRevision) * (Size) index->capacity);
	}
	memset(&graph->revisions[graph->n], 0, sizeof(GraphRevision));
	graph->revisions[graph->n].id = id;
	return graph->n++;
}

static void
add_link(RawLinks *links, int revision, const char *name)
{
	if (links->n == links->capacity)
	{
		links->capacity = Max(links->capacity * 2, 64);
		if (links->items == NULL)
			links->items = palloc(sizeof(RawLink) * links->capacity);
		else
			links->items = repalloc_huge(links->items,
										 sizeof(RawLink) * (Size) links->capacity);
	}
	links->items[links->n].revision = revision;
	links->items[links->n].name = name;
	links->n++;
}

/* Note that "child" revises the revision whose full id is "parent". */
void
sv_graph_add_parent(RevisionGraph *graph, int child, const char *parent)
{
	add_link(&graph->index->parents, child, parent);
}

/* Note that "revision" depends on "name", a full id or a branch label. */
void
sv_graph_add_depends(RevisionGraph *graph, int revision, const char *name)
{
	add_link(&graph->index->depends, revision, name);
}

/* Note that "revision" carries a branch label. */
void
sv_graph_add_label(RevisionGraph *graph, int revision, const char *label)
{
	add_link(&graph->index->labels, revision, label);
}

/* Note that "tag" stands for the revision whose full id is "id". */
void
sv_graph_add_tag(RevisionGraph *graph, const char *tag, const char *id)
{
	RawTag	   *raw = palloc(sizeof(RawTag));

	raw->tag = tag;
	raw->id = id;
	graph->index->raw_tags = lappend(graph->index->raw_tags, raw);
}

/*
 * Note that the revision whose full id is "by" replaced one whose id was "id":
 * that id means it from now on, and its beginning means nothing.
 */
void
sv_graph_add_replaced(RevisionGraph *graph, const char *id, const char *by)
{
	RawTag	   *raw = palloc(sizeof(RawTag));

	raw->tag = id;
	raw->id = by;
	graph->index->replaced = lappend(graph->index->replaced, raw);
}

/*
 * Group edges by "from".  Within a group they keep their order.
 */
static EdgeSet
group_edges(int n, int nedges, const int *from, const int *to)
{
	EdgeSet		set;
	int		   *next = palloc(sizeof(int) * (n + 1));

	set.starts = palloc0(sizeof(int) * (n + 1));
	set.ends = palloc(sizeof(int) * nedges);
	for (int i = 0; i < nedges; i++)
		set.starts[from[i] + 1]++;
	for (int i = 0; i < n; i++)
		set.starts[i + 1] += set.starts[i];
	memcpy(next, set.starts, sizeof(int) * (n + 1));
	for (int i = 0; i < nedges; i++)
		set.ends[next[from[i]]++] = to[i];
	pfree(next);
	return set;
}

/*
 * Give every revision its branch labels.  A label that is already an id or a
 * label is an error (ERRCODE_SV_DUPLICATE).
 */
static void
finish_labels(RevisionGraph *graph)
{
	RawLinks   *links = &graph->index->labels;

	for (int i = 0; i < links->n; i++)
	{
		RawLink    *link = &links->items[i];
		GraphRevision *owner = &graph->revisions[link->revision];
		NameEntry  *entry;
		bool		found;

		entry = names_insert(graph->index->names, link->name, &found);
		if (found)
			ereport(ERROR,
					(errcode(ERRCODE_SV_DUPLICATE),
					 errmsg("branch label \"%s\" of revision \"%s\" is already in use",
							sv_base_clip(link->name), sv_base_clip(owner->id)),
					 entry->is_label ?
					 errdetail("It is a branch label of revision \"%s\".",
							   sv_base_clip(graph->revisions[entry->revision].id)) :
					 errdetail("It is the id of a revision.")));
		entry->revision = link->revision;
		entry->is_label = true;

		if (owner->labels == NULL)
			owner->labels = palloc(sizeof(char *));
		else
			owner->labels = repalloc(owner->labels, sizeof(char *) * (owner->nlabels + 1));
		owner->labels[owner->nlabels++] = link->name;
	}
}

/* Let the ids of revisions that were replaced mean those that replaced them. */
static void
finish_replaced(RevisionGraph *graph)
{
	foreach_ptr(RawTag, raw, graph->index->replaced)
	{
		int			revision = sv_graph_find(graph, raw->id);
		NameEntry  *entry;
		bool		found;

		if (revision < 0)
			continue;
		entry = names_insert(graph->index->names, raw->tag, &found);
		if (found)
			continue;			/* a revision or label of that name counts more */
		entry->revision = revision;
		entry->is_label = false;
	}
}

/* Look up every tag's revision. */
static void
finish_tags(RevisionGraph *graph)
{
	foreach_ptr(RawTag, raw, graph->index->raw_tags)
	{
		int			revision = sv_graph_find(graph, raw->id);
		NameEntry  *entry;
		bool		found;

		if (revision < 0)
			ereport(ERROR,
					(errcode(ERRCODE_SV_UNKNOWN_REVISION),
					 errmsg("tag \"%s\" stands for revision \"%s\", which does not exist",
							sv_base_clip(raw->tag), sv_base_clip(raw->id))));
		entry = names_insert(graph->index->tags, raw->tag, &found);
		if (found)
			ereport(ERROR,
					(errcode(ERRCODE_SV_DUPLICATE),
					 errmsg("tag \"%s\" already exists", sv_base_clip(raw->tag))));
		entry->revision = revision;
	}
}

/*
 * Return the revision to which an edge leads.  Only a dependency may be given
 * as a branch label.
 */
static int
resolve_link(const RevisionGraph *graph, const RawLink *link, bool dependency)
{
	const char *owner = graph->revisions[link->revision].id;
	int			to = dependency ? sv_graph_find_name(graph, link->name) :
	sv_graph_find(graph, link->name);

	if (to < 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_BAD_PARENT),
				 dependency ?
				 errmsg("revision \"%s\" depends on \"%s\", which does not exist",
						sv_base_clip(owner), sv_base_clip(link->name)) :
				 errmsg("revision \"%s\" revises \"%s\", which does not exist",
						sv_base_clip(owner), sv_base_clip(link->name)),
				 dependency ?
				 errhint("A dependency is the full id of a revision or a branch label.") :
				 errhint("A parent is given by its full id, and registered first.")));
	if (to == link->revision)
		ereport(ERROR,
				(errcode(ERRCODE_SV_BAD_PARENT),
				 dependency ?
				 errmsg("revision \"%s\" depends on itself", sv_base_clip(owner)) :
				 errmsg("revision \"%s\" revises itself", sv_base_clip(owner)),
				 errdetail("The cycle is \"%s\" -> \"%s\".",
						   sv_base_clip(owner), sv_base_clip(owner))));
	return to;
}

/*
 * Resolve one kind of edges and group them both ways.  A dependency that is
 * given twice counts once; a parent that is given twice is an error.
 */
static void
finish_links(const RevisionGraph *graph, const RawLinks *links, bool dependency,
			 EdgeSet *down, EdgeSet *up)
{
	int		   *from = palloc(sizeof(int) * links->n);
	int		   *to = palloc(sizeof(int) * links->n);
	int		   *seen_by = palloc(sizeof(int) * graph->n);
	int			kept = 0;

	for (int i = 0; i < links->n; i++)
	{
		from[i] = links->items[i].revision;
		to[i] = resolve_link(graph, &links->items[i], dependency);
	}
	*down = group_edges(graph->n, links->n, from, to);

	for (int i = 0; i < graph->n; i++)
		seen_by[i] = -1;
	for (int i = 0; i < graph->n; i++)
	{
		for (int j = down->starts[i]; j < down->starts[i + 1]; j++)
		{
			int			end = down->ends[j];

			if (seen_by[end] == i && !dependency)
				ereport(ERROR,
						(errcode(ERRCODE_SV_BAD_PARENT),
						 errmsg("revision \"%s\" names its parent \"%s\" twice",
								sv_base_clip(graph->revisions[i].id),
								sv_base_clip(graph->revisions[end].id))));
			if (seen_by[end] == i)
				continue;
			seen_by[end] = i;
			from[kept] = i;
			to[kept++] = end;
		}
	}
	*down = group_edges(graph->n, kept, from, to);
	*up = group_edges(graph->n, kept, to, from);
}

/* Hand the grouped edges out to the revisions. */
static void
assign_edges(RevisionGraph *graph, const EdgeSet *parents, const EdgeSet *children,
			 const EdgeSet *depends, const EdgeSet *dependents)
{
	for (int i = 0; i < graph->n; i++)
	{
		GraphRevision *rev = &graph->revisions[i];

		rev->nparents = parents->starts[i + 1] - parents->starts[i];
		rev->parents = parents->ends + parents->starts[i];
		rev->nchildren = children->starts[i + 1] - children->starts[i];
		rev->children = children->ends + children->starts[i];
		rev->ndepends = depends->starts[i + 1] - depends->starts[i];
		rev->depends = depends->ends + depends->starts[i];
		rev->ndependents = dependents->starts[i + 1] - dependents->starts[i];
		rev->dependents = dependents->ends + dependents->starts[i];
	}
}

/*
 * Return a parent or dependency of "revision" that is itself on or above a
 * cycle.
 */
static int
next_on_cycle(const RevisionGraph *graph, const int *waiting, int revision)
{
	const GraphRevision *rev = &graph->revisions[revision];

	for (int i = 0; i < rev->nparents; i++)
		if (waiting[rev->parents[i]] > 0)
			return rev->parents[i];
	for (int i = 0; i < rev->ndepends; i++)
		if (waiting[rev->depends[i]] > 0)
			return rev->depends[i];
	elog(ERROR, "revision \"%s\" is on no cycle", sv_base_clip(rev->id));
	return -1;
}

/*
 * Raise an error that shows one cycle.  "waiting" says of each revision how
 * many of its parents and dependencies could not be put into an order.
 */
static void
report_cycle(const RevisionGraph *graph, const int *waiting)
{
	bool	   *visited = palloc0(sizeof(bool) * graph->n);
	StringInfoData path;
	int			start = 0;
	int			length = 0;
	int			at;

	while (waiting[start] == 0)
		start++;
	for (; !visited[start]; start = next_on_cycle(graph, waiting, start))
		visited[start] = true;

	initStringInfo(&path);
	at = start;
	do
	{
		if (length++ < MAX_SHOWN_CYCLE)
			appendStringInfo(&path, "\"%s\" -> ", sv_base_clip(graph->revisions[at].id));
		at = next_on_cycle(graph, waiting, at);
	} while (at != start);
	if (length > MAX_SHOWN_CYCLE)
		appendStringInfoString(&path, "... -> ");

	ereport(ERROR,
			(errcode(ERRCODE_SV_BAD_PARENT),
			 errmsg("revisions form a cycle"),
			 errdetail("The cycle is %s\"%s\", where each revises or depends on the next.",
					   path.data, sv_base_clip(graph->revisions[start].id))));
}

/*
 * Resolve all names, and make the graph ready to be read.  Errors: unknown
 * parents and dependencies, parents given twice, cycles
 * (ERRCODE_SV_BAD_PARENT); labels and tags that are taken
 * (ERRCODE_SV_DUPLICATE).
 */
void
sv_graph_finish(RevisionGraph *graph)
{
	EdgeSet		parents;
	EdgeSet		children;
	EdgeSet		depends;
	EdgeSet		dependents;
	int		   *waiting;

	finish_labels(graph);
	finish_replaced(graph);
	finish_tags(graph);
	finish_links(graph, &graph->index->parents, false, &parents, &children);
	finish_links(graph, &graph->index->depends, true, &depends, &dependents);
	assign_edges(graph, &parents, &children, &depends, &dependents);
	if (!sv_graph_is_acyclic(graph, &waiting))
		report_cycle(graph, waiting);
}

/* Return the index of the revision with that full id, or -1. */
int
sv_graph_find(const RevisionGraph *graph, const char *id)
{
	NameEntry  *entry = names_lookup(graph->index->names, id);

	return entry == NULL || entry->is_label ? -1 : entry->revision;
}

/* Return the revision with that full id or branch label, or -1. */
int
sv_graph_find_name(const RevisionGraph *graph, const char *name)
{
	NameEntry  *entry = names_lookup(graph->index->names, name);

	return entry == NULL ? -1 : entry->revision;
}

/* Return the revision for which a tag stands, or -1. */
int
sv_graph_find_tag(const RevisionGraph *graph, const char *tag)
{
	NameEntry  *entry = names_lookup(graph->index->tags, tag);

	return entry == NULL ? -1 : entry->revision;
}

/*
 * Return why "name" cannot be an id, a label or a tag, or NULL if it can.  Dates and
 * UUIDs are ids, so these may have dashes inside.
 */
const char *
sv_graph_name_fault(const char *name, bool is_id)
{
	static const char *const reserved[] = {"head", "heads", "base", "current"};

	if (name[0] == '\0')
		return "It is empty.";
	if (strlen(name) > MAX_NAME_BYTES)
		return psprintf("It is longer than %d bytes.", MAX_NAME_BYTES);
	for (int i = 0; i < lengthof(reserved); i++)
		if (strcmp(name, reserved[i]) == 0)
			return "The word is reserved.";
	for (const unsigned char *c = (const unsigned char *) name; *c != '\0'; c++)
	{
		if (*c <= ' ' || *c == 0x7f)
			return "It contains white space or a control character.";
		if (*c == '-' && is_id && c > (const unsigned char *) name)
			continue;
		if (strchr("@+-:;,", *c) != NULL)
			return psprintf("It contains the character \"%c\".", *c);
	}
	return NULL;
}

/*
 * Raise ERRCODE_SV_INVALID_ID unless "name" can be an id, a branch label or a
 * tag.  "what" says which of them it is to be, for the message.
 */
void
sv_graph_check_name(const char *name, const char *what)
{
	bool		is_id = strcmp(what, "revision id") == 0;
	const char *fault = sv_graph_name_fault(name, is_id);

	if (fault != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_INVALID_ID),
				 errmsg("invalid %s: \"%s\"", what, sv_base_clip(name)),
				 errdetail_internal("%s", fault),
				 is_id ?
				 errhint("Use 1 to %d bytes without white space, commas and any of @ + : ;, not beginning with a dash, and none of the words head, heads, base and current.",
						 MAX_NAME_BYTES) :
				 errhint("Use 1 to %d bytes without white space, commas and any of @ + - : ;, and none of the words head, heads, base and current.",
						 MAX_NAME_BYTES)));
}

/*
 * Return the ids of a list, quoted, for a message; only the first few of many.
 */
char *
sv_graph_names(const RevisionGraph *graph, const RevisionList *list)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < Min(list->n, MAX_SHOWN_NAMES); i++)
		appendStringInfo(&text, "%s\"%s\"", i > 0 ? ", " : "",
						 sv_base_clip(graph->revisions[list->members[i]].id));
	if (list->n > MAX_SHOWN_NAMES)
		appendStringInfo(&text, ", ... (%d in all)", list->n);
	return text.data;
}
