/*
 * batch.h
 *		A statement that an online run executes range of keys by range.
 */
#ifndef SV_BATCH_H
#define SV_BATCH_H

#include "script/script.h"

typedef struct BatchStep
{
	char	   *table;			/* as it was written */
	char	   *key;			/* a column of it */
	int			size;			/* keys of the first batch */
	int			target;			/* ms that a batch should take */
	int			pause;			/* ms between batches */
	int			wal;			/* kB of WAL per second; 0: no limit; -1: as the
								 * setting says */
	int64		vacuum;			/* rows after which to vacuum; -1: a quarter of
								 * the table; 0: never */
	char	   *left;			/* condition of rows that are not done, or NULL */
	char	   *head;			/* the statement before the range */
	char	   *range_key;		/* what the range is about in the statement */
	char	   *tail;			/* and behind it */
} BatchStep;

extern bool sv_batch_place(const Script *script, int statement, int *from, int *to);
extern BatchStep *sv_batch_step(const Script *script, int statement, const ScriptOrigin *origin);
extern void sv_batch_check(const Script *script, const ScriptOrigin *origin);

#endif							/* SV_BATCH_H */
