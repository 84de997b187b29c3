/*
 * drops.c
 *		What a statement may take away, as far as its parse tree tells.
 *
 * Pure.  It only chooses who has to be asked: what a statement really drops,
 * with CASCADE and all, the server says while it executes it.
 */
#include "postgres.h"

#include "script/script.h"

/* Does one of the commands drop a column or a sequence, or convert values? */
static bool
alters_values(const AlterTableStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->cmds)
	{
		AlterTableType subtype = lfirst_node(AlterTableCmd, lc)->subtype;

		if (subtype == AT_DropColumn || subtype == AT_AlterColumnType || subtype == AT_DropIdentity)
			return true;
	}
	return false;
}

DropsKind
sv_drops_kind(const Node *tree)
{
	switch (nodeTag(tree))
	{
		case T_DropStmt:
			return ((const DropStmt *) tree)->concurrent ? SV_DROPS_NOTHING : SV_DROPS_DIRECTLY;
		case T_DropOwnedStmt:
		case T_AlterExtensionStmt:
			return SV_DROPS_DIRECTLY;
		case T_AlterTableStmt:
			return alters_values((const AlterTableStmt *) tree) ? SV_DROPS_DIRECTLY :
				SV_DROPS_NOTHING;
		case T_DoStmt:
		case T_CallStmt:
		case T_SelectStmt:
		case T_ExecuteStmt:
			return SV_DROPS_ANYTHING;
		default:
			return SV_DROPS_NOTHING;
	}
}

/* Is it an ALTER TABLE whose conversions are the server's own, without USING? */
bool
sv_drops_converts_plainly(const Node *tree)
{
	if (!IsA(tree, AlterTableStmt))
		return false;
	foreach_node(AlterTableCmd, cmd, ((const AlterTableStmt *) tree)->cmds)
	{
		if (cmd->subtype == AT_AlterColumnType &&
			castNode(ColumnDef, cmd->def)->raw_default != NULL)
			return false;
	}
	return true;
}

/*
 * The names of the columns to which an ALTER TABLE applies commands of that
 * subtype, a list of char *.  NIL for every other statement, and if it has other
 * commands as well.
 */
List *
sv_drops_columns_changed(const Node *tree, AlterTableType subtype, RangeVar **relation)
{
	const AlterTableStmt *stmt = (const AlterTableStmt *) tree;
	List	   *names = NIL;

	if (!IsA(tree, AlterTableStmt) || stmt->objtype != OBJECT_TABLE)
		return NIL;
	foreach_node(AlterTableCmd, cmd, stmt->cmds)
	{
		if (cmd->subtype != subtype)
			return NIL;
		names = lappend(names, subtype == AT_AddColumn ? castNode(ColumnDef, cmd->def)->colname :
						cmd->name);
	}
	*relation = stmt->relation;
	return names;
}
