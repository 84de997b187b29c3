/*
 * replaced.c
 *		Rows of "replaced", and what else a squash moves.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "store/store.h"
#include "utils/builtins.h"

static void
execute_two(StoreQuery *query, const char *first, const char *second)
{
	Datum		values[2];
	StoreScope	scope;

	values[0] = CStringGetTextDatum(first);
	values[1] = CStringGetTextDatum(second);
	sv_store_enter(&scope, SV_STORE_WRITE);
	sv_store_execute(&scope, query, values, NULL);
	sv_store_leave(&scope);
}

/* The strings in the first column of a query by a key. */
static List *
strings_of(StoreQuery *query, const char *key)
{
	Datum		values[1] = {CStringGetTextDatum(key)};
	List	   *result = NIL;
	StoreScope	scope;
	uint64		n;

	sv_store_enter(&scope, SV_STORE_WRITE);
	n = sv_store_execute(&scope, query, values, NULL);
	MemoryContextSwitchTo(scope.caller);
	for (uint64 i = 0; i < n; i++)
		result = lappend(result, sv_store_text(i, 1));
	sv_store_leave(&scope);
	return result;
}

/* The revision that replaced one of that id, or NULL. */
char *
sv_store_replaced_by(const char *id)
{
	static StoreQuery query = {"SELECT squash FROM schemaver.replaced WHERE revision = $1", 1, {TEXTOID}};
	List	   *found = strings_of(&query, id);

	return found == NIL ? NULL : linitial(found);
}

/* Let the id of a revision that is gone mean another one, and what it had replaced, too. */
void
sv_store_add_replaced(const char *id, const char *by)
{
	static StoreQuery move = {"UPDATE schemaver.replaced SET squash = $2 WHERE squash = $1", 2, {TEXTOID, TEXTOID}};
	static StoreQuery add = {
		"INSERT INTO schemaver.replaced (revision, squash) VALUES ($1, $2) "
		"ON CONFLICT (revision) DO UPDATE SET squash = excluded.squash", 2, {TEXTOID, TEXTOID}
	};

	execute_two(&move, id, by);
	execute_two(&add, id, by);
}

/* Whatever revises a revision or depends on it does so with another one. */
void
sv_store_rename_parent(const char *from, const char *to)
{
	static StoreQuery revises = {
		"UPDATE schemaver.revision SET revises = "
		"CASE WHEN $2 = ANY (revises) THEN pg_catalog.array_remove(revises, $1) ELSE pg_catalog.array_replace(revises, $1, $2) END "
		"WHERE revision IN (SELECT child FROM schemaver.revision_child WHERE parent = $1)",
		2, {TEXTOID, TEXTOID}
	};
	static StoreQuery children = {
		"INSERT INTO schemaver.revision_child (parent, child) "
		"SELECT $2, child FROM schemaver.revision_child WHERE parent = $1 ON CONFLICT DO NOTHING",
		2, {TEXTOID, TEXTOID}
	};
	static StoreQuery old_children = {
		"DELETE FROM schemaver.revision_child WHERE parent = $1 AND $2 IS NOT NULL", 2, {TEXTOID, TEXTOID}
	};
	static StoreQuery depends = {
		"UPDATE schemaver.revision SET depends_on = "
		"CASE WHEN $2 = ANY (depends_on) THEN pg_catalog.array_remove(depends_on, $1) "
		"ELSE pg_catalog.array_replace(depends_on, $1, $2) END WHERE $1 = ANY (depends_on)",
		2, {TEXTOID, TEXTOID}
	};

	execute_two(&revises, from, to);
	execute_two(&children, from, to);
	execute_two(&old_children, from, to);
	execute_two(&depends, from, to);
}

/* The tags that name a revision. */
List *
sv_store_tags_of(const char *id)
{
	static StoreQuery query = {"SELECT tag FROM schemaver.tag WHERE revision = $1 ORDER BY tag", 1, {TEXTOID}};

	return strings_of(&query, id);
}
