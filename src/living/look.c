/*
 * look.c
 *		What is known of living objects.
 */
#include "postgres.h"

#include "living/living.h"
#include "living/living_private.h"

/*
 * All living objects (LivingState), in the order of registration: "pending", it has
 * never run, or was taken back; "changed", another text ran; "missing", an object
 * that it made is not there; "applied".
 */
List *
sv_living_states(StoreMode mode)
{
	List	   *all = sv_store_living(mode);
	List	   *missing = NIL;
	List	   *versions;
	List	   *result = NIL;

	if (all == NIL)
		return NIL;
	(void) sv_made_read(mode, &missing);
	versions = sv_store_living_before(mode, PG_INT64_MAX);
	foreach_ptr(const StoredLiving, living, all)
	{
		LivingState *state = palloc0(sizeof(LivingState));

		state->living = living;
		if (living->in_force != NULL)
			state->version = sv_living_version(versions, living->name);
		state->state = living->in_force == NULL ? "pending" :
			strcmp(living->in_force, living->checksum) != 0 ? "changed" :
			sv_base_has_string(missing, living->name) ? "missing" : "applied";
		result = lappend(result, state);
	}
	return result;
}

/* What a run would do about rows, as far as is known before it. */
static const char *
note_of_rows(const LivingTask *task)
{
	const ManagedRows *wanted = sv_managed_parse(task->up);
	char	   *why = NULL;
	RowsReport *report = sv_managed_look(wanted, sv_living_rows_before(SV_STORE_READ, task->name),
										 false, &why);

	return report != NULL ? sv_managed_summary(report) :
		psprintf("%d wanted", list_length(wanted->rows));
}

/* What is said of it in a plan. */
static char *
message_of(const LivingTask *task)
{
	if (task->kind != SV_LIVING_ROWS || task->up == NULL)
		return psprintf("%s: %s", task->word, task->reason);
	return psprintf("%s: %s (%s)", task->word, task->reason, note_of_rows(task));
}

/*
 * The living objects that a run would run, as far as is known before it
 * (LivingDue), in the order in which it would try them.
 */
List *
sv_living_due(Direction direction, const List *undone)
{
	int64		before = undone != NIL ? sv_store_first_run_of(SV_STORE_READ, undone) : 0;
	List	   *made;
	List	   *result = NIL;

	if (direction == SV_DOWNGRADE && before == 0)
		return NIL;
	foreach_ptr(const LivingTask, task, sv_living_tasks(SV_STORE_READ, direction, before, &made))
	{
		LivingDue  *due;

		if (!task->waits)
			continue;
		due = palloc(sizeof(LivingDue));
		due->name = task->name;
		due->message = message_of(task);
		result = lappend(result, due);
	}
	return result;
}

/* Raise SV014 if there is a text to run, beside those that always run. */
void
sv_living_refuse_pending(void)
{
	foreach_ptr(const LivingState, state, sv_living_states(SV_STORE_READ))
	{
		if (strcmp(state->state, "applied") != 0)
			ereport(ERROR,
					(errcode(ERRCODE_SV_PENDING),
					 errmsg("living object \"%s\" is not up to date", state->living->name),
					 errdetail("Its state is \"%s\".", state->state),
					 errhint("Run SELECT * FROM schemaver.upgrade();")));
	}
}
