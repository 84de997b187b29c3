/*
 * commit.c
 *		The ends of an online run's transactions, and waiting between them.
 *
 * Promise: between sv_online_commit() or sv_online_rollback() and the next query this
 * session holds no snapshot, so that nobody's index build waits for it.
 *
 * They are what SPI_commit() and SPI_rollback() do, without SPI: after an error
 * its stack holds whatever the script had open, and only the abort may clean
 * that up.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "online/online_private.h"
#include "storage/latch.h"
#include "tcop/pquery.h"
#include "utils/portal.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

/* Begin a transaction whose now() is now. */
static void
begin_next(MemoryContext context)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	MemoryContextSwitchTo(context);
}

/*
 * Commit and begin the next transaction, as COMMIT in a procedure does.
 * Afterwards there is no snapshot until something runs.  The current memory
 * context must be one that survives, and SPI must not be connected.
 */
void
sv_online_commit(void)
{
	MemoryContext context = CurrentMemoryContext;

	ForgetPortalSnapshots();
	CommitTransactionCommand();
	pgstat_report_stat(false);	/* autovacuum shall know of it before the end */
	begin_next(context);
}

/*
 * Roll back and begin the next transaction.  Works in PG_CATCH, too, where any
 * number of snapshots and levels of SPI may be open: the abort forgets them all.
 */
void
sv_online_rollback(void)
{
	MemoryContext context = CurrentMemoryContext;

	ActivePortal->portalSnapshot = NULL;
	AbortCurrentTransaction();
	begin_next(context);
}

/*
 * Do work(arg).  Returns NULL, with the transaction open, or the error, in the
 * current context, with all rolled back.  "work" may commit in between.
 */
ErrorData *
sv_online_attempt(void (*work) (void *arg), void *arg)
{
	MemoryContext context = CurrentMemoryContext;
	ErrorData  *volatile error = NULL;

	PG_TRY();
	{
		work(arg);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = sv_copy_error();
		sv_online_rollback();
		FlushErrorState();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	return error;
}

/* Wait, without a snapshot, until the latch is set or the time is over.  Answers interrupts. */
void
sv_online_wait(long milliseconds)
{
	InvalidateCatalogSnapshot();
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
					 milliseconds, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

/* Wait for all of that time. */
void
sv_online_sleep(long milliseconds)
{
	TimestampTz end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), milliseconds);
	long		left;

	while ((left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), end)) > 0)
		sv_online_wait(left);
}
