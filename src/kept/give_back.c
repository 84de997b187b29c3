/*
 * give_back.c
 *		A script brings back what the way before it dropped.
 *
 * Each thing comes back right behind the statement that makes its place again:
 * CREATE TABLE, ADD COLUMN, ALTER COLUMN TYPE.  So what the script does
 * afterwards finds the rows there, as it would if nothing had been dropped:
 * indexes and constraints are built over them, an UPDATE changes them.  An upgrade
 * may fill its new tables itself; they get their rows at its end, if they are empty.
 *
 * A column that is added gets its values in the same move: the rows of the
 * table are put aside, the statement adds the column to an empty table, and the
 * rows come back with the kept values.  So NOT NULL without a default works.
 *
 * What cannot be brought back stays kept, with a WARNING.
 */
#include "postgres.h"

#include "base/base.h"
#include "base/compat.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "commands/sequence.h"
#include "kept/kept_private.h"
#include "miscadmin.h"
#include "script/script.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

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
	StatementFn run;
	void	   *arg;
} Unit;

/* An error that is none of what was kept: somebody stopped the run, or it is to be tried again. */
static bool
is_foreign(const ErrorData *error)
{
	int			category = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	return category == ERRCODE_OPERATOR_INTERVENTION || category == ERRCODE_TRANSACTION_ROLLBACK ||
		category == ERRCODE_INSUFFICIENT_RESOURCES ||
		error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE;
}

static bool
succeeds(SubtransactionFn work, Unit *unit)
{
	ErrorData  *error = sv_subtransaction(work, unit, true);

	if (error == NULL)
		return true;
	if (is_foreign(error))
		ReThrowError(error);
	foreach_ptr(Pending, item, unit->items)
	{
		item->done = false;
		item->unchanged = InvalidOid;
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

	forboth(item, unit->items, relation, unit->relations)
	{
		const StoredKept *kept = ((Pending *) lfirst(item))->kept;
		Oid			rows = sv_kept_rows_of(kept);

		sv_kept_claim(rows);
		sv_kept_fill_table(kept, rows, lfirst_oid(relation));
		sv_kept_finish(lfirst(item));
	}
	foreach(relation, unit->relations)
		sv_kept_validate(lfirst_oid(relation));
}

/*
 * May the table of an item come back as "place"? "created": by these
 * statements; NIL: whenever it is empty.
 */
static bool
is_place(Keep *keep, Pending *item, Oid place, List *created)
{
	if (!OidIsValid(place) || get_rel_relkind(place) != RELKIND_RELATION)
		return false;
	if (created != NIL)
		return sv_kept_is_seen(created, place, 0);
	if (sv_kept_has_rows(place))
		item->error = MemoryContextStrdup(keep->context, "The table has rows of its own.");
	return item->error == NULL;
}

/*
 * What was kept of tables that a statement has created, or, without "created",
 * of all that are empty.
 */
static void
return_created_tables(Keep *keep, List *created)
{
	Unit		unit = {keep};
	ListCell   *cell;
	ListCell   *relation;

	foreach_ptr(Pending, item, keep->pending)
	{
		Oid			place = sv_kept_is_open(item, SV_KEPT_TABLE) ?
		sv_kept_find(item->kept->schema_name, item->kept->table_name) : InvalidOid;

		if (!is_place(keep, item, place, created) || list_member_oid(unit.relations, place))
			continue;
		unit.items = lappend(unit.items, item);
		unit.relations = lappend_oid(unit.relations, place);
	}
	if (unit.items == NIL || succeeds(return_tables, &unit) || list_length(unit.items) == 1)
		return;
	/* one of them spoils it for the others */
	forboth(cell, unit.items, relation, unit.relations)
	{
		Unit		single =
		{keep, NIL, list_make1(lfirst(cell)), list_make1_oid(lfirst_oid(relation))};

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
	{
		if (((Target *) lfirst(cell))->relation == relation)
			return lfirst(cell);
	}
	target = palloc0(sizeof(Target));
	target->relation = relation;
	*targets = lappend(*targets, target);
	return target;
}

static bool
has_refill(const Target *target, const char *column)
{
	foreach_ptr(const Refill, refill, target->refills)
	{
		if (strcmp(refill->item->kept->column_name, column) == 0)
			return true;
	}
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

/* Find the tables from which the columns of a target are filled. */
static void
find_refill_tables(const Target *target)
{
	foreach_ptr(Refill, refill, target->refills)
	{
		refill->rows = OidIsValid(refill->item->unchanged) ? refill->item->unchanged :
			sv_kept_rows_of(refill->item->kept);
		refill->column = get_attnum(target->relation, refill->item->kept->column_name);
		sv_kept_claim(refill->rows);
	}
}

/* Merge what was kept into the targets; the last part of every unit about columns. */
static void
merge_targets(Unit *unit)
{
	foreach_ptr(Target, target, unit->targets)
	{
		find_refill_tables(target);
		sv_kept_fill_columns(target->relation, OidIsValid(target->aside) ? target->aside :
							 target->relation, target->refills);
		sv_kept_validate(target->relation);
		if (OidIsValid(target->aside))
			sv_kept_drop(target->aside);
	}
	foreach_ptr(Pending, item, unit->items)
		sv_kept_finish(item);
}

static void
merge_in_place(void *arg)
{
	merge_targets(arg);
}

static void
add_returned_columns(void *arg)
{
	Unit	   *unit = arg;

	foreach_ptr(Target, target, unit->targets)
		target->aside = sv_kept_put_aside(target->relation);
	sv_kept_observe(&unit->keep->watch, unit->run, unit->arg);
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
	foreach(cell, name->inh ? find_all_inheritors(relation, AccessExclusiveLock, NULL) :
			list_make1_oid(relation))
	{
		if (get_rel_relkind(lfirst_oid(cell)) == RELKIND_RELATION)
			tables = lappend_oid(tables, lfirst_oid(cell));
	}
	return tables;
}

/* What of the open items of a kind is about these columns of these tables. */
static void
find_refills(Unit *unit, KeptKind kind, List *tables, List *columns)
{
	ListCell   *table;

	foreach_ptr(Pending, item, columns == NIL ? NIL : unit->keep->pending)
	{
		if (!sv_kept_is_open(item, kind) || !sv_base_has_string(columns, item->kept->column_name))
			continue;
		foreach(table, tables)
		{
			Target	   *target;

			if (!sv_kept_concerns(item, lfirst_oid(table)))
				continue;
			target = target_for(&unit->targets, lfirst_oid(table));
			if (!has_refill(target, item->kept->column_name))
				add_refill(unit, target, item);
		}
	}
}

/*
 * Execute a statement that adds columns with values; false if it has to be
 * executed without them.
 */
static bool
adds_columns(Keep *keep, const Node *tree, StatementFn run, void *arg)
{
	Unit		unit = {keep};
	RangeVar   *name = NULL;
	List	   *columns = sv_drops_columns_changed(tree, AT_AddColumn, &name);

	unit.run = run;
	unit.arg = arg;
	if (columns != NIL)
		find_refills(&unit, SV_KEPT_COLUMN, tables_under(name), columns);
	return unit.items != NIL && succeeds(add_returned_columns, &unit);
}

/* Let a statement fill a new table without the columns that are kept, even if they are NOT NULL. */
static void
fill_returned_table(void *arg)
{
	Unit	   *unit = arg;
	const Target *target = linitial(unit->targets);
	Bitmapset  *not_null = NULL;

	foreach_ptr(const Refill, refill, target->refills)
		not_null =
		bms_add_member(not_null,
					   get_attnum(target->relation,
								  refill->item->kept->column_name));
	not_null = sv_kept_set_not_null(target->relation, not_null, false);
	sv_kept_observe(&unit->keep->watch, unit->run, unit->arg);
	(void) sv_kept_set_not_null(target->relation, not_null, true);
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

	if (!IsA(tree, InsertStmt))
		return false;
	relation = RangeVarGetRelid(((const InsertStmt *) tree)->relation, NoLock, true);
	if (!OidIsValid(relation) || !sv_kept_is_seen(keep->watch.created, relation, 0) ||
		get_rel_relkind(relation) != RELKIND_RELATION || sv_kept_has_rows(relation))
		return false;
	unit.run = run;
	unit.arg = arg;
	foreach_ptr(Pending, item, keep->pending)
	{
		if (!sv_kept_is_open(item, SV_KEPT_COLUMN) || !sv_kept_concerns(item, relation) ||
			get_attnum(relation, item->kept->column_name) == InvalidAttrNumber)
			continue;
		if (!has_refill(target_for(&unit.targets, relation), item->kept->column_name))
			add_refill(&unit, target_for(&unit.targets, relation), item);
	}
	return unit.items != NIL && succeeds(fill_returned_table, &unit);
}

/* The tables with rows that a column of an item may be a column of. */
static List *
tables_of(const Pending *item)
{
	Oid			origin = sv_kept_find(item->kept->schema_name, item->kept->table_name);

	return OidIsValid(origin) ? sv_kept_leaves(origin) : NIL;
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

	foreach_ptr(Pending, item, keep->pending)
	{
		foreach_oid(relation, sv_kept_is_open(item, SV_KEPT_COLUMN) ? tables_of(item) : NIL)
		{
			AttrNumber	column = get_attnum(relation, item->kept->column_name);

			if (column == InvalidAttrNumber || (!empty && !sv_kept_has_rows(relation)) ||
				(!sv_kept_is_seen(created, relation, 0) &&
				 !sv_kept_is_seen(created, relation, column)))
				continue;
			if (!has_refill(target_for(&unit.targets, relation), item->kept->column_name))
				add_refill(&unit, target_for(&unit.targets, relation), item);
		}
	}
	if (unit.items != NIL)
		(void) succeeds(merge_in_place, &unit);
}

/* ---------- converted columns ---------- */

/* Note the rows whose value is still what the upgrade made of it. */
static void
find_unchanged(const Unit *unit)
{
	foreach_ptr(Pending, item, unit->items)
	{
		Oid			relation = sv_kept_find(item->kept->schema_name, item->kept->table_name);

		sv_kept_claim(sv_kept_rows_of(item->kept));
		item->unchanged = sv_kept_take_unchanged(item->kept, sv_kept_rows_of(item->kept), relation);
	}
}

/* ---------- sequences ---------- */

/* Is this the sequence, or does it belong to the same column? */
static bool
is_sequence(const StoredKept *kept, Oid sequence)
{
	Oid			table;
	int32		column;

	if (sv_kept_find(kept->schema_name, kept->table_name) == sequence)
		return true;
	if (kept->columns == NIL || (!sequenceIsOwned(sequence, DEPENDENCY_AUTO, &table, &column) &&
								 !sequenceIsOwned(sequence, DEPENDENCY_INTERNAL, &table, &column)))
		return false;
	return sv_kept_find(linitial(kept->columns), lsecond(kept->columns)) == table &&
		get_attnum(table, lthird(kept->columns)) == column;
}

typedef struct Position
{
	Oid			sequence;
	const StoredKept *kept;
} Position;

static void
set_position(void *arg)
{
	const Position *position = arg;

	OidFunctionCall3(F_SETVAL_REGCLASS_INT8_BOOL, ObjectIdGetDatum(position->sequence),
					 Int64GetDatum(position->kept->position),
					 BoolGetDatum(position->kept->is_called));
}

/* Let a sequence have its position again, as its owner. */
static void
return_sequence(void *arg)
{
	Unit	   *unit = arg;
	Pending    *item = linitial(unit->items);
	Position	position = {linitial_oid(unit->relations), item->kept};

	sv_base_run_as(sv_relation_owner(position.sequence), set_position, &position);
	sv_kept_finish(item);
}

static void
return_created_sequences(Keep *keep, List *created)
{
	foreach_ptr(const Seen, seen, created)
	{
		if (seen->column != 0 || get_rel_relkind(seen->relation) != RELKIND_SEQUENCE)
			continue;
		foreach_ptr(Pending, item, keep->pending)
		{
			Unit		unit = {keep, NIL, list_make1(item), list_make1_oid(seen->relation)};

			if (!sv_kept_is_open(item, SV_KEPT_SEQUENCE) ||
				!is_sequence(item->kept, seen->relation))
				continue;
			(void) succeeds(return_sequence, &unit);
			break;
		}
	}
}

/* ---------- statements ---------- */

static List *
created_by(const Keep *keep)
{
	List	   *created = NIL;

	foreach_ptr(Seen, seen, keep->watch.seen)
	{
		if (seen->kind == SV_SEEN_CREATED)
			created = lappend(created, seen);
	}
	return created;
}

/*
 * Let a statement convert columns of empty tables, and then all rows have their old
 * values: where none was changed since, nothing needs to be converted.
 */
static void
convert_nothing(void *arg)
{
	find_unchanged(arg);
	add_returned_columns(arg);
}

/*
 * Let a statement convert columns, and then all rows that were not changed
 * since have their old values.
 */
static void
convert_columns(void *arg)
{
	Unit	   *unit = arg;

	find_unchanged(unit);
	sv_kept_observe(&unit->keep->watch, unit->run, unit->arg);
	merge_targets(unit);
}

static void
forget_asides(Unit *unit)
{
	foreach_ptr(Target, target, unit->targets)
		target->aside = InvalidOid;
}

/*
 * Execute a statement that converts columns of which old values are kept;
 * false if it has to be executed without them.
 */
static bool
converts_columns(Keep *keep, const Node *tree, StatementFn run, void *arg)
{
	Unit		unit = {keep};
	RangeVar   *name = NULL;
	List	   *columns = sv_drops_columns_changed(tree, AT_AlterColumnType, &name);
	bool		all = true;

	unit.run = run;
	unit.arg = arg;
	if (columns != NIL)
		find_refills(&unit, SV_KEPT_TYPE, tables_under(name), columns);
	if (unit.items == NIL)
		return false;
	foreach_ptr(const Target, target, unit.targets)
		all &= list_length(target->refills) == list_length(columns);
	if (all && succeeds(convert_nothing, &unit))
		return true;
	forget_asides(&unit);
	return succeeds(convert_columns, &unit);
}

/* Execute a statement and bring back what it makes a place for. */
void
sv_kept_give_back(Keep *keep, const Node *tree, StatementFn run, void *arg)
{
	MemoryContext old = MemoryContextSwitchTo(keep->context);
	List	   *created;

	if (!converts_columns(keep, tree, run, arg) && !adds_columns(keep, tree, run, arg) &&
		!fills_table(keep, tree, run, arg))
		sv_kept_execute(keep, tree, run, arg);
	created = created_by(keep);
	if (created != NIL && (keep->direction == SV_DOWNGRADE || keep->derived))
		return_created_tables(keep, created);
	return_created_columns(keep, created, false);
	return_created_sequences(keep, created);
	MemoryContextSwitchTo(old);
}

/* After the last statement: what may only come back now. */
void
sv_kept_give_back_last(Keep *keep)
{
	if (keep->direction == SV_UPGRADE)
		return_created_tables(keep, NIL);
	/* columns of new tables: now all that tells their rows may be there */
	if (keep->watch.created != NIL)
		return_created_columns(keep, keep->watch.created, true);
}
