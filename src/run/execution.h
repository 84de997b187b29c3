/*
 * execution.h
 *		The execution of a revision's script, in one part or in several.
 */
#ifndef SV_EXECUTION_H
#define SV_EXECUTION_H

#include "kept/kept.h"
#include "run/run.h"
#include "proof/scratch.h"

/*
 * A script under way.  Between sv_execution_begin() and sv_execution_end() its
 * statements are executed part by part; "current" and "text" say what is being
 * executed, for error messages.
 */
typedef struct Execution
{
	ScriptOrigin origin;
	const Script *script;
	int			current;		/* index of the statement */
	const char *text;			/* its text; NULL when the part is done */
	bool		is_check;		/* a result of false is a failure */
	int			from;			/* the part: index of its first statement */
	int			to;				/* and behind its last one */
	int			error_line;		/* of the last error, in the file if there is one */
	List	   *temporary;		/* the temporary objects before it */
	const Scratch *scratch;		/* where it is rehearsed; NULL: it is real */
	const StoredRevision *revision;
	Direction	direction;
	Keep	   *keep;			/* of the part: what is to be kept or brought back */
} Execution;

extern void sv_execution_begin(Execution *execution, const StoredRevision *revision,
							   const StoredScript *stored, Direction direction);
extern void sv_execution_settings(Execution *execution, int from);
extern void sv_execution_part(Execution *execution, int from, int to);
extern void sv_execution_end(const Execution *execution);
extern void sv_execution_forget(const Execution *execution);
extern void sv_execution_rethrow(Execution *execution, MemoryContext context);
extern void sv_step_finish(Run *run, const StoredRevision *revision, const StoredScript *stored,
						   StoredStep *step);

#endif							/* SV_EXECUTION_H */
