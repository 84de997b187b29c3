/*
 * persistence.c
 *		Tables that become LOGGED or UNLOGGED, and the sequences that follow them.
 *
 * A logged table cannot refer to an unlogged one, not even between two
 * statements: tables become unlogged before, and logged after, those to which
 * they refer.  Where tables refer to each other in a circle, a foreign key is
 * dropped and re-created.  The sequences that a table's columns own, and those of
 * identity columns, change with it.
 */
#include "postgres.h"

#include "diff/diff.h"
#include "miscadmin.h"

static bool
is_relation(const Object *o)
{
	return sv_class_is(o, table);
}

static bool
changes(const Comparison *cmp, const Object *table)
{
	const Pair *pair = sv_pair(cmp, table);

	return is_relation(table) && pair->kind == SV_PAIR_ALTER &&
		!sv_same(pair->a, pair->b, "unlogged");
}

/* Does the object stay as it is while tables change? */
static bool
stays_table(const Comparison *cmp, const Object *o)
{
	PairKind	kind = sv_pair(cmp, o)->kind;

	return kind == SV_PAIR_SAME || kind == SV_PAIR_ALTER;
}

/* The table to which a foreign key refers, or NULL. */
static Object *
referenced_table(const Object *key)
{
	foreach_ptr(Object, o, key->needs)
	{
		while (o->parent != NULL)
			o = o->parent;
		if (is_relation(o) && o != key->parent)
			return o;
	}
	return NULL;
}

/*
 * Call "visit" for each two tables that change, stay tied by a foreign key, and are not the
 * same.  A foreign key of partitions is a part of their table's.
 */
static void
visit_keys(Comparison *cmp,
		   void (*visit) (Object *key, const Object *referring, const Object *referenced,
						  void *arg), void *arg)
{
	ListCell   *x;
	ListCell   *y;

	foreach_ptr(Object, key, cmp->from->objects)
	{
		Object	   *referenced = sv_diff_is_foreign_key(key) &&
		stays_table(cmp, key) ? referenced_table(key) : NULL;

		if (referenced == NULL)
			continue;
		foreach(x, sv_with_partitions(cmp, key->parent))
		{
			foreach(y, sv_with_partitions(cmp, referenced))
			{
				if (lfirst(x) != lfirst(y) && changes(cmp, lfirst(x)) && changes(cmp, lfirst(y)))
					visit(key, lfirst(x), lfirst(y), arg);
			}
		}
	}
}

/* ----- circles ----- */

typedef struct Reference
{
	Object	   *key;
	const Object *referring;
	const Object *referenced;
} Reference;

static void
note_reference(Object *key, const Object *referring, const Object *referenced, void *arg)
{
	List	  **references = arg;
	Reference  *reference = palloc(sizeof(Reference));

	reference->key = key;
	reference->referring = referring;
	reference->referenced = referenced;
	*references = lappend(*references, reference);
}

/* Does a walk along the references come from one table to the other? */
static bool
reaches(const List *references, const Object *from, const Object *to, List **seen)
{
	check_stack_depth();
	if (from == to)
		return true;
	*seen = lappend(*seen, (void *) from);
	foreach_ptr(const Reference, r, references)
	{
		if (r->referring == from && !list_member_ptr(*seen, r->referenced) &&
			reaches(references, r->referenced, to, seen))
			return true;
	}
	return false;
}

/* Have the foreign keys re-created that would let tables wait for each other. */
void
sv_persistence_break_circles(Comparison *cmp)
{
	List	   *references = NIL;
	ListCell   *cell;

	visit_keys(cmp, note_reference, &references);
	foreach(cell, references)
	{
		const Reference *r = lfirst(cell);
		List	   *seen = NIL;

		CHECK_FOR_INTERRUPTS();
		if (!stays_table(cmp, r->key) || !reaches(references, r->referenced, r->referring, &seen))
			continue;
		sv_diff_make_again(sv_pair(cmp, r->key));
		references = foreach_delete_current(references, cell);
	}
}

/* ----- sequences ----- */

/* The table whose column owns a sequence, or NULL. */
static Object *
table_of(const Comparison *cmp, const Object *sequence)
{
	if (sv_class_is(sequence, identity_sequence))
		return sequence->parent->parent;
	foreach_ptr(const Object, owner, sv_class_is(sequence, sequence) ? sequence->parts : NIL)
	{
		Object	   *o = owner->needs != NIL ? linitial(owner->needs) : NULL;

		if (sv_class_is(owner, sequence_owner) && o != NULL && stays_table(cmp, owner))
			return o->parent ? o->parent : o;
	}
	return NULL;
}

/* Sequences that change with their table need no statement; those that shall not, do. */
void
sv_persistence_let_sequences_follow(Comparison *cmp)
{
	foreach_ptr(const Object, a, cmp->from->objects)
	{
		Pair	   *pair = sv_pair(cmp, a);
		const Object *table = stays_table(cmp, a) ? table_of(cmp, a) : NULL;

		if (table == NULL || !changes(cmp, table) || sv_is(table, "partition_key"))
			continue;
		pair->alterers = list_delete_ptr(pair->alterers, sv_sequence_alter_persistence);
		if (sv_is(pair->b, "unlogged") == sv_is(sv_after(cmp, table), "unlogged"))
			continue;
		pair->kind = SV_PAIR_ALTER;
		pair->alterers = lappend(pair->alterers, sv_sequence_alter_persistence);
	}
}

/* ----- order ----- */

static void
order_tables(Object *key, const Object *referring, const Object *referenced, void *arg)
{
	const Comparison *cmp = arg;
	const Pair *first = sv_pair(cmp, referring);
	const Pair *then = sv_pair(cmp, referenced);

	if (sv_is(first->b, "unlogged") && sv_is(then->b, "unlogged"))
		sv_diff_add_edge(first->alter, then->alter);
	else if (!sv_is(first->b, "unlogged") && !sv_is(then->b, "unlogged"))
		sv_diff_add_edge(then->alter, first->alter);
}

/* Which steps wait for which because of all this. */
void
sv_persistence_make_edges(Comparison *cmp)
{
	visit_keys(cmp, order_tables, cmp);
	foreach_ptr(Pair, pair, cmp->pairs)
	{
		const Object *table;

		/* a sequence follows its table as long as it belongs to it */
		if (pair->class == &sv_class_sequence_owner)
		{
			const Object *sides[] = {pair->a, pair->b};

			for (int i = 0; i < lengthof(sides); i++)
			{
				const Object *o = sides[i] != NULL &&
				sides[i]->needs != NIL ? linitial(sides[i]->needs) : NULL;

				table = o != NULL && o->parent != NULL ? o->parent : o;
				if (table == NULL || !changes(cmp, table))
					continue;
				sv_diff_add_edge(pair->drop, sv_pair(cmp, table)->alter);
				sv_diff_add_edge(sv_pair(cmp, table)->alter, pair->create);
			}
			continue;
		}
		table = pair->alter != NULL && pair->a != NULL ? table_of(cmp, pair->a) : NULL;
		if (table != NULL && changes(cmp, table))
			sv_diff_add_edge(sv_pair(cmp, table)->alter, pair->alter);
	}
}
