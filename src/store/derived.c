/*
 * derived.c
 *		Down scripts that were derived when their revisions were applied.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "store/store.h"

/* Keep the derived down script of an applied revision, and what it cannot bring back. */
void
sv_store_derived(const char *revision, const char *down, const List *lost)
{
	static StoreQuery query = {
		"INSERT INTO schemaver.derived AS d (revision, down, lost) VALUES ($1, $2, $3) "
		"ON CONFLICT (revision) DO UPDATE SET down = excluded.down, lost = excluded.lost",
		3, {TEXTOID, TEXTOID, TEXTARRAYOID}
	};

	sv_own_query(SV_STORE_WRITE, &query, revision, down, lost);
}
