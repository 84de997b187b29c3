/*
 * depend.c
 *		Rows of pg_depend, from either side.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "base/base.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

/*
 * Begin to read what an object depends on, or, with "referrers", what depends on
 * it.  Sub-objects count.  InvalidOid for oid: all objects of the catalog; for
 * both: all rows.  The scan ends itself; the snapshot may be NULL, the latest.
 */
DependScan
sv_depend_begin(Oid catalog, Oid oid, bool referrers, Snapshot snapshot)
{
	DependScan	scan;
	ScanKeyData keys[2];
	int			nkeys = !OidIsValid(catalog) ? 0 : OidIsValid(oid) ? 2 : 1;

	ScanKeyInit(&keys[0], referrers ? Anum_pg_depend_refclassid : Anum_pg_depend_classid,
				BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(catalog));
	ScanKeyInit(&keys[1], referrers ? Anum_pg_depend_refobjid : Anum_pg_depend_objid,
				BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(oid));
	scan.catalog = table_open(DependRelationId, AccessShareLock);
	scan.rows = systable_beginscan(scan.catalog, referrers ? DependReferenceIndexId :
								   DependDependerIndexId,
								   nkeys > 0, snapshot, nkeys, keys);
	return scan;
}

/* The next row, valid until the next call; NULL: there is none, and the scan has ended. */
Form_pg_depend
sv_depend_next(DependScan *scan)
{
	HeapTuple	tuple = systable_getnext(scan->rows);

	if (HeapTupleIsValid(tuple))
		return (Form_pg_depend) GETSTRUCT(tuple);
	systable_endscan(scan->rows);
	table_close(scan->catalog, AccessShareLock);
	return NULL;
}
