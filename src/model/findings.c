/*
 * findings.c
 *		What a schema holds that no class describes: reported, never ignored.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "model/model.h"

/*
 * Add to the model's findings the classes of objects that have a schema among
 * those that are read, or that users made in the database, and that are not
 * modelled.  Works on what the server itself knows to be objects, so a class
 * that a later server adds is found too.
 */
void
sv_model_find_unknown(Model *model, const StoreScope *store, const Datum *values)
{
	static StoreQuery query = {
		"SELECT DISTINCT d.classid::regclass::text || ' (' || count(*) OVER (PARTITION BY d.classid) || ')' "
		"FROM (SELECT DISTINCT classid, objid FROM pg_catalog.pg_depend "
		"WHERE refclassid = 2615 AND refobjid = ANY ($1)) d "
		"WHERE d.classid NOT IN (1247, 1255, 1259, 2606, 2607, 2616, 2617, 2753, 3079, 3256, 3381, 3456, 3600, 3601, 3602, 3764, 826, 6237) "
		"AND $2 IS NOT NULL",
		2, {OIDARRAYOID, BOOLOID}
	};
	uint64		n = sv_store_execute(store, &query, values, NULL);
	MemoryContext context = MemoryContextSwitchTo(store->caller);

	for (uint64 i = 0; i < n; i++)
		model->findings = lappend(model->findings, psprintf("objects of catalog %s are not modelled", sv_store_text(i, 1)));
	MemoryContextSwitchTo(context);
}
