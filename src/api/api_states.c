/*
 * api_states.c
 *		SQL functions that show the schema as revisions left it, and the report.
 *
 * They write nothing and work on a standby.
 */
#include "postgres.h"

#include "api/api_private.h"
#include "base/base.h"
#include "report/report.h"
#include "store/store.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(sv_api_diff_revisions);
PG_FUNCTION_INFO_V1(sv_api_show_schema);
PG_FUNCTION_INFO_V1(sv_api_snapshot_at);
PG_FUNCTION_INFO_V1(sv_api_er);
PG_FUNCTION_INFO_V1(sv_api_report);

static void
set_state_property(Object *object, const char *name, const char *text, List *list)
{
	Property   *property = &object->properties[object->nproperties++];

	property->name = name;
	property->text = text;
	property->list = list;
}

/* The model of a new database: the schema public. */
static Model *
new_database(void)
{
	Model	   *model = sv_model_create();
	Object	   *public = palloc0(sizeof(Object));

	public->class = &sv_class_schema;
	public->name = public->identity = "public";
	public->properties = palloc(sizeof(Property) * 3);
	set_state_property(public, "acl", NULL,
					   list_make2("=U/pg_database_owner",
								  "pg_database_owner=UC/pg_database_owner"));
	set_state_property(public, "comment", "standard public schema", NIL);
	set_state_property(public, "owner", "pg_database_owner", NIL);
	sv_model_add(model, public);
	return model;
}

/*
 * A history that begins with a baseline leads from no object at all; what it leads
 * from is a new database, where the schema public is there.
 */
static Model *
begun_as(Model *model, const Model *other)
{
	if (model->objects != NIL || sv_model_find(other, &sv_class_schema, "public") == NULL)
		return model;
	return new_database();
}

Datum
sv_api_diff_revisions(PG_FUNCTION_ARGS)
{
	char	   *from_ref = sv_arg_name(fcinfo, 0, "from_ref");
	char	   *to_ref = sv_arg_name(fcinfo, 1, "to_ref");
	DiffOptions options = sv_arg_diff_options(fcinfo, 2);
	RevisionGraph *graph = sv_store_graph(SV_STORE_READ);
	Model	   *from = sv_report_schema_at(graph, from_ref);
	Model	   *to = sv_report_schema_at(graph, to_ref);
	List	   *kept;

	from = begun_as(from, to);
	to = begun_as(to, from);
	to = sv_diff_goal(to, from, &options, &kept);
	sv_put_diff_rows(fcinfo, list_concat(kept, sv_diff(from, to, &options)));
	return (Datum) 0;
}

Datum
sv_api_show_schema(PG_FUNCTION_ARGS)
{
	char	   *reference = sv_arg_name(fcinfo, 0, "ref");
	DiffOptions options = sv_arg_diff_options(fcinfo, 1);
	Model	   *model = sv_report_schema_at(sv_store_graph(SV_STORE_READ), reference);
	Model	   *empty = new_database();
	List	   *rows;
	char	   *script;

	model = sv_diff_goal(model, empty, &options, NULL);
	rows = sv_diff(empty, model, &options);
	script = sv_diff_script(rows);
	if (script != NULL && sv_diff_has_bodies(rows))
		script = psprintf("SET check_function_bodies = off;\n\n%s", script);
	PG_RETURN_TEXT_P(cstring_to_text(script ? script : ""));
}

Datum
sv_api_snapshot_at(PG_FUNCTION_ARGS)
{
	char	   *reference = sv_arg_name(fcinfo, 0, "ref");

	PG_RETURN_JSONB_P(sv_model_to_jsonb(sv_report_schema_at(sv_store_graph(SV_STORE_READ),
															reference)));
}

Datum
sv_api_er(PG_FUNCTION_ARGS)
{
	char	   *reference = sv_arg_name(fcinfo, 0, "ref");
	char	   *format = sv_arg_name(fcinfo, 1, "format");
	Model	   *model = sv_report_schema_at(sv_store_graph(SV_STORE_READ), reference);

	PG_RETURN_TEXT_P(cstring_to_text(sv_report_er(format, model)));
}

Datum
sv_api_report(PG_FUNCTION_ARGS)
{
	char	   *format = sv_arg_name(fcinfo, 0, "format");
	char	   *compare = sv_arg_name_or_null(fcinfo, 1);
	DiffOptions options = sv_arg_diff_options(fcinfo, 2);

	options.kept = true;
	PG_RETURN_TEXT_P(cstring_to_text(sv_report_page(format, compare, &options)));
}
