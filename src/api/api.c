/*
 * api.c
 *		What the SQL-callable functions share: fetching arguments, giving rows.
 */
#include "postgres.h"

#include "api/api.h"
#include "base/compat.h"
#include "funcapi.h"
#include "store/store.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/* A text argument that must not be NULL. */
char *
sv_arg_text(FunctionCallInfo fcinfo, int n, const char *name)
{
	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", name)));
	return text_to_cstring(PG_GETARG_TEXT_PP(n));
}

char *
sv_arg_text_or_null(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(n));
}

/* What anybody may pass to functions that are open to everybody has a bound. */
#define NAME_MAX_BYTES 10000
#define LIST_MAX 10000

/* The same of a text that names something: an error if it is too long to do so. */
char *
sv_arg_name_or_null(FunctionCallInfo fcinfo, int n)
{
	if (PG_ARGISNULL(n))
		return NULL;
	if (VARSIZE_ANY_EXHDR(PG_GETARG_TEXT_PP(n)) > NAME_MAX_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("argument %d is longer than %d bytes", n + 1, NAME_MAX_BYTES)));
	return text_to_cstring(PG_GETARG_TEXT_PP(n));
}

char *
sv_arg_name(FunctionCallInfo fcinfo, int n, const char *name)
{
	return PG_ARGISNULL(n) ? sv_arg_text(fcinfo, n, name) : sv_arg_name_or_null(fcinfo, n);
}

/* A text[] argument as a list of strings; NULL is the empty list. */
List *
sv_arg_list(FunctionCallInfo fcinfo, int n)
{
	List	   *strings = PG_ARGISNULL(n) ? NIL : sv_text_list(PG_GETARG_DATUM(n));

	if (list_length(strings) > LIST_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("argument %d has more than %d elements", n + 1, LIST_MAX)));
	foreach_ptr(const char, string, strings)
	{
		if (strlen(string) > NAME_MAX_BYTES)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("element %d of argument %d is longer than %d bytes",
							foreach_current_index(string) + 1, n + 1, NAME_MAX_BYTES)));
	}
	return strings;
}

/* A boolean argument; NULL is false. */
bool
sv_arg_bool(FunctionCallInfo fcinfo, int n)
{
	return !PG_ARGISNULL(n) && PG_GETARG_BOOL(n);
}

/* Begin the result of a function that returns rows. */
ReturnSetInfo *
sv_result_begin(FunctionCallInfo fcinfo)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, type_is_rowtype(get_func_rettype(fcinfo->flinfo->fn_oid)) ? 0 :
						MAT_SRF_USE_EXPECTED_DESC);
	return result;
}

/* Give a row.  "result" is what sv_result_begin() returned. */
void
sv_result_row(const Datum *values, const bool *nulls, void *result)
{
	ReturnSetInfo *to = result;

	tuplestore_putvalues(to->setResult, to->setDesc, (Datum *) values, (bool *) nulls);
}

/* Give a row of n texts (const char *), each of which may be NULL. */
void
sv_result_texts(ReturnSetInfo *result, int n,...)
{
	RowBuilder	row = {0};
	va_list		texts;

	va_start(texts, n);
	for (int i = 0; i < n; i++)
		sv_row_text(&row, va_arg(texts, const char *));
	va_end(texts);
	sv_row_put(result, &row);
}

/* Set the next column to a text, or to NULL. */
void
sv_row_text(RowBuilder *row, const char *value)
{
	sv_row_datum(row, value ? CStringGetTextDatum(value) : (Datum) 0, value == NULL);
}

void
sv_row_datum(RowBuilder *row, Datum value, bool isnull)
{
	Assert(row->n < (int) lengthof(row->values));
	row->values[row->n] = value;
	row->nulls[row->n++] = isnull;
}

/* A text[]; null if the list is empty. */
void
sv_row_list_or_null(RowBuilder *row, const List *strings)
{
	sv_row_datum(row, strings ? sv_text_array(strings) : (Datum) 0, strings == NIL);
}

/* Give the row and begin the next one. */
void
sv_row_put(ReturnSetInfo *result, RowBuilder *row)
{
	/* a column too few would be read from where nothing is, in a build without assertions, too */
	if (row->n != result->setDesc->natts)
		elog(ERROR, "a row of %d columns where %d are returned", row->n, result->setDesc->natts);
	sv_result_row(row->values, row->nulls, result);
	row->n = 0;
}

RevisionList
sv_api_range(const RevisionGraph *graph, const char *range)
{
	const char *colon = strchr(range, ':');

	/* "tag:x" is a reference, and a colon within one: "tag:a:tag:b" has its own */
	if (strncmp(range, "tag:", 4) == 0 || strncmp(range, SV_GRAPH_RUN, strlen(SV_GRAPH_RUN)) == 0)
		colon = strchr(colon + 1, ':');
	/* and the time of "date:..." has more: it is the end of a range, or all of it */
	if (strncmp(range, SV_GRAPH_DATE, strlen(SV_GRAPH_DATE)) == 0)
		colon = NULL;
	if (colon == NULL)
		return sv_graph_resolve(graph, range);
	return sv_graph_history(graph,
							colon == range ? NULL : pnstrdup(range, colon - range),
							colon[1] == '\0' ? NULL : pstrdup(colon + 1));
}
