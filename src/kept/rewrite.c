/*
 * rewrite.c
 *		Writing a table anew with the values that were kept of its columns.
 *
 * As a conversion of a column does it: new files, indexes built anew,
 * constraints checked by the server.  No trigger fires, row security hides
 * nothing, other tables' foreign keys to it stay.
 *
 * Defaults, generated columns and constraints may call what users have written,
 * so all this is executed as the owner of the table, in a restricted operation,
 * as the server does for its indexes.  The caller has seen to it that this is the
 * owner of what was kept: a superuser who downgrades executes nothing of theirs.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/skey.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_type.h"
#include "commands/cluster.h"
#include "commands/tablecmds.h"
#include "kept/kept_private.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* Enter the store's level of settings, but as the owner of a table. */
static void
enter_as_owner(StoreScope *scope, Oid relation)
{
	sv_store_enter(scope, SV_STORE_WRITE);
	sv_kept_settings();
	SetUserIdAndSecContext(sv_relation_owner(relation),
						   scope->security_context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION |
						   SECURITY_NOFORCE_RLS);
}

static void
execute_as_owner(Oid relation, const char *command)
{
	StoreScope	scope;
	int			result;

	enter_as_owner(&scope, relation);
	result = SPI_execute(command, false, 0);
	if (result < 0)
		elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(result));
	sv_store_leave(&scope);
}

/* The expression in pg_attrdef of a column, or NULL; in the current context. */
static char *
expression_of(Oid relation, AttrNumber column)
{
	static StoreQuery query = {
		"SELECT pg_catalog.pg_get_expr(adbin, adrelid) FROM pg_catalog.pg_attrdef WHERE adrelid = $1 AND adnum = $2",
		2, {OIDOID, INT2OID}
	};

	return sv_own_string(SV_STORE_WRITE, &query, relation, column);
}

/* What a row without a value gets in a column that was just added. */
static char *
default_of(Relation table, Form_pg_attribute column)
{
	char	   *expression;

	if (column->attidentity != '\0')
		return psprintf("nextval(CAST(pg_get_serial_sequence(%s, %s) AS regclass))",
						quote_literal_cstr(sv_relation_text(RelationGetRelid(table))),
						quote_literal_cstr(NameStr(column->attname)));
	expression = expression_of(RelationGetRelid(table), column->attnum);
	return psprintf("CAST(%s AS %s)", expression ? expression : "NULL", sv_type_text(column->atttypid, column->atttypmod));
}

/*
 * An expression that makes a kept value a value of the column.  A text that stands
 * for a value of a type that was dropped is read by the type of now.
 */
static char *
restored(const char *value, Oid kept_type, int32 kept_typmod, Oid type, int32 typmod)
{
	int32		base_typmod = typmod;
	Oid			base = getBaseTypeAndTypmod(type, &base_typmod);

	if (kept_type == type && kept_typmod == typmod)
		return pstrdup(value);
	if (kept_type == base && kept_typmod == base_typmod)
		return psprintf("CAST(%s AS %s)", value, sv_type_text(type, typmod));
	return psprintf("CAST(%s AS %s)", sv_image(value), sv_type_text(type, typmod));
}

/* The same for an expression that gives the column "number" of the table "rows". */
static char *
restored_column(const char *value, Oid rows, AttrNumber number, Form_pg_attribute column)
{
	Oid			type;
	int32		typmod;
	Oid			collation;

	get_atttypetypmodcoll(rows, number, &type, &typmod, &collation);
	return restored(value, type, typmod, column->atttypid, column->atttypmod);
}

/* Error unless the column has the type that was kept. */
static void
check_type(Form_pg_attribute column, const char *kept_type)
{
	char	   *type = sv_type_text(column->atttypid, column->atttypmod);

	if (strcmp(type, kept_type) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" has type %s, but what was kept has type %s", NameStr(column->attname), type, kept_type)));
}

/* ---------- the query ---------- */

/* The row of a table as it is to be, column by column. */
typedef struct NewRow
{
	Relation	table;
	char	  **values;			/* an expression for each column; NULL: generated or dropped */
	const char *from;			/* what they are read from */
	char	  **more_values;	/* and for further rows, if there are any */
	const char *more_from;
	AttrNumber *map;
	int			n;
} NewRow;

/* The columns that have values of their own, as they are read from x. */
static void
append_columns(StringInfo query, NewRow *row)
{
	TupleDesc	desc = RelationGetDescr(row->table);

	for (int i = 0; i < desc->natts; i++)
	{
		if (row->values[i] == NULL)
			continue;
		appendStringInfo(query, "%sx.%s", row->n ? ", " : "", quote_identifier(NameStr(TupleDescAttr(desc, i)->attname)));
		row->map[row->n++] = i + 1;
	}
}

/* The query that x is. */
static void
append_rows(StringInfo query, const NewRow *row, char **values, const char *from)
{
	TupleDesc	desc = RelationGetDescr(row->table);
	const char *separator = "SELECT ";

	for (int i = 0; i < desc->natts; i++)
	{
		if (values[i] == NULL)
			continue;
		appendStringInfo(query, "%s%s AS %s", separator, values[i], quote_identifier(NameStr(TupleDescAttr(desc, i)->attname)));
		separator = ", ";
	}
	appendStringInfo(query, "%s FROM %s", strcmp(separator, ", ") == 0 ? "" : "SELECT", from);
}

/* Stored generated columns are computed from the others. */
static void
append_generated(StringInfo query, NewRow *row)
{
	TupleDesc	desc = RelationGetDescr(row->table);

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);

		if (column->attisdropped || column->attgenerated != ATTRIBUTE_GENERATED_STORED)
			continue;
		appendStringInfo(query, "%sCAST(%s AS %s)", row->n ? ", " : "", expression_of(RelationGetRelid(row->table), i + 1),
						 sv_type_text(column->atttypid, column->atttypmod));
		row->map[row->n++] = i + 1;
	}
}

/* Error unless the rows may be those of a partition, if the relation is one. */
static void
check_partition(Oid relation, Oid rows)
{
	StringInfoData query;
	StoreScope	scope;
	char	   *constraint;

	if (!get_rel_relispartition(relation))
		return;
	initStringInfo(&query);
	appendStringInfo(&query, "SELECT pg_get_partition_constraintdef(%u)", relation);
	enter_as_owner(&scope, relation);
	if (SPI_execute(query.data, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read the partition constraint of relation %u", relation);
	constraint = sv_store_text(0, 1);
	if (constraint != NULL &&
		(SPI_execute(psprintf("SELECT FROM %s WHERE NOT coalesce((%s), true)", sv_from(rows), constraint), true, 1) != SPI_OK_SELECT ||
		 SPI_processed > 0))
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("partition constraint of relation \"%s\" is violated by some row", get_rel_name(relation))));
	sv_store_leave(&scope);
}

/*
 * Let the table have the rows of the query that "row" describes.  Its indexes
 * are built anew; constraints are the caller's to validate.
 */
static void
write_anew(NewRow *row)
{
	Form_pg_class form = row->table->rd_rel;
	Oid			relation = RelationGetRelid(row->table);
	Oid			rows = make_new_heap(relation, form->reltablespace, form->relam, form->relpersistence, AccessExclusiveLock);
	StringInfoData query;
	StoreScope	scope;

	CommandCounterIncrement();
	row->map = palloc(sizeof(AttrNumber) * (RelationGetNumberOfAttributes(row->table) + 1));
	initStringInfo(&query);
	appendStringInfoString(&query, "SELECT ");
	append_columns(&query, row);
	append_generated(&query, row);
	appendStringInfoString(&query, " FROM (");
	append_rows(&query, row, row->values, row->from);
	if (row->more_from != NULL)
	{
		appendStringInfoString(&query, " UNION ALL ");
		append_rows(&query, row, row->more_values, row->more_from);
	}
	appendStringInfoString(&query, ") x");
	enter_as_owner(&scope, relation);
	sv_write_rows(rows, query.data, row->map, relation);
	sv_store_leave(&scope);
	check_partition(relation, rows);
	sv_put_in(relation, rows);
}

static bool
has_own_value(Form_pg_attribute column)
{
	return !column->attisdropped && column->attgenerated == '\0';
}

/* ---------- columns ---------- */

/* What was kept of a row, as joined() gives it: an expression, NULL where nothing was kept and where NULL was. */
static char *
kept_value(const Refill *refill, int i)
{
	const StoredKept *kept = refill->item->kept;

	return kept->whole_row ? psprintf("r%d.value", i) :
		psprintf("r%d.%s", i, quote_identifier(get_attname(refill->rows, sv_value_column(kept), false)));
}

/* An expression that is NULL where nothing was kept. */
static char *
kept_place(const Refill *refill, int i)
{
	return psprintf(refill->item->kept->whole_row ? "r%d.place" : "r%d.tableoid", i);
}

/* FROM: the rows as they are, s, and what was kept of each, r1, r2, ... */
static char *
joined(Oid source, List *refills)
{
	StringInfoData from;
	ListCell   *cell;

	initStringInfo(&from);
	appendStringInfo(&from, "%s s", sv_from(source));
	foreach(cell, refills)
	{
		const Refill *refill = lfirst(cell);
		const StoredKept *kept = refill->item->kept;
		char	   *r = psprintf("r%d", foreach_current_index(cell) + 1);

		if (!kept->whole_row)
			appendStringInfo(&from, " LEFT JOIN %s %s ON %s", sv_relation_text(refill->rows), r,
							 sv_same_key(kept, refill->rows, source, r));
		else
			appendStringInfo(&from, " LEFT JOIN (SELECT k.%s AS value, s.value AS place FROM %s k JOIN (%s) s ON %s) %s "
							 "ON %s.place = s.ctid",
							 quote_identifier(get_attname(refill->rows, sv_value_column(kept), false)),
							 sv_relation_text(refill->rows), sv_identified_rows(kept, source, "s.ctid"),
							 sv_same_row(kept, refill->rows, source, "k", "s"), r, r);
	}
	return from.data;
}

/* The value of a column of the table, out of joined(); "own" is that of a row of which none is kept, NULL if there are no such. */
static char *
merged_value(Form_pg_attribute column, const char *own, List *refills)
{
	ListCell   *cell;
	char	   *value;

	foreach(cell, refills)
	{
		const Refill *refill = lfirst(cell);
		int			i = foreach_current_index(cell) + 1;

		if (refill->column != column->attnum)
			continue;
		check_type(column, linitial(refill->item->kept->types));
		value = restored_column(kept_value(refill, i), refill->rows, sv_value_column(refill->item->kept), column);
		return own ? psprintf("CASE WHEN %s IS NOT NULL THEN %s ELSE %s END", kept_place(refill, i), value, own) : value;
	}
	return pstrdup(own);
}

/* The value that a column of the table has in "source", or its default if it is newer. */
static char *
own_value(Relation table, Form_pg_attribute column, Oid source)
{
	return column->attnum > sv_column_count(source) ? default_of(table, column) :
		psprintf("s.%s", quote_identifier(NameStr(column->attname)));
}

/*
 * Fill columns of a table with what was kept of them, row by row.  "source"
 * has its rows: itself, or a table of ours with the columns that it had before
 * some were added.  Rows of which nothing was kept stay as they are, or get the
 * default of a column that was added.
 */
void
sv_merge(Oid relation, Oid source, List *refills)
{
	NewRow		row = {table_open(relation, AccessExclusiveLock)};
	TupleDesc	desc = RelationGetDescr(row.table);

	CheckTableNotInUse(row.table, "ALTER TABLE");
	row.values = palloc0(sizeof(char *) * Max(desc->natts, 1));
	for (int i = 0; i < desc->natts; i++)
		if (has_own_value(TupleDescAttr(desc, i)))
			row.values[i] = merged_value(TupleDescAttr(desc, i), own_value(row.table, TupleDescAttr(desc, i), source), refills);
	row.from = joined(source, refills);
	write_anew(&row);
	table_close(row.table, NoLock);
	sv_validate(relation);
}

/* ---------- converted columns ---------- */

/* A condition over joined(): is the row one of which all values are kept, or one of the others? */
static char *
all_kept(List *refills, bool negated)
{
	StringInfoData condition;

	ListCell   *cell;

	initStringInfo(&condition);
	foreach(cell, refills)
		appendStringInfo(&condition, "%s%s IS %sNULL", foreach_current_index(cell) == 0 ? "" : negated ? " OR " : " AND ",
						 kept_place(lfirst(cell), foreach_current_index(cell) + 1), negated ? "" : "NOT ");
	return condition.data;
}

/* The columns of the table as they are in "source", which has others in place of domains. */
static char **
own_values(Relation table, Oid source)
{
	TupleDesc	desc = RelationGetDescr(table);
	char	  **values = palloc0(sizeof(char *) * Max(desc->natts, 1));

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);

		if (has_own_value(column))
			values[i] = restored_column(psprintf("s.%s", quote_identifier(NameStr(column->attname))), source, i + 1, column);
	}
	return values;
}

/*
 * Before a statement converts columns of a table whose rows are in "source": put
 * those back that it has to convert, because their values are not kept or were
 * changed.
 */
void
sv_split(Oid relation, Oid source, List *refills)
{
	NewRow		row = {table_open(relation, AccessExclusiveLock)};

	row.values = own_values(row.table, source);
	row.from = psprintf("%s WHERE %s", joined(source, refills), all_kept(refills, true));
	write_anew(&row);
	table_close(row.table, NoLock);
}

/* After it: put the others back, too, with what was kept of them. */
void
sv_unite(Oid relation, Oid source, List *refills)
{
	NewRow		row = {table_open(relation, AccessExclusiveLock)};
	TupleDesc	desc = RelationGetDescr(row.table);
	List	   *by_key = NIL;
	ListCell   *cell;

	/* the numbers of rows without a key are those of all rows together */
	foreach(cell, refills)
		if (!((Refill *) lfirst(cell))->item->kept->whole_row)
			by_key = lappend(by_key, lfirst(cell));
	row.values = palloc0(sizeof(char *) * Max(desc->natts, 1));
	row.more_values = own_values(row.table, source);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);

		if (!has_own_value(column))
			continue;
		row.values[i] = merged_value(column, own_value(row.table, column, relation), by_key);
		foreach(cell, refills)
			if (((Refill *) lfirst(cell))->column == i + 1)
				row.more_values[i] = merged_value(column, NULL, refills);
	}
	row.from = joined(relation, by_key);
	row.more_from = psprintf("%s WHERE %s", joined(source, refills), all_kept(refills, false));
	write_anew(&row);
	table_close(row.table, NoLock);
	sv_validate(relation);
}

/* ---------- tables ---------- */

/* Is what was kept a table that could have been this one's own, file by file? */
static bool
fits(Relation table, Relation rows)
{
	TupleDesc	a = RelationGetDescr(table);
	TupleDesc	b = RelationGetDescr(rows);

	if (a->natts != b->natts || table->rd_rel->relam != rows->rd_rel->relam ||
		table->rd_rel->reltablespace != rows->rd_rel->reltablespace ||
		table->rd_rel->relpersistence != rows->rd_rel->relpersistence)
		return false;
	for (int i = 0; i < a->natts; i++)
	{
		Form_pg_attribute c = TupleDescAttr(a, i);
		Form_pg_attribute d = TupleDescAttr(b, i);

		if (c->attisdropped != d->attisdropped || c->attlen != d->attlen || c->attalign != d->attalign ||
			d->atthasmissing)
			return false;
		if (!c->attisdropped && (c->atttypid != d->atttypid || c->atttypmod != d->atttypmod || c->attgenerated != '\0' ||
								 strcmp(NameStr(c->attname), NameStr(d->attname)) != 0))
			return false;
	}
	return true;
}

/* Error unless the table has all the columns that were kept, with their types. */
static void
check_shape(const StoredKept *kept, Oid relation)
{
	ListCell   *name;
	ListCell   *type;

	forboth(name, kept->columns, type, kept->types)
	{
		AttrNumber	number = get_attnum(relation, lfirst(name));
		HeapTuple	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relation), Int16GetDatum(number));

		if (!HeapTupleIsValid(tuple))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("table \"%s\" has no column \"%s\" now", kept->table_name, (char *) lfirst(name))));
		check_type((Form_pg_attribute) GETSTRUCT(tuple), lfirst(type));
		ReleaseSysCache(tuple);
	}
}

/* NOT NULL of a table, for rows that come without being looked at. */
static void
check_not_null(Relation table, Oid rows)
{
	TupleDesc	desc = RelationGetDescr(table);
	StringInfoData query;
	StoreScope	scope;
	int			n = 0;

	initStringInfo(&query);
	appendStringInfo(&query, "SELECT FROM %s s WHERE num_nulls(", sv_from(rows));
	for (int i = 0; i < desc->natts; i++)
		if (TupleDescAttr(desc, i)->attnotnull && !TupleDescAttr(desc, i)->attisdropped)
			appendStringInfo(&query, "%ss.%s", n++ ? ") > 0 OR num_nulls(" : "", quote_identifier(NameStr(TupleDescAttr(desc, i)->attname)));
	appendStringInfoString(&query, ") > 0");
	if (n == 0)
		return;
	sv_store_enter(&scope, SV_STORE_WRITE);
	if (SPI_execute(query.data, true, 1) != SPI_OK_SELECT || SPI_processed > 0)
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("a column of relation \"%s\" contains null values", RelationGetRelationName(table))));
	sv_store_leave(&scope);
}

/* Write what was kept into a table of another layout. */
static void
rewrite(const StoredKept *kept, Relation table, Oid rows)
{
	NewRow		row = {table};
	TupleDesc	desc = RelationGetDescr(table);

	row.values = palloc0(sizeof(char *) * Max(desc->natts, 1));
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);
		AttrNumber	number = get_attnum(rows, NameStr(column->attname));

		if (!has_own_value(column))
			continue;
		row.values[i] = sv_is_listed(kept->columns, NameStr(column->attname)) ?
			restored_column(psprintf("k.%s", quote_identifier(NameStr(column->attname))), rows, number, column) :
			default_of(table, column);
	}
	row.from = psprintf("%s k", sv_relation_text(rows));
	write_anew(&row);
}

/*
 * Bring the rows of a table back into one that was just created in its place.
 * Its constraints are the caller's to validate, after all that belongs together is
 * back.  The kept table may be empty afterwards.
 */
void
sv_return_table(const StoredKept *kept, Oid relation)
{
	Relation	table = table_open(relation, AccessExclusiveLock);
	Oid			rows = sv_find_relation("schemaver_kept", kept->kept_table);
	Relation	kept_rows = table_open(rows, AccessExclusiveLock);
	bool		direct = fits(table, kept_rows);

	table_close(kept_rows, NoLock);
	if (RelationGetNumberOfBlocks(table) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" has rows already", kept->table_name)));
	check_shape(kept, relation);
	if (direct)
	{
		check_not_null(table, rows);
		table_close(table, NoLock);
		check_partition(relation, rows);
		sv_put_in(relation, sv_move_out(rows));
		return;
	}
	rewrite(kept, table, rows);
	table_close(table, NoLock);
}

/* ---------- constraints ---------- */

/* The names of the CHECK constraints and foreign keys of a table that hold; they are marked as not validated. */
static List *
suspend_constraints(Oid relation)
{
	Relation	constraints = table_open(ConstraintRelationId, RowExclusiveLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	List	   *names = NIL;

	ScanKeyInit(&key, Anum_pg_constraint_conrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
	scan = systable_beginscan(constraints, ConstraintRelidTypidNameIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
		HeapTuple	copy;

		if (!form->convalidated || (form->contype != CONSTRAINT_CHECK && form->contype != CONSTRAINT_FOREIGN))
			continue;
		names = lappend(names, pstrdup(NameStr(form->conname)));
		copy = heap_copytuple(tuple);
		((Form_pg_constraint) GETSTRUCT(copy))->convalidated = false;
		CatalogTupleUpdate(constraints, &copy->t_self, copy);
	}
	systable_endscan(scan);
	table_close(constraints, RowExclusiveLock);
	CommandCounterIncrement();
	return names;
}

/* Let the server check the constraints of a table on all its rows. */
void
sv_validate(Oid relation)
{
	ListCell   *cell;

	foreach(cell, suspend_constraints(relation))
		execute_as_owner(relation, psprintf("ALTER TABLE %s VALIDATE CONSTRAINT %s", sv_relation_text(relation),
											quote_identifier(lfirst(cell))));
	CommandCounterIncrement();
}
