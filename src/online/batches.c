/*
 * batches.c
 *		A statement that runs range of keys by range, each in a transaction.
 *
 * Promises:
 *	- How far it is stands in the transaction of each batch, so that every batch
 *	  is applied exactly once, whatever happens.
 *	- Keys that were there when it began are visited once, in order.  If the
 *	  script tells which rows are not done, the statement counts as executed only
 *	  when a pass over the whole table has found no such row.
 *	- No transaction takes longer than the target, as far as that can be had by
 *	  making batches smaller; see pace.c.
 */
#include "postgres.h"

#include <math.h>

#include "base/base.h"
#include "base/compat.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "online/online_private.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define MOST_PASSES		5
#define LEAST_TO_VACUUM 50000

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

/* ---------- passes ---------- */

/*
 * Begin a pass over the table: find where it ends.  In the first one the
 * statement is executed for all keys, in later ones for the rows that are left.
 */
static void
begin_pass(Batches *batches, MemoryContext context)
{
	Part	   *part = batches->part;

	sv_batch_check_key(batches);
	part->cursor = NULL;
	part->last_key = sv_batch_last_key(batches, context);
	if (part->size == 0)
		part->size = batches->step->size;
	part->total = sv_batch_estimated_rows(batches);
	part->pass++;
	batches->passes++;
	batches->found = false;
	if (part->last_key == NULL)
		batches->finished = true;
}

/* The pass is over: done, unless the script says how to find rows that are left. */
static void
end_pass(Batches *batches)
{
	Part	   *part = batches->part;

	part->cursor = part->last_key = NULL;
	if (batches->step->left == NULL || (part->pass > 1 && !batches->found))
	{
		batches->finished = true;
		return;
	}
	if (batches->passes >= MOST_PASSES)
		ereport(ERROR,
				(errcode(ERRCODE_SV_VERIFY_FAILED),
				 errmsg("after %d passes over table \"%s\" there are rows left", batches->passes,
						batches->step->table),
				 errdetail("There are rows with %s.", batches->step->left),
				 errhint("Does the statement change every such row? Do sessions go on to write such rows?")));
}

static bool
is_pass_over(const Part *part)
{
	return part->cursor != NULL && strcmp(part->cursor, part->last_key) == 0;
}

/* Forget a later pass of another run: nobody knows what it had found. */
static void
resume_pass(Batches *batches)
{
	Part	   *part = batches->part;

	if (part->pass < 2)
		return;
	part->cursor = part->last_key = NULL;
	part->pass = 1;
}

/* ---------- one transaction ---------- */

/* Execute the statement for the next keys, and what it deferred. */
static void
do_batch(Batches *batches, MemoryContext context)
{
	Part	   *part = batches->part;
	bool		any_left = true;
	KeyRange	range = {part->cursor, false, NULL, true};

	if (part->pass == 1)
	{
		range.to = sv_batch_border(batches, context);
		part->done += sv_batch_execute_range(batches, &range);
	}
	else
	{
		range.to = sv_batch_look(batches, context, &any_left);
		if (any_left)
			part->done += sv_batch_execute_left(batches, &range);
		batches->found |= any_left;
	}
	if (any_left)
		sv_constraints_settle(false);
	part->batches++;
	part->cursor = (char *) range.to;
}

/* Begin a pass, or execute a batch of it, or end it. */
static void
advance(Batches *batches, MemoryContext context)
{
	Part	   *part = batches->part;

	if (part->last_key == NULL)
		begin_pass(batches, context);
	else if (is_pass_over(part))
		end_pass(batches);
	else
	{
		sv_deadline_begin(sv_pace_deadline(&batches->pace, part->size, batches->step->target));
		do_batch(batches, context);
		sv_deadline_end();
		batches->pace.waited_for = sv_pace_is_waited_for();
	}
}

/* Make one step and put on record how far it is. */
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
	sv_lock_hold();
	sv_retry_limits(batches->step->target / 2);
	sv_execution_settings(execution, batches->statement);
	set_formats();
	execution->current = batches->statement;
	execution->text = sv_script_statement_text(execution->script, batches->statement);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	PG_TRY();
	{
		advance(batches, context);
	}
	PG_CATCH();
	{
		sv_deadline_forget();
		sv_execution_rethrow(execution, context);
	}
	PG_END_TRY();
	SPI_finish();
	MemoryContextSwitchTo(context);
	AtEOXact_GUC(false, level);
	SetUserIdAndSecContext(userid, security_context);
	sv_online_keep_lock();
	if (batches->finished && !batches->ends_later)
		sv_store_end_part(batches->part);
	else
		sv_store_batch(batches->part);
	sv_pace_executed(&batches->pace);
	sv_online_commit();
	sv_pace_committed(&batches->pace);
}

/* ---------- dead rows ---------- */

/* The rows after which to vacuum; 0: never. */
static int64
vacuum_after(const Batches *batches)
{
	if (batches->step->vacuum >= 0)
		return batches->step->vacuum;
	return Max(batches->part->total / 4, LEAST_TO_VACUUM);
}

static void
vacuum(void *arg)
{
	Batches    *batches = arg;
	int			level = NewGUCNestLevel();
	WorkerSettings *settings;
	char	   *command;
	Oid			table;

	sv_execution_settings(batches->execution, batches->statement);
	table = sv_batch_table(batches);
	command = psprintf("VACUUM (SKIP_LOCKED, TRUNCATE off) %s",
					   sv_relation_name(table));
	settings = sv_worker_settings();
	AtEOXact_GUC(false, level);
	sv_store_note(batches->part, command);
	sv_online_commit();
	sv_worker_execute(command, settings);
}

/*
 * Vacuum the table in the background worker if it is time.  Who may not, does
 * not; and batches go on if it fails.
 */
static void
vacuum_if_due(Batches *batches)
{
	int64		after = vacuum_after(batches);
	ErrorData  *error;

	if (after == 0 || batches->finished || batches->part->done - batches->vacuumed_at < after)
		return;
	batches->vacuumed_at = batches->part->done;
	error = sv_online_attempt(vacuum, batches);
	if (error == NULL)
		return;
	if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
		ReThrowError(error);
	ereport(WARNING,
			(errcode(error->sqlerrcode),
			 errmsg("could not vacuum table \"%s\" between batches: %s", batches->step->table,
					error->message)));
}

/* ---------- all of them ---------- */

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

/* A step is committed: learn from it, and do what has to be done between two. */
static void
after_batch(Batches *batches)
{
	Part	   *part = batches->part;
	const Pace *pace = &batches->pace;

	part->longest = Max(part->longest, (int) ceil(pace->elapsed));
	if (batches->finished)
		return;
	if (part->cursor != NULL)
		part->size =
			sv_pace_next_size(part->size, pace->elapsed, batches->step->target, pace->waited_for);
	sv_pace_pause(batches);
	vacuum_if_due(batches);
}

/*
 * A batch has failed and is rolled back. Returns the size with which to try
 * again; 0: not at all.
 */
static int
smaller_batch(const Batches *batches, const ErrorData *error, int *attempt)
{
	int			size = batches->part->size;

	if (sv_deadline_passed(error))
		return Max(SV_SMALLEST_BATCH, size / 4);
	if (sv_retry_wait((*attempt)++, error, batches->execution))
		return Max(SV_SMALLEST_BATCH, size / 2);
	return 0;
}

/*
 * Execute all batches that are not done yet, and record the statement as
 * executed.  Commits.
 */
void
sv_batches_execute(Batches *batches)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context =
	AllocSetContextCreate(caller, "schemaver batch", ALLOCSET_DEFAULT_SIZES);
	Part	   *part = batches->part;
	int			attempt = 1;

	batches->vacuumed_at = part->done;
	resume_pass(batches);
	while (!batches->finished)
	{
		Batches		before = *batches;
		Part		part_before = *part;
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		sv_online_commit();		/* its transaction, and now(), begin here */
		sv_pace_begin(&batches->pace);
		error = sv_online_attempt(try_batch, batches);
		if (error == NULL)
		{
			attempt = 1;
			keep_key(&part->cursor, part_before.cursor, caller);
			keep_key(&part->last_key, part_before.last_key, caller);
			after_batch(batches);
			MemoryContextReset(context);
			continue;
		}
		*batches = before;
		*part = part_before;
		part->size = smaller_batch(batches, error, &attempt);
		if (part->size == 0)
			ReThrowError(error);
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}
