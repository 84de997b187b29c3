/*
 * findings.c
 *		What a schema holds that no class describes: reported, never ignored.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "model/model.h"
#include "utils/array.h"

/* The catalogs of all classes, an oid[]. */
static Datum
modelled_catalogs(void)
{
	Datum	   *catalogs;
	int			n = 0;

	while (sv_object_classes[n] != NULL)
		n++;
	catalogs = palloc(sizeof(Datum) * n);
	for (n = 0; sv_object_classes[n] != NULL; n++)
		catalogs[n] = ObjectIdGetDatum(sv_object_classes[n]->catalog);
	return PointerGetDatum(construct_array(catalogs, n, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
}

/*
 * Add to the model's findings the catalogs with objects in the schemas that no class
 * models.  Works on what the server itself knows to be objects, so a catalog that a
 * later server adds is found too.
 */
void
sv_model_find_unknown(Model *model, const StoreScope *store, const Datum *values)
{
	static StoreQuery query = {
		"SELECT DISTINCT d.classid::regclass::text || ' (' || count(*) OVER (PARTITION BY "
		"d.classid) || ')' "
		"FROM (SELECT DISTINCT classid, objid FROM pg_catalog.pg_depend "
		"WHERE refclassid = 2615 AND refobjid = ANY ($1)) d WHERE d.classid <> ALL ($2)",
		2, {OIDARRAYOID, OIDARRAYOID}
	};
	uint64		n = sv_own_execute(store, &query, values[0], modelled_catalogs());
	MemoryContext context = MemoryContextSwitchTo(store->caller);

	for (uint64 i = 0; i < n; i++)
		model->findings =
			lappend(model->findings,
					psprintf("objects of catalog %s are not modelled", sv_store_text(i, 1)));
	MemoryContextSwitchTo(context);
}
