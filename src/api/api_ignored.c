/*
 * api_ignored.c
 *		SQL functions about what comparisons with the live schema leave alone.
 */
#include "postgres.h"

#include "api/api_private.h"
#include "catalog/namespace.h"
#include "register/register.h"
#include "store/store.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(sv_api_ignore);
PG_FUNCTION_INFO_V1(sv_api_ignored);

static Datum
give_ignored(FunctionCallInfo fcinfo, StoreMode mode)
{
	ReturnSetInfo *result = sv_result_begin(fcinfo);

	foreach_ptr(const StoredIgnored, ignored, sv_store_ignored(mode))
	{
		sv_result_texts(result, 2, ignored->kind, ignored->name);
	}
	return (Datum) 0;
}

/* A name with a point, where no schema is called so, is that of an object. */
static void
refuse_object(const char *name)
{
	if (strchr(name, '.') != NULL && !OidIsValid(get_namespace_oid(name, true)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_SCHEMA),
				 errmsg("schema \"%s\" does not exist", name),
				 errhint("An object is ignored so: SELECT * FROM schemaver.ignore(objects => %s);",
						 quote_literal_cstr(name))));
}

Datum
sv_api_ignore(PG_FUNCTION_ARGS)
{
	static const char *const kinds[] = {"schema", "object"};
	bool		remove = sv_arg_bool(fcinfo, 2);

	sv_register_lock("schemaver.ignore()");
	for (int i = 0; i < lengthof(kinds); i++)
	{
		foreach_ptr(const char, name, sv_arg_list(fcinfo, i))
		{
			if (*name == '\0' || strlen(name) > PATTERN_LENGTH_MAX)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("a name to ignore must have 1 to %d bytes", PATTERN_LENGTH_MAX)));
			if (i == 0 && !remove)
				refuse_object(name);
			sv_store_ignore(kinds[i], name, !remove);
		}
	}
	if (list_length(sv_store_ignored(SV_STORE_WRITE)) > PATTERNS_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("more than %d names to ignore", PATTERNS_MAX)));
	return give_ignored(fcinfo, SV_STORE_WRITE);
}

Datum
sv_api_ignored(PG_FUNCTION_ARGS)
{
	return give_ignored(fcinfo, SV_STORE_READ);
}
