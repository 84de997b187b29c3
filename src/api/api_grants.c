/*
 * api_grants.c
 *		SQL functions that grant ready sets of privileges.
 *
 * The statements run as the caller: only who owns the extension can grant what
 * belongs to it.
 */
#include "postgres.h"

#include "api/api_private.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"

PG_FUNCTION_INFO_V1(sv_api_grant_set);
PG_FUNCTION_INFO_V1(sv_api_revoke_set);

/* The sets that a set holds; the first one is itself. */
static const struct
{
	const char *name;
	const char *holds;			/* as text[] */
	const char *relations;		/* that its members read */
}			sets[] = {
	{"reader", "{reader}", "schemaver.journal"},
	{"author", "{author,reader}", "schemaver.journal"},
	{"deployer", "{deployer,reader}", "schemaver.journal"},
	{"operator", "{operator,deployer,reader}", "schemaver.journal"},
};

static int
arg_set(FunctionCallInfo fcinfo)
{
	char	   *name = sv_arg_name(fcinfo, 0, "name");

	for (int i = 0; i < lengthof(sets); i++)
		if (strcmp(sets[i].name, name) == 0)
			return i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown set of grants: \"%s\"", sv_base_clip(name)),
			 errhint("The sets are reader, author, deployer and operator; SELECT * FROM schemaver.grant_sets() lists what each holds.")));
	return -1;
}

/* Execute a statement as the caller and give it as a row. */
static void
execute_grant(ReturnSetInfo *result, const char *statement)
{
	if (SPI_execute(statement, false, 0) != SPI_OK_UTILITY)
		elog(ERROR, "statement failed: %s", statement);
	sv_result_texts(result, 1, statement);
}

/* The routines of all the sets that a set holds, a list of identities. */
static List *
routines_of(int set)
{
	List	   *routines = NIL;
	Oid			types[1] = {TEXTOID};
	Datum		values[1] = {CStringGetTextDatum(sets[set].holds)};

	if (SPI_execute_with_args("SELECT DISTINCT routine FROM schemaver.grant_sets() WHERE set = ANY ($1::text[]) "
							  "ORDER BY routine", 1, types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "the sets of grants cannot be read");
	for (uint64 i = 0; i < SPI_processed; i++)
		routines = lappend(routines, SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1));
	return routines;
}

/* The role as a statement names it; GRANT takes "public" for everybody, even in quotes. */
static const char *
arg_role(FunctionCallInfo fcinfo)
{
	char	   *role = sv_arg_name(fcinfo, 1, "role");

	if (strcmp(role, "public") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a set of grants is for one role, not for everybody")));
	return quote_identifier(role);
}

/* GRANT by somebody else would be a warning, and grant nothing. */
static void
check_extension_owner(void)
{
	Oid			owner = sv_relation_owner(sv_store_relation("applied"));

	if (!has_privs_of_role(GetUserId(), owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be owner of extension %s", "schemaver")));
}

static Datum
run_grants(FunctionCallInfo fcinfo, bool grant)
{
	int			set = arg_set(fcinfo);
	const char *role = arg_role(fcinfo);
	const char *verb = grant ? "GRANT" : "REVOKE";
	const char *preposition = grant ? "TO" : "FROM";
	ReturnSetInfo *result = sv_result_begin(fcinfo);
	int			nestlevel = NewGUCNestLevel();

	check_extension_owner();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	foreach_ptr(const char, string, routines_of(set))
		execute_grant(result, psprintf("%s EXECUTE ON ROUTINE %s %s %s", verb,
									   string,
									   preposition, role));
	execute_grant(result, psprintf("%s SELECT ON %s %s %s", verb, sets[set].relations, preposition,
								   role));
	SPI_finish();
	AtEOXact_GUC(false, nestlevel);
	return (Datum) 0;
}

Datum
sv_api_grant_set(PG_FUNCTION_ARGS)
{
	return run_grants(fcinfo, true);
}

Datum
sv_api_revoke_set(PG_FUNCTION_ARGS)
{
	return run_grants(fcinfo, false);
}
