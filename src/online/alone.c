/*
 * alone.c
 *		A statement of an online run that the server refuses in a transaction.
 *
 * The background worker executes it; that the statement begins was on record before,
 * and what a failed attempt left is cleaned up first (leftovers.c).
 */
#include "postgres.h"

#include "base/base.h"
#include "miscadmin.h"
#include "online/online.h"
#include "online/online_private.h"
#include "track/track.h"
#include "utils/guc.h"

#define LOOK_AGAIN_MS 200

/* What to do next about the statement, and under which settings. */
typedef struct AloneStep
{
	Leftover	leftover;
	WorkerSettings *settings;	/* the session's, then what the script has set */
} AloneStep;

/*
 * Follow the statement, after what a failed attempt left is gone: that is work of no
 * statement.
 */
static void
follow_alone(OnlineRun *online, int at, const Leftover *leftover)
{
	Node	   *tree = sv_statement_tree(online->execution.script, at);

	if (leftover->action == SV_LEFTOVER_EXECUTE)
		sv_follow_elsewhere(tree);
	else if (leftover->action == SV_LEFTOVER_DONE)
		sv_follow_found(tree, leftover->relation);
}

static AloneStep
look_for_leftovers(OnlineRun *online, int at, const char *statement, StatementHistory history)
{
	AloneStep	step;
	int			level = NewGUCNestLevel();
	Oid			userid;
	int			security_context;

	GetUserIdAndSecContext(&userid, &security_context);
	(void) set_config_option("lock_timeout", psprintf("%d", sv_concurrent_lock_timeout),
							 PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	sv_execution_settings(&online->execution, at);
	step.settings = sv_worker_settings();
	online->execution.current = at;
	online->execution.text = statement;
	step.leftover = sv_leftovers(statement, history);
	if (history != SV_STATEMENT_FORMER)
		follow_alone(online, at, &step.leftover);
	AtEOXact_GUC(false, level);
	SetUserIdAndSecContext(userid, security_context);
	sv_online_keep_lock();
	return step;
}

/* Do what has to come before the statement; returns what to do about itself.  Commits. */
static AloneStep
prepare_statement(OnlineRun *online, int at, const char *statement, StatementHistory history)
{
	for (;;)
	{
		AloneStep	step = look_for_leftovers(online, at, statement, history);

		sv_online_commit();
		switch (step.leftover.action)
		{
			case SV_LEFTOVER_EXECUTE:
			case SV_LEFTOVER_DONE:
				return step;
			case SV_LEFTOVER_CLEAN:
				if (sv_progress)
					ereport(INFO, (errmsg("cleaning up: %s", step.leftover.cleanup)));
				sv_worker_execute(step.leftover.cleanup, step.settings);
				break;
			case SV_LEFTOVER_WAIT:
				sv_online_sleep(LOOK_AGAIN_MS);
				break;
		}
		sv_online_commit();		/* to see what others have done since */
	}
}

static void
execute_alone_statement(OnlineRun *online, const char *statement)
{
	AloneStep	step = prepare_statement(online, online->part.from, statement,
										 online->part.begun_before ? SV_STATEMENT_BEGUN :
										 SV_STATEMENT_NEW);

	if (step.leftover.action == SV_LEFTOVER_EXECUTE)
		sv_worker_execute(statement, step.settings);
}

/*
 * Clean up after a statement that an earlier run has begun and that was edited
 * away since.  Commits.
 */
void
sv_online_clean_former(OnlineRun *online)
{
	Part	   *former = online->former;
	AloneStep	step = prepare_statement(online, Min(former->from, online->execution.script->n),
										 former->body, SV_STATEMENT_FORMER);

	if (step.leftover.action == SV_LEFTOVER_DONE)
		ereport(WARNING,
				(errmsg("a former statement of revision \"%s\" was executed, and what it did stays",
						former->revision),
				 errdetail("It was: %s", former->body)));
	sv_store_forget_part(former);
	online->former = NULL;
}

/* Execute the part under way, which is one statement outside of transactions.  Commits. */
void
sv_online_try_alone(void *arg)
{
	OnlineRun  *online = arg;
	Execution  *execution = &online->execution;
	MemoryContext context = CurrentMemoryContext;
	char	   *statement = sv_script_statement_text(execution->script, online->part.from);

	PG_TRY();
	{
		execute_alone_statement(online, statement);
	}
	PG_CATCH();
	{
		sv_execution_rethrow(execution, context);
	}
	PG_END_TRY();
	sv_follow_part_done();
	sv_online_end_part(online);
}
