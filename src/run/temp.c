/*
 * temp.c
 *		Temporary objects that a script leaves behind.
 *
 * A script expects to begin without the temporary tables of the one before, as
 * it would in a psql of its own.
 */
#include "postgres.h"

#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "run/run.h"

/* The objects in this session's temporary schema, a list of ObjectAddress *. */
static List *
temporary_objects(void)
{
	static StoreQuery query = {
		"SELECT classid, objid FROM pg_catalog.pg_depend "
		"WHERE refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND refobjid = $1 "
		"AND deptype = 'n'", 1, {OIDOID}
	};
	StoreScope	scope;
	List	   *objects = NIL;
	Oid			schema;
	Oid			toast;
	Datum		values[1];
	uint64		n;

	GetTempNamespaceState(&schema, &toast);
	if (!OidIsValid(schema))
		return NIL;
	values[0] = ObjectIdGetDatum(schema);
	sv_store_enter(&scope, SV_STORE_WRITE);
	n = sv_store_execute(&scope, &query, values, NULL);
	MemoryContextSwitchTo(scope.caller);
	for (uint64 i = 0; i < n; i++)
	{
		ObjectAddress *object = palloc(sizeof(ObjectAddress));
		bool		isnull;

		object->classId = DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull));
		object->objectId = DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2, &isnull));
		object->objectSubId = 0;
		objects = lappend(objects, object);
	}
	sv_store_leave(&scope);
	return objects;
}

/* The temporary objects that exist before a script runs. */
List *
sv_temp_objects(void)
{
	return temporary_objects();
}

static bool
is_listed(const List *objects, const ObjectAddress *object)
{
	ListCell   *cell;

	foreach(cell, objects)
	{
		const ObjectAddress *known = lfirst(cell);

		if (known->classId == object->classId && known->objectId == object->objectId)
			return true;
	}
	return false;
}

/*
 * Drop the temporary objects that are there now and were not before, with all
 * that depends on them, as the end of the session would.
 */
void
sv_temp_drop_new(List *before)
{
	ObjectAddresses *doomed = new_object_addresses();
	bool		any = false;
	ListCell   *cell;

	foreach(cell, temporary_objects())
	{
		if (is_listed(before, lfirst(cell)))
			continue;
		add_exact_object_address(lfirst(cell), doomed);
		any = true;
	}
	if (any)
		performMultipleDeletions(doomed, DROP_CASCADE,
								 PERFORM_DELETION_INTERNAL | PERFORM_DELETION_QUIETLY);
	free_object_addresses(doomed);
}
