/*
 * scratch.h
 *		Scripts tried out where nothing of it stays.
 */
#ifndef SV_SCRATCH_H
#define SV_SCRATCH_H

#include "model/model.h"
#include "script/script.h"
#include "store/store.h"

/* On what the scripts stand. */
typedef enum ScratchGround
{
	SV_GROUND_LIVE,				/* the live schema with its rows */
	SV_GROUND_EMPTY				/* nothing: the live schema is hidden */
} ScratchGround;

typedef struct Scratch
{
	ScratchGround ground;
	ModelScope	scope;			/* what a state consists of */
	Model	   *live;			/* the live schema before anything ran */
	bool		free_enums;		/* may new values of enum types be used at once? */
} Scratch;

typedef void (*ScratchFn) (Scratch *scratch, void *arg);

extern void sv_scratch(ScratchGround ground, List *schemas, ScratchFn work, void *arg);
extern void sv_scratch_settle(const Scratch *scratch);
extern Model *sv_scratch_state(const Scratch *scratch);
extern ErrorData *sv_scratch_run(const Scratch *scratch, const char *revision, const StoredScript *stored,
								 Direction direction);
extern bool sv_scratch_statement(const Scratch *scratch, const Script *script, int statement, const char **text);

/* facts.c */
extern List *sv_facts_read(void);
extern List *sv_facts_differ(List *expected, List *got);

#endif							/* SV_SCRATCH_H */
