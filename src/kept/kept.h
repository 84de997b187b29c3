/*
 * kept.h
 *		Kept data: what an upgrade drops is put aside, and the downgrade brings
 *		it back.
 *
 * Owns: schema schemaver_kept.  Never active unless asked for; never reads with
 * other rights than those of the owner of what it keeps.
 */
#ifndef SV_KEPT_H
#define SV_KEPT_H

#include "base/base.h"
#include "store/store.h"

typedef struct Keep Keep;

/* Executes the statement at hand, and may do so several times. */
typedef void (*StatementFn) (void *arg);

extern void sv_keep_init(void);
extern Keep *sv_keep_begin(const char *revision, const char *options, Direction direction);
extern void sv_keep_statement(Keep *keep, const char *tag, const char *text, StatementFn run, void *arg);
extern void sv_keep_end(Keep *keep);

/* yield.c */
extern int64 sv_keep_remove(const StoredKept *kept);

#endif							/* SV_KEPT_H */
