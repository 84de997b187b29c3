/*
 * looking.c
 *		SQL functions that look at the graph and at what is applied.
 *
 * They write nothing and work on a standby.
 */
#include "postgres.h"

#include "api/api.h"
#include "report/report.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
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

#define PENDING_SHOWN 5

static bool *
marks_of(const RevisionGraph *graph, const RevisionList *list)
{
	bool	   *marks = palloc0(sizeof(bool) * Max(graph->n, 1));

	for (int i = 0; i < list->n; i++)
		marks[list->members[i]] = true;
	return marks;
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

Datum
sv_api_current(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = sv_result_begin(fcinfo);
	RevisionGraph *graph = sv_store_graph(SV_STORE_READ);
	RevisionList list = sv_graph_current(graph);
	StoredRevision **rows = sv_store_revisions(SV_STORE_READ, graph, &list);

	for (int i = 0; i < list.n; i++)
	{
		RowBuilder	row = {0};

		sv_row_text(&row, rows[i]->id);
		sv_row_text(&row, rows[i]->message);
		row_applied(&row, rows[i]);
		sv_row_put(result, &row);
	}
	PG_RETURN_NULL();
}

Datum
sv_api_heads(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = sv_result_begin(fcinfo);
	RevisionGraph *graph = sv_store_graph(SV_STORE_READ);
	RevisionList list = sv_graph_heads(graph);
	RevisionList effective_list = sv_graph_effective_heads(graph);
	bool	   *effective = marks_of(graph, &effective_list);
	StoredRevision **rows = sv_store_revisions(SV_STORE_READ, graph, &list);

	for (int i = 0; i < list.n; i++)
	{
		RowBuilder	row = {0};

		sv_row_text(&row, rows[i]->id);
		sv_row_text(&row, rows[i]->message);
		row_list(&row, rows[i]->branch_labels);
		row_bool(&row, rows[i]->applied);
		row_bool(&row, effective[list.members[i]]);
		sv_row_put(result, &row);
	}
	PG_RETURN_NULL();
}

Datum
sv_api_bases(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = sv_result_begin(fcinfo);
	RevisionGraph *graph = sv_store_graph(SV_STORE_READ);
	RevisionList list = sv_graph_bases(graph);
	StoredRevision **rows = sv_store_revisions(SV_STORE_READ, graph, &list);

	for (int i = 0; i < list.n; i++)
	{
		RowBuilder	row = {0};

		sv_row_text(&row, rows[i]->id);
		sv_row_text(&row, rows[i]->message);
		row_list(&row, rows[i]->branch_labels);
		row_bool(&row, rows[i]->applied);
		sv_row_put(result, &row);
	}
	PG_RETURN_NULL();
}

static List *
children_of(const RevisionGraph *graph, int index)
{
	const GraphRevision *revision = &graph->revisions[index];
	List	   *ids = NIL;

	for (int i = 0; i < revision->nchildren; i++)
		ids = lappend(ids, (char *) graph->revisions[revision->children[i]].id);
	return ids;
}

Datum
sv_api_branches(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = sv_result_begin(fcinfo);
	RevisionGraph *graph = sv_store_graph(SV_STORE_READ);
	RevisionList list = sv_graph_branch_points(graph);
	StoredRevision **rows = sv_store_revisions(SV_STORE_READ, graph, &list);

	for (int i = 0; i < list.n; i++)
	{
		RowBuilder	row = {0};

		sv_row_text(&row, rows[i]->id);
		sv_row_text(&row, rows[i]->message);
		row_list(&row, children_of(graph, list.members[i]));
		sv_row_put(result, &row);
	}
	PG_RETURN_NULL();
}

Datum
sv_api_history(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = sv_result_begin(fcinfo);
	RevisionGraph *graph = sv_store_graph(SV_STORE_READ);
	RevisionList list = sv_graph_history(graph, sv_arg_text_or_null(fcinfo, 0), sv_arg_text_or_null(fcinfo, 1));
	RevisionList current_list = sv_graph_current(graph);
	bool	   *current = marks_of(graph, &current_list);
	StoredRevision **rows = sv_store_revisions(SV_STORE_READ, graph, &list);

	for (int i = 0; i < list.n; i++)
	{
		const GraphRevision *node = &graph->revisions[list.members[i]];
		RowBuilder	row = {0};

		sv_row_text(&row, rows[i]->id);
		row_list(&row, rows[i]->revises);
		row_list(&row, rows[i]->depends_on);
		row_list(&row, rows[i]->branch_labels);
		sv_row_text(&row, rows[i]->message);
		row_bool(&row, node->nchildren == 0);
		row_bool(&row, node->nchildren > 1);
		row_bool(&row, node->nparents > 1);
		row_bool(&row, current[list.members[i]]);
		sv_row_datum(&row, TimestampTzGetDatum(rows[i]->applied_at), !rows[i]->applied);
		sv_row_datum(&row, TimestampTzGetDatum(rows[i]->created_at), false);
		sv_row_text(&row, rows[i]->created_by);
		sv_row_put(result, &row);
	}
	PG_RETURN_NULL();
}

Datum
sv_api_show(PG_FUNCTION_ARGS)
{
	char	   *ref = sv_arg_text(fcinfo, 0, "ref");
	ReturnSetInfo *result = sv_result_begin(fcinfo);
	RevisionGraph *graph = sv_store_graph(SV_STORE_READ);
	RevisionList list = sv_graph_resolve(graph, ref);
	StoredRevision **rows = sv_store_revisions(SV_STORE_READ, graph, &list);

	for (int i = 0; i < list.n; i++)
	{
		StoredScript *script = sv_store_script(SV_STORE_READ, rows[i]->id);
		RowBuilder	row = {0};

		sv_row_text(&row, rows[i]->id);
		sv_row_text(&row, rows[i]->message);
		row_list(&row, rows[i]->revises);
		row_list(&row, rows[i]->depends_on);
		row_list(&row, rows[i]->branch_labels);
		sv_row_datum(&row, DirectFunctionCall1(jsonb_in, CStringGetDatum(rows[i]->options)), false);
		sv_row_text(&row, rows[i]->checksum);
		sv_row_text(&row, script->up);
		sv_row_text(&row, script->down);
		sv_row_text(&row, script->verify);
		sv_row_text(&row, script->source);
		sv_row_datum(&row, TimestampTzGetDatum(rows[i]->created_at), false);
		sv_row_text(&row, rows[i]->created_by);
		row_applied(&row, rows[i]);
		sv_row_datum(&row, rows[i]->elapsed, !rows[i]->has_elapsed);
		sv_row_put(result, &row);
	}
	PG_RETURN_NULL();
}

/*
 * "applied"; "pending": would run; "behind": would run although a later
 * revision is applied already (it was inserted below).
 */
static const char *
state_of(bool applied, bool below_applied)
{
	return applied ? "applied" : below_applied ? "behind" : "pending";
}

Datum
sv_api_status(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = sv_result_begin(fcinfo);
	RevisionGraph *graph = sv_store_graph(SV_STORE_READ);
	RevisionList current = sv_graph_current(graph);
	bool	   *below = sv_graph_ancestors(graph, &current, true);
	bool	   *all = palloc(sizeof(bool) * Max(graph->n, 1));
	RevisionList list;
	StoredRevision **rows;

	memset(all, true, graph->n);
	list = sv_graph_order(graph, all);
	rows = sv_store_revisions(SV_STORE_READ, graph, &list);
	for (int i = 0; i < list.n; i++)
	{
		RowBuilder	row = {0};

		sv_row_datum(&row, Int32GetDatum(i + 1), false);
		sv_row_text(&row, rows[i]->id);
		sv_row_text(&row, rows[i]->message);
		sv_row_text(&row, state_of(rows[i]->applied, below[list.members[i]]));
		row_bool(&row, rows[i]->up_blocker == NULL);
		row_bool(&row, rows[i]->has_down);
		row_applied(&row, rows[i]);
		sv_row_datum(&row, rows[i]->elapsed, !rows[i]->has_elapsed);
		sv_row_put(result, &row);
	}
	PG_RETURN_NULL();
}

Datum
sv_api_resolve(PG_FUNCTION_ARGS)
{
	char	   *ref = sv_arg_text(fcinfo, 0, "ref");
	ReturnSetInfo *result = sv_result_begin(fcinfo);
	RevisionGraph *graph = sv_store_graph(SV_STORE_READ);
	RevisionList list = sv_graph_resolve(graph, ref);
	StoredRevision **rows = sv_store_revisions(SV_STORE_READ, graph, &list);

	for (int i = 0; i < list.n; i++)
	{
		RowBuilder	row = {0};

		sv_row_text(&row, rows[i]->id);
		sv_row_text(&row, rows[i]->message);
		row_bool(&row, rows[i]->applied);
		sv_row_put(result, &row);
	}
	PG_RETURN_NULL();
}

Datum
sv_api_graph(PG_FUNCTION_ARGS)
{
	char	   *format = sv_arg_text(fcinfo, 0, "format");
	RevisionGraph *graph = sv_store_graph(SV_STORE_READ);
	RevisionList list = sv_graph_history(graph, NULL, NULL);
	StoredRevision **rows = sv_store_revisions(SV_STORE_READ, graph, &list);

	PG_RETURN_TEXT_P(cstring_to_text(sv_report_graph(format, graph, &list, rows)));
}

Datum
sv_api_check(PG_FUNCTION_ARGS)
{
	RevisionGraph *graph = sv_store_graph(SV_STORE_READ);
	StringInfoData ids;
	int			pending = 0;

	initStringInfo(&ids);
	for (int i = 0; i < graph->n; i++)
	{
		if (graph->revisions[i].applied)
			continue;
		if (++pending <= PENDING_SHOWN)
			appendStringInfo(&ids, "%s%s", pending > 1 ? ", " : "", graph->revisions[i].id);
	}
	if (pending > 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_PENDING),
				 errmsg_plural("%d revision is not applied", "%d revisions are not applied", pending, pending),
				 errdetail("Pending: %s%s.", ids.data, pending > PENDING_SHOWN ? ", ..." : ""),
				 errhint("Run SELECT * FROM schemaver.upgrade(%s);",
						 sv_graph_heads(graph).n > 1 ? "'heads'" : "")));
	PG_RETURN_VOID();
}
