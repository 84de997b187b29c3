/*
 * step_error.c
 *		An error of a script: where in the script it arose, and what to do about it.
 */
#include "postgres.h"

#include "base/compat.h"
#include "mb/pg_wchar.h"
#include "run/run.h"
#include "utils/builtins.h"
#include "utils/json.h"

/* The line of the script at which an error stands that was raised by its current statement. */
static int
line_of_error(const Execution *execution, const ErrorData *error)
{
	int			line = execution->script->statements[execution->current].line;
	int			position = error->internalpos;

	if (error->internalquery == NULL || execution->text == NULL ||
		strcmp(error->internalquery, execution->text) != 0)
		return line;
	for (const char *c = execution->text; *c != '\0' && position > 1; c += pg_mblen(c), position--)
		line += *c == '\n';
	return line;
}

/*
 * What to do about an error that a transaction of the run's own size brings
 * about; NULL: nothing is known.
 */
static char *
hint_for(const ErrorData *error)
{
	switch (error->sqlerrcode)
	{
		case ERRCODE_UNSAFE_NEW_ENUM_VALUE_USAGE:
			return "Commit between both revisions, or run CALL schemaver.online_upgrade(), which "
				"does.";
		case ERRCODE_OBJECT_IN_USE:
			return "If trigger events are pending, SET CONSTRAINTS ALL IMMEDIATE before this "
				"statement fires them; "
				"CALL schemaver.online_upgrade() commits between both.";
		case ERRCODE_INVALID_TRANSACTION_TERMINATION:
			return "Only a DO block or a procedure that the script itself calls can commit, outside "
				"of an EXCEPTION block, in CALL schemaver.online_upgrade().";
		default:
			return NULL;
	}
}

/* Is it the rows that are there which a statement did not accept? */
bool
sv_run_is_of_rows(const ErrorData *error)
{
	int			class = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	return class == ERRCODE_TO_CATEGORY(ERRCODE_DATA_EXCEPTION) ||
		class == ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION;
}

/*
 * A down that schemaver wrote does not fit the rows that are there: they lack a value for a
 * column, have one that a type or a constraint did not take before, or are there twice.
 * Else NULL.
 */
static char *
hint_of_value(const Execution *execution, const ErrorData *error)
{
	StringInfoData name;

	if (!execution->is_generated || strcmp(execution->origin.section, "up") == 0 ||
		!sv_run_is_of_rows(error))
		return NULL;
	if (error->sqlerrcode != ERRCODE_NOT_NULL_VIOLATION || error->schema_name == NULL ||
		error->table_name == NULL || error->column_name == NULL)
		return "Rows do not fit what was there before: change or delete these rows, and call again; "
			"SELECT revision, needs FROM schemaver.plan('-1', 'downgrade') says what is needed.";
	initStringInfo(&name);
	escape_json(&name, psprintf("%s.%s.%s", quote_identifier(error->schema_name),
								quote_identifier(error->table_name),
								quote_identifier(error->column_name)));
	return psprintf("Give the rows a value in this call: options => '{\"values\": {%s: ...}}'.",
					name.data);
}

/*
 * A statement that the plan took for an ordinary one has tried to commit: only an online
 * run can give it what it needs, which is no transaction around it.
 */
static void
explain_commit(const Execution *execution, ErrorData *error)
{
	const Statement *statement = &execution->script->statements[execution->current];

	if (error->sqlerrcode != ERRCODE_INVALID_TRANSACTION_TERMINATION || execution->text == NULL ||
		statement->blocker != NULL ||
		(strcmp(statement->tag, "CALL") != 0 && strcmp(statement->tag, "DO") != 0))
		return;
	error->sqlerrcode = ERRCODE_SV_NOT_TRANSACTIONAL;
	error->detail = psprintf("%s commits by itself: %s.", statement->tag, error->message);
	error->message = psprintf("revision \"%s\" cannot run in this transaction",
							  execution->origin.revision);
	error->hint = psprintf("Run CALL schemaver.online_%s(), which executes the statement outside of "
						   "a transaction.",
						   strcmp(execution->origin.section, "up") == 0 ? "upgrade" : "downgrade");
}

/* Where the last error of a script of this run arose; 0: nowhere in one. */
static int	error_statement = 0;
static int	error_line = 0;

void
sv_execution_error_none(void)
{
	error_statement = error_line = 0;
}

void
sv_execution_error_place(int *statement, int *line)
{
	*statement = error_statement;
	*line = error_line;
}

/*
 * In PG_CATCH: raise the error again, saying where in the script it arose.  It
 * keeps its SQLSTATE, message and position.  (A context callback could not
 * tell whether the error's position is one of this statement.)
 */
void
sv_execution_rethrow(Execution *execution, MemoryContext context)
{
	ErrorData  *error;
	char	   *place;

	MemoryContextSwitchTo(context);
	error = sv_copy_error();
	FlushErrorState();
	execution->error_line = line_of_error(execution, error) + execution->origin.first_line - 1;
	error_statement = execution->current + 1;
	error_line = execution->error_line;
	place = psprintf("revision \"%s\", %s script, %sstatement %d, line %d%s%s%s",
					 execution->origin.revision, execution->origin.section,
					 execution->text ? "" : "deferred constraints after ",
					 execution->current + 1,
					 execution->error_line,
					 execution->origin.file ? " of file \"" : "",
					 execution->origin.file ? execution->origin.file : "",
					 execution->origin.file ? "\"" : "");
	sv_register_mask_error(error);
	error->context = error->context ? psprintf("%s\n%s", error->context, place) : place;
	explain_commit(execution, error);
	/* the server's own hint on new enum values does not say what to call */
	if (error->hint == NULL || error->sqlerrcode == ERRCODE_UNSAFE_NEW_ENUM_VALUE_USAGE)
		error->hint = hint_for(error);
	if (error->hint == NULL && (error->hint = hint_of_value(execution, error)) != NULL &&
		error->detail == NULL)
		error->detail = psprintf("The statement was: %s.",
								 sv_one_line(sv_script_statement_text(execution->script,
																	  execution->current)));
	ReThrowError(error);
}
