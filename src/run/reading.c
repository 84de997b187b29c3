/*
 * reading.c
 *		Read the live schema while others change it.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "run/drifting.h"
#include "run/subtransaction.h"
#include "utils/memutils.h"

#define ATTEMPTS 10

typedef struct Reading
{
	const ModelScope *scope;
	Model	   *model;
} Reading;

static void
read_model(void *arg)
{
	Reading    *reading = arg;

	reading->model = sv_model_read(reading->scope);
}

/* What the server says of an object that was dropped between two looks at it. */
static bool
has_vanished(const ErrorData *error)
{
	switch (error->sqlerrcode)
	{
		case ERRCODE_INTERNAL_ERROR:
		case ERRCODE_UNDEFINED_TABLE:
		case ERRCODE_UNDEFINED_COLUMN:
		case ERRCODE_UNDEFINED_OBJECT:
		case ERRCODE_UNDEFINED_FUNCTION:
		case ERRCODE_UNDEFINED_SCHEMA:
			return true;
		default:
			return false;
	}
}

/*
 * The model of the live schema.  The functions of the server that print
 * definitions see more than the snapshot does, so what others drop meanwhile can make
 * one of them fail; then all is read again.  Locks that reading took are given
 * back.
 */
Model *
sv_read_live(const ModelScope *scope)
{
	MemoryContext caller = CurrentMemoryContext;
	Reading		reading = {scope};

	CommandCounterIncrement();
	for (int attempt = 1;; attempt++)
	{
		MemoryContext context = AllocSetContextCreate(caller, "schemaver live schema", ALLOCSET_DEFAULT_SIZES);
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = sv_subtransaction(read_model, &reading, false);
		MemoryContextSwitchTo(caller);
		if (error == NULL)
			return reading.model;
		if (!has_vanished(error) || attempt == ATTEMPTS)
			ReThrowError(error);
		MemoryContextDelete(context);
		CHECK_FOR_INTERRUPTS();
	}
}
