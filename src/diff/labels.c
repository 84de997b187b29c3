/*
 * labels.c
 *		Labels that are added to an enum and used by the same statements.
 *
 * The server does not let a label be used in the transaction that adds it to a
 * type which is older.  Where something else that changes may name a new label
 * (a default, a check, a predicate, a partition's bound, a body), the type is made
 * again instead, as it is for changes that ALTER TYPE does not know.
 */
#include "postgres.h"

#include "diff/diff.h"
#include "miscadmin.h"
#include "utils/builtins.h"

static List *
new_labels(const Pair *type)
{
	List	   *old = sv_list(type->a, "values");
	List	   *result = NIL;

	foreach_ptr(const char, value, sv_list(type->b, "values"))
	{
		bool		found = false;

		foreach_ptr(const char, string, old)
			found |= strcmp(string, value) == 0;
		if (!found)
			result = lappend(result, quote_literal_cstr(value));
	}
	return result;
}

static bool
names(const char *text, List *literals)
{
	ListCell   *cell;

	foreach(cell, literals)
	{
		if (strstr(text, lfirst(cell)) != NULL)
			return true;
	}
	return false;
}

/* Does the server's text of an object have one of the literals in it? */
static bool
object_names(const Object *o, List *literals)
{
	for (int i = 0; i < o->nproperties; i++)
	{
		const Property *p = &o->properties[i];

		if (strcmp(p->name, "comment") == 0 || strcmp(p->name, "index_comment") == 0 ||
			strcmp(p->name, "not_null_comment") == 0)
			continue;
		if (p->text != NULL && names(p->text, literals))
			return true;
		foreach_ptr(const char, string, p->list)
		{
			if (names(string, literals))
				return true;
		}
	}
	return false;
}

/* Does an object need the type, by whatever way? */
static bool
uses_type(const Object *o, const Object *type, bool *seen)
{
	ListCell   *cell;

	check_stack_depth();
	if (o == type)
		return true;
	if (seen[o->number])
		return false;
	seen[o->number] = true;
	foreach_ptr(const Object, need, o->needs)
	{
		if (uses_type(need, type, seen))
			return true;
	}
	foreach(cell, o->class->is_part || !sv_class_is(o, schema) ? o->parts : NIL)
	{
		if (sv_class_is(lfirst(cell), column) && uses_type(lfirst(cell), type, seen))
			return true;
	}
	return o->parent != NULL && uses_type(o->parent, type, seen);
}

/* Does something that is made or changed perhaps use a label that the enum gets? */
bool
sv_uses_new_label(const Comparison *cmp, const Pair *type)
{
	List	   *labels = new_labels(type);

	foreach_ptr(const Object, o, labels != NIL ? cmp->to->objects : NIL)
	{
		bool	   *seen;
		bool		found;

		if (o == type->b || sv_pair(cmp, o)->kind == SV_PAIR_SAME || !object_names(o, labels))
			continue;
		CHECK_FOR_INTERRUPTS();
		seen = palloc0(sizeof(bool) * list_length(cmp->to->objects));
		found = uses_type(o, type->b, seen);
		pfree(seen);
		if (found)
			return true;
	}
	return false;
}
