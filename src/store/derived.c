/*
 * derived.c
 *		Down scripts that were derived when their revisions were applied.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "store/store.h"
#include "utils/builtins.h"

/* Keep the derived down script of an applied revision, and what it cannot bring back. */
void
sv_store_derived(const char *revision, const char *down, const List *lost)
{
	static StoreQuery query = {
		"INSERT INTO schemaver.derived AS d (revision, down, lost) VALUES ($1, $2, $3) "
		"ON CONFLICT (revision) DO UPDATE SET down = excluded.down, lost = excluded.lost",
		3, {TEXTOID, TEXTOID, TEXTARRAYOID}
	};
	Datum		values[3];
	StoreScope	scope;

	values[0] = CStringGetTextDatum(revision);
	values[1] = CStringGetTextDatum(down);
	values[2] = sv_text_array(lost);
	sv_store_enter(&scope, SV_STORE_WRITE);
	sv_store_execute(&scope, &query, values, NULL);
	sv_store_leave(&scope);
}
