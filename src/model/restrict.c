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

/* A copy of the model without what is not in one of the schemas. */
Model *
sv_model_restricted(const Model *base, List *schemas)
{
	Model	   *model = sv_model_like(base);
	ListCell   *cell;

	foreach(cell, base->objects)
	{
		if (sv_model_is_within(lfirst(cell), schemas))
			sv_model_copy(model, lfirst(cell));
	}
	sv_model_link(model, base->objects);
	return model;
}
