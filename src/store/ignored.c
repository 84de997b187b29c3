/*
 * ignored.c
 *		Rows of "ignored": what comparisons with the live schema leave alone.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "store/store.h"
#include "utils/builtins.h"

/* Add a pattern ("kind" is schema or object), or take it away. */
void
sv_store_ignore(const char *kind, const char *name, bool ignore)
{
	static StoreQuery insert = {
		"INSERT INTO schemaver.ignored (kind, name) VALUES ($1, $2) ON CONFLICT DO NOTHING",
		2, {TEXTOID, TEXTOID}
	};
	static StoreQuery delete = {
		"DELETE FROM schemaver.ignored WHERE kind = $1 AND name = $2",
		2, {TEXTOID, TEXTOID}
	};

	sv_own_query(SV_STORE_WRITE, ignore ? &insert : &delete, kind, name);
}

static void *
read_ignored(uint64 row)
{
	StoredIgnored *ignored = palloc(sizeof(StoredIgnored));

	ignored->kind = sv_own_text(row, 1);
	ignored->name = sv_own_text(row, 2);
	return ignored;
}

/* Return all of them, a list of StoredIgnored in a fixed order. */
List *
sv_store_ignored(StoreMode mode)
{
	static StoreQuery query =
	{"SELECT kind, name FROM schemaver.ignored ORDER BY kind DESC, name"};

	return sv_own_rows(mode, &query, read_ignored);
}

/* The same as the patterns that comparisons take. */
List *
sv_store_ignored_patterns(void)
{
	List	   *patterns = NIL;
	ListCell   *cell;

	foreach(cell, sv_store_ignored(SV_STORE_READ))
	{
		const StoredIgnored *ignored = lfirst(cell);

		if (strcmp(ignored->kind, "schema") != 0)
		{
			patterns = lappend(patterns, (char *) ignored->name);
			continue;
		}
		patterns = lappend(patterns, psprintf("schema %s", quote_identifier(ignored->name)));
		patterns = lappend(patterns, psprintf("%s.*", quote_identifier(ignored->name)));
	}
	return patterns;
}
