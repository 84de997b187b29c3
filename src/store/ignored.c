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

static void *
read_pattern(uint64 row)
{
	return sv_own_text(row, 1);
}

/* Return all of them, a list of StoredIgnored in a fixed order. */
List *
sv_store_ignored(StoreMode mode)
{
	static StoreQuery query =
	{"SELECT kind, name FROM schemaver.ignored ORDER BY kind DESC, name"};

	return sv_own_rows(mode, &query, read_ignored);
}

/*
 * Partitions that were made or dropped outside of revisions, of tables in the kept
 * state, as patterns that comparisons take.
 */
static List *
other_partitions(void)
{
	static StoreQuery query = {
		"WITH kept AS (SELECT class, identity, description FROM schemaver.object_version "
		"WHERE to_state IS NULL AND class IN ('table', 'foreign table', 'inheritance')), "
		"live AS (SELECT CASE c.relkind WHEN 'f' THEN 'foreign table' ELSE 'table' END AS class, "
		"quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS identity, "
		"(SELECT quote_ident(m.nspname) || '.' || quote_ident(r.relname) FROM pg_catalog.pg_class r "
		"JOIN pg_catalog.pg_namespace m ON m.oid = r.relnamespace "
		"WHERE r.oid = pg_catalog.pg_partition_root(c.oid)) AS root "
		"FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
		"WHERE c.relispartition AND c.relkind IN ('r', 'p', 'f')) "
		"SELECT l.class || ' ' || l.identity FROM live l WHERE EXISTS (SELECT FROM kept k "
		"WHERE k.class = 'table' AND k.identity = l.root) AND NOT EXISTS (SELECT FROM kept k "
		"WHERE k.class = l.class AND k.identity = l.identity) "
		"UNION ALL "
		"SELECT regexp_replace(k.description ->> 'parent', ':', ' ') FROM kept k "
		"WHERE k.class = 'inheritance' AND k.description #> '{properties,bound}' IS NOT NULL "
		"AND to_regclass(regexp_replace(k.description ->> 'parent', '^[a-z_ ]*:', '')) IS NULL "
		"AND to_regclass(k.description #>> '{properties,of}') IS NOT NULL"
	};

	return sv_own_rows(SV_STORE_READ, &query, read_pattern);
}

/* All that comparisons with the live schema leave alone, as patterns that they take. */
List *
sv_store_ignored_patterns(void)
{
	List	   *patterns = NIL;

	foreach_ptr(const StoredIgnored, ignored, sv_store_ignored(SV_STORE_READ))
	{
		if (strcmp(ignored->kind, "schema") != 0)
		{
			patterns = lappend(patterns, (char *) ignored->name);
			continue;
		}
		patterns = lappend(patterns, psprintf("schema %s", quote_identifier(ignored->name)));
		patterns = lappend(patterns, psprintf("%s.*", quote_identifier(ignored->name)));
	}
	return sv_partition_drift ? patterns : list_concat(patterns, other_partitions());
}
