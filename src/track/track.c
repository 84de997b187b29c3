/*
 * track.c
 *		Follow what the steps of a run change.
 *
 * track_hooks.c tells of every object, before its change can be seen.
 *
 * What a unit was before a step is read when the step touches it first, with a
 * snapshot that shows all that is committed (the object is locked by now) but
 * nothing of the step itself; a table that only gets columns is not read for that (touch.c).
 * What a unit is after the step is read when a later step touches it, or when the steps are
 * settled, for many units at once: for nobody else can have changed it between.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_language.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_transform.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "model/model.h"
#include "store/store.h"
#include "track/track.h"
#include "track/track_private.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/* More are settled before the next step, so that memory stays small. */
#define MAX_PENDING_STEPS 200

/* What so many steps need, as a rule; pages that are not used cost nothing. */
#define KEPT_MEMORY ((Size) 4 * 1024 * 1024)

/* The last touch of a unit. */
typedef struct TouchEntry
{
	ObjectAddress key;
	Touch	   *touch;
} TouchEntry;

typedef struct PendingStep
{
	int			number;
	void	   *tag;
	bool		renamed;
	List	   *touches;
	List	   *written;		/* OIDs of tables */
	List	   *undone;			/* strings: what a derived down does not undo */
} PendingStep;

static struct
{
	MemoryContext context;		/* NULL: nothing is followed */
	const TrackedSteps *receiver;
	HTAB	   *units;			/* TouchEntry */
	List	   *pending;		/* PendingStep */
	PendingStep *step;			/* under way, or NULL */
	int			steps;
	CommandId	cid;			/* of the first command of the step */
	bool		renaming;		/* a statement that gives names is under way */
	bool		eager;			/* settle when the step is done */
	bool		removing;		/* the step did more than add */
	bool		busy;			/* own reading */
	List	   *parts;			/* Touch of the parts of the step that are settled */
	bool		renamed;		/* in one of them */
	List	   *undone;			/* in them, strings */
} track;

/* All that is committed, and of this transaction what came before the step. */
static Snapshot
snapshot_before_step(void)
{
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());

	snapshot->curcid = track.cid;
	return snapshot;
}

/*
 * What a unit was before the step, if the step has touched it before; and schemas, which
 * every unit needs.
 */
static const Model *
known_before(const ObjectAddress *unit)
{
	const TouchEntry *entry = hash_search(track.units, unit, HASH_FIND, NULL);

	if (entry == NULL && unit->classId == NamespaceRelationId)
		return sv_known_schema(unit->objectId);
	return entry != NULL && entry->touch->step == track.step->number ?
		sv_touch_model_before(entry->touch) : NULL;
}

static UnitState *
read_before(ObjectAddress *unit)
{
	Snapshot	snapshot = snapshot_before_step();
	Model	   *model;

	track.busy = true;
	PG_TRY();
	{
		model = sv_model_read_units(list_make1(unit), snapshot, known_before);
	}
	PG_FINALLY();
	{
		track.busy = false;
	}
	PG_END_TRY();
	UnregisterSnapshot(snapshot);
	sv_keep_schemas(model);
	return sv_unit_state(model, unit);
}

/* The step's touch of a unit; NULL: it has not touched it yet. */
static Touch *
touch_of_step(const ObjectAddress *unit)
{
	const TouchEntry *entry = hash_search(track.units, unit, HASH_FIND, NULL);

	return entry != NULL && entry->touch->step == track.step->number ? entry->touch : NULL;
}

/* Note that the step touches a unit for the first time; what it was before is to be learned. */
static Touch *
add_touch(const ObjectAddress *unit)
{
	bool		found;
	TouchEntry *entry = hash_search(track.units, unit, HASH_ENTER, &found);
	Touch	   *touch = palloc0(sizeof(Touch));

	touch->unit = *unit;
	touch->step = track.step->number;
	touch->previous = found ? entry->touch : NULL;
	entry->touch = touch;
	track.step->touches = lappend(track.step->touches, touch);
	return touch;
}

/* Note that the step changes a unit; "is_new": it was not there before. */
static void
touch_unit(const ObjectAddress *unit, bool is_new)
{
	Touch	   *touch = touch_of_step(unit);

	if (touch == NULL)
		touch = add_touch(unit);
	if (touch->before == NULL)
		sv_touch_learn_before(touch, is_new ? sv_unit_state(NULL, unit) :
							  read_before(&touch->unit));
}

/*
 * To undo a change that is more than an addition, other objects may have to be
 * re-created: where the down of the step is derived, they are looked for at once,
 * while they are what they were after the step.  "created" can mean replaced.
 */
static bool
is_more_than_addition(const ObjectAddress *unit, Oid catalog, bool created)
{
	const Model *before = sv_touch_model_before(touch_of_step(unit));

	if (before == NULL || sv_model_at(before, unit->classId, unit->objectId, 0) == NULL)
		return false;
	return !created || catalog == ProcedureRelationId || catalog == RewriteRelationId ||
		catalog == LanguageRelationId || catalog == TransformRelationId;
}

static void
touch_dependents(const ObjectAddress *unit)
{
	foreach_ptr(const ObjectAddress, other, sv_unit_dependents(unit))
	{
		if (sv_unit_is_read(other))
			touch_unit(other, false);
		/* what uses objects of a renamed schema, or members of an extension there */
		if (unit->classId == NamespaceRelationId)
			touch_dependents(other);
	}
}

/* Is the step followed, and what happens to objects of the catalog its work? */
static bool
is_followed(Oid catalog)
{
	if (track.step == NULL || track.busy || (creating_extension && catalog != ExtensionRelationId))
		return false;
	if (!sv_store_exists())
		track.step = NULL;		/* the run cannot be recorded any more */
	return track.step != NULL;
}

/* The unit of an object; false if it is none that is read, which one that was touched is. */
static bool
find_unit(Oid catalog, Oid oid, ObjectAddress *unit)
{
	return sv_unit_of(catalog, oid, unit) &&
		(hash_search(track.units, unit, HASH_FIND, NULL) != NULL || sv_unit_is_read(unit));
}

/*
 * Has the step only added columns to the unit, and does no more now?  Then what it
 * was before need not be read.
 */
static bool
only_gets_columns(const ObjectAddress *unit, Oid catalog, Oid oid, TrackedChange change)
{
	const Touch *touch = touch_of_step(unit);

	return change == SV_TRACK_COLUMN && catalog == RelationRelationId && unit->objectId == oid &&
		touch != NULL && touch->before == NULL && !track.renaming;
}

static void
touch_object(const ObjectAddress *unit, Oid catalog, Oid oid, TrackedChange change)
{
	bool		is_new = change == SV_TRACK_CREATED && unit->objectId == oid &&
	unit->classId == catalog &&
	(catalog == RelationRelationId || catalog == NamespaceRelationId);

	touch_unit(unit, is_new);
	track.removing |= is_more_than_addition(unit, catalog, change != SV_TRACK_CHANGED);
	if (track.renaming)
	{
		track.step->renamed = track.eager = true;
		touch_dependents(unit);
	}
}

/* Note that an object is about to be changed, or was just created. */
void
sv_track_object(Oid catalog, Oid oid, TrackedChange change)
{
	MemoryContext caller;
	ObjectAddress unit;

	if (!is_followed(catalog))
		return;
	caller = MemoryContextSwitchTo(track.context);
	if (find_unit(catalog, oid, &unit) && !only_gets_columns(&unit, catalog, oid, change))
		touch_object(&unit, catalog, oid, change);
	MemoryContextSwitchTo(caller);
}

/*
 * Note that a statement is about to add columns to a table that has "columns" of them,
 * dropped ones among them, and does nothing else to it.
 */
void
sv_track_columns(Oid table, int columns)
{
	MemoryContext caller;
	ObjectAddress unit;

	if (track.renaming || columns == 0)
	{
		sv_track_touch(RelationRelationId, table);
		return;
	}
	if (!is_followed(RelationRelationId))
		return;
	caller = MemoryContextSwitchTo(track.context);
	if (find_unit(RelationRelationId, table, &unit) && touch_of_step(&unit) == NULL)
		add_touch(&unit)->columns = columns;
	MemoryContextSwitchTo(caller);
}

/* Note that an object is about to be changed, in a way that means nothing to others. */
void
sv_track_touch(Oid catalog, Oid oid)
{
	sv_track_object(catalog, oid, SV_TRACK_ADDED);
}

/*
 * Note that units may read differently from now on, because what they need gets
 * another name, schema or version.
 */
void
sv_track_touch_readers(List *units)
{
	MemoryContext caller;

	if (track.step == NULL || track.busy || units == NIL)
		return;
	caller = MemoryContextSwitchTo(track.context);
	track.step->renamed = track.eager = true;
	foreach_ptr(const ObjectAddress, unit, units)
	{
		if (sv_unit_is_read(unit))
		{
			touch_unit(unit, false);
			touch_dependents(unit);
		}
	}
	MemoryContextSwitchTo(caller);
}

/* Note that anything may change. */
void
sv_track_touch_everything(void)
{
	ModelScope	scope = {NIL, true, NULL};
	MemoryContext caller;
	Model	   *model;

	if (track.step == NULL || track.busy)
		return;
	caller = MemoryContextSwitchTo(track.context);
	track.eager = true;
	track.busy = true;
	PG_TRY();
	{
		model = sv_model_read(&scope);
	}
	PG_FINALLY();
	{
		track.busy = false;
	}
	PG_END_TRY();
	foreach_ptr(const Object, o, model->objects)
	{
		if (o->parent == NULL)
			touch_unit(&o->address, false);
	}
	MemoryContextSwitchTo(caller);
}

/* Note that rows of a table are written. */
void
sv_track_written(Oid relation)
{
	MemoryContext caller = MemoryContextSwitchTo(track.context);

	track.step->written = list_append_unique_oid(track.step->written, relation);
	MemoryContextSwitchTo(caller);
}

/* Note what a derived down does not undo. */
void
sv_track_not_undone(const char *what)
{
	MemoryContext caller = MemoryContextSwitchTo(track.context);

	track.step->undone = sv_track_once(track.step->undone, pstrdup(what));
	MemoryContextSwitchTo(caller);
}

/*
 * What is done between this call and sv_track_forget_rows() is none of the step's work,
 * as far as rows go and the like; changes of the schema are.
 */
void
sv_track_mark(TrackMark *mark)
{
	mark->written = track.step != NULL ? list_length(track.step->written) : 0;
	mark->undone = track.step != NULL ? list_length(track.step->undone) : 0;
}

void
sv_track_forget_rows(const TrackMark *mark)
{
	if (track.step == NULL)
		return;
	track.step->written = list_truncate(track.step->written, mark->written);
	track.step->undone = list_truncate(track.step->undone, mark->undone);
}

static HTAB *
make_units(void)
{
	HASHCTL		control = {0};

	control.hcxt = track.context;
	control.keysize = sizeof(ObjectAddress);
	control.entrysize = sizeof(TouchEntry);
	return hash_create("schemaver touched units", 64, &control,
					   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static void
begin_in(MemoryContext context, const TrackedSteps *receiver)
{
	memset(&track, 0, sizeof(track));
	sv_forget_schemas();
	track.context = context;
	track.receiver = receiver;
	track.units = make_units();
}

/*
 * Begin to follow the steps of a run; what they changed goes to the receiver.  Their memory is
 * kept until the end: giving it back and getting it anew for each few hundred steps costs more
 * than filling it.
 */
void
sv_track_begin(const TrackedSteps *receiver)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "schemaver tracking",
												  KEPT_MEMORY, ALLOCSET_DEFAULT_INITSIZE,
												  ALLOCSET_DEFAULT_MAXSIZE);

	begin_in(context, receiver);
}

/* A step begins. */
void
sv_track_step(void)
{
	MemoryContext caller;

	if (track.context == NULL)
		return;
	caller = MemoryContextSwitchTo(track.context);
	CommandCounterIncrement();
	track.cid = GetCurrentCommandId(true);
	track.step = palloc0(sizeof(PendingStep));
	track.step->number = ++track.steps;
	track.eager = track.removing = false;
	MemoryContextSwitchTo(caller);
}

/* Another transaction of the step begins. */
void
sv_track_part(void)
{
	if (track.step != NULL)
		track.cid = GetCurrentCommandId(true);
}

/* Name the tables whose rows were changed; those that the step made itself do not count. */
static void
name_written(PendingStep *step)
{
	foreach_oid(relation, step->written)
	{
		ObjectAddress unit;
		Touch	   *touch;
		char	   *name = get_rel_name(relation);

		if (name == NULL || get_rel_persistence(relation) == RELPERSISTENCE_TEMP ||
			sv_track_is_own(relation) ||
			!sv_unit_of(RelationRelationId, relation, &unit))
			continue;
		touch = touch_of_step(&unit);
		if (touch != NULL && touch->before != NULL && touch->before->model == NULL)
			continue;
		step->undone = sv_track_once(step->undone,
									 psprintf("changes of rows of table %s",
											  sv_relation_name(relation)));
	}
}

/*
 * The step is done; its changes are settled now or later.  "derive": its receiver
 * derives a down from them.
 */
void
sv_track_step_done(void *tag, bool derive)
{
	MemoryContext caller;

	if (track.step == NULL)
		return;
	caller = MemoryContextSwitchTo(track.context);
	track.step->tag = tag;
	name_written(track.step);
	track.pending = lappend(track.pending, track.step);
	track.step = NULL;
	MemoryContextSwitchTo(caller);
	if (track.eager || (derive && track.removing) ||
		list_length(track.pending) >= MAX_PENDING_STEPS)
		sv_track_settle();
}

/* The last touches of all units, whose states after them are not known. */
static List *
last_touches(void)
{
	List	   *result = NIL;

	foreach_ptr(const PendingStep, step, track.pending)
	{
		foreach_ptr(Touch, touch, step->touches)
		{
			const TouchEntry *entry = hash_search(track.units, &touch->unit, HASH_FIND, NULL);

			if (entry->touch == touch)
				result = lappend(result, touch);
		}
	}
	return result;
}

/* Read what the last touched units are now. */
static void
read_after(void)
{
	List	   *touches = last_touches();
	List	   *units = NIL;
	Model	   *now;
	Snapshot	snapshot;

	CommandCounterIncrement();
	foreach_ptr(Touch, touch, touches)
	{
		/* what is dropped need not be looked for */
		if (touch->unit.classId == RelationRelationId &&
			!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(touch->unit.objectId)))
			sv_touch_learn_after(touch, sv_unit_state(NULL, &touch->unit));
		else
			units = lappend(units, &touch->unit);
	}
	if (units == NIL)
		return;
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	track.busy = true;
	now = sv_model_read_units(units, snapshot, NULL);
	track.busy = false;
	UnregisterSnapshot(snapshot);
	foreach_ptr(Touch, touch, touches)
	{
		if (touch->after == NULL)
			sv_touch_learn_after(touch, sv_unit_state(now, &touch->unit));
	}
}

static void
settle_step(const PendingStep *pending)
{
	TrackedStep step = {0};

	step.tag = pending->tag;
	step.renamed = pending->renamed;
	step.undone = pending->undone;
	sv_touches_fill(&step, pending->touches);
	track.receiver->settle(&step);
}

/* Forget what was settled; what units are now is read again where it is needed. */
static void
start_anew(void)
{
	int			steps = track.steps;

	MemoryContextReset(track.context);
	begin_in(track.context, track.receiver);
	track.steps = steps;
}

static void
settle_pending(void)
{
	MemoryContext caller = MemoryContextSwitchTo(track.context);

	read_after();
	foreach_ptr(const PendingStep, step, track.pending)
	{
		CHECK_FOR_INTERRUPTS();
		settle_step(step);
	}
	track.receiver->done();
	MemoryContextSwitchTo(caller);
}

/* Give all steps that are done to the caller of sv_track_begin(). */
void
sv_track_settle(void)
{
	if (track.context == NULL || track.pending == NIL)
		return;
	settle_pending();
	start_anew();
}

/*
 * A part of the step under way is done, and is settled by itself; what was
 * there before it is remembered for the whole.
 */
void
sv_track_part_done(void *tag)
{
	MemoryContext caller = MemoryContextSwitchTo(track.context);
	PendingStep *part = track.step;

	part->tag = tag;
	name_written(part);
	track.pending = lappend(track.pending, part);
	track.step = NULL;
	settle_pending();
	track.parts = list_concat(track.parts, part->touches);
	track.renamed |= part->renamed;
	track.undone = list_concat(track.undone, part->undone);
	track.pending = NIL;
	sv_forget_schemas();
	track.units = make_units();
	MemoryContextSwitchTo(caller);
	sv_track_step();
}

/* A settled step, with those parts of it that were settled before. */
const TrackedStep *
sv_track_whole(const TrackedStep *step)
{
	const PendingStep *last;
	TrackedStep *whole;

	if (track.parts == NIL && track.undone == NIL)
		return step;
	whole = palloc(sizeof(TrackedStep));
	*whole = *step;
	whole->renamed |= track.renamed;
	whole->undone = list_concat(list_copy(track.undone), step->undone);
	last = llast(track.pending);
	sv_touches_fill(whole, sv_touches_join(list_concat_copy(track.parts, last->touches)));
	return whole;
}

/* Follow no longer; also after an error.  Steps that are not settled are forgotten. */
void
sv_track_end(void)
{
	if (track.context != NULL)
		MemoryContextDelete(track.context);
	memset(&track, 0, sizeof(track));
}

/* Is a statement under way that gives names? */
bool
sv_track_is_renaming(void)
{
	return track.renaming;
}

void
sv_track_set_renaming(bool renaming)
{
	track.renaming = renaming;
}

/* Is a step being followed? */
bool
sv_track_active(void)
{
	return track.step != NULL;
}

/* Zeroed memory that lasts until the steps are settled. */
void *
sv_track_alloc(Size size)
{
	return MemoryContextAllocZero(track.context, size);
}

bool
sv_track_is_paused(void)
{
	return track.busy;
}

/* Statements of schemaver itself are not followed while paused; returns what was before. */
bool
sv_track_pause(bool pause)
{
	bool		before = track.busy;

	track.busy = pause;
	return before;
}
