/*
 * whole.c
 *		Changes of some objects, completed so that the kept state stays whole.
 *
 * Steps of a run tell what they changed in the live schema.  The kept state may
 * differ from that, because something was changed outside of runs: an object
 * that was made by hand is not in the state, one that was dropped by hand still
 * is.  In the state every part has its parent.  So
 *	- a change of an object that the state does not know is left out, and so is
 *	  a part of it that is new: all of that is still drift;
 *	- what ends takes along the parts that only the state has, or gives them
 *	  its new name.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "store/store_private.h"
#include "utils/builtins.h"

typedef enum Verdict
{
	UNDECIDED,
	YES,
	NO
} Verdict;

/* What is known of an identity. */
typedef struct KeyEntry
{
	VersionKey	key;
	bool		is_kept;		/* in the present state */
	const ObjectChange *begins; /* the change after which it is there */
	bool		ends;			/* there is a change after which it is not */
	Verdict		verdict;		/* will it be in the state, if it begins? */
} KeyEntry;

typedef struct Merge
{
	Versions   *versions;
	HTAB	   *keys;
	Model	   *left;			/* objects that end, by address */
	Model	   *come;			/* objects that begin and were not there, by address */
	List	   *changes;		/* the result */
} Merge;

static KeyEntry *
merged_entry(const Merge *m, const Object *o, HASHACTION action)
{
	VersionKey	key = {o->class, o->identity};
	bool		found;
	KeyEntry   *entry = hash_search(m->keys, &key, action, &found);

	if (action != HASH_ENTER || found)
		return entry;
	memset((char *) entry + sizeof(VersionKey), 0, sizeof(KeyEntry) - sizeof(VersionKey));
	entry->is_kept = sv_versions_has(m->versions, o->class, o->identity);
	return entry;
}

static void
remember_address(Model *model, const Object *o)
{
	if (OidIsValid(o->address.classId) && OidIsValid(o->address.objectId))
		sv_model_alias(model, &o->address, (Object *) o);
}

static const Object *
at_address_of(const Model *model, const Object *o)
{
	const Object *other =
	sv_model_at(model, o->address.classId, o->address.objectId, o->address.objectSubId);

	return other != NULL && other->class == o->class ? other : NULL;
}

/* ----- what begins ----- */

static bool will_be_kept(const Merge *m, const Object *o);

static bool
decide_merge(const Merge *m, const ObjectChange *change)
{
	const Object *former = change->before ? change->before : at_address_of(m->left, change->after);
	const KeyEntry *entry = former ? merged_entry(m, former, HASH_FIND) : NULL;

	if (former != NULL && (entry == NULL || !entry->is_kept))
		return false;
	return change->after->parent == NULL || will_be_kept(m, change->after->parent);
}

/* Will an object be in the state? */
static bool
will_be_kept(const Merge *m, const Object *o)
{
	KeyEntry   *entry = merged_entry(m, o, HASH_FIND);

	check_stack_depth();
	if (entry == NULL)
		return false;
	if (entry->begins == NULL)
		return entry->is_kept && !entry->ends;
	if (entry->verdict == UNDECIDED)
		entry->verdict = decide_merge(m, entry->begins) ? YES : NO;
	return entry->verdict == YES;
}

/* ----- parts that only the state has ----- */

static void
merge_change(Merge *m, const Object *before, const Object *after)
{
	ObjectChange *change = palloc(sizeof(ObjectChange));

	change->before = before;
	change->after = after;
	m->changes = lappend(m->changes, change);
}

static char *
replaced_text(const char *text, const char *old, const char *new)
{
	StringInfoData out;
	const char *at;

	initStringInfo(&out);
	while (old[0] != '\0' && (at = strstr(text, old)) != NULL)
	{
		appendBinaryStringInfo(&out, text, at - text);
		appendStringInfoString(&out, new);
		text = at + strlen(old);
	}
	appendStringInfoString(&out, text);
	return out.data;
}

/* A part as it is called when what it is part of has another name. */
static Object *
part_of_renamed(const Object *part, const Object *old, const Object *new)
{
	Object	   *o = palloc(sizeof(Object));

	*o = *part;
	o->parent = (Object *) new;
	o->schema = new->schema;
	switch (o->class->style)
	{
		case SV_ID_OF_PARENT:
			o->identity = psprintf("%s.%s", new->identity, quote_identifier(o->name));
			break;
		case SV_ID_ON_PARENT:
			o->identity = psprintf("%s ON %s", quote_identifier(o->name), new->identity);
			break;
		case SV_ID_AS_PARENT:
			o->identity = new->identity;
			break;
		case SV_ID_QUALIFIED:
			o->identity = quote_qualified_identifier(o->schema, o->name);
			break;
		default:
			o->identity = replaced_text(o->identity, old->identity, new->identity);
	}
	o->properties = palloc(sizeof(Property) * (part->nproperties + 1));
	memcpy(o->properties, part->properties, sizeof(Property) * part->nproperties);
	for (int i = 0; i < o->nproperties; i++)
		if (o->properties[i].text != NULL && strcmp(o->properties[i].name, "definition") == 0)
			o->properties[i].text =
				replaced_text(o->properties[i].text, old->identity, new->identity);
	return o;
}

/* What becomes of the parts that the state has of an object, and of theirs, if no change tells. */
static void
end_parts(Merge *m, const Object *whole, const Object *renamed)
{
	check_stack_depth();
	foreach_ptr(Object, part, sv_versions_parts(m->versions, whole))
	{
		KeyEntry   *entry = merged_entry(m, part, HASH_ENTER);
		Object	   *after = NULL;
		bool		told = entry->begins != NULL || entry->ends;

		CHECK_FOR_INTERRUPTS();
		if (told)
			continue;
		entry->ends = true;
		part->parent = (Object *) whole;
		if (renamed != NULL)
		{
			KeyEntry   *taken;

			after = part_of_renamed(part, whole, renamed);
			taken = merged_entry(m, after, HASH_FIND);
			if (taken != NULL && (taken->begins != NULL || (taken->is_kept && !taken->ends)))
				after = NULL;
		}
		merge_change(m, part, after);
		end_parts(m, part, after);
	}
}

/* ----- all of it ----- */

static void
enter_changes(Merge *m, List *changes)
{
	foreach_ptr(const ObjectChange, change, changes)
	{
		if (change->before != NULL && change->after == NULL)
		{
			merged_entry(m, change->before, HASH_ENTER)->ends = true;
			remember_address(m->left, change->before);
		}
		if (change->after == NULL)
			continue;
		merged_entry(m, change->after, HASH_ENTER)->begins = change;
		if (change->before == NULL)
			remember_address(m->come, change->after);
		if (change->after->parent != NULL)
			(void) merged_entry(m, change->after->parent, HASH_ENTER);
	}
}

/*
 * Complete changes (ObjectChange, the identity of "before" is that of "after") for the
 * state of the present versions.  Returns a new list; objects are shared with the old
 * one.
 */
List *
sv_whole_changes(Versions *versions, List *changes)
{
	Merge		m = {versions};
	ListCell   *cell;

	m.keys = sv_versions_table("schemaver changed identities", sizeof(KeyEntry));
	m.left = sv_model_create();
	m.come = sv_model_create();
	enter_changes(&m, changes);
	foreach(cell, changes)
	{
		const ObjectChange *change = lfirst(cell);
		const Object *whole = change->after == NULL ||
		change->before == NULL ? (change->before ? change->before : change->after) : NULL;
		const Object *renamed = change->after == NULL ? at_address_of(m.come, change->before) :
		NULL;

		CHECK_FOR_INTERRUPTS();
		if (change->after == NULL || will_be_kept(&m, change->after))
			m.changes = lappend(m.changes, lfirst(cell));
		if (whole != NULL && merged_entry(&m, whole, HASH_FIND)->is_kept)
			end_parts(&m, whole, renamed != NULL && will_be_kept(&m, renamed) ? renamed : NULL);
	}
	hash_destroy(m.keys);
	return m.changes;
}
