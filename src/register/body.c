/*
 * body.c
 *		The script that a step executes, out of what is stored.
 */
#include "postgres.h"

#include "base/compat.h"
#include "register/register.h"

/* The up or down of a revision; there must be one.  *origin is set to where it stands. */
static const char *
script_text(const char *revision, const StoredScript *stored, Direction direction,
			ScriptOrigin *origin)
{
	bool		up = direction == SV_UPGRADE;
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
	return text;
}

/* A down that was derived has no variables any more. */
static VariableSyntax
syntax_of(const StoredScript *stored, Direction direction)
{
	return direction == SV_DOWNGRADE && stored->down == NULL ? SV_VARIABLES_NONE :
		sv_variable_syntax(stored->variables);
}

/* Parse a text before the values of its variables are known, with stand-ins for them. */
Script *
sv_register_parse(const char *text, VariableSyntax syntax, const ScriptOrigin *origin)
{
	return sv_script_parse(syntax == SV_VARIABLES_NONE ? text :
						   sv_substitute_stand_ins(text, syntax), origin);
}

/* Parse a text that may hold secrets, which an error must not show. */
static Script *
parse_masked(const char *text, const ScriptOrigin *origin)
{
	MemoryContext context = CurrentMemoryContext;
	Script	   *volatile script = NULL;

	PG_TRY();
	{
		script = sv_script_parse(text, origin);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = sv_copy_error();
		FlushErrorState();
		sv_register_mask_error(error);
		ReThrowError(error);
	}
	PG_END_TRY();
	return script;
}

static Script *
marked(Script *script)
{
	sv_register_mark_calls(script);
	return script;
}

/*
 * Parse the up or down of a revision, in order to say something of it: variables
 * have their values where a call has given them, else stand-ins.
 */
Script *
sv_register_body(const char *revision, const StoredScript *stored, Direction direction,
				 ScriptOrigin *origin)
{
	const char *text = script_text(revision, stored, direction, origin);

	VariableSyntax syntax = syntax_of(stored, direction);

	return marked(syntax == SV_VARIABLES_NONE || !sv_register_in_call() ?
				  sv_register_parse(text, syntax, origin) :
				  parse_masked(sv_register_substitute(text, stored, direction, origin, NULL),
							   origin));
}

/*
 * The same in order to execute it: SV007 if a variable has no value.  Those used are
 * added to *used.
 */
Script *
sv_register_run_body(const char *revision, const StoredScript *stored, Direction direction,
					 ScriptOrigin *origin, List **used)
{
	const char *text = script_text(revision, stored, direction, origin);

	return marked(syntax_of(stored, direction) == SV_VARIABLES_NONE ?
				  sv_script_parse(text, origin) :
				  parse_masked(sv_register_substitute(text, stored, direction, origin, used),
							   origin));
}
