/*
 * lock_targets.c
 *		Which relations a statement locks, as far as its text tells, and how.
 *
 * Pure.  Made for reports of who is in the way and for trying a lock before
 * queueing for it, so it may miss some: partitions, views, what functions do.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "commands/tablecmds.h"
#include "script/script.h"

static List *
add_lock_target(List *targets, const RangeVar *relation, LOCKMODE mode, bool owned)
{
	LockTarget *target;

	if (relation == NULL)
		return targets;
	target = palloc(sizeof(LockTarget));
	target->relation = relation;
	target->mode = mode;
	target->owned = owned;
	return lappend(targets, target);
}

static List *
add_each(List *targets, const List *relations, LOCKMODE mode)
{
	ListCell   *cell;

	foreach(cell, relations)
	{
		if (IsA(lfirst(cell), RangeVar))
			targets = add_lock_target(targets, lfirst(cell), mode, false);
	}
	return targets;
}

/* The tables that foreign keys among the constraints point at. */
static List *
add_referenced(List *targets, const List *constraints)
{
	foreach_ptr(const Constraint, constraint, constraints)
	{
		if (IsA(constraint, Constraint) && constraint->contype == CONSTR_FOREIGN)
			targets = add_lock_target(targets, constraint->pktable, ShareRowExclusiveLock, false);
	}
	return targets;
}

static List *
add_referenced_by(List *targets, const Node *element)
{
	if (element == NULL)
		return targets;
	if (IsA(element, ColumnDef))
		return add_referenced(targets, ((const ColumnDef *) element)->constraints);
	if (IsA(element, Constraint))
		return add_referenced(targets, list_make1((void *) element));
	return targets;
}

static List *
of_alter_table(const AlterTableStmt *stmt)
{
	List	   *targets = add_lock_target(NIL, stmt->relation, AlterTableGetLockLevel(stmt->cmds),
										  true);
	ListCell   *cell;

	foreach(cell, stmt->cmds)
	{
		const AlterTableCmd *command = lfirst_node(AlterTableCmd, cell);

		targets = add_referenced_by(targets, command->def);
		if (command->def != NULL && IsA(command->def, PartitionCmd))
			targets =
				add_lock_target(targets, ((const PartitionCmd *) command->def)->name,
								AccessExclusiveLock, false);
	}
	return targets;
}

static List *
of_create_table(const CreateStmt *stmt)
{
	List	   *targets = add_each(NIL, stmt->inhRelations, ShareUpdateExclusiveLock);

	foreach_ptr(const Node, element, stmt->tableElts)
		targets = add_referenced_by(targets, element);
	return add_referenced(targets, stmt->constraints);
}

static List *
of_drop(const DropStmt *stmt)
{
	List	   *targets = NIL;
	ListCell   *cell;

	if (stmt->removeType != OBJECT_TABLE && stmt->removeType != OBJECT_INDEX &&
		stmt->removeType != OBJECT_VIEW && stmt->removeType != OBJECT_MATVIEW &&
		stmt->removeType != OBJECT_SEQUENCE && stmt->removeType != OBJECT_FOREIGN_TABLE)
		return NIL;
	foreach(cell, stmt->objects)
		targets =
		add_lock_target(targets, makeRangeVarFromNameList(lfirst_node(List, cell)),
						AccessExclusiveLock,
						stmt->removeType == OBJECT_TABLE);
	return targets;
}

/* A list of LockTarget for a raw parse tree. */
List *
sv_lock_targets(const Node *tree)
{
	switch (nodeTag(tree))
	{
		case T_AlterTableStmt:
			return of_alter_table((const AlterTableStmt *) tree);
		case T_CreateStmt:
			return of_create_table((const CreateStmt *) tree);
		case T_DropStmt:
			return of_drop((const DropStmt *) tree);
		case T_IndexStmt:
			return add_lock_target(NIL, ((const IndexStmt *) tree)->relation,
								   ((const IndexStmt *) tree)->concurrent ?
								   ShareUpdateExclusiveLock : ShareLock, true);
		case T_RenameStmt:
			return add_lock_target(NIL, ((const RenameStmt *) tree)->relation, AccessExclusiveLock,
								   true);
		case T_AlterObjectSchemaStmt:
			return add_lock_target(NIL, ((const AlterObjectSchemaStmt *) tree)->relation,
								   AccessExclusiveLock, true);
		case T_TruncateStmt:
			return add_each(NIL, ((const TruncateStmt *) tree)->relations, AccessExclusiveLock);
		case T_LockStmt:
			return add_each(NIL, ((const LockStmt *) tree)->relations,
							((const LockStmt *) tree)->mode);
		case T_CreateTrigStmt:
			return add_lock_target(NIL, ((const CreateTrigStmt *) tree)->relation,
								   ShareRowExclusiveLock, false);
		case T_RuleStmt:
			return add_lock_target(NIL, ((const RuleStmt *) tree)->relation, AccessExclusiveLock,
								   true);
		case T_CreatePolicyStmt:
			return add_lock_target(NIL, ((const CreatePolicyStmt *) tree)->table,
								   AccessExclusiveLock,
								   true);
		case T_AlterPolicyStmt:
			return add_lock_target(NIL, ((const AlterPolicyStmt *) tree)->table,
								   AccessExclusiveLock,
								   true);
		case T_RefreshMatViewStmt:
			return add_lock_target(NIL, ((const RefreshMatViewStmt *) tree)->relation,
								   ((const RefreshMatViewStmt *) tree)->concurrent ? ExclusiveLock :
								   AccessExclusiveLock, true);
		case T_ReindexStmt:
			return add_lock_target(NIL, ((const ReindexStmt *) tree)->relation, ShareLock, false);
		case T_ClusterStmt:
			return add_lock_target(NIL, ((const ClusterStmt *) tree)->relation, AccessExclusiveLock,
								   true);
		case T_InsertStmt:
			return add_lock_target(NIL, ((const InsertStmt *) tree)->relation, RowExclusiveLock,
								   false);
		case T_UpdateStmt:
			return add_lock_target(NIL, ((const UpdateStmt *) tree)->relation, RowExclusiveLock,
								   false);
		case T_DeleteStmt:
			return add_lock_target(NIL, ((const DeleteStmt *) tree)->relation, RowExclusiveLock,
								   false);
		default:
			return NIL;
	}
}
