/*
 * compare.c
 *		Pair the objects of two models and decide what happens to each.
 */
#include "postgres.h"

#include "diff/diff.h"
#include "miscadmin.h"
#include "model/model.h"
#include "utils/builtins.h"

/* Properties that every class can have; privileges.c and write.c alter them. */
static bool
is_annotation(const char *property)
{
	return strcmp(property, "owner") == 0 || strcmp(property, "acl") == 0 ||
		strcmp(property, "comment") == 0 || strcmp(property, "labels") == 0 ||
		strcmp(property, "extensions") == 0;
}


/* Does a difference of this property matter? */
static bool
property_matters(const ModelClass *class, const char *property, const DiffOptions *options)
{
	const Alterer *alterer;

	if (strcmp(property, "owner") == 0)
		return options->owners && !class->no_owner_change;
	if (strcmp(property, "acl") == 0)
		return options->privileges;
	if (strcmp(property, "comment") == 0)
		return options->comments;
	alterer = sv_class_alterer(class, property);
	if (alterer != NULL && options->kept && (alterer->flags & SV_ALTER_RUNTIME))
		return false;
	return alterer == NULL || !(alterer->flags & SV_ALTER_IGNORED);
}

void
sv_diff_make_again(Pair *pair)
{
	if (pair->kind == SV_PAIR_SAME || pair->kind == SV_PAIR_ALTER)
		pair->kind = SV_PAIR_AGAIN;
}

/* Note that a property differs. */
static void
property_differs(const Comparison *cmp, Pair *pair, const char *property)
{
	const Alterer *alterer;

	if (!property_matters(pair->class, property, cmp->options))
		return;
	if (strcmp(property, "acl") == 0 && !cmp->options->owners &&
		sv_same_privileges(pair->a, pair->b))
		return;					/* they only tell of the owner */
	if (is_annotation(property))
	{
		if (pair->kind == SV_PAIR_SAME)
			pair->kind = SV_PAIR_ALTER;
		return;
	}
	alterer = sv_class_alterer(pair->class, property);
	if (alterer == NULL)
	{
		sv_diff_make_again(pair);
		return;
	}
	if (pair->kind == SV_PAIR_SAME)
		pair->kind = SV_PAIR_ALTER;
	if (alterer->flags & SV_ALTER_DISRUPTS)
		pair->disrupts = true;
	for (; alterer->property != NULL; alterer++)
		if (strcmp(alterer->property, property) == 0 &&
			!list_member_ptr(pair->alterers, alterer->alter))
			pair->alterers = lappend(pair->alterers, alterer->alter);
}

/* Is it what holds rows, values or a position of its own? */
static bool
keeps_contents(const Object *o)
{
	return sv_class_is(o, table) || sv_class_is(o, sequence) || sv_class_is(o, identity_sequence) ||
		(sv_class_is(o, column) && sv_class_is(o->parent, table) && !sv_is(o, "generated"));
}

/* Are they two attributes of the same type?  Another type can hold the converted values. */
static bool
is_other_attribute(const Object *a, const Object *b)
{
	return sv_class_is(a, column) && sv_class_is(a->parent, composite) &&
		a->address.objectId == b->address.objectId &&
		a->address.objectSubId != b->address.objectSubId;
}

/* Are they two objects, one of which has been dropped and the other made under its name? */
static bool
is_replaced(const Comparison *cmp, const Object *a, const Object *b)
{
	if (cmp->options->by_address && is_other_attribute(a, b))
		return true;
	return cmp->options->by_address && keeps_contents(a) && OidIsValid(a->address.objectId) &&
		OidIsValid(b->address.objectId) &&
		(a->address.objectId != b->address.objectId ||
		 a->address.objectSubId != b->address.objectSubId);
}

static void
compare_pair(const Comparison *cmp, Pair *pair)
{
	const Object *a = pair->a;
	const Object *b = pair->b;

	if (is_replaced(cmp, a, b))
	{
		pair->replaced = true;
		sv_diff_make_again(pair);
	}

	for (int i = 0; i < a->nproperties; i++)
		if (!sv_property_equal(&a->properties[i], sv_property(b, a->properties[i].name)))
			property_differs(cmp, pair, a->properties[i].name);
	for (int i = 0; i < b->nproperties; i++)
		if (!sv_is(a, b->properties[i].name))
			property_differs(cmp, pair, b->properties[i].name);
	/* a NOT NULL that comes from no parent any more keeps the name that the parent gave it */
	if (sv_is(a, "installed_not_null_name") && !sv_is(b, "inherited") && !sv_is(b, "merged") &&
		sv_is(b, "not_null") &&
		strcmp(sv_not_null_name(a), sv_not_null_name(b)) != 0)
		property_differs(cmp, pair, "not_null_name");
	if (pair->class->can_alter != NULL && !pair->class->can_alter(a, b))
		sv_diff_make_again(pair);
}

static Pair *
add_pair(Comparison *cmp, Object *a, Object *b)
{
	Pair	   *pair = palloc0(sizeof(Pair));

	pair->cmp = cmp;
	pair->class = a ? a->class : b->class;
	pair->a = a;
	pair->b = b;
	pair->kind = a == NULL ? SV_PAIR_CREATE : b == NULL ? SV_PAIR_DROP : SV_PAIR_SAME;
	if (a != NULL)
		cmp->pairs_from[a->number] = pair;
	if (b != NULL)
		cmp->pairs_to[b->number] = pair;
	cmp->pairs = lappend(cmp->pairs, pair);
	return pair;
}

static void
pair_objects(Comparison *cmp)
{
	cmp->pairs_from = palloc0(sizeof(Pair *) * (list_length(cmp->from->objects) + 1));
	cmp->pairs_to = palloc0(sizeof(Pair *) * (list_length(cmp->to->objects) + 1));
	foreach_ptr(Object, a, cmp->from->objects)
	{
		add_pair(cmp, a, sv_model_find(cmp->to, a->class, a->identity));
		if (sv_class_is(a, default_acl))
			cmp->defaults = lappend(cmp->defaults, a);
	}
	foreach_ptr(Object, b, cmp->to->objects)
	{
		if (sv_model_find(cmp->from, b->class, b->identity) == NULL)
			add_pair(cmp, NULL, b);
	}
	foreach_ptr(Pair, pair, cmp->pairs)
	{
		if (pair->a == NULL || pair->b == NULL)
			continue;
		compare_pair(cmp, pair);
		if (pair->kind == SV_PAIR_SAME && pair->class->acl_type == 'c' && pair->a->parent != NULL &&
			sv_column_privileges_left(cmp, pair->a) != sv_list(pair->a, "acl"))
			pair->kind = SV_PAIR_ALTER;
	}
}

static void
add_given_names(HTAB *names, const Model *model)
{
	foreach_ptr(const Object, o, model->objects)
	{
		if (sv_is(o, "not_null_name") || sv_is(o, "installed_not_null_name"))
			(void) hash_search(names, sv_not_null_name(o), HASH_ENTER, NULL);
		else if ((sv_class_is(o, constraint) || sv_class_is(o, domain_constraint)) &&
				 strstr(o->name, "_not_null") != NULL)
			(void) hash_search(names, o->name, HASH_ENTER, NULL);
	}
}

/*
 * Since 18 a NOT NULL has a name, that of a domain since 17, which the server chooses so that no
 * other constraint of the schema has it.  A constraint that a partition has from its parent has
 * the parent's name.
 */
static void
find_named(Comparison *cmp)
{
	HASHCTL		control =
	{.keysize = NAMEDATALEN, .entrysize = NAMEDATALEN, .hcxt = CurrentMemoryContext};
	HTAB	   *names =
	hash_create("schemaver names", 64, &control, HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);

	add_given_names(names, cmp->from);
	add_given_names(names, cmp->to);
	foreach_ptr(Pair, pair, hash_get_num_entries(names) > 0 ? cmp->pairs : NIL)
	{
		if (pair->b != NULL && sv_is(pair->b, "not_null"))
			(void) hash_search(names, sv_not_null_name(pair->b), HASH_FIND, &pair->named);
	}
	hash_destroy(names);
}

static void
find_dependents(Comparison *cmp)
{
	cmp->dependents = palloc0(sizeof(List *) * (list_length(cmp->from->objects) + 1));
	foreach_ptr(Object, object, cmp->from->objects)
	{
		foreach_ptr(const Object, need, object->needs)
		{
			int			number = need->number;

			cmp->dependents[number] = lappend(cmp->dependents[number], object);
		}
	}
}

/*
 * An extension that has to be re-created, since it cannot be altered so, would
 * take along what uses it.
 */
static void
refuse_used_extensions(const Comparison *cmp)
{
	ListCell   *other;

	foreach_ptr(const Pair, pair, cmp->pairs)
	{
		List	   *users = NIL;

		if (pair->kind != SV_PAIR_AGAIN || pair->class != &sv_class_extension)
			continue;
		foreach(other, cmp->dependents[pair->a->number])
		{
			if (sv_pair(cmp, lfirst(other))->kind != SV_PAIR_DROP)
				users = lappend(users,
								psprintf("%s %s", ((Object *) lfirst(other))->class->name,
										 ((Object *) lfirst(other))->identity));
		}
		if (users == NIL)
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 sv_same(pair->a, pair->b, "schema") ?
				 errmsg("extension \"%s\" cannot be updated from version %s to %s", pair->a->name,
						sv_text(pair->a, "version"), sv_text(pair->b, "version")) :
				 errmsg("extension \"%s\" cannot be moved to schema \"%s\"", pair->a->name,
						sv_text(pair->b, "schema")),
				 errdetail("It would have to be dropped and created, and these use it: %s.",
						   sv_join(users, ", ")),
				 errhint("Leave it as it is in the wanted schema, or change what uses it first.")));
	}
}

/*
 * Is a function among the rows whose body is a text?  What such a body uses is not known
 * to the server, and names in it may be of another search_path: as in a dump, it should not be
 * looked into (check_function_bodies) while the statements run.
 */
bool
sv_diff_has_bodies(List *rows)
{
	foreach_ptr(const DiffRow, row, rows)
	{
		if (row->sql != NULL &&
			(strcmp(row->kind, "function") == 0 || strcmp(row->kind, "procedure") == 0) &&
			strstr(row->sql, "\nAS $") != NULL &&
			strstr(row->sql, "\n LANGUAGE internal\n") == NULL)
			return true;
	}
	return false;
}

/*
 * Compare two models: what happens to each object, and the rows (DiffRow) that lead from
 * one to the other, in order.  The models are not changed.
 */
Comparison *
sv_diff_compare(Model *from, Model *to, const DiffOptions *options)
{
	Comparison *cmp = palloc0(sizeof(Comparison));

	cmp->from = from;
	cmp->to = to;
	cmp->options = options;
	pair_objects(cmp);
	find_named(cmp);
	find_dependents(cmp);
	cmp->rows = sv_diff_questions(cmp);
	do
		sv_diff_spread(cmp);
	while (sv_swap_disordered(cmp));
	refuse_used_extensions(cmp);
	sv_diff_spread_renaming(cmp);
	sv_persistence_let_sequences_follow(cmp);
	foreach_ptr(DiffNode, node, sv_diff_order(cmp))
	{
		CHECK_FOR_INTERRUPTS();
		sv_diff_write(cmp, node);
	}
	return cmp;
}

/* The rows of a comparison alone. */
List *
sv_diff(Model *from, Model *to, const DiffOptions *options)
{
	return sv_diff_compare(from, to, options)->rows;
}
