/*
 * option_steps.c
 *		Options of a revision that decide whether its script runs: preconditions,
 *		contexts and labels, steps that are done outside of the server.
 */
#include "postgres.h"

#include "store/store.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

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

static char *
text_of(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvString:
			return pnstrdup(value->val.string.val, value->val.string.len);
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(numeric_out,
													   NumericGetDatum(value->val.numeric)));
		case jbvBool:
			return pstrdup(value->val.boolean ? "t" : "f");
		default:
			refuse_precondition();
			return NULL;
	}
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
	JsonbIterator *it = JsonbIteratorInit(object);
	JsonbValue	item;
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(&it, &item, true)) != WJB_DONE)
	{
		char	   *name;

		if (token != WJB_KEY)
			continue;
		name = pnstrdup(item.val.string.val, item.val.string.len);
		(void) JsonbIteratorNext(&it, &item, true);
		take_member(precondition, name, text_of(&item));
	}
	if (precondition->sql == NULL)
		refuse_precondition();
	return precondition;
}

static JsonbValue *
member(const char *options, const char *name)
{
	Jsonb	   *object;

	if (options == NULL || strstr(options, name) == NULL)
		return NULL;
	object = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(options)));
	return JB_ROOT_IS_OBJECT(object) ?
		getKeyJsonValueFromContainer(&object->root, name, strlen(name), NULL) : NULL;
}

/* The preconditions (Precondition) of a revision's options; NIL: none.  22023 if they are none. */
List *
sv_store_option_preconditions(const char *options)
{
	JsonbValue *value = member(options, "preconditions");
	List	   *result = NIL;

	if (value == NULL)
		return NIL;
	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		refuse_precondition();
	for (uint32 i = 0; i < JsonContainerSize(value->val.binary.data); i++)
	{
		JsonbValue *item = getIthJsonbValueFromContainer(value->val.binary.data, i);

		if (item->type != jbvBinary || !JsonContainerIsObject(item->val.binary.data))
			refuse_precondition();
		result = lappend(result, read_precondition(item->val.binary.data));
	}
	return result;
}

/* An option that is a text: "contexts", "labels", "external"; NULL: not given. */
char *
sv_store_option_text(const char *options, const char *name)
{
	JsonbValue *value = member(options, name);

	return value != NULL && value->type == jbvString ?
		pnstrdup(value->val.string.val, value->val.string.len) : NULL;
}
