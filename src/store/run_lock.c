/*
 * run_lock.c
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
 *
 * An online run has many transactions, so it holds a marker for the whole
 * session: a lock on the extension in the lock space of advisory locks, which
 * the abort of a transaction does not free, with a tag that advisory locks
 * cannot have.  A run of one transaction holds the marker in share mode, too.
 * A script can release the marker, by pg_advisory_unlock_all(), so the transactions
 * that execute scripts also hold the lock above, and take the marker again
 * before they commit: whoever got it in between has changed nothing.
 * Nobody ever waits in the marker's queue: an online run builds indexes, which
 * wait for the snapshots of all others, so who finds it active fails at once (a
 * run of one transaction, which has a snapshot) or tries again without a
 * snapshot (another online run).
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/base.h"
#include "base/compat.h"
#include "catalog/pg_extension.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "store/store.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#define POLL_MS 50
#define RUN_LOCK_MODE ShareUpdateExclusiveLock

/* Is a run active in this very backend? */
static bool run_active = false;

/* The transaction in which psql executes the file of a run, if any. */
static LocalTransactionId file_transaction = InvalidLocalTransactionId;

/* Refuse to start "what" from within a script that a run executes. */
void
sv_lock_refuse_nested(const char *what)
{
	if (run_active)
		ereport(ERROR,
				(errcode(ERRCODE_SV_RUN_ACTIVE),
				 errmsg("cannot execute %s within a script that schemaver runs", what),
				 errhint("Make it a revision of its own, or call it after the run.")));
}

/* Mark this backend as running scripts; the caller pairs it with sv_lock_exit(), also on error. */
void
sv_lock_enter(void)
{
	run_active = true;
}

void
sv_lock_exit(void)
{
	run_active = false;
}

/* Until this transaction ends, what it executes belongs to a run. */
void
sv_lock_enter_transaction(void)
{
	file_transaction = SV_MY_LXID;
}

/* Does what this backend executes now belong to a run? */
bool
sv_lock_is_active(void)
{
	return run_active ||
		(file_transaction != InvalidLocalTransactionId && file_transaction == SV_MY_LXID);
}

/* Process id of a session whose lock conflicts with that mode, 0 if none is found. */
int
sv_lock_holder(const LOCKTAG *tag, LOCKMODE mode)
{
	int			n;
	VirtualTransactionId *holders = GetLockConflicts(tag, mode, &n);

	for (int i = 0; i < n; i++)
	{
		PGPROC	   *proc = sv_vxid_proc(holders[i]);

		if (proc != NULL && proc->pid != MyProcPid)
			return proc->pid;
	}
	return 0;
}

static void
refuse_busy_run(Oid relation)
{
	LOCKTAG		tag;
	int			pid;

	SET_LOCKTAG_RELATION(tag, MyDatabaseId, relation);
	pid = sv_lock_holder(&tag, RUN_LOCK_MODE);
	ereport(ERROR,
			(errcode(ERRCODE_SV_RUN_ACTIVE),
			 errmsg("another run is active in this database"),
			 pid ? errdetail("The process with PID %d holds the lock.", pid) : 0,
			 pid ? errhint("Look at it: SELECT * FROM pg_stat_activity WHERE pid = %d; or wait for it: SET schemaver.run_lock_timeout = -1;", pid) :
			 errhint("Wait for it: SET schemaver.run_lock_timeout = -1;")));
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
 * The marker of online runs.  "which" says whether it is that of the run itself
 * or of its background worker.
 */
void
sv_lock_marker(LOCKTAG *tag, Oid extension, MarkerKind which)
{
	SET_LOCKTAG_OBJECT(*tag, MyDatabaseId, ExtensionRelationId, extension, which);
	tag->locktag_lockmethodid = USER_LOCKMETHOD;
}

/* Raise SV010: an online run is active. */
static void
refuse_online(const LOCKTAG *tag)
{
	int			pid = sv_lock_holder(tag, ShareLock);

	ereport(ERROR,
			(errcode(ERRCODE_SV_RUN_ACTIVE),
			 errmsg("an online run is active in this database"),
			 pid ? errdetail("The process with PID %d executes it.", pid) : 0,
			 pid ? errhint("Look at it: SELECT * FROM schemaver.progress; SELECT * FROM pg_stat_activity WHERE pid = %d; and call again when it is done. "
						   "CALL schemaver.online_upgrade() waits for its turn.", pid) :
			 errhint("Call again when it is done. CALL schemaver.online_upgrade() waits for its turn.")));
}

/*
 * Become the only run of this database until the transaction ends, or raise
 * SV010.  Never waits for an online run, whose index builds would wait for this
 * transaction; for others it waits as schemaver.run_lock_timeout says.  What the
 * store says afterwards is what the former runs and registrations left, or
 * 40001 is raised: under REPEATABLE READ this transaction could not see it.
 */
void
sv_lock_run(const char *what)
{
	Oid			relation;
	LOCKTAG		marker;

	sv_store_check_writable(what);
	sv_lock_refuse_nested(what);
	sv_lock_marker(&marker, get_extension_oid("schemaver", false), SV_MARKER_RUN);
	if (LockAcquire(&marker, ShareLock, false, true) == LOCKACQUIRE_NOT_AVAIL)
		refuse_online(&marker);
	relation = sv_store_relation("journal");
	if (sv_run_lock_timeout < 0)
		LockRelationOid(relation, RUN_LOCK_MODE);
	else if (!poll_lock(relation, sv_run_lock_timeout))
		refuse_busy_run(relation);
	sv_store_check_replicated();
	if (!IsolationUsesXactSnapshot())
		return;
	if (sv_store_newer_run_committed())
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to a concurrent run"),
				 errhint("The transaction might succeed if retried.")));
	sv_store_check_registrations_seen();
}

/* Hold the lock until the transaction ends, for an online run that has the marker already. */
void
sv_lock_hold(void)
{
	LockRelationOid(sv_store_relation("journal"), RUN_LOCK_MODE);
}
