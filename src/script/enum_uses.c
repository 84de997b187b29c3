/*
 * enum_uses.c
 *		Does an expression or query use an enum value that cannot be used yet?
 *
 * A use is a string constant that the server would read as a value of the enum
 * type: cast to it, compared with or assigned to something of the type, its
 * default, and so on.  What the constant meets is decided by the tree, and by
 * the known types of columns.  An equal constant that meets a text column is no
 * use.  Where it cannot be told (a function's argument, a column of a subquery)
 * it counts as none: a wrong report would refuse a run that works, a missing
 * one leaves it to the server to say so.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/nodeFuncs.h"

#include "script/script_private.h"

static bool search_walker(Node *node, void *context);

/* ---------- values and types ---------- */

/* Is the value an element of the text of an array, as '{a,"b"}' ? */
static bool
is_element(const char *array, const char *value)
{
	size_t		length = strlen(value);

	if (array[0] != '{')
		return false;
	for (const char *at = strstr(array + 1, value); at != NULL; at = strstr(at + 1, value))
	{
		char		before = at[-1];
		char		after = at[length];

		if (strchr("{,\" ", before) != NULL && after != '\0' &&
			strchr("},\" ", after) != NULL)
			return true;
	}
	return false;
}

/* Is the text such a value, or an array with one?  Then it has been found. */
bool
sv_enum_is_unsafe(UseSearch *search, const WatchedType *type, const char *value)
{
	ListCell   *lc;

	foreach(lc, type->unsafe)
	{
		const char *unsafe = lfirst(lc);

		if (strcmp(value, unsafe) != 0 && !(*unsafe != '\0' && is_element(value, unsafe)))
			continue;
		search->value = unsafe;
		search->type = type;
		return true;
	}
	return false;
}

/* Does one of the expressions give an unsafe value of the type? */
bool
sv_enum_any_yields(UseSearch *search, const WatchedType *type, const List *nodes)
{
	ListCell   *lc;

	foreach(lc, nodes)
	{
		if (sv_enum_yields(search, type, lfirst(lc)))
			return true;
	}
	return false;
}

/*
 * Is the expression a constant, array or list with an unsafe value, if it is of
 * the type?  (CASE and COALESCE of constants alone are text, not of the type.)
 */
bool
sv_enum_yields(UseSearch *search, const WatchedType *type, Node *node)
{
	if (node == NULL)
		return false;
	check_stack_depth();
	switch (nodeTag(node))
	{
		case T_A_Const:
			{
				A_Const    *constant = (A_Const *) node;

				return !constant->isnull && IsA(&constant->val, String) &&
					sv_enum_is_unsafe(search, type, constant->val.sval.sval);
			}
		case T_List:
			return sv_enum_any_yields(search, type, (List *) node);
		case T_A_ArrayExpr:
			return sv_enum_any_yields(search, type, ((A_ArrayExpr *) node)->elements);
		default:
			return false;
	}
}

/* Type of the name, which may be a column's, a parameter's or a variable's. */
const WatchedType *
sv_enum_name_type(UseSearch *search, const char *qualifier, const char *name)
{
	const WatchedType *type = NULL;
	ListCell   *lc;

	foreach(lc, search->names)
	{
		const WatchedName *known = lfirst(lc);

		if (strcmp(known->name, name) == 0)
			return known->type;
	}
	foreach(lc, search->tables)
	{
		const RangeVar *table = lfirst(lc);
		const char *alias = table->alias != NULL ? table->alias->aliasname : table->relname;
		const WatchedType *found;

		found = sv_enum_column_type(search->watch,
									sv_enum_column(sv_enum_table(search->watch, table->relname), name));
		if (qualifier != NULL && strcmp(qualifier, alias) == 0)
			return found;
		if (type == NULL)
			type = found;
	}
	return type;
}

static const WatchedType *
column_ref_type(UseSearch *search, const ColumnRef *ref)
{
	int			n = list_length(ref->fields);
	Node	   *last = llast(ref->fields);
	Node	   *before = n > 1 ? list_nth(ref->fields, n - 2) : NULL;

	if (!IsA(last, String))
		return NULL;
	return sv_enum_name_type(search, before != NULL && IsA(before, String) ? strVal(before) : NULL,
							 strVal(last));
}

/* Return the type of the expression if it has unsafe values and can be told. */
static const WatchedType *
type_of(UseSearch *search, Node *node)
{
	const List *args = NIL;
	const WatchedType *type = NULL;
	ListCell   *lc;

	if (node == NULL)
		return NULL;
	switch (nodeTag(node))
	{
		case T_ColumnRef:
			return column_ref_type(search, (ColumnRef *) node);
		case T_TypeCast:
			return sv_enum_unsafe_typename(search->watch, ((TypeCast *) node)->typeName);
		case T_ParamRef:
			return sv_enum_name_type(search, NULL, psprintf("$%d", ((ParamRef *) node)->number));
		case T_A_Indirection:
			return type_of(search, ((A_Indirection *) node)->arg);
		case T_List:
			args = (List *) node;
			break;
		case T_CoalesceExpr:
			args = ((CoalesceExpr *) node)->args;
			break;
		case T_MinMaxExpr:
			args = ((MinMaxExpr *) node)->args;
			break;
		default:
			return NULL;
	}
	foreach(lc, args)
	{
		if (type == NULL)
			type = type_of(search, lfirst(lc));
	}
	return type;
}

static bool meet(UseSearch *search, Node *a, Node *b);

/* The same for two rows, or for a row and a list of rows. */
static bool
rows_meet(UseSearch *search, RowExpr *row, Node *other)
{
	ListCell   *ca;
	ListCell   *cb;

	if (IsA(other, List))
	{
		foreach(ca, (List *) other)
		{
			if (meet(search, (Node *) row, lfirst(ca)))
				return true;
		}
		return false;
	}
	if (!IsA(other, RowExpr))
		return false;
	forboth(ca, row->args, cb, ((RowExpr *) other)->args)
	{
		if (meet(search, lfirst(ca), lfirst(cb)))
			return true;
	}
	return false;
}

/* Does one of two expressions that must be of one type give an unsafe value? */
static bool
meet(UseSearch *search, Node *a, Node *b)
{
	const WatchedType *type = type_of(search, a);

	if (a == NULL || b == NULL)
		return false;
	if (IsA(a, RowExpr))
		return rows_meet(search, (RowExpr *) a, b);
	if (type != NULL && sv_enum_yields(search, type, b))
		return true;
	type = type_of(search, b);
	return type != NULL && sv_enum_yields(search, type, a);
}

/* ---------- expressions ---------- */

static bool
use_in_cast(UseSearch *search, const TypeCast *cast)
{
	const WatchedType *type = sv_enum_unsafe_typename(search->watch, cast->typeName);
	return type != NULL && sv_enum_yields(search, type, cast->arg);
}

/* Do the operands of the operator have to be of one type? */
static bool
is_comparison(const A_Expr *expr)
{
	static const char *const operators[] = {
		"=", "<>", "!=", "<", ">", "<=", ">="
	};

	if (expr->kind == AEXPR_LIKE || expr->kind == AEXPR_ILIKE || expr->kind == AEXPR_SIMILAR)
		return false;
	if (expr->kind != AEXPR_OP && expr->kind != AEXPR_OP_ANY && expr->kind != AEXPR_OP_ALL)
		return true;
	for (int i = 0; i < lengthof(operators); i++)
	{
		if (strcmp(strVal(llast(expr->name)), operators[i]) == 0)
			return true;
	}
	return false;
}

static bool
use_in_operator(UseSearch *search, const A_Expr *expr)
{
	return is_comparison(expr) &&
		meet(search, expr->lexpr, expr->rexpr);
}

static bool
use_in_case(UseSearch *search, CaseExpr *expr)
{
	const WatchedType *type = type_of(search, (Node *) expr->defresult);
	ListCell   *lc;

	foreach(lc, expr->args)
	{
		CaseWhen   *when = lfirst(lc);

		if (expr->arg != NULL && meet(search, (Node *) expr->arg, (Node *) when->expr))
			return true;
		if (type == NULL)
			type = type_of(search, (Node *) when->result);
	}
	foreach(lc, type != NULL ? expr->args : NIL)
	{
		if (sv_enum_yields(search, type, (Node *) ((CaseWhen *) lfirst(lc))->result))
			return true;
	}
	return type != NULL && sv_enum_yields(search, type, (Node *) expr->defresult);
}

/* Several expressions of one type, one of which may tell it. */
static bool
use_in_list(UseSearch *search, List *args)
{
	const WatchedType *type = type_of(search, (Node *) args);

	return type != NULL && sv_enum_any_yields(search, type, args);
}

/* enum_range() gives all values, the new ones too. */
static bool
use_in_function(UseSearch *search, const FuncCall *call)
{
	const WatchedType *type;

	if (list_length(call->args) != 1 ||
		strcmp(strVal(llast(call->funcname)), "enum_range") != 0)
		return false;
	type = type_of(search, linitial(call->args));
	return type != NULL && sv_enum_is_unsafe(search, type, linitial(type->unsafe));
}

/* ---------- assignments ---------- */

/* The expression is assigned to the column: does that use a value? */
bool
sv_enum_use_in_assignment(UseSearch *search, const char *table, const char *column, Node *value)
{
	const WatchedTable *known = sv_enum_table(search->watch, table);
	const WatchedType *type = sv_enum_column_type(search->watch, sv_enum_column(known, column));

	if (type == NULL || value == NULL)
		return false;
	if (IsA(value, MultiAssignRef))
	{
		MultiAssignRef *ref = (MultiAssignRef *) value;

		if (!IsA(ref->source, RowExpr) ||
			ref->colno > list_length(((RowExpr *) ref->source)->args))
			return false;
		value = list_nth(((RowExpr *) ref->source)->args, ref->colno - 1);
	}
	return sv_enum_yields(search, type, value);
}

/* SET of UPDATE, of ON CONFLICT and of MERGE. */
static bool
use_in_set(UseSearch *search, const RangeVar *table, const List *targets)
{
	ListCell   *lc;

	foreach(lc, targets)
	{
		const ResTarget *target = lfirst(lc);

		if (target->name != NULL &&
			sv_enum_use_in_assignment(search, table->relname, target->name, target->val))
			return true;
	}
	return false;
}

/* Does the row give an unsafe value at the position (-1: at any)? */
static bool
use_in_row(UseSearch *search, const WatchedType *type, const List *row, int position)
{
	if (position < 0)
		return sv_enum_any_yields(search, type, row);
	return position < list_length(row) && sv_enum_yields(search, type, list_nth(row, position));
}

/* Return the expressions that a SELECT gives, or NIL if * is among them. */
static List *
output_of(const SelectStmt *select)
{
	List	   *row = NIL;
	ListCell   *lc;

	foreach(lc, select->targetList)
	{
		Node	   *value = ((ResTarget *) lfirst(lc))->val;

		if (IsA(value, ColumnRef) && IsA(llast(((ColumnRef *) value)->fields), A_Star))
			return NIL;
		row = lappend(row, value);
	}
	return row;
}

static bool
use_in_source(UseSearch *search, const WatchedType *type, const Node *source, int position)
{
	const SelectStmt *select = (const SelectStmt *) source;
	ListCell   *lc;

	if (source == NULL || !IsA(source, SelectStmt))
		return false;
	check_stack_depth();
	if (select->op != SETOP_NONE)
		return use_in_source(search, type, (Node *) select->larg, position) ||
			use_in_source(search, type, (Node *) select->rarg, position);
	foreach(lc, select->valuesLists)
	{
		if (use_in_row(search, type, lfirst(lc), position))
			return true;
	}
	return use_in_row(search, type, output_of(select), position);
}

/*
 * Position, from 0, of the column's value in a row to insert; -1: somewhere;
 * -2: nowhere.  columns is a list of ResTarget, NIL: all columns.
 */
static int
insert_position(const WatchedTable *table, const WatchedColumn *column, const List *columns)
{
	for (int i = 0; i < list_length(columns); i++)
	{
		if (strcmp(((ResTarget *) list_nth(columns, i))->name, column->name) == 0)
			return i;
	}
	return columns != NIL ? -2 : sv_enum_position(table, column) - 1;
}

/* Rows (a SELECT or VALUES, or the single row of MERGE) go into the columns. */
static bool
use_in_rows(UseSearch *search, const RangeVar *relation, const List *columns,
			const Node *source, const List *row)
{
	const WatchedTable *table = sv_enum_table(search->watch, relation->relname);
	ListCell   *lc;

	foreach(lc, table != NULL ? table->columns : NIL)
	{
		const WatchedColumn *column = lfirst(lc);
		const WatchedType *type = sv_enum_column_type(search->watch, column);
		int			position;

		if (type == NULL)
			continue;
		position = insert_position(table, column, columns);
		if (position >= -1 && (use_in_source(search, type, source, position) ||
							   use_in_row(search, type, row, position)))
			return true;
	}
	return false;
}

static bool
use_in_insert(UseSearch *search, const InsertStmt *stmt)
{
	if (stmt->onConflictClause != NULL &&
		use_in_set(search, stmt->relation, stmt->onConflictClause->targetList))
		return true;
	return use_in_rows(search, stmt->relation, stmt->cols, stmt->selectStmt, NIL);
}

static bool
use_in_merge(UseSearch *search, const MergeStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->mergeWhenClauses)
	{
		const MergeWhenClause *when = lfirst(lc);

		if (when->commandType == CMD_UPDATE &&
			use_in_set(search, stmt->relation, when->targetList))
			return true;
		if (when->commandType == CMD_INSERT &&
			use_in_rows(search, stmt->relation, when->targetList, NULL, when->values))
			return true;
	}
	return false;
}

/* ---------- walking ---------- */

static bool
use_at(UseSearch *search, Node *node)
{
	switch (nodeTag(node))
	{
		case T_TypeCast:
			return use_in_cast(search, (TypeCast *) node);
		case T_A_Expr:
			return use_in_operator(search, (A_Expr *) node);
		case T_CaseExpr:
			return use_in_case(search, (CaseExpr *) node);
		case T_CoalesceExpr:
			return use_in_list(search, ((CoalesceExpr *) node)->args);
		case T_MinMaxExpr:
			return use_in_list(search, ((MinMaxExpr *) node)->args);
		case T_FuncCall:
			return use_in_function(search, (FuncCall *) node);
		case T_InsertStmt:
			return use_in_insert(search, (InsertStmt *) node);
		case T_UpdateStmt:
			return use_in_set(search, ((UpdateStmt *) node)->relation,
							  ((UpdateStmt *) node)->targetList);
		case T_MergeStmt:
			return use_in_merge(search, (MergeStmt *) node);
		default:
			return false;
	}
}

static bool
search_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	check_stack_depth();
	if (use_at(context, node))
		return true;
	return raw_expression_tree_walker(node, search_walker, context);
}

static bool
tables_walker(Node *node, void *context)
{
	UseSearch  *search = context;

	if (node == NULL)
		return false;
	check_stack_depth();
	if (IsA(node, RangeVar))
		search->tables = lappend(search->tables, node);
	return raw_expression_tree_walker(node, tables_walker, context);
}

/* Search an expression or query that belongs to the relation (or to none). */
bool
sv_enum_use_in_tree(UseSearch *search, RangeVar *relation, Node *tree)
{
	if (tree == NULL)
		return false;
	search->tables = relation != NULL ? list_make1(relation) : NIL;
	(void) tables_walker(tree, search);
	return search_walker(tree, search);
}
