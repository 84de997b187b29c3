/*
 * sandbox.c
 *		The one place where SQL is executed that leaves nothing behind.
 *
 * Wanted SQL (wanted.c), rows of a diff (prove.c) and scripts of revisions
 * (sandbox_scripts.c) run in a subtransaction that is always rolled back: on top
 * of the live schema or, with that hidden, from empty under the real names.
 * Role and settings go back with the subtransaction; what the server keeps beside
 * transactions, which enum values are new, is put back here.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/base.h"
#include "catalog/pg_enum.h"
#include "proof/proof.h"
#include "proof/proof_private.h"
#include "track/track.h"
#include "utils/guc.h"

typedef struct Work
{
	Sandbox    *sandbox;
	SandboxFn	fn;
	void	   *arg;
} Work;

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
includes_public(const ModelScope *scope)
{
	foreach_ptr(const char, schema, scope->schemas)
	{
		if (strcmp(schema, "public") == 0)
			return true;
	}
	return scope->schemas == NIL;
}

static void
work_in_sandbox(void *arg)
{
	Work	   *work = arg;
	Sandbox    *sandbox = work->sandbox;

	if (sandbox->live == NULL)
		sandbox->live = sv_sandbox_state(sandbox);
	if (sandbox->ground == SV_GROUND_EMPTY)
		sandbox->scope.hidden = sv_hide(sandbox->live, includes_public(&sandbox->scope));
	CommandCounterIncrement();
	if (sandbox->messages != NULL)
		(void) set_config_option("client_min_messages", sandbox->messages, PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	work->fn(sandbox, work->arg);
}

/*
 * Call fn(sandbox, arg) and roll back whatever it did.  What it allocates in the
 * current context stays; its errors are raised again.
 */
void
sv_sandbox(Sandbox *sandbox, SandboxFn fn, void *arg)
{
	Work		work = {sandbox, fn, arg};
	char	   *enums = save_new_enum_values();
	ErrorData  *error;

	sv_ddl_log_pause();
	error = sv_subtransaction(work_in_sandbox, &work, false);
	sv_ddl_log_resume();
	restore_new_enum_values(enums);
	if (error != NULL)
		ReThrowError(error);
}

/* The schema as it is now in the sandbox. */
Model *
sv_sandbox_state(const Sandbox *sandbox)
{
	Model	   *model;

	CommandCounterIncrement();
	model = sv_model_read(&sandbox->scope);
	model->facts = sv_facts_read();
	return model;
}
