/*
 * api_living.c
 *		SQL functions for living objects.
 */
#include "postgres.h"

#include "api/api.h"
#include "living/living.h"
#include "register/register.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(sv_api_repeatable);
PG_FUNCTION_INFO_V1(sv_api_seed);
PG_FUNCTION_INFO_V1(sv_api_managed_rows);

/* "changed" or "always". */
static bool
arg_always(FunctionCallInfo fcinfo, int n)
{
	const char *run = sv_arg_text(fcinfo, n, "run");

	if (strcmp(run, "always") == 0)
		return true;
	if (strcmp(run, "changed") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for argument \"run\": \"%s\"", sv_base_clip(run)),
				 errhint("Known values: changed, always.")));
	return false;
}

Datum
sv_api_repeatable(PG_FUNCTION_ARGS)
{
	StoredLiving living = {sv_arg_text(fcinfo, 0, "name"), SV_LIVING_OBJECT};

	living.up = sv_arg_text(fcinfo, 1, "up");
	living.down = sv_arg_text_or_null(fcinfo, 2);
	living.depends_on = sv_arg_list(fcinfo, 3);
	living.always = arg_always(fcinfo, 4);
	living.contexts = sv_arg_text_or_null(fcinfo, 5);
	living.source = "";
	living.line = 1;
	sv_register_lock("schemaver.repeatable()");
	(void) sv_register_living(&living);
	PG_RETURN_TEXT_P(cstring_to_text(living.name));
}

Datum
sv_api_seed(PG_FUNCTION_ARGS)
{
	StoredLiving living = {sv_arg_text(fcinfo, 0, "name"), SV_LIVING_SEED};

	living.up = sv_arg_text(fcinfo, 1, "sql");
	living.always = arg_always(fcinfo, 2);
	living.contexts = sv_arg_text_or_null(fcinfo, 3);
	living.source = "";
	living.line = 1;
	sv_register_lock("schemaver.seed()");
	(void) sv_register_living(&living);
	PG_RETURN_TEXT_P(cstring_to_text(living.name));
}

Datum
sv_api_managed_rows(PG_FUNCTION_ARGS)
{
	GivenRows	given = {sv_arg_text(fcinfo, 0, "table"), sv_arg_list(fcinfo, 1)};
	const char *name;

	given.text = sv_arg_text(fcinfo, 2, "rows");
	given.format = sv_arg_text(fcinfo, 3, "format");
	given.delete = sv_arg_bool(fcinfo, 4);
	given.overwrite = sv_arg_bool(fcinfo, 5);
	given.columns = sv_arg_list(fcinfo, 6);
	given.always = arg_always(fcinfo, 7);
	given.name = sv_arg_text_or_null(fcinfo, 8);
	given.depends_on = sv_arg_list(fcinfo, 9);
	given.contexts = sv_arg_text_or_null(fcinfo, 10);
	sv_register_lock("schemaver.managed_rows()");
	(void) sv_register_managed(&given, &name);
	PG_RETURN_TEXT_P(cstring_to_text(name));
}
