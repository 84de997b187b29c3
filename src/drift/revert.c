/*
 * revert.c
 *		Put the schema back to what the revisions left.
 *
 * In the caller's transaction, all or nothing, each statement with the rights
 * that are due to it (run/generated.c); afterwards the schema is read again
 * and must be what was kept.
 */
#include "postgres.h"

#include "base/base.h"
#include "base/compat.h"
#include "drift/drift.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "run/run.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

typedef struct Revert
{
	List	   *schemas;
	const DiffOptions *options;
	const RowsRevert *managed;
	bool		may_lose;
	DriftReport report;
	List	   *rows;			/* what was executed for managed rows (DiffRow) */
	const DiffRow *row;			/* being executed */
} Revert;

static void
add_revert_context(void *arg)
{
	const Revert *revert = arg;

	if (revert->row != NULL)
		errcontext("reverting drift, %s %s", revert->row->kind, revert->row->identity);
}

/* Read again: nothing may differ any more.  The kept state learns the new OIDs. */
static void
check_reverted(Revert *revert)
{
	DriftReport after = sv_drift_find(revert->schemas, revert->options);

	if (after.drifts != NIL)
	{
		const Object *object = sv_drift_object(linitial(after.drifts));

		ereport(ERROR,
				(errcode(ERRCODE_SV_VERIFY_FAILED),
				 errmsg("the statements do not put the schema back"),
				 errdetail("%d object(s) would still differ, among them %s %s.",
						   list_length(after.drifts),
						   object->class->name, object->identity),
				 errhint("Put it right by hand: SELECT kind, identity, differs FROM schemaver.drift();")));
	}
	(void) sv_drift_settle(revert->schemas, revert->options);
}

/*
 * In PG_CATCH: raise the error again.  Where the rows that are there do not fit what the
 * revisions left, it says whose rows, and what can be done.
 */
static void
explain_rows(const Revert *revert, MemoryContext context)
{
	ErrorData  *error;

	MemoryContextSwitchTo(context);
	error = sv_copy_error();
	FlushErrorState();
	if (revert->row != NULL && sv_run_is_of_rows(error))
	{
		if (error->detail == NULL)
			error->detail = psprintf("Rows that are there do not fit %s %s as the revisions left it.",
									 revert->row->kind, revert->row->identity);
		if (error->hint == NULL)
			error->hint = "Change or delete these rows, and call again; or keep the schema as it is, as a revision: SELECT schemaver.capture('...').";
	}
	ReThrowError(error);
}

static void
do_revert(void *arg)
{
	Revert	   *revert = arg;
	MemoryContext context = CurrentMemoryContext;
	ErrorContextCallback callback = {error_context_stack, add_revert_context, revert};
	TimestampTz started_at = GetCurrentTimestamp();
	int64		run = sv_store_begin_run("revert drift", NULL);

	error_context_stack = &callback;
	sv_lock_enter();
	PG_TRY();
	{
		sv_generated_rows(revert->report.revert, &revert->row);
	}
	PG_CATCH();
	{
		sv_lock_exit();
		explain_rows(revert, context);
	}
	PG_END_TRY();
	sv_lock_exit();
	error_context_stack = callback.previous;
	check_reverted(revert);
	revert->rows = revert->managed->write(revert->schemas, revert->options->exclude,
										  revert->may_lose);
	sv_store_end_run(run, started_at);
}

/*
 * Undo all drift of the schemas (NIL: all), then write the managed rows that differ
 * again, and return the rows of what was executed.  A dry run executes it and rolls it
 * back.
 */
List *
sv_drift_revert(List *schemas, const DiffOptions *options, const RowsRevert *rows, bool dry_run,
				bool allow_data_loss)
{
	Revert		revert = {schemas, options, rows, allow_data_loss || dry_run};
	ErrorContextCallback *stack = error_context_stack;
	ErrorData  *error;

	sv_lock_run("schemaver.revert_drift()");
	sv_store_refuse_unfinished();
	revert.report = sv_drift_find(schemas, options);
	sv_drift_write_exactly(&revert.report, schemas, options);
	if (revert.report.revert == NIL && !rows->differ(schemas, options->exclude))
		return NIL;
	if (!revert.may_lose)
		sv_diff_refuse_losses(revert.report.revert,
							  "Keep the change as a revision: SELECT schemaver.capture('...'); or "
							  "lose the data: SELECT * FROM schemaver.revert_drift(allow_data_loss "
							  "=> true).");
	if (!dry_run)
	{
		do_revert(&revert);
		return list_concat(revert.report.revert, revert.rows);
	}
	error = sv_subtransaction(do_revert, &revert, false);
	error_context_stack = stack;
	if (error != NULL)
		ReThrowError(error);
	return list_concat(revert.report.revert, revert.rows);
}
