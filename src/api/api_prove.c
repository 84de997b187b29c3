/*
 * api_prove.c
 *		SQL functions that prove revisions by trying them out.
 */
#include "postgres.h"

#include "api/api.h"
#include "api/api_private.h"
#include "catalog/namespace.h"
#include "diff/diff.h"
#include "drift/drift.h"
#include "graph/graph.h"
#include "proof/proof.h"
#include "register/register.h"
#include "run/run.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(sv_api_test);
PG_FUNCTION_INFO_V1(sv_api_baseline);
PG_FUNCTION_INFO_V1(sv_api_squash);

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
pending_revisions(const RevisionGraph *graph)
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
	char	   *range = sv_arg_name_or_null(fcinfo, 0);
	ReturnSetInfo *result = sv_result_begin(fcinfo);
	RevisionGraph *graph;
	RevisionList list;

	sv_arg_variables(fcinfo, 1);
	sv_lock_run("schemaver.test()");
	sv_store_refuse_unfinished();
	graph = sv_store_graph(SV_STORE_WRITE);
	list = range ? sv_api_range(graph, range) : pending_revisions(graph);
	foreach_ptr(const TestResult, one, sv_test(graph, &list))
		put_result(result, one);
	PG_RETURN_NULL();
}

/* ---------- baseline ---------- */

static void
refuse_if_registered(void)
{
	int			heads;
	char	   *newest = sv_store_newest_revision(&heads);

	if (newest != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_REFUSED),
				 errmsg("a baseline must be the first revision"),
				 errdetail("Revision \"%s\" is registered.", newest),
				 errhint("If these revisions lead to what is there, record it: SELECT * FROM schemaver.stamp('{heads}');")));
}

static void
ignore_step(const RunStep *step, void *arg)
{
}

Datum
sv_api_baseline(PG_FUNCTION_ARGS)
{
	RevisionDraft draft = {0};
	ModelScope	scope = sv_arg_scope(fcinfo, 2);
	DiffOptions options = sv_arg_live_options(fcinfo, 3);
	const char *targets[1];
	char	   *id;

	draft.message = sv_arg_text(fcinfo, 0, "message");
	draft.id = sv_arg_text_or_null(fcinfo, 1);
	draft.revises_given = true;
	sv_register_lock("schemaver.baseline()");
	sv_lock_run("schemaver.baseline()");
	refuse_if_registered();
	/* an error where there is no such schema: a baseline without it would lie */
	foreach_ptr(const char, name, scope.schemas)
		(void) get_namespace_oid(name, false);
	sv_proof_baseline(&draft, scope.schemas, &options, sv_arg_bool(fcinfo, 4));
	id = sv_register_add(&draft, false);
	sv_drift_begin(&options);
	targets[0] = id;
	PushActiveSnapshot(GetTransactionSnapshot());	/* to see that state */
	sv_run_stamp(1, targets, false, ignore_step, NULL);
	PopActiveSnapshot();
	PG_RETURN_TEXT_P(cstring_to_text(id));
}

/* ---------- squash ---------- */

static bool
arg_keep_data(FunctionCallInfo fcinfo, int n)
{
	char	   *data = sv_arg_name(fcinfo, n, "data");

	if (strcmp(data, "keep") != 0 && strcmp(data, "elide") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unrecognized value \"%s\" of argument \"data\"", sv_base_clip(data)),
				 errhint("Use 'keep' or 'elide'.")));
	return strcmp(data, "keep") == 0;
}

Datum
sv_api_squash(PG_FUNCTION_ARGS)
{
	char	   *range = sv_arg_name(fcinfo, 0, "range");
	DiffOptions options = sv_arg_diff_options(fcinfo, 5);
	RevisionDraft draft = {0};
	RevisionGraph *graph;
	RevisionList list;
	bool		keep_data;

	draft.message = sv_arg_text(fcinfo, 1, "message");
	draft.id = sv_arg_text_or_null(fcinfo, 2);
	keep_data = arg_keep_data(fcinfo, 3);
	sv_register_lock("schemaver.squash()");
	sv_lock_run("schemaver.squash()");
	sv_store_refuse_unfinished();
	graph = sv_store_graph(SV_STORE_WRITE);
	list = sv_api_range(graph, range);
	list = sv_register_squash_members(graph, &list);
	sv_register_squash_draft(&draft, graph, &list, keep_data);
	sv_proof_squash(&draft, graph, &list, keep_data, sv_arg_bool(fcinfo, 4), &options);
	if (draft.down == NULL)
		ereport(NOTICE,
				(errmsg("the squashed revision has no down"),
				 errdetail("No way back to the schema before it could be proven.")));
	PG_RETURN_TEXT_P(cstring_to_text(sv_register_add(&draft, true)));
}
