/*
 * living.h
 *		Objects and rows that are replaced when their text has changed.
 *
 * Owns: which texts are due, the order in which they can run, what depends on an
 * object that is replaced, and how that comes back.  A text runs as the caller, as
 * any script does; what is written here runs with the rights that
 * run/generated.c gives it.  Never registers anything.
 */
#ifndef SV_LIVING_H
#define SV_LIVING_H

#include "run/run.h"
#include "store/store.h"

/* What an upgrade would do about a living object. */
typedef struct LivingState
{
	const StoredLiving *living;
	const char *state;			/* "applied", "changed", "pending", "missing" */
	const LivingVersion *version;	/* what ran last, or NULL */
} LivingState;

/* tasks.c */
extern const char *sv_living_word(const StoredLiving *living);

/* hooks.c */
extern void sv_living_init(void);

/* look.c */
extern List *sv_living_states(StoreMode mode);

/* What a run would run beside revisions. */
typedef struct LivingDue
{
	const char *name;
	const char *message;
	const char *left_out;		/* it would, but for its contexts or labels: why; NULL */
} LivingDue;

extern List *sv_living_due(Direction direction, const List *undone, const Selection *selection);
extern void sv_living_refuse_pending(void);

/* rows_drift.c: rows that are not as the text in force has them */
typedef struct RowsDrift
{
	const ManagedRows *wanted;
	const RowsReport *report;	/* NULL: they could not be compared */
	const char *why;			/* if so */
} RowsDrift;

extern const RowsRevert sv_living_rows_calls;
extern List *sv_living_rows_drift(const List *schemas, List *exclude);
extern void sv_living_refuse_rows_drift(const List *schemas, List *exclude);
extern char *sv_living_rows_differs(const RowsDrift *drift);
extern char *sv_living_rows_revert(const RowsDrift *drift);

#endif							/* SV_LIVING_H */
