/*
 * deadline.c
 *		Work that is cancelled when it takes too long.
 *
 * statement_timeout is for the whole CALL and cannot be set for a piece of it,
 * so this is a timer of its own.  It ends the work as pg_cancel_backend() would;
 * sv_deadline_passed() tells both apart.
 */
#include "postgres.h"

#include <signal.h>

#include "miscadmin.h"
#include "online/online_private.h"
#include "storage/latch.h"
#include "utils/timeout.h"

static TimeoutId timer = MAX_TIMEOUTS;
static volatile sig_atomic_t passed = false;

static void
handle_deadline(void)
{
	/* a cancel that somebody has sent comes first */
	if (QueryCancelPending)
		return;
	passed = true;
	QueryCancelPending = true;
	InterruptPending = true;
	SetLatch(MyLatch);
}

/* Cancel what follows after that time; 0: never.  Ends with one of the next two. */
void
sv_deadline_begin(int milliseconds)
{
	passed = false;
	if (milliseconds <= 0)
		return;
	if (timer == MAX_TIMEOUTS)
		timer = RegisterTimeout(USER_TIMEOUT, handle_deadline);
	enable_timeout_after(timer, milliseconds);
}

/* The work is done.  Raises the cancel if that was too late. */
void
sv_deadline_end(void)
{
	if (timer != MAX_TIMEOUTS)
		disable_timeout(timer, false);
	if (!passed)
		return;
	CHECK_FOR_INTERRUPTS();
	/* somebody has caught it */
	ereport(ERROR,
			(errcode(ERRCODE_QUERY_CANCELED),
			 errmsg("canceling statement due to its deadline")));
}

/* The work has failed, for whatever reason: there is no deadline any more. */
void
sv_deadline_forget(void)
{
	if (timer != MAX_TIMEOUTS)
		disable_timeout(timer, false);
	if (passed)
		QueryCancelPending = false;
}

/* Was it the last deadline that made the work fail with that error? */
bool
sv_deadline_passed(const ErrorData *error)
{
	return passed && error->sqlerrcode == ERRCODE_QUERY_CANCELED;
}
