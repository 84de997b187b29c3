/*
 * class_operator.c
 *		Operators, operator families and classes.
 */
#include "postgres.h"

#include "catalog/pg_opclass.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_opfamily.h"
#include "model/model.h"
#include "utils/builtins.h"

#define OPERATOR_NAME(alias) \
	"(SELECT 'OPERATOR(' || quote_ident(n2.nspname) || '.' || o2.oprname || ')' FROM pg_catalog.pg_operator o2 " \
	"JOIN pg_catalog.pg_namespace n2 ON n2.oid = o2.oprnamespace WHERE o2.oid = " alias ")"

const ModelClass sv_class_operator = {
	.name = "operator", .keyword = "OPERATOR", .catalog = OperatorRelationId, .rank = 142,
	.rename = {2, SV_SPACE_OWN, SV_RENAME_NONE, true, 0},
	.style = SV_ID_GIVEN,
	.query = "SELECT o.oid AS _oid, oprnamespace AS _schema, oprname AS _name, oprowner AS owner, "
	"quote_ident(nspname) || '.' || oprname || ' (' || CASE WHEN oprleft = 0 THEN 'NONE' ELSE "
	"format_type(oprleft, NULL) END || ', ' || "
	"format_type(oprright, NULL) || ')' AS _identity, "
	"'CREATE OPERATOR ' || quote_ident(nspname) || '.' || oprname || E' (\\n    ' || "
	"concat_ws(E',\\n    ', "
	"'FUNCTION = ' || oprcode::oid::regproc::text, "
	"'LEFTARG = ' || CASE WHEN oprleft <> 0 THEN format_type(oprleft, NULL) END, 'RIGHTARG = ' || "
	"format_type(oprright, NULL), "
	"'COMMUTATOR = ' || " OPERATOR_NAME("o.oprcom") ", 'NEGATOR = ' || "
	OPERATOR_NAME("o.oprnegate") ", "
	"CASE WHEN oprrest::oid <> 0 THEN 'RESTRICT = ' || oprrest::oid::regproc::text END, "
	"CASE WHEN oprjoin::oid <> 0 THEN 'JOIN = ' || oprjoin::oid::regproc::text END, "
	"CASE WHEN oprcanhash THEN 'HASHES' END, CASE WHEN oprcanmerge THEN 'MERGES' END) || E'\\n)' "
	"AS definition "
	"FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = oprnamespace "
	"WHERE oprcode::oid <> 0 AND " IN_SCHEMAS("oprnamespace"),
	.create = sv_emit_definition,
};

/* Operator classes name their operators without the keyword. */
#define BARE_OPERATOR_NAME(oid) \
	"(SELECT quote_ident(n2.nspname) || '.' || o2.oprname FROM pg_catalog.pg_operator o2 " \
	"JOIN pg_catalog.pg_namespace n2 ON n2.oid = o2.oprnamespace WHERE o2.oid = " oid ")"

#define FAMILY_MEMBERS(owner, family) \
	"SELECT 'OPERATOR ' || amopstrategy || ' ' || " BARE_OPERATOR_NAME("amopopr") " || '(' || format_type(amoplefttype, NULL) || ', ' || " \
	"format_type(amoprighttype, NULL) || ')' || CASE WHEN amoppurpose = 'o' THEN ' FOR ORDER BY ' || " \
	"(SELECT quote_ident(n3.nspname) || '.' || quote_ident(f3.opfname) FROM pg_catalog.pg_opfamily f3 " \
	"JOIN pg_catalog.pg_namespace n3 ON n3.oid = f3.opfnamespace WHERE f3.oid = amopsortfamily) ELSE '' END AS member, " \
	"1 AS kind, amopstrategy AS number, amoplefttype::regtype::text AS l, amoprighttype::regtype::text AS r " \
	"FROM pg_catalog.pg_amop m WHERE amopfamily = " family " AND " owner("2602") " " \
	"UNION ALL SELECT 'FUNCTION ' || amprocnum || ' (' || format_type(amproclefttype, NULL) || ', ' || " \
	"format_type(amprocrighttype, NULL) || ') ' || amproc::oid::regprocedure::text, 2, amprocnum, " \
	"amproclefttype::regtype::text, amprocrighttype::regtype::text " \
	"FROM pg_catalog.pg_amproc m WHERE amprocfamily = " family " AND " owner("2603")

#define OF_CLASS(catalog) \
	"EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = " catalog " AND d.objid = m.oid " \
	"AND d.refclassid = 2616 AND d.refobjid = c.oid AND d.deptype = 'i')"
#define OF_FAMILY(catalog) \
	"EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = " catalog " AND d.objid = m.oid " \
	"AND d.refclassid = 2753 AND d.refobjid = f.oid AND d.deptype = 'a')"

static void
create_family(Writer *w, const Object *o)
{
	sv_emit(w, 0, "%s", sv_text(o, "definition"));
	if (sv_is(o, "members"))
		sv_emit(w, 0, "ALTER OPERATOR FAMILY %s ADD\n    %s", o->identity,
				sv_join(sv_list(o, "members"), ",\n    "));
}

const ModelClass sv_class_operator_family = {
	.name = "operator family", .keyword = "OPERATOR FAMILY", .catalog = OperatorFamilyRelationId,
	.rank = 143,
	.rename = {2, SV_SPACE_OWN, SV_RENAME_PLAIN, true, 0},
	.style = SV_ID_GIVEN,
	.query = "SELECT f.oid AS _oid, opfnamespace AS _schema, opfname AS _name, opfowner AS owner, "
	"quote_ident(nspname) || '.' || quote_ident(opfname) || ' USING ' || quote_ident(amname) AS "
	"_identity, "
	"'CREATE OPERATOR FAMILY ' || quote_ident(nspname) || '.' || quote_ident(opfname) || ' USING ' "
	"|| quote_ident(amname) AS definition, "
	"(SELECT array_agg(member ORDER BY kind, number, l, r) FROM ("
	FAMILY_MEMBERS(OF_FAMILY, "f.oid") ") x) AS members "
	"FROM pg_catalog.pg_opfamily f JOIN pg_catalog.pg_namespace n ON n.oid = opfnamespace "
	"JOIN pg_catalog.pg_am a ON a.oid = opfmethod WHERE " IN_SCHEMAS("opfnamespace"),
	.create = create_family,
};

const ModelClass sv_class_operator_class = {
	.name = "operator class", .keyword = "OPERATOR CLASS", .catalog = OperatorClassRelationId,
	.rank = 144,
	.rename = {2, SV_SPACE_OWN, SV_RENAME_PLAIN, true, 0},
	.style = SV_ID_GIVEN,
	.query = "SELECT c.oid AS _oid, opcnamespace AS _schema, opcname AS _name, opcowner AS owner, "
	"quote_ident(n.nspname) || '.' || quote_ident(opcname) || ' USING ' || quote_ident(amname) AS "
	"_identity, "
	"'CREATE OPERATOR CLASS ' || quote_ident(n.nspname) || '.' || quote_ident(opcname) || CASE "
	"WHEN opcdefault THEN E'\\n    DEFAULT' ELSE '' END || "
	"' FOR TYPE ' || format_type(opcintype, NULL) || ' USING ' || quote_ident(amname) || ' FAMILY "
	"' || quote_ident(fn.nspname) || '.' || "
	"quote_ident(opfname) || E' AS\\n    ' || concat_ws(E',\\n    ', CASE WHEN opckeytype <> 0 "
	"THEN 'STORAGE ' || format_type(opckeytype, NULL) END, "
	"(SELECT string_agg(member, E',\\n    ' ORDER BY kind, number, l, r) FROM ("
	FAMILY_MEMBERS(OF_CLASS, "c.opcfamily") ") x), "
	"CASE WHEN opckeytype = 0 AND NOT EXISTS (SELECT FROM ("
	FAMILY_MEMBERS(OF_CLASS, "c.opcfamily") ") x) THEN 'STORAGE ' || "
	"format_type(opcintype, NULL) END) AS definition "
	"FROM pg_catalog.pg_opclass c JOIN pg_catalog.pg_namespace n ON n.oid = opcnamespace JOIN "
	"pg_catalog.pg_am a ON a.oid = opcmethod "
	"JOIN pg_catalog.pg_opfamily f ON f.oid = opcfamily JOIN pg_catalog.pg_namespace fn ON fn.oid "
	"= opfnamespace WHERE " IN_SCHEMAS("opcnamespace"),
	.create = sv_emit_definition,
};
