/*
 * formats.h
 *		Files of migrations, read into drafts of revisions and written back.
 *
 * Owns: the text of a foreign file -> drafts, or an error (SV018) that names the
 * file and the line.  Calls script (the lexer) and base only.  Never touches the
 * disk, SPI or a catalog, and keeps no state between calls.
 *
 * A file format is one struct Format in the table of formats.c and one file
 * beside it.  A folder is read as a whole, since some formats keep the order of
 * their files, or even the list of them, in a file of its own.
 */
#ifndef SV_FORMATS_H
#define SV_FORMATS_H

#include "base/base.h"
#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "script/script.h"
#include "utils/jsonb.h"

/* A file: its path relative to the directory that is loaded ('/' between parts). */
typedef struct SourceFile
{
	const char *name;
	const char *content;		/* server encoding, NUL-terminated, no BOM; NULL: of a kind that
								 * no format reads, only its name counts */
} SourceFile;

/* How often the text of a draft runs. */
typedef enum DraftRuns
{
	SV_RUNS_ONCE,
	SV_RUNS_ON_CHANGE,			/* again whenever its text has changed */
	SV_RUNS_ALWAYS				/* at every upgrade */
} DraftRuns;

/* A revision beside which a draft must not be registered. */
typedef struct DraftConflict
{
	char	   *id;
	bool		is_own;			/* of the draft's source */
	const char *file;			/* where it is said */
	int			line;
} DraftConflict;

/* A revision as a file tells it, not yet checked against the graph. */
typedef struct RevisionDraft
{
	const char *id;				/* NULL: to be generated */
	const char *message;
	bool		revises_given;	/* false: the only head at that moment */
	List	   *revises;		/* of char * */
	bool		depends_on_given;	/* false: the format cannot say it, what is registered stays */
	List	   *depends_on;		/* of char * */
	List	   *conflicts;		/* of DraftConflict */
	bool		branch_labels_given;	/* the same */
	List	   *branch_labels;	/* of char * */
	List	   *tags;			/* of char * */
	DraftRuns	runs;
	LivingKind	kind;			/* of one that runs again */
	const char *up;				/* NULL only when a down stands alone */
	const char *down;			/* NULL: none */
	const char *verify;			/* NULL: none */
	const char *options;		/* JSON text, or NULL */
	const char *format;			/* name of the format of its file */
	const char *details;		/* what the tool itself knows it by, JSON text; or NULL */
	const char *source;			/* file name of up (of down, if that stands alone) */
	int			up_line;		/* line of the file at which the text starts */
	const char *down_source;
	int			down_line;
	const char *verify_source;
	int			verify_line;
	bool		in_chain;		/* it revises what stands before it among the files */
	bool		accepted;		/* its text is taken though another one is applied */
	bool		named_by_file;	/* the id is made of the file's name */
	bool		up_generated;	/* schemaver wrote it, and nobody has edited it */
	bool		down_generated;
} RevisionDraft;

/* What the files of a folder came to. */
typedef struct FolderDrafts
{
	const char *format;			/* name of the format, the first if there are two */
	List	   *drafts;			/* of RevisionDraft */
	List	   *ignored;		/* of IgnoredFile */
} FolderDrafts;

/* A file that its own tool passes over, too. */
typedef struct IgnoredFile
{
	const SourceFile *file;
	const char *reason;
} IgnoredFile;

/* bundle.c */
extern bool sv_bundle_is(const char *content);
extern List *sv_bundle_read(const SourceFile *file);

/* formats.c */
extern FolderDrafts *sv_formats_read(List *files, const char *format, Jsonb *variables);
extern const SourceFile *sv_formats_refused(void);
extern bool sv_formats_wants_content(const char *name);

/* flyway.c */
extern bool sv_formats_is_callback(const SourceFile *file);

/* ----- foreign.c: files as other tools want them ----- */

/* A revision that becomes files of another tool. */
typedef struct ForeignRevision
{
	const char *version;		/* digits, or the id where the tool has ids */
	const char *slug;			/* the message as part of a name */
	const char *message;
	const char *up;
	const char *down;			/* NULL: none */
	const char *verify;			/* NULL: none */
	bool		no_transaction;
	const char *previous;		/* what the tool calls the one before, or NULL */
	const char *scope;			/* application */
	const char *author;
	const char *email;
	const char *planned_at;		/* as "2026-01-02T03:04:05Z" */
	const char *when;			/* the same in milliseconds */
} ForeignRevision;

extern bool sv_foreign_is_known(const char *format);
extern bool sv_foreign_is_folder(const char *format);
extern List *sv_foreign_write(const char *format, const ForeignRevision *revision);
extern char *sv_foreign_next(const char *format, const char *last, TimestampTz at);
extern char *sv_foreign_slug(const char *message);
extern char *sv_foreign_class(const char *slug, const char *version);
extern char *sv_foreign_milliseconds(TimestampTz at);
extern char *sv_foreign_time(TimestampTz at);
extern char *sv_graphile_body(const char *text);
extern char *sv_graphile_hash(const char *previous, const char *body);

/* atlas_sum.c */
extern char *sv_atlas_sum_write(const List *files);
extern char *sv_atlas_sum_hash(const char *sum, const char *name);

/* ----- sqitch_ids.c ----- */

/* Who planned a change or a tag, when and why. */
typedef struct PlanLine
{
	const char *planned_at;		/* as it stands in the plan */
	const char *planner_name;
	const char *planner_email;
	const char *note;			/* NULL: none */
} PlanLine;

typedef struct PlanTag
{
	const char *name;			/* without "@" */
	PlanLine	line;
} PlanTag;

typedef struct SqitchProject
{
	const char *name;
	const char *uri;			/* NULL: none */
} SqitchProject;

extern char *sv_sqitch_change_id(const SqitchProject *project, const char *name,
								 const char *parent, const PlanLine *line, const List *needs,
								 const List *conflicts);

/* native_write.c */
extern char *sv_native_write(const RevisionDraft *draft);
extern char *sv_native_file_name(const RevisionDraft *draft, int position);

#endif							/* SV_FORMATS_H */
