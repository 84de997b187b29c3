/*
 * collect.c
 *		The statements of scripts, put one after the other into another script.
 *
 * Each script keeps its settings to itself: what it sets is reset behind it.  What
 * cannot run in a transaction is written as it can, for the new script builds
 * where nobody works yet.
 */
#include "postgres.h"

#include "nodes/parsenodes.h"
#include "utils/builtins.h"

#include "script/script.h"

/* Commands that change rows, or may. */
static const char *const data_tags[] = {
	"INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "SELECT", "DO", "CALL", "TRUNCATE TABLE",
	"EXECUTE", "PREPARE",
	"DEALLOCATE", "SELECT INTO", "REFRESH MATERIALIZED VIEW", "SET CONSTRAINTS", "LOCK TABLE"
};

static bool
is_setting(const Statement *statement)
{
	return (statement->flags & SV_STMT_SETTING) != 0 || strcmp(statement->tag, "SET") == 0 ||
		strcmp(statement->tag, "RESET") == 0;
}

/* Does a statement change rows, or may it? */
static bool
is_data(const Statement *statement)
{
	if (is_setting(statement))
		return false;
	for (int i = 0; i < lengthof(data_tags); i++)
		if (strcmp(statement->tag, data_tags[i]) == 0)
			return true;
	return false;
}

/* May a script change rows? */
bool
sv_script_has_data(const Script *script)
{
	for (int i = 0; i < script->n; i++)
		if (is_data(&script->statements[i]))
			return true;
	return false;
}

static void
append_statement(StringInfo out, const Script *script, int statement, const char *instead)
{
	const Statement *s = &script->statements[statement];
	const char *text = instead ? instead : sv_script_rehearsal_text(script, statement);

	if (text == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_NOT_TRANSACTIONAL),
				 errmsg("%s cannot be part of a revision made of several", s->blocker),
				 errhint("Leave the revision that has it out of the range.")));
	if (*text == '\0')
		return;
	appendStringInfo(out, "%s;\n", text);
	if (s->flags & SV_STMT_COPY_DATA)
	{
		appendBinaryStringInfo(out, script->text + s->data_start, s->data_length);
		appendStringInfo(out, "%s\\.\n", out->data[out->len - 1] == '\n' ? "" : "\n");
	}
}

/* The setting that a statement changes, as RESET takes it; "ALL" if nobody knows. */
static const char *
name_of_setting(const Script *script, int statement)
{
	const VariableSetStmt *set = (const VariableSetStmt *) sv_statement_tree(script, statement);

	if (!IsA(set, VariableSetStmt) || set->name == NULL)
		return "ALL";
	if (set->kind == VAR_SET_MULTI)
		return NULL;			/* SET TRANSACTION: there is no way back */
	return strcmp(set->name, "session_authorization") == 0 ? "SESSION AUTHORIZATION" : set->name;
}

static List *
add_setting(List *names, const char *name)
{
	if (name == NULL)
		return names;
	foreach_ptr(const char, string, names)
	{
		if (strcmp(string, name) == 0)
			return names;
	}
	return lappend(names, (char *) name);
}

/* Is it of no consequence for what changes rows? */
static bool
is_idle_setting(const Script *script, int statement)
{
	const char *name = name_of_setting(script, statement);

	return name != NULL && strcmp(name, "check_function_bodies") == 0;
}

/*
 * Append all statements of a script, or only those that may change rows, with
 * the settings they run under.  "texts" may have others to put in their place.
 */
void
sv_script_collect(StringInfo out, const Script *script, bool only_data, const char **texts)
{
	List	   *changed = NIL;

	for (int i = 0; i < script->n; i++)
	{
		const Statement *s = &script->statements[i];

		if (only_data && !is_data(s) && (!is_setting(s) || is_idle_setting(script, i)))
			continue;
		append_statement(out, script, i, texts ? texts[i] : NULL);
		if (is_setting(s))
			changed = add_setting(changed, name_of_setting(script, i));
	}
	foreach_ptr(char, string, changed)
		appendStringInfo(out, "RESET %s;\n", string);
}
