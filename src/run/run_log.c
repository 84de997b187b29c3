/*
 * run_log.c
 *		What the server's log and pg_stat_activity know of a run under way.
 */
#include "postgres.h"

#include "pgstat.h"
#include "run/run.h"
#include "tcop/tcopprot.h"
#include "utils/backend_status.h"
#include "utils/timestamp.h"

/* A run begins. */
void
sv_run_log_begin(const Run *run, const char *command, const char *target)
{
	if (!run->options.dry_run && !run->options.rehearsal)
		ereport(LOG,
				(errmsg("schemaver run " INT64_FORMAT ": %s to \"%s\" begins, %d revisions",
						run->number, command, target ? sv_base_clip(target) : "", run->nsteps),
				 errhidestmt(true)));
}

static double
elapsed_ms(const Run *run)
{
	return (GetCurrentTimestamp() - run->started_at) / 1000.0;
}

/* It ended well; its transaction may still be rolled back. */
void
sv_run_log_end(const Run *run)
{
	if (!run->options.dry_run && !run->options.rehearsal)
		ereport(LOG,
				(errmsg("schemaver run " INT64_FORMAT ": done, %d revisions in %.0f ms",
						run->number, run->nsteps, elapsed_ms(run)),
				 errhidestmt(true)));
}

/* It failed with an error that is raised by itself. */
void
sv_run_log_failed(const Run *run, const char *revision, int sqlstate)
{
	if (!run->options.dry_run && !run->options.rehearsal)
		ereport(LOG,
				(errmsg("schemaver run " INT64_FORMAT ": failed in revision \"%s\" with SQLSTATE %s after %.0f ms",
						run->number, revision ? sv_base_clip(revision) : "",
						unpack_sql_state(sqlstate), elapsed_ms(run)),
				 errhidestmt(true)));
}

/*
 * Let pg_stat_activity, and so the view progress, show which revision is executed, before
 * the session's own statement, for which others look there.
 */
void
sv_run_show_step(const Run *run, const char *revision, Direction direction)
{
	pgstat_report_activity(STATE_RUNNING,
						   psprintf("/* schemaver run " INT64_FORMAT
									": %s %s, revision %d of %d */ %s",
									run->number, sv_direction_name(direction),
									sv_base_clip(revision), run->done + 1, run->nsteps,
									debug_query_string ? debug_query_string : ""));
}

/* Let it show the session's own statement again. */
void
sv_run_show_statement(void)
{
	pgstat_report_activity(STATE_RUNNING, debug_query_string ? debug_query_string : "");
}
