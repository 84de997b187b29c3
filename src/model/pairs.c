/*
 * pairs.c
 *		What is known of an object from its pair in a comparison: is it dropped,
 *		is it created, does it come with its parent.
 *
 * The comparison is made by src/diff; the classes ask here while they write
 * the statements for an object.
 */
#include "postgres.h"

#include "model/model.h"

/* The pair of an object of one of the two models that are compared; NULL if it is of neither. */
Pair *
sv_pair(const Comparison *cmp, const Object *o)
{
	Pair	   *pair = NULL;

	if (o->number < list_length(cmp->from->objects))
		pair = cmp->pairs_from[o->number];
	if (pair != NULL && pair->a == o)
		return pair;
	pair = o->number < list_length(cmp->to->objects) ? cmp->pairs_to[o->number] : NULL;
	return pair != NULL && pair->b == o ? pair : NULL;
}

bool
sv_pair_is_dropped(const Pair *pair)
{
	return pair->kind == SV_PAIR_DROP || pair->kind == SV_PAIR_AGAIN;
}

bool
sv_pair_is_created(const Pair *pair)
{
	return pair->kind == SV_PAIR_CREATE || pair->kind == SV_PAIR_AGAIN;
}

/* The object before, for one of either side; NULL: there was none. */
Object *
sv_before(const Comparison *cmp, const Object *o)
{
	return sv_pair(cmp, o)->a;
}

/* The object after, for one of either side; NULL: there will be none. */
Object *
sv_after(const Comparison *cmp, const Object *o)
{
	return sv_pair(cmp, o)->b;
}

bool
sv_is_dropped(const Comparison *cmp, const Object *o)
{
	return sv_pair_is_dropped(sv_pair(cmp, o));
}

bool
sv_is_created(const Comparison *cmp, const Object *o)
{
	return sv_pair_is_created(sv_pair(cmp, o));
}

/* Was the object there before, and does it stay? */
bool
sv_writer_existed(Writer *w, const Object *o)
{
	const Pair *pair = sv_pair(w->cmp, o);

	return pair->a != NULL && pair->kind != SV_PAIR_AGAIN;
}

bool
sv_writer_created(Writer *w, const Object *o)
{
	return sv_is_created(w->cmp, o);
}

bool
sv_writer_dropped(Writer *w, const Object *o)
{
	return sv_is_dropped(w->cmp, o);
}

/* Is the object there as soon as its parent is, or does it come by a statement of its own? */
bool
sv_writer_comes_along(Writer *w, const Object *o)
{
	const Pair *pair = sv_pair(w->cmp, o);

	return pair->kind == SV_PAIR_SAME ||
		(pair->create != NULL && pair->create == sv_pair(w->cmp, o->parent)->create);
}

/*
 * Does the table inherit from the parent (NULL: from any) all the time?  A table
 * that is made with INHERITS does so as long as it is there.
 */
bool
sv_writer_inherits(Writer *w, const Object *table, const Object *parent)
{
	foreach_ptr(const Object, o, table->parts)
	{
		const Pair *pair = sv_pair(w->cmp, o);

		if (!sv_class_is(o, inheritance) || (parent != NULL && !list_member_ptr(o->needs, parent)))
			continue;
		if ((pair->kind == SV_PAIR_SAME || pair->kind == SV_PAIR_ALTER) ||
			(pair->create != NULL && pair->create == sv_pair(w->cmp, table)->create &&
			 o == pair->b) ||
			(pair->drop != NULL && pair->drop == sv_pair(w->cmp, table)->drop && o == pair->a))
			return true;
	}
	return false;
}

/* Are there tables that inherit from it all the time? */
bool
sv_writer_has_children(Writer *w, const Object *table)
{
	ListCell   *cell;

	if (sv_before(w->cmp, table) != NULL)
	{
		foreach(cell, w->cmp->dependents[sv_before(w->cmp, table)->number])
		{
			if (sv_class_is(lfirst(cell), inheritance) && !sv_writer_dropped(w, lfirst(cell)))
				return true;
		}
	}
	return false;
}

/* The object as it was before, or NULL. */
const Object *
sv_writer_other(Writer *w, const Object *o)
{
	return sv_before(w->cmp, o);
}

bool
sv_diff_is_foreign_key(const Object *o)
{
	return sv_class_is(o, constraint) && strcmp(sv_text(o, "kind"), "foreign key") == 0;
}

bool
sv_diff_is_check(const Object *o)
{
	return sv_class_is(o, constraint) && strcmp(sv_text(o, "kind"), "check") == 0;
}

/* An index, or a constraint with one. */
bool
sv_diff_is_index(const Object *o)
{
	return sv_class_is(o, index) ||
		(sv_class_is(o, constraint) && !sv_diff_is_foreign_key(o) && !sv_diff_is_check(o));
}

/* A function of a base type (input, output ...): each needs the other. */
bool
sv_diff_is_function_of_type(const Object *function, const Object *type)
{
	return sv_class_is(type, base_type) && sv_class_is(function, function) &&
		list_member_ptr(type->needs, function) && list_member_ptr(function->needs, type);
}

/* What can do with the shell of a view: whatever may stand in a circle with it. */
bool
sv_diff_can_use_shell(const Comparison *cmp, const Object *o, const Object *view)
{
	return sv_pair(cmp, view)->shell != NULL && sv_class_is(view, view) &&
		(sv_class_is(o, view) || sv_class_has(o, SV_IS_ROUTINE));
}

/* Are they the columns of a child and of a plain parent that stay, under one name? */
bool
sv_pair_is_led_by(const Comparison *cmp, const Object *column, const Object *leading)
{
	return sv_class_is(leading, column) && sv_class_is(column, column) &&
		strcmp(leading->name, column->name) == 0 &&
		sv_class_is(leading->parent, table) && !sv_is(leading->parent, "partition_key") &&
		!sv_is_dropped(cmp, leading->parent) && !sv_is_dropped(cmp, column->parent);
}

/* Does a column that a child has from a parent come from somewhere else, too? */
bool
sv_diff_has_other_origin(const Comparison *cmp, const Object *column, const Object *leading)
{
	if (sv_is(column, "merged"))
		return true;
	foreach_ptr(const Object, o, column->needs)
	{
		if (o != leading && sv_pair_is_led_by(cmp, column, o) && o->parent != column->parent &&
			!sv_is_dropped(cmp, o))
			return true;
	}
	return false;
}

/* Do children keep the column as one of their own when this one of the parent is dropped? */
bool
sv_diff_leaves(const Comparison *cmp, const Object *column)
{
	ListCell   *cell;

	if (sv_pair(cmp, column)->kind == SV_PAIR_DROP)
	{
		foreach(cell, cmp->dependents[column->number])
		{
			if (sv_pair_is_led_by(cmp, lfirst(cell), column) &&
				!sv_is_dropped(cmp, lfirst(cell)) &&
				!sv_diff_has_other_origin(cmp, lfirst(cell), column))
				return true;
		}
	}
	return false;
}

/* Do children keep the column as one of their own when the parent's is dropped? */
bool
sv_writer_leaves(Writer *w, const Object *column)
{
	return sv_diff_leaves(w->cmp, column);
}

/* The columns of children that stay NOT NULL where that of the parent does not. */
List *
sv_writer_children_not_null(Writer *w, const Object *column)
{
	List	   *result = NIL;

	if (sv_before(w->cmp, column) == NULL)
		return NIL;
	foreach_ptr(const Object, o, w->cmp->dependents[sv_before(w->cmp, column)->number])
	{
		if (sv_class_is(o, column) && o->parent != sv_before(w->cmp, column)->parent &&
			strcmp(o->name, column->name) == 0 &&
			sv_after(w->cmp, o) != NULL && sv_is(sv_after(w->cmp, o), "not_null"))
			result = lappend(result, sv_after(w->cmp, o));
	}
	return result;
}

/* Must the NOT NULL of a column be given its name, though the server might choose the same? */
bool
sv_diff_is_named(const Comparison *cmp, const Object *column)
{
	const Pair *pair = sv_pair(cmp, column);

	return pair != NULL && pair->named;
}

/* Do other objects go with the one that is dropped? */
bool
sv_writer_drops_more(Writer *w)
{
	return w->node->folded != NIL;
}

/* Does an empty one of the object's kind stand there already? */
bool
sv_writer_has_shell(Writer *w)
{
	return w->pair->shell != NULL;
}

/* Is an object re-created while the old one is still there under another name? */
bool
sv_is_swapped(const Comparison *cmp, const Object *o)
{
	const Pair *pair = sv_pair(cmp, o);

	return pair != NULL && pair->swapped;
}

/* Does the column move to the new version of a type, or come back to it? */
bool
sv_writer_converted(Writer *w, const Object *column)
{
	const Pair *pair = sv_pair(w->cmp, column);

	return pair->converted || pair->as_jsonb;
}

/* Is it a table that is no table of its type while that changes? */
bool
sv_writer_detached(Writer *w, const Object *table)
{
	return sv_pair(w->cmp, table)->detached;
}

/* Are there tables of the type that stay and follow it? */
bool
sv_writer_has_typed_tables(Writer *w, const Object *type)
{
	if (sv_before(w->cmp, type) != NULL)
	{
		foreach_ptr(Object, o, w->cmp->dependents[sv_before(w->cmp, type)->number])
		{
			if (sv_class_is(o, table) && sv_is(o, "of_type") && !sv_writer_dropped(w, o) &&
				!sv_pair(w->cmp, o)->detached)
				return true;
		}
	}
	return false;
}
