/*
 * states.c
 *		Follow what a run does to the schema, and keep the state after each step.
 *
 * What a step changed is what differs between the schema before and after it.
 * So what was changed by hand before the run stays different from the kept
 * state, and is still found as drift after it.
 */
#include "postgres.h"

#include "access/xact.h"
#include "run/run.h"
#include "settings.h"
#include "store/states.h"
#include "utils/memutils.h"

static const ModelScope everything = {NIL, true, NULL};

static void
forget(Run *run)
{
	if (run->seen_context != NULL)
		MemoryContextDelete(run->seen_context);
	run->seen_context = NULL;
	run->seen = NULL;
}

static Model *
read_all(void)
{
	CommandCounterIncrement();
	return sv_model_read(&everything);
}

/* Make sure that there is a present state of this database, to which changes can be added. */
static void
ensure_state(const Model *live)
{
	if (!sv_state_is_kept())
		sv_state_begin(live);
	else if (!sv_state_is_at_home())
		sv_state_move_in(live);
}

/* Look at the schema before the run, or before one of its transactions, changes it. */
void
sv_run_follow_begin(Run *run)
{
	MemoryContext caller;

	forget(run);
	if (!sv_keep_snapshots)
		return;
	run->seen_context = AllocSetContextCreate(run->context, "schemaver seen schema", ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(run->seen_context);
	run->seen = read_all();
	ensure_state(run->seen);
	MemoryContextSwitchTo(caller);
}

/* Add what changed since the last look to the present state, and return its number. */
static int64
follow(Run *run)
{
	MemoryContext context;
	MemoryContext caller;
	Model	   *now;
	int64		state;

	if (run->seen == NULL)
	{
		sv_state_gap();
		return 0;
	}
	context = AllocSetContextCreate(run->context, "schemaver seen schema", ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(context);
	now = read_all();
	state = sv_state_record(sv_model_changes(run->seen, now));
	MemoryContextSwitchTo(caller);
	if (run->commits)			/* the part may be tried again from where it began */
	{
		MemoryContextDelete(context);
		return state;
	}
	forget(run);
	run->seen_context = context;
	run->seen = now;
	return state;
}

/* A part of a revision was executed that is committed before the others. */
void
sv_run_follow_part(Run *run)
{
	(void) follow(run);
}

/* A revision was executed: keep the state after it and note its number in the step. */
void
sv_run_follow_step(Run *run, StoredStep *step)
{
	step->state = follow(run);
}

/*
 * psql has executed a revision.  The schema before it was not seen: all that
 * differs from the present state is taken for its work.  Returns the number
 * of the new state.
 */
int64
sv_run_follow_script(void)
{
	MemoryContext context;
	MemoryContext caller;
	Model	   *live;
	int64		state;

	if (!sv_keep_snapshots)
	{
		sv_state_gap();
		return 0;
	}
	context = AllocSetContextCreate(CurrentMemoryContext, "schemaver seen schema", ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(context);
	live = read_all();
	ensure_state(live);
	state = sv_state_record(sv_model_changes(sv_state_model(sv_state_present()), live));
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return state;
}

/* The version changes and the schema does not: the present state, which is begun if there is none. */
int64
sv_run_follow_stamp(void)
{
	MemoryContext context;
	MemoryContext caller;

	if (!sv_keep_snapshots)
		return 0;
	if (sv_state_is_kept())
		return sv_state_present();
	context = AllocSetContextCreate(CurrentMemoryContext, "schemaver seen schema", ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(context);
	sv_state_begin(read_all());
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return sv_state_present();
}
