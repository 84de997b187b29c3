/*
 * write.c
 *		From nodes to statements: what classes write, and what every object can
 *		have besides (owner, privileges, comment, security labels, extensions).
 */
#include "postgres.h"

#include "diff/diff.h"
#include "utils/builtins.h"

/* ----- owner, privileges, comment, labels, extensions ----- */

static bool
is_owned_sequence(const Comparison *cmp, const Object *o)
{
	ListCell   *cell;

	foreach(cell, o->parts)
	{
		if (sv_class_is(lfirst(cell), sequence_owner) &&
			sv_pair(cmp, lfirst(cell))->kind == SV_PAIR_SAME)
			return true;
	}
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
	if (a != NULL && is_owned_sequence(w->cmp, a) && is_owned_sequence(w->cmp, b))
		return;					/* comes with the table */
	sv_emit(w, 0, "ALTER %s %s OWNER TO %s", b->class->keyword, b->identity,
			quote_identifier(owner));
}

static void
write_comment(Writer *w, const Object *a, const Object *b)
{
	if (!w->cmp->options->comments || (a != NULL ? sv_same(a, b, "comment") : !sv_is(b, "comment")))
		return;
	sv_emit(w, 0, "COMMENT ON %s %s IS %s", b->class->keyword, sv_sql_name(b, false),
			sv_is(b, "comment") ? sv_quote(sv_text(b, "comment")) : "NULL");
}

static void
write_labels(Writer *w, const Object *a, const Object *b)
{
	List	   *old = a ? sv_list(a, "labels") : NIL;
	List	   *new = sv_list(b, "labels");
	ListCell   *cell;

	foreach_ptr(const char, label, new)
	{
		const char *before = sv_find_option(old, label, '=');
		int			length = strcspn(label, "=");

		if (before == NULL || strcmp(before, label) != 0)
			sv_emit(w, 0, "SECURITY LABEL FOR %s ON %s %s IS %s",
					quote_identifier(pnstrdup(label, length)),
					b->class->keyword, sv_sql_name(b, false), sv_quote(label + length + 1));
	}
	foreach(cell, old)
	{
		if (sv_find_option(new, lfirst(cell), '=') == NULL)
			sv_emit(w, 0, "SECURITY LABEL FOR %s ON %s %s IS NULL",
					quote_identifier(pnstrdup(lfirst(cell), strcspn(lfirst(cell), "="))),
					b->class->keyword, sv_sql_name(b, false));
	}
}

/* Of a constraint it is the index that goes with an extension. */
static void
write_extension(Writer *w, const Object *o, const char *no, const char *extension)
{
	bool		constraint = sv_class_is(o, constraint);

	sv_emit(w, 0, "ALTER %s %s %sDEPENDS ON EXTENSION %s",
			constraint ? "INDEX" : o->class->keyword,
			constraint ? quote_qualified_identifier(o->schema, o->name) : sv_sql_name(o, false),
			no, quote_identifier(extension));
}

static void
write_extensions(Writer *w, const Object *a, const Object *b)
{
	List	   *old = a ? sv_list(a, "extensions") : NIL;
	List	   *new = sv_list(b, "extensions");

	foreach_ptr(const char, string, new)
	{
		if (!sv_base_has_string(old, string))
			write_extension(w, b, "", string);
	}
	foreach_ptr(const char, name, old)
	{
		if (!sv_base_has_string(new, name))
			write_extension(w, b, "NO ", name);
	}
}

/* Write what differs of what any object can have; a is NULL for a new object. */
static void
write_annotations(Writer *w, const Object *a, const Object *b)
{
	write_owner(w, a, b);
	if (a == NULL && b->class->fill != NULL)
		b->class->fill(w, b);
	if (w->cmp->options->privileges && b->class->acl_type != 0 && b->class->acl_type != 'd')
	{
		/* a column's grants are those of its table's owner */
		bool		column = b->class->acl_type == 'c' && b->parent != NULL;
		const Object *before = column && a != NULL ? a->parent : a;
		const char *old_owner = before ? sv_text(before, "owner") : column ? NULL :
		sv_first_owner(w->cmp, b);
		const char *owner = w->cmp->options->owners ? sv_text(column ? b->parent : b, "owner") :
		old_owner;

		List	   *from = a == NULL ? sv_initial_privileges(w->cmp, b) : column ?
		sv_column_privileges_left(w->cmp, a) :
		sv_list(a, "acl");

		sv_write_privileges(w, b, from, column && a != NULL && from != sv_list(a, "acl") ? owner :
							old_owner, owner);
	}
	write_comment(w, a, b);
	write_labels(w, a, b);
	write_extensions(w, a, b);
}

/* ----- nodes ----- */

static void
write_drop(Writer *w)
{
	const Object *a = w->pair->a;

	/* with its own functions goes a base type only */
	if (w->pair->swapped)
		sv_emit(w, sv_swap_loses_data(w->cmp, a, w->pair->b) ? SV_HAZARD_DATA_LOSS :
				0, "DROP %s %s%s", a->class->keyword,
				quote_qualified_identifier(a->schema, sv_old_name(a)),
				sv_class_is(a, base_type) && !sv_is(a, "shell") ? " CASCADE" : "");
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

	initStringInfo(&out);
	foreach_ptr(const Object, column, view->parts)
	{
		if (!sv_class_is(column, column))
			continue;
		appendStringInfo(&out, "%sNULL::%s%s%s AS %s", separator, sv_text(column, "type"),
						 sv_is(column, "collation") ? " COLLATE " :
						 "", sv_is(column, "collation") ? sv_text(column, "collation") : "",
						 quote_identifier(column->name));
		separator = ",\n    ";
	}
	sv_emit(w, 0, "%s %s%s", how, view->identity, out.data);
}

/* Keep a column's rows of another table while that changes; the column's children follow. */
static void
write_to_jsonb(Writer *w)
{
	const Object *a = w->pair->a;
	const char *name = quote_identifier(a->name);

	foreach_ptr(const Object, o, a->needs)
	{
		if (sv_class_is(o, column) && sv_pair(w->cmp, o)->as_jsonb && strcmp(o->name, a->name) == 0)
			return;
	}
	sv_emit(w, SV_HAZARD_REWRITE | SV_HAZARD_BLOCKS_ALL,
			"ALTER TABLE %s ALTER COLUMN %s TYPE jsonb USING pg_catalog.to_jsonb(%s)",
			a->parent->identity, name, name);
}

/*
 * Out of the way of a new one; of a range also its multirange and the
 * constructors, of a base type its functions.
 */
static void
write_rename(Writer *w)
{
	const Object *a = w->pair->a;
	const char *multirange = sv_text(a, "multirange");
	const char *other;

	foreach_ptr(const Object, function, a->needs)
	{
		if (sv_class_is(a, base_type) && sv_class_is(function, function) &&
			list_member_ptr(function->needs, a))
			sv_emit(w, 0, "ALTER FUNCTION %s RENAME TO %s", function->identity,
					quote_identifier(sv_old_name(function)));
	}
	sv_emit(w, SV_HAZARD_BLOCKS_ALL, "ALTER %s %s RENAME TO %s", a->class->keyword, a->identity,
			quote_identifier(sv_old_name(a)));
	if (!sv_is(a, "multirange"))
		return;
	sv_emit(w, 0, "ALTER FUNCTION %s(%s, %s) RENAME TO %s", a->identity, sv_text(a, "subtype"),
			sv_text(a, "subtype"),
			quote_identifier(sv_old_name(a)));
	sv_emit(w, 0, "ALTER FUNCTION %s(%s, %s, text) RENAME TO %s", a->identity,
			sv_text(a, "subtype"), sv_text(a, "subtype"),
			quote_identifier(sv_old_name(a)));
	other = quote_identifier(sv_name_with(multirange, "__oldm"));
	sv_emit(w, SV_HAZARD_BLOCKS_ALL, "ALTER TYPE %s RENAME TO %s",
			quote_qualified_identifier(a->schema, multirange), other);
	sv_emit(w, 0, "ALTER FUNCTION %s() RENAME TO %s",
			quote_qualified_identifier(a->schema, multirange), other);
}

static void
write_create(Writer *w)
{
	ListCell   *cell;

	w->pair->class->create(w, w->pair->b);
	write_annotations(w, NULL, w->pair->b);
	foreach(cell, w->node->folded)
	{
		w->pair = lfirst(cell);
		write_annotations(w, NULL, w->pair->b);
	}
}

static void
write_alter(Writer *w)
{
	List	   *called = NIL;

	for (const Alterer *alterer = w->pair->class->alterers; alterer != NULL &&
		 alterer->property != NULL; alterer++)
	{
		if (alterer->alter == NULL || !list_member_ptr(w->pair->alterers, alterer->alter) ||
			list_member_ptr(called, alterer->alter))
			continue;
		called = lappend(called, alterer->alter);
		alterer->alter(w, w->pair->a, w->pair->b);
	}
	write_annotations(w, w->pair->a, w->pair->b);
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
			if (sv_class_is(node->pair->b, view))
				write_empty_view(&w, node->pair->b, "CREATE VIEW");
			else
				sv_emit(&w, 0, "CREATE TYPE %s", node->pair->b->identity);
			break;
		case SV_NODE_RELEASE:
			if (node->pair->as_jsonb)
				write_to_jsonb(&w);
			else if (node->pair->detached)
				sv_emit(&w, SV_HAZARD_BLOCKS_ALL, "ALTER TABLE %s NOT OF", node->pair->a->identity);
			else
				write_empty_view(&w, node->pair->a, "CREATE OR REPLACE VIEW");
			break;
		case SV_NODE_RENAME:
			if (sv_class_is(node->pair->a, table))
				sv_writer_rename_table(&w);
			else
				write_rename(&w);
			break;
	}
}
