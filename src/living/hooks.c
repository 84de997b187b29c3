/*
 * hooks.c
 *		What a run does about living objects.
 */
#include "postgres.h"

#include "living/living.h"
#include "living/living_private.h"
#include "track/track.h"
#include "utils/memutils.h"

typedef struct CurrentRun
{
	Direction	direction;
	int64		before;			/* downgrade: the run that applied the first revision undone */
	bool		making;			/* texts of living objects are running */
	const RunOptions *options;	/* of the call; they stay until its end */
} CurrentRun;

static CurrentRun current;

/* Is there an object that this call would run?  Reads them all only where one may be due. */
static bool
is_living_pending(const RunOptions *options)
{
	List	   *missing = NIL;
	List	   *made;
	Selection	selection;

	if (!sv_store_living_pending(SV_STORE_WRITE))
	{
		(void) sv_made_read(SV_STORE_WRITE, &missing);
		if (missing == NIL)
			return false;
	}
	if (!sv_store_living_select(SV_STORE_WRITE))
		return true;
	selection = sv_run_selection(SV_STORE_WRITE, options->contexts, options->labels);
	foreach_ptr(const LivingTask, task,
				sv_living_tasks(SV_STORE_WRITE, SV_UPGRADE, 0, &selection, &made))
	{
		if (task->waits)
			return true;
	}
	return false;
}

static void
begin_living(Direction direction, const List *undone, const RunOptions *options)
{
	sv_living_forget_asides();
	sv_living_objects_changed(true);
	sv_living_units_changed();
	sv_annotations_forget();
	if (sv_store_has_living_objects())
		sv_observe_begin();
	current.direction = direction;
	current.options = options;
	current.before = undone != NIL ? sv_store_first_run_of(SV_STORE_WRITE, undone) : 0;
}

static bool
has_pending(void)
{
	RevisionGraph *graph = sv_store_graph(SV_STORE_WRITE);

	for (int i = 0; i < graph->n; i++)
	{
		if (!graph->revisions[i].applied)
			return true;
	}
	return false;
}

static void
part_begin(bool rebuild)
{
	if (!current.making)
		sv_living_part_begin(rebuild);
}

static void
statement(const Node *tree, StatementFn run, void *arg)
{
	if (current.making)
		run(arg);
	else
		sv_living_statement(tree, run, arg);
}

static void
part_end(void)
{
	if (!current.making)
		sv_living_part_end();
}

static void
finish_living(Run *run)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "schemaver living objects",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	List	   *altered = list_copy(sv_observe_altered());
	ListCell   *cell;
	LivingRun	living = {run, current.direction};
	Selection	selection =
	sv_run_selection(SV_STORE_WRITE, current.options->contexts, current.options->labels);

	living.tasks = sv_living_tasks(SV_STORE_WRITE, current.direction, current.before, &selection,
								   &living.made);
	if (living.tasks != NIL)
	{
		living.incomplete = current.direction == SV_UPGRADE && has_pending();
		foreach(cell, altered)
			sv_living_columns_changed(&living, NULL, lfirst_oid(cell));
		current.making = true;
		if (sv_living_any_waits(&living))
			sv_annotations_note(living.made);
		sv_living_make(&living);
		current.making = false;
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

static void
end(void)
{
	current.making = false;
	current.options = NULL;
	sv_living_objects_changed(false);
	sv_living_forget_asides();
	sv_annotations_forget();
	sv_observe_end();
}

static const LivingHooks hooks = {is_living_pending, begin_living, part_begin, statement, part_end,
finish_living, end};

/* Called once, when the library is loaded. */
void
sv_living_init(void)
{
	sv_observe_install();
	sv_run_living = &hooks;
	sv_track_disowned = sv_living_is_unit;
}
