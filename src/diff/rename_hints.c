/*
 * rename_hints.c
 *		From hints ("renamed from") to the objects of the live schema that are
 *		renamed, and what is renamed with them.
 *
 * A hint counts while the object still has its old name and nothing has the new
 * one.  Where both are there, or neither, it is history: a wanted schema may
 * keep its hints.
 *
 * A table takes along what PostgreSQL named after it and its columns: constraints,
 * indexes, sequences, if the wanted schema has them under the new names.
 * Otherwise they would be dropped and rebuilt.
 */
#include "postgres.h"

#include "base/base.h"
#include "diff/diff.h"
#include "diff/diff_private.h"
#include "model/model.h"
#include "script/script.h"
#include "utils/builtins.h"

/* A hint whose object was found in the wanted model. */
typedef struct Wish
{
	const Hint *hint;
	Object	   *wanted;
	Object	   *old;			/* live, under the old name; or NULL */
	Object	   *new;			/* live, under the new name; or NULL */
	bool		counts;
} Wish;

static bool
has_class(const Object *o, const char *class)
{
	if (class != NULL)
		return o->class == sv_object_class(class);
	return o->parent == NULL && sv_class_has(o, SV_HAS_COLUMNS | SV_IS_TYPE);
}

static Object *
find_part(const Object *parent, const ModelClass *class, const char *name)
{
	if (parent != NULL)
	{
		foreach_ptr(Object, o, parent->parts)
		{
			if (o->class == class && o->name != NULL && strcmp(o->name, name) == 0)
				return o;
		}
	}
	return NULL;
}

/* What the statement of a hint creates; a name that several have is the new one's. */
static Object *
find_wanted(const Model *live, const Model *wanted, const Hint *hint)
{
	Object	   *found = NULL;
	int			n = 0;

	for (int pass = 0; pass < 2 && n != 1; pass++)
	{
		n = 0;
		foreach_ptr(Object, o, wanted->objects)
		{
			if (o->name == NULL || strcmp(o->name, hint->name) != 0 || !has_class(o, hint->class) ||
				(hint->schema != NULL &&
				 (o->schema == NULL || strcmp(o->schema, hint->schema) != 0)))
				continue;
			if (pass > 0 && sv_model_find(live, o->class, o->identity) != NULL)
				continue;
			found = o;
			n++;
		}
	}
	if (n > 1)
		ereport(ERROR,
				(errcode(ERRCODE_SV_INVALID_SCRIPT),
				 errmsg("hint \"renamed from %s\" is ambiguous", hint->old_name),
				 errdetail("Line %d of the wanted schema: several objects are named \"%s\".",
						   hint->line, hint->name),
				 errhint("Write the schema into the statement.")));
	if (n == 0)
		ereport(WARNING,
				(errmsg("hint \"renamed from %s\" has no effect", hint->old_name),
				 errdetail("Line %d of the wanted schema: \"%s\" is not among what is compared.",
						   hint->line, hint->name)));
	return n == 1 ? found : NULL;
}

static const char *
arguments_of(const Object *o)
{
	const char *open = o->class->acl_type == 'f' ? strchr(o->identity, '(') : NULL;

	return open ? open : "";
}

/*
 * An object like the given one, by another schema and name.  The types of
 * arguments may have other names, too, if there is only one function of the name.
 */
static Object *
find_like(const Model *model, const Object *like, const char *schema, const char *name)
{
	Object	   *found = NULL;
	int			n = 0;

	foreach_ptr(Object, o, model->objects)
	{
		if (o->class == like->class && o->name != NULL && strcmp(o->name, name) == 0 &&
			(schema == NULL || (o->schema != NULL && strcmp(o->schema, schema) == 0)))
		{
			if (strcmp(arguments_of(o), arguments_of(like)) == 0)
				return o;
			found = o;
			n++;
		}
	}
	return n == 1 ? found : NULL;
}

/* The live object that becomes the wanted one. */
static Object *
live_of(const Model *live, const Object *wanted, List *wishes)
{
	foreach_ptr(Wish, wish, wishes)
	{
		if (wish->counts && wish->wanted == wanted)
			return wish->old;
	}
	return sv_model_find(live, wanted->class, wanted->identity);
}

static bool
has_value(const Object *type, const char *value)
{
	if (type != NULL)
	{
		foreach_ptr(const char, string, sv_list(type, "values"))
		{
			if (strcmp(string, value) == 0)
				return true;
		}
	}
	return false;
}

/* A hint about an object itself. */
static Wish *
wish_for_object(const Model *live, const Model *wanted, const Hint *hint)
{
	Wish	   *wish = palloc0(sizeof(Wish));

	wish->hint = hint;
	wish->wanted = find_wanted(live, wanted, hint);
	if (wish->wanted == NULL)
		return NULL;
	wish->old = find_like(live, wish->wanted, hint->old_schema ? hint->old_schema :
						  wish->wanted->schema, hint->old_name);
	wish->new = sv_model_find(live, wish->wanted->class, wish->wanted->identity);
	return wish;
}

/* On the line of CREATE, a hint may have been meant for what is created there. */
static void
refuse_doubtful(const Model *live, const Object *whole, const Wish *wish)
{
	const Hint *hint = wish->hint;

	if (!hint->doubtful || wish->old != NULL ||
		find_like(live, whole, hint->old_schema ? hint->old_schema :
				  whole->schema, hint->old_name) == NULL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_SV_INVALID_SCRIPT),
			 errmsg("hint \"renamed from %s\" is ambiguous", hint->old_name),
			 errdetail(
					   "Line %d of the wanted schema: it stands at what begins last on the line, "
					   "but %s \"%s\" is there.",
					   hint->line, whole->class->name, hint->old_name),
			 errhint("Write it on the line before.")));
}

/* One about a part of an object, or a value of an enum; the objects are known. */
static Wish *
wish_for_part(const Model *live, const Model *wanted, const Hint *hint, List *wishes)
{
	Object	   *whole = find_wanted(live, wanted, hint);
	Object	   *before = whole ? live_of(live, whole, wishes) : NULL;
	Wish	   *wish = palloc0(sizeof(Wish));

	wish->hint = hint;
	if (before == NULL)
	{
		if (whole != NULL)
			refuse_doubtful(live, whole, wish);
		return NULL;
	}
	if (hint->value != NULL)
	{
		wish->wanted = whole;
		wish->old = has_value(before, hint->old_name) ? before : NULL;
		wish->new = has_value(before, hint->value) ? before : NULL;
		return wish;
	}
	wish->wanted = find_part(whole, sv_object_class(hint->part_class), hint->part);
	if (wish->wanted == NULL)
		return NULL;
	wish->old = find_part(before, sv_object_class(hint->part_class), hint->old_name);
	wish->new = find_part(before, sv_object_class(hint->part_class), hint->part);
	refuse_doubtful(live, whole, wish);
	return wish;
}

static bool
parent_counts(List *wishes, const Wish *wish)
{
	foreach_ptr(const Wish, one, wishes)
	{
		if (one->counts &&
			one->wanted == wish->wanted->parent)
			return true;
	}
	return false;
}

/*
 * Does something stay that has the new name?  Not if it is renamed itself.  Two
 * columns that change places could have done so already, unless their table has
 * its old name.
 */
static bool
is_taken(List *wishes, const Wish *wish)
{
	bool		fresh = wish->wanted->parent != NULL && parent_counts(wishes, wish);

	if (wish->new == NULL)
		return false;
	if (wish->hint->value == NULL)
	{
		foreach_ptr(Wish, w, wishes)
		{
			if ((w->counts || fresh) && w->hint->value == NULL && w->old == wish->new)
				return false;
		}
	}
	return true;
}

/* A wish counts if its object is there and its new name is free. */
static bool
decide_renames(List *wishes)
{
	bool		changed = false;

	foreach_ptr(Wish, wish, wishes)
	{
		if (!wish->counts && wish->old != NULL && !is_taken(wishes, wish))
			wish->counts = changed = true;
	}
	return changed;
}

/* ----- relations that change places ----- */

/* Have both the same columns, by name? */
static bool
has_same_columns(const Object *a, const Object *b)
{
	int			n = 0;
	ListCell   *cell;

	foreach(cell, a->parts)
	{
		if (!sv_class_is(lfirst(cell), column))
			continue;
		if (find_part(b, &sv_class_column, ((Object *) lfirst(cell))->name) == NULL)
			return false;
		n++;
	}
	foreach(cell, b->parts)
		n -= sv_class_is(lfirst(cell), column);
	return n == 0;
}

static Wish *
opposite_wish(List *wishes, const Wish *wish)
{
	foreach_ptr(Wish, other, wishes)
	{
		if (other != wish && other->hint->value == NULL && other->old == wish->new &&
			other->new == wish->old)
			return other;
	}
	return NULL;
}

/*
 * Two relations that change places have names that are both taken, before and after: their
 * columns tell whether it is done.
 */
static bool
decide_exchanges(List *wishes)
{
	bool		changed = false;

	foreach_ptr(Wish, wish, wishes)
	{
		Wish	   *other;

		if (wish->counts || wish->old == NULL || wish->new == NULL || wish->hint->value != NULL ||
			wish->wanted->parent != NULL)
			continue;
		other = opposite_wish(wishes, wish);
		if (other == NULL || other->counts || has_same_columns(wish->old, wish->new) ||
			(has_same_columns(wish->wanted, wish->new) &&
			 has_same_columns(other->wanted, other->new)))
			continue;
		if (!has_same_columns(wish->wanted, wish->old) ||
			!has_same_columns(other->wanted, other->old))
			ereport(ERROR,
					(errcode(ERRCODE_SV_INVALID_SCRIPT),
					 errmsg("hint \"renamed from %s\" is ambiguous", wish->hint->old_name),
					 errdetail(
							   "Line %d of the wanted schema: %s and %s may have changed places "
							   "already; the columns of neither are those that are wanted.",
							   wish->hint->line, wish->old->identity, wish->new->identity),
					 errhint("Let them change places first, and change their columns by another wanted schema.")));
		wish->counts = other->counts = changed = true;
	}
	return changed;
}

static bool
is_wanted(const Model *wanted, const Wish *wish)
{
	if (wish->wanted->parent != NULL)
		return find_part(wish->wanted->parent, wish->old->class, wish->old->name) != NULL;
	return sv_model_find(wanted, wish->old->class, wish->old->identity) != NULL;
}

/* Both names are there: nobody can tell which one was meant. */
static void
complain_of_hints(const Model *wanted, List *wishes)
{
	foreach_ptr(Wish, wish, wishes)
	{
		const Hint *hint = wish->hint;

		if (wish->counts || wish->old == NULL || hint->value != NULL || wish->old == wish->new)
			continue;
		if (!is_wanted(wanted, wish))
			ereport(ERROR,
					(errcode(ERRCODE_SV_INVALID_SCRIPT),
					 errmsg("hint \"renamed from %s\" is ambiguous", hint->old_name),
					 errdetail(
							   "Line %d of the wanted schema: %s %s and %s are both there, and "
							   "only the second one is wanted.",
							   hint->line, wish->old->class->name, wish->old->identity,
							   wish->new->identity),
					 errhint("Remove the hint if the first one is to be dropped, or drop the second one by hand.")));
		ereport(WARNING,
				(errmsg("hint \"renamed from %s\" has no effect", hint->old_name),
				 errdetail(
						   "Line %d of the wanted schema: %s %s and %s are both there and both "
						   "wanted.",
						   hint->line, wish->old->class->name, wish->old->identity,
						   wish->new->identity)));
	}
}

static Rename *
add_hinted_rename(List **renames, Object *from, const char *schema, const char *name,
				  const char *value)
{
	Rename	   *rename = palloc0(sizeof(Rename));

	rename->from = from;
	rename->schema = schema;
	rename->name = name;
	rename->value = value;
	*renames = lappend(*renames, rename);
	return rename;
}

/* ----- what is renamed with a table ----- */

/* "name" with the word "old" of it, at its start or between underscores, replaced. */
static char *
replace_word(const char *name, const char *old, const char *new, bool at_start)
{
	size_t		length = strlen(old);

	for (const char *c = name; (c = strstr(c, old)) != NULL; c++)
		if ((at_start ? c == name : c > name && c[-1] == '_') &&
			(c[length] == '_' || c[length] == '\0'))
			return psprintf("%.*s%s%s", (int) (c - name), name, new, c + length);
	return pstrdup(name);
}

/* What PostgreSQL would have called a part of the table, had that its new name. */
static const char *
name_after(const char *name, const Object *table, const char *new_table, List *renames)
{
	name = replace_word(name, table->name, new_table, true);
	foreach_ptr(Rename, rename, renames)
	{
		if (rename->from->parent == table && sv_class_is(rename->from, column))
			name = replace_word(name, rename->from->name, rename->name, false);
	}
	return name;
}

static bool
is_renamed_by_hint(List *renames, const Object *o)
{
	foreach_ptr(const Rename, rename, renames)
	{
		if (rename->from == o)
			return true;
	}
	return false;
}

static void
take_parts_along(List **renames, Object *table, const Object *wanted)
{
	foreach_ptr(Object, o, table->parts)
	{
		const char *name;

		if ((!sv_class_is(o, constraint) && !sv_class_is(o, index)) ||
			is_renamed_by_hint(*renames, o) ||
			find_part(wanted, o->class, o->name) != NULL)
			continue;
		name = name_after(o->name, table, wanted->name, *renames);
		if (find_part(wanted, o->class, name) != NULL && find_part(table, o->class, name) == NULL)
			add_hinted_rename(renames, o, NULL, name, NULL);
	}
}

/* The table that owns a sequence; NULL: none does. */
Object *
sv_table_of_sequence(const Object *sequence)
{
	ListCell   *cell;

	foreach(cell, sequence->parts)
	{
		if (sv_class_is(lfirst(cell), sequence_owner) && ((Object *) lfirst(cell))->needs != NIL)
		{
			Object	   *o = linitial(((Object *) lfirst(cell))->needs);

			return o->parent ? o->parent : o;
		}
	}
	return NULL;
}

static void
take_sequences_along(List **renames, const Model *live, const Model *wanted, const Object *table,
					 const Object *new_table)
{
	foreach_ptr(Object, o, live->objects)
	{
		const char *name;

		if (!sv_class_is(o, sequence) || is_renamed_by_hint(*renames, o) ||
			sv_table_of_sequence(o) != table ||
			find_like(wanted, o, new_table->schema, o->name) != NULL)
			continue;
		name = name_after(o->name, table, new_table->name, *renames);
		if (find_like(wanted, o, new_table->schema, name) != NULL &&
			find_like(live, o, new_table->schema, name) == NULL)
			add_hinted_rename(renames, o, NULL, name, NULL);
	}
}

static void
take_along(List **renames, const Model *live, const Model *wanted, List *wishes)
{
	List	   *done = NIL;

	foreach_ptr(Wish, wish, wishes)
	{
		Object	   *table = wish->counts && wish->hint->value == NULL ? wish->old : NULL;
		Object	   *new_table = wish->wanted;

		if (table != NULL && sv_class_is(table, column))
		{
			table = table->parent;
			new_table = new_table->parent;
		}
		if (table == NULL || list_member_ptr(done, table) ||
			!(sv_class_is(table, table) || sv_class_is(table, foreign_table) ||
			  sv_class_is(table, matview)))
			continue;
		done = lappend(done, table);
		take_parts_along(renames, table, new_table);
		take_sequences_along(renames, live, wanted, table, new_table);
	}
}

/* Does a hint say what another one has said? */
static bool
is_wished_before(List *wishes, const Wish *wish)
{
	foreach_ptr(Wish, other, wishes)
	{
		if (other == wish)
			return false;
		if (other->counts && other->old == wish->old && other->wanted == wish->wanted &&
			(wish->hint->value == NULL ? other->hint->value == NULL :
			 other->hint->value != NULL &&
			 strcmp(other->hint->old_name, wish->hint->old_name) == 0))
			return true;
	}
	return false;
}

/*
 * What the hints (Hint) say is renamed (Rename), with what goes along.  Error if
 * a hint is ambiguous; a warning if it can have no effect now or later.
 */
List *
sv_hinted_renames(const Model *live, const Model *wanted, List *hints)
{
	List	   *wishes = NIL;
	List	   *renames = NIL;

	for (int parts = 0; parts < 2; parts++)
	{
		foreach_ptr(Hint, hint, hints)
		{
			Wish	   *wish;

			if ((hint->part_class != NULL || hint->value != NULL) != (parts == 1))
				continue;
			wish = parts ? wish_for_part(live, wanted, hint, wishes) :
				wish_for_object(live, wanted, hint);
			if (wish != NULL)
				wishes = lappend(wishes, wish);
		}
		while (decide_renames(wishes) || decide_exchanges(wishes))
			;
	}
	complain_of_hints(wanted, wishes);
	foreach_ptr(Wish, wish, wishes)
	{
		if (wish->counts && !is_wished_before(wishes, wish))
			add_hinted_rename(&renames, wish->old, wish->wanted->parent ? NULL :
							  wish->wanted->schema,
							  wish->hint->value ? wish->hint->value : wish->wanted->name,
							  wish->hint->value ? wish->hint->old_name : NULL);
	}
	take_along(&renames, live, wanted, wishes);
	return renames;
}

/* ----- the way back ----- */

/* The rename of an object, not of one of its values; or NULL. */
const Rename *
sv_rename_of(List *renames, const Object *o)
{
	ListCell   *cell;

	foreach(cell, renames)
	{
		if (((Rename *) lfirst(cell))->from == o && ((Rename *) lfirst(cell))->value == NULL)
			return lfirst(cell);
	}
	return NULL;
}

/* What has become of an object in the model after the renames. */
static Object *
object_after(const Model *after, const Object *o, List *renames)
{
	const Rename *rename = sv_rename_of(renames, o);
	const char *name = rename && rename->name ? rename->name : o->name;
	const char *schema = rename && rename->schema ? rename->schema : o->schema;

	if (o->parent != NULL)
		return find_part(object_after(after, o->parent, renames), o->class, name);
	if (sv_class_is(o, sequence) && sv_table_of_sequence(o) != NULL)
	{
		rename = sv_rename_of(renames, sv_table_of_sequence(o));
		schema = rename && rename->schema ? rename->schema : schema;
	}
	return find_like(after, o, schema, name);
}

/* The renames (Rename of objects of "after") that undo "renames", which led there. */
List *
sv_renames_back(const Model *after, List *renames)
{
	List	   *back = NIL;

	foreach_ptr(Rename, rename, renames)
	{
		Object	   *o = object_after(after, rename->from, renames);

		if (o != NULL)
			add_hinted_rename(&back, o, rename->schema ? rename->from->schema : NULL,
							  rename->value ? rename->value : rename->from->name, rename->value ?
							  rename->name : NULL);
	}
	return back;
}
