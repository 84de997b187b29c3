/*
 * track.h
 *		What the steps of a run change, seen by the server itself.
 *
 * While a step runs, the server reports every object that is created, altered
 * or dropped.  The unit to which it belongs is read before its first change in
 * the step, and again when the steps are settled.  So the cost is that of the
 * change, not of the schema.
 */
#ifndef SV_TRACK_H
#define SV_TRACK_H

#include "graph/graph.h"
#include "model/model.h"

/*
 * A step that was followed, or a part of one: the models hold what it changed,
 * and what that needs.
 */
typedef struct TrackedStep
{
	void	   *tag;			/* of the caller */
	List	   *units;			/* ObjectAddress of each unit that it touched */
	Model	   *before;
	Model	   *after;
	bool		renamed;		/* something got another name or schema */
	List	   *written;		/* names of tables that were there before and whose rows it changed */
} TrackedStep;

/* Gets each step when it is settled, in order. */
typedef void (*TrackedStepFn) (TrackedStep *step, void *arg);

extern void sv_track_install(void);
extern void sv_track_begin(TrackedStepFn settle, void *arg);
extern void sv_track_step(void);
extern void sv_track_part(void);
extern const TrackedStep *sv_track_whole(const TrackedStep *step);
extern void sv_track_part_done(void *tag);
extern void sv_track_step_done(void *tag);
extern void sv_track_settle(void);
extern void sv_track_end(void);
extern bool sv_track_pause(bool pause);
extern bool sv_track_active(void);
extern void *sv_track_alloc(Size size);

#endif							/* SV_TRACK_H */
