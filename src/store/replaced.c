/*
 * replaced.c
 *		Rows of "replaced", and what else a squash moves.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "store/store.h"

static void *
read_string(uint64 row)
{
	return sv_own_text(row, 1);
}

/* The revision that replaced one of that id, or NULL. */
char *
sv_store_replaced_by(const char *id)
{
	static StoreQuery query =
	{"SELECT squash FROM schemaver.replaced WHERE revision = $1", 1, {TEXTOID}};

	return sv_own_string(SV_STORE_WRITE, &query, id);
}

/* Let the id of a revision that is gone mean another one, and what it had replaced, too. */
void
sv_store_add_replaced(const char *id, const char *by)
{
	static StoreQuery move =
	{"UPDATE schemaver.replaced SET squash = $2 WHERE squash = $1", 2, {TEXTOID, TEXTOID}};
	static StoreQuery add = {
		"INSERT INTO schemaver.replaced (revision, squash) VALUES ($1, $2) "
		"ON CONFLICT (revision) DO UPDATE SET squash = excluded.squash", 2, {TEXTOID, TEXTOID}
	};

	sv_own_query(SV_STORE_WRITE, &move, id, by);
	sv_own_query(SV_STORE_WRITE, &add, id, by);
}

/* Whatever revises a revision or depends on it does so with another one. */
void
sv_store_rename_parent(const char *from, const char *to)
{
	static StoreQuery revises = {
		"UPDATE schemaver.revision SET revises = "
		"CASE WHEN $2 = ANY (revises) THEN pg_catalog.array_remove(revises, $1) ELSE "
		"pg_catalog.array_replace(revises, $1, $2) END "
		"WHERE revision IN (SELECT child FROM schemaver.revision_child WHERE parent = $1)",
		2, {TEXTOID, TEXTOID}
	};
	static StoreQuery children = {
		"INSERT INTO schemaver.revision_child (parent, child) "
		"SELECT $2, child FROM schemaver.revision_child WHERE parent = $1 ON CONFLICT DO NOTHING",
		2, {TEXTOID, TEXTOID}
	};
	static StoreQuery old_children = {
		"DELETE FROM schemaver.revision_child WHERE parent = $1 AND $2 IS NOT NULL", 2,
		{TEXTOID, TEXTOID}
	};
	static StoreQuery depends = {
		"UPDATE schemaver.revision SET depends_on = "
		"CASE WHEN $2 = ANY (depends_on) THEN pg_catalog.array_remove(depends_on, $1) "
		"ELSE pg_catalog.array_replace(depends_on, $1, $2) END WHERE $1 = ANY (depends_on)",
		2, {TEXTOID, TEXTOID}
	};

	sv_own_query(SV_STORE_WRITE, &revises, from, to);
	sv_own_query(SV_STORE_WRITE, &children, from, to);
	sv_own_query(SV_STORE_WRITE, &old_children, from, to);
	sv_own_query(SV_STORE_WRITE, &depends, from, to);
}

/* The tags that name a revision. */
List *
sv_store_tags_of(const char *id)
{
	static StoreQuery query =
	{"SELECT tag FROM schemaver.tag WHERE revision = $1 ORDER BY tag", 1, {TEXTOID}};

	return sv_own_rows(SV_STORE_WRITE, &query, read_string, id);
}
