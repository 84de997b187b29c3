/*
 * taken_names.c
 *		Names that are taken until something is dropped or gets another name.
 */
#include "postgres.h"

#include "diff/diff.h"
#include "utils/hsearch.h"

typedef struct TakenName
{
	char		key[NAMEDATALEN * 4];
	List	   *nodes;
} TakenName;

/* Has the NOT NULL of a column (since 18) or domain (since 17) a name, which it has of its own? */
static bool
has_not_null_name(const Object *o)
{
	return sv_is(o, "not_null") && !sv_is(o, "inherited") &&
		(sv_class_is(o, column) ? SV_HAS_NAMED_NOT_NULL :
		 sv_class_is(o, domain) && SV_HAS_NAMED_DOMAIN_NOT_NULL);
}

static void
name_key(char *key, const Object *o, const char *space)
{
	const char *name = o->name ? o->name : o->identity;

	if (strcmp(space, "multirange") == 0)
	{
		name = sv_text(o, "multirange");
		space = "type";
	}
	else if (sv_class_is(o, identity_sequence))
		name = sv_identity_sequence_name(o->parent);
	else if (sv_class_is(o, column) || (sv_class_is(o, domain) && strcmp(space, o->identity) == 0))
		name = sv_not_null_name(o);
	memset(key, 0, NAMEDATALEN * 4);
	snprintf(key, NAMEDATALEN * 4, "%s|%s|%s", o->schema ? o->schema : "", name, space);
}

/*
 * In which spaces a name is taken, or must be free before: no sequence is made
 * with the name of a type.
 */
static List *
name_spaces(const Object *o, bool before)
{
	List	   *spaces = NIL;

	if (o->class->name_space != NULL)
		spaces = lappend(spaces, (char *) o->class->name_space(o));
	if (sv_class_is(o, table) || sv_class_is(o, view) || sv_class_is(o, matview) ||
		sv_class_is(o, foreign_table) || (before && sv_class_is(o, sequence)))
		spaces = lappend(spaces, "type");
	if (sv_class_is(o, composite))
		spaces = lappend(spaces, "relation");
	if (sv_is(o, "multirange"))
		spaces = lappend(spaces, "multirange");
	if (has_not_null_name(o))
		spaces = lappend(spaces, (char *) (o->parent ? o->parent : o)->identity);
	else if (sv_class_is(o, constraint) && sv_diff_is_index(o))
		spaces = lappend(spaces, (char *) o->parent->identity);
	return spaces;
}

/* Does the NOT NULL of a column or domain, or the column's sequence, get another name? */
static bool
is_renamed_in_place(const Pair *pair)
{
	if (pair->a == NULL || pair->b == NULL)
		return false;
	if (pair->class == &sv_class_identity_sequence)
		return strcmp(sv_identity_sequence_name(pair->a->parent),
					  sv_identity_sequence_name(pair->b->parent)) != 0;
	if (!has_not_null_name(pair->a) || !has_not_null_name(pair->b))
		return has_not_null_name(pair->a) || has_not_null_name(pair->b);
	return strcmp(sv_not_null_name(pair->a), sv_not_null_name(pair->b)) != 0;
}

/* Where a name of the old object becomes free, or NULL; a column's NOT NULL has one, too. */
static DiffNode *
freeing_node(const Pair *pair)
{
	if (pair->rename != NULL)
		return pair->rename;
	/* that of an old table's identity with the table's own */
	if (pair->drop != NULL && pair->drop->pair->rename != NULL &&
		pair->class == &sv_class_identity_sequence)
		return pair->drop->pair->rename;
	if (pair->drop != NULL)
		return pair->drop;
	return is_renamed_in_place(pair) &&
		(sv_class_is(pair->a, identity_sequence) || has_not_null_name(pair->a)) ?
		pair->alter : NULL;
}

/* Where a name of the new object is taken, or NULL. */
static DiffNode *
taking_node(const Pair *pair)
{
	if (pair->shell != NULL || pair->create != NULL)
		return pair->shell ? pair->shell : pair->create;
	return is_renamed_in_place(pair) &&
		(sv_class_is(pair->b, identity_sequence) || has_not_null_name(pair->b)) ?
		pair->alter : NULL;
}

/* A type may have the name of a sequence, but only if the sequence was there first. */
static void
edges_of_sequence_name(Comparison *cmp, Pair *sequence)
{
	for (int i = 0; sv_object_classes[i] != NULL; i++)
	{
		const Object *type = (sv_object_classes[i]->traits & SV_IS_TYPE) == 0 ? NULL :
		sv_model_find(cmp->to, sv_object_classes[i], sequence->b->identity);

		if (type != NULL)
			sv_diff_add_edge(sequence->create, sv_pair(cmp, type)->create);
	}
}

/* Let who takes a name wait for who has it until then. */
void
sv_names_make_edges(Comparison *cmp)
{
	HASHCTL		control = {0};
	HTAB	   *names;
	char		key[NAMEDATALEN * 4];

	control.keysize = sizeof(key);
	control.entrysize = sizeof(TakenName);
	control.hcxt = CurrentMemoryContext;
	names = hash_create("schemaver names", 16, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	foreach_ptr(Pair, pair, cmp->pairs)
	{
		bool		found;

		if (freeing_node(pair) == NULL)
			continue;
		foreach_ptr(const char, string, name_spaces(pair->a, false))
		{
			TakenName  *entry;

			name_key(key, pair->a, string);
			entry = hash_search(names, key, HASH_ENTER, &found);
			if (!found)
				entry->nodes = NIL;
			entry->nodes = lappend(entry->nodes, pair);
		}
	}
	foreach_ptr(Pair, pair, cmp->pairs)
	{
		if (taking_node(pair) == NULL)
			continue;
		if (pair->create != NULL && sv_class_is(pair->b, sequence))
			edges_of_sequence_name(cmp, pair);
		foreach_ptr(const char, space, name_spaces(pair->b, true))
		{
			TakenName  *entry;

			name_key(key, pair->b, space);
			entry = hash_search(names, key, HASH_FIND, NULL);
			if (entry == NULL)
				continue;
			foreach_ptr(Pair, old, entry->nodes)
			{
				if (old != pair)
					sv_diff_add_edge(freeing_node(old), taking_node(pair));
			}
		}
	}
	hash_destroy(names);
}
