/*
 * api_run.c
 *		SQL functions that run revisions, or say what a run would do.
 */
#include "postgres.h"

#include "api/api_private.h"
#include "living/living.h"
#include "proof/proof.h"
#include "report/report.h"
#include "run/run.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(sv_api_upgrade);
PG_FUNCTION_INFO_V1(sv_api_downgrade);
PG_FUNCTION_INFO_V1(sv_api_goto);
PG_FUNCTION_INFO_V1(sv_api_undo);
PG_FUNCTION_INFO_V1(sv_api_redo);
PG_FUNCTION_INFO_V1(sv_api_stamp);
PG_FUNCTION_INFO_V1(sv_api_plan);
PG_FUNCTION_INFO_V1(sv_api_script);
PG_FUNCTION_INFO_V1(sv_api_script_begin);
PG_FUNCTION_INFO_V1(sv_api_script_generated);
PG_FUNCTION_INFO_V1(sv_api_script_step);

/* The call's variables, for all that it executes or says of scripts. */
void
sv_arg_variables(FunctionCallInfo fcinfo, int n)
{
	sv_register_set_variables(PG_ARGISNULL(n) ? NULL : PG_GETARG_JSONB_P(n));
}

/*
 * Read the argument "options": an expression of labels and, where "values" is not NULL,
 * what sv_given_values() takes.  22023 for anything else there.
 */
static void
read_run_options(FunctionCallInfo fcinfo, int n, char **labels, List **values)
{
	Jsonb	   *options = PG_ARGISNULL(n) ? NULL : PG_GETARG_JSONB_P(n);
	JsonbValue *given;
	int			known;

	if (options == NULL)
		return;
	*labels = sv_json_string(sv_json_member(&options->root, "labels"));
	given = values != NULL ? sv_json_member(&options->root, "values") : NULL;
	known = (*labels != NULL) + (given != NULL);
	if (!JB_ROOT_IS_OBJECT(options) || JB_ROOT_COUNT(options) != known)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 values == NULL ?
				 errmsg("argument \"options\" can have \"labels\" only, a text") :
				 errmsg("argument \"options\" of a run can have \"labels\", a text, and \"values\", an object")));
	if (given != NULL)
		*values = sv_given_values(given);
}

/* The expression of labels in the argument "options", which can have nothing else; or NULL. */
char *
sv_arg_labels(FunctionCallInfo fcinfo, int n)
{
	char	   *labels = NULL;

	read_run_options(fcinfo, n, &labels, NULL);
	return labels;
}

/*
 * The arguments that all calls of runs share, from number "first" on:
 * allow_data_loss, note, variables, contexts, options.
 */
RunOptions
sv_arg_run_options(FunctionCallInfo fcinfo, int first)
{
	RunOptions	options = {0};
	char	   *labels = NULL;

	options.allow_data_loss = sv_arg_bool(fcinfo, first);
	options.note = sv_arg_text_or_null(fcinfo, first + 1);
	sv_arg_variables(fcinfo, first + 2);
	options.contexts = sv_arg_name_or_null(fcinfo, first + 3);
	read_run_options(fcinfo, first + 4, &labels, &options.values);
	options.labels = labels;
	return options;
}

static void
put_step(const RunStep *step, void *arg)
{
	RowBuilder	row = {0};

	sv_row_text(&row, step->revision);
	sv_row_text(&row, sv_direction_name(step->direction));
	sv_row_text(&row, step->message);
	sv_row_datum(&row, Int32GetDatum(step->statements), false);
	sv_row_datum(&row, step->elapsed, false);
	sv_row_put(arg, &row);
}

static void
put_stamp(const RunStep *step, void *arg)
{
	sv_result_texts(arg, 3, step->revision, sv_direction_name(step->direction), step->message);
}

/* The options of a call of "function" for "target", whose second argument is dry_run. */
static RunOptions
arg_options_to(FunctionCallInfo fcinfo, const char *function, const char *target)
{
	RunOptions	options = sv_arg_run_options(fcinfo, 2);

	options.dry_run = sv_arg_bool(fcinfo, 1);
	options.allowing = psprintf("SELECT * FROM schemaver.%s(%s, allow_data_loss => true)", function,
								quote_literal_cstr(target));
	return options;
}

static Datum
run_to_target(FunctionCallInfo fcinfo, Direction direction)
{
	char	   *target = sv_arg_target(fcinfo, 0, SV_STORE_WRITE, direction);
	RunOptions	options = arg_options_to(fcinfo, sv_direction_name(direction), target);

	sv_run(direction, target, &options, sv_proof_observer(), put_step, sv_result_begin(fcinfo));
	PG_RETURN_NULL();
}

Datum
sv_api_upgrade(PG_FUNCTION_ARGS)
{
	return run_to_target(fcinfo, SV_UPGRADE);
}

Datum
sv_api_downgrade(PG_FUNCTION_ARGS)
{
	return run_to_target(fcinfo, SV_DOWNGRADE);
}

Datum
sv_api_goto(PG_FUNCTION_ARGS)
{
	char	   *target = sv_arg_name(fcinfo, 0, "target");
	RunOptions	options = arg_options_to(fcinfo, "goto", target);

	sv_run_goto(target, &options, sv_proof_observer(), put_step, sv_result_begin(fcinfo));
	PG_RETURN_NULL();
}

Datum
sv_api_undo(PG_FUNCTION_ARGS)
{
	char	   *ref = sv_arg_name(fcinfo, 0, "ref");
	RunOptions	options = arg_options_to(fcinfo, "undo", ref);

	sv_run_undo(ref, &options, sv_proof_observer(), put_step, sv_result_begin(fcinfo));
	PG_RETURN_NULL();
}

Datum
sv_api_redo(PG_FUNCTION_ARGS)
{
	RunOptions	options;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"steps\" must not be null")));
	options = sv_arg_run_options(fcinfo, 1);
	options.allowing =
		psprintf("SELECT * FROM schemaver.redo(%d, allow_data_loss => true)", PG_GETARG_INT32(0));
	sv_run_redo(PG_GETARG_INT32(0), &options, sv_proof_observer(), put_step,
				sv_result_begin(fcinfo));
	PG_RETURN_NULL();
}

Datum
sv_api_stamp(PG_FUNCTION_ARGS)
{
	List	   *targets;
	const char **names;
	ListCell   *cell;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"targets\" must not be null")));
	targets = sv_arg_list(fcinfo, 0);
	if (targets == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("stamp needs at least one target"),
				 errhint("Use 'base' to record that nothing is applied.")));
	names = palloc(sizeof(char *) * list_length(targets));
	foreach(cell, targets)
		names[foreach_current_index(cell)] = lfirst(cell);
	sv_run_stamp(list_length(targets), names, sv_arg_bool(fcinfo, 1), put_stamp,
				 sv_result_begin(fcinfo));
	PG_RETURN_NULL();
}

static Direction
arg_direction(FunctionCallInfo fcinfo, int n)
{
	char	   *name = sv_arg_name(fcinfo, n, "direction");

	if (strcmp(name, "upgrade") == 0)
		return SV_UPGRADE;
	if (strcmp(name, "downgrade") == 0)
		return SV_DOWNGRADE;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized direction \"%s\"", sv_base_clip(name)),
			 errhint("Use 'upgrade' or 'downgrade', or in plan() 'goto'.")));
	return SV_UPGRADE;
}

/* The living objects that would run, "due", behind n revisions.  Returns the number of all rows. */
static int
put_living_steps(ReturnSetInfo *result, Direction direction, const List *due, int n)
{
	foreach_ptr(const LivingDue, one, due)
	{
		RowBuilder	row = {0};

		if (one->left_out != NULL)
			continue;
		sv_row_datum(&row, Int32GetDatum(++n), false);
		sv_row_text(&row, one->name);
		sv_row_text(&row, sv_direction_name(direction));
		sv_row_text(&row, one->message);
		sv_row_datum(&row, BoolGetDatum(true), false);
		for (int i = 0; i < 3; i++)
			sv_row_list_or_null(&row, NIL);
		sv_row_text(&row, NULL);
		sv_row_list_or_null(&row, NIL);
		sv_row_put(result, &row);
	}
	return n;
}

/* What is to be known of a step of a plan, as strings. */
static List *
step_notes(const StoredRevision *row, Direction direction, char *enum_note)
{
	List	   *notes = direction == SV_DOWNGRADE ?
	sv_register_order_notes(sv_store_script(SV_STORE_READ, row->id)) : NIL;

	return enum_note != NULL ? lappend(notes, enum_note) : notes;
}

/* Take what is left out of the plan, and return it (StoredRevision). */
static List *
take_left_out(const Selection *selection, StoredRevision **rows, RevisionList *plan)
{
	List	   *left_out = NIL;

	for (int i = 0; i < plan->n; i++)
	{
		if (sv_run_left_out(selection, rows[i]->options) != NULL)
			left_out = lappend(left_out, rows[i]);
	}
	sv_run_select(selection, rows, plan);
	return left_out;
}

/* A row without a position. */
static void
put_left_out_row(ReturnSetInfo *result, const char *name, const char *message, const char *why)
{
	RowBuilder	row = {0};

	sv_row_datum(&row, (Datum) 0, true);
	sv_row_text(&row, name);
	sv_row_text(&row, sv_direction_name(SV_UPGRADE));
	sv_row_text(&row, message);
	for (int i = 0; i < 4; i++)
		sv_row_datum(&row, (Datum) 0, true);
	sv_row_text(&row, why);
	sv_row_list_or_null(&row, NIL);
	sv_row_put(result, &row);
}

/* The revisions and living objects that the selection leaves out. */
static void
put_left_out(ReturnSetInfo *result, const Selection *selection, const List *revisions,
			 const List *due)
{
	foreach_ptr(const StoredRevision, revision, revisions)
		put_left_out_row(result, revision->id, revision->message,
						 sv_run_left_out(selection, revision->options));
	foreach_ptr(const LivingDue, one, due)
	{
		if (one->left_out != NULL)
			put_left_out_row(result, one->name, one->message, one->left_out);
	}
}

static List *
plan_ids(StoredRevision **rows, int n)
{
	List	   *ids = NIL;

	for (int i = 0; i < n; i++)
		ids = lappend(ids, rows[i]->id);
	return ids;
}

/* The hooks that stand around the run: rows without a position and a revision. */
static void
put_hooks(ReturnSetInfo *result, Direction direction)
{
	foreach_ptr(const StoredHook, hook, sv_store_hooks(SV_STORE_READ))
	{
		RowBuilder	row = {0};

		if (!sv_hook_is_for(hook, direction))
			continue;
		sv_row_datum(&row, (Datum) 0, true);
		sv_row_text(&row, NULL);
		sv_row_text(&row, sv_direction_name(direction));
		sv_row_text(&row, psprintf("hook \"%s\": %s, as role \"%s\"", hook->name, hook->at,
								   hook->role));
		for (int i = 0; i < 6; i++)
			sv_row_datum(&row, (Datum) 0, true);
		sv_row_put(result, &row);
	}
}

/* Why a step of a plan stops the run, or NULL. */
static const char *
refusal(const StoredRevision *row, Direction direction)
{
	const char *external;

	if (direction == SV_DOWNGRADE)
		return sv_run_irreversible(row);
	external = sv_run_external(row);
	return external != NULL ? psprintf("It is to be done outside of the server: %s", external) :
		NULL;
}

/* Rows of a plan, behind "before" others. */
static void
put_steps(ReturnSetInfo *result, StoredRevision **rows, int n, Direction direction, int before)
{
	bool	   *transactional;
	char	  **enum_notes;
	List	   *earlier = NIL;
	bool		down = direction == SV_DOWNGRADE;

	sv_run_check_variables(SV_STORE_READ, rows, n, direction);
	transactional = sv_run_transactional(SV_STORE_READ, rows, n, direction);
	enum_notes = sv_run_enum_notes(SV_STORE_READ, rows, n, direction);
	for (int i = 0; i < n; i++)
	{
		RowBuilder	row = {0};

		sv_row_datum(&row, Int32GetDatum(before + i + 1), false);
		sv_row_text(&row, rows[i]->id);
		sv_row_text(&row, sv_direction_name(direction));
		sv_row_text(&row, rows[i]->message);
		sv_row_datum(&row, BoolGetDatum(transactional[i]), false);
		sv_row_list_or_null(&row, down ? sv_run_structure_only(rows[i]) : NIL);
		sv_row_list_or_null(&row, down ? sv_run_takes(SV_STORE_READ, rows[i], &earlier) : NIL);
		sv_row_list_or_null(&row, down ? sv_run_needs(SV_STORE_READ, rows[i], true) : NIL);
		sv_row_text(&row, refusal(rows[i], direction));
		sv_row_list_or_null(&row, step_notes(rows[i], direction, enum_notes[i]));
		sv_row_put(result, &row);
	}
}

/* What goto() would do: what is undone, then what runs. */
static void
put_goto(ReturnSetInfo *result, const char *target, const Selection *selection)
{
	RevisionGraph *graph = sv_store_graph(SV_STORE_READ);
	StampPlan	plan = sv_graph_plan_goto(graph, target);
	StoredRevision **down = sv_store_plan_rows(SV_STORE_READ, graph, &plan.remove);
	StoredRevision **up = sv_store_plan_rows(SV_STORE_READ, graph, &plan.add);
	List	   *left_out = take_left_out(selection, up, &plan.add);

	/* as in the run: what does nothing but undo is a downgrade for living objects */
	List	   *undone = plan.add.n == 0 ? plan_ids(down, plan.remove.n) : NIL;
	Direction	direction = undone != NIL ? SV_DOWNGRADE : SV_UPGRADE;
	List	   *due = sv_living_due(direction, undone, selection);

	put_steps(result, down, plan.remove.n, SV_DOWNGRADE, 0);
	put_steps(result, up, plan.add.n, SV_UPGRADE, plan.remove.n);
	put_living_steps(result, direction, due, plan.remove.n + plan.add.n);
	put_left_out(result, selection, left_out, due);
}

static void
put_plan(ReturnSetInfo *result, Direction direction, const char *target,
		 const Selection *selection)
{
	RevisionGraph *graph = sv_store_graph_to(SV_STORE_READ, direction, target);
	RevisionList plan = direction == SV_UPGRADE ? sv_graph_plan_upgrade(graph, target) :
	sv_graph_plan_downgrade(graph, target);
	StoredRevision **rows = sv_store_plan_rows(SV_STORE_READ, graph, &plan);
	List	   *left_out = direction == SV_UPGRADE ? take_left_out(selection, rows, &plan) : NIL;
	List	   *undone = direction == SV_DOWNGRADE ? plan_ids(rows, plan.n) : NIL;
	List	   *due = sv_living_due(direction, undone, selection);

	put_steps(result, rows, plan.n, direction, 0);
	if (put_living_steps(result, direction, due, plan.n) > 0)
		put_hooks(result, direction);
	put_left_out(result, selection, left_out, due);
}

Datum
sv_api_plan(PG_FUNCTION_ARGS)
{
	bool		is_goto = strcmp(sv_arg_name(fcinfo, 1, "direction"), "goto") == 0;
	Direction	direction = is_goto ? SV_UPGRADE : arg_direction(fcinfo, 1);
	char	   *target = PG_ARGISNULL(0) ? (direction == SV_UPGRADE ? "head" : "-1") :
	is_goto ? sv_arg_name(fcinfo, 0, "target") :
	sv_arg_target(fcinfo, 0, SV_STORE_READ, direction);
	ReturnSetInfo *result = sv_result_begin(fcinfo);
	Selection	selection;

	sv_arg_variables(fcinfo, 2);
	selection = sv_run_selection(SV_STORE_READ, sv_arg_name_or_null(fcinfo, 3),
								 sv_arg_labels(fcinfo, 4));
	if (is_goto)
		put_goto(result, target, &selection);
	else
		put_plan(result, direction, target, &selection);
	PG_RETURN_NULL();
}

Datum
sv_api_script(PG_FUNCTION_ARGS)
{
	char	   *from = sv_arg_name(fcinfo, 0, "from_ref");
	char	   *to = sv_arg_name(fcinfo, 1, "to_ref");

	char	   *contexts = sv_arg_name_or_null(fcinfo, 3);

	sv_arg_variables(fcinfo, 2);
	PG_RETURN_TEXT_P(cstring_to_text(sv_arg_bool(fcinfo, 4) ?
									 sv_report_standalone(from, to, contexts) :
									 sv_report_script(from, to, contexts)));
}

Datum
sv_api_script_begin(PG_FUNCTION_ARGS)
{
	Direction	direction = arg_direction(fcinfo, 0);
	char	   *target = sv_arg_name(fcinfo, 1, "target");

	sv_run_script_begin(direction, target, sv_arg_list(fcinfo, 2));
	PG_RETURN_VOID();
}

Datum
sv_api_script_generated(PG_FUNCTION_ARGS)
{
	char	   *revision = sv_arg_text(fcinfo, 0, "revision");
	Direction	direction = arg_direction(fcinfo, 1);

	sv_run_script_generated(revision, direction, sv_arg_text(fcinfo, 2, "checksum"));
	PG_RETURN_VOID();
}

Datum
sv_api_script_step(PG_FUNCTION_ARGS)
{
	char	   *revision = sv_arg_name(fcinfo, 0, "revision");
	Direction	direction = arg_direction(fcinfo, 1);
	char	   *checksum = sv_arg_text(fcinfo, 2, "checksum");

	sv_run_script_step(revision, direction, checksum, PG_ARGISNULL(3) ? 0 : PG_GETARG_INT32(3));
	PG_RETURN_VOID();
}
