/*
 * identity_renames.c
 *		Sequences of identity columns follow the names of their tables and columns.
 */
#include "postgres.h"

#include "diff/diff.h"
#include "diff/diff_private.h"
#include "model/model.h"
#include "utils/builtins.h"

static bool
has_usual_sequence(const Object *column)
{
	const Object *sequence = sv_sequence_of_identity(column);

	return sequence != NULL && !sv_is(sequence, "sequence");
}

/* The statement for the sequence of one column, or NULL: it keeps its name. */
static DiffRow *
sequence_row(const Object *column, List *renames, bool back)
{
	const Rename *own = sv_rename_of(renames, column);
	const Rename *table = sv_rename_of(renames, column->parent);
	const char *schema = table && table->schema ? table->schema : column->schema;
	const char *new_table = table && table->name ? table->name : column->parent->name;
	const char *new_name = own ? own->name : column->name;
	char	   *old = sv_usual_sequence(column->parent->name, column->name);
	char	   *new = sv_usual_sequence(new_table, new_name);
	DiffRow    *row;

	if (strcmp(old, new) == 0)
		return NULL;
	row = palloc0(sizeof(DiffRow));
	row->kind = "column";
	row->identity =
		psprintf("%s.%s", quote_qualified_identifier(schema, new_table),
				 quote_identifier(new_name));
	row->action = "rename";
	row->sql =
		psprintf("ALTER SEQUENCE %s RENAME TO %s",
				 quote_qualified_identifier(schema, back ? new : old),
				 quote_identifier(back ? old : new));
	return row;
}

/*
 * The statements (DiffRow) that let sequences of identity columns follow their
 * tables and columns; back: to the old names again, before these go back.
 */
List *
sv_identity_renames(List *renames, bool back)
{
	List	   *rows = NIL;
	List	   *tables = NIL;

	foreach_ptr(const Rename, rename, renames)
	{
		Object	   *o = rename->from;

		tables = list_append_unique_ptr(tables, sv_class_is(o, column) ? o->parent : o);
	}
	foreach_ptr(const Object, table, tables)
	{
		foreach_ptr(Object, column, table->parts)
		{
			DiffRow    *row = sv_class_is(column, column) && has_usual_sequence(column) ?
			sequence_row(column, renames, back) : NULL;

			if (row != NULL)
				rows = lappend(rows, row);
		}
	}
	return rows;
}
