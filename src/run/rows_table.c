/*
 * rows_table.c
 *		The table of managed rows, and these as values of its columns.
 *
 * A value becomes one of its column's type as in an INSERT, by the server: so one
 * that is too long is an error, never cut off.  That evaluates casts and the checks
 * of domains, so all this is called as the role that may do so (managed.c).
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "base/compat.h"
#include "catalog/catalog.h"
#include "catalog/namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parser.h"
#include "run/run_private.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

/* ---------- the table ---------- */

static void
refuse_table(const ManagedRows *wanted, int code, const char *detail, const char *hint)
{
	ereport(ERROR,
			(errcode(code),
			 errmsg("rows of table %s cannot be managed", sv_managed_table(wanted)),
			 errdetail_internal("%s", detail),
			 hint != NULL ? errhint("%s", hint) : 0));
}

/* The table; 42P01 if there is none. */
Oid
sv_managed_relation(const ManagedRows *wanted)
{
	Oid			schema = get_namespace_oid(wanted->schema, true);
	Oid			relation = OidIsValid(schema) ? get_relname_relid(wanted->table, schema) :
	InvalidOid;

	if (!OidIsValid(relation))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table %s, whose rows are managed, does not exist",
						sv_managed_table(wanted))));
	return relation;
}

static void
check_kind(const RowsTable *table)
{
	const		FormData_pg_class *form = table->relation->rd_rel;

	if (form->relkind != RELKIND_RELATION && form->relkind != RELKIND_PARTITIONED_TABLE)
		refuse_table(table->wanted, ERRCODE_WRONG_OBJECT_TYPE, "It is no table.", NULL);
	if (IsCatalogRelation(table->relation) || form->relpersistence == RELPERSISTENCE_TEMP ||
		strcmp(table->wanted->schema, "schemaver") == 0 ||
		strcmp(table->wanted->schema, "schemaver_kept") == 0)
		refuse_table(table->wanted, ERRCODE_WRONG_OBJECT_TYPE,
					 "It is a table of the server, of schemaver or of a session.", NULL);
}

static void
find_columns(RowsTable *table)
{
	table->ncolumns = list_length(table->wanted->columns);
	table->columns = palloc(sizeof(AttrNumber) * table->ncolumns);
	table->names = palloc(sizeof(char *) * table->ncolumns);
	foreach_ptr(const char, name, table->wanted->columns)
	{
		AttrNumber	number = get_attnum(RelationGetRelid(table->relation), name);
		Form_pg_attribute column;

		if (number <= 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("column \"%s\" of table %s, which is managed, does not exist", name,
							sv_managed_table(table->wanted))));
		column = TupleDescAttr(RelationGetDescr(table->relation), number - 1);
		if (column->attgenerated != '\0' || column->attidentity == ATTRIBUTE_IDENTITY_ALWAYS)
			refuse_table(table->wanted, ERRCODE_GENERATED_ALWAYS,
						 psprintf("Values of column \"%s\" are always generated.", name),
						 "Leave the column out of the managed ones.");
		table->columns[foreach_current_index(name)] = number;
		table->names[foreach_current_index(name)] = quote_identifier(name);
	}
}

/* ---------- the key ---------- */

/* Which of the key's columns it is; -1: none. */
static int
place_in_key(const RowsTable *table, AttrNumber column)
{
	for (int i = 0; i < table->nkeys; i++)
	{
		if (table->columns[table->keys[i]] == column)
			return i;
	}
	return -1;
}

/* Does the index allow no two rows with the key, as the operators of its columns tell? */
static bool
is_of_key(const RowsTable *table, Relation index)
{
	const		FormData_pg_index *form = index->rd_index;

	if (!form->indisunique || !form->indisvalid || form->indnkeyatts == 0 ||
		RelationGetIndexPredicate(index) != NIL || RelationGetIndexExpressions(index) != NIL)
		return false;
	for (int i = 0; i < form->indnkeyatts; i++)
	{
		AttrNumber	number = form->indkey.values[i];
		Form_pg_attribute column = TupleDescAttr(RelationGetDescr(table->relation), number - 1);

		if (place_in_key(table, number) < 0 || index->rd_indcollation[i] != column->attcollation)
			return false;
	}
	return true;
}

static char *
operator_text(Oid operator)
{
	HeapTuple	tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(operator));
	Form_pg_operator form;
	char	   *text;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator %u", operator);
	form = (Form_pg_operator) GETSTRUCT(tuple);
	text = psprintf("OPERATOR(%s.%s)", quote_identifier(get_namespace_name(form->oprnamespace)),
					NameStr(form->oprname));
	ReleaseSysCache(tuple);
	return text;
}

/* The operators by which the index tells rows apart. */
static void
take_operators(RowsTable *table, Relation index)
{
	for (int i = 0; i < index->rd_index->indnkeyatts; i++)
	{
		int			place = place_in_key(table, index->rd_index->indkey.values[i]);
		Oid			operator = get_opfamily_member(index->rd_opfamily[i], index->rd_opcintype[i],
												   index->rd_opcintype[i], BTEqualStrategyNumber);

		if (OidIsValid(operator))
			table->operators[place] = operator_text(operator);
	}
}

/* A column of the key that no index is about is compared with the operator of its type. */
static void
add_other_operators(RowsTable *table)
{
	for (int i = 0; i < table->nkeys; i++)
	{
		AttrNumber	number = table->columns[table->keys[i]];
		Oid			type = TupleDescAttr(RelationGetDescr(table->relation), number - 1)->atttypid;
		TypeCacheEntry *entry = lookup_type_cache(type, TYPECACHE_EQ_OPR);

		if (table->operators[i] == NULL && OidIsValid(entry->eq_opr))
			table->operators[i] = operator_text(entry->eq_opr);
		if (table->operators[i] == NULL)
			refuse_table(table->wanted, ERRCODE_UNDEFINED_FUNCTION,
						 psprintf("Type %s of a column of the key has no operator that compares.",
								  format_type_be(type)), NULL);
	}
}

static void
find_managed_key(RowsTable *table)
{
	bool		found = false;
	ListCell   *cell;

	table->nkeys = list_length(table->wanted->key);
	table->keys = palloc(sizeof(int) * table->nkeys);
	table->operators = palloc0(sizeof(char *) * table->nkeys);
	foreach_ptr(const char, string, table->wanted->key)
		table->keys[foreach_current_index(string)] = sv_managed_place(table->wanted, string);
	foreach(cell, RelationGetIndexList(table->relation))
	{
		Relation	index = index_open(lfirst_oid(cell), AccessShareLock);

		if (!found && is_of_key(table, index))
		{
			found = true;
			take_operators(table, index);
		}
		index_close(index, NoLock);
	}
	if (!found)
		refuse_table(table->wanted, ERRCODE_INVALID_TABLE_DEFINITION,
					 psprintf("No primary key or unique index keeps its rows apart by (%s).",
							  sv_managed_names(table->wanted->key)),
					 "Create a unique index on the key's columns, without an expression and a condition.");
	add_other_operators(table);
}

static void
make_desc(RowsTable *table)
{
	TupleDesc	live = RelationGetDescr(table->relation);

	table->desc = CreateTemplateTupleDesc(1 + 2 * table->ncolumns);
	TupleDescInitEntry(table->desc, 1, "n", INT4OID, -1, 0);
	for (int i = 0; i < table->ncolumns; i++)
	{
		Form_pg_attribute column = TupleDescAttr(live, table->columns[i] - 1);

		TupleDescInitEntry(table->desc, 2 + i, psprintf("c%d", i), column->atttypid,
						   column->atttypmod, 0);
		TupleDescInitEntryCollation(table->desc, 2 + i, column->attcollation);
		TupleDescInitEntry(table->desc, 2 + table->ncolumns + i, psprintf("d%d", i), BOOLOID, -1,
						   0);
	}
}

/* Open and lock the table of the rows; an error unless they can be managed. */
RowsTable *
sv_managed_open(const ManagedRows *wanted, LOCKMODE lock)
{
	RowsTable  *table = palloc0(sizeof(RowsTable));

	table->wanted = wanted;
	table->relation = relation_open(sv_managed_relation(wanted), lock);
	check_kind(table);
	table->from = psprintf("%s%s", table->relation->rd_rel->relkind == RELKIND_RELATION ?
						   "ONLY " : "", sv_managed_table(wanted));
	find_columns(table);
	find_managed_key(table);
	make_desc(table);
	return table;
}

/* ---------- values ---------- */

typedef struct Evaluation
{
	const RowsTable *table;
	const RowSet *set;
	int			row;
	int			column;			/* -1: none yet, or none any more */
} Evaluation;

static void
add_value_context(void *arg)
{
	const Evaluation *e = arg;

	if (e->column < 0)
		errcontext("managed row %d of table %s", e->row + 1,
				   sv_managed_table(e->table->wanted));
	else
		errcontext("managed row %d of table %s, column %s", e->row + 1,
				   sv_managed_table(e->table->wanted), e->table->names[e->column]);
}

/* The constant as a value of the column; false if it is NULL. */
static bool
evaluate_constant(Evaluation *e, Node *constant, Datum *value)
{
	const		FormData_pg_attribute *column =
	TupleDescAttr(RelationGetDescr(e->table->relation), e->table->columns[e->column] - 1);
	ParseState *pstate = make_parsestate(NULL);
	Node	   *given = transformExpr(pstate, constant, EXPR_KIND_VALUES);
	Node	   *expression = coerce_to_target_type(pstate, given, exprType(given), column->atttypid,
												   column->atttypmod, COERCION_ASSIGNMENT,
												   COERCE_IMPLICIT_CAST, -1);
	EState	   *estate;
	bool		isnull;

	if (expression == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" is of type %s but expression is of type %s",
						NameStr(column->attname), format_type_be(column->atttypid),
						format_type_be(exprType(given)))));
	assign_expr_collations(pstate, expression);
	estate = CreateExecutorState();
	*value = ExecEvalExprSwitchContext(ExecPrepareExpr((Expr *) expression, estate),
									   GetPerTupleExprContext(estate), &isnull);
	if (!isnull)
		*value = datumCopy(*value, column->attbyval, column->attlen);
	FreeExecutorState(estate);
	free_parsestate(pstate);
	return !isnull;
}

/* What stands for the managed columns in a row; NULL where it has none of them. */
static List *
constants_of(const Evaluation *e, const List *row)
{
	const char *text = psprintf("VALUES %s", sv_row_sql(row));
	const RawStmt *statement = linitial_node(RawStmt, raw_parser(text, RAW_PARSE_DEFAULT));
	const List *all = linitial(((const SelectStmt *) statement->stmt)->valuesLists);
	List	   *result = NIL;

	foreach_ptr(const char, column, e->table->wanted->columns)
	{
		int			place = sv_managed_place(e->set->rows, column);

		result = lappend(result, place < 0 ? NULL : list_nth(all, place));
	}
	return result;
}

static HeapTuple
evaluate_row(Evaluation *e, const List *row)
{
	int			n = e->table->ncolumns;
	Datum	   *values = palloc0(sizeof(Datum) * (1 + 2 * n));
	bool	   *nulls = palloc0(sizeof(bool) * (1 + 2 * n));
	List	   *constants = constants_of(e, row);

	values[0] = Int32GetDatum(e->row);
	for (e->column = 0; e->column < n; e->column++)
	{
		Node	   *constant = list_nth(constants, e->column);
		bool		is_default = constant == NULL || IsA(constant, SetToDefault);

		values[1 + n + e->column] = BoolGetDatum(is_default);
		nulls[1 + e->column] = is_default || !evaluate_constant(e, constant,
																&values[1 + e->column]);
	}
	e->column = -1;
	return heap_form_tuple(e->table->desc, values, nulls);
}

/* The rows as values of the table's columns; those that they do not have are not compared. */
RowSet *
sv_managed_evaluate(const RowsTable *table, const ManagedRows *rows)
{
	RowSet	   *set = palloc0(sizeof(RowSet));
	Evaluation	e = {table, set, 0, -1};
	ErrorContextCallback callback = {error_context_stack, add_value_context, &e};
	MemoryContext rows_context = AllocSetContextCreate(CurrentMemoryContext,
													   "schemaver managed row",
													   ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = CurrentMemoryContext;

	set->rows = rows;
	set->n = list_length(rows->rows);
	set->tuples = palloc(sizeof(HeapTuple) * Max(set->n, 1));
	error_context_stack = &callback;
	for (e.row = 0; e.row < set->n; e.row++)
	{
		HeapTuple	tuple;

		CHECK_FOR_INTERRUPTS();
		MemoryContextSwitchTo(rows_context);
		tuple = evaluate_row(&e, list_nth(rows->rows, e.row));
		MemoryContextSwitchTo(caller);
		set->tuples[e.row] = heap_copytuple(tuple);
		MemoryContextReset(rows_context);
	}
	error_context_stack = callback.previous;
	MemoryContextDelete(rows_context);
	return set;
}

/* Has the row of a set no value of its own for the column? */
bool
sv_managed_is_default(const RowsTable *table, HeapTuple tuple, int column)
{
	bool		isnull;

	return DatumGetBool(heap_getattr(tuple, 2 + table->ncolumns + column, table->desc, &isnull));
}
