/*
 * state.c
 *		Where two schemas differ, to the last detail that a dump would show.
 *
 * sv_diff() leaves alone what cannot be changed or is of no consequence; this does not.
 * The order of columns is told apart: it is no difference to most who ask.
 */
#include "postgres.h"

#include "diff/diff.h"

static char *
name_of(const Object *o)
{
	return psprintf("%s %s", o->class->name, o->identity);
}

/* Is a difference in this property one?  Some tell of the server or follow from others. */
static bool
state_counts(const char *property, const DiffOptions *options)
{
	if (strncmp(property, "installed_", 10) == 0 || strcmp(property, "essence") == 0)
		return false;
	if (options == NULL)
		return true;
	if (strcmp(property, "owner") == 0)
		return options->owners;
	if (strcmp(property, "acl") == 0)
		return options->privileges;
	return options->comments || strcmp(property, "comment") != 0;
}

/* Are they privileges that only tell of the owner, who does not count? */
static bool
is_same_for_any_owner(const Object *a, const Object *b, const char *property,
					  const DiffOptions *options)
{
	return options != NULL && !options->owners && strcmp(property, "acl") == 0 &&
		sv_same_privileges(a, b);
}

/* The names of the properties in which two objects differ, "" if in none. */
static char *
differing_properties(const Object *a, const Object *b, const DiffOptions *options)
{
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < a->nproperties; i++)
		if (state_counts(a->properties[i].name, options) &&
			!sv_property_equal(&a->properties[i], sv_property(b, a->properties[i].name)) &&
			!is_same_for_any_owner(a, b, a->properties[i].name, options))
			appendStringInfo(&out, "%s%s", out.len ? ", " : "", a->properties[i].name);
	for (int i = 0; i < b->nproperties; i++)
		if (state_counts(b->properties[i].name, options) && !sv_is(a, b->properties[i].name) &&
			!is_same_for_any_owner(a, b, b->properties[i].name, options))
			appendStringInfo(&out, "%s%s", out.len ? ", " : "", b->properties[i].name);
	return out.data;
}

/* The columns of a relation that the other one has too, in order. */
static List *
common_columns(const Object *relation, const Model *other)
{
	List	   *names = NIL;

	foreach_ptr(const Object, o, relation->parts)
	{
		if (sv_class_is(o, column) && sv_model_find(other, o->class, o->identity) != NULL)
			names = lappend(names, (char *) o->name);
	}
	return names;
}

static bool
same_order(const Object *a, const Model *from, const Object *b, const Model *to)
{
	List	   *x = common_columns(a, to);
	List	   *y = common_columns(b, from);
	ListCell   *cx;
	ListCell   *cy;

	forboth(cx, x, cy, y)
	{
		if (strcmp(lfirst(cx), lfirst(cy)) != 0)
			return false;
	}
	return true;
}

static bool
is_missing(const Model *model, const Object *o)
{
	return sv_model_find(model, o->class, o->identity) == NULL;
}

/*
 * Add the objects of a model that the other one has not; parts of such an
 * object go without saying.
 */
static List *
add_missing_objects(List *result, const Model *model, const Model *other, const char *what)
{
	foreach_ptr(const Object, o, model->objects)
	{
		if (is_missing(other, o) && (o->parent == NULL || !is_missing(other, o->parent)))
			result = lappend(result, psprintf("%s: %s", name_of(o), what));
	}
	return result;
}

/*
 * The differences of a state from the one that was expected, each as
 * "kind identity: what"; NIL if there is none.  "options" say whether owners,
 * privileges and comments count; NULL: they do.  What has its columns in another order
 * is added to *disordered, as "kind identity"; where that is NULL it is a difference.
 */
List *
sv_state_differences(const Model *expected, const Model *got, const DiffOptions *options,
					 List **disordered)
{
	List	   *result = add_missing_objects(NIL, expected, got, "missing");

	result = add_missing_objects(result, got, expected, "left over");
	foreach_ptr(const Object, a, expected->objects)
	{
		const Object *b = sv_model_find(got, a->class, a->identity);
		char	   *properties;

		if (b == NULL)
			continue;
		properties = differing_properties(a, b, options);
		if (properties[0] != '\0')
			result = lappend(result, psprintf("%s: %s", name_of(a), properties));
		if (same_order(a, expected, b, got))
			continue;
		if (disordered != NULL)
			*disordered = lappend(*disordered, name_of(a));
		else
			result = lappend(result, psprintf("%s: order of columns", name_of(a)));
	}
	return result;
}
