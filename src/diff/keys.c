/*
 * keys.c
 *		Columns of partition keys, whose type the server does not alter.
 *
 * A column is bound as soon as it is part of the key of its table, of one of the
 * partitions, or of a table of which its table is a partition.  If its type changes,
 * all these tables are re-created with their rows.
 */
#include "postgres.h"

#include "diff/diff.h"
#include "utils/builtins.h"

/* Is a column part of the key of its own table? */
static bool
is_in_key(const Object *column)
{
	const char *key = sv_text(column->parent, "partition_key");
	const char *name = quote_identifier(column->name);
	size_t		length = strlen(name);

	for (const char *at = strstr(key, name); at != NULL; at = strstr(at + 1, name))
		if (at > key && strchr("( ,", at[-1]) != NULL && strchr("), :", at[length]) != NULL)
			return true;
	return false;
}


/* The table of which this one is, in the end, a partition; perhaps itself. */
static Object *
root_table_of(Object *table)
{
	ListCell   *cell;

	foreach(cell, table->parts)
	{
		if (sv_class_is(lfirst(cell), inheritance) && sv_is(lfirst(cell), "bound") &&
			((Object *) lfirst(cell))->needs != NIL)
			return root_table_of(linitial(((Object *) lfirst(cell))->needs));
	}
	return table;
}

static Object *
column_like(const Object *table, const char *name)
{
	ListCell   *cell;

	foreach(cell, table->parts)
	{
		if (sv_class_is(lfirst(cell), column) && strcmp(((Object *) lfirst(cell))->name, name) == 0)
			return lfirst(cell);
	}
	return NULL;
}

/* A table and all its partitions, as before. */
List *
sv_with_partitions(const Comparison *cmp, Object *table)
{
	List	   *result = list_make1(table);
	ListCell   *link;

	foreach_ptr(const Object, object, result)
	{
		foreach(link, cmp->dependents[object->number])
		{
			if (sv_class_is(lfirst(link), inheritance) && sv_is(lfirst(link), "bound"))
				result = list_append_unique_ptr(result, ((Object *) lfirst(link))->parent);
		}
	}
	return result;
}

/*
 * The tables that are bound to each other by a key with this column (of the
 * old schema); NIL: it is in none.
 */
List *
sv_key_tables(const Comparison *cmp, const Object *column)
{
	List	   *tables;

	if (!sv_class_is(column->parent, table))
		return NIL;
	tables = sv_with_partitions(cmp, root_table_of(column->parent));
	foreach_ptr(const Object, object, tables)
	{
		const Object *other = column_like(object, column->name);

		if (other != NULL && is_in_key(other))
			return tables;
	}
	return NIL;
}

/* Have these tables re-created, if there are any. */
void
sv_key_swap_tables(const Comparison *cmp, const Object *column)
{
	ListCell   *cell;

	foreach(cell, sv_key_tables(cmp, column))
	{
		Pair	   *table = sv_pair(cmp, lfirst(cell));

		if (table->b == NULL)
			continue;
		sv_diff_make_again(table);
		table->swapped = true;
	}
}
