/*
 * abandon.c
 *		Forget what an online run did of a revision that it left half done.
 */
#include "postgres.h"

#include "online/online_private.h"
#include "run/run.h"

/* Tell what a statement has left that was begun outside of transactions. */
static void
warn_of_leftover(const Part *part)
{
	Leftover	leftover;

	if (part->finished || part->kind != SV_PART_ALONE)
		return;
	leftover = sv_leftovers(part->body, SV_STATEMENT_FORMER);
	if (leftover.action == SV_LEFTOVER_CLEAN)
		ereport(WARNING,
				(errmsg("statement %d of revision \"%s\" is half done", part->from + 1,
						part->revision),
				 errdetail("It is: %s", part->body),
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
	List	   *parts;

	sv_lock_run("schemaver.abandon()");
	graph = sv_store_graph(SV_STORE_WRITE);
	revision = graph->revisions[sv_graph_resolve_one(graph, ref)].id;
	parts = sv_store_parts(SV_STORE_WRITE, revision);
	if (parts == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no online run of revision \"%s\" was interrupted", revision)));
	foreach_ptr(const Part, part, parts)
		warn_of_leftover(part);
	sv_store_forget_parts(revision);
	return pstrdup(revision);
}
