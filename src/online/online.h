/*
 * online.h
 *		Runs that commit step by step.
 *
 * Owns: transactions, the background worker, retries, batches, resuming.  Holds
 * no snapshot while it waits.  Never decides what a revision is.
 */
#ifndef SV_ONLINE_H
#define SV_ONLINE_H

#include "run/run.h"
#include "script/script.h"

/* ----- segment.c -----
 *
 * The parts of a script that an online run commits one by one.
 */

typedef enum SegmentKind
{
	SV_SEGMENT_TRANSACTION,		/* statements of one transaction */
	SV_SEGMENT_ALONE,			/* one statement outside of transactions */
	SV_SEGMENT_BATCHES			/* one statement, range of keys by range */
} SegmentKind;

typedef struct Segment
{
	SegmentKind kind;
	int			from;			/* index of its first statement */
	int			to;				/* and behind its last one */
} Segment;

/* segment.c */
extern Segment sv_segment_next(const Script *script, int from, int border);
extern const char *sv_segment_kind_name(SegmentKind kind);
extern char *sv_segment_checksum(const Script *script, int from, int to);

/* online.c */
extern void sv_online_run(Direction direction, const char *target, const RunOptions *options);

/* abandon.c */
extern char *sv_online_abandon(const char *revision);

/* marker.c */
extern bool sv_online_is_active(void);

#endif							/* SV_ONLINE_H */
