/*
 * holds.c
 *		Does a table hold a row now, a column a value?
 *
 * The table is read itself, not an estimate, with the scan of its access
 * method: no query is planned, so no policy, rule, view or function of anybody
 * has a part in it.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "base/compat.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "impact/impact.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

static bool
scan_for_value(Relation relation, AttrNumber column)
{
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	TableScanDesc rows = table_beginscan(relation, snapshot, 0, NULL);
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	bool		found = false;

	while (!found && table_scan_getnextslot(rows, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		found = column == 0 || !slot_attisnull(slot, column);
	}
	ExecDropSingleTupleTableSlot(slot);
	table_endscan(rows);
	UnregisterSnapshot(snapshot);
	return found;
}

/* One relation; "name" is that of the column, whose number may be another one in a partition. */
static bool
relation_holds(Oid oid, const char *name)
{
	AttrNumber	column = name ? get_attnum(oid, name) : 0;
	Relation	relation;
	bool		found;

	if (get_rel_relkind(oid) != RELKIND_RELATION || (name != NULL && column == InvalidAttrNumber))
		return false;
	relation = table_open(oid, AccessShareLock);
	found = scan_for_value(relation, column);
	table_close(relation, NoLock);
	return found;
}

/* The table, with its partitions and children but those that part from it before. */
List *
sv_impact_members(const Taken *taken, LOCKMODE lockmode)
{
	List	   *members = find_all_inheritors(taken->relation, lockmode, NULL);
	List	   *apart = NIL;
	ListCell   *cell;

	foreach(cell, taken->apart)
	{
		/* the table itself, and what is above it, parts from others */
		if (lfirst_oid(cell) != taken->relation && list_member_oid(members, lfirst_oid(cell)))
			apart =
				list_concat_unique_oid(apart, find_all_inheritors(lfirst_oid(cell), NoLock, NULL));
	}
	return list_difference_oid(members, apart);
}

/*
 * Does the table hold a row now, or the column a value that is not null, in it or
 * in its partitions and, for a column, children?  False for who does not own
 * the table: such a caller could not drop it.
 */
bool
sv_impact_holds(const Taken *taken)
{
	char		relkind = get_rel_relkind(taken->relation);
	List	   *relations = list_make1_oid(taken->relation);
	ListCell   *cell;

	if (relkind == '\0' || !sv_owns_relation(taken->relation))
		return false;
	if (relkind == RELKIND_PARTITIONED_TABLE || taken->column != 0)
		relations = sv_impact_members(taken, AccessShareLock);
	foreach(cell, relations)
	{
		if (relation_holds(lfirst_oid(cell), taken->column_name))
			return true;
	}
	return false;
}
