/*
 * scan_table.c
 *		Schemas and tables, read straight from the catalogs.
 *
 * Nearly all tables have nothing but a name, an owner and privileges: an object of
 * these is made of the row as it stands.  All others are left to the query of the
 * class.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "model/model_private.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* Begin an object with an owner and privileges. */
static Object *
new_object(Reader *reader, Relation catalog, HeapTuple tuple, Oid oid, const char *name, Oid owner,
		   AttrNumber acl_column)
{
	Object	   *o = sv_model_object(reader->model, reader->class);
	bool		isnull;
	Datum		acl = heap_getattr(tuple, acl_column, RelationGetDescr(catalog), &isnull);
	List	   *privileges = isnull ? NIL : sv_acl_list(acl, reader->class->acl_type, owner);
	Property	properties[] = {{"owner", sv_role_name(owner)}, {"acl", NULL, privileges}};

	o->name = sv_model_string(reader->model, name);
	ObjectAddressSet(o->address, reader->class->catalog, oid);
	sv_model_set_properties(reader->model, o, properties, privileges != NIL ? 2 : 1);
	return o;
}

/* Is the OID in an array of OIDs without nulls? */
static bool
is_in(Datum array, Oid oid)
{
	ArrayType  *oids = DatumGetArrayTypeP(array);
	int			n = ArrayGetNItems(ARR_NDIM(oids), ARR_DIMS(oids));

	for (int i = 0; i < n; i++)
		if (((Oid *) ARR_DATA_PTR(oids))[i] == oid)
			return true;
	return false;
}

/* ----- schemas ----- */

static void
read_schema(Reader *reader, Relation catalog, HeapTuple tuple, void *arg)
{
	Form_pg_namespace row = (Form_pg_namespace) GETSTRUCT(tuple);
	ObjectAddress address;
	Object	   *o;

	memset(&address, 0, sizeof(address));
	ObjectAddressSet(address, NamespaceRelationId, row->oid);
	if (!is_in(*(const Datum *) arg, row->oid) || sv_reader_leaves_out(reader, &address))
		return;
	o = new_object(reader, catalog, tuple, row->oid, NameStr(row->nspname), row->nspowner,
				   Anum_pg_namespace_nspacl);
	o->identity = sv_reader_identity(reader, o, NULL);
	sv_model_add(reader->model, o);
}

/* Read the schemas. */
void
sv_scan_schemas(Reader *reader, StoreScope *store, const Datum *values)
{
	sv_scan_by_oid(reader, NamespaceRelationId, NamespaceOidIndexId, Anum_pg_namespace_oid,
				   read_schema, (void *) &values[0]);
}

/* ----- tables ----- */

typedef struct TableScan
{
	Datum		schemas;
	List	   *others;			/* OIDs of tables that are not plain */
} TableScan;

/* Has the TOAST table of a table options? */
static bool
has_toast_options(Relation catalog, Oid toast)
{
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		result;

	if (!OidIsValid(toast))
		return false;
	ScanKeyInit(&key, Anum_pg_class_oid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(toast));
	scan = systable_beginscan(catalog, ClassOidIndexId, true, GetActiveSnapshot(), 1, &key);
	tuple = systable_getnext(scan);
	result = HeapTupleIsValid(tuple) &&
		!heap_attisnull(tuple, Anum_pg_class_reloptions, RelationGetDescr(catalog));
	systable_endscan(scan);
	return result;
}

static bool
is_plain_relation(Relation catalog, HeapTuple tuple)
{
	Form_pg_class row = (Form_pg_class) GETSTRUCT(tuple);

	return row->relkind == RELKIND_RELATION && row->relpersistence == RELPERSISTENCE_PERMANENT &&
		row->relam == HEAP_TABLE_AM_OID && !OidIsValid(row->reltablespace) &&
		!OidIsValid(row->reloftype) && !row->relrowsecurity && !row->relforcerowsecurity &&
		row->relreplident == REPLICA_IDENTITY_DEFAULT &&
		heap_attisnull(tuple, Anum_pg_class_reloptions, RelationGetDescr(catalog)) &&
		!has_toast_options(catalog, row->reltoastrelid);
}

static void
read_table(Reader *reader, Relation catalog, HeapTuple tuple, void *arg)
{
	TableScan  *state = arg;
	Form_pg_class row = (Form_pg_class) GETSTRUCT(tuple);
	ObjectAddress address;
	Object	   *o;
	Object	   *schema;

	if ((row->relkind != RELKIND_RELATION && row->relkind != RELKIND_PARTITIONED_TABLE) ||
		row->relpersistence == RELPERSISTENCE_TEMP || !is_in(state->schemas, row->relnamespace))
		return;
	if (!is_plain_relation(catalog, tuple))
	{
		state->others = lappend_oid(state->others, row->oid);
		return;
	}
	memset(&address, 0, sizeof(address));
	ObjectAddressSet(address, RelationRelationId, row->oid);
	if (sv_reader_leaves_out(reader, &address))
		return;
	o = new_object(reader, catalog, tuple, row->oid, NameStr(row->relname), row->relowner,
				   Anum_pg_class_relacl);
	o->schema_oid = row->relnamespace;
	schema = sv_model_at(reader->model, NamespaceRelationId, row->relnamespace, 0);
	o->schema = schema ? schema->name : get_namespace_name(row->relnamespace);
	if (o->schema == NULL)
		return;					/* just dropped */
	o->identity = sv_reader_identity(reader, o, NULL);
	sv_model_add(reader->model, o);
}

/* Read the tables. */
void
sv_scan_tables(Reader *reader, StoreScope *store, const Datum *values)
{
	TableScan	state = {values[0]};

	sv_scan_by_oid(reader, RelationRelationId, ClassOidIndexId, Anum_pg_class_oid, read_table,
				   &state);
	sv_reader_some(reader, store, values, state.others);
}
