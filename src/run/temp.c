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

static void *
read_address(uint64 row)
{
	ObjectAddress *object = palloc0(sizeof(ObjectAddress));

	ObjectAddressSet(*object, (Oid) sv_own_number_at(row, 1, InvalidOid),
					 (Oid) sv_own_number_at(row, 2, InvalidOid));
	return object;
}

/* The objects in this session's temporary schema, a list of ObjectAddress *. */
List *
sv_temp_objects(void)
{
	static StoreQuery query = {
		"SELECT classid, objid FROM pg_catalog.pg_depend "
		"WHERE refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND refobjid = $1 "
		"AND deptype = 'n'", 1, {OIDOID}
	};
	Oid			schema;
	Oid			toast;

	GetTempNamespaceState(&schema, &toast);
	return OidIsValid(schema) ? sv_own_rows(SV_STORE_WRITE, &query, read_address, schema) : NIL;
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

	foreach(cell, sv_temp_objects())
	{
		if (sv_base_has_object(before, lfirst(cell)))
			continue;
		add_exact_object_address(lfirst(cell), doomed);
		any = true;
	}
	if (any)
		performMultipleDeletions(doomed, DROP_CASCADE,
								 PERFORM_DELETION_INTERNAL | PERFORM_DELETION_QUIETLY);
	free_object_addresses(doomed);
}
