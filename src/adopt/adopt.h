/*
 * adopt.h
 *		A database taken over from another migration tool, and given back.
 *
 * Owns: the tables of other tools: how each is recognised, read, compared with
 * the revisions, and written.  Touches plain tables only, as their owner and
 * restricted.  Never executes a revision but in the sandbox.
 *
 * A tool is one row in tools.c.
 */
#ifndef SV_ADOPT_H
#define SV_ADOPT_H

#include "datatype/timestamp.h"
#include "graph/graph.h"
#include "store/store.h"

/* What became of a migration that the tool has applied, or of a revision. */
typedef enum AdoptVerdict
{
	SV_ADOPT_MATCHED,			/* revision and row agree */
	SV_ADOPT_CHANGED,			/* the tool has applied another text */
	SV_ADOPT_UNKNOWN,			/* no revision is registered for the row */
	SV_ADOPT_MISSING,			/* the tool has not applied the revision */
	SV_ADOPT_FAILED				/* the row says that it failed or is not finished */
} AdoptVerdict;

typedef struct AdoptResult
{
	const char *migration;		/* what the tool calls it; NULL: nothing */
	const char *revision;		/* NULL: none */
	AdoptVerdict verdict;
	bool		has_time;
	TimestampTz applied_at;
	const char *applied_by;		/* NULL: not known */
	const char *finding;		/* NULL: nothing to say */
} AdoptResult;

typedef struct AdoptOptions
{
	const char *tool;			/* NULL: recognised */
	const char *source;			/* "": of none; NULL: any */
	Oid			relation;		/* its table; InvalidOid: looked for */
	const char *query;			/* of the tool "custom", or NULL */
	bool		dry_run;
	bool		verify;
	bool		accept_changed;
	bool		accept_unknown;
} AdoptOptions;

/* A change of a tool's table. */
typedef struct ReleaseResult
{
	const char *migration;
	const char *revision;		/* NULL: none is registered */
	const char *action;			/* "added" or "removed" */
} ReleaseResult;

/* adopt.c */
extern List *sv_adopt(const AdoptOptions *options);

/* release.c */
extern List *sv_adopt_release(const char *tool, const char *source, bool dry_run);

/* A file for the tool. */
typedef struct ExportedFile
{
	const char *name;
	const char *content;
} ExportedFile;

/* tool_names.c */
extern List *sv_adopt_export(const char *format, const bool *wanted);
extern List *sv_adopt_new_file(const char *message, const char *format, const char *source);

/* lock_out.c */
extern List *sv_adopt_lock_out(const char *tool, const char *source);
extern void sv_adopt_refuse_locked_out(Oid relation);

#endif							/* SV_ADOPT_H */
