/*
 * leftovers.c
 *		What a statement outside of transactions left when it failed half-way,
 *		and whether it is done already.
 *
 * CREATE INDEX CONCURRENTLY leaves an invalid index, which IF NOT EXISTS would
 * keep; REINDEX CONCURRENTLY leaves invalid copies; DETACH CONCURRENTLY a
 * partition that is neither in nor out.  And a statement may have succeeded
 * although nobody could record it.  Everything is looked up under the settings
 * that the statement runs with; nothing is changed here.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_subscription.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "online/online_private.h"
#include "store/store.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

static const Leftover execute_it = {SV_LEFTOVER_EXECUTE, NULL};
static const Leftover wait_for_it = {SV_LEFTOVER_WAIT, NULL};

static Leftover
clean_by(char *cleanup)
{
	Leftover	leftover = {SV_LEFTOVER_CLEAN, cleanup};

	return leftover;
}

static Leftover
done_already(Oid relation)
{
	Leftover	leftover = {SV_LEFTOVER_DONE, NULL, relation};

	return leftover;
}

static char *
qualified_name(Oid relation)
{
	return quote_qualified_identifier(get_namespace_name_or_temp(get_rel_namespace(relation)),
									  get_rel_name(relation));
}

static Leftover
clean_by_drop(Oid index)
{
	return clean_by(psprintf("DROP INDEX CONCURRENTLY %s", qualified_name(index)));
}

/*
 * The first column of a query's first row as an OID; invalid if there is no row.
 * Its parameters are those two and the current user.
 */
static Oid
look_up_oid(StoreQuery *query, Oid first, Oid second)
{
	return (Oid) sv_own_number(SV_STORE_WRITE, query, InvalidOid, first, second, GetUserId());
}

/* Is any session building this index? */
static bool
is_being_built(Oid index)
{
	static StoreQuery query = {
		"SELECT index_relid FROM pg_catalog.pg_stat_progress_create_index WHERE index_relid = $1 "
		"OR index_relid = $2",
		2, {OIDOID, OIDOID}
	};

	return OidIsValid(look_up_oid(&query, index, index));
}

/* ---------- CREATE INDEX CONCURRENTLY ---------- */

/* An index of the statement's name exists on its table. */
static Leftover
judge_index(const char *statement, const IndexStmt *stmt, Oid table, Oid index,
			StatementHistory history)
{
	/* in this order: whoever ends building it in between makes it valid */
	if (is_being_built(index))
		return wait_for_it;
	if (!get_index_isvalid(index))
		return clean_by_drop(index);
	if (sv_same_index(statement, table, index))
		return done_already(index);
	if (history == SV_STATEMENT_FORMER)
		return execute_it;
	ereport(ERROR,
			(errcode(ERRCODE_DUPLICATE_TABLE),
			 errmsg("index \"%s\" already exists with another definition", stmt->idxname),
			 errdetail("It is: %s.",
					   TextDatumGetCString(DirectFunctionCall1(pg_get_indexdef,
															   ObjectIdGetDatum(index)))),
			 errhint("Rename or drop it, or give the new one another name.")));
	return execute_it;
}

/* A statement without a name was begun before: did it make or leave an index? */
static Leftover
find_unnamed_index(const char *statement, Oid table)
{
	static StoreQuery query = {
		"SELECT indexrelid FROM pg_catalog.pg_index i WHERE indrelid = $1 AND indexrelid > $2 "
		"AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint c WHERE c.conindid = i.indexrelid) "
		"ORDER BY indexrelid LIMIT 1",
		2, {OIDOID, OIDOID}
	};
	Oid			index = InvalidOid;

	while (OidIsValid(index = look_up_oid(&query, table, index)))
	{
		if (!sv_same_index(statement, table, index))
			continue;
		if (is_being_built(index))
			return wait_for_it;
		return get_index_isvalid(index) ? done_already(index) : clean_by_drop(index);
	}
	return execute_it;
}

static Leftover
before_create_index(const char *statement, const IndexStmt *stmt, StatementHistory history)
{
	Oid			table = RangeVarGetRelid(stmt->relation, NoLock, true);
	Oid			index;

	if (!OidIsValid(table))
		return execute_it;
	if (stmt->idxname == NULL)
		return history == SV_STATEMENT_NEW ? execute_it : find_unnamed_index(statement, table);
	index = get_relname_relid(stmt->idxname, get_rel_namespace(table));
	if (!OidIsValid(index) || get_rel_relkind(index) != RELKIND_INDEX ||
		IndexGetRelation(index, true) != table)
		return execute_it;
	return judge_index(statement, stmt, table, index, history);
}

/* ---------- the others, where they were begun before ---------- */

static Leftover
after_drop_index(const DropStmt *stmt)
{
	RangeVar   *name = makeRangeVarFromNameList(linitial_node(List, stmt->objects));

	return OidIsValid(RangeVarGetRelid(name, NoLock, true)) ? execute_it : done_already(InvalidOid);
}

/*
 * An invalid copy of an index that the caller can name, to drop it: those of
 * TOAST tables are for superusers.
 */
static Leftover
after_reindex(const ReindexStmt *stmt)
{
	static StoreQuery query = {
		"SELECT i.indexrelid FROM pg_catalog.pg_index i "
		"JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid "
		"JOIN pg_catalog.pg_class t ON t.oid = i.indrelid "
		"LEFT JOIN pg_catalog.pg_class m ON m.reltoastrelid = t.oid AND t.relkind = 't' "
		"WHERE NOT i.indisvalid AND c.relkind = 'i' AND c.relname ~ '_cc(new|old)[0-9]*$' "
		"AND $1 IN (0, coalesce(m.oid, t.oid)) "
		"AND $2 IN (0, coalesce(m.relnamespace, t.relnamespace)) "
		"AND pg_catalog.has_schema_privilege($3, c.relnamespace, 'USAGE') "
		"AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p "
		"WHERE p.relid = i.indrelid) ORDER BY i.indexrelid LIMIT 1",
		3, {OIDOID, OIDOID, OIDOID}
	};
	Oid			table = InvalidOid;
	Oid			schema = InvalidOid;
	Oid			copy;

	if (stmt->relation != NULL)
	{
		table = RangeVarGetRelid(stmt->relation, NoLock, true);
		if (stmt->kind == REINDEX_OBJECT_INDEX && OidIsValid(table))
			table = IndexGetRelation(table, true);
		if (!OidIsValid(table))
			return execute_it;
	}
	else if (stmt->kind == REINDEX_OBJECT_SCHEMA)
		schema = get_namespace_oid(stmt->name, true);
	copy = look_up_oid(&query, table, schema);
	return OidIsValid(copy) ? clean_by_drop(copy) : execute_it;
}

static Leftover
after_detach(const AlterTableStmt *stmt)
{
	static StoreQuery attached = {
		"SELECT inhrelid FROM pg_catalog.pg_inherits WHERE inhparent = $1 AND inhrelid = $2",
		2, {OIDOID, OIDOID}
	};
	static StoreQuery pending = {
		"SELECT inhrelid FROM pg_catalog.pg_inherits WHERE inhparent = $1 AND inhrelid = $2 AND "
		"inhdetachpending",
		2, {OIDOID, OIDOID}
	};
	const AlterTableCmd *command = linitial_node(AlterTableCmd, stmt->cmds);
	Oid			parent = RangeVarGetRelid(stmt->relation, NoLock, true);
	Oid			part = RangeVarGetRelid(castNode(PartitionCmd, command->def)->name, NoLock, true);

	if (!OidIsValid(parent) || !OidIsValid(part))
		return execute_it;
	if (!OidIsValid(look_up_oid(&attached, parent, part)))
		return done_already(part);
	if (!OidIsValid(look_up_oid(&pending, parent, part)))
		return execute_it;
	return clean_by(psprintf("ALTER TABLE %s DETACH PARTITION %s FINALIZE",
							 qualified_name(parent), qualified_name(part)));
}

/*
 * What to do about a statement that is to run outside of transactions.  One that
 * is not in the script any more is not to be executed: only SV_LEFTOVER_CLEAN
 * asks for something then.
 */
Leftover
sv_leftovers(const char *statement, StatementHistory history)
{
	Node	   *tree = sv_parse_one(statement);
	const char *subscription;

	if (IsA(tree, IndexStmt))
		return before_create_index(statement, (IndexStmt *) tree, history);
	if (history == SV_STATEMENT_NEW)
		return execute_it;
	switch (nodeTag(tree))
	{
		case T_DropStmt:
			return after_drop_index((DropStmt *) tree);
		case T_DropSubscriptionStmt:
			subscription = ((DropSubscriptionStmt *) tree)->subname;
			return OidIsValid(get_subscription_oid(subscription, true)) ? execute_it :
				done_already(InvalidOid);
		case T_ReindexStmt:
			return after_reindex((ReindexStmt *) tree);
		case T_AlterTableStmt:
			return after_detach((AlterTableStmt *) tree);
		default:
			return execute_it;
	}
}
