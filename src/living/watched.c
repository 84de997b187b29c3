/*
 * watched.c
 *		What is made, dropped and altered, as the server tells it through its hook
 *		for access to objects.
 *
 * The lists live in the memory context that was current at the beginning.  What is
 * done in a subtransaction that is rolled back stands in them, too: who asks
 * starts over for each attempt.
 */
#include "postgres.h"

#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "living/living_private.h"
#include "utils/memutils.h"

typedef struct Observed
{
	MemoryContext context;		/* NULL: nothing is observed */
	List	   *made;			/* ObjectAddress */
	List	   *dropped;		/* ObjectAddress */
	List	   *altered;		/* OIDs of relations whose columns may be others now */
} Observed;

static Observed observed;

static object_access_hook_type previous_hook;

static List *
add(List *list, Oid catalog, Oid oid)
{
	ObjectAddress *address = palloc0(sizeof(ObjectAddress));

	ObjectAddressSet(*address, catalog, oid);
	return lappend(list, address);
}

static void
on_watched_access(ObjectAccessType access, Oid catalog, Oid oid, int sub, void *arg)
{
	MemoryContext caller;

	if (previous_hook)
		previous_hook(access, catalog, oid, sub, arg);
	if (observed.context == NULL)
		return;
	caller = MemoryContextSwitchTo(observed.context);
	if (access == OAT_POST_CREATE && sub == 0)
		observed.made = add(observed.made, catalog, oid);

	else if (access == OAT_DROP && sub == 0)
		observed.dropped = add(observed.dropped, catalog, oid);

	if (catalog == RelationRelationId && access != OAT_TRUNCATE &&
		access != OAT_NAMESPACE_SEARCH && access != OAT_FUNCTION_EXECUTE)
		observed.altered = list_append_unique_oid(observed.altered, oid);

	MemoryContextSwitchTo(caller);
}

/* Put the hook in place; it does nothing until something is to be observed. */
void
sv_observe_install(void)
{
	previous_hook = object_access_hook;
	object_access_hook = on_watched_access;
}

/* Begin, or start over. */
void
sv_observe_begin(void)
{
	memset(&observed, 0, sizeof(observed));
	observed.context = CurrentMemoryContext;
}

/* Addresses of what was made, or replaced, since then; some may be gone again. */
List *
sv_observe_made(void)
{
	return observed.made;
}

/* Addresses of what was dropped. */
List *
sv_observe_dropped(void)
{
	return observed.dropped;
}

/* OIDs of the relations that were made or altered. */
List *
sv_observe_altered(void)
{
	return observed.altered;
}

/* Observe no longer. */
void
sv_observe_end(void)
{
	memset(&observed, 0, sizeof(observed));
}
