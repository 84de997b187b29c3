/*
 * living_units.c
 *		Which units belong to living objects, or have in this transaction.
 *
 * What happens to them is not the work of revisions: the derived down of a revision
 * leaves them alone, for a downgrade makes them by their texts.
 */
#include "postgres.h"

#include "base/compat.h"
#include "living/living_private.h"
#include "storage/proc.h"
#include "utils/memutils.h"

typedef struct KnownUnits
{
	LocalTransactionId transaction;
	List	   *units;			/* ObjectAddress, in TopTransactionContext */
	bool		current;		/* false: there may be more by now */
} KnownUnits;

static KnownUnits known;

/* Learn which there are now; those that are known stay. */
void
sv_living_units_note(void)
{
	MemoryContext caller;
	List	   *missing = NIL;

	if (known.transaction != SV_MY_LXID)
	{
		known.transaction = SV_MY_LXID;
		known.units = NIL;
		known.current = false;
	}
	if (known.current)
		return;
	caller = MemoryContextSwitchTo(TopTransactionContext);
	foreach_ptr(const Made, made, sv_made_read(SV_STORE_WRITE, &missing))
	{
		ObjectAddress *unit = palloc(sizeof(ObjectAddress));

		if (sv_unit_of(made->address.classId, made->address.objectId, unit) &&
			sv_base_same_object(unit, &made->address))
			known.units = lappend(known.units, unit);
	}
	MemoryContextSwitchTo(caller);
	known.current = true;
}

/* Some of them were re-created. */
void
sv_living_units_changed(void)
{
	known.current = false;
}

/* Does, or did, the unit belong to a living object? */
bool
sv_living_is_unit(const ObjectAddress *unit)
{
	sv_living_units_note();
	foreach_ptr(const ObjectAddress, address, known.units)
	{
		if (sv_base_same_object(address, unit))
			return true;
	}
	return false;
}
