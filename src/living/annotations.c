/*
 * annotations.c
 *		Owner, privileges and comments that what a text makes has from others.
 *
 * What the text itself leaves is recorded each time that it ran.  What differs
 * from that before it runs again was given, changed or taken away by others, and
 * is so again afterwards.  The rest is what the new text makes of it: a comment or
 * a grant that is not in the text any more is gone.
 */
#include "postgres.h"

#include "living/living_private.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* What others did to an object. */
typedef struct Foreign
{
	const char *name;			/* of the living object */
	const ModelClass *class;
	const char *identity;
	bool		comment_given;
	const char *comment;		/* NULL: none */
	const char *owner;			/* NULL: that which the text leaves */
	List	   *acl;			/* with the owner: all privileges */
	List	   *grants;			/* entries of privileges */
	List	   *revoked;		/* entries whose grantees have nothing any more */
} Foreign;

typedef struct Noted
{
	MemoryContext context;		/* NULL: nothing is noted */
	List	   *foreign;		/* Foreign */
} Noted;

static Noted noted;

/* ---------- lists of privileges ---------- */

/* Length of the grantee in "grantee=letters/grantor". */
static int
grantee_length(const char *entry)
{
	bool		quoted = false;
	int			i;

	for (i = 0; entry[i] != '\0' && (quoted || entry[i] != '='); i++)
		quoted ^= entry[i] == '"';
	return i;
}

static bool
same_grantee(const char *a, const char *b)
{
	int			length = grantee_length(a);

	return length == grantee_length(b) && strncmp(a, b, length) == 0;
}

static bool
has_entry(const List *entries, const char *entry, bool (*same) (const char *a, const char *b))
{
	ListCell   *cell;

	foreach(cell, entries)
	{
		if (same(lfirst(cell), entry))
			return true;
	}
	return false;
}

static bool
same_entry(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* The entries in full, also where an object has the usual ones. */
static List *
in_full(List *acl, const ModelClass *class, const char *owner)
{
	const char *role = quote_identifier(owner);

	if (acl != NIL)
		return strcmp(linitial(acl), "none") == 0 ? NIL : acl;
	switch (class->acl_type)
	{
		case 'f':
			return list_make2(psprintf("=X/%s", role), psprintf("%s=X/%s", role, role));
		case 'T':
			return list_make2(psprintf("=U/%s", role), psprintf("%s=U/%s", role, role));
		case 'r':
			return list_make1(psprintf("%s=ALL/%s", role, role));
		default:
			return NIL;
	}
}

/* The entries of "a" that have no counterpart in "b". */
static List *
without(const List *a, const List *b, bool (*same) (const char *a, const char *b))
{
	List	   *result = NIL;

	foreach_ptr(char, string, a)
	{
		if (!has_entry(b, string, same))
			result = lappend(result, string);
	}
	return result;
}

static bool
same_entries(const List *a, const List *b)
{
	return list_length(a) == list_length(b) && without(a, b, same_entry) == NIL;
}

/* ---------- what others did ---------- */

static const char *
text_or_null(const Object *o, const char *name)
{
	const Property *property = sv_property(o, name);

	return property != NULL ? property->text : NULL;
}

static const StoredAnnotation *
annotation_of(const List *annotations, const Object *o)
{
	foreach_ptr(const StoredAnnotation, annotation, annotations)
	{
		if (strcmp(annotation->identity, o->identity) == 0 &&
			strcmp(annotation->class, o->class->name) == 0)
			return annotation;
	}
	return NULL;
}

/* Compare what an object has now with what the text left; NULL: that is the same. */
static Foreign *
compare(const char *name, const Object *o, const StoredAnnotation *left)
{
	Foreign    *foreign = palloc0(sizeof(Foreign));
	const char *owner = text_or_null(o, "owner");
	const char *comment = text_or_null(o, "comment");
	const char *left_owner = left != NULL ? left->owner : owner;
	List	   *now = in_full(sv_list(o, "acl"), o->class, owner ? owner : "");
	List	   *then = in_full(left != NULL ? left->acl : NIL, o->class,
							   left_owner ? left_owner : "");

	foreign->name = name;
	foreign->class = o->class;
	foreign->identity = o->identity;
	foreign->comment = comment;
	foreign->comment_given = !sv_base_same_text(comment, left != NULL ? left->comment : NULL);
	if (!sv_base_same_text(owner, left_owner))
	{
		foreign->owner = owner;
		foreign->acl = sv_list(o, "acl");
	}
	else
	{
		foreign->grants = without(now, then, same_entry);
		foreign->revoked = without(then, now, same_grantee);
	}
	return foreign->comment_given || foreign->owner != NULL || foreign->grants != NIL ||
		foreign->revoked != NIL ? foreign : NULL;
}

static List *
units_of(const List *made, const char *name)
{
	List	   *units = NIL;

	foreach_ptr(const Made, one, made)
	{
		ObjectAddress *unit = palloc(sizeof(ObjectAddress));

		if ((name == NULL || strcmp(one->name, name) == 0) &&
			sv_unit_of(one->address.classId, one->address.objectId, unit))
			units = lappend(units, unit);
	}
	return units;
}

/* The living object that made the object, or that of which it is a part; NULL: none. */
static const char *
maker_of(const List *made, const Object *o)
{
	for (; o != NULL; o = o->parent)
	{
		const Made *one = sv_made_at(made, &o->address);

		if (one != NULL)
			return one->name;
	}
	return NULL;
}

/*
 * Note what others did to the objects of all living objects, unless that is noted
 * already: what is dropped later in the run is not asked again.
 */
void
sv_annotations_note(const List *made)
{
	MemoryContext caller;
	Model	   *model;

	if (noted.context != NULL)
		return;
	noted.context = AllocSetContextCreate(TopMemoryContext, "schemaver annotations",
										  ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(noted.context);
	model = sv_read_units_now(units_of(made, NULL));
	foreach_ptr(const Object, o, model->objects)
	{
		const char *name = o->context ? NULL : maker_of(made, o);
		Foreign    *foreign = name == NULL ? NULL :
		compare(pstrdup(name), o, annotation_of(sv_store_annotations(name), o));

		if (foreign != NULL)
			noted.foreign = lappend(noted.foreign, foreign);
	}
	MemoryContextSwitchTo(caller);
}

/* Forget it: the run is over, or begins. */
void
sv_annotations_forget(void)
{
	if (noted.context != NULL)
		MemoryContextDelete(noted.context);
	memset(&noted, 0, sizeof(noted));
}

/* ---------- before and after a text runs ---------- */

static void
set_annotation(Object *o, const char *name, const char *text, List *list)
{
	Property   *properties = palloc(sizeof(Property) * (o->nproperties + 1));
	int			n = 0;

	for (int i = 0; i < o->nproperties; i++)
	{
		if (strcmp(o->properties[i].name, name) != 0)
			properties[n++] = o->properties[i];
	}
	if (text != NULL || list != NIL)
	{
		properties[n].name = name;
		properties[n].text = text;
		properties[n++].list = list;
	}
	o->properties = properties;
	o->nproperties = n;
}

/*
 * Take the comments and the privileges from what the living object has made, so
 * that afterwards it has those of the new text.
 */
void
sv_annotations_strip(const List *made, const char *name)
{
	List	   *units = units_of(made, name);
	Model	   *now;
	Model	   *bare;
	bool		any = false;

	if (units == NIL)
		return;
	now = sv_read_units_now(units);
	bare = sv_model_altered(now, NIL, NIL);
	foreach_ptr(Object, o, bare->objects)
	{
		const char *maker = o->context ? NULL : maker_of(made, o);

		if (maker == NULL || strcmp(maker, name) != 0 ||
			(sv_property(o, "comment") == NULL && sv_property(o, "acl") == NULL))
			continue;
		set_annotation(o, "comment", NULL, NIL);
		set_annotation(o, "acl", NULL, NIL);
		any = true;
	}
	if (any)
		sv_aside_execute(now, bare);
}

/* Record what the text has left. */
static void
record_annotation(const List *made, const char *name, const Model *now)
{
	List	   *rows = NIL;

	foreach_ptr(const Object, o, now->objects)
	{
		const char *maker = o->context ? NULL : maker_of(made, o);
		StoredAnnotation *row;

		if (maker == NULL || strcmp(maker, name) != 0 ||
			(sv_property(o, "comment") == NULL && sv_property(o, "acl") == NULL &&
			 sv_property(o, "owner") == NULL))
			continue;
		row = palloc0(sizeof(StoredAnnotation));
		row->class = o->class->name;
		row->identity = o->identity;
		row->owner = text_or_null(o, "owner");
		row->comment = text_or_null(o, "comment");
		row->acl = sv_list(o, "acl");
		rows = lappend(rows, row);
	}
	sv_store_set_annotations(name, rows);
}

/* Let an object have what others gave it beside what the text did. */
static void
apply(Object *o, const Foreign *foreign)
{
	const char *owner = text_or_null(o, "owner");
	List	   *usual = in_full(NIL, o->class, owner ? owner : "");
	List	   *acl;

	if (foreign->comment_given)
		set_annotation(o, "comment", foreign->comment, NIL);
	if (foreign->owner != NULL)
	{
		set_annotation(o, "owner", foreign->owner, NIL);
		set_annotation(o, "acl", NULL, foreign->acl);
		return;
	}
	if (foreign->grants == NIL && foreign->revoked == NIL)
		return;
	acl = without(in_full(sv_list(o, "acl"), o->class, owner ? owner : ""),
				  list_concat_copy(foreign->grants, foreign->revoked), same_grantee);
	acl = list_concat(acl, foreign->grants);
	list_sort(acl, sv_base_by_text);
	if (same_entries(acl, usual))
		acl = NIL;
	else if (acl == NIL)
		acl = list_make1("none");
	set_annotation(o, "acl", NULL, acl);
}

/*
 * The text ran: record what it has left, and add what others gave.  "made" has the
 * objects that it made.
 */
void
sv_annotations_return(const List *made, const char *name)
{
	List	   *units = units_of(made, name);
	Model	   *now;
	Model	   *wanted;
	bool		any = false;

	if (units == NIL)
	{
		sv_store_set_annotations(name, NIL);
		return;
	}
	now = sv_read_units_now(units);
	record_annotation(made, name, now);
	wanted = sv_model_altered(now, NIL, NIL);
	foreach_ptr(const Foreign, foreign, noted.foreign)
	{
		Object	   *o = strcmp(foreign->name, name) == 0 ?
		sv_model_find(wanted, foreign->class, foreign->identity) : NULL;

		if (o == NULL || o->context)
			continue;
		apply(o, foreign);
		any = true;
	}
	if (any)
		sv_aside_execute(now, wanted);
}
