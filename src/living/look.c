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
 * that it made is not there; "left out", one of these, but its contexts do not hold for
 * the environment of this database; "applied".
 */
List *
sv_living_states(StoreMode mode)
{
	List	   *all = sv_store_living(mode);
	List	   *missing = NIL;
	List	   *versions;
	List	   *result = NIL;
	Selection	selection;

	if (all == NIL)
		return NIL;
	(void) sv_made_read(mode, &missing);
	versions = sv_store_living_before(mode, PG_INT64_MAX);
	selection = sv_run_selection(mode, NULL, NULL);
	foreach_ptr(const StoredLiving, living, all)
	{
		LivingState *state = palloc0(sizeof(LivingState));

		state->living = living;
		if (living->in_force != NULL)
			state->version = sv_living_version(versions, living->name);
		state->state = living->in_force == NULL ? "pending" :
			strcmp(living->in_force, living->checksum) != 0 ? "changed" :
			sv_base_has_string(missing, living->name) ? "missing" : "applied";
		if (strcmp(state->state, "applied") != 0 &&
			sv_living_left_out(living, &selection) != NULL)
			state->state = "left out";
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
 * (LivingDue), in the order in which it would try them; and, saying so, those that it
 * would run but for the selection.
 */
List *
sv_living_due(Direction direction, const List *undone, const Selection *selection)
{
	int64		before = undone != NIL ? sv_store_first_run_of(SV_STORE_READ, undone) : 0;
	List	   *made;
	List	   *result = NIL;

	if (direction == SV_DOWNGRADE && before == 0)
		return NIL;
	foreach_ptr(const LivingTask, task,
				sv_living_tasks(SV_STORE_READ, direction, before, selection, &made))
	{
		LivingDue  *due;

		if (!task->waits && (task->left_out == NULL || task->reason == NULL))
			continue;
		due = palloc(sizeof(LivingDue));
		due->name = task->name;
		due->message = message_of(task);
		due->left_out = task->waits ? NULL : task->left_out;
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
		if (strcmp(state->state, "applied") != 0 && strcmp(state->state, "left out") != 0)
			ereport(ERROR,
					(errcode(ERRCODE_SV_PENDING),
					 errmsg("living object \"%s\" is not up to date", state->living->name),
					 errdetail("Its state is \"%s\".", state->state),
					 errhint("Run SELECT * FROM schemaver.upgrade();")));
	}
}
