/*
 * batches.h
 *		A statement that runs range of keys by range, each in a transaction.
 */
#ifndef SV_BATCHES_H
#define SV_BATCHES_H

#include "access/xlogdefs.h"
#include "run/execution.h"
#include "script/batch.h"

/* How fast batches may go, and what is known about it. */
typedef struct Pace
{
	TimestampTz began_at;		/* start of the last batch's transaction */
	uint64		began_wal;		/* bytes of WAL of this session until then */
	double		executed;		/* ms that it took without its commit */
	double		elapsed;		/* and with it */
	double		commit;			/* ms that commits take lately */
	bool		waited_for;		/* another session waited for it */
	XLogRecPtr	sample;			/* a place in the WAL */
	TimestampTz sampled_at;		/* when it was written */
} Pace;

/* The batches of a statement under way. */
typedef struct Batches
{
	Execution  *execution;
	StoredSegment *segment;		/* how far they are; the caller's */
	int			statement;		/* index in the script */
	BatchStep  *step;
	int			passes;			/* by this run */
	bool		found;			/* the pass has found rows that are left */
	int64		vacuumed_at;	/* segment->done at the last vacuum */
	bool		finished;
	Pace		pace;
} Batches;

/* Keys between two others; NULL: no such end. */
typedef struct KeyRange
{
	const char *from;
	bool		with_from;
	const char *to;
	bool		with_to;
} KeyRange;

/* batches.c */
extern void sv_batches_execute(Batches *batches);

/* batch_keys.c */
extern Oid	sv_batch_table(const Batches *batches);
extern void sv_batch_check_key(const Batches *batches);
extern int64 sv_batch_estimated_rows(const Batches *batches);
extern char *sv_batch_last_key(const Batches *batches, MemoryContext context);
extern char *sv_batch_border(const Batches *batches, MemoryContext context);
extern uint64 sv_batch_execute_range(const Batches *batches, const KeyRange *range);
extern char *sv_batch_look(const Batches *batches, MemoryContext context, bool *any_left);
extern uint64 sv_batch_execute_left(const Batches *batches, const KeyRange *range);

/* pace.c */
#define SV_SMALLEST_BATCH	1
extern int	sv_pace_deadline(const Pace *pace, int size, int target);
extern int	sv_pace_next_size(int size, double elapsed, int target, bool waited_for);
extern long sv_pace_wal_pause(uint64 bytes, double elapsed, int rate);
extern bool sv_pace_is_waited_for(void);
extern void sv_pace_begin(Pace *pace);
extern void sv_pace_executed(Pace *pace);
extern void sv_pace_committed(Pace *pace);
extern void sv_pace_pause(Batches *batches);

#endif							/* SV_BATCHES_H */
