/*
 * page_runs.c
 *		Sections of a report: what is pending and what it would do, and the last
 *		runs.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "report/report_private.h"
#include "script/script.h"

#define PENDING_LIMIT (120 * 1024)
#define RUNS_LIMIT (80 * 1024)
#define MOST_COMMANDS 8			/* of one revision */

/* What the statements of a script are, as far as their text tells. */
typedef struct ScriptSummary
{
	const char *text;
	List	   *tags;			/* command tags, each once, in order */
	List	   *counts;			/* of each of them */
	int			drops;			/* statements that drop or convert something */
} ScriptSummary;

static void
count_tag(ScriptSummary *summary, const char *tag)
{
	foreach_ptr(const char, string, summary->tags)
	{
		if (strcmp(string, tag) == 0)
		{
			list_nth_cell(summary->counts, foreach_current_index(string))->int_value++;
			return;
		}
	}
	summary->tags = lappend(summary->tags, (char *) tag);
	summary->counts = lappend_int(summary->counts, 1);
}

static void
summarize(void *arg)
{
	ScriptSummary *summary = arg;
	ScriptOrigin origin = {NULL, "up"};
	Script	   *script = sv_script_parse(summary->text, &origin);

	for (int i = 0; i < script->n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		count_tag(summary, script->statements[i].tag);
		summary->drops += sv_drops_kind(sv_statement_tree(script, i)) == SV_DROPS_DIRECTLY;
	}
}

/* The commands of a script with their numbers. */
static void
put_commands(ReportPage *page, const ScriptSummary *summary)
{
	if (summary->tags == NIL)
		sv_page_put(page, "nothing");
	foreach_ptr(const char, tag, summary->tags)
	{
		int			n = list_nth_int(summary->counts, foreach_current_index(tag));

		if (foreach_current_index(tag) == MOST_COMMANDS)
		{
			sv_page_put(page, ", and other commands");
			break;
		}
		sv_page_put(page, "%s%s", foreach_current_index(tag) ? ", " : "",
					tag);
		if (n > 1)
			sv_page_put(page, " (%d)", n);
	}
}

/* What the upgrade of a revision would do. */
static void
put_work(ReportPage *page, const StoredRevision *revision)
{
	StoredScript *script = sv_store_script(SV_STORE_READ, revision->id);
	ScriptSummary summary = {script->up};
	ErrorData  *error = sv_subtransaction(summarize, &summary, true);

	if (error != NULL)
	{
		sv_page_put(page, "<span class=\"tag failed\">cannot be read</span> %s", error->message);
		return;
	}
	put_commands(page, &summary);
	if (summary.drops > 0)
		sv_page_put(page, " <span class=\"tag changed\">drops or converts</span>");
	if (revision->up_blocker != NULL)
		sv_page_put(page, " <span class=\"tag changed\">needs CALL online_upgrade()</span> %s",
					revision->up_blocker);
}

/* The ids of the heads that are to be reached: all revisions. */
void
sv_page_pending(ReportPage *page)
{
	RevisionList plan = sv_graph_plan_upgrade(page->graph, "heads");
	StoredRevision **rows = sv_store_revisions(SV_STORE_READ, page->graph, &plan);

	sv_page_section(page, "pending", "Pending", PENDING_LIMIT);
	if (plan.n == 0)
	{
		sv_page_put(page, "<p>Nothing: every revision is applied.</p>\n</section>\n");
		return;
	}
	sv_page_put(page, "<div class=\"scroll\" tabindex=\"0\" role=\"group\" "
				"aria-label=\"Pending\"><table>\n"
				"<caption>What an upgrade to all heads would run, in this order</caption>\n"
				"<thead><tr><th scope=\"col\">No.</th><th scope=\"col\">Revision</th>"
				"<th scope=\"col\">Message</th><th scope=\"col\">Commands</th></tr></thead>\n"
				"<tbody>\n");
	for (int i = 0; i < plan.n; i++)
	{
		int			mark = page->out.len;

		CHECK_FOR_INTERRUPTS();
		sv_page_put(page, "<tr><td>%d</td><td>", i + 1);
		sv_page_revision_link(page, rows[i]->id);
		sv_page_put(page, "</td><td>%s</td><td>", sv_markup_clip(rows[i]->message, 200));
		put_work(page, rows[i]);
		sv_page_put(page, "</td></tr>\n");
		if (sv_page_has_room(page, mark, NULL))
			continue;
		sv_page_put(page, "<tr><td colspan=\"4\">and %d more</td></tr>\n", plan.n - i);
		break;
	}
	sv_page_put(page, "</tbody></table></div>\n</section>\n");
}

static void
put_run(ReportPage *page, const StoredRun *run)
{
	sv_page_put(page, "<tr><td>%s</td><td>%s</td><td>%s</td><td>%s%s%s</td><td>",
				psprintf(INT64_FORMAT, run->run), run->started_at, run->role, run->command,
				run->target ? " to " : "", run->target ? run->target : "");
	if (run->steps > 0)
		sv_page_revision_link(page, run->first);
	if (run->steps > 1)
	{
		sv_page_put(page, " to ");
		sv_page_revision_link(page, run->last);
	}
	sv_page_put(page, "</td><td>%d</td><td>%s</td><td>", run->steps,
				sv_page_duration(run->milliseconds));
	sv_page_state(page, run->outcome);
	if (run->error != NULL)
		sv_page_put(page, " %s", sv_markup_clip(run->error, 300));
	if (run->note != NULL)
		sv_page_put(page, " <span class=\"dim\">%s</span>", sv_markup_clip(run->note, 300));
	sv_page_put(page, "</td></tr>\n");
}

/* "runs" are StoredRuns, the newest first. */
void
sv_page_runs(ReportPage *page, List *runs)
{
	sv_page_section(page, "runs", "Last runs", RUNS_LIMIT);
	if (runs == NIL)
	{
		sv_page_put(page, "<p>There was no run that left something.</p>\n</section>\n");
		return;
	}
	sv_page_put(page, "<div class=\"scroll\" tabindex=\"0\" role=\"group\" "
				"aria-label=\"Last runs\"><table>\n"
				"<caption>The newest run first; a plain run that failed leaves no trace"
				"</caption>\n<thead><tr><th scope=\"col\">Run</th><th scope=\"col\">When</th>"
				"<th scope=\"col\">Role</th><th scope=\"col\">Command</th>"
				"<th scope=\"col\">Revisions</th><th scope=\"col\">Steps</th>"
				"<th scope=\"col\">Took</th><th scope=\"col\">Outcome</th></tr></thead>\n"
				"<tbody>\n");
	foreach_ptr(const StoredRun, run, runs)
	{
		int			mark = page->out.len;

		put_run(page, run);
		if (!sv_page_has_room(page, mark, NULL))
			break;
	}
	sv_page_put(page, "</tbody></table></div>\n</section>\n");
}
