/*
 * proving.c
 *		SQL functions that prove revisions by trying them out.
 */
#include "postgres.h"

#include "api/api.h"
#include "run/run.h"
#include "run/test.h"

PG_FUNCTION_INFO_V1(sv_api_test);

static void
put_result(ReturnSetInfo *to, const TestResult *result)
{
	RowBuilder	row = {0};

	sv_row_text(&row, result->revision);
	sv_row_text(&row, result->message);
	sv_row_text(&row, result->verdict);
	sv_row_datum(&row, sv_text_array(result->objects), false);
	sv_row_text(&row, result->sqlstate);
	sv_row_text(&row, result->detail);
	sv_row_datum(&row, BoolGetDatum(result->with_data), false);
	sv_row_put(to, &row);
}

static RevisionList
pending(const RevisionGraph *graph)
{
	RevisionList list = {0, palloc(sizeof(int) * (graph->n + 1))};

	for (int i = 0; i < graph->n; i++)
		if (!graph->revisions[i].applied)
			list.members[list.n++] = i;
	return list;
}

Datum
sv_api_test(PG_FUNCTION_ARGS)
{
	char	   *range = sv_arg_text_or_null(fcinfo, 0);
	ReturnSetInfo *result = sv_result_begin(fcinfo);
	RevisionGraph *graph;
	RevisionList list;
	ListCell   *cell;

	sv_run_lock("schemaver.test()");
	sv_run_refuse_interrupted();
	graph = sv_store_graph(SV_STORE_WRITE);
	list = range ? sv_api_range(graph, range) : pending(graph);
	foreach(cell, sv_test(graph, &list))
		put_result(result, lfirst(cell));
	PG_RETURN_NULL();
}
