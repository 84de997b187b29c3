/*
 * schema_at.c
 *		The schema as a revision left it, from the kept states.
 */
#include "postgres.h"

#include "report/report.h"
#include "utils/builtins.h"

static bool
same_revisions(const RevisionList *a, const RevisionList *b)
{
	if (a->n != b->n)
		return false;
	for (int i = 0; i < a->n; i++)
	{
		bool		there = false;

		for (int j = 0; j < b->n; j++)
			there |= a->members[i] == b->members[j];
		if (!there)
			return false;
	}
	return true;
}

static void
state_not_known(const char *what, const char *why, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_NOT_IN_RANGE),
			 errmsg("the schema %s is not known", what),
			 errdetail_internal("%s", why),
			 errhint("%s", hint)));
}

/*
 * The kept state that a reference means: what is applied means the present one, a
 * revision the one after its last upgrade here, "base" the one before the first.
 */
static int64
state_at(const RevisionGraph *graph, const char *reference)
{
	RevisionList list = sv_graph_resolve(graph, reference);
	RevisionList current = sv_graph_current(graph);
	const GraphRevision *revision = list.n > 0 ? &graph->revisions[list.members[0]] : NULL;
	int64		state;

	if (list.n > 1 && !same_revisions(&list, &current))
		ereport(ERROR,
				(errcode(ERRCODE_SV_SEVERAL_HEADS),
				 errmsg("\"%s\" means %d revisions", reference, list.n),
				 errdetail(
						   "They were never the last ones at the same time, as far as this "
						   "function knows."),
				 errhint("Name one of them.")));
	if (same_revisions(&list, &current))
		state = sv_state_present();
	else
		state = revision ? sv_state_of_revision(revision->id) : sv_state_first();
	if (state != 0)
		return state;
	if (revision == NULL)
		state_not_known("before the first revision",
						"No run has kept it: there was none, or the first one was a stamp, or "
						"made with schemaver.keep_snapshots off.",
						"Name a revision that was applied while it was on.");
	state_not_known(psprintf("that revision \"%s\" left", revision->id),
					sv_store_was_run(revision->id) ?
					"It was run with schemaver.keep_snapshots off." :
					"It was never applied in this database.",
					sv_store_was_run(revision->id) ?
					"The next run keeps it, if schemaver.keep_snapshots is on." :
					psprintf("Run SELECT * FROM schemaver.upgrade(%s);",
							 quote_literal_cstr(revision->id)));
	return 0;
}

Model *
sv_report_schema_at(const RevisionGraph *graph, const char *reference)
{
	return sv_state_model(state_at(graph, reference));
}
