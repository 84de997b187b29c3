/*
 * api_states.c
 *		SQL functions that show the schema as revisions left it.
 *
 * They write nothing and work on a standby.
 */
#include "postgres.h"

#include "api/api_private.h"
#include "base/base.h"
#include "store/store.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(sv_api_diff_revisions);
PG_FUNCTION_INFO_V1(sv_api_show_schema);
PG_FUNCTION_INFO_V1(sv_api_snapshot_at);

static bool
same_revisions(const RevisionList *a, const RevisionList *b)
{
	if (a->n != b->n)
		return false;
	for (int i = 0; i < a->n; i++)
	{
		bool		there = false;

		for (int j = 0; j < b->n; j++)
			there |= a->members[i] == b->members[j];
		if (!there)
			return false;
	}
	return true;
}

static void
state_not_known(const char *what, const char *why, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_NOT_IN_RANGE),
			 errmsg("the schema %s is not known", what),
			 errdetail_internal("%s", why),
			 errhint("%s", hint)));
}

/*
 * The kept state that a reference means: what is applied means the present one, a
 * revision the one after its last upgrade here, "base" the one before the first.
 */
static int64
state_of_reference(const RevisionGraph *graph, const char *reference)
{
	RevisionList list = sv_graph_resolve(graph, reference);
	RevisionList current = sv_graph_current(graph);
	const GraphRevision *revision = list.n > 0 ? &graph->revisions[list.members[0]] : NULL;
	int64		state;

	if (list.n > 1 && !same_revisions(&list, &current))
		ereport(ERROR,
				(errcode(ERRCODE_SV_SEVERAL_HEADS),
				 errmsg("\"%s\" means %d revisions", reference, list.n),
				 errdetail(
						   "They were never the last ones at the same time, as far as this "
						   "function knows."),
				 errhint("Name one of them.")));
	if (same_revisions(&list, &current))
		state = sv_state_present();
	else
		state = revision ? sv_state_of_revision(revision->id) : sv_state_first();
	if (state != 0)
		return state;
	if (revision == NULL)
		state_not_known("before the first revision",
						"The first run of this database was made with schemaver.keep_snapshots "
						"off.",
						"Name a revision that was applied while it was on.");
	state_not_known(psprintf("that revision \"%s\" left", revision->id),
					sv_store_was_run(revision->id) ?
					"It was run with schemaver.keep_snapshots off." :
					"It was never applied in this database.",
					sv_store_was_run(revision->id) ?
					"The next run keeps it, if schemaver.keep_snapshots is on." :
					psprintf("Run SELECT * FROM schemaver.upgrade(%s);",
							 quote_literal_cstr(revision->id)));
	return 0;
}

static Model *
model_of_reference(const RevisionGraph *graph, const char *reference)
{
	return sv_state_model(state_of_reference(graph, reference));
}

Datum
sv_api_diff_revisions(PG_FUNCTION_ARGS)
{
	char	   *from_ref = sv_arg_name(fcinfo, 0, "from_ref");
	char	   *to_ref = sv_arg_name(fcinfo, 1, "to_ref");
	DiffOptions options = sv_arg_diff_options(fcinfo, 2);
	RevisionGraph *graph = sv_store_graph(SV_STORE_READ);
	Model	   *from = model_of_reference(graph, from_ref);
	Model	   *to = model_of_reference(graph, to_ref);
	List	   *kept = sv_diff_keep(to, from, &options);

	sv_put_diff_rows(fcinfo, list_concat(kept, sv_diff(from, to, &options)));
	return (Datum) 0;
}

static void
set_property(Object *object, const char *name, const char *text, List *list)
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
	set_property(public, "acl", NULL,
				 list_make2("=U/pg_database_owner", "pg_database_owner=UC/pg_database_owner"));
	set_property(public, "comment", "standard public schema", NIL);
	set_property(public, "owner", "pg_database_owner", NIL);
	sv_model_add(model, public);
	return model;
}

Datum
sv_api_show_schema(PG_FUNCTION_ARGS)
{
	char	   *reference = sv_arg_name(fcinfo, 0, "ref");
	DiffOptions options = sv_arg_diff_options(fcinfo, 1);
	Model	   *model = model_of_reference(sv_store_graph(SV_STORE_READ), reference);
	Model	   *empty = new_database();
	List	   *rows;
	char	   *script;

	(void) sv_diff_keep(model, empty, &options);
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

	PG_RETURN_JSONB_P(sv_model_to_jsonb(model_of_reference(sv_store_graph(SV_STORE_READ),
														   reference)));
}
