/*
 * kept_rows.c
 *		Rows of kept_data: what upgrades dropped and schemaver kept.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "store/store.h"
#include "utils/builtins.h"

/* A number for what is to be kept next; never used twice. */
int64
sv_store_kept_number(void)
{
	static StoreQuery query = {"SELECT pg_catalog.nextval('schemaver.kept_number')"};
	StoreScope	scope;
	int64		number;
	bool		isnull;

	sv_store_enter(&scope, SV_STORE_WRITE);
	sv_store_execute(&scope, &query, NULL, NULL);
	number = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	sv_store_leave(&scope);
	return number;
}

/* Set a text, or NULL. */
static void
bind_text(Datum *values, bool *nulls, int i, const char *text)
{
	nulls[i] = text == NULL;
	values[i] = text ? CStringGetTextDatum(text) : (Datum) 0;
}

/* Record what was kept, by the run that is under way. */
void
sv_store_keep(const StoredKept *kept)
{
	static StoreQuery query = {
		"INSERT INTO schemaver.kept_data (kept, revision, run, kind, schema_name, table_name, column_name, kept_table, "
		"columns, types, whole_row, position, is_called, rows, created_at, created_by) "
		"SELECT $1, $2, (SELECT max(run) FROM schemaver.run), $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, "
		"pg_catalog.clock_timestamp(), $14",
		14, {INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTARRAYOID, TEXTARRAYOID, BOOLOID,
		INT8OID, BOOLOID, INT8OID, TEXTOID}
	};
	Datum		v[14];
	bool		n[14] = {false};
	StoreScope	scope;

	v[0] = Int64GetDatum(kept->number);
	bind_text(v, n, 1, kept->revision);
	bind_text(v, n, 2, kept->kind);
	bind_text(v, n, 3, kept->schema_name);
	bind_text(v, n, 4, kept->table_name);
	bind_text(v, n, 5, kept->column_name);
	bind_text(v, n, 6, kept->kept_table);
	v[7] = sv_text_array(kept->columns);
	v[8] = sv_text_array(kept->types);
	v[9] = BoolGetDatum(kept->whole_row);
	v[10] = Int64GetDatum(kept->position);
	v[11] = BoolGetDatum(kept->is_called);
	n[10] = n[11] = kept->kept_table != NULL;
	v[12] = Int64GetDatum((int64) kept->rows);
	n[12] = kept->kept_table == NULL || kept->rows < 0;
	sv_store_enter(&scope, SV_STORE_WRITE);
	bind_text(v, n, 13, sv_role_name(scope.userid));
	sv_store_execute(&scope, &query, v, n);
	sv_store_leave(&scope);
}

#define KEPT_COLUMNS "kept, revision, kind, schema_name, table_name, column_name, kept_table, columns, types, whole_row, " \
	"coalesce(position, 0), coalesce(is_called, false), coalesce(rows, -1)"

/* The rows of the current result, in the caller's context. */
static List *
read_kept(uint64 n)
{
	List	   *result = NIL;

	for (uint64 i = 0; i < n; i++)
	{
		HeapTuple	row = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		StoredKept *kept = palloc0(sizeof(StoredKept));
		bool		isnull;

		kept->number = DatumGetInt64(SPI_getbinval(row, desc, 1, &isnull));
		kept->revision = sv_store_text(i, 2);
		kept->kind = sv_store_text(i, 3);
		kept->schema_name = sv_store_text(i, 4);
		kept->table_name = sv_store_text(i, 5);
		kept->column_name = sv_store_text(i, 6);
		kept->kept_table = sv_store_text(i, 7);
		kept->columns = sv_store_text_list(i, 8);
		kept->types = sv_store_text_list(i, 9);
		kept->whole_row = DatumGetBool(SPI_getbinval(row, desc, 10, &isnull));
		kept->position = DatumGetInt64(SPI_getbinval(row, desc, 11, &isnull));
		kept->is_called = DatumGetBool(SPI_getbinval(row, desc, 12, &isnull));
		kept->rows = (double) DatumGetInt64(SPI_getbinval(row, desc, 13, &isnull));
		result = lappend(result, kept);
	}
	return result;
}

static List *
kept_by(StoreQuery *query, const Datum *values)
{
	StoreScope	scope;
	List	   *result;
	uint64		n;

	sv_store_enter(&scope, SV_STORE_WRITE);
	n = sv_store_execute(&scope, query, values, NULL);
	MemoryContextSwitchTo(scope.caller);
	result = read_kept(n);
	sv_store_leave(&scope);
	return result;
}

/*
 * What was kept of a revision since it was undone last, the newest first: a list
 * of StoredKept.  What could not come back then belongs to no later downgrade;
 * but stamping a revision away and back again, to correct its down, changes nothing.
 */
List *
sv_store_kept_of(const char *revision)
{
	static StoreQuery query = {
		"SELECT " KEPT_COLUMNS " FROM schemaver.kept_data WHERE revision = $1 AND run >= "
		"(SELECT coalesce(max(run), 0) FROM schemaver.step WHERE revision = $1 AND direction = 'downgrade' AND outcome = 'done') "
		"ORDER BY kept DESC", 1, {TEXTOID}
	};
	Datum		values[1] = {CStringGetTextDatum(revision)};

	return kept_by(&query, values);
}

/* All that is kept in tables. */
List *
sv_store_kept_tables(void)
{
	static StoreQuery query = {
		"SELECT " KEPT_COLUMNS " FROM schemaver.kept_data WHERE kept_table IS NOT NULL ORDER BY kept"
	};

	return kept_by(&query, NULL);
}

/* What is older than an interval, the oldest first. */
List *
sv_store_kept_older(Datum age)
{
	static StoreQuery query = {
		"SELECT " KEPT_COLUMNS " FROM schemaver.kept_data WHERE created_at <= pg_catalog.clock_timestamp() - $1 ORDER BY kept",
		1, {INTERVALOID}
	};

	return kept_by(&query, &age);
}

void
sv_store_forget_kept(int64 number)
{
	static StoreQuery query = {"DELETE FROM schemaver.kept_data WHERE kept = $1", 1, {INT8OID}};
	Datum		values[1] = {Int64GetDatum(number)};
	StoreScope	scope;

	sv_store_enter(&scope, SV_STORE_WRITE);
	sv_store_execute(&scope, &query, values, NULL);
	sv_store_leave(&scope);
}

/* Give each row of kept(), the oldest first.  "row" must not use the store. */
void
sv_store_get_kept(StoreMode mode, void (*row) (const Datum *values, const bool *nulls, void *arg), void *arg)
{
	static StoreQuery query = {
		"SELECT k.kept, k.revision, k.run, k.kind, k.schema_name, k.table_name, k.column_name, "
		"'schemaver_kept.' || quote_ident(k.kept_table), k.rows, pg_catalog.pg_total_relation_size(c.oid), "
		"pg_catalog.clock_timestamp() - k.created_at, k.created_at, k.created_by "
		"FROM schemaver.kept_data k LEFT JOIN pg_catalog.pg_class c ON c.relname = k.kept_table "
		"AND c.relnamespace = (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = 'schemaver_kept') "
		"ORDER BY k.kept"
	};
	StoreScope	scope;
	uint64		n;

	sv_store_enter(&scope, mode);
	n = sv_store_execute(&scope, &query, NULL, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		Datum		values[13];
		bool		nulls[13];

		for (int column = 0; column < 13; column++)
			values[column] = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, column + 1, &nulls[column]);
		row(values, nulls, arg);
	}
	sv_store_leave(&scope);
}
