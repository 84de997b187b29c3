/*
 * known_schemas.c
 *		Schemas that were read with the units in them.
 *
 * Every unit needs its schema, which hardly ever changes: it is read once in the
 * memory of some steps, and again where anybody has changed a schema since.
 */
#include "postgres.h"

#include "catalog/pg_namespace.h"
#include "track/track_private.h"
#include "utils/inval.h"
#include "utils/syscache.h"

static List *models = NIL;		/* in each of them is a schema that no other one has */
static bool changed = false;	/* a schema is another one now than that which was read */

static void
note_schema_change(Datum arg, int cache, uint32 hash)
{
	changed = true;
}

/* Called once, when the library is loaded. */
void
sv_known_schemas_install(void)
{
	CacheRegisterSyscacheCallback(NAMESPACEOID, note_schema_change, (Datum) 0);
}

/* The model in which a schema was read, NULL: it is to be read. */
const Model *
sv_known_schema(Oid schema)
{
	ListCell   *cell;

	if (changed)
		sv_forget_schemas();
	foreach(cell, models)
	{
		if (sv_model_at(lfirst(cell), NamespaceRelationId, schema, 0) != NULL)
			return lfirst(cell);
	}
	return NULL;
}

/* Remember the model, which the current context holds, if it has a schema that none has. */
void
sv_keep_schemas(Model *model)
{
	foreach_ptr(const Object, o, model->objects)
	{
		if (o->address.classId == NamespaceRelationId && o->context &&
			sv_known_schema(o->address.objectId) == NULL)
			models = lappend(models, model);
	}
}

/* Forget them all, which is due where the memory of the models goes. */
void
sv_forget_schemas(void)
{
	models = NIL;
	changed = false;
}
