/*
 * class_view.c
 *		Views and materialized views.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "model/model.h"
#include "utils/builtins.h"

static void
write_options(StringInfo out, const Object *o)
{
	if (sv_is(o, "options"))
		appendStringInfo(out, "\nWITH (%s)", sv_join(sv_list(o, "options"), ", "));
}

static void
write_view(Writer *w, const Object *o, bool replace)
{
	StringInfoData out;
	const char *definition = sv_text(o, "definition");
	int			length = strlen(definition);

	if (length > 0 && definition[length - 1] == ';')
		length--;
	initStringInfo(&out);
	appendStringInfo(&out, "CREATE %sVIEW %s", replace ? "OR REPLACE " : "", o->identity);
	write_options(&out, o);
	appendStringInfo(&out, " AS\n%.*s", length, definition);
	if (sv_is(o, "check_option"))
		appendStringInfo(&out, "\nWITH %s CHECK OPTION", sv_text(o, "check_option"));
	sv_emit(w, replace ? SV_HAZARD_BLOCKS_ALL : 0, "%s", out.data);
}

static void
create_view(Writer *w, const Object *o)
{
	write_view(w, o, sv_writer_has_shell(w));
}

static void
replace_view(Writer *w, const Object *a, const Object *b)
{
	write_view(w, b, true);
}

/* Columns can be added at the end, nothing else. */
static bool
can_replace_view(const Object *a, const Object *b)
{
	List	   *old = sv_list(a, "columns");
	List	   *new = sv_list(b, "columns");

	if (list_length(old) > list_length(new))
		return false;
	for (int i = 0; i < list_length(old); i++)
		if (strcmp(list_nth(old, i), list_nth(new, i)) != 0)
			return false;
	return true;
}

static void
alter_view_options(Writer *w, const Object *a, const Object *b)
{
	if (sv_same(a, b, "definition") && sv_same(a, b, "check_option"))
		sv_write_options(w, psprintf("ALTER VIEW %s", b->identity), a, b, "options", 0);
}

static const Alterer view_alterers[] = {
	{"definition", replace_view},
	{"check_option", replace_view},
	{"columns", replace_view},
	{"options", alter_view_options},
	{NULL}
};

#define RELATION_OPTIONS \
	"(SELECT array_agg(quote_ident(split_part(o, '=', 1)) || '=' || quote_literal(substr(o, strpos(o, '=') + 1)) ORDER BY o) " \
	"FROM unnest(reloptions) o WHERE o NOT LIKE 'check\\_option=%') AS options"
#define VIEW_COLUMNS \
	"(SELECT array_agg(quote_ident(attname) || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attcollation NOT IN (0, 100) " \
	"THEN ' ' || attcollation::regcollation::text ELSE '' END ORDER BY attnum) " \
	"FROM pg_catalog.pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS columns"

const ModelClass sv_class_view = {
	.name = "view", .keyword = "VIEW", .catalog = RelationRelationId, .rank = 260,
	.traits = SV_HAS_COLUMNS | SV_USES_COLUMN_TYPES,
	.rename = {3, SV_SPACE_RELATION | SV_SPACE_TYPE, SV_RENAME_PLAIN, true, SV_HAZARD_BLOCKS_ALL},
	.style = SV_ID_QUALIFIED, .acl_type = 'r',
	.query = "SELECT c.oid AS _oid, relnamespace AS _schema, relname AS _name, relowner AS owner, "
	"relacl AS acl, "
	"pg_catalog.pg_get_viewdef(c.oid) AS definition, " VIEW_COLUMNS ", " RELATION_OPTIONS ", "
	"(SELECT upper(substr(o, 14)) FROM unnest(reloptions) o WHERE o LIKE 'check\\_option=%') AS "
	"check_option "
	"FROM pg_catalog.pg_class c WHERE relkind = 'v' AND relpersistence <> 't' AND "
	IN_SCHEMAS("relnamespace"),
	.create = create_view,
	.alterers = view_alterers,
	.can_alter = can_replace_view,
	.name_space = sv_relation_name_space,
};

/* Without rows: its query runs when it has its owner, whom REFRESH runs it as. */
static void
create_matview(Writer *w, const Object *o)
{
	StringInfoData out;
	const char *definition = sv_text(o, "definition");
	int			length = strlen(definition);
	ListCell   *cell;

	if (length > 0 && definition[length - 1] == ';')
		length--;
	initStringInfo(&out);
	appendStringInfo(&out, "CREATE MATERIALIZED VIEW %s", o->identity);
	if (sv_is(o, "access_method"))
		appendStringInfo(&out, "\nUSING %s", quote_identifier(sv_text(o, "access_method")));
	write_options(&out, o);
	if (sv_is(o, "tablespace"))
		appendStringInfo(&out, "\nTABLESPACE %s", quote_identifier(sv_text(o, "tablespace")));
	appendStringInfo(&out, " AS\n%.*s\nWITH NO DATA", length, definition);
	sv_emit(w, 0, "%s", out.data);
	foreach(cell, sv_writer_folded(w))
	{
		if (sv_class_is(lfirst(cell), column))
			sv_write_column_extras(w, lfirst(cell));
	}
}

static void
alter_matview_options(Writer *w, const Object *a, const Object *b)
{
	sv_write_options(w, psprintf("ALTER MATERIALIZED VIEW %s", b->identity), a, b, "options", 0);
}

static void
refresh(Writer *w, const Object *a, const Object *b)
{
	/* pg_dump writes WITH NO DATA whatever the state: to have rows is no fault */
	if (!sv_is(b, "unpopulated"))
		sv_emit(w, SV_HAZARD_BLOCKS_ALL | SV_HAZARD_REWRITE, "REFRESH MATERIALIZED VIEW %s",
				b->identity);
}

static void
alter_matview_tablespace(Writer *w, const Object *a, const Object *b)
{
	sv_emit(w, SV_HAZARD_REWRITE | SV_HAZARD_BLOCKS_ALL,
			"ALTER MATERIALIZED VIEW %s SET TABLESPACE %s", b->identity,
			sv_is(b, "tablespace") ? quote_identifier(sv_text(b, "tablespace")) : "pg_default");
}

static void
fill_matview(Writer *w, const Object *o)
{
	if (!sv_is(o, "unpopulated"))
		sv_emit(w, w->pair->kind == SV_PAIR_AGAIN ? SV_HAZARD_BLOCKS_ALL | SV_HAZARD_REWRITE : 0,
				"REFRESH MATERIALIZED VIEW %s", o->identity);
}

static const Alterer matview_alterers[] = {
	{"options", alter_matview_options},
	{"unpopulated", refresh, SV_ALTER_RUNTIME},
	{"tablespace", alter_matview_tablespace},
	{NULL}
};

const ModelClass sv_class_matview = {
	.name = "materialized view", .keyword = "MATERIALIZED VIEW", .catalog = RelationRelationId,
	.rank = 261,
	.traits = SV_HAS_COLUMNS | SV_USES_COLUMN_TYPES,
	.rename = {3, SV_SPACE_RELATION | SV_SPACE_TYPE, SV_RENAME_PLAIN, true, SV_HAZARD_BLOCKS_ALL},
	.style = SV_ID_QUALIFIED, .acl_type = 'r',
	.query = "SELECT c.oid AS _oid, relnamespace AS _schema, relname AS _name, relowner AS owner, "
	"relacl AS acl, "
	"pg_catalog.pg_get_viewdef(c.oid) AS definition, " VIEW_COLUMNS ", " RELATION_OPTIONS ", "
	FLAG("NOT relispopulated", "unpopulated") ", "
	"CASE WHEN relam <> 2 THEN (SELECT amname FROM pg_catalog.pg_am WHERE oid = relam) END AS "
	"access_method, "
	"CASE WHEN reltablespace <> 0 THEN (SELECT spcname FROM pg_catalog.pg_tablespace WHERE oid = "
	"reltablespace) END AS tablespace "
	"FROM pg_catalog.pg_class c WHERE relkind = 'm' AND " IN_SCHEMAS("relnamespace"),
	.create = create_matview,
	.fill = fill_matview,
	.alterers = matview_alterers,
	.name_space = sv_relation_name_space,
};
