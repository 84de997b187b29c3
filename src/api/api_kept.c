/*
 * api_kept.c
 *		SQL functions about kept data.
 */
#include "postgres.h"

#include "api/api.h"
#include "catalog/pg_type.h"
#include "kept/kept.h"
#include "run/run.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(sv_api_kept);
PG_FUNCTION_INFO_V1(sv_api_kept_rows);
PG_FUNCTION_INFO_V1(sv_api_purge_kept);

Datum
sv_api_kept(PG_FUNCTION_ARGS)
{
	sv_store_get_kept(SV_STORE_READ, sv_result_row, sv_result_begin(fcinfo));
	PG_RETURN_NULL();
}

static void
put_row(Datum row, void *arg)
{
	bool		isnull = false;

	sv_result_row(&row, &isnull, arg);
}

Datum
sv_api_kept_rows(PG_FUNCTION_ARGS)
{
	StoredKept *kept = sv_store_kept(PG_GETARG_INT64(0));

	if (kept == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("nothing is kept under the number " INT64_FORMAT, PG_GETARG_INT64(0)),
				 errhint("SELECT * FROM schemaver.kept() lists what is kept.")));
	sv_kept_read(kept, put_row, sv_result_begin(fcinfo));
	PG_RETURN_NULL();
}

Datum
sv_api_purge_kept(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = sv_result_begin(fcinfo);

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"older_than\" must not be null")));
	sv_lock_run("schemaver.purge_kept()");
	foreach_ptr(const StoredKept, kept, sv_store_kept_older(PG_GETARG_DATUM(0)))
	{
		int64		size = sv_kept_remove(kept);
		RowBuilder	row = {0};

		sv_row_datum(&row, Int64GetDatum(kept->number), false);
		sv_row_text(&row, kept->revision);
		sv_row_text(&row, sv_kept_kind_name(kept->kind));
		sv_row_text(&row, kept->schema_name);
		sv_row_text(&row, kept->table_name);
		sv_row_text(&row, kept->column_name);
		sv_row_datum(&row, Int64GetDatum(size), size < 0);
		sv_row_put(result, &row);
	}
	PG_RETURN_NULL();
}
