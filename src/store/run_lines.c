/*
 * run_lines.c
 *		Runs as lines for people: when, who, from where to where, how it ended.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "store/store_private.h"

/*
 * Call "row" with the columns of log() for each of the last runs, newest first.
 */
void
sv_store_run_lines(StoreMode mode, int limit, OwnPutFn row, void *arg)
{
	static StoreQuery query = {
		"SELECT r.run, to_char(r.started_at, 'YYYY-MM-DD HH24:MI'), r.role, "
		"coalesce(r.change, (" SV_RUN_CHANGE "), r.command || coalesce(' ' || r.target, '')), "
		"(SELECT count(*) FROM schemaver.step s WHERE s.run = r.run)::integer, "
		"CASE WHEN r.elapsed IS NULL THEN NULL WHEN r.elapsed < interval '1 s' "
		"THEN round(extract(epoch FROM r.elapsed) * 1000) || ' ms' "
		"WHEN r.elapsed < interval '1 min' THEN round(extract(epoch FROM r.elapsed), 1) || ' s' "
		"WHEN r.elapsed < interval '1 h' THEN to_char(r.elapsed, 'FMMI\" min \"FMSS\" s\"') "
		"ELSE extract(day FROM r.elapsed) * 24 + extract(hour FROM r.elapsed) || to_char(r.elapsed, '\" h \"FMMI\" min\"') END, "
		"r.outcome "
		"FROM schemaver.run r "
		"ORDER BY r.run DESC LIMIT $1",
		1, {INT4OID}
	};

	sv_own_put(mode, &query, row, arg, limit);
}
