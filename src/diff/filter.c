/*
 * filter.c
 *		What a comparison leaves alone: objects that are not in the wanted schema,
 *		where the caller says so, and objects that a filter excludes.
 *
 * Both are done by changing the wanted model, so that all that comes after
 * (changes, way back, proof) needs to know nothing of it.
 */
#include "postgres.h"

#include "diff/diff.h"
#include "miscadmin.h"
#include "utils/builtins.h"

/* The place behind the first occurrence of the piece in the text, or NULL. */
static const char *
behind(const char *text, const char *piece, int length)
{
	char	   *copy = pnstrdup(piece, length);
	const char *found = strstr(text, copy);

	pfree(copy);
	return found != NULL ? found + length : NULL;
}

/*
 * Does the text match a pattern in which * stands for anything?  Each piece
 * between two stars is looked for once, behind the piece before it, so the time
 * is linear.
 */
static bool
matches(const char *text, const char *pattern)
{
	int			fixed = strcspn(pattern, "*");

	if (pattern[fixed] == '\0')
		return strcmp(text, pattern) == 0;
	if (strncmp(text, pattern, fixed) != 0)
		return false;
	text += fixed;
	for (pattern += fixed + 1; text != NULL; pattern += fixed + 1)
	{
		fixed = strcspn(pattern, "*");
		if (pattern[fixed] == '\0')
			return strlen(text) >= fixed && strcmp(text + strlen(text) - fixed, pattern) == 0;
		if (fixed > 0)
			text = behind(text, pattern, fixed);
	}
	return false;
}

static bool
matches_object(const Object *o, const char *pattern)
{
	char	   *described;
	bool		found;

	if (matches(o->identity, pattern))
		return true;
	described = psprintf("%s %s", o->class->name, o->identity);
	found = matches(described, pattern);
	pfree(described);
	return found;
}

/* Does a pattern exclude the object, or the one that it is part of? */
bool
sv_diff_is_excluded(const Object *o, List *patterns)
{
	ListCell   *cell;

	foreach(cell, patterns)
	{
		CHECK_FOR_INTERRUPTS();
		if (matches_object(o, lfirst(cell)))
			return true;
	}
	return o->parent != NULL && sv_diff_is_excluded(o->parent, patterns);
}

/* Facts of another object, not things that could be missed by themselves. */
static bool
is_fact(const Object *o)
{
	return sv_class_is(o, default) || sv_class_is(o, identity_sequence) ||
		sv_class_is(o, inheritance) || sv_class_is(o, sequence_owner) ||
		sv_class_is(o, index_attachment);
}

static List *
counterparts(const Model *model, List *objects)
{
	List	   *result = NIL;
	ListCell   *cell;

	foreach(cell, objects)
	{
		Object	   *o = lfirst(cell);
		Object	   *other = sv_model_find(model, o->class, o->identity);

		if (other != NULL)
			result = lappend(result, other);
	}
	return result;
}

static Object *
copy_into(Model *model, const Object *o)
{
	Object	   *copy = palloc(sizeof(Object));

	*copy = *o;
	copy->parts = NIL;
	copy->address.classId = InvalidOid;
	copy->parent = o->parent ? sv_model_find(model, o->parent->class, o->parent->identity) : NULL;
	if (o->parent != NULL && copy->parent == NULL)
		return NULL;
	sv_model_add(model, copy);
	return copy;
}

static void
remove_excluded(Model *wanted, const Model *live, List *patterns)
{
	ListCell   *cell;

	foreach(cell, wanted->objects)
	{
		Object	   *o = lfirst(cell);
		Object	   *there;

		if (!sv_diff_is_excluded(o, patterns))
			continue;
		there = sv_model_find(live, o->class, o->identity);
		if (there != NULL)
		{
			o->properties = there->properties;
			o->nproperties = there->nproperties;
			continue;
		}
		sv_model_forget(wanted, o);
		wanted->objects = foreach_delete_current(wanted->objects, cell);
		if (o->parent != NULL)
			o->parent->parts = list_delete_ptr(o->parent->parts, o);
	}
	foreach(cell, wanted->objects)
	{
		Object	   *o = lfirst(cell);

		o->needs = counterparts(wanted, o->needs);
		o->vanishes_with = counterparts(wanted, o->vanishes_with);
	}
}

/* What is kept keeps its schema. */
static void
keep_schemas(Model *wanted, const Model *live, List *copied)
{
	const ModelClass *class = &sv_class_schema;
	ListCell   *cell;

	foreach(cell, copied)
	{
		Object	   *o = lfirst(cell);
		const char *identity = o->schema ? quote_identifier(o->schema) : NULL;
		Object	   *schema = identity ? sv_model_find(live, class, identity) : NULL;

		if (schema != NULL && sv_model_find(wanted, class, identity) == NULL)
			(void) copy_into(wanted, schema);
	}
}

/*
 * Change the wanted model so that comparing it leaves alone what the options
 * say.  Returns rows that report the objects that are not wanted but kept.
 */
List *
sv_diff_keep(Model *wanted, const Model *live, const DiffOptions *options)
{
	bool		keep_all = strcmp(options->drop, "drop") != 0;
	List	   *rows = NIL;
	List	   *copied = NIL;
	ListCell   *cell;

	if (options->exclude != NIL)
		remove_excluded(wanted, live, options->exclude);
	if (!keep_all && options->exclude == NIL)
		return NIL;
	foreach(cell, live->objects)
	{
		Object	   *o = lfirst(cell);
		bool		excluded = sv_diff_is_excluded(o, options->exclude);
		Object	   *copy;

		if (sv_model_find(wanted, o->class, o->identity) != NULL || (!keep_all && !excluded))
			continue;
		if (is_fact(o) && !list_member_ptr(copied, o->parent))
			continue;
		copy = copy_into(wanted, o);
		if (copy == NULL)
			continue;
		copied = lappend(copied, o);
		if (strcmp(options->drop, "report") == 0 && !excluded &&
			(o->parent == NULL || !list_member_ptr(copied, o->parent)))
		{
			DiffRow    *row = palloc0(sizeof(DiffRow));

			row->kind = o->class->name;
			row->identity = o->identity;
			row->action = "question";
			row->note = "is not in the wanted schema and was kept";
			rows = lappend(rows, row);
		}
	}
	keep_schemas(wanted, live, copied);
	foreach(cell, wanted->objects)
	{
		Object	   *o = lfirst(cell);

		o->needs = counterparts(wanted, o->needs);
		o->vanishes_with = counterparts(wanted, o->vanishes_with);
	}
	sv_model_sort(wanted);
	return rows;
}
