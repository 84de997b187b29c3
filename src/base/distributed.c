/*
 * distributed.c
 *		Tables whose rows are elsewhere: those of Citus and TimescaleDB.
 *
 * Citus carries DDL out on other nodes, too, and keeps the rows of a distributed
 * or reference table in shards; TimescaleDB keeps those of a hypertable in chunks.
 * What schemaver reads of such a table does not say that it is one.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "base/base.h"
#include "catalog/dependency.h"
#include "catalog/pg_namespace.h"
#include "commands/extension.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/*
 * The extension of this database, as a user knows it, that keeps the rows of tables
 * elsewhere; NULL if there is none.
 */
const char *
sv_distributing_extension(void)
{
	if (OidIsValid(get_extension_oid("citus", true)))
		return "Citus";
	if (OidIsValid(get_extension_oid("timescaledb", true)))
		return "TimescaleDB";
	return NULL;
}

/* Are the rows of the table in shards of Citus?  Takes AccessShareLock on a catalog of Citus. */
bool
sv_is_distributed(Oid relation)
{
	Oid			catalog = get_relname_relid("pg_dist_partition", PG_CATALOG_NAMESPACE);
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

/*
 * Is it a schema of TimescaleDB's own, in which it makes and drops tables as rows come and
 * go?  Those are no members of the extension, and none of the user's either.
 */
bool
sv_is_schema_of_chunks(Oid schema)
{
	const char *name = get_namespace_name(schema);
	Oid			extension;

	if (name == NULL || strncmp(name, "_timescaledb_", 13) != 0)
		return false;
	extension = get_extension_oid("timescaledb", true);
	return OidIsValid(extension) &&
		getExtensionOfObject(NamespaceRelationId, schema) == extension;
}
