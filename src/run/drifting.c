/*
 * drifting.c
 *		Compare the live schema with the one that the revisions left.
 */
#include "postgres.h"

#include "run/drifting.h"
#include "schemaver.h"
#include "store/states.h"

static int64
required_state(void)
{
	int64		state = sv_state_present();

	if (state == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the schema that the revisions left is not known"),
				 errdetail("No run has kept it, or the last run was made with schemaver.keep_snapshots off."),
				 errhint("The next run keeps it, if schemaver.keep_snapshots is on.")));
	return state;
}

/* Find what drifted, in some schemas or (NIL) anywhere; without statements. */
DriftReport
sv_drift_find(List *schemas, const DiffOptions *options)
{
	ModelScope	everything = {NIL, true, NULL};
	DriftReport report = {0};

	report.kept = sv_state_model(required_state());
	report.live = sv_read_live(&everything);
	if (schemas != NIL)
	{
		sv_model_restrict(report.kept, schemas);
		sv_model_restrict(report.live, schemas);
	}
	(void) sv_diff_keep(report.kept, report.live, options);
	report.drifts = sv_drift(report.kept, report.live, options);
	return report;
}

/* Write the statements of both directions, as a whole and for each object. */
void
sv_drift_write(DriftReport *report, const DiffOptions *options)
{
	if (report->drifts == NIL)
		return;
	report->apply = sv_diff(report->kept, report->live, options);
	report->revert = sv_diff(report->live, report->kept, options);
	sv_drift_attribute(report->drifts, report->apply, report->revert, report->kept, report->live);
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

	foreach(cell, sv_drift_settled(sv_state_model(required_state()), sv_read_live(&everything), options))
	{
		ObjectChange *change = lfirst(cell);

		if (schemas == NIL || sv_model_is_within(change->after ? change->after : change->before, schemas))
			settled = lappend(settled, change);
	}
	return sv_state_record(settled);
}
