/*
 * run.c
 *		Upgrade, downgrade, redo and stamp: lock, plan, check, do, record.
 */
#include "postgres.h"

#include "base/base.h"
#include "impact/impact.h"
#include "miscadmin.h"
#include "run/run.h"
#include "track/track.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

const LivingHooks *sv_run_living;

/* A run that is planned and checked. */
typedef struct PlannedRun
{
	const char *command;
	const char *target;
	int			nsteps;
	const StoredRevision **revisions;
	Direction  *directions;
	RunStepFn	report;
	void	   *report_arg;
	RunObserver *observer;
	RunOptions	options;
	Undo	   *undo;			/* a revision that is undone by itself, or NULL */
} PlannedRun;

static void
begin_planned_run(Run *run, const PlannedRun *planned)
{
	memset(run, 0, sizeof(*run));
	run->role = sv_role_name(GetUserId());
	run->session_role = sv_role_name(GetSessionUserId());
	run->started_at = GetCurrentTimestamp();
	run->nsteps = planned->nsteps;
	run->report = planned->report;
	run->report_arg = planned->report_arg;
	run->observer = planned->observer;
	run->options = planned->options;
	run->number = sv_store_begin_run(planned->command, planned->target);
	if (run->options.note != NULL)
		sv_store_note_run(run->number, run->options.note);
	sv_run_log_begin(run, planned->command, planned->target);
}

/* Append to a text of so many bytes as much as there is room for. */
static void
append_cut(char *to, Size size, const char *text)
{
	Size		used = strlen(to);

	sv_run_cut(to + used, size - used, text);
}

/* Where a step leaves the history: at the revision, or at what that one revises. */
static void
append_place(char *to, Size size, const StoredRevision *row, bool at_revision)
{
	if (at_revision || row->revises == NIL)
		append_cut(to, size, at_revision ? row->id : "base");
	else
		foreach_ptr(const char, parent, row->revises)
	{
		append_cut(to, size, foreach_current_index(parent) > 0 ? "," : "");
		append_cut(to, size, parent);
	}
}

/*
 * From where to where the run led, as log() shows it: up to the step that failed.  The
 * revisions may be known to this transaction alone.
 */
static void
copy_change(FailedRun *failed, const Run *run, const PlannedRun *planned)
{
	int			last = Min(run->done, planned->nsteps - 1);
	Size		size = sizeof(failed->change);

	if (last < 0)
		return;
	append_place(failed->change, size, planned->revisions[0],
				 planned->directions[0] == SV_DOWNGRADE);
	append_cut(failed->change, size, " -> ");
	append_place(failed->change, size, planned->revisions[last],
				 planned->directions[last] == SV_UPGRADE);
}

/* In PG_CATCH: the server's log tells of the failure, and later the journal. */
static void
tell_failure(const Run *run, const PlannedRun *planned)
{
	const StoredRevision *row =
	run->done < planned->nsteps ? planned->revisions[run->done] : NULL;
	FailedRun	failed = {.run = run->number, .position = run->done + 1,
	.started_at = run->started_at};

	sv_run_log_failed(run, row != NULL ? row->id : NULL, geterrcode());
	if (run->options.dry_run || run->options.rehearsal)
		return;
	/* no catalog is to be read now: the names were looked up when it began */
	sv_run_cut(failed.role, sizeof(failed.role), run->role);
	sv_run_cut(failed.session_role, sizeof(failed.session_role), run->session_role);
	sv_run_cut(failed.command, sizeof(failed.command), planned->command);
	sv_run_cut(failed.target, sizeof(failed.target),
			   planned->target ? sv_base_clip(planned->target) : NULL);
	sv_run_cut(failed.note, sizeof(failed.note), run->options.note);
	copy_change(&failed, run, planned);
	if (row != NULL)
	{
		sv_run_cut(failed.revision, sizeof(failed.revision), row->id);
		sv_run_cut(failed.checksum, sizeof(failed.checksum), row->checksum);
		failed.direction = planned->directions[run->done];
		sv_execution_error_place(&failed.statement, &failed.line);
	}
	sv_run_journal_failure(&failed);
}

/* Execute the steps one after the other. */
static void
execute_steps(Run *run, const PlannedRun *planned)
{
	ScriptsAhead *scripts = sv_scripts_begin(SV_STORE_WRITE, planned->revisions,
											 planned->directions, planned->nsteps);

	for (int i = 0; i < planned->nsteps; i++)
	{
		sv_run_show_step(run, planned->revisions[i]->id, planned->directions[i]);
		sv_run_step(run, planned->revisions[i], planned->directions[i], sv_scripts_at(scripts, i));
	}
	sv_scripts_end(scripts);
}

/* The downs of what was applied are known now: say which of them cannot run. */
static void
warn_of_needs(const PlannedRun *planned)
{
	List	   *applied = NIL;
	List	   *lossy;

	for (int i = 0; i < planned->nsteps; i++)
		if (planned->directions[i] == SV_UPGRADE)
			applied = lappend(applied, planned->revisions[i]->id);
	lossy = sv_store_lossy(applied);
	for (int i = 0; i < list_length(applied); i++)
		if (sv_base_has_string(lossy, list_nth(applied, i)))
			sv_run_warn_of_needs(sv_store_revision(SV_STORE_WRITE, list_nth(applied, i)));
}

/*
 * A run that does nothing but undo is a downgrade for living objects; all others upgrade.
 * They are of no past time where one revision is undone by itself.
 */
static void
begin_living_run(const PlannedRun *planned)
{
	List	   *undone = NIL;

	for (int i = 0; i < planned->nsteps && planned->undo == NULL; i++)
	{
		if (planned->directions[i] == SV_UPGRADE)
		{
			undone = NIL;
			break;
		}
		undone = lappend(undone, planned->revisions[i]->id);
	}
	sv_run_living->begin(undone != NIL ? SV_DOWNGRADE : SV_UPGRADE, undone, &planned->options);
}

/* Which run it is, for its hooks; no revision is being executed. */
static void
tell_hooks(const Run *run, const PlannedRun *planned)
{
	bool		down = false;
	bool		up = planned->nsteps == 0;

	for (int i = 0; i < planned->nsteps; i++)
	{
		down |= planned->directions[i] == SV_DOWNGRADE;
		up |= planned->directions[i] == SV_UPGRADE;
	}
	sv_fact_set(SV_FACT_REVISION, NULL);
	sv_hooks_run(run->number, up, down);
}

/* A down that finds something no more under its name: it may have been renamed since. */
static void
add_undo_hint(void *arg)
{
	const PlannedRun *planned = arg;

	switch (geterrcode())
	{
		case ERRCODE_UNDEFINED_TABLE:
		case ERRCODE_UNDEFINED_COLUMN:
		case ERRCODE_UNDEFINED_OBJECT:
		case ERRCODE_UNDEFINED_FUNCTION:
		case ERRCODE_UNDEFINED_SCHEMA:
			errhint("What revision \"%s\" is about may have another name now. If a later revision gave it, undo that first; else write the down for the names of today.",
					planned->revisions[0]->id);
			break;
		default:
			break;
	}
}

static void
execute_undo(Run *run, const PlannedRun *planned)
{
	ErrorContextCallback callback = {error_context_stack, add_undo_hint,
	unconstify(PlannedRun *, planned)};

	error_context_stack = &callback;
	execute_steps(run, planned);
	error_context_stack = callback.previous;
}

/* Execute and record them, and what belongs to the run beside them. */
static void
execute_all(Run *run, const PlannedRun *planned)
{
	sv_follow_begin();
	if (planned->undo != NULL)
		sv_undo_follow(planned->undo);
	begin_living_run(planned);
	tell_hooks(run, planned);
	sv_hooks_between(SV_HOOK_BEFORE_RUN);
	if (planned->undo == NULL)
		sv_steps_begin();
	if (planned->undo == NULL)
		execute_steps(run, planned);
	else
		execute_undo(run, planned);
	if (planned->undo == NULL)
	{
		sv_follow_finish();
		sv_steps_write();
		sv_run_living->finish(run);
	}
	tell_hooks(run, planned);
	sv_hooks_between(SV_HOOK_AFTER_RUN);
	sv_follow_finish();
	if (planned->undo != NULL)
		sv_undo_prove(planned->undo);
	sv_run_check_secrets(run);
	sv_given_check(run->options.values, ERROR);
}

static void
execute_guarded(Run *run, const PlannedRun *planned)
{
	PG_TRY();
	{
		execute_all(run, planned);
	}
	PG_CATCH();
	{
		tell_failure(run, planned);
		PG_RE_THROW();
	}
	PG_END_TRY();
}

/* Execute and record every step. */
static void
execute_run(void *arg)
{
	const PlannedRun *planned = arg;
	int			nestlevel = NewGUCNestLevel();
	Run			run;

	begin_planned_run(&run, planned);
	sv_client_watch();
	sv_lock_enter();
	PG_TRY();
	{
		execute_guarded(&run, planned);
	}
	PG_FINALLY();
	{
		sv_run_show_statement();
		sv_steps_end();
		sv_run_living->end();
		sv_follow_end();
		(void) sv_impact_unguard();
		sv_lock_exit();
	}
	PG_END_TRY();
	warn_of_needs(planned);
	if (planned->observer != NULL)
		planned->observer->finished(planned->observer);
	sv_client_check();
	AtEOXact_GUC(false, nestlevel);
	sv_store_end_run(run.number, run.started_at);
	sv_run_log_end(&run);
}

/* Execute it in a subtransaction, so that hooks can run after an error. */
static void
execute_apart(PlannedRun *planned)
{
	bool		dry_run = planned->options.dry_run;
	ErrorData  *error = sv_subtransaction(execute_run, planned, !dry_run);

	if (error == NULL)
		return;
	/* deploy() goes on after that one */
	if (!dry_run && !(planned->options.quiet && error->sqlerrcode == ERRCODE_SV_NOT_TRANSACTIONAL))
		sv_hooks_failed(error);
	ReThrowError(error);
}

/* Execute the plan with the hooks around it. */
static void
execute_plan(PlannedRun *planned)
{
	if (planned->options.rehearsal)
	{
		execute_run(planned);
		return;
	}
	sv_hooks_begin(planned->command, planned->target);
	PG_TRY();
	{
		sv_hooks_run(0, true, true);
		if (planned->options.dry_run || sv_hooks_any(SV_HOOK_ON_ERROR))
			execute_apart(planned);
		else
			execute_run(planned);
	}
	PG_FINALLY();
	{
		sv_hooks_end();
	}
	PG_END_TRY();
}

static void
add_steps(PlannedRun *planned, StoredRevision **rows, int n, Direction direction)
{
	for (int i = 0; i < n; i++)
	{
		planned->revisions[planned->nsteps] = rows[i];
		planned->directions[planned->nsteps++] = direction;
	}
}

static void
make_room(PlannedRun *planned, int nsteps)
{
	planned->revisions = palloc(sizeof(StoredRevision *) * Max(nsteps, 1));
	planned->directions = palloc(sizeof(Direction) * Max(nsteps, 1));
}

/* Leave out what the call does not select; SV019 if a step is to be done elsewhere. */
static void
select_steps(const RunOptions *options, StoredRevision **rows, RevisionList *plan)
{
	Selection	selection =
	sv_run_selection(SV_STORE_WRITE, options->contexts, options->labels);
	int			external;

	sv_run_select(&selection, rows, plan);
	external = sv_run_first_external(rows, plan->n);
	if (external >= 0)
		sv_run_refuse_external(rows[external], external > 0 ? rows[external - 1] : NULL);
}

/*
 * Upgrade or downgrade to a target, all or nothing.  Each finished step goes
 * to "report"; "observer" may be NULL.  A dry run executes everything and rolls it
 * back.
 */
void
sv_run(Direction direction, const char *target, const RunOptions *options, RunObserver *observer,
	   RunStepFn report, void *arg)
{
	PlannedRun	planned = {sv_direction_name(direction), target};
	RevisionGraph *graph;
	RevisionList plan;
	StoredRevision **rows;

	sv_lock_run(direction == SV_UPGRADE ? "schemaver.upgrade()" : "schemaver.downgrade()");
	sv_store_refuse_unfinished();
	graph = sv_store_graph_to(SV_STORE_WRITE, direction, target);
	plan = direction == SV_UPGRADE ? sv_graph_plan_upgrade(graph, target) :
		sv_graph_plan_downgrade(graph, target);
	rows = sv_store_plan_rows(SV_STORE_WRITE, graph, &plan);
	if (direction == SV_UPGRADE)
		select_steps(options, rows, &plan);
	if (plan.n == 0 && !(direction == SV_UPGRADE && sv_run_living->pending(options)))
	{
		if (sv_progress != SV_PROGRESS_OFF && !options->quiet)
			ereport(INFO, (errmsg("nothing to do: \"%s\" is reached", sv_base_clip(target))));
		if (direction == SV_UPGRADE && !graph->is_part)
			sv_store_find_lost_reached();
		return;
	}
	if (direction == SV_UPGRADE)
		sv_run_check_upgrade(rows, plan.n, target);
	else
		sv_run_check_downgrade(rows, plan.n, target, options);

	planned.report = report;
	planned.report_arg = arg;
	planned.observer = observer;
	planned.options = *options;
	make_room(&planned, plan.n);
	add_steps(&planned, rows, plan.n, direction);
	execute_plan(&planned);
}

/*
 * Go to a target in either direction, all or nothing: undo what is above it, then run what
 * is missing.
 */
void
sv_run_goto(const char *target, const RunOptions *options, RunObserver *observer,
			RunStepFn report, void *arg)
{
	PlannedRun	planned = {"goto", target};
	RevisionGraph *graph;
	StampPlan	plan;
	StoredRevision **down;
	StoredRevision **up;

	sv_lock_run("schemaver.goto()");
	sv_store_refuse_unfinished();
	graph = sv_store_graph(SV_STORE_WRITE);
	plan = sv_graph_plan_goto(graph, target);
	down = sv_store_plan_rows(SV_STORE_WRITE, graph, &plan.remove);
	up = sv_store_plan_rows(SV_STORE_WRITE, graph, &plan.add);
	select_steps(options, up, &plan.add);
	if (plan.remove.n + plan.add.n == 0)
	{
		if (sv_progress != SV_PROGRESS_OFF)
			ereport(INFO, (errmsg("nothing to do: \"%s\" is reached", sv_base_clip(target))));
		return;
	}
	sv_run_check_downgrade(down, plan.remove.n, target, options);
	sv_run_check_upgrade(up, plan.add.n, target);

	planned.report = report;
	planned.report_arg = arg;
	planned.observer = observer;
	planned.options = *options;
	make_room(&planned, plan.remove.n + plan.add.n);
	add_steps(&planned, down, plan.remove.n, SV_DOWNGRADE);
	add_steps(&planned, up, plan.add.n, SV_UPGRADE);
	execute_plan(&planned);
}

/* The row of the one revision that a reference means. */
static StoredRevision *
one_revision(const RevisionGraph *graph, const char *ref)
{
	RevisionList list = sv_graph_resolve(graph, ref);

	if (list.n != 1)
		ereport(ERROR,
				(errcode(list.n == 0 ? ERRCODE_SV_UNKNOWN_REVISION :
						 ERRCODE_SV_AMBIGUOUS_REFERENCE),
				 errmsg("\"%s\" does not mean one revision", sv_base_clip(ref))));
	return *sv_store_plan_rows(SV_STORE_WRITE, graph, &list);
}

/*
 * Undo one applied revision, wherever it stands in the history, if nothing that came
 * later needs it.  It is pending then, below what stays applied.
 */
void
sv_run_undo(const char *ref, const RunOptions *options, RunObserver *observer, RunStepFn report,
			void *arg)
{
	PlannedRun	planned = {"undo", ref};
	RevisionGraph *graph;
	StoredRevision *row;

	sv_lock_run("schemaver.undo()");
	sv_store_refuse_unfinished();
	graph = sv_store_graph(SV_STORE_WRITE);
	row = one_revision(graph, ref);
	if (!graph->revisions[sv_graph_find(graph, row->id)].applied)
		ereport(ERROR,
				(errcode(ERRCODE_SV_NOT_IN_RANGE),
				 errmsg("revision \"%s\" is not applied", row->id)));
	if (!options->dry_run)
		sv_run_refuse_protected("An undo");
	planned.undo = sv_undo_begin(graph, row);
	sv_run_check_downgrade(&row, 1, row->id, options);

	planned.target = row->id;
	planned.report = report;
	planned.report_arg = arg;
	planned.observer = observer;
	planned.options = *options;
	make_room(&planned, 1);
	add_steps(&planned, &row, 1, SV_DOWNGRADE);
	execute_plan(&planned);
}

static StoredRevision **
reversed(StoredRevision **rows, int n)
{
	StoredRevision **result = palloc(sizeof(StoredRevision *) * Max(n, 1));

	for (int i = 0; i < n; i++)
		result[i] = rows[n - 1 - i];
	return result;
}

/* Downgrade by some steps and upgrade the same revisions again. */
void
sv_run_redo(int steps, const RunOptions *options, RunObserver *observer, RunStepFn report,
			void *arg)
{
	char	   *target = psprintf("-%d", steps);
	PlannedRun	planned = {"redo", target};
	RevisionGraph *graph;
	RevisionList plan;
	StoredRevision **rows;
	StoredRevision **again;

	if (steps <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of steps must be greater than zero")));
	sv_lock_run("schemaver.redo()");
	sv_store_refuse_unfinished();
	graph = sv_store_graph(SV_STORE_WRITE);
	plan = sv_graph_plan_downgrade(graph, target);
	rows = sv_store_plan_rows(SV_STORE_WRITE, graph, &plan);
	again = reversed(rows, plan.n);
	sv_run_check_downgrade(rows, plan.n, target, options);
	sv_run_check_upgrade(again, plan.n, "head");

	planned.report = report;
	planned.report_arg = arg;
	planned.observer = observer;
	planned.options = *options;
	make_room(&planned, 2 * plan.n);
	add_steps(&planned, rows, plan.n, SV_DOWNGRADE);
	add_steps(&planned, again, plan.n, SV_UPGRADE);
	execute_plan(&planned);
}

/* Record one revision as applied or not, without executing anything. */
static void
stamp_one(Run *run, const StoredRevision *revision, Direction direction, int64 state)
{
	StoredStep	step = {0};
	RunStep		result = {revision->id, direction, revision->message, 0};

	step.run = run->number;
	step.position = ++run->done;
	step.revision = revision->id;
	step.direction = direction;
	step.checksum = revision->checksum;
	step.started_at = step.finished_at = GetCurrentTimestamp();
	step.stamped = true;
	step.state = step.state_before = state;
	result.elapsed = sv_store_step(&step);
	if (run->report != NULL)
		run->report(&result, run->report_arg);
}

static void
stamp_list(Run *run, const RevisionGraph *graph, const RevisionList *list, Direction direction)
{
	StoredRevision **rows = sv_store_plan_rows(SV_STORE_WRITE, graph, list);
	int64		state = sv_follow_stamp();

	for (int i = 0; i < list->n; i++)
		stamp_one(run, rows[i], direction, state);
}

/*
 * Set the version to the targets without executing any script; "purge" forgets
 * first what is applied.  Each change of the applied set goes to "report".
 */
void
sv_run_stamp(int ntargets, const char **targets, bool purge, RunStepFn report, void *arg)
{
	PlannedRun	planned = {"stamp", ntargets > 0 ? targets[0] : "base"};
	RevisionGraph *graph;
	StampPlan	plan;
	Run			run;

	sv_lock_run("schemaver.stamp()");
	sv_run_refuse_protected("A stamp");
	sv_store_refuse_unfinished();
	graph = sv_store_graph(SV_STORE_WRITE);
	plan = sv_graph_plan_stamp(graph, ntargets, targets, purge);
	if (plan.remove.n + plan.add.n == 0)
		return;
	for (int i = 1; i < ntargets; i++)
		planned.target = psprintf("%s %s", planned.target, targets[i]);
	planned.nsteps = plan.remove.n + plan.add.n;
	planned.report = report;
	planned.report_arg = arg;
	begin_planned_run(&run, &planned);
	stamp_list(&run, graph, &plan.remove, SV_DOWNGRADE);
	stamp_list(&run, graph, &plan.add, SV_UPGRADE);
	sv_store_end_run(run.number, run.started_at);
	sv_run_log_end(&run);
}

/* Raise SV008 unless all that the revision stands on is applied, and it itself is not. */
static void
check_can_be_done(const RevisionGraph *graph, const StoredRevision *row)
{
	const GraphRevision *revision = &graph->revisions[sv_graph_find(graph, row->id)];

	if (sv_run_external(row) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("revision \"%s\" is not to be done outside of the server", row->id),
				 errhint("Run it: SELECT * FROM schemaver.upgrade(%s);",
						 quote_literal_cstr(row->id))));
	if (revision->applied)
		ereport(ERROR,
				(errcode(ERRCODE_SV_NOT_IN_RANGE),
				 errmsg("revision \"%s\" is applied already", row->id)));
	for (int i = 0; i < revision->nparents; i++)
	{
		const GraphRevision *parent = &graph->revisions[revision->parents[i]];

		if (!parent->applied)
			ereport(ERROR,
					(errcode(ERRCODE_SV_NOT_IN_RANGE),
					 errmsg("revision \"%s\", on which \"%s\" stands, is not applied",
							parent->id, row->id),
					 errhint("Run SELECT * FROM schemaver.upgrade(%s) first.",
							 quote_literal_cstr(parent->id))));
	}
}

/* Record that a step outside of the server was done.  Returns the revision's id. */
char *
sv_run_done(const char *ref, const char *note)
{
	PlannedRun	planned = {"done", ref};
	RevisionGraph *graph;
	StoredRevision *row;
	Run			run;

	sv_lock_run("schemaver.done()");
	sv_store_refuse_unfinished();
	graph = sv_store_graph(SV_STORE_WRITE);
	row = one_revision(graph, ref);
	check_can_be_done(graph, row);
	planned.nsteps = 1;
	planned.options.note = note;
	begin_planned_run(&run, &planned);
	stamp_one(&run, row, SV_UPGRADE, sv_follow_stamp());
	sv_store_end_run(run.number, run.started_at);
	sv_run_log_end(&run);
	return row->id;
}

/* Say which database this is, and write it into the journal. */
void
sv_run_set_environment(const char *name, bool is_protected)
{
	PlannedRun	planned = {"set environment", name};
	Run			run;

	if (name != NULL && sv_graph_split_names(name) == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the name of an environment must not be empty")));
	sv_lock_run("schemaver.set_environment()");
	planned.options.note = is_protected ? "protected" : NULL;
	begin_planned_run(&run, &planned);
	sv_store_set_environment(name, is_protected);
	sv_store_end_run(run.number, run.started_at);
	sv_run_log_end(&run);
}
