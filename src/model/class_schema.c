/*
 * class_schema.c
 *		Schemas and extensions.
 */
#include "postgres.h"

#include "catalog/pg_extension.h"
#include "catalog/pg_namespace.h"
#include "model/model_private.h"
#include "utils/builtins.h"

static void
create_schema(Writer *w, const Object *o)
{
	sv_emit(w, 0, "CREATE SCHEMA %s", o->identity);
}

const ModelClass sv_class_schema = {
	.name = "schema", .keyword = "SCHEMA", .catalog = NamespaceRelationId, .rank = 10,
	.rename = {5, SV_SPACE_OWN, SV_RENAME_PLAIN, false, 0},
	.style = SV_ID_NAME, .acl_type = 'n',
	.query = "SELECT oid AS _oid, nspname AS _name, nspowner AS owner, nspacl AS acl "
	"FROM pg_catalog.pg_namespace WHERE " IN_SCHEMAS("oid"),
	.scan = sv_scan_schemas,
	.create = create_schema,
};

static void
create_extension(Writer *w, const Object *o)
{
	sv_emit(w, 0, "CREATE EXTENSION %s SCHEMA %s VERSION %s", o->identity,
			quote_identifier(sv_text(o, "schema")), sv_quote(sv_text(o, "version")));
}

static void
alter_extension_version(Writer *w, const Object *a, const Object *b)
{
	sv_emit(w, SV_HAZARD_BLOCKS_ALL, "ALTER EXTENSION %s UPDATE TO %s", b->identity,
			sv_quote(sv_text(b, "version")));
}

static void
alter_extension_schema(Writer *w, const Object *a, const Object *b)
{
	sv_emit(w, SV_HAZARD_BLOCKS_ALL, "ALTER EXTENSION %s SET SCHEMA %s", b->identity,
			quote_identifier(sv_text(b, "schema")));
}

/* There must be a way from one version to the other, and from one schema to the other. */
static bool
can_alter_extension(const Object *a, const Object *b)
{
	if (!sv_same(a, b, "schema") && sv_is(a, "fixed"))
		return false;
	if (sv_same(a, b, "version"))
		return true;
	foreach_ptr(const char, update, sv_list(a, "installed_updates"))
	{
		if (strcmp(update, sv_text(b, "version")) == 0)
			return true;
	}
	return false;
}

/* What is re-created loses what it held: the rows of its tables, its members' settings. */
static void
drop_extension(Writer *w, const Object *o)
{
	sv_emit(w, sv_writer_created(w, o) ? SV_HAZARD_DATA_LOSS : 0, "DROP EXTENSION %s", o->identity);
}

static const Alterer extension_alterers[] = {
	{"fixed", NULL, SV_ALTER_IGNORED},
	{"installed_updates", NULL, SV_ALTER_IGNORED},
	{"version", alter_extension_version},
	{"schema", alter_extension_schema},
	{NULL}
};

const ModelClass sv_class_extension = {
	.name = "extension", .keyword = "EXTENSION", .catalog = ExtensionRelationId, .rank = 20,
	.rename = {4, SV_SPACE_OWN, SV_RENAME_NONE, true, 0},
	.style = SV_ID_NAME, .no_owner_change = true,
	.query = "SELECT e.oid AS _oid, extname AS _name, extversion AS version, n.nspname AS schema, "
	FLAG("NOT extrelocatable", "fixed") ", "
	/* whose files are gone from the server has no updates, and is no reason to fail */
	"CASE WHEN extname IN (SELECT name FROM pg_catalog.pg_available_extensions()) THEN "
	"(SELECT array_agg(target ORDER BY target) FROM pg_catalog.pg_extension_update_paths(extname) "
	"WHERE source = extversion AND path IS NOT NULL) END AS installed_updates "
	"FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = extnamespace "
	"WHERE extname NOT IN ('plpgsql', 'schemaver') AND ($2 OR extnamespace = ANY ($1))",
	.create = create_extension,
	.drop = drop_extension,
	.alterers = extension_alterers,
	.can_alter = can_alter_extension,
};
