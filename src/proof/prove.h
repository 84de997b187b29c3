/*
 * prove.h
 *		Prove a migration on an empty copy of the schema.
 */
#ifndef SV_PROVE_H
#define SV_PROVE_H

#include "diff/diff.h"

extern void sv_prove(const ModelScope *scope, Model *live, Model *wanted, const DiffOptions *options,
					 List *up, List *down);

extern Model *sv_model_after(const ModelScope *scope, Model *live, const DiffOptions *options, List *rows);

#endif							/* SV_PROVE_H */
