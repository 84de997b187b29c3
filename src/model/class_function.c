/*
 * class_function.c
 *		Functions, procedures and aggregates.
 */
#include "postgres.h"

#include "catalog/pg_proc.h"
#include "model/model.h"
#include "utils/builtins.h"

static const char *
function_name_space(const Object *o)
{
	return "function";
}

/* Is it a function whose body is no text: the server knows what it uses? */
bool
sv_has_parsed_body(const Object *o)
{
	return (sv_class_is(o, function) || sv_class_is(o, procedure)) &&
		strstr(sv_text(o, "definition"), "\nAS $") == NULL;
}

static void
create_function(Writer *w, const Object *o)
{
	const char *definition = sv_text(o, "definition");

	/* pg_get_functiondef() says OR REPLACE; a new function replaces nothing */
	if (strncmp(definition, "CREATE OR REPLACE ", 18) == 0)
		sv_emit(w, 0, "CREATE %s", definition + 18);
	else
		sv_emit(w, 0, "%s", definition);
}

static void
replace_function(Writer *w, const Object *a, const Object *b)
{
	sv_emit(w, 0, "%s", sv_text(b, "definition"));
}

static bool
starts_with(List *list, List *start)
{
	if (list_length(list) < list_length(start))
		return false;
	for (int i = 0; i < list_length(start); i++)
		if (strcmp(list_nth(list, i), list_nth(start, i)) != 0)
			return false;
	return true;
}

/* CREATE OR REPLACE keeps result, names of arguments and their defaults. */
static bool
can_replace_function(const Object *a, const Object *b)
{
	ListCell   *x;
	ListCell   *y;

	if (!sv_same(a, b, "result") || !sv_same(a, b, "outputs"))
		return false;
	if (atoi(sv_text(a, "ndefaults")) > atoi(sv_text(b, "ndefaults")))
		return false;
	if (!sv_is(a, "argument_names"))
		return true;
	if (list_length(sv_list(a, "argument_names")) != list_length(sv_list(b, "argument_names")))
		return false;
	forboth(x, sv_list(a, "argument_names"), y, sv_list(b, "argument_names"))
	{
		if (((char *) lfirst(x))[0] != '\0' && strcmp(lfirst(x), lfirst(y)) != 0)
			return false;
	}
	return starts_with(sv_list(a, "modes"), sv_list(b, "modes"));
}

static const Alterer function_alterers[] = {
	{"definition", replace_function},
	{"result", replace_function},
	{"ndefaults", replace_function},
	{"argument_names", replace_function},
	{"modes", replace_function},
	{"outputs", replace_function},
	{NULL}
};

#define FUNCTION_QUERY(kinds) \
	"SELECT p.oid AS _oid, pronamespace AS _schema, proname AS _name, proowner AS owner, proacl AS acl, " \
	"quote_ident(nspname) || '.' || quote_ident(proname) || '(' || coalesce((SELECT string_agg(format_type(t, NULL), ', ' ORDER BY n) " \
	"FROM unnest(proargtypes) WITH ORDINALITY u(t, n)), '') || ')' AS _identity, " \
	"pg_catalog.pg_get_functiondef(p.oid) AS definition, pg_catalog.pg_get_function_result(p.oid) AS result, " \
	"pronargdefaults AS ndefaults, proargnames AS argument_names, proargmodes::text[] AS modes, " \
	"CASE WHEN proargmodes && '{o,b,t}' THEN (SELECT array_agg(format_type(t, NULL) || coalesce(' ' || proargnames[n], '') ORDER BY n) " \
	"FROM unnest(proallargtypes, proargmodes) WITH ORDINALITY u(t, m, n) WHERE m IN ('o', 'b', 't')) END AS outputs " \
	"FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace s ON s.oid = pronamespace WHERE prokind IN (" kinds ") AND " \
	"NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 1255 AND d.objid = p.oid AND d.deptype = 'i') AND " \
	IN_SCHEMAS("pronamespace")

/* The constructors of a range type, which depend on it internally, come with it. */
const ModelClass sv_class_function = {
	.name = "function", .keyword = "FUNCTION", .catalog = ProcedureRelationId, .rank = 140,
	.traits = SV_IS_ROUTINE | SV_USES_COLUMN_TYPES,
	.rename = {2, SV_SPACE_FUNCTION, SV_RENAME_PLAIN, true, 0},
	.style = SV_ID_GIVEN, .acl_type = 'f',
	.query = FUNCTION_QUERY("'f', 'w'"),
	.create = create_function,
	.alterers = function_alterers,
	.can_alter = can_replace_function,
	.name_space = function_name_space,
};

const ModelClass sv_class_procedure = {
	.name = "procedure", .keyword = "PROCEDURE", .catalog = ProcedureRelationId, .rank = 141,
	.traits = SV_IS_ROUTINE | SV_USES_COLUMN_TYPES,
	.rename = {2, SV_SPACE_FUNCTION, SV_RENAME_PLAIN, true, 0},
	.style = SV_ID_GIVEN, .acl_type = 'f',
	.query = FUNCTION_QUERY("'p'"),
	.create = create_function,
	.alterers = function_alterers,
	.can_alter = can_replace_function,
	.name_space = function_name_space,
};

/* ----- aggregates ----- */

static void
create_aggregate(Writer *w, const Object *o)
{
	sv_emit(w, 0, "CREATE AGGREGATE %s.%s(%s) (\n    %s\n)", quote_identifier(o->schema),
			quote_identifier(o->name),
			sv_text(o, "arguments"), sv_join(sv_list(o, "options"), ",\n    "));
}

static void
replace_aggregate(Writer *w, const Object *a, const Object *b)
{
	sv_emit(w, 0, "CREATE OR REPLACE AGGREGATE %s.%s(%s) (\n    %s\n)",
			quote_identifier(b->schema), quote_identifier(b->name),
			sv_text(b, "arguments"), sv_join(sv_list(b, "options"), ",\n    "));
}

static bool
can_replace_aggregate(const Object *a, const Object *b)
{
	return sv_same(a, b, "arguments") && sv_same(a, b, "result") && sv_same(a, b, "hypothetical");
}

/* GRANT takes it for a function, with the types of all arguments. */
static const char *
aggregate_sql_name(const Object *o, bool in_grant)
{
	if (!in_grant)
		return o->identity;
	return psprintf("%s.%s(%s)", quote_identifier(o->schema), quote_identifier(o->name),
					sv_join(sv_list(o, "types"), ", "));
}

static const Alterer aggregate_alterers[] = {
	{"options", replace_aggregate},
	{"hypothetical", NULL},
	{"types", NULL, SV_ALTER_IGNORED | SV_ALTER_FOLLOWS},	/* of the arguments */
	{NULL}
};

#define AGG_PROC(name, column) \
	"CASE WHEN " column "::oid <> 0 THEN '" name " = ' || " column "::oid::regproc::text END, "
#define AGG_MODIFY(name, column, kind) \
	"CASE WHEN " column " <> CASE WHEN aggkind = 'n' THEN 'r' ELSE 'w' END::\"char\" THEN '" name " = ' || " \
	"CASE " column " WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END, "

const ModelClass sv_class_aggregate = {
	.name = "aggregate", .keyword = "AGGREGATE", .catalog = ProcedureRelationId, .rank = 147,
	.rename = {2, SV_SPACE_FUNCTION, SV_RENAME_PLAIN, true, 0},
	.style = SV_ID_GIVEN, .acl_type = 'f',
	.query = "SELECT p.oid AS _oid, pronamespace AS _schema, proname AS _name, proowner AS owner, "
	"proacl AS acl, "
	"quote_ident(nspname) || '.' || quote_ident(proname) || '(' || x.arguments || ')' AS "
	"_identity, x.arguments, "
	"pg_catalog.pg_get_function_result(p.oid) AS result, array_remove(ARRAY["
	"'SFUNC = ' || aggtransfn::oid::regproc::text, 'STYPE = ' || format_type(aggtranstype, NULL), "
	"CASE WHEN aggtransspace <> 0 THEN 'SSPACE = ' || aggtransspace END, "
	AGG_PROC("FINALFUNC", "aggfinalfn") "CASE WHEN aggfinalextra THEN 'FINALFUNC_EXTRA' END, "
	AGG_MODIFY("FINALFUNC_MODIFY", "aggfinalmodify", "aggkind")
	AGG_PROC("COMBINEFUNC", "aggcombinefn") AGG_PROC("SERIALFUNC",
													 "aggserialfn") AGG_PROC("DESERIALFUNC",
																			 "aggdeserialfn")
	"'INITCOND = ' || quote_literal(agginitval), "
	AGG_PROC("MSFUNC", "aggmtransfn") AGG_PROC("MINVFUNC", "aggminvtransfn")
	"CASE WHEN aggmtranstype <> 0 THEN 'MSTYPE = ' || format_type(aggmtranstype, NULL) END, "
	"CASE WHEN aggmtransspace <> 0 THEN 'MSSPACE = ' || aggmtransspace END, "
	AGG_PROC("MFINALFUNC", "aggmfinalfn") "CASE WHEN aggmfinalextra THEN 'MFINALFUNC_EXTRA' END, "
	"CASE WHEN aggmtransfn::oid <> 0 THEN "
	"CASE WHEN aggmfinalmodify <> CASE WHEN aggkind = 'n' THEN 'r' ELSE 'w' END::\"char\" THEN "
	"'MFINALFUNC_MODIFY = ' || "
	"CASE aggmfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' "
	"END END END, "
	"'MINITCOND = ' || quote_literal(aggminitval), "
	"CASE WHEN aggsortop <> 0 THEN (SELECT 'SORTOP = OPERATOR(' || quote_ident(n.nspname) || '.' "
	"|| oprname || ')' "
	"FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = oprnamespace WHERE "
	"o.oid = aggsortop) END, "
	"CASE proparallel WHEN 's' THEN 'PARALLEL = SAFE' WHEN 'r' THEN 'PARALLEL = RESTRICTED' END, "
	"CASE WHEN aggkind = 'h' THEN 'HYPOTHETICAL' END], NULL) AS options, "
	FLAG("aggkind = 'h'", "hypothetical") ", "
	"(SELECT array_agg(format_type(t, NULL) ORDER BY n) FROM unnest(proargtypes) WITH ORDINALITY u "
	"(t, n)) AS types "
	"FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_aggregate a ON aggfnoid = p.oid "
	"JOIN pg_catalog.pg_namespace s ON s.oid = pronamespace "
	"CROSS JOIN LATERAL (SELECT CASE WHEN pronargs = 0 THEN '*' ELSE "
	"pg_catalog.pg_get_function_identity_arguments(p.oid) END AS arguments) x "
	"WHERE " IN_SCHEMAS("pronamespace"),
	.create = create_aggregate,
	.alterers = aggregate_alterers,
	.can_alter = can_replace_aggregate,
	.name_space = function_name_space,
	.sql_name = aggregate_sql_name,
};
