/*
 * diff.h
 *		Two models -> changes -> order -> statements.
 *
 * Pure: looks at the models alone.
 */
#ifndef SV_DIFF_H
#define SV_DIFF_H

#include "diff/diff_private.h"
#include "model/model.h"

/* What happens to an object. */
typedef enum PairKind
{
	SV_PAIR_SAME,
	SV_PAIR_CREATE,
	SV_PAIR_DROP,
	SV_PAIR_ALTER,
	SV_PAIR_AGAIN				/* dropped and made again */
} PairKind;

typedef struct DiffNode DiffNode;

/* An object before and after; one of both may be missing. */
typedef struct Pair
{
	const ModelClass *class;
	Object	   *a;
	Object	   *b;
	PairKind	kind;
	List	   *alterers;		/* AlterFn's to call, each once */
	bool		disrupts;		/* what depends on it must be made again */
	bool		swapped;		/* a type or table that is renamed, made anew, and dropped
								 * when its columns have moved over */
	bool		converted;		/* a column that moves over */
	bool		parked;			/* a column whose values are jsonb while the table
								 * changes whose rows they are */
	bool		untied;			/* a table that is no table of its type while that
								 * changes */
	bool		named;			/* a column whose NOT NULL must be given its usual name:
								 * something else has that at times */
	DiffNode	   *drop;			/* where it is dropped; may be another object's */
	DiffNode	   *create;
	DiffNode	   *alter;
	DiffNode	   *rename;			/* of a swapped type */
	DiffNode	   *shell;			/* of a type that needs functions which need it,
								 * or a view that needs what needs it */
	DiffNode	   *hollow;			/* where such a view lets go of what it needs, a
								 * column is parked, or a table untied */
} Pair;

typedef enum DiffNodeKind
{
	SV_NODE_DROP,
	SV_NODE_RENAME,
	SV_NODE_SHELL,
	SV_NODE_HOLLOW,
	SV_NODE_ALTER,
	SV_NODE_CREATE
} DiffNodeKind;

/* A step that cannot be divided. */
struct DiffNode
{
	DiffNodeKind	kind;
	Pair	   *pair;
	List	   *folded;			/* Pairs that it creates or drops too */
	List	   *next;			/* Nodes that come after */
	int			waits;			/* for so many before */
	int			number;
	bool		done;
};

typedef struct DiffOptions DiffOptions;

struct DiffOptions
{
	bool		owners;			/* compare owners */
	bool		privileges;
	bool		comments;
	bool		column_order;	/* columns shall stand in the wanted order */
	const char *drop;			/* what is not wanted: "drop", "report" or "keep" */
	const char *role;			/* who will run the statements */
	List	   *exclude;		/* patterns: identities that are left alone */

	/* How does a value become another type: 'a' by assignment, 'e' by an
	 * explicit cast, 't' only by way of its text? */
	char		(*cast_of) (const char *from, const char *to);
};

/* A statement, or a question (sql is NULL). */
typedef struct DiffRow
{
	const char *kind;
	const char *identity;
	const char *action;
	const char *sql;			/* without semicolon */
	int			hazards;
	const char *note;
} DiffRow;

typedef struct Comparison
{
	Model	   *from;
	Model	   *to;
	const DiffOptions *options;
	List	   *pairs;
	List	  **dependents;		/* of each object of "from", by number */
	List	   *defaults;		/* default privileges of "from" */
	List	   *nodes;
	int			fold_level;		/* 0: fold all that can be; higher: less */
	List	   *rows;
} Comparison;

/* compare.c */
extern List *sv_diff(Model *from, Model *to, const DiffOptions *options);
extern bool sv_diff_counts(const ModelClass *class, const char *property, const DiffOptions *options);
extern const Alterer *sv_diff_alterer(const ModelClass *class, const char *property);
extern void sv_diff_make_again(Pair *pair);

/* spread.c */
extern void sv_diff_spread(Comparison *cmp);
extern void sv_diff_spread_renaming(Comparison *cmp);

/* state.c */
extern List *sv_state_differences(const Model *expected, const Model *got);
extern bool sv_diff_has_bodies(List *rows);

/* keep.c */
extern bool sv_diff_is_excluded(const Object *object, List *patterns);
extern List *sv_diff_keep(Model *wanted, const Model *live, const DiffOptions *options);

/* questions.c */
extern List *sv_diff_questions(List *pairs);

/* graph.c */
extern List *sv_diff_order(Comparison *cmp);
extern bool sv_pair_is_dropped(const Pair *pair);
extern bool sv_pair_is_created(const Pair *pair);
extern bool sv_diff_is_foreign_key(const Object *object);
extern bool sv_diff_is_check(const Object *object);
extern bool sv_diff_is_function_of_type(const Object *function, const Object *type);
extern bool sv_diff_can_use_shell(const Object *object, const Object *view);

/* edges.c */
extern void sv_diff_make_edges(Comparison *cmp);
extern bool sv_diff_has_other_origin(const Object *column, const Object *leading);
extern bool sv_diff_leaves(const Comparison *cmp, const Object *column);
extern bool sv_diff_is_index(const Object *object);
extern bool sv_diff_has_part_of(const Object *table, const Object *whole);

/* write.c */
struct Writer
{
	Comparison *cmp;
	DiffNode	   *node;
	Pair	   *pair;
};

extern void sv_diff_write(Comparison *cmp, DiffNode *node);
extern const char *sv_hazard_text(int hazards);

/* swap.c */
extern bool sv_swap_loses_order(const Object *table);
extern bool sv_swap_disordered(Comparison *cmp);
extern bool sv_swap_keeps(const Object *part);
extern bool sv_swap_survives(const Object *o, const Object *part);
extern void sv_swap_write_rename(Writer *w, const char *new_name);
extern void sv_swap_write_rows(Writer *w, const char *old_name);

/* privileges.c */
extern void sv_write_privileges(Writer *writer, const Object *object, List *from, List *to,
								const char *old_owner, const char *owner);
extern List *sv_column_privileges_left(const DiffOptions *options, const Object *column);
extern List *sv_initial_privileges(const Comparison *cmp, const Object *object);

/* annotations on any object (write.c) */
extern void sv_write_annotations(Writer *writer, const Object *a, const Object *b);

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
extern void sv_drift_attribute(List *drifts, List *apply, List *revert, const Model *kept, const Model *live);
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
	const char *value;			/* NULL, or the value of the enum "from" that
								 * gets the name */
} Rename;

extern List *sv_diff_renames(const Model *from, List *renames);
extern List *sv_diff_all_renames(const Model *from, List **renames);

/* hints.c */
extern List *sv_hinted_renames(const Model *live, const Model *wanted, List *hints);
extern List *sv_renames_back(const Model *after, List *renames);
extern List *sv_identity_renames(List *renames, bool back);

#endif							/* SV_DIFF_H */
