/*
 * part.c
 *		How the script of a revision is cut into parts.
 *
 * Pure.  As much as can be goes into one transaction; a statement that the
 * server refuses there, or that is to run in batches, is a part of its own, and a
 * new value of an enum type is committed before anything else runs.
 */
#include "postgres.h"

#include "online/online_private.h"
#include "script/script.h"

/* Must the statement be the first of its transaction (SET TRANSACTION ISOLATION LEVEL)? */
static bool
begins_transaction(const Script *script, int statement)
{
	return script->statements[statement].blocker != NULL &&
		strcmp(script->statements[statement].tag, "SET") == 0;
}

/* The kind of the part that a statement belongs to. */
static PartKind
part_kind_of(const Script *script, int statement)
{
	int			from;
	int			to;

	if (script->statements[statement].blocker != NULL && !begins_transaction(script, statement))
		return SV_PART_ALONE;
	if (sv_batch_place(script, statement, &from, &to))
		return SV_PART_BATCHES;
	return SV_PART_TRANSACTION;
}

/*
 * The part that begins with a statement; it ends at the latest before "border".
 * Behind the last statement it is an empty transaction.
 */
Part
sv_part_next(const Script *script, int from, int border)
{
	Part		part = {SV_PART_TRANSACTION, from, from};

	if (from >= script->n)
		return part;
	part.kind = part_kind_of(script, from);
	part.to = from + 1;
	if (part.kind != SV_PART_TRANSACTION)
		return part;
	while (part.to < Min(script->n, border) &&
		   part_kind_of(script, part.to) == SV_PART_TRANSACTION &&
		   !begins_transaction(script, part.to) && !sv_script_commit_border(script, part.to))
		part.to++;
	return part;
}
