/*
 * outside.h
 *		Did wanted SQL reach beyond the schemas that are compared?
 */
#ifndef SV_OUTSIDE_H
#define SV_OUTSIDE_H

#include "nodes/pg_list.h"

typedef struct OutsideMark
{
	TransactionId xid;
	CommandId	command;
} OutsideMark;

extern OutsideMark sv_outside_mark(void);
extern void sv_outside_check(const OutsideMark *mark, List *schemas);

#endif							/* SV_OUTSIDE_H */
