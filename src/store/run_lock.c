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
 * before they commit: whoever got it meanwhile has changed nothing.
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
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "run/run.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#define POLL_MS 50
#define RUN_LOCK_MODE ShareUpdateExclusiveLock

/* What the marker's tag says: the run itself, or its background worker. */
#define SV_MARKER_RUN 1
#define SV_MARKER_WORKER 2

/* Is a run active in this very backend? */
static bool run_active = false;

/* Is this the background worker of one? */
static bool is_worker = false;

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

/* Does this backend run scripts, or a statement of one for another backend? */
bool
sv_run_is_active(void)
{
	return run_active || is_worker;
}

/* Process id of a session whose lock conflicts with that mode, 0 if none is found. */
static int
holder_of(const LOCKTAG *tag, LOCKMODE mode)
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
refuse_busy(Oid relation)
{
	LOCKTAG		tag;
	int			pid;

	SET_LOCKTAG_RELATION(tag, MyDatabaseId, relation);
	pid = holder_of(&tag, RUN_LOCK_MODE);
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

static void
set_marker_tag(LOCKTAG *tag, Oid extension, uint16 which)
{
	SET_LOCKTAG_OBJECT(*tag, MyDatabaseId, ExtensionRelationId, extension, which);
	tag->locktag_lockmethodid = USER_LOCKMETHOD;
}

/* Raise SV010: an online run is active. */
static void
refuse_online(const LOCKTAG *tag)
{
	int			pid = holder_of(tag, ShareLock);

	ereport(ERROR,
			(errcode(ERRCODE_SV_RUN_ACTIVE),
			 errmsg("an online run is active in this database"),
			 pid ? errdetail("The process with PID %d executes it.", pid) : 0,
			 errhint("Look at it: SELECT * FROM schemaver.progress; and call again when it is done. "
					 "CALL schemaver.online_upgrade() waits for its turn.")));
}

/*
 * Become the only run of this database until the transaction ends, or raise
 * SV010.  Never waits for an online run, whose index builds would wait for this
 * transaction; for others it waits as schemaver.run_lock_timeout says.  What the
 * store says afterwards is what the former runs and registrations left, or
 * 40001 is raised: under REPEATABLE READ this transaction could not see it.
 */
void
sv_run_lock(const char *what)
{
	Oid			relation;
	LOCKTAG		marker;

	sv_store_check_writable(what);
	sv_run_refuse_nested(what);
	set_marker_tag(&marker, get_extension_oid("schemaver", false), SV_MARKER_RUN);
	if (LockAcquire(&marker, ShareLock, false, true) == LOCKACQUIRE_NOT_AVAIL)
		refuse_online(&marker);
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

/* ---------- online runs ---------- */

/* The extension whose marker this session holds. */
static Oid	online_extension = InvalidOid;

/* Try to take the marker, once the worker of the run before has ended. */
static bool
try_marker(const LOCKTAG *marker, const LOCKTAG *worker)
{
	if (LockAcquire(marker, ExclusiveLock, true, true) == LOCKACQUIRE_NOT_AVAIL)
		return false;
	if (LockAcquire(worker, ExclusiveLock, true, true) == LOCKACQUIRE_NOT_AVAIL)
	{
		LockRelease(marker, ExclusiveLock, true);
		return false;
	}
	LockRelease(worker, ExclusiveLock, true);
	return true;
}

/*
 * Become the only run of this database until sv_run_unlock_online() or the end
 * of the session, or raise SV010.  Commits; waits for other runs without a
 * snapshot, as schemaver.run_lock_timeout says.
 */
void
sv_run_lock_online(const char *what)
{
	TimestampTz end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), sv_run_lock_timeout);
	LOCKTAG		marker;
	LOCKTAG		worker;
	Oid			extension;

	sv_store_check_writable(what);
	sv_run_refuse_nested(what);
	extension = get_extension_oid("schemaver", false);
	set_marker_tag(&marker, extension, SV_MARKER_RUN);
	set_marker_tag(&worker, extension, SV_MARKER_WORKER);
	online_extension = extension;
	sv_run_commit();
	while (!try_marker(&marker, &worker))
	{
		int			pid;

		if (sv_run_lock_timeout < 0 || GetCurrentTimestamp() < end)
		{
			sv_run_wait(pg_prng_uint64_range(&pg_global_prng_state, POLL_MS / 2, POLL_MS * 3 / 2));
			continue;
		}
		pid = holder_of(&marker, ExclusiveLock);
		ereport(ERROR,
				(errcode(ERRCODE_SV_RUN_ACTIVE),
				 errmsg("another run is active in this database"),
				 pid ? errdetail("The process with PID %d executes it.", pid) : 0,
				 errhint("Wait for it: SET schemaver.run_lock_timeout = -1; or look at it: SELECT * FROM schemaver.progress.")));
	}
}

/* Does this session still hold the marker? */
bool
sv_run_holds_online(void)
{
	LOCKTAG		marker;

	set_marker_tag(&marker, online_extension, SV_MARKER_RUN);
	return sv_lock_held_by_me(&marker, ExclusiveLock);
}

/* Let others run. */
void
sv_run_unlock_online(void)
{
	LOCKTAG		marker;

	set_marker_tag(&marker, online_extension, SV_MARKER_RUN);
	if (sv_run_holds_online())
		LockRelease(&marker, ExclusiveLock, true);
}

/* Be the only run until the transaction ends, even if a script releases the marker. */
void
sv_run_hold_online(void)
{
	LockRelationOid(sv_store_relation("journal"), RUN_LOCK_MODE);
}

/*
 * Make sure that the marker is still held: a script may call
 * pg_advisory_unlock_all().
 */
void
sv_run_keep_online(void)
{
	LOCKTAG		marker;

	if (sv_run_holds_online())
		return;
	set_marker_tag(&marker, online_extension, SV_MARKER_RUN);
	if (LockAcquire(&marker, ExclusiveLock, true, true) == LOCKACQUIRE_NOT_AVAIL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_RUN_ACTIVE),
				 errmsg("the script released the lock of the run, and another run took it"),
				 errhint("Take pg_advisory_unlock_all() out of the script; pg_advisory_unlock() releases only what it names.")));
}

/* Is an online run of another session active in this database? */
bool
sv_run_online_active(void)
{
	LOCKTAG		marker;

	set_marker_tag(&marker, get_extension_oid("schemaver", false), SV_MARKER_RUN);
	return holder_of(&marker, ShareLock) != 0;
}

/* In the background worker: show until its end that it works for a run. */
void
sv_run_mark_worker(void)
{
	LOCKTAG		marker;

	is_worker = true;
	set_marker_tag(&marker, get_extension_oid("schemaver", false), SV_MARKER_WORKER);
	if (LockAcquire(&marker, ExclusiveLock, true, true) == LOCKACQUIRE_NOT_AVAIL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_RUN_ACTIVE),
				 errmsg("the background worker of another run is active in this database")));
}
