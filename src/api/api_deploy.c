/*
 * api_deploy.c
 *		The SQL procedure that is one call for a release.
 */
#include "postgres.h"

#include "api/api_private.h"
#include "deploy/deploy.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

PG_FUNCTION_INFO_V1(sv_api_deploy);

Datum
sv_api_deploy(PG_FUNCTION_ARGS)
{
	Deployment	deployment = {0};
	const char *source = sv_arg_text_or_null(fcinfo, 3);
	char	   *files = sv_arg_text_or_null(fcinfo, 0);

	if (files != NULL && strncmp(files, "\xEF\xBB\xBF", 3) == 0)
		files += 3;
	deployment.files = files;
	deployment.target = sv_arg_name(fcinfo, 1, "target");
	deployment.load.format = sv_arg_text_or_null(fcinfo, 2);
	deployment.load.source = source ? source : "";
	deployment.load.is_folder = true;
	deployment.load.prune = sv_arg_bool(fcinfo, 4);
	deployment.load.variables = PG_ARGISNULL(5) ? NULL : PG_GETARG_JSONB_P(5);
	if (deployment.load.variables != NULL && !JB_ROOT_IS_OBJECT(deployment.load.variables))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"variables\" must be a JSON object")));
	deployment.run.dry_run = sv_arg_bool(fcinfo, 6);
	deployment.run.quiet = true;
	deployment.run.allow_data_loss = sv_arg_bool(fcinfo, 7);
	deployment.run.note = sv_arg_text_or_null(fcinfo, 8);
	sv_arg_variables(fcinfo, 5);
	deployment.run.contexts = sv_arg_name_or_null(fcinfo, 9);
	deployment.run.labels = sv_arg_labels(fcinfo, 10);
	deployment.run.allowing = "CALL schemaver.deploy(..., allow_data_loss => true)";
	deployment.may_commit = sv_api_may_commit(fcinfo);
	sv_deploy(&deployment);
	PG_RETURN_NULL();
}
