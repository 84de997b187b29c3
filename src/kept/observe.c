/*
 * observe.c
 *		What the server creates, drops and alters while it executes a statement.
 *
 * The server says it itself, through its hook for access to objects: what
 * CASCADE drops, what a DO block or an event trigger does, columns that vanish
 * with their type.  Nothing is guessed from the statement's text.
 */
#include "postgres.h"

#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "kept/kept_private.h"
#include "track/track.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

static object_access_hook_type previous_hook;

/* What is being watched; NULL: nothing. */
static Watch *active;

bool
sv_watch_member(const List *list, Oid relation, AttrNumber column)
{
	ListCell   *cell;

	foreach(cell, list)
	{
		const Seen *seen = lfirst(cell);

		if (seen->relation == relation && seen->column == column)
			return true;
	}
	return false;
}

/* Was the relation, or the column, created since the watch began? */
static bool
was_created(const Watch *watch, Oid relation, AttrNumber column)
{
	return sv_watch_member(watch->created, relation, 0) ||
		(column != 0 && sv_watch_member(watch->created, relation, column));
}

static void
note(SeenKind kind, Oid relation, int column)
{
	MemoryContext old = MemoryContextSwitchTo(active->context);
	Seen	   *seen = palloc(sizeof(Seen));

	seen->kind = kind;
	seen->relation = relation;
	seen->column = column;
	/* one that is being created cannot be seen yet */
	seen->schema = kind == SV_SEEN_CREATED ? InvalidOid : get_rel_namespace(relation);
	active->seen = lappend(active->seen, seen);
	if (kind == SV_SEEN_CREATED)
		active->created = lappend(active->created, seen);
	MemoryContextSwitchTo(old);
}

/* Can a relation of that kind hold what is worth keeping, or have columns that do? */
static bool
is_interesting(Oid relation)
{
	char		relkind = get_rel_relkind(relation);

	return (relkind == RELKIND_RELATION || relkind == RELKIND_PARTITIONED_TABLE || relkind == RELKIND_SEQUENCE) &&
		get_rel_persistence(relation) != RELPERSISTENCE_TEMP;
}

static void
watch_access(ObjectAccessType access, Oid classId, Oid objectId, int subId, void *arg)
{
	if (previous_hook)
		previous_hook(access, classId, objectId, subId, arg);
	if (active == NULL || classId != RelationRelationId)
		return;
	if (access == OAT_POST_CREATE)
		note(SV_SEEN_CREATED, objectId, subId);
	else if (access == OAT_DROP && is_interesting(objectId) && !was_created(active, objectId, subId))
		note(SV_SEEN_DROPPED, objectId, subId);
	else if (access == OAT_POST_ALTER && subId > 0 && is_interesting(objectId) &&
			 !was_created(active, objectId, subId))
		note(SV_SEEN_ALTERED, objectId, subId);
}

/* Called once, when the library is loaded. */
void
sv_watch_init(void)
{
	previous_hook = object_access_hook;
	object_access_hook = watch_access;
}

/*
 * Execute a statement and note in watch->seen what happens to relations that are
 * not temporary.  After an error, what is on the lists was rolled back.  Only the
 * statement itself is a change of the schema, and only if it is no trial.
 */
void
sv_watch_run(Watch *watch, StatementFn run, void *arg)
{
	bool		paused = sv_track_pause(watch->trial);

	watch->seen = NIL;
	active = watch;
	PG_TRY();
	{
		run(arg);
	}
	PG_FINALLY();
	{
		active = NULL;
		(void) sv_track_pause(paused);
	}
	PG_END_TRY();
}
