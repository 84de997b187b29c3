/*
 * assemble.h
 *		Models made of parts of others.
 */
#ifndef SV_ASSEMBLE_H
#define SV_ASSEMBLE_H

#include "model/model.h"

/* A unit as some model holds it. */
typedef struct UnitState
{
	const Model *model;			/* NULL: it is not there */
	ObjectAddress unit;
} UnitState;

extern UnitState *sv_unit_state(const Model *model, const ObjectAddress *unit);
extern void sv_model_assemble(const List *before, const List *after, Model **model_before, Model **model_after);

#endif							/* SV_ASSEMBLE_H */
