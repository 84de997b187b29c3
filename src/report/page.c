/*
 * page.c
 *		The report: one HTML page that needs nothing else.
 *
 * It has no script and asks for nothing; its policy (CSP) forbids both to
 * whatever could get into it.  It is well-formed XML, too.  Each section has a
 * limit of its own, so that the page stays below 2 MB, and says what it left out.
 */
#include "postgres.h"

#include "base/compat.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "report/report_private.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#define GRAPH_LIMIT (500 * 1024)
#define GRAPH_ROWS 1000
#define LAST_RUNS 20

/* Begin a section that may become "limit" bytes long, with a name to link to. */
void
sv_page_section(ReportPage *page, const char *name, const char *title, int limit)
{
	page->limit = page->out.len + limit;
	sv_page_put(page, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n", name, name,
				title);
}

/*
 * May what was written since "mark" stay, as far as the size of the section goes?
 * If not, it is taken back, and the page says that "what" is left out.
 */
bool
sv_page_has_room(ReportPage *page, int mark, const char *what)
{
	if (page->out.len <= page->limit)
		return true;
	page->out.len = mark;
	page->out.data[mark] = '\0';
	if (what != NULL)
		sv_page_put(page, "<p class=\"dim\">%s</p>\n", what);
	return false;
}

void
sv_page_state(ReportPage *page, const char *state)
{
	sv_page_put(page, "<span class=\"tag %s\">%s</span>", state, state);
}

/* The id of a revision, with a link to its entry if it has one. */
void
sv_page_revision_link(ReportPage *page, const char *id)
{
	int			index = sv_graph_find(page->graph, id);

	if (index < 0)
		sv_page_put(page, "<span class=\"id\">%s</span>", id);
	else
		sv_page_put(page, "<a class=\"id\" href=\"#r%d\">%s</a>", index, id);
}

char *
sv_page_duration(int64 milliseconds)
{
	if (milliseconds < 0)
		return pstrdup("");
	if (milliseconds < 10000)
		return psprintf(INT64_FORMAT " ms", milliseconds);
	if (milliseconds < 600000)
		return psprintf(INT64_FORMAT " s", milliseconds / 1000);
	return psprintf(INT64_FORMAT " min", milliseconds / 60000);
}

/* A point of time in the session's time zone, in full seconds. */
char *
sv_page_moment(TimestampTz moment)
{
	return pstrdup(timestamptz_to_str(moment - moment % USECS_PER_SEC));
}

/* How many revisions are in a state? */
static int
count_state(const ReportPage *page, const char *state)
{
	int			n = 0;

	for (int i = 0; i < page->list.n; i++)
		n += strcmp(sv_report_state(page->states, page->list.members[i], page->rows[i]),
					state) == 0;
	return n;
}

static void
put_fact(ReportPage *page, const char *name, const char *value)
{
	sv_page_put(page, "<div><dt>%s</dt><dd>%s</dd></div>\n", name, value);
}

static void
put_count(ReportPage *page, const char *state)
{
	int			n = count_state(page, state);

	if (n > 0 || strcmp(state, "applied") == 0 || strcmp(state, "pending") == 0)
		put_fact(page, state, psprintf("%d", n));
}

static char *
current_version(const ReportPage *page)
{
	RevisionList heads = sv_graph_current(page->graph);
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < heads.n && i < 10; i++)
		appendStringInfo(&out, "%s%s", i ? ", " : "",
						 page->graph->revisions[heads.members[i]].id);
	if (heads.n > 10)
		appendStringInfo(&out, " and %d more", heads.n - 10);
	return out.len > 0 ? out.data : "base: nothing is applied";
}

static void
put_facts(ReportPage *page, const DriftReport *drift, const List *runs)
{
	const StoredRun *last = runs != NIL ? linitial(runs) : NULL;

	sv_page_put(page, "<dl class=\"facts\">\n");
	put_fact(page, "version", current_version(page));
	put_count(page, "applied");
	put_count(page, "pending");
	put_count(page, "behind");
	put_count(page, "changed");
	put_count(page, "running");
	put_count(page, "interrupted");
	put_fact(page, "drifted objects", drift == NULL ? "not known" :
			 psprintf("%d", list_length(drift->drifts)));
	put_fact(page, "last run", last == NULL ? "none" :
			 psprintf("%s, %s", last->outcome, last->started_at));
	sv_page_put(page, "</dl>\n");
}

static void
put_page_head(ReportPage *page)
{
	static const struct
	{
		const char *name;
		const char *title;
	}			sections[] =

	{
		{"graph", "Graph"}, {"pending", "Pending"}, {"runs", "Last runs"}, {"drift", "Drift"},
		{"tables", "Tables"}, {"revisions", "Revisions"}
	};
	const char *database = get_database_name(MyDatabaseId);

	sv_page_put(page, "<!DOCTYPE html>\n"
				"<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n"
				"<meta charset=\"utf-8\"/>\n"
				"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
				"style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
				"form-action 'none'\"/>\n"
				"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
				"<meta name=\"color-scheme\" content=\"light dark\"/>\n"
				"<link rel=\"icon\" href=\"data:,\"/>\n"
				"<title>Schema of %s</title>\n<style>\n", database);
	appendStringInfoString(&page->out, sv_page_style);
	sv_page_put(page, "</style>\n</head>\n<body>\n<header>\n<h1>Schema of %s</h1>\n"
				"<p class=\"dim\">schemaver %s on PostgreSQL %s, %s</p>\n</header>\n"
				"<nav aria-label=\"Sections\"><ul>\n",
				database, SCHEMAVER_VERSION, PG_VERSION, sv_page_moment(GetCurrentTimestamp()));
	for (int i = 0; i < (int) lengthof(sections); i++)
		sv_page_put(page, "<li><a href=\"#%s\">%s</a></li>\n", sections[i].name,
					sections[i].title);
	sv_page_put(page, "</ul></nav>\n<main>\n");
}

/* As many of the newest revisions as there is room for. */
static void
put_graph(ReportPage *page)
{
	RevisionList list = page->list;
	int			mark;

	sv_page_section(page, "graph", "Graph", GRAPH_LIMIT);
	if (page->list.n == 0)
	{
		sv_page_put(page, "<p>No revision is registered.</p>\n</section>\n");
		return;
	}
	mark = page->out.len;
	for (list.n = Min(list.n, GRAPH_ROWS); list.n > 0; list.n /= 2)
	{
		sv_page_put(page, "<p class=\"dim\">A disc is applied, a ring is not, a diamond is half "
					"done. The newest revision is on top; each leads to its entry below.");
		if (list.n < page->list.n)
			sv_page_put(page, " These are the newest %d of %d.", list.n, page->list.n);
		sv_page_put(page, "</p>\n<div class=\"scroll graph\" tabindex=\"0\" role=\"group\" "
					"aria-label=\"Graph\">\n");
		sv_report_svg(&page->out, page->graph, &list, page->rows, true);
		sv_page_put(page, "</div>\n");
		if (sv_page_has_room(page, mark, NULL))
			break;
	}
	sv_page_put(page, "</section>\n");
}

/*
 * The report as HTML.  "compare" is the revision whose tables are compared with
 * those of now, or NULL: the one that was applied before the last one.
 */
char *
sv_report_page(const char *format, const char *compare, const DiffOptions *options)
{
	RevisionGraph *graph = sv_store_graph(SV_STORE_READ);
	ReportPage	page = {.graph = graph, .list = sv_graph_history(graph, NULL, NULL)};
	DriftReport drift;
	bool		known;
	List	   *runs;

	if (strcmp(format, "html") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unrecognized report format \"%s\"", sv_base_clip(format)),
				 errhint("Use html.")));
	page.rows = sv_store_revisions(SV_STORE_READ, graph, &page.list);
	page.states = sv_report_states(graph);
	runs = sv_store_last_runs(LAST_RUNS);
	known = sv_drift_find_known(NIL, options, &drift);
	if (known)
		sv_drift_write(&drift, options);
	initStringInfo(&page.out);
	put_page_head(&page);
	put_facts(&page, known ? &drift : NULL, runs);
	put_graph(&page);
	sv_page_pending(&page);
	sv_page_runs(&page, runs);
	sv_page_drift(&page, known ? &drift : NULL);
	sv_page_tables(&page, compare);
	sv_page_revisions(&page);
	sv_page_put(&page, "</main>\n<footer>Made by schemaver.report(). Passwords in scripts are "
				"shown as '...'.</footer>\n</body>\n</html>");
	return page.out.data;
}
