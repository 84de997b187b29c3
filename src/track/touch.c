/*
 * touch.c
 *		What the units that steps touched were before each step, and are after it.
 *
 * A unit is read as rarely as possible.  What it is before a step is what it was after the
 * last one that touched it.  And where a step does no more to a table than add columns, the
 * table is not read before it: what it was is what it is later, without them.
 *
 * Pure: reads nothing.  All is in the memory of the steps.
 */
#include "postgres.h"

#include "track/track.h"
#include "track/track_private.h"

/* The model that holds what a unit was before the step; NULL: it was not there, or is not known. */
const Model *
sv_touch_model_before(const Touch *touch)
{
	return touch->before != NULL ? touch->before->model : NULL;
}

/*
 * Learn what a unit was before the step, which tells what it was after the step that touched
 * it last; and if that one only added columns, what it was before it, and so on.
 */
void
sv_touch_learn_before(Touch *touch, UnitState *before)
{
	touch->before = before;
	while ((touch = touch->previous) != NULL && touch->after == NULL)
	{
		touch->after = before;
		if (touch->before != NULL)
			return;
		before = touch->before = sv_unit_state_before(before, touch->columns);
	}
}

/* Learn what a unit is after the last step that touched it. */
void
sv_touch_learn_after(Touch *touch, UnitState *after)
{
	touch->after = after;
	if (touch->before == NULL)
		sv_touch_learn_before(touch, sv_unit_state_before(after, touch->columns));
}

/* The units and models of a step out of its touches, of which all is known. */
void
sv_touches_fill(TrackedStep *step, const List *touches)
{
	List	   *before = NIL;
	List	   *after = NIL;

	step->units = NIL;
	foreach_ptr(Touch, touch, touches)
	{
		step->units = lappend(step->units, &touch->unit);
		before = lappend(before, touch->before);
		after = lappend(after, touch->after);
	}
	sv_model_assemble(before, after, &step->before, &step->after);
}

/* Of several touches of a unit the first one knows what was before, the last one what is after. */
List *
sv_touches_join(const List *touches)
{
	List	   *result = NIL;

	foreach_ptr(const Touch, touch, touches)
	{
		Touch	   *joined = NULL;

		foreach_ptr(Touch, t, result)
		{
			if (sv_base_same_object(&t->unit, &touch->unit))
				joined = t;
		}
		if (joined == NULL)
		{
			joined = palloc(sizeof(Touch));
			*joined = *touch;
			result = lappend(result, joined);
		}
		joined->after = touch->after;
	}
	return result;
}
