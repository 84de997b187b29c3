/*
 * compat.h
 *		Every difference between the server's major versions that the code sees.
 *
 * Supported: 15, 16, 17, 18.  No other file tests PG_VERSION_NUM.
 */
#ifndef SV_COMPAT_H
#define SV_COMPAT_H

#define SV_MAJOR (PG_VERSION_NUM / 10000)

/* Since 18 NOT NULL is a constraint with a name; that of a domain since 17. */
#define SV_HAS_NAMED_NOT_NULL (SV_MAJOR >= 18)
#define SV_HAS_NAMED_DOMAIN_NOT_NULL (SV_MAJOR >= 17)

/*
 * Since 17 a value that ALTER TYPE ... ADD VALUE adds to an enum type of the
 * same transaction can be used at once, if both happen outside of
 * subtransactions (EnumTypeUncommitted() in the server).
 */
#if PG_VERSION_NUM >= 170000
#define SV_HAS_SAFE_NEW_ENUM_VALUES true
#else
#define SV_HAS_SAFE_NEW_ENUM_VALUES false
#endif

#include "access/attnum.h"
#include "access/genam.h"
#include "access/htup_details.h"
#include "catalog/index.h"
#include "catalog/pg_am.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#endif
#include "parser/parse_node.h"
#include "storage/lock.h"
#include "parser/parse_type.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "storage/sinvaladt.h"
#include "utils/acl.h"
#include "utils/rel.h"

/*
 * 17 has loops over a list that declare a variable for its members.  foreach_current_index()
 * takes that variable.  The list may not be named as the variable is.
 */
#if PG_VERSION_NUM < 170000
#define sv_cell(var) (&var##__state.l->elements[var##__state.i])
#define sv_foreach(type, pointer, var, list, member) \
	for (type pointer var = 0, pointer var##__outer = (type pointer) 1; var##__outer; \
		 var##__outer = 0) \
		for (ForEachState var##__state = {(list), 0}; \
			 var##__state.l != NIL && var##__state.i < var##__state.l->length && \
			 (var = member, true); \
			 var##__state.i++)
#define foreach_ptr(type, var, list) sv_foreach(type, *, var, list, lfirst(sv_cell(var)))
#define foreach_node(type, var, list) \
	sv_foreach(type, *, var, list, lfirst_node(type, sv_cell(var)))
#define foreach_int(var, list) sv_foreach(int,, var, list, lfirst_int(sv_cell(var)))
#define foreach_oid(var, list) sv_foreach(Oid,, var, list, lfirst_oid(sv_cell(var)))
#endif

/* Pieces of catalog queries: the first on a server that has it, else the second. */
#if PG_VERSION_NUM >= 160000
#define SV_16(since, before) since
#else
#define SV_16(since, before) before
#endif
#if PG_VERSION_NUM >= 170000
#define SV_17(since, before) since
#else
#define SV_17(since, before) before
#endif
#if PG_VERSION_NUM >= 180000
#define SV_18(since, before) since
#else
#define SV_18(since, before) before
#endif

/* What a hook of ExecutorCheckPerms_hook gets, and hands on. */
#if PG_VERSION_NUM >= 160000
#define SV_CHECK_PERMS_PARAMETERS List *relations, List *permissions, bool raise
#define SV_CHECK_PERMS_ARGUMENTS relations, permissions, raise
#else
#define SV_CHECK_PERMS_PARAMETERS List *relations, bool raise
#define SV_CHECK_PERMS_ARGUMENTS relations, raise
#endif

/* 18 lets a module tell its name and version. */
#if PG_VERSION_NUM >= 180000
#define SV_MODULE_MAGIC PG_MODULE_MAGIC_EXT(.name = "schemaver", .version = SCHEMAVER_VERSION)
#else
#define SV_MODULE_MAGIC PG_MODULE_MAGIC
#endif

/* 17 moved the local transaction id and renamed the number of a backend. */
#if PG_VERSION_NUM >= 170000
#define SV_MY_LXID (MyProc->vxid.lxid)
#define sv_vxid_proc(vxid) ProcNumberGetProc((vxid).procNumber)
#else
#define SV_MY_LXID (MyProc->lxid)
#define sv_vxid_proc(vxid) BackendIdGetProc((vxid).backendId)
#endif

/* 16 made one function of the checks for owners. */
#if PG_VERSION_NUM >= 160000
#define sv_owns_relation(relation) object_ownercheck(RelationRelationId, relation, GetUserId())
#else
#define sv_owns_relation(relation) pg_class_ownercheck(relation, GetUserId())
#endif

/* 16 made SET a right of its own among those of a member. */
#if PG_VERSION_NUM >= 160000
#define sv_can_set_role(member, role) member_can_set_role(member, role)
#else
#define sv_can_set_role(member, role) is_member_of_role(member, role)
#endif

/*
 * After the files of two relations were exchanged: where "to" has its rows from,
 * so that WAL is skipped only for files of this transaction.  16 renamed it all.
 */
#if PG_VERSION_NUM >= 160000
#define sv_inherit_file(to, from) \
	((to)->rd_createSubid = (from)->rd_createSubid, \
	 (to)->rd_newRelfilelocatorSubid = (from)->rd_newRelfilelocatorSubid, \
	 (to)->rd_firstRelfilelocatorSubid = (from)->rd_firstRelfilelocatorSubid, \
	 RelationAssumeNewRelfilelocator(from))
#else
#define sv_inherit_file(to, from) \
	((to)->rd_createSubid = (from)->rd_createSubid, \
	 (to)->rd_newRelfilenodeSubid = (from)->rd_newRelfilenodeSubid, \
	 (to)->rd_firstRelfilenodeSubid = (from)->rd_firstRelfilenodeSubid, \
	 RelationAssumeNewRelfilenode(from))
#endif

/* 16 lets it report errors softly. */
#if PG_VERSION_NUM >= 160000
#define sv_qualified_name_list(name) stringToQualifiedNameList(name, NULL)
#else
#define sv_qualified_name_list(name) stringToQualifiedNameList(name)
#endif

/* 17 lets a worker have a role that may not log in (any more). */
#if PG_VERSION_NUM >= 170000
#define SV_WORKER_FLAGS (BGWORKER_BYPASS_ALLOWCONN | BGWORKER_BYPASS_ROLELOGINCHECK)
#else
#define SV_WORKER_FLAGS BGWORKER_BYPASS_ALLOWCONN
#endif

/* 17 gave LockHeldByMe() an argument, 18 took one from PortalRun(). */
#if PG_VERSION_NUM >= 170000
#define sv_lock_held_by_me(tag, mode) LockHeldByMe(tag, mode, false)
#else
#define sv_lock_held_by_me(tag, mode) LockHeldByMe(tag, mode)
#endif

#if PG_VERSION_NUM >= 180000
#define sv_portal_run(portal, dest, qc) PortalRun(portal, FETCH_ALL, true, dest, dest, qc)
#else
#define sv_portal_run(portal, dest, qc) PortalRun(portal, FETCH_ALL, true, true, dest, dest, qc)
#endif

/*
 * Raise an error unless the current user may INSERT these columns of the
 * relation that "nsitem" stands for.  16 moved permissions out of the range
 * table entry.
 */
static inline void
sv_check_insert_permission(ParseState *pstate, ParseNamespaceItem *nsitem, Bitmapset *columns)
{
#if PG_VERSION_NUM >= 160000
	nsitem->p_perminfo->requiredPerms = ACL_INSERT;
	nsitem->p_perminfo->insertedCols = columns;
	ExecCheckPermissions(pstate->p_rtable, list_make1(nsitem->p_perminfo), true);
#else
	nsitem->p_rte->requiredPerms = ACL_INSERT;
	nsitem->p_rte->insertedCols = columns;
	ExecCheckRTPerms(pstate->p_rtable, true);
#endif
}

/* The type that a text names; false if there is none.  16 changed the reporting of errors. */
static inline bool
sv_parse_type(const char *name, Oid *type, int32 *typmod)
{
#if PG_VERSION_NUM >= 160000
	ErrorSaveContext escontext = {T_ErrorSaveContext};

	return parseTypeString(name, type, typmod, (Node *) &escontext) && !escontext.error_occurred &&
		OidIsValid(*type);
#else
	parseTypeString(name, type, typmod, true);
	return OidIsValid(*type);
#endif
}

/*
 * Does a column (a row of pg_attribute) have no statistics target of its own?
 * 17 made -1 of old a null.
 */
static inline bool
sv_has_usual_target(Relation catalog, HeapTuple tuple)
{
#if PG_VERSION_NUM >= 170000
	return heap_attisnull(tuple, Anum_pg_attribute_attstattarget, RelationGetDescr(catalog));
#else
	return ((Form_pg_attribute) GETSTRUCT(tuple))->attstattarget < 0;
#endif
}

/* 18 counts the pages that are all frozen. */
#if PG_VERSION_NUM >= 180000
#define sv_exchange_all_frozen(a, b) \
	do { \
		int32		frozen = (a)->relallfrozen; \
		(a)->relallfrozen = (b)->relallfrozen; \
		(b)->relallfrozen = frozen; \
	} while (0)
#else
#define sv_exchange_all_frozen(a, b) ((void) 0)
#endif

/* Does NOT NULL hold for all rows of a column?  18 knows NOT NULL that was not validated. */
#if PG_VERSION_NUM >= 180000
#define sv_is_not_null(desc, i) (TupleDescCompactAttr(desc, i)->attnullability == ATTNULLABLE_VALID)
#else
#define sv_is_not_null(desc, i) (TupleDescAttr(desc, i)->attnotnull)
#endif

/* A unique btree index over n columns; 16, 17 and 18 added arguments. */
static inline IndexInfo *
sv_make_index_info(int n)
{
#if PG_VERSION_NUM >= 180000
	return makeIndexInfo(n, n, BTREE_AM_OID, NIL, NIL, true, false, true, false, false, false);
#elif PG_VERSION_NUM >= 160000
	return makeIndexInfo(n, n, BTREE_AM_OID, NIL, NIL, true, false, true, false, false);
#else
	return makeIndexInfo(n, n, BTREE_AM_OID, NIL, NIL, true, false, true, false);
#endif
}

static inline Oid
sv_create_index(Relation table, const char *name, IndexInfo * info, List *columns, Oid *collations,
				Oid *classes,
				int16 *options)
{
	return index_create(table, name, InvalidOid, InvalidOid, InvalidOid, InvalidOid, info, columns,
						BTREE_AM_OID,
						InvalidOid, collations, classes,
#if PG_VERSION_NUM >= 170000
						NULL, options, NULL,
#else
						options,
#endif
						(Datum) 0, 0, 0, false, true, NULL);
}

#if PG_VERSION_NUM >= 180000
#define sv_index_beginscan(table, index, snapshot, n) \
	index_beginscan(table, index, snapshot, NULL, n, 0)
#else
#define sv_index_beginscan(table, index, snapshot, n) index_beginscan(table, index, snapshot, n, 0)
#endif

/* Has an INSERT a RETURNING?  Since 18 that is a node of its own. */
#if PG_VERSION_NUM >= 180000
#define sv_insert_returns(insert) ((insert)->returningClause != NULL)
#else
#define sv_insert_returns(insert) ((insert)->returningList != NIL)
#endif

/* Since 18 functions that do not return are marked before their declaration. */
#if PG_VERSION_NUM < 180000
#define pg_noreturn pg_attribute_noreturn()
#endif

/* Has the role the privilege on the schema? */
#if PG_VERSION_NUM >= 160000
#define sv_schema_aclcheck(schema, role, mode) \
	(object_aclcheck(NamespaceRelationId, (schema), (role), (mode)) == ACLCHECK_OK)
#else
#define sv_schema_aclcheck(schema, role, mode) \
	(pg_namespace_aclcheck((schema), (role), (mode)) == ACLCHECK_OK)
#endif

/*
 * CopyErrorData() for an error that is raised again: later minor releases copy the place
 * where it arose, which ReThrowError() takes as constants.
 */
extern ErrorData *sv_copy_error(void);

#endif							/* SV_COMPAT_H */
