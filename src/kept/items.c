/*
 * items.c
 *		What was kept of one thing, and whether it may and can come back.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "kept/kept_private.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* The relation of that name, InvalidOid if there is none. */
Oid
sv_kept_find(const char *schema, const char *name)
{
	Oid			namespace = get_namespace_oid(schema, true);

	return OidIsValid(namespace) ? get_relname_relid(name, namespace) : InvalidOid;
}

/* Names and types of the columns of a kept table, to see later whether somebody has altered it. */
char *
sv_kept_layout(Oid table)
{
	Relation	relation = relation_open(table, AccessShareLock);
	TupleDesc	desc = RelationGetDescr(relation);
	StringInfoData layout;

	initStringInfo(&layout);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);

		if (!column->attisdropped)
			appendStringInfo(&layout, "%s%s %s", layout.len > 0 ? ", " :
							 "", quote_identifier(NameStr(column->attname)),
							 format_type_with_typemod(column->atttypid, column->atttypmod));
	}
	relation_close(relation, NoLock);
	return layout.data;
}

/*
 * Has the kept table the columns that the item needs? Without damage it has,
 * so a row of kept_data may be edited.
 */
static bool
has_kept_columns(const StoredKept *kept, Oid rows)
{
	int			n = list_length(kept->columns);
	ListCell   *cell;

	if (kept->column_name != NULL)
	{
		Relation	table = relation_open(rows, NoLock);
		int			natts = RelationGetNumberOfAttributes(table);

		relation_close(table, NoLock);
		return natts == n + (kept->kind == SV_KEPT_TYPE ? 2 : 1);
	}
	foreach(cell, kept->columns)
	{
		if (get_attnum(rows, lfirst(cell)) == InvalidAttrNumber)
			return false;
	}
	return n == list_length(kept->types);
}

/* The table that has the rows, locked exclusively; error if it is gone or was altered. */
Oid
sv_kept_rows_of(const StoredKept *kept)
{
	Oid			rows = sv_kept_find("schemaver_kept", kept->kept_table);
	char	   *name = quote_qualified_identifier("schemaver_kept", kept->kept_table);
	char	   *layout;

	if (OidIsValid(rows))
		LockRelationOid(rows, AccessExclusiveLock);
	if (!OidIsValid(rows) || get_rel_relkind(rows) != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table %s, which has kept data, does not exist", name),
				 errdetail("It is not schemaver that has dropped or renamed it."),
				 errhint("To give the data up: SELECT * FROM schemaver.purge_kept();")));
	layout = sv_kept_layout(rows);
	if (strcmp(layout, kept->layout) != 0 || !has_kept_columns(kept, rows))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table %s, which has kept data, was altered", name),
				 errdetail("Its columns were %s, but are %s.", kept->layout, layout),
				 errhint("Alter it back, or copy its rows and run SELECT * FROM schemaver.purge_kept();")));
	return rows;
}

bool
sv_kept_is_open(const Pending *item, KeptKind kind)
{
	return !item->done && item->kept->kind == kind;
}

/* Error unless the current user may have what was kept in "rows". */
void
sv_kept_claim(Oid rows)
{
	Oid			owner = sv_relation_owner(rows);

	if (!has_privs_of_role(GetUserId(), owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for table %s", get_rel_name(rows)),
				 errdetail("It belongs to the role \"%s\".", sv_role_name(owner))));
}

/* The item is back: forget it. */
void
sv_kept_finish(Pending *item)
{
	Oid			rows = InvalidOid;

	if (item->kept->kept_table != NULL)
		rows = sv_kept_find("schemaver_kept", item->kept->kept_table);
	if (OidIsValid(rows))
		sv_kept_drop(rows);
	if (OidIsValid(item->unchanged))
		sv_kept_drop(item->unchanged);
	sv_store_forget_kept(item->kept->number);
	item->done = true;
}

/* Is the item's column one of this relation, or of a partitioned table above it? */
bool
sv_kept_concerns(const Pending *item, Oid relation)
{
	Oid			origin = sv_kept_find(item->kept->schema_name, item->kept->table_name);

	if (!OidIsValid(origin) || origin == relation)
		return OidIsValid(origin);
	return get_rel_relkind(origin) == RELKIND_PARTITIONED_TABLE &&
		get_rel_relispartition(relation) &&
		list_member_oid(get_partition_ancestors(relation), origin);
}

/*
 * Remove kept data for good.  Returns how many bytes the table had, -1 if there
 * is none.  Error if something else depends on it, such as a view.
 */
int64
sv_kept_remove(const StoredKept *kept)
{
	Oid			table = kept->kept_table ? sv_kept_find("schemaver_kept", kept->kept_table) :
	InvalidOid;
	int64		size;
	ObjectAddress address;

	sv_store_forget_kept(kept->number);
	if (!OidIsValid(table))
		return -1;
	LockRelationOid(table, AccessExclusiveLock);
	size = DatumGetInt64(DirectFunctionCall1(pg_total_relation_size, ObjectIdGetDatum(table)));
	ObjectAddressSet(address, RelationRelationId, table);
	performDeletion(&address, DROP_RESTRICT, 0);
	CommandCounterIncrement();
	return size;
}

/* ---------- reading ---------- */

typedef struct Reading
{
	Oid			rows;
	KeptRowFn	row;
	void	   *arg;
} Reading;

static void
read_kept_rows(void *arg)
{
	const Reading *reading = arg;
	Relation	table = table_open(reading->rows, AccessShareLock);
	TupleTableSlot *slot = table_slot_create(table, NULL);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	TableScanDesc scan = table_beginscan(table, snapshot, 0, NULL);
	MemoryContext context =
	AllocSetContextCreate(CurrentMemoryContext, "schemaver kept row", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);

	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		reading->row(DirectFunctionCall1(row_to_json, ExecFetchSlotHeapTupleDatum(slot)),
					 reading->arg);
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	table_endscan(scan);
	UnregisterSnapshot(snapshot);
	ExecDropSingleTupleTableSlot(slot);
	table_close(table, NoLock);
}

/*
 * Give each row that is kept, as the owner of the table, restricted.  Error unless
 * the current user has the rights of that role, and if the table from which
 * the rows came had row security.
 */
void
sv_kept_read(const StoredKept *kept, KeptRowFn row, void *arg)
{
	Reading		reading = {InvalidOid, row, arg};

	if (kept->kept_table == NULL)
		return;
	reading.rows = sv_kept_find("schemaver_kept", kept->kept_table);
	if (!OidIsValid(reading.rows) || get_rel_relkind(reading.rows) != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table %s, which has kept data, does not exist",
						quote_qualified_identifier("schemaver_kept", kept->kept_table))));
	sv_kept_claim(reading.rows);
	if (kept->row_security)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("kept rows of table %s cannot be read",
						quote_qualified_identifier(kept->schema_name, kept->table_name)),
				 errdetail("The table had row security, which cannot be applied to them.")));
	sv_base_run_as(sv_relation_owner(reading.rows), read_kept_rows, &reading);
}
