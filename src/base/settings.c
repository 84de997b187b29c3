/*
 * settings.c
 *		The settings of schemaver, each with the reason why it exists.
 */
#include "postgres.h"

#include <limits.h>

#include "base/base.h"
#include "utils/guc.h"

/* A deploy job may prefer to fail at once over waiting behind another run. */
int			sv_run_lock_timeout = -1;

/* A file of this size is data or a mistake; read it only when asked to. */
int			sv_max_script_size = 16 * 1024;

/* INFO reaches every client whatever client_min_messages says; 1,000 lines help nobody. */
int			sv_progress = SV_PROGRESS_AUTO;

static const struct config_enum_entry progress_values[] = {
	{"auto", SV_PROGRESS_AUTO, false},
	{"on", SV_PROGRESS_ON, false},
	{"off", SV_PROGRESS_OFF, false},
	{"true", SV_PROGRESS_ON, true},
	{"false", SV_PROGRESS_OFF, true},
	{"yes", SV_PROGRESS_ON, true},
	{"no", SV_PROGRESS_OFF, true},
	{"1", SV_PROGRESS_ON, true},
	{"0", SV_PROGRESS_OFF, true},
	{NULL, 0, false}
};

/* A fresh database should need no other command than production. */
bool		sv_plain_when_empty = true;

/* A worker writes failed runs down; it takes one of max_worker_processes for a moment. */
bool		sv_journal_failures = true;

/* The way back of a revision without down follows from what it changed. */
bool		sv_derive_downs = true;

/* Keeping the states of a schema that nobody wants to look back at costs time and space. */
bool		sv_keep_snapshots = true;

/* Something else may make and drop the partitions of a table. */
bool		sv_partition_drift = true;

/*
 * A statement that queues for a lock blocks everybody who comes after it, so
 * an online run gives up soon and tries again.
 */
int			sv_lock_timeout = 1000;
int			sv_lock_attempts = 30;
int			sv_lock_retry_delay = 500;

/*
 * A concurrent build waits for old transactions, but blocks neither readers
 * nor writers while it waits; to give up would leave an invalid index.
 */
int			sv_concurrent_lock_timeout = 0;

/* Batches wait for standbys that fall behind more than this. */
int			sv_batch_max_lag = 10 * 1000;

/* A down is written once and needed on the worst day: try it while it is fresh. */
int			sv_check_downs = SV_CHECK_OFF;

static const struct config_enum_entry check_downs_values[] = {
	{"off", SV_CHECK_OFF, false},
	{"warn", SV_CHECK_WARN, false},
	{"error", SV_CHECK_ERROR, false},
	{NULL, 0, false}
};

/* So much WAL fills archives and forces checkpoints for everybody. */
int			sv_batch_max_wal_rate = 0;

/*
 * What is kept takes room and is still there: who drops a column in order to
 * forget its data must not find them again.  So it is to be asked for.
 */
bool		sv_keep_data = false;

/* A copy of a table blocks everybody while it lasts; the order of columns is seldom worth that. */
int			sv_reorder_limit = 100 * 1024;

/*
 * A view that is dropped for a moment is locked until the end of the transaction, and
 * its privileges are those that are written again: nothing to do unasked.
 */
bool		sv_rebuild_dependents = false;

/* Values that are the same for all scripts of a session or a database. */
char	   *sv_variables = NULL;

/* Who watches for years must not fill the disk; who hides a trace must not empty the log. */
int			sv_ddl_log_size = 10000;

static void
define_online_settings(void)
{
	DefineCustomIntVariable("schemaver.lock_timeout",
							"Sets how long an online run queues for a lock before it tries again "
							"later.",
							"0 leaves it to lock_timeout.",
							&sv_lock_timeout, 1000, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("schemaver.lock_attempts",
							"Sets how often an online run tries to get a lock.",
							NULL,
							&sv_lock_attempts, 30, 1, INT_MAX,
							PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("schemaver.lock_retry_delay",
							"Sets how long an online run waits before it tries again to get a "
							"lock.",
							"The wait doubles with each attempt, up to 64 times this.",
							&sv_lock_retry_delay, 500, 1, 3600 * 1000,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("schemaver.concurrent_lock_timeout",
							"Sets lock_timeout for statements that an online run executes outside "
							"of transactions.",
							"0 waits without limit.",
							&sv_concurrent_lock_timeout, 0, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("schemaver.batch_max_lag",
							"Sets how far standbys may be behind while an online run changes rows "
							"in batches.",
							"0 does not look at standbys.",
							&sv_batch_max_lag, 10 * 1000, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("schemaver.batch_max_wal_rate",
							"Sets how much WAL per second an online run may write while it changes "
							"rows in batches.",
							"0 sets no limit.",
							&sv_batch_max_wal_rate, 0, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_KB, NULL, NULL, NULL);
}

/* What a run leaves behind: states, downs, rows, its trace. */
static void
define_keeping_settings(void)
{
	DefineCustomBoolVariable("schemaver.derive_downs",
							 "Derives a down script for every revision that is applied and has "
							 "none.",
							 NULL,
							 &sv_derive_downs, true,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("schemaver.keep_snapshots",
							 "Keeps how the schema is after each step of a run.",
							 "Finding drift and looking back at revisions need it.",
							 &sv_keep_snapshots, true,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("schemaver.partition_drift",
							 "Compares partitions that were made or dropped outside of revisions.",
							 "Off where something else makes them, such as pg_partman.",
							 &sv_partition_drift, true,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomEnumVariable("schemaver.check_downs",
							 "Tries the down of a revision when it is registered and when it is "
							 "applied.",
							 "warn reports a down that does not bring back the schema, error "
							 "refuses it with SQLSTATE SV017.",
							 &sv_check_downs, SV_CHECK_OFF, check_downs_values,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("schemaver.journal_failures",
							 "Writes runs that were rolled back because of an error into the journal.",
							 "A background worker does it afterwards, if one is free.",
							 &sv_journal_failures, true,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("schemaver.keep_data",
							 "Lets upgrades keep what they drop, for the downgrade to bring it "
							 "back.",
							 "The option \"keep\" of a revision overrides it.",
							 &sv_keep_data, false,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("schemaver.reorder_limit",
							"Sets up to which size a derived down copies a table to restore the "
							"order of its columns.",
							"Above it, columns that come back are the last. -1 copies always, 0 never.",
							&sv_reorder_limit, 100 * 1024, -1, INT_MAX,
							PGC_USERSET, GUC_UNIT_KB, NULL, NULL, NULL);
	DefineCustomBoolVariable("schemaver.rebuild_dependents",
							 "Drops what is in the way of an ALTER or DROP, and re-creates it.",
							 "The option \"dependents\" of a revision overrides it.",
							 &sv_rebuild_dependents, false,
							 PGC_USERSET, 0, NULL, NULL, NULL);
}

/* Define the settings.  Called once, when the library is loaded. */
void
sv_settings_init(void)
{
	DefineCustomIntVariable("schemaver.run_lock_timeout",
							"Sets how long a run waits for another run of the same database.",
							"-1 waits without limit, 0 fails at once with SQLSTATE SV010.",
							&sv_run_lock_timeout, -1, -1, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("schemaver.max_script_size",
							"Sets the largest script or file that can be registered.",
							NULL,
							&sv_max_script_size, 16 * 1024, 1, 512 * 1024,
							PGC_USERSET, GUC_UNIT_KB, NULL, NULL, NULL);
	DefineCustomEnumVariable("schemaver.progress",
							 "Reports finished steps of a run with INFO messages.",
							 "auto reports the first, the last and at most one a second between "
							 "them, on reports all, off none.",
							 &sv_progress, SV_PROGRESS_AUTO, progress_values,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("schemaver.plain_when_empty",
							 "Runs CONCURRENTLY statements plainly in a run of one transaction, if "
							 "their table is new or empty.",
							 NULL,
							 &sv_plain_when_empty, true,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("schemaver.variables",
							   "Sets values of variables in scripts, a JSON object.",
							   "The argument \"variables\" of a call overrides them.",
							   &sv_variables, "",
							   PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("schemaver.ddl_log_size",
							"Sets how many statements schemaver.ddl_log keeps.",
							"The oldest go first; -1 keeps all.",
							&sv_ddl_log_size, 10000, -1, INT_MAX,
							PGC_SUSET, 0, NULL, NULL, NULL);
	define_keeping_settings();
	define_online_settings();
	sv_facts_init();
	MarkGUCPrefixReserved("schemaver");
}
