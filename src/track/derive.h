/*
 * derive.h
 *		The way back of a step, out of what it changed.
 */
#ifndef SV_DERIVE_H
#define SV_DERIVE_H

#include "diff/diff.h"
#include "track/track.h"

/* A derived down script. */
typedef struct DerivedDown
{
	char	   *sql;
	List	   *lost;			/* strings: what it cannot bring back */
} DerivedDown;

extern DerivedDown *sv_derive_down(const TrackedStep *step);

/* casts.c */
extern char sv_cast_of(const char *from, const char *to);

#endif							/* SV_DERIVE_H */
