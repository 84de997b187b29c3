/*
 * draw_svg.c
 *		The revision graph as SVG: a row for each revision, the newest on top, and
 *		a lane for each branch.
 *
 * A lane belongs to the revision that it leads down to, and is free again where
 * that revision is drawn.  A state is told by a shape and a word, and by its
 * colour only in addition.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "report/report.h"
#include "utils/timestamp.h"

#define ROW 26					/* height of a row, in pixels */
#define LANE 18					/* width of a lane */
#define MARGIN 14
#define LETTER 7				/* width of a letter of the labels, rounded up to the next pixel */
#define COLOURS 6
#define ID_LIMIT 40				/* characters */
#define MESSAGE_LIMIT 80

/* From a revision down to what it revises or depends on. */
typedef struct Edge
{
	int			from_row;
	int			from_lane;
	int			to;				/* index of a revision */
	int			lane;			/* in which it runs down */
	bool		depends;
} Edge;

typedef struct Drawing
{
	const RevisionGraph *graph;
	int		   *row;			/* of each revision; -1: not drawn */
	int		   *lane;			/* the same */
	int		   *waiting;		/* the revision that each lane leads to; -1: it is free */
	int			nlanes;
	int			size;			/* of "waiting" */
	Edge	   *edges;
	int			nedges;
	int			edges_size;
} Drawing;

/* The lane that leads to a revision, or the first one that is free. */
static int
lane_for(Drawing *drawing, int revision)
{
	int			free = -1;

	for (int i = 0; i < drawing->nlanes; i++)
	{
		if (drawing->waiting[i] == revision)
			return i;
		if (drawing->waiting[i] == -1 && free == -1)
			free = i;
	}
	if (free != -1)
		return free;
	if (drawing->nlanes == drawing->size)
	{
		drawing->size *= 2;
		drawing->waiting = repalloc(drawing->waiting, sizeof(int) * drawing->size);
	}
	drawing->waiting[drawing->nlanes] = -1;
	return drawing->nlanes++;
}

static void
add_edge(Drawing *drawing, int from, int to, int lane, bool depends)
{
	Edge	   *edge;

	if (drawing->nedges == drawing->edges_size)
	{
		drawing->edges_size *= 2;
		drawing->edges = repalloc_huge(drawing->edges, sizeof(Edge) * drawing->edges_size);
	}
	edge = &drawing->edges[drawing->nedges++];
	edge->from_row = drawing->row[from];
	edge->from_lane = drawing->lane[from];
	edge->to = to;
	edge->lane = lane;
	edge->depends = depends;
}

/* Give a revision its place.  Its first parent follows in its lane, others get one of their own. */
static void
place_revision(Drawing *drawing, int index, int row)
{
	const GraphRevision *node = &drawing->graph->revisions[index];
	int			lane = lane_for(drawing, index);

	drawing->row[index] = row;
	drawing->lane[index] = lane;
	for (int i = 0; i < drawing->nlanes; i++)
		if (drawing->waiting[i] == index)
			drawing->waiting[i] = -1;
	if (node->nparents > 0)
		drawing->waiting[lane] = node->parents[0];
	for (int i = 0; i < node->nparents; i++)
	{
		int			other = i == 0 ? lane : lane_for(drawing, node->parents[i]);

		drawing->waiting[other] = node->parents[i];
		add_edge(drawing, index, node->parents[i], other, false);
	}
	for (int i = 0; i < node->ndepends; i++)
		add_edge(drawing, index, node->depends[i], lane, true);
}

static Drawing *
place_all(const RevisionGraph *graph, const RevisionList *list)
{
	Drawing    *drawing = palloc0(sizeof(Drawing));

	drawing->graph = graph;
	drawing->size = drawing->edges_size = 8;
	drawing->waiting = palloc(sizeof(int) * drawing->size);
	drawing->edges = palloc(sizeof(Edge) * drawing->edges_size);
	drawing->row = palloc(sizeof(int) * Max(graph->n, 1));
	drawing->lane = palloc(sizeof(int) * Max(graph->n, 1));
	memset(drawing->row, -1, sizeof(int) * graph->n);
	for (int i = 0; i < list->n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		place_revision(drawing, list->members[i], i);
	}
	return drawing;
}

static int
x_of(int lane)
{
	return MARGIN + lane * LANE;
}

static int
y_of(int row)
{
	return ROW / 2 + row * ROW;
}

/* Bend from one lane into another within a row, or go straight down. */
static void
line_to(StringInfo out, int from_lane, int to_lane, int to_row)
{
	int			x = x_of(from_lane);
	int			y = y_of(to_row);

	if (from_lane == to_lane)
		appendStringInfo(out, "V%d", y);
	else
		appendStringInfo(out, "C%d %d %d %d %d %d", x, y - ROW / 2, x_of(to_lane), y - ROW / 2,
						 x_of(to_lane), y);
}

/* A dependency is no lane: it swings over to what is needed, past the lanes between. */
static void
swing_to(StringInfo out, int from_lane, int from_row, int to_lane, int to_row)
{
	int			reach = Min((to_row - from_row) * ROW / 2, 4 * ROW);
	int			aside = from_lane == to_lane ? LANE : 0;

	appendStringInfo(out, "C%d %d %d %d %d %d", x_of(from_lane) + aside, y_of(from_row) + reach,
					 x_of(to_lane) + aside, y_of(to_row) - reach, x_of(to_lane), y_of(to_row));
}

/* What leads out of the drawing ends below its last row. */
static void
draw_edge(StringInfo out, const Drawing *drawing, const Edge *edge, int rows)
{
	bool		leaves = drawing->row[edge->to] == -1;
	int			to_row = leaves ? rows : drawing->row[edge->to];
	int			to_lane = leaves ? edge->lane : drawing->lane[edge->to];

	appendStringInfo(out, "<path class=\"svl%d%s\" d=\"M%d %d", edge->lane % COLOURS,
					 edge->depends ? " svd" : "", x_of(edge->from_lane), y_of(edge->from_row));
	if (edge->depends)
		swing_to(out, edge->from_lane, edge->from_row, to_lane, to_row);
	else if (to_row > edge->from_row + 1)
	{
		line_to(out, edge->from_lane, edge->lane, edge->from_row + 1);
		if (to_row > edge->from_row + 2)
			appendStringInfo(out, "V%d", y_of(to_row - 1));
		line_to(out, edge->lane, to_lane, to_row);
	}
	else
		line_to(out, edge->from_lane, to_lane, to_row);
	appendStringInfoString(out, "\"/>\n");
}

/* A disc is applied, a ring is not, a diamond is half done. */
static void
draw_mark(StringInfo out, const char *state, int x, int y)
{
	bool		applied = strcmp(state, "applied") == 0 || strcmp(state, "changed") == 0;

	if (strcmp(state, "interrupted") == 0 || strcmp(state, "running") == 0)
		appendStringInfo(out, "<path class=\"svm sv-%s\" d=\"M%d %dl7 7l-7 7l-7 -7z\"/>", state, x,
						 y - 7);
	else
		appendStringInfo(out, "<circle class=\"svm sv-%s\" cx=\"%d\" cy=\"%d\" r=\"%s\"/>", state,
						 x, y, applied ? "6" : "5.5");
}

/* The words of a row; returns how wide they are, in letters. */
static int
draw_words(StringInfo out, const GraphRevision *node, const char *state, bool current,
		   const StoredRevision *row, int x, int y)
{
	char	   *id = sv_markup_clip(row->id, ID_LIMIT);
	char	   *message = sv_markup_clip(row->message, MESSAGE_LIMIT);
	StringInfoData marks;

	initStringInfo(&marks);
	if (current)
		appendStringInfoString(&marks, " (current)");
	if (node->nchildren == 0)
		appendStringInfoString(&marks, " (head)");
	if (strcmp(state, "applied") != 0)
		appendStringInfo(&marks, " (%s)", state);
	for (int i = 0; i < node->nlabels; i++)
		appendStringInfo(&marks, " [%s]", sv_markup_clip(node->labels[i], ID_LIMIT));
	sv_markup(out, SV_MARKUP_HTML,
			  "<text x=\"%d\" y=\"%d\"><tspan class=\"svi\">%s</tspan>"
			  "<tspan class=\"svb\">%s</tspan> %s</text>",
			  x, y + 4, id, marks.data, message);
	return sv_markup_width(id) + sv_markup_width(marks.data) + 1 + sv_markup_width(message);
}

/* The whole of what a row says in short, for the pointer and for screen readers. */
static void
draw_tooltip(StringInfo out, const GraphRevision *node, const RevisionGraph *graph,
			 const char *state, const StoredRevision *row)
{
	sv_markup(out, SV_MARKUP_HTML, "<title>%s, %s", row->id, state);
	if (row->applied)
		sv_markup(out, SV_MARKUP_HTML, " %s by %s", timestamptz_to_str(row->applied_at),
				  row->applied_by);
	sv_markup(out, SV_MARKUP_HTML, "\n%s", sv_markup_clip(row->message, 400));
	for (int i = 0; i < node->ndepends; i++)
		sv_markup(out, SV_MARKUP_HTML, "%s%s", i ? ", " : "\ndepends on ",
				  graph->revisions[node->depends[i]].id);
	appendStringInfoString(out, "</title>");
}

/* In a page a row leads to the section of its revision, which has this name. */
static int
draw_row(StringInfo out, const Drawing *drawing, int index, const char *state, bool current,
		 const StoredRevision *row, bool in_page)
{
	const GraphRevision *node = &drawing->graph->revisions[index];
	int			y = y_of(drawing->row[index]);
	int			width;

	if (in_page)
		appendStringInfo(out, "<a href=\"#r%d\">", index);
	appendStringInfoString(out, "<g>");
	draw_tooltip(out, node, drawing->graph, state, row);
	draw_mark(out, state, x_of(drawing->lane[index]), y);
	width = draw_words(out, node, state, current, row, x_of(drawing->nlanes) + 4, y);
	appendStringInfo(out, "</g>%s\n", in_page ? "</a>" : "");
	return width;
}

static const char *const style =
"<style>"
".sv{--bg:#fff;--fg:#1c2330;--dim:#5b6472;--bad:#b3261e;--warn:#8a5a00;"
"--l0:#2b6cb0;--l1:#2f7d4f;--l2:#9b4d96;--l3:#b45309;--l4:#0f766e;--l5:#a13d5b;"
"background:var(--bg);font:12px ui-monospace,Menlo,Consolas,monospace}"
"@media(prefers-color-scheme:dark){.sv{--bg:#14181f;--fg:#e6e9ee;--dim:#a2abb9;--bad:#ff8a80;"
"--warn:#f2c14e;--l0:#7ab3ef;--l1:#7fcf9b;--l2:#d59bd0;--l3:#f0a35e;--l4:#5cc8bd;--l5:#ee94ae}}"
".sv text{fill:var(--fg)}.sv .svi{font-weight:600}.sv .svb{fill:var(--dim)}"
".sv path{fill:none;stroke-width:2}.sv .svd{stroke-dasharray:3 4}"
".svl0{stroke:var(--l0)}.svl1{stroke:var(--l1)}.svl2{stroke:var(--l2)}"
".svl3{stroke:var(--l3)}.svl4{stroke:var(--l4)}.svl5{stroke:var(--l5)}"
".sv .svm{stroke:var(--fg);stroke-width:2;fill:var(--bg)}.sv .sv-applied{fill:var(--fg)}"
".sv .sv-changed{fill:var(--bad);stroke:var(--bad)}"
".sv .sv-behind{stroke:var(--warn);stroke-dasharray:2 2}"
".sv .sv-interrupted,.sv .sv-running{fill:var(--bad);stroke:var(--bad)}"
".sv a:hover text,.sv a:focus text{text-decoration:underline}"
"</style>\n";

/*
 * Append the graph.  "rows" are those of "list", which is newest first and may be
 * a part of the graph.  A page has links to the sections of its revisions.
 */
void
sv_report_svg(StringInfo out, const RevisionGraph *graph, const RevisionList *list,
			  StoredRevision **rows, bool in_page)
{
	Drawing    *drawing = place_all(graph, list);
	RevisionStates *states = sv_report_states(graph);
	RevisionList heads = sv_graph_current(graph);
	bool	   *current = palloc0(sizeof(bool) * Max(graph->n, 1));
	int			width = 20;
	StringInfoData body;

	for (int i = 0; i < heads.n; i++)
		current[heads.members[i]] = true;
	initStringInfo(&body);
	for (int i = 0; i < drawing->nedges; i++)
		draw_edge(&body, drawing, &drawing->edges[i], list->n);
	for (int i = 0; i < list->n; i++)
	{
		int			index = list->members[i];
		int			letters = draw_row(&body, drawing, index,
									   sv_report_state(states, index, rows[i]),
									   current[index], rows[i], in_page);

		CHECK_FOR_INTERRUPTS();
		width = Max(width, letters);
	}
	width = x_of(drawing->nlanes) + 4 + width * LETTER + width / 2 + MARGIN;
	appendStringInfo(out,
					 "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"sv\" role=\"%s\" "
					 "aria-label=\"Graph of %d revisions, newest first\" "
					 "width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n",
					 in_page ? "group" : "img", list->n, width, Max(list->n, 1) * ROW, width,
					 Max(list->n, 1) * ROW);
	appendStringInfoString(out, style);
	appendBinaryStringInfo(out, body.data, body.len);
	appendStringInfoString(out, "</svg>");
}
