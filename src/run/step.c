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
#include "base/base.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "commands/prepare.h"
#include "impact/impact.h"
#include "miscadmin.h"
#include "parser/parse_type.h"
#include "run/run.h"
#include "tcop/dest.h"
#include "track/track.h"
#include "utils/builtins.h"
#include "utils/evtcache.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

static void
execute_text(void *arg)
{
	Execution  *execution = arg;
	int			index = execution->current;
	const Statement *statement = &execution->script->statements[index];
	SPIExecuteOptions options = {0};
	int			result;

	if (statement->flags & SV_STMT_COPY_DATA)
	{
		sv_run_copy(execution->text, execution->script->text + statement->data_start,
					statement->data_length);
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

static GeneratedStatement
statement_of_script(const void *arg, int i)
{
	const Script *script = arg;
	GeneratedStatement statement = {NULL};

	if (i < script->n)
	{
		statement.text = sv_script_statement_text(script, i);
		statement.tree = sv_statement_tree(script, i);
	}
	return statement;
}

static GeneratedStatement
statement_of_list(const void *arg, int i)
{
	const List *texts = arg;

	return sv_generated_statement(i < list_length(texts) ? list_nth(texts, i) : NULL);
}

/* Execute the current statement with the rights that are due. */
static void
execute_statement(void *arg)
{
	Execution  *execution = arg;
	Generated	generated = {statement_of_script, execution->script, execution->path};
	Generated	changed =
	{statement_of_list, list_make1(unconstify(char *, execution->changed)), execution->path};

	if (!execution->is_generated)
		execute_text(execution);
	else if (sv_generated_execute(execution->changed ? &changed : &generated,
								  execution->changed ? 0 : execution->current,
								  execute_text, execution))
		execution->touched = true;
}

static void
execute_plainly(void *arg)
{
	SPIExecuteOptions options = {.dest = None_Receiver};

	(void) SPI_execute_extended(arg, &options);
}

/* Execute statements that belong to the current one. */
static void
execute_own(Execution *execution, const List *texts)
{
	Generated	generated = {statement_of_list, texts, execution->path};

	for (int i = 0; i < list_length(texts); i++)
		execution->touched |=
			sv_generated_execute(&generated, i, execute_plainly, list_nth(texts, i));
}

/* What is executed for the current statement. */
static const Node *
current_tree(const Execution *execution)
{
	return execution->changed != NULL ? sv_parse_one(execution->changed) :
		sv_statement_tree(execution->script, execution->current);
}

/* The same with kept data, and with values that the call gives. */
static void
execute_kept(void *arg)
{
	Execution  *execution = arg;
	GivenStatements given = {0};

	if (execution->is_generated && execution->values != NIL)
		given = sv_given_statements(&execution->values,
									sv_statement_tree(execution->script, execution->current),
									execution->text);
	execute_own(execution, given.before);
	execution->changed = given.instead;
	if (execution->changed != NULL)
		execution->text = execution->changed;
	sv_kept_statement(execution->keep, execution->script->statements[execution->current].tag,
					  execution->keep != NULL ? current_tree(execution) : NULL, execute_statement,
					  execution);
	execution->changed = NULL;
	execute_own(execution, given.after);
}

/* Set the current statement; false if it is not to be executed. */
static bool
report_statement(Execution *execution, int index)
{
	execution->current = index;
	execution->text = sv_script_statement_text(execution->script, index);
	if (execution->adapt == NULL && sv_script_plain(execution->script, index, NULL))
		execution->text = sv_plain_statement(execution->script, index);
	return execution->adapt == NULL ||
		execution->adapt(execution->adapt_arg, execution->script, index, &execution->text);
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

/*
 * Strings are read as when the script was registered; then the settings that
 * statements before the part have made, and none has discarded.
 */
static void
repeat_settings(Execution *execution)
{
	const Script *script = execution->script;
	int			first = 0;

	sv_reading_set();
	for (int i = 0; i < execution->from; i++)
		if (strcmp(script->statements[i].tag, "DISCARD ALL") == 0)
			first = i + 1;
	for (int i = first; i < execution->from; i++)
		if ((script->statements[i].flags & SV_STMT_SETTING) && report_statement(execution, i))
			execute_statement(execution);
}

/* Execute the current statement; where it is real, with the hooks around it. */
static void
execute_with_hooks(Execution *execution, int i)
{
	const char *tag = execution->script->statements[i].tag;

	if (execution->adapt == NULL)
		sv_hooks_fire(SV_HOOK_BEFORE_STATEMENT, tag);
	sv_run_living->statement(sv_statement_tree(execution->script, i), execute_kept, execution);
	if (execution->adapt == NULL)
		sv_hooks_fire(SV_HOOK_AFTER_STATEMENT, tag);
}

/* Is a function of somebody's called before statements, or after them? */
static bool
has_event_triggers(void)
{
	static const EventTriggerEvent events[] =
	{EVT_DDLCommandStart, EVT_DDLCommandEnd, EVT_SQLDrop, EVT_TableRewrite};
	Oid			own = get_namespace_oid("schemaver", true);

	for (int i = 0; i < lengthof(events); i++)
	{
		foreach_ptr(const EventTriggerCacheItem, item, EventCacheLookup(events[i]))
		{
			if (get_func_namespace(item->fnoid) != own)
				return true;
		}
	}
	return false;
}

/*
 * Does the statement add a column of a domain?  Its CHECK is evaluated for the rows that are
 * there, and may call a function that looks at what the run has done, in a subtransaction,
 * too, where nothing can be written any more.
 */
static bool
adds_domain(const Node *tree)
{
	ListCell   *cell;

	if (!IsA(tree, AlterTableStmt))
		return false;
	foreach(cell, ((const AlterTableStmt *) tree)->cmds)
	{
		const AlterTableCmd *command = lfirst_node(AlterTableCmd, cell);
		TypeName   *name;
		Oid			type;

		if (command->subtype != AT_AddColumn)
			continue;
		name = castNode(ColumnDef, command->def)->typeName;
		if (list_length(name->names) > 2 || name->pct_type)
			return true;		/* the statement has to tell what is wrong with it */
		type = LookupTypeNameOid(NULL, name, true);
		if (OidIsValid(type) && get_typtype(type) == TYPTYPE_DOMAIN)
			return true;
	}
	return false;
}

/* Can the statement call nobody's function? */
static bool
is_quiet(const Node *tree)
{
	return sv_statement_is_quiet(tree) && !adds_domain(tree) && !has_event_triggers();
}

bool		sv_run_rebuilds = true;

/*
 * Execute the statements of the part, under the settings that those before it
 * have made; the memory of each is freed after it.
 */
static void
execute_statements(Execution *execution, MemoryContext context)
{
	const Script *script = execution->script;

	execution->touched = false;
	sv_members_begin();
	sv_run_living->part_begin(sv_run_rebuilds &&
							  sv_store_option_rebuild(execution->revision->options));
	repeat_settings(execution);
	for (int i = execution->from; i < execution->to; i++)
	{
		CHECK_FOR_INTERRUPTS();
		sv_client_check();
		if (!is_quiet(sv_statement_tree(script, i)))
			sv_run_let_see();
		if (report_statement(execution, i))
			execute_with_hooks(execution, i);
		execution->touched |= may_set_constraints(&script->statements[i]);
		if (may_make_constraint(&script->statements[i]))
			sv_constraints_follow();
		sv_reading_check();
		sv_members_check();
		execution->text = "";
		MemoryContextReset(context);
	}
	sv_run_living->part_end();
	sv_members_end();
	execution->text = NULL;
	if (execution->touched || (execution->to > execution->from && (script->flags & SV_STMT_QUEUES)))
		sv_constraints_settle(execution->touched);
}

/* The first value of the result must be the one that is expected. */
static void
check_expected(const char *expect, int result)
{
	char	   *value = result == SPI_OK_SELECT && SPI_processed > 0 ?
	SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1) : NULL;

	if (value != NULL && strcmp(value, expect) == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_SV_VERIFY_FAILED),
			 errmsg("The check returned %s instead of %s.",
					value != NULL ? sv_one_line(value) : "nothing", expect)));
}

/* Has the statement returned one column of booleans, with a row? */
static bool
has_truth(int result)
{
	return result == SPI_OK_SELECT && SPI_processed > 0 && SPI_tuptable->tupdesc->natts == 1 &&
		SPI_gettypeid(SPI_tuptable->tupdesc, 1) == BOOLOID;
}

/*
 * A verify script fails by an error, and, unless its revision says otherwise, by a
 * statement that returns false.
 */
static void
execute_checks(Execution *execution)
{
	sv_reading_set();
	for (int i = 0; i < execution->script->n; i++)
	{
		bool		isnull;
		int			result;

		CHECK_FOR_INTERRUPTS();
		execution->current = i;
		execution->text = sv_script_statement_text(execution->script, i);
		result = SPI_execute(execution->text, false, 1);
		sv_reading_check();
		if (execution->expect != NULL)
			check_expected(execution->expect, result);
		if (execution->by_error || execution->expect != NULL || !has_truth(result))
			continue;
		if (!DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1,
										&isnull)) || isnull)
			ereport(ERROR,
					(errcode(ERRCODE_SV_VERIFY_FAILED),
					 isnull ? errmsg("The check returned null.") :
					 errmsg("The check returned false.")));
	}
}

/* Execute the part of a script and check what it left deferred. */
static void
execute_script(void *arg)
{
	Execution  *execution = arg;
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context;

	if (execution->to == 0)
		return;
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	context =
		AllocSetContextCreate(CurrentMemoryContext, "schemaver statement", ALLOCSET_DEFAULT_SIZES);
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
		sv_execution_rethrow(execution, caller);
	}
	PG_END_TRY();
	SPI_finish();
}

/*
 * Execute a check, whose script is set, in a subtransaction that is always rolled
 * back.  Returns its error; SV017: it did not hold.  NULL: it holds.
 */
ErrorData *
sv_run_check(Execution *execution)
{
	ErrorData  *error;

	sv_run_let_see();
	execution->is_check = true;
	execution->to = execution->script->n;
	error = sv_subtransaction(execute_script, execution, false);
	if (error != NULL && ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
		ReThrowError(error);
	return error;
}

/* Run a verify script in a subtransaction that is always rolled back; SV017 if it fails. */
void
sv_run_verify(const char *revision, const StoredScript *stored)
{
	Execution	execution = {{revision, "verify", stored->verify_source, stored->verify_line}};
	ErrorData  *error;

	execution.by_error = stored->verify_by_error;
	execution.script =
		sv_script_parse(sv_register_substitute(stored->verify, stored, SV_UPGRADE,
											   &execution.origin, NULL), &execution.origin);
	error = sv_run_check(&execution);
	if (error == NULL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_SV_VERIFY_FAILED),
			 errmsg("verification of revision \"%s\" failed", revision),
			 error->sqlerrcode == ERRCODE_SV_VERIFY_FAILED ?
			 errdetail_internal("%s", error->message) :
			 errdetail("SQLSTATE %s: %s", unpack_sql_state(error->sqlerrcode), error->message),
			 errcontext("%s", error->context)));
}

/* Forget the statements that a script PREPAREd, as the end of a session of its own would. */
void
sv_execution_forget(const Execution *execution)
{
	const Script *script = execution->script;

	for (int i = 0; i < script->n; i++)
	{
		if (strcmp(script->statements[i].tag, "PREPARE") == 0)
			DropPreparedStatement(castNode(PrepareStmt, sv_statement_tree(script, i))->name, false);
	}
}

/* Did schemaver write the up or down of a revision, and nobody edit it? */
bool
sv_run_is_generated(const StoredScript *stored, Direction direction)
{
	return direction == SV_UPGRADE ? stored->up_generated : stored->down == NULL ||
		stored->down_generated;
}

/*
 * Shall each statement of the script commit by itself (option "transaction")?  Not of a
 * down that nobody wrote: between its statements a table may be away, and its rows be those
 * of another one.
 */
bool
sv_run_commits_each(const char *revision, const StoredScript *stored, Direction direction)
{
	return !(direction == SV_DOWNGRADE && sv_run_is_generated(stored, direction)) &&
		!sv_store_option_transaction(sv_store_revision(SV_STORE_READ, revision)->options,
									 direction);
}

/*
 * Begin to execute up or down of a revision.  The script is allocated in the
 * current context.
 */
void
sv_execution_begin(Execution *execution, const StoredRevision *revision,
				   const StoredScript *stored, Direction direction)
{
	memset(execution, 0, sizeof(*execution));
	execution->script = sv_register_run_body(revision->id, stored, direction, &execution->origin,
											 &execution->variables);
	if (execution->script->flags & SV_STMT_TEMP)
		execution->temporary = sv_temp_objects();
	execution->revision = revision;
	execution->direction = direction;
	execution->is_generated = sv_run_is_generated(stored, direction);
	if (execution->is_generated)
		execution->path = sv_body_path_now();
}

/*
 * Make the settings that the script makes before a statement.  They stay until
 * the end of the caller's level of settings, or of the transaction.
 */
void
sv_execution_settings(Execution *execution, int from)
{
	execution->from = execution->to = from;
	if (execution->is_generated)
		sv_generated_settings();
	execute_script(execution);
}

/* Execute some of the statements, with settings and role of their own. */
void
sv_execution_part(Execution *execution, int from, int to)
{
	int			nestlevel = NewGUCNestLevel();
	int			isolation;
	Oid			store = sv_store_relation("applied");
	Oid			userid;
	int			security_context;

	GetUserIdAndSecContext(&userid, &security_context);
	execution->from = from;
	execution->to = to;
	if (execution->is_generated)
		sv_generated_settings();
	execution->keep = execution->adapt != NULL ? NULL :
		sv_kept_begin(execution->revision->id, execution->revision->options, execution->direction,
					  execution->is_generated);
	execute_script(execution);
	isolation = XactIsoLevel;
	AtEOXact_GUC(false, nestlevel);
	/* the one setting that a transaction keeps: the server relies on it at commit */
	XactIsoLevel = isolation;
	SetUserIdAndSecContext(userid, security_context);
	sv_store_check_present(execution->origin.revision, store);
}

/* All parts are executed: drop what is temporary, and what was prepared. */
void
sv_execution_end(const Execution *execution)
{
	if (execution->script->flags & SV_STMT_TEMP)
		sv_temp_drop_new(execution->temporary);
	sv_execution_forget(execution);
	if (execution->keep != NULL)
		sv_kept_end(execution->keep);
}

/* Is the step to be told, and not one of many in a second? */
static bool
is_worth_telling(Run *run, TimestampTz now)
{
	if (sv_progress != SV_PROGRESS_AUTO)
		return sv_progress == SV_PROGRESS_ON;
	if (run->done > 1 && run->done < run->nsteps &&
		!TimestampDifferenceExceeds(run->told_at, now, 1000))
		return false;
	run->told_at = now;
	return true;
}

/* Tell of a step that is done and recorded. */
void
sv_run_report(Run *run, const char *message, const StoredStep *step, Datum elapsed)
{
	RunStep		result =
	{step->revision, step->direction, message, step->statements, elapsed};

	if (is_worth_telling(run, step->finished_at))
		ereport(INFO,
				(errmsg("[%d/%d] %s %s%s%s (%.0f ms)", run->done, run->nsteps,
						sv_direction_name(step->direction), step->revision,
						message[0] ? " " : "", sv_one_line(message),
						(step->finished_at - step->started_at) / 1000.0)));
	if (run->report != NULL)
		run->report(&result, run->report_arg);
}

/*
 * The script of a revision was executed: verify and record it.  The caller has
 * set the direction, the start and the number of statements of the step.
 */
void
sv_step_finish(Run *run, const StoredRevision *revision, const StoredScript *stored,
			   StoredStep *step, const Execution *execution)
{
	char	   *variables;

	if (step->direction == SV_UPGRADE && stored->verify != NULL)
		sv_run_verify(revision->id, stored);
	step->finished_at = GetCurrentTimestamp();

	step->run = run->number;
	step->position = ++run->done;
	step->revision = revision->id;
	step->checksum = revision->checksum;
	sv_run_report(run, revision->message, step, sv_store_step(step));
	variables = step->direction == SV_UPGRADE ?
		sv_register_used_variables(execution->variables) : NULL;
	if (variables != NULL)
		sv_store_step_variables(step->run, step->position, variables);
}

/*
 * Raise SV016 if what is kept of a run would hold a secret variable: a definition in
 * the schema has its value.
 */
void
sv_run_check_secrets(const Run *run)
{
	foreach_ptr(const char, secret, sv_register_secrets())
	{
		if (sv_store_holds(secret, run->number))
			ereport(ERROR,
					(errcode(ERRCODE_SV_REFUSED),
					 errmsg("a secret variable would be kept by schemaver"),
					 errdetail("A definition in the schema, which everybody can read there, holds "
							   "its value."),
					 errhint("Have the script pass the value to something that does not keep it, "
							 "or do not mark it secret.")));
	}
}

/* The texts of a revision that is recorded as applied, but not executed. */
StoredScript *
sv_run_mark(const StoredScript *stored)
{
	StoredScript *empty = palloc(sizeof(StoredScript));

	*empty = *stored;
	empty->up = "";
	empty->verify = NULL;
	empty->variables = NULL;
	return empty;
}

/* Execute and record one revision. */
static void
execute_step(Run *run, const StoredRevision *revision, const StoredScript *stored,
			 StoredStep *step)
{
	Direction	direction = step->direction;
	Execution	execution;

	if (run->observer != NULL)
		run->observer->before(run->observer, revision, direction);
	step->started_at = GetCurrentTimestamp();
	sv_follow_step();
	sv_hooks_revision(revision->id, direction);
	if (!step->stamped)
		sv_hooks_fire(SV_HOOK_BEFORE_REVISION, NULL);
	sv_execution_begin(&execution, revision, stored, direction);
	if (direction == SV_DOWNGRADE)
	{
		execution.values = run->options.values;
		sv_run_refuse_labels(revision, stored, 0);
		sv_impact_guard();
	}
	sv_execution_part(&execution, 0, execution.script->n);
	if (direction == SV_DOWNGRADE)
		sv_run_refuse_dropped(revision, sv_impact_unguard(), sv_kept_taken(execution.keep),
							  &run->options);
	sv_execution_end(&execution);
	if (run->observer != NULL)
		run->observer->after(run->observer, revision, stored);
	step->statements = execution.script->n;
	sv_step_finish(run, revision, stored, step, &execution);
	if (!step->stamped)
		sv_hooks_fire(SV_HOOK_AFTER_REVISION, NULL);
	sv_follow_step_done(run->number, run->done, revision, stored, direction);
}

/*
 * Upgrade or downgrade one revision and record it.  The caller has checked the
 * plan and holds the lock.
 */
void
sv_run_step(Run *run, const StoredRevision *revision, Direction direction,
			const StoredScript *stored)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "schemaver step",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	StoredStep	step = {0};
	PreconditionResult result;

	sv_execution_error_none();
	result = direction == SV_UPGRADE ? sv_run_preconditions(revision, stored) : SV_RUN_PROCEED;
	step.direction = direction;
	step.stamped = result == SV_RUN_MARK;
	if (step.stamped)
		stored = sv_run_mark(stored);
	if (result != SV_RUN_SKIP)
		execute_step(run, revision, stored, &step);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}
