/*
 * refill.c
 *		Rows that move: from a table that was renamed into the new one, from one
 *		type to another.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "model/model.h"
#include "utils/builtins.h"

#define OLD_SEQUENCE "schemaver_old_sequence"

static bool
is_row_type(const Object *column, const char *type)
{
	ListCell   *cell;

	foreach(cell, column->needs)
	{
		if (sv_class_is(lfirst(cell), composite) &&
			strcmp(((Object *) lfirst(cell))->identity, type) == 0)
			return true;
	}
	return false;
}

/* Is the type, that of the column, an array of a row type? */
static bool
is_row_array(const Object *column, const char *type)
{
	int			length = strlen(type);

	return length > 2 && strcmp(type + length - 2, "[]") == 0 &&
		is_row_type(column, pnstrdup(type, length - 2));
}

/*
 * Do the values of a column go through a row type, for which jsonb_populate_record() builds
 * them?  No expression of ALTER COLUMN ... USING does that for each element of an array.
 */
bool
sv_writer_has_helper(Writer *w, const Object *column)
{
	const Pair *pair = sv_pair(w->cmp, column);

	return pair->as_jsonb || (pair->converted && is_row_array(column, sv_text(column, "type")));
}

/* That row type; it is there while jsonb becomes the value of a column again. */
const char *
sv_writer_helper(const Object *column)
{
	return quote_qualified_identifier(column->schema, "schemaver_helper");
}

static bool
is_array(const char *type)
{
	int			length = strlen(type);

	return length > 2 && strcmp(type + length - 2, "[]") == 0;
}

/* How a column becomes one of another type; "attribute" is that of the helper, if there is one. */
static const char *
conversion_by(Writer *w, const Object *a, const Object *b, const char *attribute)
{
	const char *type = sv_text(b, "type");

	if (sv_writer_has_helper(w, b))
		return psprintf("(pg_catalog.jsonb_populate_record(NULL::%s, "
						"pg_catalog.jsonb_build_object(%s, %s))).%s", sv_writer_helper(b),
						sv_quote(attribute), quote_identifier(b->name),
						quote_identifier(attribute));
	if (!w->pair->converted)
	{
		char		cast = strcmp(sv_text(a, "type"), type) == 0 ||
		w->cmp->options->cast_of == NULL ? 'a' :
		w->cmp->options->cast_of(sv_text(a, "type"), type);

		return cast == 'a' ? NULL :
			psprintf("%s%s::%s", quote_identifier(b->name), cast == 't' ? "::text" : "", type);
	}
	/* rows keep the attributes that both have */
	if (is_row_type(b, type))
		return psprintf("pg_catalog.jsonb_populate_record(NULL::%s, pg_catalog.to_jsonb(%s))",
						type, quote_identifier(b->name));
	return psprintf("%s::text%s::%s", quote_identifier(b->name),
					is_array(sv_text(a, "type")) && is_array(type) ? "[]" : "", type);
}

/* The USING of a column that changes its type; NULL: none is needed. */
const char *
sv_writer_conversion(Writer *w, const Object *a, const Object *b)
{
	return conversion_by(w, a, b, "v");
}

/* The name with the suffix, cut so that it is a name. */
const char *
sv_name_with(const char *name, const char *suffix)
{
	int			length = pg_mbcliplen(name, strlen(name), NAMEDATALEN - 1 - strlen(suffix));

	return psprintf("%.*s%s", length, name, suffix);
}

/* What an object is called while a new one takes its place. */
const char *
sv_old_name(const Object *o)
{
	return sv_name_with(o->name, "__old");
}

static List *
identity_columns(const Object *table)
{
	List	   *result = NIL;
	ListCell   *cell;

	foreach(cell, table->parts)
	{
		if (sv_class_is(lfirst(cell), column) && sv_is(lfirst(cell), "identity"))
			result = lappend(result, lfirst(cell));
	}
	return result;
}

/* Take the old table out of the way. */
void
sv_writer_rename_table(Writer *w)
{
	const Object *a = w->pair->a;

	foreach_ptr(const Object, column, identity_columns(a))
		sv_emit(w, 0, "ALTER SEQUENCE %s RENAME TO %s", sv_identity_sequence(column),
				quote_identifier(psprintf("%s_%d", OLD_SEQUENCE,
										  foreach_current_index(column) + 1)));
	if (sv_is(a, "force_row_security"))
		sv_emit(w, SV_HAZARD_BLOCKS_ALL, "ALTER TABLE %s NO FORCE ROW LEVEL SECURITY", a->identity);
	sv_emit(w, SV_HAZARD_BLOCKS_ALL, "ALTER TABLE %s RENAME TO %s", a->identity,
			quote_identifier(sv_old_name(a)));
}

/* Bring the rows over, and the numbers of identity columns. */
static void
write_moved_rows(Writer *w)
{
	const Object *a = w->pair->a;
	const Object *b = w->pair->b;
	StringInfoData columns;
	StringInfoData values;
	List	   *helped = NIL;	/* attributes of the helper */

	initStringInfo(&columns);
	initStringInfo(&values);
	foreach_ptr(const Object, column, b->parts)
	{
		const char *conversion;
		Pair	   *table = w->pair;
		Pair	   *pair = sv_pair(w->cmp, column);

		if (!sv_class_is(column, column) || pair->a == NULL || pair->replaced ||
			sv_is(column, "generated"))
			continue;
		w->pair = pair;
		conversion = pair->converted || !sv_same(pair->a, column, "type") ?
			conversion_by(w, pair->a, column, column->name) : NULL;
		w->pair = table;
		if (conversion != NULL && sv_writer_has_helper(w, column))
			helped = lappend(helped, psprintf("%s %s", quote_identifier(column->name),
											  sv_text(column, "type")));
		appendStringInfo(&columns, "%s%s", columns.len ? ", " : "", quote_identifier(column->name));
		appendStringInfo(&values, "%s%s", values.len ? ", " : "", conversion ? conversion :
						 quote_identifier(column->name));
	}
	if (sv_is(b, "partition_key"))
		helped = NIL;
	if (helped != NIL)
		sv_emit(w, 0, "CREATE TYPE %s AS (%s)", sv_writer_helper(linitial(b->parts)),
				sv_join(helped, ", "));
	if (columns.len > 0 && !sv_is(b, "partition_key"))
		sv_emit(w, SV_HAZARD_REWRITE | SV_HAZARD_BLOCKS_ALL,
				"INSERT INTO %s (%s)\n    OVERRIDING SYSTEM VALUE SELECT %s FROM %s",
				b->identity, columns.data, values.data,
				quote_qualified_identifier(a->schema, sv_old_name(a)));
	if (helped != NIL)
		sv_emit(w, 0, "DROP TYPE %s", sv_writer_helper(linitial(b->parts)));
	foreach_ptr(const Object, old, identity_columns(a))
	{
		const Object *now = sv_after(w->cmp, old);

		if (now != NULL && sv_is(now, "identity"))
			sv_emit(w, 0, "SELECT pg_catalog.setval(%s, last_value, is_called) FROM %s",
					sv_quote(sv_identity_sequence(now)),
					quote_qualified_identifier(a->schema,
											   psprintf("%s_%d", OLD_SEQUENCE,
														foreach_current_index(old) + 1)));
	}
}

/* A table that is re-created with its rows gets them. */
void
sv_writer_fill(Writer *w)
{
	if (w->pair->swapped)
		write_moved_rows(w);
}
