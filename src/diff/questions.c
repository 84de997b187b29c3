/*
 * questions.c
 *		Likely renames: reported, never guessed.
 */
#include "postgres.h"

#include "diff/diff.h"
#include "utils/builtins.h"

/* Have both the same properties (and columns)? */
static bool
look_alike(const Object *a, const Object *b)
{
	ListCell   *x;
	ListCell   *y;

	if (a->class != b->class || a->nproperties != b->nproperties)
		return false;
	for (int i = 0; i < a->nproperties; i++)
		if (!sv_property_equal(&a->properties[i], sv_property(b, a->properties[i].name)))
			return false;
	if (!sv_class_is(a, table))
		return true;
	if (list_length(a->parts) != list_length(b->parts))
		return false;
	forboth(x, a->parts, y, b->parts)
	{
		Object	   *p = lfirst(x);
		Object	   *q = lfirst(y);

		if (p->class != q->class ||
			(sv_class_is(p, column) && (strcmp(p->name, q->name) != 0 || !look_alike(p, q))))
			return false;
	}
	return true;
}

/* Are values lost if the object is dropped?  A view's column has none of its own. */
static bool
may_be_renamed(const Object *o)
{
	return sv_class_has(o, SV_HOLDS_DATA) &&
		(o->parent == NULL || sv_class_has(o->parent, SV_HOLDS_DATA));
}

static const Pair *
pair_of_parent(const Comparison *cmp, const Object *o)
{
	return o->parent != NULL ? sv_pair(cmp, o->parent) : NULL;
}

/* Rows that ask about each object that vanishes while one like it appears. */
List *
sv_diff_questions(const Comparison *cmp)
{
	List	   *gone = NIL;
	List	   *new = NIL;
	List	   *rows = NIL;

	foreach_ptr(Pair, pair, cmp->pairs)
	{
		Object	   *o = pair->a ? pair->a : pair->b;
		const Pair *whole = pair_of_parent(cmp, o);

		if (!may_be_renamed(o) || (whole != NULL && (whole->a == NULL || whole->b == NULL)))
			continue;
		if (pair->kind == SV_PAIR_DROP)
			gone = lappend(gone, pair->a);
		else if (pair->kind == SV_PAIR_CREATE)
			new = lappend(new, pair->b);
	}
	foreach_ptr(Object, a, gone)
	{
		foreach_ptr(Object, b, new)
		{
			DiffRow    *row;

			if (pair_of_parent(cmp, a) != pair_of_parent(cmp, b) || !look_alike(a, b))
				continue;
			row = palloc0(sizeof(DiffRow));
			row->kind = a->class->name;
			row->identity = a->identity;
			row->action = "question";
			row->note =
				psprintf(
						 "may have been renamed to %s; if so, rename it first, or its data are "
						 "lost", b->identity);
			row->renamed_from = a->parent || a->schema == NULL ||
				strcmp(a->schema, b->schema) == 0 ?
				quote_identifier(a->name) : a->identity;
			row->renamed_to = b->identity;
			rows = lappend(rows, row);
		}
	}
	return rows;
}
