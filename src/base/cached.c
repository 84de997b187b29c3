/*
 * cached.c
 *		What the caches of the catalogs have of an object.
 */
#include "postgres.h"

#include "base/base.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/*
 * An OID of the row of an object, such as its owner or schema; invalid if there is no
 * such row.  "cache" is one that has the object's OID as its only key.
 */
Oid
sv_cached_oid(int cache, Oid object, AttrNumber column)
{
	HeapTuple	tuple = SearchSysCache1(cache, ObjectIdGetDatum(object));
	Oid			result;
	bool		isnull;

	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	result = DatumGetObjectId(SysCacheGetAttr(cache, tuple, column, &isnull));
	ReleaseSysCache(tuple);
	return result;
}

/* The name of a relation with its schema, quoted; in the current memory context. */
char *
sv_relation_name(Oid relation)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)),
									  get_rel_name(relation));
}
