/*
 * model.c
 *		The container: objects in canonical order, found by identity or address.
 */
#include "postgres.h"

#include "catalog/pg_default_acl.h"
#include "common/hashfn.h"
#include "model/model.h"
#include "utils/memutils.h"

/* Two small tables: a run makes thousands of models, most of a few objects. */
#define FIRST_SIZE 8

typedef struct IdentityKey
{
	const ModelClass *class;
	const char *identity;
} IdentityKey;

typedef struct IdentityEntry
{
	IdentityKey key;
	Object	   *object;
	uint32		hash;
	char		status;
} IdentityEntry;

typedef struct AddressEntry
{
	ObjectAddress key;
	char		status;
	Object	   *object;
} AddressEntry;

static inline uint32
identity_hash(IdentityKey key)
{
	return hash_bytes((const unsigned char *) key.identity, strlen(key.identity)) ^
		murmurhash32((uint32) key.class->rank);
}

static inline bool
identity_equal(IdentityKey a, IdentityKey b)
{
	return a.class == b.class && strcmp(a.identity, b.identity) == 0;
}

static inline uint32
address_hash(ObjectAddress key)
{
	return hash_combine(murmurhash32(key.objectId),
						murmurhash32(key.classId ^ ((uint32) key.objectSubId << 16)));
}

static inline bool
address_equal(ObjectAddress a, ObjectAddress b)
{
	return a.objectId == b.objectId && a.classId == b.classId && a.objectSubId == b.objectSubId;
}

#define SH_PREFIX identities
#define SH_ELEMENT_TYPE IdentityEntry
#define SH_KEY_TYPE IdentityKey
#define SH_KEY key
#define SH_HASH_KEY(tb, k) identity_hash(k)
#define SH_EQUAL(tb, a, b) identity_equal(a, b)
#define SH_STORE_HASH
#define SH_GET_HASH(tb, e) (e)->hash
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

#define SH_PREFIX addresses
#define SH_ELEMENT_TYPE AddressEntry
#define SH_KEY_TYPE ObjectAddress
#define SH_KEY key
#define SH_HASH_KEY(tb, k) address_hash(k)
#define SH_EQUAL(tb, a, b) address_equal(a, b)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* An empty model in the current context. */
Model *
sv_model_create(void)
{
	Model	   *model = palloc0(sizeof(Model));

	model->context = CurrentMemoryContext;
	model->by_identity = identities_create(CurrentMemoryContext, FIRST_SIZE, NULL);
	model->by_address = addresses_create(CurrentMemoryContext, FIRST_SIZE, NULL);
	return model;
}

/* Let an address mean an object, unless it already means one. */
void
sv_model_alias(Model *model, const ObjectAddress *address, Object *object)
{
	bool		found;
	AddressEntry *entry = addresses_insert(model->by_address, *address, &found);

	if (!found)
		entry->object = object;
}

/* Add an object, which has its class, identity, parent and properties. */
void
sv_model_add(Model *model, Object *object)
{
	IdentityKey key = {object->class, object->identity};
	bool		found;
	IdentityEntry *entry = identities_insert(model->by_identity, key, &found);

	if (found)
		return;					/* two catalog rows for one thing */
	entry->object = object;
	object->number = list_length(model->objects);
	model->objects = lappend(model->objects, object);
	if (object->address.classId == DefaultAclRelationId)
		model->default_privileges = lappend(model->default_privileges, object);
	if (object->parent != NULL)
		object->parent->parts = lappend(object->parent->parts, object);
	if (OidIsValid(object->address.classId))
		sv_model_alias(model, &object->address, object);
}

/* The object of which the object is a part, at whatever depth; itself if it is no part. */
const Object *
sv_object_root(const Object *o)
{
	while (o->parent != NULL)
		o = o->parent;
	return o;
}

/* Is the object, or one of which it is a part, in the list? */
bool
sv_object_is_within(const List *objects, const Object *o)
{
	for (; o != NULL; o = o->parent)
	{
		if (list_member_ptr(objects, o))
			return true;
	}
	return false;
}

Object *
sv_model_find(const Model *model, const ModelClass *class, const char *identity)
{
	IdentityKey key = {class, identity};
	IdentityEntry *entry = identities_lookup(model->by_identity, key);

	return entry ? entry->object : NULL;
}

/* The object that an address means, or NULL. */
Object *
sv_model_at(const Model *model, Oid catalog, Oid oid, int sub)
{
	ObjectAddress key;
	AddressEntry *entry;

	memset(&key, 0, sizeof(key));
	ObjectAddressSubSet(key, catalog, oid, sub);
	entry = addresses_lookup(model->by_address, key);
	return entry ? entry->object : NULL;
}

/* All addresses that mean something in the model, without parts; n: how many. */
ObjectAddress *
sv_model_addresses(const Model *model, int *n)
{
	ObjectAddress *addresses =
	palloc_extended(sizeof(ObjectAddress) * (model->by_address->members + 1), MCXT_ALLOC_HUGE);
	addresses_iterator scan;
	AddressEntry *entry;

	*n = 0;
	addresses_start_iterate(model->by_address, &scan);
	while ((entry = addresses_iterate(model->by_address, &scan)) != NULL)
		if (entry->key.objectSubId == 0)
			addresses[(*n)++] = entry->key;
	return addresses;
}

const Property *
sv_property(const Object *object, const char *name)
{
	for (int i = 0; i < object->nproperties; i++)
		if (strcmp(object->properties[i].name, name) == 0)
			return &object->properties[i];
	return NULL;
}

/*
 * The text of a property; "" where it has none, as in a snapshot that somebody
 * edited.  sv_is() asks whether it is there.
 */
const char *
sv_text(const Object *object, const char *name)
{
	const Property *property = sv_property(object, name);

	return property != NULL && property->text != NULL ? property->text : "";
}

/* What stands behind a word in a text; "" if it does not stand there. */
const char *
sv_behind(const char *text, const char *word)
{
	const char *at = strstr(text, word);

	return at ? at + strlen(word) : "";
}

List *
sv_list(const Object *object, const char *name)
{
	const Property *property = sv_property(object, name);

	return property ? property->list : NIL;
}

bool
sv_is(const Object *object, const char *name)
{
	return sv_property(object, name) != NULL;
}

bool
sv_property_equal(const Property *a, const Property *b)
{
	ListCell   *x;
	ListCell   *y;

	if (a == NULL || b == NULL)
		return a == b;
	if (a->text != NULL || b->text != NULL)
		return a->text != NULL && b->text != NULL && strcmp(a->text, b->text) == 0;
	if (list_length(a->list) != list_length(b->list))
		return false;
	forboth(x, a->list, y, b->list)
	{
		if (strcmp(lfirst(x), lfirst(y)) != 0)
			return false;
	}
	return true;
}

bool
sv_same(const Object *a, const Object *b, const char *name)
{
	return sv_property_equal(sv_property(a, name), sv_property(b, name));
}

/* What statements call an object that is there; see ModelClass. */
const char *
sv_sql_name(const Object *object, bool in_grant)
{
	return object->class->sql_name ? object->class->sql_name(object, in_grant) : object->identity;
}

/* ----- canonical order: by rank, then by parent, then by place or identity ----- */

static int
compare_objects(const Object *a, const Object *b, bool places)
{
	if (a->class != b->class)
		return a->class->rank != b->class->rank ? (a->class->rank < b->class->rank ? -1 : 1) :
			strcmp(a->class->name, b->class->name);
	if (a->parent != b->parent && a->parent != NULL && b->parent != NULL)
		return compare_objects(a->parent, b->parent, places);
	if (places && a->parent != NULL && sv_class_is(a, column))
	{
		int			x = OidIsValid(a->address.classId) ? a->address.objectSubId : a->number;
		int			y = OidIsValid(b->address.classId) ? b->address.objectSubId : b->number;

		return x < y ? -1 : x > y;
	}
	return strcmp(a->identity, b->identity);
}

static int
compare_cells(const ListCell *a, const ListCell *b)
{
	return compare_objects(lfirst(a), lfirst(b), true);
}

static int
compare_cells_without_places(const ListCell *a, const ListCell *b)
{
	return compare_objects(lfirst(a), lfirst(b), false);
}

static int
compare_numbers(const ListCell *a, const ListCell *b)
{
	return ((Object *) lfirst(a))->number - ((Object *) lfirst(b))->number;
}

/* Bring objects, their parts and their needs into the canonical order. */
void
sv_model_sort(Model *model)
{
	list_sort(model->objects, compare_cells);
	foreach_ptr(Object, one, model->objects)
		one->number = foreach_current_index(one);
	foreach_ptr(Object, object, model->objects)
	{
		list_sort(object->parts, compare_numbers);
		list_sort(object->needs, compare_numbers);
		list_sort(object->vanishes_with, compare_numbers);
	}
}

/* The objects in an order that does not tell where columns stand: a new list. */
List *
sv_model_without_places(const Model *model)
{
	List	   *objects = list_copy(model->objects);

	list_sort(objects, compare_cells_without_places);
	return objects;
}
