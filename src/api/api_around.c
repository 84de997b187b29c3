/*
 * api_around.c
 *		SQL functions for what stands around a run: environment, steps outside of
 *		the server.
 */
#include "postgres.h"

#include "api/api_private.h"
#include "run/run.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(sv_api_set_environment);
PG_FUNCTION_INFO_V1(sv_api_environment);
PG_FUNCTION_INFO_V1(sv_api_done);
PG_FUNCTION_INFO_V1(sv_api_verify);

Datum
sv_api_set_environment(PG_FUNCTION_ARGS)
{
	char	   *name = sv_arg_name_or_null(fcinfo, 0);

	sv_run_set_environment(name, sv_arg_bool(fcinfo, 1));
	PG_RETURN_VOID();
}

Datum
sv_api_environment(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = sv_result_begin(fcinfo);
	bool		is_protected;
	char	   *name = sv_store_environment(SV_STORE_READ, &is_protected);
	RowBuilder	row = {0};

	if (name == NULL)
		PG_RETURN_NULL();
	sv_row_text(&row, name);
	sv_row_datum(&row, BoolGetDatum(is_protected), false);
	sv_row_put(result, &row);
	PG_RETURN_NULL();
}

Datum
sv_api_done(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(sv_run_done(sv_arg_name(fcinfo, 0, "ref"),
												 sv_arg_text_or_null(fcinfo, 1))));
}

static void
put_verified(const StoredRevision *revision, bool has_script, const char *failure, void *arg)
{
	RowBuilder	row = {0};

	sv_row_text(&row, revision->id);
	sv_row_text(&row, revision->message);
	sv_row_datum(&row, BoolGetDatum(failure == NULL), !has_script);
	sv_row_text(&row, failure);
	sv_row_put(arg, &row);
}

Datum
sv_api_verify(PG_FUNCTION_ARGS)
{
	char	   *ref = sv_arg_name_or_null(fcinfo, 0);

	sv_arg_variables(fcinfo, 1);
	sv_run_verify_applied(ref, put_verified, sv_result_begin(fcinfo));
	PG_RETURN_NULL();
}
