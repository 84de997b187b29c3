/*
 * drifted.c
 *		Which objects differ between a kept state and the live schema, in what,
 *		and which statements belong to each.
 *
 * Pure.  Parts of an object that was created or dropped as a whole are not
 * listed by themselves.
 */
#include "postgres.h"

#include "diff/diff.h"
#include "miscadmin.h"
#include "utils/builtins.h"

const Object *
sv_drift_object(const Drift *drift)
{
	return drift->kept ? drift->kept : drift->live;
}

const char *
sv_drift_change(const Drift *drift)
{
	if (drift->kept == NULL)
		return "created";
	if (drift->live == NULL)
		return "dropped";
	return drift->renamed && drift->differs == NIL ? "renamed" : "changed";
}

/* ----- what differs ----- */

/* Does a difference in a property count, by the options too? */
static bool
drift_counts(const ModelClass *class, const char *property, const DiffOptions *options)
{
	if (!sv_property_counts(class, property))
		return false;
	if (strcmp(property, "owner") == 0)
		return options->owners;
	if (strcmp(property, "acl") == 0)
		return options->privileges;
	return strcmp(property, "comment") != 0 || options->comments;
}

static void
add_difference(List **differs, const char *name, const Object *kept, const Object *live,
			   const DiffOptions *options)
{
	Difference *difference;

	if (!drift_counts(kept->class, name, options) ||
		(strcmp(name, "acl") == 0 && !options->owners && sv_same_privileges(kept, live)))
		return;
	difference = palloc(sizeof(Difference));
	difference->property = name;
	difference->was = sv_property(kept, name);
	difference->is = sv_property(live, name);
	*differs = lappend(*differs, difference);
}

static int
by_property(const ListCell *a, const ListCell *b)
{
	return strcmp(((Difference *) lfirst(a))->property, ((Difference *) lfirst(b))->property);
}

/* The properties in which two objects of one class differ, as far as these count. */
static List *
differences(const Object *kept, const Object *live, const DiffOptions *options)
{
	List	   *differs = NIL;

	for (int i = 0; i < kept->nproperties; i++)
		if (!sv_same(kept, live, kept->properties[i].name))
			add_difference(&differs, kept->properties[i].name, kept, live, options);
	for (int i = 0; i < live->nproperties; i++)
		if (!sv_is(kept, live->properties[i].name))
			add_difference(&differs, live->properties[i].name, kept, live, options);
	list_sort(differs, by_property);
	return differs;
}

static Drift *
add_drift(List **drifts, const Object *kept, const Object *live, List *differs)
{
	Drift	   *drift = palloc0(sizeof(Drift));

	drift->kept = kept;
	drift->live = live;
	drift->differs = differs;
	*drifts = lappend(*drifts, drift);
	return drift;
}

/* Did it come or go with what it is part of? */
static bool
goes_without_saying(const Object *object, const Model *other)
{
	return object->parent != NULL && object->class->is_part &&
		sv_model_find(other, object->parent->class, object->parent->identity) == NULL;
}

/* The objects that differ, those of the kept state first, each in canonical order. */
List *
sv_drift(const Model *kept, const Model *live, const DiffOptions *options)
{
	List	   *drifts = NIL;

	foreach_ptr(Object, a, kept->objects)
	{
		Object	   *b = sv_model_find(live, a->class, a->identity);
		List	   *differs = b != NULL ? differences(a, b, options) : NIL;

		CHECK_FOR_INTERRUPTS();
		if (b == NULL ? !goes_without_saying(a, live) : differs != NIL)
			add_drift(&drifts, a, b, differs);
	}
	foreach_ptr(Object, b, live->objects)
	{
		if (sv_model_find(kept, b->class, b->identity) == NULL && !goes_without_saying(b, kept))
			add_drift(&drifts, NULL, b, NIL);
	}
	return drifts;
}

/* Put a Drift for each Renamed before the others. */
List *
sv_drift_renamed(List *renamed, List *drifts, const DiffOptions *options)
{
	List	   *result = NIL;

	foreach_ptr(Renamed, r, renamed)
	{
		List	   *differs = NIL;

		if (r->was != NULL && result != NIL && ((Drift *) llast(result))->kept == r->kept &&
			((Drift *) llast(result))->differs != NIL)
			continue;			/* another value of the same enum */
		if (r->was != NULL)
			add_difference(&differs, "values", r->kept, r->live, options);
		add_drift(&result, r->kept, r->live, differs)->renamed = true;
	}
	return list_concat(result, drifts);
}

/* Properties that the options leave alone stay what the kept state has. */
static const Object *
settled_object(const Object *kept, const Object *live, const DiffOptions *options)
{
	Object	   *object;

	if (kept == NULL || live == NULL)
		return live;
	object = palloc(sizeof(Object));
	*object = *live;
	object->nproperties = 0;
	object->properties = palloc(sizeof(Property) * (kept->nproperties + live->nproperties + 1));
	for (int i = 0; i < live->nproperties; i++)
		if (!sv_property_counts(live->class, live->properties[i].name) ||
			drift_counts(live->class, live->properties[i].name, options))
			object->properties[object->nproperties++] = live->properties[i];
	for (int i = 0; i < kept->nproperties; i++)
		if (sv_property_counts(kept->class, kept->properties[i].name) &&
			!drift_counts(kept->class, kept->properties[i].name, options))
			object->properties[object->nproperties++] = kept->properties[i];
	return object;
}

/*
 * What the kept state has to learn of the live schema when all drift has been
 * dealt with: changes (ObjectChange), but those that the options ignore.
 */
List *
sv_drift_settled(const Model *kept, const Model *live, const DiffOptions *options)
{
	List	   *settled = NIL;

	foreach_ptr(ObjectChange, change, sv_model_changes(kept, live))
	{
		if (sv_diff_is_excluded(change->before ? change->before : change->after, options->exclude))
			continue;
		change->after = settled_object(change->before, change->after, options);
		settled = lappend(settled, change);
	}
	return settled;
}

/* ----- which statement belongs to which object ----- */

/* Finds the drift of an object, in the order of the models. */
typedef struct Attribution
{
	Drift	  **of_kept;		/* by number of the object in the kept model */
	Drift	  **of_live;
	List	   *drifts;
} Attribution;

static Drift **
by_number(const Model *model, List *drifts, bool is_live)
{
	Drift	  **result = palloc0(sizeof(Drift *) * (list_length(model->objects) + 1));

	foreach_ptr(Drift, drift, drifts)
	{
		const Object *object = is_live ? drift->live : drift->kept;

		if (object != NULL && !drift->renamed)
			result[object->number] = drift;
	}
	return result;
}

/* The drift of an object, or of what it is part of. */
static Drift *
own_drift(Drift *const *of, const Object *object)
{
	for (; object != NULL; object = object->parent)
		if (of[object->number] != NULL)
			return of[object->number];
	return NULL;
}

/*
 * The drift because of which something is done to an object: its own, or that of
 * something which it needs, directly or by way of others.
 */
static Drift *
drift_behind(const Model *model, Drift *const *of, const Object *object)
{
	Bitmapset  *seen = NULL;
	List	   *queue = list_make1((Object *) object);

	while (queue != NIL)
	{
		Object	   *next = linitial(queue);
		Drift	   *drift = own_drift(of, next);

		if (drift != NULL)
			return drift;
		queue = list_delete_first(queue);
		if (bms_is_member(next->number, seen))
			continue;
		seen = bms_add_member(seen, next->number);
		queue = list_concat(queue, next->needs);
		foreach_ptr(const Object, part, next->parts)
			queue = list_concat(queue, part->needs);
		if (next->parent != NULL)
			queue = lappend(queue, next->parent);
	}
	return NULL;
}

static const Object *
drifted_object(const Model *model, const DiffRow *row)
{
	const ModelClass *class = sv_object_class(row->kind);

	return class ? sv_model_find(model, class, row->identity) : NULL;
}

/* What an object is part of may be called otherwise at that moment. */
static bool
is_called(const DiffRow *row, const Object *o)
{
	const char *start = psprintf("%s ON ", quote_identifier(o->name));

	return strcmp(row->identity, o->identity) == 0 ||
		(o->class->style == SV_ID_ON_PARENT && strncmp(row->identity, start, strlen(start)) == 0);
}

/* The drift that a renaming statement belongs to; NULL if the row is none. */
static Drift *
renamed_drift(List *drifts, const DiffRow *row)
{
	Drift	   *first = NULL;

	if (strcmp(row->action, "rename") != 0)
		return NULL;
	foreach_ptr(Drift, drift, drifts)
	{
		if (!drift->renamed)
			break;
		if (first == NULL)
			first = drift;
		if (strcmp(row->kind, drift->kept->class->name) == 0 &&
			(is_called(row, drift->kept) || is_called(row, drift->live)))
			return drift;
	}
	return first;
}

static void
attribute(const Attribution *a, List *rows, const Model *kept, const Model *live, bool is_apply)
{
	foreach_ptr(DiffRow, row, rows)
	{
		const Object *in_kept = drifted_object(kept, row);
		const Object *in_live = drifted_object(live, row);
		Drift	   *drift = renamed_drift(a->drifts, row);

		CHECK_FOR_INTERRUPTS();
		if (row->sql == NULL)
			continue;
		if (drift == NULL && in_kept != NULL)
			drift = drift_behind(kept, a->of_kept, in_kept);
		if (drift == NULL && in_live != NULL)
			drift = drift_behind(live, a->of_live, in_live);
		if (drift == NULL)
			drift = linitial(a->drifts);
		if (is_apply)
			drift->apply = lappend(drift->apply, row);
		else
			drift->revert = lappend(drift->revert, row);
	}
}

/*
 * Give each statement of both directions (DiffRows of the whole) to the object because
 * of which it is there.  What depends on an object and must be re-created
 * for it goes with it.
 */
void
sv_drift_attribute(List *drifts, List *apply, List *revert, const Model *kept, const Model *live)
{
	Attribution a = {by_number(kept, drifts, false), by_number(live, drifts, true), drifts};

	if (drifts == NIL)
		return;
	attribute(&a, apply, kept, live, true);
	attribute(&a, revert, kept, live, false);
}
