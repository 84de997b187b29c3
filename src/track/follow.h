/*
 * follow.h
 *		What is recorded of the changes that steps make: the state of the schema
 *		after each, and the down scripts that follow from them.
 */
#ifndef SV_FOLLOW_H
#define SV_FOLLOW_H

#include "run/execution.h"

extern void sv_follow_begin(void);
extern void sv_follow_step(void);
extern void sv_follow_step_done(const Run *run, const StoredRevision *revision, const StoredScript *stored,
								Direction direction);
extern void sv_follow_finish(void);
extern void sv_follow_end(void);

/* steps in several transactions */
extern void sv_follow_revision(bool whole);
extern void sv_follow_part(void);
extern void sv_follow_elsewhere(const char *statement);
extern void sv_follow_part_done(void);

/* changes that were not seen while they were made */
extern int64 sv_follow_unseen(void);
extern int64 sv_follow_stamp(void);

#endif							/* SV_FOLLOW_H */
