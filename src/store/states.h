/*
 * states.h
 *		Kept states of the schema: what it was after each step.
 *
 * States are numbers that grow.  The present state is what the revisions left;
 * what differs from it in the live schema is drift.  Only one session changes
 * states at a time: the one that holds the lock of runs.
 */
#ifndef SV_STATES_H
#define SV_STATES_H

#include "model/model.h"

extern int64 sv_state_record(List *changes);
extern bool sv_state_is_kept(void);
extern bool sv_state_is_at_home(void);
extern int64 sv_state_present(void);
extern void sv_state_begin(const Model *model);
extern void sv_state_gap(void);
extern void sv_state_move_in(const Model *live);
extern Model *sv_state_model(int64 state);
extern int64 sv_state_of_revision(const char *id);
extern int64 sv_state_first(void);

#endif							/* SV_STATES_H */
