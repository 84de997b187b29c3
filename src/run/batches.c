/*
 * batches.c
 *		A statement that runs range of keys by range, each in a transaction.
 *
 * Promises:
 *	- How far it is stands in the transaction of each batch, so that every batch
 *	  is applied exactly once, whatever happens.
 *	- Keys that were there when it began are visited once, in order.  If the
 *	  script tells which rows are not done, the statement counts as executed only
 *	  when there is no such row.
 *	- A batch takes about as long as the script wishes; it becomes smaller at once
 *	  when sessions wait for it.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "run/batches.h"
#include "run/retry.h"
#include "run/worker.h"
#include "settings.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"

#define SMALLEST		10
#define LARGEST			1000000
#define MOST_PASSES		5
#define LEAST_TO_VACUUM 50000
#define LAG_WAIT_MS		1000

/* ---------- the table ---------- */

static Oid
table_of(const Batches *batches)
{
	return RangeVarGetRelid(makeRangeVarFromNameList(sv_qualified_name_list(batches->step->table)),
							NoLock, false);
}

/* The type of the key; an error if the table has no such column. */
static Oid
key_type(const Batches *batches)
{
	Oid			table = table_of(batches);
	List	   *name = sv_qualified_name_list(batches->step->key);
	AttrNumber	key = get_attnum(table, strVal(llast(name)));

	if (key == InvalidAttrNumber)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of relation \"%s\" does not exist", batches->step->key, batches->step->table)));
	return get_atttype(table, key);
}

/*
 * Raise an error unless ranges of the key cover every row and are found without
 * reading all of the table.
 */
static void
check_key(const Batches *batches)
{
	static StoreQuery query = {
		"SELECT a.attnotnull, EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = a.attrelid "
		"AND i.indkey[0] = a.attnum AND i.indpred IS NULL AND i.indisvalid) "
		"FROM pg_catalog.pg_attribute a WHERE a.attrelid = $1 AND a.attnum = $2",
		2, {OIDOID, INT2OID}
	};
	Oid			table = table_of(batches);
	List	   *name = sv_qualified_name_list(batches->step->key);
	Datum		values[2];
	StoreScope	scope;
	bool		isnull;
	bool		not_null;
	bool		has_index;

	(void) key_type(batches);
	values[0] = ObjectIdGetDatum(table);
	values[1] = Int16GetDatum(get_attnum(table, strVal(llast(name))));
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

static int64
estimated_rows(Oid table)
{
	static StoreQuery query = {
		"SELECT reltuples::bigint FROM pg_catalog.pg_class WHERE oid = $1", 1, {OIDOID}
	};
	Datum		values[1] = {ObjectIdGetDatum(table)};
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

/* Keys are kept as text, written and read the same way in every session. */
static void
set_formats(void)
{
	static const char *const settings[][2] = {
		{"datestyle", "ISO, YMD"}, {"intervalstyle", "postgres"}, {"extra_float_digits", "3"}
	};

	for (int i = 0; i < lengthof(settings); i++)
		(void) set_config_option(settings[i][0], settings[i][1], PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
}

/* Execute a query whose parameters are keys (NULL: not used).  SPI must be connected. */
static uint64
execute_by_keys(const Batches *batches, const char *query, const char *from, const char *to)
{
	Oid			type = key_type(batches);
	Oid			types[2] = {type, type};
	Datum		values[2] = {0};
	char		nulls[2] = {'n', 'n'};
	const char *keys[2] = {from, to};
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

/* The key that a query finds, in the caller's context; NULL if none. */
static char *
find_key(const Batches *batches, MemoryContext context, const char *query, const char *from, const char *to)
{
	char	   *key;

	if (execute_by_keys(batches, query, from, to) == 0)
		return NULL;
	key = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	return key ? MemoryContextStrdup(context, key) : NULL;
}

static char *
left_condition(const Batches *batches)
{
	return batches->step->left ? psprintf("(%s)", batches->step->left) : "true";
}

/* The largest key that there is to do; NULL: none. */
static char *
find_last_key(const Batches *batches, MemoryContext context)
{
	return find_key(batches, context,
					psprintf("SELECT %s FROM %s WHERE %s IS NOT NULL AND %s ORDER BY %s DESC LIMIT 1",
							 batches->step->key, batches->step->table, batches->step->key,
							 batches->again ? left_condition(batches) : "true", batches->step->key),
					NULL, NULL);
}

/* The last key of the next batch. */
static char *
find_border(const Batches *batches, MemoryContext context)
{
	const StoredSegment *segment = batches->segment;
	const char *key = batches->step->key;
	char	   *border = find_key(batches, context,
								  psprintf("SELECT %s FROM %s WHERE %s%s%s <= $2 AND %s ORDER BY %s OFFSET %d LIMIT 1",
										   key, batches->step->table,
										   segment->cursor ? key : "", segment->cursor ? " > $1 AND " : "", key,
										   batches->again ? left_condition(batches) : "true",
										   key, segment->size - 1),
								  segment->cursor, segment->last_key);

	return border ? border : segment->last_key;
}

/* Execute the statement for the keys behind the cursor up to the border. */
static uint64
execute_range(const Batches *batches, const char *border)
{
	const BatchStep *step = batches->step;
	const char *cursor = batches->segment->cursor;

	return execute_by_keys(batches,
						   psprintf("%s AND (%s%s%s <= $2) %s", step->head,
									cursor ? step->range_key : "", cursor ? " > $1 AND " : "",
									step->range_key, step->tail),
						   cursor, border);
}

/* ---------- manners ---------- */

/* Does any session wait for this transaction? */
static bool
is_waited_for(void)
{
	static StoreQuery query = {
		"SELECT 1 FROM pg_catalog.pg_locks WHERE NOT granted AND locktype = 'transactionid' "
		"AND transactionid = pg_catalog.pg_current_xact_id()::pg_catalog.xid LIMIT 1"
	};
	StoreScope	scope;
	bool		found;

	if (!TransactionIdIsValid(GetTopTransactionIdIfAny()))
		return false;
	sv_store_enter(&scope, SV_STORE_WRITE);
	found = sv_store_execute(&scope, &query, NULL, NULL) > 0;
	sv_store_leave(&scope);
	return found;
}

/* Let the next batch come close to the target, from below. */
static void
adapt_size(Batches *batches, TimestampTz started_at, bool waited_for)
{
	double		elapsed = Max((GetCurrentTimestamp() - started_at) / 1000.0, 0.1);
	double		factor = Max(0.25, Min(1.5, 0.75 * batches->step->target / elapsed));

	if (waited_for)
		factor = 0.5;
	batches->segment->size = (int) Max(SMALLEST, Min(LARGEST, batches->segment->size * factor));
}

/* How far the slowest standby is behind, in ms; 0 if there is none. */
static int64
standby_lag(void)
{
	static StoreQuery query = {
		"SELECT coalesce(max(1000 * extract(epoch FROM replay_lag)), 0)::bigint "
		"FROM pg_catalog.pg_stat_replication"
	};
	StoreScope	scope;
	int64		lag;
	bool		isnull;

	sv_store_enter(&scope, SV_STORE_WRITE);
	sv_store_execute(&scope, &query, NULL, NULL);
	lag = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	sv_store_leave(&scope);
	return lag;
}

/* Between two batches: the pause of the script, and for standbys as long as they need. */
static void
pause_between(Batches *batches)
{
	int64		lag;

	if (batches->step->pause > 0)
		sv_run_sleep(batches->step->pause);
	while (sv_batch_max_lag > 0 && (lag = standby_lag()) > sv_batch_max_lag)
	{
		sv_store_note(batches->segment, psprintf("waiting for a standby that is %lld ms behind", (long long) lag));
		sv_run_commit();
		sv_run_sleep(LAG_WAIT_MS);
	}
}

/* ---------- one transaction ---------- */

/* Begin a pass over the table: find where it ends. */
static void
begin_pass(Batches *batches, MemoryContext context)
{
	StoredSegment *segment = batches->segment;

	check_key(batches);
	segment->cursor = NULL;
	segment->last_key = find_last_key(batches, context);
	if (segment->size == 0)
		segment->size = batches->step->size;
	segment->total = estimated_rows(table_of(batches));
	batches->passes++;
	batches->again = batches->passes > 1;
}

/* The pass is over: done, unless the script says that rows are left. */
static void
end_pass(Batches *batches, MemoryContext context)
{
	StoredSegment *segment = batches->segment;

	segment->cursor = segment->last_key = NULL;
	if (batches->step->left == NULL)
	{
		batches->finished = true;
		return;
	}
	batches->again = true;
	if (find_last_key(batches, context) == NULL)
		batches->finished = true;
	else if (batches->passes >= MOST_PASSES)
		ereport(ERROR,
				(errcode(ERRCODE_SV_VERIFY_FAILED),
				 errmsg("after %d passes over table \"%s\" there are rows left", batches->passes, batches->step->table),
				 errdetail("There are rows with %s.", batches->step->left),
				 errhint("Does the statement change every such row? Do sessions go on to write such rows?")));
}

static bool
is_pass_over(const StoredSegment *segment)
{
	return segment->cursor != NULL && strcmp(segment->cursor, segment->last_key) == 0;
}

/*
 * Begin a pass, or execute a batch of it, or end it: looking for rows that are
 * left may take long, so it is not done while rows are locked.
 */
static void
do_batch(Batches *batches, MemoryContext context)
{
	StoredSegment *segment = batches->segment;
	TimestampTz started_at = GetCurrentTimestamp();
	char	   *border;

	if (segment->last_key == NULL)
	{
		begin_pass(batches, context);
		if (segment->last_key == NULL)
			end_pass(batches, context);
		return;
	}
	if (is_pass_over(segment))
	{
		end_pass(batches, context);
		return;
	}
	border = find_border(batches, context);
	segment->done += execute_range(batches, border);
	segment->batches++;
	adapt_size(batches, started_at, is_waited_for());
	segment->cursor = border;
}

/* Execute the next batch and put on record how far it is. */
static void
try_batch(void *arg)
{
	Batches    *batches = arg;
	Execution  *execution = batches->execution;
	MemoryContext context = CurrentMemoryContext;
	int			level = NewGUCNestLevel();
	Oid			userid;
	int			security_context;

	GetUserIdAndSecContext(&userid, &security_context);
	sv_retry_limits();
	sv_execution_settings(execution, batches->statement);
	set_formats();
	execution->current = batches->statement;
	execution->text = sv_script_statement_text(execution->script, batches->statement);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	PG_TRY();
	{
		do_batch(batches, context);
	}
	PG_CATCH();
	{
		sv_execution_rethrow(execution, context);
	}
	PG_END_TRY();
	SPI_finish();
	MemoryContextSwitchTo(context);
	AtEOXact_GUC(false, level);
	SetUserIdAndSecContext(userid, security_context);
	sv_run_keep_online();
	if (batches->finished)
		sv_store_end_segment(batches->segment);
	else
		sv_store_batch(batches->segment);
	sv_run_commit();
}

/* ---------- dead rows ---------- */

/* The rows after which to vacuum; 0: never. */
static int64
vacuum_after(const Batches *batches)
{
	if (batches->step->vacuum >= 0)
		return batches->step->vacuum;
	return Max(batches->segment->total / 5, LEAST_TO_VACUUM);
}

/* Vacuum the table in the background worker if it is time; who may not, does not. */
static void
vacuum_if_due(Batches *batches)
{
	int64		after = vacuum_after(batches);
	WorkerSettings *settings;
	char	   *command;
	int			level;
	Oid			table;

	if (after == 0 || batches->finished || batches->segment->done - batches->vacuumed_at < after)
		return;
	batches->vacuumed_at = batches->segment->done;
	level = NewGUCNestLevel();
	sv_execution_settings(batches->execution, batches->statement);
	table = table_of(batches);
	command = psprintf("VACUUM (SKIP_LOCKED, TRUNCATE off) %s",
					   quote_qualified_identifier(get_namespace_name(get_rel_namespace(table)), get_rel_name(table)));
	settings = sv_worker_settings();
	AtEOXact_GUC(false, level);
	sv_store_note(batches->segment, command);
	sv_run_commit();
	sv_worker_execute(command, settings);
}

/* Let a key live in another context than that of its batch, instead of the one before. */
static void
keep_key(char **key, char *before, MemoryContext context)
{
	if (*key == before)
		return;
	if (*key != NULL)
		*key = MemoryContextStrdup(context, *key);
	if (before != NULL)
		pfree(before);
}

/*
 * Execute all batches that are not done yet, and record the statement as
 * executed.  Commits.
 */
void
sv_batches_execute(Batches *batches)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(caller, "schemaver batch", ALLOCSET_DEFAULT_SIZES);
	StoredSegment *segment = batches->segment;
	int			attempt = 1;

	batches->vacuumed_at = segment->done;
	while (!batches->finished)
	{
		Batches		before = *batches;
		StoredSegment segment_before = *segment;
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = sv_run_attempt(try_batch, batches);
		if (error == NULL)
		{
			attempt = 1;
			keep_key(&segment->cursor, segment_before.cursor, caller);
			keep_key(&segment->last_key, segment_before.last_key, caller);
			vacuum_if_due(batches);
			pause_between(batches);
			MemoryContextReset(context);
			continue;
		}
		*batches = before;
		*segment = segment_before;
		if (!sv_retry_wait(attempt++, error, batches->execution))
			ReThrowError(error);
		segment->size = Max(SMALLEST, segment->size / 2);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}
