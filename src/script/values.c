/*
 * values.c
 *		The rows of VALUES, or of an INSERT, as constants.
 *
 * Rows that a table shall have are data: nothing in them may depend on when, where
 * or by whom they are written.  So an element is a constant, a cast of one, NULL or
 * DEFAULT; all else is refused (SV007), with its place.
 */
#include "postgres.h"

#include "base/compat.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parser.h"
#include "script/script_private.h"

/* What makes the text a statement that the server can parse. */
#define PREFIX "INSERT INTO x "

typedef struct ValuesReader
{
	ManagedRows *rows;
	const char *text;
	int			shift;			/* of the parser's places against those of the text */
	const ScriptOrigin *origin;
} ValuesReader;

pg_noreturn static void
refuse_value(const ValuesReader *r, int location, const char *message, const char *hint)
{
	sv_script_invalid(r->text, Max(location - r->shift, 0), r->origin, message, NULL, hint);
	pg_unreachable();
}

/* ---------- elements ---------- */

static void
take_constant(const ValuesReader *r, const A_Const *constant, RowValue *value)
{
	if (constant->isnull)
	{
		value->kind = SV_VALUE_NULL;
		return;
	}
	switch (nodeTag(&constant->val.node))
	{
		case T_Integer:
			value->kind = SV_VALUE_NUMBER;
			value->text = psprintf("%d", constant->val.ival.ival);
			break;
		case T_Float:
			value->kind = SV_VALUE_NUMBER;
			value->text = pstrdup(constant->val.fval.fval);
			break;
		case T_Boolean:
			value->kind = SV_VALUE_BOOLEAN;
			value->text = constant->val.boolval.boolval ? "true" : "false";
			break;
		case T_String:
			value->kind = SV_VALUE_STRING;
			value->text = pstrdup(constant->val.sval.sval);
			break;
		default:
			refuse_value(r, constant->location, "a bit string cannot be a managed value",
						 "Write it as a string: '0101'.");
	}
}

/* The operand of a minus before a cast of a number, "-4::int"; else NULL. */
static Node *
negated(const Node *node)
{
	const		A_Expr *expression = (const A_Expr *) node;

	if (!IsA(node, A_Expr) || expression->kind != AEXPR_OP || expression->lexpr != NULL ||
		list_length(expression->name) != 1 || strcmp(strVal(linitial(expression->name)), "-") != 0)
		return NULL;
	return expression->rexpr;
}

static RowValue *read_value(const ValuesReader *r, Node *node);

/* Minus a number: the sign goes into the constant.  NULL for anything else. */
static RowValue *
read_negated(const ValuesReader *r, const Node *node)
{
	RowValue   *value = negated(node) != NULL ? read_value(r, negated(node)) : NULL;

	if (value == NULL || value->kind != SV_VALUE_NUMBER || value->text[0] == '-')
		return NULL;
	value->text = psprintf("-%s", value->text);
	return value;
}

/* An element of a row; SV007 unless it is a constant. */
static RowValue *
read_value(const ValuesReader *r, Node *node)
{
	RowValue   *value;

	check_stack_depth();
	switch (nodeTag(node))
	{
		case T_A_Const:
			value = palloc0(sizeof(RowValue));
			value->location = castNode(A_Const, node)->location - r->shift;
			take_constant(r, castNode(A_Const, node), value);
			return value;
		case T_SetToDefault:
			value = palloc0(sizeof(RowValue));
			value->kind = SV_VALUE_DEFAULT;
			value->location = castNode(SetToDefault, node)->location - r->shift;
			return value;
		case T_TypeCast:
			value = read_value(r, castNode(TypeCast, node)->arg);
			if (value->kind == SV_VALUE_DEFAULT)
				break;
			value->types = lappend(value->types, castNode(TypeCast, node)->typeName);
			return value;
		case T_A_Expr:
			value = read_negated(r, node);
			if (value != NULL)
				return value;
			break;
		default:
			break;
	}
	refuse_value(r, exprLocation(node), "a managed value must be a constant",
				 "Write a literal, a cast of one, NULL or DEFAULT. What is to be computed belongs into a seed: SELECT schemaver.seed('...', '...');");
	return NULL;
}

/* ---------- the statement ---------- */

/* The columns that the text names; the call may have named them, too, but no others. */
static void
take_columns(ValuesReader *r, const List *targets)
{
	List	   *named = NIL;
	ListCell   *cell;

	foreach(cell, targets)
	{
		const ResTarget *target = lfirst_node(ResTarget, cell);

		if (target->indirection != NIL)
			refuse_value(r, target->location, "a part of a column cannot be managed",
						 "Name the column, and give its whole value.");
		named = lappend(named, pstrdup(target->name));
	}
	if (named == NIL)
		return;
	if (r->rows->columns != NIL && !sv_base_same_strings(r->rows->columns, named))
		refuse_value(r, linitial_node(ResTarget, targets)->location,
					 "the rows name other columns than the argument \"columns\"",
					 "Name the columns in one of both places.");
	r->rows->columns = named;
}

/* Is it VALUES and nothing else? */
static bool
is_values(const InsertStmt *insert)
{
	const SelectStmt *select = (const SelectStmt *) insert->selectStmt;

	return select != NULL && IsA(select, SelectStmt) && select->valuesLists != NIL &&
		select->sortClause == NIL && select->limitOffset == NULL && select->limitCount == NULL &&
		select->lockingClause == NIL && select->withClause == NULL && insert->withClause == NULL &&
		insert->onConflictClause == NULL && !sv_insert_returns(insert) &&
		insert->override == OVERRIDING_NOT_SET;
}

static void
take_insert(ValuesReader *r, const InsertStmt *insert)
{
	ListCell   *cell;

	if (!is_values(insert))
		refuse_value(r, r->shift, "managed rows must be VALUES, with the columns before it",
					 "Write (column, ...) VALUES (constant, ...), ...");
	take_columns(r, insert->cols);
	foreach(cell, ((const SelectStmt *) insert->selectStmt)->valuesLists)
	{
		List	   *row = NIL;

		CHECK_FOR_INTERRUPTS();
		foreach_ptr(Node, element, lfirst(cell))
			row = lappend(row, read_value(r, element));
		r->rows->rows = lappend(r->rows->rows, row);
	}
}

/* Parse the text as what stands behind INSERT INTO; SV007 for a fault in it. */
static List *
parse_values(const ValuesReader *r)
{
	MemoryContext context = CurrentMemoryContext;
	char	   *statement = psprintf(PREFIX "%s", r->text);
	List	   *volatile trees = NIL;

	PG_TRY();
	{
		trees = raw_parser(statement, RAW_PARSE_DEFAULT);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = sv_copy_error();
		FlushErrorState();
		if (!sv_is_syntax_error(error))
			ReThrowError(error);
		sv_script_invalid_error(r->text,
								Max(sv_byte_offset(statement, strlen(statement),
												   error->cursorpos) - r->shift, 0),
								r->origin, error);
	}
	PG_END_TRY();
	return trees;
}

/*
 * Read rows, and columns where they are given, from "VALUES (...), ..." or
 * "(column, ...) VALUES (...), ...".
 */
void
sv_values_read(ManagedRows *rows, const char *text, const ScriptOrigin *origin)
{
	ValuesReader r = {rows, text, strlen(PREFIX), origin};
	List	   *trees = parse_values(&r);
	const RawStmt *statement;

	if (list_length(trees) != 1)
		sv_script_invalid(text, 0, origin, "managed rows must be one list of VALUES", NULL, NULL);
	statement = linitial_node(RawStmt, trees);
	take_insert(&r, castNode(InsertStmt, statement->stmt));
}

/* The same from an INSERT that was parsed; the text is the statement's own. */
void
sv_values_take(ManagedRows *rows, const InsertStmt *insert, const char *text,
			   const ScriptOrigin *origin)
{
	ValuesReader r = {rows, text, 0, origin};

	take_insert(&r, insert);
}
