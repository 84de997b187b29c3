/*
 * distributed.c
 *		Tables whose rows are elsewhere: those of Citus.
 *
 * Citus carries DDL out on other nodes, too, and keeps the rows of a distributed
 * or reference table in shards, so what schemaver knows of the table's own
 * relation says nothing of its rows.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "base/base.h"
#include "catalog/pg_namespace.h"
#include "commands/extension.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* Is Citus installed in this database? */
bool
sv_has_citus(void)
{
	return OidIsValid(get_extension_oid("citus", true));
}

/* Are the rows of the table in shards of Citus?  Takes AccessShareLock on a catalog of Citus. */
bool
sv_is_distributed(Oid relation)
{
	Oid			catalog = sv_has_citus() ?
	get_relname_relid("pg_dist_partition", PG_CATALOG_NAMESPACE) : InvalidOid;
	Relation	partitions;
	TableScanDesc scan;
	HeapTuple	tuple;
	bool		found = false;
	bool		isnull;

	if (!OidIsValid(catalog))
		return false;
	partitions = table_open(catalog, AccessShareLock);
	scan = table_beginscan_catalog(partitions, 0, NULL);
	while (!found && HeapTupleIsValid(tuple = heap_getnext(scan, ForwardScanDirection)))
		found = DatumGetObjectId(heap_getattr(tuple, 1, RelationGetDescr(partitions), &isnull)) ==
			relation;
	table_endscan(scan);
	table_close(partitions, AccessShareLock);
	return found;
}
