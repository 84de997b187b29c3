/*
 * fill.c
 *		Tables get the rows, or the values of columns, that were kept of them.
 *
 * The table is rewritten, as a conversion of a column does it: new files,
 * indexes rebuilt, constraints checked by the server.  No trigger fires, row
 * security hides nothing, other tables' foreign keys to it stay.  All of it
 * happens as the owner of the table, in a restricted operation.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_constraint.h"
#include "commands/cluster.h"
#include "commands/tablecmds.h"
#include "kept/kept_private.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

typedef struct Filling
{
	const StoredKept *kept;		/* a table */
	Oid			source;
	Oid			relation;
	List	   *refills;		/* columns */
} Filling;

static bool
has_own_value(Form_pg_attribute column)
{
	return !column->attisdropped && column->attgenerated == '\0';
}

/* Error unless the column has the type that was kept. */
static void
check_type(Form_pg_attribute column, const char *kept_type)
{
	char	   *type = format_type_extended(column->atttypid, column->atttypmod,
											FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY);

	if (strcmp(type, kept_type) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" has type %s, but what was kept has type %s",
						NameStr(column->attname), type, kept_type)));
}

/* Let the table have the rows that the writer makes.  Builds its indexes. */
static void
write_anew(Relation table, RowWriter *writer)
{
	Oid			relation = RelationGetRelid(table);
	Form_pg_class form = table->rd_rel;
	Oid			rows =
	make_new_heap(relation, form->reltablespace, form->relam, form->relpersistence,
				  AccessExclusiveLock);
	Relation	into = table_open(rows, NoLock);
	HeapTuple	tuple;

	sv_rows_check(writer);
	sv_rows_write(writer, into);
	table_close(into, NoLock);
	tuple = SearchSysCacheCopy1(RELOID, ObjectIdGetDatum(rows));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", rows);
	form = (Form_pg_class) GETSTRUCT(tuple);
	CheckTableNotInUse(table, "ALTER TABLE");
	table_close(table, NoLock);
	finish_heap_swap(relation, rows, false, false, true, true, form->relfrozenxid,
					 form->relminmxid, form->relpersistence);
	CommandCounterIncrement();
}

/* ---------- tables ---------- */

static void
fill_converted_table(void *arg)
{
	const Filling *filling = arg;
	Relation	table = table_open(filling->relation, AccessExclusiveLock);
	Relation	source = table_open(filling->source, AccessExclusiveLock);
	TupleDesc	desc = RelationGetDescr(table);
	RowWriter  *writer;
	ListCell   *name;
	ListCell   *type;

	sv_kept_settings();
	writer = sv_rows_begin(source, table);
	for (int i = 0; i < desc->natts; i++)
		if (has_own_value(TupleDescAttr(desc, i)))
			sv_rows_default(writer, i + 1);
	forboth(name, filling->kept->columns, type, filling->kept->types)
	{
		AttrNumber	column = get_attnum(filling->relation, lfirst(name));

		if (column == InvalidAttrNumber || !has_own_value(TupleDescAttr(desc, column - 1)))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("table \"%s\" has no column \"%s\" now", filling->kept->table_name,
							(char *) lfirst(name))));
		check_type(TupleDescAttr(desc, column - 1), lfirst(type));
		sv_rows_column(writer, column, get_attnum(filling->source, lfirst(name)));
	}
	write_anew(table, writer);
	table_close(source, NoLock);
}

/*
 * Let a table have the rows that were kept of it.  It belongs to the owner of
 * these afterwards, as it did before.
 */
void
sv_kept_fill_table(const StoredKept *kept, Oid rows, Oid relation)
{
	Filling		filling = {kept, rows, relation};
	Oid			owner = sv_relation_owner(rows);

	if (sv_relation_owner(relation) != owner)
		ATExecChangeOwner(relation, owner, true, AccessExclusiveLock);
	CommandCounterIncrement();
	sv_base_run_as(owner, fill_converted_table, &filling);
}

/* ---------- columns ---------- */

/*
 * A column gets what a refill has for it.  Where the rows were put aside, they have
 * values of the type before, so a converted column needs a kept value for each.
 */
static void
add_fill_column(RowWriter *writer, const Refill *refill, Relation rows, Relation table,
				bool from_elsewhere)
{
	const StoredKept *kept = refill->item->kept;
	Lookup	   *lookup = sv_rows_lookup(writer, rows, kept->columns);

	check_type(TupleDescAttr(RelationGetDescr(table), refill->column - 1), linitial(kept->types));
	sv_rows_kept(writer, refill->column, lookup, list_length(kept->columns) + 1);
	if (from_elsewhere && kept->kind == SV_KEPT_TYPE)
		sv_rows_needed(writer, refill->column);
}

static bool
is_converted(const List *refills, AttrNumber column)
{
	foreach_ptr(const Refill, refill, refills)
	{
		if (refill->column == column && refill->item->kept->kind == SV_KEPT_TYPE)
			return true;
	}
	return false;
}

static void
fill_columns(void *arg)
{
	const Filling *filling = arg;
	Relation	table = table_open(filling->relation, AccessExclusiveLock);
	Relation	source = filling->source == filling->relation ? table :
	table_open(filling->source, AccessExclusiveLock);
	TupleDesc	desc = RelationGetDescr(table);
	int			n = RelationGetNumberOfAttributes(source);
	List	   *opened = NIL;
	RowWriter  *writer;
	ListCell   *cell;

	sv_kept_settings();
	writer = sv_rows_begin(source, table);
	for (int i = 0; i < desc->natts; i++)
	{
		if (!has_own_value(TupleDescAttr(desc, i)) ||
			(source != table && is_converted(filling->refills, i + 1)))
			continue;
		if (i < n)
			sv_rows_column(writer, i + 1, i + 1);
		else
			sv_rows_default(writer, i + 1);
	}
	foreach_ptr(const Refill, refill, filling->refills)
	{
		Relation	rows = table_open(refill->rows, AccessExclusiveLock);

		add_fill_column(writer, refill, rows, table, source != table);
		opened = lappend(opened, rows);
	}
	write_anew(table, writer);
	foreach(cell, opened)
		table_close((Relation) lfirst(cell), NoLock);
	if (filling->source != filling->relation)
		table_close(source, NoLock);
}

/*
 * Fill columns of a table with what was kept of them, row by row.  "source"
 * has its rows: itself, or a table of ours with the columns that it had before
 * some were added.  Rows of which nothing was kept stay as they are, or get the
 * default of a column that was added.
 */
void
sv_kept_fill_columns(Oid relation, Oid source, List *refills)
{
	Filling		filling = {NULL, source, relation, refills};

	sv_base_run_as(sv_relation_owner(relation), fill_columns, &filling);
}

/* ---------- foreign keys ---------- */

/*
 * The foreign keys of a table that hold, a list of AlterTableCmd to validate
 * them; they are marked as not validated.
 */
static List *
suspend_foreign_keys(Oid relation)
{
	Relation	constraints = table_open(ConstraintRelationId, RowExclusiveLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	List	   *commands = NIL;

	ScanKeyInit(&key, Anum_pg_constraint_conrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relation));
	scan = systable_beginscan(constraints, ConstraintRelidTypidNameIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
		AlterTableCmd *command;
		HeapTuple	copy;

		if (!form->convalidated || form->contype != CONSTRAINT_FOREIGN)
			continue;
		command = makeNode(AlterTableCmd);
		command->subtype = AT_ValidateConstraint;
		command->name = pstrdup(NameStr(form->conname));
		commands = lappend(commands, command);
		copy = heap_copytuple(tuple);
		((Form_pg_constraint) GETSTRUCT(copy))->convalidated = false;
		CatalogTupleUpdate(constraints, &copy->t_self, copy);
	}
	systable_endscan(scan);
	table_close(constraints, RowExclusiveLock);
	CommandCounterIncrement();
	return commands;
}

static void
validate_constraints(void *arg)
{
	Oid			relation = *(Oid *) arg;
	List	   *commands = suspend_foreign_keys(relation);

	if (commands != NIL)
		AlterTableInternal(relation, commands, false);
	CommandCounterIncrement();
}

/* Let the server check the foreign keys of a table for all its rows, as its owner. */
void
sv_kept_validate(Oid relation)
{
	sv_base_run_as(sv_relation_owner(relation), validate_constraints, &relation);
}
