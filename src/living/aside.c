/*
 * aside.c
 *		Put objects aside with all that depends on them, and bring them back.
 *
 * What depends on what is read from the catalogs, as a model of the units
 * concerned; the comparison of models (src/diff) writes the statements that drop
 * the objects and those that re-create them, with owner, privileges, comments and
 * options, in an order that the server accepts.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "living/living_private.h"
#include "miscadmin.h"
#include "track/track.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

/* ---------- what depends on it ---------- */

typedef struct Search
{
	AsideCause	cause;
	List	   *start;			/* Object */
	List	   *units;			/* ObjectAddress of what is read */
	List	   *expanded;		/* those whose dependents are among them */
	Model	   *model;
	List	   *found;			/* Object */
	bool	   *is_found;		/* by number of the object */
} Search;

/* Read units as they are now. */
Model *
sv_read_units_now(const List *units)
{
	Snapshot	snapshot;
	Model	   *volatile model = NULL;
	bool		paused = sv_track_pause(true);

	CommandCounterIncrement();
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	PG_TRY();
	{
		model = sv_model_read_units(units, snapshot, NULL);
	}
	PG_FINALLY();
	{
		(void) sv_track_pause(paused);
	}
	PG_END_TRY();
	UnregisterSnapshot(snapshot);
	return model;
}

static void
add_unit(Search *search, const ObjectAddress *unit)
{
	ObjectAddress *copy;

	if (sv_base_has_object(search->units, unit) || !sv_unit_is_read(unit))
		return;
	copy = palloc(sizeof(ObjectAddress));
	*copy = *unit;
	search->units = lappend(search->units, copy);
}

/* Add the views that depend on a view, at any distance: one reading does for all of them. */
static void
add_views_over(Search *search, const ObjectAddress *view)
{
	int			first = list_length(search->units);

	add_unit(search, view);
	for (int i = first; i < list_length(search->units); i++)	/* grows on the way */
	{
		const ObjectAddress *unit = list_nth(search->units, i);

		CHECK_FOR_INTERRUPTS();
		if (unit->classId != RelationRelationId || get_rel_relkind(unit->objectId) != RELKIND_VIEW)
			continue;
		foreach_ptr(const ObjectAddress, dependent, sv_unit_dependents(unit))
			add_unit(search, dependent);
	}
}

/* A column whose values are computed of others: nothing is lost with it. */
static bool
is_computed(const Object *o)
{
	return sv_class_is(o, column) && sv_is(o, "generated");
}

/*
 * Does the server itself see to an object that depends on one to which the
 * statement is done?
 */
static bool
comes_along(const Search *search, const Object *o, const Object *start)
{
	if (sv_class_is(o, trigger) || sv_class_is(o, policy) || sv_class_is(o, rule) ||
		o->parent == NULL)
		return false;
	if (search->cause == SV_ASIDE_COLUMN_TYPE)
		return !is_computed(o) && !sv_class_is(o, publication_table);
	return sv_object_root(o) == sv_object_root(start);
}

static void
mark(Search *search, Object *o)
{
	if (search->is_found[o->number])
		return;
	search->is_found[o->number] = true;
	search->found = lappend(search->found, o);
}

static bool
needs_found(const Search *search, const Object *o)
{
	if (o->parent != NULL && search->is_found[o->parent->number])
		return true;
	foreach_ptr(const Object, need, o->needs)
	{
		if (search->is_found[need->number] &&
			!(list_member_ptr(search->start, need) && comes_along(search, o, need)))
			return true;
	}
	return false;
}

/* Mark all that needs what is marked already. */
static void
spread(Search *search)
{
	bool		more = true;

	while (more)
	{
		more = false;
		CHECK_FOR_INTERRUPTS();
		foreach_ptr(Object, o, search->model->objects)
		{
			if (o->context || search->is_found[o->number] || !needs_found(search, o))
				continue;
			mark(search, o);
			/* a type without one of its attributes would be another type */
			if (o->parent != NULL && sv_class_is(sv_object_root(o), composite))
				mark(search, unconstify(Object *, sv_object_root(o)));
			more = true;
		}
	}
}

/* Does an address stand for what uses the row type of a relation whose column is changed? */
static bool
means_row_type(AsideCause cause, const ObjectAddress *address)
{
	return cause == SV_ASIDE_COLUMN_TYPE && address->classId == TypeRelationId;
}

/* The objects of the model at the addresses. */
static List *
objects_at(const Model *model, const List *addresses, AsideCause cause)
{
	List	   *result = NIL;

	foreach_ptr(const ObjectAddress, address, addresses)
	{
		Object	   *o = sv_model_at(model, address->classId, address->objectId,
									address->objectSubId);

		if (o != NULL && !o->context && !means_row_type(cause, address))
			result = list_append_unique_ptr(result, o);
	}
	return result;
}

/*
 * Mark what has a row type, or arrays of it, in a column or an expression.  A rule that is
 * a view's query is the view.
 */
static void
mark_users(Search *search, Oid type)
{
	DependScan	scan = sv_depend_begin(TypeRelationId, type, true, NULL);
	Form_pg_depend row;

	while ((row = sv_depend_next(&scan)) != NULL)
	{
		ObjectAddress unit;
		Object	   *user = sv_model_at(search->model, row->classid, row->objid, row->objsubid);

		if (row->deptype == DEPENDENCY_INTERNAL)
			continue;			/* its array */
		if (user == NULL && sv_unit_of(row->classid, row->objid, &unit))
			user = sv_model_at(search->model, unit.classId, unit.objectId, 0);
		if (user != NULL && !user->context)
			mark(search, user);
	}
	if (OidIsValid(get_array_type(type)))
		mark_users(search, get_array_type(type));
}

/* Mark what is in the way of the statement by itself. */
static void
mark_first(Search *search, const List *addresses)
{
	search->start = objects_at(search->model, addresses, search->cause);
	foreach_ptr(Object, object, search->start)
		mark(search, object);
	foreach_ptr(const ObjectAddress, address, addresses)
	{
		if (means_row_type(search->cause, address))
			mark_users(search, address->objectId);
	}
}

/* Nothing depends on these. */
static bool
is_leaf(const Object *o)
{
	return sv_class_is(o, trigger) || sv_class_is(o, policy) || sv_class_is(o, rule);
}

/* Add the units that depend on those of the marked objects; false if there are no more. */
static bool
expand(Search *search)
{
	int			n = list_length(search->units);

	foreach_ptr(const Object, o, search->found)
	{
		ObjectAddress *unit;

		if (is_leaf(o))
			continue;
		unit = palloc(sizeof(ObjectAddress));
		if (!sv_unit_of(o->address.classId, o->address.objectId, unit) ||
			sv_base_has_object(search->expanded, unit))
			continue;
		search->expanded = lappend(search->expanded, unit);
		foreach_ptr(const ObjectAddress, dependent, sv_unit_dependents(unit))
			add_views_over(search, dependent);
	}
	return list_length(search->units) > n;
}

static DiffOptions
options_of_aside(void)
{
	DiffOptions options = {.owners = true, .privileges = true, .comments = true, .drop = "drop",
	.cast_of = sv_model_cast_of};

	options.role = GetUserNameFromId(GetUserId(), false);
	return options;
}

/*
 * What depends on the objects at the addresses (ObjectAddress) and is in the way of
 * what is done to them (where columns get another type, that of a row type stands for what
 * uses it), which is dropped, too, if they are to be re-created; with the
 * statements that drop it.
 */
Aside *
sv_aside_find(const List *addresses, AsideCause cause)
{
	Aside	   *aside = palloc0(sizeof(Aside));
	Search		search = {cause};
	DiffOptions options = options_of_aside();

	foreach_ptr(const ObjectAddress, address, addresses)
	{
		ObjectAddress unit;

		if (sv_unit_of(address->classId, address->objectId, &unit))
			add_unit(&search, &unit);
		if (!means_row_type(cause, address))
			continue;
		foreach_ptr(const ObjectAddress, user, sv_type_dependents(address->objectId))
			add_views_over(&search, user);
	}
	do
	{
		search.model = sv_read_units_now(search.units);
		search.found = NIL;
		search.is_found = palloc0(sizeof(bool) * list_length(search.model->objects));
		mark_first(&search, addresses);
		spread(&search);
	} while (expand(&search));

	aside->model = search.model;
	foreach_ptr(Object, one, search.found)
	{
		if (cause == SV_ASIDE_REPLACED || !sv_object_is_within(search.start, one))
			aside->dropped = lappend(aside->dropped, one);
	}
	aside->rows = sv_diff(search.model, sv_model_altered(search.model, aside->dropped, NIL),
						  &options);
	return aside;
}

/* Would rows or values be lost with the object? */
static bool
loses_contents(const Object *o)
{
	const Object *root = sv_object_root(o);

	return sv_class_has(o, SV_HOLDS_DATA) && !is_computed(o) && !sv_class_has(o, SV_IS_TYPE) &&
		!sv_class_is(root, view) && !sv_class_is(root, matview) && !sv_class_is(root, composite);
}

/* The objects whose rows or values would be lost, as a text; NULL: none. */
char *
sv_aside_data(const Aside *aside)
{
	StringInfoData list;

	initStringInfo(&list);
	foreach_ptr(const Object, o, aside->dropped)
	{
		if (loses_contents(o))
			appendStringInfo(&list, "%s%s %s", list.len > 0 ? ", " : "", o->class->name,
							 o->identity);
	}
	return list.len > 0 ? list.data : NULL;
}

/* ---------- statements ---------- */

/* Drop it. */
void
sv_aside_take(const Aside *aside)
{
	sv_generated_rows(aside->rows, NULL);
}

/* Lead from one model to another. */
void
sv_aside_execute(Model *now, Model *wanted)
{
	DiffOptions options = options_of_aside();

	sv_generated_rows(sv_diff(now, wanted, &options), NULL);
}

/* Make some of the dropped objects again, those that are not there. */
void
sv_aside_return(const Aside *aside, const List *objects)
{
	List	   *units = NIL;
	Model	   *now;

	foreach_ptr(const Object, o, aside->model->objects)
	{
		ObjectAddress *unit = palloc(sizeof(ObjectAddress));

		if (o->parent == NULL && sv_unit_of(o->address.classId, o->address.objectId, unit) &&
			!sv_base_has_object(units, unit))
			units = lappend(units, unit);
	}
	now = sv_read_units_now(units);
	sv_aside_execute(now, sv_model_altered(now, NIL, objects));
}

/* Make an index, a trigger or a rule again, of a relation that was made anew since. */
void
sv_aside_return_part(const Object *part, Oid relation)
{
	ObjectAddress unit;
	Model	   *now;

	if (!sv_unit_of(RelationRelationId, relation, &unit))
		return;
	now = sv_read_units_now(list_make1(&unit));
	sv_aside_execute(now, sv_model_altered(now, NIL, list_make1(unconstify(Object *, part))));
}
