/*
 * api_look.c
 *		SQL functions that look at the graph and at what is applied.
 *
 * They write nothing and work on a standby.
 */
#include "postgres.h"

#include "api/api_private.h"
#include "drift/drift.h"
#include "living/living.h"
#include "miscadmin.h"
#include "online/online.h"
#include "report/report.h"
#include "run/run.h"
#include "script/script.h"
#include "store/store.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(sv_api_current);
PG_FUNCTION_INFO_V1(sv_api_heads);
PG_FUNCTION_INFO_V1(sv_api_bases);
PG_FUNCTION_INFO_V1(sv_api_branches);
PG_FUNCTION_INFO_V1(sv_api_history);
PG_FUNCTION_INFO_V1(sv_api_show);
PG_FUNCTION_INFO_V1(sv_api_status);
PG_FUNCTION_INFO_V1(sv_api_resolve);
PG_FUNCTION_INFO_V1(sv_api_graph);
PG_FUNCTION_INFO_V1(sv_api_check);
PG_FUNCTION_INFO_V1(sv_api_log);

/* Sets the columns of a row for one revision; "index" is its place in the graph. */
typedef void (*PutFn) (RowBuilder *row, const RevisionGraph *graph, int index,
					   const StoredRevision *revision, void *arg);

/* Give one row for each revision of a list. */
static Datum
give_revisions(FunctionCallInfo fcinfo, const RevisionGraph *graph, RevisionList list, PutFn put,
			   void *arg)
{
	ReturnSetInfo *result = sv_result_begin(fcinfo);
	StoredRevision **rows = sv_store_revisions(SV_STORE_READ, graph, &list);

	for (int i = 0; i < list.n; i++)
	{
		RowBuilder	row = {0};

		CHECK_FOR_INTERRUPTS();
		sv_row_text(&row, rows[i]->id);
		sv_row_text(&row, rows[i]->message);
		put(&row, graph, list.members[i], rows[i], arg);
		sv_row_put(result, &row);
	}
	return (Datum) 0;
}

static void
row_bool(RowBuilder *row, bool value)
{
	sv_row_datum(row, BoolGetDatum(value), false);
}

static void
row_list(RowBuilder *row, List *strings)
{
	sv_row_datum(row, sv_text_array(strings), false);
}

static void
row_applied(RowBuilder *row, const StoredRevision *revision)
{
	sv_row_datum(row, TimestampTzGetDatum(revision->applied_at), !revision->applied);
	sv_row_text(row, revision->applied_by);
}

static void
row_elapsed(RowBuilder *row, const StoredRevision *revision)
{
	sv_row_datum(row, revision->elapsed, !revision->has_elapsed);
}

static void
row_created(RowBuilder *row, const StoredRevision *revision)
{
	sv_row_datum(row, TimestampTzGetDatum(revision->created_at), false);
	sv_row_text(row, revision->created_by);
}

static void
put_current(RowBuilder *row, const RevisionGraph *graph, int index, const StoredRevision *revision,
			void *arg)
{
	row_applied(row, revision);
}

Datum
sv_api_current(PG_FUNCTION_ARGS)
{
	RevisionGraph *graph = sv_store_nothing_pending(SV_STORE_READ);

	if (graph == NULL)
		graph = sv_store_graph(SV_STORE_READ);
	return give_revisions(fcinfo, graph, sv_graph_current(graph), put_current, NULL);
}

static void
put_head_row(RowBuilder *row, const RevisionGraph *graph, int index, const StoredRevision *revision,
			 void *arg)
{
	row_list(row, revision->branch_labels);
	row_bool(row, revision->applied);
	row_bool(row, graph->revisions[index].ndependents == 0);
}

Datum
sv_api_heads(PG_FUNCTION_ARGS)
{
	RevisionGraph *graph = sv_store_graph(SV_STORE_READ);

	return give_revisions(fcinfo, graph, sv_graph_heads(graph), put_head_row, NULL);
}

static void
put_base(RowBuilder *row, const RevisionGraph *graph, int index, const StoredRevision *revision,
		 void *arg)
{
	row_list(row, revision->branch_labels);
	row_bool(row, revision->applied);
}

Datum
sv_api_bases(PG_FUNCTION_ARGS)
{
	RevisionGraph *graph = sv_store_graph(SV_STORE_READ);

	return give_revisions(fcinfo, graph, sv_graph_bases(graph), put_base, NULL);
}

static void
put_branch_point(RowBuilder *row, const RevisionGraph *graph, int index,
				 const StoredRevision *revision, void *arg)
{
	const GraphRevision *node = &graph->revisions[index];
	List	   *children = NIL;

	for (int i = 0; i < node->nchildren; i++)
		children = lappend(children, (char *) graph->revisions[node->children[i]].id);
	row_list(row, children);
}

Datum
sv_api_branches(PG_FUNCTION_ARGS)
{
	RevisionGraph *graph = sv_store_graph(SV_STORE_READ);

	return give_revisions(fcinfo, graph, sv_graph_branch_points(graph), put_branch_point, NULL);
}

/* To the second: nobody reads more of it in a list. */
static void
row_applied_at(RowBuilder *row, const StoredRevision *revision)
{
	sv_row_datum(row, TimestampTzGetDatum(revision->applied_at -
										  revision->applied_at % USECS_PER_SEC),
				 !revision->applied);
}

/* What the derived down of a revision needs of the rows that are there; NULL: nothing. */
static void
row_needs(RowBuilder *row, const StoredRevision *revision)
{
	bool		derived = revision->applied && revision->has_down &&
	sv_run_is_generated(sv_store_script(SV_STORE_READ, revision->id), SV_DOWNGRADE);

	sv_row_list_or_null(row, derived ? sv_run_needs(SV_STORE_READ, revision, false) : NIL);
}

static void
add_note(StringInfo notes, const char *prefix, const char *note)
{
	appendStringInfo(notes, "%s%s%s", notes->len > 0 ? ", " : "", prefix, note);
}

/* What the revision is in the graph: head, current, branch point, merge, labels, dependencies. */
static char *
history_notes(const GraphRevision *node, const StoredRevision *revision, bool is_current)
{
	StringInfoData notes;

	initStringInfo(&notes);
	if (is_current)
		add_note(&notes, "", "current");
	if (node->nchildren == 0)
		add_note(&notes, "", "head");
	if (node->nchildren > 1)
		add_note(&notes, "", "branch point");
	if (node->nparents > 1)
		add_note(&notes, "", "merge");
	foreach_ptr(const char, label, revision->branch_labels)
		add_note(&notes, "branch ", label);
	foreach_ptr(const char, needed, revision->depends_on)
		add_note(&notes, "depends on ", needed);
	return notes.data;
}

/* "arg" marks the current heads. */
static void
put_history(RowBuilder *row, const RevisionGraph *graph, int index, const StoredRevision *revision,
			void *arg)
{
	row_list(row, revision->revises);
	sv_row_text(row, history_notes(&graph->revisions[index], revision,
								   ((const bool *) arg)[index]));
	row_applied_at(row, revision);
}

Datum
sv_api_history(PG_FUNCTION_ARGS)
{
	RevisionGraph *graph = sv_store_graph(SV_STORE_READ);
	RevisionList heads = sv_graph_current(graph);
	bool	   *current = palloc0(sizeof(bool) * Max(graph->n, 1));

	for (int i = 0; i < heads.n; i++)
		current[heads.members[i]] = true;
	return give_revisions(fcinfo, graph,
						  sv_graph_history(graph, sv_arg_name_or_null(fcinfo, 0),
										   sv_arg_name_or_null(fcinfo, 1)),
						  put_history, current);
}

static void
put_all(RowBuilder *row, const RevisionGraph *graph, int index, const StoredRevision *revision,
		void *arg)
{
	StoredScript *script = sv_store_script(SV_STORE_READ, revision->id);

	row_list(row, revision->revises);
	row_list(row, revision->depends_on);
	row_list(row, revision->branch_labels);
	sv_row_datum(row, JsonbPGetDatum(sv_json_parse(revision->options)), false);
	sv_row_text(row, revision->checksum);
	sv_row_text(row, sv_redact_script(script->up));
	sv_row_text(row, sv_redact_script(script->down ? script->down : script->derived));
	sv_row_text(row, sv_redact_script(script->verify));
	sv_row_text(row, script->source);
	row_created(row, revision);
	row_applied(row, revision);
	row_elapsed(row, revision);
	row_bool(row, script->down == NULL && script->derived != NULL);
	sv_row_list_or_null(row, revision->lost);
	row_needs(row, revision);
}

Datum
sv_api_show(PG_FUNCTION_ARGS)
{
	RevisionGraph *graph = sv_store_graph(SV_STORE_READ);

	return give_revisions(fcinfo, graph, sv_graph_resolve(graph, sv_arg_name(fcinfo, 0, "ref")),
						  put_all, NULL);
}

/* Will its down be derived when it is applied, as far as that can be known? */
static bool
may_get_down(const StoredRevision *revision)
{
	const char *irreversible;

	if (revision->applied || revision->has_down || !sv_derive_downs)
		return false;
	(void) sv_store_options(revision->options, &irreversible);
	return irreversible == NULL;
}

static void
put_status(RowBuilder *row, const RevisionGraph *graph, int index, const StoredRevision *revision,
		   void *arg)
{
	sv_row_text(row, sv_report_state(arg, index, revision));
	row_bool(row, revision->up_blocker == NULL);
	if (may_get_down(revision))
		sv_row_text(row, NULL);
	else
		row_bool(row, revision->has_down);
	row_applied_at(row, revision);
	row_needs(row, revision);
}

/* The living objects, below the revisions: all, or those that an upgrade would run. */
static void
put_living_objects(ReturnSetInfo *result, bool all)
{
	foreach_ptr(const LivingState, state, sv_living_states(SV_STORE_READ))
	{
		const LivingVersion *version = state->version;
		RowBuilder	row = {0};

		if (!all && strcmp(state->state, "applied") == 0)
			continue;
		sv_row_text(&row, state->living->name);
		sv_row_text(&row, sv_living_word(state->living));
		sv_row_text(&row, state->state);
		row_bool(&row, true);
		row_bool(&row, true);
		sv_row_datum(&row, version ? TimestampTzGetDatum(version->ran_at) : (Datum) 0,
					 version == NULL);
		sv_row_list_or_null(&row, NIL);
		sv_row_put(result, &row);
	}
}

/* The heads of what is applied, and all that is in another state. */
static RevisionList
revisions_to_tell(const RevisionGraph *graph, const RevisionStates *states)
{
	RevisionList current = sv_graph_current(graph);
	bool	   *told = palloc0(sizeof(bool) * Max(graph->n, 1));
	RevisionList list;
	StoredRevision **rows;

	memset(told, true, graph->n);
	list = sv_graph_order(graph, told);
	rows = sv_store_revisions(SV_STORE_READ, graph, &list);
	for (int i = 0; i < list.n; i++)
		told[list.members[i]] =
			strcmp(sv_report_state(states, list.members[i], rows[i]), "applied") != 0;
	for (int i = 0; i < current.n; i++)
		told[current.members[i]] = true;
	return sv_graph_order(graph, told);
}

/* The graph if there is nothing to tell but its head; else NULL. */
static RevisionGraph *
look_at_head(void)
{
	Direction	direction;

	if (sv_store_interrupted(SV_STORE_READ, &direction) != NULL ||
		sv_store_any_changed(SV_STORE_READ))
		return NULL;
	return sv_store_nothing_pending(SV_STORE_READ);
}

Datum
sv_api_status(PG_FUNCTION_ARGS)
{
	bool		all = sv_arg_bool(fcinfo, 0);
	RevisionGraph *graph = all ? NULL : look_at_head();
	RevisionStates *states;
	RevisionList list;

	if (graph == NULL)
		graph = sv_store_graph(SV_STORE_READ);
	states = sv_report_states(graph);
	if (all)
	{
		bool	   *every = palloc(sizeof(bool) * Max(graph->n, 1));

		memset(every, true, graph->n);
		list = sv_graph_order(graph, every);
	}
	else
		list = revisions_to_tell(graph, states);
	(void) give_revisions(fcinfo, graph, list, put_status, states);
	put_living_objects((ReturnSetInfo *) fcinfo->resultinfo, all);
	return (Datum) 0;
}

static void
put_resolved(RowBuilder *row, const RevisionGraph *graph, int index,
			 const StoredRevision *revision, void *arg)
{
	row_bool(row, revision->applied);
}

Datum
sv_api_resolve(PG_FUNCTION_ARGS)
{
	RevisionGraph *graph = sv_store_graph(SV_STORE_READ);

	return give_revisions(fcinfo, graph, sv_graph_resolve(graph, sv_arg_name(fcinfo, 0, "ref")),
						  put_resolved, NULL);
}

Datum
sv_api_graph(PG_FUNCTION_ARGS)
{
	char	   *format = sv_arg_name(fcinfo, 0, "format");
	RevisionGraph *graph = sv_store_graph(SV_STORE_READ);
	RevisionList list = sv_graph_history(graph, NULL, NULL);
	StoredRevision **rows = sv_store_revisions(SV_STORE_READ, graph, &list);
	ReturnSetInfo *result = sv_result_begin(fcinfo);
	char	   *line = sv_report_graph(format, graph, &list, rows);

	while (line != NULL && *line != '\0')
	{
		char	   *end = strchr(line, '\n');

		CHECK_FOR_INTERRUPTS();
		if (end != NULL)
			*end++ = '\0';
		sv_result_texts(result, 1, line);
		line = end;
	}
	return (Datum) 0;
}

/* The graph as far as check() needs it. */
static RevisionGraph *
graph_to_check(List *targets)
{
	RevisionGraph *graph = NULL;
	Direction	direction;

	foreach_ptr(const char, target, targets)
	{
		if (strcmp(target, "head") != 0 && strcmp(target, "heads") != 0)
			return sv_store_graph(SV_STORE_READ);
	}
	if (sv_store_interrupted(SV_STORE_READ, &direction) == NULL)
		graph = sv_store_nothing_pending(SV_STORE_READ);
	return graph != NULL ? graph : sv_store_graph(SV_STORE_READ);
}

Datum
sv_api_check(PG_FUNCTION_ARGS)
{
	List	   *targets = sv_arg_list(fcinfo, 0);
	bool		drift = sv_arg_bool(fcinfo, 1);
	ModelScope	scope = sv_arg_scope(fcinfo, 2);
	DiffOptions options = sv_arg_live_options(fcinfo, 3);

	options.kept = true;
	sv_store_refuse_subscribed();
	sv_drift_refuse_pending(graph_to_check(targets), targets);
	if (targets == NIL)
		sv_living_refuse_pending();
	if (drift)
		sv_drift_refuse(scope.schemas, &options,
						"Look at it with SELECT * FROM schemaver.drift(); then make a revision of "
						"it with schemaver.capture(), or undo it with schemaver.revert_drift().");
	if (drift)
		sv_living_refuse_rows_drift(scope.schemas, options.exclude);
	PG_RETURN_VOID();
}

Datum
sv_api_log(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0) || PG_GETARG_INT32(0) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"runs\" must be a number of runs")));
	sv_store_run_lines(SV_STORE_READ, PG_GETARG_INT32(0), sv_result_row, sv_result_begin(fcinfo));
	PG_RETURN_NULL();
}
