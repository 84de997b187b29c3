/*
 * preconditions.c
 *		What must hold before the up of a revision runs.
 *
 * Each is a query that runs with the caller's rights in a subtransaction that is
 * rolled back.  The first that does not hold, or fails, decides.
 */
#include "postgres.h"

#include "run/run.h"

/* Say what is wrong, in the way that the action asks for. */
static void
report_precondition(const StoredRevision *revision, const Precondition *precondition,
					const ErrorData *error,
					PreconditionAction action)
{
	bool		failed = error->sqlerrcode == ERRCODE_SV_VERIFY_FAILED;
	const char *what = action == SV_PRECONDITION_SKIP ? "it is left out of this run" :
	action == SV_PRECONDITION_MARK ? "it is recorded as applied, and not executed" :
	"it runs nevertheless";

	if (action == SV_PRECONDITION_HALT)
		ereport(ERROR,
				(errcode(failed ? ERRCODE_SV_REFUSED : error->sqlerrcode),
				 errmsg("precondition of revision \"%s\" %s", revision->id,
						failed ? "does not hold" : "cannot be looked at"),
				 errdetail("%s%s%s", precondition->message ? precondition->message : "",
						   precondition->message ? "\n" : "", error->message),
				 error->context ? errcontext("%s", error->context) : 0));
	ereport(WARNING,
			(errmsg("precondition of revision \"%s\" %s: %s", revision->id,
					failed ? "does not hold" : "cannot be looked at", what),
			 errdetail("%s%s%s", precondition->message ? precondition->message : "",
					   precondition->message ? "\n" : "", error->message)));
}

/* What to do with a revision that is about to be applied; raises SV016 if it must not be. */
PreconditionResult
sv_run_preconditions(const StoredRevision *revision, const StoredScript *stored)
{
	foreach_ptr(const Precondition, precondition, sv_store_option_preconditions(revision->options))
	{
		Execution	execution = {{revision->id, "precondition", NULL, 1}};
		PreconditionAction action;
		ErrorData  *error;

		execution.expect = precondition->expect;
		execution.script =
			sv_script_parse(sv_register_substitute(precondition->sql, stored, SV_UPGRADE,
												   &execution.origin, NULL), &execution.origin);
		error = sv_run_check(&execution);
		if (error == NULL)
			continue;
		action = error->sqlerrcode == ERRCODE_SV_VERIFY_FAILED ? precondition->on_fail :
			precondition->on_error;
		report_precondition(revision, precondition, error, action);
		if (action == SV_PRECONDITION_SKIP)
			return SV_RUN_SKIP;
		if (action == SV_PRECONDITION_MARK)
			return SV_RUN_MARK;
	}
	return SV_RUN_PROCEED;
}
