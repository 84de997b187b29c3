/*
 * prune.c
 *		Who may remove revisions whose files are gone, and what the journal tells of it.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "register/register.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

/*
 * A call is going to remove what is missing: 42501 unless the caller may do so with
 * remove(), too.  From here on no run executes what is being removed.
 */
void
sv_register_prune_begin(void)
{
	Oid			none = InvalidOid;
	Oid			function = LookupFuncName(list_make2(makeString("schemaver"), makeString("remove")),
										  -1, &none, false);

	if (!DatumGetBool(DirectFunctionCall2(has_function_privilege_id, ObjectIdGetDatum(function),
										  CStringGetTextDatum("EXECUTE"))))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to remove what is missing"),
				 errdetail("It needs the right to call schemaver.remove(), as role \"%s\".",
						   GetUserNameFromId(GetUserId(), false)),
				 errhint("Leave prune out; or ask for GRANT EXECUTE ON FUNCTION schemaver.remove.")));
	sv_lock_run("a load with prune");
}

/* Note what was removed of a source (RegisterResult), if anything was. */
void
sv_register_prune_end(const char *source, const List *results)
{
	TimestampTz now = GetCurrentTimestamp();
	StringInfoData names;
	int64		run;

	initStringInfo(&names);
	foreach_ptr(const RegisterResult, result, results)
	{
		if (result->action == SV_REGISTER_REMOVED)
			appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "removed: ", result->id);
	}
	if (names.len == 0)
		return;
	run = sv_store_begin_run("prune", *source != '\0' ? source : NULL);
	sv_store_note_run(run, names.data);
	sv_store_end_run(run, now);
}
