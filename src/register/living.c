/*
 * living.c
 *		Registering living objects: texts without a place in the graph, which run
 *		again when they have changed.
 */
#include "postgres.h"

#include "register/register.h"
#include "utils/builtins.h"

/* Raise SV007 unless a script of it parses and can run in a transaction. */
static Script *
parse(const StoredLiving *living, const char *text, const char *section)
{
	ScriptOrigin origin = {living->name, section, living->file, Max(living->line, 1)};
	Script	   *script = sv_script_parse(text, &origin);

	if (script->blocked >= 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_INVALID_SCRIPT),
				 errmsg("living object \"%s\" cannot run in a transaction", living->name),
				 errdetail("%s at line %d.", script->statements[script->blocked].blocker,
						   script->statements[script->blocked].line + origin.first_line - 1),
				 errhint("Write the statement into a revision.")));
	return script;
}

/* Raise SV004 if what "name" depends on depends on "self". */
static void
refuse_circle_of_needs(const char *self, const char *name, int depth)
{
	const StoredLiving *living = sv_store_living_named(SV_STORE_WRITE, name);

	if (strcmp(self, name) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_BAD_PARENT),
				 errmsg("living object \"%s\" would depend on itself", self)));
	/* a chain that long has come back to where it began, but not to "self" */
	if (living == NULL || depth > 100)
		return;
	foreach_ptr(const char, needed, living->depends_on)
		refuse_circle_of_needs(self, needed, depth + 1);
}

/* Each name must be that of a revision or of another living object. */
static void
check_depends(const StoredLiving *living)
{
	foreach_ptr(const char, name, living->depends_on)
	{
		refuse_circle_of_needs(living->name, name, 0);
		if (!sv_store_revision_exists(name) && sv_store_replaced_by(name) == NULL &&
			sv_store_living_named(SV_STORE_WRITE, name) == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_SV_UNKNOWN_REVISION),
					 errmsg("living object \"%s\" depends on \"%s\", which is not registered",
							living->name, name),
					 errhint("It must be the id of a revision, or the name of another living object; register that first.")));
	}
}

static bool
same_living(const StoredLiving *a, const StoredLiving *b)
{
	return a->kind == b->kind && strcmp(a->up, b->up) == 0 &&
		sv_base_same_text(a->down, b->down) &&
		a->always == b->always && sv_base_same_text(a->contexts, b->contexts) &&
		sv_base_same_text(a->labels, b->labels);
}

static bool
is_rows(const StoredLiving *living)
{
	return living->kind == SV_LIVING_ROWS;
}

/* Raise SV006 if the name is a revision's, another source's, or that of the other kind. */
static void
check_name(const StoredLiving *living, const StoredLiving *stored)
{
	if (sv_store_revision_exists(living->name))
		ereport(ERROR,
				(errcode(ERRCODE_SV_DUPLICATE),
				 errmsg("\"%s\" is the id of a revision", living->name),
				 errhint("Give the living object another name.")));
	if (stored != NULL && is_rows(stored) != is_rows(living))
		ereport(ERROR,
				(errcode(ERRCODE_SV_DUPLICATE),
				 errmsg("\"%s\" is the name of %s", living->name,
						is_rows(stored) ? "managed rows" : "a living object"),
				 errhint("Give another name, or forget that one: SELECT schemaver.remove(%s).",
						 quote_literal_cstr(living->name))));
	if (stored != NULL && strcmp(stored->source, living->source) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_DUPLICATE),
				 errmsg("living object \"%s\" is registered from another source", living->name),
				 errdetail("It came from source \"%s\".", stored->source),
				 errhint("Load the files with source => 'NAME', which makes their names NAME/...")));
}

/* The hash of managed rows, or of the statements of a script; SV007 if it cannot run. */
static char *
checksum_of(const StoredLiving *living)
{
	Script	   *up;
	Script	   *down;

	if (is_rows(living))
		return sv_script_hash(living->up);
	up = parse(living, living->up, "up");
	down = living->down ? parse(living, living->down, "down") : NULL;
	return sv_script_checksum(up, down, NULL, NULL);
}

/*
 * Register a living object, or a new text of it.  Sets its checksum, which is that
 * of its statements: comments and layout do not count.
 */
RegisterAction
sv_register_living(StoredLiving *living)
{
	StoredLiving *stored;

	sv_graph_check_name(living->name, "name of a living object");
	stored = sv_store_living_named(SV_STORE_WRITE, living->name);
	check_name(living, stored);
	living->checksum = checksum_of(living);
	if (living->contexts != NULL)
		(void) sv_graph_asks_for_names(living->contexts);
	check_depends(living);
	if (stored != NULL && same_living(living, stored) &&
		sv_base_same_strings(living->depends_on, stored->depends_on))
		return SV_REGISTER_UNCHANGED;
	if (stored != NULL)
	{
		/* no run may be executing what is about to change */
		sv_lock_run("registering a living object");
	}
	sv_store_set_living(living);
	return stored != NULL ? SV_REGISTER_UPDATED : SV_REGISTER_ADDED;
}

/* What the options of a draft say about it; SV018 for what is not known. */
typedef struct DraftOptions
{
	bool		always;
	const char *contexts;
	const char *labels;
	bool		delete;
	bool		overwrite;
	const char *table;
	List	   *key;
} DraftOptions;

static bool
read_draft_option(DraftOptions *options, bool is_rows, const JsonMembers *member)
{
	const char *name = member->name;
	const JsonbValue *value = &member->value;

	if (strcmp(name, "run") == 0 && sv_json_string(value) != NULL)
	{
		options->always = strcmp(sv_json_string(value), "always") == 0;
		return options->always || strcmp(sv_json_string(value), "changed") == 0;
	}
	if (strcmp(name, "contexts") == 0)
		return (options->contexts = sv_json_string(value)) != NULL;
	if (strcmp(name, "labels") == 0)
		return (options->labels = sv_json_string(value)) != NULL;
	if (!is_rows)
		return false;
	if (strcmp(name, "table") == 0)
		return (options->table = sv_json_string(value)) != NULL;
	if (strcmp(name, "key") == 0)
		return (options->key = sv_json_texts(sv_json_array(value))) != NIL;
	if (value->type != jbvBool)
		return false;
	if (strcmp(name, "delete") == 0)
		options->delete = value->val.boolean;
	else if (strcmp(name, "overwrite") == 0)
		options->overwrite = value->val.boolean;
	else
		return false;
	return true;
}

/* Preconditions of what runs again would have to be asked at each run: SV018. */
static void
refuse_preconditions(const RevisionDraft *draft)
{
	if (sv_store_option_preconditions(draft->options) == NIL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_SV_UNREADABLE_FILE),
			 errmsg("living object \"%s\" in file \"%s\" has preconditions", draft->id, draft->source),
			 errdetail("They cannot be kept for a text that runs again when it has changed."),
			 errhint("Write the condition into the text, or give it contexts.")));
}

/* Native files say all by options; those of other formats have the ones of revisions. */
static DraftOptions
read_draft_options(const RevisionDraft *draft, bool is_rows)
{
	DraftOptions options = {draft->runs == SV_RUNS_ALWAYS};
	JsonMembers member;

	if (draft->options == NULL)
		return options;
	if (draft->kind == SV_LIVING_NONE)
	{
		refuse_preconditions(draft);
		options.contexts = sv_store_option_text(draft->options, "contexts");
		options.labels = sv_store_option_text(draft->options, "labels");
		return options;
	}
	sv_json_begin(&member, &sv_json_parse(draft->options)->root);
	while (sv_json_next(&member))
	{
		if (!read_draft_option(&options, is_rows, &member))
			ereport(ERROR,
					(errcode(ERRCODE_SV_UNREADABLE_FILE),
					 errmsg("invalid option \"%s\" of \"%s\" in file \"%s\"", member.name,
							draft->id, draft->source),
					 errhint("Known are run (\"changed\" or \"always\"), contexts, labels and, of rows, table, key, delete and overwrite.")));
	}
	return options;
}

/* Does the text begin with COPY?  Then it has data, else VALUES. */
static const char *
format_of_rows(const char *text)
{
	return pg_strncasecmp(text, "COPY ", 5) == 0 ? "copy" : "values";
}

static RegisterAction
register_rows_draft(const RevisionDraft *draft, const char *source)
{
	DraftOptions options = read_draft_options(draft, true);
	GivenRows	given = {options.table, options.key};
	const char *name;

	if (options.table == NULL || draft->down != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_UNREADABLE_FILE),
				 errmsg("managed rows \"%s\" in file \"%s\" %s", draft->id, draft->source,
						options.table == NULL ? "name no table" : "have a down"),
				 options.table == NULL ?
				 errhint("Add a line -- schemaver:options {\"table\": \"...\", \"key\": [\"...\"]}.") : 0));
	given.text = draft->up + strspn(draft->up, " \t\r\n");
	given.format = format_of_rows(given.text);
	given.delete = options.delete;
	given.overwrite = options.overwrite;
	given.always = options.always;
	given.contexts = options.contexts;
	given.labels = options.labels;
	given.name = draft->id;
	given.depends_on = draft->depends_on;
	given.source = source;
	given.file = draft->source;
	given.line = draft->up_line;
	return sv_register_managed(&given, &name);
}

/*
 * A text with the values that this call gives to its variables.  It is kept so: another value
 * makes another text, which runs again.  So no secret can stand in it.
 */
static char *
filled_in(const RevisionDraft *draft, const char *text, const char *section, int line)
{
	StoredScript stored = {.variables = sv_store_option_variables(draft->options),
	.source = unconstify(char *, draft->source)};
	ScriptOrigin origin = {.revision = draft->id, .section = section, .file = draft->source,
	.first_line = Max(line, 1)};
	List	   *used = NIL;
	char	   *result;

	if (text == NULL || stored.variables == NULL)
		return unconstify(char *, text);
	result = sv_register_substitute(text, &stored, SV_UPGRADE, &origin, &used);
	foreach_ptr(const Variable, variable, used)
	{
		if (variable->secret)
			ereport(ERROR,
					(errcode(ERRCODE_SV_INVALID_SCRIPT),
					 errmsg("living object \"%s\" uses secret variable \"%s\"", draft->id,
							variable->name),
					 errdetail("Its text is kept with the values of its variables."),
					 errhint("Use the variable in a revision, where only its name is kept.")));
	}
	return result;
}

/* Register the draft of a file that is to run again whenever it has changed. */
RegisterAction
sv_register_living_draft(const RevisionDraft *draft, const char *source)
{
	StoredLiving living = {draft->id, draft->kind, draft->up, draft->down, draft->depends_on};
	DraftOptions options;

	if (draft->kind == SV_LIVING_ROWS)
		return register_rows_draft(draft, source);
	if (living.kind == SV_LIVING_NONE)
		living.kind = SV_LIVING_OBJECT;
	if (draft->kind == SV_LIVING_NONE)
	{
		living.up = filled_in(draft, draft->up, "up", draft->up_line);
		living.down = filled_in(draft, draft->down, "down", draft->down_line);
	}
	options = read_draft_options(draft, false);
	living.always = options.always;
	living.contexts = options.contexts;
	living.labels = options.labels;
	living.source = source;
	living.file = draft->source;
	living.line = Max(draft->up_line, 1);
	return sv_register_living(&living);
}

/*
 * Take the drafts that run again out of the chain of revisions: what revises one
 * of them revises its parents, on which it depends.
 */
void
sv_register_untie_living(List *drafts)
{
	foreach_ptr(RevisionDraft, living, drafts)
	{
		if (living->runs == SV_RUNS_ONCE)
			continue;
		foreach_ptr(RevisionDraft, draft, drafts)
		{
			if (draft->revises_given && living->id != NULL &&
				sv_register_has_name(draft->revises, living->id))
				draft->revises = list_copy(living->revises);
		}
		living->depends_on = list_concat_copy(living->revises, living->depends_on);
		living->revises = NIL;
		living->revises_given = true;
	}
}
