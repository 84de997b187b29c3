/*
 * write.c
 *		From nodes to statements: what classes write, and what every object can
 *		have besides (owner, privileges, comment, security labels).
 */
#include "postgres.h"

#include "diff/diff.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

static const char *
action_of(const Writer *w)
{
	if (w->pair->kind == SV_PAIR_AGAIN)
		return "recreate";
	switch (w->node->kind)
	{
		case SV_NODE_DROP:
			return "drop";
		case SV_NODE_CREATE:
		case SV_NODE_SHELL:
			return "create";
		default:
			return "alter";
	}
}

/* Add a statement. */
void
sv_emit(Writer *w, int hazards, const char *format,...)
{
	DiffRow    *row = palloc0(sizeof(DiffRow));
	StringInfoData sql;
	int			needed;

	initStringInfo(&sql);
	for (;;)
	{
		va_list		args;

		va_start(args, format);
		needed = appendStringInfoVA(&sql, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&sql, needed);
	}
	while (sql.len > 0 && isspace((unsigned char) sql.data[sql.len - 1]))
		sql.data[--sql.len] = '\0';
	row->kind = w->pair->class->name;
	row->identity = (w->pair->b ? w->pair->b : w->pair->a)->identity;
	row->action = action_of(w);
	row->sql = sql.data;
	row->hazards = hazards;
	w->cmp->rows = lappend(w->cmp->rows, row);
}

static int
compare_numbers(const ListCell *a, const ListCell *b)
{
	return ((Object *) lfirst(a))->number - ((Object *) lfirst(b))->number;
}

/* The objects that are created together with the node's own, in order. */
List *
sv_writer_folded(Writer *w)
{
	List	   *objects = NIL;
	ListCell   *cell;

	foreach(cell, w->node->folded)
		objects = lappend(objects, ((Pair *) lfirst(cell))->b);
	list_sort(objects, compare_numbers);
	return objects;
}

/* Was the object there before, and does it stay? */
bool
sv_writer_existed(Writer *w, const Object *o)
{
	return o->pair->a != NULL && o->pair->kind != SV_PAIR_AGAIN;
}

bool
sv_writer_created(Writer *w, const Object *o)
{
	return o->pair->kind == SV_PAIR_CREATE || o->pair->kind == SV_PAIR_AGAIN;
}

bool
sv_writer_dropped(Writer *w, const Object *o)
{
	return o->pair->kind == SV_PAIR_DROP || o->pair->kind == SV_PAIR_AGAIN;
}

/*
 * Does the table inherit from the parent (NULL: from any) all the time?  A table
 * that is made with INHERITS does so as long as it is there.
 */
bool
sv_writer_inherits(Writer *w, const Object *table, const Object *parent)
{
	ListCell   *cell;

	foreach(cell, table->parts)
	{
		const Object *o = lfirst(cell);
		const Pair *pair = o->pair;

		if (!sv_class_is(o, "inheritance") || (parent != NULL && !list_member_ptr(o->needs, parent)))
			continue;
		if ((pair->kind == SV_PAIR_SAME || pair->kind == SV_PAIR_ALTER) ||
			(pair->create != NULL && pair->create == table->pair->create && o == pair->b) ||
			(pair->drop != NULL && pair->drop == table->pair->drop && o == pair->a))
			return true;
	}
	return false;
}

/* Is the object there as soon as its parent is, or does it come by a statement of its own? */
bool
sv_writer_comes_along(Writer *w, const Object *o)
{
	return o->pair->kind == SV_PAIR_SAME || (o->pair->create != NULL && o->pair->create == o->parent->pair->create);
}

/* Do children keep the column as one of their own when the parent's is dropped? */
bool
sv_writer_leaves(Writer *w, const Object *column)
{
	return sv_diff_leaves(w->cmp, column);
}

/* Do other objects go with the one that is dropped? */
bool
sv_writer_drops_more(Writer *w)
{
	return w->node->folded != NIL;
}

/* Does an empty one of the object's kind stand there already? */
bool
sv_writer_has_shell(Writer *w)
{
	return w->pair->shell != NULL;
}

/* Does the column move to the new version of a type, or come back to it? */
bool
sv_writer_converted(Writer *w, const Object *column)
{
	return column->pair->converted || column->pair->parked;
}

/* Is it a table that is no table of its type while that changes? */
bool
sv_writer_untied(Writer *w, const Object *table)
{
	return table->pair->untied;
}

/* Are there tables of the type that stay and follow it? */
bool
sv_writer_has_typed_tables(Writer *w, const Object *type)
{
	ListCell   *cell;

	if (type->pair->a != NULL)
		foreach(cell, w->cmp->dependents[type->pair->a->number])
	{
		Object	   *o = lfirst(cell);

		if (sv_class_is(o, "table") && sv_is(o, "of_type") && !sv_writer_dropped(w, o) && !o->pair->untied)
			return true;
	}
	return false;
}

/* The columns of children that stay NOT NULL where that of the parent does not. */
List *
sv_writer_children_not_null(Writer *w, const Object *column)
{
	List	   *result = NIL;
	ListCell   *cell;

	if (column->pair->a == NULL)
		return NIL;
	foreach(cell, w->cmp->dependents[column->pair->a->number])
	{
		const Object *o = lfirst(cell);

		if (sv_class_is(o, "column") && o->parent != column->pair->a->parent && strcmp(o->name, column->name) == 0 &&
			o->pair->b != NULL && sv_is(o->pair->b, "not_null"))
			result = lappend(result, o->pair->b);
	}
	return result;
}

/* Are there tables that inherit from it all the time? */
bool
sv_writer_has_children(Writer *w, const Object *table)
{
	ListCell   *cell;

	if (table->pair->a != NULL)
		foreach(cell, w->cmp->dependents[table->pair->a->number])
		if (sv_class_is(lfirst(cell), "inheritance") && !sv_writer_dropped(w, lfirst(cell)))
			return true;
	return false;
}

/* The object as it was before, or NULL. */
const Object *
sv_writer_other(Writer *w, const Object *o)
{
	return o->pair->a;
}

static bool
is_row_type(const Object *column, const char *type)
{
	ListCell   *cell;

	foreach(cell, column->needs)
		if (sv_class_is(lfirst(cell), "composite type") && strcmp(((Object *) lfirst(cell))->identity, type) == 0)
			return true;
	return false;
}

/* The USING of a column that changes its type; NULL: none is needed. */
const char *
sv_writer_conversion(Writer *w, const Object *a, const Object *b)
{
	const char *type = sv_text(b, "type");
	int			length = strlen(type);

	if (w->pair->parked)
		return psprintf("pg_catalog.jsonb_populate_record(NULL::%s, %s)", type, quote_identifier(b->name));
	if (!w->pair->converted)
	{
		char		cast = strcmp(sv_text(a, "type"), type) == 0 || w->cmp->options->cast_of == NULL ? 'a' :
			w->cmp->options->cast_of(sv_text(a, "type"), type);

		return cast == 'a' ? NULL : psprintf("%s%s::%s", quote_identifier(b->name), cast == 't' ? "::text" : "", type);
	}
	/* rows keep the attributes that both have */
	if (is_row_type(b, type))
		return psprintf("pg_catalog.jsonb_populate_record(NULL::%s, pg_catalog.to_jsonb(%s))", type, quote_identifier(b->name));
	return psprintf("%s::text%s::%s", quote_identifier(b->name),
					length > 2 && strcmp(type + length - 2, "[]") == 0 ? "[]" : "", type);
}

char *
sv_quote(const char *literal)
{
	return quote_literal_cstr(literal);
}

char *
sv_join(List *strings, const char *separator)
{
	StringInfoData out;
	ListCell   *cell;

	initStringInfo(&out);
	foreach(cell, strings)
		appendStringInfo(&out, "%s%s", foreach_current_index(cell) ? separator : "", (char *) lfirst(cell));
	return out.data;
}

/* Length of the name that an option begins with, which may be quoted. */
static int
key_length(const char *option, char separator)
{
	const char *c = option;

	if (*c != '"')
		return strcspn(option, (char[]) {separator, '\0'});
	for (c++; *c != '\0' && (*c != '"' || c[1] == '"'); c++)
		if (*c == '"')
			c++;
	return c + (*c == '"') - option;
}

static bool
same_key(const char *x, const char *y, char separator)
{
	int			n = key_length(x, separator);

	return n == key_length(y, separator) && strncmp(x, y, n) == 0;
}

static const char *
find_key(List *options, const char *like, char separator)
{
	ListCell   *cell;

	foreach(cell, options)
		if (same_key(like, lfirst(cell), separator))
			return lfirst(cell);
	return NULL;
}

/*
 * Write SET and RESET of options, or ADD, SET and DROP of those of foreign
 * objects; a may be NULL.
 */
void
sv_write_options(Writer *w, const char *head, const Object *a, const Object *b, const char *property, int hazards)
{
	bool		foreign = strcmp(property, "foreign_options") == 0;
	char		separator = foreign ? ' ' : '=';
	List	   *old = a ? sv_list(a, property) : NIL;
	List	   *new = sv_list(b, property);
	List	   *set = NIL;
	List	   *reset = NIL;
	ListCell   *cell;

	foreach(cell, new)
	{
		const char *before = find_key(old, lfirst(cell), separator);

		if (before == NULL || strcmp(before, lfirst(cell)) != 0)
			set = lappend(set, foreign ? psprintf("%s %s", before ? "SET" : "ADD", (char *) lfirst(cell)) : lfirst(cell));
	}
	foreach(cell, old)
	{
		const char *option = lfirst(cell);
		int			length = key_length(option, separator);

		if (find_key(new, option, separator) == NULL)
			reset = lappend(reset, psprintf("%s%.*s", foreign ? "DROP " : "", length, option));
	}
	if (foreign)
	{
		if (set != NIL || reset != NIL)
			sv_emit(w, hazards, "%s OPTIONS (%s)", head, sv_join(list_concat(set, reset), ", "));
		return;
	}
	if (set != NIL)
		sv_emit(w, hazards, "%s SET (%s)", head, sv_join(set, ", "));
	if (reset != NIL)
		sv_emit(w, hazards, "%s RESET (%s)", head, sv_join(reset, ", "));
}

/* ----- owner, privileges, comment, labels ----- */

static bool
is_owned_sequence(const Object *o)
{
	ListCell   *cell;

	foreach(cell, o->parts)
		if (sv_class_is(lfirst(cell), "sequence owner") && ((Object *) lfirst(cell))->pair->kind == SV_PAIR_SAME)
			return true;
	return false;
}

static void
write_owner(Writer *w, const Object *a, const Object *b)
{
	const char *owner = sv_text(b, "owner");
	const char *before = a ? sv_text(a, "owner") : w->cmp->options->role;

	if (!w->cmp->options->owners || b->class->no_owner_change || !*owner)
		return;
	if (before != NULL && strcmp(owner, before) == 0)
		return;
	if (a != NULL && is_owned_sequence(a) && is_owned_sequence(b))
		return;					/* comes with the table */
	sv_emit(w, 0, "ALTER %s %s OWNER TO %s", b->class->keyword, b->identity, quote_identifier(owner));
}

static void
write_comment(Writer *w, const Object *a, const Object *b)
{
	if (!w->cmp->options->comments || (a != NULL ? sv_same(a, b, "comment") : !sv_is(b, "comment")))
		return;
	sv_emit(w, 0, "COMMENT ON %s %s IS %s", b->class->keyword, b->identity,
			sv_is(b, "comment") ? sv_quote(sv_text(b, "comment")) : "NULL");
}

static void
write_labels(Writer *w, const Object *a, const Object *b)
{
	List	   *old = a ? sv_list(a, "labels") : NIL;
	List	   *new = sv_list(b, "labels");
	ListCell   *cell;

	foreach(cell, new)
	{
		const char *label = lfirst(cell);
		const char *before = find_key(old, label, '=');
		int			length = strcspn(label, "=");

		if (before == NULL || strcmp(before, label) != 0)
			sv_emit(w, 0, "SECURITY LABEL FOR %s ON %s %s IS %s", quote_identifier(pnstrdup(label, length)),
					b->class->keyword, b->identity, sv_quote(label + length + 1));
	}
	foreach(cell, old)
		if (find_key(new, lfirst(cell), '=') == NULL)
			sv_emit(w, 0, "SECURITY LABEL FOR %s ON %s %s IS NULL",
					quote_identifier(pnstrdup(lfirst(cell), strcspn(lfirst(cell), "="))), b->class->keyword, b->identity);
}

/* Write what differs of what any object can have; a is NULL for a new object. */
void
sv_write_annotations(Writer *w, const Object *a, const Object *b)
{
	write_owner(w, a, b);
	if (w->cmp->options->privileges && b->class->acl_type != 0 && b->class->acl_type != 'd')
	{
		/* a column's grants are those of its table's owner */
		bool		column = b->class->acl_type == 'c' && b->parent != NULL;
		const Object *before = column && a != NULL ? a->parent : a;
		const char *old_owner = before ? sv_text(before, "owner") : column ? NULL : w->cmp->options->role;
		const char *owner = w->cmp->options->owners ? sv_text(column ? b->parent : b, "owner") : old_owner;

		List	   *from = a == NULL ? sv_initial_privileges(w->cmp, b) : column ? sv_column_privileges_left(w->cmp->options, a) :
			sv_list(a, "acl");

		sv_write_privileges(w, b, from, sv_list(b, "acl"), column && a != NULL && from != sv_list(a, "acl") ? owner : old_owner, owner);
	}
	write_comment(w, a, b);
	write_labels(w, a, b);
}

/* ----- nodes ----- */

static const char *
shortened(const char *name, const char *suffix)
{
	int			length = pg_mbcliplen(name, strlen(name), NAMEDATALEN - 1 - strlen(suffix));

	return psprintf("%.*s%s", length, name, suffix);
}

static const char *
renamed(const Object *o)
{
	return shortened(o->name, "__old");
}

/* A table that is made anew with its rows gets them. */
void
sv_writer_fill(Writer *w)
{
	if (w->pair->swapped)
		sv_swap_write_rows(w, renamed(w->pair->a));
}

static void
write_drop(Writer *w)
{
	const Object *a = w->pair->a;

	/* with its own functions goes a base type only */
	if (w->pair->swapped)
		sv_emit(w, 0, "DROP %s %s%s", a->class->keyword, quote_qualified_identifier(a->schema, renamed(a)),
				sv_class_is(a, "base type") && !sv_is(a, "shell") ? " CASCADE" : "");
	else if (a->class->drop != NULL)
		a->class->drop(w, a);
	else
		sv_emit(w, 0, "DROP %s %s", a->class->keyword, a->identity);
}

/* A view with the columns of another one that needs nothing but their types. */
static void
write_empty_view(Writer *w, const Object *view, const char *how)
{
	StringInfoData out;
	const char *separator = " AS\nSELECT\n    ";
	ListCell   *cell;

	initStringInfo(&out);
	foreach(cell, view->parts)
	{
		const Object *column = lfirst(cell);

		if (!sv_class_is(column, "column"))
			continue;
		appendStringInfo(&out, "%sNULL::%s%s%s AS %s", separator, sv_text(column, "type"),
						 sv_is(column, "collation") ? " COLLATE " : "", sv_is(column, "collation") ? sv_text(column, "collation") : "",
						 quote_identifier(column->name));
		separator = ",\n    ";
	}
	sv_emit(w, 0, "%s %s%s", how, view->identity, out.data);
}

/* Keep a column's rows of another table while that changes; the column's children follow. */
static void
write_parking(Writer *w)
{
	const Object *a = w->pair->a;
	const char *name = quote_identifier(a->name);
	ListCell   *cell;

	foreach(cell, a->needs)
	{
		const Object *o = lfirst(cell);

		if (sv_class_is(o, "column") && o->pair->parked && strcmp(o->name, a->name) == 0)
			return;
	}
	sv_emit(w, SV_HAZARD_REWRITE | SV_HAZARD_BLOCKS_ALL, "ALTER TABLE %s ALTER COLUMN %s TYPE jsonb USING pg_catalog.to_jsonb(%s)",
			a->parent->identity, name, name);
}

/* Out of the way of a new one; of a range also its multirange and the constructors, of a base type its functions. */
static void
write_rename(Writer *w)
{
	const Object *a = w->pair->a;
	const char *multirange = sv_text(a, "multirange");
	const char *other;
	ListCell   *cell;

	foreach(cell, a->needs)
	{
		const Object *function = lfirst(cell);

		if (sv_class_is(a, "base type") && sv_class_is(function, "function") && list_member_ptr(function->needs, a))
			sv_emit(w, 0, "ALTER FUNCTION %s RENAME TO %s", function->identity, quote_identifier(renamed(function)));
	}
	sv_emit(w, SV_HAZARD_BLOCKS_ALL, "ALTER %s %s RENAME TO %s", a->class->keyword, a->identity, quote_identifier(renamed(a)));
	if (!sv_is(a, "multirange"))
		return;
	sv_emit(w, 0, "ALTER FUNCTION %s(%s, %s) RENAME TO %s", a->identity, sv_text(a, "subtype"), sv_text(a, "subtype"),
			quote_identifier(renamed(a)));
	sv_emit(w, 0, "ALTER FUNCTION %s(%s, %s, text) RENAME TO %s", a->identity, sv_text(a, "subtype"), sv_text(a, "subtype"),
			quote_identifier(renamed(a)));
	other = quote_identifier(shortened(multirange, "__oldm"));
	sv_emit(w, SV_HAZARD_BLOCKS_ALL, "ALTER TYPE %s RENAME TO %s", quote_qualified_identifier(a->schema, multirange), other);
	sv_emit(w, 0, "ALTER FUNCTION %s() RENAME TO %s", quote_qualified_identifier(a->schema, multirange), other);
}

static void
write_create(Writer *w)
{
	ListCell   *cell;

	w->pair->class->create(w, w->pair->b);
	sv_write_annotations(w, NULL, w->pair->b);
	foreach(cell, w->node->folded)
	{
		w->pair = lfirst(cell);
		sv_write_annotations(w, NULL, w->pair->b);
	}
}

static void
write_alter(Writer *w)
{
	List	   *called = NIL;

	for (const Alterer *alterer = w->pair->class->alterers; alterer != NULL && alterer->property != NULL; alterer++)
	{
		if (alterer->alter == NULL || !list_member_ptr(w->pair->alterers, alterer->alter) ||
			list_member_ptr(called, alterer->alter))
			continue;
		called = lappend(called, alterer->alter);
		alterer->alter(w, w->pair->a, w->pair->b);
	}
	sv_write_annotations(w, w->pair->a, w->pair->b);
}

/* Write the statements of a node. */
void
sv_diff_write(Comparison *cmp, DiffNode *node)
{
	Writer		w = {cmp, node, node->pair};

	switch (node->kind)
	{
		case SV_NODE_DROP:
			write_drop(&w);
			break;
		case SV_NODE_CREATE:
			write_create(&w);
			break;
		case SV_NODE_ALTER:
			write_alter(&w);
			break;
		case SV_NODE_SHELL:
			if (sv_class_is(node->pair->b, "view"))
				write_empty_view(&w, node->pair->b, "CREATE VIEW");
			else
				sv_emit(&w, 0, "CREATE TYPE %s", node->pair->b->identity);
			break;
		case SV_NODE_HOLLOW:
			if (node->pair->parked)
				write_parking(&w);
			else if (node->pair->untied)
				sv_emit(&w, SV_HAZARD_BLOCKS_ALL, "ALTER TABLE %s NOT OF", node->pair->a->identity);
			else
				write_empty_view(&w, node->pair->a, "CREATE OR REPLACE VIEW");
			break;
		case SV_NODE_RENAME:
			if (sv_class_is(node->pair->a, "table"))
				sv_swap_write_rename(&w, renamed(node->pair->a));
			else
				write_rename(&w);
			break;
	}
}

/* Hazards as people read them; NULL: none. */
const char *
sv_hazard_text(int hazards)
{
	static const struct
	{
		int			hazard;
		const char *text;
	}			texts[] = {
		{SV_HAZARD_DATA_LOSS, "data loss"},
		{SV_HAZARD_REWRITE, "rewrites data"},
		{SV_HAZARD_SCAN, "reads all rows"},
		{SV_HAZARD_MAY_FAIL, "depends on the data"},
		{SV_HAZARD_BLOCKS_ALL, "blocks reads and writes"},
		{SV_HAZARD_BLOCKS_WRITES, "blocks writes"}
	};
	StringInfoData out;

	if (hazards == 0)
		return NULL;
	initStringInfo(&out);
	for (int i = 0; i < lengthof(texts); i++)
		if (hazards & texts[i].hazard)
			appendStringInfo(&out, "%s%s", out.len ? ", " : "", texts[i].text);
	return out.data;
}
