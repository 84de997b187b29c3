/*
 * adopted.c
 *		Rows of "adopted": tables of other migration tools that were taken over.
 *
 * What stands there is no part of a model.  As that is asked of every object that
 * is read, the OIDs are cached in the session; a change of the table clears the
 * caches of all sessions.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "store/store.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

/* Columns of "adopted", in their order. */
enum
{
	ADOPTED_SCHEMA_NAME = 1,
	ADOPTED_NAME,
	ADOPTED_KIND,
	ADOPTED_TOOL,
	ADOPTED_SOURCE,
	ADOPTED_OID,
	ADOPTED_SYSTEM_IDENTIFIER,
	ADOPTED_DATABASE
};

static List *relations = NIL;	/* OIDs, in CacheMemoryContext */
static List *schemas = NIL;
static bool is_valid = false;

static void
forget_adopted(Datum arg, Oid relation)
{
	is_valid = false;
}

static Oid
adopted_table(void)
{
	Oid			schema = get_namespace_oid("schemaver", true);

	return OidIsValid(schema) ? get_relname_relid("adopted", schema) : InvalidOid;
}

/* The object that a row means in this database: by its OID, or by its name after a restore. */
static Oid
object_of_row(HeapTuple row, TupleDesc desc, bool *is_schema)
{
	bool		isnull;
	Name		schema = DatumGetName(heap_getattr(row, ADOPTED_SCHEMA_NAME, desc, &isnull));
	Name		name = DatumGetName(heap_getattr(row, ADOPTED_NAME, desc, &isnull));
	char	   *kind = TextDatumGetCString(heap_getattr(row, ADOPTED_KIND, desc, &isnull));
	Oid			oid = DatumGetObjectId(heap_getattr(row, ADOPTED_OID, desc, &isnull));
	Oid			namespace;

	*is_schema = strcmp(kind, "schema") == 0;
	if (DatumGetInt64(heap_getattr(row, ADOPTED_SYSTEM_IDENTIFIER, desc, &isnull)) ==
		(int64) GetSystemIdentifier() &&
		DatumGetObjectId(heap_getattr(row, ADOPTED_DATABASE, desc, &isnull)) == MyDatabaseId)
		return oid;
	namespace = get_namespace_oid(NameStr(*schema), true);
	if (*is_schema || !OidIsValid(namespace))
		return namespace;
	return get_relname_relid(NameStr(*name), namespace);
}

static void
read_cache(void)
{
	static bool registered = false;
	Oid			table = adopted_table();
	Relation	relation;
	SysScanDesc scan;
	HeapTuple	row;

	if (!registered)
	{
		CacheRegisterRelcacheCallback(forget_adopted, (Datum) 0);
		registered = true;
	}
	list_free(relations);
	list_free(schemas);
	relations = schemas = NIL;
	is_valid = true;
	if (!OidIsValid(table))
		return;
	relation = table_open(table, AccessShareLock);
	scan = systable_beginscan(relation, InvalidOid, false, NULL, 0, NULL);
	while (HeapTupleIsValid(row = systable_getnext(scan)))
	{
		bool		is_schema;
		Oid			oid = object_of_row(row, RelationGetDescr(relation), &is_schema);
		MemoryContext caller = MemoryContextSwitchTo(CacheMemoryContext);

		if (is_schema)
			schemas = lappend_oid(schemas, oid);
		else
			relations = lappend_oid(relations, oid);
		MemoryContextSwitchTo(caller);
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
}

/* Does the address mean a table of another tool, or what belongs to it?  See LeftOutFn. */
bool
sv_store_is_adopted(const ObjectAddress *address)
{
	if (address->classId != RelationRelationId && address->classId != NamespaceRelationId)
		return false;
	if (!is_valid)
		read_cache();
	return list_member_oid(address->classId == RelationRelationId ? relations : schemas,
						   address->objectId);
}

static void
clear_caches(void)
{
	CacheInvalidateRelcacheByRelid(adopted_table());
}

/* Record that the object belongs to the tool; again is no error. */
void
sv_store_adopt(const AdoptedObject *object)
{
	static StoreQuery query = {
		"INSERT INTO schemaver.adopted (schema_name, name, kind, tool, source, oid, "
		"system_identifier, database, adopted_at, adopted_by, keys) "
		"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (schema_name, name, kind) "
		"DO UPDATE SET tool = excluded.tool, source = excluded.source, oid = excluded.oid, "
		"system_identifier = excluded.system_identifier, database = excluded.database, "
		"keys = excluded.keys",
		11, {TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, OIDOID, INT8OID, OIDOID,
		TIMESTAMPTZOID, TEXTOID, TEXTARRAYOID}
	};

	sv_own_query(SV_STORE_WRITE, &query, object->schema, object->name, object->kind, object->tool,
				 object->source, object->oid, (int64) GetSystemIdentifier(), MyDatabaseId,
				 GetCurrentTimestamp(), sv_role_name(GetUserId()), object->keys);
	clear_caches();
}

static void *
read_adopted(uint64 row)
{
	AdoptedObject *object = palloc0(sizeof(AdoptedObject));
	Oid			schema;

	object->schema = sv_own_text(row, 1);
	object->name = sv_own_text(row, 2);
	object->kind = sv_own_text(row, 3);
	object->tool = sv_own_text(row, 4);
	object->source = sv_own_text(row, 5);
	object->locked_out = DatumGetBool(sv_own_value(row, 6));
	object->oid = DatumGetObjectId(sv_own_value(row, 7));
	object->keys = sv_own_text_list(row, 9);
	if (!DatumGetBool(sv_own_value(row, 8)))
	{
		schema = get_namespace_oid(object->schema, true);
		object->oid = OidIsValid(schema) ? get_relname_relid(object->name, schema) : InvalidOid;
	}
	return object;
}

/*
 * The tables that were taken over from the tool (NULL: from all) for the source
 * (NULL: for all), the state tables first: a list of AdoptedObject.
 */
List *
sv_store_adopted(const char *tool, const char *source)
{
	static StoreQuery query = {
		"SELECT CAST(schema_name AS text), CAST(name AS text), kind, tool, source, locked_out, "
		"oid, system_identifier = $3 AND database = $4, keys FROM schemaver.adopted "
		"WHERE tool = coalesce($1, tool) AND source = coalesce($2, source) "
		"AND kind IN ('state', 'companion') ORDER BY tool, source, kind DESC, schema_name, name",
		4, {TEXTOID, TEXTOID, INT8OID, OIDOID}
	};

	return sv_own_rows(SV_STORE_WRITE, &query, read_adopted, tool, source,
					   (int64) GetSystemIdentifier(), MyDatabaseId);
}

/* Note whether the tool is locked out of its tables. */
void
sv_store_set_locked_out(const char *tool, const char *source, bool locked_out)
{
	static StoreQuery query = {
		"UPDATE schemaver.adopted SET locked_out = $3 WHERE tool = $1 AND source = $2",
		3, {TEXTOID, TEXTOID, BOOLOID}
	};

	sv_own_query(SV_STORE_WRITE, &query, tool, source, locked_out);
	clear_caches();
}

/* Forget an object, which is no more. */
void
sv_store_forget_adopted(const char *schema, const char *name)
{
	static StoreQuery query = {
		"DELETE FROM schemaver.adopted WHERE schema_name = $1 AND name = $2", 2,
		{TEXTOID, TEXTOID}
	};

	sv_own_query(SV_STORE_WRITE, &query, schema, name);
	clear_caches();
}
