/*
 * options.c
 *		The options of a revision, a JSON object: what they may be, what they say.
 */
#include "postgres.h"

#include "script/script.h"
#include "store/store.h"
#include "utils/builtins.h"

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
check_option_ids(const char *name, const JsonbValue *value)
{
	JsonbContainer *array = sv_json_array(value);
	bool		good = array != NULL;

	for (uint32 i = 0; good && i < JsonContainerSize(array); i++)
	{
		char	   *id = sv_json_string(getIthJsonbValueFromContainer(array, i));

		good = id != NULL;
		if (good)
			sv_graph_check_name(id, "revision id");
	}
	if (!good)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"%s\" must be a list of ids", name)));
}

static bool
is_option_word(const JsonbValue *value, const char *word)
{
	return value->type == jbvString && value->val.string.len == strlen(word) &&
		strncmp(value->val.string.val, word, value->val.string.len) == 0;
}

static void
check_syntax(const char *name, const JsonbValue *value)
{
	if (value->type == jbvString &&
		sv_variable_syntax(pnstrdup(value->val.string.val, value->val.string.len)) !=
		SV_VARIABLES_NONE)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("option \"%s\" must say how variables are written", name),
			 errhint("Use \"flyway\", \"liquibase\" or \"goose\" (${name}), or \"psql\" (:name).")));
}

static void
check_text(const char *name, const JsonbValue *value, bool is_expression)
{
	if (value->type != jbvString || value->val.string.len == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"%s\" must be a text", name)));
	if (is_expression)
		(void) sv_graph_asks_for_names(pnstrdup(value->val.string.val, value->val.string.len));
}

typedef enum OptionKind
{
	OPTION_REASON,				/* text or boolean */
	OPTION_BOOLEAN,
	OPTION_IDS,
	OPTION_DEPENDENTS,			/* "rebuild" or "refuse" */
	OPTION_SYNTAX,				/* of variables */
	OPTION_PRECONDITIONS,
	OPTION_EXPRESSION,			/* of contexts */
	OPTION_TEXT
} OptionKind;

/* One row an option; each has its place in Options.values. */
static const struct
{
	const char *name;
	OptionKind	kind;
}			known[] = {
	{"irreversible", OPTION_REASON},
	{"keep", OPTION_BOOLEAN},
	{"transaction", OPTION_BOOLEAN},
	{"down_transaction", OPTION_BOOLEAN},
	{"replaces", OPTION_IDS},
	{"supersedes", OPTION_IDS},
	{"elided", OPTION_IDS},
	{"dependents", OPTION_DEPENDENTS},
	{"verify_by_error", OPTION_BOOLEAN},
	{"variables", OPTION_SYNTAX},
	{"preconditions", OPTION_PRECONDITIONS},
	{"contexts", OPTION_EXPRESSION},
	{"labels", OPTION_TEXT},
	{"external", OPTION_TEXT},
};

#define IRREVERSIBLE 0
#define KEEP 1
#define TRANSACTION 2
#define DOWN_TRANSACTION 3
#define DEPENDENTS 7
#define VERIFY_BY_ERROR 8

typedef struct Options
{
	Jsonb	   *object;
	bool		given[lengthof(known)];
	JsonbValue	values[lengthof(known)];
} Options;

/* "irreversible, keep, ...": for messages. */
static char *
known_names(void)
{
	char	   *names = pstrdup(known[0].name);

	for (int i = 1; i < lengthof(known); i++)
		names = psprintf("%s, %s", names, known[i].name);
	return names;
}

static int
find_option(const char *name)
{
	for (int i = 0; i < lengthof(known); i++)
	{
		if (strcmp(name, known[i].name) == 0)
			return i;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized option \"%s\"", sv_base_clip(name)),
			 errhint("Known options: %s.", known_names())));
	return -1;
}

/* Read a JSON object of options as text (NULL: none). */
static void
read_options(Options *options, const char *text)
{
	JsonMembers member;

	memset(options, 0, sizeof(*options));
	options->object = sv_json_parse(text != NULL ? text : "{}");
	if (!JB_ROOT_IS_OBJECT(options->object))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options of a revision must be a JSON object")));
	sv_json_begin(&member, &options->object->root);
	while (sv_json_next(&member))
	{
		int			i = find_option(member.name);

		options->given[i] = true;
		options->values[i] = member.value;
	}
}

/*
 * Check the options of a revision, a JSON object as text (NULL: none).
 * Returns their canonical text and the reason why the revision is irreversible
 * ("" if none is given, NULL if it is not).  Known options:
 *
 *	irreversible	text (the reason) or boolean
 *	keep			boolean: keep what up drops, whatever schemaver.keep_data says
 *	transaction		false: each statement commits, as a tool's file asked for
 *	down_transaction	the same of down, where it differs
 *	replaces		ids of the revisions that a squashed one was made of
 *	dependents		"rebuild": what is in the way of an ALTER or DROP is re-created
 *	supersedes		ids of squashed ones between them
 *	verify_by_error	true: a verify script fails by an error, and never by a result
 *	elided			ids of those of them whose changes of rows were left out
 *	contexts		expression that must hold for the names of the run
 *	labels			names, for the expression of a run
 *	external		what is to be done outside of the server instead of up
 *	preconditions	what must hold before up runs, see option_steps.c
 *	variables		how the scripts write variables: flyway, liquibase, goose, psql
 */
char *
sv_store_options(const char *options, const char **irreversible)
{
	Options		read;

	read_options(&read, options);
	for (int i = 0; i < lengthof(known); i++)
	{
		if (read.given[i] && known[i].kind == OPTION_BOOLEAN && read.values[i].type != jbvBool)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("option \"%s\" must be a boolean", known[i].name)));
		if (read.given[i] && known[i].kind == OPTION_IDS)
			check_option_ids(known[i].name, &read.values[i]);
		if (read.given[i] && known[i].kind == OPTION_DEPENDENTS &&
			!(is_option_word(&read.values[i], "rebuild") || is_option_word(&read.values[i],
																		   "refuse")))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("option \"%s\" must be \"rebuild\" or \"refuse\"", known[i].name)));
		if (read.given[i] && known[i].kind == OPTION_SYNTAX)
			check_syntax(known[i].name, &read.values[i]);
		if (read.given[i] && known[i].kind >= OPTION_EXPRESSION)
			check_text(known[i].name, &read.values[i], known[i].kind == OPTION_EXPRESSION);
	}
	(void) sv_store_option_preconditions(options);
	*irreversible = read.given[IRREVERSIBLE] ? irreversible_reason(&read.values[IRREVERSIBLE]) :
		NULL;
	return JsonbToCString(NULL, &read.object->root, 0);
}

static bool
boolean_option(const Options *options, int which, bool otherwise)
{
	return options->given[which] ? options->values[which].val.boolean : otherwise;
}

/* The option "keep" of a revision, "otherwise" if it has none. */
bool
sv_store_option_keep(const char *options, bool otherwise)
{
	Options		read;

	if (strcmp(options, "{}") == 0)
		return otherwise;
	read_options(&read, options);
	return boolean_option(&read, KEEP, otherwise);
}

/*
 * Shall dependents that are in the way of the script's statements be dropped and made
 * again?  As the setting says where the options (NULL: none) do not.
 */
bool
sv_store_option_rebuild(const char *options)
{
	Options		read;

	if (options == NULL || strcmp(options, "{}") == 0)
		return sv_rebuild_dependents;
	read_options(&read, options);
	return read.given[DEPENDENTS] ? is_option_word(&read.values[DEPENDENTS], "rebuild") :
		sv_rebuild_dependents;
}

/* Does a verify script fail by an error alone, whatever its queries return? */
bool
sv_store_option_verify_by_error(const char *options)
{
	Options		read;

	if (options == NULL || strcmp(options, "{}") == 0)
		return false;
	read_options(&read, options);
	return boolean_option(&read, VERIFY_BY_ERROR, false);
}

/* May the script of that direction run in a transaction? */
bool
sv_store_option_transaction(const char *options, Direction direction)
{
	Options		read;
	bool		up;

	if (strcmp(options, "{}") == 0)
		return true;
	read_options(&read, options);
	up = boolean_option(&read, TRANSACTION, true);
	return direction == SV_UPGRADE ? up : boolean_option(&read, DOWN_TRANSACTION, up);
}

/*
 * The strings of an option of a revision, NIL if it is not there or no list.
 * The options need not be checked yet.
 */
List *
sv_store_option_list(const char *options, const char *name)
{
	if (options == NULL)
		return NIL;
	return sv_json_texts(sv_json_array(sv_json_member(&sv_json_parse(options)->root, name)));
}

/*
 * How the scripts of a revision write variables, NULL if they have none.  The
 * options need not be checked yet.
 */
char *
sv_store_option_variables(const char *options)
{
	return sv_store_option_text(options, "variables");
}
