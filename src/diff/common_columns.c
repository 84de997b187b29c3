/*
 * common_columns.c
 *		Columns that a table has from several parents.
 *
 * The server changes the type of a column with all that inherit it, and refuses to where
 * one of these has it from elsewhere, too.  Such a table leaves all of these parents but
 * one for that time, or is re-created where that would change more.
 */
#include "postgres.h"

#include "diff/diff.h"
#include "miscadmin.h"

/* The column of that name from which a child's comes by this link; NULL if none. */
static Object *
column_by_link(const Object *column, const Object *link)
{
	const Object *parent = link->needs != NIL ? linitial(link->needs) : NULL;

	foreach_ptr(Object, o, parent != NULL ? parent->parts : NIL)
	{
		if (sv_class_is(o, column) && strcmp(o->name, column->name) == 0)
			return o;
	}
	return NULL;
}

/* Add the columns at the top from which a column comes, those of links that stay. */
static List *
add_origins(const Comparison *cmp, List *origins, const Object *column)
{
	bool		found = false;

	check_stack_depth();
	foreach_ptr(const Object, link, column->parent->parts)
	{
		const Object *above = !sv_class_is(link, inheritance) || sv_is_dropped(cmp, link) ?
		NULL : column_by_link(column, link);

		if (above == NULL)
			continue;
		found = true;
		origins = add_origins(cmp, origins, above);
	}
	return found ? origins : list_append_unique_ptr(origins, (void *) column);
}

static bool
changes_type(const Comparison *cmp, const Object *a)
{
	const Pair *pair = sv_pair(cmp, a);

	return pair->kind == SV_PAIR_ALTER &&
		list_member_ptr(pair->alterers, sv_type_alterer(pair->class));
}

/* End the inheritance from all parents of a column that have it from elsewhere than the first. */
static void
part_from_others(Spread *spread, const Object *column)
{
	List	   *first = NIL;

	foreach_ptr(const Object, link, sv_links_in_order(column->parent->parts))
	{
		const Object *above = sv_is_dropped(spread->cmp, link) ?
		NULL : column_by_link(column, link);
		List	   *origins = above != NULL ? add_origins(spread->cmp, NIL, above) : NIL;

		if (first == NIL)
			first = origins;
		else if (origins != NIL && list_difference_ptr(origins, first) != NIL)
			sv_spread_again(spread, sv_pair(spread->cmp, link));
	}
}

/* A column whose type changes must not come from tables that have none in common. */
void
sv_spread_parting(Spread *spread)
{
	foreach_ptr(const Object, column, spread->cmp->from->objects)
	{
		if (!sv_is_stored_column(column) || !changes_type(spread->cmp, column) ||
			(!sv_is(column, "inherited") && !sv_is(column, "merged")))
			continue;
		if (list_length(add_origins(spread->cmp, NIL, column)) > 1)
			part_from_others(spread, column);
	}
}

/* Is the column left without a parent while links end and begin again? */
static bool
is_left_alone(const Comparison *cmp, const Object *column)
{
	bool		left = false;

	foreach_ptr(const Object, link, column->parent->parts)
	{
		if (!sv_class_is(link, inheritance) || column_by_link(column, link) == NULL)
			continue;
		if (!sv_is_dropped(cmp, link))
			return false;
		left = true;
	}
	return left;
}

/*
 * Would a table get a column for its own that it only inherits, because it leaves the
 * parents from which it has that for a time?
 */
bool
sv_parting_keeps_columns(const Comparison *cmp, const Object *a)
{
	foreach_ptr(const Object, column, a->parts)
	{
		if (sv_class_is(column, column) && sv_after(cmp, column) != NULL &&
			sv_is(column, "inherited") && sv_is(sv_after(cmp, column), "inherited") &&
			is_left_alone(cmp, column))
			return true;
	}
	return false;
}
