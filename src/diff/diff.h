/*
 * diff.h
 *		Two models -> pairs -> order -> rows.
 *
 * Owns: what happens to each object, in which order.  The types are those of
 * model/model.h.  Pure: never calls SPI, never reads a catalog.
 */
#ifndef SV_DIFF_H
#define SV_DIFF_H

#include "diff/diff_private.h"
#include "model/model.h"

/* compare.c */
extern Comparison *sv_diff_compare(Model *from, Model *to, const DiffOptions *options);
extern List *sv_diff(Model *from, Model *to, const DiffOptions *options);
extern void sv_diff_make_again(Pair *pair);
extern bool sv_diff_has_bodies(List *rows);

/* spread.c */
/* Pairs that change and whose dependents have to be looked at (again). */
typedef struct Spread
{
	Comparison *cmp;
	List	   *queue;
} Spread;

extern void sv_spread_again(Spread *spread, Pair *pair);
extern void sv_spread_detach(Pair *table);
extern bool sv_is_stored_column(const Object *object);
extern bool sv_is_attribute(const Object *object);
extern AlterFn sv_type_alterer(const ModelClass *class);
extern void sv_diff_spread(Comparison *cmp);
extern void sv_diff_spread_renaming(Comparison *cmp);

/* rows_in_columns.c */
extern void sv_spread_rewriting(Spread *spread);
extern void sv_rows_make_edges(Comparison *cmp);

/* common_columns.c */
extern void sv_spread_parting(Spread *spread);
extern bool sv_parting_keeps_columns(const Comparison *cmp, const Object *table);

/* sorting.c */
extern void sv_spread_sorting(Spread *spread);
extern void sv_sorting_make_edges(Comparison *cmp);

/* keys.c */
extern List *sv_with_partitions(const Comparison *cmp, Object *table);
extern List *sv_key_tables(const Comparison *cmp, const Object *column);
extern void sv_key_swap_tables(const Comparison *cmp, const Object *column);

/* labels.c */
extern bool sv_uses_new_label(const Comparison *cmp, const Pair *type);

/* state.c */
extern List *sv_state_differences(const Model *expected, const Model *got,
								  const DiffOptions *options, List **disordered);

/* filter.c */
extern bool sv_diff_is_excluded(const Object *object, List *patterns);
extern Model *sv_diff_goal(Model *wanted, const Model *live, const DiffOptions *options,
						   List **rows);

/* questions.c */
extern List *sv_diff_questions(const Comparison *cmp);

/* loss_list.c */
extern List *sv_diff_losses(List *rows);
extern void sv_diff_refuse_losses(List *rows, const char *hint);
extern void sv_diff_refuse_questions(List *rows);

/* order.c */
extern List *sv_diff_order(Comparison *cmp);

/* persistence.c */
extern void sv_persistence_break_circles(Comparison *cmp);
extern void sv_persistence_let_sequences_follow(Comparison *cmp);
extern void sv_persistence_make_edges(Comparison *cmp);

/* edges.c */
extern void sv_diff_add_edge(DiffNode *first, DiffNode *then);
extern void sv_diff_make_edges(Comparison *cmp);
extern bool sv_diff_has_part_of(const Object *table, const Object *whole);

/* taken_names.c */
extern void sv_names_make_edges(Comparison *cmp);

/* write.c */
extern void sv_diff_write(Comparison *cmp, DiffNode *node);

/* swap.c */
extern bool sv_swap_loses_order(const Comparison *cmp, const Object *table);
extern bool sv_swap_loses_data(const Comparison *cmp, const Object *a, const Object *b);
extern bool sv_swap_disordered(Comparison *cmp);
extern void sv_swap_make_edges(Comparison *cmp);
extern bool sv_swap_keeps(const Comparison *cmp, const Object *part);
extern bool sv_swap_survives(const Comparison *cmp, const Object *o, const Object *part);

/* privileges.c */
extern void sv_write_privileges(Writer *writer, const Object *object, List *from,
								const char *old_owner, const char *owner);
extern bool sv_same_privileges(const Object *a, const Object *b);
extern List *sv_column_privileges_left(const Comparison *cmp, const Object *column);
extern const char *sv_first_owner(const Comparison *cmp, const Object *object);
extern List *sv_initial_privileges(const Comparison *cmp, const Object *object);

/* ----- drifted.c -----
 *
 * What was changed in the live schema since its state was kept.
 */

/* One object that is not what it was. */
typedef struct Drift
{
	const Object *kept;			/* NULL: created */
	const Object *live;			/* NULL: dropped */
	bool		renamed;		/* it has another name or schema, no more */
	List	   *differs;		/* Differences */
	List	   *revert;			/* DiffRows: back to what was kept */
	List	   *apply;			/* DiffRows: from there to the live schema */
} Drift;

typedef struct Difference
{
	const char *property;
	const Property *was;		/* NULL: was not set */
	const Property *is;
} Difference;

extern List *sv_drift(const Model *kept, const Model *live, const DiffOptions *options);
extern void sv_drift_attribute(List *drifts, List *apply, List *revert, const Model *kept,
							   const Model *live);
extern List *sv_drift_renamed(List *renamed, List *drifts, const DiffOptions *options);
extern const char *sv_drift_change(const Drift *drift);
extern const Object *sv_drift_object(const Drift *drift);
extern List *sv_drift_settled(const Model *kept, const Model *live, const DiffOptions *options);

/* ----- renames.c -----
 *
 * Objects that get another name or schema, and the statements for it.
 */

/* An object of a model, and where it shall be. */
typedef struct Rename
{
	Object	   *from;
	const char *schema;			/* unquoted; NULL: the schema stays */
	const char *name;			/* unquoted; NULL: the name stays */
	const char *value;			/* NULL, or the value of the enum "from" that gets the name */
} Rename;

extern List *sv_diff_renames(const Model *from, List *renames);
extern List *sv_diff_all_renames(const Model *from, List **renames);

/* rename_hints.c */
extern List *sv_hinted_renames(const Model *live, const Model *wanted, List *hints);
extern List *sv_renames_back(const Model *after, List *renames);
extern const Rename *sv_rename_of(List *renames, const Object *object);

/* identity_renames.c */
extern List *sv_identity_renames(List *renames, bool back);

#endif							/* SV_DIFF_H */
