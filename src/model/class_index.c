/*
 * class_index.c
 *		Indexes that back no constraint, and indexes of partitions as parts of
 *		their parent's.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "model/model.h"
#include "model/model_private.h"
#include "utils/builtins.h"

static void
write_marks(Writer *w, const Object *a, const Object *o)
{
	const char *table = o->parent->identity;

	if (sv_is(o, "clustered") && (a == NULL || !sv_is(a, "clustered")))
		sv_emit(w, 0, "ALTER %s %s CLUSTER ON %s", o->parent->class->keyword, table,
				quote_identifier(o->name));
	else if (a != NULL && sv_is(a, "clustered") && !sv_is(o, "clustered"))
		sv_emit(w, 0, "ALTER %s %s SET WITHOUT CLUSTER", o->parent->class->keyword, table);
	if (sv_is(o, "replica_identity") && (a == NULL || !sv_is(a, "replica_identity")))
		sv_emit(w, 0, "ALTER TABLE %s REPLICA IDENTITY USING INDEX %s", table,
				quote_identifier(o->name));
}

static void
write_index_statistics(Writer *w, const Object *a, const Object *b)
{
	if (a != NULL)
	{
		foreach_ptr(const char, entry, sv_list(a, "statistics"))
			sv_emit(w, 0, "ALTER INDEX %s ALTER COLUMN %.*s SET STATISTICS -1", b->identity,
					(int) strcspn(entry, " "), entry);
	}
	foreach_ptr(const char, entry, sv_list(b, "statistics"))
		sv_emit(w, 0, "ALTER INDEX %s ALTER COLUMN %.*s SET STATISTICS %s", b->identity,
				(int) strcspn(entry, " "), entry,
				sv_behind(entry, " "));
}

static void
create_index(Writer *w, const Object *o)
{
	StringInfoData out;
	const char *definition = sv_text(o, "definition");
	const char *where = sv_is(o, "predicate") ?
	strstr(definition, psprintf(" WHERE %s", sv_text(o, "predicate"))) : NULL;

	initStringInfo(&out);
	if (sv_is(o, "tablespace"))
		appendStringInfo(&out, "%.*s TABLESPACE %s%s", where ? (int) (where - definition) :
						 (int) strlen(definition),
						 definition, quote_identifier(sv_text(o, "tablespace")), where ? where :
						 "");
	else
		appendStringInfoString(&out, definition);
	sv_emit(w, SV_HAZARD_SCAN | SV_HAZARD_BLOCKS_WRITES, "%s", out.data);
	write_index_statistics(w, NULL, o);
	write_marks(w, NULL, o);
}

static void
drop_index(Writer *w, const Object *o)
{
	sv_emit(w, SV_HAZARD_BLOCKS_ALL, "DROP INDEX %s", o->identity);
}

static void
alter_index_reloptions(Writer *w, const Object *a, const Object *b)
{
	sv_write_options(w, psprintf("ALTER INDEX %s", b->identity), a, b, "options", 0);
}

static void
alter_tablespace(Writer *w, const Object *a, const Object *b)
{
	sv_emit(w, SV_HAZARD_REWRITE | SV_HAZARD_BLOCKS_ALL, "ALTER INDEX %s SET TABLESPACE %s",
			b->identity,
			sv_is(b, "tablespace") ? quote_identifier(sv_text(b, "tablespace")) : "pg_default");
}

static const Alterer index_alterers[] = {
	{"definition", NULL, SV_ALTER_IGNORED}, /* the essence decides */
	{"essence", NULL, SV_ALTER_IGNORED | SV_ALTER_FOLLOWS},
	{"predicate", NULL, SV_ALTER_IGNORED | SV_ALTER_FOLLOWS},
	{"incomplete", NULL, SV_ALTER_IGNORED | SV_ALTER_FOLLOWS},	/* follows from the indexes of the
																 * partitions */
	{"options", alter_index_reloptions},
	{"tablespace", alter_tablespace},
	{"clustered", write_marks, SV_ALTER_RUNTIME},
	{"replica_identity", write_marks},
	{"statistics", write_index_statistics},
	{NULL}
};

static bool
can_alter_index(const Object *a, const Object *b)
{
	/* the server does not set options of the index of a partitioned table */
	if (sv_is(b->parent, "partition_key") && !sv_same(a, b, "options"))
		return false;
	return strcmp(sv_essence(a), sv_essence(b)) == 0 && sv_same(a, b, "invalid") &&
		strcmp(a->parent->identity, b->parent->identity) == 0;
}

const ModelClass sv_class_index = {
	.name = "index", .keyword = "INDEX", .catalog = RelationRelationId, .rank = 250,
	.rename = {3, SV_SPACE_RELATION, SV_RENAME_PLAIN, false, 0},
	.style = SV_ID_QUALIFIED, .parent_catalog = RelationRelationId, .is_part = true,
	.query = "SELECT x.oid AS _oid, i.indrelid AS _parent, x.relnamespace AS _schema, x.relname AS "
	"_name, "
	"d.definition, CASE WHEN x.reloptions IS NOT NULL THEN pg_catalog.regexp_replace(d.definition, "
	"'( NULLS NOT DISTINCT)? WITH \\([a-z_]+=[^()]*\\)', '\\1') END AS essence, "
	"pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS predicate, "
	"CASE WHEN x.reloptions IS NOT NULL THEN (SELECT array_agg(quote_ident(split_part(o, '=', 1)) "
	"|| '=' || "
	"quote_literal(substr(o, strpos(o, '=') + 1)) ORDER BY o) FROM unnest(x.reloptions) o) END AS "
	"options, "
	"CASE WHEN x.reltablespace <> 0 THEN (SELECT spcname FROM pg_catalog.pg_tablespace WHERE oid = "
	"x.reltablespace) END AS tablespace, "
	FLAG("i.indisclustered", "clustered") ", " FLAG("i.indisreplident", "replica_identity") ", "
	"CASE WHEN i.indexprs IS NOT NULL THEN (SELECT array_agg(attnum || ' ' || attstattarget ORDER "
	"BY attnum) FROM pg_catalog.pg_attribute "
	"WHERE attrelid = x.oid AND attstattarget >= 0 AND attnum > 0) END AS statistics, "
	FLAG("NOT i.indisvalid AND x.relkind = 'i'", "invalid") ", "
	FLAG("NOT i.indisvalid AND x.relkind = 'I'", "incomplete") " "
	"FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid "
	"CROSS JOIN LATERAL (SELECT pg_catalog.pg_get_indexdef(i.indexrelid) AS definition OFFSET 0) d "
	"WHERE x.relpersistence <> 't' AND " IN_SCHEMAS("x.relnamespace")
	" AND i.indexrelid NOT IN (SELECT conindid FROM pg_catalog.pg_constraint WHERE contype IN "
	"('p', 'u', 'x'))",
	.scan = sv_scan_indexes,
	.create = create_index,
	.drop = drop_index,
	.alterers = index_alterers,
	.can_alter = can_alter_index,
	.name_space = sv_relation_name_space,
};

/* ----- attachments ----- */

static void
create_attachment(Writer *w, const Object *o)
{
	ListCell   *cell;

	/* attaching the table attaches its indexes, if they are complete */
	if (!sv_is(o->parent, "incomplete"))
	{
		foreach(cell, o->parent->parent->parts)
		{
			if (sv_class_is(lfirst(cell), inheritance) && sv_writer_created(w, lfirst(cell)))
				return;
		}
	}
	sv_emit(w, 0, "ALTER INDEX %s ATTACH PARTITION %s", sv_text(o, "of"),
			quote_qualified_identifier(o->parent->schema, o->parent->name));
}

/* It ends with one of the two indexes. */
static void
drop_attachment(Writer *w, const Object *o)
{
}

const ModelClass sv_class_index_attachment = {
	.name = "index attachment", .keyword = "INDEX", .catalog = InheritsRelationId, .rank = 255,
	.style = SV_ID_GIVEN, .parent_catalog = RelationRelationId, .is_part = true,
	.query = "SELECT inhrelid AS _oid, inhseqno::int2 AS _sub, inhrelid AS _parent, inhparent AS "
	"_needs, "
	"inhparent::regclass::text AS \"of\", c.oid::regclass::text || ' OF ' || "
	"inhparent::regclass::text AS _identity "
	"FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = inhrelid "
	"WHERE c.relkind IN ('i', 'I') AND " IN_SCHEMAS("c.relnamespace"),
	.create = create_attachment,
	.drop = drop_attachment,
};
