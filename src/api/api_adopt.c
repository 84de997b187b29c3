/*
 * api_adopt.c
 *		SQL functions about other migration tools.
 */
#include "postgres.h"

#include "adopt/adopt.h"
#include "api/api.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(sv_api_adopt);
PG_FUNCTION_INFO_V1(sv_api_release);
PG_FUNCTION_INFO_V1(sv_api_lock_out);
PG_FUNCTION_INFO_V1(sv_api_new_file);

/* What the caller goes on with though adopt() would refuse it. */
static void
take_accepted(AdoptOptions *options, const List *accept)
{
	foreach_ptr(const char, name, accept)
	{
		if (strcmp(name, "changed") == 0)
			options->accept_changed = true;
		else if (strcmp(name, "unknown") == 0)
			options->accept_unknown = true;
		else
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid value for argument \"accept\": \"%s\"", name),
					 errhint("Known values: changed, unknown.")));
	}
}

Datum
sv_api_adopt(PG_FUNCTION_ARGS)
{
	static const char *const verdicts[] = {"matched", "changed", "unknown", "missing", "failed"};
	ReturnSetInfo *to = sv_result_begin(fcinfo);
	AdoptOptions options = {0};

	options.tool = sv_arg_text_or_null(fcinfo, 0);
	options.source = sv_arg_text_or_null(fcinfo, 1);
	options.dry_run = sv_arg_bool(fcinfo, 2);
	options.verify = sv_arg_bool(fcinfo, 3);
	options.relation = PG_ARGISNULL(4) ? InvalidOid : PG_GETARG_OID(4);
	options.query = sv_arg_text_or_null(fcinfo, 5);
	take_accepted(&options, sv_arg_list(fcinfo, 6));
	foreach_ptr(const AdoptResult, result, sv_adopt(&options))
	{
		RowBuilder	row = {0};

		sv_row_text(&row, result->migration);
		sv_row_text(&row, result->revision);
		sv_row_text(&row, verdicts[result->verdict]);
		sv_row_datum(&row, TimestampTzGetDatum(result->applied_at), !result->has_time);
		sv_row_text(&row, result->applied_by);
		sv_row_text(&row, result->finding);
		sv_row_put(to, &row);
	}
	PG_RETURN_NULL();
}

Datum
sv_api_release(PG_FUNCTION_ARGS)
{
	const char *tool = sv_arg_text(fcinfo, 0, "tool");
	ReturnSetInfo *to = sv_result_begin(fcinfo);

	foreach_ptr(const ReleaseResult, result,
				sv_adopt_release(tool, sv_arg_text_or_null(fcinfo, 1), sv_arg_bool(fcinfo, 2)))
	{
		sv_result_texts(to, 3, result->migration, result->revision, result->action);
	}
	PG_RETURN_NULL();
}

Datum
sv_api_lock_out(PG_FUNCTION_ARGS)
{
	const char *tool = sv_arg_text(fcinfo, 0, "tool");
	ReturnSetInfo *to = sv_result_begin(fcinfo);

	foreach_ptr(const AdoptedObject, object,
				sv_adopt_lock_out(tool, sv_arg_text_or_null(fcinfo, 1)))
	{
		RowBuilder	row = {0};

		sv_row_datum(&row, ObjectIdGetDatum(object->oid), !OidIsValid(object->oid));
		sv_row_put(to, &row);
	}
	PG_RETURN_NULL();
}

Datum
sv_api_new_file(PG_FUNCTION_ARGS)
{
	const char *message = sv_arg_text(fcinfo, 0, "message");
	ReturnSetInfo *to = sv_result_begin(fcinfo);

	foreach_ptr(const ExportedFile, file, sv_adopt_new_file(message, sv_arg_text_or_null(fcinfo, 1),
															sv_arg_text_or_null(fcinfo, 2)))
	{
		sv_result_texts(to, 2, file->name, file->content);
	}
	PG_RETURN_NULL();
}
