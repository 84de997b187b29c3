/*
 * body.c
 *		The script that a step executes, out of what is stored.
 */
#include "postgres.h"

#include "register/register.h"

/*
 * Parse the up or down of a revision; there must be one.  *origin is set to
 * where it stands.
 */
Script *
sv_register_body(const char *revision, const StoredScript *stored, Direction direction,
				 ScriptOrigin *origin)
{
	bool		up = direction == SV_UPGRADE;
	Script	   *script;
	const char *text = up ? stored->up : stored->down ? stored->down : sv_register_derived(stored);

	if (text == NULL)			/* "has_down" said that there is one */
		ereport(ERROR,
				(errcode(ERRCODE_SV_IRREVERSIBLE),
				 errmsg("the down script of revision \"%s\" is missing", revision),
				 errdetail(
						   "The rows of schemaver.script and schemaver.derived for it were edited "
						   "by hand.")));
	origin->revision = revision;
	origin->section = up ? "up" : stored->down ? "down" : "derived down";
	origin->file = up ? stored->source : stored->down_source;
	origin->first_line = up ? stored->up_line : stored->down_line;
	script = sv_script_parse(text, origin);
	sv_register_mark_calls(script);
	return script;
}
