/*
 * left_out.c
 *		Objects that are no part of a model though they belong to no extension.
 *
 * Which these are stands in tables, which this folder does not know.
 */
#include "postgres.h"

#include "model/model.h"

static LeftOutFn is_left_out = NULL;

/* Let the function say of each object whether it is left out; it must be cheap. */
void
sv_model_leave_out(LeftOutFn fn)
{
	is_left_out = fn;
}

bool
sv_model_is_left_out(const ObjectAddress *address)
{
	return is_left_out != NULL && is_left_out(address);
}
