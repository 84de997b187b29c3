/*
 * capture.c
 *		Make a revision of what was changed outside of revisions.
 *
 * The revision is proven before it is registered, and applied already here: only
 * its record is made.  The kept state is then what is there.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/base.h"
#include "drift/drift.h"
#include "proof/proof.h"
#include "register/register.h"
#include "run/run.h"
#include "store/store.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

/* The current heads; SV014 if there is a revision that is not applied. */
static List *
parents_of_capture(const RevisionGraph *graph)
{
	RevisionList current = sv_graph_current(graph);
	List	   *ids = NIL;

	sv_drift_refuse_pending(graph, NIL);
	for (int i = 0; i < current.n; i++)
		ids = lappend(ids, (char *) graph->revisions[current.members[i]].id);
	return ids;
}

/* Raise SV017: what drifted cannot be made a revision of. */
static void
refuse_capture(const DriftReport *report, const char *why)
{
	const Object *object = sv_drift_object(linitial(report->drifts));

	ereport(ERROR,
			(errcode(ERRCODE_SV_VERIFY_FAILED),
			 errmsg("what drifted cannot be captured: %s", why),
			 errdetail("%d object(s) differ, among them %s %s.", list_length(report->drifts),
					   object->class->name, object->identity),
			 errhint("Look at SELECT kind, identity, differs FROM schemaver.drift(); take the live schema as it is with SELECT schemaver.rebase_state('...');")));
}

/* Record that the revision is applied, with the schema as it is. */
static void
record_applied(const char *id, int64 before, int64 state)
{
	StoredRevision *revision = sv_store_revision(SV_STORE_WRITE, id);
	StoredStep	step = {0};

	step.started_at = step.finished_at = GetCurrentTimestamp();
	step.run = sv_store_begin_run("capture", id);
	step.position = 1;
	step.revision = id;
	step.direction = SV_UPGRADE;
	step.checksum = revision->checksum;
	step.stamped = true;
	step.state = state;
	step.state_before = before;
	(void) sv_store_step(&step);
	sv_store_end_run(step.run, step.started_at);
}

/*
 * Register a revision that does what drifted, with its way back, as an applied one, and
 * return its id; NULL if nothing drifted.  The draft has the message, and may have
 * an id; "script_of" makes a script of DiffRows.
 */
char *
sv_drift_capture(RevisionDraft *draft, const DiffOptions *options, bool allow_data_loss,
				 char *(*script_of) (List *rows))
{
	ModelScope	everything = {NIL, true, NULL};
	DriftReport report;
	int64		before;
	char	   *id;

	sv_register_lock("schemaver.capture()");
	sv_lock_run("schemaver.capture()");
	sv_store_refuse_unfinished();
	draft->revises = parents_of_capture(sv_store_graph(SV_STORE_WRITE));
	draft->revises_given = true;
	report = sv_drift_find(NIL, options);
	sv_drift_write_exactly(&report, NIL, options);
	if (report.drifts == NIL)
		return NULL;
	draft->up = script_of(report.apply);
	if (draft->up == NULL)
		refuse_capture(&report, "no statement makes this change");
	if (!allow_data_loss)
		sv_diff_refuse_losses(report.apply,
							  "Here it is done already; on other databases the revision would do "
							  "it. Pass allow_data_loss => true, "
							  "or undo the change: SELECT * FROM schemaver.revert_drift();");
	draft->down = script_of(report.revert);
	if (draft->down == NULL)
		draft->down = "";
	draft->up_generated = draft->down_generated = true;
	/* the copy that it is proven on is one of the live schema, so the way back comes first */
	sv_prove(&everything, report.live, report.kept, options, report.revert, report.apply);
	id = sv_register_add(draft, false);
	before = sv_state_number();
	record_applied(id, before, sv_drift_settle(NIL, options));
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	report = sv_drift_find(NIL, options);
	PopActiveSnapshot();
	if (report.drifts != NIL)
		refuse_capture(&report, "the kept state would still differ");
	return id;
}
