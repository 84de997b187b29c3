/*
 * tool_rows.c
 *		Statements on the tables of other tools.
 *
 * They run as the owner of the table, restricted, with a search_path of
 * pg_catalog: a type, an index or a CHECK of somebody's can run code then, but
 * with no other rights than those of who owns the table.
 */
#include "postgres.h"

#include "adopt/adopt_private.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* A statement under way. */
typedef struct Work
{
	const AdoptTable *table;
	const char *sql;
	const char *const *statements;
	Oid			type;
	Datum		value;
	MemoryContext context;
	List	   *rows;
	char	   *text;
} Work;

/* The statement with the table for %T and its schema for %S. */
static char *
sql_for(const AdoptTable *table, const char *sql)
{
	StringInfoData out;

	initStringInfo(&out);
	for (; *sql != '\0'; sql++)
	{
		if (sql[0] == '%' && (sql[1] == 'T' || sql[1] == 'S'))
			appendStringInfoString(&out, *++sql == 'T' ? table->quoted :
								   quote_identifier(table->schema));
		else
			appendStringInfoChar(&out, *sql);
	}
	return out.data;
}

/* The text of a column of the current result, whatever its type is; NULL if null. */
static char *
result_text(uint64 row, int column)
{
	return column <= SPI_tuptable->tupdesc->natts ?
		SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column) : NULL;
}

/* A column of that type; false if it is null, or of another type. */
static bool
value_at(uint64 row, int column, Oid type, Datum *value)
{
	bool		isnull;

	if (column > SPI_tuptable->tupdesc->natts ||
		SPI_gettypeid(SPI_tuptable->tupdesc, column) != type)
		return false;
	*value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &isnull);
	return !isnull;
}

static AppliedRow *
row_at(uint64 i)
{
	AppliedRow *row = palloc0(sizeof(AppliedRow));
	Datum		value = (Datum) 0;

	row->key = result_text(i, 1);
	row->has_time = value_at(i, 2, TIMESTAMPTZOID, &value);
	row->applied_at = DatumGetTimestampTz(value);
	row->applied_by = result_text(i, 3);
	row->has_elapsed = value_at(i, 4, INT8OID, &value);
	row->elapsed = row->has_elapsed ? DatumGetInt64(value) : 0;
	row->checksum = result_text(i, 5);
	row->problem = result_text(i, 6);
	row->covers = value_at(i, 7, BOOLOID, &value) && DatumGetBool(value);
	row->note = result_text(i, 8);
	row->scope = result_text(i, 9);
	row->name = result_text(i, 10);
	return row;
}

static void
execute_sql(const char *sql, bool read_only, int nargs, Oid type, Datum value)
{
	int			result = SPI_execute_with_args(sql, nargs, &type, &value, NULL, read_only, 0);

	if (result < 0)
		elog(ERROR, "SPI_execute_with_args failed: %s", SPI_result_code_string(result));
}

static void
read_rows(void *arg)
{
	Work	   *work = arg;
	MemoryContext caller;

	SPI_connect();
	execute_sql(work->sql, true, 0, InvalidOid, (Datum) 0);
	caller = MemoryContextSwitchTo(work->context);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		AppliedRow *row = row_at(i);

		CHECK_FOR_INTERRUPTS();
		if (row->key != NULL)
			work->rows = lappend(work->rows, row);
	}
	MemoryContextSwitchTo(caller);
	SPI_finish();
}

/* The rows of the table, in the order of application: a list of AppliedRow. */
List *
sv_adopt_rows(const AdoptTable *table)
{
	Work		work = {table, sql_for(table, table->tool->rows)};

	work.context = CurrentMemoryContext;
	sv_base_run_as(table->owner, read_rows, &work);
	return work.rows;
}

/*
 * The rows of a query of the caller, which runs as the caller and changes
 * nothing: columns id, time, user and checksum; all but the first may be missing.
 */
List *
sv_adopt_custom_rows(const char *query)
{
	List	   *rows = NIL;
	MemoryContext context = CurrentMemoryContext;
	MemoryContext spi;

	SPI_connect();
	execute_sql(query, true, 0, InvalidOid, (Datum) 0);
	if (SPI_tuptable == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the query returns no rows"),
				 errhint("Write SELECT id, time, user, checksum FROM ... ORDER BY ...")));
	spi = MemoryContextSwitchTo(context);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		AppliedRow *row = palloc0(sizeof(AppliedRow));
		Datum		value = (Datum) 0;

		CHECK_FOR_INTERRUPTS();
		row->key = result_text(i, 1);
		if (value_at(i, 2, TIMESTAMPOID, &value))
			value = DirectFunctionCall1(timestamp_timestamptz, value);
		else if (!value_at(i, 2, TIMESTAMPTZOID, &value))
			value = (Datum) 0;
		row->has_time = value != (Datum) 0;
		row->applied_at = DatumGetTimestampTz(value);
		row->applied_by = result_text(i, 3);
		row->checksum = result_text(i, 4);
		if (row->key != NULL)
			rows = lappend(rows, row);
	}
	MemoryContextSwitchTo(spi);
	SPI_finish();
	return rows;
}

static void
read_tool_text(void *arg)
{
	Work	   *work = arg;
	MemoryContext caller;

	SPI_connect();
	execute_sql(work->sql, true, 0, InvalidOid, (Datum) 0);
	caller = MemoryContextSwitchTo(work->context);
	if (SPI_processed > 0)
		work->text = result_text(0, 1) ? result_text(0, 1) : pstrdup("locked");
	MemoryContextSwitchTo(caller);
	SPI_finish();
}

/* Why a run of the tool is under way, or NULL. */
char *
sv_adopt_busy(const AdoptTable *table)
{
	Work		work = {table};
	List	   *companions = sv_adopt_companions(table);

	if (table->tool->busy == NULL || companions == NIL)
		return NULL;
	sv_adopt_check_plain(((AdoptTable *) linitial(companions))->relation);
	work.sql = sql_for(table, table->tool->busy);
	work.context = CurrentMemoryContext;
	sv_base_run_as(((AdoptTable *) linitial(companions))->owner, read_tool_text, &work);
	return work.text;
}

static void
write_tool_rows(void *arg)
{
	const Work *work = arg;

	SPI_connect();
	for (int i = 0; work->statements[i] != NULL; i++)
	{
		char	   *sql = sql_for(work->table, work->statements[i]);

		execute_sql(sql, false, strstr(sql, "$1") != NULL ? 1 : 0, work->type, work->value);
	}
	SPI_finish();
}

/* Execute statements that change the table, up to the first NULL; $1 is the value. */
void
sv_adopt_write(const AdoptTable *table, const char *const *statements, Oid type, Datum value)
{
	Work		work = {table, NULL, statements, type, value};

	sv_base_run_as(table->owner, write_tool_rows, &work);
}

static void
execute_one(void *arg)
{
	const Work *work = arg;

	SPI_connect();
	execute_sql(work->sql, false, 0, InvalidOid, (Datum) 0);
	SPI_finish();
}

/* Execute one statement as the owner of the table. */
void
sv_adopt_execute(const AdoptTable *table, const char *sql)
{
	Work		work = {table, sql};

	sv_base_run_as(table->owner, execute_one, &work);
}
