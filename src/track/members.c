/*
 * members.c
 *		Notes whether a script changes what belongs to schemaver itself.
 *
 * A script that renames every constraint of a kind, or moves every table, finds
 * ours in the catalogs, too.  The object access hook tells of it; rights granted
 * on our functions and tables are no change.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/base.h"
#include "base/compat.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "commands/extension.h"
#include "track/track.h"
#include "track/track_private.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

static object_access_hook_type previous_hook = NULL;

/* Schema "schemaver" while a script runs, a table in it, and what the script changed there. */
static Oid	own_schema = InvalidOid;
static Oid	own_table = InvalidOid;
static char *changed = NULL;	/* in TopMemoryContext */

/* The schema in which the object stands; invalid for classes that nobody asks about. */
static Oid
schema_of_object(Oid catalog, Oid oid)
{
	switch (catalog)
	{
		case RelationRelationId:
			return get_rel_namespace(oid);
		case ConstraintRelationId:
			return sv_cached_oid(CONSTROID, oid, Anum_pg_constraint_connamespace);
		case ProcedureRelationId:
			return sv_cached_oid(PROCOID, oid, Anum_pg_proc_pronamespace);
		case NamespaceRelationId:
			return oid;
		default:
			return InvalidOid;
	}
}

static void
follow_member(ObjectAccessType access, Oid catalog, Oid oid, int sub, void *arg)
{
	ObjectAddress address;
	MemoryContext caller;

	if (previous_hook)
		previous_hook(access, catalog, oid, sub, arg);
	if (!OidIsValid(own_schema) || changed != NULL || creating_extension ||
		!(access == OAT_DROP || access == OAT_POST_ALTER ||
		  (access == OAT_POST_CREATE && sub != 0)) ||
		schema_of_object(catalog, oid) != own_schema)
		return;					/* a new column is created, but is a change of its table */
	ObjectAddressSubSet(address, catalog, oid, access == OAT_POST_CREATE ? 0 : sub);
	caller = MemoryContextSwitchTo(TopMemoryContext);
	changed = getObjectDescription(&address, true);
	MemoryContextSwitchTo(caller);
}

void
sv_members_install(void)
{
	previous_hook = object_access_hook;
	object_access_hook = follow_member;
}

/* A script begins to run; an earlier one may have ended with an error. */
void
sv_members_begin(void)
{
	if (changed != NULL)
		pfree(changed);
	changed = NULL;
	own_schema = get_namespace_oid("schemaver", true);
	own_table = OidIsValid(own_schema) ? get_relname_relid("revision", own_schema) : InvalidOid;
}

/* The script has ended: look no more. */
void
sv_members_end(void)
{
	own_schema = InvalidOid;
}

/* Raise SV007 if the script has changed an object of schemaver since sv_members_begin(). */
void
sv_members_check(void)
{
	/* the tables go with the extension, and the end of that has an error of its own */
	if (changed == NULL || !SearchSysCacheExists1(RELOID, ObjectIdGetDatum(own_table)))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_SV_INVALID_SCRIPT),
			 errmsg("the script changes %s of extension \"schemaver\"", changed),
			 errhint("Leave schema \"schemaver\" out where the script looks for objects in the catalogs.")));
}
