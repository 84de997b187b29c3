/*
 * api.h
 *		Arguments and results of the functions that SQL calls.
 *
 * Owns: arguments and rows; a function fetches the former, calls one module and
 * returns the latter.  Never decides.
 */
#ifndef SV_API_H
#define SV_API_H

#include "fmgr.h"
#include "graph/graph.h"
#include "nodes/execnodes.h"
#include "store/store.h"

extern char *sv_arg_text(FunctionCallInfo fcinfo, int n, const char *name);
extern char *sv_arg_text_or_null(FunctionCallInfo fcinfo, int n);
extern char *sv_arg_name(FunctionCallInfo fcinfo, int n, const char *name);
extern char *sv_arg_name_or_null(FunctionCallInfo fcinfo, int n);
extern List *sv_arg_list(FunctionCallInfo fcinfo, int n);
extern bool sv_arg_bool(FunctionCallInfo fcinfo, int n);

extern ReturnSetInfo *sv_result_begin(FunctionCallInfo fcinfo);
extern void sv_result_row(const Datum *values, const bool *nulls, void *result);
extern void sv_result_texts(ReturnSetInfo *result, int n,...);

/* A row under construction: columns are set in order. */
typedef struct RowBuilder
{
	Datum		values[24];
	bool		nulls[24];
	int			n;
} RowBuilder;

extern void sv_row_text(RowBuilder *row, const char *value);
extern void sv_row_datum(RowBuilder *row, Datum value, bool isnull);
extern void sv_row_list_or_null(RowBuilder *row, const List *strings);
extern void sv_row_put(ReturnSetInfo *result, RowBuilder *row);

/* A range of the graph as export() takes it: "from:to", or one reference. */
extern RevisionList sv_api_range(const RevisionGraph *graph, const char *range);

#endif							/* SV_API_H */
