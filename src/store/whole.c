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

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "store/store.h"
#include "utils/array.h"
#include "utils/builtins.h"

typedef struct Key
{
	const ModelClass *class;
	const char *identity;
} Key;

typedef enum Verdict
{
	UNDECIDED,
	YES,
	NO
} Verdict;

/* What is known of an identity. */
typedef struct KeyEntry
{
	Key			key;
	bool		is_kept;		/* in the present state */
	const ObjectChange *begins; /* the change after which it is there */
	bool		ends;			/* there is a change after which it is not */
	Verdict		verdict;		/* will it be in the state, if it begins? */
} KeyEntry;

typedef struct Merge
{
	const StoreScope *scope;
	HTAB	   *keys;
	Model	   *left;			/* objects that end, by address */
	Model	   *come;			/* objects that begin and were not there, by address */
	List	   *changes;		/* the result */
} Merge;

static uint32
key_hash(const void *key, Size size)
{
	const Key  *k = key;

	return hash_bytes((const unsigned char *) k->identity, strlen(k->identity)) ^
		hash_bytes((const unsigned char *) &k->class, sizeof(k->class));
}

static int
key_match(const void *a, const void *b, Size size)
{
	const Key  *x = a;
	const Key  *y = b;

	return x->class == y->class ? strcmp(x->identity, y->identity) : 1;
}

static KeyEntry *
entry_of(const Merge *m, const Object *o, HASHACTION action)
{
	Key			key = {o->class, o->identity};
	bool		found;
	KeyEntry   *entry = hash_search(m->keys, &key, action, &found);

	if (action == HASH_ENTER && !found)
		memset((char *) entry + sizeof(Key), 0, sizeof(KeyEntry) - sizeof(Key));
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

static Datum
text_array(Datum *elements, int n)
{
	return PointerGetDatum(construct_array(elements, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* ----- what the state has ----- */

/* Mark the entries of objects that are in the present state. */
static void
find_kept(const Merge *m)
{
	static StoreQuery query = {
		"SELECT c.n::integer FROM unnest($1, $2) WITH ORDINALITY AS c (class, identity, n) WHERE "
		"EXISTS ("
		"SELECT FROM schemaver.object_version v WHERE hashtextextended(v.identity, 0) = "
		"hashtextextended(c.identity COLLATE \"C\", 0) "
		"AND v.to_state IS NULL AND v.identity = c.identity COLLATE \"C\" AND v.class = c.class "
		"COLLATE \"C\")",
		2, {TEXTARRAYOID, TEXTARRAYOID}
	};
	int			n = hash_get_num_entries(m->keys);
	Datum	   *classes = palloc(sizeof(Datum) * Max(n, 1));
	Datum	   *identities = palloc(sizeof(Datum) * Max(n, 1));
	KeyEntry  **entries = palloc(sizeof(KeyEntry *) * Max(n, 1));
	Datum		v[2];
	HASH_SEQ_STATUS scan;
	KeyEntry   *entry;
	uint64		found;
	int			i = 0;

	hash_seq_init(&scan, m->keys);
	while ((entry = hash_seq_search(&scan)) != NULL)
	{
		entries[i] = entry;
		classes[i] = CStringGetTextDatum(entry->key.class->name);
		identities[i++] = CStringGetTextDatum(entry->key.identity);
	}
	v[0] = text_array(classes, n);
	v[1] = text_array(identities, n);
	found = sv_store_execute(m->scope, &query, v, NULL);
	for (uint64 row = 0; row < found; row++)
	{
		bool		isnull;
		int			place =
		DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 1, &isnull));

		entries[place - 1]->is_kept = true;
	}
	SPI_freetuptable(SPI_tuptable);
}

/* The parts that the state has of an object. */
static List *
kept_parts(const Merge *m, const Object *whole)
{
	static StoreQuery query = {
		"SELECT v.description, v.oid, v.place, true FROM schemaver.object_version v "
		"WHERE hashtextextended((v.description ->> 'parent') COLLATE \"C\", 0) = "
		"hashtextextended($1 COLLATE \"C\", 0) "
		"AND v.to_state IS NULL AND v.description ->> 'parent' = $1",
		1, {TEXTOID}
	};
	Datum		v[1] =
	{CStringGetTextDatum(psprintf("%s:%s", whole->class->name, whole->identity))};
	uint64		n = sv_store_execute(m->scope, &query, v, NULL);
	List	   *parts = NIL;

	for (uint64 row = 0; row < n; row++)
		parts = lappend(parts, sv_state_object_at(row));
	SPI_freetuptable(SPI_tuptable);
	return parts;
}

/* ----- what begins ----- */

static bool will_be_kept(const Merge *m, const Object *o);

static bool
decide(const Merge *m, const ObjectChange *change)
{
	const Object *former = change->before ? change->before : at_address_of(m->left, change->after);
	const KeyEntry *entry = former ? entry_of(m, former, HASH_FIND) : NULL;

	if (former != NULL && (entry == NULL || !entry->is_kept))
		return false;
	return change->after->parent == NULL || will_be_kept(m, change->after->parent);
}

/* Will an object be in the state? */
static bool
will_be_kept(const Merge *m, const Object *o)
{
	KeyEntry   *entry = entry_of(m, o, HASH_FIND);

	check_stack_depth();
	if (entry == NULL)
		return false;
	if (entry->begins == NULL)
		return entry->is_kept && !entry->ends;
	if (entry->verdict == UNDECIDED)
		entry->verdict = decide(m, entry->begins) ? YES : NO;
	return entry->verdict == YES;
}

/* ----- parts that only the state has ----- */

static void
add_change(Merge *m, const Object *before, const Object *after)
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
	ListCell   *cell;

	check_stack_depth();
	foreach(cell, kept_parts(m, whole))
	{
		Object	   *part = lfirst(cell);
		KeyEntry   *entry = entry_of(m, part, HASH_ENTER);
		Object	   *after = NULL;
		bool		told = entry->begins != NULL || entry->ends;

		CHECK_FOR_INTERRUPTS();
		entry->is_kept = true;
		if (told)
			continue;
		entry->ends = true;
		part->parent = (Object *) whole;
		if (renamed != NULL)
		{
			KeyEntry   *taken;

			after = part_of_renamed(part, whole, renamed);
			taken = entry_of(m, after, HASH_FIND);
			if (taken != NULL && (taken->begins != NULL || (taken->is_kept && !taken->ends)))
				after = NULL;
		}
		add_change(m, part, after);
		end_parts(m, part, after);
	}
}

/* ----- all of it ----- */

static void
enter_changes(Merge *m, List *changes)
{
	ListCell   *cell;

	foreach(cell, changes)
	{
		const ObjectChange *change = lfirst(cell);

		if (change->before != NULL && change->after == NULL)
		{
			entry_of(m, change->before, HASH_ENTER)->ends = true;
			remember_address(m->left, change->before);
		}
		if (change->after == NULL)
			continue;
		entry_of(m, change->after, HASH_ENTER)->begins = change;
		if (change->before == NULL)
			remember_address(m->come, change->after);
		if (change->after->parent != NULL)
			(void) entry_of(m, change->after->parent, HASH_ENTER);
	}
}

/*
 * Complete changes (ObjectChange, the identity of "before" is that of "after") for the
 * present state.  Returns a new list; objects are shared with the old one.
 */
List *
sv_whole_changes(const StoreScope *scope, List *changes)
{
	Merge		m = {scope};
	HASHCTL		control = {0};
	ListCell   *cell;

	control.hcxt = CurrentMemoryContext;
	control.keysize = sizeof(Key);
	control.entrysize = sizeof(KeyEntry);
	control.hash = key_hash;
	control.match = key_match;
	m.keys = hash_create("schemaver changed identities", 256, &control,
						 HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
	m.left = sv_model_create();
	m.come = sv_model_create();
	enter_changes(&m, changes);
	find_kept(&m);
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
		if (whole != NULL && entry_of(&m, whole, HASH_FIND)->is_kept)
			end_parts(&m, whole, renamed != NULL && will_be_kept(&m, renamed) ? renamed : NULL);
	}
	return m.changes;
}

/* ----- what was written ----- */

/* The count that a query gives for the objects, by class and identity. */
static int64
count_of(const StoreScope *scope, StoreQuery *query, List *objects)
{
	int			n = list_length(objects);
	Datum	   *classes = palloc(sizeof(Datum) * Max(n, 1));
	Datum	   *identities = palloc(sizeof(Datum) * Max(n, 1));
	Datum		v[2];
	ListCell   *cell;
	bool		isnull;

	if (n == 0)
		return 0;
	foreach(cell, objects)
	{
		const Object *o = lfirst(cell);

		classes[foreach_current_index(cell)] = CStringGetTextDatum(o->class->name);
		identities[foreach_current_index(cell)] = CStringGetTextDatum(o->identity);
	}
	v[0] = text_array(classes, n);
	v[1] = text_array(identities, n);
	sv_store_execute(scope, query, v, NULL);
	return DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
}

/*
 * Raise an error unless the present state is whole where these changes were
 * written: what begins has its parent, what ends leaves no part behind.
 */
void
sv_whole_verify(const StoreScope *scope, List *changes)
{
	static StoreQuery without_parent = {
		"SELECT count(*) FROM (SELECT DISTINCT class, identity FROM unnest($1, $2) AS u (class, "
		"identity)) c "
		"JOIN schemaver.object_version v ON hashtextextended(v.identity, 0) = "
		"hashtextextended(c.identity COLLATE \"C\", 0) "
		"AND v.to_state IS NULL AND v.identity = c.identity COLLATE \"C\" AND v.class = c.class "
		"COLLATE \"C\" "
		"CROSS JOIN LATERAL (SELECT v.description ->> 'parent' AS reference OFFSET 0) r "
		"WHERE r.reference IS NOT NULL AND NOT EXISTS (SELECT FROM schemaver.object_version p "
		"WHERE hashtextextended(p.identity, 0) = hashtextextended(substr(r.reference, "
		"strpos(r.reference, ':') + 1) COLLATE \"C\", 0) "
		"AND p.to_state IS NULL AND p.class || ':' || p.identity = r.reference)",
		2, {TEXTARRAYOID, TEXTARRAYOID}
	};
	static StoreQuery left_behind = {
		"SELECT count(*) FROM (SELECT DISTINCT class, identity FROM unnest($1, $2) AS u (class, "
		"identity)) c "
		"JOIN schemaver.object_version v ON hashtextextended((v.description ->> 'parent') COLLATE "
		"\"C\", 0) = "
		"hashtextextended((c.class || ':' || c.identity) COLLATE \"C\", 0) "
		"AND v.to_state IS NULL AND v.description ->> 'parent' = c.class || ':' || c.identity "
		"WHERE NOT EXISTS (SELECT FROM schemaver.object_version p "
		"WHERE hashtextextended(p.identity, 0) = hashtextextended(c.identity COLLATE \"C\", 0) "
		"AND p.to_state IS NULL AND p.identity = c.identity COLLATE \"C\" AND p.class = c.class "
		"COLLATE \"C\")",
		2, {TEXTARRAYOID, TEXTARRAYOID}
	};
	List	   *begun = NIL;
	List	   *ended = NIL;
	ListCell   *cell;

	foreach(cell, changes)
	{
		const ObjectChange *change = lfirst(cell);

		if (change->after != NULL)
			begun = lappend(begun, (void *) change->after);
		else
			ended = lappend(ended, (void *) change->before);
	}
	if (count_of(scope, &without_parent, begun) > 0 || count_of(scope, &left_behind, ended) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("an object of the kept state would be without what it is part of")));
}
