/*
 * filter.c
 *		What a comparison leaves alone: objects that are not in the wanted schema,
 *		where the caller says so, and objects that a filter excludes.
 *
 * Both make the goal of a comparison: a model that has of these objects what the
 * live one has.  All that comes after (changes, way back, proof) compares with the
 * goal and needs to know nothing of the options.
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
	foreach_ptr(const char, pattern, patterns)
	{
		CHECK_FOR_INTERRUPTS();
		if (matches_object(o, pattern))
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

/* A goal in the making. */
typedef struct Goal
{
	Model	   *model;
	const Model *wanted;
	const Model *live;
	const DiffOptions *options;
	List	   *originals;		/* objects of both that were copied into the model */
	List	   *kept;			/* those among them that only the live model has */
} Goal;

/* Copy an object whose parent, if it has one, is there. */
static bool
copy_into(Goal *goal, const Object *o)
{
	if (o->parent != NULL &&
		sv_model_find(goal->model, o->parent->class, o->parent->identity) == NULL)
		return false;
	sv_model_copy(goal->model, o);
	goal->originals = lappend(goal->originals, (void *) o);
	return true;
}

/* What is wanted; an excluded object is as the live one is, or not at all. */
static void
copy_wanted(Goal *goal)
{
	foreach_ptr(Object, o, goal->wanted->objects)
	{
		bool		excluded = sv_diff_is_excluded(o, goal->options->exclude);
		const Object *there = excluded ? sv_model_find(goal->live, o->class, o->identity) : NULL;
		Object	   *copy;

		if (excluded && there == NULL)
			continue;
		copy = sv_model_copy(goal->model, o);
		goal->originals = lappend(goal->originals, o);
		if (there == NULL)
			continue;
		copy->properties = there->properties;
		copy->nproperties = there->nproperties;
	}
}

/* Does the object stay though it is not wanted? */
static bool
stays_unwanted(const Goal *goal, const Object *o)
{
	if (sv_model_find(goal->wanted, o->class, o->identity) != NULL)
		return false;
	if (is_fact(o) && !list_member_ptr(goal->kept, o->parent))
		return false;
	return strcmp(goal->options->drop, "drop") != 0 ||
		sv_diff_is_excluded(o, goal->options->exclude);
}

/* A row that says that the object is not wanted but kept. */
static DiffRow *
kept_row(const Object *o)
{
	DiffRow    *row = palloc0(sizeof(DiffRow));

	row->kind = o->class->name;
	row->identity = o->identity;
	row->action = "question";
	row->note = "is not in the wanted schema and was kept";
	return row;
}

/* What stays though it is not wanted.  Returns rows for what shall be reported. */
static List *
copy_kept(Goal *goal)
{
	bool		report = strcmp(goal->options->drop, "report") == 0;
	List	   *rows = NIL;

	foreach_ptr(Object, o, goal->live->objects)
	{
		if (!stays_unwanted(goal, o) || !copy_into(goal, o))
			continue;
		goal->kept = lappend(goal->kept, o);
		if (report && !sv_diff_is_excluded(o, goal->options->exclude) &&
			(o->parent == NULL || !list_member_ptr(goal->kept, o->parent)))
			rows = lappend(rows, kept_row(o));
	}
	return rows;
}

/* What is kept keeps its schema. */
static void
copy_schemas(Goal *goal)
{
	const ModelClass *class = &sv_class_schema;

	foreach_ptr(Object, o, goal->kept)
	{
		const char *identity = o->schema ? quote_identifier(o->schema) : NULL;
		Object	   *schema = identity ? sv_model_find(goal->live, class, identity) : NULL;

		if (schema != NULL && sv_model_find(goal->model, class, identity) == NULL)
			(void) copy_into(goal, schema);
	}
}

/*
 * The model that `live` is to be compared with so that the comparison leaves alone
 * what the options say.  It is the wanted one itself where they say nothing, else
 * a copy.  rows (NULL: do not tell) gets rows that report what is not wanted but kept.
 */
Model *
sv_diff_goal(Model *wanted, const Model *live, const DiffOptions *options, List **rows)
{
	Goal		goal = {.wanted = wanted, .live = live, .options = options};
	List	   *reported;

	if (rows != NULL)
		*rows = NIL;
	if (strcmp(options->drop, "drop") == 0 && options->exclude == NIL)
		return wanted;
	goal.model = sv_model_like(wanted);
	copy_wanted(&goal);
	reported = copy_kept(&goal);
	copy_schemas(&goal);
	sv_model_link(goal.model, goal.originals);
	if (rows != NULL)
		*rows = reported;
	return goal.model;
}
