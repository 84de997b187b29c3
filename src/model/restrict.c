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
	foreach_ptr(const char, string, names)
	{
		if (strcmp(string, name) == 0)
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

	foreach_ptr(const Object, object, base->objects)
	{
		if (sv_model_is_within(object, schemas))
			sv_model_copy(model, object);
	}
	sv_model_link(model, base->objects);
	return model;
}
