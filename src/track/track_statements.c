/*
 * track_statements.c
 *		What statements are about to change that the object access hook is not
 *		told: comments, labels, privileges, the state of materialized views,
 *		members of extensions.
 *
 * Called before the statement runs.  What is named and not there is left to the
 * statement, which says so.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_language.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "commands/proclang.h"
#include "commands/tablecmds.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "model/model.h"
#include "nodes/makefuncs.h"
#include "nodes/parsenodes.h"
#include "parser/parse_func.h"
#include "parser/parse_type.h"
#include "track/track_private.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* Triggers of foreign keys and the like are no part of a model. */
bool
sv_trigger_is_internal(Oid trigger)
{
	Relation	catalog = table_open(TriggerRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		result;

	ScanKeyInit(&key, Anum_pg_trigger_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(trigger));
	scan = systable_beginscan(catalog, TriggerOidIndexId, true, SnapshotSelf, 1, &key);
	tuple = systable_getnext(scan);
	result = HeapTupleIsValid(tuple) && ((Form_pg_trigger) GETSTRUCT(tuple))->tgisinternal;
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return result;
}

/* The triggers that partitions have from that of their parent. */
List *
sv_trigger_copies(Oid trigger)
{
	DependScan	scan = sv_depend_begin(TriggerRelationId, trigger, true, NULL);
	List	   *copies = NIL;
	Form_pg_depend row;

	while ((row = sv_depend_next(&scan)) != NULL)
	{
		if (row->classid == TriggerRelationId)
			copies = lappend_oid(copies, row->objid);
	}
	return copies;
}

/* Objects of the whole cluster are no part of a model. */
static bool
is_of_cluster(ObjectType type)
{
	return type == OBJECT_DATABASE || type == OBJECT_ROLE || type == OBJECT_TABLESPACE ||
		type == OBJECT_LARGEOBJECT;
}

/* The object of COMMENT ON and the like, with the lock that these take. */
static void
touch_named(ObjectType type, Node *name)
{
	Relation	relation = NULL;
	ObjectAddress address;

	if (is_of_cluster(type))
		return;
	address = get_object_address(type, name, &relation, ShareUpdateExclusiveLock, true);
	if (OidIsValid(address.objectId))
		sv_track_touch(address.classId, address.objectId);
	if (relation != NULL)
		relation_close(relation, NoLock);
}

static void
touch_relation(const RangeVar *name)
{
	Oid			relation = RangeVarGetRelid(name, NoLock, true);

	if (OidIsValid(relation))
		sv_track_touch(RelationRelationId, relation);
}

/* An object of GRANT. */
static void
touch_granted(ObjectType type, Node *object)
{
	Oid			oid;

	switch (type)
	{
		case OBJECT_TABLE:
		case OBJECT_SEQUENCE:
			touch_relation(castNode(RangeVar, object));
			break;
		case OBJECT_FUNCTION:
		case OBJECT_PROCEDURE:
		case OBJECT_ROUTINE:
			oid = LookupFuncWithArgs(type, castNode(ObjectWithArgs, object), true);
			if (OidIsValid(oid))
				sv_track_touch(ProcedureRelationId, oid);
			break;
		case OBJECT_SCHEMA:
			oid = get_namespace_oid(strVal(object), true);
			if (OidIsValid(oid))
				sv_track_touch(NamespaceRelationId, oid);
			break;
		case OBJECT_LANGUAGE:
			oid = get_language_oid(strVal(object), true);
			if (OidIsValid(oid))
				sv_track_touch(LanguageRelationId, oid);
			break;
		case OBJECT_FDW:
			oid = get_foreign_data_wrapper_oid(strVal(object), true);
			if (OidIsValid(oid))
				sv_track_touch(ForeignDataWrapperRelationId, oid);
			break;
		case OBJECT_FOREIGN_SERVER:
			oid = get_foreign_server_oid(strVal(object), true);
			if (OidIsValid(oid))
				sv_track_touch(ForeignServerRelationId, oid);
			break;
		case OBJECT_TYPE:
		case OBJECT_DOMAIN:
			oid = LookupTypeNameOid(NULL, makeTypeNameFromNameList((List *) object), true);
			if (OidIsValid(oid))
				sv_track_touch(TypeRelationId, oid);
			break;
		default:
			break;				/* of the cluster */
	}
}

/* GRANT ... ON ALL TABLES IN SCHEMA and the like. */
static void
touch_all_in_schema(ObjectType type, const char *schema)
{
	Oid			oid = get_namespace_oid(schema, true);
	bool		relations = type == OBJECT_TABLE || type == OBJECT_SEQUENCE;

	if (!OidIsValid(oid))
		return;
	foreach_ptr(const ObjectAddress, unit, sv_units_in_schema(oid))
	{
		if (unit->classId == (relations ? RelationRelationId : ProcedureRelationId))
			sv_track_touch(unit->classId, unit->objectId);
	}
}

static void
touch_grant(const GrantStmt *grant)
{
	ListCell   *cell;

	foreach(cell, grant->objects)
	{
		if (grant->targtype == ACL_TARGET_OBJECT)
			touch_granted(grant->objtype, lfirst(cell));
		else if (grant->targtype == ACL_TARGET_ALL_IN_SCHEMA)
			touch_all_in_schema(grant->objtype, strVal(lfirst(cell)));
	}
}

/* Does a subcommand add a column, and nothing with it but a default? */
static bool
adds_column(const AlterTableCmd *command)
{
	ListCell   *cell;

	if (command->subtype != AT_AddColumn)
		return false;
	foreach(cell, castNode(ColumnDef, command->def)->constraints)
	{
		ConstrType	type = lfirst_node(Constraint, cell)->contype;

		if (type != CONSTR_NULL && type != CONSTR_NOTNULL && type != CONSTR_DEFAULT)
			return false;
	}
	return true;
}

static bool
has_policies(Oid table)
{
	Relation	catalog = table_open(PolicyRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	bool		result;

	ScanKeyInit(&key, Anum_pg_policy_polrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(table));
	scan = systable_beginscan(catalog, PolicyPolrelidPolnameIndexId, true, NULL, 1, &key);
	result = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return result;
}

/*
 * If a statement does nothing to a table, or to another one, but add columns to it: how
 * many there were; 0 otherwise.  Policies and rules have queries, which may read otherwise
 * when a table in them gets a column.
 */
static int
columns_before(const AlterTableStmt *alter, Oid oid)
{
	Relation	table;
	int			result = 0;
	ListCell   *cell;

	foreach(cell, alter->cmds)
	{
		if (!adds_column(lfirst_node(AlterTableCmd, cell)))
			return 0;
	}
	table = relation_open(oid, NoLock);
	if (table->rd_rel->relkind == RELKIND_RELATION && !table->rd_rel->relhassubclass &&
		!table->rd_rel->relhasrules && !has_policies(oid))
		result = RelationGetNumberOfAttributes(table);
	relation_close(table, NoLock);
	return result;
}

static void
touch_relation_altered(const AlterTableStmt *alter, Oid relation)
{
	Oid			rows = get_rel_type_id(relation);
	List	   *readers = OidIsValid(rows) ? sv_type_dependents(rows) : NIL;
	int			columns = readers == NIL ? columns_before(alter, relation) : 0;

	if (columns > 0)
		sv_track_columns(relation, columns);
	else
		sv_track_touch(RelationRelationId, relation);
	sv_track_touch_readers(readers);	/* what is built of its rows */
}

/*
 * ALTER TABLE and its like.  The hook is told of most subcommands, but not of all:
 * the relation itself is always taken, with the lock and the checks of the
 * command.
 */
static void
touch_altered(AlterTableStmt *alter)
{
	Oid			relation = AlterTableLookupRelation(alter, AlterTableGetLockLevel(alter->cmds));
	ListCell   *cell;

	if (OidIsValid(relation))
		touch_relation_altered(alter, relation);
	foreach(cell, alter->cmds)
	{
		const AlterTableCmd *command = lfirst_node(AlterTableCmd, cell);

		if (alter->objtype == OBJECT_INDEX && command->subtype == AT_AttachPartition)
			touch_relation(castNode(PartitionCmd, command->def)->name);
	}
}

/* All that uses members of an extension. */
static void
touch_extension(const char *name)
{
	Oid			extension = get_extension_oid(name, true);

	if (OidIsValid(extension))
		sv_track_touch_readers(sv_extension_dependents(extension));
}

/* A trigger and an index belong to their relation. */
static void
touch_depending(const AlterObjectDependsStmt * depends)
{
	if (depends->relation != NULL)
		touch_relation(depends->relation);
	else
		touch_named(depends->objectType, depends->object);
}

/* Tell sv_track_touch() what a statement is about to change. */
void
sv_track_statement(Node *statement)
{
	switch (nodeTag(statement))
	{
		case T_CommentStmt:
			touch_named(((CommentStmt *) statement)->objtype, ((CommentStmt *) statement)->object);
			break;
		case T_SecLabelStmt:
			touch_named(((SecLabelStmt *) statement)->objtype,
						((SecLabelStmt *) statement)->object);
			break;
		case T_GrantStmt:
			touch_grant((GrantStmt *) statement);
			break;
		case T_AlterTableStmt:
			touch_altered((AlterTableStmt *) statement);
			break;
		case T_CopyStmt:
			if (((CopyStmt *) statement)->is_from && ((CopyStmt *) statement)->relation != NULL)
				sv_track_written(RangeVarGetRelid(((CopyStmt *) statement)->relation, NoLock,
												  true));
			break;
		case T_RefreshMatViewStmt:
			touch_relation(((RefreshMatViewStmt *) statement)->relation);
			break;
		case T_AlterExtensionContentsStmt:
			{
				AlterExtensionContentsStmt *alter = (AlterExtensionContentsStmt *) statement;

				touch_named(OBJECT_EXTENSION, (Node *) makeString(alter->extname));
				touch_named(alter->objtype, alter->object);
				sv_forget_schemas();	/* a member is left out */
			}
			break;
		case T_AlterExtensionStmt:
			touch_extension(((AlterExtensionStmt *) statement)->extname);
			break;
		case T_AlterObjectSchemaStmt:
			if (((AlterObjectSchemaStmt *) statement)->objectType == OBJECT_EXTENSION)
				touch_extension(strVal(((AlterObjectSchemaStmt *) statement)->object));
			break;
		case T_AlterObjectDependsStmt:
			touch_depending((const AlterObjectDependsStmt *) statement);
			break;
		case T_DropOwnedStmt:
		case T_ReassignOwnedStmt:
			sv_track_touch_everything();
			break;
		case T_RenameStmt:
			if (((RenameStmt *) statement)->renameType == OBJECT_ROLE)
				sv_track_touch_everything();
			break;
		default:
			break;
	}
}

/*
 * Does the statement give an object another name or schema, so that what
 * refers to it reads differently?
 */
bool
sv_statement_renames(const Node *statement)
{
	return IsA(statement, RenameStmt) || IsA(statement, AlterObjectSchemaStmt) ||
		(IsA(statement, AlterEnumStmt) && ((const AlterEnumStmt *) statement)->oldVal != NULL);
}
