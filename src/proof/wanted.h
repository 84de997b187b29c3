/*
 * wanted.h
 *		The model of the schema that a SQL text builds from empty.
 */
#ifndef SV_WANTED_H
#define SV_WANTED_H

#include "model/model.h"

extern Model *sv_wanted_model(const char *sql, const ModelScope *scope, const Model *live);

#endif							/* SV_WANTED_H */
