/*
 * hide.c
 *		Make the live schema invisible for the rest of a subtransaction, so that
 *		another one can be built under the same names.
 *
 * Schemas and other objects that have only a name are renamed, the rest is
 * deleted from its catalog, each by one change of one catalog row: without the
 * locks, checks and event triggers of the commands, so nobody who reads or
 * writes the tables waits.  Nothing of it is ever committed: the caller rolls
 * the subtransaction back.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_cast.h"
#include "catalog/pg_class.h"
#include "catalog/pg_default_acl.h"
#include "catalog/pg_event_trigger.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_transform.h"
#include "catalog/pg_type.h"
#include "catalog/pg_user_mapping.h"
#include "commands/alter.h"
#include "commands/comment.h"
#include "commands/defrem.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "proof/proof_private.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* What cannot be renamed, nor deleted from its catalog, waits here. */
#define PARKING_SCHEMA "schemaver_hidden_extensions"

static void
rename_row(Relation catalog, HeapTuple tuple, AttrNumber name_column, Oid oid)
{
	int			natts = RelationGetDescr(catalog)->natts;
	Datum	   *values = palloc0(sizeof(Datum) * natts);
	bool	   *nulls = palloc0(sizeof(bool) * natts);
	bool	   *replace = palloc0(sizeof(bool) * natts);
	NameData	name;
	HeapTuple	changed;

	namestrcpy(&name, psprintf("schemaver_hidden_%u", oid));
	values[name_column - 1] = NameGetDatum(&name);
	replace[name_column - 1] = true;
	changed = heap_modify_tuple(tuple, RelationGetDescr(catalog), values, nulls, replace);
	CatalogTupleUpdate(catalog, &tuple->t_self, changed);
}

static void
hide_object(const ObjectAddress *address)
{
	Relation	catalog = table_open(address->classId, RowExclusiveLock);
	HeapTuple	tuple =
	get_catalog_object_by_oid(catalog, get_object_attnum_oid(address->classId), address->objectId);
	AttrNumber	name_column = get_object_attnum_name(address->classId);

	if (HeapTupleIsValid(tuple))
	{
		if (name_column == InvalidAttrNumber || address->classId == EventTriggerRelationId)
			CatalogTupleDelete(catalog, &tuple->t_self);
		else
			rename_row(catalog, tuple, name_column, address->objectId);
	}
	table_close(catalog, RowExclusiveLock);
}

/*
 * Whoever may hide a schema can build another one of that name for a moment, and
 * functions with more rights may trust the name: only its owner may.
 */
static void
check_may_hide(Oid schema)
{
	Oid			owner = sv_cached_oid(NAMESPACEOID, schema, Anum_pg_namespace_nspowner);

	if (!OidIsValid(owner) || has_privs_of_role(GetUserId(), owner))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("must be owner of schema %s",
					quote_identifier(get_namespace_name(schema))),
			 errdetail(
					   "A wanted schema is built under the real names of the schemas that it is "
					   "compared with."),
			 errhint("Name the schemas to compare with schemas => '{...}', or run it as their owner.")));
}

/* Let everybody use a schema. */
static void
grant_usage(Oid schema, Oid owner)
{
	Relation	catalog = table_open(NamespaceRelationId, RowExclusiveLock);
	HeapTuple	tuple = get_catalog_object_by_oid(catalog, Anum_pg_namespace_oid, schema);
	AclItem		item = {ACL_ID_PUBLIC, owner};
	Datum		columns[Natts_pg_namespace] = {0};
	bool		nulls[Natts_pg_namespace] = {0};
	bool		replace[Natts_pg_namespace] = {0};
	HeapTuple	changed;

	ACLITEM_SET_PRIVS_GOPTIONS(item, ACL_USAGE, ACL_NO_RIGHTS);
	columns[Anum_pg_namespace_nspacl - 1] =
		PointerGetDatum(aclupdate(acldefault(OBJECT_SCHEMA, owner), &item,
								  ACL_MODECHG_ADD, owner,
								  DROP_RESTRICT));
	replace[Anum_pg_namespace_nspacl - 1] = true;
	changed = heap_modify_tuple(tuple, RelationGetDescr(catalog), columns, nulls, replace);
	CatalogTupleUpdate(catalog, &tuple->t_self, changed);
	table_close(catalog, RowExclusiveLock);
}

/*
 * The schema "public" as a new database has it.  By the catalogs alone: no
 * command, so no event trigger, and no role but the current one.
 */
static void
create_public(void)
{
	Oid			schema = NamespaceCreate("public", ROLE_PG_DATABASE_OWNER, false);

	CommandCounterIncrement();
	grant_usage(schema, ROLE_PG_DATABASE_OWNER);
	CreateComments(schema, NamespaceRelationId, 0, "standard public schema");
}

/*
 * Citus carries DDL out on its other nodes, where nothing is hidden and little is rolled
 * back; the schemas of TimescaleDB's own tables cannot be renamed.
 */
static void
check_alone(void)
{
	const char *extension = sv_distributing_extension();

	if (extension != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the sandbox cannot be used in a database with %s", extension),
				 errdetail("%s would act on what the sandbox executes, outside of it.", extension),
				 errhint("Do this in a database with the same schema and without that extension.")));
}

/* A hidden schema that is there for the rest of the subtransaction. */
static Oid
parking_schema(HTAB *hidden)
{
	Oid			schema = get_namespace_oid(PARKING_SCHEMA, true);
	ObjectAddress address;

	if (OidIsValid(schema))
		return schema;
	memset(&address, 0, sizeof(address));
	schema = NamespaceCreate(PARKING_SCHEMA, BOOTSTRAP_SUPERUSERID, false);
	CommandCounterIncrement();
	ObjectAddressSet(address, NamespaceRelationId, schema);
	hash_search(hidden, &address, HASH_ENTER, NULL);
	return schema;
}

/*
 * The schema of an extension stays in sight, for its members stay in it; what others have in
 * it is moved away.  This alone takes locks.
 */
static void
hide_guests(const Model *live, HTAB *hidden)
{
	ObjectAddresses *moved = new_object_addresses();

	foreach_ptr(const Object, o, live->objects)
	{
		Oid			schema;

		if (o->schema == NULL || !OidIsValid(o->address.classId) ||
			(o->parent != NULL && o->address.classId != StatisticExtRelationId))
			continue;
		schema = sv_unit_schema(&o->address);
		if (!OidIsValid(getExtensionOfObject(NamespaceRelationId, schema)))
			continue;
		check_may_hide(schema);
		AlterObjectNamespace_oid(o->address.classId, o->address.objectId, parking_schema(hidden),
								 moved);
	}
	/* not before: a sequence that its table takes along must still seem to be where it was */
	CommandCounterIncrement();
	free_object_addresses(moved);
}

/*
 * Hide all of the model that is in no schema, and all schemas of it; then make
 * a new schema "public" if there is to be one.  Returns the set of what is hidden.
 */
HTAB *
sv_hide(const Model *live, bool with_public)
{
	HASHCTL		control = {0};
	HTAB	   *hidden;

	check_alone();
	control.hcxt = CurrentMemoryContext;
	control.keysize = sizeof(ObjectAddress);
	control.entrysize = sizeof(ObjectAddress);
	hidden = hash_create("schemaver hidden", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	hide_guests(live, hidden);
	foreach_ptr(Object, o, live->objects)
	{
		if (o->schema != NULL || o->parent != NULL || !OidIsValid(o->address.classId))
			continue;
		if (o->address.classId == NamespaceRelationId)
			check_may_hide(o->address.objectId);
		hash_search(hidden, &o->address, HASH_ENTER, NULL);
		if (o->address.classId != ExtensionRelationId)
			hide_object(&o->address);
	}
	CommandCounterIncrement();
	if (with_public)
		create_public();
	CommandCounterIncrement();
	return hidden;
}

/* ----- extensions: they stay, their members move to where they are wanted ----- */

static void
move_members(Oid extension, Oid schema)
{
	DependScan	scan = sv_depend_begin(ExtensionRelationId, extension, true, NULL);
	ObjectAddresses *moved = new_object_addresses();
	Form_pg_depend row;

	while ((row = sv_depend_next(&scan)) != NULL)
	{
		if (row->deptype == DEPENDENCY_EXTENSION)
			AlterObjectNamespace_oid(row->classid, row->objid, schema, moved);
	}
}

static void
set_extension_schema(Oid extension, Oid old, Oid schema)
{
	Relation	catalog = table_open(ExtensionRelationId, RowExclusiveLock);
	HeapTuple	tuple = get_catalog_object_by_oid(catalog, Anum_pg_extension_oid, extension);

	((Form_pg_extension) GETSTRUCT(tuple))->extnamespace = schema;
	CatalogTupleUpdate(catalog, &tuple->t_self, tuple);
	table_close(catalog, RowExclusiveLock);
	changeDependencyFor(ExtensionRelationId, extension, NamespaceRelationId, old, schema);
	CommandCounterIncrement();
}

static Oid
schema_of_extension(Oid extension)
{
	Relation	catalog = table_open(ExtensionRelationId, AccessShareLock);
	HeapTuple	tuple = get_catalog_object_by_oid(catalog, Anum_pg_extension_oid, extension);
	Oid			schema = ((Form_pg_extension) GETSTRUCT(tuple))->extnamespace;

	table_close(catalog, AccessShareLock);
	return schema;
}

static const char *
option_of(const CreateExtensionStmt *statement, const char *name)
{
	foreach_ptr(DefElem, option, statement->options)
	{
		if (strcmp(option->defname, name) == 0)
			return defGetString(option);
	}
	return NULL;
}

static bool
is_hidden(HTAB *hidden, Oid catalog, Oid oid)
{
	ObjectAddress address;

	memset(&address, 0, sizeof(address));
	ObjectAddressSet(address, catalog, oid);
	return hash_search(hidden, &address, HASH_FIND, NULL) != NULL;
}

/* The schema into which CREATE EXTENSION would put what is there already. */
static Oid
wanted_schema(HTAB *hidden, const CreateExtensionStmt *statement, Oid now)
{
	const char *given = option_of(statement, "schema");
	List	   *path;

	if (given != NULL)
		return get_namespace_oid(given, false);
	if (!is_hidden(hidden, NamespaceRelationId, now))
		return now;
	path = fetch_search_path(false);
	if (path == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_SCHEMA),
				 errmsg("no schema has been selected to create in")));
	return linitial_oid(path);
}

/*
 * Bring an extension to a version.  Where no update leads there (it would have
 * to be re-created), only its row says so: its members are not compared.
 */
static void
set_extension_version(const char *name, const char *version)
{
	Oid			types[2] = {NAMEOID, TEXTOID};
	Datum		values[2];
	NameData	extension;

	namestrcpy(&extension, name);
	values[1] = CStringGetTextDatum(version);
	values[0] = NameGetDatum(&extension);
	SPI_execute_with_args(
						  "SELECT FROM pg_catalog.pg_extension e, "
						  "pg_catalog.pg_extension_update_paths(e.extname) p "
						  "WHERE e.extname OPERATOR(pg_catalog.=) $1 AND p.source "
						  "OPERATOR(pg_catalog.=) e.extversion "
						  "AND p.target OPERATOR(pg_catalog.=) $2 AND p.path IS NOT NULL", 2,
						  types, values, NULL, false, 0);
	if (SPI_processed > 0)
		SPI_execute(psprintf("ALTER EXTENSION %s UPDATE TO %s", quote_identifier(name),
							 quote_literal_cstr(version)), false, 0);
	else
	{
		Oid			oid = get_extension_oid(name, false);
		Relation	catalog = table_open(ExtensionRelationId, RowExclusiveLock);
		HeapTuple	tuple = get_catalog_object_by_oid(catalog, Anum_pg_extension_oid, oid);
		Datum		columns[Natts_pg_extension] = {0};
		bool		nulls[Natts_pg_extension] = {0};
		bool		replace[Natts_pg_extension] = {0};
		HeapTuple	changed;

		columns[Anum_pg_extension_extversion - 1] = values[1];
		replace[Anum_pg_extension_extversion - 1] = true;
		changed = heap_modify_tuple(tuple, RelationGetDescr(catalog), columns, nulls, replace);
		CatalogTupleUpdate(catalog, &tuple->t_self, changed);
		table_close(catalog, RowExclusiveLock);
		CommandCounterIncrement();
	}
}

/* The comment that CREATE EXTENSION would give it. */
static void
set_extension_comment(Oid extension, const char *name)
{
	NameData	key;
	Oid			type = NAMEOID;
	Datum		value = NameGetDatum(&key);

	namestrcpy(&key, name);
	if (SPI_execute_with_args(
							  "SELECT comment FROM pg_catalog.pg_available_extensions() WHERE name "
							  "OPERATOR(pg_catalog.=) $1", 1, &type, &value, NULL,
							  false, 1) == SPI_OK_SELECT && SPI_processed == 1)
		CreateComments(extension, ExtensionRelationId, 0,
					   SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1));
	CommandCounterIncrement();
}

/*
 * If the statement creates an extension that the live database has, use that
 * one and return true.
 */
bool
sv_hide_create_extension(HTAB *hidden, const Node *tree)
{
	const CreateExtensionStmt *statement = (const CreateExtensionStmt *) tree;
	Oid			extension;
	ObjectAddress address;
	Oid			now;
	Oid			schema;

	if (!IsA(tree, CreateExtensionStmt))
		return false;
	extension = get_extension_oid(statement->extname, true);
	if (!OidIsValid(extension))
		return false;
	if (!is_hidden(hidden, ExtensionRelationId, extension))
		return strcmp(statement->extname, "schemaver") == 0;
	memset(&address, 0, sizeof(address));
	ObjectAddressSet(address, ExtensionRelationId, extension);
	hash_search(hidden, &address, HASH_REMOVE, NULL);

	now = schema_of_extension(extension);
	schema = wanted_schema(hidden, statement, now);
	if (schema != now)
	{
		move_members(extension, schema);
		set_extension_schema(extension, now, schema);
	}
	if (option_of(statement, "new_version") != NULL)
		set_extension_version(statement->extname, option_of(statement, "new_version"));
	set_extension_comment(extension, statement->extname);
	return true;
}

/* The extensions that are hidden (ObjectAddress *). */
static List *
hidden_extensions(HTAB *hidden)
{
	List	   *result = NIL;
	HASH_SEQ_STATUS all;
	ObjectAddress *address;

	hash_seq_init(&all, hidden);
	while ((address = hash_seq_search(&all)) != NULL)
		if (address->classId == ExtensionRelationId)
		{
			ObjectAddress *copy = palloc(sizeof(ObjectAddress));

			*copy = *address;
			result = lappend(result, copy);
		}
	return result;
}

/*
 * As sv_subtransaction(); where the work is rolled back, what it did with the extensions of
 * the live database (created them, that is, used them, or dropped them) is undone, too.
 * "hidden" may be NULL.
 */
ErrorData *
sv_hide_subtransaction(HTAB *hidden, SubtransactionFn work, void *arg, bool keep)
{
	List	   *before = hidden ? hidden_extensions(hidden) : NIL;
	ErrorData  *error = sv_subtransaction(work, arg, keep);
	ListCell   *cell;

	if (hidden == NULL || (keep && error == NULL))
		return error;
	foreach(cell, hidden_extensions(hidden))
		hash_search(hidden, lfirst(cell), HASH_REMOVE, NULL);
	foreach(cell, before)
		hash_search(hidden, lfirst(cell), HASH_ENTER, NULL);
	return error;
}

/*
 * Let scripts that never create the extensions of the live database find them
 * where they are in it, as far as a schema of that name is there.  In the model
 * they stay hidden.
 */
void
sv_hide_bring_extensions(HTAB *hidden, const Model *live)
{
	foreach_ptr(const Object, o, live->objects)
	{
		const Object *schema;
		Oid			now;
		Oid			fresh;

		if (o->address.classId != ExtensionRelationId)
			continue;
		now = schema_of_extension(o->address.objectId);
		schema = sv_model_at(live, NamespaceRelationId, now, 0);
		if (schema == NULL || !is_hidden(hidden, NamespaceRelationId, now))
			continue;
		fresh = get_namespace_oid(schema->name, true);
		if (!OidIsValid(fresh))
			continue;
		move_members(o->address.objectId, fresh);
		set_extension_schema(o->address.objectId, now, fresh);
	}
}

/*
 * Let an extension of the live database, which other objects there may need,
 * look as if it were dropped.  Returns false if there is none of that name.
 */
bool
sv_hide_drop_extension(HTAB *hidden, const char *name)
{
	Oid			extension = get_extension_oid(name, true);
	Oid			schema;
	ObjectAddress address;
	Oid			now;

	if (!OidIsValid(extension))
		return false;
	schema = parking_schema(hidden);
	memset(&address, 0, sizeof(address));
	ObjectAddressSet(address, ExtensionRelationId, extension);
	hash_search(hidden, &address, HASH_ENTER, NULL);
	now = schema_of_extension(extension);
	move_members(extension, schema);
	set_extension_schema(extension, now, schema);
	return true;
}
