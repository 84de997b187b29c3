/*
 * api_compare.c
 *		SQL functions that describe and compare schemas.
 */
#include "postgres.h"

#include "access/xact.h"
#include "api/api.h"
#include "api/api_private.h"
#include "base/base.h"
#include "catalog/namespace.h"
#include "diff/diff.h"
#include "drift/drift.h"
#include "graph/graph.h"
#include "miscadmin.h"
#include "model/model.h"
#include "proof/proof.h"
#include "register/register.h"
#include "report/report.h"
#include "track/track.h"
#include "utils/builtins.h"


PG_FUNCTION_INFO_V1(sv_api_snapshot);
PG_FUNCTION_INFO_V1(sv_api_fingerprint);
PG_FUNCTION_INFO_V1(sv_api_diff_wanted);
PG_FUNCTION_INFO_V1(sv_api_diff_snapshots);
PG_FUNCTION_INFO_V1(sv_api_autogenerate);

/* The schemas to look at: NULL means all. */
ModelScope
sv_arg_scope(FunctionCallInfo fcinfo, int n)
{
	ModelScope	scope = {NIL, true, NULL};

	if (!PG_ARGISNULL(n))
	{
		scope.schemas = sv_arg_list(fcinfo, n);
		scope.all = false;
		if (scope.schemas == NIL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("argument \"schemas\" must not be empty"),
					 errhint("NULL means all schemas.")));
	}
	return scope;
}

/* The schemas to compare with a text of the caller's own. */
static ModelScope
wanted_scope(FunctionCallInfo fcinfo, int n)
{
	ModelScope	scope = sv_arg_scope(fcinfo, n);

	scope.private = superuser();
	return scope;
}

/*
 * A schema that does not exist (yet, or any more) may well be asked for, to compare it;
 * but a mistyped name should not look like an empty schema.
 */
static void
warn_of_unknown(const List *schemas)
{
	foreach_ptr(const char, name, schemas)
	{
		if (!OidIsValid(get_namespace_oid(name, true)))
			ereport(WARNING,
					(errcode(ERRCODE_UNDEFINED_SCHEMA),
					 errmsg("schema \"%s\" does not exist", name)));
	}
}

/*
 * A model of a large schema is done with before its result is printed, which takes as much memory
 * again.  Blocks that grow beyond 32 MB, from where on malloc() takes none of the heap, go back
 * to the operating system at once.
 */
#define LARGEST_BLOCK (64 * 1024 * 1024)

static MemoryContext
model_context(void)
{
	return AllocSetContextCreate(CurrentMemoryContext, "schemaver model", ALLOCSET_DEFAULT_MINSIZE,
								 ALLOCSET_DEFAULT_INITSIZE, LARGEST_BLOCK);
}

Datum
sv_api_snapshot(PG_FUNCTION_ARGS)
{
	ModelScope	scope = sv_arg_scope(fcinfo, 0);
	MemoryContext context = model_context();
	MemoryContext caller = MemoryContextSwitchTo(context);
	Model	   *model = sv_model_read(&scope);
	Jsonb	   *snapshot;

	warn_of_unknown(scope.schemas);
	MemoryContextSwitchTo(caller);
	snapshot = sv_model_to_jsonb(model);
	MemoryContextDelete(context);
	PG_RETURN_JSONB_P(snapshot);
}

Datum
sv_api_fingerprint(PG_FUNCTION_ARGS)
{
	ModelScope	scope = sv_arg_scope(fcinfo, 0);
	MemoryContext context = model_context();
	MemoryContext caller = MemoryContextSwitchTo(context);
	char	   *fingerprint = sv_model_fingerprint(sv_model_read(&scope));
	text	   *result;

	warn_of_unknown(scope.schemas);
	MemoryContextSwitchTo(caller);
	result = cstring_to_text(fingerprint);
	MemoryContextDelete(context);
	PG_RETURN_TEXT_P(result);
}

static List *
patterns_of(JsonbContainer *array)
{
	List	   *patterns = NIL;

	if (JsonContainerSize(array) > PATTERNS_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("option \"exclude\" has more than %d patterns", PATTERNS_MAX)));
	for (uint32 i = 0; i < JsonContainerSize(array); i++)
	{
		JsonbValue *value = getIthJsonbValueFromContainer(array, i);

		if (value->type != jbvString)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("option \"exclude\" must be a list of strings")));
		if (value->val.string.len > PATTERN_LENGTH_MAX)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("a pattern of option \"exclude\" is longer than %d bytes",
							PATTERN_LENGTH_MAX)));
		patterns = lappend(patterns, pnstrdup(value->val.string.val, value->val.string.len));
	}
	return patterns;
}

/* Read {"owners": false, ...}; "n" is negative where the function has no such argument. */
DiffOptions
sv_arg_diff_options(FunctionCallInfo fcinfo, int n)
{
	DiffOptions options =
	{.owners = true, .privileges = true, .comments = true, .drop = "drop",
	.cast_of = sv_model_cast_of};
	Jsonb	   *given = n < 0 || PG_ARGISNULL(n) ? NULL : PG_GETARG_JSONB_P(n);
	JsonMembers member;

	options.role = GetUserNameFromId(GetUserId(), false);
	if (given == NULL)
		return options;
	if (!JB_ROOT_IS_OBJECT(given))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the options must be a JSON object")));
	sv_json_begin(&member, &given->root);
	while (sv_json_next(&member))
	{
		const char *key = member.name;
		JsonbValue	value = member.value;

		if (strcmp(key, "owners") == 0 && value.type == jbvBool)
			options.owners = value.val.boolean;
		else if (strcmp(key, "privileges") == 0 && value.type == jbvBool)
			options.privileges = value.val.boolean;
		else if (strcmp(key, "comments") == 0 && value.type == jbvBool)
			options.comments = value.val.boolean;
		else if (strcmp(key, "drop") == 0 && value.type == jbvString)
			options.drop = sv_json_string(&value);
		else if (strcmp(key, "exclude") == 0 && sv_json_array(&value) != NULL)
			options.exclude = patterns_of(value.val.binary.data);
		else
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("option \"%s\" is not known or has a value of the wrong type",
							sv_base_clip(key)),
					 errhint("The options are owners, privileges, comments (boolean), drop (\"drop\", \"report\" or \"keep\") and exclude (a list of patterns).")));
	}
	if (strcmp(options.drop, "drop") != 0 && strcmp(options.drop, "report") != 0 &&
		strcmp(options.drop, "keep") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"drop\" must be \"drop\", \"report\" or \"keep\"")));
	return options;
}

/* The same for a comparison with the live schema, which leaves alone what ignore() names. */
DiffOptions
sv_arg_live_options(FunctionCallInfo fcinfo, int n)
{
	DiffOptions options = sv_arg_diff_options(fcinfo, n);

	options.exclude = list_concat(options.exclude, sv_store_ignored_patterns());
	return options;
}

/* What could not be compared is said aloud. */
void
sv_warn_of_findings(const Model *model)
{
	ListCell   *cell;

	foreach(cell, model->findings)
		ereport(WARNING,
				(errmsg("comparison is incomplete: %s", (char *) lfirst(cell))));
}

static DiffRow *
setting_row(const char *sql)
{
	DiffRow    *row = palloc0(sizeof(DiffRow));

	row->kind = "setting";
	row->identity = "check_function_bodies";
	row->action = "alter";
	row->sql = sql;
	return row;
}

/* The texts of several lines (a function's body, a view's query) in which an object changes. */
static char *
texts_of_row(const DiffRow *row)
{
	StringInfoData out;

	if (row->from == NULL || row->to == NULL)
		return NULL;
	initStringInfo(&out);
	for (int i = 0; i < row->from->nproperties; i++)
	{
		const Property *was = &row->from->properties[i];

		if (strcmp(was->name, "comment") != 0)
			sv_report_property_diff(&out, was->name, was, sv_property(row->to, was->name));
	}
	return out.len > 0 ? out.data : NULL;
}

/*
 * Give rows of sv_diff() as diff() does; for functions whose bodies are texts,
 * with the setting that these need.
 */
void
sv_put_diff_rows(FunctionCallInfo fcinfo, List *rows)
{
	ReturnSetInfo *result = sv_result_begin(fcinfo);
	RowBuilder	row = {0};
	const Object *before = NULL;
	ListCell   *cell;

	if (sv_diff_has_bodies(rows))
	{
		rows = lcons(setting_row("SET check_function_bodies = off"), rows);
		rows = lappend(rows, setting_row("RESET check_function_bodies"));
	}

	foreach(cell, rows)
	{
		DiffRow    *r = lfirst(cell);

		sv_row_datum(&row, Int32GetDatum(foreach_current_index(cell) + 1), false);
		sv_row_text(&row, r->kind);
		sv_row_text(&row, r->identity);
		sv_row_text(&row, r->action);
		sv_row_text(&row, r->sql ? psprintf("%s;", r->sql) : NULL);
		sv_row_text(&row, r->note ? r->note : sv_hazard_text(r->hazards));
		sv_row_text(&row, r->from == before ? NULL : texts_of_row(r));
		sv_row_put(result, &row);
		before = r->from;
	}
}

/* Takes the option "managed_rows" out of the argument, and returns whether it is true. */
static bool
take_rows_option(FunctionCallInfo fcinfo, int n)
{
	Jsonb	   *given = PG_ARGISNULL(n) ? NULL : PG_GETARG_JSONB_P(n);
	const JsonbValue *value = given != NULL && JB_ROOT_IS_OBJECT(given) ?
	sv_json_member(&given->root, "managed_rows") : NULL;

	if (value == NULL)
		return false;
	if (value->type != jbvBool)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"managed_rows\" must be true or false")));
	fcinfo->args[n].value = DirectFunctionCall2(jsonb_delete, JsonbPGetDatum(given),
												CStringGetTextDatum("managed_rows"));
	return value->val.boolean;
}

Datum
sv_api_diff_wanted(PG_FUNCTION_ARGS)
{
	char	   *sql = sv_arg_text(fcinfo, 0, "wanted");
	bool		reverse = sv_arg_bool(fcinfo, 1);
	bool		takes_rows = take_rows_option(fcinfo, 3);
	List	   *managed = NIL;
	ModelScope	scope = wanted_scope(fcinfo, 2);
	DiffOptions options = sv_arg_live_options(fcinfo, 3);
	Model	   *live;
	Model	   *wanted;
	HintedRenames renames;
	List	   *rows;

	sv_store_check_writable("schemaver.diff()");	/* it builds the wanted schema, to roll it
													 * back */
	live = sv_model_read(&scope);
	wanted = sv_wanted_model(sql, &scope, live, takes_rows ? &managed : NULL, NULL, NULL);
	if (reverse && managed != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("managed rows cannot be compared in the reverse direction")));
	renames = sv_hinted(sql, &scope, live, wanted, &options);
	sv_warn_of_findings(live);
	sv_warn_of_findings(wanted);
	wanted = sv_diff_goal(wanted, renames.model, &options, &rows);
	if (reverse)
		rows = list_concat(list_concat(rows, sv_diff(wanted, renames.model, &options)),
						   renames.back);
	else
		rows = list_concat(list_concat(rows, renames.there),
						   sv_diff(renames.model, wanted, &options));
	rows = list_concat(rows, sv_wanted_rows_diff(managed));
	sv_put_diff_rows(fcinfo, rows);
	return (Datum) 0;
}

Datum
sv_api_diff_snapshots(PG_FUNCTION_ARGS)
{
	DiffOptions options = sv_arg_diff_options(fcinfo, 2);
	Model	   *from;
	Model	   *to;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("snapshots must not be null")));
	from = sv_model_from_jsonb(PG_GETARG_JSONB_P(0));
	to = sv_model_from_jsonb(PG_GETARG_JSONB_P(1));
	sv_put_diff_rows(fcinfo, sv_diff(from, to, &options));
	return (Datum) 0;
}

/* The statements as a script, or NULL if there are none. */
char *
sv_diff_script(List *rows)
{
	char	   *script = sv_rows_to_script(rows);

	return *script ? script : NULL;
}

/* The same for a revision, which gives settings back at its end. */
static char *
revision_script(List *rows)
{
	char	   *script = sv_diff_script(rows);

	return script != NULL &&
		sv_diff_has_bodies(rows) ? psprintf("SET check_function_bodies = off;\n\n%s", script) :
		script;
}

/* Fill in what a draft of autogenerate() has beside its scripts. */
static void
arg_draft(FunctionCallInfo fcinfo, RevisionDraft *draft)
{
	draft->message = sv_arg_text(fcinfo, 0, "message");
	draft->id = sv_arg_text_or_null(fcinfo, 4);
	draft->revises_given = !PG_ARGISNULL(5);
	draft->revises = sv_arg_list(fcinfo, 5);
	draft->branch_labels = sv_arg_list(fcinfo, 6);
	draft->depends_on = sv_arg_list(fcinfo, 7);
}

static void
refuse_diff_losses(List *rows, bool allow_data_loss)
{
	if (allow_data_loss)
		return;
	sv_diff_refuse_questions(rows);
	sv_diff_refuse_losses(rows,
						  "Look at all of it with schemaver.diff(). If it shall go, pass "
						  "allow_data_loss => true; "
						  "what only got another name needs a line \"-- renamed from ...\" in the "
						  "wanted schema.");
}

/* Register the rows of the wanted schema, and say so. */
static void
register_managed(const List *managed)
{
	ListCell   *cell;

	foreach(cell, managed)
	{
		GivenRows	given = {.line = 1};
		const char *name;

		if (sv_register_managed_rows(lfirst(cell), &given, &name) != SV_REGISTER_UNCHANGED)
			ereport(NOTICE,
					(errmsg("managed rows \"%s\" are registered", name),
					 errdetail("The next upgrade writes them.")));
	}
}

Datum
sv_api_autogenerate(PG_FUNCTION_ARGS)
{
	bool		takes_rows = take_rows_option(fcinfo, 3);
	RevisionDraft draft = {0};
	char	   *desired = sv_arg_text(fcinfo, 1, "desired");
	ModelScope	scope = wanted_scope(fcinfo, 2);
	DiffOptions options = sv_arg_live_options(fcinfo, 3);
	NewMigration generated;

	arg_draft(fcinfo, &draft);
	sv_register_lock("schemaver.autogenerate()");
	sv_drift_refuse_start(sv_store_graph(SV_STORE_WRITE), scope.schemas, &options,
						  sv_arg_bool(fcinfo, 9));
	sv_generate(&generated, desired, &scope, &options, takes_rows);
	draft.up = revision_script(generated.up);
	if (draft.up != NULL)
		refuse_diff_losses(generated.up, sv_arg_bool(fcinfo, 8));
	register_managed(generated.managed);
	if (draft.up == NULL)
		PG_RETURN_NULL();
	draft.down = revision_script(generated.down);
	if (draft.down == NULL)
		draft.down = "";
	draft.up_generated = draft.down_generated = true;
	sv_generate_prove(&generated, &scope, &options);
	PG_RETURN_TEXT_P(cstring_to_text(sv_register_add(&draft, false)));
}
