/*
 * class_column.c
 *		Columns (of tables, views and composite types).
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "mb/pg_wchar.h"
#include "model/model.h"
#include "model/model_private.h"
#include "utils/builtins.h"

/* Is the column one of a table, foreign or not? */
bool
sv_column_of_table(const Object *column)
{
	return sv_class_is(column->parent, table) || sv_class_is(column->parent, foreign_table);
}

static bool
of_composite(const Object *column)
{
	return sv_class_is(column->parent, composite);
}

/*
 * The name that the server gives to what belongs to a column; where it gives
 * another one, that is among the properties.
 */
static char *
usual_name(const char *of, const char *label)
{
	char	   *name = pstrdup(of);

	name[pg_mbcharcliplen(name, strlen(name), NAMEDATALEN - 1 - strlen(label))] = '\0';
	return psprintf("%s%s", name, label);
}

char *
sv_usual_sequence(const char *table, const char *column)
{
	return usual_name(psprintf("%s_%s", table, column), "_seq");
}

/* The name of the NOT NULL of a column (since 18) or of a domain (since 17). */
const char *
sv_not_null_name(const Object *o)
{
	if (sv_is(o, "not_null_name"))
		return sv_text(o, "not_null_name");
	if (sv_is(o, "installed_not_null_name"))
		return sv_text(o, "installed_not_null_name");
	return sv_class_is(o, domain) ? usual_name(o->name, "_not_null") :
		usual_name(psprintf("%s_%s", o->parent->name, o->name), "_not_null");
}

/* Since 17 a partition gets identities from its parent, and none may be there before. */
static bool
of_partition(const Object *column)
{
	ListCell   *cell;

	foreach(cell, column->parent->parts)
	{
		if (sv_class_is(lfirst(cell), inheritance) && sv_is(lfirst(cell), "bound"))
			return true;
	}
	return false;
}

static void
write_not_null(const Comparison *cmp, StringInfo out, const Object *column)
{
	if (!sv_is(column, "not_null") || sv_is(column, "not_null_not_valid"))
		return;
	if (sv_is(column, "not_null_name"))
		appendStringInfo(out, " CONSTRAINT %s", quote_identifier(sv_text(column, "not_null_name")));
	else if (sv_is(column, "installed_not_null_name"))
		appendStringInfo(out, " CONSTRAINT %s",
						 quote_identifier(sv_text(column, "installed_not_null_name")));
	else if (SV_HAS_NAMED_NOT_NULL &&
			 (sv_is_swapped(cmp, column->parent) || sv_diff_is_named(cmp, column)))
		appendStringInfo(out, " CONSTRAINT %s", quote_identifier(sv_not_null_name(column)));
	appendStringInfo(out, " NOT NULL%s", sv_is(column, "not_null_no_inherit") ? " NO INHERIT" : "");
}

/* Has a parent a column of that name that is generated? */
static bool
is_generated_by_parent(const Object *column)
{
	foreach_ptr(const Object, o, column->needs)
	{
		if (sv_class_is(o, column) && strcmp(o->name, column->name) == 0 && sv_is(o, "generated"))
			return true;
	}
	return false;
}

/*
 * Before 16, what a column is generated from is not said again where it is
 * merged with that of a parent.
 */
static void
write_column(const Comparison *cmp, StringInfo out, const Object *column, const Object *default_,
			 bool identity,
			 bool merged)
{
	appendStringInfo(out, "%s %s", quote_identifier(column->name), sv_text(column, "type"));
	if (sv_is(column, "foreign_options"))
		appendStringInfo(out, " OPTIONS (%s)", sv_join(sv_list(column, "foreign_options"), ", "));
	if (sv_is(column, "compression"))
		appendStringInfo(out, " COMPRESSION %s", sv_text(column, "compression"));
	if (sv_is(column, "collation"))
		appendStringInfo(out, " COLLATE %s", sv_text(column, "collation"));
	if (default_ != NULL)
		appendStringInfo(out, " DEFAULT %s", sv_text(default_, "expression"));
	if (sv_is(column, "generated") &&
		!(merged && SV_16(false, true) && is_generated_by_parent(column)))
		appendStringInfo(out, " GENERATED ALWAYS AS (%s) %s", sv_text(column, "expression"),
						 sv_text(column, "generated"));
	if (identity && sv_is(column, "identity") && !(SV_17(true, false) && of_partition(column)))
		sv_write_identity(out, column);
	write_not_null(cmp, out, column);
}

/*
 * Write a column as CREATE TABLE and ADD COLUMN take it; default_ may be NULL.
 */
void
sv_write_column(const Comparison *cmp, StringInfo out, const Object *column,
				const Object *default_, bool merged)
{
	write_column(cmp, out, column, default_, true, merged);
}

/* The same for a table that has its columns from a type. */
void
sv_write_column_of_type(const Comparison *cmp, StringInfo out, const Object *column,
						const Object *default_)
{
	appendStringInfo(out, "%s WITH OPTIONS", quote_identifier(column->name));
	if (default_ != NULL)
		appendStringInfo(out, " DEFAULT %s", sv_text(default_, "expression"));
	write_not_null(cmp, out, column);
}

/* The beginning of the ALTER of a column of a table or materialized view, new. */
const char *
sv_alter_column(const Object *column)
{
	if (sv_class_is(column->parent, matview))
		return psprintf("ALTER MATERIALIZED VIEW %s ALTER COLUMN %s", column->parent->identity,
						quote_identifier(column->name));
	return psprintf("ALTER %sTABLE ONLY %s ALTER COLUMN %s",
					sv_class_is(column->parent, foreign_table) ? "FOREIGN " : "",
					column->parent->identity, quote_identifier(column->name));
}

/* ALTER TABLE reaches the children too, as their columns follow. */
static const char *
alter_column_and_children(const Object *column)
{
	return psprintf("ALTER %sTABLE %s ALTER COLUMN %s",
					sv_class_is(column->parent, foreign_table) ? "FOREIGN " : "",
					column->parent->identity, quote_identifier(column->name));
}

static void
write_storage(Writer *w, const Object *a, const Object *b)
{
	if (sv_is(b, "storage"))
		sv_emit(w, 0, "%s SET STORAGE %s", sv_alter_column(b), sv_text(b, "storage"));
	else if (a != NULL && sv_same(a, b, "type") && !sv_writer_converted(w, b))
		sv_emit(w, 0, "%s SET STORAGE %s", sv_alter_column(b),
				SV_16("DEFAULT", sv_is(a, "usual_storage") ? sv_text(a, "usual_storage") :
					  "EXTENDED"));
}

static void
write_statistics(Writer *w, const Object *a, const Object *b)
{
	sv_emit(w, 0, "%s SET STATISTICS %s", sv_alter_column(b), sv_is(b, "statistics") ?
			sv_text(b, "statistics") : "-1");
}

static void
write_column_options(Writer *w, const Object *a, const Object *b)
{
	sv_write_options(w, sv_alter_column(b), a, b, "options", 0);
}

static void
alter_compression(Writer *w, const Object *a, const Object *b)
{
	sv_emit(w, 0, "%s SET COMPRESSION %s", sv_alter_column(b), sv_is(b, "compression") ?
			sv_text(b, "compression") : "default");
}

static void write_set_not_null(Writer *w, const Object *column);

/* Since 18 a NOT NULL is a constraint, which can have a comment. */
static void
write_not_null_comment(Writer *w, const Object *a, const Object *b)
{
	if (sv_is(b, "not_null"))
		sv_emit(w, 0, "COMMENT ON CONSTRAINT %s ON %s IS %s",
				quote_identifier(sv_not_null_name(b)), b->parent->identity,
				sv_is(b, "not_null_comment") ? sv_quote(sv_text(b, "not_null_comment")) : "NULL");
}

/* Write what the CREATE of its relation cannot say of a column. */
void
sv_write_column_extras(Writer *w, const Object *column)
{
	if (sv_is(column, "storage"))
		write_storage(w, NULL, column);
	if (sv_is(column, "compression") && !sv_column_of_table(column))
		alter_compression(w, NULL, column);
	if (sv_is(column, "statistics"))
		write_statistics(w, NULL, column);
	if (sv_is(column, "options"))
		write_column_options(w, NULL, column);
	if (sv_is(column, "not_null_not_valid") && sv_leading_column(w, column) == NULL)
		write_set_not_null(w, column);
	if (sv_is(column, "not_null_comment"))
		write_not_null_comment(w, NULL, column);
	sv_write_identity_extras(w, column);
}

/*
 * The column of a parent (or of the type of a typed table) that an inherited
 * column follows, before and after: then it changes with that one.  NULL if none.
 */
const Object *
sv_leading_column(Writer *w, const Object *column)
{
	if (!sv_is(column, "inherited") && !sv_is(column, "merged"))
		return NULL;
	foreach_ptr(Object, o, column->needs)
	{
		if (sv_class_is(o, column) && strcmp(o->name, column->name) == 0 &&
			o->parent != column->parent &&
			((of_composite(o) && !sv_writer_detached(w, column->parent)) ||
			 sv_writer_inherits(w, column->parent, o->parent)))
			return o;
	}
	return NULL;
}

/*
 * The tables that have their columns from the type follow it; what depends on
 * these is gone by then.
 */
static const char *
to_typed_tables(Writer *w, const Object *type)
{
	return sv_writer_has_typed_tables(w, type) ? " CASCADE" : "";
}

static bool
has_default(const Object *column)
{
	ListCell   *cell;

	foreach(cell, column->parts)
	{
		if (sv_class_is(lfirst(cell), default))
			return true;
	}
	return false;
}

/* Take away the default that a new table has from a parent, if it shall have none. */
void
sv_write_no_default(Writer *w, const Object *column)
{
	const Object *leading = sv_leading_column(w, column);

	if (leading != NULL && has_default(leading) && !has_default(column) &&
		!sv_is(column, "generated"))
		sv_emit(w, 0, "%s DROP DEFAULT", sv_alter_column(column));
}

static void
write_set_not_null(Writer *w, const Object *column)
{
	int			hazards = SV_HAZARD_SCAN | SV_HAZARD_BLOCKS_ALL | SV_HAZARD_MAY_FAIL;

	if (sv_is(column, "not_null_name") || sv_is(column, "not_null_not_valid") ||
		(SV_HAS_NAMED_NOT_NULL && sv_diff_is_named(w->cmp, column)))
		sv_emit(w, hazards, "ALTER TABLE %s ADD CONSTRAINT %s NOT NULL %s%s%s",
				column->parent->identity,
				quote_identifier(sv_not_null_name(column)), quote_identifier(column->name),
				sv_is(column, "not_null_no_inherit") ? " NO INHERIT" :
				"", sv_is(column, "not_null_not_valid") ? " NOT VALID" : "");
	else
		sv_emit(w, hazards, "%s SET NOT NULL", alter_column_and_children(column));
}

/*
 * A column that comes with that of a parent comes with its NOT NULL, too:
 * write what is different.
 */
void
sv_write_own_not_null(Writer *w, const Object *column)
{
	const Object *leading = sv_is(column, "inherited") ? sv_leading_column(w, column) : NULL;

	if (leading == NULL || sv_is(leading, "not_null") == sv_is(column, "not_null"))
		return;
	if (sv_is(column, "not_null"))
		write_set_not_null(w, column);
	else if (!sv_is(leading, "not_null_no_inherit"))
		sv_emit(w, SV_HAZARD_BLOCKS_ALL, "%s DROP NOT NULL", sv_alter_column(column));
}

/* The default that comes with the column, or NULL. */
static const Object *
folded_default(Writer *w)
{
	ListCell   *cell;

	foreach(cell, sv_writer_folded(w))
	{
		if (sv_class_is(lfirst(cell), default))
			return lfirst(cell);
	}
	return NULL;
}

static void
create_column(Writer *w, const Object *o)
{
	const Object *default_ = folded_default(w);
	const Object *leading = sv_is(o, "inherited") ? sv_leading_column(w, o) : NULL;

	/* the server does not add identities to children; partitions get them since 17 */
	bool		apart = sv_is(o, "identity") && sv_writer_has_children(w, o->parent) &&
	!(SV_17(true, false) && sv_is(o->parent, "partition_key"));
	StringInfoData out;

	if (of_composite(o))
	{
		sv_emit(w, SV_HAZARD_BLOCKS_ALL, "ALTER TYPE %s ADD ATTRIBUTE %s %s%s%s%s",
				o->parent->identity,
				quote_identifier(o->name), sv_text(o, "type"),
				sv_is(o, "collation") ? " COLLATE " : "", sv_is(o, "collation") ?
				sv_text(o, "collation") : "",
				to_typed_tables(w, o->parent));
		return;
	}
	if (!sv_column_of_table(o))
		return;
	if (leading != NULL && sv_writer_created(w, leading) && sv_writer_existed(w, leading->parent))
	{
		sv_write_own_not_null(w, o);
		sv_write_column_extras(w, o);
		if (default_ != NULL)
			sv_class_default.create(w, default_);
		return;
	}
	initStringInfo(&out);
	write_column(w->cmp, &out, o, default_, !apart, false);
	sv_emit(w, SV_HAZARD_BLOCKS_ALL |
			(sv_added_column_rewrites(o, default_, sv_is(o, "identity") && !apart) ?
			 SV_HAZARD_REWRITE : 0) |
			(sv_is(o, "not_null") && default_ == NULL && !sv_is(o, "generated") &&
			 (apart || !sv_is(o, "identity")) ? SV_HAZARD_MAY_FAIL : 0),
			"ALTER %sTABLE %s ADD COLUMN %s", sv_class_is(o->parent, foreign_table) ? "FOREIGN " :
			"",
			o->parent->identity, out.data);
	if (apart)
	{
		resetStringInfo(&out);
		sv_write_identity(&out, o);
		sv_emit(w, SV_HAZARD_BLOCKS_ALL, "%s ADD%s", sv_alter_column(o), out.data);
	}
	sv_write_column_extras(w, o);
}

static void
drop_column(Writer *w, const Object *o)
{
	const Object *leading = sv_is(o, "inherited") ? sv_leading_column(w, o) : NULL;

	if (leading != NULL && sv_writer_leaves(w, leading))
		leading = NULL;

	if (of_composite(o))
		sv_emit(w, SV_HAZARD_DATA_LOSS, "ALTER TYPE %s DROP ATTRIBUTE %s%s", o->parent->identity,
				quote_identifier(o->name),
				to_typed_tables(w, o->parent));
	else if (sv_column_of_table(o) && (leading == NULL || !sv_writer_dropped(w, leading)))
		sv_emit(w, SV_HAZARD_DATA_LOSS | SV_HAZARD_BLOCKS_ALL, "ALTER %sTABLE %s%s DROP COLUMN %s",
				sv_class_is(o->parent, foreign_table) ? "FOREIGN " : "", sv_writer_leaves(w, o) ?
				"ONLY " : "",
				o->parent->identity, quote_identifier(o->name));
}

/* Does the change of a property come with that of a parent's column? */
static bool
follows_parent(Writer *w, const Object *a, const Object *b, const char *property)
{
	const Object *leading = sv_leading_column(w, b);
	const Object *before = leading ? sv_writer_other(w, leading) : NULL;

	return before != NULL && !sv_same(before, leading, property) && sv_same(leading, b, property);
}

static void
alter_type(Writer *w, const Object *a, const Object *b)
{
	StringInfoData out;
	const char *using = sv_writer_conversion(w, a, b);
	bool		helper;

	if (of_composite(b))
	{
		sv_emit(w, SV_HAZARD_BLOCKS_ALL, "ALTER TYPE %s ALTER ATTRIBUTE %s TYPE %s%s%s%s",
				b->parent->identity,
				quote_identifier(b->name), sv_text(b, "type"),
				sv_is(b, "collation") ? " COLLATE " : "", sv_is(b, "collation") ?
				sv_text(b, "collation") : "",
				to_typed_tables(w, b->parent));
		return;
	}
	if (!sv_column_of_table(b) || follows_parent(w, a, b, "type") || follows_parent(w, a, b,
																					"collation"))
		return;
	if (sv_leading_column(w, b) != NULL && sv_writer_converted(w, sv_leading_column(w, b)))
		return;
	initStringInfo(&out);
	appendStringInfo(&out, "%s TYPE %s", alter_column_and_children(b), sv_text(b, "type"));
	if (sv_is(b, "collation"))
		appendStringInfo(&out, " COLLATE %s", sv_text(b, "collation"));
	if (sv_is(b, "generated") || sv_class_is(b->parent, foreign_table))
		using = NULL;
	helper = using != NULL && sv_writer_has_helper(w, b);
	if (using != NULL)
		appendStringInfo(&out, " USING %s", using);
	if (helper)
		sv_emit(w, 0, "CREATE TYPE %s AS (v %s)", sv_writer_helper(b), sv_text(b, "type"));
	sv_emit(w, SV_HAZARD_BLOCKS_ALL |
			(using == NULL ? sv_changed_type_hazards(a, b) :
			 SV_HAZARD_REWRITE | SV_HAZARD_MAY_FAIL),
			"%s", out.data);
	if (helper)
		sv_emit(w, 0, "DROP TYPE %s", sv_writer_helper(b));
	if (sv_is(b, "storage"))
		write_storage(w, a, b);
	if (sv_is(b, "compression"))
		sv_emit(w, 0, "%s SET COMPRESSION %s", sv_alter_column(b), sv_text(b, "compression"));
}

/*
 * Before 18, a parent's DROP NOT NULL takes away also those that children have by
 * themselves: it is said of the parent ONLY, which the server refuses for a
 * partitioned one.
 */
static bool
drops_too_much(Writer *w, const Object *column)
{
	return !SV_HAS_NAMED_NOT_NULL && !sv_is(column, "not_null") &&
		!sv_is(column->parent, "partition_key") &&
		sv_writer_children_not_null(w, column) != NIL;
}

/* Partitions get theirs again. */
static void
restore_not_null(Writer *w, const Object *column)
{
	if (SV_HAS_NAMED_NOT_NULL || !sv_is(column->parent, "partition_key"))
		return;
	foreach_ptr(const Object, object, sv_writer_children_not_null(w, column))
		sv_emit(w, SV_HAZARD_SCAN | SV_HAZARD_BLOCKS_ALL, "%s SET NOT NULL",
				alter_column_and_children(object));
}

static void
alter_not_null(Writer *w, const Object *a, const Object *b)
{
	if (!sv_column_of_table(b) ||
		(follows_parent(w, a, b, "not_null") && !drops_too_much(w, sv_leading_column(w, b))))
		return;
	if (sv_is(b, "not_null") && sv_is(a, "not_null"))
	{
		if (sv_same(a, b, "not_null_not_valid") || follows_parent(w, a, b, "not_null_not_valid"))
			return;
		if (!sv_is(b, "not_null_not_valid"))
		{
			sv_emit(w, SV_HAZARD_SCAN | SV_HAZARD_MAY_FAIL,
					"ALTER TABLE %s VALIDATE CONSTRAINT %s", b->parent->identity,
					quote_identifier(sv_not_null_name(a)));
			return;
		}
		sv_emit(w, SV_HAZARD_BLOCKS_ALL, "%s DROP NOT NULL", alter_column_and_children(b));
		if (sv_is(b, "not_null_comment") && sv_same(a, b, "not_null_comment"))
		{
			write_set_not_null(w, b);
			write_not_null_comment(w, a, b);	/* it went with the constraint */
			return;
		}
	}
	if (sv_is(b, "not_null"))
		write_set_not_null(w, b);
	else
	{
		sv_emit(w, SV_HAZARD_BLOCKS_ALL, "%s DROP NOT NULL", drops_too_much(w, b) ?
				sv_alter_column(b) : alter_column_and_children(b));
		restore_not_null(w, b);
	}
}

static void
alter_not_null_name(Writer *w, const Object *a, const Object *b)
{
	if (!sv_is(a, "not_null") || !sv_is(b, "not_null") ||
		strcmp(sv_not_null_name(a), sv_not_null_name(b)) == 0 ||
		(!sv_is(a, "not_null_not_valid") && sv_is(b, "not_null_not_valid")))
		return;
	sv_emit(w, SV_HAZARD_BLOCKS_ALL, "ALTER TABLE %s RENAME CONSTRAINT %s TO %s",
			b->parent->identity,
			quote_identifier(sv_not_null_name(a)), quote_identifier(sv_not_null_name(b)));
}

/* The sequence comes and goes by itself. */
static void
alter_identity(Writer *w, const Object *a, const Object *b)
{
	if (sv_column_of_table(b) && sv_is(a, "identity") && sv_is(b, "identity") &&
		!follows_parent(w, a, b, "identity"))
		sv_emit(w, SV_HAZARD_BLOCKS_ALL, "%s SET GENERATED %s", alter_column_and_children(b),
				sv_text(b, "identity"));
}

static void
alter_foreign_options(Writer *w, const Object *a, const Object *b)
{
	sv_write_options(w, sv_alter_column(b), a, b, "foreign_options", 0);
}

static void
alter_generated(Writer *w, const Object *a, const Object *b)
{
	if (!sv_is(b, "generated"))
		sv_emit(w, SV_HAZARD_BLOCKS_ALL, "%s DROP EXPRESSION", alter_column_and_children(b));
	else if (sv_is(a, "generated") && !sv_same(a, b, "expression"))
		sv_emit(w, SV_HAZARD_REWRITE | SV_HAZARD_BLOCKS_ALL, "%s SET EXPRESSION AS (%s)",
				alter_column_and_children(b), sv_text(b, "expression"));
}

/* Since 18: whether children get a NOT NULL, where it stays. */
static void
alter_no_inherit(Writer *w, const Object *a, const Object *b)
{
	if (sv_is(a, "not_null") && sv_is(b, "not_null") && !sv_is(b, "inherited"))
		sv_emit(w, SV_HAZARD_BLOCKS_ALL, "ALTER TABLE %s ALTER CONSTRAINT %s %sINHERIT",
				b->parent->identity,
				quote_identifier(sv_not_null_name(b)), sv_is(b, "not_null_no_inherit") ? "NO " :
				"");
}

static const Alterer column_alterers[] = {
	{"inherited", NULL, SV_ALTER_IGNORED | SV_ALTER_FOLLOWS},
	{"merged", NULL, SV_ALTER_IGNORED | SV_ALTER_FOLLOWS},
	{"installed_not_null_name", NULL, SV_ALTER_IGNORED},	/* of an inherited constraint, since
															 * 18 */
	{"generated", alter_generated},
	{"expression", alter_generated},
	{"type", alter_type, SV_ALTER_DISRUPTS},
	{"collation", alter_type, SV_ALTER_DISRUPTS},
	{"not_null", alter_not_null},
	{"not_null_name", alter_not_null_name},
	{"not_null_comment", write_not_null_comment},
	{"not_null_no_inherit", alter_no_inherit},
	{"not_null_not_valid", alter_not_null},
	{"identity", alter_identity},
	{"storage", write_storage},
	{"usual_storage", NULL, SV_ALTER_IGNORED | SV_ALTER_FOLLOWS},	/* that of the type */
	{"compression", alter_compression},
	{"statistics", write_statistics},
	{"options", write_column_options},
	{"foreign_options", alter_foreign_options},
	{NULL}
};

/*
 * A generated column cannot be made of a plain one, nor a plain one of a
 * virtual one, nor change its expression before 17.
 */
static bool
can_alter_column(const Object *a, const Object *b)
{
	if (sv_is(b, "generated"))
	{
		if (!sv_same(a, b, "generated"))
			return false;
		if (!sv_same(a, b, "expression"))
			return SV_17(true, false);
	}
	return sv_is(b, "generated") || !sv_is(a, "generated") ||
		strcmp(sv_text(a, "generated"), "VIRTUAL") != 0;
}

static bool
column_folds(const Object *o)
{
	return true;
}

/* A storage, where the column has another one than its type. */
#define STORAGE(letter) \
	"CASE WHEN a.attstorage <> t.typstorage AND c.relkind IN ('r', 'p', 'f', 'm') THEN CASE " letter " WHEN 'p' THEN 'PLAIN' " \
	"WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END"

const ModelClass sv_class_column = {
	.name = "column", .keyword = "COLUMN", .catalog = RelationRelationId, .rank = 210,
	.traits = SV_HOLDS_DATA,
	.rename = {1, SV_SPACE_OWN, SV_RENAME_COLUMN, false, SV_HAZARD_BLOCKS_ALL},
	.style = SV_ID_OF_PARENT, .parent_catalog = RelationRelationId, .is_part = true,
	.acl_type = 'c',
	.query = "SELECT a.attrelid AS _oid, a.attrelid AS _parent, a.attnum AS _sub, a.attname AS "
	"_name, a.attacl AS acl, "
	"a.atttypid AS _type, a.atttypmod AS _typmod, "
	"CASE WHEN a.attcollation <> t.typcollation AND a.attcollation <> 0 THEN "
	"(SELECT quote_ident(n.nspname) || '.' || quote_ident(collname) FROM pg_catalog.pg_collation o "
	"JOIN pg_catalog.pg_namespace n ON n.oid = collnamespace WHERE o.oid = a.attcollation) END AS "
	"collation, "
	FLAG("a.attnotnull"
		 SV_18(" AND EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = a.attrelid "
			   "AND k.contype = 'n' "
			   "AND k.conkey[1] = a.attnum)", ""), "not_null") ", "
	SV_18("CASE WHEN a.attnotnull THEN (SELECT nullif(k.conname, left(c.relname || '_' || "
		  "a.attname, 54) || '_not_null')::text "
		  "FROM pg_catalog.pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND "
		  "k.conkey[1] = a.attnum AND k.coninhcount = 0) END AS not_null_name, "
		  "CASE WHEN a.attnotnull AND a.attinhcount > 0 THEN (SELECT nullif(k.conname, "
		  "left(c.relname || '_' || a.attname, 54) || '_not_null')::text "
		  "FROM pg_catalog.pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND "
		  "k.conkey[1] = a.attnum AND k.coninhcount > 0) END "
		  "AS installed_not_null_name, "
		  "(a.attnotnull AND EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = "
		  "a.attrelid AND k.contype = 'n' "
		  "AND k.conkey[1] = a.attnum AND k.connoinherit)) AS not_null_no_inherit, "
		  FLAG("a.attnotnull AND EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = "
			   "a.attrelid AND k.contype = 'n' "
			   "AND k.conkey[1] = a.attnum AND NOT k.convalidated)", "not_null_not_valid") ", "
		  "CASE WHEN a.attnotnull THEN (SELECT d.description FROM pg_catalog.pg_constraint k JOIN "
		  "pg_catalog.pg_description d ON d.objoid = k.oid AND d.classoid = "
		  "'pg_catalog.pg_constraint'::regclass WHERE k.conrelid = a.attrelid AND k.contype = 'n' "
		  "AND k.conkey[1] = a.attnum) END AS not_null_comment, ", "")
	"CASE a.attidentity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT' END AS identity, "
	"CASE a.attgenerated WHEN 's' THEN 'STORED' WHEN 'v' THEN 'VIRTUAL' END AS generated, "
	"CASE WHEN a.attgenerated <> '' THEN (SELECT pg_catalog.pg_get_expr(adbin, adrelid) FROM "
	"pg_catalog.pg_attrdef "
	"WHERE adrelid = a.attrelid AND adnum = a.attnum) END AS expression, "
	STORAGE("a.attstorage") " AS storage, "
	STORAGE("t.typstorage") " AS usual_storage, "
	"CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END AS compression, "
	"CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END AS statistics, "
	"CASE WHEN a.attoptions[1] NOT LIKE 'pg\\_attver=%' OR a.attoptions[2] IS NOT NULL THEN "
	"(SELECT array_agg(o ORDER BY o) FROM unnest(a.attoptions) o WHERE o NOT LIKE 'pg\\_attver=%') "
	"END AS options, "
	"CASE WHEN a.attfdwoptions IS NOT NULL THEN (SELECT array_agg(quote_ident(option_name) || ' ' "
	"|| quote_literal(option_value) "
	"ORDER BY option_name) FROM pg_catalog.pg_options_to_table(a.attfdwoptions)) END AS "
	"foreign_options, "
	FLAG("a.attinhcount > 0 AND NOT a.attislocal OR c.reloftype <> 0", "inherited") ", "
	FLAG("a.attinhcount > 0 AND a.attislocal", "merged") " "
	"FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid "
	"JOIN pg_catalog.pg_type t ON t.oid = a.atttypid "
	"WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c') AND c.relpersistence <> 't' AND "
	IN_SCHEMAS("c.relnamespace")
	" AND a.attnum > 0 AND NOT a.attisdropped",
	.scan = sv_scan_columns,
	.create = create_column,
	.drop = drop_column,
	.alterers = column_alterers,
	.can_alter = can_alter_column,
	.folds = column_folds,
};
