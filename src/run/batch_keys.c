/*
 * batch_keys.c
 *		The table and the key of batches, and the queries by ranges of keys.
 *
 * Everything runs as the caller, under the settings of the script.  SPI must be
 * connected.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "run/batches.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/regproc.h"
#include "utils/varlena.h"

/* ---------- the table ---------- */

Oid
sv_batch_table(const Batches *batches)
{
	return RangeVarGetRelid(makeRangeVarFromNameList(sv_qualified_name_list(batches->step->table)),
							NoLock, false);
}

/* The column that is the key; an error if the table has no such column. */
static AttrNumber
key_column(const Batches *batches, Oid table)
{
	List	   *name = sv_qualified_name_list(batches->step->key);
	AttrNumber	key = get_attnum(table, strVal(llast(name)));

	if (key == InvalidAttrNumber)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of relation \"%s\" does not exist", batches->step->key, batches->step->table)));
	return key;
}

/*
 * Raise an error unless ranges of the key cover every row and are found without
 * reading all of the table.
 */
void
sv_batch_check_key(const Batches *batches)
{
	static StoreQuery query = {
		"SELECT a.attnotnull, EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = a.attrelid "
		"AND i.indkey[0] = a.attnum AND i.indpred IS NULL AND i.indisvalid) "
		"FROM pg_catalog.pg_attribute a WHERE a.attrelid = $1 AND a.attnum = $2",
		2, {OIDOID, INT2OID}
	};
	Oid			table = sv_batch_table(batches);
	Datum		values[2];
	StoreScope	scope;
	bool		isnull;
	bool		not_null;
	bool		has_index;

	values[0] = ObjectIdGetDatum(table);
	values[1] = Int16GetDatum(key_column(batches, table));
	sv_store_enter(&scope, SV_STORE_WRITE);
	sv_store_execute(&scope, &query, values, NULL);
	not_null = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	has_index = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &isnull));
	sv_store_leave(&scope);
	if (not_null && has_index)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("column \"%s\" of table \"%s\" cannot be the key of batches", batches->step->key, batches->step->table),
			 not_null ? errdetail("No index begins with it.") : errdetail("It can be null."),
			 errhint("Use a column that is NOT NULL and the first one of an index, such as the primary key.")));
}

/* The rows of the table as far as the server knows; -1: it does not. */
int64
sv_batch_estimated_rows(const Batches *batches)
{
	static StoreQuery query = {
		"SELECT reltuples::bigint FROM pg_catalog.pg_class WHERE oid = $1", 1, {OIDOID}
	};
	Datum		values[1] = {ObjectIdGetDatum(sv_batch_table(batches))};
	StoreScope	scope;
	int64		rows = -1;
	bool		isnull;

	sv_store_enter(&scope, SV_STORE_WRITE);
	if (sv_store_execute(&scope, &query, values, NULL) > 0)
		rows = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	sv_store_leave(&scope);
	return rows;
}

/* ---------- queries by key ---------- */

/* The condition that a key is in the range; its ends are $1 and $2. */
static char *
in_range(const char *key, const KeyRange *range)
{
	StringInfoData text;

	initStringInfo(&text);
	if (range->from != NULL)
		appendStringInfo(&text, "%s %s $1 AND ", key, range->with_from ? ">=" : ">");
	if (range->to != NULL)
		appendStringInfo(&text, "%s %s $2 AND ", key, range->with_to ? "<=" : "<");
	appendStringInfoString(&text, "true");
	return text.data;
}

/* Execute a query about the keys of a range.  Returns the number of rows. */
static uint64
execute_by_keys(const Batches *batches, const char *query, const KeyRange *range)
{
	Oid			table = sv_batch_table(batches);
	Oid			type = get_atttype(table, key_column(batches, table));
	Oid			types[2] = {type, type};
	Datum		values[2] = {0};
	char		nulls[2] = {'n', 'n'};
	const char *keys[2] = {range->from, range->to};
	Oid			input;
	Oid			ioparam;
	int			result;

	getTypeInputInfo(type, &input, &ioparam);
	for (int i = 0; i < 2; i++)
	{
		if (keys[i] == NULL)
			continue;
		values[i] = OidInputFunctionCall(input, (char *) keys[i], ioparam, -1);
		nulls[i] = ' ';
	}
	result = SPI_execute_with_args(query, 2, types, values, nulls, false, 0);
	if (result < 0)
		elog(ERROR, "SPI_execute_with_args failed: %s", SPI_result_code_string(result));
	return SPI_processed;
}

/*
 * The first key of a range, or the last one, or the one behind "skip" others, of
 * rows that fulfil a condition.  In that context; NULL if there is none.
 */
static char *
find_key(const Batches *batches, MemoryContext context, const KeyRange *range, const char *condition,
		 const char *order, int skip)
{
	const char *key = batches->step->key;
	char	   *query = psprintf("SELECT %s FROM %s WHERE %s AND %s ORDER BY %s %s OFFSET %d LIMIT 1",
								 key, batches->step->table, in_range(key, range), condition, key, order, skip);
	char	   *found = NULL;

	if (execute_by_keys(batches, query, range) > 0)
	{
		char	   *text = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);

		found = text ? MemoryContextStrdup(context, text) : NULL;
	}
	SPI_freetuptable(SPI_tuptable);
	return found;
}

/* The largest key of the table; NULL if it is empty. */
char *
sv_batch_last_key(const Batches *batches, MemoryContext context)
{
	KeyRange	all = {NULL};

	return find_key(batches, context, &all, "true", "DESC", 0);
}

/* The last key of the next batch. */
char *
sv_batch_border(const Batches *batches, MemoryContext context)
{
	const StoredSegment *segment = batches->segment;
	KeyRange	rest = {segment->cursor, false, segment->last_key, true};
	char	   *border = find_key(batches, context, &rest, "true", "", segment->size - 1);

	return border ? border : segment->last_key;
}

/* Execute the statement for a range.  Returns the number of rows that it changed. */
uint64
sv_batch_execute_range(const Batches *batches, const KeyRange *range)
{
	const BatchStep *step = batches->step;

	return execute_by_keys(batches, psprintf("%s AND (%s) %s", step->head, in_range(step->range_key, range), step->tail),
						   range);
}

/*
 * Execute the statement for the rows of a range that are left, and for no
 * others (but for those with the same key): for each run of neighbours that are.
 * Sets *found if there is any.  Returns the number of rows that it changed.
 */
uint64
sv_batch_execute_left(const Batches *batches, const KeyRange *range, bool *found)
{
	char	   *left = psprintf("(%s)", batches->step->left);
	char	   *done = psprintf("(%s) IS NOT TRUE", batches->step->left);
	KeyRange	rest = *range;
	uint64		changed = 0;

	for (;;)
	{
		KeyRange	run = {find_key(batches, CurrentMemoryContext, &rest, left, "", 0), false, rest.to, rest.with_to};
		char	   *end;

		if (run.from == NULL)
			return changed;
		*found = true;
		end = find_key(batches, CurrentMemoryContext, &run, done, "", 0);
		run.with_from = true;
		if (end != NULL)
		{
			run.to = end;
			run.with_to = false;
		}
		changed += sv_batch_execute_range(batches, &run);
		if (end == NULL)
			return changed;
		rest.from = end;
		rest.with_from = false;
	}
}
