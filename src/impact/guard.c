/*
 * guard.c
 *		Watch which tables and columns with rows a script drops.
 *
 * The server says it itself, through its hook for access to objects: CASCADE, DO
 * blocks and event triggers included.  What the script has made itself does not
 * count, nor what it does in trials that are rolled back.
 */
#include "postgres.h"

#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "impact/impact.h"
#include "track/track.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* A relation that the script gave another name, and the one that it had. */
typedef struct GivenName
{
	Oid			relation;
	char	   *name;
} GivenName;

static struct
{
	MemoryContext context;		/* NULL: nothing is watched */
	List	   *created;		/* OIDs of relations */
	List	   *renamed;		/* of GivenName */
	List	   *losses;			/* of Taken */
	bool		busy;
} guard;

static object_access_hook_type previous_hook;

static bool
is_guarded_table(Oid relation)
{
	return get_rel_relkind(relation) == RELKIND_RELATION &&
		get_rel_persistence(relation) != RELPERSISTENCE_TEMP;
}

/* The hook comes before the change can be seen, so the name is the old one. */
static void
note_guarded_name(Oid relation)
{
	GivenName  *renamed;

	foreach_ptr(const GivenName, name, guard.renamed)
	{
		if (name->relation == relation)
			return;
	}
	renamed = palloc(sizeof(GivenName));
	renamed->relation = relation;
	renamed->name = get_rel_name(relation);
	guard.renamed = lappend(guard.renamed, renamed);
}

/* The relation that the script made under the former name of another one; InvalidOid: none. */
static Oid
heir_of(Oid relation)
{
	foreach_ptr(const GivenName, renamed, guard.renamed)
	{
		Oid			heir;

		if (renamed->relation != relation)
			continue;
		heir = get_relname_relid(renamed->name, get_rel_namespace(relation));
		return heir != relation && list_member_oid(guard.created, heir) ? heir : InvalidOid;
	}
	return InvalidOid;
}

static void
add_if_held(Oid relation, AttrNumber column)
{
	Taken	   *taken = sv_impact_taken(relation, column, true);

	if ((column != 0 &&
		 (taken->column_name == NULL || get_attgenerated(relation, column) != '\0')) ||
		!sv_impact_holds(taken))
		return;
	guard.losses = lappend(guard.losses, taken);
}

/* A table goes whose rows another one has: the columns that this one lacks are lost. */
static void
note_replaced(Oid relation, Oid heir)
{
	AttrNumber	n = sv_impact_columns(relation);

	for (AttrNumber column = 1; column <= n; column++)
	{
		const char *name = sv_impact_column(relation, column);

		if (name != NULL && get_attnum(heir, name) == InvalidAttrNumber)
			add_if_held(relation, column);
	}
}

static void
note_drop(Oid relation, AttrNumber column)
{
	Taken		rows = {0};

	if (list_member_oid(guard.created, relation) || !is_guarded_table(relation))
		return;
	rows.relation = column ? InvalidOid : heir_of(relation);
	if (OidIsValid(rows.relation) && sv_impact_holds(&rows))
		note_replaced(relation, rows.relation);
	else
		add_if_held(relation, column);
}

static void
guard_access(ObjectAccessType access, Oid catalog, Oid oid, int sub, void *arg)
{
	MemoryContext caller;

	if (previous_hook)
		previous_hook(access, catalog, oid, sub, arg);
	if (guard.context == NULL || guard.busy || catalog != RelationRelationId ||
		sv_track_is_paused())
		return;
	caller = MemoryContextSwitchTo(guard.context);
	guard.busy = true;

	PG_TRY();
	{
		if (access == OAT_POST_CREATE && sub == 0)
			guard.created = lappend_oid(guard.created, oid);

		else if (access == OAT_POST_ALTER && sub == 0 && is_guarded_table(oid))
			note_guarded_name(oid);
		else if (access == OAT_DROP)
			note_drop(oid, sub);
	}
	PG_FINALLY();
	{
		guard.busy = false;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
}

/* Put the hook in place; it does nothing unless something is guarded. */
void
sv_impact_init(void)
{
	previous_hook = object_access_hook;
	object_access_hook = guard_access;
}

/* Begin to watch, until sv_impact_unguard(), or the end of the current memory context. */
void
sv_impact_guard(void)
{
	memset(&guard, 0, sizeof(guard));
	guard.context =
		AllocSetContextCreate(CurrentMemoryContext, "schemaver guard", ALLOCSET_DEFAULT_SIZES);
}

/*
 * Watch no longer. Returns what was lost, a list of Taken in the memory that
 * was current at the beginning.
 */
List *
sv_impact_unguard(void)
{
	List	   *losses = guard.losses;

	memset(&guard, 0, sizeof(guard));
	return losses;
}
