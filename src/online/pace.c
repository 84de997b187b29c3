/*
 * pace.c
 *		How fast batches may go: their size, and the pauses between them.
 *
 * No transaction of a batch shall take longer than its target.  So batches aim
 * well below it, grow slowly and shrink at once; one that comes too close all the
 * same is cancelled and done again in smaller pieces.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "base/base.h"
#include "catalog/pg_type.h"
#include "executor/instrument.h"
#include "online/online_private.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/pg_lsn.h"
#include "utils/timestamp.h"

#define LARGEST			1000000
#define AIM				0.65	/* part of the target that a batch shall take */
#define GROWTH			1.2		/* at most, close to that */
#define FAST_GROWTH		2.0		/* and far from it */
#define SHRINKING		0.1		/* at most */
#define RESERVE			0.05	/* part of the target that is kept for the end */
#define LAG_WAIT_MS		200
#define NOTED_MS		200

static double
milliseconds_since(TimestampTz from)
{
	return (GetCurrentTimestamp() - from) / 1000.0;
}

/* ---------- the size ---------- */

/*
 * The time in ms from now after which to cancel a batch of that size, so that it
 * can be committed before the target is over; 0: never, for it cannot become
 * smaller.
 */
int
sv_pace_deadline(const Pace *pace, int size, int target)
{
	if (size <= SV_SMALLEST_BATCH)
		return 0;
	return (int) Max(target * (1 - RESERVE) - pace->commit - milliseconds_since(pace->began_at),
					 Max(target / 4, 1));
}

/* The size of the batch after one that took "elapsed" ms. */
int
sv_pace_next_size(int size, double elapsed, int target, bool waited_for)
{
	double		factor = AIM * target / Max(elapsed, 0.01);

	factor = Min(factor, factor > 3 ? FAST_GROWTH : GROWTH);
	if (waited_for)
		factor = Min(factor, 0.5);
	factor = Max(factor, SHRINKING);
	return (int) Max(SV_SMALLEST_BATCH, Min(LARGEST, size * factor + (factor > 1 ? 1 : 0)));
}

/* Does any session wait for this transaction? */
bool
sv_pace_is_waited_for(void)
{
	static StoreQuery query = {
		"SELECT 1 FROM pg_catalog.pg_locks WHERE NOT granted AND locktype = 'transactionid' "
		"AND transactionid = pg_catalog.pg_current_xact_id()::pg_catalog.xid LIMIT 1"
	};

	return TransactionIdIsValid(GetTopTransactionIdIfAny()) &&
		sv_own_query(SV_STORE_WRITE, &query) > 0;
}

/* ---------- the clock ---------- */

/* A batch's transaction begins. */
void
sv_pace_begin(Pace *pace)
{
	pace->began_at = GetCurrentTimestamp();
	pace->began_wal = pgWalUsage.wal_bytes;
}

/* A batch is about to be committed. */
void
sv_pace_executed(Pace *pace)
{
	pace->executed = milliseconds_since(pace->began_at);
}

/* It is. */
void
sv_pace_committed(Pace *pace)
{
	pace->elapsed = milliseconds_since(pace->began_at);
	pace->commit = Max(pace->elapsed - pace->executed, 0.9 * pace->commit);
}

/* ---------- WAL ---------- */

/* How long to wait in ms after so many bytes in that time; "rate" is in kB/s, 0: no limit. */
static long
wal_pause(uint64 bytes, double elapsed, int rate)
{
	if (rate == 0)
		return 0;
	return (long) Max(bytes / 1.024 / rate - elapsed, 0);
}

/* ---------- standbys ---------- */

/* What has replayed least of the WAL, if anything follows at all. */
typedef struct Follower
{
	char	   *name;			/* NULL: nothing follows */
	XLogRecPtr	replayed;
} Follower;

static Follower
slowest_follower(void)
{
	static StoreQuery query = {
		"SELECT coalesce(nullif(application_name, ''), pid::text), replay_lsn FROM "
		"pg_catalog.pg_stat_replication "
		"WHERE replay_lsn IS NOT NULL ORDER BY replay_lsn LIMIT 1"
	};
	Follower	follower = {NULL};
	StoreScope	scope;

	sv_store_enter(&scope, SV_STORE_WRITE);
	if (sv_own_execute(&scope, &query) > 0)
	{
		follower.replayed = (XLogRecPtr) sv_own_number_at(0, 2, 0);
		MemoryContextSwitchTo(scope.caller);
		follower.name = sv_store_text(0, 1);
	}
	sv_store_leave(&scope);
	return follower;
}

static void
take_sample(Pace *pace)
{
	pace->sample = GetFlushRecPtr(NULL);
	pace->sampled_at = GetCurrentTimestamp();
}

/*
 * How far the slowest standby is behind, in ms: the age of a place in the WAL
 * that it has not replayed.  (replay_lag of the view stands still when a standby
 * does.)
 */
static double
lag_of(Pace *pace, const Follower *follower)
{
	if (follower->name == NULL || pace->sample == InvalidXLogRecPtr ||
		follower->replayed >= pace->sample)
	{
		take_sample(pace);
		return 0;
	}
	return milliseconds_since(pace->sampled_at);
}

/* Wait while a standby is too far behind, until it has replayed all that there is now. */
static void
wait_for_followers(Batches *batches)
{
	Follower	follower = slowest_follower();
	double		lag = lag_of(&batches->pace, &follower);

	if (lag <= sv_batch_max_lag)
		return;
	batches->pace.sample = GetFlushRecPtr(NULL);
	ereport(INFO,
			(errmsg("batches wait for standby \"%s\", which is %.0f ms behind", follower.name, lag),
			 errhint("schemaver.batch_max_lag says how far it may be behind.")));
	while (lag > 0 && sv_batch_max_lag > 0)
	{
		sv_store_note(batches->part,
					  psprintf("waiting for standby \"%s\", which is %.0f ms behind",
							   follower.name, lag));
		sv_online_commit();
		sv_online_sleep(LAG_WAIT_MS);
		follower = slowest_follower();
		lag = lag_of(&batches->pace, &follower);
	}
}

/* ---------- the pause ---------- */

/* Pause after a batch: as the script says, for the WAL that it wrote, and for standbys. */
void
sv_pace_pause(Batches *batches)
{
	const Pace *pace = &batches->pace;
	int			rate = batches->step->wal >= 0 ? batches->step->wal : sv_batch_max_wal_rate;
	long		pause = Max(batches->step->pause,
							wal_pause(pgWalUsage.wal_bytes - pace->began_wal, pace->elapsed, rate));

	if (pause >= NOTED_MS)
		sv_store_note(batches->part, pause > batches->step->pause ?
					  "pausing so that WAL is written no faster than allowed" :
					  "pausing as the script says");
	if (pause > 0)
	{
		sv_online_commit();
		sv_online_sleep(pause);
	}
	if (sv_batch_max_lag > 0)
		wait_for_followers(batches);
}
