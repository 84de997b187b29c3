/*
 * done.c
 *		What an interrupted online run has done of a revision, whose text must not
 *		change any more.
 */
#include "postgres.h"

#include "base/base.h"
#include "register/register.h"
#include "utils/builtins.h"

/* Raise SV019: the statements of a finished part were changed. */
void
sv_register_refuse_changed(const char *id, const Part *part)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_INTERRUPTED_RUN),
			 errmsg("statements of revision \"%s\" that are done already were changed", id),
			 errdetail("Statements %d to %d were executed with another text.", part->from + 1,
					   part->to),
			 errhint("Change only what comes behind them, or forget what was done: SELECT schemaver.abandon(%s).",
					 quote_literal_cstr(id))));
}

/* Raise SV019 unless the script has the statements of a finished part as they were executed. */
void
sv_register_check_done(const char *id, const Script *script, const Part *part)
{
	if (part->to > script->n ||
		strcmp(sv_script_part_checksum(script, part->from, part->to), part->checksum) != 0)
		sv_register_refuse_changed(id, part);
}

/* Raise SV019 if the new scripts of a revision change what an interrupted run has done. */
void
sv_register_check_parts(const char *id, const StoredScript *script)
{
	foreach_ptr(const Part, part, sv_store_parts(SV_STORE_WRITE, id))
	{
		ScriptOrigin origin;

		if (!part->finished)
			continue;
		if (part->direction == SV_DOWNGRADE && script->down == NULL && script->derived == NULL)
			sv_register_refuse_changed(id, part);
		sv_register_check_done(id, sv_register_body(id, script, part->direction, &origin), part);
	}
}
