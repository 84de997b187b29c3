/*
 * downgrade.c
 *		A downgrade that brings back what its upgrade dropped.
 *
 * Each thing comes back right behind the statement of the down script that makes
 * its place again: CREATE TABLE, ADD COLUMN, ALTER COLUMN TYPE.  So what the script
 * does afterwards finds the rows there, as it would if nothing had been
 * dropped: indexes and constraints are built over them, an UPDATE changes them.
 *
 * A column that is added gets its values in the same move: the rows of the
 * table are put aside, the statement adds the column to an empty table, and the
 * rows come back with the kept values.  So NOT NULL without a default works.
 *
 * What cannot be brought back stays kept, with a WARNING.
 */
#include "postgres.h"

#include "access/table.h"
#include "base/base.h"
#include "base/compat.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/toasting.h"
#include "commands/tablecmds.h"
#include "kept/kept_private.h"
#include "miscadmin.h"
#include "parser/parser.h"
#include "script/script.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* A table and what is to be filled in of it. */
typedef struct Target
{
	Oid			relation;
	Oid			aside;			/* where its rows are; InvalidOid: they are in place */
	List	   *refills;
} Target;

/* ---------- doing it or not ---------- */

/* Work that either happens as a whole or not at all. */
typedef struct Unit
{
	Keep	   *keep;
	List	   *targets;		/* of Target */
	List	   *items;			/* of Pending */
	List	   *relations;		/* tables that items go into, in the same order */
	List	   *columns;		/* that the statement converts */
	StatementFn run;
	void	   *arg;
} Unit;

/* An error that is none of what was kept: somebody stopped the run, or it is to be tried again. */
static bool
is_foreign(const ErrorData *error)
{
	int			category = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	return category == ERRCODE_OPERATOR_INTERVENTION || category == ERRCODE_TRANSACTION_ROLLBACK ||
		category == ERRCODE_INSUFFICIENT_RESOURCES || error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE;
}

static bool
succeeds(SubtransactionFn work, Unit *unit)
{
	ErrorData  *error = sv_subtransaction(work, unit, true);
	ListCell   *cell;

	if (error == NULL)
		return true;
	if (is_foreign(error))
		ReThrowError(error);
	foreach(cell, unit->items)
	{
		Pending    *item = lfirst(cell);

		item->done = false;
		item->error = MemoryContextStrdup(unit->keep->context, error->message);
	}
	return false;
}

/* ---------- tables ---------- */

static void
return_tables(void *arg)
{
	Unit	   *unit = arg;
	ListCell   *item;
	ListCell   *relation;
	ListCell   *owner;
	List	   *owners = NIL;

	forboth(item, unit->items, relation, unit->relations)
	{
		Oid			rows = sv_item_rows(lfirst(item));
		Oid			own = sv_lend(lfirst_oid(relation), sv_relation_owner(rows));

		sv_claim(rows);
		owners = lappend_oid(owners, sv_relation_owner(rows));
		sv_return_table(((Pending *) lfirst(item))->kept, lfirst_oid(relation));
		sv_item_finish(lfirst(item));
		(void) sv_lend(lfirst_oid(relation), own);
	}
	forboth(relation, unit->relations, owner, owners)
	{
		Oid			own = sv_lend(lfirst_oid(relation), lfirst_oid(owner));

		sv_validate(lfirst_oid(relation));
		(void) sv_lend(lfirst_oid(relation), own);
	}
}

/* What was kept of tables that a statement has created. */
static void
return_created_tables(Keep *keep, List *created)
{
	Unit		unit = {keep};
	ListCell   *cell;
	ListCell   *relation;

	foreach(cell, keep->pending)
	{
		Pending    *item = lfirst(cell);
		Oid			place = sv_item_is_open(item, "table") ? sv_find_relation(item->kept->schema_name, item->kept->table_name) : InvalidOid;

		if (!OidIsValid(place) || !sv_watch_member(created, place, 0) || list_member_oid(unit.relations, place) ||
			get_rel_relkind(place) != RELKIND_RELATION)
			continue;
		unit.items = lappend(unit.items, item);
		unit.relations = lappend_oid(unit.relations, place);
	}
	if (unit.items == NIL || succeeds(return_tables, &unit) || list_length(unit.items) == 1)
		return;
	/* one of them spoils it for the others */
	forboth(cell, unit.items, relation, unit.relations)
	{
		Unit		single = {keep, NIL, list_make1(lfirst(cell)), list_make1_oid(lfirst_oid(relation))};

		(void) succeeds(return_tables, &single);
	}
}

/* ---------- columns ---------- */

/* The target for a relation, made if there is none. */
static Target *
target_for(List **targets, Oid relation)
{
	Target	   *target;
	ListCell   *cell;

	foreach(cell, *targets)
		if (((Target *) lfirst(cell))->relation == relation)
			return lfirst(cell);
	target = palloc0(sizeof(Target));
	target->relation = relation;
	*targets = lappend(*targets, target);
	return target;
}

static bool
has_refill(const Target *target, const char *column)
{
	ListCell   *cell;

	foreach(cell, target->refills)
		if (strcmp(((Refill *) lfirst(cell))->item->kept->column_name, column) == 0)
			return true;
	return false;
}

static void
add_refill(Unit *unit, Target *target, Pending *item)
{
	Refill	   *refill = palloc0(sizeof(Refill));

	refill->item = item;
	target->refills = lappend(target->refills, refill);
	unit->items = list_append_unique_ptr(unit->items, item);
}

/*
 * Find the tables from which the columns of a target are filled, and let the
 * target belong to their owner for a while.  Returns its own one.
 */
static Oid
find_rows(const Target *target)
{
	ListCell   *cell;
	Oid			owner = InvalidOid;

	foreach(cell, target->refills)
	{
		Refill	   *refill = lfirst(cell);

		refill->rows = OidIsValid(refill->item->unchanged) ? refill->item->unchanged : sv_item_rows(refill->item);
		refill->column = get_attnum(target->relation, refill->item->kept->column_name);
		sv_claim(refill->rows);
		sv_check_identity(refill->item->kept, target->relation);
		if (!OidIsValid(owner))
			owner = sv_relation_owner(refill->rows);
		sv_give(refill->rows, owner);
	}
	if (OidIsValid(target->aside))
		sv_give(target->aside, owner);
	return sv_lend(target->relation, owner);
}

/* Merge what was kept into the targets; the last part of every unit about added columns. */
static void
merge_targets(Unit *unit)
{
	ListCell   *cell;

	foreach(cell, unit->targets)
	{
		Target	   *target = lfirst(cell);
		Oid			own;

		own = find_rows(target);
		sv_merge(target->relation, OidIsValid(target->aside) ? target->aside : target->relation, target->refills);
		(void) sv_lend(target->relation, own);
		if (OidIsValid(target->aside))
			sv_drop_bare(target->aside);
	}
	foreach(cell, unit->items)
		sv_item_finish(lfirst(cell));
}

static void
merge_in_place(void *arg)
{
	merge_targets(arg);
}

/* Move the rows of a table out of the way of a statement that adds columns to it. */
static Oid
put_aside(Oid relation)
{
	Relation	table = table_open(relation, AccessExclusiveLock);
	char	   *name = sv_kept_name(sv_store_kept_number(), RelationGetRelationName(table));
	Datum		options = sv_toast_options(table);
	Oid			rows;

	CheckTableNotInUse(table, "ALTER TABLE");
	rows = sv_bare_table(name, sv_bare_like(table), table->rd_rel->relowner, table->rd_rel->relpersistence,
						 table->rd_rel->reltablespace);
	sv_bare_copy_missing(relation, rows);
	table_close(table, NoLock);
	sv_move_rows(relation, rows);
	NewRelationCreateToastTable(relation, options);
	CommandCounterIncrement();
	return rows;
}

static void
add_columns(void *arg)
{
	Unit	   *unit = arg;
	ListCell   *cell;

	foreach(cell, unit->targets)
		((Target *) lfirst(cell))->aside = put_aside(((Target *) lfirst(cell))->relation);
	sv_watch_run(&unit->keep->watch, unit->run, unit->arg);
	merge_targets(unit);
}

/* The tables with rows that an ALTER TABLE of this relation changes. */
static List *
tables_under(const RangeVar *name)
{
	Oid			relation = RangeVarGetRelid(name, NoLock, true);
	List	   *tables = NIL;
	ListCell   *cell;

	if (!OidIsValid(relation) || !sv_owns_relation(relation))
		return NIL;
	foreach(cell, name->inh ? find_all_inheritors(relation, AccessExclusiveLock, NULL) : list_make1_oid(relation))
		if (get_rel_relkind(lfirst_oid(cell)) == RELKIND_RELATION)
			tables = lappend_oid(tables, lfirst_oid(cell));
	return tables;
}

/* What of the open items of a kind is about these columns of these tables. */
static void
find_refills(Unit *unit, const char *kind, List *tables, List *columns)
{
	ListCell   *cell;
	ListCell   *table;

	foreach(cell, columns == NIL ? NIL : unit->keep->pending)
	{
		Pending    *item = lfirst(cell);

		if (!sv_item_is_open(item, kind) || !sv_is_listed(columns, item->kept->column_name))
			continue;
		foreach(table, tables)
		{
			Target	   *target;

			if (!sv_item_concerns(item, lfirst_oid(table)))
				continue;
			target = target_for(&unit->targets, lfirst_oid(table));
			if (!has_refill(target, item->kept->column_name))
				add_refill(unit, target, item);
		}
	}
}

/* Execute a statement that adds columns with values; false if it has to be executed without them. */
static bool
adds_columns(Keep *keep, const Node *tree, StatementFn run, void *arg)
{
	Unit		unit = {keep};
	RangeVar   *name = NULL;
	List	   *columns = sv_drops_columns_changed(tree, AT_AddColumn, &name);

	unit.run = run;
	unit.arg = arg;
	if (columns != NIL)
		find_refills(&unit, "column", tables_under(name), columns);
	return unit.items != NIL && succeeds(add_columns, &unit);
}

/* Let a statement fill a new table without the columns that are kept, even if they are NOT NULL. */
static void
fill_table(void *arg)
{
	Unit	   *unit = arg;
	const Target *target = linitial(unit->targets);
	Bitmapset  *not_null = NULL;
	ListCell   *cell;

	foreach(cell, target->refills)
		not_null = bms_add_member(not_null, get_attnum(target->relation, ((Refill *) lfirst(cell))->item->kept->column_name));
	not_null = sv_set_not_null(target->relation, not_null, false);
	sv_watch_run(&unit->keep->watch, unit->run, unit->arg);
	(void) sv_set_not_null(target->relation, not_null, true);
	merge_targets(unit);
}

/*
 * Execute an INSERT that fills a table which the script has created in the place
 * of an old one; false if it has to be executed without what was kept.
 */
static bool
fills_table(Keep *keep, const Node *tree, StatementFn run, void *arg)
{
	Unit		unit = {keep};
	Oid			relation;
	ListCell   *cell;

	if (!IsA(tree, InsertStmt))
		return false;
	relation = RangeVarGetRelid(((const InsertStmt *) tree)->relation, NoLock, true);
	if (!OidIsValid(relation) || !sv_watch_member(keep->watch.created, relation, 0) ||
		get_rel_relkind(relation) != RELKIND_RELATION || sv_has_rows(relation))
		return false;
	unit.run = run;
	unit.arg = arg;
	foreach(cell, keep->pending)
	{
		Pending    *item = lfirst(cell);

		if (!sv_item_is_open(item, "column") || !sv_item_concerns(item, relation) ||
			get_attnum(relation, item->kept->column_name) == InvalidAttrNumber)
			continue;
		if (!has_refill(target_for(&unit.targets, relation), item->kept->column_name))
			add_refill(&unit, target_for(&unit.targets, relation), item);
	}
	return unit.items != NIL && succeeds(fill_table, &unit);
}

/* The tables with rows that a column of an item may be a column of. */
static List *
tables_of(const Pending *item)
{
	Oid			origin = sv_find_relation(item->kept->schema_name, item->kept->table_name);
	List	   *tables = NIL;
	ListCell   *cell;

	if (!OidIsValid(origin) || get_rel_relkind(origin) != RELKIND_PARTITIONED_TABLE)
		return OidIsValid(origin) && get_rel_relkind(origin) == RELKIND_RELATION ? list_make1_oid(origin) : NIL;
	foreach(cell, find_all_inheritors(origin, NoLock, NULL))
		if (get_rel_relkind(lfirst_oid(cell)) == RELKIND_RELATION)
			tables = lappend_oid(tables, lfirst_oid(cell));
	return tables;
}

/*
 * What was kept of columns that are among "created", by themselves or with their
 * table.  A new table may get its rows later: "empty" ones are passed over but at
 * the end.
 */
static void
return_created_columns(Keep *keep, List *created, bool empty)
{
	Unit		unit = {keep};
	ListCell   *cell;
	ListCell   *table;

	foreach(cell, keep->pending)
	{
		Pending    *item = lfirst(cell);

		foreach(table, sv_item_is_open(item, "column") ? tables_of(item) : NIL)
		{
			Oid			relation = lfirst_oid(table);
			AttrNumber	column = get_attnum(relation, item->kept->column_name);

			if (column == InvalidAttrNumber || (!empty && !sv_has_rows(relation)) ||
				(!sv_watch_member(created, relation, 0) && !sv_watch_member(created, relation, column)))
				continue;
			if (!has_refill(target_for(&unit.targets, relation), item->kept->column_name))
				add_refill(&unit, target_for(&unit.targets, relation), item);
		}
	}
	if (unit.items != NIL)
		(void) succeeds(merge_in_place, &unit);
}

/* ---------- converted columns ---------- */

/* Work: note the rows whose value is still what the upgrade made of it. */
static void
find_unchanged(void *arg)
{
	Unit	   *unit = arg;
	ListCell   *cell;

	foreach(cell, unit->items)
	{
		Pending    *item = lfirst(cell);
		Oid			relation = sv_find_relation(item->kept->schema_name, item->kept->table_name);

		sv_claim(sv_item_rows(item));
		sv_check_identity(item->kept, relation);
		item->unchanged = sv_take_unchanged(item->kept, sv_item_rows(item), relation);
	}
}

/* Look at the columns that a statement is going to convert. */
static void
begin_conversions(Unit *unit, const Node *tree)
{
	RangeVar   *name = NULL;

	unit->columns = sv_drops_columns_changed(tree, AT_AlterColumnType, &name);
	if (unit->columns != NIL)
		find_refills(unit, "type", tables_under(name), unit->columns);
	if (unit->items != NIL && !succeeds(find_unchanged, unit))
		unit->items = NIL;
}

/* Let a statement convert only the rows of which it has to, and all others get what is kept. */
static void
convert_columns(void *arg)
{
	Unit	   *unit = arg;
	ListCell   *cell;

	foreach(cell, unit->targets)
	{
		Target	   *target = lfirst(cell);
		Oid			own;

		target->aside = put_aside(target->relation);
		own = find_rows(target);
		sv_split(target->relation, target->aside, target->refills);
		(void) sv_lend(target->relation, own);
	}
	sv_watch_run(&unit->keep->watch, unit->run, unit->arg);
	foreach(cell, unit->targets)
	{
		Target	   *target = lfirst(cell);
		Oid			own = find_rows(target);

		sv_unite(target->relation, target->aside, target->refills);
		(void) sv_lend(target->relation, own);
		sv_drop_bare(target->aside);
	}
	foreach(cell, unit->items)
		sv_item_finish(lfirst(cell));
}

/* Execute a statement that converts columns; false if it has to be executed as it is. */
static bool
converts_columns(Unit *unit)
{
	ListCell   *cell;

	foreach(cell, unit->targets)
		if (list_length(((Target *) lfirst(cell))->refills) != list_length(unit->columns))
			return false;
	return unit->items != NIL && succeeds(convert_columns, unit);
}

/* ---------- sequences ---------- */

/* Is this the sequence, or does it belong to the same column? */
static bool
is_sequence(const StoredKept *kept, Oid sequence)
{
	Oid			table;
	int32		column;

	if (sv_find_relation(kept->schema_name, kept->table_name) == sequence)
		return true;
	if (kept->columns == NIL || (!sequenceIsOwned(sequence, DEPENDENCY_AUTO, &table, &column) &&
								 !sequenceIsOwned(sequence, DEPENDENCY_INTERNAL, &table, &column)))
		return false;
	return sv_find_relation(linitial(kept->columns), lsecond(kept->columns)) == table &&
		get_attnum(table, lthird(kept->columns)) == column;
}

static void
set_position(void *arg)
{
	Unit	   *unit = arg;
	Pending    *item = linitial(unit->items);
	StoreScope	scope;
	int			result;

	sv_store_enter(&scope, SV_STORE_WRITE);
	result = SPI_execute(psprintf("SELECT setval(CAST(%u AS regclass), " INT64_FORMAT ", %s)", linitial_oid(unit->relations),
								  item->kept->position, item->kept->is_called ? "true" : "false"), false, 0);
	if (result < 0)
		elog(ERROR, "setval failed: %s", SPI_result_code_string(result));
	sv_store_leave(&scope);
	sv_item_finish(item);
}

static void
return_created_sequences(Keep *keep, List *created)
{
	ListCell   *cell;
	ListCell   *inner;

	foreach(cell, created)
	{
		const Seen *seen = lfirst(cell);

		if (seen->column != 0 || get_rel_relkind(seen->relation) != RELKIND_SEQUENCE)
			continue;
		foreach(inner, keep->pending)
		{
			Pending    *item = lfirst(inner);
			Unit		unit = {keep, NIL, list_make1(item), list_make1_oid(seen->relation)};

			if (!sv_item_is_open(item, "sequence") || !is_sequence(item->kept, seen->relation))
				continue;
			(void) succeeds(set_position, &unit);
			break;
		}
	}
}

/* ---------- statements ---------- */

static List *
created_by(const Keep *keep)
{
	List	   *created = NIL;
	ListCell   *cell;

	foreach(cell, keep->watch.seen)
		if (((Seen *) lfirst(cell))->kind == SV_SEEN_CREATED)
			created = lappend(created, lfirst(cell));
	return created;
}

/* Execute a statement of a down script and bring back what it makes a place for. */
void
sv_return_statement(Keep *keep, const Node *tree, StatementFn run, void *arg)
{
	MemoryContext old = MemoryContextSwitchTo(keep->context);
	Unit		conversions = {keep};
	List	   *created;

	conversions.run = run;
	conversions.arg = arg;
	begin_conversions(&conversions, tree);
	if (converts_columns(&conversions))
		conversions.items = NIL;
	else if (!adds_columns(keep, tree, run, arg) && !fills_table(keep, tree, run, arg))
		sv_keep_execute(keep, tree, run, arg);
	created = created_by(keep);
	return_created_tables(keep, created);
	return_created_columns(keep, created, false);
	return_created_sequences(keep, created);
	if (conversions.items != NIL)
		(void) succeeds(merge_in_place, &conversions);
	MemoryContextSwitchTo(old);
}

/* What is not back stays kept: say so. */
static void
warn(const Pending *item)
{
	const StoredKept *kept = item->kept;
	const char *name = quote_qualified_identifier(kept->schema_name, kept->table_name);

	ereport(WARNING,
			(strcmp(kept->kind, "sequence") == 0 ? errmsg("the position of sequence %s was not restored", name) :
			 kept->column_name == NULL ? errmsg("the rows of table %s were not restored", name) :
			 errmsg("the values of column \"%s\" of table %s were not restored", kept->column_name, name),
			 item->error ? errdetail_internal("%s", item->error) :
			 errdetail("The down script of revision \"%s\" did not make it again.", kept->revision),
			 kept->kept_table ? errhint("They stay in %s until schemaver.purge_kept() removes them.",
										quote_qualified_identifier("schemaver_kept", kept->kept_table)) :
			 errhint("It stays in schemaver.kept() until schemaver.purge_kept() removes it.")));
}

/* The script of the revision is executed. */
void
sv_keep_end(Keep *keep)
{
	ListCell   *cell;

	/* columns that could not be filled before: now all that tells their rows may be there */
	if (sv_keep_pending(keep) != NIL && keep->watch.created != NIL)
		return_created_columns(keep, keep->watch.created, true);
	foreach(cell, keep->pending)
		if (!((Pending *) lfirst(cell))->done)
			warn(lfirst(cell));
}
