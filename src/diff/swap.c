/*
 * swap.c
 *		Tables that are re-created with their rows.
 *
 * The old table takes another name, without what would stand in the way of the
 * new one (indexes, constraints, statistics, sequences that it owns), the new
 * table is made and filled from it, and the old one is dropped when all that
 * depended on it is gone.  So a column can come back to its old place.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "diff/diff.h"
#include "miscadmin.h"
#include "model/model.h"
#include "utils/builtins.h"

static bool
is_plain_table(const Object *o)
{
	return sv_class_is(o, table) && !sv_is(o, "of_type");
}

static bool
inherits_plainly(const Object *table)
{
	ListCell   *cell;

	foreach(cell, table->parts)
	{
		if (sv_class_is(lfirst(cell), inheritance) && !sv_is(lfirst(cell), "bound"))
			return true;
	}
	return false;
}

/*
 * Would the columns that stay, and behind them those that are added, stand in
 * another order than wanted?
 */
bool
sv_swap_loses_order(const Comparison *cmp, const Object *b)
{
	bool		added = false;
	int			last = -1;

	foreach_ptr(const Object, column, b->parts)
	{
		const Pair *pair = sv_pair(cmp, column);

		if (!sv_class_is(column, column))
			continue;
		if (pair->kind == SV_PAIR_CREATE || pair->kind == SV_PAIR_AGAIN)
		{
			added = true;
			continue;
		}
		if (added || pair->a->number < last)
			return true;
		last = pair->a->number;
	}
	return false;
}

/* ----- INHERITS ----- */

/* The parents of a table, in their order. */
static List *
parents_of(const Object *table)
{
	List	   *links = sv_links_in_order(table->parts);
	List	   *result = NIL;

	foreach_ptr(const Object, link, links)
	{
		if (link->needs != NIL)
			result = lappend(result, linitial(link->needs));
	}
	return result;
}

static List *
add_swapped_columns(List *names, const Object *table)
{
	ListCell   *cell;

	foreach(cell, table->parts)
	{
		bool		there = false;

		if (!sv_class_is(lfirst(cell), column))
			continue;
		foreach_ptr(const Object, named, names)
			there |= strcmp(named->name, ((Object *) lfirst(cell))->name) == 0;
		if (!there)
			names = lappend(names, lfirst(cell));
	}
	return names;
}

/* Does CREATE TABLE ... INHERITS give the columns in the wanted order? */
static bool
is_ordered_by_create(const Object *b)
{
	List	   *created = NIL;
	List	   *wanted = add_swapped_columns(NIL, b);
	ListCell   *cell;
	ListCell   *other;

	foreach_ptr(const Object, object, parents_of(b))
		created = add_swapped_columns(created, object);
	created = add_swapped_columns(created, b);
	if (list_length(created) != list_length(wanted))
		return false;
	forboth(cell, created, other, wanted)
	{
		if (strcmp(((Object *) lfirst(cell))->name, ((Object *) lfirst(other))->name) != 0)
			return false;
	}
	return true;
}

/* Would the parents that stay, and behind them the new ones, stand in another order than wanted? */
static bool
loses_parents_order(const Comparison *cmp, const Object *b)
{
	bool		added = false;
	int			last = -1;
	ListCell   *cell;

	foreach(cell, sv_links_in_order(b->parts))
	{
		const Pair *link = sv_pair(cmp, lfirst(cell));
		int			place;

		if (link->kind == SV_PAIR_CREATE || link->kind == SV_PAIR_AGAIN)
		{
			added = true;
			continue;
		}
		place = sv_is(link->a, "place") ? atoi(sv_text(link->a, "place")) : 1;
		if (added || place < last)
			return true;
		last = place;
	}
	return false;
}

/*
 * A column that a table inherits, and only inherits, becomes its own when the
 * inheritance ends, and stays its own when it begins again.
 */
static bool
keeps_own_columns(const Comparison *cmp, const Object *b)
{
	foreach_ptr(const Object, column, b->parts)
	{
		if (sv_class_is(column, column) &&
			sv_before(cmp, column) != NULL && sv_is(column, "inherited") &&
			!sv_is(sv_before(cmp, column), "inherited"))
			return true;
	}
	return false;
}

static bool
has_children(const Comparison *cmp, const Object *a)
{
	ListCell   *cell;

	foreach(cell, cmp->dependents[a->number])
	{
		if (sv_class_is(lfirst(cell), inheritance))
			return true;
	}
	return false;
}

/* Would the columns of a table that stays get another order than is wanted? */
static bool
is_out_of_order(const Comparison *cmp, const Pair *pair)
{
	if (!sv_swap_loses_order(cmp, pair->b))
		return false;
	if (inherits_plainly(pair->b))
		return !has_children(cmp, pair->a) && is_ordered_by_create(pair->b);
	return !inherits_plainly(pair->a);
}

/* Would the parents of a table that stays, or what it has of its own, get another order? */
static bool
is_inherited_otherwise(const Comparison *cmp, const Pair *pair)
{
	return inherits_plainly(pair->b) && !has_children(cmp, pair->a) &&
		(keeps_own_columns(cmp, pair->b) || loses_parents_order(cmp, pair->b) ||
		 sv_parting_keeps_columns(cmp, pair->a));
}

/* Checks (Pair) of the parents of a table, and of theirs, that are not valid. */
static List *
unchecked_of_parents(const Comparison *cmp, const Object *b)
{
	List	   *result = NIL;
	ListCell   *part;

	check_stack_depth();
	foreach_ptr(const Object, parent, inherits_plainly(b) ? parents_of(b) : NIL)
	{
		foreach(part, parent->parts)
		{
			if (sv_class_is(lfirst(part), constraint) && sv_diff_is_check(lfirst(part)) &&
				sv_is(lfirst(part), "not_valid"))
				result = lappend(result, sv_pair(cmp, lfirst(part)));
		}
		result = list_concat(result, unchecked_of_parents(cmp, parent));
	}
	return result;
}

/*
 * The rows of a child need not satisfy a check of its parent that is not valid, but would
 * have to when they are copied: such a check is dropped before the copy and added behind it.
 */
static void
put_checks_aside(const Comparison *cmp, const Object *b)
{
	foreach_ptr(Pair, parent, unchecked_of_parents(cmp, b))
		sv_diff_make_again(parent);
}

/* A child that is re-created is filled while the checks of its parents are away. */
void
sv_swap_make_edges(Comparison *cmp)
{
	foreach_ptr(const Pair, child, cmp->pairs)
	{
		if (!child->swapped || child->b == NULL || !is_plain_table(child->b))
			continue;
		foreach_ptr(const Pair, check, unchecked_of_parents(cmp, child->b))
		{
			sv_diff_add_edge(check->drop, child->create);
			sv_diff_add_edge(child->create, check->create);
		}
	}
}

/* Have a table re-created if what is wanted of it no ALTER can bring about. */
static bool
swap_disordered_table(Comparison *cmp, Pair *pair)
{
	bool		otherwise;

	if (pair->a == NULL || pair->b == NULL || pair->a->context || pair->kind == SV_PAIR_AGAIN ||
		!is_plain_table(pair->a) || !is_plain_table(pair->b))
		return false;
	otherwise = is_inherited_otherwise(cmp, pair);
	if (!otherwise && (cmp->options->columns_last || !is_out_of_order(cmp, pair)))
		return false;
	pair->kind = SV_PAIR_AGAIN;
	pair->swapped = true;
	pair->reordered = !otherwise;
	put_checks_aside(cmp, pair->b);
	return true;
}

/*
 * Have the tables re-created whose columns would get another order, or would be
 * inherited otherwise.  Returns whether there are more of them than before.
 */
bool
sv_swap_disordered(Comparison *cmp)
{
	bool		found = false;

	if (!cmp->options->column_order)
		return false;
	foreach_ptr(Pair, pair, cmp->pairs)
	{
		if (pair->a != NULL && pair->b != NULL && !pair->a->context &&
			sv_class_is(pair->a, composite) &&
			pair->kind != SV_PAIR_AGAIN && sv_swap_loses_order(cmp, pair->b))
		{
			pair->kind = SV_PAIR_AGAIN;
			found = true;
			continue;
		}
		found |= swap_disordered_table(cmp, pair);
	}
	return found;
}

static bool
is_dropped(const Comparison *cmp, const Object *o)
{
	const Pair *pair = sv_pair(cmp, o);

	return pair != NULL && sv_pair_is_dropped(pair) && !pair->swapped;
}

/* Does a part of a table need something else that the diff drops, and perhaps re-creates? */
static bool
needs_dropped(const Comparison *cmp, const Object *part)
{
	ListCell   *cell;

	foreach(cell, part->needs)
	{
		const Object *o = lfirst(cell);

		while (o->parent != NULL)
			o = o->parent;
		if (!sv_pair(cmp, o)->swapped && is_dropped(cmp, lfirst(cell)))
			return true;
	}
	return false;
}

/* Parts that stay with the old table until it is dropped; the others go before it is renamed. */
bool
sv_swap_keeps(const Comparison *cmp, const Object *part)
{
	if (sv_class_is(part, column) && !sv_is(part, "generated"))
		return true;			/* its values are read from it */
	if (needs_dropped(cmp, part))
		return false;
	return sv_class_is(part, column) || sv_class_is(part, default) ||
		sv_class_is(part, identity_sequence) || sv_class_is(part, trigger) ||
		sv_class_is(part, rule) || sv_class_is(part, policy);
}

/* Does an object outlive the table of "o", which takes another name before it is dropped? */
bool
sv_swap_survives(const Comparison *cmp, const Object *o, const Object *part)
{
	while (o->parent != NULL)
		o = o->parent;
	return sv_pair(cmp, o)->swapped && sv_class_is(o, table) && !(part->parent == o &&
																  sv_swap_keeps(cmp, part));
}

static bool
lacks_value(const Object *a, const Object *b)
{
	List	   *left = sv_list(b, "values");

	foreach_ptr(const char, value, sv_list(a, "values"))
	{
		bool		found = false;

		foreach_ptr(const char, string, left)
			found |= strcmp(string, value) == 0;
		if (!found)
			return true;
	}
	return false;
}

/*
 * Has the object that takes the place of a swapped one (NULL: none does) less
 * than that: values of an enum, columns, or all rows, for those of a plain table
 * do not come to the partitions of a partitioned one?
 */
bool
sv_swap_loses_data(const Comparison *cmp, const Object *a, const Object *b)
{
	if (b == NULL)
		return sv_class_is(a, table);
	if (sv_class_is(a, enum))
		return lacks_value(a, b);
	if (sv_class_is(a, table) && sv_is(b, "partition_key") && !sv_is(a, "partition_key"))
		return true;
	foreach_ptr(const Object, part, a->parts)
	{
		if (sv_class_is(part, column) &&
			sv_pair(cmp, part) != NULL && sv_after(cmp, part) == NULL &&
			!sv_is(part, "generated"))
			return true;
	}
	return false;
}
