/*
 * sorting.c
 *		Operator classes that a type is sorted by where nobody says how.
 *
 * A view that sorts, an index and a unique constraint keep the operators that
 * were the usual ones when they were made.  They are printed without them as
 * long as these are the usual ones.  So the same text means something else after
 * the default operator class of a type has come or gone: what stands on columns of
 * the type is re-created, then.
 */
#include "postgres.h"

#include "diff/diff.h"
#include "miscadmin.h"

static bool
is_usual(const Object *o)
{
	return o != NULL && strstr(sv_text(o, "definition"), "\n    DEFAULT FOR TYPE ") != NULL;
}

/* An operator class that comes or goes, and that is or was the default of a type. */
static bool
changes_usual(const Pair *pair)
{
	return pair->class == &sv_class_operator_class && pair->kind != SV_PAIR_SAME &&
		pair->kind != SV_PAIR_ALTER && (is_usual(pair->a) || is_usual(pair->b));
}

/* May its text leave out by what it sorts? */
static bool
sorts(const Object *o)
{
	static const char *const words[] = {" BY ", "DISTINCT", "UNION", "INTERSECT", "EXCEPT"};

	if (sv_class_is(o, index))
		return true;
	if (sv_class_is(o, constraint))
		return !sv_diff_is_check(o) && !sv_diff_is_foreign_key(o);
	if (!sv_class_is(o, view) && !sv_class_is(o, matview))
		return false;
	for (int i = 0; i < lengthof(words); i++)
		if (strstr(sv_text(o, "definition"), words[i]) != NULL)
			return true;
	return false;
}

/* Have what sorts by a column, or by a type that stands for it, re-created. */
static void
sort_again(Spread *spread, const Object *sorted)
{
	check_stack_depth();
	foreach_ptr(const Object, user, spread->cmp->dependents[sorted->number])
	{
		if (sorts(user))
			sv_spread_again(spread, sv_pair(spread->cmp, user));
		else if ((sv_class_is(user, column) && !sv_class_is(sorted, column)) ||
				 sv_class_is(user, domain))
			sort_again(spread, user);
	}
}

/* What is sorted by the default operator class of a type, where another one becomes that. */
void
sv_spread_sorting(Spread *spread)
{
	ListCell   *need;

	foreach_ptr(const Pair, pair, spread->cmp->pairs)
	{
		if (!changes_usual(pair))
			continue;
		foreach(need, (pair->b ? pair->b : pair->a)->needs)
		{
			const Pair *type = sv_pair(spread->cmp, lfirst(need));

			if (type->a != NULL && sv_class_has(type->a, SV_IS_TYPE))
				sort_again(spread, type->a);
		}
	}
}

/* Does an object stand on a column of the type, or on the type? */
static bool
stands_on(const Object *user, const Object *type)
{
	ListCell   *cell;

	if (list_member_ptr(user->needs, type))
		return true;
	foreach(cell, user->needs)
	{
		if (sv_class_is(lfirst(cell), column) &&
			list_member_ptr(((Object *) lfirst(cell))->needs, type))
			return true;
	}
	return false;
}

static void
edges_of_users(const Comparison *cmp, const Pair *class, const Object *type)
{
	foreach_ptr(const Pair, user, cmp->pairs)
	{
		if (user->create != NULL && sorts(user->b) && stands_on(user->b, type))
			sv_diff_add_edge(class->create, user->create);
	}
}

/* What sorts by a type is made when the type's default operator class is there. */
void
sv_sorting_make_edges(Comparison *cmp)
{
	ListCell   *need;

	foreach_ptr(const Pair, pair, cmp->fold_level < 3 ? cmp->pairs : NIL)
	{
		if (pair->class != &sv_class_operator_class || pair->create == NULL || !is_usual(pair->b))
			continue;
		foreach(need, pair->b->needs)
		{
			if (sv_class_has(lfirst(need), SV_IS_TYPE))
				edges_of_users(cmp, pair, lfirst(need));
		}
	}
}
