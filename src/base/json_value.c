/*
 * json_value.c
 *		Reading and writing JSON: the members of an object, texts, lists of texts.
 *
 * Who reads decides what must be there: these functions return NULL or an empty
 * list for what is missing or of another type, and raise an error for text alone
 * that is no JSON.
 */
#include "postgres.h"

#include "base/base.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"

/* ---------- reading ---------- */

/* The value that the text is; 22P02 if the text is no JSON. */
Jsonb *
sv_json_parse(const char *text)
{
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text)));
}

/* The value's object or list; NULL if the value (NULL: none) is something else. */
JsonbContainer *
sv_json_object(const JsonbValue *value)
{
	return value != NULL && value->type == jbvBinary &&
		JsonContainerIsObject(value->val.binary.data) ? value->val.binary.data : NULL;
}

JsonbContainer *
sv_json_array(const JsonbValue *value)
{
	return value != NULL && value->type == jbvBinary &&
		JsonContainerIsArray(value->val.binary.data) ? value->val.binary.data : NULL;
}

/* The member of the object (NULL: none), or NULL if it has none or is no object. */
JsonbValue *
sv_json_member(JsonbContainer *object, const char *name)
{
	return object != NULL && JsonContainerIsObject(object) ?
		getKeyJsonValueFromContainer(object, name, strlen(name), NULL) : NULL;
}

/* The string, without quotes; NULL if the value (NULL: none) is no string. */
char *
sv_json_string(const JsonbValue *value)
{
	return value != NULL && value->type == jbvString ?
		pnstrdup(value->val.string.val, value->val.string.len) : NULL;
}

/* A string, number or boolean as text; NULL for none, null, lists and objects. */
char *
sv_json_text(const JsonbValue *value)
{
	if (value == NULL)
		return NULL;
	switch (value->type)
	{
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(numeric_out,
													   NumericGetDatum(value->val.numeric)));
		case jbvBool:
			return pstrdup(value->val.boolean ? "true" : "false");
		default:
			return sv_json_string(value);
	}
}

/* The strings, numbers and booleans of a list (NULL: none) as texts, without other elements. */
List *
sv_json_texts(JsonbContainer *array)
{
	List	   *texts = NIL;

	if (array == NULL || !JsonContainerIsArray(array))
		return NIL;
	for (uint32 i = 0; i < JsonContainerSize(array); i++)
	{
		char	   *text = sv_json_text(getIthJsonbValueFromContainer(array, i));

		if (text != NULL)
			texts = lappend(texts, text);
	}
	return texts;
}

/* Begin to read the members of an object; a list or a scalar has none. */
void
sv_json_begin(JsonMembers *members, JsonbContainer *object)
{
	members->at = JsonbIteratorInit(object);
}

/* Read the next member into name and value.  False at the end. */
bool
sv_json_next(JsonMembers *members)
{
	JsonbValue	key;
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(&members->at, &key, true)) != WJB_DONE)
	{
		if (token != WJB_KEY)
			continue;
		members->name = pnstrdup(key.val.string.val, key.val.string.len);
		(void) JsonbIteratorNext(&members->at, &members->value, true);
		return true;
	}
	return false;
}

/* ---------- writing ---------- */

/* The text as a JSON string. */
char *
sv_json_quote(const char *text)
{
	StringInfoData out;

	initStringInfo(&out);
	escape_json(&out, text);
	return out.data;
}

/* A list of strings. */
char *
sv_json_list(const List *texts)
{
	StringInfoData out;
	ListCell   *cell;

	initStringInfo(&out);
	appendStringInfoChar(&out, '[');
	foreach(cell, texts)
	{
		if (foreach_current_index(cell) > 0)
			appendStringInfoString(&out, ", ");
		escape_json(&out, lfirst(cell));
	}
	appendStringInfoChar(&out, ']');
	return out.data;
}

/* Add a member, whose value is JSON, to an object, which is NULL while it has none. */
void
sv_json_add(const char **object, const char *name, const char *json)
{
	StringInfoData out;

	initStringInfo(&out);
	if (*object != NULL)
		appendBinaryStringInfo(&out, *object, strlen(*object) - 1);
	appendStringInfoString(&out, *object != NULL ? ", " : "{");
	escape_json(&out, name);
	appendStringInfo(&out, ": %s}", json);
	*object = out.data;
}
