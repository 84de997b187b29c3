/*
 * given_values.c
 *		Values that the caller of a downgrade gives for columns which must not be null.
 *
 * A derived down brings back a NOT NULL column without the values that it had.  Where there
 * are rows, nobody but the caller can know what they shall have.  Such a value is
 * a literal: it comes into a statement that schemaver wrote as a default, which is gone after
 * it, or by an UPDATE of the rows that lack one.  What somebody has written is not touched.
 */
#include "postgres.h"

#include "access/table.h"
#include "base/base.h"
#include "nodes/parsenodes.h"
#include "run/run.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/varlena.h"

/* A value for a column, "schema.table.column" quoted as the plan names it. */
typedef struct GivenValue
{
	char	   *column;
	char	   *value;
	bool		used;
} GivenValue;

/* Raise 22023 unless it is the name of a column with those of its table and schema. */
static void
check_column(const char *column)
{
	char	   *copy = pstrdup(column);
	List	   *names;

	if (SplitIdentifierString(copy, '.', &names) && list_length(names) == 3)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%s\" is not the name of a column with its table and schema",
					sv_base_clip(column)),
			 errhint("For example public.item.kind, as SELECT revision, needs FROM schemaver.plan(..., 'downgrade') has it.")));
}

/* The values of an object {"schema.table.column": value, ...}; 22023 if it is none. */
List *
sv_given_values(const JsonbValue *given)
{
	JsonbContainer *object = sv_json_object(given);
	List	   *values = NIL;
	JsonMembers members;

	if (object == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"values\" must be an object"),
				 errhint("For example {\"public.item.kind\": \"unknown\"}.")));
	sv_json_begin(&members, object);
	while (sv_json_next(&members))
	{
		GivenValue *value = palloc0(sizeof(GivenValue));

		value->column = members.name;
		check_column(value->column);
		value->value = sv_json_text(&members.value);
		if (value->value == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the value for column %s must be a string, a number or a boolean",
							value->column)));
		values = lappend(values, value);
	}
	return values;
}

static GivenValue *
find_value(const List *values, const RangeVar *table, const char *column)
{
	const char *name;

	if (table->schemaname == NULL || column == NULL)
		return NULL;
	name = psprintf("%s.%s", quote_qualified_identifier(table->schemaname, table->relname),
					quote_identifier(column));
	foreach_ptr(GivenValue, value, values)
	{
		if (strcmp(value->column, name) == 0)
			return value;
	}
	return NULL;
}

static char *
alter_column(const RangeVar *table, const char *column, const char *how)
{
	return psprintf("ALTER TABLE %s%s ALTER COLUMN %s %s", table->inh ? "" : "ONLY ",
					quote_qualified_identifier(table->schemaname, table->relname),
					quote_identifier(column), how);
}

/* Does the column get values by itself? */
static bool
has_values(const ColumnDef *column)
{
	ListCell   *cell;

	foreach(cell, column->constraints)
	{
		ConstrType	kind = lfirst_node(Constraint, cell)->contype;

		if (kind == CONSTR_DEFAULT || kind == CONSTR_IDENTITY || kind == CONSTR_GENERATED)
			return true;
	}
	return false;
}

/* The value for a column that ALTER TABLE adds, and for nothing else; NULL if none was given. */
static GivenValue *
value_of_addition(const List *values, const AlterTableStmt *stmt)
{
	const AlterTableCmd *cmd = linitial_node(AlterTableCmd, stmt->cmds);
	const ColumnDef *column = (const ColumnDef *) cmd->def;

	if (cmd->subtype != AT_AddColumn || list_length(stmt->cmds) != 1 || has_values(column))
		return NULL;
	return find_value(values, stmt->relation, column->colname);
}

/* The column that must not be null from now on; NULL if it is none. */
static const char *
not_null_column(const AlterTableCmd *cmd)
{
	const Constraint *constraint = (const Constraint *) cmd->def;

	if (cmd->subtype == AT_SetNotNull)
		return cmd->name;
	/* since 18, where it has a name */
	return cmd->subtype == AT_AddConstraint && constraint->contype == CONSTR_NOTNULL &&
		constraint->keys != NIL ? strVal(linitial(constraint->keys)) : NULL;
}

/* The rows that lack a value get it before the column must have one. */
static void
plan_not_null(GivenStatements *statements, const List *values, const AlterTableStmt *stmt)
{
	const char *column = not_null_column(linitial_node(AlterTableCmd, stmt->cmds));
	GivenValue *value = find_value(values, stmt->relation, column);

	if (value == NULL)
		return;
	value->used = true;
	statements->before =
		list_make1(psprintf("UPDATE %s%s SET %s = %s WHERE %s IS NULL",
							stmt->relation->inh ? "" : "ONLY ",
							quote_qualified_identifier(stmt->relation->schemaname,
													   stmt->relation->relname),
							quote_identifier(column), quote_literal_cstr(value->value),
							quote_identifier(column)));
}

/* A column is added with its value as the default, which is dropped behind that. */
static void
plan_addition(GivenStatements *statements, const List *values, const AlterTableStmt *stmt,
			  const char *text)
{
	GivenValue *value = value_of_addition(values, stmt);
	const char *name;

	if (value == NULL)
		return;
	name = ((const ColumnDef *) linitial_node(AlterTableCmd, stmt->cmds)->def)->colname;
	value->used = true;
	statements->instead = psprintf("%s DEFAULT %s", text, quote_literal_cstr(value->value));
	statements->after = list_make1(alter_column(stmt->relation, name, "DROP DEFAULT"));
}

/* Is it a column of the table?  Then the rest of its name, else NULL. */
static const char *
column_of(const GivenValue *value, const RangeVar *table)
{
	const char *name;

	if (table->schemaname == NULL)
		return NULL;
	name = psprintf("%s.", quote_qualified_identifier(table->schemaname, table->relname));
	return strncmp(value->column, name, strlen(name)) == 0 ? value->column + strlen(name) : NULL;
}

/* Is there a value for this very column? */
static bool
is_given(const List *values, const char *column)
{
	foreach_ptr(const GivenValue, value, values)
	{
		if (strcmp(value->column, column) == 0)
			return true;
	}
	return false;
}

/* A table that is made with parents has the values for theirs, unless it was given its own. */
static void
inherit_values(List **values, const CreateStmt *stmt)
{
	MemoryContext caller = MemoryContextSwitchTo(GetMemoryChunkContext(*values));
	const char *table = stmt->relation->schemaname == NULL ? NULL :
	quote_qualified_identifier(stmt->relation->schemaname, stmt->relation->relname);
	int			n = list_length(*values);
	ListCell   *cell;

	foreach(cell, table != NULL ? stmt->inhRelations : NIL)
	{
		for (int i = 0; i < n; i++)
		{
			const GivenValue *value = list_nth(*values, i);
			const char *rest = column_of(value, lfirst_node(RangeVar, cell));
			GivenValue *own;

			if (rest == NULL || is_given(*values, psprintf("%s.%s", table, rest)))
				continue;
			own = palloc0(sizeof(GivenValue));
			own->column = psprintf("%s.%s", table, rest);
			own->value = value->value;
			own->used = true;	/* or not: nobody gave it */
			*values = lappend(*values, own);
		}
	}
	MemoryContextSwitchTo(caller);
}

static bool
inserts_column(const InsertStmt *stmt, const char *column)
{
	ListCell   *cell;

	foreach(cell, stmt->cols)
	{
		if (strcmp(lfirst_node(ResTarget, cell)->name, column) == 0)
			return true;
	}
	return false;
}

/* Does a column of the table get no value from an INSERT that does not name it? */
static bool
lacks_given_value(const InsertStmt *stmt, const Form_pg_attribute column)
{
	return column->attnum > 0 && !column->attisdropped && !column->atthasdef &&
		column->attidentity == '\0' && !inserts_column(stmt, NameStr(column->attname));
}

/* Rows come from the old table; a column that it lacks has the value as its default until then. */
static void
plan_rows(GivenStatements *statements, const List *values, const InsertStmt *stmt)
{
	Relation	table = table_openrv_extended(stmt->relation, AccessShareLock, true);

	for (int i = 0; table != NULL && i < RelationGetNumberOfAttributes(table); i++)
	{
		Form_pg_attribute column = TupleDescAttr(RelationGetDescr(table), i);
		const char *name = pstrdup(NameStr(column->attname));
		GivenValue *value = lacks_given_value(stmt, column) ?
		find_value(values, stmt->relation, name) : NULL;

		if (value == NULL)
			continue;
		value->used = true;
		statements->before =
			lappend(statements->before,
					alter_column(stmt->relation, name,
								 psprintf("SET DEFAULT %s", quote_literal_cstr(value->value))));
		statements->after =
			lappend(statements->after, alter_column(stmt->relation, name, "DROP DEFAULT"));
	}
	if (table != NULL)
		table_close(table, NoLock);
}

/*
 * What has to be executed before, instead of and after a statement that schemaver wrote.
 * Adds to the values those that a child table has from its parents.
 */
GivenStatements
sv_given_statements(List **values, const Node *tree, const char *text)
{
	GivenStatements statements = {0};

	if (IsA(tree, AlterTableStmt) && ((const AlterTableStmt *) tree)->objtype == OBJECT_TABLE)
	{
		plan_not_null(&statements, *values, (const AlterTableStmt *) tree);
		plan_addition(&statements, *values, (const AlterTableStmt *) tree, text);
	}
	else if (IsA(tree, CreateStmt))
		inherit_values(values, (const CreateStmt *) tree);
	else if (IsA(tree, InsertStmt))
		plan_rows(&statements, *values, (const InsertStmt *) tree);
	return statements;
}

/* Error if a value was given that no statement had a use for: its name may be a wrong one. */
void
sv_given_check(const List *values, int level)
{
	foreach_ptr(const GivenValue, value, values)
	{
		if (!value->used)
			ereport(level,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("no derived down has a use for the value for column %s",
							value->column),
					 errdetail("It would be for a column that comes back, or becomes NOT NULL, and has no default."),
					 errhint("See which columns need values: SELECT revision, needs FROM schemaver.plan(..., 'downgrade').")));
	}
}
