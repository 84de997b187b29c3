/*
 * confine.c
 *		Functions of other roles in an object of a superuser.
 *
 * The statement that such an object needs can run as nobody but a superuser.
 * While it does, the function manager asks here before each call: a function whose
 * owner could not act as the current superuser anyway runs as that owner, as a
 * security-restricted operation.
 *
 * The server keeps some functions looked up in its caches: those of operator
 * classes, and others that reach.c counts as not confinable.  A statement that can
 * run these is not executed as a superuser at all.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_proc.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "run/run.h"
#include "utils/acl.h"
#include "utils/guc.h"
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
static bool confining;

/* The owner of a function of a user, if that is no superuser; else InvalidOid. */
static Oid
other_owner(Oid function)
{
	HeapTuple	tuple;
	Oid			owner;

	if (function < FirstNormalObjectId)
		return InvalidOid;
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	owner = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
	ReleaseSysCache(tuple);
	return superuser_arg(owner) ? InvalidOid : owner;
}

static bool
needs_hook(Oid function)
{
	if (next_needs_hook != NULL && next_needs_hook(function))
		return true;
	return confining && OidIsValid(other_owner(function));
}

static void
begin_call(CallSite *site, const FmgrInfo * function)
{
	Call	   *call = MemoryContextAlloc(function->fn_mcxt, sizeof(Call));
	Oid			owner = confining && superuser() ? other_owner(function->fn_oid) : InvalidOid;

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

/* Install the hooks.  Called once, when the library is loaded. */
void
sv_confine_init(void)
{
	next_needs_hook = needs_fmgr_hook;
	next_hook = fmgr_hook;
	needs_fmgr_hook = needs_hook;
	fmgr_hook = around_call;
}

/*
 * Call run(arg), in which functions of other roles run as their owners wherever
 * the current user is a superuser.  Workers would not know of it, so there are none.
 */
void
sv_confine(StatementFn run, void *arg)
{
	bool		before = confining;
	int			level = NewGUCNestLevel();

	(void) set_config_option("max_parallel_workers_per_gather", "0", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	(void) set_config_option("max_parallel_maintenance_workers", "0", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	confining = true;
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
