#include "postgres.h"
#include "diff/renames.h"
List *
sv_diff_renames(const Model *from, List *renames)
{
	return NIL;
}
