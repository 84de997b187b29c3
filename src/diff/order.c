/*
 * order.c
 *		In which order things happen.
 *
 * A node is a step that cannot be divided: a drop, an alteration, a creation.
 * What can be written in the CREATE of its parent is folded into the parent's
 * node, what goes with another object into the node that drops that one.  If the
 * nodes then wait for each other in a circle, less is folded and all is
 * tried again: foreign keys of dropped tables, then defaults and constraints
 * stand by themselves, as pg_dump has them.
 */
#include "postgres.h"

#include "diff/diff.h"
#include "lib/binaryheap.h"
#include "miscadmin.h"

#define LAST_FOLD_LEVEL 4

static DiffNode *
add_node(Comparison *cmp, DiffNodeKind kind, Pair *pair)
{
	DiffNode   *node = palloc0(sizeof(DiffNode));

	node->kind = kind;
	node->pair = pair;
	node->number = list_length(cmp->nodes);
	cmp->nodes = lappend(cmp->nodes, node);
	return node;
}

/* Is it an index of a partition that is detached, or the like? */
static bool
is_detached(const Comparison *cmp, const Object *a)
{
	ListCell   *cell;

	if (a->parent == NULL || sv_is_dropped(cmp, a->parent))
		return false;
	foreach(cell, a->parent->parts)
	{
		if (sv_class_is(lfirst(cell), inheritance) &&
			sv_is_dropped(cmp, lfirst(cell)))
			return true;
	}
	return false;
}

/* The function may need the table that it is used on, the sequence belong to one that does. */
static bool
needs_dropped_helper(const Comparison *cmp, const Object *a)
{
	foreach_ptr(const Object, o, a->needs)
	{
		if ((sv_class_has(o, SV_IS_ROUTINE) || sv_class_is(o, sequence)) &&
			sv_is_dropped(cmp, o))
			return true;
	}
	return false;
}

/*
 * Is one of the objects, which is dropped, computed from this one?  Then that one is
 * dropped first.
 */
static bool
is_needed_by_dropped(const Comparison *cmp, const Object *o, const List *objects)
{
	foreach_ptr(const Object, other, objects)
	{
		if (other != o && sv_is_dropped(cmp, other) && list_member_ptr(other->needs, o))
			return true;
	}
	return false;
}

/* The object whose drop takes this one away, or NULL. */
static Object *
goes_with(const Comparison *cmp, const Object *a)
{
	ListCell   *cell;
	ListCell   *need;

	if (cmp->fold_level > 0 &&
		(sv_diff_is_foreign_key(a) || sv_class_is(a, policy) || sv_class_is(a, rule)))
		return NULL;
	if (cmp->fold_level >= 2 && !sv_class_is(a, column) && needs_dropped_helper(cmp, a))
		return NULL;
	if (a->class->is_part && a->parent != NULL && sv_is_dropped(cmp, a->parent) &&
		(!sv_pair(cmp, a->parent)->swapped || sv_class_is(a->parent, composite) ||
		 (sv_class_is(a->parent, table) && sv_swap_keeps(cmp, a))))
		return a->parent;
	foreach_ptr(Object, o, a->vanishes_with)
	{
		if (sv_is_dropped(cmp, o) && !sv_class_is(a, table) && !is_detached(cmp, a) &&
			!sv_swap_survives(cmp, o, a) && !is_needed_by_dropped(cmp, o, a->vanishes_with))
			return o;
	}
	foreach(cell, a->needs)
	{
		if (sv_diff_is_function_of_type(a, lfirst(cell)) &&
			sv_is_dropped(cmp, lfirst(cell)))
			return lfirst(cell);
	}
	if (sv_class_is(a, sequence))
	{
		foreach_ptr(const Object, part, a->parts)
		{
			foreach(need, part->needs)
			{
				if (sv_is_dropped(cmp, lfirst(need)))
					return lfirst(need);
			}
		}
	}
	return NULL;
}

/* The parent in whose CREATE this one is written, or NULL. */
static Object *
folds_into(const Comparison *cmp, const Object *b)
{
	if (b->parent == NULL || b->class->folds == NULL || !sv_is_created(cmp, b->parent) ||
		!b->class->folds(b))
		return NULL;
	if (cmp->fold_level >= 2 && sv_class_is(b, default))
		return NULL;
	if (cmp->fold_level >= 2 && sv_class_is(b, constraint))
		return NULL;
	return b->parent;
}

static DiffNode *
drop_node(Comparison *cmp, Pair *pair, int depth)
{
	Object	   *with;

	if (pair->drop != NULL)
		return pair->drop;
	with = depth < 20 ? goes_with(cmp, pair->a) : NULL;
	if (with != NULL)
	{
		pair->drop = drop_node(cmp, sv_pair(cmp, with), depth + 1);
		pair->drop->folded = lappend(pair->drop->folded, pair);
	}
	else
		pair->drop = add_node(cmp, SV_NODE_DROP, pair);
	return pair->drop;
}

static DiffNode *
create_node(Comparison *cmp, Pair *pair)
{
	Object	   *into;

	if (pair->create != NULL)
		return pair->create;
	into = folds_into(cmp, pair->b);
	if (into != NULL)
	{
		pair->create = create_node(cmp, sv_pair(cmp, into));
		pair->create->folded = lappend(pair->create->folded, pair);
	}
	else
		pair->create = add_node(cmp, SV_NODE_CREATE, pair);
	return pair->create;
}

static bool
needs_shell(const Object *type)
{
	foreach_ptr(const Object, need, type->needs)
	{
		if (sv_diff_is_function_of_type(need, type))
			return true;
	}
	return false;
}

/* Does a walk along what is needed come to the goal? */
static bool
depends_on_goal(const Object *o, const Object *goal, bool *seen)
{
	check_stack_depth();
	foreach_ptr(const Object, next, o->needs)
	{
		if (next == goal || next->parent == goal)
			return true;
		if (next->class->is_part && next->parent != NULL)
			next = next->parent;
		if (seen[next->number])
			continue;
		seen[next->number] = true;
		if (depends_on_goal(next, goal, seen))
			return true;
	}
	return false;
}

/*
 * CREATE OR REPLACE VIEW can make views that need each other, by themselves or
 * by way of functions.
 */
static bool
is_view_in_circle(const Comparison *cmp, const Model *model, const Object *view)
{
	bool	   *seen;
	bool		result;

	if (cmp->fold_level < LAST_FOLD_LEVEL - 1 || !sv_class_is(view, view))
		return false;
	seen = palloc0(sizeof(bool) * list_length(model->objects));
	result = depends_on_goal(view, view, seen);
	pfree(seen);
	return result;
}

static void
make_nodes(Comparison *cmp)
{
	cmp->nodes = NIL;
	foreach_ptr(Pair, pair, cmp->pairs)
		pair->drop = pair->create = pair->alter = pair->rename = pair->shell = pair->release = NULL;
	foreach_ptr(Pair, pair, cmp->pairs)
	{
		if (sv_pair_is_dropped(pair))
			drop_node(cmp, pair, 0);
		if (sv_pair_is_created(pair))
			create_node(cmp, pair);
		if (pair->kind == SV_PAIR_ALTER)
			pair->alter = add_node(cmp, SV_NODE_ALTER, pair);
		if (sv_pair_is_created(pair) &&
			(needs_shell(pair->b) || is_view_in_circle(cmp, cmp->to, pair->b)))
			pair->shell = add_node(cmp, SV_NODE_SHELL, pair);
		if (sv_pair_is_dropped(pair) && is_view_in_circle(cmp, cmp->from, pair->a))
			pair->release = add_node(cmp, SV_NODE_RELEASE, pair);
		if ((pair->as_jsonb || (pair->detached && sv_is(pair->a, "of_type"))) &&
			pair->kind == SV_PAIR_ALTER)
			pair->release = add_node(cmp, SV_NODE_RELEASE, pair);
		if (sv_pair_is_dropped(pair) && pair->swapped)
			pair->rename = add_node(cmp, SV_NODE_RENAME, pair);
	}
}

/* Foreign keys come when all indexes are complete. */
static int
rank_of(const DiffNode *node)
{
	if (node->kind == SV_NODE_CREATE && sv_diff_is_foreign_key(node->pair->b))
		return 258;
	return node->pair->class->rank;
}

/* Drops first, later classes before earlier; then the rest, earlier classes first. */
static int
compare_nodes(Datum x, Datum y, void *arg)
{
	const DiffNode *a = (const DiffNode *) DatumGetPointer(x);
	const DiffNode *b = (const DiffNode *) DatumGetPointer(y);
	bool		drop_a = a->kind == SV_NODE_DROP;
	bool		drop_b = b->kind == SV_NODE_DROP;
	int			rank_a = rank_of(a);
	int			rank_b = rank_of(b);
	int			result;

	if (drop_a != drop_b)
		return drop_a ? 1 : -1;
	if (rank_a != rank_b)
		return (drop_a ? rank_a > rank_b : rank_a < rank_b) ? 1 : -1;
	result = a->number - b->number;
	return drop_a ? result : -result;
}

/* All nodes in order, or NIL if some wait for each other. */
static List *
sort_nodes(Comparison *cmp)
{
	int			n = list_length(cmp->nodes);
	binaryheap *ready = binaryheap_allocate(Max(n, 1), compare_nodes, NULL);
	List	   *sorted = NIL;
	ListCell   *cell;

	foreach(cell, cmp->nodes)
	{
		if (((DiffNode *) lfirst(cell))->waits == 0)
			binaryheap_add(ready, PointerGetDatum(lfirst(cell)));
	}
	while (!binaryheap_empty(ready))
	{
		DiffNode   *node = (DiffNode *) DatumGetPointer(binaryheap_remove_first(ready));

		CHECK_FOR_INTERRUPTS();
		node->done = true;
		sorted = lappend(sorted, node);
		foreach(cell, node->next)
		{
			if (--((DiffNode *) lfirst(cell))->waits == 0)
				binaryheap_add(ready, PointerGetDatum(lfirst(cell)));
		}
	}
	binaryheap_free(ready);
	return list_length(sorted) == n ? sorted : NIL;
}

/* ----- what cannot be put into an order ----- */

static const char *
step_text(const DiffNode *node)
{
	static const char *const texts[] = {"drop", "rename", "prepare", "prepare", "alter", "create"};

	return psprintf("%s %s %s", texts[node->kind], node->pair->class->name,
					(node->pair->b ? node->pair->b : node->pair->a)->identity);
}

/* A node that waits for this one's end in a circle: some node before it that is not done either. */
static DiffNode *
waited_for(const Comparison *cmp, const DiffNode *node)
{
	foreach_ptr(DiffNode, other, cmp->nodes)
	{
		if (!other->done && list_member_ptr(other->next, node))
			return other;
	}
	return NULL;
}

/* The steps of one circle. */
static char *
circle_text(const Comparison *cmp)
{
	List	   *path = NIL;
	DiffNode   *node = NULL;
	StringInfoData out;
	ListCell   *cell;

	foreach(cell, cmp->nodes)
	{
		if (!((DiffNode *) lfirst(cell))->done)
			node = lfirst(cell);
	}
	while (node != NULL && !list_member_ptr(path, node))
	{
		path = lcons(node, path);
		node = waited_for(cmp, node);
	}
	initStringInfo(&out);
	foreach(cell, path)
	{
		appendStringInfo(&out, "%s%s", out.len ? ", then " : "", step_text(lfirst(cell)));
		if (out.len > 0 && lfirst(cell) == node)
			break;
	}
	return out.data;
}

/* ----- what must be true of an order ----- */

static int
node_place_of(const DiffNode *node)
{
	return node != NULL ? node->place : -1;
}

/*
 * Is the table, or are all the columns that move over, filled from the old one
 * before that is dropped?
 */
static bool
is_read_in_time(const Comparison *cmp, const Pair *pair)
{
	int			drop = node_place_of(pair->drop);
	ListCell   *cell;

	if (pair->create != NULL && node_place_of(pair->create) > drop)
		return false;
	foreach(cell, cmp->dependents[pair->a->number])
	{
		const Pair *user = sv_pair(cmp, lfirst(cell));
		const DiffNode *reader = user->as_jsonb ? user->release : user->alter;

		if (!user->converted)
			continue;
		/* by ALTER COLUMN ... USING, or with the rows of a table that is re-created */
		if (node_place_of(reader) > drop ||
			(sv_pair(cmp, user->a->parent)->swapped && node_place_of(user->create) > drop))
			return false;
	}
	return true;
}

/* No statement reads what an earlier one has dropped. */
static void
check_order(const Comparison *cmp, List *sorted)
{
	foreach_ptr(DiffNode, node, sorted)
		node->place = foreach_current_index(node);
	foreach_ptr(const Pair, pair, cmp->pairs)
	{
		if (pair->swapped && pair->drop != NULL && !is_read_in_time(cmp, pair))
			elog(ERROR, "%s %s would be dropped before it is read", pair->class->name,
				 pair->a->identity);
	}
}

/*
 * The nodes of a comparison in an order that the server accepts.  Error if some still wait
 * for each other when nothing is folded any more: no order is better than a wrong one.
 */
List *
sv_diff_order(Comparison *cmp)
{
	for (cmp->fold_level = 0; cmp->fold_level <= LAST_FOLD_LEVEL; cmp->fold_level++)
	{
		List	   *sorted;

		make_nodes(cmp);
		if (cmp->nodes == NIL)
			return NIL;
		sv_diff_make_edges(cmp);
		sorted = sort_nodes(cmp);
		if (sorted != NIL)
		{
			check_order(cmp, sorted);
			return sorted;
		}
	}
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("the changes need each other in a circle"),
			 errdetail("Each of these waits for the one before it, the first for the last: %s.",
					   circle_text(cmp)),
			 errhint("Make them in two steps: two revisions, or wanted schemas, one after the other.")));
	return NIL;
}
