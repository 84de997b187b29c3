/*
 * touched.c
 *		What a step changed in the schema, and what became of it since, by the kept
 *		states.
 *
 * A step changed what is different between the state before it and the one after it.
 * What lies between later states is the work of later steps, or was taken over from
 * outside of revisions.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "store/store_private.h"

/* Whose step made a state; NULL: nobody's. */
#define MAKER(state) \
	"(SELECT s.revision FROM schemaver.step s WHERE s.state_before < " state " AND s.state >= " state \
	" ORDER BY s.run, s.position LIMIT 1)"

/*
 * The states before and after the run that applied the revision; false if they are not
 * known, or if one later change of the schema by a run was not kept.
 */
bool
sv_store_applied_states(const char *revision, int64 *before, int64 *after)
{
	static StoreQuery query = {
		"SELECT s.state_before, s.state FROM schemaver.applied a JOIN schemaver.step s "
		"ON s.run = a.run AND s.revision = a.revision JOIN schemaver.run r ON r.run = s.run "
		"WHERE a.revision = $1 AND s.direction = 'upgrade' "
		"AND (s.outcome = 'done' OR r.command = 'capture') "
		"AND EXISTS (SELECT FROM schemaver.state t WHERE t.state = s.state AND t.complete) "
		"AND NOT EXISTS (SELECT FROM schemaver.state t "
		"WHERE t.state > s.state_before AND NOT t.complete) "
		"ORDER BY s.position DESC LIMIT 1",
		1, {TEXTOID}
	};
	StoreScope	scope;

	*before = *after = 0;
	sv_store_enter(&scope, SV_STORE_WRITE);
	if (sv_own_execute(&scope, &query, revision) > 0)
	{
		*before = sv_own_number_at(0, 1, 0);
		*after = sv_own_number_at(0, 2, 0);
	}
	sv_store_leave(&scope);
	return *before != 0 && *after != 0;
}

/* Did the schema change after that state? */
bool
sv_store_changed_since(int64 state)
{
	static StoreQuery query = {
		"SELECT FROM schemaver.object_version WHERE from_state > $1 OR to_state > $1 LIMIT 1", 1,
		{INT8OID}
	};

	return sv_own_query(SV_STORE_WRITE, &query, state) > 0;
}

/* The object that a description is of, without its links; NULL: there is none. */
static const Object *
described(uint64 row, int column)
{
	bool		isnull;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column,
									  &isnull);

	return isnull ? NULL : sv_object_from_jsonb(DatumGetJsonbPCopy(value));
}

static void *
read_touched(uint64 row)
{
	TouchedObject *touched = palloc0(sizeof(TouchedObject));

	touched->class = sv_own_text(row, 1);
	touched->identity = sv_own_text(row, 2);
	touched->before = described(row, 3);
	touched->after = described(row, 4);
	touched->now = described(row, 5);
	touched->former_oid = (Oid) sv_own_number_at(row, 6, InvalidOid);
	if (touched->now != NULL)
		ObjectAddressSubSet(touched->address, touched->now->class->catalog,
							(Oid) sv_own_number_at(row, 7, InvalidOid),
							(int) sv_own_number_at(row, 8, 0));
	touched->by = sv_store_text(row, 9);
	return touched;
}

#define TOUCHED \
	"WITH touched AS MATERIALIZED (SELECT DISTINCT class, identity FROM schemaver.object_version " \
	"WHERE (from_state > $1 AND from_state <= $2) OR (to_state > $1 AND to_state <= $2)) "

/* The version in a state of what a row of "touched" is about. */
#define JOIN_VERSION(name, state) \
	"LEFT JOIN schemaver.object_version " name " ON " name ".class = t.class " \
	"AND " name ".identity = t.identity AND " name ".from_state <= " state " " \
	"AND (" name ".to_state IS NULL OR " name ".to_state > " state ") "

/* Is the OID of a version of this database? */
#define JOIN_ORIGIN(name, version) \
	"LEFT JOIN schemaver.state_origin " name " ON " name ".origin = " version ".origin " \
	"AND " name ".system_identifier = $3 AND " name ".database = $4 "

/*
 * What changed between two states: a list of TouchedObject, by class and identity in the
 * order of bytes.  Addresses of another database are invalid.
 */
List *
sv_store_touched(int64 before, int64 after)
{
	static StoreQuery query = {
		TOUCHED
		"SELECT t.class, t.identity, b.description, a.description, n.description, "
		"CASE WHEN ob.origin IS NOT NULL THEN b.oid END::bigint, "
		"CASE WHEN od.origin IS NOT NULL THEN n.oid END::bigint, n.place::bigint, "
		MAKER("coalesce(n.from_state, (SELECT max(v.to_state) FROM schemaver.object_version v "
			  "WHERE v.class = t.class AND v.identity = t.identity))") " "
		"FROM touched t " JOIN_VERSION("b", "$1") JOIN_VERSION("a", "$2")
		"LEFT JOIN schemaver.object_version n ON n.class = t.class AND n.identity = t.identity "
		"AND n.to_state IS NULL "
		JOIN_ORIGIN("ob", "b") JOIN_ORIGIN("od", "n")
		"ORDER BY t.class COLLATE \"C\", t.identity COLLATE \"C\"",
		4, {INT8OID, INT8OID, INT8OID, OIDOID}
	};

	return sv_own_rows(SV_STORE_WRITE, &query, read_touched, before, after,
					   (int64) GetSystemIdentifier(), MyDatabaseId);
}

static void *
read_touched_part(uint64 row)
{
	TouchedPart *part = palloc0(sizeof(TouchedPart));

	part->class = sv_own_text(row, 1);
	part->identity = sv_own_text(row, 2);
	part->by = sv_store_text(row, 3);
	return part;
}

static void *
read_gone(uint64 row)
{
	TouchedPart *part = read_touched_part(row);

	part->needed_by = sv_own_text(row, 4);
	return part;
}

/* What has been added since then to what was new after the second state: a list of TouchedPart. */
List *
sv_store_parts_since(int64 before, int64 after)
{
	static StoreQuery query = {
		TOUCHED ", made AS MATERIALIZED (SELECT t.class || ':' || t.identity AS whole FROM touched t "
		JOIN_VERSION("b", "$1") JOIN_VERSION("a", "$2")
		"WHERE b.class IS NULL AND a.class IS NOT NULL) "
		"SELECT t.class, t.identity, " MAKER("t.from_state") " FROM made m "
		"JOIN schemaver.object_version t ON t.description->>'parent' = m.whole "
		JOIN_VERSION("a", "$2")
		"WHERE t.to_state IS NULL AND a.class IS NULL "
		"ORDER BY t.from_state, t.class COLLATE \"C\", t.identity COLLATE \"C\"",
		2, {INT8OID, INT8OID}
	};

	return sv_own_rows(SV_STORE_WRITE, &query, read_touched_part, before, after);
}

/*
 * What is no longer there and was needed, in the first state, by what the second one lacks
 * or has without that need: a list of TouchedPart.  What would come back with it is left out.
 */
List *
sv_store_gone_since(int64 before, int64 after)
{
	static StoreQuery query = {
		TOUCHED ", former AS MATERIALIZED (SELECT t.class, t.identity, b.description AS b, "
		"a.description AS a FROM touched t "
		JOIN_VERSION("b", "$1") JOIN_VERSION("a", "$2") "WHERE b.class IS NOT NULL), "
		"need AS MATERIALIZED (SELECT split_part(n.name, ':', 1) AS class, "
		"substr(n.name, strpos(n.name, ':') + 1) AS identity, "
		"f.class || ' ' || f.identity AS needed_by "
		"FROM former f, LATERAL (SELECT jsonb_array_elements_text(f.b->'needs') "
		"UNION ALL SELECT f.b->>'parent' WHERE f.a IS NULL) AS n (name) "
		"WHERE n.name IS NOT NULL AND NOT coalesce(f.a->'needs' OPERATOR(pg_catalog.?) n.name, false) "
		"ORDER BY f.class COLLATE \"C\", f.identity COLLATE \"C\") "
		"SELECT n.class, n.identity, " MAKER("(SELECT max(v.to_state) FROM schemaver.object_version v "
											 "WHERE v.class = n.class AND v.identity = n.identity)")
		", n.needed_by FROM need n "
		"WHERE NOT EXISTS (SELECT FROM former f WHERE f.class = n.class AND f.identity = n.identity) "
		"AND NOT EXISTS (SELECT FROM schemaver.object_version v WHERE v.to_state IS NULL "
		"AND v.class = n.class AND v.identity = n.identity) "
		"AND EXISTS (SELECT FROM schemaver.object_version v "
		"WHERE v.class = n.class AND v.identity = n.identity) "
		"ORDER BY n.class COLLATE \"C\", n.identity COLLATE \"C\"",
		2, {INT8OID, INT8OID}
	};

	return sv_own_rows(SV_STORE_WRITE, &query, read_gone, before, after);
}

/* Whose step left the object as it is kept; NULL: nobody's. */
char *
sv_store_maker(const Object *object)
{
	static StoreQuery query = {
		"SELECT " MAKER("v.from_state") " FROM schemaver.object_version v "
		"WHERE pg_catalog.hashtextextended(v.identity, 0) = "
		"pg_catalog.hashtextextended($2 COLLATE \"C\", 0) AND v.to_state IS NULL "
		"AND v.class = $1 AND v.identity = $2",
		2, {TEXTOID, TEXTOID}
	};

	return sv_own_string(SV_STORE_WRITE, &query, object->class->name, object->identity);
}

/*
 * Whose step made the object that is kept; NULL: nobody's.  Versions of an object that was
 * changed follow each other without a gap, and the first of them was made.
 */
char *
sv_store_creator(const Object *object)
{
	static StoreQuery query = {
		"WITH version AS MATERIALIZED (SELECT from_state, to_state FROM schemaver.object_version "
		"WHERE class = $1 AND identity = $2) SELECT " MAKER("v.from_state") " FROM version v "
		"WHERE EXISTS (SELECT FROM version w WHERE w.to_state IS NULL) "
		"AND NOT EXISTS (SELECT FROM version w WHERE w.to_state = v.from_state) "
		"ORDER BY v.from_state DESC LIMIT 1",
		2, {TEXTOID, TEXTOID}
	};

	return sv_own_string(SV_STORE_WRITE, &query, object->class->name, object->identity);
}

/* What is kept of an address, and whose step left it so; class NULL: nothing. */
TouchedPart
sv_store_kept_at(const ObjectAddress *address)
{
	static StoreQuery query = {
		"SELECT v.class, v.identity, " MAKER("v.from_state") " FROM schemaver.object_version v "
		"JOIN schemaver.state_origin o ON o.origin = v.origin AND o.system_identifier = $3 "
		"AND o.database = $4 WHERE v.to_state IS NULL AND v.oid = $1 AND v.place = $2",
		4, {OIDOID, INT4OID, INT8OID, OIDOID}
	};
	List	   *found = sv_own_rows(SV_STORE_WRITE, &query, read_touched_part, address->objectId,
									address->objectSubId, (int64) GetSystemIdentifier(),
									MyDatabaseId);
	TouchedPart none = {0};

	foreach_ptr(const TouchedPart, part, found)
	{
		const ModelClass *class = sv_object_class(part->class);

		if (class != NULL && class->catalog == address->classId)
			return *part;		/* a class that nobody knows was written by hand */
	}
	return none;
}
