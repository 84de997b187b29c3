/*
 * lock_out.c
 *		Keeping the old tool out: it fails at the first statement that reads or
 *		writes its tables.
 *
 * Nothing of the table itself changes.  It gets a child, a foreign table whose
 * wrapper raises the error as soon as a query that concerns the child is planned,
 * which is every query but one of ONLY the table; and a trigger for INSERT, which
 * does not look at children.
 */
#include "postgres.h"

#include "adopt/adopt_private.h"
#include "catalog/namespace.h"
#include "commands/trigger.h"
#include "foreign/fdwapi.h"
#include "foreign/foreign.h"
#include "commands/defrem.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/pathnodes.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#define SUFFIX "_locked_out"

PG_FUNCTION_INFO_V1(sv_adopt_locked_out_handler);
PG_FUNCTION_INFO_V1(sv_adopt_locked_out_trigger);

/* ---------- the error ---------- */

static void
refuse_tool(const char *tool)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_REFUSED),
			 errmsg("the migrations of this database are run by schemaver, not by %s", tool),
			 errdetail("The table of %s is locked.", tool),
			 errhint("To give the database back: SELECT * FROM schemaver.release(%s);",
					 quote_literal_cstr(tool))));
}

/* A query that concerns the foreign table is being planned. */
static void
refuse_planning(PlannerInfo * root, RelOptInfo * relation, Oid table)
{
	const char *tool = "its tool";
	ListCell   *cell;

	foreach(cell, GetForeignTable(table)->options)
	{
		if (strcmp(lfirst_node(DefElem, cell)->defname, "tool") == 0)
			tool = defGetString(lfirst_node(DefElem, cell));
	}
	refuse_tool(tool);
}

Datum
sv_adopt_locked_out_handler(PG_FUNCTION_ARGS)
{
	FdwRoutine *routine = makeNode(FdwRoutine);

	routine->GetForeignRelSize = refuse_planning;
	PG_RETURN_POINTER(routine);
}

Datum
sv_adopt_locked_out_trigger(PG_FUNCTION_ARGS)
{
	const		Trigger *trigger;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function must be called as a trigger")));
	trigger = ((TriggerData *) fcinfo->context)->tg_trigger;
	refuse_tool(trigger->tgnargs > 0 ? trigger->tgargs[0] : "its tool");
	PG_RETURN_NULL();
}

/* ---------- locking and unlocking ---------- */

/* The name of the table's child. */
static char *
child_name(const AdoptTable *table)
{
	int			length = strlen(table->name);
	int			most = NAMEDATALEN - 1 - strlen(SUFFIX);

	if (length > most)
		length = pg_mbcliplen(table->name, length, most);
	return psprintf("%.*s%s", length, table->name, SUFFIX);
}

static void
check_table_owner(const AdoptTable *table)
{
	if (!has_privs_of_role(GetUserId(), table->owner))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, table->name);
}

static void
lock_table(const AdoptTable *table, const char *source)
{
	const char *child = quote_qualified_identifier(table->schema, child_name(table));
	const char *tool = quote_literal_cstr(table->tool->name);
	AdoptedObject object = {table->schema, child_name(table), "lock", table->tool->name, source};

	check_table_owner(table);
	sv_adopt_check_plain(table->relation);
	sv_adopt_execute(table, psprintf("CREATE FOREIGN TABLE %s () INHERITS (%s) "
									 "SERVER schemaver_locked_out OPTIONS (tool %s)",
									 child, table->quoted, tool));
	sv_adopt_execute(table, psprintf("CREATE TRIGGER schemaver_locked_out BEFORE INSERT ON %s "
									 "FOR EACH STATEMENT EXECUTE FUNCTION "
									 "schemaver.locked_out_trigger(%s)",
									 table->quoted, tool));
	object.oid = get_relname_relid(child_name(table), table->schema_oid);
	sv_store_adopt(&object);
}

static void
unlock_table(const AdoptTable *table)
{
	const char *child = child_name(table);

	check_table_owner(table);
	sv_adopt_execute(table, psprintf("DROP FOREIGN TABLE IF EXISTS %s",
									 quote_qualified_identifier(table->schema, child)));
	sv_adopt_execute(table, psprintf("DROP TRIGGER IF EXISTS schemaver_locked_out ON %s",
									 table->quoted));
	sv_store_forget_adopted(table->schema, child);
}

/* The tables that were taken over from the tool; error if there are none. */
static List *
adopted_tables(const char *tool, const char *source)
{
	List	   *tables = sv_store_adopted(tool, source);

	(void) sv_adopt_tool(tool);
	if (tables == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("nothing was taken over from %s", tool),
				 errhint("SELECT * FROM schemaver.adopt(%s, dry_run => false);",
						 quote_literal_cstr(tool))));
	return tables;
}

/*
 * Lock the tool out of the tables that were taken over from it.  Again is no
 * error.  Returns the tables, as AdoptedObject.
 */
List *
sv_adopt_lock_out(const char *tool, const char *source)
{
	List	   *tables = adopted_tables(tool, source);

	sv_lock_run("schemaver.lock_out()");
	foreach_ptr(AdoptedObject, object, tables)
	{
		if (object->locked_out || !OidIsValid(object->oid))
			continue;
		lock_table(sv_adopt_table(sv_adopt_tool(tool), object->oid), object->source);
		sv_store_set_locked_out(tool, object->source, true);
	}
	return tables;
}

/* Let the tool in again. */
void
sv_adopt_let_in(const char *tool, const List *tables)
{
	foreach_ptr(AdoptedObject, object, tables)
	{
		if (!object->locked_out || !OidIsValid(object->oid))
			continue;
		unlock_table(sv_adopt_table(sv_adopt_tool(tool), object->oid));
		sv_store_set_locked_out(tool, object->source, false);
	}
}

/* Error if the tool is locked out of the table. */
void
sv_adopt_refuse_locked_out(Oid relation)
{
	foreach_ptr(const AdoptedObject, object, sv_store_adopted(NULL, NULL))
	{
		if (object->oid == relation && object->locked_out)
			refuse_tool(object->tool);
	}
}
