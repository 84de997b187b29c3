/*
 * class_constraint.c
 *		Constraints of tables, with the properties of the index behind them.
 *
 * Copies that a partition has of its parent's foreign key are not objects:
 * they come and go with it.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_inherits.h"
#include "miscadmin.h"
#include "model/model_private.h"
#include "utils/builtins.h"

static bool
has_kind(const Object *o, const char *kind)
{
	return strcmp(sv_text(o, "kind"), kind) == 0;
}

static bool
has_index(const Object *o)
{
	return !has_kind(o, "check") && !has_kind(o, "foreign key");
}

static void
write_validate(Writer *w, const Object *o)
{
	sv_emit(w, SV_HAZARD_SCAN | SV_HAZARD_MAY_FAIL, "ALTER TABLE %s VALIDATE CONSTRAINT %s",
			o->parent->identity,
			quote_identifier(o->name));
}

/* Does it come and go with the constraint of a parent of the table? */
static bool
follows_parent_key(Writer *w, const Object *o)
{
	bool		known = false;

	if (!sv_is(o, "inherited") || !has_kind(o, "check"))
		return false;
	foreach_ptr(const Object, leading, o->needs)
	{
		if (!sv_class_is(leading, constraint))
			continue;
		if (sv_writer_inherits(w, o->parent, leading->parent))
			return true;
		known = true;
	}
	return !known && sv_writer_inherits(w, o->parent, NULL);	/* of a schema that is not
																 * compared */
}

/*
 * Is it the check that a table has from a parent, and not valid there?  Then rows of the
 * table need not satisfy it, too.
 */
static bool
is_unchecked_by_parent(const Object *o)
{
	check_stack_depth();
	foreach_ptr(const Object, leading,
				sv_is(o, "inherited") && has_kind(o, "check") ? o->needs : NIL)
	{
		if (sv_class_is(leading, constraint) &&
			(sv_is(leading, "not_valid") || is_unchecked_by_parent(leading)))
			return true;
	}
	return false;
}

static void
write_index_marks(Writer *w, const Object *a, const Object *o)
{
	const char *table = o->parent->identity;

	if (sv_is(o, "clustered") && (a == NULL || !sv_is(a, "clustered")))
		sv_emit(w, 0, "ALTER TABLE %s CLUSTER ON %s", table, quote_identifier(o->name));
	else if (a != NULL && sv_is(a, "clustered") && !sv_is(o, "clustered"))
		sv_emit(w, 0, "ALTER TABLE %s SET WITHOUT CLUSTER", table);
	if (sv_is(o, "replica_identity") && (a == NULL || !sv_is(a, "replica_identity")))
		sv_emit(w, 0, "ALTER TABLE %s REPLICA IDENTITY USING INDEX %s", table,
				quote_identifier(o->name));
}

static const char *
index_name(const Object *o)
{
	return quote_qualified_identifier(o->schema, o->name);
}

static void
write_index_comment(Writer *w, const Object *a, const Object *b)
{
	sv_emit(w, 0, "COMMENT ON INDEX %s IS %s", index_name(b),
			sv_is(b, "index_comment") ? sv_quote(sv_text(b, "index_comment")) : "NULL");
}

static void
write_extras(Writer *w, const Object *o)
{
	write_index_marks(w, NULL, o);
	if (sv_is(o, "index_comment"))
		write_index_comment(w, NULL, o);
}

/* Where the keys (and INCLUDE) of a constraint with an index end. */
static const char *
end_of_keys(const char *definition)
{
	const char *c = definition;
	int			depth = 0;
	char		quote = '\0';

	for (; *c != '\0'; c++)
	{
		if (quote != '\0')
		{
			if (*c == quote)
				quote = '\0';
		}
		else if (*c == '"' || *c == '\'')
			quote = *c;
		else if (*c == '(')
			depth++;
		else if (*c == ')' && --depth == 0 && strncmp(c, ") INCLUDE (", 11) != 0)
			return c + 1;
	}
	return c;
}

/* The definition with what the server does not print: storage options and tablespace. */
const char *
sv_constraint_definition(const Object *o)
{
	const char *definition = sv_text(o, "definition");
	const char *end;
	StringInfoData out;

	if (!sv_is(o, "options") && !sv_is(o, "tablespace"))
		return definition;
	end = end_of_keys(definition);
	initStringInfo(&out);
	appendBinaryStringInfo(&out, definition, end - definition);
	if (sv_is(o, "options"))
		appendStringInfo(&out, " WITH (%s)", sv_join(sv_list(o, "options"), ", "));
	if (sv_is(o, "tablespace"))
		appendStringInfo(&out, " USING INDEX TABLESPACE %s",
						 quote_identifier(sv_text(o, "tablespace")));
	appendStringInfoString(&out, end);
	return out.data;
}

static void
create_constraint(Writer *w, const Object *o)
{
	StringInfoData out;
	bool		only = has_index(o);
	bool		unchecked = is_unchecked_by_parent(o);
	int			hazards = SV_HAZARD_MAY_FAIL;

	if (sv_class_is(o->parent, domain))
		return;
	if (follows_parent_key(w, o))
		return;
	if (has_kind(o, "foreign key"))
		hazards |= SV_HAZARD_BLOCKS_WRITES;
	else
		hazards |= SV_HAZARD_BLOCKS_ALL;
	if (!sv_is(o, "not_valid") && !unchecked)
		hazards |= SV_HAZARD_SCAN;
	else
		hazards &= ~SV_HAZARD_MAY_FAIL;
	initStringInfo(&out);
	appendStringInfo(&out, "ALTER %sTABLE %s%s ADD CONSTRAINT %s %s%s",
					 sv_class_is(o->parent, foreign_table) ? "FOREIGN " : "", only ? "ONLY " : "",
					 o->parent->identity, quote_identifier(o->name), sv_constraint_definition(o),
					 unchecked ? " NOT VALID" : "");
	sv_emit(w, hazards, "%s", out.data);
	write_extras(w, o);
}

static void
drop_constraint(Writer *w, const Object *o)
{
	if (follows_parent_key(w, o))
		return;
	sv_emit(w, SV_HAZARD_BLOCKS_ALL, "ALTER %sTABLE %s DROP CONSTRAINT %s",
			sv_class_is(o->parent, foreign_table) ? "FOREIGN " : "",
			o->parent->identity, quote_identifier(o->name));
}

/*
 * NOT VALID to valid is the one change of a definition that has an ALTER, and
 * deferrability of a foreign key.
 */
static bool
can_alter_constraint(const Object *a, const Object *b)
{
	if (strcmp(sv_essence(a), sv_essence(b)) != 0 || !sv_same(a, b, "kind"))
		return false;
	if (sv_is(b, "not_valid") && !sv_is(a, "not_valid"))
		return false;
	if (sv_is(b->parent, "partition_key") &&
		(!sv_same(a, b, "options") || !sv_same(a, b, "tablespace")))
		return false;
	if (!sv_same(a, b, "deferrable"))
		return has_kind(b, "foreign key");
	return true;
}

static void
validate(Writer *w, const Object *a, const Object *b)
{
	if (!follows_parent_key(w, b))
		write_validate(w, b);
}

static void
alter_deferrable(Writer *w, const Object *a, const Object *b)
{
	sv_emit(w, SV_HAZARD_BLOCKS_ALL, "ALTER TABLE %s ALTER CONSTRAINT %s %s", b->parent->identity,
			quote_identifier(b->name), sv_is(b, "deferrable") ? sv_text(b, "deferrable") :
			"NOT DEFERRABLE");
}

static void
alter_index_options(Writer *w, const Object *a, const Object *b)
{
	sv_write_options(w, psprintf("ALTER INDEX %s", index_name(b)), a, b, "options", 0);
}

static void
alter_index_tablespace(Writer *w, const Object *a, const Object *b)
{
	sv_emit(w, SV_HAZARD_REWRITE | SV_HAZARD_BLOCKS_ALL, "ALTER INDEX %s SET TABLESPACE %s",
			index_name(b),
			sv_is(b, "tablespace") ? quote_identifier(sv_text(b, "tablespace")) : "pg_default");
}

static const Alterer constraint_alterers[] = {
	{"definition", NULL, SV_ALTER_IGNORED}, /* the essence decides */
	{"essence", NULL, SV_ALTER_IGNORED | SV_ALTER_FOLLOWS},
	{"inherited", NULL, SV_ALTER_IGNORED | SV_ALTER_FOLLOWS},
	{"incomplete", NULL, SV_ALTER_IGNORED | SV_ALTER_FOLLOWS},
	{"not_valid", validate},
	{"deferrable", alter_deferrable},
	{"options", alter_index_options},
	{"tablespace", alter_index_tablespace},
	{"clustered", write_index_marks, SV_ALTER_RUNTIME},
	{"replica_identity", write_index_marks},
	{"index_comment", write_index_comment},
	{NULL}
};

/* A partition's own index must not be taken for its parent's when it is attached. */
static bool
is_local_to_partition(const Object *o)
{
	bool		partition = false;
	ListCell   *cell;

	foreach(cell, o->parent->parts)
		partition |= sv_class_is(lfirst(cell), inheritance) && sv_is(lfirst(cell), "bound");
	foreach(cell, o->parts)
	{
		if (sv_class_is(lfirst(cell), index_attachment))
			return false;
	}
	return partition;
}

/* CREATE TABLE makes one index of several constraints with the same keys. */
static bool
has_twin(const Object *o)
{
	const char *definition = sv_text(o, "definition");
	const char *keys = strchr(definition, '(');

	foreach_ptr(const Object, other, o->parent->parts)
	{
		const char *others = sv_class_is(other, constraint) &&
		has_index(other) ? strchr(sv_text(other, "definition"), '(') : NULL;

		if (other != o && keys != NULL && others != NULL &&
			strncmp(keys, others, end_of_keys(definition) - keys) == 0)
			return true;
	}
	return false;
}

/* Can it stand in CREATE TABLE? */
static bool
constraint_folds(const Object *o)
{
	if (sv_is(o, "not_valid") || is_unchecked_by_parent(o) || sv_is(o, "index_comment") || sv_is(o, "clustered") ||
		sv_is(o, "replica_identity"))
		return false;
	if (has_index(o) && (is_local_to_partition(o) || has_twin(o)))
		return false;
	return !has_kind(o, "foreign key") && sv_class_is(o->parent, table);
}

static const char *
constraint_name_space(const Object *o)
{
	return has_index(o) ? "relation" : o->parent->identity;
}

#define INDEX_OPTIONS(c) \
	"CASE WHEN " c ".reloptions IS NOT NULL THEN (SELECT array_agg(quote_ident(split_part(o, '=', 1)) || '=' || " \
	"quote_literal(substr(o, strpos(o, '=') + 1)) ORDER BY o) FROM unnest(" c ".reloptions) o) END"
#define INDEX_TABLESPACE(c) \
	"CASE WHEN " c ".reltablespace <> 0 THEN (SELECT spcname FROM pg_catalog.pg_tablespace WHERE oid = " c ".reltablespace) END"

/*
 * Whether the check of a parent is valid in a child, too, is no part of the schema: a child
 * that is made under one that is not has a valid one, and no dump tells.
 */
#define INHERITED_CHECK "(contype = 'c' AND coninhcount > 0 AND NOT conislocal)"

/* Of exclusion constraints alone the server prints the storage options, too. */
#define DEFINITION(k, x) \
	"CASE WHEN " k ".contype = 'x' AND " x ".reloptions IS NOT NULL THEN " \
	"regexp_replace(pg_catalog.pg_get_constraintdef(" k ".oid), ' WITH \\([^()]*\\)( WHERE \\(| DEFERRABLE|$)', '\\1') " \
	"ELSE pg_catalog.pg_get_constraintdef(" k ".oid) END"

const ModelClass sv_class_constraint = {
	.name = "constraint", .keyword = "CONSTRAINT", .catalog = ConstraintRelationId, .rank = 240,
	.rename = {3, SV_SPACE_OWN, SV_RENAME_CONSTRAINT, false, SV_HAZARD_BLOCKS_ALL},
	.style = SV_ID_ON_PARENT, .parent_catalog = RelationRelationId, .is_part = true,
	.query = "SELECT k.oid AS _oid, conrelid AS _parent, conname AS _name, CASE WHEN contype IN "
	"('p', 'u', 'x') THEN conindid END AS _alias, "
	"CASE contype WHEN 'c' THEN 'check' WHEN 'f' THEN 'foreign key' WHEN 'p' THEN 'primary key' "
	"WHEN 'u' THEN 'unique' ELSE 'exclude' END AS kind, "
	"CASE WHEN " INHERITED_CHECK " THEN regexp_replace(d.definition, ' NOT VALID$', '') ELSE d.definition END AS definition, "
	"CASE WHEN condeferrable OR NOT convalidated AND NOT " INHERITED_CHECK " THEN "
	"regexp_replace(regexp_replace(d.definition, ' NOT VALID$', ''), "
	"' DEFERRABLE( INITIALLY DEFERRED)?', '') END AS essence, "
	FLAG("NOT convalidated AND NOT " INHERITED_CHECK, "not_valid") ", "
	"CASE WHEN condeferred THEN 'DEFERRABLE INITIALLY DEFERRED' WHEN condeferrable THEN "
	"'DEFERRABLE INITIALLY IMMEDIATE' END AS deferrable, "
	FLAG("coninhcount > 0 AND NOT conislocal", "inherited") ", "
	INDEX_OPTIONS("x") " AS options, " INDEX_TABLESPACE("x") " AS tablespace, "
	FLAG("i.indisclustered", "clustered") ", " FLAG("i.indisreplident", "replica_identity") ", "
	FLAG("NOT i.indisvalid", "incomplete") " "
	"FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = conrelid "
	"LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = conindid AND contype <> 'f' "
	"LEFT JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid "
	"CROSS JOIN LATERAL (SELECT " DEFINITION("k", "x") " AS definition OFFSET 0) d "
	"WHERE contype IN ('c', 'f', 'p', 'u', 'x') AND NOT (contype = 'f' AND conparentid <> 0) "
	"AND c.relpersistence <> 't' AND " IN_SCHEMAS("c.relnamespace"),
	.scan = sv_scan_constraints,
	.create = create_constraint,
	.drop = drop_constraint,
	.alterers = constraint_alterers,
	.can_alter = can_alter_constraint,
	.folds = constraint_folds,
	.name_space = constraint_name_space,
};
