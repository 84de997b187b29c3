/*
 * past.c
 *		What was applied at a date or after a run, by the journal.
 *
 * The journal is read backwards from what is applied now, so that it need not be complete
 * from the beginning: a revision that some later step concerns was what the first such step
 * changed, any other one was what it is.
 */
#include "postgres.h"

#include "base/compat.h"
#include "catalog/pg_type.h"
#include "store/store_private.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* The first step of a revision after the moment. */
typedef struct LaterStep
{
	const char *revision;
	bool		undone;			/* so it was applied */
	int64		squashed;		/* how many revisions one has replaced, this one among them */
	int64		replaces;		/* how many it has replaced itself */
} LaterStep;

static void *
new_later_step(uint64 row)
{
	LaterStep  *step = palloc0(sizeof(LaterStep));

	step->revision = sv_own_text(row, 1);
	step->undone = sv_own_number_at(row, 2, 0) != 0;
	step->squashed = sv_own_number_at(row, 3, 0);
	step->replaces = sv_own_number_at(row, 4, 0);
	return step;
}

#define LATER_STEPS(condition) \
	"SELECT l.revision, l.direction = 'downgrade', " \
	"(SELECT count(*) FROM schemaver.replaced p JOIN schemaver.replaced q ON q.squash = p.squash " \
	"WHERE p.revision = l.revision), " \
	"(SELECT count(*) FROM schemaver.replaced p WHERE p.squash = l.revision) " \
	"FROM (SELECT DISTINCT ON (s.revision) s.revision, s.direction FROM schemaver.step s " \
	"JOIN schemaver.run r ON r.run = s.run WHERE s.outcome <> 'failed' AND " condition " " \
	"ORDER BY s.revision, s.run, s.position) l " \
	"WHERE NOT EXISTS (SELECT FROM schemaver.living_version v WHERE v.name = l.revision)"

/* Steps of one transaction are there from its end on. */
#define STEP_TIME \
	"CASE WHEN r.command LIKE 'online%' OR r.command = 'adopt' THEN s.started_at + s.elapsed " \
	"ELSE coalesce(r.started_at + r.elapsed, s.started_at + s.elapsed) END"

static List *
steps_after_run(StoreMode mode, const char *number)
{
	static StoreQuery query = {LATER_STEPS("s.run > $1"), 1, {INT8OID}};
	static StoreQuery exists = {"SELECT FROM schemaver.run WHERE run = $1", 1, {INT8OID}};
	bool		is_number = number[0] != '\0' && strlen(number) < 19 &&
	number[strspn(number, "0123456789")] == '\0';
	int64		run = is_number ? strtoi64(number, NULL, 10) : -1;

	if (!is_number || sv_own_query(mode, &exists, run) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_UNKNOWN_REVISION),
				 errmsg("run \"%s\" does not exist", sv_base_clip(number)),
				 errhint("SELECT * FROM schemaver.log() lists the last runs.")));
	return sv_own_rows(mode, &query, new_later_step, run);
}

/* The moment that a date means; the server's own error has no hint. */
static TimestampTz
read_date(const char *date)
{
	MemoryContext caller = CurrentMemoryContext;
	volatile Datum time = 0;

	PG_TRY();
	{
		time = DirectFunctionCall3(timestamptz_in, CStringGetDatum(date),
								   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(caller);
		error = sv_copy_error();
		FlushErrorState();
		if (error->hint == NULL && ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_DATA_EXCEPTION)
			error->hint = "Write a date or a time: date:2026-11-29, 'date:2026-11-29 17:30:00+01'; SELECT * FROM schemaver.log() tells when runs began.";
		ReThrowError(error);
	}
	PG_END_TRY();
	return DatumGetTimestampTz(time);
}

static List *
steps_after_date(StoreMode mode, const char *date)
{
	static StoreQuery query = {LATER_STEPS(STEP_TIME " > $1"), 1, {TIMESTAMPTZOID}};

	return sv_own_rows(mode, &query, new_later_step, read_date(date));
}

static void
refuse_moment(const char *moment, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_NOT_IN_RANGE),
			 errmsg("what was applied at \"%s\" cannot be told", sv_base_clip(moment)),
			 errdetail_internal("%s", detail)));
}

/*
 * Set what was applied of revisions that a squash has replaced since: it stands for all of
 * them, or for none.  "members" counts for each revision those with a later step.
 */
static void
mark_squashed(const RevisionGraph *graph, const char *moment, const List *later, bool *marks)
{
	int64	   *members = palloc0(sizeof(int64) * Max(graph->n, 1));
	int64	   *undone = palloc0(sizeof(int64) * Max(graph->n, 1));

	foreach_ptr(const LaterStep, step, later)
	{
		int			i = sv_graph_find(graph, step->revision);

		if (i < 0 || step->squashed == 0)
			continue;
		members[i]++;
		undone[i] += step->undone ? 1 : 0;
		marks[i] = step->undone;
	}
	foreach_ptr(const LaterStep, step, later)
	{
		int			i = sv_graph_find(graph, step->revision);

		if (i < 0)
			continue;
		if (step->squashed > 0 &&
			(members[i] != step->squashed || (undone[i] != 0 && undone[i] != members[i])))
			refuse_moment(moment,
						  psprintf("Revision \"%s\" has replaced revisions of which some were applied then.",
								   graph->revisions[i].id));
		if (step->replaces > 0 && members[i] == 0 && !step->undone)
			refuse_moment(moment, psprintf("Revision \"%s\" has replaced others since.",
										   step->revision));
	}
}

static bool *
applied_at_moment(StoreMode mode, const RevisionGraph *graph, const char *moment)
{
	bool	   *marks = palloc0(sizeof(bool) * Max(graph->n, 1));
	List	   *later = strncmp(moment, SV_GRAPH_RUN, strlen(SV_GRAPH_RUN)) == 0 ?
	steps_after_run(mode, moment + strlen(SV_GRAPH_RUN)) :
	steps_after_date(mode, moment + strlen(SV_GRAPH_DATE));

	for (int i = 0; i < graph->n; i++)
		marks[i] = graph->revisions[i].applied;
	foreach_ptr(const LaterStep, step, later)
	{
		int			i = sv_graph_find(graph, step->revision);

		if (i >= 0)
			marks[i] = step->undone;
		else if (step->undone)
			refuse_moment(moment,
						  psprintf("Revision \"%s\" was applied then and is not registered any more.",
								   step->revision));
	}
	mark_squashed(graph, moment, later, marks);
	return marks;
}

/* AppliedThenFn for whoever looks */
bool *
sv_store_then(const RevisionGraph *graph, const char *moment)
{
	return applied_at_moment(SV_STORE_READ, graph, moment);
}

/* the same for runs */
bool *
sv_store_then_for_run(const RevisionGraph *graph, const char *moment)
{
	return applied_at_moment(SV_STORE_WRITE, graph, moment);
}
