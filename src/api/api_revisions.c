/*
 * api_revisions.c
 *		SQL functions that write revisions.
 */
#include "postgres.h"

#include "adopt/adopt.h"
#include "api/api.h"
#include "formats/formats.h"
#include "miscadmin.h"
#include "proof/proof.h"
#include "register/register.h"
#include "run/run.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"

PG_FUNCTION_INFO_V1(sv_api_revision);
PG_FUNCTION_INFO_V1(sv_api_merge);
PG_FUNCTION_INFO_V1(sv_api_edit);
PG_FUNCTION_INFO_V1(sv_api_remove);
PG_FUNCTION_INFO_V1(sv_api_load);
PG_FUNCTION_INFO_V1(sv_api_load_directory);
PG_FUNCTION_INFO_V1(sv_api_accept);
PG_FUNCTION_INFO_V1(sv_api_export);
PG_FUNCTION_INFO_V1(sv_api_tag);
PG_FUNCTION_INFO_V1(sv_api_untag);

static char *
arg_json(FunctionCallInfo fcinfo, int n)
{
	if (PG_ARGISNULL(n))
		return NULL;
	return JsonbToCString(NULL, &PG_GETARG_JSONB_P(n)->root, 0);
}

/* The options, a JSON object or NULL, with one more. */
static char *
with_external(const char *options, const char *external)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, "{\"external\": ");
	escape_json(&out, external);
	if (options != NULL && strcmp(options, "{}") != 0)
		appendStringInfo(&out, ", %s", options + 1);
	else
		appendStringInfoChar(&out, '}');
	return out.data;
}

Datum
sv_api_revision(PG_FUNCTION_ARGS)
{
	RevisionDraft draft = {0};
	char	   *id;

	draft.message = sv_arg_text(fcinfo, 0, "message");
	draft.up = PG_ARGISNULL(1) && !PG_ARGISNULL(10) ? "" : sv_arg_text(fcinfo, 1, "up");
	draft.down = sv_arg_text_or_null(fcinfo, 2);
	draft.id = sv_arg_text_or_null(fcinfo, 3);
	draft.revises_given = !PG_ARGISNULL(4);
	draft.revises = sv_arg_list(fcinfo, 4);
	draft.depends_on = sv_arg_list(fcinfo, 5);
	draft.branch_labels = sv_arg_list(fcinfo, 6);
	draft.verify = sv_arg_text_or_null(fcinfo, 8);
	draft.options = arg_json(fcinfo, 9);
	if (!PG_ARGISNULL(10))
		draft.options = with_external(draft.options, sv_arg_text_or_null(fcinfo, 10));

	sv_register_lock("schemaver.revision()");
	id = sv_register_add(&draft, sv_arg_bool(fcinfo, 7));
	sv_proof_check_downs(list_make1(id));
	PG_RETURN_TEXT_P(cstring_to_text(id));
}

/* Append an id to what a merge joins; it must be a head. */
static List *
append_head_id(List *ids, const char *id)
{
	if (sv_store_has_children(id, id))
		ereport(ERROR,
				(errcode(ERRCODE_SV_BAD_PARENT),
				 errmsg("revision \"%s\" is not a head", id),
				 errhint("A merge joins heads; SELECT * FROM schemaver.heads() lists them.")));
	return lappend(ids, (char *) id);
}

/* Append what a reference means; the graph is read only for one that is no id. */
static List *
append_heads(List *ids, const char *ref)
{
	RevisionGraph *graph;
	RevisionList found;

	if (sv_store_revision_exists(ref))
		return append_head_id(ids, ref);
	graph = sv_store_graph(SV_STORE_WRITE);
	found = sv_graph_resolve(graph, ref);
	for (int i = 0; i < found.n; i++)
		ids = append_head_id(ids, graph->revisions[found.members[i]].id);
	return ids;
}

/* All heads, also those that only other revisions depend on. */
static List *
all_heads(void)
{
	RevisionGraph *graph = sv_store_graph(SV_STORE_WRITE);
	RevisionList heads = sv_graph_heads(graph);
	List	   *ids = NIL;

	for (int i = 0; i < heads.n; i++)
		ids = lappend(ids, (char *) graph->revisions[heads.members[i]].id);
	return ids;
}

Datum
sv_api_merge(PG_FUNCTION_ARGS)
{
	RevisionDraft draft = {0};

	sv_register_lock("schemaver.merge()");
	draft.revises_given = true;
	if (PG_ARGISNULL(0))
		draft.revises = all_heads();
	foreach_ptr(const char, ref, sv_arg_list(fcinfo, 0))
		draft.revises = append_heads(draft.revises, ref);
	if (list_length(draft.revises) < 2)
		ereport(ERROR,
				(errcode(ERRCODE_SV_BAD_PARENT),
				 errmsg("a merge needs at least two revisions"),
				 PG_ARGISNULL(0) ?
				 errdetail_plural("The graph has %d head.", "The graph has %d heads.",
								  list_length(draft.revises),
								  list_length(draft.revises)) : 0));
	draft.message = sv_arg_text_or_null(fcinfo, 1);
	if (draft.message == NULL)
	{
		StringInfoData message;

		initStringInfo(&message);
		appendStringInfoString(&message, "merge");
		foreach_ptr(const char, parent, draft.revises)
			appendStringInfo(&message, "%s %s", foreach_current_index(parent) ? "," :
							 "", parent);
		draft.message = message.data;
	}
	draft.id = sv_arg_text_or_null(fcinfo, 2);
	draft.up = "";
	draft.down = "";
	PG_RETURN_TEXT_P(cstring_to_text(sv_register_add(&draft, false)));
}

/* The id that a reference means, seen with all that is committed. */
static char *
id_of(const char *ref)
{
	RevisionGraph *graph;

	if (sv_store_revision_exists(ref))
		return pstrdup(ref);
	graph = sv_store_graph(SV_STORE_WRITE);
	return pstrdup(graph->revisions[sv_graph_resolve_one(graph, ref)].id);
}

Datum
sv_api_edit(PG_FUNCTION_ARGS)
{
	char	   *ref = sv_arg_name(fcinfo, 0, "ref");
	RevisionEdit edit = {0};
	char	   *id;

	edit.up = sv_arg_text_or_null(fcinfo, 1);
	edit.down = sv_arg_text_or_null(fcinfo, 2);
	edit.message = sv_arg_text_or_null(fcinfo, 3);
	edit.revises_given = !PG_ARGISNULL(4);
	edit.revises = sv_arg_list(fcinfo, 4);
	edit.depends_on_given = !PG_ARGISNULL(5);
	edit.depends_on = sv_arg_list(fcinfo, 5);
	edit.branch_labels_given = !PG_ARGISNULL(6);
	edit.branch_labels = sv_arg_list(fcinfo, 6);
	edit.splice = sv_arg_bool(fcinfo, 7);
	edit.verify = sv_arg_text_or_null(fcinfo, 8);
	edit.options = arg_json(fcinfo, 9);

	sv_register_lock("schemaver.edit()");
	sv_lock_run("schemaver.edit()");
	id = id_of(ref);
	sv_register_edit(id, &edit);
	sv_proof_check_downs(list_make1(id));
	PG_RETURN_TEXT_P(cstring_to_text(id));
}

Datum
sv_api_remove(PG_FUNCTION_ARGS)
{
	char	   *ref = sv_arg_name(fcinfo, 0, "ref");
	char	   *id;

	sv_register_lock("schemaver.remove()");
	sv_lock_run("schemaver.remove()");
	if (!sv_store_revision_exists(ref) && sv_store_forget_living(ref))
		PG_RETURN_TEXT_P(cstring_to_text(ref));
	id = id_of(ref);
	sv_register_remove(id);
	PG_RETURN_TEXT_P(cstring_to_text(id));
}

/* The arguments of load() and load_directory() behind what is to be loaded. */
static void
load_options(FunctionCallInfo fcinfo, int first, LoadOptions *options)
{
	const char *source = sv_arg_text_or_null(fcinfo, first + 1);
	const char *broken = sv_arg_text(fcinfo, first + 4, "broken_downs");

	options->format = sv_arg_text_or_null(fcinfo, first);
	options->source = source != NULL ? source : "";
	options->prune = sv_arg_bool(fcinfo, first + 2);
	options->validate = sv_arg_bool(fcinfo, first + 3);
	options->derive_broken_downs = strcmp(broken, "derive") == 0;
	if (!options->derive_broken_downs && strcmp(broken, "refuse") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for argument \"broken_downs\": \"%s\"", broken),
				 errhint("Known values: refuse, derive.")));
	options->contained = sv_arg_text_or_null(fcinfo, first + 5);
	options->variables = PG_ARGISNULL(first + 6) ? NULL : PG_GETARG_JSONB_P(first + 6);
	if (options->variables != NULL && !JB_ROOT_IS_OBJECT(options->variables))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"variables\" must be a JSON object")));
	sv_register_set_variables(options->variables);
}

/* Register what files say, test the downs of it as the setting says, and give the rows. */
static void
register_files(List *files, const LoadOptions *options, ReturnSetInfo *result)
{
	static const char *const action_names[] = {
		"added", "updated", "unchanged", "replaced", "missing", "removed", "ignored", "invalid"
	};
	List	   *results = sv_register_files(files, options);
	List	   *changed = NIL;

	foreach_ptr(const RegisterResult, one, results)
	{
		if (one->action == SV_REGISTER_ADDED || one->action == SV_REGISTER_UPDATED)
			changed = lappend(changed, one->id);
		sv_result_texts(result, 4, one->file, one->id, action_names[one->action], one->finding);
	}
	if (!options->validate)
		sv_proof_check_downs(changed);
}

Datum
sv_api_load(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = sv_result_begin(fcinfo);
	LoadOptions options = {0};
	SourceFile	file;
	char	   *content;

	file.name = sv_arg_text(fcinfo, 0, "name");
	content = sv_arg_text(fcinfo, 1, "content");
	file.content = strncmp(content, "\xEF\xBB\xBF", 3) == 0 ? content + 3 : content;
	load_options(fcinfo, 2, &options);
	options.is_folder = sv_bundle_is(file.content);
	sv_register_lock("schemaver.load()");
	register_files(options.is_folder ? sv_bundle_read(&file) : list_make1(&file), &options, result);
	PG_RETURN_NULL();
}

Datum
sv_api_load_directory(PG_FUNCTION_ARGS)
{
	char	   *path = sv_arg_text(fcinfo, 0, "path");
	ReturnSetInfo *result = sv_result_begin(fcinfo);
	LoadOptions options = {0};
	List	   *files;

	load_options(fcinfo, 1, &options);
	options.is_folder = true;
	files = sv_register_read_directory(path);
	sv_register_lock("schemaver.load_directory()");
	register_files(files, &options, result);
	PG_RETURN_NULL();
}

Datum
sv_api_accept(PG_FUNCTION_ARGS)
{
	char	   *ref = sv_arg_name(fcinfo, 0, "ref");
	char	   *reason = sv_arg_text(fcinfo, 1, "reason");
	char	   *content = sv_arg_text_or_null(fcinfo, 2);
	char	   *source = sv_arg_text_or_null(fcinfo, 5);
	LoadOptions options = {0};
	SourceFile	file;
	List	   *files = NIL;
	char	   *id;

	sv_register_lock("schemaver.accept()");
	id = id_of(ref);
	options.format = sv_arg_text_or_null(fcinfo, 4);
	if (content != NULL)
	{
		char	   *stored_source = NULL;
		char	   *stored_file = NULL;

		(void) sv_store_loaded(id, &stored_source, &stored_file);
		options.source = source != NULL ? source : stored_source != NULL ? stored_source : "";
		file.name = PG_ARGISNULL(3) ? (stored_file != NULL ? stored_file :
									   psprintf("%s.sql", id)) : sv_arg_text(fcinfo, 3, "name");
		file.content = strncmp(content, "\xEF\xBB\xBF", 3) == 0 ? content + 3 : content;
		files = sv_bundle_is(file.content) ? sv_bundle_read(&file) : list_make1(&file);
	}
	sv_register_accept(id, reason, files, &options);
	sv_proof_check_downs(list_make1(id));
	PG_RETURN_TEXT_P(cstring_to_text(id));
}

static RevisionDraft
draft_of_stored(const StoredRevision *revision)
{
	StoredScript *script = sv_store_script(SV_STORE_READ, revision->id);
	RevisionDraft draft = {0};

	draft.id = revision->id;
	draft.message = revision->message;
	draft.revises_given = true;
	draft.revises = revision->revises;
	draft.depends_on = revision->depends_on;
	draft.branch_labels = revision->branch_labels;
	draft.up = script->up;
	draft.down = script->down;
	draft.verify = script->verify;
	draft.up_generated = script->up_generated;
	draft.down_generated = script->down_generated;
	draft.options = strcmp(revision->options, "{}") == 0 ? NULL : revision->options;
	return draft;
}

/* The members of a list, parents first. */
static RevisionList
parents_first(const RevisionGraph *graph, const RevisionList *list)
{
	bool	   *wanted = palloc0(sizeof(bool) * Max(graph->n, 1));

	for (int i = 0; i < list->n; i++)
		wanted[list->members[i]] = true;
	return sv_graph_order(graph, wanted);
}

/* Files of another tool: of those revisions that did not come from its files. */
static void
export_foreign(const RevisionGraph *graph, const RevisionList *list, const char *format,
			   ReturnSetInfo *result)
{
	bool	   *wanted = palloc0(sizeof(bool) * Max(graph->n, 1));

	for (int i = 0; i < list->n; i++)
		wanted[list->members[i]] = true;
	foreach_ptr(const ExportedFile, file, sv_adopt_export(format, wanted))
	{
		sv_result_texts(result, 2, file->name, file->content);
	}
}

/* What the file of a living object says beside its name and text, as JSON; NULL: nothing. */
static const char *
options_of_living(const StoredLiving *living, const ManagedRows *rows)
{
	const char *options = NULL;

	if (living->always)
		sv_json_add(&options, "run", "\"always\"");
	if (living->contexts != NULL)
		sv_json_add(&options, "contexts", sv_json_quote(living->contexts));
	if (living->labels != NULL)
		sv_json_add(&options, "labels", sv_json_quote(living->labels));
	if (rows == NULL)
		return options;
	sv_json_add(&options, "table", sv_json_quote(sv_managed_table(rows)));
	sv_json_add(&options, "key", sv_json_list(rows->key));
	if (rows->delete)
		sv_json_add(&options, "delete", "true");
	if (rows->overwrite)
		sv_json_add(&options, "overwrite", "true");
	return options;
}

static RevisionDraft
draft_of_living(const StoredLiving *living)
{
	RevisionDraft draft = {.id = living->name, .runs = SV_RUNS_ON_CHANGE};
	bool		is_rows = living->kind == SV_LIVING_ROWS;
	const ManagedRows *rows = is_rows ? sv_managed_parse(living->up) : NULL;

	draft.kind = living->kind;
	draft.depends_on = living->depends_on;
	draft.up = rows != NULL ? sv_managed_values(rows) : living->up;
	draft.down = living->down;
	draft.options = options_of_living(living, rows);
	return draft;
}

/* The living objects as files behind those of n revisions. */
static void
export_living(ReturnSetInfo *result, int n)
{
	foreach_ptr(const StoredLiving, living, sv_store_living(SV_STORE_READ))
	{
		RevisionDraft draft = draft_of_living(living);

		CHECK_FOR_INTERRUPTS();
		sv_result_texts(result, 2, sv_native_file_name(&draft, ++n), sv_native_write(&draft));
	}
}

/* Other tools' files have no place for them. */
static void
warn_of_living(const char *format)
{
	List	   *all = sv_store_living(SV_STORE_READ);

	if (all != NIL)
		ereport(WARNING,
				(errmsg("%d living objects are not among the files of format \"%s\"",
						list_length(all), sv_base_clip(format)),
				 errhint("SELECT * FROM schemaver.export(); has them.")));
}

Datum
sv_api_export(PG_FUNCTION_ARGS)
{
	char	   *range = sv_arg_name(fcinfo, 0, "range");
	const char *format = sv_arg_text_or_null(fcinfo, 1);
	ReturnSetInfo *result = sv_result_begin(fcinfo);
	RevisionGraph *graph = sv_store_graph(SV_STORE_READ);
	RevisionList found = sv_api_range(graph, range);
	RevisionList list = parents_first(graph, &found);
	StoredRevision **rows;

	if (format != NULL && strcmp(format, "native") != 0)
	{
		export_foreign(graph, &list, format, result);
		if (strcmp(range, ":") == 0)
			warn_of_living(format);
		PG_RETURN_NULL();
	}
	rows = sv_store_revisions(SV_STORE_READ, graph, &list);
	for (int i = 0; i < list.n; i++)
	{
		RevisionDraft draft = draft_of_stored(rows[i]);

		CHECK_FOR_INTERRUPTS();
		sv_result_texts(result, 2, sv_native_file_name(&draft, i + 1), sv_native_write(&draft));
	}
	if (strcmp(range, ":") == 0)
		export_living(result, list.n);
	PG_RETURN_NULL();
}

Datum
sv_api_tag(PG_FUNCTION_ARGS)
{
	char	   *name = sv_arg_text(fcinfo, 0, "name");
	char	   *ref = sv_arg_name(fcinfo, 1, "ref");
	char	   *id;

	sv_register_lock("schemaver.tag()");
	sv_graph_check_name(name, "tag");
	id = id_of(ref);
	(void) sv_store_set_tag(name, id);
	PG_RETURN_TEXT_P(cstring_to_text(id));
}

Datum
sv_api_untag(PG_FUNCTION_ARGS)
{
	char	   *name = sv_arg_text(fcinfo, 0, "name");

	sv_register_lock("schemaver.untag()");
	PG_RETURN_BOOL(sv_store_remove_tag(name));
}
