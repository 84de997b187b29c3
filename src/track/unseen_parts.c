/*
 * unseen_parts.c
 *		Parts of a revision that were not followed, out of the kept states.
 *
 * An online run that another session had begun, or whose server stopped between
 * the end of a statement and its record, cannot ask the server what changed.
 * The kept states tell it: what differs between the one before the first part
 * and the present one is the revision's work, and what was changed by hand is in
 * neither of them.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_class.h"
#include "nodes/parsenodes.h"
#include "nodes/value.h"
#include "store/store.h"
#include "track/track.h"
#include "track/track_private.h"
#include "utils/snapmgr.h"

static const ModelScope everything = {NIL, true, NULL};

/* The object itself, or what it is a part of. */
static const Object *
whole_of(const Object *o)
{
	while (o->parent != NULL)
		o = o->parent;
	return o;
}

/* The units (ObjectAddress *) of what two models differ in, by the addresses of both. */
static List *
changed_units(const Model *before, const Model *after)
{
	List	   *units = NIL;

	foreach_ptr(const ObjectChange, change, sv_model_changes(before, after))
	{
		const Object *o = whole_of(change->after ? change->after : change->before);
		bool		known = false;

		foreach_ptr(const ObjectAddress, unit, units)
		{
			if (sv_base_same_object(unit, &o->address))
				known = true;
		}
		if (!known)
			units = lappend(units, (void *) &o->address);
	}
	return units;
}

/* Has an object another name or schema than before? */
static bool
has_renames(const Model *before, const Model *after)
{
	foreach_ptr(const Object, o, before->objects)
	{
		const Object *now;

		if (!OidIsValid(o->address.objectId))
			continue;
		now = sv_model_at(after, o->address.classId, o->address.objectId, o->address.objectSubId);
		if (now != NULL && now->class == o->class && strcmp(now->identity, o->identity) != 0)
			return true;
	}
	return false;
}

/* Is one of the units in the live schema not what the state says? */
static bool
has_drifted(List *units, const Model *state)
{
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	Model	   *live = sv_model_read_units(units, snapshot, NULL);

	UnregisterSnapshot(snapshot);
	foreach_ptr(const ObjectChange, change, sv_model_changes(state, live))
	{
		if (change->after != NULL && !change->after->context)
			return true;
	}
	return false;
}

/* A state as this transaction has left it; NULL if it is damaged. */
static Model *
read_state(int64 state)
{
	char	   *damage;
	Model	   *model;

	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	model = sv_state_try_model(state, &damage);
	PopActiveSnapshot();
	return model;
}

/*
 * The way back from the present state to the one kept before the revision; NULL if the
 * states do not tell it.  "undone" is as in TrackedStep.  To give back an old name, the
 * live schema is read; a change by hand there would look like the revision's.
 */
DerivedDown *
sv_derive_by_states(int64 begun, List *undone)
{
	TrackedStep step = {0};

	if (!sv_state_is_kept_since(begun))
		return NULL;
	step.before = read_state(begun);
	step.after = read_state(sv_state_number());
	if (step.before == NULL || step.after == NULL)
		return NULL;
	step.units = changed_units(step.before, step.after);
	step.renamed = has_renames(step.before, step.after);
	if (step.renamed && has_drifted(step.units, step.after))
		return NULL;
	step.undone = undone;
	return sv_derive_down(&step);
}

/* ---------- a statement that is done and not recorded ---------- */

/* Is it an index that DROP INDEX CONCURRENTLY has dropped? */
static bool
is_dropped_by(const ObjectChange *change, const DropStmt *drop)
{
	List	   *names = linitial_node(List, drop->objects);
	const Object *o = change->before;

	if (change->after != NULL || !sv_class_is(o, index) ||
		strcmp(o->name, strVal(llast(names))) != 0)
		return false;
	return list_length(names) < 2 ||
		strcmp(o->schema, strVal(list_nth(names, list_length(names) - 2))) == 0;
}

/* Is a change the statement's work?  It is about "relation", if that exists. */
static bool
is_work_of(const ObjectChange *change, const Node *statement, Oid relation)
{
	const Object *o = change->after ? change->after : change->before;

	if (IsA(statement, DropSubscriptionStmt))
		return change->after == NULL && sv_class_is(o, subscription) &&
			strcmp(o->name, ((const DropSubscriptionStmt *) statement)->subname) == 0;
	if (IsA(statement, DropStmt))
		return is_dropped_by(change, (const DropStmt *) statement);
	/* columns and defaults of a partition are its own, before and after it is detached */
	if (IsA(statement, AlterTableStmt) && !sv_class_is(o, column) && !sv_class_is(o, default))
		o = whole_of(o);
	return o->address.classId == RelationRelationId && o->address.objectId == relation;
}

/*
 * Let the present state know what a statement did before anybody could record it.
 * "relation" is the index that it made, or the partition that it detached.  Returns the
 * number of the new state; 0: none is kept.
 */
int64
sv_state_found(const Node *statement, Oid relation)
{
	Model	   *kept = read_state(sv_state_number());
	List	   *work = NIL;

	if (kept == NULL)
		return sv_state_record(NIL);
	foreach_ptr(ObjectChange, change, sv_model_changes(kept, sv_model_read(&everything)))
	{
		if (is_work_of(change, statement, relation))
			work = lappend(work, change);
	}
	return sv_state_record(work);
}
