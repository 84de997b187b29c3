/*
 * yield.c
 *		Kept data must not be in the way of what scripts do.
 *
 * A kept table has columns of the types that its rows had, so the server would
 * refuse to drop such a type, or drop the column with it.  Where a script drops
 * one, the values become text first, which is what they are read from when they
 * come back.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/tablecmds.h"
#include "kept/kept_private.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* Make a column of a kept table a text. */
void
sv_keep_free_column(Oid table, AttrNumber column)
{
	const char *name = quote_identifier(get_attname(table, column, false));
	char	   *command = psprintf("ALTER TABLE %s ALTER COLUMN %s TYPE text USING %s", sv_relation_text(table), name,
								   sv_image(name));
	StoreScope	scope;
	int			result;

	sv_store_enter(&scope, SV_STORE_WRITE);
	sv_kept_settings();
	result = SPI_execute(command, false, 0);
	if (result < 0)
		elog(ERROR, "ALTER TABLE failed: %s", SPI_result_code_string(result));
	sv_store_leave(&scope);
	CommandCounterIncrement();
}

/* Free all columns of a kept table whose types are not the server's own. */
static bool
free_columns(Oid table)
{
	Relation	relation = table_open(table, AccessExclusiveLock);
	TupleDesc	desc = CreateTupleDescCopy(RelationGetDescr(relation));
	bool		any = false;

	table_close(relation, NoLock);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);

		if (column->attisdropped || column->atttypid < FirstNormalObjectId)
			continue;
		sv_keep_free_column(table, i + 1);
		any = true;
	}
	return any;
}

/*
 * A statement was refused because other objects depend on what it drops, which
 * "detail" lists.  Free the types of those that are kept tables; true if there
 * is one.
 */
bool
sv_keep_free_types(const char *detail)
{
	bool		any = false;
	ListCell   *cell;

	foreach(cell, detail ? sv_store_kept_tables() : NIL)
	{
		const StoredKept *kept = lfirst(cell);
		Oid			table = get_relname_relid(kept->kept_table, sv_kept_schema());

		if (OidIsValid(table) && strstr(detail, quote_qualified_identifier("schemaver_kept", kept->kept_table)) != NULL)
			any |= free_columns(table);
	}
	return any;
}

/*
 * A statement drops a kept table with all that its owner has.  Let it belong to
 * the owner of schemaver's tables; false if it does already.
 */
bool
sv_keep_owner_leaves(Oid table)
{
	StoreScope	scope;
	Oid			heir;
	bool		changes;

	sv_store_enter(&scope, SV_STORE_WRITE);
	heir = GetUserId();
	sv_store_leave(&scope);
	changes = heir != sv_relation_owner(table);
	if (changes)
		ATExecChangeOwner(table, heir, true, AccessExclusiveLock);
	CommandCounterIncrement();
	return changes;
}

/*
 * Remove kept data for good.  Returns how many bytes the table had, -1 if there
 * is none.  Error if something else depends on it, such as a view.
 */
int64
sv_keep_remove(const StoredKept *kept)
{
	Oid			table = kept->kept_table ? sv_find_relation("schemaver_kept", kept->kept_table) : InvalidOid;
	int64		size = -1;
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
