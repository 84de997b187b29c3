/*
 * units.h
 *		Units: what is read and followed as a whole.
 *
 * A unit is an object that is no part of another one, with all its parts: a
 * table with its columns, constraints, indexes, triggers, rules and policies, a
 * domain with its constraints, a function.  Any catalog row that describes a
 * user's object belongs to one unit.
 */
#ifndef SV_UNITS_H
#define SV_UNITS_H

#include "model/model.h"
#include "utils/snapshot.h"

/* units.c */
extern bool sv_unit_of(Oid catalog, Oid oid, ObjectAddress *unit);
extern Oid	sv_unit_schema(const ObjectAddress *unit);
extern bool sv_unit_is_read(const ObjectAddress *unit);
extern List *sv_unit_dependents(const ObjectAddress *unit);
extern List *sv_units_in_schema(Oid schema);

/* read_units.c */
/* The model that holds a unit already, or NULL. */
typedef const Model *(*KnownUnitFn) (const ObjectAddress *unit);

extern Model *sv_model_read_units(const List *units, Snapshot snapshot, KnownUnitFn known);

#endif							/* SV_UNITS_H */
