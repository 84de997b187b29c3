/*
 * failures.c
 *		A run of one transaction that failed, in the journal nevertheless.
 *
 * What the transaction wrote is rolled back with it, so a background worker writes it
 * down: where one is free, after the fact, and nobody waits for it.  The server's log
 * has the failure in any case (run_log.c).
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/base.h"
#include "base/compat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "run/run.h"
#include "storage/dsm.h"
#include "storage/lwlock.h"
#include "tcop/tcopprot.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

/* The worker does not wait longer for a lock on schemaver's tables. */
#define LOCK_TIMEOUT "5s"

PGDLLEXPORT void sv_failure_worker_main(Datum arg);

/* Copy a text (NULL: an empty one), or as many whole characters of it as there is room for. */
void
sv_run_cut(char *to, Size size, const char *text)
{
	int			length = text != NULL ? strlen(text) : 0;

	if (length >= size)
		length = pg_mbcliplen(text, length, size - 1);
	if (length > 0)
		memcpy(to, text, length);
	to[length] = '\0';
}

#define PUT(field, text) sv_run_cut(shared->field, sizeof(shared->field), text)

/* Where the client is, as text; NULL: on this host. */
static char *
client_address(void)
{
	LOCAL_FCINFO(fcinfo, 0);
	Datum		address;

	InitFunctionCallInfoData(*fcinfo, NULL, 0, InvalidOid, NULL, NULL);
	address = inet_client_addr(fcinfo);
	return fcinfo->isnull ? NULL : DatumGetCString(DirectFunctionCall1(inet_out, address));
}

static void
fill_failed_run(FailedRun *shared, const FailedRun *what, const ErrorData *error)
{
	*shared = *what;
	shared->database = MyDatabaseId;
	shared->pid = MyProcPid;
	shared->ended_at = GetCurrentTimestamp();
	PUT(application, application_name);
	PUT(client, client_address());
	PUT(sqlstate, unpack_sql_state(error->sqlerrcode));
	PUT(error, error->message);
}

static bool
register_worker(dsm_handle handle)
{
	BackgroundWorker worker = {0};

	snprintf(worker.bgw_name, BGW_MAXLEN, "schemaver journal of PID %d", MyProcPid);
	snprintf(worker.bgw_type, BGW_MAXLEN, "schemaver journal");
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	snprintf(worker.bgw_library_name, sizeof(worker.bgw_library_name), "$libdir/schemaver");
	snprintf(worker.bgw_function_name, sizeof(worker.bgw_function_name),
			 "sv_failure_worker_main");
	worker.bgw_main_arg = UInt32GetDatum(handle);
	return RegisterDynamicBackgroundWorker(&worker, NULL);
}

/* Hand the failure to a worker, if there is a place for one; the segment is then its own. */
static void
hand_to_worker(const FailedRun *what, const ErrorData *error)
{
	dsm_segment *segment = dsm_create(sizeof(FailedRun), DSM_CREATE_NULL_IF_MAXSEGMENTS);
	dsm_handle	handle;

	if (segment == NULL)
		return;
	handle = dsm_segment_handle(segment);
	fill_failed_run(dsm_segment_address(segment), what, error);
	dsm_pin_segment(segment);
	if (!register_worker(handle))
		dsm_unpin_segment(handle);
	dsm_detach(segment);
}

/*
 * In PG_CATCH: have the journal tell of the run, of which the caller knows what the
 * error does not say.  Does not raise anything, and waits for nothing.
 */
void
sv_run_journal_failure(const FailedRun *what)
{
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);
	ErrorData  *error;

	if (!sv_journal_failures || !IsUnderPostmaster)
	{
		MemoryContextSwitchTo(caller);
		return;
	}
	/* as the end of the transaction will do: what follows takes some */
	LWLockReleaseAll();
	error = sv_copy_error();
	PG_TRY();
	{
		hand_to_worker(what, error);
	}
	PG_CATCH();
	{
		/* the run's own error is the one to be raised */
		FlushErrorState();
		ReThrowError(error);
	}
	PG_END_TRY();
	FreeErrorData(error);
	MemoryContextSwitchTo(caller);
}

/* ---------- the worker ---------- */

/* Entry point of the background worker; the argument is the segment, which it drops. */
void
sv_failure_worker_main(Datum arg)
{
	dsm_handle	handle = DatumGetUInt32(arg);
	dsm_segment *segment;
	FailedRun	failed;

	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	segment = dsm_attach(handle);
	if (segment == NULL)
		return;
	dsm_unpin_segment(handle);
	failed = *(FailedRun *) dsm_segment_address(segment);
	dsm_detach(segment);

	BackgroundWorkerInitializeConnectionByOid(failed.database, InvalidOid, SV_WORKER_FLAGS);
	SetConfigOption("lock_timeout", LOCK_TIMEOUT, PGC_SUSET, PGC_S_OVERRIDE);
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	pgstat_report_activity(STATE_RUNNING, "journal of a failed run");
	if (sv_store_exists())
		sv_store_failed_run(&failed);
	PopActiveSnapshot();
	CommitTransactionCommand();
}
