/*
 * json_file.c
 *		JSON files that say something about the migrations beside them.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "formats/formats_private.h"

/* Return the file's value.  What is no JSON is SV018. */
Jsonb *
sv_json_parse(const SourceFile *file)
{
	MemoryContext context = CurrentMemoryContext;
	Datum volatile value = (Datum) 0;

	PG_TRY();
	{
		value = DirectFunctionCall1(jsonb_in, CStringGetDatum(file->content));
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_DATA_EXCEPTION)
			PG_RE_THROW();
		FlushErrorState();
		sv_format_refuse(file, 0,
						 psprintf("it is not valid JSON: %s", error->detail ? error->detail :
								  error->message),
						 "Restore the file as its tool wrote it.");
	}
	PG_END_TRY();
	return DatumGetJsonbP(value);
}

/* Return the member of the object, or NULL if it has none or is no object. */
JsonbValue *
sv_json_member(JsonbContainer *object, const char *name)
{
	return JsonContainerIsObject(object) ?
		getKeyJsonValueFromContainer(object, name, strlen(name), NULL) : NULL;
}

/* Return the value as text, without quotes; NULL for none, null, lists and objects. */
char *
sv_json_text(const JsonbValue *value)
{
	if (value == NULL)
		return NULL;
	switch (value->type)
	{
		case jbvString:
			return pnstrdup(value->val.string.val, value->val.string.len);
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(numeric_out,
													   NumericGetDatum(value->val.numeric)));
		case jbvBool:
			return pstrdup(value->val.boolean ? "true" : "false");
		default:
			return NULL;
	}
}
