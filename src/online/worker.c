/*
 * worker.c
 *		Executes a statement in a background worker and waits for it.
 *
 * Promises:
 *	- The worker has the caller's database, roles and settings.  Its notices
 *	  reach the caller's client, its error is raised in the caller with all
 *	  fields.
 *	- The caller holds no snapshot while it waits, so that an index build does
 *	  not wait for the caller.
 *	- They stop together: whatever ends the caller's wait terminates the worker,
 *	  and the end of the worker, however it comes, ends the wait.
 *
 * The two share one segment of dynamic memory: what the worker needs to begin,
 * and a queue that carries its messages in the format of the client protocol.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "base/compat.h"
#include "commands/dbcommands.h"
#include "libpq/pqformat.h"
#include "libpq/pqmq.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "online/online_private.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "run/run.h"
#include "storage/dsm.h"
#include "storage/ipc.h"
#include "storage/shm_mq.h"
#include "storage/shm_toc.h"
#include "tcop/tcopprot.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#define WORKER_MAGIC		0x73763135
#define KEY_SETTINGS		1
#define KEY_LIBRARIES		2
#define KEY_STATEMENT		3
#define KEY_QUEUE			4
#define QUEUE_SIZE			((Size) 16384)
#define WAIT_MS				1000

/* A worker, seen from its caller. */
typedef struct WorkerCall
{
	dsm_segment *segment;
	shm_mq_handle *queue;
	BackgroundWorkerHandle *handle;
	bool		done;			/* the statement succeeded */
} WorkerCall;

PGDLLEXPORT void sv_worker_main(Datum arg);

/* ---------- the caller's side ---------- */

/*
 * The roles and settings that this session has now, for sv_worker_execute().
 * A new chunk in the current context.
 */
WorkerSettings *
sv_worker_settings(void)
{
	Size		size = EstimateGUCStateSpace();
	WorkerSettings *settings = palloc0(offsetof(WorkerSettings, values) + size);

	settings->database = MyDatabaseId;
	settings->authenticated_user = GetAuthenticatedUserId();
	settings->session_user = GetSessionUserId();
	settings->current_user = GetUserId();
	settings->length = (int) size;
	SerializeGUCState(size, settings->values);
	return settings;
}

/* Put a copy of something into the shared segment. */
static void
add_chunk(shm_toc *toc, uint64 key, const void *data, Size size)
{
	void	   *chunk = shm_toc_allocate(toc, size);

	memcpy(chunk, data, size);
	shm_toc_insert(toc, key, chunk);
}

/* Create the shared segment with all that the worker needs. */
static void
create_segment(WorkerCall *call, const char *statement, const WorkerSettings *settings)
{
	Size		settings_size = offsetof(WorkerSettings, values) + settings->length;
	Size		library_size = EstimateLibraryStateSpace();
	char	   *libraries = palloc(library_size);
	shm_toc_estimator estimate;
	shm_toc    *toc;
	shm_mq	   *queue;
	Size		size;

	SerializeLibraryState(library_size, libraries);
	shm_toc_initialize_estimator(&estimate);
	shm_toc_estimate_chunk(&estimate, settings_size);
	shm_toc_estimate_chunk(&estimate, library_size);
	shm_toc_estimate_chunk(&estimate, strlen(statement) + 1);
	shm_toc_estimate_chunk(&estimate, QUEUE_SIZE);
	shm_toc_estimate_keys(&estimate, 4);
	size = shm_toc_estimate(&estimate);
	call->segment = dsm_create(size, 0);
	toc = shm_toc_create(WORKER_MAGIC, dsm_segment_address(call->segment), size);
	add_chunk(toc, KEY_SETTINGS, settings, settings_size);
	add_chunk(toc, KEY_LIBRARIES, libraries, library_size);
	add_chunk(toc, KEY_STATEMENT, statement, strlen(statement) + 1);
	queue = shm_mq_create(shm_toc_allocate(toc, QUEUE_SIZE), QUEUE_SIZE);
	shm_mq_set_receiver(queue, MyProc);
	shm_toc_insert(toc, KEY_QUEUE, queue);
	call->queue = shm_mq_attach(queue, call->segment, NULL);
	pfree(libraries);
}

static void
start_worker(WorkerCall *call)
{
	BackgroundWorker worker = {0};

	snprintf(worker.bgw_name, BGW_MAXLEN, "schemaver worker for PID %d", MyProcPid);
	snprintf(worker.bgw_type, BGW_MAXLEN, "schemaver worker");
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_ConsistentState;
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	snprintf(worker.bgw_library_name, sizeof(worker.bgw_library_name), "$libdir/schemaver");
	snprintf(worker.bgw_function_name, sizeof(worker.bgw_function_name), "sv_worker_main");
	worker.bgw_main_arg = UInt32GetDatum(dsm_segment_handle(call->segment));
	worker.bgw_notify_pid = MyProcPid;
	if (!RegisterDynamicBackgroundWorker(&worker, &call->handle))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("could not start a background worker"),
				 errdetail("All max_worker_processes = %d slots are in use.", max_worker_processes),
				 errhint("Call again when one is free, or raise max_worker_processes and restart the server.")));
	shm_mq_set_handle(call->queue, call->handle);
}

/* One message of the worker: raise its error, pass on its notice. */
static void
take_message(WorkerCall *call, const char *statement, const char *data, Size length)
{
	StringInfoData message;
	ErrorData	error;
	char		type;

	initStringInfo(&message);
	appendBinaryStringInfo(&message, data, length);
	type = pq_getmsgbyte(&message);
	if (type == 'X')
		call->done = true;
	if (type != 'E' && type != 'N')
		return;
	pq_parse_errornotice(&message, &error);
	error.elevel = Min(error.elevel, ERROR);
	if (error.cursorpos > 0)
	{
		/* a position in the statement, not in what our client has sent */
		error.internalpos = error.cursorpos;
		error.internalquery = pstrdup(statement);
		error.cursorpos = 0;
	}
	ThrowErrorData(&error);
	pfree(message.data);
}

/* Pass on what the worker says until it has ended. */
static void
follow_worker(WorkerCall *call, const char *statement)
{
	for (;;)
	{
		Size		length;
		void	   *data;
		shm_mq_result result = shm_mq_receive(call->queue, &length, &data, true);

		if (result == SHM_MQ_DETACHED)
			return;
		if (result == SHM_MQ_SUCCESS)
			take_message(call, statement, data, length);
		else
			sv_online_wait(WAIT_MS);
	}
}

/* The wait is over, perhaps by an error: the worker must not outlive it. */
static void
stop_worker(int code, Datum arg)
{
	WorkerCall *call = (WorkerCall *) DatumGetPointer(arg);

	if (call->handle == NULL)
		return;
	TerminateBackgroundWorker(call->handle);
	if (proc_exit_inprogress)
		return;
	HOLD_INTERRUPTS();
	(void) WaitForBackgroundWorkerShutdown(call->handle);
	RESUME_INTERRUPTS();
}

/*
 * Execute the statement at top level in a background worker, with settings from
 * sv_worker_settings().  The caller must hold no snapshot and no lock that the
 * statement needs.
 */
void
sv_worker_execute(const char *statement, const WorkerSettings *settings)
{
	WorkerCall	call = {0};

	create_segment(&call, statement, settings);
	PG_ENSURE_ERROR_CLEANUP(stop_worker, PointerGetDatum(&call));
	{
		start_worker(&call);
		follow_worker(&call, statement);
		if (!call.done)
			ereport(ERROR,
					(errcode(ERRCODE_CONNECTION_FAILURE),
					 errmsg("the background worker ended before its statement did"),
					 errhint("The server log tells why. Call again to continue.")));
		if (WaitForBackgroundWorkerShutdown(call.handle) == BGWH_POSTMASTER_DIED)
			proc_exit(1);
	}
	PG_END_ENSURE_ERROR_CLEANUP(stop_worker, PointerGetDatum(&call));
	pfree(call.handle);
	dsm_detach(call.segment);
}

/* ---------- the worker's side ---------- */

/* Become the caller: its roles and settings. */
static void
assume_identity(shm_toc *toc, WorkerSettings *identity)
{
	RestoreLibraryState(shm_toc_lookup(toc, KEY_LIBRARIES, false));
	StartTransactionCommand();
	InitializingParallelWorker = true;
	RestoreGUCState(identity->values);
	InitializingParallelWorker = false;
	if (identity->session_user != identity->authenticated_user)
		SetSessionAuthorization(identity->session_user, superuser_arg(identity->session_user));
	if (identity->current_user != identity->session_user)
		SetCurrentRoleId(identity->current_user, superuser_arg(identity->current_user));
	/* the caller reads our messages in the database's encoding */
	SetClientEncoding(GetDatabaseEncoding());
	sv_online_mark_worker();
	CommitTransactionCommand();
}

/* Entry point of the background worker; the argument is the shared segment. */
void
sv_worker_main(Datum arg)
{
	dsm_segment *segment;
	shm_toc    *toc;
	shm_mq	   *queue;
	WorkerSettings *identity;

	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();

	segment = dsm_attach(DatumGetUInt32(arg));
	if (segment == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the caller of the background worker is gone")));
	toc = shm_toc_attach(WORKER_MAGIC, dsm_segment_address(segment));
	if (toc == NULL)
		elog(ERROR, "bad magic number in dynamic shared memory segment");
	queue = shm_toc_lookup(toc, KEY_QUEUE, false);
	shm_mq_set_sender(queue, MyProc);
	pq_redirect_to_shm_mq(segment, shm_mq_attach(queue, segment, NULL));

	identity = shm_toc_lookup(toc, KEY_SETTINGS, false);
	BackgroundWorkerInitializeConnectionByOid(identity->database, identity->authenticated_user,
											  SV_WORKER_FLAGS);
	SetClientEncoding(GetDatabaseEncoding());
	assume_identity(toc, identity);
	sv_toplevel_execute(shm_toc_lookup(toc, KEY_STATEMENT, false));
	pq_putemptymessage('X');
}
