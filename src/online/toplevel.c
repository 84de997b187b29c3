/*
 * toplevel.c
 *		The one place that opens portals for top-level statements.
 *
 * Runs in schemaver's background worker: only a statement at top level may
 * begin and end transactions by itself, as CREATE INDEX CONCURRENTLY does.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "online/online_private.h"
#include "parser/analyze.h"
#include "parser/parser.h"
#include "pgstat.h"
#include "storage/proc.h"
#include "tcop/dest.h"
#include "tcop/pquery.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/backend_status.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"

/* Plan the statement in a snapshot of its own, if it needs one. */
static List *
plan_statement(RawStmt *tree, const char *statement)
{
	bool		needs_snapshot = analyze_requires_snapshot(tree);
	List	   *plans;

	if (needs_snapshot)
		PushActiveSnapshot(GetTransactionSnapshot());
	plans = pg_plan_queries(pg_analyze_and_rewrite_fixedparams(tree, statement, NULL, 0, NULL),
							statement, CURSOR_OPT_PARALLEL_OK, NULL);
	if (needs_snapshot)
		PopActiveSnapshot();
	return plans;
}

static void
run_portal(RawStmt *tree, const char *statement)
{
	CommandTag	tag = CreateCommandTag(tree->stmt);
	Portal		portal = CreatePortal("", true, true);
	DestReceiver *receiver = CreateDestReceiver(DestNone);
	QueryCompletion completion;

	portal->visible = false;
	PortalDefineQuery(portal, NULL, statement, tag, plan_statement(tree, statement), NULL);
	PortalStart(portal, NULL, 0, InvalidSnapshot);
	(void) sv_portal_run(portal, receiver, &completion);
	receiver->rDestroy(receiver);
	PortalDrop(portal, false);
}

/*
 * Execute one statement as if a client had sent it, with statement_timeout.
 * There must be no transaction.
 */
void
sv_toplevel_execute(const char *statement)
{
	MemoryContext context = AllocSetContextCreate(TopMemoryContext, "schemaver top-level statement",
												  ALLOCSET_DEFAULT_SIZES);
	List	   *trees;

	SetCurrentStatementStartTimestamp();
	debug_query_string = statement;
	pgstat_report_activity(STATE_RUNNING, statement);
	StartTransactionCommand();
	if (StatementTimeout > 0)
		enable_timeout_after(STATEMENT_TIMEOUT, StatementTimeout);
	MemoryContextSwitchTo(context);
	trees = raw_parser(statement, RAW_PARSE_DEFAULT);
	if (list_length(trees) != 1)
		elog(ERROR, "the parser found %d statements instead of one", list_length(trees));
	run_portal(linitial_node(RawStmt, trees), statement);
	disable_timeout(STATEMENT_TIMEOUT, false);
	CommitTransactionCommand();
	pgstat_report_activity(STATE_IDLE, NULL);
	debug_query_string = NULL;
	MemoryContextDelete(context);
}
