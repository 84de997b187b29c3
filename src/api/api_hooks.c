/*
 * api_hooks.c
 *		SQL functions about SQL that runs around runs.
 */
#include "postgres.h"

#include "api/api_private.h"
#include "register/register.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(sv_api_hook);
PG_FUNCTION_INFO_V1(sv_api_unhook);
PG_FUNCTION_INFO_V1(sv_api_hooks);
PG_FUNCTION_INFO_V1(sv_api_script_hook);

Datum
sv_api_hook(PG_FUNCTION_ARGS)
{
	StoredHook	hook = {sv_arg_text(fcinfo, 0, "name"), sv_arg_text(fcinfo, 1, "at")};

	hook.sql = sv_arg_text(fcinfo, 2, "sql");
	hook.only_for = sv_arg_list(fcinfo, 3);
	sv_register_hook(&hook);
	PG_RETURN_TEXT_P(cstring_to_text(hook.name));
}

Datum
sv_api_unhook(PG_FUNCTION_ARGS)
{
	sv_register_unhook(sv_arg_text(fcinfo, 0, "name"));
	PG_RETURN_VOID();
}

Datum
sv_api_hooks(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = sv_result_begin(fcinfo);

	foreach_ptr(const StoredHook, hook, sv_store_hooks(SV_STORE_READ))
	{
		RowBuilder	row = {0};

		sv_row_text(&row, hook->name);
		sv_row_text(&row, hook->at);
		sv_row_list_or_null(&row, hook->only_for);
		sv_row_text(&row, sv_redact_script(hook->sql));
		sv_row_text(&row, hook->role);
		sv_row_datum(&row, TimestampTzGetDatum(hook->set_at), false);
		sv_row_put(result, &row);
	}
	return (Datum) 0;
}

Datum
sv_api_script_hook(PG_FUNCTION_ARGS)
{
	sv_run_script_hook(sv_arg_name(fcinfo, 0, "at"), sv_arg_name_or_null(fcinfo, 1));
	PG_RETURN_VOID();
}
