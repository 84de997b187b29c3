/*
 * retry.c
 *		Getting locks without making others wait.
 *
 * A statement that queues for an ACCESS EXCLUSIVE lock blocks everybody who
 * comes to the table after it, readers too.  So each attempt waits for a short
 * time only; then its whole transaction is rolled back, which frees the locks
 * that it had, and begins again later.
 */
#include "postgres.h"

#include "common/pg_prng.h"
#include "miscadmin.h"
#include "run/retry.h"
#include "settings.h"
#include "storage/proc.h"
#include "utils/guc.h"

#define MOST_DOUBLINGS 6

static void
set_local(const char *name, int milliseconds)
{
	/* as a superuser would: deadlock_timeout is not everybody's to set */
	(void) set_config_option(name, psprintf("%d", milliseconds), PGC_SUSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/*
 * Set the limits of one attempt, in the caller's level of settings.
 *
 * The server cancels an autovacuum that is in the way when it looks for
 * deadlocks, so that has to happen before lock_timeout is over.
 */
void
sv_retry_limits(void)
{
	if (sv_lock_timeout == 0)
		return;
	set_local("lock_timeout", sv_lock_timeout);
	set_local("deadlock_timeout", Max(1, Min(DeadlockTimeout, sv_lock_timeout / 2)));
}

static bool
is_about_locks(const ErrorData *error)
{
	return error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ||
		error->sqlerrcode == ERRCODE_T_R_DEADLOCK_DETECTED;
}

/* The wait before the next attempt: doubling, half of it by chance. */
static long
delay_after(int attempt)
{
	uint64		longest = (uint64) sv_lock_retry_delay << Min(attempt - 1, MOST_DOUBLINGS);

	return (long) pg_prng_uint64_range(&pg_global_prng_state, Max(longest / 2, 1), longest);
}

/*
 * An attempt has failed and is rolled back.  If that was for want of a lock and
 * there are attempts left, report it, wait, and return true.
 */
bool
sv_retry_wait(int attempt, const ErrorData *error, const Execution *execution)
{
	long		delay;

	if (!is_about_locks(error) || attempt >= sv_lock_attempts)
		return false;
	delay = delay_after(attempt);
	ereport(INFO,
			(errmsg("attempt %d of %d to lock failed in revision \"%s\" at line %d: %s; next one in %ld ms",
					attempt, sv_lock_attempts, execution->revision, execution->error_line,
					error->message, delay)));
	sv_run_commit();
	sv_run_sleep(delay);
	return true;
}
