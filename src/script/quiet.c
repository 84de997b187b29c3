/*
 * quiet.c
 *		Statements that look at no rows but those of catalogs.
 *
 * What a run has not written yet into schemaver's tables cannot be missed by such a
 * statement.  It is a list of what is known to be so, not of what is not.
 */
#include "postgres.h"

#include "nodes/parsenodes.h"
#include "script/script.h"

/* An index of columns; expressions can call functions. */
static bool
is_plain_index(const IndexStmt *stmt)
{
	ListCell   *cell;

	if (stmt->whereClause != NULL)
		return false;
	foreach(cell, stmt->indexParams)
	{
		if (lfirst_node(IndexElem, cell)->expr != NULL)
			return false;
	}
	return true;
}

static bool
is_quiet_command(const AlterTableCmd *command)
{
	switch (command->subtype)
	{
		case AT_AddColumn:
			return castNode(ColumnDef, command->def)->constraints == NIL;
		case AT_DropColumn:
		case AT_DropConstraint:
		case AT_DropNotNull:
		case AT_ColumnDefault:
		case AT_ChangeOwner:
		case AT_SetStatistics:
		case AT_EnableRowSecurity:
		case AT_DisableRowSecurity:
			return true;
		default:
			return false;
	}
}

static bool
is_quiet_alter(const AlterTableStmt *stmt)
{
	ListCell   *cell;

	foreach(cell, stmt->cmds)
	{
		if (!is_quiet_command(lfirst_node(AlterTableCmd, cell)))
			return false;
	}
	return true;
}

/*
 * Does a statement read no rows and call no function of a user's, but those that a
 * user's types and operators bring along?  Event triggers are not thought of.
 */
bool
sv_statement_is_quiet(const Node *tree)
{
	switch (nodeTag(tree))
	{
		case T_CommentStmt:
		case T_GrantStmt:
		case T_DropStmt:
		case T_RenameStmt:
		case T_AlterOwnerStmt:
		case T_AlterObjectSchemaStmt:
		case T_CreateEnumStmt:
		case T_CreateSeqStmt:
		case T_ViewStmt:
			return true;
		case T_CreateSchemaStmt:
			return ((const CreateSchemaStmt *) tree)->schemaElts == NIL;
		case T_CreateStmt:
			/* a partition is compared with the rows of the default one */
			return ((const CreateStmt *) tree)->partbound == NULL;
		case T_IndexStmt:
			return is_plain_index((const IndexStmt *) tree);
		case T_AlterTableStmt:
			return is_quiet_alter((const AlterTableStmt *) tree);
		default:
			return false;
	}
}
