/*
 * batch_keys.c
 *		The table and the key of batches, and the queries by ranges of keys.
 *
 * Everything runs as the caller, under the settings of the script.  SPI must be
 * connected.
 */
#include "postgres.h"

#include "base/compat.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "online/online_private.h"
#include "tcop/dest.h"
#include "utils/builtins.h"
#include "utils/datum.h"
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
				 errmsg("column \"%s\" of relation \"%s\" does not exist", batches->step->key,
						batches->step->table)));
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
		"SELECT a.attnotnull, EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = "
		"a.attrelid "
		"AND i.indkey[0] = a.attnum AND i.indpred IS NULL AND i.indisvalid) "
		"FROM pg_catalog.pg_attribute a WHERE a.attrelid = $1 AND a.attnum = $2",
		2, {OIDOID, INT2OID}
	};
	Oid			table = sv_batch_table(batches);
	StoreScope	scope;
	bool		not_null;
	bool		has_index;
	AttrNumber	key = key_column(batches, table);

	sv_store_enter(&scope, SV_STORE_WRITE);
	sv_own_execute(&scope, &query, table, key);
	not_null = sv_own_number_at(0, 1, false) != 0;
	has_index = sv_own_number_at(0, 2, false) != 0;
	sv_store_leave(&scope);
	if (not_null && has_index)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("column \"%s\" of table \"%s\" cannot be the key of batches",
					batches->step->key, batches->step->table),
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

	return sv_own_number(SV_STORE_WRITE, &query, -1, sv_batch_table(batches));
}

/* ---------- queries by key ---------- */

/* The condition that a key is in the range; its ends are $1 and $2. */
static char *
in_range(const char *key, const KeyRange *range)
{
	StringInfoData text;

	initStringInfo(&text);
	if (range->from != NULL)
		appendStringInfo(&text, "%s %s $1", key, range->with_from ? ">=" : ">");
	if (range->to != NULL)
		appendStringInfo(&text, "%s%s %s $2", text.len > 0 ? " AND " : "", key, range->with_to ?
						 "<=" : "<");
	return text.len > 0 ? text.data : "true";
}

/* Its ends, as parameters of a query. */
static ParamListInfo
range_parameters(const Batches *batches, const KeyRange *range)
{
	Oid			table = sv_batch_table(batches);
	Oid			type = get_atttype(table, key_column(batches, table));
	const char *keys[2] = {range->from, range->to};
	ParamListInfo parameters = makeParamList(2);
	Oid			input;
	Oid			ioparam;

	getTypeInputInfo(type, &input, &ioparam);
	for (int i = 0; i < 2; i++)
	{
		ParamExternData *parameter = &parameters->params[i];

		parameter->ptype = type;
		parameter->pflags = PARAM_FLAG_CONST;
		parameter->isnull = keys[i] == NULL;
		if (keys[i] != NULL)
			parameter->value = OidInputFunctionCall(input, (char *) keys[i], ioparam, -1);
	}
	return parameters;
}

/*
 * Execute a query about the keys of a range. Returns the number of rows; NULL
 * keeps them in SPI_tuptable.
 */
static uint64
execute_by_keys(const Batches *batches, const char *query, const KeyRange *range,
				DestReceiver *receiver)
{
	SPIExecuteOptions options = {range_parameters(batches, range)};
	int			result;

	options.dest = receiver;
	result = SPI_execute_extended(query, &options);
	if (result < 0)
		elog(ERROR, "SPI_execute_extended failed: %s", SPI_result_code_string(result));
	return SPI_processed;
}

/*
 * The first key of a range, or the last one, or the one behind "skip" others, of
 * rows that fulfil a condition.  In that context; NULL if there is none.
 */
static char *
find_key(const Batches *batches, MemoryContext context, const KeyRange *range,
		 const char *condition,
		 const char *order, int skip)
{
	const char *key = batches->step->key;
	char	   *query =
	psprintf("SELECT %s FROM %s WHERE %s AND %s ORDER BY %s %s OFFSET %d LIMIT 1",
			 key, batches->step->table, in_range(key, range), condition, key,
			 order, skip);
	char	   *found = NULL;

	if (execute_by_keys(batches, query, range, NULL) > 0)
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
	const Part *part = batches->part;
	KeyRange	rest = {part->cursor, false, part->last_key, true};
	char	   *border = find_key(batches, context, &rest, "true", "", part->size - 1);

	return border ? border : part->last_key;
}

/* Execute the statement for a range.  Returns the number of rows that it changed. */
uint64
sv_batch_execute_range(const Batches *batches, const KeyRange *range)
{
	const BatchStep *step = batches->step;

	return execute_by_keys(batches,
						   psprintf("%s AND (%s) %s", step->head, in_range(step->range_key, range),
									step->tail),
						   range, None_Receiver);
}

/* Gets keys and whether their rows are left, in order, and keeps the last key. */
typedef struct KeyReceiver
{
	DestReceiver base;
	bool		typbyval;
	int16		typlen;
	uint64		rows;
	bool		any_left;
	Datum		last;			/* a copy in "context" */
	MemoryContext context;
} KeyReceiver;

static bool
receive_key(TupleTableSlot *slot, DestReceiver *self)
{
	KeyReceiver *receiver = (KeyReceiver *) self;
	MemoryContext old = MemoryContextSwitchTo(receiver->context);
	bool		isnull;
	Datum		key = slot_getattr(slot, 1, &isnull);
	Datum		left = slot_getattr(slot, 2, &isnull);

	receiver->any_left |= !isnull && DatumGetBool(left);
	if (!receiver->typbyval && receiver->rows > 0)
		pfree(DatumGetPointer(receiver->last));
	receiver->last = datumCopy(key, receiver->typbyval, receiver->typlen);
	receiver->rows++;
	MemoryContextSwitchTo(old);
	return true;
}

static void
start_receiving(DestReceiver *self, int operation, TupleDesc description)
{
}

static void
stop_receiving(DestReceiver *self)
{
}

/*
 * The last key of the next batch, as sv_batch_border(), and whether rows of it
 * are left.
 */
char *
sv_batch_look(const Batches *batches, MemoryContext context, bool *any_left)
{
	const Part *part = batches->part;
	const char *key = batches->step->key;
	Oid			table = sv_batch_table(batches);
	Oid			type = get_atttype(table, key_column(batches, table));
	KeyRange	rest = {part->cursor, false, part->last_key, true};
	KeyReceiver receiver =
	{{receive_key, start_receiving, stop_receiving, stop_receiving, DestNone}};
	Oid			output;
	bool		isvarlena;

	receiver.context = CurrentMemoryContext;
	get_typlenbyval(type, &receiver.typlen, &receiver.typbyval);
	execute_by_keys(batches,
					psprintf("SELECT %s, (%s) FROM %s WHERE %s ORDER BY %s LIMIT %d", key,
							 batches->step->left,
							 batches->step->table, in_range(key, &rest), key, part->size),
					&rest, &receiver.base);
	*any_left = receiver.any_left;
	if (receiver.rows < part->size)
		return part->last_key;
	getTypeOutputInfo(type, &output, &isvarlena);
	return MemoryContextStrdup(context, OidOutputFunctionCall(output, receiver.last));
}

/*
 * Execute the statement for the rows of a range that are left, and for no
 * others (but for those with the same key): for each run of neighbours that are.
 * Returns the number of rows that it changed.
 */
uint64
sv_batch_execute_left(const Batches *batches, const KeyRange *range)
{
	char	   *left = psprintf("(%s)", batches->step->left);
	char	   *done = psprintf("(%s) IS NOT TRUE", batches->step->left);
	KeyRange	rest = *range;
	uint64		changed = 0;

	for (;;)
	{
		KeyRange	run =
		{find_key(batches, CurrentMemoryContext, &rest, left, "", 0), false, rest.to, rest.with_to};
		char	   *end;

		if (run.from == NULL)
			return changed;
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
