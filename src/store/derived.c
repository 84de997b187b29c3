/*
 * derived.c
 *		Down scripts that were derived when their revisions were applied.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "store/store.h"
#include "utils/fmgroids.h"

/* Hashes of the revisions of derived downs. */
static uint32 *
hashes_of(const List *downs)
{
	uint32	   *hashes = palloc(sizeof(uint32) * list_length(downs));

	foreach_ptr(const StoredDerived, down, downs)
	{
		const char *revision = down->revision;

		hashes[foreach_current_index(down)] =
			hash_bytes((const unsigned char *) revision, strlen(revision));
	}
	return hashes;
}

/* Is there a later one of the same revision? */
static bool
is_superseded(const List *downs, const uint32 *hashes, int i)
{
	const StoredDerived *derived = list_nth(downs, i);

	for (int j = i + 1; j < list_length(downs); j++)
		if (hashes[j] == hashes[i] &&
			strcmp(((const StoredDerived *) list_nth(downs, j))->revision, derived->revision) == 0)
			return true;
	return false;
}

/* Keep the script that copies no table for the order of columns, if that is another one. */
static void
keep_other_script(const StoredDerived *derived)
{
	static StoreQuery query = {
		"UPDATE schemaver.derived SET last = $2, ordered = $3 WHERE revision = $1",
		3, {TEXTOID, TEXTOID, TEXTARRAYOID}
	};

	if (derived->last != NULL)
		sv_own_query(SV_STORE_WRITE, &query, derived->revision, derived->last, derived->ordered);
}

/*
 * Keep the derived down scripts (StoredDerived) of applied revisions, and what they
 * cannot bring back.
 */
void
sv_store_derived(const List *downs)
{
	static StoreQuery query = {
		"INSERT INTO schemaver.derived AS d (revision, down, lost) "
		"SELECT c.revision, c.down, c.lost::text[] FROM unnest($1, $2, $3) AS c (revision, down, "
		"lost) "
		"ON CONFLICT (revision) DO UPDATE SET down = excluded.down, lost = excluded.lost, "
		"last = NULL, ordered = NULL",
		3, {TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID}
	};
	List	   *revisions = NIL;
	List	   *scripts = NIL;
	List	   *lost = NIL;
	uint32	   *hashes;

	if (downs == NIL)
		return;
	hashes = hashes_of(downs);
	for (int i = 0; i < list_length(downs); i++)
	{
		const StoredDerived *derived = list_nth(downs, i);

		if (is_superseded(downs, hashes, i))
			continue;
		revisions = lappend(revisions, (void *) derived->revision);
		scripts = lappend(scripts, (void *) derived->down);
		lost = lappend(lost, OidOutputFunctionCall(F_ARRAY_OUT, sv_text_array(derived->lost)));
	}
	sv_own_query(SV_STORE_WRITE, &query, revisions, scripts, lost);
	for (int i = 0; i < list_length(downs); i++)
	{
		if (!is_superseded(downs, hashes, i))
			keep_other_script(list_nth(downs, i));
	}
}

static void *
read_id(uint64 row)
{
	return sv_own_text(row, 1);
}

/* Those of some revisions (ids) whose derived down scripts cannot bring everything back. */
List *
sv_store_lossy(const List *revisions)
{
	static StoreQuery query = {
		"SELECT revision FROM schemaver.derived WHERE revision = ANY ($1) AND lost <> '{}'",
		1, {TEXTARRAYOID}
	};

	return sv_own_rows(SV_STORE_WRITE, &query, read_id, revisions);
}
