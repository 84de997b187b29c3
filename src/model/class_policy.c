/*
 * class_policy.c
 *		Policies of row security, and extended statistics.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_statistic_ext.h"
#include "model/model.h"
#include "utils/builtins.h"

static void
write_policy(StringInfo out, const Object *a, const Object *b)
{
	if (a == NULL ? sv_is(b, "roles") : !sv_same(a, b, "roles"))
		appendStringInfo(out, "\n    TO %s", sv_is(b, "roles") ?
						 sv_join(sv_list(b, "roles"), ", ") : "PUBLIC");
	if (sv_is(b, "using") && (a == NULL || !sv_same(a, b, "using")))
		appendStringInfo(out, "\n    USING (%s)", sv_text(b, "using"));
	if (sv_is(b, "check") && (a == NULL || !sv_same(a, b, "check")))
		appendStringInfo(out, "\n    WITH CHECK (%s)", sv_text(b, "check"));
}

static void
create_policy(Writer *w, const Object *o)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "CREATE POLICY %s ON %s", quote_identifier(o->name),
					 o->parent->identity);
	if (sv_is(o, "restrictive"))
		appendStringInfoString(&out, "\n    AS RESTRICTIVE");
	if (sv_is(o, "command"))
		appendStringInfo(&out, "\n    FOR %s", sv_text(o, "command"));
	write_policy(&out, NULL, o);
	sv_emit(w, SV_HAZARD_BLOCKS_ALL, "%s", out.data);
}

static void
alter_policy(Writer *w, const Object *a, const Object *b)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "ALTER POLICY %s ON %s", quote_identifier(b->name), b->parent->identity);
	write_policy(&out, a, b);
	sv_emit(w, SV_HAZARD_BLOCKS_ALL, "%s", out.data);
}

static void
drop_policy(Writer *w, const Object *o)
{
	sv_emit(w, SV_HAZARD_BLOCKS_ALL, "DROP POLICY %s ON %s", quote_identifier(o->name),
			o->parent->identity);
}

/* An expression can be altered but not taken away. */
static bool
can_alter_policy(const Object *a, const Object *b)
{
	return (sv_is(b, "using") || !sv_is(a, "using")) && (sv_is(b, "check") || !sv_is(a, "check"));
}

static const Alterer policy_alterers[] = {
	{"roles", alter_policy},
	{"using", alter_policy},
	{"check", alter_policy},
	{NULL}
};

const ModelClass sv_class_policy = {
	.name = "policy", .keyword = "POLICY", .catalog = PolicyRelationId, .rank = 320,
	.traits = SV_USES_COLUMN_TYPES,
	.rename = {1, SV_SPACE_OWN, SV_RENAME_PLAIN, false, SV_HAZARD_BLOCKS_ALL},
	.style = SV_ID_ON_PARENT, .parent_catalog = RelationRelationId, .is_part = true,
	.query = "SELECT p.oid AS _oid, polrelid AS _parent, polname AS _name, "
	"CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' "
	"THEN 'DELETE' END AS command, "
	FLAG("NOT polpermissive", "restrictive") ", "
	"CASE WHEN polroles <> '{0}' THEN (SELECT array_agg(CASE WHEN r = 0 THEN 'PUBLIC' ELSE "
	"quote_ident(pg_catalog.pg_get_userbyid(r)) END "
	"ORDER BY pg_catalog.pg_get_userbyid(r)) FROM unnest(polroles) r) END AS roles, "
	"pg_catalog.pg_get_expr(polqual, polrelid) AS \"using\", pg_catalog.pg_get_expr(polwithcheck, "
	"polrelid) AS \"check\" "
	"FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = polrelid WHERE "
	IN_SCHEMAS("c.relnamespace"),
	.create = create_policy,
	.drop = drop_policy,
	.alterers = policy_alterers,
	.can_alter = can_alter_policy,
};

/* ----- extended statistics ----- */

static void
write_target(Writer *w, const Object *a, const Object *b)
{
	sv_emit(w, 0, "ALTER STATISTICS %s SET STATISTICS %s", b->identity, sv_is(b, "target") ?
			sv_text(b, "target") : "-1");
}

static void
create_statistics(Writer *w, const Object *o)
{
	sv_emit(w, SV_HAZARD_BLOCKS_WRITES, "%s", sv_text(o, "definition"));
	if (sv_is(o, "target"))
		write_target(w, NULL, o);
}

static const Alterer statistics_alterers[] = {
	{"definition", NULL, SV_ALTER_IGNORED | SV_ALTER_FOLLOWS},	/* has the columns in the table's
																 * order; kind, keys and table
																 * decide */
	{"target", write_target},
	{NULL}
};

const ModelClass sv_class_statistics = {
	.name = "statistics", .keyword = "STATISTICS", .catalog = StatisticExtRelationId, .rank = 256,
	.rename = {3, SV_SPACE_OWN, SV_RENAME_PLAIN, true, 0},
	.style = SV_ID_QUALIFIED, .parent_catalog = RelationRelationId, .is_part = true,
	.query = "SELECT s.oid AS _oid, stxrelid AS _parent, stxnamespace AS _schema, stxname AS "
	"_name, stxowner AS owner, "
	"pg_catalog.pg_get_statisticsobjdef(s.oid) AS definition, "
	"(SELECT array_agg(k ORDER BY k) FROM (SELECT 'kind ' || unnest(stxkind)::text UNION ALL "
	"SELECT quote_ident(attname) FROM pg_catalog.pg_attribute "
	"WHERE attrelid = stxrelid AND attnum = ANY (stxkeys) UNION ALL SELECT "
	"unnest(pg_catalog.pg_get_statisticsobjdef_expressions(s.oid))) x(k)) AS keys, "
	"stxrelid::regclass::text AS \"table\", CASE WHEN stxstattarget >= 0 THEN stxstattarget END AS "
	"target "
	"FROM pg_catalog.pg_statistic_ext s WHERE " IN_SCHEMAS("stxnamespace"),
	.create = create_statistics,
	.alterers = statistics_alterers,
};
