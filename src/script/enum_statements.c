/*
 * enum_statements.c
 *		Which parts of a statement can use a new enum value.
 *
 * The server's tree walker knows queries and expressions; what utility
 * statements hold of them is found here and searched by enum_uses.c.
 * ALTER TYPE and COMMENT use no values.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "script/script_private.h"

/* Constraints of a table, a column or a domain; type: of what has a default. */
static bool
use_in_constraints(UseSearch *search, RangeVar *relation, const WatchedType *type,
				   const List *constraints)
{
	ListCell   *lc;

	foreach(lc, constraints)
	{
		Constraint *constraint = lfirst(lc);

		if (!IsA(constraint, Constraint))
			continue;
		if (type != NULL && constraint->contype == CONSTR_DEFAULT &&
			sv_enum_yields(search, type, constraint->raw_expr))
			return true;
		if (sv_enum_use_in_tree(search, relation, constraint->raw_expr) ||
			sv_enum_use_in_tree(search, relation, constraint->where_clause))
			return true;
	}
	return false;
}

static bool
use_in_column(UseSearch *search, RangeVar *relation, ColumnDef *def)
{
	const WatchedType *type = sv_enum_unsafe_typename(search->watch, def->typeName);

	/* raw_default is what ALTER COLUMN TYPE has behind USING */
	if (type != NULL && sv_enum_yields(search, type, def->raw_default))
		return true;
	return sv_enum_use_in_tree(search, relation, def->raw_default) ||
		use_in_constraints(search, relation, type, def->constraints);
}

/* Bounds of a partition: their types are those of the parent's key. */
static bool
use_in_bound(UseSearch *search, const RangeVar *parent, const PartitionBoundSpec *bound)
{
	const WatchedTable *table = sv_enum_table(search->watch, parent->relname);
	ListCell   *lc;

	foreach(lc, table != NULL && bound != NULL ? table->columns : NIL)
	{
		const WatchedType *type = sv_enum_column_type(search->watch, lfirst(lc));

		if (type != NULL && (sv_enum_any_yields(search, type, bound->listdatums) ||
							 sv_enum_any_yields(search, type, bound->lowerdatums) ||
							 sv_enum_any_yields(search, type, bound->upperdatums)))
			return true;
	}
	return false;
}

static bool
use_in_create_table(UseSearch *search, const CreateStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->tableElts)
	{
		Node	   *element = lfirst(lc);

		if (IsA(element, ColumnDef) &&
			use_in_column(search, stmt->relation, (ColumnDef *) element))
			return true;
	}
	if (stmt->inhRelations != NIL &&
		use_in_bound(search, linitial(stmt->inhRelations), stmt->partbound))
		return true;
	return use_in_constraints(search, stmt->relation, NULL, stmt->tableElts) ||
		use_in_constraints(search, stmt->relation, NULL, stmt->constraints);
}

static bool
use_in_alter_table(UseSearch *search, const AlterTableStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->cmds)
	{
		const AlterTableCmd *cmd = lfirst(lc);
		bool		used = false;

		if (cmd->def == NULL)
			continue;
		if (cmd->subtype == AT_ColumnDefault)
			used = sv_enum_use_in_assignment(search, stmt->relation->relname, cmd->name, cmd->def) ||
				sv_enum_use_in_tree(search, stmt->relation, cmd->def);
		else if (IsA(cmd->def, ColumnDef))
			used = use_in_column(search, stmt->relation, (ColumnDef *) cmd->def);
		else if (IsA(cmd->def, Constraint))
			used = use_in_constraints(search, stmt->relation, NULL, list_make1(cmd->def));
		else if (IsA(cmd->def, PartitionCmd))
			used = use_in_bound(search, stmt->relation, ((PartitionCmd *) cmd->def)->bound);
		if (used)
			return true;
	}
	return false;
}

static bool
use_in_index(UseSearch *search, const IndexStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->indexParams)
	{
		if (sv_enum_use_in_tree(search, stmt->relation, ((IndexElem *) lfirst(lc))->expr))
			return true;
	}
	return sv_enum_use_in_tree(search, stmt->relation, stmt->whereClause);
}

/* CREATE DOMAIN: in its CHECK, VALUE is of the base type. */
static bool
use_in_domain(UseSearch *search, const CreateDomainStmt *stmt)
{
	const WatchedType *type = sv_enum_unsafe_typename(search->watch, stmt->typeName);
	WatchedName value = {"value", type};

	if (type != NULL)
		search->names = list_make1(&value);
	if (use_in_constraints(search, NULL, type, stmt->constraints))
		return true;
	search->names = NIL;
	return false;
}

/* The rule's actions, or the elements of CREATE SCHEMA. */
static bool
use_in_any(UseSearch *search, const List *trees)
{
	ListCell   *lc;

	foreach(lc, trees)
	{
		if (sv_enum_use(search, lfirst(lc)))
			return true;
	}
	return false;
}

/*
 * Does the statement use an unsafe value?  Then the search says which.  Errors
 * are none of its own; it recurses as deep as the tree is.
 */
bool
sv_enum_use(UseSearch *search, Node *tree)
{
	if (tree == NULL)
		return false;
	check_stack_depth();
	switch (nodeTag(tree))
	{
		case T_SelectStmt:
		case T_InsertStmt:
		case T_UpdateStmt:
		case T_DeleteStmt:
		case T_MergeStmt:
			return sv_enum_use_in_tree(search, NULL, tree);
		case T_RawStmt:
			return sv_enum_use(search, ((RawStmt *) tree)->stmt);
		case T_List:
			return use_in_any(search, (List *) tree);
		case T_CreateStmt:
			return use_in_create_table(search, (CreateStmt *) tree);
		case T_AlterTableStmt:
			return use_in_alter_table(search, (AlterTableStmt *) tree);
		case T_IndexStmt:
			return use_in_index(search, (IndexStmt *) tree);
		case T_CreateDomainStmt:
			return use_in_domain(search, (CreateDomainStmt *) tree);
		case T_CreateSchemaStmt:
			return use_in_any(search, ((CreateSchemaStmt *) tree)->schemaElts);
		case T_ViewStmt:
			return sv_enum_use(search, ((ViewStmt *) tree)->query);
		case T_CreateTableAsStmt:
			return sv_enum_use(search, ((CreateTableAsStmt *) tree)->query);
		case T_ExplainStmt:
			return sv_enum_use(search, ((ExplainStmt *) tree)->query);
		case T_PrepareStmt:
			return sv_enum_use(search, ((PrepareStmt *) tree)->query);
		case T_DeclareCursorStmt:
			return sv_enum_use(search, ((DeclareCursorStmt *) tree)->query);
		case T_CopyStmt:
			return sv_enum_use(search, ((CopyStmt *) tree)->query) ||
				sv_enum_use_in_tree(search, ((CopyStmt *) tree)->relation, ((CopyStmt *) tree)->whereClause);
		case T_CallStmt:
			return sv_enum_use_in_tree(search, NULL, (Node *) ((CallStmt *) tree)->funccall);
		case T_CreateTrigStmt:
			return sv_enum_use_in_tree(search, ((CreateTrigStmt *) tree)->relation,
							   ((CreateTrigStmt *) tree)->whenClause);
		case T_CreatePolicyStmt:
			return sv_enum_use_in_tree(search, ((CreatePolicyStmt *) tree)->table,
							   ((CreatePolicyStmt *) tree)->qual) ||
				sv_enum_use_in_tree(search, ((CreatePolicyStmt *) tree)->table,
							((CreatePolicyStmt *) tree)->with_check);
		case T_AlterPolicyStmt:
			return sv_enum_use_in_tree(search, ((AlterPolicyStmt *) tree)->table,
							   ((AlterPolicyStmt *) tree)->qual) ||
				sv_enum_use_in_tree(search, ((AlterPolicyStmt *) tree)->table,
							((AlterPolicyStmt *) tree)->with_check);
		case T_RuleStmt:
			return sv_enum_use_in_tree(search, ((RuleStmt *) tree)->relation,
							   ((RuleStmt *) tree)->whereClause) ||
				use_in_any(search, ((RuleStmt *) tree)->actions);
		case T_ReturnStmt:
			return sv_enum_use_in_tree(search, NULL, ((ReturnStmt *) tree)->returnval);
		case T_CreateFunctionStmt:
			return sv_enum_use_in_function(search, (CreateFunctionStmt *) tree);
		case T_DoStmt:
			return sv_enum_use_in_block(search, (DoStmt *) tree);
		default:
			return false;
	}
}
