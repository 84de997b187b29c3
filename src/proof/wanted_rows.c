/*
 * wanted_rows.c
 *		Rows of wanted SQL that are taken as managed ones, where the caller asks for it.
 *
 * INSERT ... VALUES and the data of COPY say which rows a table shall have.  They are
 * not executed: their constants are compared with the live table.  The key is the
 * primary key that the wanted schema gives the table, maybe later in the text.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/relation.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "proof/proof.h"
#include "proof/proof_private.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* A statement that gives rows. */
typedef struct TakenRows
{
	GivenRows	given;
	Oid			relation;
} TakenRows;

/* ---------- taking statements ---------- */

static List *
names_of_columns(const List *names)
{
	List	   *columns = NIL;
	ListCell   *cell;

	foreach(cell, names)
		columns = lappend(columns, pstrdup(strVal(lfirst(cell))));
	return columns;
}

/* All columns of the table, as COPY without a list has them. */
static List *
all_columns(Oid relation)
{
	Relation	table = relation_open(relation, AccessShareLock);
	List	   *columns = NIL;

	for (int i = 0; i < RelationGetNumberOfAttributes(table); i++)
	{
		Form_pg_attribute column = TupleDescAttr(RelationGetDescr(table), i);

		if (!column->attisdropped && column->attgenerated == '\0')
			columns = lappend(columns, pstrdup(NameStr(column->attname)));
	}
	relation_close(table, AccessShareLock);
	return columns;
}

static bool
is_plain_copy(const Node *tree, const Statement *statement)
{
	const CopyStmt *copy = (const CopyStmt *) tree;

	return IsA(tree, CopyStmt) && copy->is_from && copy->relation != NULL &&
		copy->options == NIL && copy->whereClause == NULL &&
		(statement->flags & SV_STMT_COPY_DATA) != 0;
}

/* Take a statement if it gives rows; else false. */
bool
sv_wanted_take_rows(List **taken, const Script *script, int statement)
{
	const Statement *s = &script->statements[statement];
	Node	   *tree = sv_statement_tree(script, statement);
	const RangeVar *table;
	TakenRows  *rows;

	if (IsA(tree, InsertStmt))
		table = castNode(InsertStmt, tree)->relation;
	else if (is_plain_copy(tree, s))
		table = castNode(CopyStmt, tree)->relation;
	else
		return false;
	if (sv_wanted_is_version_table(table))
		return false;
	rows = palloc0(sizeof(TakenRows));
	rows->relation = RangeVarGetRelid(table, AccessShareLock, false);
	rows->given.table =
		quote_qualified_identifier(get_namespace_name(get_rel_namespace(rows->relation)),
								   table->relname);
	rows->given.line = s->line;
	if (IsA(tree, InsertStmt))
	{
		rows->given.insert = castNode(InsertStmt, tree);
		rows->given.text = sv_script_statement_text(script, statement);
	}
	else
	{
		rows->given.format = "copy";
		rows->given.text = pnstrdup(script->text + s->data_start, s->data_length);
		rows->given.columns = castNode(CopyStmt, tree)->attlist != NIL ?
			names_of_columns(castNode(CopyStmt, tree)->attlist) : all_columns(rows->relation);
	}
	*taken = lappend(*taken, rows);
	return true;
}

/* ---------- reading them ---------- */

/* The columns of the primary key; SV007 if there is none. */
static List *
primary_key(const TakenRows *rows)
{
	Relation	table = relation_open(rows->relation, AccessShareLock);
	List	   *key = NIL;
	ListCell   *cell;

	foreach(cell, RelationGetIndexList(table))
	{
		Relation	index = index_open(lfirst_oid(cell), AccessShareLock);

		for (int i = 0; index->rd_index->indisprimary && i < index->rd_index->indnkeyatts; i++)
			key = lappend(key, get_attname(rows->relation, index->rd_index->indkey.values[i],
										   false));
		index_close(index, NoLock);
	}
	relation_close(table, NoLock);
	if (key == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_INVALID_SCRIPT),
				 errmsg("rows of table %s cannot be managed", rows->given.table),
				 errdetail("Line %d: the table has no primary key by which they could be known.",
						   rows->given.line)));
	return key;
}

static ManagedRows *
rows_of_table(const List *all, const ManagedRows *one)
{
	foreach_ptr(ManagedRows, other, all)
	{
		if (strcmp(other->schema, one->schema) == 0 && strcmp(other->table, one->table) == 0)
			return other;
	}
	return NULL;
}

/* Several statements about a table make one list of rows. */
static void
add_rows(ManagedRows *all, const ManagedRows *more, int line)
{
	if (!sv_base_same_strings(all->columns, more->columns))
		ereport(ERROR,
				(errcode(ERRCODE_SV_INVALID_SCRIPT),
				 errmsg("rows of table %s cannot be managed", sv_managed_table(all)),
				 errdetail("Line %d: the columns are others than those of the statement before.",
						   line),
				 errhint("Name the same columns in all statements about the table.")));
	all->rows = list_concat(all->rows, more->rows);
}

/* The rows that the statements give (ManagedRows), those of a table together. */
List *
sv_wanted_read_rows(const List *taken)
{
	List	   *result = NIL;

	foreach_ptr(TakenRows, rows, taken)
	{
		ManagedRows *read;
		ManagedRows *before;

		CHECK_FOR_INTERRUPTS();
		rows->given.key = primary_key(rows);
		read = sv_register_read_rows(&rows->given);
		before = rows_of_table(result, read);
		if (before != NULL)
			add_rows(before, read, rows->given.line);
		else
			result = lappend(result, read);
	}
	foreach_ptr(const ManagedRows, one, result)
		sv_register_check_rows(one);
	return result;
}

/* ---------- what differs ---------- */

static void
add_diff_row(List **result, const ManagedRows *rows, const List *row, const char *action,
			 const char *sql)
{
	DiffRow    *diff = palloc0(sizeof(DiffRow));

	diff->kind = "row";
	diff->identity = psprintf("%s (%s)", sv_managed_table(rows), sv_managed_key(rows, row));
	diff->action = action;
	diff->sql = sql;
	*result = lappend(*result, diff);
}

/* The statement that writes a row whatever there is. */
static char *
write_sql(const ManagedRows *rows, const List *row)
{
	StringInfoData set;

	initStringInfo(&set);
	foreach_ptr(const char, column, rows->columns)
	{
		const char *name = quote_identifier(column);
		const RowValue *value = list_nth(row, foreach_current_index(column));

		if (!sv_base_has_string(rows->key, column) && value->kind != SV_VALUE_DEFAULT)
			appendStringInfo(&set, "%s%s = excluded.%s", set.len > 0 ? ", " : "", name, name);
	}
	return psprintf("%s ON CONFLICT (%s) DO %s%s", sv_managed_insert_sql(rows, row),
					sv_managed_names(rows->key), set.len > 0 ? "UPDATE SET " : "NOTHING", set.data);
}

static bool
table_exists(const ManagedRows *rows)
{
	Oid			schema = get_namespace_oid(rows->schema, true);

	return OidIsValid(schema) && OidIsValid(get_relname_relid(rows->table, schema));
}

/* The table is new, or cannot be compared as it is now: all rows are written. */
static void
add_all_rows(List **result, const ManagedRows *rows)
{
	bool		exists = table_exists(rows);

	foreach_ptr(const List, row, rows->rows)
		add_diff_row(result, rows, row, exists ? "alter" : "create",
					 exists ? write_sql(rows, row) :
					 sv_managed_insert_sql(rows, row));
}

/* The rows of a comparison that let the live tables have the managed rows (ManagedRows). */
List *
sv_wanted_rows_diff(const List *managed)
{
	List	   *result = NIL;
	ListCell   *place;

	foreach_ptr(const ManagedRows, rows, managed)
	{
		char	   *why = NULL;
		RowsReport *report = sv_managed_look(rows, NULL, true, &why);

		if (report == NULL || !report->shows_keys)
		{
			add_all_rows(&result, rows);
			continue;
		}
		foreach(place, report->updates)
		{
			const List *row = list_nth(rows->rows, lfirst_int(place));

			add_diff_row(&result, rows, row, "alter", sv_managed_update_sql(rows, row));
		}
		foreach(place, report->inserts)
		{
			const List *row = list_nth(rows->rows, lfirst_int(place));

			add_diff_row(&result, rows, row, "create", sv_managed_insert_sql(rows, row));
		}
	}
	return result;
}
