/*
 * marker.c
 *		The marker that an online run holds between its transactions; see
 *		store/run_lock.c.
 */
#include "postgres.h"

#include "base/base.h"
#include "base/compat.h"
#include "commands/extension.h"
#include "common/pg_prng.h"
#include "online/online_private.h"
#include "storage/lock.h"
#include "store/store.h"
#include "utils/timestamp.h"

#define POLL_MS 50

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
 * Become the only run of this database until sv_online_unlock() or the end
 * of the session, or raise SV010.  Commits; waits for other runs without a
 * snapshot, as schemaver.run_lock_timeout says.
 */
void
sv_online_lock(const char *what)
{
	TimestampTz end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), sv_run_lock_timeout);
	LOCKTAG		marker;
	LOCKTAG		worker;
	Oid			extension;

	sv_store_check_writable(what);
	sv_lock_refuse_nested(what);
	sv_store_check_replicated();
	extension = get_extension_oid("schemaver", false);
	sv_lock_marker(&marker, extension, SV_MARKER_RUN);
	sv_lock_marker(&worker, extension, SV_MARKER_WORKER);
	online_extension = extension;
	sv_online_commit();
	while (!try_marker(&marker, &worker))
	{
		int			pid;

		if (sv_run_lock_timeout < 0 || GetCurrentTimestamp() < end)
		{
			sv_online_wait(pg_prng_uint64_range(&pg_global_prng_state, POLL_MS / 2,
												POLL_MS * 3 / 2));
			continue;
		}
		pid = sv_lock_holder(&marker, ExclusiveLock);
		ereport(ERROR,
				(errcode(ERRCODE_SV_RUN_ACTIVE),
				 errmsg("another run is active in this database"),
				 pid ? errdetail("The process with PID %d executes it.", pid) : 0,
				 pid ? errhint("Look at it: SELECT * FROM schemaver.progress; SELECT * FROM pg_stat_activity WHERE pid = %d; or wait for it: SET schemaver.run_lock_timeout = -1;", pid) :
				 errhint("Wait for it: SET schemaver.run_lock_timeout = -1;")));
	}
}

/* Does this session still hold the marker? */
bool
sv_online_holds_lock(void)
{
	LOCKTAG		marker;

	sv_lock_marker(&marker, online_extension, SV_MARKER_RUN);
	return sv_lock_held_by_me(&marker, ExclusiveLock);
}

/* Let others run. */
void
sv_online_unlock(void)
{
	LOCKTAG		marker;

	sv_lock_marker(&marker, online_extension, SV_MARKER_RUN);
	if (sv_online_holds_lock())
		LockRelease(&marker, ExclusiveLock, true);
}

/*
 * Make sure that the marker is still held: a script may call
 * pg_advisory_unlock_all().
 */
void
sv_online_keep_lock(void)
{
	LOCKTAG		marker;

	if (sv_online_holds_lock())
		return;
	sv_lock_marker(&marker, online_extension, SV_MARKER_RUN);
	if (LockAcquire(&marker, ExclusiveLock, true, true) == LOCKACQUIRE_NOT_AVAIL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_RUN_ACTIVE),
				 errmsg("the script released the lock of the run, and another run took it"),
				 errhint("Take pg_advisory_unlock_all() out of the script; pg_advisory_unlock() releases only what it names.")));
}

/* Is an online run of another session active in this database? */
bool
sv_online_is_active(void)
{
	LOCKTAG		marker;

	sv_lock_marker(&marker, get_extension_oid("schemaver", false), SV_MARKER_RUN);
	return sv_lock_holder(&marker, ShareLock) != 0;
}

/* In the background worker: show until its end that it works for a run. */
void
sv_online_mark_worker(void)
{
	LOCKTAG		marker;

	sv_lock_enter();
	sv_lock_marker(&marker, get_extension_oid("schemaver", false), SV_MARKER_WORKER);
	if (LockAcquire(&marker, ExclusiveLock, true, true) == LOCKACQUIRE_NOT_AVAIL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_RUN_ACTIVE),
				 errmsg("the background worker of another run is active in this database")));
}
