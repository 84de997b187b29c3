/*
 * renamed.c
 *		Which objects of a kept state have another name or schema in the live
 *		schema, and what the state would be with these names.
 *
 * Pure.  An object is known by its address: OID, and number of a column.  What the
 * server prints of others (views, constraints, types of arguments) follows a new
 * name; a difference that is nothing but the new name is none.
 */
#include "postgres.h"

#include "diff/diff.h"
#include "diff/diff_private.h"
#include "miscadmin.h"
#include "utils/builtins.h"

/* The object of the other model with the same address and class, or NULL. */
static Object *
at_same_address(const Model *model, const Object *o)
{
	Object	   *other;

	if (!OidIsValid(o->address.classId) || !OidIsValid(o->address.objectId))
		return NULL;
	other = sv_model_at(model, o->address.classId, o->address.objectId, o->address.objectSubId);
	if (other == NULL || other->class != o->class ||
		other->address.objectId != o->address.objectId ||
		other->address.objectSubId != o->address.objectSubId)
		return NULL;
	return other;
}

/* ----- which objects ----- */

/* Was the schema itself renamed from one name to the other? */
static bool
schema_renamed(const Model *kept, const Model *live, const char *from, const char *to)
{
	const ModelClass *class = &sv_class_schema;
	Object	   *schema = sv_model_find(kept, class, quote_identifier(from));
	Object	   *now = schema ? at_same_address(live, schema) : NULL;

	return now != NULL && strcmp(now->name, to) == 0;
}

/* Has the object itself another name or schema, not only what it is part of? */
static bool
is_renamed_object(const Model *kept, const Model *live, const Object *a, const Object *b)
{
	if (a->name == NULL || b->name == NULL || strcmp(a->identity, b->identity) == 0)
		return false;
	if (strcmp(a->name, b->name) != 0)
		return true;
	return a->parent == NULL && a->schema != NULL && b->schema != NULL &&
		strcmp(a->schema, b->schema) != 0 &&
		!schema_renamed(kept, live, a->schema, b->schema);
}

static bool
is_among_renamed(List *renamed, const Object *kept)
{
	foreach_ptr(const Renamed, one, renamed)
	{
		if (one->kept == kept && one->was == NULL)
			return true;
	}
	return false;
}

/* Do the lists differ in nothing but strings that each has alone? */
static bool
values_renamed(List *was, List *is)
{
	ListCell   *x;
	ListCell   *y;

	if (list_length(was) != list_length(is))
		return false;
	forboth(x, was, y, is)
	{
		if (strcmp(lfirst(x), lfirst(y)) != 0 &&
			(sv_base_has_string(is, lfirst(x)) || sv_base_has_string(was, lfirst(y))))
			return false;
	}
	return true;
}

static Renamed *
make_renamed(Object *kept, Object *live)
{
	Renamed    *r = palloc0(sizeof(Renamed));

	r->kept = kept;
	r->live = live;
	return r;
}

/* The values of an enum that have another name in the same place, added to the list. */
static List *
add_renamed_values(List *renamed, Object *kept, Object *live)
{
	List	   *was = sv_list(kept, "values");
	List	   *is = sv_list(live, "values");
	ListCell   *x;
	ListCell   *y;

	if (!values_renamed(was, is))
		return renamed;
	forboth(x, was, y, is)
	{
		Renamed    *r;

		if (strcmp(lfirst(x), lfirst(y)) == 0)
			continue;
		r = make_renamed(kept, live);
		r->was = lfirst(x);
		r->is = lfirst(y);
		renamed = lappend(renamed, r);
	}
	return renamed;
}

/* Those whose new name another kept object has that keeps it are taken for new objects. */
static List *
without_clashes(List *renamed, const Model *kept)
{
	bool		again = true;

	while (again)
	{
		ListCell   *cell;

		again = false;
		foreach(cell, renamed)
		{
			Renamed    *r = lfirst(cell);
			Object	   *there = sv_model_find(kept, r->live->class, r->live->identity);

			if (r->was != NULL || there == NULL || is_among_renamed(renamed, there))
				continue;
			renamed = foreach_delete_current(renamed, cell);
			again = true;
		}
	}
	return renamed;
}

/* The objects (Renamed) that have another name or schema now, in canonical order. */
List *
sv_renamed_objects(const Model *kept, const Model *live)
{
	List	   *renamed = NIL;

	foreach_ptr(Object, a, kept->objects)
	{
		Object	   *b = at_same_address(live, a);

		if (b == NULL)
			continue;
		if (is_renamed_object(kept, live, a, b))
			renamed = lappend(renamed, make_renamed(a, b));
		if (sv_class_is(a, enum))
			renamed = add_renamed_values(renamed, a, b);
	}
	return without_clashes(renamed, kept);
}

static Rename *
make_rename(Object *from, const Object *like, const char *was, const char *is)
{
	Rename	   *rename = palloc0(sizeof(Rename));

	rename->from = from;
	if (was != NULL)
	{
		rename->value = was;
		rename->name = is;
		return rename;
	}
	if (!sv_base_same_text(from->name, like->name))
		rename->name = like->name;
	if (from->parent == NULL && !sv_base_same_text(from->schema, like->schema))
		rename->schema = like->schema;
	return rename;
}

/* As sv_diff_renames() takes them: in the model, which has the kept names, to the live ones. */
List *
sv_renamed_there(const Model *from, List *renamed)
{
	List	   *renames = NIL;

	foreach_ptr(Renamed, r, renamed)
	{
		Object	   *object = sv_model_find(from, r->kept->class, r->kept->identity);

		if (object != NULL)
			renames = lappend(renames, make_rename(object, r->live, r->was, r->is));
	}
	return renames;
}

/* The same in the live model, to the kept names. */
List *
sv_renamed_back(List *renamed)
{
	List	   *renames = NIL;

	foreach_ptr(Renamed, r, renamed)
		renames = lappend(renames, make_rename(r->live, r->kept, r->is, r->was));
	return renames;
}

/* ----- texts that differ in the new names alone ----- */

/* The length of the token at the start: a name, quoted or not, or one character; 0 at the end. */
static int
token(const char *text)
{
	int			n = 0;

	if (text[0] == '"')
	{
		for (n = 1; text[n] != '\0' && (text[n] != '"' || text[n + 1] == '"'); n++)
			n += text[n] == '"';
		return text[n] == '"' ? n + 1 : n;
	}
	while (isalnum((unsigned char) text[n]) || text[n] == '_' || text[n] == '$' ||
		   IS_HIGHBIT_SET(text[n]))
		n++;
	return n > 0 ? n : text[0] != '\0';
}

static const char *
skip_space(const char *text)
{
	while (isspace((unsigned char) *text))
		text++;
	return text;
}

static bool
is_name(const char *text, int length, const char *name)
{
	const char *quoted = quote_identifier(name);

	return strlen(quoted) == length && strncmp(text, quoted, length) == 0;
}

/* Is one token the old and the other the new name of something? */
static bool
is_new_name(List *renamed, const char *old, int old_length, const char *new, int new_length)
{
	foreach_ptr(const Renamed, r, renamed)
	{
		if (r->was != NULL && strlen(r->was) == old_length &&
			strncmp(old, r->was, old_length) == 0 &&
			strlen(r->is) == new_length && strncmp(new, r->is, new_length) == 0)
			return true;
		if (is_name(old, old_length, r->kept->name) && is_name(new, new_length, r->live->name))
			return true;
		if (r->kept->parent == NULL && r->kept->schema != NULL && r->live->schema != NULL &&
			is_name(old, old_length, r->kept->schema) && is_name(new, new_length, r->live->schema))
			return true;
	}
	return false;
}

/* Behind "new AS old", as a view names the column that it had before. */
static const char *
skip_alias(const char *text, const char *old, int length)
{
	const char *as = skip_space(text);
	const char *name;

	if (pg_strncasecmp(as, "AS", 2) != 0 || token(as) != 2)
		return text;
	name = skip_space(as + 2);
	return token(name) == length && strncmp(name, old, length) == 0 ? name + length : text;
}

/* Is the new text the old one with other names, up to the end of both? */
static bool
follows_rename(List *renamed, const char *old, const char *new)
{
	for (;;)
	{
		int			n;
		int			m;

		old = skip_space(old);
		new = skip_space(new);
		n = token(old);
		m = token(new);
		if (n == 0 || m == 0)
			return n == m;
		if (n == m && strncmp(old, new, n) == 0)
			new += m;
		else if (is_new_name(renamed, old, n, new, m))
			new = skip_alias(new + m, old, n);
		else
			return false;
		old += n;
	}
}

/* A function's body is its own text, which follows nothing, unless it is parsed (BEGIN ATOMIC). */
static bool
definition_follows(List *renamed, const char *old, const char *new)
{
	const char *a = strstr(old, "\nAS ");
	const char *b = strstr(new, "\nAS ");

	if (a == NULL || b == NULL)
		return a == b && follows_rename(renamed, old, new);
	return strcmp(a, b) == 0 &&
		follows_rename(renamed, pnstrdup(old, a - old), pnstrdup(new, b - new));
}

static bool
lists_follow(List *renamed, List *old, List *new)
{
	ListCell   *x;
	ListCell   *y;

	if (list_length(old) != list_length(new))
		return false;
	forboth(x, old, y, new)
	{
		if (!follows_rename(renamed, lfirst(x), lfirst(y)))
			return false;
	}
	return true;
}

/* Names that the server derives from the table's and does not change with it. */
static bool
is_derived_name(const char *property)
{
	return strcmp(property, "sequence") == 0 || strcmp(property, "not_null_name") == 0 ||
		strcmp(property, "installed_not_null_name") == 0;
}

static bool
property_follows(List *renamed, const Object *a, const Object *b, const char *name)
{
	const Property *was = sv_property(a, name);
	const Property *is = sv_property(b, name);

	if (is_derived_name(name))
		return true;
	if (was == NULL || is == NULL)
		return false;
	if (strcmp(name, "values") == 0)
		return values_renamed(was->list, is->list);
	if (strcmp(name, "definition") == 0 && sv_class_has(a, SV_IS_ROUTINE))
		return definition_follows(renamed, was->text, is->text);
	if (was->text != NULL && is->text != NULL)
		return strcmp(name, "comment") != 0 && follows_rename(renamed, was->text, is->text);
	return was->text == NULL && is->text == NULL && lists_follow(renamed, was->list, is->list);
}

/* ----- the state with the new names ----- */

typedef struct Following
{
	const Model *kept;
	const Model *live;
	List	   *renamed;
	Object	  **copies;			/* by number in the kept model */
	Object	  **others;			/* the same object in the live model, or NULL */
} Following;

/*
 * Can a text of an object name what a rename is of?  Only if the object is that, or is a
 * part of it or of its table, or needs it; or, for a schema, if one of these stands in it.
 */
static bool
concerns(const Renamed *r, const Object *o)
{
	for (const Object *up = o; up != NULL; up = up->parent)
		if (up == r->kept || (r->kept->parent != NULL && up == r->kept->parent))
			return true;
	return r->kept->parent == NULL && r->kept->schema == NULL && o->schema != NULL &&
		strcmp(o->schema, r->kept->name) == 0;
}

/* The renames that a text of an object can follow. */
static List *
renames_of(const Following *f, const Object *o)
{
	List	   *result = NIL;
	ListCell   *cell;

	foreach(cell, f->renamed)
	{
		const Renamed *r = lfirst(cell);
		bool		found = concerns(r, o);

		foreach_ptr(const Object, need, o->needs)
			found = found || concerns(r, need);
		if (found)
			result = lappend(result, lfirst(cell));
	}
	return result;
}

/* An object without an address of its own, by what it is part of and by its identity. */
static Object *
counterpart(const Following *f, const Object *o)
{
	Object	   *parent = o->parent ? f->others[o->parent->number] : NULL;
	Object	   *same = at_same_address(f->live, o);

	if (same != NULL)
		return same;
	if (parent == NULL)
		return sv_model_find(f->live, o->class, o->identity);
	foreach_ptr(Object, part, parent->parts)
	{
		if (part->class == o->class && follows_rename(f->renamed, o->identity, part->identity))
			return part;
	}
	return NULL;
}

/* What an object that is gone would be called today. */
static const char *
identity_today(const Object *o)
{
	switch (o->class->style)
	{
		case SV_ID_OF_PARENT:
			return psprintf("%s.%s", o->parent->identity, quote_identifier(o->name));
		case SV_ID_ON_PARENT:
			return psprintf("%s ON %s", quote_identifier(o->name), o->parent->identity);
		default:
			return o->identity;
	}
}

static void
follow_properties(const Following *f, Object *copy, const Object *live)
{
	List	   *renamed = renames_of(f, list_nth(f->kept->objects, copy->number));
	int			n = 0;

	copy->properties = palloc(sizeof(Property) * (copy->nproperties + live->nproperties + 1));
	for (int i = 0; i < live->nproperties; i++)
	{
		const char *name = live->properties[i].name;
		const Object *kept = list_nth(f->kept->objects, copy->number);

		if (!sv_same(kept, live, name) && property_follows(renamed, kept, live, name))
			copy->properties[n++] = live->properties[i];
		else if (sv_is(kept, name))
			copy->properties[n++] = *sv_property(kept, name);
	}
	for (int i = 0; i < copy->nproperties; i++)
	{
		const Property *p = &((Object *) list_nth(f->kept->objects, copy->number))->properties[i];

		if (!sv_is(live, p->name) && !is_derived_name(p->name))
			copy->properties[n++] = *p;
	}
	copy->nproperties = n;
}

static List *
copies_of(const Following *f, List *objects)
{
	List	   *result = NIL;

	foreach_ptr(const Object, object, objects)
		result = lappend(result, f->copies[object->number]);
	return result;
}

/* Fill the copy of an object, and before it that of its parent, whose name it needs. */
static void
follow_object(const Following *f, const Object *o)
{
	Object	   *copy = f->copies[o->number];
	Object	   *live = f->others[o->number];

	if (copy->class != NULL)
		return;
	if (o->parent != NULL)
		follow_object(f, o->parent);
	*copy = *o;
	copy->parts = NIL;
	copy->parent = o->parent ? f->copies[o->parent->number] : NULL;
	copy->needs = copies_of(f, o->needs);
	copy->vanishes_with = copies_of(f, o->vanishes_with);
	if (live == NULL)
	{
		copy->identity = copy->parent ? identity_today(copy) : o->identity;
		return;
	}
	copy->identity = live->identity;
	copy->name = live->name;
	copy->schema = live->schema;
	follow_properties(f, copy, live);
}

/*
 * The kept state with the names of the live schema.  The model is new and shares
 * what did not change with the kept one.
 */
Model *
sv_renamed_model(const Model *kept, const Model *live, List *renamed)
{
	int			n = list_length(kept->objects);
	Following	f =
	{kept, live, renamed, palloc(sizeof(Object *) * (n + 1)), palloc0(sizeof(Object *) * (n + 1))};
	Model	   *model = sv_model_create();

	for (int i = 0; i < n; i++)
		f.copies[i] = palloc0(sizeof(Object));
	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		f.others[i] = counterpart(&f, list_nth(kept->objects, i));
	}
	for (int i = 0; i < n; i++)
		follow_object(&f, list_nth(kept->objects, i));
	for (int i = 0; i < n; i++)
		sv_model_add(model, f.copies[i]);
	sv_model_sort(model);
	return model;
}
