/*
 * class_textsearch.c
 *		Text search: parsers, templates, dictionaries, configurations.
 */
#include "postgres.h"

#include "catalog/pg_ts_config.h"
#include "catalog/pg_ts_dict.h"
#include "catalog/pg_ts_parser.h"
#include "catalog/pg_ts_template.h"
#include "model/model.h"
#include "utils/builtins.h"

static void
create_parser(Writer *w, const Object *o)
{
	sv_emit(w, 0, "CREATE %s %s (\n    %s\n)", o->class->keyword, o->identity,
			sv_join(sv_list(o, "options"), ",\n    "));
}

#define TS_PROC(name, column) \
	"CASE WHEN " column "::oid <> 0 THEN '" name " = ' || " column "::oid::regproc::text END"

const ModelClass sv_class_ts_parser = {
	.name = "text search parser", .keyword = "TEXT SEARCH PARSER", .catalog = TSParserRelationId,
	.rank = 155,
	.rename = {3, SV_SPACE_OWN, SV_RENAME_PLAIN, true, 0},
	.style = SV_ID_QUALIFIED,
	.query = "SELECT oid AS _oid, prsnamespace AS _schema, prsname AS _name, array_remove(ARRAY["
	TS_PROC("START", "prsstart") ", " TS_PROC("GETTOKEN", "prstoken") ", "
	TS_PROC("END", "prsend") ", "
	TS_PROC("HEADLINE", "prsheadline") ", " TS_PROC("LEXTYPES", "prslextype") "], NULL) AS options "
	"FROM pg_catalog.pg_ts_parser WHERE " IN_SCHEMAS("prsnamespace"),
	.create = create_parser,
};

const ModelClass sv_class_ts_template = {
	.name = "text search template", .keyword = "TEXT SEARCH TEMPLATE",
	.catalog = TSTemplateRelationId, .rank = 156,
	.rename = {3, SV_SPACE_OWN, SV_RENAME_PLAIN, true, 0},
	.style = SV_ID_QUALIFIED,
	.query = "SELECT oid AS _oid, tmplnamespace AS _schema, tmplname AS _name, array_remove(ARRAY["
	TS_PROC("INIT", "tmplinit") ", " TS_PROC("LEXIZE", "tmpllexize") "], NULL) AS options "
	"FROM pg_catalog.pg_ts_template WHERE " IN_SCHEMAS("tmplnamespace"),
	.create = create_parser,
};

static void
create_dictionary(Writer *w, const Object *o)
{
	sv_emit(w, 0, "CREATE TEXT SEARCH DICTIONARY %s (\n    TEMPLATE = %s%s%s\n)", o->identity,
			sv_text(o, "template"),
			sv_is(o, "options") ? ",\n    " : "", sv_is(o, "options") ? sv_text(o, "options") : "");
}

static void
alter_dictionary(Writer *w, const Object *a, const Object *b)
{
	sv_emit(w, 0, "ALTER TEXT SEARCH DICTIONARY %s (%s)", b->identity, sv_text(b, "options"));
}

/* Options can be set but not all taken away. */
static bool
can_alter_dictionary(const Object *a, const Object *b)
{
	return sv_same(a, b, "options") || (sv_is(b, "options") && !sv_is(a, "options"));
}

static const Alterer dictionary_alterers[] = {
	{"options", alter_dictionary},
	{NULL}
};

const ModelClass sv_class_ts_dictionary = {
	.name = "text search dictionary", .keyword = "TEXT SEARCH DICTIONARY",
	.catalog = TSDictionaryRelationId, .rank = 157,
	.rename = {3, SV_SPACE_OWN, SV_RENAME_PLAIN, true, 0},
	.style = SV_ID_QUALIFIED,
	.query = "SELECT d.oid AS _oid, dictnamespace AS _schema, dictname AS _name, dictowner AS "
	"owner, "
	"quote_ident(nspname) || '.' || quote_ident(tmplname) AS template, dictinitoption AS options "
	"FROM pg_catalog.pg_ts_dict d JOIN pg_catalog.pg_ts_template t ON t.oid = dicttemplate "
	"JOIN pg_catalog.pg_namespace n ON n.oid = tmplnamespace WHERE " IN_SCHEMAS("dictnamespace"),
	.create = create_dictionary,
	.alterers = dictionary_alterers,
	.can_alter = can_alter_dictionary,
};

static const char *
find_mapping(List *mappings, const char *like)
{
	int			length = strcspn(like, " ");
	ListCell   *cell;

	foreach(cell, mappings)
	{
		if (strncmp(lfirst(cell), like, length + 1) == 0)
			return lfirst(cell);
	}
	return NULL;
}

static void
alter_mappings(Writer *w, const Object *a, const Object *b)
{
	List	   *old = a ? sv_list(a, "mappings") : NIL;
	ListCell   *cell;

	foreach_ptr(const char, new, sv_list(b, "mappings"))
	{
		const char *before = find_mapping(old, new);
		int			length = strcspn(new, " ");

		if (before == NULL)
			sv_emit(w, 0, "ALTER TEXT SEARCH CONFIGURATION %s ADD MAPPING FOR %.*s WITH %s",
					b->identity, length, new, new + length + 1);
		else if (strcmp(before, new) != 0)
			sv_emit(w, 0, "ALTER TEXT SEARCH CONFIGURATION %s ALTER MAPPING FOR %.*s WITH %s",
					b->identity, length, new, new + length + 1);
	}
	foreach(cell, old)
	{
		if (find_mapping(sv_list(b, "mappings"), lfirst(cell)) == NULL)
			sv_emit(w, 0, "ALTER TEXT SEARCH CONFIGURATION %s DROP MAPPING FOR %.*s", b->identity,
					(int) strcspn(lfirst(cell), " "), (char *) lfirst(cell));
	}
}

static void
create_configuration(Writer *w, const Object *o)
{
	sv_emit(w, 0, "CREATE TEXT SEARCH CONFIGURATION %s (PARSER = %s)", o->identity,
			sv_text(o, "parser"));
	alter_mappings(w, NULL, o);
}

static const Alterer configuration_alterers[] = {
	{"mappings", alter_mappings},
	{NULL}
};

const ModelClass sv_class_ts_configuration = {
	.name = "text search configuration", .keyword = "TEXT SEARCH CONFIGURATION",
	.catalog = TSConfigRelationId, .rank = 158,
	.rename = {3, SV_SPACE_OWN, SV_RENAME_PLAIN, true, 0},
	.style = SV_ID_QUALIFIED,
	.query = "SELECT c.oid AS _oid, cfgnamespace AS _schema, cfgname AS _name, cfgowner AS owner, "
	"(SELECT quote_ident(nspname) || '.' || quote_ident(prsname) FROM pg_catalog.pg_ts_parser p "
	"JOIN pg_catalog.pg_namespace n ON n.oid = prsnamespace WHERE p.oid = cfgparser) AS parser, "
	"(SELECT array_agg(quote_ident(t.alias) || ' ' || m.dicts ORDER BY t.alias) FROM "
	"(SELECT maptokentype, string_agg(quote_ident(n.nspname) || '.' || quote_ident(dictname), ', ' "
	"ORDER BY mapseqno) AS dicts "
	"FROM pg_catalog.pg_ts_config_map JOIN pg_catalog.pg_ts_dict d ON d.oid = mapdict "
	"JOIN pg_catalog.pg_namespace n ON n.oid = dictnamespace WHERE mapcfg = c.oid GROUP BY "
	"maptokentype) m "
	"JOIN pg_catalog.ts_token_type(c.cfgparser) t ON t.tokid = m.maptokentype) AS mappings "
	"FROM pg_catalog.pg_ts_config c WHERE " IN_SCHEMAS("cfgnamespace"),
	.create = create_configuration,
	.alterers = configuration_alterers,
};
