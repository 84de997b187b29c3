/*
 * hints.h
 *		What comments of a wanted schema say about names that things had before.
 */
#ifndef SV_HINTS_H
#define SV_HINTS_H

#include "script/script.h"

/* "-- renamed from OLD", and what it stands at. */
typedef struct Hint
{
	int			line;
	const char *old_schema;		/* NULL: not given */
	const char *old_name;
	const char *class;			/* of the object that the statement creates; NULL: some
								 * relation or type */
	const char *schema;			/* as it stands there; NULL: not given */
	const char *name;
	const char *part_class;		/* NULL: it is about the object itself */
	const char *part;
	const char *value;			/* NULL, or a value of an enum */
} Hint;

extern List *sv_script_hints(const Script *script);

#endif							/* SV_HINTS_H */
