/*
 * sandbox_scripts.c
 *		Scripts tried out in a subtransaction that is always rolled back.
 *
 * They run as a run would execute them, with the caller's rights, either on top
 * of the live schema or, with that hidden, from empty under the real names.  What
 * cannot run in a transaction is rehearsed (script/rehearse.c).
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/base.h"
#include "catalog/pg_enum.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "nodes/value.h"
#include "proof/proof.h"
#include "proof/proof_private.h"
#include "run/run.h"
#include "utils/guc.h"
#include "utils/memutils.h"

typedef struct ScriptWork
{
	SandboxFn	fn;
	void	   *arg;
} ScriptWork;

/* A script to be run. */
typedef struct ScriptRun
{
	const Sandbox *sandbox;
	const char *revision;
	const StoredScript *stored;
	Direction	direction;
} ScriptRun;

static bool
has_enums(const Model *model)
{
	ListCell   *cell;

	foreach(cell, model->objects)
	{
		if (sv_class_is(lfirst(cell), enum))
			return true;
	}
	return false;
}

static void
work_with_scripts(Sandbox *sandbox, void *arg)
{
	const ScriptWork *work = arg;

	if (sandbox->ground == SV_GROUND_EMPTY)
		sv_hide_bring_extensions(sandbox->scope.hidden, sandbox->live);
	sandbox->free_enums = sandbox->ground == SV_GROUND_EMPTY || !has_enums(sandbox->live);
	sv_lock_enter();
	PG_TRY();
	{
		work->fn(sandbox, work->arg);
	}
	PG_FINALLY();
	{
		sv_lock_exit();
	}
	PG_END_TRY();
}

/*
 * Call fn(sandbox, arg), which runs scripts of revisions, and roll back whatever
 * it did.  "schemas" are those that count, NIL: all.  The caller holds the lock
 * of runs.
 */
void
sv_sandbox_scripts(SandboxGround ground, List *schemas, SandboxFn fn, void *arg)
{
	Sandbox		sandbox =
	{.ground = ground, .scope = {schemas, schemas == NIL, NULL}, .messages = "warning"};
	ScriptWork	work = {fn, arg};

	sv_sandbox(&sandbox, work_with_scripts, &work);
}

/* What the scripts so far have done is as good as committed. */
void
sv_sandbox_settle(const Sandbox *sandbox)
{
	if (sandbox->free_enums)
		AtEOXact_Enum();
}

/* ---------- scripts ---------- */

/* An extension of the live database cannot really be dropped, others there may need it. */
static bool
hide_extensions(const Sandbox *sandbox, const DropStmt *statement)
{
	bool		all = true;
	ListCell   *cell;

	foreach(cell, statement->objects)
		all &= sv_hide_drop_extension(sandbox->scope.hidden, strVal(lfirst(cell)));
	return all;
}

/* See AdaptFn: a statement is to be executed in the sandbox. */
static bool
adapt(void *arg, const Script *script, int statement, const char **text)
{
	const Sandbox *sandbox = arg;
	const char *tag = script->statements[statement].tag;

	*text = sv_script_rehearsal_text(script, statement);
	if (*text == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_NOT_TRANSACTIONAL),
				 errmsg("%s cannot be tried out", script->statements[statement].blocker),
				 errdetail("It cannot run inside a transaction, so it cannot be rolled back.")));
	sv_sandbox_settle(sandbox);
	if (sandbox->scope.hidden != NULL && strcmp(tag, "CREATE EXTENSION") == 0)
		return !sv_hide_create_extension(sandbox->scope.hidden,
										 sv_statement_tree(script, statement));
	if (sandbox->scope.hidden != NULL && strcmp(tag, "DROP EXTENSION") == 0)
		return !hide_extensions(sandbox, castNode(DropStmt, sv_statement_tree(script, statement)));
	return **text != '\0';
}

static void
run_script(void *arg)
{
	const ScriptRun *run = arg;
	MemoryContext context =
	AllocSetContextCreate(CurrentMemoryContext, "schemaver sandbox", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	StoredRevision revision = {.id = (char *) run->revision};
	Execution	execution;

	if (run->stored->dependents != NULL)
		revision.options = psprintf("{\"dependents\": \"%s\"}", run->stored->dependents);
	sv_execution_begin(&execution, &revision, run->stored, run->direction);
	execution.adapt = adapt;
	execution.adapt_arg = (void *) run->sandbox;
	sv_execution_part(&execution, 0, execution.script->n);
	sv_execution_end(&execution);
	if (run->direction == SV_UPGRADE && run->stored->verify != NULL)
		sv_run_verify(run->revision, run->stored);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

/*
 * Run up or down of a revision in the sandbox.  Returns NULL, or the script's
 * error, and then nothing of it is left.  A cancelled query and the like are
 * raised.
 */
ErrorData *
sv_sandbox_run(const Sandbox *sandbox, const char *revision, const StoredScript *stored,
			   Direction direction)
{
	ScriptRun	run = {sandbox, revision, stored, direction};
	ErrorData  *error = sv_hide_subtransaction(sandbox->scope.hidden, run_script, &run, true);

	if (error != NULL && sv_base_ends_all(error))
		ReThrowError(error);
	return error;
}
