/*
 * state_names.c
 *		The state of a revision, in a word.
 *
 * "applied"; "changed": applied with another text than the registered one, which
 * only an edit of schemaver's tables can bring about; "pending": would run;
 * "left out": its contexts do not hold for the environment of this database;
 * "behind": would run although a later revision is applied; "running",
 * "interrupted": an online run does, or did, a part of it, up or down.
 */
#include "postgres.h"

#include "online/online.h"
#include "report/report.h"

struct RevisionStates
{
	bool	   *below;			/* the applied revisions and all below them */
	char	   *begun;			/* id of what an online run has not finished, or NULL */
	Selection	selection;		/* of the environment */
	bool		active;			/* that run still works */
};

RevisionStates *
sv_report_states(const RevisionGraph *graph)
{
	RevisionStates *states = palloc(sizeof(RevisionStates));
	RevisionList current = sv_graph_current(graph);
	Direction	direction;

	states->selection = sv_run_selection(SV_STORE_READ, NULL, NULL);
	states->below = sv_graph_ancestors(graph, &current, true);
	states->begun = sv_store_interrupted(SV_STORE_READ, &direction);
	states->active = states->begun != NULL && sv_online_is_active();
	return states;
}

/* "index" is the place of the revision in the graph. */
const char *
sv_report_state(const RevisionStates *states, int index, const StoredRevision *revision)
{
	if (states->begun != NULL && strcmp(revision->id, states->begun) == 0)
		return states->active ? "running" : "interrupted";
	if (revision->applied)
		return strcmp(revision->applied_checksum, revision->checksum) == 0 ? "applied" : "changed";
	if (sv_run_left_out(&states->selection, revision->options) != NULL)
		return "left out";
	return states->below[index] ? "behind" : "pending";
}
