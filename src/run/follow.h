/*
 * follow.h
 *		What is recorded of the changes that the steps of a run make.
 */
#ifndef SV_FOLLOW_H
#define SV_FOLLOW_H

#include "run/execution.h"

extern void sv_follow_begin(void);
extern void sv_follow_step(void);
extern void sv_follow_revision(bool whole);
extern void sv_follow_part(void);
extern void sv_follow_elsewhere(const char *statement);
extern void sv_follow_step_done(const StoredRevision *revision, const StoredScript *stored, Direction direction);
extern void sv_follow_finish(void);
extern void sv_follow_end(void);

#endif							/* SV_FOLLOW_H */
