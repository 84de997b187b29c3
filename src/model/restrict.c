/*
 * restrict.c
 *		A model of some schemas alone.
 */
#include "postgres.h"

#include "catalog/pg_namespace.h"
#include "model/model.h"

static bool
is_in_names(const char *name, List *names)
{
	ListCell   *cell;

	foreach(cell, names)
	{
		if (strcmp(lfirst(cell), name) == 0)
			return true;
	}
	return false;
}

/* Is it one of the schemas, in one of them, or part of something there? */
bool
sv_model_is_within(const Object *object, List *schemas)
{
	const char *schema = object->class->catalog == NamespaceRelationId ? object->name :
	object->schema;

	return schema != NULL && is_in_names(schema, schemas);
}

static List *
those_within(List *objects, List *schemas)
{
	List	   *result = NIL;
	ListCell   *cell;

	foreach(cell, objects)
	{
		if (sv_model_is_within(lfirst(cell), schemas))
			result = lappend(result, lfirst(cell));
	}
	return result;
}

/* Let the model forget all that is not in one of the schemas. */
void
sv_model_restrict(Model *model, List *schemas)
{
	ListCell   *cell;

	foreach(cell, model->objects)
	{
		if (!sv_model_is_within(lfirst(cell), schemas))
			sv_model_forget(model, lfirst(cell));
	}
	model->objects = those_within(model->objects, schemas);
	foreach(cell, model->objects)
	{
		Object	   *o = lfirst(cell);

		o->number = foreach_current_index(cell);
		o->parts = those_within(o->parts, schemas);
		o->needs = those_within(o->needs, schemas);
		o->vanishes_with = those_within(o->vanishes_with, schemas);
		if (o->parent != NULL && !sv_model_is_within(o->parent, schemas))
			o->parent = NULL;
	}
}
