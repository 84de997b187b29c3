/*
 * abandon.c
 *		Forget what an online run did of a revision that it left half done.
 */
#include "postgres.h"

#include "online/online_private.h"
#include "run/run.h"

/* Tell what a statement has left that was begun outside of transactions. */
static void
warn_of_leftover(const StoredSegment *segment)
{
	Leftover	leftover;

	if (segment->finished || strcmp(segment->kind, "alone") != 0)
		return;
	leftover = sv_leftovers(segment->body, SV_STATEMENT_FORMER);
	if (leftover.action == SV_LEFTOVER_CLEAN)
		ereport(WARNING,
				(errmsg("statement %d of revision \"%s\" is half done", segment->statement, segment->revision),
				 errdetail("It is: %s", segment->body),
				 errhint("To clean up: %s;", leftover.cleanup)));
}

/*
 * Forget what an online run did of a revision; its objects stay as they are.
 * Returns the revision.
 */
char *
sv_online_abandon(const char *ref)
{
	RevisionGraph *graph;
	const char *revision;
	List	   *segments;
	ListCell   *cell;

	sv_lock_run("schemaver.abandon()");
	graph = sv_store_graph(SV_STORE_WRITE);
	revision = graph->revisions[sv_graph_resolve_one(graph, ref)].id;
	segments = sv_store_segments(SV_STORE_WRITE, revision);
	if (segments == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no online run of revision \"%s\" was interrupted", revision)));
	foreach(cell, segments)
		warn_of_leftover(lfirst(cell));
	sv_store_forget_segments(revision);
	return pstrdup(revision);
}
