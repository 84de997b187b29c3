/*
 * scripts_ahead.c
 *		The scripts of a plan, fetched a few hundred at a time.
 *
 * A statement that may call anything can have changed those that are still to come
 * (sv_run_let_see()): then they are fetched again, one alone at first, for a plan of
 * such statements would fetch all of them again for each.
 */
#include "postgres.h"

#include "run/run.h"
#include "utils/memutils.h"

#define AHEAD 200

/* How often something was executed that may have changed scripts of revisions. */
static uint64 changes = 0;

/* What is about to be executed may look at what the run has done, and change what is to come. */
void
sv_run_let_see(void)
{
	sv_steps_write();
	changes++;
}

/* Begin to fetch the scripts of "n" revisions; directions may be NULL, all the same. */
ScriptsAhead *
sv_scripts_begin(StoreMode mode, const StoredRevision *const *revisions,
				 const Direction *directions, int n)
{
	ScriptsAhead *ahead = palloc0(sizeof(ScriptsAhead));

	ahead->mode = mode;
	ahead->revisions = revisions;
	ahead->directions = directions;
	ahead->n = n;
	ahead->window = AHEAD;
	ahead->changes = changes;
	ahead->context = AllocSetContextCreate(CurrentMemoryContext, "schemaver scripts ahead",
										   ALLOCSET_DEFAULT_SIZES);
	return ahead;
}

/*
 * Fetch from the i'th on: not beyond a change of direction, for what is done in one
 * changes what is derived for the other.
 */
static void
fetch_scripts(ScriptsAhead *ahead, int i)
{
	List	   *ids = NIL;
	MemoryContext caller;

	MemoryContextReset(ahead->context);
	caller = MemoryContextSwitchTo(ahead->context);
	for (int j = i; j < ahead->n && j < i + ahead->window; j++)
	{
		if (ahead->directions != NULL && ahead->directions[j] != ahead->directions[i])
			break;
		ids = lappend(ids, ahead->revisions[j]->id);
	}
	ahead->from = i;
	ahead->changes = changes;
	ahead->scripts = NIL;
	ahead->scripts = sv_store_scripts(ahead->mode, ids);
	MemoryContextSwitchTo(caller);
}

/* The script of the i'th revision; lives until another one is asked for. */
StoredScript *
sv_scripts_at(ScriptsAhead *ahead, int i)
{
	bool		changed = ahead->changes != changes;

	if (changed || i < ahead->from || i >= ahead->from + list_length(ahead->scripts))
	{
		ahead->window = changed ? 1 : Min(2 * ahead->window, AHEAD);
		fetch_scripts(ahead, i);
	}
	return list_nth(ahead->scripts, i - ahead->from);
}

/* Free what is left. */
void
sv_scripts_end(ScriptsAhead *ahead)
{
	MemoryContextDelete(ahead->context);
}
