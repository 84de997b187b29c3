/*
 * page_revisions.c
 *		Section of a report: what each revision changed, its scripts and its runs,
 *		of the last ones in full; the others in a line each.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "report/report_private.h"
#include "script/script.h"

#define FULL_LIMIT (450 * 1024)
#define OTHERS_LIMIT (200 * 1024)
#define FULL 50					/* revisions in full */
#define SCRIPT_BYTES 6000		/* of a script that are shown */
#define STEPS 5					/* of a revision that are shown */
#define CHANGES 40				/* the same of changed objects */

static void
put_script(ReportPage *page, const char *title, const char *script, const char *id)
{
	char	   *text = sv_redact_script(script);
	int			length = strlen(text);
	int			shown = pg_mbcliplen(text, length, SCRIPT_BYTES);

	sv_page_put(page, "<h3>%s</h3>\n", title);
	if (length == 0)
	{
		sv_page_put(page, "<p class=\"dim\">nothing</p>\n");
		return;
	}
	sv_page_put(page, "<pre tabindex=\"0\">%s</pre>\n", pnstrdup(text, shown));
	if (shown < length)
		sv_page_put(page, "<p class=\"dim\">%d more bytes are in schemaver.show(%s).</p>\n",
					length - shown, sv_quote(id));
}

static void
put_scripts(ReportPage *page, const StoredRevision *revision)
{
	StoredScript *script = sv_store_script(SV_STORE_READ, revision->id);

	put_script(page, "Up", script->up, revision->id);
	if (script->down != NULL)
		put_script(page, "Down", script->down, revision->id);
	else if (script->derived != NULL)
		put_script(page, "Down, derived when it was applied", script->derived, revision->id);
	else
		sv_page_put(page, "<h3>Down</h3>\n<p class=\"dim\">%s</p>\n",
					revision->applied ? "none" : "none: it is derived when it is applied");
	if (script->verify != NULL)
		put_script(page, "Verify", script->verify, revision->id);
	if (script->source != NULL)
		sv_page_put(page, "<p class=\"dim\">From file %s</p>\n", script->source);
}

/* "changes" are RevisionChanges of all revisions that are shown. */
static void
put_changes(ReportPage *page, const List *changes, const char *id)
{
	int			n = 0;

	foreach_ptr(const RevisionChange, change, changes)
	{
		if (strcmp(change->revision, id) != 0)
			continue;
		if (n++ == 0)
			sv_page_put(page, "<h3>Changed</h3>\n<ul class=\"plain\">\n");
		if (n > CHANGES)
			continue;
		sv_page_put(page, "<li>");
		sv_page_state(page, !change->before ? "added" : !change->after ? "dropped" : "changed");
		sv_page_put(page, " %s <code>%s</code></li>\n", change->class, change->identity);
	}
	if (n > CHANGES)
		sv_page_put(page, "<li>and %d more</li>\n", n - CHANGES);
	if (n > 0)
		sv_page_put(page, "</ul>\n");
}

static void
put_revision_steps(ReportPage *page, const List *steps, const char *id)
{
	bool		any = false;

	foreach_ptr(const RevisionStep, step, steps)
	{
		if (strcmp(step->revision, id) != 0)
			continue;
		if (!any)
			sv_page_put(page, "<h3>Runs</h3>\n<ul class=\"plain\">\n");
		any = true;
		sv_page_put(page, "<li>");
		sv_page_state(page, step->outcome);
		sv_page_put(page, " %s, %s by %s", step->direction, step->started_at, step->role);
		if (strcmp(step->role, step->session_role) != 0)
			sv_page_put(page, " (session of %s)", step->session_role);
		if (step->application != NULL && step->application[0] != '\0')
			sv_page_put(page, " with %s", sv_markup_clip(step->application, 60));
		sv_page_put(page, ", run %s, %s", psprintf(INT64_FORMAT, step->run),
					sv_page_duration(step->milliseconds));
		if (step->error != NULL)
			sv_page_put(page, ": %s", sv_markup_clip(step->error, 300));
		sv_page_put(page, "</li>\n");
	}
	if (any)
		sv_page_put(page, "</ul>\n");
}

static void
put_ids(ReportPage *page, const char *title, const RevisionGraph *graph, const int *members, int n)
{
	if (n == 0)
		return;
	sv_page_put(page, "<br/>%s ", title);
	for (int i = 0; i < n; i++)
	{
		sv_page_put(page, "%s", i ? ", " : "");
		sv_page_revision_link(page, graph->revisions[members[i]].id);
	}
}

static void
put_origin(ReportPage *page, int index, const StoredRevision *revision)
{
	const GraphRevision *node = &page->graph->revisions[index];

	sv_page_put(page, "<p class=\"dim\">Registered %s by %s",
				sv_page_moment(revision->created_at), revision->created_by);
	if (revision->applied)
		sv_page_put(page, "<br/>Applied %s by %s", sv_page_moment(revision->applied_at),
					revision->applied_by);
	put_ids(page, "Revises", page->graph, node->parents, node->nparents);
	put_ids(page, "Depends on", page->graph, node->depends, node->ndepends);
	if (node->nlabels > 0)
		sv_page_put(page, "<br/>Branch labels");
	for (int i = 0; i < node->nlabels; i++)
		sv_page_put(page, "%s %s", i ? "," : "", node->labels[i]);
	sv_page_put(page, "</p>\n");
}

static void
put_message(ReportPage *page, const char *message)
{
	const char *rest = message + strcspn(message, "\r\n");

	if (rest[strspn(rest, "\r\n")] != '\0')
		sv_page_put(page, "<pre tabindex=\"0\">%s</pre>\n",
					pnstrdup(message, pg_mbcliplen(message, strlen(message), SCRIPT_BYTES)));
}

static void
put_full(ReportPage *page, int at, const List *changes, const List *steps)
{
	const StoredRevision *revision = page->rows[at];
	int			index = page->list.members[at];

	sv_page_put(page, "<details id=\"r%d\"><summary><span class=\"id\">%s</span> ", index,
				revision->id);
	sv_page_state(page, sv_report_state(page->states, index, revision));
	sv_page_put(page, " %s</summary>\n", sv_markup_clip(revision->message, 200));
	put_message(page, revision->message);
	put_origin(page, index, revision);
	put_changes(page, changes, revision->id);
	put_scripts(page, revision);
	put_revision_steps(page, steps, revision->id);
	sv_page_put(page, "</details>\n");
}

static void
put_revision_line(ReportPage *page, int at)
{
	const StoredRevision *revision = page->rows[at];
	int			index = page->list.members[at];

	sv_page_put(page, "<tr id=\"r%d\"><td class=\"id\">%s</td><td>", index, revision->id);
	sv_page_state(page, sv_report_state(page->states, index, revision));
	sv_page_put(page, "</td><td>%s</td><td>%s</td></tr>\n",
				sv_markup_clip(revision->message, 100),
				revision->applied ? sv_page_moment(revision->applied_at) : "");
}

/* Those from "at" on, in a line each. */
static void
put_others(ReportPage *page, int at)
{
	page->limit = page->out.len + OTHERS_LIMIT;
	sv_page_put(page, "<h3>Older ones</h3>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" "
				"aria-label=\"Older revisions\"><table>\n"
				"<thead><tr><th scope=\"col\">Revision</th><th scope=\"col\">State</th>"
				"<th scope=\"col\">Message</th><th scope=\"col\">Applied</th></tr></thead>\n"
				"<tbody>\n");
	for (; at < page->list.n; at++)
	{
		int			mark = page->out.len;

		CHECK_FOR_INTERRUPTS();
		put_revision_line(page, at);
		if (sv_page_has_room(page, mark, NULL))
			continue;
		sv_page_put(page, "<tr><td colspan=\"4\">and %d more</td></tr>\n", page->list.n - at);
		break;
	}
	sv_page_put(page, "</tbody></table></div>\n");
}

void
sv_page_revisions(ReportPage *page)
{
	List	   *ids = NIL;
	List	   *changes;
	List	   *steps;
	int			at;

	for (int i = 0; i < page->list.n && i < FULL; i++)
		ids = lappend(ids, page->rows[i]->id);
	changes = sv_store_changes_of(ids);
	steps = sv_store_steps_of(ids, STEPS);
	sv_page_section(page, "revisions", "Revisions", FULL_LIMIT);
	if (ids == NIL)
		sv_page_put(page, "<p>None is registered.</p>\n");
	for (at = 0; at < list_length(ids); at++)
	{
		int			mark = page->out.len;

		CHECK_FOR_INTERRUPTS();
		put_full(page, at, changes, steps);
		if (!sv_page_has_room(page, mark, NULL))
			break;
	}
	if (at < page->list.n)
		put_others(page, at);
	sv_page_put(page, "</section>\n");
}
