/*
 * api_private.h
 *		What the files of src/api share.
 */
#ifndef SV_API_PRIVATE_H
#define SV_API_PRIVATE_H

#include "api/api.h"
#include "diff/diff.h"
#include "run/run.h"

/* ----- api_compare.c -----
 *
 * Arguments and results that the functions which compare schemas share.
 */

/* Each object is compared with each pattern, by whoever may call: both have a bound. */
#define PATTERNS_MAX 1000
#define PATTERN_LENGTH_MAX 1000

extern ModelScope sv_arg_scope(FunctionCallInfo fcinfo, int n);
extern DiffOptions sv_arg_diff_options(FunctionCallInfo fcinfo, int n);
extern DiffOptions sv_arg_live_options(FunctionCallInfo fcinfo, int n);
extern void sv_warn_of_findings(const Model *model);
extern void sv_put_diff_rows(FunctionCallInfo fcinfo, List *rows);
extern char *sv_diff_script(List *rows);

/* ----- api_online.c ----- */

extern bool sv_api_may_commit(FunctionCallInfo fcinfo);

/* ----- api_types.c ----- */

extern char *sv_arg_target(FunctionCallInfo fcinfo, int n, StoreMode mode, Direction direction);

/* ----- api_run.c ----- */

extern char *sv_arg_labels(FunctionCallInfo fcinfo, int n);
extern void sv_arg_variables(FunctionCallInfo fcinfo, int n);
extern RunOptions sv_arg_run_options(FunctionCallInfo fcinfo, int first);

#endif							/* SV_API_PRIVATE_H */
