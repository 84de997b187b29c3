/*
 * report.h
 *		The graph and runs as text for people.
 *
 * Owns: text.  Never changes anything.
 */
#ifndef SV_REPORT_H
#define SV_REPORT_H

#include "graph/graph.h"
#include "store/store.h"

/* draw_graph.c: "rows" are those of "list", which is newest first */
extern char *sv_report_graph(const char *format, const RevisionGraph *graph,
							 const RevisionList *list, StoredRevision **rows);

/* script_file.c */
extern char *sv_report_script(const char *from, const char *to);

#endif							/* SV_REPORT_H */
