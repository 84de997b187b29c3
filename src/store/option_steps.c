/*
 * option_steps.c
 *		Options of a revision that decide whether its script runs: preconditions,
 *		contexts and labels, steps that are done outside of the server.
 */
#include "postgres.h"

#include "store/store.h"

/* One row an action; Liquibase's names of them are read, too. */
static const struct
{
	const char *name;
	PreconditionAction action;
}			actions[] = {
	{"halt", SV_PRECONDITION_HALT},
	{"warn", SV_PRECONDITION_WARN},
	{"skip", SV_PRECONDITION_SKIP},
	{"continue", SV_PRECONDITION_SKIP},
	{"mark", SV_PRECONDITION_MARK},
	{"mark_ran", SV_PRECONDITION_MARK},
};

/* The action of that name, in any case; false if there is none. */
static bool
action_named(const char *name, PreconditionAction *action)
{
	for (int i = 0; i < lengthof(actions); i++)
	{
		if (pg_strcasecmp(actions[i].name, name) != 0)
			continue;
		*action = actions[i].action;
		return true;
	}
	return false;
}

static void
refuse_precondition(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("option \"preconditions\" must be a list of objects with \"sql\""),
			 errdetail("Each may have \"expect\" (the value that the query gives, else true), "
					   "\"on_fail\" and \"on_error\" (\"halt\", \"warn\", \"skip\" or \"mark\") and "
					   "\"message\".")));
}

/* As a query prints the value. */
static char *
precondition_text(const JsonbValue *value)
{
	char	   *text = sv_json_text(value);

	if (text == NULL)
		refuse_precondition();
	return value->type == jbvBool ? pnstrdup(text, 1) : text;
}

static void
take_member(Precondition *precondition, const char *name, const char *value)
{
	if (strcmp(name, "sql") == 0)
		precondition->sql = value;
	else if (strcmp(name, "expect") == 0)
		precondition->expect = value;
	else if (strcmp(name, "message") == 0)
		precondition->message = value;
	else if ((strcmp(name, "on_fail") != 0 ||
			  !action_named(value, &precondition->on_fail)) &&
			 (strcmp(name, "on_error") != 0 ||
			  !action_named(value, &precondition->on_error)))
		refuse_precondition();
}

static Precondition *
read_precondition(JsonbContainer *object)
{
	Precondition *precondition = palloc0(sizeof(Precondition));
	JsonMembers member;

	sv_json_begin(&member, object);
	while (sv_json_next(&member))
		take_member(precondition, member.name, precondition_text(&member.value));
	if (precondition->sql == NULL)
		refuse_precondition();
	return precondition;
}

static JsonbValue *
member(const char *options, const char *name)
{
	if (options == NULL || strstr(options, name) == NULL)
		return NULL;
	return sv_json_member(&sv_json_parse(options)->root, name);
}

/* The preconditions (Precondition) of a revision's options; NIL: none.  22023 if they are none. */
List *
sv_store_option_preconditions(const char *options)
{
	JsonbValue *value = member(options, "preconditions");
	JsonbContainer *array = sv_json_array(value);
	List	   *result = NIL;

	if (value == NULL)
		return NIL;
	if (array == NULL)
		refuse_precondition();
	for (uint32 i = 0; i < JsonContainerSize(array); i++)
	{
		JsonbContainer *object = sv_json_object(getIthJsonbValueFromContainer(array, i));

		if (object == NULL)
			refuse_precondition();
		result = lappend(result, read_precondition(object));
	}
	return result;
}

/* An option that is a text: "contexts", "labels", "external"; NULL: not given. */
char *
sv_store_option_text(const char *options, const char *name)
{
	return sv_json_string(member(options, name));
}
