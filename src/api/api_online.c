/*
 * api_online.c
 *		SQL procedures that commit step by step, and what belongs to them.
 */
#include "postgres.h"

#include "api/api_private.h"
#include "nodes/parsenodes.h"
#include "online/online.h"
#include "run/run.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(sv_api_online_upgrade);
PG_FUNCTION_INFO_V1(sv_api_online_downgrade);
PG_FUNCTION_INFO_V1(sv_api_abandon);

/* Is the procedure called where it may commit? */
bool
sv_api_may_commit(FunctionCallInfo fcinfo)
{
	const CallContext *context = (const CallContext *) fcinfo->context;

	return context != NULL && IsA(context, CallContext) && !context->atomic &&
		!SPI_inside_nonatomic_context();
}

/* Raise SV011 unless the procedure is called where it may commit. */
static void
check_top_level(FunctionCallInfo fcinfo, const char *what)
{
	if (sv_api_may_commit(fcinfo))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_SV_NOT_TRANSACTIONAL),
			 errmsg("%s cannot run inside of a transaction, function or other procedure", what),
			 errdetail("It commits step by step."),
			 errhint("Call it by itself, as a statement of its own: CALL %s; Drivers open a transaction by themselves, so switch on autocommit.", what)));
}

static void
run_online(Direction direction, FunctionCallInfo fcinfo)
{
	char	   *target = sv_arg_target(fcinfo, 0, SV_STORE_WRITE, direction);
	RunOptions	options = sv_arg_run_options(fcinfo, 1);

	options.allowing = psprintf("CALL schemaver.online_%s(%s, allow_data_loss => true)",
								sv_direction_name(direction), quote_literal_cstr(target));
	sv_online_run(direction, target, &options);
}

Datum
sv_api_online_upgrade(PG_FUNCTION_ARGS)
{
	check_top_level(fcinfo, "schemaver.online_upgrade()");
	run_online(SV_UPGRADE, fcinfo);
	PG_RETURN_NULL();
}

Datum
sv_api_online_downgrade(PG_FUNCTION_ARGS)
{
	check_top_level(fcinfo, "schemaver.online_downgrade()");
	run_online(SV_DOWNGRADE, fcinfo);
	PG_RETURN_NULL();
}

Datum
sv_api_abandon(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(sv_online_abandon(sv_arg_name(fcinfo, 0, "ref"))));
}
