/*
 * probe.c
 *		Is an index the one that a CREATE INDEX statement describes?
 *
 * The server decides: it makes the index on an empty copy of the table, in a
 * subtransaction that is rolled back, and both definitions are compared as it
 * writes them.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/base.h"
#include "catalog/namespace.h"
#include "nodes/makefuncs.h"
#include "online/online_private.h"
#include "tcop/dest.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#define PROBE_TABLE "schemaver_probe"
#define PROBE_INDEX "schemaver_probe_index"

typedef struct Probe
{
	const char *statement;		/* CREATE INDEX */
	Oid			table;
	Oid			index;
	bool		same;			/* the answer */
} Probe;

static char *
probe_name(Oid relation)
{
	return quote_qualified_identifier(get_namespace_name_or_temp(get_rel_namespace(relation)),
									  get_rel_name(relation));
}

/* Execute a utility statement without event triggers. */
static void
execute_quietly(Node *tree, const char *text)
{
	PlannedStmt *plan = makeNode(PlannedStmt);

	plan->commandType = CMD_UTILITY;
	plan->utilityStmt = tree;
	plan->stmt_location = -1;
	ProcessUtility(plan, text, false, PROCESS_UTILITY_SUBCOMMAND, NULL, NULL, None_Receiver, NULL);
	CommandCounterIncrement();
}

/* What pg_get_indexdef() says behind the names of index and table. */
static char *
properties(Oid index, Oid table)
{
	char	   *definition =
	TextDatumGetCString(DirectFunctionCall1(pg_get_indexdef, ObjectIdGetDatum(index)));
	char	   *names =
	psprintf("INDEX %s ON %s ", quote_identifier(get_rel_name(index)), probe_name(table));
	char	   *at = strstr(definition, names);

	if (at == NULL)
		return definition;
	*at = '\0';
	return psprintf("%s%s", definition, at + strlen(names));
}

static void
make_and_compare(void *arg)
{
	Probe	   *probe = arg;
	char	   *create =
	psprintf("CREATE TEMPORARY TABLE " PROBE_TABLE " (LIKE %s)", probe_name(probe->table));
	IndexStmt  *stmt = castNode(IndexStmt, sv_parse_one(probe->statement));
	Oid			table;
	Oid			index;

	execute_quietly(sv_parse_one(create), create);
	stmt->relation = makeRangeVar("pg_temp", PROBE_TABLE, -1);
	stmt->idxname = PROBE_INDEX;
	stmt->concurrent = false;
	stmt->if_not_exists = false;
	execute_quietly((Node *) stmt, probe->statement);
	table = RangeVarGetRelid(stmt->relation, NoLock, false);
	index = get_relname_relid(PROBE_INDEX, get_rel_namespace(table));
	probe->same = strcmp(properties(index, table), properties(probe->index, probe->table)) == 0;
}

/* Is the index of a table what a CREATE INDEX statement would make, but for its name? */
bool
sv_same_index(const char *statement, Oid table, Oid index)
{
	Probe		probe = {statement, table, index, false};
	ErrorData  *error = sv_subtransaction(make_and_compare, &probe, false);

	if (error == NULL)
		return probe.same;
	if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
		ReThrowError(error);
	return false;
}
