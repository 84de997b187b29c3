/*
 * casts.c
 *		How values of one type become those of another, as the server has it.
 */
#include "postgres.h"

#include "base/compat.h"
#include "parser/parse_coerce.h"
#include "model/model.h"

/* See DiffOptions.  A type that is not there yet takes text. */
char
sv_model_cast_of(const char *from, const char *to)
{
	Oid			source;
	Oid			target;
	int32		typmod;

	if (!sv_parse_type(from, &source, &typmod) || !sv_parse_type(to, &target, &typmod))
		return 't';
	if (can_coerce_type(1, &source, &target, COERCION_ASSIGNMENT))
		return 'a';
	return can_coerce_type(1, &source, &target, COERCION_EXPLICIT) ? 'e' : 't';
}
