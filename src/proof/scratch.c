/*
 * scratch.c
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
#include "parser/parser.h"
#include "proof/proof.h"
#include "proof/proof_private.h"
#include "run/run.h"
#include "utils/guc.h"
#include "utils/memutils.h"

typedef struct Work
{
	Scratch		scratch;
	ScratchFn	fn;
	void	   *arg;
} Work;

/* A script to be run. */
typedef struct ScriptRun
{
	const Scratch *scratch;
	const char *revision;
	const StoredScript *stored;
	Direction	direction;
} ScriptRun;

/* ---------- values of enum types ---------- */

/*
 * The server refuses to use a value that ALTER TYPE has added in the same
 * transaction, for an index could keep it after a rollback.  Indexes that vanish
 * themselves cannot.
 */
static char *
save_new_enum_values(void)
{
	Size		size = EstimateUncommittedEnumsSpace();
	char	   *saved = palloc(size);

	SerializeUncommittedEnums(saved, size);
	return saved;
}

static void
restore_new_enum_values(char *saved)
{
	AtEOXact_Enum();
	RestoreUncommittedEnums(saved);
}

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

/* ---------- the scratch ---------- */

static bool
includes_public(const ModelScope *scope)
{
	ListCell   *cell;

	foreach(cell, scope->schemas)
	{
		if (strcmp(lfirst(cell), "public") == 0)
			return true;
	}
	return scope->schemas == NIL;
}

static void
do_work(void *arg)
{
	Work	   *work = arg;
	Scratch    *scratch = &work->scratch;

	scratch->live = sv_scratch_state(scratch);
	if (scratch->ground == SV_GROUND_EMPTY)
	{
		scratch->scope.hidden = sv_hide(scratch->live, includes_public(&scratch->scope));
		sv_hide_bring_extensions(scratch->scope.hidden, scratch->live);
	}
	scratch->free_enums = scratch->ground == SV_GROUND_EMPTY || !has_enums(scratch->live);
	(void) set_config_option("client_min_messages", "warning", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	sv_lock_enter();
	PG_TRY();
	{
		work->fn(scratch, work->arg);
	}
	PG_FINALLY();
	{
		sv_lock_exit();
	}
	PG_END_TRY();
}

/*
 * Call fn(scratch, arg) and roll back whatever it did.  "schemas" are those
 * that count, NIL: all.  What it allocates in the current context stays; its
 * errors are raised again.  The caller holds the lock of runs.
 */
void
sv_scratch(ScratchGround ground, List *schemas, ScratchFn fn, void *arg)
{
	Work		work = {{ground, {schemas, schemas == NIL, NULL}}, fn, arg};
	char	   *enums = save_new_enum_values();
	ErrorData  *error = sv_subtransaction(do_work, &work, false);

	restore_new_enum_values(enums);
	if (error != NULL)
		ReThrowError(error);
}

/* What the scripts so far have done is as good as committed. */
void
sv_scratch_settle(const Scratch *scratch)
{
	if (scratch->free_enums)
		AtEOXact_Enum();
}

/* The schema as it is now in the scratch. */
Model *
sv_scratch_state(const Scratch *scratch)
{
	Model	   *model;

	CommandCounterIncrement();
	model = sv_model_read(&scratch->scope);
	model->facts = sv_facts_read();
	return model;
}

/* ---------- scripts ---------- */

/* An extension of the live database cannot really be dropped, others there may need it. */
static bool
hide_extensions(const Scratch *scratch, const char *text)
{
	DropStmt   *statement =
	castNode(DropStmt, linitial_node(RawStmt, raw_parser(text, RAW_PARSE_DEFAULT))->stmt);
	bool		all = true;
	ListCell   *cell;

	foreach(cell, statement->objects)
		all &= sv_hide_drop_extension(scratch->scope.hidden, strVal(lfirst(cell)));
	return all;
}

/* See AdaptFn: a statement is to be executed in the scratch. */
static bool
adapt(void *arg, const Script *script, int statement, const char **text)
{
	const Scratch *scratch = arg;
	const char *tag = script->statements[statement].tag;

	*text = sv_script_rehearsal_text(script, statement);
	if (*text == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_NOT_TRANSACTIONAL),
				 errmsg("%s cannot be tried out", script->statements[statement].blocker),
				 errdetail("It cannot run inside a transaction, so it cannot be rolled back.")));
	sv_scratch_settle(scratch);
	if (scratch->scope.hidden != NULL && strcmp(tag, "CREATE EXTENSION") == 0)
		return !sv_hide_create_extension(scratch->scope.hidden, *text);
	if (scratch->scope.hidden != NULL && strcmp(tag, "DROP EXTENSION") == 0)
		return !hide_extensions(scratch, *text);
	return **text != '\0';
}

static void
run_script(void *arg)
{
	const ScriptRun *run = arg;
	MemoryContext context =
	AllocSetContextCreate(CurrentMemoryContext, "schemaver scratch", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	StoredRevision revision = {.id = (char *) run->revision};
	Execution	execution;

	sv_execution_begin(&execution, &revision, run->stored, run->direction);
	execution.adapt = adapt;
	execution.adapt_arg = (void *) run->scratch;
	sv_execution_part(&execution, 0, execution.script->n);
	sv_execution_end(&execution);
	if (run->direction == SV_UPGRADE && run->stored->verify != NULL)
		sv_run_verify(run->revision, run->stored);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

/* Is it something that ends the whole work, not the fault of a script? */
static bool
ends_all(const ErrorData *error)
{
	switch (ERRCODE_TO_CATEGORY(error->sqlerrcode))
	{
		case ERRCODE_OPERATOR_INTERVENTION:
		case ERRCODE_INSUFFICIENT_RESOURCES:
		case ERRCODE_SYSTEM_ERROR:
		case ERRCODE_TRANSACTION_ROLLBACK:
			return true;
		default:
			return error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE;
	}
}

/*
 * Run up or down of a revision in the scratch.  Returns NULL, or the script's
 * error, and then nothing of it is left.  A cancelled query and the like are
 * raised.
 */
ErrorData *
sv_scratch_run(const Scratch *scratch, const char *revision, const StoredScript *stored,
			   Direction direction)
{
	ScriptRun	run = {scratch, revision, stored, direction};
	ErrorData  *error = sv_hide_subtransaction(scratch->scope.hidden, run_script, &run, true);

	if (error != NULL && ends_all(error))
		ReThrowError(error);
	return error;
}
