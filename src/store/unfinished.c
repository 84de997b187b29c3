/*
 * unfinished.c
 *		A revision of which an online run has done a part.
 *
 * Only the run that continues it may come next; whoever wants something else
 * has to say so by abandon().
 */
#include "postgres.h"

#include "store/store.h"
#include "utils/builtins.h"

/* Raise SV019 for an interrupted revision. */
static void
refuse_unfinished(const char *revision, Direction direction)
{
	Part	   *last = llast(sv_store_parts(SV_STORE_WRITE, revision));
	int			next = (last->finished ? last->to : last->from) + 1;

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
sv_store_refuse_unfinished(void)
{
	Direction	direction;
	char	   *revision = sv_store_interrupted(SV_STORE_WRITE, &direction);

	if (revision != NULL)
		refuse_unfinished(revision, direction);
}

/* Raise SV019 if a revision was interrupted that the plan of an online run does not continue. */
void
sv_store_check_resumable(Direction direction, const RevisionGraph *graph, const RevisionList *plan)
{
	Direction	begun;
	char	   *revision = sv_store_interrupted(SV_STORE_WRITE, &begun);

	if (revision == NULL)
		return;
	for (int i = 0; i < plan->n; i++)
		if (begun == direction && strcmp(graph->revisions[plan->members[i]].id, revision) == 0)
			return;
	refuse_unfinished(revision, begun);
}
