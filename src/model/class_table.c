/*
 * class_table.c
 *		Tables, partitioned and foreign ones too, and who inherits from whom.
 *
 * A table's columns, defaults and constraints are objects of their own.  They
 * are written in its CREATE TABLE where the order of everything allows it.
 * A partition is made as a table and then attached, as pg_dump does it: only so
 * its indexes and constraints get their own names.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "model/model_private.h"
#include "utils/builtins.h"

const char *
sv_relation_name_space(const Object *o)
{
	return "relation";
}

/* Is it written by CREATE TABLE ... INHERITS, and not by ATTACH PARTITION? */
static bool
inheritance_folds(const Object *o)
{
	return !sv_is(o, "bound");
}

static bool
has_plain_parent(List *folded)
{
	ListCell   *cell;

	foreach(cell, folded)
	{
		if (sv_class_is(lfirst(cell), inheritance))
			return true;
	}
	return false;
}

static const Object *
column_default_of(List *folded, const Object *column)
{
	foreach_ptr(Object, o, folded)
	{
		if (o->parent == column && sv_class_is(o, default))
			return o;
	}
	return NULL;
}

/* Write what stands between the parentheses of CREATE TABLE. */
static void
write_elements(const Comparison *cmp, StringInfo out, const Object *table, List *folded)
{
	bool		inherits = has_plain_parent(folded);
	const char *separator = "\n    ";

	foreach_ptr(Object, o, folded)
	{
		if (sv_class_is(o, column) && sv_is(table, "of_type"))
		{
			if (!sv_is(o, "not_null") && column_default_of(folded, o) == NULL)
				continue;
			appendStringInfoString(out, separator);
			sv_write_column_of_type(cmp, out, o, column_default_of(folded, o));
			separator = ",\n    ";
		}
		else if (sv_class_is(o, column) && !(inherits && sv_is(o, "inherited")))
		{
			appendStringInfoString(out, separator);
			sv_write_column(cmp, out, o, column_default_of(folded, o), inherits && sv_is(o,
																						 "merged"));
			separator = ",\n    ";
		}
		else if (sv_class_is(o, constraint) && !(inherits && sv_is(o, "inherited")))
		{
			appendStringInfo(out, "%sCONSTRAINT %s %s", separator, quote_identifier(o->name),
							 sv_constraint_definition(o));
			separator = ",\n    ";
		}
	}
}

/* The storage options in the order in which they were given. */
static List *
options_in_order(const Object *o)
{
	List	   *given = list_copy(sv_list(o, "options_order"));

	if (given == NIL)
		return sv_list(o, "options");
	foreach_ptr(char, option, sv_list(o, "options"))
	{
		if (strncmp(option, "toast.", 6) == 0)
			given = lappend(given, option);
	}
	return given;
}

static void
write_table_storage(StringInfo out, const Object *o)
{
	const char *separator = "";

	if (sv_is(o, "access_method"))
		appendStringInfo(out, "\nUSING %s", quote_identifier(sv_text(o, "access_method")));
	if (sv_list(o, "options") != NIL)
	{
		appendStringInfoString(out, "\nWITH (");
		foreach_ptr(const char, string, options_in_order(o))
		{
			appendStringInfo(out, "%s%s", separator, string);
			separator = ", ";
		}
		appendStringInfoChar(out, ')');
	}
	if (sv_is(o, "tablespace"))
		appendStringInfo(out, "\nTABLESPACE %s", quote_identifier(sv_text(o, "tablespace")));
}

/* The first parent has no place. */
static int
compare_places(const ListCell *x, const ListCell *y)
{
	const char *a = sv_text(lfirst(x), "place");
	const char *b = sv_text(lfirst(y), "place");

	return (*a ? atoi(a) : 1) - (*b ? atoi(b) : 1);
}

/* The links to parents among parts, in the order of the parents. */
List *
sv_links_in_order(List *parts)
{
	List	   *links = NIL;
	ListCell   *cell;

	foreach(cell, parts)
	{
		if (sv_class_is(lfirst(cell), inheritance))
			links = lappend(links, lfirst(cell));
	}
	list_sort(links, compare_places);
	return links;
}

static void
write_inherits(StringInfo out, List *folded)
{
	const char *separator = "\nINHERITS (";

	foreach_ptr(Object, o, sv_links_in_order(folded))
	{
		appendStringInfo(out, "%s%s", separator, sv_text(o, "of"));
		separator = ", ";
	}
	if (separator[0] == ',')
		appendStringInfoChar(out, ')');
}

static void
write_security(Writer *w, const Object *a, const Object *b)
{
	if (sv_is(b, "row_security") != (a != NULL && sv_is(a, "row_security")))
		sv_emit(w, SV_HAZARD_BLOCKS_ALL, "ALTER TABLE %s %s ROW LEVEL SECURITY", b->identity,
				sv_is(b, "row_security") ? "ENABLE" : "DISABLE");
	if (sv_is(b, "force_row_security") != (a != NULL && sv_is(a, "force_row_security")))
		sv_emit(w, SV_HAZARD_BLOCKS_ALL, "ALTER TABLE %s %s ROW LEVEL SECURITY", b->identity,
				sv_is(b, "force_row_security") ? "FORCE" : "NO FORCE");
}

static void
create_table(Writer *w, const Object *o)
{
	List	   *folded = sv_writer_folded(w);
	bool		foreign = sv_class_is(o, foreign_table);
	StringInfoData out;
	StringInfoData elements;
	ListCell   *cell;

	initStringInfo(&out);
	initStringInfo(&elements);
	write_elements(w->cmp, &elements, o, folded);
	appendStringInfo(&out, "CREATE %s%s %s", sv_is(o, "unlogged") ? "UNLOGGED " : "",
					 foreign ? "FOREIGN TABLE" : "TABLE", o->identity);
	if (sv_is(o, "of_type"))
		appendStringInfo(&out, " OF %s", sv_text(o, "of_type"));
	if (elements.len > 0 || !sv_is(o, "of_type"))
		appendStringInfo(&out, " (%s\n)", elements.data);
	write_inherits(&out, folded);
	if (sv_is(o, "partition_key"))
		appendStringInfo(&out, "\nPARTITION BY %s", sv_text(o, "partition_key"));
	if (foreign)
	{
		appendStringInfo(&out, "\nSERVER %s", quote_identifier(sv_text(o, "server")));
		if (sv_list(o, "foreign_options") != NIL)
			appendStringInfo(&out, "\nOPTIONS (%s)", sv_join(sv_list(o, "foreign_options"), ", "));
	}
	else
		write_table_storage(&out, o);
	sv_emit(w, 0, "%s", out.data);
	if (!sv_is_swapped(w->cmp, o))
		write_security(w, NULL, o);
	if (sv_is(o, "replica_identity"))
		sv_emit(w, 0, "ALTER TABLE %s REPLICA IDENTITY %s", o->identity,
				sv_text(o, "replica_identity"));
	foreach(cell, folded)
	{
		if (sv_class_is(lfirst(cell), column))
		{
			if (has_plain_parent(folded))
				sv_write_own_not_null(w, lfirst(cell));
			sv_write_column_extras(w, lfirst(cell));
			sv_write_no_default(w, lfirst(cell));
		}
	}
}

/*
 * The rows come when the table has its owner, as whom their values are
 * computed, and before its policies count.
 */
static void
write_table_rows(Writer *w, const Object *o)
{
	if (!sv_is_swapped(w->cmp, o))
		return;
	sv_writer_fill(w);
	write_security(w, NULL, o);
}

static void
alter_persistence(Writer *w, const Object *a, const Object *b)
{
	sv_emit(w, SV_HAZARD_REWRITE | SV_HAZARD_BLOCKS_ALL, "ALTER TABLE %s SET %s", b->identity,
			sv_is(b, "unlogged") ? "UNLOGGED" : "LOGGED");
}

static void
alter_table_tablespace(Writer *w, const Object *a, const Object *b)
{
	sv_emit(w, SV_HAZARD_REWRITE | SV_HAZARD_BLOCKS_ALL, "ALTER TABLE %s SET TABLESPACE %s",
			b->identity,
			sv_is(b, "tablespace") ? quote_identifier(sv_text(b, "tablespace")) : "pg_default");
}

static void
alter_access_method(Writer *w, const Object *a, const Object *b)
{
	sv_emit(w, SV_HAZARD_REWRITE | SV_HAZARD_BLOCKS_ALL, "ALTER TABLE %s SET ACCESS METHOD %s",
			b->identity,
			sv_is(b, "access_method") ? quote_identifier(sv_text(b, "access_method")) : "heap");
}

static void
alter_table_options(Writer *w, const Object *a, const Object *b)
{
	sv_write_options(w, psprintf("ALTER TABLE %s", b->identity), a, b, "options", 0);
}

static void
alter_replica_identity(Writer *w, const Object *a, const Object *b)
{
	if (sv_is(b, "replica_identity"))
		sv_emit(w, 0, "ALTER TABLE %s REPLICA IDENTITY %s", b->identity,
				sv_text(b, "replica_identity"));
	else if (!sv_is(b, "replica_index"))
		sv_emit(w, 0, "ALTER TABLE %s REPLICA IDENTITY DEFAULT", b->identity);
}

static void
alter_of_type(Writer *w, const Object *a, const Object *b)
{
	if (sv_is(b, "of_type"))
		sv_emit(w, SV_HAZARD_BLOCKS_ALL, "ALTER TABLE %s OF %s", b->identity,
				sv_text(b, "of_type"));
	else if (!sv_writer_detached(w, b))
		sv_emit(w, SV_HAZARD_BLOCKS_ALL, "ALTER TABLE %s NOT OF", b->identity);
}

static void
alter_table_foreign_options(Writer *w, const Object *a, const Object *b)
{
	sv_write_options(w, psprintf("ALTER FOREIGN TABLE %s", b->identity), a, b, "foreign_options",
					 0);
}

static const Alterer table_alterers[] = {
	{"unlogged", alter_persistence},
	{"tablespace", alter_table_tablespace},
	{"access_method", alter_access_method},
	{"options", alter_table_options},
	{"options_order", NULL, SV_ALTER_IGNORED | SV_ALTER_FOLLOWS},
	{"row_security", write_security},
	{"force_row_security", write_security},
	{"replica_identity", alter_replica_identity},
	{"replica_index", alter_replica_identity},
	{"of_type", alter_of_type},
	{"foreign_options", alter_table_foreign_options},
	{NULL}
};

static void
drop_table(Writer *w, const Object *o)
{
	sv_emit(w, SV_HAZARD_DATA_LOSS | SV_HAZARD_BLOCKS_ALL, "DROP TABLE %s", o->identity);
}

#define SORTED_OPTIONS(column, prefix) OPTIONS(column, prefix, "o")
#define OPTIONS(column, prefix, order) \
	"(SELECT array_agg(" prefix " || quote_ident(split_part(o, '=', 1)) || '=' || " \
	"CASE WHEN substr(o, strpos(o, '=') + 1) ~ '^[a-zA-Z0-9_.]+$' THEN substr(o, strpos(o, '=') + 1) " \
	"ELSE quote_literal(substr(o, strpos(o, '=') + 1)) END ORDER BY " order ") FROM unnest(" column ") WITH ORDINALITY AS u (o, place))"

#define FDW_OPTIONS(column) \
	"(SELECT array_agg(quote_ident(option_name) || ' ' || quote_literal(option_value) ORDER BY option_name) " \
	"FROM pg_catalog.pg_options_to_table(" column "))"

const ModelClass sv_class_table = {
	.name = "table", .keyword = "TABLE", .catalog = RelationRelationId, .rank = 200,
	.traits = SV_HAS_COLUMNS | SV_HOLDS_DATA,
	.rename = {3, SV_SPACE_RELATION | SV_SPACE_TYPE, SV_RENAME_PLAIN, true, SV_HAZARD_BLOCKS_ALL},
	.style = SV_ID_QUALIFIED, .acl_type = 'r',
	.query = "SELECT c.oid AS _oid, relnamespace AS _schema, relname AS _name, relowner AS owner, "
	"relacl AS acl, "
	FLAG("relpersistence = 'u'", "unlogged") ", "
	"CASE WHEN relam <> 2 THEN (SELECT amname FROM pg_catalog.pg_am WHERE oid = relam) END AS "
	"access_method, "
	"CASE WHEN reltablespace <> 0 THEN (SELECT spcname FROM pg_catalog.pg_tablespace WHERE oid = "
	"reltablespace) END AS tablespace, "
	"CASE WHEN reloptions IS NOT NULL THEN " SORTED_OPTIONS("reloptions", "''") " END || "
	"CASE WHEN reltoastrelid <> 0 THEN coalesce((SELECT " SORTED_OPTIONS("t.reloptions", "'toast.'")
	" FROM pg_catalog.pg_class t WHERE t.oid = c.reltoastrelid), '{}') ELSE '{}' END AS options, "
	"CASE WHEN reloptions <> (SELECT array_agg(o ORDER BY o) FROM unnest(reloptions) o) THEN "
	OPTIONS("reloptions", "''", "place")
	" END AS options_order, "
	"CASE WHEN relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END AS partition_key, "
	"CASE WHEN reloftype <> 0 THEN format_type(reloftype, NULL) END AS of_type, "
	FLAG("relrowsecurity", "row_security") ", "
	FLAG("relforcerowsecurity", "force_row_security") ", "
	"CASE relreplident WHEN 'n' THEN 'NOTHING' WHEN 'f' THEN 'FULL' END AS replica_identity, "
	FLAG("relreplident = 'i'", "replica_index") " "
	"FROM pg_catalog.pg_class c WHERE relkind IN ('r', 'p') AND relpersistence <> 't' AND "
	IN_SCHEMAS("relnamespace"),
	.scan = sv_scan_tables,
	.create = create_table,
	.fill = write_table_rows,
	.drop = drop_table,
	.alterers = table_alterers,
	.name_space = sv_relation_name_space,
};

const ModelClass sv_class_foreign_table = {
	.name = "foreign table", .keyword = "FOREIGN TABLE", .catalog = RelationRelationId, .rank = 201,
	.traits = SV_HAS_COLUMNS,
	.rename = {3, SV_SPACE_RELATION | SV_SPACE_TYPE, SV_RENAME_PLAIN, true, SV_HAZARD_BLOCKS_ALL},
	.style = SV_ID_QUALIFIED, .acl_type = 'r',
	.query = "SELECT c.oid AS _oid, relnamespace AS _schema, relname AS _name, relowner AS owner, "
	"relacl AS acl, "
	"s.srvname AS server, " FDW_OPTIONS("f.ftoptions") " AS foreign_options "
	"FROM pg_catalog.pg_class c JOIN pg_catalog.pg_foreign_table f ON f.ftrelid = c.oid "
	"JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver "
	"WHERE relkind = 'f' AND " IN_SCHEMAS("relnamespace"),
	.create = create_table,
	.fill = write_table_rows,
	.alterers = table_alterers,
	.name_space = sv_relation_name_space,
};

/* ----- inheritance ----- */

static void
create_inheritance(Writer *w, const Object *o)
{
	if (sv_is(o, "bound"))
		sv_emit(w, SV_HAZARD_SCAN | SV_HAZARD_BLOCKS_ALL,
				"ALTER TABLE ONLY %s ATTACH PARTITION %s %s", sv_text(o, "of"),
				o->parent->identity, sv_text(o, "bound"));
	else
		sv_emit(w, SV_HAZARD_BLOCKS_ALL, "ALTER TABLE %s INHERIT %s", o->parent->identity,
				sv_text(o, "of"));
}

/*
 * Is the foreign key of a parent, or of a parent of that, from which a
 * partition has its n'th one, dropped?
 */
static bool
loses_foreign_key(Writer *w, const Object *link, int n)
{
	const char *name = list_nth(sv_list(link, "parent_keys"), n);

	foreach_ptr(const Object, need, link->needs)
	{
		foreach_ptr(const Object, o, need->parts)
		{
			if (sv_class_is(o, constraint) && strcmp(quote_identifier(o->name), name) == 0)
				return sv_writer_dropped(w, o);
			if (sv_class_is(o, inheritance))
			{
				foreach_ptr(const char, string, sv_list(o, "foreign_keys"))
				{
					if (strcmp(string, name) == 0)
						return loses_foreign_key(w, o, foreach_current_index(string));
				}
			}
		}
	}
	return false;
}

/*
 * A table that is a partition no longer keeps the foreign keys that it had from its
 * parents as its own, unless its parent was detached and lost them before.  They were no objects.
 */
static void
drop_left_foreign_keys(Writer *w, const Object *link)
{
	foreach_ptr(char, key, sv_list(link, "foreign_keys"))
	{
		if (!loses_foreign_key(w, link, foreach_current_index(key)))
			sv_emit(w, SV_HAZARD_BLOCKS_ALL, "ALTER TABLE %s DROP CONSTRAINT IF EXISTS %s",
					link->parent->identity, key);
	}
}

static void
drop_inheritance(Writer *w, const Object *o)
{
	if (sv_is(o, "bound"))
	{
		sv_emit(w, SV_HAZARD_BLOCKS_ALL, "ALTER TABLE %s DETACH PARTITION %s", sv_text(o, "of"),
				o->parent->identity);
		if (!sv_writer_created(w, o))	/* else they find each other again */
			drop_left_foreign_keys(w, o);
	}
	else
		sv_emit(w, SV_HAZARD_BLOCKS_ALL, "ALTER TABLE %s NO INHERIT %s", o->parent->identity,
				sv_text(o, "of"));
}

static const Alterer inheritance_alterers[] = {
	{"place", NULL, SV_ALTER_IGNORED | SV_ALTER_FOLLOWS},
	{"foreign_keys", NULL, SV_ALTER_IGNORED | SV_ALTER_FOLLOWS},	/* come and go with those of
																	 * the parent */
	{"parent_keys", NULL, SV_ALTER_IGNORED | SV_ALTER_FOLLOWS},
	{NULL}
};

/* Names of the foreign keys that a partition has from its parent, or of the parent's. */
#define KEYS(which) \
	"(SELECT array_agg(quote_ident(" which ".conname) ORDER BY k.conname) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_constraint p " \
	"ON p.oid = k.conparentid WHERE k.conrelid = inhrelid AND k.contype = 'f' AND p.conrelid = inhparent)"

const ModelClass sv_class_inheritance = {
	.name = "inheritance", .keyword = "TABLE", .catalog = InheritsRelationId, .rank = 230,
	.style = SV_ID_GIVEN, .parent_catalog = RelationRelationId, .is_part = true,
	.query = "SELECT inhrelid AS _oid, inhseqno::int2 AS _sub, inhrelid AS _parent, inhparent AS "
	"_needs, "
	"inhparent::regclass::text AS \"of\", pg_catalog.pg_get_expr(c.relpartbound, c.oid) AS bound, "
	"CASE WHEN inhseqno > 1 THEN inhseqno END AS place, "
	FLAG("inhdetachpending", "detach_pending") ", "
	KEYS("k") " AS foreign_keys, " KEYS("p") " AS parent_keys, "
	"c.oid::regclass::text || ' OF ' || inhparent::regclass::text AS _identity "
	"FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = inhrelid "
	"WHERE c.relkind IN ('r', 'p', 'f') AND " IN_SCHEMAS("c.relnamespace"),
	.create = create_inheritance,
	.drop = drop_inheritance,
	.alterers = inheritance_alterers,
	.folds = inheritance_folds,
};
