/*
 * body_path.c
 *		Where bodies of functions look up names while schemaver executes its own
 *		statements.
 *
 * Those statements are executed with search_path = pg_catalog, pg_temp.  A body
 * that is kept as text, of a function without a search_path of its own, may name
 * objects without their schema, and expects those of the caller's path.  So a
 * statement that can run such a body gets the caller's path behind pg_catalog,
 * but of that only schemas in which nobody can have put a function or an
 * operator who would gain rights by being called.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_database.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "miscadmin.h"
#include "run/run.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

/* The schemas of the search_path in force, by name, also those that do not exist. */
List *
sv_body_path_now(void)
{
	List	   *names;
	List	   *path = NIL;

	if (!SplitIdentifierString(pstrdup(namespace_search_path), ',', &names))
		return NIL;
	foreach_ptr(char, name, names)
	{
		if (strcmp(name, "$user") == 0)
			name = GetUserNameFromId(GetUserId(), false);
		if (strcmp(name, "pg_catalog") != 0 && strcmp(name, "pg_temp") != 0)
			path = lappend(path, name);
	}
	return path;
}

/* ----- who can have put something into a schema ----- */

/* Could the role act as each of the others anyway? */
static bool
is_trusted(Oid role, List *others)
{
	ListCell   *cell;

	if (role == ACL_ID_PUBLIC)
		return false;
	if (role == ROLE_PG_DATABASE_OWNER)
		role = sv_cached_oid(DATABASEOID, MyDatabaseId, Anum_pg_database_datdba);
	if (superuser_arg(role))
		return true;
	foreach(cell, others)
	{
		if (!has_privs_of_role(role, lfirst_oid(cell)))
			return false;
	}
	return true;
}

/* Are all who can create objects in the schema trusted? */
static bool
has_trusted_creators(Oid schema, List *roles)
{
	HeapTuple	tuple = SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(schema));
	bool		isnull;
	Datum		privileges;
	bool		trusted;

	if (!HeapTupleIsValid(tuple))
		return false;
	trusted = is_trusted(((Form_pg_namespace) GETSTRUCT(tuple))->nspowner, roles);
	privileges = SysCacheGetAttr(NAMESPACEOID, tuple, Anum_pg_namespace_nspacl, &isnull);
	if (!isnull)
	{
		Acl		   *acl = DatumGetAclPCopy(privileges);

		for (int i = 0; i < ACL_NUM(acl); i++)
		{
			const AclItem *item = &ACL_DAT(acl)[i];

			if (ACLITEM_GET_PRIVS(*item) & ACL_CREATE)
				trusted &= is_trusted(item->ai_grantee, roles);
		}
	}
	ReleaseSysCache(tuple);
	return trusted;
}

/* Do all functions, or operators, of the schema belong to trusted roles? */
static bool
has_trusted_members(Oid catalog, AttrNumber in, AttrNumber owner, Oid schema, List *roles)
{
	Relation	relation = table_open(catalog, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		trusted = true;
	Oid			last = InvalidOid;

	ScanKeyInit(&key, in, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(schema));
	scan = systable_beginscan(relation, InvalidOid, false, NULL, 1, &key);
	while (trusted && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		isnull;
		Oid			role =
		DatumGetObjectId(heap_getattr(tuple, owner, RelationGetDescr(relation), &isnull));

		if (role != last)
			trusted = is_trusted(role, roles);
		last = role;
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return trusted;
}

static bool
is_safe(Oid schema, List *roles)
{
	return has_trusted_creators(schema, roles) &&
		has_trusted_members(ProcedureRelationId, Anum_pg_proc_pronamespace, Anum_pg_proc_proowner,
							schema, roles) &&
		has_trusted_members(OperatorRelationId, Anum_pg_operator_oprnamespace,
							Anum_pg_operator_oprowner, schema, roles);
}

/*
 * The search_path for a statement that runs bodies of functions as each of these
 * roles; "path" are the schemas of the caller's.  *left_out gets the names of
 * those that are not safe for it.
 */
char *
sv_body_path(List *path, List *roles, List **left_out)
{
	StringInfoData result;

	initStringInfo(&result);
	appendStringInfoString(&result, "pg_catalog, ");
	*left_out = NIL;
	foreach_ptr(const char, name, path)
	{
		Oid			schema = get_namespace_oid(name, true);

		if (!OidIsValid(schema))
			continue;
		if (is_safe(schema, roles))
			appendStringInfo(&result, "%s, ", quote_identifier(name));
		else
			*left_out = lappend(*left_out, unconstify(char *, name));
	}
	appendStringInfoString(&result, "pg_temp");
	return result.data;
}
