/*
 * lists.c
 *		Lists of strings and of addresses of objects.
 */
#include "postgres.h"

#include "base/base.h"

bool
sv_base_has_string(const List *strings, const char *string)
{
	foreach_ptr(const char, name, strings)
	{
		if (strcmp(name, string) == 0)
			return true;
	}
	return false;
}

/* Are the strings the same, in the same order? */
bool
sv_base_same_strings(const List *a, const List *b)
{
	if (list_length(a) != list_length(b))
		return false;
	for (int i = 0; i < list_length(a); i++)
		if (strcmp(list_nth(a, i), list_nth(b, i)) != 0)
			return false;
	return true;
}

/* For list_sort() of strings. */
int
sv_base_by_text(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

/* Do both addresses mean the same object, or parts of the same object? */
bool
sv_base_same_object(const ObjectAddress *a, const ObjectAddress *b)
{
	return a->classId == b->classId && a->objectId == b->objectId;
}

/* Is the object, or a part of the object, in the list? */
bool
sv_base_has_object(const List *addresses, const ObjectAddress *address)
{
	foreach_ptr(const ObjectAddress, one, addresses)
	{
		if (sv_base_same_object(one, address))
			return true;
	}
	return false;
}
