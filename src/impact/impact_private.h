/*
 * impact_private.h
 *		How the text of a script is read: takes.c, demands.c.
 */
#ifndef SV_IMPACT_PRIVATE_H
#define SV_IMPACT_PRIVATE_H

#include "impact/impact.h"
#include "nodes/parsenodes.h"

/* What a name means after the statements so far. */
typedef struct NowNamed
{
	const char *schema;			/* NULL: as it was written */
	const char *name;
	Oid			relation;		/* InvalidOid: not what is there now */
	const char *former;			/* the name that this relation had */
	const CreateStmt *created;	/* the statement that made it; NULL: it was renamed */
} NowNamed;

/* A column that got another name. */
typedef struct NowColumn
{
	Oid			relation;
	const char *name;
	AttrNumber	column;
} NowColumn;

/* The columns whose values an INSERT takes over from a relation. */
typedef struct Carried
{
	Oid			relation;
	bool		all;			/* or it cannot be told which */
	List	   *columns;		/* their numbers */
} Carried;

typedef struct Reading
{
	List	   *aliases;		/* of NowNamed, the last one counts */
	List	   *columns;		/* of NowColumn */
	List	   *carried;		/* of Carried */
	List	   *apart;			/* OIDs of tables that were partitions or children, and stay */
	const List *earlier;		/* of Taken: goes with what runs before */
	List	   *taken;			/* of Taken */
	List	   *demands;		/* of Demand */
	List	   *domains;		/* of CreateDomainStmt */
	List	   *enums;			/* of CreateEnumStmt */
	List	   *values;			/* of AlterEnumStmt */
} Reading;

/* ----- takes.c ----- */

extern Oid	sv_impact_relation(const Reading *reading, const RangeVar *name);

/* ----- demands.c ----- */

extern void sv_demand_of_command(Reading *reading, Oid relation, const AlterTableCmd *cmd);
extern void sv_demand_of_heir(Reading *reading, const CreateStmt *stmt);
extern void sv_demand_unique(Reading *reading, const IndexStmt *stmt);

#endif							/* SV_IMPACT_PRIVATE_H */
