/*
 * hook_rows.c
 *		Rows of "hook": SQL that is executed around runs.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "store/store.h"
#include "utils/builtins.h"

static const char *const moments[] = {
	"before_run", "after_run", "before_revision", "after_revision", "before_statement",
	"after_statement", "on_error"
};

StaticAssertDecl(lengthof(moments) == SV_HOOK_MOMENTS, "each moment has a name");

/* The moment of that name; SV_HOOK_MOMENTS if there is none. */
HookMoment
sv_hook_moment(const char *name)
{
	int			i = 0;

	while (i < SV_HOOK_MOMENTS && strcmp(moments[i], name) != 0)
		i++;
	return i;
}

const char *
sv_hook_moment_name(HookMoment moment)
{
	return moments[moment];
}

static void *
read_hook(uint64 row)
{
	StoredHook *hook = palloc0(sizeof(StoredHook));

	hook->name = sv_own_text(row, 1);
	hook->at = sv_own_text(row, 2);
	hook->only_for = sv_own_text_list(row, 3);
	hook->sql = sv_own_text(row, 4);
	hook->role = sv_own_text(row, 5);
	hook->set_at = sv_own_number_at(row, 6, 0);
	hook->moment = sv_hook_moment(hook->at);
	return hook;
}

/* All of them (StoredHook), in the order in which they run. */
List *
sv_store_hooks(StoreMode mode)
{
	static StoreQuery query = {
		"SELECT name, at, only_for, sql, role, set_at FROM schemaver.hook ORDER BY name"
	};

	return sv_own_rows(mode, &query, read_hook);
}

/* Store one, or what is new of one that is there. */
void
sv_store_set_hook(const StoredHook *hook)
{
	static StoreQuery query = {
		"INSERT INTO schemaver.hook (name, at, only_for, sql, role, set_at) "
		"VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO UPDATE SET at = excluded.at, "
		"only_for = excluded.only_for, sql = excluded.sql, role = excluded.role, "
		"set_at = excluded.set_at",
		6, {TEXTOID, TEXTOID, TEXTARRAYOID, TEXTOID, TEXTOID, TIMESTAMPTZOID}
	};

	sv_own_query(SV_STORE_WRITE, &query, hook->name, hook->at, hook->only_for, hook->sql,
				 hook->role, hook->set_at);
}

/* Forget one; false if there is none. */
bool
sv_store_forget_hook(const char *name)
{
	static StoreQuery query = {"DELETE FROM schemaver.hook WHERE name = $1", 1, {TEXTOID}};

	return sv_own_query(SV_STORE_WRITE, &query, name) > 0;
}
