/*
 * track.h
 *		What the steps of a run change, seen by the server itself.
 *
 * Owns: the hooks, the states and down scripts that follow from what a step
 * changed, the log of changes outside of runs.  Never locks, executes or refuses
 * anything.
 *
 * While a step runs, the server reports every object that is created, altered
 * or dropped.  The unit to which it belongs is read before its first change in
 * the step, unless that adds columns to a table and does no more, and again when the
 * steps are settled.  So the cost is that of the change, not of the schema.
 */
#ifndef SV_TRACK_H
#define SV_TRACK_H

#include "commands/event_trigger.h"
#include "diff/diff.h"
#include "graph/graph.h"
#include "model/model.h"
#include "store/store.h"

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
	List	   *undone;			/* strings: what it did that changes of the schema do not undo */
} TrackedStep;

/*
 * What is done with steps when they are settled.  "settle" gets each of them, in
 * order; "done" is called after the last one, while the models are still there.
 */
typedef struct TrackedSteps
{
	void		(*settle) (TrackedStep *step);
	void		(*done) (void);
} TrackedSteps;

extern void sv_track_install(void);
extern void sv_track_begin(const TrackedSteps *steps);
extern void sv_track_step(void);
extern void sv_track_part(void);
extern const TrackedStep *sv_track_whole(const TrackedStep *step);
extern void sv_track_part_done(void *tag);
extern void sv_track_step_done(void *tag, bool derive);
extern void sv_track_settle(void);
extern void sv_track_end(void);
extern bool sv_track_pause(bool pause);
extern bool sv_track_is_paused(void);
extern bool sv_track_active(void);
extern void *sv_track_alloc(Size size);

/* How much is noted of what no change of the schema undoes. */
typedef struct TrackMark
{
	int			written;
	int			undone;
} TrackMark;

extern void sv_track_mark(TrackMark *mark);
extern void sv_track_forget_rows(const TrackMark *mark);

/* ----- derive.c -----
 *
 * The way back of a step, out of what it changed.
 */

/* A derived down script. */
typedef struct DerivedDown
{
	char	   *sql;
	List	   *lost;			/* strings: what it cannot bring back */
	List	   *ordered;		/* names of tables that it copies for the order of columns */
	char	   *last;			/* the same without that; NULL if it copies none */
} DerivedDown;

extern DerivedDown *sv_derive_down(const TrackedStep *step);
extern void sv_derive_forget(void);

/* ----- follow.c -----
 *
 * What is recorded of the changes that steps make: the state of the schema
 * after each, and the down scripts that follow from them.
 */

typedef void (*FollowJudge) (List *changes, void *arg);

extern void sv_follow_begin(void);
extern void sv_follow_judge(FollowJudge judge, void *arg);
extern bool sv_follow_keeps(void);
extern void sv_follow_step(void);
extern void sv_follow_step_done(int64 run, int position, const StoredRevision *revision,
								const StoredScript *stored, Direction direction);

/*
 * Is a unit, or was it in this transaction, none of what revisions answer for?  Its
 * changes go into the state of the schema, but into no derived down.  NULL: never.
 */
extern bool (*sv_track_disowned) (const ObjectAddress *unit);
extern void sv_follow_living_done(int64 run, int position, const char *name);
extern void sv_follow_other_done(void);
extern void sv_follow_finish(void);
extern void sv_follow_end(void);

/* steps in several transactions */
extern void sv_follow_revision(bool whole, int64 state);
extern void sv_follow_part(void);
extern void sv_follow_elsewhere(const Node *statement);
extern void sv_follow_found(const Node *statement, Oid relation);
extern void sv_follow_part_done(void);
extern void sv_follow_half_done(void);

/* changes that were not seen while they were made */
extern int64 sv_follow_unseen(int64 *before);
extern int64 sv_follow_stamp(void);

/* ----- members.c -----
 *
 * Objects of schemaver itself, which scripts must not change.
 */

extern void sv_members_install(void);
extern void sv_members_begin(void);
extern void sv_members_end(void);
extern void sv_members_check(void);

/* ----- watch.c -----
 *
 * The log of who changes the schema outside of runs.
 */

extern void sv_ddl_log_pause(void);
extern void sv_ddl_log_resume(void);
extern void sv_ddl_log(const EventTriggerData *trigger);

#endif							/* SV_TRACK_H */
