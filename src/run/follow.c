/*
 * follow.c
 *		Record what the steps of a run change: the down scripts that are derived
 *		from it.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "parser/parser.h"
#include "register/register.h"
#include "run/derive.h"
#include "run/follow.h"
#include "run/lock_targets.h"
#include "run/track.h"
#include "run/track_statements.h"
#include "settings.h"

/* What is to be done about a step when its changes are known. */
typedef struct Followed
{
	char	   *revision;
	bool		derive;
} Followed;

static void
settle(TrackedStep *step, void *arg)
{
	const Followed *followed = step->tag;
	bool		paused;

	if (!followed->derive)
		return;
	paused = sv_track_pause(true);
	{
		DerivedDown *down = sv_derive_down(step);

		sv_store_derived(followed->revision, down->sql, down->lost);
	}
	sv_track_pause(paused);
}

/* Begin to follow a run, if anything is to be recorded. */
void
sv_follow_begin(void)
{
	if (sv_derive_downs)
		sv_track_begin(settle, NULL);
}

/* A step begins. */
void
sv_follow_step(void)
{
	sv_track_step();
}

/*
 * A revision of an online run begins.  If a part of it was done by an earlier
 * run ("whole" is false), nobody knows what was there before.
 */
void
sv_follow_revision(bool whole)
{
	sv_follow_end();
	if (!whole)
		return;
	sv_follow_begin();
	sv_follow_step();
}

/* A transaction of the step begins. */
void
sv_follow_part(void)
{
	sv_track_part();
}

/* A statement of the step is about to be executed by another process. */
void
sv_follow_elsewhere(const char *statement)
{
	RawStmt    *raw;
	ListCell   *cell;

	if (!sv_track_active())
		return;
	sv_track_part();
	raw = linitial_node(RawStmt, raw_parser(statement, RAW_PARSE_DEFAULT));
	foreach(cell, sv_lock_targets(raw->stmt))
	{
		const LockTarget *target = lfirst(cell);
		Oid			relation = RangeVarGetRelid(target->relation, NoLock, true);

		if (OidIsValid(relation))
			sv_track_touch(RelationRelationId, relation, false);
	}
}

/* Does the revision get a down script from what it changed? */
static bool
is_derived(const StoredRevision *revision, const StoredScript *stored, Direction direction)
{
	const char *irreversible;

	if (!sv_derive_downs || direction != SV_UPGRADE || stored->down != NULL)
		return false;
	(void) sv_register_options(sv_store_revision(SV_STORE_WRITE, revision->id)->options, &irreversible);
	return irreversible == NULL;
}

/* A step is done and recorded. */
void
sv_follow_step_done(const StoredRevision *revision, const StoredScript *stored, Direction direction)
{
	Followed   *followed;

	if (!sv_track_active())
		return;
	followed = sv_track_alloc(sizeof(Followed));
	followed->derive = is_derived(revision, stored, direction);
	followed->revision = strcpy(sv_track_alloc(strlen(revision->id) + 1), revision->id);
	sv_track_step_done(followed);
}

/* All steps of the transaction are done. */
void
sv_follow_finish(void)
{
	sv_track_settle();
}

/* Follow no longer, also after an error. */
void
sv_follow_end(void)
{
	sv_track_end();
}
