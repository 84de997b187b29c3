/*
 * leftovers.h
 *		What a statement outside of transactions left when it failed half-way.
 */
#ifndef SV_LEFTOVERS_H
#define SV_LEFTOVERS_H

/* What to do about a statement. */
typedef enum LeftoverAction
{
	SV_LEFTOVER_EXECUTE,		/* execute it */
	SV_LEFTOVER_DONE,			/* nothing: it is done */
	SV_LEFTOVER_CLEAN,			/* execute the clean-up at top level, and look again */
	SV_LEFTOVER_WAIT			/* somebody else is at it: look again later */
} LeftoverAction;

typedef struct Leftover
{
	LeftoverAction action;
	char	   *cleanup;		/* SV_LEFTOVER_CLEAN */
} Leftover;

/* What is known about the statement. */
typedef enum StatementHistory
{
	SV_STATEMENT_NEW,			/* nobody has begun it */
	SV_STATEMENT_BEGUN,			/* an earlier run has begun it */
	SV_STATEMENT_FORMER			/* and now it is not in the script any more */
} StatementHistory;

/* leftovers.c */
extern Leftover sv_leftovers(const char *statement, StatementHistory history);

/* probe.c */
extern bool sv_same_index(const char *statement, Oid table, Oid index);

#endif							/* SV_LEFTOVERS_H */
