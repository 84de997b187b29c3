/*
 * step.c
 *		One revision: execute its script, check it, put back what it changed,
 *		record it.
 *
 * Promise: the script runs statement by statement, each with exactly its own
 * text as source text, with the rights of the caller; afterwards role,
 * settings, temporary objects and the mode of constraints are what they were;
 * and the record is in the same transaction.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "run/run.h"
#include "run/subtransaction.h"
#include "settings.h"
#include "tcop/dest.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* What is being executed, for error messages. */
typedef struct Execution
{
	ScriptOrigin origin;
	const Script *script;
	int			current;		/* index of the statement */
	const char *text;			/* its text; NULL when all are done */
	bool		is_check;		/* a result of false is a failure */
} Execution;

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
 * In PG_CATCH: raise the error again, saying where in the script it arose.  It
 * keeps its SQLSTATE, message and position.  (A context callback could not
 * tell whether the error's position is one of this statement.)
 */
static void
rethrow_with_place(const Execution *execution, MemoryContext context)
{
	ErrorData  *error;
	char	   *place;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	place = psprintf("revision \"%s\", %s script, %sstatement %d, line %d%s%s%s",
					 execution->origin.revision, execution->origin.section,
					 execution->text ? "" : "deferred constraints after ",
					 execution->current + 1,
					 line_of_error(execution, error) + execution->origin.first_line - 1,
					 execution->origin.file ? " of file \"" : "",
					 execution->origin.file ? execution->origin.file : "",
					 execution->origin.file ? "\"" : "");
	error->context = error->context ? psprintf("%s\n%s", error->context, place) : place;
	if (error->sqlerrcode == ERRCODE_UNSAFE_NEW_ENUM_VALUE_USAGE)
		error->hint = "Commit between both revisions, or run CALL schemaver.online_upgrade(), which does.";
	ReThrowError(error);
}

static void
execute_statement(Execution *execution, int index)
{
	const Statement *statement = &execution->script->statements[index];
	SPIExecuteOptions options = {0};
	int			result;

	execution->current = index;
	execution->text = sv_script_statement_text(execution->script, index);
	if (statement->flags & SV_STMT_COPY_DATA)
	{
		sv_run_copy(execution->text, execution->script->text + statement->data_start, statement->data_length);
		return;
	}
	options.dest = None_Receiver;
	result = SPI_execute_extended(execution->text, &options);
	if (result < 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_INVALID_SCRIPT),
				 errmsg("%s cannot be executed within a script", statement->tag),
				 errdetail("%s.", SPI_result_code_string(result))));
}

/* Can this statement have made a constraint? */
static bool
may_make_constraint(const Statement *statement)
{
	return strncmp(statement->tag, "CREATE", 6) == 0 || strncmp(statement->tag, "ALTER", 5) == 0 ||
		strncmp(statement->tag, "DO", 2) == 0 || strcmp(statement->tag, "CALL") == 0;
}

/* Can this statement have changed when constraints are checked? */
static bool
may_set_constraints(const Statement *statement)
{
	return strcmp(statement->tag, "SET CONSTRAINTS") == 0 ||
		strcmp(statement->tag, "DO") == 0 || strcmp(statement->tag, "CALL") == 0;
}

/* Execute one statement after the other; the memory of each is freed after it. */
static void
execute_statements(Execution *execution, MemoryContext context)
{
	const Script *script = execution->script;
	bool		touched = false;

	for (int i = 0; i < script->n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		execute_statement(execution, i);
		touched |= may_set_constraints(&script->statements[i]);
		if (may_make_constraint(&script->statements[i]))
			sv_constraints_follow();
		execution->text = "";
		MemoryContextReset(context);
	}
	execution->text = NULL;
	if (script->flags & SV_STMT_QUEUES)
		sv_constraints_settle(touched);
}

/* A verify script fails by an error or by a statement that returns false. */
static void
execute_checks(Execution *execution)
{
	for (int i = 0; i < execution->script->n; i++)
	{
		bool		isnull;

		CHECK_FOR_INTERRUPTS();
		execution->current = i;
		execution->text = sv_script_statement_text(execution->script, i);
		if (SPI_execute(execution->text, false, 1) != SPI_OK_SELECT || SPI_processed == 0 ||
			SPI_tuptable->tupdesc->natts != 1 || SPI_gettypeid(SPI_tuptable->tupdesc, 1) != BOOLOID)
			continue;
		if (!DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull)) || isnull)
			ereport(ERROR,
					(errcode(ERRCODE_SV_VERIFY_FAILED),
					 isnull ? errmsg("The check returned null.") : errmsg("The check returned false.")));
	}
}

/* Execute a script, all of it, and check what it left deferred. */
static void
execute_script(void *arg)
{
	Execution  *execution = arg;
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context;

	if (execution->script->n == 0)
		return;
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	context = AllocSetContextCreate(CurrentMemoryContext, "schemaver statement", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		if (execution->is_check)
			execute_checks(execution);
		else
			execute_statements(execution, context);
	}
	PG_CATCH();
	{
		rethrow_with_place(execution, caller);
	}
	PG_END_TRY();
	SPI_finish();
}

/* Run a verify script in a subtransaction that is always rolled back; SV017 if it fails. */
void
sv_run_verify(const char *revision, const StoredScript *stored)
{
	Execution	execution = {{revision, "verify", stored->source, stored->verify_line}};
	ErrorData  *error;

	execution.is_check = true;
	execution.script = sv_script_parse(stored->verify, &execution.origin);
	error = sv_subtransaction(execute_script, &execution, false);
	if (error == NULL)
		return;
	if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
		ReThrowError(error);
	ereport(ERROR,
			(errcode(ERRCODE_SV_VERIFY_FAILED),
			 errmsg("verification of revision \"%s\" failed", revision),
			 error->sqlerrcode == ERRCODE_SV_VERIFY_FAILED ? errdetail_internal("%s", error->message) :
			 errdetail("SQLSTATE %s: %s", unpack_sql_state(error->sqlerrcode), error->message),
			 errcontext("%s", error->context)));
}

/*
 * Execute up or down with settings and role of its own.  Returns the number of
 * statements.
 */
static int
execute_revision(const StoredRevision *revision, const StoredScript *stored, Direction direction)
{
	Execution	execution = {{0}};
	List	   *temporary = NIL;
	int			nestlevel = NewGUCNestLevel();

	execution.script = sv_run_body(revision->id, stored, direction, &execution.origin);
	if (execution.script->flags & SV_STMT_TEMP)
		temporary = sv_temp_objects();
	execute_script(&execution);
	if (execution.script->flags & SV_STMT_TEMP)
		sv_temp_drop_new(temporary);
	AtEOXact_GUC(false, nestlevel);
	return execution.script->n;
}

static void
report_step(Run *run, const StoredRevision *revision, const StoredStep *step, Datum elapsed)
{
	RunStep		result = {revision->id, step->direction, revision->message, step->statements, elapsed};

	if (sv_progress)
		ereport(INFO,
				(errmsg("[%d/%d] %s %s%s%s (%.0f ms)", run->done, run->nsteps,
						sv_direction_name(step->direction), revision->id,
						revision->message[0] ? " " : "", revision->message,
						(step->finished_at - step->started_at) / 1000.0)));
	run->report(&result, run->report_arg);
}

/*
 * Upgrade or downgrade one revision and record it.  The caller has checked the
 * plan and holds the lock.
 */
void
sv_run_step(Run *run, const StoredRevision *revision, Direction direction)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "schemaver step",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	StoredScript *stored = sv_store_script(SV_STORE_WRITE, revision->id);
	StoredStep	step = {0};
	Oid			store = sv_store_relation("applied");
	Oid			userid;
	int			security_context;

	GetUserIdAndSecContext(&userid, &security_context);
	step.started_at = GetCurrentTimestamp();
	step.statements = execute_revision(revision, stored, direction);
	SetUserIdAndSecContext(userid, security_context);
	sv_store_check_present(revision->id, store);
	if (direction == SV_UPGRADE && stored->verify != NULL)
		sv_run_verify(revision->id, stored);
	step.finished_at = GetCurrentTimestamp();

	step.run = run->number;
	step.position = ++run->done;
	step.revision = revision->id;
	step.direction = direction;
	step.checksum = revision->checksum;
	report_step(run, revision, &step, sv_store_step(&step));
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}
