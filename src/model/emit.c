/*
 * emit.c
 *		The statement writer: the statements that an object's class writes, as
 *		rows of the comparison.
 */
#include "postgres.h"

#include "model/model.h"
#include "utils/builtins.h"

static const char *
writer_action(const Writer *w)
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

/* Does it refer to a table that was there before?  A foreign key locks that one, too. */
static bool
locks_other_table(Writer *w, const Object *o)
{
	foreach_ptr(const Object, need, o->needs)
	{
		const Object *root = sv_object_root(need);

		if (root != sv_object_root(o) && sv_class_is(root, table) && sv_writer_existed(w, root))
			return true;
	}
	return false;
}

/*
 * Hazards are those for rows and for other sessions.  A table that the same
 * comparison creates has neither; what refers to another table may still lock that.
 */
static int
hazards_now(Writer *w, int hazards)
{
	const Object *o = w->pair->b;
	const Object *root = o == NULL ? NULL : sv_object_root(o);

	if (root == NULL || root == o || w->node->kind == SV_NODE_DROP ||
		sv_pair(w->cmp, root)->kind != SV_PAIR_CREATE || sv_pair(w->cmp, root)->swapped)
		return hazards;
	return locks_other_table(w, o) ? hazards & SV_HAZARD_BLOCKS_WRITES : 0;
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
	row->action = writer_action(w);
	row->sql = sql.data;
	row->hazards = hazards_now(w, hazards);
	if (w->node->kind != SV_NODE_DROP)
	{
		row->from = w->pair->a;
		row->to = w->pair->b;
	}
	w->cmp->rows = lappend(w->cmp->rows, row);
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

static int
compare_part_numbers(const ListCell *a, const ListCell *b)
{
	return ((Object *) lfirst(a))->number - ((Object *) lfirst(b))->number;
}

/* The objects that are created together with the node's own, in order. */
List *
sv_writer_folded(Writer *w)
{
	List	   *objects = NIL;

	foreach_ptr(const Pair, pair, w->node->folded)
		objects = lappend(objects, pair->b);
	list_sort(objects, compare_part_numbers);
	return objects;
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

	initStringInfo(&out);
	foreach_ptr(const char, string, strings)
		appendStringInfo(&out, "%s%s", foreach_current_index(string) ? separator :
						 "", string);
	return out.data;
}

/* Length of the name that an option begins with, which may be quoted. */
static int
key_length(const char *option, char separator)
{
	const char *c = option;

	if (*c != '"')
		return strcspn(option, separator == ' ' ? " " : "=");
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

/* The option of the list that has the name of "like", or NULL. */
const char *
sv_find_option(List *options, const char *like, char separator)
{
	ListCell   *cell;

	foreach(cell, options)
	{
		if (same_key(like, lfirst(cell), separator))
			return lfirst(cell);
	}
	return NULL;
}

/*
 * Write SET and RESET of options, or ADD, SET and DROP of those of foreign
 * objects; a may be NULL.
 */
void
sv_write_options(Writer *w, const char *head, const Object *a, const Object *b,
				 const char *property, int hazards)
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
		const char *before = sv_find_option(old, lfirst(cell), separator);

		if (before == NULL || strcmp(before, lfirst(cell)) != 0)
			set = lappend(set, foreign ?
						  psprintf("%s %s", before ? "SET" : "ADD", (char *) lfirst(cell)) :
						  lfirst(cell));
	}
	foreach_ptr(const char, option, old)
	{
		int			length = key_length(option, separator);

		if (sv_find_option(new, option, separator) == NULL)
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

/* The create function of classes whose query gives the whole statement as "definition". */
void
sv_emit_definition(Writer *w, const Object *o)
{
	sv_emit(w, 0, "%s", sv_text(o, "definition"));
}
