/*
 * api_online.c
 *		SQL procedures that commit step by step, and what belongs to them.
 */
#include "postgres.h"

#include "api/api.h"
#include "nodes/parsenodes.h"
#include "online/online.h"
#include "run/run.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(sv_api_online_upgrade);
PG_FUNCTION_INFO_V1(sv_api_online_downgrade);
PG_FUNCTION_INFO_V1(sv_api_abandon);

/* Raise SV011 unless the procedure is called where it may commit. */
static void
check_top_level(FunctionCallInfo fcinfo, const char *what)
{
	const CallContext *context = (const CallContext *) fcinfo->context;

	if (context != NULL && IsA(context, CallContext) && !context->atomic && !SPI_inside_nonatomic_context())
		return;
	ereport(ERROR,
			(errcode(ERRCODE_SV_NOT_TRANSACTIONAL),
			 errmsg("%s cannot run inside of a transaction, function or other procedure", what),
			 errdetail("It commits step by step."),
			 errhint("Call it by itself, as a statement of its own: CALL %s;", what)));
}

Datum
sv_api_online_upgrade(PG_FUNCTION_ARGS)
{
	check_top_level(fcinfo, "schemaver.online_upgrade()");
	sv_online_run(SV_UPGRADE, sv_arg_text(fcinfo, 0, "target"));
	PG_RETURN_NULL();
}

Datum
sv_api_online_downgrade(PG_FUNCTION_ARGS)
{
	check_top_level(fcinfo, "schemaver.online_downgrade()");
	sv_online_run(SV_DOWNGRADE, sv_arg_text(fcinfo, 0, "target"));
	PG_RETURN_NULL();
}

Datum
sv_api_abandon(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(sv_online_abandon(sv_arg_text(fcinfo, 0, "ref"))));
}
