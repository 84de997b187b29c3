/*
 * pending_events.c
 *		Where the file of a run needs a commit because of pending trigger events.
 *
 * A row that was written under a deferred constraint leaves an event that waits for
 * the end of the transaction, and ALTER TABLE, DROP and the like refuse a table with
 * such events.  An online run learns of it from the server; the file for psql has
 * to know before.  So it goes by the text of the scripts and by the triggers that
 * tables have now, and rather commits once too often.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_trigger.h"
#include "report/report_private.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

/* Can both names be of the same table? */
static bool
same_table(const RangeVar *a, const RangeVar *b)
{
	return strcmp(a->relname, b->relname) == 0 &&
		(a->schemaname == NULL || b->schemaname == NULL ||
		 strcmp(a->schemaname, b->schemaname) == 0);
}

static bool
is_among_tables(const List *tables, const RangeVar *table)
{
	foreach_ptr(const RangeVar, var, tables)
	{
		if (same_table(var, table))
			return true;
	}
	return false;
}

static Oid
find_table(const RangeVar *table)
{
	Oid			schema;

	if (table->schemaname == NULL)
		return RelnameGetRelid(table->relname);
	schema = get_namespace_oid(table->schemaname, true);
	return OidIsValid(schema) ? get_relname_relid(table->relname, schema) : InvalidOid;
}

/* Is the trigger that of a foreign key of, or to, a table that the run has dropped by then? */
static bool
goes_before(const PendingEvents *pending, Form_pg_trigger trigger)
{
	RangeVar	other = {T_RangeVar};

	if (!OidIsValid(trigger->tgconstrrelid))
		return false;
	other.relname = get_rel_name(trigger->tgconstrrelid);
	other.schemaname = get_namespace_name(get_rel_namespace(trigger->tgconstrrelid));
	return other.relname != NULL && is_among_tables(pending->dropped, &other);
}

/* Has the table, as it is now, a trigger that can be deferred? */
static bool
has_deferrable_trigger(const PendingEvents *pending, const RangeVar *table)
{
	Oid			relation = find_table(table);
	Relation	triggers;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;
	bool		result = false;

	if (!OidIsValid(relation))
		return false;
	triggers = table_open(TriggerRelationId, AccessShareLock);
	ScanKeyInit(&key, Anum_pg_trigger_tgrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relation));
	scan = systable_beginscan(triggers, TriggerRelidNameIndexId, true, NULL, 1, &key);
	while (!result && (tuple = systable_getnext(scan)) != NULL)
	{
		Form_pg_trigger trigger = (Form_pg_trigger) GETSTRUCT(tuple);

		result = trigger->tgdeferrable && !goes_before(pending, trigger);
	}
	systable_endscan(scan);
	table_close(triggers, AccessShareLock);
	return result;
}

/* The table whose rows a statement writes, or NULL. */
static const RangeVar *
written_table(const Node *tree)
{
	switch (nodeTag(tree))
	{
		case T_InsertStmt:
			return ((const InsertStmt *) tree)->relation;
		case T_UpdateStmt:
			return ((const UpdateStmt *) tree)->relation;
		case T_DeleteStmt:
			return ((const DeleteStmt *) tree)->relation;
		case T_MergeStmt:
			return ((const MergeStmt *) tree)->relation;
		case T_CopyStmt:
			return ((const CopyStmt *) tree)->is_from ? ((const CopyStmt *) tree)->relation : NULL;
		default:
			return NULL;
	}
}

/* Does the statement need a table without pending events? */
static bool
meets_pending_events(const PendingEvents *pending, const Node *tree)
{
	if (pending->written == NIL ||
		!(IsA(tree, AlterTableStmt) || IsA(tree, DropStmt) || IsA(tree, TruncateStmt) ||
		  IsA(tree, IndexStmt) || IsA(tree, ClusterStmt)))
		return false;
	foreach_ptr(const LockTarget, target, sv_lock_targets(tree))
	{
		if (is_among_tables(pending->written, target->relation))
			return true;
	}
	return false;
}

/* Remember the tables to which a statement gives a constraint that can be deferred. */
static void
note_deferrable(PendingEvents *pending, const Script *script, int statement, const Node *tree)
{
	if (!IsA(tree, CreateStmt) && !IsA(tree, AlterTableStmt) && !IsA(tree, CreateTrigStmt))
		return;
	if (strcasestr(sv_script_statement_text(script, statement), "deferrable") == NULL)
		return;
	foreach_ptr(const LockTarget, target, sv_lock_targets(tree))
		pending->deferrable =
		lappend(pending->deferrable, (void *) target->relation);
	if (IsA(tree, CreateStmt))
		pending->deferrable = lappend(pending->deferrable, ((CreateStmt *) tree)->relation);
	if (IsA(tree, CreateTrigStmt))
		pending->deferrable = lappend(pending->deferrable, ((CreateTrigStmt *) tree)->relation);
}

static void
note_dropped_tables(PendingEvents *pending, const Node *tree)
{
	if (!IsA(tree, DropStmt) || ((const DropStmt *) tree)->removeType != OBJECT_TABLE)
		return;
	foreach_ptr(const LockTarget, target, sv_lock_targets(tree))
		pending->dropped =
		lappend(pending->dropped, (void *) target->relation);
}

/* A transaction ends: so do its events. */
void
sv_pending_commit(PendingEvents *pending)
{
	pending->written = NIL;
}

/*
 * Must a commit come before the statement?  To be asked for each statement in order;
 * trees must last as long as "pending".
 */
bool
sv_pending_border(PendingEvents *pending, const Script *script, int statement)
{
	const Node *tree = sv_statement_tree(script, statement);
	const RangeVar *table = written_table(tree);
	bool		border = meets_pending_events(pending, tree);

	if (border)
		sv_pending_commit(pending);
	note_dropped_tables(pending, tree);
	note_deferrable(pending, script, statement, tree);
	if (table != NULL &&
		(is_among_tables(pending->deferrable, table) || has_deferrable_trigger(pending, table)))
		pending->written = lappend(pending->written, (void *) table);
	return border;
}
