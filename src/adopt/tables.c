/*
 * tables.c
 *		Finding the table of a migration tool, and holding the tool off.
 *
 * A table is a tool's if its name, its columns and the tables beside it are; its
 * name alone says nothing, as many tools share one.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "adopt/adopt_private.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* The next of names separated by blanks; false at the end of the list. */
static bool
next_word(const char **list, char *word, int size)
{
	int			length;

	if (*list == NULL || **list == '\0')
		return false;
	length = strcspn(*list, " ");
	strlcpy(word, *list, Min(length + 1, size));
	*list += length;
	*list += strspn(*list, " ");
	return true;
}

/* Has the table all (or, with "any", one) of the columns? */
static bool
has_columns(Oid relation, const char *columns, bool any)
{
	char		name[NAMEDATALEN];

	while (next_word(&columns, name, sizeof(name)))
	{
		bool		found = get_attnum(relation, name) != InvalidAttrNumber;

		if (found == any)
			return any;
	}
	return !any;
}

/* Is the relation, by its columns and neighbours, the tool's? */
static bool
is_of_tool(const AdoptTool *tool, Oid relation)
{
	Oid			schema = get_rel_namespace(relation);

	if (tool->tables == NULL || !has_columns(relation, tool->columns, false) ||
		(tool->lacks != NULL && has_columns(relation, tool->lacks, true)))
		return false;
	return tool->sign == NULL ||
		OidIsValid(get_relname_relid(tool->sign + 1, schema)) == (*tool->sign == '+');
}

/* Has it a name that the tool documents, where the tool puts it? */
static bool
has_name_of_tool(const AdoptTool *tool, Oid relation)
{
	const char *names = tool->tables;
	const char *relname = get_rel_name(relation);
	char		name[NAMEDATALEN];

	if (tool->schema != NULL &&
		strcmp(get_namespace_name(get_rel_namespace(relation)), tool->schema) != 0)
		return false;
	while (next_word(&names, name, sizeof(name)))
	{
		if (strcmp(name, relname) == 0)
			return true;
	}
	return false;
}

AdoptTable *
sv_adopt_table(const AdoptTool *tool, Oid relation)
{
	AdoptTable *table = palloc0(sizeof(AdoptTable));

	table->tool = tool;
	table->relation = relation;
	table->schema_oid = get_rel_namespace(relation);
	table->schema = get_namespace_name(table->schema_oid);
	table->name = get_rel_name(relation);
	table->owner = sv_relation_owner(relation);
	table->quoted = quote_qualified_identifier(table->schema, table->name);
	return table;
}

/* ---------- plain tables ---------- */

static void
refuse_not_plain(Oid relation, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_REFUSED),
			 errmsg("table %s cannot be taken over", sv_relation_name(relation)),
			 errdetail("%s", what),
			 errhint("Only plain tables are read and written here, as no migration tool makes others.")));
}

static bool
has_own_triggers(Oid relation)
{
	Relation	catalog = table_open(TriggerRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	row;
	bool		found = false;

	ScanKeyInit(&key, Anum_pg_trigger_tgrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relation));
	scan = systable_beginscan(catalog, TriggerRelidNameIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(row = systable_getnext(scan)))
		found |= !((Form_pg_trigger) GETSTRUCT(row))->tgisinternal;
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return found;
}

/* pg_class.relhasrules stays when the last rule is gone. */
static bool
has_rules(Oid oid)
{
	Relation	relation = table_open(oid, AccessShareLock);
	bool		found = relation->rd_rules != NULL;

	table_close(relation, NoLock);
	return found;
}

/* Error unless it is a plain table: nothing of somebody's that would run when it is used. */
void
sv_adopt_check_plain(Oid relation)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	FormData_pg_class class;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", relation)));
	class = *(Form_pg_class) GETSTRUCT(tuple);
	ReleaseSysCache(tuple);
	if (class.relkind != RELKIND_RELATION)
		refuse_not_plain(relation, "It is not a table.");
	if (class.relpersistence == RELPERSISTENCE_TEMP)
		refuse_not_plain(relation, "It is temporary.");
	if (relation < FirstNormalObjectId ||
		OidIsValid(getExtensionOfObject(RelationRelationId, relation)))
		refuse_not_plain(relation, "It belongs to the system or to an extension.");
	if (class.relhasrules && has_rules(relation))
		refuse_not_plain(relation, "It has rules.");
	if (class.relrowsecurity)
		refuse_not_plain(relation, "It has row-level security.");
	if (class.relispartition || has_superclass(relation) ||
		find_inheritance_children(relation, NoLock) != NIL)
		refuse_not_plain(relation, "It is inherited, or inherits.");
	if (class.relhastriggers && has_own_triggers(relation))
		refuse_not_plain(relation, "It has triggers.");
}

/* ---------- finding ---------- */

/* The tables of that name outside of the system's schemas. */
static List *
tables_named(const char *name)
{
	static StoreQuery query = {
		"SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
		"ON n.oid = c.relnamespace WHERE c.relname = $1 AND c.relkind = 'r' AND "
		"c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname NOT IN "
		"('information_schema', 'schemaver', 'schemaver_kept') ORDER BY n.nspname",
		1, {TEXTOID}
	};
	StoreScope	scope;
	List	   *result = NIL;
	uint64		n;

	sv_store_enter(&scope, SV_STORE_READ);
	n = sv_own_execute(&scope, &query, name);
	MemoryContextSwitchTo(scope.caller);
	for (uint64 i = 0; i < n; i++)
		result = lappend_oid(result, (Oid) sv_own_number_at(i, 1, 0));
	sv_store_leave(&scope);
	return result;
}

/* Add the tables of the tool to the list. */
static List *
add_tables(List *found, const AdoptTool *tool)
{
	const char *names = tool->tables;
	char		name[NAMEDATALEN];
	ListCell   *cell;

	while (next_word(&names, name, sizeof(name)))
	{
		foreach(cell, tables_named(name))
		{
			if (is_of_tool(tool, lfirst_oid(cell)) && has_name_of_tool(tool, lfirst_oid(cell)))
				found = lappend(found, sv_adopt_table(tool, lfirst_oid(cell)));
		}
	}
	return found;
}

static void
refuse_none(const char *tool)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_TABLE),
			 tool != NULL ? errmsg("no table of %s was found", tool) :
			 errmsg("no table of a migration tool was found"),
			 errdetail("Looked for by name, columns and the tables beside it: %s.",
					   tool != NULL ? sv_adopt_tool(tool)->tables : sv_adopt_names()),
			 errhint("If it has another name, say relation => 'SCHEMA.TABLE'; of a tool that is not known, say tool => 'custom', query => 'SELECT id, time, user, checksum ...'.")));
}

static void
refuse_several_tables(const List *found)
{
	StringInfoData list;

	initStringInfo(&list);
	foreach_ptr(const AdoptTable, table, found)
		appendStringInfo(&list, "%s%s (%s)", list.len > 0 ? ", " : "", table->quoted,
						 table->tool->name);
	ereport(ERROR,
			(errcode(ERRCODE_SV_AMBIGUOUS_REFERENCE),
			 errmsg("there are several tables of migration tools"),
			 errdetail("They are %s.", list.data),
			 errhint("Say which one with tool => or relation =>.")));
}

/* The tool whose table the caller named. */
static const AdoptTool *
tool_of(Oid relation)
{
	const AdoptTool *result = NULL;
	const AdoptTool *tool;

	for (int i = 0; (tool = sv_adopt_tool_at(i)) != NULL; i++)
	{
		if (is_of_tool(tool, relation) && (result == NULL || has_name_of_tool(tool, relation)))
			result = tool;
	}
	return result;
}

/*
 * The table of the tool (NULL: of any that is recognised), or the one that the
 * caller names.  The caller may read it.
 */
AdoptTable *
sv_adopt_find(const char *name, Oid relation)
{
	const AdoptTool *tool = name != NULL ? sv_adopt_tool(name) : NULL;
	List	   *found = NIL;
	AdoptTable *table;

	if (OidIsValid(relation))
	{
		sv_adopt_check_plain(relation);
		if (tool == NULL)
			tool = tool_of(relation);
		if (tool == NULL || !is_of_tool(tool, relation))
			ereport(ERROR,
					(errcode(ERRCODE_SV_REFUSED),
					 name != NULL ? errmsg("table %s is none of %s", sv_relation_name(relation),
										   name) :
					 errmsg("table %s is of no migration tool that is known",
							sv_relation_name(relation)),
					 name != NULL && tool->columns != NULL ?
					 errdetail("It would have the columns %s.", tool->columns) : 0));
		found = list_make1(sv_adopt_table(tool, relation));
	}
	else if (tool != NULL)
		found = add_tables(NIL, tool);
	else
		for (int i = 0; (tool = sv_adopt_tool_at(i)) != NULL; i++)
			found = add_tables(found, tool);
	if (found == NIL)
		refuse_none(name);
	if (list_length(found) > 1)
		refuse_several_tables(found);
	table = linitial(found);
	if (pg_class_aclcheck(table->relation, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, table->name);
	return table;
}

/* The tool's further tables that are there, as a list of AdoptTable. */
List *
sv_adopt_companions(const AdoptTable *table)
{
	const char *names = table->tool->companions;
	char		name[NAMEDATALEN];
	List	   *result = NIL;

	while (next_word(&names, name, sizeof(name)))
	{
		Oid			relation = get_relname_relid(name, table->schema_oid);

		if (OidIsValid(relation))
			result = lappend(result, sv_adopt_table(table->tool, relation));
	}
	return result;
}

/* ---------- holding the tool off ---------- */

static void
refuse_busy_table(const AdoptTable *table, const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_RUN_ACTIVE),
			 errmsg("a run of %s is active", table->tool->name),
			 errdetail("%s", why),
			 errhint("Try again when it has ended. If no run is active, let %s itself release the lock.",
					 table->tool->name)));
}

/*
 * Take the tool's own lock until the end of the transaction, so that no run of it
 * is or comes under way, and a lock on its tables.  Nobody is waited for.
 */
void
sv_adopt_take_lock(const AdoptTable *table, bool write)
{
	LOCKMODE	mode = write ? ShareRowExclusiveLock : AccessShareLock;
	int64		key = table->tool->lock != NULL ? table->tool->lock(table) : table->tool->lock_key;
	char	   *busy;

	if (key != 0 &&
		!DatumGetBool(DirectFunctionCall1(pg_try_advisory_xact_lock_int8, Int64GetDatum(key))))
		refuse_busy_table(table, "It holds its advisory lock.");
	if (!ConditionalLockRelationOid(table->relation, mode))
		refuse_busy_table(table, psprintf("Table %s is locked.", table->quoted));
	sv_adopt_check_plain(table->relation);
	busy = sv_adopt_busy(table);
	if (busy != NULL)
		refuse_busy_table(table, psprintf("It is %s.", busy));
}
