/*
 * report_private.h
 *		What the files of src/report share.
 */
#ifndef SV_REPORT_PRIVATE_H
#define SV_REPORT_PRIVATE_H

#include "model/model.h"
#include "report/report.h"

/* ----- entities.c: tables as diagrams show them ----- */

/* EntityColumn.marks */
#define SV_IN_PRIMARY_KEY	0x01
#define SV_IN_UNIQUE		0x02
#define SV_IN_FOREIGN_KEY	0x04

typedef struct EntityColumn
{
	const Object *object;
	int			marks;
} EntityColumn;

typedef struct Entity
{
	const Object *object;		/* a table */
	int			number;			/* from 0 */
	List	   *columns;		/* EntityColumns */
	List	   *keys;			/* its primary key and unique constraints: Objects */
	List	   *links;			/* EntityLinks */
} Entity;

/* A foreign key. */
typedef struct EntityLink
{
	const Object *object;
	const Entity *to;
	bool		unique;			/* at most one row of the table refers to each row */
	bool		optional;		/* a row may refer to nothing */
} EntityLink;

typedef struct EntityEntry
{
	const Object *table;		/* the key */
	Entity	   *entity;
} EntityEntry;

extern List *sv_report_entities(const Model *model);

#endif							/* SV_REPORT_PRIVATE_H */
