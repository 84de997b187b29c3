/*
 * online_hooks.c
 *		When an online run executes the hooks: in the transaction of what they stand
 *		around, where that has one, else in one of their own.
 */
#include "postgres.h"

#include "online/online.h"
#include "online/online_private.h"
#include "track/track.h"

/* Run the hooks before the revision, if its first part is about to be executed. */
void
sv_online_fire_before_revision(const OnlineRun *online)
{
	if (online->part.from == 0 && !online->step.stamped)
		sv_hooks_fire(SV_HOOK_BEFORE_REVISION, NULL);
}

/*
 * A part will be executed elsewhere, or in many transactions: the hooks before it have one
 * of their own.  Commits.
 */
void
sv_online_fire_before_part(OnlineRun *online)
{
	bool		first = online->part.from == 0;

	if (!sv_hooks_any(SV_HOOK_BEFORE_STATEMENT) &&
		!(first && sv_hooks_any(SV_HOOK_BEFORE_REVISION)))
		return;
	sv_follow_part();
	sv_lock_hold();
	if (first)
		sv_online_fire_before_revision(online);
	sv_hooks_fire(SV_HOOK_BEFORE_STATEMENT,
				  online->execution.script->statements[online->part.from].tag);
	sv_follow_part_done();
	sv_online_keep_lock();
	sv_online_commit();
}

/*
 * Such a part is executed: run the hooks behind it and record it, in one transaction, so
 * that the next run comes back to a hook that failed.  Commits.
 */
void
sv_online_end_part(OnlineRun *online)
{
	if (sv_hooks_any(SV_HOOK_AFTER_STATEMENT))
	{
		sv_follow_part();
		sv_lock_hold();
		sv_hooks_fire(SV_HOOK_AFTER_STATEMENT,
					  online->execution.script->statements[online->part.from].tag);
		sv_follow_part_done();
		sv_online_keep_lock();
	}
	sv_store_end_part(&online->part);
	sv_online_commit();
}

/* Run the hooks around the run, in a transaction of their own.  Commits. */
void
sv_online_fire_around_run(OnlineRun *online, HookMoment at)
{
	sv_fact_set(SV_FACT_REVISION, NULL);
	sv_hooks_run(online->run.number, online->direction == SV_UPGRADE,
				 online->direction == SV_DOWNGRADE);
	if (!sv_hooks_any(at))
		return;
	sv_online_commit();
	sv_follow_end();
	sv_follow_begin();
	sv_lock_hold();
	sv_hooks_between(at);
	sv_follow_finish();
	sv_follow_end();
	sv_online_keep_lock();
	sv_online_commit();
}
