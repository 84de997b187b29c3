/*
 * squash.c
 *		One script made of those of many revisions, proven equal.
 *
 * The revisions are run where nothing of them is, then the new script from the
 * same start; both must leave the same schema and the same rows.  First the shortest
 * script is tried: the DDL from start to end, then the statements that change
 * rows, in their order.  Where that does not come to the same, the statements
 * of all revisions are put one after the other; if PostgreSQL refuses that for values
 * of enum types that were added between, with these in CREATE TYPE.
 */
#include "postgres.h"

#include "base/base.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "nodes/value.h"
#include "proof/proof.h"
#include "proof/proof_private.h"
#include "run/run.h"

typedef struct Squash
{
	RevisionDraft *draft;
	const RevisionGraph *graph;
	const RevisionList *members;	/* parents first */
	RevisionList before;		/* what they stand on, parents first */
	bool		keep_data;
	bool		allow_data_loss;
	const DiffOptions *options;
	const Sandbox *sandbox;
	Goal		goal;
	ErrorData  *error;			/* of an original */
	List	   *rows_differ;	/* strings: tables */
} Squash;

static void
run_originals(Squash *squash, const RevisionList *list)
{
	for (int i = 0; i < list->n && squash->error == NULL; i++)
	{
		const char *id = squash->graph->revisions[list->members[i]].id;

		CHECK_FOR_INTERRUPTS();
		if (squash->sandbox->ground == SV_GROUND_LIVE &&
			squash->graph->revisions[list->members[i]].applied)
			continue;
		squash->error =
			sv_sandbox_run(squash->sandbox, id, sv_store_script(SV_STORE_WRITE, id), SV_UPGRADE);
	}
}

static void
find_end(void *arg)
{
	Squash	   *squash = arg;

	run_originals(squash, squash->members);
	if (squash->error != NULL)
		return;
	squash->goal.end = sv_sandbox_state(squash->sandbox);
	squash->goal.rows = sv_rows_read(squash->sandbox, squash->goal.end);
	squash->goal.rows_count = squash->keep_data;
}

/* The up scripts of all members. */
static List *
scripts_of(const Squash *squash)
{
	List	   *scripts = NIL;

	for (int i = 0; i < squash->members->n; i++)
	{
		const char *id = squash->graph->revisions[squash->members->members[i]].id;
		ScriptOrigin origin;

		scripts =
			lappend(scripts,
					sv_register_body(id, sv_store_script(SV_STORE_WRITE, id), SV_UPGRADE, &origin));
	}
	return scripts;
}

static const Object *
find_enum(const Model *model, List *names)
{
	foreach_ptr(const Object, object, model->objects)
	{
		if (object->class == &sv_class_enum && strcmp(object->name, strVal(llast(names))) == 0)
			return object;
	}
	return NULL;
}

static const char *
create_with_all_values(const CreateEnumStmt *create, const Object *type)
{
	List	   *labels = NIL;

	foreach_ptr(const char, value, sv_list(type, "values"))
		labels = lappend(labels, sv_quote(value));
	return psprintf("CREATE TYPE %s AS ENUM (%s)", NameListToQuotedString(create->typeName),
					sv_join(labels, ", "));
}

/*
 * What takes the place of a statement where a new value of an enum type cannot be
 * committed before its use: NULL, the statement stays; "", it is left out.  Types
 * that are renamed on the way are left as they are.
 */
static const char *
with_final_values(const Squash *squash, const Script *script, int i)
{
	const char *tag = script->statements[i].tag;
	Node	   *tree;

	if (strcmp(tag, "CREATE TYPE") != 0 &&
		(script->statements[i].flags & SV_STMT_ADDS_ENUM_VALUE) == 0)
		return NULL;
	tree = sv_statement_tree(script, i);
	if (IsA(tree, CreateEnumStmt))
	{
		const Object *type = find_enum(squash->goal.end, ((CreateEnumStmt *) tree)->typeName);

		return type ? create_with_all_values((CreateEnumStmt *) tree, type) : NULL;
	}
	if (!IsA(tree, AlterEnumStmt) ||
		find_enum(squash->goal.start, ((AlterEnumStmt *) tree)->typeName) != NULL ||
		find_enum(squash->goal.end, ((AlterEnumStmt *) tree)->typeName) == NULL)
		return NULL;
	return "";
}

/*
 * The statements of all members, or those that may change rows; enum types
 * with their values at the end?
 */
static char *
collect_texts(const Squash *squash, List *scripts, bool only_data, bool final_values)
{
	StringInfoData out;

	initStringInfo(&out);
	foreach_ptr(const Script, script, scripts)
	{
		const char **texts = palloc0(sizeof(char *) * (script->n + 1));
		int			member;

		if (script->n == 0 || (only_data && !sv_script_has_data(script)))
			continue;
		for (int i = 0; final_values && i < script->n; i++)
			texts[i] = with_final_values(squash, script, i);
		member = squash->members->members[foreach_current_index(script)];
		appendStringInfo(&out, "-- revision %s\n", squash->graph->revisions[member].id);
		sv_script_collect(&out, script, only_data, texts);
	}
	return out.data;
}

static void
refuse_squash(const Candidate *candidate)
{
	const char *first = candidate->differences ? linitial(candidate->differences) : "";

	ereport(ERROR,
			(errcode(ERRCODE_SV_VERIFY_FAILED),
			 errmsg("the revisions cannot be proven equal to one"),
			 candidate->error ?
			 errdetail("Their statements in one script fail: %s", candidate->error->message) :
			 errdetail("Their statements in one script leave another schema: %s", first),
			 candidate->error &&
			 candidate->error->sqlerrcode == ERRCODE_UNSAFE_NEW_ENUM_VALUE_USAGE ?
			 errhint("Squash them with data => 'elide', or the revisions before and after that one by themselves.") :
			 errhint("Squash a shorter range.")));
}

static void
take_candidate(Squash *squash, const Candidate *candidate)
{
	if (!squash->allow_data_loss)
		sv_diff_refuse_losses(candidate->losses,
							  "The revisions lose it, too, if they are run one after the other. "
							  "Pass allow_data_loss => true, or squash a shorter range.");
	squash->draft->up = candidate->script.up;
	squash->draft->down = candidate->down_proven ? candidate->script.down : NULL;
	squash->draft->up_generated = candidate->script.up_generated;
	squash->draft->down_generated = squash->draft->down != NULL && candidate->script.down_generated;
	squash->rows_differ = candidate->rows_differ;
}

/*
 * Does it build the schema? Made of the very statements in their order, it
 * leaves other rows by chance alone.
 */
static bool
builds_schema(const Candidate *candidate)
{
	return candidate->error == NULL && candidate->differences == NIL;
}

/* Try the candidates, the best first, and fill in the draft. */
static void
choose_members(Squash *squash)
{
	List	   *scripts = scripts_of(squash);
	Candidate	generated = {"squash"};

	generated.script.verify = (char *) squash->draft->verify;
	generated.script.verify_by_error =
		sv_store_option_verify_by_error(squash->draft->options);
	sv_candidate_generate(&generated, &squash->goal, squash->keep_data ?
						  collect_texts(squash, scripts, true, false) : "");
	if (sv_candidate_try(&generated, squash->sandbox, &squash->goal))
	{
		take_candidate(squash, &generated);
		return;
	}
	if (!squash->keep_data)
		refuse_squash(&generated);
	for (int final_values = 0; final_values <= 1; final_values++)
	{
		Candidate	whole = {"squash"};

		whole.script.up = collect_texts(squash, scripts, false, final_values);
		whole.script.down = generated.script.down;
		whole.script.down_generated = true;
		whole.script.verify = generated.script.verify;
		(void) sv_candidate_try(&whole, squash->sandbox, &squash->goal);
		if (builds_schema(&whole))
		{
			take_candidate(squash, &whole);
			return;
		}
		if (final_values)
			refuse_squash(&whole);
	}
}

static void
build_squash(Sandbox *sandbox, void *arg)
{
	Squash	   *squash = arg;
	ErrorData  *error;

	squash->sandbox = sandbox;
	squash->error = NULL;
	run_originals(squash, &squash->before);
	if (squash->error != NULL)
		return;
	squash->goal.start = sv_sandbox_state(sandbox);
	squash->goal.options = squash->options;
	error = sv_hide_subtransaction(sandbox->scope.hidden, find_end, squash, false);
	if (error != NULL)
		ReThrowError(error);
	if (squash->error == NULL)
		choose_members(squash);
}

static bool
any_member_applied(const RevisionGraph *graph, const RevisionList *list)
{
	for (int i = 0; i < list->n; i++)
		if (graph->revisions[list->members[i]].applied)
			return true;
	return false;
}

static RevisionList
what_they_stand_on(const RevisionGraph *graph, const RevisionList *members)
{
	bool	   *below = sv_graph_ancestors(graph, members, true);

	for (int i = 0; i < members->n; i++)
		below[members->members[i]] = false;
	return sv_graph_order(graph, below);
}

/*
 * Fill in up and down of a draft that does what the members do, proven; SV017
 * if it cannot be.  A way back that cannot be proven is left out.  The members stand
 * parents first.
 */
void
sv_proof_squash(RevisionDraft *draft, const RevisionGraph *graph, const RevisionList *members,
				bool keep_data, bool allow_data_loss, const DiffOptions *options)
{
	Squash		squash = {draft, graph, members};
	bool		on_top;

	squash.before = what_they_stand_on(graph, members);
	squash.keep_data = keep_data;
	squash.allow_data_loss = allow_data_loss;
	squash.options = options;
	/* what the history expects to find is where nothing of it is, or what it stands on */
	on_top = !any_member_applied(graph, members);
	if (on_top && !any_member_applied(graph, &squash.before))
		sv_sandbox_scripts(SV_GROUND_LIVE, NIL, build_squash, &squash);
	if (draft->up == NULL)
		sv_sandbox_scripts(SV_GROUND_EMPTY, NIL, build_squash, &squash);
	if (draft->up == NULL && on_top && any_member_applied(graph, &squash.before))
		sv_sandbox_scripts(SV_GROUND_LIVE, NIL, build_squash, &squash);
	if (squash.rows_differ != NIL)
		ereport(NOTICE,
				(errmsg("rows of %d table(s) come out differently each time",
						list_length(squash.rows_differ)),
				 errdetail("The first is %s. The statements are the same in the same order.",
						   (char *) linitial(squash.rows_differ))));
	if (squash.error != NULL)
	{
		squash.error->hint = "The revisions must run once more without an error. If they expect "
			"what others have made, squash them where none of them is applied.";
		ReThrowError(squash.error);
	}
}
