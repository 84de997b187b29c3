/*
 * relation_name.c
 *		The name of a relation for messages.
 */
#include "postgres.h"

#include "base/base.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/* Its name with its schema, quoted; in the current memory context. */
char *
sv_relation_name(Oid relation)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)),
									  get_rel_name(relation));
}
