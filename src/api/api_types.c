/*
 * api_types.c
 *		The types of arguments: "names" (a text[] that a single name is, too) and
 *		"reference" (a text that a number is, too).
 */
#include "postgres.h"

#include "api/api_private.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

PG_FUNCTION_INFO_V1(sv_api_names_in);
PG_FUNCTION_INFO_V1(sv_api_names_recv);
PG_FUNCTION_INFO_V1(sv_api_names_of_list);
PG_FUNCTION_INFO_V1(sv_api_reference_of_number);
PG_FUNCTION_INFO_V1(sv_api_reference_of_integer);

/* Is it written as an array: {a,b} or [1:2]={a,b}? */
static bool
is_list(const char *text)
{
	const char *first = text + strspn(text, " \t\r\n\v\f");

	return *first == '{' || (*first == '[' && strstr(first, "]={") != NULL);
}

/* A text that is no array is one name. */
Datum
sv_api_names_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);

	if (is_list(text))
		return OidFunctionCall3(F_ARRAY_IN, CStringGetDatum(text), ObjectIdGetDatum(TEXTOID),
								Int32GetDatum(-1));
	return sv_text_array(list_make1(text));
}

Datum
sv_api_names_recv(PG_FUNCTION_ARGS)
{
	return OidFunctionCall3(F_ARRAY_RECV, PG_GETARG_DATUM(0), ObjectIdGetDatum(TEXTOID),
							Int32GetDatum(-1));
}

/* Both are stored alike; the server only casts no array without a function. */
Datum
sv_api_names_of_list(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

static text *
reference_of(int64 number)
{
	if (number < 0)
		return cstring_to_text(psprintf(INT64_FORMAT, number));
	return cstring_to_text(psprintf(SV_GRAPH_STEPS INT64_FORMAT, number));
}

Datum
sv_api_reference_of_number(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(reference_of(PG_GETARG_INT64(0)));
}

Datum
sv_api_reference_of_integer(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(reference_of(PG_GETARG_INT32(0)));
}

/* The target of a run, which may be a number. */
char *
sv_arg_target(FunctionCallInfo fcinfo, int n, StoreMode mode, Direction direction)
{
	char	   *target = sv_arg_name(fcinfo, n, "target");

	if (strncmp(target, SV_GRAPH_STEPS, strlen(SV_GRAPH_STEPS)) != 0)
		return target;
	return sv_graph_target(sv_store_graph(mode), target, direction);
}
