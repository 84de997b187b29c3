/*
 * prove.c
 *		Prove a migration on an empty copy of the schema.
 *
 * In a subtransaction that is rolled back, with the live schema hidden, the
 * same schema is rebuilt under its real names, without rows; up is applied
 * and must give the wanted schema, down must give the old one.  So nobody who uses
 * the tables waits, however large they are, and that the schema could be
 * built from its description proves that the description is complete.
 *
 * Where the wanted schema stands already, built by its own text, nothing has to be
 * built for the proof: from there, down must give the old schema, up the wanted one
 * again, and down the old one again.  What the migration does not touch is the same
 * before and after it, however it was built.
 *
 * On such a copy the outcome of renames can be seen, too: the server prints
 * views, constraints and functions with the new names.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/base.h"
#include "catalog/pg_extension.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "proof/proof.h"
#include "proof/proof_private.h"
#include "run/run.h"
#include "utils/guc.h"

typedef struct Proof
{
	Sandbox		sandbox;
	Model	   *live;
	Model	   *wanted;
	const DiffOptions *options;
	List	   *up;
	List	   *down;
	List	   *path;			/* of the caller */
	const char *step;			/* for messages */
	const DiffRow *row;			/* being executed */
	void		(*work) (struct Proof *proof, MemoryContext caller);
	Model	   *result;			/* of sv_model_after() */
} Proof;

/*
 * Hide, or show again, an extension of the live schema instead of dropping or creating it:
 * other objects there may need it.  False: there is no need to.
 */
static bool
hide_extension(Proof *proof, const DiffRow *row)
{
	HTAB	   *hidden = proof->sandbox.scope.hidden;
	const Node *tree;
	const Object *extension;

	if (strcmp(row->kind, "extension") != 0)
		return false;
	tree = sv_parse_one(row->sql);
	if (!IsA(tree, DropStmt))
		return sv_hide_create_extension(hidden, tree);
	extension = sv_model_find(proof->live, &sv_class_extension, row->identity);
	return extension != NULL && sv_hide_drop_extension(hidden, extension->name);
}

static void
execute_proof_rows(Proof *proof, const char *step, List *rows)
{

	proof->step = step;
	SPI_connect();
	for (int i = 0; i < list_length(rows); i++)
	{
		const DiffRow *row = list_nth(rows, i);

		CHECK_FOR_INTERRUPTS();
		if (row->sql == NULL)
			continue;
		proof->row = row;
		if (!hide_extension(proof, row))
			(void) sv_generated_row(rows, i, proof->path);
	}
	SPI_finish();
	proof->row = NULL;
	CommandCounterIncrement();
}

/* Read again and compare; error with what remains. */
static void
expect(Proof *proof, Model *expected, const char *what)
{
	Model	   *now = sv_model_read(&proof->sandbox.scope);
	List	   *rows = sv_diff(now, expected, proof->options);
	StringInfoData rest;
	int			n = 0;

	initStringInfo(&rest);
	foreach_ptr(const DiffRow, row, rows)
	{
		if (row->sql != NULL && n++ < 10)
			appendStringInfo(&rest, "%s%s %s: %s;", rest.len ? "\n" :
							 "", row->kind, row->identity, row->sql);
	}
	if (n > 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_VERIFY_FAILED),
				 errmsg("%s", what),
				 errdetail("%d statement(s) would remain:\n%s", n, rest.data),
				 errhint("Nothing was registered. Write the revision by hand, beginning with the output of schemaver.diff().")));
}

static void
add_proof_context(void *arg)
{
	Proof	   *proof = arg;

	if (proof->row != NULL)
		errcontext("proof on an empty copy of the schema, %s: %s %s", proof->step,
				   proof->row->kind, proof->row->identity);
}

/* Build the live schema again, which is hidden. */
static void
build_copy(Proof *proof, MemoryContext caller)
{
	Model	   *empty;

	sv_generated_settings();
	empty = sv_model_read(&proof->sandbox.scope);
	execute_proof_rows(proof, "building", sv_diff(empty, proof->live, proof->options));
	MemoryContextSwitchTo(caller);
	expect(proof, proof->live, "could not build an exact copy of the live schema");
}

/* Work on a copy of the live schema, in the settings of a level of their own. */
static void
work_on_copy(Sandbox *sandbox, void *arg)
{
	Proof	   *proof = arg;
	MemoryContext caller = CurrentMemoryContext;
	int			nestlevel = NewGUCNestLevel();
	ErrorContextCallback callback = {error_context_stack, add_proof_context, proof};

	error_context_stack = &callback;
	build_copy(proof, caller);
	proof->work(proof, caller);
	AtEOXact_GUC(false, nestlevel);
	error_context_stack = callback.previous;
}

/* Have the work done, and undone; its error is thrown again. */
static void
run_proof(Proof *proof, const ModelScope *scope)
{
	proof->path = sv_body_path_now();
	proof->sandbox.ground = SV_GROUND_EMPTY;
	proof->sandbox.scope = *scope;
	proof->sandbox.live = proof->live;
	proof->sandbox.messages = "error";
	sv_sandbox(&proof->sandbox, work_on_copy, proof);
}

static void
there_and_back(Proof *proof, MemoryContext caller)
{
	execute_proof_rows(proof, "up", proof->up);
	MemoryContextSwitchTo(caller);
	expect(proof, proof->wanted, "the statements do not lead to the wanted schema");
	execute_proof_rows(proof, "down", proof->down);
	MemoryContextSwitchTo(caller);
	expect(proof, proof->live, "the statements of the way back do not lead to the old schema");
}

/*
 * Prove that up (rows of sv_diff()) leads from the live schema to the wanted
 * one and down back; error SV017, or that of a statement, if not.
 */
void
sv_prove(const ModelScope *scope, Model *live, Model *wanted, const DiffOptions *options, List *up,
		 List *down)
{
	Proof		proof = {
		.live = live, .wanted = wanted, .options = options,
		.up = up, .down = down, .work = there_and_back
	};

	run_proof(&proof, scope);
}

/* The first step makes the copy of the live schema, the others are the proof. */
static void
back_there_and_back(void *arg)
{
	Proof	   *proof = arg;
	MemoryContext caller = CurrentMemoryContext;
	int			nestlevel = NewGUCNestLevel();

	sv_generated_settings();
	(void) set_config_option("client_min_messages", "error", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	execute_proof_rows(proof, "copy", proof->down);
	MemoryContextSwitchTo(caller);
	expect(proof, proof->live, "no exact copy of the live schema");
	there_and_back(proof, caller);
	AtEOXact_GUC(false, nestlevel);
}

/*
 * The same proof in a sandbox in which the wanted schema stands.  True: up and down are
 * proven.  False says nothing: sv_prove() does, and tells what is wrong.  "path" is the
 * caller's.  Leaves nothing behind.
 */
bool
sv_prove_from_wanted(const Sandbox *sandbox, Model *live, Model *goal, const DiffOptions *options,
					 List *path, List *up, List *down)
{
	Proof		proof = {
		.sandbox = *sandbox, .live = live, .wanted = goal, .options = options,
		.up = up, .down = down, .path = path
	};
	ErrorData  *error;

	error = sv_hide_subtransaction(sandbox->scope.hidden, back_there_and_back, &proof, false);
	if (error != NULL && ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
		ReThrowError(error);
	return error == NULL;
}

static void
apply_and_read(Proof *proof, MemoryContext caller)
{
	execute_proof_rows(proof, "renaming", proof->up);
	MemoryContextSwitchTo(caller);
	proof->result = sv_model_read(&proof->sandbox.scope);
}

/*
 * The model of what the live schema would be after the statements (rows of
 * sv_diff_renames() and the like), executed on an empty copy of it.
 */
Model *
sv_model_after(const ModelScope *scope, Model *live, const DiffOptions *options, List *rows)
{
	DiffOptions all = *options;
	Proof		proof =
	{.live = live, .options = &all, .up = rows, .work = apply_and_read};

	all.owners = all.privileges = all.comments = true;
	run_proof(&proof, scope);
	return proof.result;
}
