/*
 * constraints.c
 *		Deferred constraints between the revisions of a run.
 *
 * psql would commit after each file and so check what is deferred; a run is
 * one transaction, so it fires the pending events after each revision with SET
 * CONSTRAINTS ALL IMMEDIATE.  That would also leave every constraint immediate
 * for the revisions that follow, so the constraints that are INITIALLY DEFERRED
 * are set back by name, and again after DDL that may have made new ones.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "compat.h"
#include "run/run.h"
#include "storage/proc.h"
#include "utils/builtins.h"

/* The transaction in which SET CONSTRAINTS ALL was executed last. */
static LocalTransactionId touched_in = InvalidLocalTransactionId;

/* Is a deferred event waiting on any table? */
static bool
events_pending(void)
{
	static StoreQuery query = {
		"SELECT DISTINCT tgrelid FROM pg_catalog.pg_trigger WHERE tgdeferrable"
	};
	StoreScope	scope;
	uint64		n;
	bool		pending = false;

	sv_store_enter(&scope, SV_STORE_WRITE);
	n = sv_store_execute(&scope, &query, NULL, NULL);
	for (uint64 i = 0; i < n && !pending; i++)
	{
		bool		isnull;

		pending = AfterTriggerPendingOnRel(DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[i],
																		 SPI_tuptable->tupdesc, 1, &isnull)));
	}
	sv_store_leave(&scope);
	return pending;
}

static void
set_constraints(const char *command)
{
	int			result = SPI_execute(command, false, 0);

	if (result < 0)
		elog(ERROR, "SET CONSTRAINTS failed: %s", SPI_result_code_string(result));
}

/* Give the constraints that are INITIALLY DEFERRED their initial mode. */
static void
set_initial_modes(void)
{
	static StoreQuery query = {
		"SELECT pg_catalog.string_agg(DISTINCT pg_catalog.format('%I.%I', n.nspname, c.conname), ', ') "
		"FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace "
		"WHERE c.condeferred"
	};
	StoreScope	scope;
	char	   *names;

	/* as the owner: the caller may lack USAGE on one of the schemas */
	sv_store_enter(&scope, SV_STORE_WRITE);
	sv_store_execute(&scope, &query, NULL, NULL);
	names = sv_store_text(0, 1);
	if (names != NULL)
		set_constraints(psprintf("SET CONSTRAINTS %s DEFERRED", names));
	sv_store_leave(&scope);
}

/*
 * Check what is deferred, now: fire all pending events and give every
 * constraint its initial mode again.  "touched" tells that the script itself
 * executed SET CONSTRAINTS.  SPI must be connected.  A violated constraint
 * raises its own error.
 */
void
sv_constraints_settle(bool touched)
{
	if (!touched && !events_pending())
		return;
	set_constraints("SET CONSTRAINTS ALL IMMEDIATE");
	touched_in = SV_MY_LXID;
	set_initial_modes();
}

/* After DDL: let constraints that it made have their initial mode. */
void
sv_constraints_follow(void)
{
	if (touched_in != InvalidLocalTransactionId && touched_in == SV_MY_LXID)
		set_initial_modes();
}
