/*
 * compare.c
 *		Pair the objects of two models and decide what happens to each.
 */
#include "postgres.h"

#include "diff/diff.h"
#include "miscadmin.h"

/* Properties that every class can have; privileges.c and write.c alter them. */
static bool
is_annotation(const char *property)
{
	return strcmp(property, "owner") == 0 || strcmp(property, "acl") == 0 ||
		strcmp(property, "comment") == 0 || strcmp(property, "labels") == 0;
}


static const Alterer *
alterer_of(const ModelClass *class, const char *property)
{
	for (const Alterer *alterer = class->alterers; alterer != NULL && alterer->property != NULL; alterer++)
		if (strcmp(alterer->property, property) == 0)
			return alterer;
	return NULL;
}

/* Does a difference of this property matter? */
bool
sv_diff_counts(const ModelClass *class, const char *property, const DiffOptions *options)
{
	const Alterer *alterer;

	if (strcmp(property, "owner") == 0)
		return options->owners && !class->no_owner_change;
	if (strcmp(property, "acl") == 0)
		return options->privileges;
	if (strcmp(property, "comment") == 0)
		return options->comments;
	alterer = alterer_of(class, property);
	return alterer == NULL || !(alterer->flags & SV_ALTER_IGNORED);
}

static void
make_again(Pair *pair)
{
	if (pair->kind == SV_PAIR_SAME || pair->kind == SV_PAIR_ALTER)
		pair->kind = SV_PAIR_AGAIN;
}

/* Note that a property differs. */
static void
property_differs(const Comparison *cmp, Pair *pair, const char *property)
{
	const Alterer *alterer;

	if (!sv_diff_counts(pair->class, property, cmp->options))
		return;
	if (is_annotation(property))
	{
		if (pair->kind == SV_PAIR_SAME)
			pair->kind = SV_PAIR_ALTER;
		return;
	}
	alterer = alterer_of(pair->class, property);
	if (alterer == NULL)
	{
		make_again(pair);
		return;
	}
	if (pair->kind == SV_PAIR_SAME)
		pair->kind = SV_PAIR_ALTER;
	if (alterer->flags & SV_ALTER_DISRUPTS)
		pair->disrupts = true;
	for (; alterer->property != NULL; alterer++)
		if (strcmp(alterer->property, property) == 0 && !list_member_ptr(pair->alterers, alterer->alter))
			pair->alterers = lappend(pair->alterers, alterer->alter);
}

static void
compare_pair(const Comparison *cmp, Pair *pair)
{
	const Object *a = pair->a;
	const Object *b = pair->b;

	for (int i = 0; i < a->nproperties; i++)
		if (!sv_property_equal(&a->properties[i], sv_property(b, a->properties[i].name)))
			property_differs(cmp, pair, a->properties[i].name);
	for (int i = 0; i < b->nproperties; i++)
		if (!sv_is(a, b->properties[i].name))
			property_differs(cmp, pair, b->properties[i].name);
	if (pair->class->can_alter != NULL && !pair->class->can_alter(a, b))
		make_again(pair);
}

static Pair *
add_pair(Comparison *cmp, Object *a, Object *b)
{
	Pair	   *pair = palloc0(sizeof(Pair));

	pair->class = a ? a->class : b->class;
	pair->a = a;
	pair->b = b;
	pair->kind = a == NULL ? SV_PAIR_CREATE : b == NULL ? SV_PAIR_DROP : SV_PAIR_SAME;
	if (a != NULL)
		a->pair = pair;
	if (b != NULL)
		b->pair = pair;
	cmp->pairs = lappend(cmp->pairs, pair);
	return pair;
}

static void
pair_objects(Comparison *cmp)
{
	ListCell   *cell;

	foreach(cell, cmp->from->objects)
	{
		Object	   *a = lfirst(cell);

		add_pair(cmp, a, sv_model_find(cmp->to, a->class, a->identity));
		if (sv_class_is(a, "default privileges"))
			cmp->defaults = lappend(cmp->defaults, a);
	}
	foreach(cell, cmp->to->objects)
	{
		Object	   *b = lfirst(cell);

		if (sv_model_find(cmp->from, b->class, b->identity) == NULL)
			add_pair(cmp, NULL, b);
	}
	foreach(cell, cmp->pairs)
	{
		Pair	   *pair = lfirst(cell);

		if (pair->a != NULL && pair->b != NULL)
			compare_pair(cmp, pair);
	}
}

static void
find_dependents(Comparison *cmp)
{
	ListCell   *cell;
	ListCell   *need;

	cmp->dependents = palloc0(sizeof(List *) * (list_length(cmp->from->objects) + 1));
	foreach(cell, cmp->from->objects)
		foreach(need, ((Object *) lfirst(cell))->needs)
	{
		int			number = ((Object *) lfirst(need))->number;

		cmp->dependents[number] = lappend(cmp->dependents[number], lfirst(cell));
	}
}

/* ----- what must be made again because of others ----- */

static bool
is_type(const Object *o)
{
	return sv_class_is(o, "enum") || sv_class_is(o, "domain") || sv_class_is(o, "composite type") ||
		sv_class_is(o, "range type") || sv_class_is(o, "base type");
}

static bool
is_stored_column(const Object *o)
{
	return sv_class_is(o, "column") && (sv_class_is(o->parent, "table") || sv_class_is(o->parent, "foreign table"));
}

/* A change that "pair" now undergoes: look at what depends on it (again). */
typedef struct Spread
{
	Comparison *cmp;
	List	   *queue;
} Spread;

static void
spread_again(Spread *spread, Pair *pair)
{
	if (pair->kind != SV_PAIR_SAME && pair->kind != SV_PAIR_ALTER)
		return;
	make_again(pair);
	spread->queue = lappend(spread->queue, pair);
}

static AlterFn
type_alterer(const ModelClass *class)
{
	return alterer_of(class, "type")->alter;
}

static bool
is_gone(const Object *a)
{
	return a->pair->kind == SV_PAIR_DROP || a->pair->kind == SV_PAIR_AGAIN;
}

/* The object before is dropped: what of its dependents? */
static void
spread_to_dependent(Spread *spread, Pair *gone, Object *dependent)
{
	Pair	   *pair = dependent->pair;

	/* the rows of a table that is made anew come over as those of a column do */
	if (is_stored_column(dependent) && is_type(gone->a) && gone->kind == SV_PAIR_AGAIN && dependent->parent->pair->swapped)
		gone->swapped = pair->converted = true;
	if (pair->kind != SV_PAIR_SAME && pair->kind != SV_PAIR_ALTER)
		return;
	if (is_stored_column(dependent) && is_type(gone->a) && gone->kind == SV_PAIR_AGAIN &&
		!sv_is(dependent, "generated"))
	{
		gone->swapped = true;
		pair->converted = true;
		pair->kind = SV_PAIR_ALTER;
		if (!list_member_ptr(pair->alterers, type_alterer(pair->class)))
			pair->alterers = lappend(pair->alterers, type_alterer(pair->class));
		if (!pair->disrupts)
		{
			pair->disrupts = true;
			spread->queue = lappend(spread->queue, pair);
		}
		return;
	}
	/* a column of a partition that is detached from a parent that goes */
	if (is_stored_column(dependent) && sv_class_is(gone->a, "column") && is_gone(gone->a->parent) &&
		strcmp(gone->a->name, dependent->name) == 0)
		return;
	/* a column whose new type or collation does not need it any more is altered first */
	if (is_stored_column(dependent) && is_type(gone->a) && pair->disrupts)
		return;
	spread_again(spread, pair);
}

/* A column's type changes: what of those that use the column? */
static void
spread_disruption(Spread *spread, Pair *column)
{
	static const char *const again[] = {
		"view", "materialized view", "rule", "policy", "trigger", "function", "procedure",
		"publication table", "default", NULL
	};
	ListCell   *cell;

	foreach(cell, column->a->parts)
		spread_again(spread, ((Object *) lfirst(cell))->pair);
	foreach(cell, spread->cmp->dependents[column->a->number])
	{
		Object	   *dependent = lfirst(cell);

		for (int i = 0; again[i] != NULL; i++)
			if (sv_class_is(dependent, again[i]))
				spread_again(spread, dependent->pair);
		if (sv_class_is(dependent, "column") && sv_is(dependent, "generated"))
			spread_again(spread, dependent->pair);
		if (sv_class_is(dependent, "constraint") && strcmp(sv_text(dependent, "kind"), "foreign key") == 0)
			spread_again(spread, dependent->pair);
	}
}

/*
 * An index that is part of a parent's cannot be dropped by itself, and the parent's
 * cannot be dropped when a constraint stands on the part: the partition is
 * detached meanwhile.
 */
static void
spread_detaching(Spread *spread)
{
	ListCell   *cell;
	ListCell   *other;

	foreach(cell, spread->cmp->from->objects)
	{
		Object	   *attachment = lfirst(cell);
		Object	   *index;
		Object	   *whole;

		if (!sv_class_is(attachment, "index attachment") || !is_gone(attachment) || attachment->needs == NIL)
			continue;
		index = attachment->parent;
		whole = linitial(attachment->needs);
		if (is_gone(index->parent))
			continue;
		if (is_gone(whole) && (sv_class_is(whole, "constraint") || sv_class_is(index, "index")))
			continue;
		if (!is_gone(whole) && !is_gone(index))
			continue;
		foreach(other, index->parent->parts)
			if (sv_class_is(lfirst(other), "inheritance"))
				spread_again(spread, ((Object *) lfirst(other))->pair);
	}
}

static void
spread(Comparison *cmp)
{
	Spread		state = {cmp, NIL};
	ListCell   *cell;

	foreach(cell, cmp->pairs)
	{
		Pair	   *pair = lfirst(cell);

		if (pair->a != NULL && (pair->kind == SV_PAIR_DROP || pair->kind == SV_PAIR_AGAIN || pair->disrupts))
			state.queue = lappend(state.queue, pair);
	}
	while (state.queue != NIL)
	{
		List	   *queue = state.queue;

		state.queue = NIL;
		foreach(cell, queue)
		{
			Pair	   *pair = lfirst(cell);
			ListCell   *other;

			CHECK_FOR_INTERRUPTS();
			if (pair->kind == SV_PAIR_ALTER)
			{
				spread_disruption(&state, pair);
				continue;
			}
			foreach(other, pair->a->parts)
				spread_again(&state, ((Object *) lfirst(other))->pair);
			if (!sv_class_is(pair->a, "schema"))
				foreach(other, cmp->dependents[pair->a->number])
					spread_to_dependent(&state, pair, lfirst(other));
		}
		list_free(queue);
		if (state.queue == NIL)
			spread_detaching(&state);
	}
}

/*
 * The rows (DiffRow) that lead from one model to the other, in order.  The
 * models' objects are marked on the way; a model can be compared again.
 */
List *
sv_diff(Model *from, Model *to, const DiffOptions *options)
{
	Comparison *cmp = palloc0(sizeof(Comparison));
	ListCell   *cell;

	cmp->from = from;
	cmp->to = to;
	cmp->options = options;
	pair_objects(cmp);
	find_dependents(cmp);
	cmp->rows = sv_diff_questions(cmp->pairs);
	do
		spread(cmp);
	while (sv_swap_disordered(cmp));
	foreach(cell, sv_diff_order(cmp))
	{
		CHECK_FOR_INTERRUPTS();
		sv_diff_write(cmp, lfirst(cell));
	}
	return cmp->rows;
}
