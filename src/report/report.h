/*
 * report.h
 *		The graph and runs as text for people.
 *
 * Owns: text.  Never changes anything.
 */
#ifndef SV_REPORT_H
#define SV_REPORT_H

#include "diff/diff.h"
#include "graph/graph.h"
#include "lib/stringinfo.h"
#include "store/store.h"

/* ----- state_names.c: the state of a revision, in a word ----- */

typedef struct RevisionStates RevisionStates;

extern RevisionStates *sv_report_states(const RevisionGraph *graph);
extern const char *sv_report_state(const RevisionStates *states, int index,
								   const StoredRevision *revision);

/* draw_graph.c: "rows" are those of "list", which is newest first */
extern char *sv_report_graph(const char *format, const RevisionGraph *graph,
							 const RevisionList *list, StoredRevision **rows);

/* ----- draw_svg.c ----- */

extern void sv_report_svg(StringInfo out, const RevisionGraph *graph, const RevisionList *list,
						  StoredRevision **rows, bool in_page);

/* ----- page.c ----- */

extern char *sv_report_page(const char *format, const char *compare, const DiffOptions *options);

/* ----- draw_er.c ----- */

extern char *sv_report_er(const char *format, const Model *model);

/* ----- schema_at.c: the schema as a revision left it ----- */

extern Model *sv_report_schema_at(const RevisionGraph *graph, const char *reference);

/* script_file.c */
extern char *sv_report_script(const char *from, const char *to, const char *contexts);
extern char *sv_report_standalone(const char *from, const char *to, const char *contexts);

/* ----- text_diff.c ----- */

extern void sv_report_property_diff(StringInfo out, const char *name, const Property *was,
									const Property *is);

/* ----- markup.c: the one place that escapes ----- */

typedef enum Markup
{
	SV_MARKUP_HTML,				/* SVG, too, and the labels of Graphviz that are like HTML */
	SV_MARKUP_MERMAID,			/* within double quotes */
	SV_MARKUP_DOT				/* within double quotes */
} Markup;

extern void sv_markup(StringInfo out, Markup markup, const char *format,...)
			pg_attribute_printf(3, 4);
extern char *sv_markup_clip(const char *text, int limit);
extern int	sv_markup_width(const char *text);

#endif							/* SV_REPORT_H */
