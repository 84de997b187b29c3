/*
 * class_database.c
 *		What belongs to the database as a whole: event triggers and default
 *		privileges.
 */
#include "postgres.h"

#include "catalog/pg_default_acl.h"
#include "catalog/pg_event_trigger.h"
#include "model/model.h"
#include "utils/builtins.h"

static void
write_event_trigger_enabled(Writer *w, const Object *a, const Object *b)
{
	sv_emit(w, 0, "ALTER EVENT TRIGGER %s %s", b->identity, sv_is(b, "enabled") ?
			sv_text(b, "enabled") : "ENABLE");
}

static void
create_event_trigger(Writer *w, const Object *o)
{
	sv_emit(w, 0, "CREATE EVENT TRIGGER %s ON %s%s%s%s\n    EXECUTE FUNCTION %s()", o->identity,
			sv_text(o, "event"),
			sv_is(o, "tags") ? "\n    WHEN TAG IN (" :
			"", sv_join(sv_list(o, "tags"), ", "), sv_is(o, "tags") ? ")" : "",
			sv_text(o, "function"));
	if (sv_is(o, "enabled"))
		write_event_trigger_enabled(w, NULL, o);
}

static const Alterer event_trigger_alterers[] = {
	{"enabled", write_event_trigger_enabled},
	{NULL}
};

const ModelClass sv_class_event_trigger = {
	.name = "event trigger", .keyword = "EVENT TRIGGER", .catalog = EventTriggerRelationId,
	.rank = 500,
	.rename = {4, SV_SPACE_OWN, SV_RENAME_PLAIN, false, 0},
	.style = SV_ID_NAME,
	.query = "SELECT oid AS _oid, evtname AS _name, evtowner AS owner, evtevent::text AS event, "
	"(SELECT array_agg(quote_literal(t) ORDER BY place) FROM unnest(evttags) WITH ORDINALITY u (t, "
	"place)) AS tags, evtfoid::regproc::text AS function, "
	"CASE evtenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE "
	"ALWAYS' END AS enabled "
	"FROM pg_catalog.pg_event_trigger WHERE $2 AND $1 IS NOT NULL",
	.create = create_event_trigger,
	.alterers = event_trigger_alterers,
};

/* ----- default privileges ----- */

/* One statement for each entry: "GRANT SELECT ON TABLES TO x". */
static void
write_difference(Writer *w, const Object *o, List *from, List *to, bool grant)
{
	foreach_ptr(char, string, to)
	{
		bool		there = false;

		foreach_ptr(const char, name, from)
			there |= strcmp(name, string) == 0;
		if (!there)
			sv_emit(w, 0, "ALTER DEFAULT PRIVILEGES FOR ROLE %s%s%s %s", sv_text(o, "role"),
					sv_is(o, "in_schema") ? " IN SCHEMA " : "", sv_is(o, "in_schema") ?
					sv_text(o, "in_schema") : "",
					string + (grant ? 2 : 2));
	}
}

static char *
revocation(const Object *o, const char *grant)
{
	const char *role = sv_text(o, "role");
	bool		to_owner;

	/* "+ GRANT x ON y TO z WITH GRANT OPTION" -> "- REVOKE x ON y FROM z" */
	const char *to = NULL;
	const char *end = strstr(grant, " WITH GRANT OPTION");

	for (const char *at = strstr(grant, " TO "); at != NULL &&
		 to == NULL; at = strstr(at + 1, " TO "))
		to = at;
	if (to == NULL || to < grant + 8)
		return psprintf("- REVOKE %s", sv_behind(grant, "GRANT ")); /* no entry of ours */
	/* the owner would have it anyhow, but without the option */
	to_owner = !sv_is(o, "in_schema") && end != NULL && strncmp(to + 4, role, strlen(role)) == 0 &&
		to + 4 + strlen(role) == end;
	return psprintf("- REVOKE %s%.*s FROM %.*s", to_owner ? "GRANT OPTION FOR " :
					"", (int) (to - (grant + 8)), grant + 8,
					(int) ((end ? end : grant + strlen(grant)) - (to + 4)), to + 4);
}

static char *
granting(const char *revoke)
{
	const char *from = strstr(revoke, " FROM ");

	if (from == NULL || from < revoke + 9)
		return psprintf("+ GRANT %s", sv_behind(revoke, "REVOKE "));	/* no entry of ours */
	return psprintf("+ GRANT %.*s TO %s", (int) (from - (revoke + 9)), revoke + 9, from + 6);
}

static List *
opposite(const Object *o, List *entries)
{
	List	   *result = NIL;

	foreach_ptr(const char, entry, entries)
		result = lappend(result, entry[0] == '+' ? revocation(o, entry) : granting(entry));
	return result;
}

static List *
not_in(List *entries, List *others)
{
	List	   *result = NIL;

	foreach_ptr(char, entry, entries)
	{
		bool		there = false;

		foreach_ptr(const char, string, others)
			there |= strcmp(string, entry) == 0;
		if (!there)
			result = lappend(result, entry);
	}
	return result;
}

static void
alter_default_acl(Writer *w, const Object *a, const Object *b)
{
	List	   *old = sv_list(a, "grants");
	List	   *new = sv_list(b, "grants");

	write_difference(w, b, NIL, opposite(b, not_in(old, new)), false);
	write_difference(w, b, NIL, not_in(new, old), true);
}

static void
create_default_acl(Writer *w, const Object *o)
{
	write_difference(w, o, NIL, sv_list(o, "grants"), true);
}

static void
drop_default_acl(Writer *w, const Object *o)
{
	write_difference(w, o, NIL, opposite(o, sv_list(o, "grants")), false);
}

static const Alterer default_acl_alterers[] = {
	{"grants", alter_default_acl},
	{NULL}
};

#define ACL_ROWS(source) \
	"SELECT grantee, is_grantable, privilege_type FROM pg_catalog.aclexplode(" source ")"
#define USUAL_ACL \
	"CASE WHEN defaclnamespace = 0 THEN pg_catalog.acldefault(CASE defaclobjtype WHEN 'S' THEN 's' ELSE defaclobjtype END::\"char\", " \
	"defaclrole) END"
#define KIND \
	"CASE defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES' " \
	"WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END"
#define GRANTEE \
	"CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_catalog.pg_get_userbyid(grantee)) END"

const ModelClass sv_class_default_acl = {
	.name = "default privileges", .keyword = "DEFAULT PRIVILEGES", .catalog = DefaultAclRelationId,
	.rank = 600,
	.style = SV_ID_GIVEN,
	.query = "SELECT d.oid AS _oid, quote_ident(pg_catalog.pg_get_userbyid(defaclrole)) AS role, "
	"quote_ident(nspname) AS in_schema, " KIND " AS kind, "
	"'FOR ROLE ' || quote_ident(pg_catalog.pg_get_userbyid(defaclrole)) || coalesce(' IN SCHEMA ' "
	"|| quote_ident(nspname), '') || ' ON ' || "
	KIND " AS _identity, "
	"(SELECT array_agg(e ORDER BY e) FROM ("
	"SELECT '+ GRANT ' || string_agg(privilege_type, ', ' ORDER BY privilege_type) || ' ON ' || "
	KIND " || ' TO ' || " GRANTEE
	" || CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS e FROM ("
	ACL_ROWS("defaclacl") " EXCEPT " ACL_ROWS(USUAL_ACL) ") x GROUP BY grantee, is_grantable "
	"UNION ALL SELECT '- REVOKE ' || string_agg(privilege_type, ', ' ORDER BY privilege_type) || ' "
	"ON ' || " KIND " || ' FROM ' || " GRANTEE
	" FROM (SELECT grantee, privilege_type FROM pg_catalog.aclexplode(" USUAL_ACL ") "
	"EXCEPT SELECT grantee, privilege_type FROM pg_catalog.aclexplode(defaclacl)) x GROUP BY "
	"grantee) y) AS grants "
	"FROM pg_catalog.pg_default_acl d LEFT JOIN pg_catalog.pg_namespace n ON n.oid = "
	"defaclnamespace "
	"WHERE CASE WHEN defaclnamespace = 0 THEN $2 ELSE defaclnamespace = ANY ($1) END",
	.create = create_default_acl,
	.drop = drop_default_acl,
	.alterers = default_acl_alterers,
};
