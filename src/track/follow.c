/*
 * follow.c
 *		Record what steps change: the state of the schema after each of them, and
 *		the down scripts of revisions that have none.
 *
 * What a step changed is what differs between the schema before and after it.
 * So what was changed by hand before the run stays different from the kept
 * state, and is still found as drift after it.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/base.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "nodes/parsenodes.h"
#include "script/script.h"
#include "store/store.h"
#include "track/track.h"
#include "track/track_private.h"
#include "utils/memutils.h"

/* What is to be done about a step when its changes are known. */
typedef struct Followed
{
	char	   *revision;		/* NULL: a part of one */
	int64		run;
	int			position;
	bool		derive;
} Followed;

static const ModelScope everything = {NIL, true, NULL};

/* Is there a present state, to which changes are added? */
static bool is_keeping = false;

/*
 * A part of the revision under way was not followed: an earlier run did it, or it was
 * done before anybody could record it.  What the revision changed is then what differs
 * between the state kept before its first part and the present one.
 */
static bool by_states = false;
static int64 begun_state = 0;	/* kept before the first part; 0: not known, or no parts */

/* What settled steps have changed and is not recorded yet; all in the memory of the steps. */
static struct
{
	List	   *steps;			/* Followed, where states are kept */
	List	   *changes;		/* of each, a list of ObjectChange */
	List	   *downs;			/* StoredDerived */
	Followed   *by_states;		/* the step whose way back follows from the kept states */
	List	   *undone;			/* what it did that no change of the schema undoes, strings */
} unrecorded;

/* Is shown what each step has changed. */
static struct
{
	FollowJudge judge;			/* NULL: nobody is */
	void	   *arg;
} judging;

/*
 * The way back of a step is known; NULL: there is none.  A revision that was undone in
 * the middle of the history has others above it, which may be undone before it: no table
 * is copied then, for a copy takes down and puts back what is there now.
 */
static void
add_down(const Followed *followed, const DerivedDown *down)
{
	StoredDerived *derived;

	if (down == NULL)
		return;
	derived = palloc(sizeof(StoredDerived));
	derived->revision = followed->revision;
	derived->down = down->sql;
	derived->lost = down->lost;
	derived->last = down->last;
	derived->ordered = down->ordered;
	if (down->last != NULL && sv_store_was_undone(followed->revision))
	{
		derived->down = down->last;
		derived->last = NULL;
		derived->ordered = NIL;
	}
	unrecorded.downs = lappend(unrecorded.downs, derived);
}

static void
settle(TrackedStep *step)
{
	Followed   *followed = step->tag;
	bool		paused = sv_track_pause(true);

	if (judging.judge != NULL)
		judging.judge(sv_model_changes(step->before, step->after), judging.arg);

	if (is_keeping)
	{
		unrecorded.steps = lappend(unrecorded.steps, followed);
		unrecorded.changes = lappend(unrecorded.changes,
									 sv_model_changes(step->before, step->after));
	}
	if (followed->derive && by_states)
	{
		unrecorded.by_states = followed;
		unrecorded.undone = sv_track_whole(step)->undone;
	}
	else if (followed->derive)
		add_down(followed, sv_derive_down(sv_track_whole(step)));
	sv_track_pause(paused);
}

/* Record the state after each settled step. */
static void
record_states(void)
{
	int			n = list_length(unrecorded.steps);
	List	  **changes = palloc(sizeof(List *) * Max(n, 1));
	int64	   *states = palloc(sizeof(int64) * Max(n, 1));
	StepState  *marks = palloc(sizeof(StepState) * Max(n, 1));
	int			nmarks = 0;
	int64		last;

	if (n == 0)
		return;
	for (int i = 0; i < n; i++)
		changes[i] = list_nth(unrecorded.changes, i);
	last = sv_state_number();
	sv_state_record_steps(n, changes, states);
	for (int i = 0; i < n; last = states[i++])
	{
		const Followed *followed = list_nth(unrecorded.steps, i);

		if (states[i] != 0 && followed->revision != NULL)
			marks[nmarks++] = (StepState)
		{
			followed->run, followed->position, states[i], begun_state != 0 ? begun_state : last
		};
	}
	is_keeping = states[n - 1] != 0;
	sv_store_step_states(nmarks, marks);
}

static void
record_settled(void)
{
	bool		paused = sv_track_pause(true);

	sv_steps_hold(true);		/* they get their states before they are written */
	record_states();
	sv_steps_hold(false);
	sv_steps_write();
	if (unrecorded.by_states != NULL && is_keeping)
		add_down(unrecorded.by_states, sv_derive_by_states(begun_state, unrecorded.undone));
	sv_store_derived(unrecorded.downs);
	sv_derive_forget();
	memset(&unrecorded, 0, sizeof(unrecorded));
	sv_track_pause(paused);
}

static const TrackedSteps receiver = {settle, record_settled};

/* Do something with the whole live schema, in memory of its own. */
static int64
with_live_schema(int64 (*work) (const Model *live))
{
	MemoryContext context =
	AllocSetContextCreate(CurrentMemoryContext, "schemaver seen schema", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	int64		result;

	CommandCounterIncrement();
	result = work(sv_model_read(&everything));
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return result;
}

/*
 * The whole schema before a statement that may do anything in another process; its
 * context lives until the statement is done, and the next one begins.
 */
static MemoryContext before_context = NULL;
static Model *before_anything = NULL;

static void
forget_before(void)
{
	if (before_context != NULL)
		MemoryContextDelete(before_context);
	before_context = NULL;
	before_anything = NULL;
}

static void
read_before_anything(void)
{
	MemoryContext caller;

	forget_before();
	before_context = AllocSetContextCreate(TopMemoryContext, "schemaver schema before a statement",
										   ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(before_context);
	CommandCounterIncrement();
	before_anything = sv_model_read(&everything);
	MemoryContextSwitchTo(caller);
}

static int64
record_anything(const Model *live)
{
	return sv_state_record(sv_model_changes(before_anything, live));
}

static int64
begin_state(const Model *live)
{
	return sv_state_is_kept() ? sv_state_move_in(live) : sv_state_begin(live);
}

/*
 * Make sure that there is a present state of this database, to which changes can be
 * added; false if none is to be kept, or if it is damaged, which is told.
 */
static bool
ensure_state(void)
{
	char	   *damage;

	if (!sv_keep_snapshots)
	{
		sv_state_gap();
		return false;
	}
	if (sv_state_is_kept() && sv_state_is_of_database())
		return true;
	damage = sv_state_damage();
	if (damage == NULL)
		return with_live_schema(begin_state) != 0;
	ereport(WARNING,
			(errmsg("the schema is not kept after this run"),
			 errdetail("The kept state is damaged: %s", damage),
			 errhint("Take the live schema as it is: SELECT schemaver.rebase_state('...');")));
	return false;
}

/* Begin to follow a run, if anything is to be recorded. */
void
sv_follow_begin(void)
{
	by_states = false;
	begun_state = 0;
	sv_derive_forget();
	memset(&unrecorded, 0, sizeof(unrecorded));
	is_keeping = ensure_state();
	if (sv_derive_downs || sv_keep_snapshots)
		sv_track_begin(&receiver);
}

/*
 * Show judge(changes, arg) what the steps of this run change, as the live schema has
 * it.  The changes (ObjectChange) live until the run is over.
 */
void
sv_follow_judge(FollowJudge judge, void *arg)
{
	judging.judge = judge;

	judging.arg = arg;
}

/* Are changes of the schema kept in this run? */
bool
sv_follow_keeps(void)
{
	return is_keeping;
}

/* A step begins. */
void
sv_follow_step(void)
{
	sv_track_step();
}

/* Does the revision get a down script from what it changed? */
static bool
is_derived(const StoredRevision *revision, const StoredScript *stored, Direction direction)
{
	const char *irreversible;

	if (!sv_derive_downs || direction != SV_UPGRADE || stored->down != NULL)
		return false;
	(void) sv_store_options(revision->options, &irreversible);
	return irreversible == NULL;
}

/* A step is done and recorded. */
void
sv_follow_step_done(int64 run, int position, const StoredRevision *revision,
					const StoredScript *stored, Direction direction)
{
	Followed   *followed;

	if (!sv_track_active())
		return;
	followed = sv_track_alloc(sizeof(Followed));
	followed->derive = is_derived(revision, stored, direction);
	followed->revision = strcpy(sv_track_alloc(strlen(revision->id) + 1), revision->id);
	followed->run = run;
	followed->position = position;
	sv_track_step_done(followed, followed->derive);
}

/* The same of the text of a living object: its changes belong to no revision. */
void
sv_follow_living_done(int64 run, int position, const char *name)
{
	Followed   *followed;

	if (!sv_track_active())
		return;
	followed = sv_track_alloc(sizeof(Followed));
	followed->revision = strcpy(sv_track_alloc(strlen(name) + 1), name);
	followed->run = run;
	followed->position = position;
	sv_track_step_done(followed, followed->derive);
}

/* The same of what is no step: its changes go into the state, and into no journal. */
void
sv_follow_other_done(void)
{
	if (sv_track_active())
		sv_track_step_done(sv_track_alloc(sizeof(Followed)), false);
}

/* All steps of the transaction are done. */
void
sv_follow_finish(void)
{
	sv_track_settle();
}

/* Follow no longer, also after an error. */
void
sv_follow_end(void)
{
	forget_before();
	sv_derive_forget();
	judging.judge = NULL;

	sv_track_end();
}

/* ----- steps in several transactions ----- */

/*
 * A revision of an online run begins; not "whole": an earlier run did a part of it.
 * "state" was kept before the first part; 0: no part was begun.
 */
void
sv_follow_revision(bool whole, int64 state)
{
	sv_follow_end();
	sv_follow_begin();
	begun_state = state;

	if (begun_state == 0 && is_keeping)
		begun_state = sv_state_number();
	by_states = !whole;
	sv_follow_step();
}

/* A transaction of the step begins. */
void
sv_follow_part(void)
{
	sv_track_part();
}

/*
 * A statement that may do anything is done, or has failed after it committed a part of
 * its work: the present state learns what it changed.
 */
void
sv_follow_half_done(void)
{
	bool		paused;

	if (before_anything == NULL || !is_keeping || !sv_track_active())
		return;
	paused = sv_track_pause(true);
	is_keeping = with_live_schema(record_anything) != 0;
	sv_track_pause(paused);
	forget_before();
}

/* What it changes is no relation that could be looked at afterwards. */
static bool
may_change_anything(const Node *statement)
{
	return IsA(statement, CallStmt) || IsA(statement, DoStmt) ||
		IsA(statement, CreateSubscriptionStmt) || IsA(statement, AlterSubscriptionStmt) ||
		IsA(statement, DropSubscriptionStmt);
}

/* A statement of the step is about to be executed by another process. */
void
sv_follow_elsewhere(const Node *statement)
{
	if (!sv_track_active())
		return;
	sv_track_part();
	if (may_change_anything(statement))
	{
		read_before_anything();
		by_states = true;
	}
	if (IsA(statement, CallStmt) || IsA(statement, DoStmt))
		sv_track_not_undone(IsA(statement, DoStmt) ? "changes of rows that a DO block committed" :
							"changes of rows that a procedure committed");
	foreach_ptr(const LockTarget, target, sv_lock_targets(statement))
	{
		Oid			relation = RangeVarGetRelid(target->relation, NoLock, true);

		if (OidIsValid(relation))
			sv_track_touch(RelationRelationId, relation);
	}
}

/*
 * A statement for another process turns out to be done, for "relation" if that still
 * exists: the session or the server ended before it could be recorded.
 */
void
sv_follow_found(const Node *statement, Oid relation)
{
	if (!sv_track_active())
		return;
	by_states = true;
	if (is_keeping)
		is_keeping = sv_state_found(statement, relation) != 0;
}

/* A part of the step is done and will be committed before the others. */
void
sv_follow_part_done(void)
{
	if (!sv_track_active())
		return;
	sv_follow_half_done();
	sv_track_part_done(sv_track_alloc(sizeof(Followed)));
}

/* ----- changes that were not seen ----- */

static int64
record_unseen(const Model *live)
{
	char	   *damage;
	Model	   *kept = sv_state_try_model(sv_state_present(), &damage);

	if (kept != NULL)
		return sv_state_record(sv_model_changes(kept, live));
	sv_state_damaged(damage);
	return 0;
}

/*
 * A revision was executed by psql and not followed: all
 * that differs from the present state is taken for its work.  Returns the
 * number of the new state, 0 if none is kept, and in *before (or NULL) that of the present one.
 */
int64
sv_follow_unseen(int64 *before)
{
	bool		is_kept = ensure_state();

	if (before != NULL)
		*before = is_kept ? sv_state_number() : 0;
	return is_kept ? with_live_schema(record_unseen) : 0;
}

/*
 * The version changes and the schema does not: the present state, which is
 * begun if there is none.
 */
int64
sv_follow_stamp(void)
{
	if (!sv_keep_snapshots)
		return 0;
	if (!sv_state_is_kept() && sv_state_damage() == NULL)
		(void) with_live_schema(begin_state);
	return sv_state_present();
}
