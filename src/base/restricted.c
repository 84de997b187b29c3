/*
 * restricted.c
 *		Acting as the owner of somebody's object, in a security-restricted operation.
 */
#include "postgres.h"

#include "base/base.h"
#include "miscadmin.h"
#include "utils/guc.h"

/*
 * Do work(arg) as the role "owner", restricted: it can neither change roles and
 * settings of the session nor leave a deferred trigger or a temporary object
 * behind.  search_path is pg_catalog, pg_temp; what the work sets by
 * GUC_ACTION_SAVE ends with it.  After an error, the end of the subtransaction or
 * transaction puts user and settings back.
 *
 * Everything that can run code of an object which schemaver touches by itself
 * goes through here: output and input functions, index expressions, CHECKs,
 * defaults, generated columns, triggers.  Whether the caller may act as that role
 * is the caller's to check.
 */
void
sv_base_run_as(Oid owner, SubtransactionFn work, void *arg)
{
	Oid			userid;
	int			context;
	int			level = NewGUCNestLevel();

	GetUserIdAndSecContext(&userid, &context);
	SetUserIdAndSecContext(owner,
						   context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	work(arg);
	AtEOXact_GUC(false, level);
	SetUserIdAndSecContext(userid, context);
}
