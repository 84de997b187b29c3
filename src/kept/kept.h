/*
 * kept.h
 *		Kept data: what a script drops is put aside, and the way back brings it
 *		back.
 *
 * Owns: schema schemaver_kept.  Never active unless asked for; never reads with
 * other rights than the owner's of what it keeps.
 *
 * A kept table has nothing but columns of the server's own types; values of other
 * types are kept as text.  So nothing of a user's is evaluated when it is
 * analyzed, dumped or read, and it is in the way of no DROP TYPE.  It belongs to
 * the owner of the table from which its rows came.  Nobody has USAGE on the
 * schema.  What evaluates code of a user's object (output and input functions,
 * defaults, generated columns, constraints, index expressions) runs as the owner
 * of that table, in a restricted operation, below the planner: no name is looked
 * up, no trigger, rule or policy acts.
 */
#ifndef SV_KEPT_H
#define SV_KEPT_H

#include "base/base.h"
#include "store/store.h"

typedef struct Keep Keep;

/* Executes the statement at hand, and may do so several times. */
typedef void (*StatementFn) (void *arg);

/* in statement.c */
extern void sv_kept_init(void);
extern Keep *sv_kept_begin(const char *revision, const char *options, Direction direction,
						   bool derived);
extern void sv_kept_statement(Keep *keep, const char *tag, const Node *tree, StatementFn run,
							  void *arg);
extern const List *sv_kept_taken(const Keep *keep);
extern void sv_kept_end(Keep *keep);

/* in items.c */
extern int64 sv_kept_remove(const StoredKept *kept);

/* Gets each row of what is kept, as json. */
typedef void (*KeptRowFn) (Datum row, void *arg);

extern void sv_kept_read(const StoredKept *kept, KeptRowFn row, void *arg);

#endif							/* SV_KEPT_H */
