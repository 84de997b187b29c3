/*
 * spread.c
 *		What must be re-created, or in another way, because of others.
 *
 * A change spreads to what depends on it, as far as the server wants it: what
 * stands on a column whose type changes, columns whose type is re-created,
 * tables of a row type, indexes of partitions.  Values move over where they can.
 */
#include "postgres.h"

#include "diff/diff.h"
#include "miscadmin.h"
#include "utils/builtins.h"

/* A type that stands by itself, not that of a table's rows. */
static bool
is_own_type(const Object *o)
{
	return sv_class_has(o, SV_IS_TYPE);
}

bool
sv_is_stored_column(const Object *o)
{
	return sv_class_is(o, column) &&
		(sv_class_is(o->parent, table) || sv_class_is(o->parent, foreign_table));
}

/* Do columns hold values of the type inside of others (arrays, rows), or of any kind? */
static bool
is_stored(const Comparison *cmp, const Object *type, bool inside)
{
	foreach_ptr(const Object, o, cmp->dependents[type->number])
	{
		if (sv_class_is(o, column) &&
			(sv_is_stored_column(o) || sv_class_is(o->parent, composite)) &&
			!(inside && sv_is_stored_column(o) && strcmp(sv_text(o, "type"), type->identity) == 0))
			return true;
		if (sv_class_is(o, range) || (sv_class_is(o, domain) && is_stored(cmp, o, false)))
			return true;
	}
	return false;
}

/* Have an object re-created, and look at what depends on it. */
void
sv_spread_again(Spread *spread, Pair *pair)
{
	const Object *whole = pair->a->parent;

	if (pair->kind != SV_PAIR_SAME && pair->kind != SV_PAIR_ALTER)
		return;
	sv_diff_make_again(pair);
	spread->queue = lappend(spread->queue, pair);
	/* a rule of a domain, or an attribute, which columns hold does not come again by itself */
	if ((sv_class_is(pair->a, domain_constraint) && !sv_is(pair->b, "not_valid") &&
		 is_stored(spread->cmp, whole, true)) ||
		(sv_class_is(pair->a, column) && sv_class_is(whole, composite) &&
		 is_stored(spread->cmp, whole, false)))
		sv_spread_again(spread, sv_pair(spread->cmp, whole));
}

/* What changes the type of a column. */
AlterFn
sv_type_alterer(const ModelClass *class)
{
	return sv_class_alterer(class, "type")->alter;
}

/* Does something of another class get the name of a type that goes? */
static bool
is_name_taken(const Comparison *cmp, const Object *type)
{
	for (int i = 0; sv_object_classes[i] != NULL; i++)
	{
		const ModelClass *class = sv_object_classes[i];

		if (((class->traits & (SV_IS_TYPE | SV_HAS_COLUMNS)) != 0 || class == &sv_class_sequence) &&
			sv_model_find(cmp->to, class, type->identity) != NULL)
			return true;
	}
	return false;
}

bool
sv_is_attribute(const Object *o)
{
	return sv_class_is(o, column) && sv_class_is(o->parent, composite);
}

/*
 * A table of a type that stays: it keeps its rows while the type changes in a
 * way that it could not follow.
 */
void
sv_spread_detach(Pair *table)
{
	const ModelClass *class = table->class;

	if (table->detached ||
		table->b == NULL || !sv_is(table->a, "of_type") || sv_is_dropped(table->cmp, table->a))
		return;
	table->detached = true;
	table->kind = SV_PAIR_ALTER;
	if (!list_member_ptr(table->alterers, sv_class_alterer(class, "of_type")->alter))
		table->alterers = lappend(table->alterers, sv_class_alterer(class, "of_type")->alter);
}

static void
detach_tables(const Comparison *cmp, const Object *type)
{
	ListCell   *cell;

	foreach(cell, cmp->dependents[type->number])
	{
		if (sv_class_is(lfirst(cell), table))
			sv_spread_detach(sv_pair(cmp, lfirst(cell)));
	}
}

/*
 * Do those that are left of a row type's attributes stand before the new ones,
 * in their old order?
 */
static bool
keeps_order(const Comparison *cmp, const Object *type)
{
	int			last = -1;
	ListCell   *cell;

	foreach(cell, type->parts)
	{
		const Object *before = sv_before(cmp, lfirst(cell));

		if (!sv_class_is(lfirst(cell), column))
			continue;
		if (before != NULL && before->number < last)
			return false;
		last = before != NULL ? before->number : PG_INT32_MAX;
	}
	return true;
}

/* A column or an attribute moves over to the new version of its type. */
static void
convert_pair(Spread *spread, Pair *gone, Pair *pair)
{
	gone->swapped = true;
	pair->converted = is_own_type(gone->a) || pair->converted;
	pair->kind = SV_PAIR_ALTER;
	if (!list_member_ptr(pair->alterers, sv_type_alterer(pair->class)))
		pair->alterers = lappend(pair->alterers, sv_type_alterer(pair->class));
	if (!pair->disrupts)
	{
		pair->disrupts = true;
		spread->queue = lappend(spread->queue, pair);
	}
}

/*
 * A partitioned table whose key changes its type is re-created with its
 * partitions and their rows.
 */
static void
swap_tables(Spread *spread, Pair *gone, Pair *column)
{
	ListCell   *cell;

	gone->swapped = column->converted = true;
	foreach(cell, sv_key_tables(spread->cmp, column->a))
	{
		Pair	   *table = sv_pair(spread->cmp, lfirst(cell));

		if (table->b == NULL)
			continue;
		sv_spread_again(spread, table);
		table->swapped = true;
	}
}

/* Is it re-created, and do the columns that have it move from the old one to the new one? */
static bool
moves_over(const Pair *gone)
{
	return gone->kind == SV_PAIR_AGAIN && (is_own_type(gone->a) || sv_class_is(gone->a, collation));
}

/* Is a column altered so that it needs the object, which goes, no longer? */
static bool
lets_go(const Pair *column, const Pair *gone)
{
	if (column->kind != SV_PAIR_ALTER ||
		(gone->b != NULL && list_member_ptr(column->b->needs, gone->b)))
		return false;
	if (sv_class_is(gone->a, column) && gone->a->parent != column->a->parent)
		return false;
	return column->disrupts || !sv_same(column->a, column->b, "generated") ||
		!sv_same(column->a, column->b, "expression");
}

/* The object before is dropped: what of its dependents? */
static void
spread_to_dependent(Spread *spread, Pair *gone, Object *dependent)
{
	Pair	   *pair = sv_pair(spread->cmp, dependent);

	if (pair->kind == SV_PAIR_DROP)
		return;
	if (is_own_type(gone->a) && gone->kind == SV_PAIR_DROP &&
		(pair->disrupts || sv_class_is(dependent, domain)) &&
		is_name_taken(spread->cmp, gone->a))
		gone->swapped = true;
	/* the rows of a table that is re-created come over as those of a column do */
	if (sv_is_stored_column(dependent) && is_own_type(gone->a) && gone->kind == SV_PAIR_AGAIN &&
		sv_pair(spread->cmp, dependent->parent)->swapped)
	{
		gone->swapped = true;
		/* but a generated column is computed again, not read */
		pair->converted = pair->converted || pair->b == NULL || !sv_is(pair->b, "generated");
	}
	if (pair->kind != SV_PAIR_SAME && pair->kind != SV_PAIR_ALTER)
		return;
	if (sv_is_stored_column(dependent) && moves_over(gone) && !sv_is(dependent, "generated"))
	{
		if (sv_key_tables(spread->cmp, dependent) != NIL)
			swap_tables(spread, gone, pair);
		else
			convert_pair(spread, gone, pair);
		return;
	}
	if (sv_is_attribute(dependent) && moves_over(gone) &&
		!is_stored(spread->cmp, dependent->parent, false))
	{
		detach_tables(spread->cmp, dependent->parent);
		convert_pair(spread, gone, pair);
		return;
	}
	/* a table whose type is re-created, or that shall have another one */
	if (sv_class_is(dependent, table) && sv_class_is(gone->a, composite) &&
		(gone->b == NULL || keeps_order(spread->cmp, gone->b) || !sv_same(pair->a, pair->b,
																		  "of_type")))
	{
		sv_spread_detach(pair);
		return;
	}
	if (sv_is_stored_column(dependent) && sv_is_attribute(gone->a) &&
		sv_pair(spread->cmp, dependent->parent)->detached)
		return;
	/* a column that a child has from a parent stays as its own, or as that of another parent */
	if (sv_is_stored_column(dependent) && sv_is_stored_column(gone->a) &&
		strcmp(gone->a->name, dependent->name) == 0 &&
		(sv_is_dropped(spread->cmp, gone->a->parent) ||
		 (gone->kind == SV_PAIR_DROP && !sv_is(dependent, "generated")) ||
		 sv_diff_has_other_origin(spread->cmp, dependent, gone->a)))
		return;
	/* a column that is altered so that it does not need the object any more is altered first */
	if ((sv_is_stored_column(dependent) || sv_is_attribute(dependent)) && lets_go(pair, gone))
		return;
	sv_spread_again(spread, pair);
}

/*
 * When the type of a column changes, the server builds what stands on it again; but it
 * forgets statistics targets, and gives the comment of an index to those of the partitions.
 */
static bool
loses_when_rebuilt(const Object *o)
{
	if (sv_class_is(o, statistics))
		return sv_is(o, "target");
	return sv_class_is(o, index) &&
		(sv_is(o, "statistics") || (sv_is(o, "comment") && sv_is(o->parent, "partition_key")));
}

/* A column's type changes: what of those that use the column? */
static void
spread_disruption(Spread *spread, Pair *column)
{
	ListCell   *cell;

	foreach(cell, column->a->parts)
	{
		if (!sv_class_is(lfirst(cell), identity_sequence))	/* it gets the type of the column */
			sv_spread_again(spread, sv_pair(spread->cmp, lfirst(cell)));
	}
	foreach_ptr(Object, dependent, spread->cmp->dependents[column->a->number])
	{
		/* what stands on rows cannot stand on jsonb */
		if (column->as_jsonb &&
			(sv_class_is(dependent, constraint) || sv_class_is(dependent, index) ||
			 sv_class_is(dependent, statistics)))
			sv_spread_again(spread, sv_pair(spread->cmp, dependent));

		if (sv_class_has(dependent, SV_USES_COLUMN_TYPES))
			sv_spread_again(spread, sv_pair(spread->cmp, dependent));
		if (sv_class_is(dependent, column) && sv_is(dependent, "generated"))
			sv_spread_again(spread, sv_pair(spread->cmp, dependent));
		if (loses_when_rebuilt(dependent))
			sv_spread_again(spread, sv_pair(spread->cmp, dependent));
		if (sv_class_is(dependent, constraint) &&
			strcmp(sv_text(dependent, "kind"), "foreign key") == 0)
			sv_spread_again(spread, sv_pair(spread->cmp, dependent));
	}
}

/*
 * An index that is part of a parent's cannot be dropped by itself, and the parent's
 * cannot be dropped when a constraint stands on the part: the partition is
 * detached first and attached again at the end.
 */
static void
spread_detaching(Spread *spread)
{
	ListCell   *other;

	foreach_ptr(Object, attachment, spread->cmp->from->objects)
	{
		Object	   *index;
		Object	   *whole;

		if (!sv_class_is(attachment, index_attachment) || !sv_is_dropped(spread->cmp, attachment) ||
			attachment->needs == NIL)
			continue;
		index = attachment->parent;
		whole = linitial(attachment->needs);
		if (sv_is_dropped(spread->cmp, index->parent))
			continue;
		if (sv_is_dropped(spread->cmp, whole) &&
			(sv_class_is(whole, constraint) || sv_class_is(index, index)))
			continue;
		if (!sv_is_dropped(spread->cmp, whole) && !sv_is_dropped(spread->cmp, index))
			sv_spread_again(spread, sv_pair(spread->cmp, index));
		foreach(other, index->parent->parts)
		{
			if (sv_class_is(lfirst(other), inheritance))
				sv_spread_again(spread, sv_pair(spread->cmp, lfirst(other)));
		}
	}
}

/*
 * Is it an index of a partition's own that attaching would make part of an
 * equal one of its parent?
 */
static bool
may_be_taken(const Comparison *cmp, const Object *link, const Object *index)
{
	const char *keys;
	ListCell   *cell;

	if (!sv_class_is(index, index) || sv_before(cmp, index) == NULL)
		return false;
	foreach(cell, index->parts)
	{
		if (sv_class_is(lfirst(cell), index_attachment))
			return false;
	}
	keys = strstr(sv_text(index, "definition"), " USING ");
	foreach_ptr(const Object, need, link->needs)
	{
		foreach(cell, need->parts)
		{
			const char *others = sv_class_is(lfirst(cell), index) ?
			strstr(sv_text(lfirst(cell), "definition"), " USING ") : NULL;

			if (keys != NULL && others != NULL && strcmp(keys, others) == 0)
				return true;
		}
	}
	return false;
}

/*
 * Attaching a partition gives it an index for each of its parent's.  One that it does
 * not have (an index ON ONLY the parent) is made when the partition is there.
 */
static void
spread_attaching(Spread *spread)
{
	ListCell   *part;

	foreach_ptr(Pair, link, spread->cmp->pairs)
	{
		if (link->class != &sv_class_inheritance || !sv_is(link->b ? link->b : link->a, "bound") ||
			(link->kind != SV_PAIR_CREATE && link->kind != SV_PAIR_AGAIN))
			continue;
		foreach_ptr(const Object, need, link->b->needs)
		{
			foreach(part, need->parts)
			{
				if (sv_diff_is_index(lfirst(part)) &&
					sv_before(spread->cmp, lfirst(part)) != NULL &&
					!sv_diff_has_part_of(link->b->parent, lfirst(part)))
					sv_spread_again(spread, sv_pair(spread->cmp, lfirst(part)));
			}
		}
		foreach(part, link->b->parent->parts)
		{
			if (may_be_taken(spread->cmp, link->b, lfirst(part)))
				sv_spread_again(spread, sv_pair(spread->cmp, lfirst(part)));
		}
	}
}

/* Is it a type that goes when columns that stay have got another one? */
static bool
is_left_by_columns(const Comparison *cmp, const Pair *pair)
{
	ListCell   *cell;

	if (pair->kind != SV_PAIR_DROP || !is_own_type(pair->a))
		return false;
	foreach(cell, cmp->dependents[pair->a->number])
	{
		if (sv_is_stored_column(lfirst(cell)) &&
			sv_pair(cmp, lfirst(cell))->kind == SV_PAIR_ALTER)
			return true;
	}
	return false;
}

/*
 * What a type needs that is there until later is renamed, too, if it goes.
 * Returns whether there is more of that now.
 */
static bool
keep_needed(const Comparison *cmp, const Object *o)
{
	bool		found = false;
	ListCell   *cell;

	foreach(cell, o->needs)
	{
		Pair	   *needed = sv_pair(cmp, lfirst(cell));

		if (needed->swapped ||
			!(is_own_type(needed->a) ||
			  (sv_class_is(needed->a, table) && needed->kind == SV_PAIR_DROP)) ||
			(needed->kind != SV_PAIR_AGAIN &&
			 !(needed->kind == SV_PAIR_DROP && is_name_taken(cmp, needed->a))))
			continue;
		needed->swapped = found = true;
	}
	return found;
}

/* What a renamed type, or one that is still in use, needs stays as long as it does. */
void
sv_diff_spread_renaming(Comparison *cmp)
{
	bool		again = true;

	while (again)
	{
		again = false;
		foreach_ptr(Pair, pair, cmp->pairs)
		{
			if (!pair->swapped && !is_left_by_columns(cmp, pair))
				continue;
			again |= keep_needed(cmp, pair->a);
			if (sv_class_is(pair->a, composite))
			{
				foreach_ptr(const Object, part, pair->a->parts)
					again |= keep_needed(cmp, part);
			}
		}
	}
}

/*
 * Is there no cast by assignment between a column's types? What computes its
 * values then cannot stay.
 */
static bool
needs_conversion(const Comparison *cmp, const Object *a, const Object *b)
{
	return cmp->options->cast_of != NULL && !sv_same(a, b, "type") &&
		cmp->options->cast_of(sv_text(a, "type"), sv_text(b, "type")) != 'a';
}

/*
 * The server does not alter the attributes of a row type that columns have, nor
 * add rules to a domain that is inside of the types of columns: then the type is re-created.
 */
static void
make_stored_types_again(Comparison *cmp)
{
	foreach_ptr(Pair, pair, cmp->pairs)
	{
		const Object *o = pair->b;

		if (o == NULL)
			continue;
		if (sv_class_is(o, table) && pair->kind == SV_PAIR_ALTER && !sv_same(pair->a, o, "of_type"))
		{
			if (sv_is(o, "of_type") && sv_swap_loses_order(cmp, o))
				sv_diff_make_again(pair);
			else
				pair->detached = true;
		}
		if (sv_class_is(o, column) && sv_class_is(o->parent, composite) && pair->disrupts &&
			is_stored(cmp, pair->a->parent, false))
			sv_diff_make_again(sv_pair(cmp, pair->a->parent));
		else if (sv_class_is(o, column) && sv_class_is(o->parent, composite) && pair->disrupts &&
				 pair->kind == SV_PAIR_ALTER && needs_conversion(cmp, pair->a, o))
			detach_tables(cmp, pair->a->parent);
		else if (sv_class_is(o, column) && pair->kind == SV_PAIR_ALTER && sv_is(o, "generated") &&
				 needs_conversion(cmp, pair->a, o))
			sv_diff_make_again(pair);
		if (sv_is_stored_column(o) && pair->kind == SV_PAIR_ALTER && pair->disrupts)
			sv_key_swap_tables(cmp, pair->a);
		if (sv_class_is(o, enum) && pair->kind == SV_PAIR_ALTER && sv_uses_new_label(cmp, pair))
			sv_diff_make_again(pair);
		if (sv_class_is(o, domain_constraint) && sv_before(cmp, o->parent) != NULL &&
			(pair->kind == SV_PAIR_CREATE || pair->kind == SV_PAIR_AGAIN ||
			 pair->kind == SV_PAIR_ALTER) &&
			!sv_is(o, "not_valid") && is_stored(cmp, sv_before(cmp, o->parent), true))
			sv_diff_make_again(sv_pair(cmp, o->parent));
		if (sv_class_is(o, domain) && pair->kind == SV_PAIR_ALTER && sv_is(o, "not_null") &&
			!sv_is(pair->a, "not_null") &&
			is_stored(cmp, pair->a, true))
			sv_diff_make_again(pair);
	}
}

/*
 * A table that loses a column on the way does not get the order of its type
 * again: it is re-created.
 */
static void
spread_ties(Spread *spread)
{
	ListCell   *part;

	foreach_ptr(Pair, table, spread->cmp->pairs)
	{
		if (!table->detached)
			continue;
		foreach(part, table->a->parts)
		{
			if (sv_class_is(lfirst(part), column) &&
				sv_pair(spread->cmp, lfirst(part))->kind == SV_PAIR_AGAIN)
			{
				table->detached = false;
				sv_spread_again(spread, table);
			}
		}
	}
}

void
sv_diff_spread(Comparison *cmp)
{
	Spread		state = {cmp, NIL};

	make_stored_types_again(cmp);
	sv_persistence_break_circles(cmp);

	foreach_ptr(Pair, pair, cmp->pairs)
	{
		if (pair->a != NULL &&
			(pair->kind == SV_PAIR_DROP || pair->kind == SV_PAIR_AGAIN || pair->disrupts))
			state.queue = lappend(state.queue, pair);
	}
	spread_attaching(&state);
	sv_spread_rewriting(&state);
	sv_spread_sorting(&state);
	sv_spread_parting(&state);
	while (state.queue != NIL)
	{
		List	   *queue = state.queue;

		state.queue = NIL;
		foreach_ptr(Pair, pair, queue)
		{
			ListCell   *other;

			CHECK_FOR_INTERRUPTS();
			if (pair->kind == SV_PAIR_ALTER)
			{
				spread_disruption(&state, pair);
				continue;
			}
			foreach(other, pair->a->parts)
				sv_spread_again(&state, sv_pair(cmp, lfirst(other)));
			if (!sv_class_is(pair->a, schema))
			{
				foreach_ptr(Object, object, cmp->dependents[pair->a->number])
					spread_to_dependent(&state, pair, object);
			}
		}
		list_free(queue);
		if (state.queue == NIL)
		{
			spread_detaching(&state);
			spread_attaching(&state);
			sv_spread_rewriting(&state);
			sv_spread_sorting(&state);
			sv_spread_parting(&state);
			spread_ties(&state);
		}
	}
}
