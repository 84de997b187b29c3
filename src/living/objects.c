/*
 * objects.c
 *		The objects of which living objects consist: those that their texts in
 *		force have made.
 *
 * They are stored as pg_get_object_address() takes them, for OIDs mean nothing in
 * another database.
 */
#include "postgres.h"

#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_type.h"
#include "living/living_private.h"

/* ---------- what is stored ---------- */

typedef struct Resolving
{
	const LivingObject *object;
	StoreMode	mode;
	ObjectAddress address;
} Resolving;

static void
resolve_address(void *arg)
{
	Resolving  *resolving = arg;
	static StoreQuery query = {
		"SELECT classid, objid FROM pg_catalog.pg_get_object_address($1, $2, $3)",
		3, {TEXTOID, TEXTARRAYOID, TEXTARRAYOID}
	};
	StoreScope	scope;

	sv_store_enter(&scope, resolving->mode);
	if (sv_own_execute(&scope, &query, resolving->object->type, resolving->object->names,
					   resolving->object->args) == 1)
		ObjectAddressSet(resolving->address, sv_own_number_at(0, 1, 0), sv_own_number_at(0, 2, 0));
	sv_store_leave(&scope);
}

/*
 * The objects that are recorded and there (Made).  The names of the living objects
 * that lack one of theirs are added to *missing.
 */
List *
sv_made_read(StoreMode mode, List **missing)
{
	List	   *result = NIL;
	ListCell   *cell;

	foreach(cell, sv_store_living_objects(mode))
	{
		Resolving	resolving = {lfirst(cell), mode};
		ErrorData  *error = sv_subtransaction(resolve_address, &resolving, true);
		Made	   *made;

		if (error != NULL && sv_base_ends_all(error))
			ReThrowError(error);
		if (error != NULL || !OidIsValid(resolving.address.objectId))
		{
			*missing = lappend(*missing, unconstify(char *, resolving.object->name));
			continue;
		}
		made = palloc0(sizeof(Made));
		made->address = resolving.address;
		made->type = resolving.object->type;
		made->names = resolving.object->names;
		made->args = resolving.object->args;
		made->name = resolving.object->name;
		result = lappend(result, made);
	}
	return result;
}

/* ---------- what the server said was made ---------- */

/* Is it an inner part of another object, or of an extension? */
static bool
is_inner(const ObjectAddress *address)
{
	DependScan	scan = sv_depend_begin(address->classId, address->objectId, false, NULL);
	Form_pg_depend row;
	bool		result = false;

	while ((row = sv_depend_next(&scan)) != NULL)
	{
		result |= row->deptype == DEPENDENCY_INTERNAL || row->deptype == DEPENDENCY_EXTENSION ||
			row->deptype == DEPENDENCY_PARTITION_PRI;
	}
	return result;
}

/* The relation whose query a rule is; InvalidOid if it is a rule by itself. */
static Oid
relation_of_query(Oid rule)
{
	static StoreQuery query = {
		"SELECT ev_class FROM pg_catalog.pg_rewrite WHERE oid = $1 AND rulename = '_RETURN'", 1,
		{OIDOID}
	};

	return sv_own_number(SV_STORE_WRITE, &query, InvalidOid, rule);
}

/* Name an object; false if it is gone, or one that nobody could name. */
static bool
identify(Made *made)
{
	static StoreQuery query = {
		"SELECT type, object_names, object_args "
		"FROM pg_catalog.pg_identify_object_as_address($1, $2, 0) WHERE object_names IS NOT NULL",
		2, {OIDOID, OIDOID}
	};
	StoreScope	scope;
	bool		found;

	sv_store_enter(&scope, SV_STORE_WRITE);
	found = sv_own_execute(&scope, &query, made->address.classId, made->address.objectId) == 1;
	MemoryContextSwitchTo(scope.caller);
	if (found)
	{
		made->type = sv_own_text(0, 1);
		made->names = sv_own_text_list(0, 2);
		made->args = sv_store_text_list(0, 3);
	}
	sv_store_leave(&scope);
	return found;
}

static bool
address_exists(const ObjectAddress *address)
{
	ObjectAddress unit;

	return sv_unit_of(address->classId, address->objectId, &unit) && sv_unit_is_read(&unit);
}

/* The one at that address, or NULL. */
const Made *
sv_made_at(const List *made, const ObjectAddress *address)
{
	foreach_ptr(const Made, one, made)
	{
		if (sv_base_same_object(&one->address, address))
			return one;
	}
	return NULL;
}

/* Those of the addresses that are objects by themselves and still there (Made). */
List *
sv_made_of(const char *name, const List *addresses)
{
	List	   *result = NIL;

	foreach_ptr(ObjectAddress, address, addresses)
	{
		Made	   *made = palloc0(sizeof(Made));
		Oid			relation;

		made->address = *address;
		made->name = name;
		if (made->address.classId == RewriteRelationId &&
			OidIsValid(relation = relation_of_query(made->address.objectId)))
			ObjectAddressSet(made->address, RelationRelationId, relation);
		if (sv_made_at(result, &made->address) == NULL && address_exists(&made->address) &&
			!is_inner(&made->address) && identify(made))
			result = lappend(result, made);
	}
	return result;
}

/* Record what a living object consists of. */
void
sv_made_record(const char *name, const List *made)
{
	List	   *rows = NIL;

	foreach_ptr(const Made, one, made)
	{
		LivingObject *row;

		if (strcmp(one->name, name) != 0)
			continue;
		row = palloc0(sizeof(LivingObject));
		row->name = name;
		row->type = one->type;
		row->names = one->names;
		row->args = one->args;
		rows = lappend(rows, row);
	}
	sv_store_set_living_objects(name, rows);
}

/* May it be dropped when no text wants it any more?  Not what holds data, or others' objects. */
bool
sv_made_is_expendable(const Made *made)
{
	static const char *const kinds[] = {
		"view", "materialized view", "function", "procedure", "aggregate", "trigger", "policy",
		"rule", "index", "type", "domain constraint", "table constraint", "operator",
		"operator class", "operator family", "cast", "collation", "conversion",
		"text search configuration", "text search dictionary", "text search parser",
		"text search template", "statistics object", "transform", "event trigger"
	};

	for (int i = 0; i < lengthof(kinds); i++)
	{
		if (strcmp(made->type, kinds[i]) == 0)
			return true;
	}
	return false;
}
