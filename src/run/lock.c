/*
 * lock.c
 *		One run at a time in a database.
 *
 * The lock is a ShareUpdateExclusiveLock on the view "journal", held until the
 * transaction ends: the server frees it after any crash, its deadlock detector
 * sees who waits for it, and readers do not.  It also keeps the extension from
 * being dropped by another session during a run.
 *
 * A role without rights cannot hold anything that conflicts with it, as it
 * could an advisory lock, a lock on the extension (ALTER FUNCTION ... DEPENDS ON
 * EXTENSION) or, in a stronger mode, one on a table (PREPARE of an INSERT).  And
 * VACUUM and ANALYZE of the whole database pass by a view.
 */
#include "postgres.h"

#include "access/xact.h"
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
#define RUN_LOCK_MODE ShareUpdateExclusiveLock

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
	VirtualTransactionId *holders = GetLockConflicts(tag, RUN_LOCK_MODE, &n);

	for (int i = 0; i < n; i++)
	{
		PGPROC	   *proc = sv_vxid_proc(holders[i]);

		if (proc != NULL && proc->pid != MyProcPid)
			return proc->pid;
	}
	return 0;
}

static void
refuse_busy(Oid relation)
{
	LOCKTAG		tag;
	int			pid;

	SET_LOCKTAG_RELATION(tag, MyDatabaseId, relation);
	pid = holder_of(&tag);
	ereport(ERROR,
			(errcode(ERRCODE_SV_RUN_ACTIVE),
			 errmsg("another run is active in this database"),
			 pid ? errdetail("The process with PID %d holds the lock.", pid) : 0,
			 errhint("Wait for it: SET schemaver.run_lock_timeout = -1; or look at it: SELECT * FROM pg_stat_activity WHERE pid = %d.", pid)));
}

/* Try for the lock until the timeout is over.  Answers interrupts. */
static bool
poll_lock(Oid relation, int timeout)
{
	TimestampTz end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), timeout);

	for (;;)
	{
		long		left;

		if (ConditionalLockRelationOid(relation, RUN_LOCK_MODE))
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
	Oid			relation;

	sv_store_check_writable(what);
	sv_run_refuse_nested(what);
	relation = sv_store_relation("journal");
	if (sv_run_lock_timeout < 0)
		LockRelationOid(relation, RUN_LOCK_MODE);
	else if (!poll_lock(relation, sv_run_lock_timeout))
		refuse_busy(relation);

	if (!IsolationUsesXactSnapshot())
		return;
	if (sv_store_newer_run_committed())
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to a concurrent run"),
				 errhint("The transaction might succeed if retried.")));
	sv_store_check_registrations_seen();
}
