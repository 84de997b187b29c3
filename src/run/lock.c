/*
 * lock.c
 *		One run at a time in a database.
 *
 * The lock is an ExclusiveLock on the extension itself, held until the
 * transaction ends: the server frees it after any crash, its deadlock detector
 * sees who waits for it, and a role without rights cannot take it, as it could
 * an advisory lock.  It also keeps the extension from being dropped or updated
 * by another session during a run.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_extension.h"
#include "commands/extension.h"
#include "compat.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "run/run.h"
#include "settings.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#define POLL_MS 50

/* Is a run active in this very backend? */
static bool run_active = false;

/* Refuse to start "what" from within a script that a run executes. */
void
sv_run_refuse_nested(const char *what)
{
	if (run_active)
		ereport(ERROR,
				(errcode(ERRCODE_SV_RUN_ACTIVE),
				 errmsg("cannot execute %s within a script that schemaver runs", what),
				 errhint("Make it a revision of its own, or call it after the run.")));
}

/* Mark this backend as running scripts; the caller pairs it with sv_run_exit(), also on error. */
void
sv_run_enter(void)
{
	run_active = true;
}

void
sv_run_exit(void)
{
	run_active = false;
}

/* Process id of a session that holds the lock, 0 if none is found. */
static int
holder_of(const LOCKTAG *tag)
{
	int			n;
	VirtualTransactionId *holders = GetLockConflicts(tag, ExclusiveLock, &n);

	for (int i = 0; i < n; i++)
	{
		PGPROC	   *proc = sv_vxid_proc(holders[i]);

		if (proc != NULL && proc->pid != MyProcPid)
			return proc->pid;
	}
	return 0;
}

static void
refuse_busy(Oid extension)
{
	LOCKTAG		tag;
	int			pid;

	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, ExtensionRelationId, extension, 0);
	pid = holder_of(&tag);
	ereport(ERROR,
			(errcode(ERRCODE_SV_RUN_ACTIVE),
			 errmsg("another run is active in this database"),
			 pid ? errdetail("The process with PID %d holds the lock.", pid) : 0,
			 errhint("Wait for it: SET schemaver.run_lock_timeout = -1; or look at it: SELECT * FROM pg_stat_activity WHERE pid = %d.", pid)));
}

/* Try for the lock until the timeout is over.  Answers interrupts. */
static bool
poll_lock(Oid extension, int timeout)
{
	TimestampTz end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), timeout);

	for (;;)
	{
		long		left;

		if (ConditionalLockDatabaseObject(ExtensionRelationId, extension, 0, ExclusiveLock))
			return true;
		left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), end);
		if (left <= 0)
			return false;
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 Min(left, POLL_MS), PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
}

/*
 * Become the only run of this database until the transaction ends, or raise
 * SV010.  Waits as schemaver.run_lock_timeout says.  What the store says
 * afterwards is what the former runs and registrations left, or 40001 is
 * raised: under REPEATABLE READ this transaction could not see it.
 */
void
sv_run_lock(const char *what)
{
	Oid			extension;

	sv_store_check_writable(what);
	sv_run_refuse_nested(what);
	extension = get_extension_oid("schemaver", false);
	if (sv_run_lock_timeout < 0)
		LockDatabaseObject(ExtensionRelationId, extension, 0, ExclusiveLock);
	else if (!poll_lock(extension, sv_run_lock_timeout))
		refuse_busy(extension);

	if (!IsolationUsesXactSnapshot())
		return;
	if (sv_store_newer_run_committed())
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to a concurrent run"),
				 errhint("The transaction might succeed if retried.")));
	sv_store_check_registrations_seen();
}
