/*
 * check.c
 *		What a revision itself must be: options, labels, bodies.
 */
#include "postgres.h"

#include "base/base.h"
#include "catalog/pg_collation.h"
#include "register/register.h"
#include "script/script.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

/* The reason that the option "irreversible" gives, "" for true, NULL for false. */
static const char *
irreversible_reason(const JsonbValue *value)
{
	if (value->type == jbvString)
		return pnstrdup(value->val.string.val, value->val.string.len);
	if (value->type == jbvBool)
		return value->val.boolean ? "" : NULL;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("option \"irreversible\" must be a text or a boolean")));
	return NULL;
}

/* A list of ids, as an option has it. */
static void
check_ids(const char *name, const JsonbValue *value)
{
	bool		good = value->type == jbvBinary && JsonContainerIsArray(value->val.binary.data);

	for (uint32 i = 0; good && i < JsonContainerSize(value->val.binary.data); i++)
	{
		JsonbValue *item = getIthJsonbValueFromContainer(value->val.binary.data, i);

		good = item->type == jbvString;
		if (good)
			sv_graph_check_name(pnstrdup(item->val.string.val, item->val.string.len), "revision id");
	}
	if (!good)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"%s\" must be a list of ids", name)));
}

/* The names of the options; each has its place in Options.values.  From the third on they are lists of ids. */
static const char *const option_names[] = {"irreversible", "keep", "replaces", "supersedes", "elided"};

typedef struct Options
{
	Jsonb	   *object;
	bool		given[lengthof(option_names)];
	JsonbValue	values[lengthof(option_names)];
} Options;

static int
find_option(const JsonbValue *key)
{
	for (int i = 0; i < lengthof(option_names); i++)
		if (key->val.string.len == strlen(option_names[i]) &&
			strncmp(key->val.string.val, option_names[i], key->val.string.len) == 0)
			return i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized option \"%s\"", pnstrdup(key->val.string.val, Min(key->val.string.len, 64))),
			 errhint("Known options: irreversible, keep, replaces, supersedes, elided.")));
	return -1;
}

/* Read a JSON object of options as text (NULL: none). */
static void
read_options(Options *options, const char *text)
{
	JsonbIterator *it;
	JsonbValue	item;
	JsonbIteratorToken token;

	memset(options, 0, sizeof(*options));
	options->object = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text ? text : "{}")));
	if (!JB_ROOT_IS_OBJECT(options->object))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options of a revision must be a JSON object")));
	it = JsonbIteratorInit(&options->object->root);
	while ((token = JsonbIteratorNext(&it, &item, true)) != WJB_DONE)
	{
		int			i;

		if (token != WJB_KEY)
			continue;
		i = find_option(&item);
		options->given[i] = true;
		(void) JsonbIteratorNext(&it, &options->values[i], true);
	}
}

/*
 * Check the options of a revision, a JSON object as text (NULL: none).
 * Returns their canonical text and the reason why the revision is irreversible
 * ("" if none is given, NULL if it is not).  Known options:
 *
 *	irreversible	text (the reason) or boolean
 *	keep			boolean: keep what up drops, whatever schemaver.keep_data says
 *	replaces		ids of the revisions that a squashed one was made of
 *	supersedes		ids of squashed ones between them
 *	elided			ids of those of them whose changes of rows were left out
 */
char *
sv_register_options(const char *options, const char **irreversible)
{
	Options		read;

	read_options(&read, options);
	if (read.given[1] && read.values[1].type != jbvBool)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"keep\" must be a boolean")));
	for (int i = 2; i < lengthof(option_names); i++)
		if (read.given[i])
			check_ids(option_names[i], &read.values[i]);
	*irreversible = read.given[0] ? irreversible_reason(&read.values[0]) : NULL;
	return JsonbToCString(NULL, &read.object->root, 0);
}

/* The option "keep" of a revision, "otherwise" if it has none. */
bool
sv_register_keeps(const char *options, bool otherwise)
{
	Options		read;

	if (strcmp(options, "{}") == 0)
		return otherwise;
	read_options(&read, options);
	return read.given[1] ? read.values[1].val.boolean : otherwise;
}

/*
 * Check the branch labels of a revision: valid names, each once, used by no
 * other revision and no id.
 */
void
sv_register_check_labels(List *labels, const char *self)
{
	ListCell   *cell;

	foreach(cell, labels)
	{
		char	   *label = lfirst(cell);
		char	   *owner;

		sv_graph_check_name(label, "branch label");
		for (int i = 0; i < foreach_current_index(cell); i++)
			if (strcmp(label, list_nth(labels, i)) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_SV_DUPLICATE),
						 errmsg("branch label \"%s\" is given twice", label)));
		if (strcmp(label, self) == 0 || sv_store_revision_exists(label))
			ereport(ERROR,
					(errcode(ERRCODE_SV_DUPLICATE),
					 errmsg("branch label \"%s\" is the id of a revision", label),
					 errhint("Ids and branch labels share one name space.")));
		owner = sv_store_label_owner(label);
		if (owner != NULL && strcmp(owner, self) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_SV_DUPLICATE),
					 errmsg("branch label \"%s\" is already used by revision \"%s\"", label, owner)));
	}
}

/* " of revision ..." for messages; nothing while it has no id. */
static const char *
of_revision(const char *shown_id)
{
	return shown_id ? psprintf(" of revision \"%s\"", shown_id) : "";
}

static void
check_size(const char *text, const char *section, const char *shown_id)
{
	if (text != NULL && strlen(text) / 1024 > (size_t) sv_max_script_size)
		ereport(ERROR,
				(errcode(ERRCODE_SV_INVALID_SCRIPT),
				 errmsg("%s script%s is larger than %d kB", section, of_revision(shown_id), sv_max_script_size),
				 errhint("Load bulk data outside of migrations, or raise \"schemaver.max_script_size\".")));
}

/* Why a script cannot run in a transaction, as plans and errors say it; or NULL. */
static char *
blocker_of(const Script *script, int first_line)
{
	const Statement *statement;

	if (script == NULL || script->blocked < 0)
		return NULL;
	statement = &script->statements[script->blocked];
	return psprintf("%s at line %d", statement->blocker, statement->line + first_line - 1);
}

/*
 * Parse the bodies of a revision and fill in what follows from them: has_down,
 * blockers, adds_enum_value, checksum.  Options must be canonical already.
 * Raises SV007 at the first thing in a body that could not be executed; the
 * message names "shown_id", which is NULL if nobody chose the id.
 */
void
sv_register_check_bodies(StoredRevision *revision, const StoredScript *script, const char *shown_id)
{
	ScriptOrigin up = {shown_id, "up", script->source, script->up_line};
	ScriptOrigin down = {shown_id, "down", script->down_source, script->down_line};
	ScriptOrigin verify = {shown_id, "verify", script->source, script->verify_line};
	Script	   *up_script;
	Script	   *down_script;
	Script	   *verify_script;

	check_size(script->up, "up", shown_id);
	check_size(script->down, "down", shown_id);
	check_size(script->verify, "verify", shown_id);
	up_script = sv_script_parse(script->up, &up);
	down_script = script->down ? sv_script_parse(script->down, &down) : NULL;
	verify_script = script->verify ? sv_script_parse(script->verify, &verify) : NULL;
	sv_batch_check(up_script, &up);
	if (down_script != NULL)
		sv_batch_check(down_script, &down);
	if (verify_script != NULL && verify_script->blocked >= 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_INVALID_SCRIPT),
				 errmsg("verify script%s cannot run in a transaction", of_revision(shown_id)),
				 errdetail("%s.", blocker_of(verify_script, script->verify_line))));

	revision->has_down = down_script != NULL;
	revision->up_blocker = blocker_of(up_script, script->up_line);
	revision->down_blocker = blocker_of(down_script, script->down_line);
	revision->adds_enum_value =
		((up_script->flags | (down_script ? down_script->flags : 0)) & SV_STMT_ADDS_ENUM_VALUE) != 0;
	revision->checksum = sv_script_checksum(up_script, down_script, verify_script, revision->options);
}
