/*
 * draw_graph.c
 *		The revision graph, drawn: as text in the manner of "git log --graph",
 *		as a Mermaid flowchart, as a Graphviz digraph.
 *
 * In the text "*" is an applied revision and "o" one that is not; a state that
 * needs somebody's attention is named behind the id.
 */
#include "postgres.h"

#include "base/base.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "report/report.h"

/* The lanes of the drawing; each waits for the revision that it leads to. */
typedef struct Lanes
{
	int			n;
	int			size;
	int		   *waiting;		/* index of a revision */
} Lanes;

/* Flatten a message to its first line. */
static char *
first_line(const char *message)
{
	return sv_one_line(pnstrdup(message, strcspn(message, "\r\n")));
}

static void
insert_lane(Lanes *lanes, int at, int revision)
{
	if (lanes->n == lanes->size)
	{
		lanes->size *= 2;
		lanes->waiting = repalloc(lanes->waiting, sizeof(int) * lanes->size);
	}
	memmove(lanes->waiting + at + 1, lanes->waiting + at, sizeof(int) * (lanes->n - at));
	lanes->waiting[at] = revision;
	lanes->n++;
}

static void
remove_lane(Lanes *lanes, int at)
{
	memmove(lanes->waiting + at, lanes->waiting + at + 1, sizeof(int) * (lanes->n - at - 1));
	lanes->n--;
}

static void
append_trimmed(StringInfo out, char *line)
{
	int			length = (int) strlen(line);

	while (length > 0 && line[length - 1] == ' ')
		length--;
	appendBinaryStringInfo(out, line, length);
	appendStringInfoChar(out, '\n');
	pfree(line);
}

static char *
blank_line(int nlanes)
{
	char	   *line = palloc(2 * nlanes + 3);

	memset(line, ' ', 2 * nlanes + 2);
	line[2 * nlanes + 2] = '\0';
	return line;
}

/* Lane "from" bends into lane "to" on its left; those right of it move over. */
static void
draw_join(StringInfo out, const Lanes *lanes, int to, int from)
{
	char	   *line = blank_line(lanes->n);

	for (int i = 0; i < from; i++)
		line[2 * i] = '|';
	for (int i = 2 * to + 1; i < 2 * from - 1; i += 2)
		line[i] = '_';
	for (int i = from; i < lanes->n; i++)
		line[2 * i - 1] = '/';
	append_trimmed(out, line);
}

/* A lane opens right of lane "at"; those right of it make room. */
static void
draw_fork(StringInfo out, const Lanes *lanes, int at)
{
	char	   *line = blank_line(lanes->n);

	for (int i = 0; i <= at; i++)
		line[2 * i] = '|';
	for (int i = at; i < lanes->n; i++)
		line[2 * i + 1] = '\\';
	append_trimmed(out, line);
}

/* The state of a revision if it is neither applied nor simply pending, else NULL. */
static const char *
odd_state(const RevisionStates *states, int index, const StoredRevision *row)
{
	const char *state = sv_report_state(states, index, row);

	return strcmp(state, "applied") == 0 || strcmp(state, "pending") == 0 ? NULL : state;
}

static void
append_notes(StringInfo out, const RevisionGraph *graph, int index, bool current,
			 const char *odd, const StoredRevision *row)
{
	const GraphRevision *node = &graph->revisions[index];

	appendStringInfo(out, " %s", node->id);
	if (current)
		appendStringInfoString(out, " (current)");
	if (node->nchildren == 0)
		appendStringInfoString(out, " (head)");
	if (odd != NULL)
		appendStringInfo(out, " (%s)", odd);
	for (int i = 0; i < node->nlabels; i++)
		appendStringInfo(out, " [%s]", node->labels[i]);
	if (row->message[0] != '\0')
		appendStringInfo(out, " %s", first_line(row->message));
	for (int i = 0; i < node->ndepends; i++)
		appendStringInfo(out, "%s%s", i ? ", " :
						 " (depends on ", graph->revisions[node->depends[i]].id);
	if (node->ndepends > 0)
		appendStringInfoChar(out, ')');
	appendStringInfoChar(out, '\n');
}

/* Draw one revision; what leads to it is joined before, its parents open after. */
static void
draw_revision(StringInfo out, Lanes *lanes, const RevisionGraph *graph, int index,
			  bool current, const char *odd, const StoredRevision *row)
{
	const GraphRevision *node = &graph->revisions[index];
	int			lane = 0;

	while (lane < lanes->n && lanes->waiting[lane] != index)
		lane++;
	if (lane == lanes->n)
		insert_lane(lanes, lane, index);
	for (int i = lanes->n - 1; i > lane; i--)
	{
		if (lanes->waiting[i] != index)
			continue;
		draw_join(out, lanes, lane, i);
		remove_lane(lanes, i);
	}
	for (int i = 0; i < lanes->n; i++)
		appendStringInfo(out, "%s%c", i ? " " : "", i != lane ? '|' : node->applied ? '*' : 'o');
	append_notes(out, graph, index, current, odd, row);

	if (node->nparents == 0)
	{
		remove_lane(lanes, lane);
		return;
	}
	lanes->waiting[lane] = node->parents[0];
	for (int i = 1; i < node->nparents; i++)
	{
		draw_fork(out, lanes, lane + i - 1);
		insert_lane(lanes, lane + i, node->parents[i]);
	}
}

static char *
draw_text(const RevisionGraph *graph, const RevisionList *list, StoredRevision **rows)
{
	RevisionList heads = sv_graph_current(graph);
	RevisionStates *states = sv_report_states(graph);
	bool	   *current = palloc0(sizeof(bool) * Max(graph->n, 1));
	Lanes		lanes = {0, 8, palloc(sizeof(int) * 8)};
	StringInfoData out;

	for (int i = 0; i < heads.n; i++)
		current[heads.members[i]] = true;
	initStringInfo(&out);
	for (int i = 0; i < list->n; i++)
	{
		int			index = list->members[i];

		CHECK_FOR_INTERRUPTS();
		draw_revision(&out, &lanes, graph, index, current[index], odd_state(states, index, rows[i]),
					  rows[i]);
	}
	if (out.len > 0)
		out.data[--out.len] = '\0';
	return out.data;
}

/* A state that needs attention, on a line of its own in the box of its revision. */
static void
append_state(StringInfo out, Markup kind, const char *line_break, const char *odd)
{
	if (odd == NULL)
		return;
	appendStringInfoString(out, line_break);
	sv_markup(out, kind, "(%s)", odd);
}

static char *
draw_mermaid(const RevisionGraph *graph, const RevisionList *list, StoredRevision **rows)
{
	RevisionStates *states = sv_report_states(graph);
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, "flowchart BT\n");
	for (int i = 0; i < list->n; i++)
	{
		sv_markup(&out, SV_MARKUP_MERMAID, "  r%d[\"%s", list->members[i], rows[i]->id);
		appendStringInfoString(&out, rows[i]->message[0] ? "<br>" : "");
		sv_markup(&out, SV_MARKUP_MERMAID, "%s", first_line(rows[i]->message));
		append_state(&out, SV_MARKUP_MERMAID, "<br>", odd_state(states, list->members[i], rows[i]));
		appendStringInfo(&out, "\"]%s\n", rows[i]->applied ? ":::applied" : "");
	}
	for (int i = 0; i < list->n; i++)
	{
		const GraphRevision *node = &graph->revisions[list->members[i]];

		for (int p = 0; p < node->nparents; p++)
			appendStringInfo(&out, "  r%d --> r%d\n", node->parents[p], list->members[i]);
		for (int p = 0; p < node->ndepends; p++)
			appendStringInfo(&out, "  r%d -.-> r%d\n", node->depends[p], list->members[i]);
	}
	appendStringInfoString(&out, "  classDef applied stroke-width:3px");
	return out.data;
}

static char *
draw_dot(const RevisionGraph *graph, const RevisionList *list, StoredRevision **rows)
{
	RevisionStates *states = sv_report_states(graph);
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, "digraph revisions {\n  rankdir=BT;\n  node [shape=box];\n");
	for (int i = 0; i < list->n; i++)
	{
		sv_markup(&out, SV_MARKUP_DOT, "  r%d [label=\"%s", list->members[i], rows[i]->id);
		appendStringInfoString(&out, rows[i]->message[0] ? "\\n" : "");
		sv_markup(&out, SV_MARKUP_DOT, "%s", first_line(rows[i]->message));
		append_state(&out, SV_MARKUP_DOT, "\\n", odd_state(states, list->members[i], rows[i]));
		appendStringInfo(&out, "\"%s];\n", rows[i]->applied ? ", style=bold" : "");
	}
	for (int i = 0; i < list->n; i++)
	{
		const GraphRevision *node = &graph->revisions[list->members[i]];

		for (int p = 0; p < node->nparents; p++)
			appendStringInfo(&out, "  r%d -> r%d;\n", node->parents[p], list->members[i]);
		for (int p = 0; p < node->ndepends; p++)
			appendStringInfo(&out, "  r%d -> r%d [style=dashed];\n", node->depends[p],
							 list->members[i]);
	}
	appendStringInfoString(&out, "}");
	return out.data;
}

static char *
draw_svg(const RevisionGraph *graph, const RevisionList *list, StoredRevision **rows)
{
	StringInfoData out;

	initStringInfo(&out);
	sv_report_svg(&out, graph, list, rows, false);
	return out.data;
}

static const struct
{
	const char *name;
	char	   *(*draw) (const RevisionGraph *graph, const RevisionList *list,
						 StoredRevision **rows);
}			drawings[] =

{
	{"text", draw_text},
	{"mermaid", draw_mermaid},
	{"dot", draw_dot},
	{"svg", draw_svg}
};

char *
sv_report_graph(const char *format, const RevisionGraph *graph,
				const RevisionList *list, StoredRevision **rows)
{
	for (int i = 0; i < (int) lengthof(drawings); i++)
		if (strcmp(drawings[i].name, format) == 0)
			return drawings[i].draw(graph, list, rows);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized graph format \"%s\"", sv_base_clip(format)),
			 errhint("Use text, mermaid, dot or svg.")));
	return NULL;
}
