/*
 * versions.c
 *		The present versions of objects: looked up one by one, changed in memory,
 *		written many at a time.
 *
 * Present is a version that no state has ended.  A look-up scans the index on
 * the hash of the identity, so that it costs the same however many objects are
 * kept, and no plan can go through the table.  Changes of several states can
 * follow one another before anything is written: a version that one of them
 * adds is present for the next.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "base/compat.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "store/store_private.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* Columns of object_version. */
enum
{
	COLUMN_FROM_STATE = 1,
	COLUMN_TO_STATE,
	COLUMN_OID,
	COLUMN_ORIGIN,
	COLUMN_PLACE,
	COLUMN_CLASS,
	COLUMN_IDENTITY,
	COLUMN_DESCRIPTION
};

/* A version that is present, or was before the changes. */
typedef struct Version
{
	ItemPointerData row;		/* where it stands; invalid: it is to be written */
	int64		from_state;
	int64		to_state;		/* 0: none yet */
	const Object *object;		/* if it is to be written */
} Version;

typedef struct VersionEntry
{
	VersionKey	key;
	List	   *present;		/* Version; more than one only in a damaged table */
} VersionEntry;

/* Versions to be written, by "class:identity" of what they are parts of. */
typedef struct PartsEntry
{
	const char *whole;
	List	   *versions;
} PartsEntry;

/* A scan of one of the indexes by the hash of a text. */
typedef struct Lookup
{
	Relation	index;
	IndexScanDesc scan;
	TupleTableSlot *slot;
} Lookup;

struct Versions
{
	const StoreScope *scope;
	int32		origin;
	MemoryContext context;		/* of entries and versions; reset when they are written */
	Snapshot	snapshot;
	Relation	table;
	Lookup		by_identity;
	Lookup		by_whole;
	HTAB	   *entries;		/* VersionEntry */
	HTAB	   *added_parts;	/* PartsEntry */
	List	   *closed;			/* Version: rows that end */
	List	   *added;			/* Version */
};

/* ----- hash tables ----- */

static uint32
key_hash(const void *key, Size size)
{
	const VersionKey *k = key;

	return hash_bytes((const unsigned char *) k->identity, strlen(k->identity)) ^
		hash_bytes((const unsigned char *) &k->class, sizeof(k->class));
}

static int
key_match(const void *a, const void *b, Size size)
{
	const VersionKey *x = a;
	const VersionKey *y = b;

	return x->class == y->class ? strcmp(x->identity, y->identity) : 1;
}

/* A hash table in the current context, whose entries begin with a VersionKey. */
HTAB *
sv_versions_table(const char *name, Size entry_size)
{
	HASHCTL		control = {0};

	control.hcxt = CurrentMemoryContext;
	control.keysize = sizeof(VersionKey);
	control.entrysize = entry_size;
	control.hash = key_hash;
	control.match = key_match;
	return hash_create(name, 64, &control, HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
}

static uint32
string_hash_of(const void *key, Size size)
{
	const char *text = *(const char *const *) key;

	return hash_bytes((const unsigned char *) text, strlen(text));
}

static int
string_match(const void *a, const void *b, Size size)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static HTAB *
make_parts_table(void)
{
	HASHCTL		control = {0};

	control.hcxt = CurrentMemoryContext;
	control.keysize = sizeof(const char *);
	control.entrysize = sizeof(PartsEntry);
	control.hash = string_hash_of;
	control.match = string_match;
	return hash_create("schemaver added parts", 64, &control,
					   HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
}

/* ----- scans ----- */

static void
begin_lookup(Lookup *lookup, Relation table, const char *index)
{
	lookup->index = index_open(sv_store_relation(index), AccessShareLock);
	lookup->slot = table_slot_create(table, NULL);
}

static void
end_lookup(Lookup *lookup)
{
	if (lookup->scan != NULL)
		index_endscan(lookup->scan);
	lookup->scan = NULL;
	ExecDropSingleTupleTableSlot(lookup->slot);
	index_close(lookup->index, AccessShareLock);
}

/* Begin to look for the rows whose indexed text has the hash of this one. */
static void
look_for(const Versions *versions, Lookup *lookup, const char *text)
{
	ScanKeyData key;
	Datum		hash = DirectFunctionCall2Coll(hashtextextended, C_COLLATION_OID,
											   CStringGetTextDatum(text), Int64GetDatum(0));

	if (lookup->scan == NULL)
		lookup->scan =
			sv_index_beginscan(versions->table, lookup->index, versions->snapshot, 1);
	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT8EQ, hash);
	index_rescan(lookup->scan, &key, 1, NULL, 0);
}

static Datum
column(const Lookup *lookup, int number)
{
	bool		isnull;

	return slot_getattr(lookup->slot, number, &isnull);
}

/* "class:identity" of what a row's object is part of; NULL: of nothing. */
static char *
whole_of_row(const Lookup *lookup)
{
	Jsonb	   *description = DatumGetJsonbP(column(lookup, COLUMN_DESCRIPTION));
	JsonbValue	buffer;
	JsonbValue *value;

	if (!JB_ROOT_IS_OBJECT(description))
		return NULL;
	value = getKeyJsonValueFromContainer(&description->root, "parent", strlen("parent"), &buffer);
	return value != NULL && value->type == jbvString ?
		pnstrdup(value->val.string.val, value->val.string.len) : NULL;
}

/* The next present row that the look-up for an identity gives. */
static bool
next_of_identity(Lookup *lookup, const ModelClass *class, const char *identity)
{
	while (index_getnext_slot(lookup->scan, ForwardScanDirection, lookup->slot))
	{
		if (strcmp(TextDatumGetCString(column(lookup, COLUMN_IDENTITY)), identity) == 0 &&
			strcmp(TextDatumGetCString(column(lookup, COLUMN_CLASS)), class->name) == 0)
			return true;
	}
	return false;
}

static char *
reference_to(const ModelClass *class, const char *identity)
{
	return psprintf("%s:%s", class->name, identity);
}

/* ----- what is present ----- */

static void
start_empty(Versions *versions)
{
	MemoryContext caller = MemoryContextSwitchTo(versions->context);

	versions->entries = sv_versions_table("schemaver versions", sizeof(VersionEntry));
	versions->added_parts = make_parts_table();
	versions->closed = versions->added = NIL;
	CommandCounterIncrement();
	PushCopiedSnapshot(GetTransactionSnapshot());
	UpdateActiveSnapshotCommandId();
	versions->snapshot = RegisterSnapshot(GetActiveSnapshot());
	PopActiveSnapshot();
	MemoryContextSwitchTo(caller);
}

/*
 * Begin to look at the present versions.  New ones get the addresses of database
 * "origin".  Ends with sv_versions_end(), or with an error.
 */
Versions *
sv_versions_begin(const StoreScope *scope, int32 origin)
{
	Versions   *versions = palloc0(sizeof(Versions));

	versions->scope = scope;
	versions->origin = origin;
	versions->context =
		AllocSetContextCreate(CurrentMemoryContext, "schemaver versions", ALLOCSET_DEFAULT_SIZES);
	versions->table = table_open(sv_store_relation("object_version"), AccessShareLock);
	begin_lookup(&versions->by_identity, versions->table, "object_version_present");
	begin_lookup(&versions->by_whole, versions->table, "object_version_parts");
	start_empty(versions);
	return versions;
}

/* End it; what was not written is forgotten. */
void
sv_versions_end(Versions *versions)
{
	end_lookup(&versions->by_identity);
	end_lookup(&versions->by_whole);
	UnregisterSnapshot(versions->snapshot);
	table_close(versions->table, AccessShareLock);
	MemoryContextDelete(versions->context);
	pfree(versions);
}

static VersionEntry *
version_entry(Versions *versions, const ModelClass *class, const char *identity)
{
	VersionKey	key = {class, identity};
	bool		found;
	VersionEntry *entry = hash_search(versions->entries, &key, HASH_ENTER, &found);
	Lookup	   *lookup = &versions->by_identity;
	MemoryContext caller;

	if (found)
		return entry;
	caller = MemoryContextSwitchTo(versions->context);
	entry->key.identity = pstrdup(identity);
	entry->present = NIL;
	look_for(versions, lookup, identity);
	while (next_of_identity(lookup, class, identity))
	{
		Version    *version = palloc0(sizeof(Version));

		version->row = lookup->slot->tts_tid;
		version->from_state = DatumGetInt64(column(lookup, COLUMN_FROM_STATE));
		entry->present = lappend(entry->present, version);
	}
	ExecClearTuple(lookup->slot);
	MemoryContextSwitchTo(caller);
	return entry;
}

/* Is there a present version of an object? */
bool
sv_versions_has(Versions *versions, const ModelClass *class, const char *identity)
{
	return version_entry(versions, class, identity)->present != NIL;
}

static bool
is_present_row(Versions *versions, const Object *object, ItemPointer row)
{
	foreach_ptr(Version, version, version_entry(versions, object->class, object->identity)->present)
	{
		if (ItemPointerIsValid(&version->row) && ItemPointerEquals(&version->row, row))
			return true;
	}
	return false;
}

/* A version that is to be written, as it would be read once it is. */
static Object *
as_read(const Object *object)
{
	Object	   *copy = palloc(sizeof(Object));

	*copy = *object;
	copy->parts = copy->needs = copy->vanishes_with = NIL;
	return copy;
}

/* The present parts (new Objects) of an object, at first hand. */
List *
sv_versions_parts(Versions *versions, const Object *whole)
{
	char	   *reference = reference_to(whole->class, whole->identity);
	Lookup	   *lookup = &versions->by_whole;
	List	   *parts = NIL;
	PartsEntry *added;

	look_for(versions, lookup, reference);
	while (index_getnext_slot(lookup->scan, ForwardScanDirection, lookup->slot))
	{
		ItemPointerData row = lookup->slot->tts_tid;
		Object	   *part;

		if (!sv_base_same_text(whole_of_row(lookup), reference))
			continue;
		part = sv_state_object(DatumGetJsonbPCopy(column(lookup, COLUMN_DESCRIPTION)),
							   DatumGetObjectId(column(lookup, COLUMN_OID)),
							   DatumGetInt16(column(lookup, COLUMN_PLACE)));
		if (is_present_row(versions, part, &row))
			parts = lappend(parts, part);
	}
	ExecClearTuple(lookup->slot);
	added = hash_search(versions->added_parts, &reference, HASH_FIND, NULL);
	foreach_ptr(const Version, version, added ? added->versions : NIL)
	{
		if (version->to_state == 0)
			parts = lappend(parts, as_read(version->object));
	}
	return parts;
}

/* ----- changes ----- */

/* End what is present of an object before the state. */
static void
close_present(Versions *versions, int64 state, const Object *object)
{
	VersionEntry *entry = version_entry(versions, object->class, object->identity);
	List	   *left = NIL;

	foreach_ptr(Version, version, entry->present)
	{
		if (version->from_state >= state)
		{
			left = lappend(left, version);
			continue;
		}
		version->to_state = state;
		if (ItemPointerIsValid(&version->row))
			versions->closed = lappend(versions->closed, version);
	}
	entry->present = left;
}

static void
add_part(Versions *versions, Version *version)
{
	const Object *whole = version->object->parent;
	const char *reference = reference_to(whole->class, whole->identity);
	bool		found;
	PartsEntry *parts = hash_search(versions->added_parts, &reference, HASH_ENTER, &found);

	if (!found)
		parts->versions = NIL;
	parts->versions = lappend(parts->versions, version);
}

static void
add_version(Versions *versions, int64 state, const Object *object)
{
	VersionEntry *entry = version_entry(versions, object->class, object->identity);
	Version    *version = palloc0(sizeof(Version));

	version->from_state = state;
	version->object = object;
	entry->present = lappend(entry->present, version);
	versions->added = lappend(versions->added, version);
	if (object->parent != NULL)
		add_part(versions, version);
}

/*
 * Make a change with the state.  Its objects must stay until it is written, and
 * the states of successive changes must not fall.
 */
void
sv_versions_change(Versions *versions, int64 state, const ObjectChange *change)
{
	MemoryContext caller = MemoryContextSwitchTo(versions->context);

	if (change->before != NULL)
		close_present(versions, state, change->before);
	if (change->after != NULL)
	{
		close_present(versions, state, change->after);
		add_version(versions, state, change->after);
	}
	MemoryContextSwitchTo(caller);
}

/* How many rows are to be written? */
int
sv_versions_pending(const Versions *versions)
{
	return list_length(versions->added) + list_length(versions->closed);
}

/* ----- writing ----- */

/* Let plans fetch versions one by one, by the index or at their places. */
void
sv_versions_prefer_places(void)
{
	static const char *const off[] =
	{"enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit"};

	for (int i = 0; i < lengthof(off); i++)
		(void) set_config_option(off[i], "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true,
								 0, false);
}

static void
write_closed(const Versions *versions)
{
	static StoreQuery query = {
		"UPDATE schemaver.object_version v SET to_state = c.state "
		"FROM unnest($1, $2) AS c (place, state) WHERE v.ctid = c.place",
		2, {TIDARRAYOID, INT8ARRAYOID}
	};
	int			n = list_length(versions->closed);
	Datum	   *places = palloc(sizeof(Datum) * Max(n, 1));
	Datum	   *states = palloc(sizeof(Datum) * Max(n, 1));
	Datum		values[2];

	if (n == 0)
		return;
	for (int i = 0; i < n; i++)
	{
		Version    *version = list_nth(versions->closed, i);

		places[i] = PointerGetDatum(&version->row);
		states[i] = Int64GetDatum(version->to_state);
	}
	values[0] = PointerGetDatum(construct_array(places, n, TIDOID, sizeof(ItemPointerData), false,
												TYPALIGN_SHORT));
	values[1] = sv_store_numbers(states, n);
	sv_versions_prefer_places();
	if (sv_store_execute(versions->scope, &query, values, NULL) != n)
		elog(ERROR, "could not end versions of kept objects");
}

static void
write_added(const Versions *versions)
{
	static StoreQuery query = {
		"INSERT INTO schemaver.object_version (from_state, to_state, origin, class, identity, oid, "
		"place, description) "
		"SELECT c.from_state, nullif(c.to_state, 0), $1, c.class, c.identity, c.oid, c.place, "
		"c.description FROM unnest($2, $3, $4, $5, $6, $7, $8) "
		"AS c (from_state, to_state, class, identity, oid, place, description)",
		8, {INT4OID, INT8ARRAYOID, INT8ARRAYOID, TEXTARRAYOID, TEXTARRAYOID, OIDARRAYOID,
		INT2ARRAYOID, JSONBARRAYOID}
	};
	int			n = list_length(versions->added);
	Datum	   *columns[COLUMN_DESCRIPTION + 1];
	Datum		values[8];

	if (n == 0)
		return;
	for (int i = COLUMN_FROM_STATE; i <= COLUMN_DESCRIPTION; i++)
		columns[i] = palloc(sizeof(Datum) * n);
	for (int i = 0; i < n; i++)
	{
		const Version *version = list_nth(versions->added, i);
		const Object *o = version->object;

		columns[COLUMN_FROM_STATE][i] = Int64GetDatum(version->from_state);
		columns[COLUMN_TO_STATE][i] = Int64GetDatum(version->to_state);
		columns[COLUMN_CLASS][i] = CStringGetTextDatum(o->class->name);
		columns[COLUMN_IDENTITY][i] = CStringGetTextDatum(o->identity);
		columns[COLUMN_OID][i] = ObjectIdGetDatum(o->address.objectId);
		columns[COLUMN_PLACE][i] = Int16GetDatum(o->address.objectSubId);
		columns[COLUMN_DESCRIPTION][i] = JsonbPGetDatum(sv_object_to_jsonb(o));
	}
	values[0] = Int32GetDatum(versions->origin);
	values[1] = sv_store_numbers(columns[COLUMN_FROM_STATE], n);
	values[2] = sv_store_numbers(columns[COLUMN_TO_STATE], n);
	values[3] = sv_store_texts(columns[COLUMN_CLASS], n);
	values[4] = sv_store_texts(columns[COLUMN_IDENTITY], n);
	values[5] = PointerGetDatum(construct_array(columns[COLUMN_OID], n, OIDOID, sizeof(Oid), true,
												TYPALIGN_INT));
	values[6] = PointerGetDatum(construct_array(columns[COLUMN_PLACE], n, INT2OID, sizeof(int16),
												true, TYPALIGN_SHORT));
	values[7] = PointerGetDatum(construct_array(columns[COLUMN_DESCRIPTION], n, JSONBOID, -1,
												false, TYPALIGN_INT));
	sv_store_execute(versions->scope, &query, values, NULL);
}

/* Write all changes, and look at the table as it is then. */
void
sv_versions_write(Versions *versions)
{
	MemoryContext caller = MemoryContextSwitchTo(versions->context);

	write_closed(versions);
	write_added(versions);
	for (int i = 0; i < 2; i++)
	{
		Lookup	   *lookup = i == 0 ? &versions->by_identity : &versions->by_whole;

		if (lookup->scan != NULL)
			index_endscan(lookup->scan);
		lookup->scan = NULL;
	}
	UnregisterSnapshot(versions->snapshot);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(versions->context);
	start_empty(versions);
}

/* ----- what was written ----- */

/* Is the object that "class:identity" names present? */
static bool
has_reference(Versions *versions, const char *reference)
{
	const char *colon = strchr(reference, ':');
	const ModelClass *class = colon ?
	sv_object_class(pnstrdup(reference, colon - reference)) : NULL;

	return class != NULL && sv_versions_has(versions, class, colon + 1);
}

/* Is there everything of which the rows of an object say that it is part? */
static bool
has_its_whole(Versions *versions, const Object *object)
{
	Lookup	   *lookup = &versions->by_identity;
	List	   *wholes = NIL;

	look_for(versions, lookup, object->identity);
	while (next_of_identity(lookup, object->class, object->identity))
	{
		char	   *whole = whole_of_row(lookup);

		if (whole != NULL)
			wholes = lappend(wholes, whole);
	}
	ExecClearTuple(lookup->slot);
	foreach_ptr(const char, string, wholes)
	{
		if (!has_reference(versions, string))
			return false;
	}
	return true;
}

static bool
leaves_parts(Versions *versions, const Object *object)
{
	/* hardly ever are there parts: they are looked for first */
	return sv_versions_parts(versions, object) != NIL &&
		!sv_versions_has(versions, object->class, object->identity);
}

/*
 * Raise an error unless the present state is whole where these changes
 * (ObjectChange) were written: what begins has its parent, what ends leaves no
 * part behind.
 */
void
sv_versions_verify(const StoreScope *scope, const List *changes)
{
	Versions   *versions = sv_versions_begin(scope, 0);
	bool		whole = true;

	foreach_ptr(const ObjectChange, change, changes)
	{
		CHECK_FOR_INTERRUPTS();
		whole &= change->after != NULL ? has_its_whole(versions, change->after) :
			!leaves_parts(versions, change->before);
	}
	if (!whole)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("an object of the kept state would be without what it is part of")));
	sv_versions_end(versions);
}
