/*
 * candidate.h
 *		A script that is to build a schema, tried out before anybody relies on it.
 */
#ifndef SV_CANDIDATE_H
#define SV_CANDIDATE_H

#include "diff/diff.h"
#include "proof/scratch.h"

/* Where a script begins and what it must reach. */
typedef struct Goal
{
	Model	   *start;
	Model	   *end;
	List	   *rows;			/* strings from sv_rows_read() */
	bool		rows_count;		/* must the rows be the same too? */
	const DiffOptions *options;
} Goal;

typedef struct Candidate
{
	const char *revision;		/* for messages */
	StoredScript script;		/* up and down; down NULL: none is known */
	/* found out: */
	ErrorData  *error;			/* of up */
	List	   *differences;	/* strings: where the schema is not the goal's */
	List	   *rows_differ;	/* strings: tables */
	bool		down_proven;
} Candidate;

extern char *sv_rows_to_script(List *rows);
extern void sv_candidate_generate(Candidate *candidate, const Goal *goal, const char *data);
extern bool sv_candidate_try(Candidate *candidate, const Scratch *scratch, const Goal *goal);

/* rows.c */
extern List *sv_rows_read(const Scratch *scratch, const Model *model);
extern List *sv_rows_differ(List *a, List *b);

#endif							/* SV_CANDIDATE_H */
