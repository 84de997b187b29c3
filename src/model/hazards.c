/*
 * hazards.c
 *		Whether a statement on a column rewrites its table, as the server decides it
 *		(ATExecAddColumn and ATPrepAlterColumnType in tablecmds.c).
 *
 * Only what is sure keeps the rows: whatever cannot be told without evaluating
 * something of a user's counts as a rewrite.
 */
#include "postgres.h"

#include "access/transam.h"
#include "base/compat.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "model/model.h"
#include "model/model_private.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parser.h"
#include "utils/catcache.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

/* Is each function of that name one of the server's, and does none change within a statement? */
static bool
is_stable(const List *name)
{
	CatCList   *list = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(strVal(llast(name))));
	bool		stable = list->n_members > 0;

	if (list_length(name) > 1 && strcmp(strVal(linitial(name)), "pg_catalog") != 0)
		stable = false;
	for (int i = 0; stable && i < list->n_members; i++)
	{
		Form_pg_proc proc = (Form_pg_proc) GETSTRUCT(&list->members[i]->tuple);

		stable = proc->pronamespace == PG_CATALOG_NAMESPACE && proc->oid < FirstNormalObjectId &&
			proc->provolatile != PROVOLATILE_VOLATILE;
	}
	ReleaseSysCacheList(list);
	return stable;
}

/* Is there something in the raw tree that may give each row another value? */
static bool
may_vary(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, FuncCall) && !is_stable(castNode(FuncCall, node)->funcname))
		return true;
	if (IsA(node, A_Expr) && list_length(castNode(A_Expr, node)->name) > 1)
		return true;			/* OPERATOR(schema.=) */
	return raw_expression_tree_walker(node, may_vary, context);
}

static bool
has_constraints(const Object *domain)
{
	ListCell   *cell;

	if (sv_is(domain, "not_null"))
		return true;
	foreach(cell, domain->parts)
	{
		if (sv_class_is(lfirst(cell), domain_constraint))
			return true;
	}
	return false;
}

/* Is the column's type a domain whose constraints each row must fulfil? */
static bool
is_of_checked_domain(const Object *column)
{
	foreach_ptr(const Object, o, column->needs)
	{
		if (sv_class_is(o, domain) && strcmp(o->identity, sv_text(column, "type")) == 0 &&
			has_constraints(o))
			return true;
	}
	return false;
}

/*
 * Does ADD COLUMN rewrite the table?  default_ is the default that the statement
 * has, or NULL; identity says that the statement has GENERATED AS IDENTITY.
 */
bool
sv_added_column_rewrites(const Object *column, const Object *default_, bool identity)
{
	List	   *parsed;

	if (sv_class_is(column->parent, foreign_table))
		return false;
	if (identity || is_of_checked_domain(column))
		return true;
	if (sv_is(column, "generated"))
		return strcmp(sv_text(column, "generated"), "STORED") == 0;
	if (default_ == NULL)
		return false;
	parsed = raw_parser(sv_text(default_, "expression"), RAW_PARSE_PLPGSQL_EXPR);
	return may_vary(linitial_node(RawStmt, parsed)->stmt, NULL);
}

/* Is there a function of a user's in the expression? */
static bool
calls_function_of_user(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, FuncExpr) && castNode(FuncExpr, node)->funcid >= FirstNormalObjectId)
		return true;
	return IsA(node, CoerceViaIO) || expression_tree_walker(node, calls_function_of_user, context);
}

/* Does the conversion leave each value as it is stored?  Compare ATColumnChangeRequiresRewrite. */
static bool
keeps_value(Node *expression)
{
	for (;;)
	{
		if (IsA(expression, Var))
			return true;
		if (IsA(expression, RelabelType))
			expression = (Node *) castNode(RelabelType, expression)->arg;
		else if (IsA(expression, CoerceToDomain) &&
				 !DomainHasConstraints(castNode(CoerceToDomain, expression)->resulttype))
			expression = (Node *) castNode(CoerceToDomain, expression)->arg;
		else
			return false;
	}
}

/* The conversion of a value that an assignment does; NULL if there is none. */
static Node *
conversion(const char *from, const char *to)
{
	Oid			source;
	Oid			target;
	int32		source_typmod;
	int32		typmod;
	Var		   *value;

	if (!sv_parse_type(from, &source, &source_typmod) || !sv_parse_type(to, &target, &typmod) ||
		!can_coerce_type(1, &source, &target, COERCION_ASSIGNMENT))
		return NULL;
	value = makeVar(1, 1, source, source_typmod, get_typcollation(source), 0);
	return coerce_to_target_type(NULL, (Node *) value, source, target, typmod,
								 COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST, -1);
}

/* Does each value fit?  What the server converts silently, and without a length, does. */
static bool
cannot_fail(const char *from, const char *to)
{
	Oid			source;
	Oid			target;
	int32		typmod;

	return sv_parse_type(from, &source, &typmod) && sv_parse_type(to, &target, &typmod) &&
		typmod == -1 && get_typtype(target) == TYPTYPE_BASE &&
		can_coerce_type(1, &source, &target, COERCION_IMPLICIT);
}

/*
 * What does ALTER COLUMN ... TYPE without USING do to the rows: nothing, or
 * SV_HAZARD_REWRITE and SV_HAZARD_MAY_FAIL?
 */
int
sv_changed_type_hazards(const Object *before, const Object *after)
{
	int			all = SV_HAZARD_REWRITE | SV_HAZARD_MAY_FAIL;
	Node	   *expression;

	if (sv_class_is(after->parent, foreign_table))
		return 0;
	if (is_of_checked_domain(after) || sv_is(after, "generated"))
		return all;
	expression = conversion(sv_text(before, "type"), sv_text(after, "type"));
	if (expression == NULL || calls_function_of_user(expression, NULL))
		return all;
	if (keeps_value((Node *) expression_planner((Expr *) expression)))
		return 0;
	return cannot_fail(sv_text(before, "type"), sv_text(after, "type")) ? SV_HAZARD_REWRITE : all;
}
