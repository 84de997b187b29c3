/*
 * batches.h
 *		A statement that runs range of keys by range, each in a transaction.
 */
#ifndef SV_BATCHES_H
#define SV_BATCHES_H

#include "run/execution.h"
#include "script/batch.h"

/* The batches of a statement under way. */
typedef struct Batches
{
	Execution  *execution;
	StoredSegment *segment;		/* how far they are; the caller's */
	int			statement;		/* index in the script */
	BatchStep  *step;
	bool		again;			/* visit only rows that are left */
	int			passes;
	int64		vacuumed_at;	/* segment->done at the last vacuum */
	bool		vacuum_due;
	bool		finished;
} Batches;

extern void sv_batches_execute(Batches *batches);

#endif							/* SV_BATCHES_H */
