/*
 * holds.c
 *		Does a table hold a row now, a column a value?  How many rows stand in the way?
 *
 * The table is read itself, not an estimate, with the scan of its access
 * method: no query is planned, so no policy, rule, view or function of anybody
 * has a part in it.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "base/base.h"
#include "base/compat.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "impact/impact.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/array.h"
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
 * the table: such a caller could not drop it.  True where the rows are elsewhere: they
 * cannot be seen.
 */
bool
sv_impact_holds(const Taken *taken)
{
	char		relkind = get_rel_relkind(taken->relation);
	List	   *relations = list_make1_oid(taken->relation);
	ListCell   *cell;

	if (relkind == '\0' || !sv_owns_relation(taken->relation))
		return false;
	if (sv_is_distributed(taken->relation))
		return true;
	if (relkind == RELKIND_PARTITIONED_TABLE || taken->column != 0)
		relations = sv_impact_members(taken, AccessShareLock);
	foreach(cell, relations)
	{
		if (relation_holds(lfirst_oid(cell), taken->column_name))
			return true;
	}
	return false;
}

/* ---------- rows that stand in the way ---------- */

/* Is one of the enum's values that go in an array? */
static bool
array_has_label(Datum value, Oid element, const List *labels)
{
	ArrayType  *array = DatumGetArrayTypeP(value);
	Datum	   *elements;
	bool	   *nulls;
	int			n;
	bool		found = false;

	deconstruct_array(array, element, sizeof(Oid), true, TYPALIGN_INT, &elements, &nulls, &n);
	for (int i = 0; i < n && !found; i++)
		found = !nulls[i] && list_member_oid(labels, DatumGetObjectId(elements[i]));
	pfree(elements);
	pfree(nulls);
	if ((Pointer) array != DatumGetPointer(value))
		pfree(array);
	return found;
}

/* "element" is the type of the elements of an array, else InvalidOid. */
static bool
stands_in_the_way(TupleTableSlot *slot, AttrNumber column, Oid element, const Demand *demand)
{
	bool		isnull = false;
	Datum		value;

	if (demand->kind == SV_DEMAND_VALUE)
		return true;
	value = slot_getattr(slot, column, &isnull);
	if (demand->kind == SV_DEMAND_NOT_NULL || isnull)
		return isnull && demand->kind == SV_DEMAND_NOT_NULL;
	return OidIsValid(element) ? array_has_label(value, element, demand->labels) :
		list_member_oid(demand->labels, DatumGetObjectId(value));
}

/* -1: it is larger than "limit" blocks. */
static int64
count_in_relation(Oid oid, const char *name, const Demand *demand, BlockNumber limit)
{
	AttrNumber	column = name ? get_attnum(oid, name) : 0;
	Oid			element = column > 0 ? get_element_type(getBaseType(get_atttype(oid, column))) :
	InvalidOid;
	Relation	relation;
	Snapshot	snapshot;
	TableScanDesc rows;
	TupleTableSlot *slot;
	int64		n = 0;

	if (get_rel_relkind(oid) != RELKIND_RELATION || (name != NULL && column <= 0))
		return 0;
	relation = table_open(oid, AccessShareLock);
	if (RelationGetNumberOfBlocks(relation) > limit)
	{
		table_close(relation, NoLock);
		return -1;
	}
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	rows = table_beginscan(relation, snapshot, 0, NULL);
	slot = table_slot_create(relation, NULL);
	while (table_scan_getnextslot(rows, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		n += stands_in_the_way(slot, column, element, demand);
	}
	ExecDropSingleTupleTableSlot(slot);
	table_endscan(rows);
	UnregisterSnapshot(snapshot);
	table_close(relation, NoLock);
	return n;
}

/*
 * How many rows of the table, its partitions and children stand in the way of the
 * demand now?  -1: no look at them tells, the caller does not own the table, or one
 * of them is larger than "limit" blocks.  All of the table is read.
 */
int64
sv_impact_in_the_way(const Demand *demand, BlockNumber limit)
{
	Oid			relation = demand->of.relation;
	const char *name = demand->column ? sv_impact_column(relation, demand->column) : NULL;
	int64		n = 0;
	ListCell   *cell;

	if (demand->kind == SV_DEMAND_OTHER || get_rel_relkind(relation) == '\0' ||
		!sv_owns_relation(relation) || (demand->kind != SV_DEMAND_VALUE && name == NULL))
		return -1;
	foreach(cell, find_all_inheritors(relation, AccessShareLock, NULL))
	{
		int64		more = count_in_relation(lfirst_oid(cell), name, demand, limit);

		if (more < 0)
			return -1;
		n += more;
	}
	return n;
}
