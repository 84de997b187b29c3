/*
 * changes.c
 *		In which objects do two models differ?
 */
#include "postgres.h"

#include "miscadmin.h"
#include "model/model.h"

static bool
same_object(const Object *a, const Object *b)
{
	return a == b ||
		(a != NULL && b != NULL && a->class == b->class && strcmp(a->identity, b->identity) == 0);
}

static bool
same_objects(List *a, List *b)
{
	ListCell   *x;
	ListCell   *y;

	if (list_length(a) != list_length(b))
		return false;
	forboth(x, a, y, b)
	{
		if (!same_object(lfirst(x), lfirst(y)))
			return false;
	}
	return true;
}

static bool
same_properties(const Object *a, const Object *b)
{
	if (a->nproperties != b->nproperties)
		return false;
	for (int i = 0; i < a->nproperties; i++)
		if (!sv_property_equal(&a->properties[i], sv_property(b, a->properties[i].name)))
			return false;
	return true;
}

/* Are both at the same address, as far as that is known?  A column is at its place in any case. */
static bool
same_place(const Object *a, const Object *b)
{
	if (a->address.objectSubId != b->address.objectSubId)
		return false;
	return !OidIsValid(a->address.classId) || !OidIsValid(b->address.classId) ||
		a->address.objectId == b->address.objectId;
}

static bool
same(const Object *a, const Object *b)
{
	return same_properties(a, b) && same_place(a, b) && sv_base_same_text(a->schema, b->schema) &&
		sv_base_same_text(a->name, b->name) && same_object(a->parent, b->parent) &&
		same_objects(a->needs, b->needs) && same_objects(a->vanishes_with, b->vanishes_with);
}

static List *
add_change(List *changes, const Object *before, const Object *after)
{
	ObjectChange *change = palloc(sizeof(ObjectChange));

	change->before = before;
	change->after = after;
	return lappend(changes, change);
}

/*
 * Everything in which the models differ, as a list of ObjectChange: those of
 * "before" in its order, then what is new.  Both models are in canonical order.
 */
List *
sv_model_changes(const Model *before, const Model *after)
{
	List	   *changes = NIL;

	foreach_ptr(Object, a, before->objects)
	{
		Object	   *b = sv_model_find(after, a->class, a->identity);

		CHECK_FOR_INTERRUPTS();
		if (b == NULL || !same(a, b))
			changes = add_change(changes, a, b);
	}
	foreach_ptr(Object, b, after->objects)
	{
		if (sv_model_find(before, b->class, b->identity) == NULL)
			changes = add_change(changes, NULL, b);
	}
	return changes;
}
