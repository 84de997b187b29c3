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

/* The name that a relation had before the script altered it. */
typedef struct FirstName
{
	Oid			relation;
	char	   *name;
} FirstName;

static object_access_hook_type previous_hook;

/* What is being watched; NULL: nothing. */
static Watch *active;

bool
sv_kept_is_seen(const List *list, Oid relation, AttrNumber column)
{
	foreach_ptr(const Seen, seen, list)
	{
		if (seen->relation == relation && seen->column == column)
			return true;
	}
	return false;
}

/* Was the relation, or the column, created since the watch began? */
static bool
was_created(const Watch *watch, Oid relation, AttrNumber column)
{
	return sv_kept_is_seen(watch->created, relation, 0) ||
		(column != 0 && sv_kept_is_seen(watch->created, relation, column));
}

static const FirstName *
first_name(const Watch *watch, Oid relation)
{
	ListCell   *cell;

	foreach(cell, watch->names)
	{
		if (((FirstName *) lfirst(cell))->relation == relation)
			return lfirst(cell);
	}
	return NULL;
}

static bool
is_renamed_relation(const Watch *watch, Oid relation)
{
	const FirstName *first = first_name(watch, relation);

	return first != NULL && strcmp(first->name, get_rel_name(relation)) != 0;
}

/* Remember what an altered relation is called: a new name cannot be seen yet. */
static void
note_name(Oid relation)
{
	MemoryContext old = MemoryContextSwitchTo(active->context);
	FirstName  *first;

	if (first_name(active, relation) == NULL && get_rel_name(relation) != NULL)
	{
		first = palloc(sizeof(FirstName));
		first->relation = relation;
		first->name = get_rel_name(relation);
		active->names = lappend(active->names, first);
	}
	MemoryContextSwitchTo(old);
}

static void
note_seen(SeenKind kind, Oid relation, int column)
{
	MemoryContext old = MemoryContextSwitchTo(active->context);
	Seen	   *seen = palloc(sizeof(Seen));

	seen->kind = kind;
	seen->relation = relation;
	seen->column = column;
	seen->renamed = kind == SV_SEEN_DROPPED && is_renamed_relation(active, relation);
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

	return (relkind == RELKIND_RELATION || relkind == RELKIND_PARTITIONED_TABLE ||
			relkind == RELKIND_SEQUENCE) &&
		get_rel_persistence(relation) != RELPERSISTENCE_TEMP;
}

/* A script must not drop what is kept, as DROP OWNED would. */
static void
refuse_kept(Oid relation)
{
	if (get_rel_namespace(relation) != active->kept_schema)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
			 errmsg("cannot drop %s: it has kept data", get_rel_name(relation)),
			 errhint("Downgrade to bring it back, or remove it: SELECT * FROM schemaver.purge_kept(); "
					 "a revision keeps nothing with the option \"keep\" set to false.")));
}

static void
watch_access(ObjectAccessType access, Oid classId, Oid objectId, int subId, void *arg)
{
	if (previous_hook)
		previous_hook(access, classId, objectId, subId, arg);
	if (active == NULL || classId != RelationRelationId)
		return;
	if (access == OAT_POST_CREATE)
		note_seen(SV_SEEN_CREATED, objectId, subId);
	else if (access == OAT_DROP && is_interesting(objectId))
	{
		refuse_kept(objectId);
		if (!was_created(active, objectId, subId))
			note_seen(SV_SEEN_DROPPED, objectId, subId);
	}
	else if (access == OAT_POST_ALTER && subId > 0 && is_interesting(objectId) &&
			 !was_created(active, objectId, subId))
		note_seen(SV_SEEN_ALTERED, objectId, subId);
	else if (access == OAT_POST_ALTER && subId == 0)
		note_name(objectId);
}

/* Called once, when the library is loaded. */
void
sv_kept_observe_init(void)
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
sv_kept_observe(Watch *watch, StatementFn run, void *arg)
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
