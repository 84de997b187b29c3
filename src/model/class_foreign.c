/*
 * class_foreign.c
 *		Foreign data wrappers, servers, user mappings.
 *
 * The options of user mappings are read by private.c alone.
 */
#include "postgres.h"

#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_user_mapping.h"
#include "model/model.h"
#include "utils/builtins.h"

#define OPTIONS_OF(column) \
	"(SELECT array_agg(quote_ident(option_name) || ' ' || quote_literal(option_value) ORDER BY option_name) " \
	"FROM pg_catalog.pg_options_to_table(" column "))"

static const char *
options_clause(const Object *o)
{
	return sv_is(o, "foreign_options") ?
		psprintf("\n    OPTIONS (%s)", sv_join(sv_list(o, "foreign_options"), ", ")) : "";
}

static void
alter_foreign_object_options(Writer *w, const Object *a, const Object *b)
{
	sv_write_options(w, psprintf("ALTER %s %s", b->class->keyword, b->identity), a, b,
					 "foreign_options", 0);
}

static void
create_wrapper(Writer *w, const Object *o)
{
	sv_emit(w, 0, "CREATE FOREIGN DATA WRAPPER %s%s%s%s%s%s", o->identity,
			sv_is(o, "handler") ? "\n    HANDLER " : "", sv_is(o, "handler") ?
			sv_text(o, "handler") : "",
			sv_is(o, "validator") ? "\n    VALIDATOR " : "", sv_is(o, "validator") ?
			sv_text(o, "validator") : "",
			options_clause(o));
}

static const char *
function_clause(const Object *a, const Object *b, const char *property, const char *keyword)
{
	if (sv_same(a, b, property))
		return "";
	return sv_is(b, property) ? psprintf(" %s %s", keyword, sv_text(b, property)) :
		psprintf(" NO %s", keyword);
}

/*
 * All in one statement: the validator afterwards must accept the options, the
 * one before need not.
 */
static void
alter_wrapper(Writer *w, const Object *a, const Object *b)
{
	const char *head = psprintf("ALTER FOREIGN DATA WRAPPER %s%s%s", b->identity,
								function_clause(a, b, "handler", "HANDLER"),
								function_clause(a, b, "validator", "VALIDATOR"));

	if (sv_same(a, b, "foreign_options"))
		sv_emit(w, 0, "%s", head);
	else
		sv_write_options(w, head, a, b, "foreign_options", 0);
}

static const Alterer wrapper_alterers[] = {
	{"foreign_options", alter_wrapper},
	{"handler", alter_wrapper},
	{"validator", alter_wrapper},
	{NULL}
};

const ModelClass sv_class_fdw = {
	.name = "foreign data wrapper", .keyword = "FOREIGN DATA WRAPPER",
	.catalog = ForeignDataWrapperRelationId, .rank = 160,
	.rename = {4, SV_SPACE_OWN, SV_RENAME_PLAIN, false, 0},
	.style = SV_ID_NAME, .acl_type = 'F',
	.query = "SELECT oid AS _oid, fdwname AS _name, fdwowner AS owner, fdwacl AS acl, "
	"CASE WHEN fdwhandler <> 0 THEN fdwhandler::regproc::text END AS handler, "
	"CASE WHEN fdwvalidator <> 0 THEN fdwvalidator::regproc::text END AS validator, "
	OPTIONS_OF(
			   "fdwoptions") " AS foreign_options FROM pg_catalog.pg_foreign_data_wrapper WHERE $2 "
	"AND $1 IS NOT NULL",
	.create = create_wrapper,
	.alterers = wrapper_alterers,
};

static void
create_server(Writer *w, const Object *o)
{
	sv_emit(w, 0, "CREATE SERVER %s%s%s%s%s FOREIGN DATA WRAPPER %s%s", o->identity,
			sv_is(o, "type") ? " TYPE " : "", sv_is(o, "type") ? sv_quote(sv_text(o, "type")) : "",
			sv_is(o, "version") ? " VERSION " : "", sv_is(o, "version") ?
			sv_quote(sv_text(o, "version")) : "",
			quote_identifier(sv_text(o, "wrapper")), options_clause(o));
}

static void
alter_server_version(Writer *w, const Object *a, const Object *b)
{
	sv_emit(w, 0, "ALTER SERVER %s VERSION %s", b->identity, sv_is(b, "version") ?
			sv_quote(sv_text(b, "version")) : "NULL");
}

static const Alterer server_alterers[] = {
	{"foreign_options", alter_foreign_object_options},
	{"version", alter_server_version},
	{NULL}
};

const ModelClass sv_class_server = {
	.name = "server", .keyword = "SERVER", .catalog = ForeignServerRelationId, .rank = 161,
	.rename = {4, SV_SPACE_OWN, SV_RENAME_PLAIN, false, 0},
	.style = SV_ID_NAME, .acl_type = 'S',
	.query = "SELECT s.oid AS _oid, srvname AS _name, srvowner AS owner, srvacl AS acl, srvtype AS "
	"type, srvversion AS version, "
	"fdwname AS wrapper, " OPTIONS_OF("srvoptions") " AS foreign_options "
	"FROM pg_catalog.pg_foreign_server s JOIN pg_catalog.pg_foreign_data_wrapper f ON f.oid = "
	"srvfdw WHERE $2 AND $1 IS NOT NULL",
	.create = create_server,
	.alterers = server_alterers,
};

static void
create_mapping(Writer *w, const Object *o)
{
	sv_emit(w, 0, "CREATE USER MAPPING %s%s", o->identity, options_clause(o));
}

static const Alterer mapping_alterers[] = {
	{"foreign_options", alter_foreign_object_options},
	{NULL}
};

const ModelClass sv_class_user_mapping = {
	.name = "user mapping", .keyword = "USER MAPPING", .catalog = UserMappingRelationId,
	.rank = 162,
	.style = SV_ID_GIVEN,
	.query = "SELECT u.oid AS _oid, 'FOR ' || CASE WHEN umuser = 0 THEN 'PUBLIC' ELSE "
	"quote_ident(pg_catalog.pg_get_userbyid(umuser)) END || "
	"' SERVER ' || quote_ident(srvname) AS _identity "
	"FROM pg_catalog.pg_user_mapping u JOIN pg_catalog.pg_foreign_server s ON s.oid = umserver "
	"WHERE $2 AND $1 IS NOT NULL",
	.create = create_mapping,
	.alterers = mapping_alterers,
};
