/*
 * edges.c
 *		Which steps wait for which.
 *
 * What is made comes after what it needs, what is dropped before that; besides,
 * there is what the server wants of partitions, of columns that are inherited,
 * of types that columns hold, and of names that are taken.
 */
#include "postgres.h"

#include "diff/diff.h"
#include "miscadmin.h"

/* "then" waits for "first"; either may be NULL. */
void
sv_diff_add_edge(DiffNode *first, DiffNode *then)
{
	if (first == NULL || then == NULL || first == then || list_member_ptr(first->next, then))
		return;
	first->next = lappend(first->next, then);
	then->waits++;
}

/* Where "node" makes or changes something that needs o: after o is made or changed. */
static void
after_made(Comparison *cmp, DiffNode *node, const Object *o)
{
	const Pair *pair = sv_pair(cmp, o);

	if (pair->create != NULL)
		sv_diff_add_edge(pair->create, node);
	if (pair->alter != NULL && (node->kind != SV_NODE_ALTER || cmp->fold_level < 3))
		sv_diff_add_edge(pair->alter, node);
}

/* A partition is detached before its indexes and those of its parent are dropped. */
static void
edges_of_detaching(Pair *pair)
{
	ListCell   *cell;
	ListCell   *other;

	foreach(cell, pair->a->parent->parts)
	{
		if (sv_diff_is_index(lfirst(cell)))
			sv_diff_add_edge(pair->drop, sv_pair(pair->cmp, lfirst(cell))->drop);
	}
	foreach_ptr(const Object, need, pair->a->needs)
	{
		foreach(other, need->parts)
		{
			if (sv_diff_is_index(lfirst(other)))
				sv_diff_add_edge(pair->drop, sv_pair(pair->cmp, lfirst(other))->drop);
		}
	}
}

/*
 * Does the table, where it is attached, bring an index that becomes part of that one?  An index
 * that lacks some of the table's own partitions is not taken for it.
 */
bool
sv_diff_has_part_of(const Object *table, const Object *whole)
{
	ListCell   *other;

	foreach_ptr(const Object, part, table->parts)
	{
		foreach(other, part->parts)
		{
			if (sv_class_is(lfirst(other), index_attachment) &&
				!sv_is(part, "incomplete") &&
				list_member_ptr(((Object *) lfirst(other))->needs, whole))
				return true;
		}
	}
	return false;
}

/* Is it part of a parent's, and so that the server takes it for that when its table is attached? */
static bool
is_attached(const Object *index)
{
	ListCell   *cell;

	foreach(cell, index->parts)
	{
		if (sv_class_is(lfirst(cell), index_attachment) && !sv_is(index, "incomplete"))
			return true;
	}
	return false;
}

/*
 * A partition is attached when its indexes and those of its parent are there:
 * then they come together by themselves.
 */
static void
edges_of_attaching(Pair *pair)
{
	ListCell   *cell;
	ListCell   *other;
	ListCell   *need;

	/* an index that the partition does not have, too, is made when the partition is there */
	foreach_ptr(const Object, object, pair->b->needs)
	{
		foreach(cell, object->parts)
		{
			if (sv_diff_is_index(lfirst(cell)) &&
				!sv_diff_has_part_of(pair->b->parent, lfirst(cell)))
				sv_diff_add_edge(pair->create, sv_pair(pair->cmp, lfirst(cell))->create);
		}
	}

	foreach_ptr(Object, index, pair->b->parent->parts)
	{
		if (!sv_diff_is_index(index))
			continue;
		if (!is_attached(index) && !sv_is(index, "inherited"))
			sv_diff_add_edge(pair->create, sv_pair(pair->cmp, index)->create);
		foreach(other, index->parts)
		{
			if (!sv_class_is(lfirst(other), index_attachment) || !is_attached(index))
				continue;
			sv_diff_add_edge(sv_pair(pair->cmp, index)->create, pair->create);
			foreach(need, ((Object *) lfirst(other))->needs)
				sv_diff_add_edge(sv_pair(pair->cmp, lfirst(need))->create, pair->create);
		}
	}
}

/*
 * An index of a partitioned table that is itself part of another one is complete before its
 * table becomes a partition: the server takes an incomplete one for none, and makes another.
 */
static void
edges_of_completing(Pair *attachment)
{
	ListCell   *part;

	foreach_ptr(const Object, whole, attachment->b->needs)
	{
		if (whole->parent == NULL || !is_attached(whole))
			continue;
		foreach(part, whole->parent->parts)
		{
			if (sv_class_is(lfirst(part), inheritance))
				sv_diff_add_edge(attachment->create,
								 sv_pair(attachment->cmp, lfirst(part))->create);
		}
	}
}

/*
 * Does the column change while its table has no parent, because that of the leading
 * column is dropped and re-created?
 */
static bool
changes_without_parent(const Comparison *cmp, const Object *column, const Object *leading)
{
	return sv_class_is(leading, column) && sv_class_is(column, column) &&
		strcmp(leading->name, column->name) == 0 &&
		leading->parent != column->parent && sv_class_is(leading->parent, table) &&
		sv_is_dropped(cmp, leading->parent) && !sv_is_dropped(cmp, column->parent);
}

/*
 * Is it a column that a table has by itself and from a parent?  Then it is made before
 * that of the parent, which is merged with it, and can be dropped only afterwards.
 */
static bool
is_merged(const Comparison *cmp, const Object *column, const Object *leading)
{
	return sv_is(column, "merged") && sv_class_is(leading, column) &&
		strcmp(leading->name, column->name) == 0 &&
		!sv_is_created(cmp, column->parent) && !sv_is_dropped(cmp, column->parent) &&
		!sv_is_created(cmp, leading->parent) && !sv_is_dropped(cmp, leading->parent);
}

/*
 * Do a column and the one of a parent change while the table does not inherit from that?
 * Then all that is between them is said by the end and the beginning of the inheritance.
 */
static bool
is_apart(const Comparison *cmp, const Object *column, const Object *leading, bool before)
{
	if (!sv_class_is(column, column) || !sv_class_is(leading, column) ||
		leading->parent == column->parent ||
		strcmp(leading->name, column->name) != 0)
		return false;
	foreach_ptr(const Object, link, column->parent->parts)
	{
		const Pair *pair = sv_pair(cmp, link);
		const DiffNode *node = !sv_class_is(link, inheritance) ? NULL : before ? pair->drop :
		pair->create;

		if (node != NULL && node->pair == pair &&
			list_member_ptr(link->needs, leading->parent))
			return true;
	}
	return false;
}

/* The shell of a type needs no more than its schema, that of a view the types of its columns. */
static void
after_made_shell(Comparison *cmp, Pair *pair)
{
	ListCell   *cell;

	sv_diff_add_edge(pair->shell, pair->create);
	foreach(cell, pair->b->needs)
	{
		if (sv_class_is(lfirst(cell), schema))
			sv_diff_add_edge(sv_pair(cmp, lfirst(cell))->create, pair->shell);
	}
	if (sv_class_is(pair->b, view))
	{
		foreach(cell, pair->b->parts)
		{
			foreach_ptr(const Object, need, ((Object *) lfirst(cell))->needs)
			{
				if (sv_class_is(lfirst(cell), column))
					after_made(cmp, pair->shell, need);
			}
		}
	}
}

/*
 * While a table does not inherit, its columns and checks change by themselves, and those
 * of the parent too: all of it happens between the end of the inheritance and its
 * beginning.  A foreign key of the parent goes before and comes after.
 */
static void
edges_of_part(Pair *inheritance, const Object *part)
{
	const Pair *pair = sv_pair(inheritance->cmp, part);
	DiffNode   *nodes[] = {pair->drop, pair->alter, pair->create};

	/* another constraint may have its name before or after */
	if (sv_diff_is_foreign_key(part))
	{
		if (part == pair->a)
			sv_diff_add_edge(pair->drop, inheritance->drop);
		else
			sv_diff_add_edge(inheritance->create, pair->create);
		return;
	}
	if (!sv_class_is(part, column) && !sv_diff_is_check(part))
		return;
	for (int i = 0; i < lengthof(nodes); i++)
	{
		if (part == pair->a)
			sv_diff_add_edge(inheritance->drop, nodes[i]);
		if (part == pair->b)
			sv_diff_add_edge(nodes[i], inheritance->create);
	}
}

static void
edges_of_link(Pair *inheritance, const Object *link)
{
	ListCell   *cell;

	foreach(cell, link->parent->parts)
	{
		if (!sv_diff_is_foreign_key(lfirst(cell)))
			edges_of_part(inheritance, lfirst(cell));
	}
	foreach_ptr(const Object, need, link->needs)
	{
		foreach_ptr(const Object, part, need->parts)
			edges_of_part(inheritance, part);
	}
}

/* Can it hold values of a type, or have a parsed body with rows in it? */
static bool
is_storing(const Object *o)
{
	return sv_has_parsed_body(o) || sv_class_is(o, domain) || sv_class_is(o, range) ||
		(sv_class_is(o, table) && sv_is(o, "of_type")) ||
		(sv_class_is(o, column) && !sv_class_is(o->parent, view) &&
		 !sv_class_is(o->parent, composite));
}

/*
 * Is a type one that the server does not alter while a column holds its values
 * as this object does?
 */
static bool
is_held_fast(const Object *type, const Object *user)
{
	if (sv_class_is(type, domain))
		return sv_class_is(user, column) && strcmp(sv_text(user, "type"), type->identity) != 0;
	if (sv_has_parsed_body(user))
		return sv_class_is(type, table) || sv_class_is(type, composite);
	return sv_class_is(type, composite) || (sv_class_is(type, table) && sv_class_is(user, column));
}

/*
 * The server does not alter a row type that columns have, nor rewrites the rows of a table
 * whose row type they have, nor adds rules to a domain inside of their types: all that
 * happens after "first", where a user lets go of it, and before "then", where one takes it.
 */
static void
edges_of_attributes(const Comparison *cmp, const Object *user, DiffNode *first, DiffNode *then,
					const Object *type)
{
	const Object *sides[] = {sv_before(cmp, type), sv_after(cmp, type)};

	if (!is_held_fast(type, user) || sides[0] == NULL || sides[1] == NULL)
		return;
	for (int i = 0; i < lengthof(sides); i++)
	{
		ListCell   *cell;

		foreach(cell, sides[i]->parts)
		{
			const Pair *attribute = sv_pair(cmp, lfirst(cell));
			DiffNode   *nodes[] = {attribute->drop, attribute->alter, attribute->create};

			if (!sv_class_is(lfirst(cell), column) && !sv_class_is(lfirst(cell), domain_constraint))
				continue;
			for (int n = 0; n < lengthof(nodes); n++)
			{
				if (nodes[n] == NULL)
					continue;
				sv_diff_add_edge(first, nodes[n]);
				sv_diff_add_edge(nodes[n], then);
			}
		}
	}
}

/* The same for a type and for those inside of it. */
static void
edges_of_held_type(const Comparison *cmp, const Object *user, DiffNode *first, DiffNode *then,
				   const Object *type)
{
	check_stack_depth();
	edges_of_attributes(cmp, user, first, then, type);
	if (sv_class_is(type, domain))
	{
		foreach_ptr(const Object, object, type->needs)
			edges_of_held_type(cmp, user, first, then, object);
	}
	if (sv_class_is(type, composite))
	{
		foreach_ptr(const Object, part, type->parts)
		{
			foreach_ptr(const Object, need, part->needs)
				edges_of_held_type(cmp, user, first, then, need);
		}
	}
}

/*
 * A column that changes its type lets go of the old one and takes the new one,
 * if they are not parts of each other.
 */
static DiffNode *
retyping_node(const Pair *pair, const Object *type)
{
	if (pair->class != &sv_class_column || pair->alter == NULL)
		return NULL;
	if (pair->as_jsonb || pair->converted || sv_same(pair->a, pair->b, "type") ||
		sv_pair(pair->cmp, type)->kind == SV_PAIR_AGAIN ||
		(sv_before(pair->cmp, type) != NULL && sv_after(pair->cmp, type) != NULL &&
		 list_member_ptr(pair->a->needs, sv_before(pair->cmp, type)) &&
		 list_member_ptr(pair->b->needs, sv_after(pair->cmp, type))))
		return NULL;
	return pair->alter;
}

/* A change happens after a pair has stepped aside and before it is put back. */
static void
add_edges_between(const Pair *aside, const Pair *change)
{
	DiffNode   *nodes[] = {change->drop, change->alter, change->create};

	for (int i = 0; i < lengthof(nodes); i++)
	{
		if (nodes[i] == NULL)
			continue;
		sv_diff_add_edge(aside->release, nodes[i]);
		sv_diff_add_edge(nodes[i], aside->alter);
	}
}

/*
 * A column becomes jsonb before the table whose rows it holds changes, by itself or with a
 * parent, and comes back afterwards.
 */
static void
edges_of_jsonb(Pair *column)
{
	ListCell   *leading;

	sv_diff_add_edge(column->release, column->alter);
	foreach_ptr(const Object, need, column->b->needs)
	{
		foreach_ptr(const Object, part, need->parts)
		{
			if (!sv_class_is(part, column))
				continue;
			add_edges_between(column, sv_pair(column->cmp, part));
			foreach(leading, part->needs)
			{
				if (sv_class_is(lfirst(leading), column) &&
					strcmp(((Object *) lfirst(leading))->name, part->name) == 0)
					add_edges_between(column, sv_pair(column->cmp, lfirst(leading)));
			}
		}
	}
}

/* A table is detached from its type (NOT OF) while either changes. */
static void
edges_of_tie(Pair *table)
{
	const Object *sides[] = {table->a, table->b};
	ListCell   *need;
	ListCell   *cell;

	sv_diff_add_edge(table->release, table->alter);
	for (int i = 0; i < lengthof(sides); i++)
	{
		foreach(cell, sides[i]->parts)
		{
			if (sv_class_is(lfirst(cell), column))
				add_edges_between(table, sv_pair(table->cmp, lfirst(cell)));
		}
		foreach(need, sides[i]->needs)
		{
			if (sv_class_is(lfirst(need), composite))
			{
				foreach(cell, ((Object *) lfirst(need))->parts)
					add_edges_between(table, sv_pair(table->cmp, lfirst(cell)));
			}
		}
	}
}

/* The options of a TOAST table can be set when there is one: when the columns are there. */
static bool
sets_toast_options(const Pair *table)
{
	if (table->alter == NULL || sv_same(table->a, table->b, "options") ||
		!sv_same(table->a, table->b, "of_type"))
		return false;
	foreach_ptr(const char, option, sv_list(table->b, "options"))
	{
		if (strncmp(option, "toast.", 6) == 0)
			return true;
	}
	return false;
}

/* The keys of a unique constraint or index, from its first parenthesis on; NULL: it is none. */
static const char *
unique_keys(const Object *o)
{
	const char *keys = NULL;

	if (sv_class_is(o, index) && strncmp(sv_text(o, "definition"), "CREATE UNIQUE ", 14) == 0)
		keys = strstr(sv_text(o, "definition"), " USING ");
	else if (sv_diff_is_index(o) && sv_class_is(o, constraint))
		keys = sv_text(o, "definition");
	return keys != NULL ? strchr(keys, '(') : NULL;
}

/*
 * Of several unique indexes with the same keys the server lets a foreign key depend on the
 * oldest one.  Where both are made, the key shall depend on that of its model, for the other
 * one may be dropped later.
 */
static void
edges_of_reference(Comparison *cmp, const Pair *foreign_key)
{
	ListCell   *other;

	foreach_ptr(const Object, index, foreign_key->b->needs)
	{
		const char *keys = unique_keys(index);

		foreach(other, keys != NULL ? index->parent->parts : NIL)
		{
			const char *others = lfirst(other) != index ? unique_keys(lfirst(other)) : NULL;

			if (others != NULL && strncmp(keys, others, strcspn(keys, ")") + 1) == 0)
				sv_diff_add_edge(sv_pair(cmp, index)->create, sv_pair(cmp, lfirst(other))->create);
		}
	}
}

static void
edges_of_new(Comparison *cmp, Pair *pair)
{
	DiffNode   *node = pair->create ? pair->create : pair->alter;
	const Pair *whole = pair->b->parent != NULL ? sv_pair(cmp, pair->b->parent) : NULL;

	if (node == NULL)
		return;
	foreach_ptr(Object, needed, pair->b->needs)
	{
		const Pair *other;

		if (is_apart(cmp, pair->b, needed, false))
			continue;
		if (cmp->fold_level < 3 && is_storing(pair->b))
			edges_of_held_type(cmp, pair->b, pair->as_jsonb ? pair->release : pair->drop,
							   pair->create ||
							   pair->as_jsonb ? node : retyping_node(pair, needed), needed);
		if (needed->parent != NULL && sv_diff_can_use_shell(cmp, pair->b, needed->parent))
			needed = needed->parent;
		other = sv_pair(cmp, needed);
		if (other->shell != NULL &&
			(sv_diff_is_function_of_type(pair->b, needed) ||
			 sv_diff_can_use_shell(cmp, pair->b, needed)))
			sv_diff_add_edge(other->shell, node);
		else if (pair->create != NULL && other->create != NULL && is_merged(cmp, pair->b, needed))
			sv_diff_add_edge(pair->create, other->create);
		else if (pair->create == NULL && other->kind == SV_PAIR_CREATE &&
				 sv_pair_is_led_by(cmp, pair->b, needed))
			sv_diff_add_edge(node, other->create);	/* merged if their types are the same */
		else if (pair->create != NULL || !changes_without_parent(cmp, pair->b, needed))
			after_made(cmp, node, needed);
	}
	if (pair->shell != NULL)
	{
		sv_diff_add_edge(pair->rename ? pair->rename : pair->drop, pair->shell);
		after_made_shell(cmp, pair);
	}
	if (whole != NULL && sv_class_is(pair->b, column) && whole->detached)
		 /* edges_of_tie */ ;
	else if (whole != NULL && sv_class_is(pair->b, column) && sets_toast_options(whole))
		sv_diff_add_edge(node, whole->alter);
	else if (whole != NULL && pair->create == NULL &&
			 sv_class_is(pair->b, identity_sequence) &&
			 sv_sequence_narrows(pair->a, pair->b))
		sv_diff_add_edge(node, whole->alter);
	else if (whole != NULL)
		after_made(cmp, node, pair->b->parent);
	if (pair->create != NULL && sv_class_is(pair->b, inheritance) && sv_is(pair->b, "bound"))
		edges_of_attaching(pair);
	if (pair->create != NULL && sv_class_is(pair->b, index_attachment))
		edges_of_completing(pair);
	if (pair->create != NULL && sv_class_is(pair->b, constraint))
		edges_of_reference(cmp, pair);
	if (pair->as_jsonb)
		edges_of_jsonb(pair);
	if (pair->detached && pair->alter != NULL)
		edges_of_tie(pair);
}

static void
edges_of_old(Comparison *cmp, Pair *pair)
{
	ListCell   *cell;

	foreach(cell, pair->a->needs)
	{
		Pair	   *needed = sv_pair(cmp, lfirst(cell));

		if (is_apart(cmp, pair->a, needed->a, true))
			continue;
		if (cmp->fold_level < 3 && is_storing(pair->a))
			edges_of_held_type(cmp, pair->a, pair->as_jsonb ? pair->release : pair->drop ?
							   pair->drop :
							   retyping_node(pair, needed->a),
							   pair->as_jsonb ? pair->alter : pair->create, needed->a);
		if (pair->release != NULL)
		{
			sv_diff_add_edge(pair->release, needed->drop);
			sv_diff_add_edge(pair->release, needed->alter);
			continue;
		}
		if (pair->rename != NULL && needed->rename != NULL)
			sv_diff_add_edge(pair->rename, needed->rename);
		if (needed->drop != NULL && sv_pair_is_led_by(cmp, pair->a, needed->a) &&
			sv_diff_leaves(cmp, needed->a))
			sv_diff_add_edge(needed->drop, pair->drop ? pair->drop : pair->alter);
		else if (pair->drop != NULL && needed->drop != NULL && is_merged(cmp, pair->a, needed->a))
			sv_diff_add_edge(needed->drop, pair->drop);
		else if (pair->drop != NULL)
		{
			if (needed->as_jsonb)
				sv_diff_add_edge(pair->drop, needed->release);
			sv_diff_add_edge(pair->drop, needed->drop);
			/* what is swapped is the last of all, and what it needs goes behind it */
			if (!pair->drop->pair->swapped &&
				(cmp->fold_level == 0 || !sv_class_is(needed->a, schema)))
				sv_diff_add_edge(pair->drop, needed->alter);
		}
		else if (pair->alter != NULL && !changes_without_parent(cmp, pair->a, needed->a))
			sv_diff_add_edge(pair->alter, needed->drop);
	}
	sv_diff_add_edge(pair->release, pair->drop);
	if (pair->drop != NULL && pair->a->parent != NULL)
	{
		const Pair *whole = sv_pair(cmp, pair->a->parent);

		if (whole->swapped && pair->drop != whole->drop)
			sv_diff_add_edge(pair->drop, whole->rename);
		sv_diff_add_edge(pair->drop, whole->drop);
		if (!sv_class_is(pair->a, column))
			sv_diff_add_edge(pair->drop, whole->alter);
	}
	if (pair->drop != NULL && sv_class_is(pair->a, inheritance))
		edges_of_detaching(pair);
	if (pair->rename != NULL)
	{
		sv_diff_add_edge(pair->rename, pair->create);
		sv_diff_add_edge(pair->create, pair->drop);
		sv_diff_add_edge(pair->rename, pair->drop);
	}
	else if (pair->drop != NULL && pair->create != NULL && !pair->drop->pair->swapped)
		sv_diff_add_edge(pair->drop, pair->create);
}

/* Let the nodes of a comparison wait for each other. */
void
sv_diff_make_edges(Comparison *cmp)
{
	foreach_ptr(Pair, pair, cmp->pairs)
	{
		if (pair->b != NULL && (pair->create != NULL || pair->alter != NULL))
			edges_of_new(cmp, pair);
		if (pair->a != NULL && (pair->drop != NULL || pair->alter != NULL))
			edges_of_old(cmp, pair);
	}
	foreach_ptr(Pair, pair, cmp->pairs)
	{
		if (pair->class != &sv_class_inheritance)
			continue;
		if (pair->drop != NULL && pair->drop->pair == pair)
			edges_of_link(pair, pair->a);
		if (pair->create != NULL && pair->create->pair == pair)
			edges_of_link(pair, pair->b);
	}
	sv_swap_make_edges(cmp);
	sv_persistence_make_edges(cmp);
	sv_sorting_make_edges(cmp);
	sv_rows_make_edges(cmp);
	sv_names_make_edges(cmp);
}
