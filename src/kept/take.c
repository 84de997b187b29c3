/*
 * take.c
 *		Putting aside what a statement is going to take away.
 *
 * A table is moved by its files.  Of a column the values are copied, with what
 * identifies their rows: the primary key or another key; without one, the text
 * of all other columns and, among rows that are equal in it, a number: which of
 * them gets which value makes no difference.
 *
 * Rows are read as the owner of schemaver's tables, so row security hides
 * none, by queries that call nothing which a user wrote.  What is kept
 * belongs to the owner of the table.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "catalog/toasting.h"
#include "commands/tablecmds.h"
#include "kept/kept_private.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

static StoredKept *
new_kept(const Keep *keep, const char *kind, Oid relation)
{
	StoredKept *kept = palloc0(sizeof(StoredKept));

	kept->number = sv_store_kept_number();
	kept->revision = keep->revision;
	kept->kind = kind;
	kept->schema_name = get_namespace_name(get_rel_namespace(relation));
	kept->table_name = get_rel_name(relation);
	kept->rows = -1;
	return kept;
}

/* The types of these columns, as text. */
static List *
types_of(Oid relation, List *columns)
{
	List	   *types = NIL;
	ListCell   *cell;

	foreach(cell, columns)
	{
		Oid			type;
		int32		typmod;
		Oid			collation;

		get_atttypetypmodcoll(relation, get_attnum(relation, lfirst(cell)), &type, &typmod, &collation);
		types = lappend(types, sv_type_text(type, typmod));
	}
	return types;
}

static void
set_in_scope(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

/*
 * In a level of settings that the caller ends: let values have the same text in
 * every session, and take the memory of maintenance work.
 */
void
sv_kept_settings(void)
{
	if (work_mem < maintenance_work_mem)
		set_in_scope("work_mem", psprintf("%d", maintenance_work_mem));
	set_in_scope("datestyle", "ISO, MDY");
	set_in_scope("intervalstyle", "postgres");
	set_in_scope("timezone", "UTC");
	set_in_scope("extra_float_digits", "3");
	set_in_scope("bytea_output", "hex");
	set_in_scope("lc_monetary", "C");
	set_in_scope("quote_all_identifiers", "off");
}

/* Write the rows of a query as the owner of schemaver's tables. */
static uint64
copy_rows(Oid target, const char *query, const AttrNumber *map)
{
	StoreScope	scope;
	uint64		n;

	sv_store_enter(&scope, SV_STORE_WRITE);
	sv_kept_settings();
	n = sv_write_rows(target, query, map, InvalidOid);
	sv_store_leave(&scope);
	return n;
}

/* ---------- tables ---------- */

/* Copy all columns that hold values of their own. */
static uint64
copy_table(Oid from, Oid to, List *columns)
{
	StringInfoData query;
	AttrNumber *map = palloc(sizeof(AttrNumber) * (list_length(columns) + 1));
	ListCell   *cell;

	NewRelationCreateToastTable(to, (Datum) 0);
	CommandCounterIncrement();
	initStringInfo(&query);
	appendStringInfoString(&query, "SELECT ");
	foreach(cell, columns)
	{
		map[foreach_current_index(cell)] = get_attnum(from, lfirst(cell));
		appendStringInfo(&query, "%ss.%s", foreach_current_index(cell) ? ", " : "", quote_identifier(lfirst(cell)));
	}
	appendStringInfo(&query, " FROM %s s", sv_from(from));
	return copy_rows(to, query.data, map);
}

/* Keep the rows of a table that is going to be dropped. */
void
sv_take_table(const Keep *keep, const Loss *loss)
{
	Relation	table = table_open(loss->relation, AccessExclusiveLock);
	Form_pg_class form = table->rd_rel;
	bool		moves = !loss->reads && form->relam == HEAP_TABLE_AM_OID;
	StoredKept *kept = new_kept(keep, "table", loss->relation);
	Oid			rows;

	CheckTableNotInUse(table, "DROP TABLE");
	kept->kept_table = sv_kept_name(kept->number, kept->table_name);
	kept->columns = sv_columns_but(loss->relation, NULL);
	kept->types = types_of(loss->relation, kept->columns);
	kept->rows = form->reltuples;
	rows = sv_bare_table(kept->kept_table, sv_bare_like(table), form->relowner, form->relpersistence,
						 moves ? form->reltablespace : InvalidOid);
	if (moves)
		sv_bare_copy_missing(loss->relation, rows);
	table_close(table, NoLock);
	if (moves)
		sv_move_rows(loss->relation, rows);
	else
		kept->rows = copy_table(loss->relation, rows, kept->columns);
	sv_store_keep(kept);
}

/* ---------- columns ---------- */

/* A name for a column of ours among those of a kept table. */
static char *
free_name(const char *name, TupleDesc desc, int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(NameStr(TupleDescAttr(desc, i)->attname), name) == 0)
			return free_name(psprintf("%s_", name), desc, n);
	return pstrdup(name);
}

static void
add_column(TupleDesc desc, int *n, const char *name, Oid type, int32 typmod)
{
	type = getBaseTypeAndTypmod(type, &typmod);
	TupleDescInitEntry(desc, *n + 1, free_name(name, desc, *n), type, typmod, 0);
	(*n)++;
}

static void
add_column_like(TupleDesc desc, int *n, Oid relation, const char *name)
{
	Oid			type;
	int32		typmod;
	Oid			collation;

	get_atttypetypmodcoll(relation, get_attnum(relation, name), &type, &typmod, &collation);
	add_column(desc, n, name, type, typmod);
}

/* The table for the values of a column, with what identifies their rows; "made": and what was made of them. */
static Oid
make_column_table(const StoredKept *kept, const char *name, Oid relation, Oid type, int32 typmod, bool made)
{
	TupleDesc	desc = CreateTemplateTupleDesc((kept->whole_row ? 2 : list_length(kept->columns)) + 1 + made);
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);
	Oid			table;
	int			n = 0;
	ListCell   *cell;

	if (kept->whole_row)
	{
		add_column(desc, &n, "row", TEXTOID, -1);
		add_column(desc, &n, "number", INT8OID, -1);
	}
	else
		foreach(cell, kept->columns)
			add_column_like(desc, &n, relation, lfirst(cell));
	add_column(desc, &n, kept->column_name, type, typmod);
	if (made)
		add_column(desc, &n, "converted", TEXTOID, -1);
	table = sv_bare_table(name, desc, form->relowner, form->relpersistence, InvalidOid);
	ReleaseSysCache(tuple);
	NewRelationCreateToastTable(table, (Datum) 0);
	CommandCounterIncrement();
	return table;
}

/*
 * The rows of a table as "SELECT i1, ..., value": what identifies them as it is
 * kept, and an expression over s, the row.  Rows that are equal are numbered in the
 * order in which they are stored, which a conversion keeps.
 */
char *
sv_identified_rows(const StoredKept *kept, Oid relation, const char *value)
{
	StringInfoData query;
	ListCell   *cell;

	initStringInfo(&query);
	appendStringInfoString(&query, "SELECT ");
	if (kept->whole_row)
	{
		char	   *image = sv_row_image("s", kept->columns);

		appendStringInfo(&query, "%s AS i1, row_number() OVER (PARTITION BY %s ORDER BY s.tableoid, s.ctid) AS i2, ", image, image);
	}
	else
		foreach(cell, kept->columns)
			appendStringInfo(&query, "s.%s AS i%d, ", quote_identifier(lfirst(cell)), foreach_current_index(cell) + 1);
	appendStringInfo(&query, "%s AS value FROM %s s", value, sv_from(relation));
	return query.data;
}

/*
 * Keep the values of a column that is going to be dropped or converted.  "lost"
 * are all such columns of the table.  A converted one is recorded by sv_take_result(),
 * when it is known what the values became.
 */
StoredKept *
sv_take_column(const Keep *keep, const Loss *loss, const Bitmapset *lost)
{
	StoredKept *kept = new_kept(keep, loss->converted ? "type" : "column", loss->relation);
	Oid			type;
	int32		typmod;
	Oid			collation;
	char	   *value;
	Oid			rows;

	LockRelationOid(loss->relation, AccessExclusiveLock);
	get_atttypetypmodcoll(loss->relation, loss->column, &type, &typmod, &collation);
	kept->column_name = get_attname(loss->relation, loss->column, false);
	kept->types = list_make1(sv_type_text(type, typmod));
	kept->columns = sv_key_of(loss->relation, lost);
	kept->whole_row = kept->columns == NIL;
	if (kept->whole_row)
		kept->columns = sv_columns_but(loss->relation, lost);
	kept->kept_table = sv_kept_name(kept->number, psprintf("%s_%s", kept->table_name, kept->column_name));
	rows = make_column_table(kept, kept->kept_table, loss->relation, type, typmod, false);
	value = psprintf("s.%s", quote_identifier(kept->column_name));
	kept->rows = copy_rows(rows, sv_identified_rows(kept, loss->relation, value), NULL);
	if (!loss->converted)
		sv_store_keep(kept);
	return kept;
}

/*
 * A table with those of the kept values whose column still has what the upgrade
 * made of them.  Rows without a key are told apart by that, too, and get the
 * numbers that they have now.
 */
Oid
sv_take_unchanged(const StoredKept *kept, Oid rows, Oid relation)
{
	Relation	source = table_open(rows, AccessShareLock);
	int			last = RelationGetNumberOfAttributes(source);
	char	   *made = pstrdup(quote_identifier(NameStr(TupleDescAttr(RelationGetDescr(source), last - 1)->attname)));
	char	   *now = sv_image(psprintf("s.%s", quote_identifier(kept->column_name)));
	Oid			result = sv_bare_table(sv_kept_name(sv_store_kept_number(), kept->column_name), sv_bare_like(source),
									   source->rd_rel->relowner, source->rd_rel->relpersistence, InvalidOid);

	table_close(source, NoLock);
	NewRelationCreateToastTable(result, (Datum) 0);
	CommandCounterIncrement();
	copy_rows(result, kept->whole_row ?
			  psprintf("SELECT k.row, s.i2, k.value, k.made FROM (SELECT k.*, row_number() OVER (PARTITION BY k.row, k.made ORDER BY k.n) AS o "
					   "FROM %s k (row, n, value, made)) k JOIN (SELECT s.*, row_number() OVER (PARTITION BY s.i1, s.value ORDER BY s.i2) AS o "
					   "FROM (%s) s) s ON k.row = s.i1 AND k.o = s.o AND k.made IS NOT DISTINCT FROM s.value",
					   sv_relation_text(rows), sv_identified_rows(kept, relation, now)) :
			  psprintf("SELECT k.* FROM %s k JOIN (%s) s ON %s WHERE k.%s IS NOT DISTINCT FROM s.value",
					   sv_relation_text(rows), sv_identified_rows(kept, relation, now),
					   sv_same_row(kept, rows, relation, "k", "s"), made), NULL);
	return result;
}

/* Record a converted column, and with its old values what the statement made of them. */
void
sv_take_result(StoredKept *kept, Oid relation)
{
	Oid			before = get_relname_relid(kept->kept_table, sv_kept_schema());
	char	   *name = sv_kept_name(sv_store_kept_number(), kept->column_name);
	int			last = sv_column_count(before);
	char	   *made = sv_image(psprintf("s.%s", quote_identifier(kept->column_name)));
	ObjectAddress address;
	Oid			type;
	int32		typmod;
	Oid			collation;
	Oid			rows;

	get_atttypetypmodcoll(before, last, &type, &typmod, &collation);
	rows = make_column_table(kept, name, relation, type, typmod, true);
	copy_rows(rows, psprintf("SELECT k.*, s.value FROM schemaver_kept.%s k JOIN (%s) s ON %s",
							 quote_identifier(kept->kept_table), sv_identified_rows(kept, relation, made),
							 sv_same_row(kept, before, relation, "k", "s")), NULL);
	ObjectAddressSet(address, RelationRelationId, before);
	performDeletion(&address, DROP_RESTRICT, PERFORM_DELETION_INTERNAL);
	CommandCounterIncrement();
	RenameRelationInternal(rows, kept->kept_table, true, false);
	CommandCounterIncrement();
	sv_store_keep(kept);
}

/* ---------- sequences ---------- */

/* Schema, table and column that own a sequence; NIL if none do. */
static List *
owner_of_sequence(Oid sequence)
{
	Oid			table;
	int32		column;

	if (!sequenceIsOwned(sequence, DEPENDENCY_AUTO, &table, &column) &&
		!sequenceIsOwned(sequence, DEPENDENCY_INTERNAL, &table, &column))
		return NIL;
	return list_make3(get_namespace_name(get_rel_namespace(table)), get_rel_name(table),
					  get_attname(table, column, false));
}

/* Keep the position of a sequence that is going to be dropped, if it was ever used. */
void
sv_take_sequence(const Keep *keep, Oid sequence)
{
	StoredKept *kept = new_kept(keep, "sequence", sequence);
	StoreScope	scope;
	bool		used;
	bool		isnull;

	kept->columns = owner_of_sequence(sequence);
	sv_store_enter(&scope, SV_STORE_WRITE);
	if (SPI_execute(psprintf("SELECT last_value, is_called, is_called OR last_value <> seqstart FROM %s, pg_sequence "
							 "WHERE seqrelid = %u", sv_relation_text(sequence), sequence), false, 1) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "could not read sequence %u", sequence);
	kept->position = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	kept->is_called = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &isnull));
	used = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 3, &isnull));
	sv_store_leave(&scope);
	if (used)
		sv_store_keep(kept);
}
