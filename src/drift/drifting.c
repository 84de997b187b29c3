/*
 * drifting.c
 *		Compare the live schema with the one that the revisions left.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/base.h"
#include "catalog/namespace.h"
#include "diff/diff.h"
#include "drift/drift.h"
#include "proof/proof.h"
#include "store/store.h"
#include "utils/snapmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

static int64
required_state(void)
{
	int64		state = sv_state_present();
	char	   *damage = state == 0 ? sv_state_damage() : NULL;

	if (damage != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the schema that the revisions left is not known"),
				 errdetail("The kept state is damaged: %s", damage),
				 errhint("Take the live schema as it is: SELECT schemaver.rebase_state('...');")));
	if (state == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the schema that the revisions left is not known"),
				 errdetail(
						   "No run has kept it, or the last run was made with "
						   "schemaver.keep_snapshots off."),
				 errhint("The next run keeps it, if schemaver.keep_snapshots is on.")));
	return state;
}

static Model *
read_live(const ModelScope *scope)
{
	CommandCounterIncrement();
	return sv_model_read(scope);
}

/* A name that means nothing would find nothing. */
static void
check_schemas(const Model *kept, List *schemas)
{
	foreach_ptr(const char, name, schemas)
	{
		if (!OidIsValid(get_namespace_oid(name, true)) &&
			sv_model_find(kept, &sv_class_schema, quote_identifier(name)) == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_SCHEMA),
					 errmsg("schema \"%s\" does not exist", name),
					 errdetail("Nor did the revisions leave one of that name.")));
	}
}

static DriftReport
compare_kept(Model *kept, List *schemas, const DiffOptions *options)
{
	ModelScope	scope = {schemas, schemas == NIL, NULL};
	DriftReport report = {0};

	report.kept = kept;
	check_schemas(report.kept, schemas);
	report.live = read_live(&scope);
	if (schemas != NIL)
	{
		report.kept = sv_model_restricted(report.kept, schemas);
		report.live = sv_model_restricted(report.live, schemas);
	}
	report.kept = sv_diff_goal(report.kept, report.live, options, NULL);
	report.renamed = sv_renamed_objects(report.kept, report.live);
	report.named = report.renamed ? sv_renamed_model(report.kept, report.live, report.renamed) :
		report.kept;
	report.drifts =
		sv_drift_renamed(report.renamed, sv_drift(report.named, report.live, options), options);
	return report;
}

/* Find what drifted, in some schemas or (NIL) anywhere; without statements. */
DriftReport
sv_drift_find(List *schemas, const DiffOptions *options)
{
	return compare_kept(sv_state_model(required_state()), schemas, options);
}

/* The same where the state is kept; else false, and a WARNING if it should be and is damaged. */
bool
sv_drift_find_known(List *schemas, const DiffOptions *options, DriftReport *report)
{
	int64		state = sv_state_present();
	char	   *damage = state == 0 ? sv_state_damage() : NULL;
	Model	   *kept = state != 0 ? sv_state_try_model(state, &damage) : NULL;

	if (kept != NULL)
		*report = compare_kept(kept, schemas, options);
	else if (damage != NULL)
		ereport(WARNING,
				(errmsg("drift is not known, because the kept state of the schema is damaged"),
				 errdetail("%s", damage),
				 errhint("Take the live schema as it is: SELECT schemaver.rebase_state('...');")));
	return kept != NULL;
}

/* Write the statements of both directions, as a whole and for each object. */
void
sv_drift_write(DriftReport *report, const DiffOptions *options)
{
	if (report->drifts == NIL)
		return;
	report->apply =
		list_concat(sv_diff_renames(report->kept, sv_renamed_there(report->kept, report->renamed)),
					sv_diff(report->named, report->live, options));
	report->revert = list_concat(sv_diff(report->live, report->named, options),
								 sv_diff_renames(report->live, sv_renamed_back(report->renamed)));
	sv_drift_attribute(report->drifts, report->apply, report->revert, report->named, report->live);
}

/*
 * Write the statements of both directions so that they can be relied on: what new
 * names change in other objects is seen on an empty copy of the live schema.
 */
void
sv_drift_write_exactly(DriftReport *report, List *schemas, const DiffOptions *options)
{
	ModelScope	scope = {schemas, schemas == NIL, NULL};
	List	   *back;
	Model	   *model;

	if (report->drifts == NIL)
		return;
	if (report->renamed == NIL)
	{
		sv_drift_write(report, options);
		return;
	}
	back = sv_diff_renames(report->live, sv_renamed_back(report->renamed));
	model = sv_model_after(&scope, report->live, options, back);
	report->revert = list_concat(back, sv_diff(model, report->kept, options));
	report->apply = list_concat(sv_diff(report->kept, model, options),
								sv_diff_renames(model, sv_renamed_there(model, report->renamed)));
}

/*
 * Let the kept state be what is live, in the schemas (NIL: all), but for what the
 * options leave alone.  Returns its number.
 */
int64
sv_drift_settle(List *schemas, const DiffOptions *options)
{
	ModelScope	everything = {NIL, true, NULL};
	List	   *settled = NIL;
	ListCell   *cell;

	foreach(cell,
			sv_drift_settled(sv_state_model(required_state()), read_live(&everything), options))
	{
		ObjectChange *change = lfirst(cell);

		if (schemas == NIL ||
			sv_model_is_within(change->after ? change->after : change->before, schemas))
			settled = lappend(settled, change);
	}
	return sv_state_record(settled);
}

/*
 * Begin to keep the schema with what is live, but for what the options leave alone;
 * states that were kept before are those of an earlier history.
 */
void
sv_drift_begin(const DiffOptions *options)
{
	if (!sv_keep_snapshots)
		return;
	sv_state_replace(sv_model_create());
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	(void) sv_drift_settle(NIL, options);
	PopActiveSnapshot();
	CommandCounterIncrement();
}

/*
 * Take the live schema as the kept state.  What drifted is not drift any more; the
 * reason and who gave it stand in the journal.
 */
void
sv_drift_rebase(const char *reason)
{
	ModelScope	everything = {NIL, true, NULL};
	TimestampTz started_at = GetCurrentTimestamp();
	int64		run;

	sv_lock_run("schemaver.rebase_state()");
	if (!sv_keep_snapshots)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no state of the schema is kept"),
				 errdetail("schemaver.keep_snapshots is off."),
				 errhint("SET schemaver.keep_snapshots = on;")));
	run = sv_store_begin_run("rebase state", reason);
	sv_state_replace(read_live(&everything));
	sv_store_end_run(run, started_at);
}

/* How many objects drifted; -1 if that is not known. */
int
sv_drift_count(const DiffOptions *options)
{
	DriftReport report;

	return sv_drift_find_known(NIL, options, &report) ? list_length(report.drifts) : -1;
}
