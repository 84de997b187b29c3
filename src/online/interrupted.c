/*
 * interrupted.c
 *		A revision of which an online run has done a part: what may happen now.
 *
 * Only the run that continues it may come next; whoever wants something else
 * has to say so by abandon().
 */
#include "postgres.h"

#include "online/online_private.h"
#include "run/run.h"
#include "utils/builtins.h"

/* Raise SV019 for an interrupted revision. */
static void
refuse(const char *revision, Direction direction)
{
	StoredSegment *last = llast(sv_store_segments(SV_STORE_WRITE, revision));
	int			next = last->statement + (last->finished ? last->statements : 0);

	ereport(ERROR,
			(errcode(ERRCODE_SV_INTERRUPTED_RUN),
			 errmsg("the online %s of revision \"%s\" was interrupted",
					sv_direction_name(direction), revision),
			 last->finished ?
			 errdetail("Its statements before number %d are done.", next) :
			 errdetail("Its statements before number %d are done; that one, at line %d, was begun.",
					   next, last->line),
			 errhint("Continue it: CALL schemaver.online_%s(%s); or, once you have put its objects right by hand, "
					 "forget what was done: SELECT schemaver.abandon(%s).",
					 sv_direction_name(direction),
					 direction == SV_UPGRADE ? quote_literal_cstr(revision) : "",
					 quote_literal_cstr(revision))));
}

/* Raise SV019 if a revision was interrupted: for runs of one transaction. */
void
sv_run_refuse_interrupted(void)
{
	Direction	direction;
	char	   *revision = sv_store_interrupted(SV_STORE_WRITE, &direction);

	if (revision != NULL)
		refuse(revision, direction);
}

/* Raise SV019 if a revision was interrupted that the plan of an online run does not continue. */
void
sv_run_check_resumable(Direction direction, const RevisionGraph *graph, const RevisionList *plan)
{
	Direction	begun;
	char	   *revision = sv_store_interrupted(SV_STORE_WRITE, &begun);

	if (revision == NULL)
		return;
	for (int i = 0; i < plan->n; i++)
		if (begun == direction && strcmp(graph->revisions[plan->members[i]].id, revision) == 0)
			return;
	refuse(revision, begun);
}

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
sv_run_abandon(const char *ref)
{
	RevisionGraph *graph;
	const char *revision;
	List	   *segments;
	ListCell   *cell;

	sv_run_lock("schemaver.abandon()");
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
