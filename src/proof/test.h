/*
 * test.h
 *		Up, down, up of revisions, comparing the schema each time.
 */
#ifndef SV_TEST_H
#define SV_TEST_H

#include "graph/graph.h"
#include "proof/scratch.h"

/* What a test found out about one revision. */
typedef struct TestResult
{
	const char *revision;
	const char *message;
	const char *verdict;
	List	   *objects;		/* strings: what did not come back */
	const char *sqlstate;		/* of the script's error, or NULL */
	const char *detail;			/* or NULL */
	bool		with_data;		/* were the rows of the database there? */
} TestResult;

extern const char *const sv_verdict_ok;

extern List *sv_test(const RevisionGraph *graph, const RevisionList *list);
extern void sv_test_down(const Scratch *scratch, const StoredScript *stored, const Model *before,
						 const Model *after, TestResult *result);

#endif							/* SV_TEST_H */
