/*
 * assemble.c
 *		Two models, before and after a change, out of the units that it touched.
 *
 * Both get the same context: what the units need and what was not touched.
 * Pure: copies objects; their texts stay those of the models they come from.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "model/model.h"

/* The state of a unit in a model, NULL: none. */
UnitState *
sv_unit_state(const Model *model, const ObjectAddress *unit)
{
	UnitState  *state = palloc0(sizeof(UnitState));

	state->model = model;
	state->unit = *unit;
	return state;
}

/*
 * The state of a table before columns were added to its first "columns" ones, out of one
 * after that; 0: as it is.
 */
UnitState *
sv_unit_state_before(const UnitState *state, int columns)
{
	UnitState  *before = palloc(sizeof(UnitState));

	*before = *state;
	if (columns != 0)
		before->columns = columns;
	return before;
}

/* Is a part of the unit one of the columns that the state is without? */
static bool
is_added_later(const UnitState *state, const Object *o)
{
	return state->columns != 0 && o->address.objectSubId > state->columns &&
		sv_class_is(o, column);
}

/* Copy an object without its relations to others, which are made by link(). */
static Object *
copy_object(Model *model, const Object *o, bool context)
{
	Object	   *copy = palloc(sizeof(Object));

	*copy = *o;
	copy->parent = o->parent ? sv_model_find(model, o->parent->class, o->parent->identity) : NULL;
	copy->parts = NIL;
	copy->needs = NIL;
	copy->vanishes_with = NIL;
	copy->context = context;
	sv_model_add(model, copy);
	return copy;
}

static void
copy_unit(Model *model, const Object *o, const UnitState *state)
{
	if (is_added_later(state, o) || sv_model_find(model, o->class, o->identity) != NULL)
		return;
	copy_object(model, o, false);
	foreach_ptr(const Object, part, o->parts)
		copy_unit(model, part, state);
}

/*
 * NULL if it is not there, or is an inner part of another one (the sequence of
 * an identity column).
 */
static Object *
unit_in(const UnitState *state)
{
	Object	   *o = state->model ?
	sv_model_at(state->model, state->unit.classId, state->unit.objectId, 0) : NULL;

	return o != NULL && o->parent == NULL && o->address.classId == state->unit.classId &&
		o->address.objectId == state->unit.objectId ? o : NULL;
}

static void
copy_context_object(Model *model, const Object *o)
{
	if (sv_model_find(model, o->class, o->identity) != NULL)
		return;
	if (o->parent != NULL)
		copy_context_object(model, o->parent);
	copy_object(model, o, true);
}

static bool
is_in_states(const List *states, const Object *o)
{
	const ObjectAddress *address = &sv_object_root(o)->address;

	foreach_ptr(const UnitState, state, states)
	{
		if (state->unit.classId == address->classId && state->unit.objectId == address->objectId)
			return true;
	}
	return false;
}

/* Add what the objects of a unit need, unless it was touched itself. */
static void
copy_needs(Model *model, const Object *o, const UnitState *state, const List *states)
{
	if (is_added_later(state, o))
		return;
	foreach_ptr(const Object, need, o->needs)
	{
		if (!is_in_states(states, need))
			copy_context_object(model, need);
	}
	foreach_ptr(const Object, part, o->parts)
		copy_needs(model, part, state, states);
}

/* What a unit gets when it is made depends on the default privileges of its schema. */
static void
copy_default_privileges(Model *model, const List *states)
{
	foreach_ptr(const UnitState, state, states)
	{
		if (state->model == NULL)
			continue;
		foreach_ptr(const Object, default_privilege, state->model->default_privileges)
		{
			if (!is_in_states(states, default_privilege))
				copy_context_object(model, default_privilege);
		}
	}
}

static List *
link_list(const Model *model, const List *objects)
{
	List	   *result = NIL;

	foreach_ptr(const Object, o, objects)
	{
		Object	   *copy = sv_model_find(model, o->class, o->identity);

		if (copy != NULL)
			result = lappend(result, copy);
	}
	return result;
}

static void
link_unit(Model *model, const Object *o, const UnitState *state)
{
	Object	   *copy;

	if (is_added_later(state, o))
		return;
	copy = sv_model_find(model, o->class, o->identity);
	copy->needs = link_list(model, o->needs);
	copy->vanishes_with = link_list(model, o->vanishes_with);
	foreach_ptr(const Object, part, o->parts)
		link_unit(model, part, state);
}

static Model *
assemble(const List *states, const List *others)
{
	Model	   *model = sv_model_create();
	Object	   *unit;

	foreach_ptr(const UnitState, state, states)
	{
		if ((unit = unit_in(state)) != NULL)
			copy_unit(model, unit, state);
	}
	foreach_ptr(const UnitState, one, states)
	{
		if ((unit = unit_in(one)) != NULL)
			copy_needs(model, unit, one, states);
	}
	foreach_ptr(const UnitState, other, others)
	{
		if ((unit = unit_in(other)) != NULL)
			copy_needs(model, unit, other, states);
	}
	copy_default_privileges(model, states);
	copy_default_privileges(model, others);
	foreach_ptr(const UnitState, each, states)
	{
		if ((unit = unit_in(each)) != NULL)
			link_unit(model, unit, each);
	}
	sv_model_sort(model);
	return model;
}

/*
 * The models of the same units (UnitState) before and after a change, with all
 * that they need.
 */
void
sv_model_assemble(const List *before, const List *after, Model **model_before, Model **model_after)
{
	*model_before = assemble(before, after);
	*model_after = assemble(after, before);
}

/* ---------- a model that differs from another one in some objects ---------- */

/* An empty model that knows what `base` knows beside its objects. */
Model *
sv_model_like(const Model *base)
{
	Model	   *model = sv_model_create();

	model->findings = base->findings;
	model->facts = base->facts;
	return model;
}

/*
 * Add a copy of another model's object.  sv_model_link() finds what it is related
 * to, once all are there.
 */
Object *
sv_model_copy(Model *model, const Object *o)
{
	return copy_object(model, o, o->context);
}

/* Make a copy part of the copy of its parent, if that was added later. */
static void
link_parent(const Model *model, Object *copy, const Object *o)
{
	if (copy->parent != NULL || o->parent == NULL)
		return;
	copy->parent = sv_model_find(model, o->parent->class, o->parent->identity);
	if (copy->parent != NULL)
		copy->parent->parts = lappend(copy->parent->parts, copy);
}

/*
 * Relate the copies of these objects of other models to each other as the
 * originals are related.  The model is complete afterwards.
 */
void
sv_model_link(Model *model, const List *originals)
{
	foreach_ptr(const Object, o, originals)
	{
		Object	   *copy = sv_model_find(model, o->class, o->identity);

		if (copy == NULL)
			continue;
		link_parent(model, copy, o);
		copy->needs = link_list(model, o->needs);
		copy->vanishes_with = link_list(model, o->vanishes_with);
	}
	sv_model_sort(model);
}

static void
copy_with_parents(Model *model, const Object *o)
{
	if (sv_model_find(model, o->class, o->identity) != NULL)
		return;
	if (o->parent != NULL)
		copy_with_parents(model, o->parent);
	sv_model_copy(model, o);
}

/*
 * A copy of a model without some of its objects, and without their parts, and with
 * objects of another model where it has none of their identity.
 */
Model *
sv_model_altered(const Model *base, const List *without, const List *with)
{
	Model	   *model = sv_model_like(base);
	List	   *originals = NIL;
	ListCell   *cell;

	foreach_ptr(Object, object, base->objects)
	{
		if (sv_object_is_within(without, object))
			continue;
		copy_with_parents(model, object);
		originals = lappend(originals, object);
	}
	foreach(cell, with)
	{
		const Object *o = lfirst(cell);

		if (sv_model_find(model, o->class, o->identity) != NULL)
			continue;
		copy_with_parents(model, o);
		originals = lappend(originals, lfirst(cell));
	}
	sv_model_link(model, originals);
	return model;
}
