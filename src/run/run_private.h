/*
 * run_private.h
 *		What the files about managed rows share.
 */
#ifndef SV_RUN_PRIVATE_H
#define SV_RUN_PRIVATE_H

#include "access/htup.h"
#include "run/run.h"
#include "utils/rel.h"

/*
 * Rows as they are compared with those of the table: number "n", value "cI" of each
 * managed column, and "dI", true where the value is not to be compared.
 */
typedef struct RowSet
{
	const ManagedRows *rows;
	int			n;
	HeapTuple  *tuples;
} RowSet;

/* A table, locked and open, with what is to be known of it. */
typedef struct RowsTable
{
	const ManagedRows *wanted;
	Relation	relation;
	const char *from;			/* as it stands behind FROM */
	int			ncolumns;
	AttrNumber *columns;		/* of wanted->columns */
	const char **names;			/* the same, quoted */
	int			nkeys;
	int		   *keys;			/* places among the columns */
	const char **operators;		/* that tell whether keys are equal */
	TupleDesc	desc;			/* of a RowSet */
} RowsTable;

/* rows_table.c */
extern Oid	sv_managed_relation(const ManagedRows *wanted);
extern RowsTable *sv_managed_open(const ManagedRows *wanted, LOCKMODE lock);
extern RowSet *sv_managed_evaluate(const RowsTable *table, const ManagedRows *rows);
extern bool sv_managed_is_default(const RowsTable *table, HeapTuple tuple, int column);

#endif							/* SV_RUN_PRIVATE_H */
