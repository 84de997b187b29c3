/*
 * baseline.h
 *		Revisions made of a schema, or of other revisions.
 */
#ifndef SV_BASELINE_H
#define SV_BASELINE_H

#include "diff/diff.h"
#include "graph/graph.h"
#include "formats/formats.h"

extern void sv_run_baseline(RevisionDraft *draft, List *schemas, const DiffOptions *options);
extern void sv_run_squash(RevisionDraft *draft, const RevisionGraph *graph, const RevisionList *members,
						  bool keep_data, const DiffOptions *options);

#endif							/* SV_BASELINE_H */
