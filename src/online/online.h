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

/* online.c */
extern void sv_online_run(Direction direction, const char *target, const RunOptions *options);

/* abandon.c */
extern char *sv_online_abandon(const char *revision);

/* marker.c */
extern bool sv_online_is_active(void);

#endif							/* SV_ONLINE_H */
