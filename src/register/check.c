/*
 * check.c
 *		What a revision itself must be: options, labels, bodies.
 */
#include "postgres.h"

#include "base/base.h"
#include "catalog/pg_collation.h"
#include "register/register.h"
#include "script/script.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

/*
 * Check the branch labels of a revision: valid names, each once, used by no
 * other revision and no id.
 */
void
sv_register_check_labels(List *labels, const char *self)
{
	foreach_ptr(char, label, labels)
	{
		char	   *owner;

		sv_graph_check_name(label, "branch label");
		for (int i = 0; i < foreach_current_index(label); i++)
			if (strcmp(label, list_nth(labels, i)) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_SV_DUPLICATE),
						 errmsg("branch label \"%s\" is given twice", label)));
		if (strcmp(label, self) == 0 || sv_store_revision_exists(label))
			ereport(ERROR,
					(errcode(ERRCODE_SV_DUPLICATE),
					 errmsg("branch label \"%s\" is the id of a revision", label),
					 errhint("Ids and branch labels share one name space.")));
		owner = sv_store_label_owner(label);
		if (owner != NULL && strcmp(owner, self) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_SV_DUPLICATE),
					 errmsg("branch label \"%s\" is already used by revision \"%s\"", label,
							owner)));
	}
}

/* " of revision ..." for messages; nothing while it has no id. */
static const char *
of_revision(const char *shown_id)
{
	return shown_id ? psprintf(" of revision \"%s\"", shown_id) : "";
}

static void
check_size(const char *text, const char *section, const char *shown_id)
{
	if (text != NULL && strlen(text) / 1024 > (size_t) sv_max_script_size)
		ereport(ERROR,
				(errcode(ERRCODE_SV_INVALID_SCRIPT),
				 errmsg("%s script%s is larger than %d kB", section, of_revision(shown_id),
						sv_max_script_size),
				 errhint("Load bulk data outside of migrations, or raise \"schemaver.max_script_size\".")));
}

/* Why a script cannot run in a transaction, as plans and errors say it; or NULL. */
static char *
registered_blocker_of(const Script *script, int first_line)
{
	if (script == NULL)
		return NULL;
	if (script->blocked >= 0)
	{
		const Statement *statement = &script->statements[script->blocked];

		return psprintf("%s at line %d", statement->blocker, statement->line + first_line - 1);
	}
	for (int i = 0; i < script->n; i++)
	{
		if (script->statements[i].flags & SV_STMT_AFTER_COMMIT)
			return psprintf("COMMIT before line %d", script->statements[i].line + first_line - 1);
	}
	return NULL;
}

/* The same for the revision's script, which an option can take out of transactions. */
static char *
blocker_with_options(const Script *script, int first_line, const char *options, Direction direction)
{
	char	   *blocker = registered_blocker_of(script, first_line);

	if (blocker == NULL && script != NULL && script->n > 0 &&
		!sv_store_option_transaction(options, direction))
		return pstrdup("its option \"transaction\" is false");
	return blocker;
}

/* Each precondition must be SQL that can run in a transaction. */
static void
check_preconditions(const StoredRevision *revision, VariableSyntax syntax, const char *shown_id)
{
	ScriptOrigin origin = {shown_id, "precondition", NULL, 1};

	foreach_ptr(const Precondition, precondition, sv_store_option_preconditions(revision->options))
	{
		Script	   *script = sv_register_parse(precondition->sql, syntax, &origin);

		if (script->n == 0)
			sv_script_invalid(precondition->sql, 0, &origin, "the precondition is empty", NULL,
							  NULL);
		if (script->blocked >= 0)
			ereport(ERROR,
					(errcode(ERRCODE_SV_INVALID_SCRIPT),
					 errmsg("precondition%s cannot run in a transaction", of_revision(shown_id)),
					 errdetail("%s.", registered_blocker_of(script, 1))));
	}
}

/* The script with its text before stand-ins took the places of variables, which are as long. */
static Script *
as_written(Script *script, const char *text)
{
	if (script != NULL)
		script->text = text;
	return script;
}

/* What is done outside of the server has no statements of its own. */
static void
check_external(const StoredRevision *revision, const Script *up, const char *shown_id)
{
	if (up->n > 0 && sv_store_option_text(revision->options, "external") != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 shown_id != NULL ?
				 errmsg("external revision \"%s\" cannot have an up script", shown_id) :
				 errmsg("an external revision cannot have an up script"),
				 errdetail("A run stops before an external revision, so its statements would never be executed."),
				 errhint("Put the statements into a revision of their own, before or after it.")));
}

/*
 * Parse the bodies of a revision and fill in what follows from them: has_down,
 * blockers, adds_enum_value, checksum.  Options must be canonical already.
 * Raises SV007 at the first thing in a body that could not be executed; the
 * message names "shown_id", which is NULL if nobody chose the id.
 */
void
sv_register_check_bodies(StoredRevision *revision, const StoredScript *script, const char *shown_id)
{
	ScriptOrigin up = {shown_id, "up", script->source, script->up_line};
	ScriptOrigin down = {shown_id, "down", script->down_source, script->down_line};
	ScriptOrigin verify = {shown_id, "verify", script->verify_source, script->verify_line};
	VariableSyntax syntax = sv_variable_syntax(sv_store_option_variables(revision->options));
	Script	   *up_script;
	Script	   *down_script;
	Script	   *verify_script;

	check_size(script->up, "up", shown_id);
	check_size(script->down, "down", shown_id);
	check_size(script->verify, "verify", shown_id);
	up_script = sv_register_parse(script->up, syntax, &up);
	down_script = script->down ? sv_register_parse(script->down, syntax, &down) : NULL;
	verify_script = script->verify ? sv_register_parse(script->verify, syntax, &verify) : NULL;
	check_external(revision, up_script, shown_id);
	sv_register_mark_calls(up_script);
	check_preconditions(revision, syntax, shown_id);
	sv_batch_check(up_script, &up);
	if (down_script != NULL)
	{
		sv_register_mark_calls(down_script);
		sv_batch_check(down_script, &down);
	}
	if (verify_script != NULL && verify_script->blocked >= 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_INVALID_SCRIPT),
				 errmsg("verify script%s cannot run in a transaction", of_revision(shown_id)),
				 script->verify_source == NULL ?
				 errdetail("%s.", registered_blocker_of(verify_script, script->verify_line)) :
				 errdetail("%s of file \"%s\".",
						   registered_blocker_of(verify_script, script->verify_line),
						   script->verify_source)));

	revision->has_down = down_script != NULL;
	revision->up_blocker =
		blocker_with_options(up_script, script->up_line, revision->options, SV_UPGRADE);
	revision->down_blocker =
		blocker_with_options(down_script, script->down_line, revision->options, SV_DOWNGRADE);
	revision->adds_enum_value =
		((up_script->flags | (down_script ? down_script->flags : 0)) & SV_STMT_ADDS_ENUM_VALUE) !=
		0;
	revision->checksum =
		sv_script_checksum(as_written(up_script, script->up), as_written(down_script, script->down),
						   as_written(verify_script, script->verify), revision->options);
}
