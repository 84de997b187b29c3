/*
 * page_drift.c
 *		Section of a report: what is not as the revisions left it.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "report/report_private.h"
#include "script/script.h"

#define DRIFT_LIMIT (200 * 1024)
#define CONTEXT 3				/* lines around a change that are shown */

/* A property as text: a list is a line for each member. */
static char *
property_text(const Property *property)
{
	if (property == NULL)
		return NULL;
	return property->text ? pstrdup(property->text) : sv_join(property->list, "\n");
}

/* Is a line that did not change near one that did? */
static bool
is_near(const List *lines, int at)
{
	for (int i = Max(0, at - CONTEXT); i < Min(list_length(lines), at + CONTEXT + 1); i++)
		if (((DiffLine *) list_nth(lines, i))->sign != ' ')
			return true;
	return false;
}

static void
put_text_diff(ReportPage *page, const char *was, const char *is)
{
	List	   *lines = sv_report_text_diff(was, is);
	bool		gap = false;

	sv_page_put(page, "<pre tabindex=\"0\">");
	foreach_ptr(const DiffLine, line, lines)
	{
		if (line->sign != ' ')
			sv_page_put(page, "<span class=\"%s\">%s %s</span>\n",
						line->sign == '-' ? "del" : "ins", line->sign == '-' ? "-" : "+",
						line->text);
		else if (is_near(lines, foreach_current_index(line)))
			sv_page_put(page, "  %s\n", line->text);
		else if (!gap)
			sv_page_put(page, "<span class=\"dim\">  ...</span>\n");
		gap = line->sign == ' ' && !is_near(lines, foreach_current_index(line));
	}
	sv_page_put(page, "</pre>\n");
}

static void
put_difference(ReportPage *page, const Difference *difference)
{
	char	   *was = property_text(difference->was);
	char	   *is = property_text(difference->is);

	sv_page_put(page, "<p><strong>%s</strong>", difference->property);
	if (was != NULL && is != NULL && (strchr(was, '\n') || strchr(is, '\n')))
	{
		sv_page_put(page, "</p>\n");
		put_text_diff(page, was, is);
		return;
	}
	sv_page_put(page, ": ");
	if (was == NULL)
		sv_page_put(page, "was not set");
	else
		sv_page_put(page, "was <code class=\"del\">%s</code>", was);
	if (is == NULL)
		sv_page_put(page, ", is not set</p>\n");
	else
		sv_page_put(page, ", is <code class=\"ins\">%s</code></p>\n", is);
}

/* The statements that create what was added, or what was dropped. */
static void
put_statements(ReportPage *page, const List *rows, const char *class)
{
	if (rows == NIL)
		return;
	sv_page_put(page, "<pre class=\"%s\" tabindex=\"0\">", class);
	foreach_ptr(const DiffRow, row, rows)
	{
		if (row->sql != NULL)
			sv_page_put(page, "%s;\n", sv_redact_script(row->sql));
	}
	sv_page_put(page, "</pre>\n");
}

static void
put_object(ReportPage *page, const Drift *drift)
{
	const Object *object = sv_drift_object(drift);
	const char *change = drift->kept == NULL ? "added" : drift->live == NULL ? "dropped" :
	"changed";

	sv_page_put(page, "<details open=\"open\"><summary>");
	sv_page_state(page, change);
	sv_page_put(page, " %s <code>%s</code>", object->class->name, object->identity);
	if (drift->renamed)
		sv_page_put(page, ", was <code>%s</code>", drift->kept->identity);
	sv_page_put(page, "</summary>\n");
	foreach_ptr(const Difference, difference, drift->differs)
		put_difference(page, difference);
	if (drift->kept == NULL)
		put_statements(page, drift->apply, "ins");
	else if (drift->live == NULL)
		put_statements(page, drift->revert, "del");
	sv_page_put(page, "</details>\n");
}

/* "drift" is NULL where it is not known what the revisions left. */
void
sv_page_drift(ReportPage *page, DriftReport *drift)
{
	sv_page_section(page, "drift", "Drift", DRIFT_LIMIT);
	if (drift == NULL)
		sv_page_put(page, "<p>What the revisions left is not known, so it cannot be compared with "
					"the live schema: no run kept it.</p>\n");
	else if (drift->drifts == NIL)
		sv_page_put(page, "<p>None: the schema is as the revisions left it.</p>\n");
	foreach_ptr(const Drift, one, drift ? drift->drifts : NIL)
	{
		int			mark = page->out.len;

		CHECK_FOR_INTERRUPTS();
		put_object(page, one);
		if (!sv_page_has_room(page, mark,
							  psprintf("%d more objects are in schemaver.drift().",
									   list_length(drift->drifts) -
									   foreach_current_index(one))))
			break;
	}
	sv_page_put(page, "</section>\n");
}
