/*
 * rows_in_columns.c
 *		Columns that hold rows of a table which is written again.
 *
 * The server does not write the rows of a table again while a column has its row
 * type, be it as an array, inside of a composite type or as a domain.  The values
 * of such a column are jsonb for that time.
 */
#include "postgres.h"

#include "diff/diff.h"
#include "miscadmin.h"

/*
 * The table (as before) whose rows a change of it or of a column will,
 * perhaps, have written again; NULL if none.
 */
static const Object *
rewritten_table(const Pair *pair)
{
	const Object *table;
	ListCell   *cell;

	if (pair->b == NULL)
		return NULL;
	if (sv_class_is(pair->b, table))
		return pair->kind == SV_PAIR_ALTER &&
			!(sv_same(pair->a, pair->b, "unlogged") && sv_same(pair->a, pair->b, "access_method")) ?
			pair->a : NULL;
	/* the attributes of a row type are no less bound */
	if (sv_is_attribute(pair->b))
		return pair->kind == SV_PAIR_ALTER && pair->disrupts ? pair->a->parent : NULL;
	if (!sv_is_stored_column(pair->b) || sv_before(pair->cmp, pair->b->parent) == NULL ||
		sv_is_dropped(pair->cmp, pair->b->parent))
		return NULL;
	table = sv_before(pair->cmp, pair->b->parent);
	if (pair->kind == SV_PAIR_ALTER)
		return pair->disrupts || !sv_same(pair->a, pair->b, "expression") ? table : NULL;
	if (pair->kind != SV_PAIR_CREATE && pair->kind != SV_PAIR_AGAIN)
		return NULL;
	foreach(cell, pair->b->parts)
	{
		if (sv_class_is(lfirst(cell), default))
			return table;
	}
	foreach(cell, pair->b->needs)
	{
		if (sv_class_is(lfirst(cell), domain))
			return table;
	}
	return sv_is(pair->b, "generated") || sv_is(pair->b, "identity") ? table : NULL;
}

/* Does a column, a domain or a composite type have rows of the table inside? */
static bool
holds(const Object *o, const Object *table)
{
	check_stack_depth();
	foreach_ptr(const Object, need, table != NULL ? o->needs : NIL)
	{
		if (need == table || (sv_class_is(need, domain) && holds(need, table)))
			return true;
		foreach_ptr(const Object, part, sv_class_is(need, composite) ? need->parts : NIL)
		{
			if (holds(part, table))
				return true;
		}
	}
	return false;
}

/*
 * Values of a row type that is rewritten wait as jsonb; what else has the row
 * type is re-created.
 */
static void
release_rows(Spread *spread, Object *user, const Object *table)
{
	Pair	   *pair = sv_pair(spread->cmp, user);
	ListCell   *cell;

	check_stack_depth();
	if (sv_is_attribute(user) || sv_class_is(user, domain))
	{
		foreach(cell,
				spread->cmp->dependents[(sv_is_attribute(user) ? user->parent : user)->number])
			release_rows(spread, lfirst(cell), table);
	}
	if (sv_class_is(user, column) && sv_class_is(user->parent, matview))
		sv_spread_again(spread, sv_pair(spread->cmp, user->parent));
	else if (sv_has_parsed_body(user))
		sv_spread_again(spread, pair);
	if (!sv_is_stored_column(user) || sv_is_dropped(spread->cmp, user) || pair->as_jsonb ||
		pair->b == NULL ||
		(!sv_same(pair->a, pair->b, "type") && !holds(pair->b, sv_after(spread->cmp, table))))
		return;
	if (sv_is(user, "generated"))
	{
		sv_spread_again(spread, pair);
		return;
	}
	sv_spread_detach(sv_pair(spread->cmp, user->parent));
	pair->kind = SV_PAIR_ALTER;
	pair->as_jsonb = pair->disrupts = true;
	pair->alterers = lappend(pair->alterers, sv_type_alterer(pair->class));
	spread->queue = lappend(spread->queue, pair);
}

/* The server does not write the rows of a table again while something has its row type. */
void
sv_spread_rewriting(Spread *spread)
{
	foreach_ptr(const Pair, pair, spread->cmp->pairs)
	{
		const Object *table = rewritten_table(pair);

		if (table == NULL)
			continue;
		foreach_ptr(Object, object, spread->cmp->dependents[table->number])
		{
			if (object->parent != table)
				release_rows(spread, object, table);
		}
	}
}

/* ----- rows in expressions ----- */

/* Does its text build a row, which must have as many fields as its type has attributes? */
static bool
builds_row(const Object *o)
{
	const char *text = sv_class_has(o, SV_IS_ROUTINE) ? sv_text(o, "definition") :
	sv_class_is(o, domain) ? sv_text(o, "default") : "";

	return strstr(text, "ROW(") != NULL;
}

/*
 * A default of an argument or of a domain that is built of a row type is set when the
 * type has the attributes that it shall have.
 */
void
sv_rows_make_edges(Comparison *cmp)
{
	ListCell   *need;
	ListCell   *part;

	foreach_ptr(const Pair, pair, cmp->fold_level < 3 ? cmp->pairs : NIL)
	{
		DiffNode   *node = pair->create ? pair->create : pair->alter;

		if (node == NULL || !builds_row(pair->b))
			continue;
		foreach(need, pair->b->needs)
		{
			const Pair *type = sv_pair(cmp, lfirst(need));

			if (type->class != &sv_class_composite || type->a == NULL)
				continue;
			foreach(part, type->a->parts)
				sv_diff_add_edge(sv_pair(cmp, lfirst(part))->drop, node);
			foreach(part, type->b->parts)
				sv_diff_add_edge(sv_pair(cmp, lfirst(part))->create, node);
		}
	}
}
