/*
 * constraints.c
 *		Deferred constraints between the revisions of a run.
 *
 * psql would commit after each file and so check what is deferred; a run is
 * one transaction, so it fires the pending events after each revision with SET
 * CONSTRAINTS ALL IMMEDIATE.  That would also leave every constraint immediate
 * for the revisions that follow.  So all are set to deferred again, which those
 * that are not deferrable ignore, and then the few that are INITIALLY IMMEDIATE
 * are set back by name, also those that later DDL makes.  (The other way round,
 * a name that stands for several constraints of a schema would be an error if
 * one of them is not deferrable.)
 */
#include "postgres.h"

#include "base/compat.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "run/run.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* The transaction in which SET CONSTRAINTS ALL was executed last. */
static LocalTransactionId touched_in = InvalidLocalTransactionId;

/* Constraints that were set to immediate since then; in TopTransactionContext. */
static List *set_back;

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
	n = sv_own_execute(&scope, &query);
	for (uint64 i = 0; i < n && !pending; i++)
		pending = AfterTriggerPendingOnRel((Oid) sv_own_number_at(i, 1, InvalidOid));
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

/* The name of the constraint in a row if it is to be set back now, else NULL. */
static char *
take_constraint_name(uint64 row)
{
	bool		isnull;
	Oid			constraint =
	DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 1, &isnull));
	MemoryContext old;

	if (list_member_oid(set_back, constraint))
		return NULL;
	old = MemoryContextSwitchTo(TopTransactionContext);
	set_back = lappend_oid(set_back, constraint);
	MemoryContextSwitchTo(old);
	return sv_store_text(row, 2);
}

/*
 * "SET CONSTRAINTS ... IMMEDIATE" of what take_constraint_name() gives; NULL if there is
 * nothing.
 */
static char *
initial_modes_command(void)
{
	static StoreQuery query = {
		"SELECT c.oid, pg_catalog.format('%I.%I', n.nspname, c.conname) "
		"FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace "
		"WHERE c.condeferrable AND NOT c.condeferred AND NOT "
		"pg_catalog.pg_is_other_temp_schema(n.oid) "
		"AND pg_catalog.has_schema_privilege($1, n.oid, 'USAGE')", 1, {OIDOID}
	};
	Datum		values[1] = {ObjectIdGetDatum(GetUserId())};
	StringInfoData command;
	StoreScope	scope;
	uint64		n;

	initStringInfo(&command);
	sv_store_enter(&scope, SV_STORE_WRITE);
	n = sv_store_execute(&scope, &query, values, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		char	   *name = take_constraint_name(i);

		if (name != NULL)
			appendStringInfo(&command, "%s%s", command.len ? ", " : "SET CONSTRAINTS ", name);
	}
	sv_store_leave(&scope);
	if (command.len == 0)
		return NULL;
	appendStringInfoString(&command, " IMMEDIATE");
	return command.data;
}

/*
 * Set to immediate what is INITIALLY IMMEDIATE and was not set since all were
 * deferred.  As the current user, for it fires what is pending; a constraint in
 * a schema that this user cannot name stays deferred.
 */
static void
set_initial_modes(void)
{
	char	   *command = initial_modes_command();

	if (command != NULL)
		set_constraints(command);
}

/*
 * Fire all pending events as the current user, and let no constraint be deferred
 * until sv_constraints_settle(true).  SPI must be connected.
 */
void
sv_constraints_fire(void)
{
	set_constraints("SET CONSTRAINTS ALL IMMEDIATE");
}

/*
 * Check what is deferred, now: fire all pending events and give every
 * constraint its initial mode again.  "touched" tells that the script itself
 * may have executed SET CONSTRAINTS.  SPI must be connected.  A violated constraint
 * raises its own error.
 */
void
sv_constraints_settle(bool touched)
{
	if (!touched && !events_pending())
		return;
	sv_constraints_fire();
	set_constraints("SET CONSTRAINTS ALL DEFERRED");
	touched_in = SV_MY_LXID;
	set_back = NIL;
	set_initial_modes();
}

/* After DDL: let constraints that it made have their initial mode. */
void
sv_constraints_follow(void)
{
	if (touched_in != InvalidLocalTransactionId && touched_in == SV_MY_LXID)
		set_initial_modes();
}
