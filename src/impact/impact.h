/*
 * impact.h
 *		What statements take away, before they run and while they do.
 *
 * Predictions and watching only: nothing is changed, no lock above AccessShare
 * is taken, and no code of a user's object is run.  Whether a table holds a row is
 * read from the table itself, below row security, and only for those who own it.
 */
#ifndef SV_IMPACT_H
#define SV_IMPACT_H

#include "nodes/pg_list.h"
#include "script/script.h"
#include "storage/block.h"
#include "storage/lockdefs.h"

/* Rows of a table, or the values of one of its columns, that go. */
typedef struct Taken
{
	Oid			relation;
	AttrNumber	column;			/* 0: the table */
	bool		drops;			/* false: rows are deleted, the table stays */
	char	   *schema;			/* names, as long as it was there */
	char	   *table;
	char	   *column_name;	/* NULL: the table */
	List	   *apart;			/* OIDs of partitions and children that part from it before */
} Taken;

/* Which rows stand in the way of a demand. */
typedef enum DemandKind
{
	SV_DEMAND_OTHER,			/* no look at them can tell */
	SV_DEMAND_VALUE,			/* all */
	SV_DEMAND_NOT_NULL,			/* those that are null in the column */
	SV_DEMAND_LABELS			/* those that have a value of an enum that goes */
} DemandKind;

/* What the rows that are there must have, or a statement fails. */
typedef struct Demand
{
	Taken		of;				/* the column that gets no values, or the table */
	char	   *what;
	DemandKind	kind;
	AttrNumber	column;			/* whose values count; of the table, not of its members */
	List	   *labels;			/* OIDs of the values that go */
} Demand;

/* ----- holds.c: is there a row, a value? ----- */

extern List *sv_impact_members(const Taken *taken, LOCKMODE lockmode);
extern bool sv_impact_holds(const Taken *taken);
extern int64 sv_impact_in_the_way(const Demand *demand, BlockNumber limit);

/* ----- takes.c: what the text of a script takes away from what is there now ----- */

extern List *sv_impact_takes(const Script *script, const List *earlier);
extern List *sv_impact_demands(const Script *script, int from);
extern Taken *sv_impact_taken(Oid relation, AttrNumber column, bool drops);
extern AttrNumber sv_impact_columns(Oid relation);
extern char *sv_impact_column(Oid relation, AttrNumber column);
extern char *sv_impact_name(const Taken *taken);
extern char *sv_impact_figures(const Taken *taken);

/* ----- guard.c: what a script drops while it runs ----- */

extern void sv_impact_init(void);
extern void sv_impact_guard(void);
extern List *sv_impact_unguard(void);

#endif							/* SV_IMPACT_H */
