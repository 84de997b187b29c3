/*
 * candidate.c
 *		A script that is to build a schema, tried out before anybody relies on it.
 */
#include "postgres.h"

#include "base/base.h"
#include "proof/proof.h"
#include "proof/proof_private.h"
#include "script/script.h"

typedef struct Trial
{
	Candidate  *candidate;
	const Sandbox *sandbox;
	const Goal *goal;
} Trial;

/* Rows of sv_diff() as a script, "" if there are none. */
char *
sv_rows_to_script(List *rows)
{
	StringInfoData out;

	initStringInfo(&out);
	foreach_ptr(DiffRow, row, rows)
	{
		if (row->sql != NULL)
			appendStringInfo(&out, "%s%s;\n", out.len &&
							 strchr(row->sql, '\n') ? "\n" : "", row->sql);
	}
	return out.data;
}

/*
 * A new database takes an extension in the version that its server has, as
 * pg_dump writes it: the option stands last.
 */
static const char *
without_version(const DiffRow *row)
{
	const Node *tree = strcmp(row->kind, "extension") == 0 ? sv_parse_one(row->sql) : NULL;

	if (tree == NULL || !IsA(tree, CreateExtensionStmt))
		return row->sql;
	foreach_node(DefElem, option, ((const CreateExtensionStmt *) tree)->options)
	{
		if (strcmp(option->defname, "new_version") == 0)
			return pnstrdup(row->sql, option->location - 1);
	}
	return row->sql;
}

/* The statements from one model to another as a script, "" if there are none. */
static char *
build_script(List *rows)
{
	foreach_ptr(DiffRow, row, rows)
	{
		if (row->sql != NULL)
			row->sql = without_version(row);
	}
	return sv_rows_to_script(rows);
}

/*
 * The shortest script that leads from start to end, "data" behind it, and the
 * way back.  A function may use what is made after it.
 */
void
sv_candidate_generate(Candidate *candidate, const Goal *goal, const char *data)
{
	List	   *rows = sv_diff(goal->start, goal->end, goal->options);
	char	   *up = build_script(rows);
	char	   *down = build_script(sv_diff(goal->end, goal->start, goal->options));

	candidate->losses = sv_diff_losses(rows);

	candidate->script.up = psprintf("%s%s%s%s", *up ? "SET check_function_bodies = off;\n" : "", up,
									*up && *data ? "RESET check_function_bodies;\n" : "", data);
	candidate->script.down = psprintf("%s%s", *down ? "SET check_function_bodies = off;\n" :
									  "", down);
	/* "data" are statements that somebody wrote */
	candidate->script.up_generated = *data == '\0';
	candidate->script.down_generated = true;
}

/* Do the statements of a comparison lead nowhere? */
bool
sv_rows_are_nothing(List *rows)
{
	foreach_ptr(const DiffRow, row, rows)
	{
		if (row->sql != NULL)
			return false;
	}
	return true;
}

static void
go_up_and_down(void *arg)
{
	Trial	   *trial = arg;
	Candidate  *candidate = trial->candidate;
	const Goal *goal = trial->goal;
	List	   *disordered = NIL;
	Model	   *now;

	candidate->error =
		sv_sandbox_run(trial->sandbox, candidate->revision, &candidate->script, SV_UPGRADE);
	if (candidate->error != NULL)
		return;
	now = sv_sandbox_state(trial->sandbox);
	candidate->differences = sv_state_differences(goal->end, now, goal->options,
												  goal->any_order ? &disordered : NULL);
	if (goal->rows_count)
		candidate->rows_differ = sv_rows_differ(goal->rows, sv_rows_read(trial->sandbox, now));
	if (candidate->script.down == NULL ||
		sv_sandbox_run(trial->sandbox, candidate->revision, &candidate->script, SV_DOWNGRADE) !=
		NULL)
		return;
	candidate->down_proven =
		sv_rows_are_nothing(sv_diff(sv_sandbox_state(trial->sandbox), goal->start, goal->options));
}

/*
 * Try the candidate out from the goal's start, which is the state now, and roll
 * it back.  Fills in what was found out; returns whether it reaches the goal.
 */
bool
sv_candidate_try(Candidate *candidate, const Sandbox *sandbox, const Goal *goal)
{
	Sandbox		strict = *sandbox;
	Trial		trial = {candidate, &strict, goal};
	ErrorData  *error;

	candidate->script.up_line = candidate->script.down_line = candidate->script.verify_line = 1;
	/* as on a new database, where nothing is committed between its statements */
	sv_sandbox_settle(sandbox);
	strict.free_enums = false;
	error = sv_hide_subtransaction(sandbox->scope.hidden, go_up_and_down, &trial, false);
	if (error != NULL)
		ReThrowError(error);
	return candidate->error == NULL && candidate->differences == NIL &&
		candidate->rows_differ == NIL;
}
