/*
 * confine.c
 *		Code of other roles in an object of a superuser.
 *
 * The statement that such an object needs can run as nobody but a superuser.
 * While it does, the function manager asks here before each call: a function whose
 * owner could not act as the current superuser anyway runs as that owner, as a
 * security-restricted operation.
 *
 * Expressions of another role (of a domain, of a view) are evaluated in place, as the
 * superuser.  Where a statement can reach one, it calls nothing as the superuser but
 * functions that can do no harm whoever chooses their arguments: immutable ones and
 * those that tell the time or convert it.  All else is refused when an expression is
 * made ready, so that it does not matter when the other role wrote it.
 *
 * A hook, whose moment another role chooses, is confined so whoever has set it.
 *
 * The server keeps some functions looked up in its caches: those of operator
 * classes, and others that reach.c counts as not confinable.  A statement that can
 * run these is not executed as a superuser at all.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "base/base.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "run/run.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

/* A call under way. */
typedef struct Call
{
	struct Call *outer;			/* of the same function by the same expression */
	Oid			userid;			/* before it; InvalidOid: nothing was changed */
	int			context;
} Call;

/* What one expression that calls a function keeps. */
typedef struct CallSite
{
	Call	   *call;
	Datum		next;			/* of the hook before this one */
} CallSite;

static needs_fmgr_hook_type next_needs_hook;
static fmgr_hook_type next_hook;
static object_access_hook_type next_access_hook;
static Confinement confining;

/*
 * Functions of the server that are not immutable, and yet neither run a statement nor
 * show or change what their caller's rights protect.  Those that make JSON look for casts to
 * json; the functions of these are confined as any other that is called.
 */
static const char *const harmless[] = {
	"age", "array_to_json", "array_to_string", "clock_timestamp", "concat", "concat_ws", "date",
	"date_part", "date_trunc", "extract", "format", "gen_random_uuid", "generate_series",
	"interval_pl_timestamptz", "json_build_array", "json_build_object",
	"jsonb_build_array", "jsonb_build_object", "jsonb_populate_record", "make_timestamptz",
	"now", "numeric", "quote_literal", "quote_nullable", "random", "row_to_json",
	"statement_timestamp", "time", "timestamp", "timestamptz", "timestamptz_mi_interval",
	"timestamptz_pl_interval", "timezone", "to_char", "to_date", "to_json", "to_jsonb",
	"to_number", "to_timestamp", "transaction_timestamp"
};

/* Comparisons of dates and timestamps with timestamps with time zone depend on the time zone. */
static bool
compares_times(const char *name)
{
	return strncmp(name, "date_", 5) == 0 || strncmp(name, "timestamp_", 10) == 0 ||
		strncmp(name, "timestamptz_", 12) == 0;
}

/* Aggregates that make JSON, and the functions of which they consist. */
static bool
aggregates_json(const char *name)
{
	static const char *const prefixes[] = {
		"json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg"
	};

	for (int i = 0; i < lengthof(prefixes); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

/* Can a superuser call it with arguments that somebody else chose? */
static bool
is_harmless(Oid function)
{
	const char *name;

	if (func_volatile(function) == PROVOLATILE_IMMUTABLE ||
		get_func_rettype(function) == TRIGGEROID ||
		get_func_rettype(function) == EVENT_TRIGGEROID)
		return true;
	if (function >= FirstNormalObjectId)
		return false;
	name = get_func_name(function);
	for (int i = 0; i < lengthof(harmless); i++)
	{
		if (strcmp(name, harmless[i]) == 0)
			return true;
	}
	return compares_times(name) || aggregates_json(name);
}

/* Error if the function would run as a superuser, and somebody else could have written the call. */
static void
check_harmless(Oid function)
{
	Oid			userid;
	int			context;

	GetUserIdAndSecContext(&userid, &context);
	if (confining < SV_CONFINE_EXPRESSIONS || (context & SV_SECURITY_OWN_QUERY) != 0 ||
		!superuser() || is_harmless(function))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("function %s() would be called as role \"%s\", a superuser, where expressions of another role are evaluated",
					get_func_name(function), GetUserNameFromId(userid, false)),
			 confining == SV_CONFINE_HOOK_EXPRESSIONS ?
			 errdetail("The hook uses a table, a domain or a view of another role; only immutable functions may run there as a superuser.") :
			 errdetail("The statement was written by schemaver, and evaluates a domain or a view of another role; only immutable functions may run there as a superuser."),
			 confining == SV_CONFINE_HOOK_EXPRESSIONS ?
			 errhint("Let a role that is no superuser set the hook, or let it use objects of superusers only.") :
			 errhint("Register the statements as the down or up of a revision: what somebody has written runs as the caller.")));
}

/* The owner of a function of a user, if that is no superuser; else InvalidOid. */
static Oid
other_owner(Oid function)
{
	Oid			owner = function >= FirstNormalObjectId ?
	sv_cached_oid(PROCOID, function, Anum_pg_proc_proowner) : InvalidOid;

	return !OidIsValid(owner) || superuser_arg(owner) ? InvalidOid : owner;
}

static bool
needs_hook(Oid function)
{
	if (next_needs_hook != NULL && next_needs_hook(function))
		return true;
	if (confining >= SV_CONFINE_EXPRESSIONS && function >= FirstNormalObjectId)
		return true;
	return confining && OidIsValid(other_owner(function));
}

/* Is the current user one whose rights the functions of other roles must not get? */
static bool
confines_now(void)
{
	return confining == SV_CONFINE_HOOK || confining == SV_CONFINE_HOOK_EXPRESSIONS ||
		(confining && superuser());
}

static void
begin_call(CallSite *site, const FmgrInfo * function)
{
	Call	   *call = MemoryContextAlloc(function->fn_mcxt, sizeof(Call));
	Oid			owner = confines_now() ? other_owner(function->fn_oid) : InvalidOid;

	if (!OidIsValid(owner))
		check_harmless(function->fn_oid);
	call->outer = site->call;
	GetUserIdAndSecContext(&call->userid, &call->context);
	if (!OidIsValid(owner) || has_privs_of_role(owner, call->userid))
		call->userid = InvalidOid;
	else
		SetUserIdAndSecContext(owner, call->context | SECURITY_LOCAL_USERID_CHANGE |
							   SECURITY_RESTRICTED_OPERATION);
	site->call = call;
}

static void
end_call(CallSite *site)
{
	Call	   *call = site->call;

	if (call == NULL)
		return;
	if (OidIsValid(call->userid))
		SetUserIdAndSecContext(call->userid, call->context);
	site->call = call->outer;
	pfree(call);
}

static void
around_call(FmgrHookEventType event, FmgrInfo * function, Datum *private)
{
	CallSite   *site = (CallSite *) DatumGetPointer(*private);

	if (site == NULL && next_hook == NULL && (event != FHET_START || !confining))
		return;
	if (site == NULL)
	{
		site = MemoryContextAllocZero(function->fn_mcxt, sizeof(CallSite));
		*private = PointerGetDatum(site);
	}
	if (event != FHET_START)
		end_call(site);
	if (next_hook != NULL)
		next_hook(event, function, &site->next);
	if (event == FHET_START)
		begin_call(site, function);
}

/* An expression that calls a function is made ready. */
static void
on_confined_access(ObjectAccessType access, Oid catalog, Oid oid, int sub, void *arg)
{
	if (next_access_hook != NULL)
		next_access_hook(access, catalog, oid, sub, arg);
	if (access == OAT_FUNCTION_EXECUTE && confining && !OidIsValid(other_owner(oid)))
		check_harmless(oid);
}

/* Install the hooks.  Called once, when the library is loaded. */
void
sv_confine_init(void)
{
	next_needs_hook = needs_fmgr_hook;
	next_hook = fmgr_hook;
	needs_fmgr_hook = needs_hook;
	fmgr_hook = around_call;
	next_access_hook = object_access_hook;
	object_access_hook = on_confined_access;
}

/*
 * Call run(arg), in which functions of other roles run as their owners wherever
 * the current user is a superuser; "what" says whether their expressions can be
 * evaluated, too.  Workers would not know of it, so there are none.
 */
void
sv_confine(Confinement what, StatementFn run, void *arg)
{
	Confinement before = confining;
	int			level = NewGUCNestLevel();

	(void) set_config_option("max_parallel_workers_per_gather", "0", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	(void) set_config_option("max_parallel_maintenance_workers", "0", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	confining = Max(before, what);
	PG_TRY();
	{
		run(arg);
	}
	PG_FINALLY();
	{
		confining = before;
	}
	PG_END_TRY();
	AtEOXact_GUC(false, level);
}
