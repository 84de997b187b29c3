/*
 * living_rows.c
 *		Rows of living, living_version and living_object: living objects, what ran
 *		of them, and what that has made.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "store/store.h"
#include "utils/timestamp.h"

#define LIVING_COLUMNS \
	"l.name, l.kind, l.up, l.down, l.depends_on, l.run = 'always', l.contexts, l.checksum, " \
	"l.source, l.file, l.line, l.in_force, l.labels"

static const char *const living_kinds[] = {"revision", "object", "seed", "rows"};

StaticAssertDecl(lengthof(living_kinds) == SV_LIVING_KINDS, "each kind has a name");

const char *
sv_living_kind_name(LivingKind kind)
{
	return living_kinds[kind];
}

static LivingKind
read_living_kind(const char *name)
{
	for (int kind = SV_LIVING_OBJECT; kind < SV_LIVING_KINDS; kind++)
	{
		if (strcmp(living_kinds[kind], name) == 0)
			return kind;
	}
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("a row of schemaver.living has the unknown kind \"%s\"", name),
			 errdetail("The row was edited by hand.")));
}

static void *
read_living(uint64 row)
{
	StoredLiving *living = palloc0(sizeof(StoredLiving));

	living->name = sv_own_text(row, 1);
	living->kind = read_living_kind(sv_own_text(row, 2));
	living->up = sv_own_text(row, 3);
	living->down = sv_store_text(row, 4);
	living->depends_on = sv_own_text_list(row, 5);
	living->always = sv_own_number_at(row, 6, false) != 0;
	living->contexts = sv_store_text(row, 7);
	living->checksum = sv_own_text(row, 8);
	living->source = sv_own_text(row, 9);
	living->file = sv_store_text(row, 10);
	living->line = sv_own_number_at(row, 11, 1);
	living->in_force = sv_store_text(row, 12);
	living->labels = sv_store_text(row, 13);
	return living;
}

/* All of them (StoredLiving), in the order of their registration. */
List *
sv_store_living(StoreMode mode)
{
	static StoreQuery query = {
		"SELECT " LIVING_COLUMNS " FROM schemaver.living l ORDER BY l.position"
	};

	return sv_own_rows(mode, &query, read_living);
}

/* The one of that name, or NULL. */
StoredLiving *
sv_store_living_named(StoreMode mode, const char *name)
{
	static StoreQuery query = {
		"SELECT " LIVING_COLUMNS " FROM schemaver.living l WHERE l.name = $1", 1, {TEXTOID}
	};
	List	   *found = sv_own_rows(mode, &query, read_living, name);

	return found != NIL ? linitial(found) : NULL;
}

/* Store a new one, or what is new of one that is there; its place and what is in force stay. */
void
sv_store_set_living(const StoredLiving *living)
{
	static StoreQuery query = {
		"INSERT INTO schemaver.living (name, kind, up, down, depends_on, run, contexts, checksum, "
		"source, file, line, created_at, created_by, labels) "
		"VALUES ($1, $2, $3, $4, $5, CASE WHEN $6 THEN 'always' ELSE 'changed' END, $7, $8, $9, "
		"$10, $11, $12, $13, $14) "
		"ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, up = excluded.up, down = "
		"excluded.down, depends_on = excluded.depends_on, run = excluded.run, contexts = "
		"excluded.contexts, checksum = excluded.checksum, source = excluded.source, file = "
		"excluded.file, line = excluded.line, labels = excluded.labels",
		14, {TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTARRAYOID, BOOLOID, TEXTOID, TEXTOID, TEXTOID,
		TEXTOID, INT4OID, TIMESTAMPTZOID, TEXTOID, TEXTOID}
	};

	sv_own_query(SV_STORE_WRITE, &query, living->name, sv_living_kind_name(living->kind),
				 living->up, living->down, living->depends_on, (int) living->always,
				 living->contexts, living->checksum, living->source, living->file, living->line,
				 GetCurrentTimestamp(), sv_role_name(GetUserId()), living->labels);
}

/* Forget one; what it made stays, and belongs to nobody.  False if there is none. */
bool
sv_store_forget_living(const char *name)
{
	static StoreQuery objects = {
		"DELETE FROM schemaver.living_object WHERE name = $1", 1, {TEXTOID}
	};
	static StoreQuery query = {"DELETE FROM schemaver.living WHERE name = $1", 1, {TEXTOID}};

	sv_own_query(SV_STORE_WRITE, &objects, name);
	return sv_own_query(SV_STORE_WRITE, &query, name) > 0;
}

/* Is there a text for an upgrade to run? */
bool
sv_store_living_pending(StoreMode mode)
{
	static StoreQuery query = {
		"SELECT FROM schemaver.living WHERE run = 'always' OR in_force IS DISTINCT FROM checksum "
		"LIMIT 1"
	};

	return sv_own_query(mode, &query) > 0;
}

/* Has one of them contexts or labels? */
bool
sv_store_living_select(StoreMode mode)
{
	static StoreQuery query = {
		"SELECT FROM schemaver.living WHERE contexts IS NOT NULL OR labels IS NOT NULL LIMIT 1"
	};

	return sv_own_query(mode, &query) > 0;
}

static void *
read_version(uint64 row)
{
	LivingVersion *version = palloc0(sizeof(LivingVersion));

	version->name = sv_own_text(row, 1);
	version->checksum = sv_store_text(row, 2);
	version->up = sv_store_text(row, 3);
	version->down = sv_store_text(row, 4);
	version->run = sv_own_number_at(row, 5, 0);
	version->ran_at = sv_own_number_at(row, 6, 0);
	version->ran_by = sv_own_text(row, 7);
	return version;
}

/*
 * What of each living object was in force before a run (LivingVersion): those that
 * had none then are left out.
 */
List *
sv_store_living_before(StoreMode mode, int64 run)
{
	static StoreQuery query = {
		"SELECT name, checksum, up, down, run, ran_at, ran_by FROM ("
		"SELECT DISTINCT ON (name) * FROM schemaver.living_version WHERE run < $1 "
		"ORDER BY name, version DESC) v WHERE up IS NOT NULL ORDER BY version",
		1, {INT8OID}
	};

	return sv_own_rows(mode, &query, read_version, run);
}

/* Record that a text ran, or, where "up" is NULL, that it was taken back. */
void
sv_store_living_ran(const LivingVersion *version)
{
	static StoreQuery add = {
		"INSERT INTO schemaver.living_version (name, run, checksum, up, down, ran_at, ran_by) "
		"SELECT $1, $2, $3, $4, $5, $6, $7 WHERE NOT EXISTS (SELECT FROM schemaver.living WHERE "
		"name = $1 AND in_force IS NOT DISTINCT FROM $3)",
		7, {TEXTOID, INT8OID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTOID}
	};
	static StoreQuery update = {
		"UPDATE schemaver.living SET in_force = $2 WHERE name = $1 AND in_force IS DISTINCT FROM "
		"$2", 2, {TEXTOID, TEXTOID}
	};

	sv_own_query(SV_STORE_WRITE, &add, version->name, version->run, version->checksum,
				 version->up, version->down, version->ran_at, version->ran_by);
	sv_own_query(SV_STORE_WRITE, &update, version->name, version->checksum);
}

static void *
read_living_object(uint64 row)
{
	LivingObject *object = palloc0(sizeof(LivingObject));

	object->name = sv_own_text(row, 1);
	object->type = sv_own_text(row, 2);
	object->names = sv_own_text_list(row, 3);
	object->args = sv_own_text_list(row, 4);
	return object;
}

/* What the texts in force have made (LivingObject). */
List *
sv_store_living_objects(StoreMode mode)
{
	static StoreQuery query = {"SELECT name, type, names, args FROM schemaver.living_object"};

	return sv_own_rows(mode, &query, read_living_object);
}

/* Does any living object consist of anything? */
bool
sv_store_has_living_objects(void)
{
	static StoreQuery query = {"SELECT FROM schemaver.living_object LIMIT 1"};

	return sv_own_query(SV_STORE_WRITE, &query) > 0;
}

/* Record what a living object consists of now (LivingObject). */
void
sv_store_set_living_objects(const char *name, const List *objects)
{
	static StoreQuery forget = {
		"DELETE FROM schemaver.living_object WHERE name = $1", 1, {TEXTOID}
	};
	static StoreQuery add = {
		"INSERT INTO schemaver.living_object (name, type, names, args) VALUES ($1, $2, $3, $4)",
		4, {TEXTOID, TEXTOID, TEXTARRAYOID, TEXTARRAYOID}
	};

	sv_own_query(SV_STORE_WRITE, &forget, name);
	foreach_ptr(const LivingObject, object, objects)
		sv_own_query(SV_STORE_WRITE, &add, name, object->type, object->names, object->args);
}

/* The run that applied the first of the revisions (strings); 0 if none of them is applied. */
int64
sv_store_first_run_of(StoreMode mode, const List *ids)
{
	static StoreQuery query = {
		"SELECT min(run) FROM schemaver.applied WHERE revision = ANY ($1)", 1, {TEXTARRAYOID}
	};

	return sv_own_number(mode, &query, 0, ids);
}

static void *
read_annotation(uint64 row)
{
	StoredAnnotation *annotation = palloc0(sizeof(StoredAnnotation));

	annotation->class = sv_own_text(row, 1);
	annotation->identity = sv_own_text(row, 2);
	annotation->owner = sv_store_text(row, 3);
	annotation->comment = sv_store_text(row, 4);
	annotation->acl = sv_own_text_list(row, 5);
	return annotation;
}

/* What the text in force left (StoredAnnotation). */
List *
sv_store_annotations(const char *name)
{
	static StoreQuery query = {
		"SELECT class, identity, owner, comment, acl FROM schemaver.living_annotation WHERE name "
		"= $1", 1, {TEXTOID}
	};

	return sv_own_rows(SV_STORE_WRITE, &query, read_annotation, name);
}

/* Record it. */
void
sv_store_set_annotations(const char *name, const List *annotations)
{
	static StoreQuery forget = {
		"DELETE FROM schemaver.living_annotation WHERE name = $1", 1, {TEXTOID}
	};
	static StoreQuery add = {
		"INSERT INTO schemaver.living_annotation (name, class, identity, owner, comment, acl) "
		"VALUES ($1, $2, $3, $4, $5, $6)",
		6, {TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTARRAYOID}
	};

	sv_own_query(SV_STORE_WRITE, &forget, name);
	foreach_ptr(const StoredAnnotation, one, annotations)
		sv_own_query(SV_STORE_WRITE, &add, name, one->class, one->identity, one->owner,
					 one->comment, one->acl);
}
