/*
 * class_type.c
 *		Types: enums, composites, ranges, base types, domains.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_type.h"
#include "model/model.h"
#include "utils/builtins.h"

static const char *
type_name_space(const Object *o)
{
	return "type";
}

/* ----- enums ----- */

static void
create_enum(Writer *w, const Object *o)
{
	List	   *labels = NIL;

	foreach_ptr(const char, value, sv_list(o, "values"))
		labels = lappend(labels, sv_quote(value));
	sv_emit(w, 0, "CREATE TYPE %s AS ENUM (%s%s%s)", o->identity, labels ? "\n    " : "",
			sv_join(labels, ",\n    "), labels ? "\n" : "");
}

/* Values can be added; nothing else can be altered without a new type. */
static bool
can_alter_enum(const Object *a, const Object *b)
{
	ListCell   *old = list_head(sv_list(a, "values"));

	foreach_ptr(const char, value, sv_list(b, "values"))
	{
		if (old != NULL && strcmp(value, lfirst(old)) == 0)
			old = lnext(sv_list(a, "values"), old);
	}
	return old == NULL;
}

static void
add_values(Writer *w, const Object *a, const Object *b)
{
	List	   *old = sv_list(a, "values");
	List	   *labels = sv_list(b, "values");
	const char *previous = NULL;

	foreach_ptr(const char, label, labels)
	{
		if (!sv_base_has_string(old, label))
		{
			if (previous != NULL && old != NIL && strcmp(previous, llast(old)) == 0)
				sv_emit(w, 0, "ALTER TYPE %s ADD VALUE %s", b->identity, sv_quote(label));
			else if (previous != NULL)
				sv_emit(w, 0, "ALTER TYPE %s ADD VALUE %s AFTER %s", b->identity, sv_quote(label),
						sv_quote(previous));
			else if (old != NIL)
				sv_emit(w, 0, "ALTER TYPE %s ADD VALUE %s BEFORE %s", b->identity, sv_quote(label),
						sv_quote(linitial(old)));
			else
				sv_emit(w, 0, "ALTER TYPE %s ADD VALUE %s", b->identity, sv_quote(label));
		}
		previous = label;
	}
}

static const Alterer enum_alterers[] = {
	{"values", add_values},
	{NULL}
};

const ModelClass sv_class_enum = {
	.name = "enum", .keyword = "TYPE", .catalog = TypeRelationId, .rank = 100,
	.traits = SV_IS_TYPE | SV_HOLDS_DATA,
	.rename = {3, SV_SPACE_TYPE, SV_RENAME_PLAIN, true, 0},
	.style = SV_ID_QUALIFIED, .acl_type = 'T',
	.query = "SELECT t.oid AS _oid, typnamespace AS _schema, typname AS _name, typowner AS owner, "
	"typacl AS acl, "
	"(SELECT array_agg(enumlabel::text ORDER BY enumsortorder) FROM pg_catalog.pg_enum WHERE "
	"enumtypid = t.oid) AS \"values\" "
	"FROM pg_catalog.pg_type t WHERE typtype = 'e' AND " IN_SCHEMAS("typnamespace"),
	.create = create_enum,
	.alterers = enum_alterers,
	.can_alter = can_alter_enum,
	.name_space = type_name_space,
};

/* ----- composite types; their attributes are columns ----- */

static void
create_composite(Writer *w, const Object *o)
{
	StringInfoData out;
	const char *separator = "\n    ";

	initStringInfo(&out);
	foreach_ptr(Object, column, sv_writer_folded(w))
	{
		appendStringInfo(&out, "%s%s %s", separator, quote_identifier(column->name),
						 sv_text(column, "type"));
		if (sv_is(column, "collation"))
			appendStringInfo(&out, " COLLATE %s", sv_text(column, "collation"));
		separator = ",\n    ";
	}
	sv_emit(w, 0, "CREATE TYPE %s AS (%s%s)", o->identity, out.data, out.len ? "\n" : "");
}

const ModelClass sv_class_composite = {
	.name = "composite type", .keyword = "TYPE", .catalog = TypeRelationId, .rank = 120,
	.traits = SV_IS_TYPE | SV_HAS_COLUMNS,
	.rename = {3, SV_SPACE_RELATION | SV_SPACE_TYPE, SV_RENAME_PLAIN, true, 0},
	.style = SV_ID_QUALIFIED, .acl_type = 'T',
	.query = "SELECT t.oid AS _oid, typrelid AS _alias, typnamespace AS _schema, typname AS _name, "
	"typowner AS owner, typacl AS acl "
	"FROM pg_catalog.pg_type t JOIN pg_catalog.pg_class c ON c.oid = typrelid "
	"WHERE typtype = 'c' AND c.relkind = 'c' AND " IN_SCHEMAS("typnamespace"),
	.create = create_composite,
	.name_space = type_name_space,
};

/* ----- ranges and base types ----- */

static void
create_type(Writer *w, const Object *o)
{
	if (sv_is(o, "shell"))
		sv_emit(w, 0, "CREATE TYPE %s", o->identity);
	else
		sv_emit(w, 0, "CREATE TYPE %s %s(\n    %s\n)", o->identity, sv_is(o, "range") ?
				"AS RANGE " : "",
				sv_join(sv_list(o, "options"), ",\n    "));
}

/*
 * The functions of the type need it as it needs them: the server drops such a
 * circle only as a whole.
 */
static void
drop_base_type(Writer *w, const Object *o)
{
	sv_emit(w, 0, "DROP TYPE %s%s", o->identity, sv_writer_drops_more(w) ? " CASCADE" : "");
}

#define QUALIFIED_PROC(column) \
	"CASE WHEN " column " <> 0 THEN " column "::regproc::text END"
#define OPTION(name, value) "'" name " = ' || " value

const ModelClass sv_class_range = {
	.name = "range type", .keyword = "TYPE", .catalog = TypeRelationId, .rank = 125,
	.traits = SV_IS_TYPE,
	.rename = {3, SV_SPACE_TYPE, SV_RENAME_PLAIN, true, 0},
	.style = SV_ID_QUALIFIED, .acl_type = 'T',
	.query = "SELECT t.oid AS _oid, t.typnamespace AS _schema, t.typname AS _name, t.typowner AS "
	"owner, t.typacl AS acl, true AS range, "
	"format_type(rngsubtype, NULL) AS subtype, (SELECT m.typname FROM pg_catalog.pg_type m WHERE "
	"m.oid = rngmultitypid) AS multirange, "
	"array_remove(ARRAY["
	OPTION("subtype", "format_type(rngsubtype, NULL)") ", "
	"(SELECT CASE WHEN NOT opcdefault THEN 'subtype_opclass = ' || quote_ident(nspname) || '.' || "
	"quote_ident(opcname) END "
	"FROM pg_catalog.pg_opclass o JOIN pg_catalog.pg_namespace n ON n.oid = opcnamespace WHERE "
	"o.oid = rngsubopc), "
	"(SELECT CASE WHEN rngcollation <> s.typcollation THEN 'collation = ' || quote_ident(nspname) "
	"|| '.' || quote_ident(collname) END "
	"FROM pg_catalog.pg_collation o JOIN pg_catalog.pg_namespace n ON n.oid = collnamespace WHERE "
	"o.oid = rngcollation), "
	OPTION("canonical", QUALIFIED_PROC("rngcanonical::oid")) ", "
	OPTION("subtype_diff", QUALIFIED_PROC("rngsubdiff::oid")) ", "
	"CASE WHEN rngmultitypid <> 0 THEN 'multirange_type_name = ' || rngmultitypid::regtype::text "
	"END], NULL) AS options "
	"FROM pg_catalog.pg_type t JOIN pg_catalog.pg_range r ON rngtypid = t.oid JOIN "
	"pg_catalog.pg_type s ON s.oid = rngsubtype "
	"WHERE t.typtype = 'r' AND " IN_SCHEMAS("t.typnamespace"),
	.create = create_type,
	.name_space = type_name_space,
};

const ModelClass sv_class_base_type = {
	.name = "base type", .keyword = "TYPE", .catalog = TypeRelationId, .rank = 126,
	.traits = SV_IS_TYPE,
	.rename = {3, SV_SPACE_TYPE, SV_RENAME_PLAIN, true, 0},
	.style = SV_ID_QUALIFIED, .acl_type = 'T',
	.query = "SELECT t.oid AS _oid, typnamespace AS _schema, typname AS _name, typowner AS owner, "
	"typacl AS acl, "
	FLAG("NOT typisdefined", "shell") ", array_remove(ARRAY["
	OPTION("INPUT", QUALIFIED_PROC("typinput::oid")) ", "
	OPTION("OUTPUT", QUALIFIED_PROC("typoutput::oid")) ", "
	OPTION("RECEIVE", QUALIFIED_PROC("typreceive::oid")) ", "
	OPTION("SEND", QUALIFIED_PROC("typsend::oid")) ", "
	OPTION("TYPMOD_IN", QUALIFIED_PROC("typmodin::oid")) ", "
	OPTION("TYPMOD_OUT", QUALIFIED_PROC("typmodout::oid")) ", "
	OPTION("ANALYZE", QUALIFIED_PROC("typanalyze::oid")) ", "
	OPTION("SUBSCRIPT", QUALIFIED_PROC("typsubscript::oid")) ", "
	"'INTERNALLENGTH = ' || CASE WHEN typlen < 0 THEN 'VARIABLE' ELSE typlen::text END, "
	"CASE WHEN typbyval THEN 'PASSEDBYVALUE' END, "
	"'ALIGNMENT = ' || CASE typalign WHEN 'c' THEN 'char' WHEN 's' THEN 'int2' WHEN 'i' THEN "
	"'int4' ELSE 'double' END, "
	"'STORAGE = ' || CASE typstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN "
	"'main' ELSE 'extended' END, "
	"CASE WHEN typcategory <> 'U' THEN 'CATEGORY = ' || quote_literal(typcategory::text) END, "
	"CASE WHEN typispreferred THEN 'PREFERRED = true' END, "
	"'DEFAULT = ' || quote_literal(typdefault), "
	"CASE WHEN typsubscript::oid <> 0 AND typelem <> 0 THEN 'ELEMENT = ' || format_type(typelem, "
	"NULL) END, "
	"CASE WHEN typdelim <> ',' THEN 'DELIMITER = ' || quote_literal(typdelim::text) END, "
	"CASE WHEN typcollation <> 0 THEN 'COLLATABLE = true' END], NULL) AS options "
	"FROM pg_catalog.pg_type t WHERE (typtype = 'b' AND t.oid NOT IN (SELECT typarray FROM "
	"pg_catalog.pg_type) "
	"OR typtype = 'p' AND NOT typisdefined) AND " IN_SCHEMAS("typnamespace"),
	.create = create_type,
	.drop = drop_base_type,
	.name_space = type_name_space,
};

/* ----- domains ----- */

static bool
is_folded_constraint(const Object *o)
{
	return !sv_is(o, "not_valid");
}

/* Must the name of the NOT NULL be said? */
static bool
gives_not_null_name(Writer *w, const Object *o)
{
	return sv_is(o, "not_null_name") ||
		(SV_HAS_NAMED_DOMAIN_NOT_NULL &&
		 (sv_is_swapped(w->cmp, o) || sv_diff_is_named(w->cmp, o)));
}

/* Since 17 the NOT NULL of a domain is a constraint, which can have a comment. */
static void
write_domain_not_null_comment(Writer *w, const Object *a, const Object *b)
{
	if (sv_is(b, "not_null"))
		sv_emit(w, 0, "COMMENT ON CONSTRAINT %s ON DOMAIN %s IS %s",
				quote_identifier(sv_not_null_name(b)), b->identity,
				sv_is(b, "not_null_comment") ? sv_quote(sv_text(b, "not_null_comment")) : "NULL");
}

static void
create_domain(Writer *w, const Object *o)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "CREATE DOMAIN %s AS %s", o->identity, sv_text(o, "type"));
	if (sv_is(o, "collation"))
		appendStringInfo(&out, " COLLATE %s", sv_text(o, "collation"));
	if (sv_is(o, "not_null") && gives_not_null_name(w, o))
		appendStringInfo(&out, " CONSTRAINT %s", quote_identifier(sv_not_null_name(o)));
	if (sv_is(o, "not_null"))
		appendStringInfoString(&out, " NOT NULL");
	if (sv_is(o, "default"))
		appendStringInfo(&out, " DEFAULT %s", sv_text(o, "default"));
	foreach_ptr(Object, constraint, sv_writer_folded(w))
		appendStringInfo(&out, "\n    CONSTRAINT %s %s", quote_identifier(constraint->name),
						 sv_text(constraint, "definition"));
	sv_emit(w, 0, "%s", out.data);
	if (sv_is(o, "not_null_comment"))
		write_domain_not_null_comment(w, NULL, o);
}

static void
alter_domain_default(Writer *w, const Object *a, const Object *b)
{
	if (sv_is(b, "default"))
		sv_emit(w, 0, "ALTER DOMAIN %s SET DEFAULT %s", b->identity, sv_text(b, "default"));
	else
		sv_emit(w, 0, "ALTER DOMAIN %s DROP DEFAULT", b->identity);
}

static void
alter_domain_not_null(Writer *w, const Object *a, const Object *b)
{
	int			hazards = SV_HAZARD_SCAN | SV_HAZARD_MAY_FAIL | SV_HAZARD_BLOCKS_WRITES;

	if (!sv_is(b, "not_null"))
		sv_emit(w, 0, "ALTER DOMAIN %s DROP NOT NULL", b->identity);
	else if (gives_not_null_name(w, b))
		sv_emit(w, hazards, "ALTER DOMAIN %s ADD CONSTRAINT %s NOT NULL", b->identity,
				quote_identifier(sv_not_null_name(b)));
	else
		sv_emit(w, hazards, "ALTER DOMAIN %s SET NOT NULL", b->identity);
}

static void
rename_domain_not_null(Writer *w, const Object *a, const Object *b)
{
	if (sv_is(a, "not_null") && sv_is(b, "not_null") &&
		strcmp(sv_not_null_name(a), sv_not_null_name(b)) != 0)
		sv_emit(w, 0, "ALTER DOMAIN %s RENAME CONSTRAINT %s TO %s", b->identity,
				quote_identifier(sv_not_null_name(a)), quote_identifier(sv_not_null_name(b)));
}

static const Alterer domain_alterers[] = {
	{"default", alter_domain_default},
	{"not_null", alter_domain_not_null},
	{"not_null_name", rename_domain_not_null},
	{"not_null_comment", write_domain_not_null_comment},
	{NULL}
};

const ModelClass sv_class_domain = {
	.name = "domain", .keyword = "DOMAIN", .catalog = TypeRelationId, .rank = 130,
	.traits = SV_IS_TYPE,
	.rename = {3, SV_SPACE_TYPE, SV_RENAME_PLAIN, true, 0},
	.style = SV_ID_QUALIFIED, .acl_type = 'T',
	.query = "SELECT t.oid AS _oid, t.typnamespace AS _schema, t.typname AS _name, t.typowner AS "
	"owner, t.typacl AS acl, "
	"format_type(t.typbasetype, t.typtypmod) AS type, " FLAG("t.typnotnull", "not_null") ", "
	SV_17("(SELECT nullif(k.conname, left(t.typname, 54) || '_not_null')::text FROM "
		  "pg_catalog.pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'n') AS "
		  "not_null_name, "
		  "(SELECT d.description FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_description d "
		  "ON d.objoid = k.oid AND d.classoid = 'pg_catalog.pg_constraint'::regclass "
		  "WHERE k.contypid = t.oid AND k.contype = 'n') AS not_null_comment, ", "")
	"pg_catalog.pg_get_expr(t.typdefaultbin, 0) AS \"default\", "
	"CASE WHEN t.typcollation <> b.typcollation THEN (SELECT quote_ident(nspname) || '.' || "
	"quote_ident(collname) "
	"FROM pg_catalog.pg_collation o JOIN pg_catalog.pg_namespace n ON n.oid = collnamespace WHERE "
	"o.oid = t.typcollation) END AS collation "
	"FROM pg_catalog.pg_type t JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype WHERE t.typtype "
	"= 'd' AND " IN_SCHEMAS("t.typnamespace"),
	.create = create_domain,
	.alterers = domain_alterers,
	.name_space = type_name_space,
};

static void
create_domain_constraint(Writer *w, const Object *o)
{
	sv_emit(w, SV_HAZARD_SCAN | SV_HAZARD_MAY_FAIL | SV_HAZARD_BLOCKS_WRITES,
			"ALTER DOMAIN %s ADD CONSTRAINT %s %s",
			o->parent->identity, quote_identifier(o->name), sv_text(o, "definition"));
}

static void
drop_domain_constraint(Writer *w, const Object *o)
{
	sv_emit(w, 0, "ALTER DOMAIN %s DROP CONSTRAINT %s", o->parent->identity,
			quote_identifier(o->name));
}

static void
validate_domain_constraint(Writer *w, const Object *a, const Object *b)
{
	sv_emit(w, SV_HAZARD_SCAN | SV_HAZARD_MAY_FAIL, "ALTER DOMAIN %s VALIDATE CONSTRAINT %s",
			b->parent->identity,
			quote_identifier(b->name));
}

static bool
can_alter_domain_constraint(const Object *a, const Object *b)
{
	return sv_same(a, b, "essence") && (sv_is(a, "not_valid") || !sv_is(b, "not_valid"));
}

static const Alterer domain_constraint_alterers[] = {
	{"definition", NULL, SV_ALTER_IGNORED},
	{"essence", NULL, SV_ALTER_IGNORED | SV_ALTER_FOLLOWS},
	{"not_valid", validate_domain_constraint},
	{NULL}
};

static const char *
parent_name_space(const Object *o)
{
	return o->parent->identity;
}

const ModelClass sv_class_domain_constraint = {
	.name = "domain constraint", .keyword = "CONSTRAINT", .catalog = ConstraintRelationId,
	.rank = 205,
	.rename = {1, SV_SPACE_OWN, SV_RENAME_CONSTRAINT, false, 0},
	.style = SV_ID_GIVEN, .parent_catalog = TypeRelationId, .is_part = true,
	.query = "SELECT k.oid AS _oid, contypid AS _parent, conname AS _name, "
	"pg_catalog.pg_get_constraintdef(k.oid) AS definition, "
	"regexp_replace(pg_catalog.pg_get_constraintdef(k.oid), ' NOT VALID$', '') AS essence, "
	"quote_ident(conname) || ' ON DOMAIN ' || quote_ident(nspname) || '.' || quote_ident(typname) "
	"AS _identity, "
	FLAG("NOT convalidated", "not_valid") " "
	"FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_type t ON t.oid = contypid "
	"JOIN pg_catalog.pg_namespace n ON n.oid = typnamespace WHERE contype = 'c' AND "
	IN_SCHEMAS("typnamespace"),
	.create = create_domain_constraint,
	.drop = drop_domain_constraint,
	.alterers = domain_constraint_alterers,
	.can_alter = can_alter_domain_constraint,
	.folds = is_folded_constraint,
	.name_space = parent_name_space,
};
