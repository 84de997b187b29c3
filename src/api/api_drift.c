/*
 * api_drift.c
 *		SQL functions about what was changed outside of revisions.
 */
#include "postgres.h"

#include "api/api_private.h"
#include "base/base.h"
#include "drift/drift.h"
#include "living/living.h"
#include "report/report.h"
#include "store/store.h"
#include "track/track.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/timestamp.h"


PG_FUNCTION_INFO_V1(sv_api_drift);
PG_FUNCTION_INFO_V1(sv_api_revert_drift);
PG_FUNCTION_INFO_V1(sv_api_allow_clean);
PG_FUNCTION_INFO_V1(sv_api_clean);
PG_FUNCTION_INFO_V1(sv_api_capture);
PG_FUNCTION_INFO_V1(sv_api_rebase_state);
PG_FUNCTION_INFO_V1(sv_api_log_ddl);
PG_FUNCTION_INFO_V1(sv_api_edited_by_hand);
PG_FUNCTION_INFO_V1(sv_api_drift_count);

static void
append_property(StringInfo out, const char *key, const Property *property)
{
	appendStringInfo(out, "\"%s\":", key);
	if (property == NULL)
		appendStringInfoString(out, "null");
	else if (property->text != NULL)
		escape_json(out, property->text);
	else
		appendStringInfoString(out, sv_json_list(property->list));
}

static char *
name_difference(const char *key, const char *was, const char *is)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "\"%s\":{\"was\":", key);
	escape_json(&out, was);
	appendStringInfoString(&out, ",\"is\":");
	escape_json(&out, is);
	appendStringInfoChar(&out, '}');
	return out.data;
}

static Datum
new_names_of(const Drift *drift)
{
	bool		moved = drift->kept->schema != NULL && drift->live->schema != NULL &&
	strcmp(drift->kept->schema, drift->live->schema) != 0;
	bool		named = strcmp(drift->kept->name, drift->live->name) != 0;

	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoChar(&out, '{');
	if (named)
		appendStringInfoString(&out,
							   name_difference("name", drift->kept->name, drift->live->name));
	if (named && moved)
		appendStringInfoChar(&out, ',');
	if (moved)
		appendStringInfoString(&out,
							   name_difference("schema", drift->kept->schema, drift->live->schema));
	appendStringInfoChar(&out, '}');
	return JsonbPGetDatum(sv_json_parse(out.data));
}

/* {"type": {"was": "text", "is": "integer"}}; NULL for what was created or dropped. */
static Datum
differences_of(const Drift *drift, bool *isnull)
{
	StringInfoData out;

	*isnull = drift->differs == NIL && !drift->renamed;
	if (drift->renamed && drift->differs == NIL)
		return new_names_of(drift);
	if (*isnull)
		return (Datum) 0;
	initStringInfo(&out);
	appendStringInfoChar(&out, '{');
	foreach_ptr(const Difference, difference, drift->differs)
	{
		if (foreach_current_index(difference) > 0)
			appendStringInfoChar(&out, ',');
		escape_json(&out, difference->property);
		appendStringInfoString(&out, ":{");
		append_property(&out, "was", difference->was);
		appendStringInfoChar(&out, ',');
		append_property(&out, "is", difference->is);
		appendStringInfoChar(&out, '}');
	}
	appendStringInfoChar(&out, '}');
	return JsonbPGetDatum(sv_json_parse(out.data));
}

/* The texts of several lines that differ, as unified diffs. */
static char *
changed_texts(const Drift *drift)
{
	StringInfoData out;

	initStringInfo(&out);
	foreach_ptr(const Difference, difference, drift->differs)
		sv_report_property_diff(&out, difference->property, difference->was, difference->is);
	return out.len > 0 ? out.data : NULL;
}

/* Tags of statements that do what happened to the object. */
static const char *
likely_tags(const Drift *drift)
{
	const Difference *only = list_length(drift->differs) == 1 ? linitial(drift->differs) : NULL;

	if (drift->kept == NULL)
		return "^(CREATE|SELECT INTO)";
	if (only != NULL && strcmp(only->property, "acl") == 0)
		return "^(GRANT|REVOKE)";
	if (only != NULL && strcmp(only->property, "comment") == 0)
		return "^COMMENT";
	return drift->live == NULL ? "^(DROP|ALTER)" : "^(ALTER|CREATE)";
}

/* Who, when and by which statement, where it was logged. */
static void
row_culprit(RowBuilder *row, const Drift *drift)
{
	LoggedDdl  *entry = sv_store_ddl_of(drift->live ? drift->live :
										drift->kept, likely_tags(drift));

	sv_row_text(row, entry ? entry->role : NULL);
	sv_row_datum(row, entry ? TimestampTzGetDatum(entry->logged_at) : (Datum) 0, entry == NULL);
	sv_row_text(row, entry ? entry->statement : NULL);
}

Datum
sv_api_log_ddl(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("schemaver.log_ddl() can only be called by an event trigger")));
	sv_ddl_log((EventTriggerData *) fcinfo->context);
	PG_RETURN_NULL();
}

Datum
sv_api_edited_by_hand(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("schemaver.edited_by_hand() can only be called by a trigger")));
	sv_store_note_edit((TriggerData *) fcinfo->context);
	return PointerGetDatum(NULL);
}

static DiffOptions
arg_drift_options(FunctionCallInfo fcinfo, int n)
{
	DiffOptions options = sv_arg_live_options(fcinfo, n);

	options.kept = true;
	return options;
}

/* Managed rows that are not as the text in force has them. */
static void
put_rows_drift(ReturnSetInfo *result, const List *schemas, List *exclude)
{
	foreach_ptr(const RowsDrift, drift, sv_living_rows_drift(schemas, exclude))
	{
		RowBuilder	row = {0};

		sv_row_text(&row, "rows");
		sv_row_text(&row, sv_managed_table(drift->wanted));
		sv_row_text(&row, drift->report != NULL ? "changed" : "unknown");
		sv_row_datum(&row, JsonbPGetDatum(sv_json_parse(sv_living_rows_differs(drift))), false);
		sv_row_text(&row, sv_living_rows_revert(drift));
		for (int i = 0; i < 2; i++)
			sv_row_text(&row, NULL);
		sv_row_datum(&row, (Datum) 0, true);
		for (int i = 0; i < 2; i++)
			sv_row_text(&row, NULL);
		sv_row_put(result, &row);
	}
}

Datum
sv_api_drift(PG_FUNCTION_ARGS)
{
	ModelScope	scope = sv_arg_scope(fcinfo, 0);
	DiffOptions options = arg_drift_options(fcinfo, 1);
	ReturnSetInfo *result = sv_result_begin(fcinfo);
	DriftReport report = sv_drift_find(scope.schemas, &options);

	sv_warn_of_findings(report.live);
	sv_drift_write(&report, &options);
	foreach_ptr(const Drift, drift, report.drifts)
	{
		RowBuilder	row = {0};
		bool		isnull;
		Datum		differs = differences_of(drift, &isnull);

		sv_row_text(&row, sv_drift_object(drift)->class->name);
		sv_row_text(&row, sv_drift_object(drift)->identity);
		sv_row_text(&row, sv_drift_change(drift));
		sv_row_datum(&row, differs, isnull);
		sv_row_text(&row, sv_diff_script(drift->revert));
		sv_row_text(&row, sv_diff_script(drift->apply));
		row_culprit(&row, drift);
		sv_row_text(&row, changed_texts(drift));
		sv_row_put(result, &row);
	}
	put_rows_drift(result, scope.schemas, options.exclude);
	return (Datum) 0;
}

Datum
sv_api_revert_drift(PG_FUNCTION_ARGS)
{
	ModelScope	scope = sv_arg_scope(fcinfo, 0);
	DiffOptions options = arg_drift_options(fcinfo, 1);

	sv_put_diff_rows(fcinfo,
					 sv_drift_revert(scope.schemas, &options, &sv_living_rows_calls,
									 sv_arg_bool(fcinfo, 2), sv_arg_bool(fcinfo, 3)));
	return (Datum) 0;
}

Datum
sv_api_allow_clean(PG_FUNCTION_ARGS)
{
	sv_drift_allow_clean(sv_arg_bool(fcinfo, 0));
	PG_RETURN_VOID();
}

Datum
sv_api_clean(PG_FUNCTION_ARGS)
{
	ModelScope	scope = sv_arg_scope(fcinfo, 0);
	DiffOptions options = sv_arg_live_options(fcinfo, -1);
	ReturnSetInfo *result = sv_result_begin(fcinfo);

	foreach_ptr(const DiffRow, dropped,
				sv_drift_clean(scope.schemas, &options, sv_arg_bool(fcinfo, 1)))
	{
		sv_result_texts(result, 2, dropped->kind, dropped->identity);
	}
	return (Datum) 0;
}

Datum
sv_api_capture(PG_FUNCTION_ARGS)
{
	RevisionDraft draft = {0};
	DiffOptions options = arg_drift_options(fcinfo, 2);
	char	   *id;

	draft.message = sv_arg_text(fcinfo, 0, "message");
	draft.id = sv_arg_text_or_null(fcinfo, 1);
	id = sv_drift_capture(&draft, &options, sv_arg_bool(fcinfo, 3), sv_diff_script);
	if (id == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(id));
}

Datum
sv_api_rebase_state(PG_FUNCTION_ARGS)
{
	char	   *reason = sv_arg_text(fcinfo, 0, "reason");

	if (strspn(reason, " \t\r\n") == strlen(reason))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a reason is needed"),
				 errdetail("It stands in the journal.")));
	sv_drift_rebase(reason);
	PG_RETURN_VOID();
}

Datum
sv_api_drift_count(PG_FUNCTION_ARGS)
{
	DiffOptions options = arg_drift_options(fcinfo, -1);
	int			n = sv_drift_count(&options);

	if (n < 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(n);
}
