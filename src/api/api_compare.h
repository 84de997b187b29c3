/*
 * api_compare.h
 *		Arguments and results that the functions which compare schemas share.
 */
#ifndef SV_COMPARING_H
#define SV_COMPARING_H

#include "api/api.h"
#include "diff/diff.h"

extern ModelScope sv_arg_scope(FunctionCallInfo fcinfo, int n);
extern DiffOptions sv_arg_diff_options(FunctionCallInfo fcinfo, int n);
extern void sv_warn_of_findings(const Model *model);
extern void sv_put_diff_rows(FunctionCallInfo fcinfo, List *rows);
extern char *sv_diff_script(List *rows);

#endif							/* SV_COMPARING_H */
