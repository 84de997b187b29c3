/*
 * ddl_rows.c
 *		Rows of ddl_log: statements that changed the schema outside of runs.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "store/store.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

/* Is the table there?  It is not while the extension itself comes or goes. */
bool
sv_store_has_ddl_log(void)
{
	Oid			schema = get_namespace_oid("schemaver", true);

	return OidIsValid(schema) && OidIsValid(get_relname_relid("ddl_log", schema));
}

#define INSERT_OF(rows) \
	"INSERT INTO schemaver.ddl_log (logged_at, role, session_role, application, client, pid, tag, statement, " \
	"objects, catalogs, oids, places, system_identifier, database) " \
	"SELECT $1, $2, $3, $4, inet_client_addr(), $5, $6, $7, " \
	"coalesce(array_agg(DISTINCT what) FILTER (WHERE named), '{}'), " \
	"array_agg(coalesce(classid, 0) ORDER BY n), array_agg(coalesce(objid, 0) ORDER BY n), " \
	"array_agg(coalesce(objsubid, 0) ORDER BY n), $8, $9 " \
	"FROM (" rows " LIMIT 1000) o HAVING count(*) > 0 RETURNING entry"

#define PRUNE_EVERY 100			/* entries */

/* Remove the oldest entries; now and then, so that the log has a few more than it may. */
static void
prune(int64 entry)
{
	static StoreQuery query = {"DELETE FROM schemaver.ddl_log WHERE entry <= $1", 1, {INT8OID}};

	if (sv_ddl_log_size >= 0 && entry % PRUNE_EVERY == 0)
		(void) sv_own_query(SV_STORE_WRITE, &query, entry - sv_ddl_log_size);
}

/*
 * Log the statement for which an event trigger is under way, unless all that it changed is
 * temporary or belongs to an extension.
 */
void
sv_store_log_ddl(bool dropped, const char *tag, const char *statement)
{
	static StoreQuery changes = {
		INSERT_OF(
				  "SELECT row_number() OVER () AS n, classid, objid, objsubid, object_identity IS "
				  "NOT NULL AS named, "
				  "object_type || ' ' || object_identity AS what FROM "
				  "pg_event_trigger_ddl_commands() "
				  "WHERE NOT in_extension AND coalesce(schema_name, '') NOT IN ('pg_temp', "
				  "'pg_toast')"),
		9, {TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, TEXTOID, TEXTOID, INT8OID, OIDOID}
	};
	static StoreQuery drops = {
		INSERT_OF("SELECT row_number() OVER () AS n, classid, objid, objsubid, original AS named, "
				  "object_type || ' ' || object_identity AS what FROM "
				  "pg_event_trigger_dropped_objects() "
				  "WHERE NOT is_temporary"),
		9, {TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, TEXTOID, TEXTOID, INT8OID, OIDOID}
	};
	int64		entry;

	entry = sv_own_number(SV_STORE_WRITE, dropped ? &drops :
						  &changes, 0, GetCurrentTimestamp(), sv_role_name(GetUserId()),
						  sv_role_name(GetSessionUserId()), application_name, MyProcPid, tag,
						  statement,
						  (int64) GetSystemIdentifier(), MyDatabaseId);
	if (entry > 0)
		prune(entry);
}

static void *
read_entry(uint64 row)
{
	LoggedDdl  *entry = palloc(sizeof(LoggedDdl));

	entry->role = sv_own_text(row, 1);
	entry->logged_at = sv_own_number_at(row, 2, 0);
	entry->tag = sv_own_text(row, 3);
	entry->statement = sv_store_text(row, 4);
	return entry;
}

/*
 * The statement that most likely made the object what it is; NULL if there is
 * none in the log.  One whose tag fits the regular expression "tags" goes before
 * others, one on the object itself before one on what it is part of, and among
 * these, and among GRANT and the like, which tell no address, one with the
 * object's name in it; then the last one.
 */
LoggedDdl *
sv_store_ddl_of(const Object *object, const char *tags)
{
	static StoreQuery query = {
		"SELECT l.role, l.logged_at, l.tag, l.statement FROM schemaver.ddl_log l, "
		"LATERAL (SELECT coalesce(max(CASE WHEN a.catalog = $1 AND a.oid = $2 AND a.place = $3 "
		"THEN 4 "
		"WHEN (a.catalog = $1 AND a.oid = $2 OR a.catalog = $4 AND a.oid = $5) THEN 2 "
		"WHEN a.oid = 0 AND strpos(lower(coalesce(l.statement, '')), lower($6)) > 0 THEN 1 END), "
		"0) "
		"FROM unnest(l.catalogs, l.oids, l.places) AS a (catalog, oid, place)) AS f (fit) "
		"WHERE l.oids && ARRAY[$2, $5, CAST(0 AS oid)] AND l.system_identifier = $7 AND l.database "
		"= $8 AND f.fit > 0 "
		"ORDER BY l.tag ~ $9 DESC, f.fit + CASE WHEN f.fit = 2 AND "
		"strpos(lower(coalesce(l.statement, '')), lower($6)) > 0 THEN 1 ELSE 0 END DESC, "
		"l.logged_at DESC LIMIT 1",
		9, {OIDOID, OIDOID, INT4OID, OIDOID, OIDOID, TEXTOID, INT8OID, OIDOID, TEXTOID}
	};
	const Object *whole = object->parent ? object->parent : object;
	List	   *found;

	if (!OidIsValid(object->address.classId))
		return NULL;
	found = sv_own_rows(SV_STORE_READ, &query, read_entry, object->address.classId,
						object->address.objectId,
						object->address.objectSubId, whole->address.classId,
						whole->address.objectId,
						object->name ? object->name :
						object->identity, (int64) GetSystemIdentifier(),
						MyDatabaseId, tags);
	return found == NIL ? NULL : linitial(found);
}
