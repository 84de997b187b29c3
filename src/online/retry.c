/*
 * retry.c
 *		Getting locks without making others wait.
 *
 * A statement that queues for an ACCESS EXCLUSIVE lock blocks everybody who
 * comes to the table after it, readers too.  So each attempt waits for a short
 * time only; then its whole transaction is rolled back, which frees the locks
 * that it had, and begins again later.  Before it queues at all, it tries for a
 * while whether the lock can be had at once: that blocks nobody.
 */
#include "postgres.h"

#include "base/base.h"
#include "base/compat.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "online/online_private.h"
#include "script/script.h"
#include "storage/lmgr.h"
#include "storage/proc.h"
#include "utils/array.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#define MOST_DOUBLINGS 6
#define APPROACH_MS 20

/* ---------- what a statement locks ---------- */

static List *
statement_targets(const Execution *execution, int statement)
{
	return sv_lock_targets(sv_statement_tree(execution->script, statement));
}

static Oid
relation_of(const LockTarget *target)
{
	return RangeVarGetRelid(target->relation, NoLock, true);
}

/* Try to lock what the caller owns of the targets.  Returns false if a lock is not to be had. */
static bool
try_targets(List *targets)
{
	foreach_ptr(const LockTarget, target, targets)
	{
		Oid			relation = target->owned ? relation_of(target) : InvalidOid;

		if (OidIsValid(relation) && sv_owns_relation(relation) &&
			!ConditionalLockRelationOid(relation, target->mode))
			return false;
	}
	return true;
}

/* The same for the first statement that does more than to change settings. */
static bool
try_part(Execution *execution, int from, int to)
{
	int			level = NewGUCNestLevel();
	Oid			userid;
	int			security_context;
	bool		locked;

	while (from < to && (execution->script->statements[from].flags & SV_STMT_SETTING))
		from++;
	if (from == to)
		return true;
	GetUserIdAndSecContext(&userid, &security_context);
	sv_execution_settings(execution, from);
	locked = try_targets(statement_targets(execution, from));
	AtEOXact_GUC(false, level);
	SetUserIdAndSecContext(userid, security_context);
	return locked;
}

/*
 * Try for a while to get the locks of the statement that begins a part, without
 * queueing.  With or without them the caller goes on in this transaction.
 */
void
sv_retry_approach(Execution *execution, int from, int to)
{
	TimestampTz end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), sv_lock_timeout);

	while (!try_part(execution, from, to) && GetCurrentTimestamp() < end)
	{
		sv_online_rollback();
		sv_online_sleep(APPROACH_MS);
	}
}

/* ---------- who is in the way ---------- */

/* The processes that have locks in conflict with the statement's, as a list of int. */
static List *
find_blockers(Execution *execution)
{
	int			level = NewGUCNestLevel();
	int			statement = execution->current;
	List	   *pids = NIL;
	Oid			userid;
	int			security_context;

	GetUserIdAndSecContext(&userid, &security_context);
	sv_execution_settings(execution, statement);
	foreach_ptr(const LockTarget, target, statement_targets(execution, statement))
	{
		VirtualTransactionId *holders;
		LOCKTAG		tag;

		SET_LOCKTAG_RELATION(tag, MyDatabaseId, relation_of(target));
		holders = GetLockConflicts(&tag, target->mode, NULL);
		for (; VirtualTransactionIdIsValid(*holders); holders++)
		{
			PGPROC	   *proc = sv_vxid_proc(*holders);

			if (proc != NULL && proc->pid != 0)
				pids = list_append_unique_int(pids, proc->pid);
		}
	}
	execution->current = statement;
	AtEOXact_GUC(false, level);
	SetUserIdAndSecContext(userid, security_context);
	return pids;
}

/* One line for each of these processes, with what the caller may see of them. */
static char *
describe(List *pids)
{
	static StoreQuery query = {
		"SELECT string_agg(format('PID %s (%s, %s since %s): %s', pid, coalesce(usename, "
		"backend_type), "
		"coalesce(state, 'active'), "
		"date_trunc('second', clock_timestamp() - coalesce(xact_start, backend_start)), "
		"left(regexp_replace(query, '\\s+', ' ', 'g'), 100)), E'\n' ORDER BY xact_start) "
		"FROM pg_catalog.pg_stat_activity WHERE pid = ANY ($1)", 1, {INT4ARRAYOID}
	};
	Datum	   *elements = palloc(sizeof(Datum) * Max(list_length(pids), 1));
	Datum		values[1];
	StoreScope	scope;
	char	   *lines = NULL;
	ListCell   *cell;

	foreach(cell, pids)
		elements[foreach_current_index(cell)] = Int32GetDatum(lfirst_int(cell));
	values[0] =
		PointerGetDatum(construct_array(elements, list_length(pids), INT4OID, 4, true,
										TYPALIGN_INT));
	sv_store_enter(&scope, SV_STORE_WRITE);
	SetUserIdAndSecContext(scope.userid, scope.security_context);
	if (sv_store_execute(&scope, &query, values, NULL) > 0)
	{
		MemoryContextSwitchTo(scope.caller);
		lines = sv_store_text(0, 1);
	}
	sv_store_leave(&scope);
	return lines;
}

/* ---------- limits and waits ---------- */

static void
set_local_timeout(const char *name, int milliseconds)
{
	/* as a superuser would: deadlock_timeout is not everybody's to set */
	(void) set_config_option(name, psprintf("%d", milliseconds), PGC_SUSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/*
 * Set the limits of one attempt, in the caller's level of settings; it may wait
 * for "most" ms (0: as schemaver.lock_timeout says), but never longer than that.
 *
 * The server cancels an autovacuum that is in the way when it looks for
 * deadlocks, so that has to happen before lock_timeout is over.
 */
void
sv_retry_limits(int most)
{
	int			limit = most > 0 ? Min(sv_lock_timeout, most) : sv_lock_timeout;

	if (limit == 0)
		return;
	set_local_timeout("lock_timeout", limit);
	set_local_timeout("deadlock_timeout", Max(1, Min(DeadlockTimeout, limit / 2)));
}

static bool
is_about_locks(const ErrorData *error)
{
	return error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ||
		error->sqlerrcode == ERRCODE_T_R_DEADLOCK_DETECTED ||
		error->sqlerrcode == ERRCODE_T_R_SERIALIZATION_FAILURE;
}

/* The wait before the next attempt: doubling, half of it by chance. */
static long
delay_after(int attempt)
{
	uint64		longest = (uint64) sv_lock_retry_delay << Min(attempt - 1, MOST_DOUBLINGS);

	return (long) pg_prng_uint64_range(&pg_global_prng_state, Max(longest / 2, 1), longest);
}

static void
report_wait(int attempt, long delay, const ErrorData *error, const Execution *execution,
			const char *blockers)
{
	bool		wraparound = blockers != NULL &&
	strstr(blockers, "(to prevent wraparound)") != NULL;

	ereport(INFO,
			(errmsg("attempt %d of %d to lock failed in revision \"%s\" at line %d: %s; next one in %ld ms",
					attempt, sv_lock_attempts, execution->origin.revision, execution->error_line,
					error->message, delay),
			 blockers ? errdetail("In the way: %s", blockers) : 0,
			 wraparound ?
			 errhint("A vacuum to prevent wraparound does not give way; let it end first.") : 0));
}

/*
 * An attempt has failed and is rolled back.  If that was for want of a lock and
 * there are attempts left, report who is in the way, wait, and return true.
 */
bool
sv_retry_wait(int attempt, const ErrorData *error, Execution *execution)
{
	long		delay;
	char	   *blockers = NULL;

	if (!is_about_locks(error) || attempt >= sv_lock_attempts)
		return false;
	delay = delay_after(attempt);
	if (execution->error_line > 0)
		blockers = describe(find_blockers(execution));
	report_wait(attempt, delay, error, execution, blockers);
	sv_online_commit();
	sv_online_sleep(delay);
	sv_online_commit();			/* so that now() is now */
	return true;
}
