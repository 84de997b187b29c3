/*
 * items.c
 *		What was kept of one thing, and whether it may and can come back.
 */
#include "postgres.h"

#include "catalog/dependency.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "commands/tablecmds.h"
#include "kept/kept_private.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"

bool
sv_is_listed(List *names, const char *name)
{
	ListCell   *cell;

	foreach(cell, names)
		if (strcmp(lfirst(cell), name) == 0)
			return true;
	return false;
}

/* The column of a kept table that has the values. */
AttrNumber
sv_value_column(const StoredKept *kept)
{
	return kept->whole_row ? 3 : list_length(kept->columns) + 1;
}

bool
sv_item_is_open(const Pending *item, const char *kind)
{
	return !item->done && strcmp(item->kept->kind, kind) == 0;
}

Oid
sv_item_rows(const Pending *item)
{
	Oid			rows = sv_find_relation("schemaver_kept", item->kept->kept_table);

	if (!OidIsValid(rows))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table \"schemaver_kept.%s\" does not exist", item->kept->kept_table)));
	return rows;
}

/* Error unless the current user may have what was kept in "rows". */
void
sv_claim(Oid rows)
{
	Oid			owner = sv_relation_owner(rows);

	if (!has_privs_of_role(GetUserId(), owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for table %s", get_rel_name(rows)),
				 errdetail("It belongs to the role \"%s\".", sv_role_name(owner))));
}

/* Error unless the columns are there by which rows are found again. */
void
sv_check_identity(const StoredKept *kept, Oid relation)
{
	ListCell   *cell;

	foreach(cell, kept->columns)
		if (get_attnum(relation, lfirst(cell)) == InvalidAttrNumber)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("column \"%s\", by which rows are found again, does not exist", (char *) lfirst(cell))));
}

/* Let a table of ours belong to a role, which is going to read it. */
void
sv_give(Oid rows, Oid owner)
{
	if (sv_relation_owner(rows) == owner)
		return;
	ATExecChangeOwner(rows, owner, true, AccessExclusiveLock);
	CommandCounterIncrement();
}

void
sv_drop_bare(Oid table)
{
	ObjectAddress address;

	ObjectAddressSet(address, RelationRelationId, table);
	performDeletion(&address, DROP_RESTRICT, PERFORM_DELETION_INTERNAL);
	CommandCounterIncrement();
}

/* The item is back: forget it. */
void
sv_item_finish(Pending *item)
{
	Oid			rows = InvalidOid;

	if (item->kept->kept_table != NULL)
		rows = sv_find_relation("schemaver_kept", item->kept->kept_table);
	if (OidIsValid(rows))
		sv_drop_bare(rows);
	if (OidIsValid(item->unchanged))
		sv_drop_bare(item->unchanged);
	sv_store_forget_kept(item->kept->number);
	item->done = true;
}

/* Is the item's column one of this relation, or of a partitioned table above it? */
bool
sv_item_concerns(const Pending *item, Oid relation)
{
	Oid			origin = sv_find_relation(item->kept->schema_name, item->kept->table_name);

	if (!OidIsValid(origin) || origin == relation)
		return OidIsValid(origin);
	return get_rel_relkind(origin) == RELKIND_PARTITIONED_TABLE && get_rel_relispartition(relation) &&
		list_member_oid(get_partition_ancestors(relation), origin);
}
