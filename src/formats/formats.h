/*
 * formats.h
 *		Files of migrations, read into drafts of revisions and written back.
 *
 * Owns: the text of a file -> drafts, or an error with file and line.  A format
 * is one struct Format in the table of formats.c and one file beside it.  Never
 * touches the disk, a table or a catalog.
 */
#ifndef SV_FORMATS_H
#define SV_FORMATS_H

#include "base/base.h"
#include "nodes/pg_list.h"

/* A file: its path relative to the directory that is loaded ('/' between parts). */
typedef struct SourceFile
{
	const char *name;
	const char *content;		/* server encoding, NUL-terminated, no BOM */
} SourceFile;

/* A revision as a file tells it, not yet checked against the graph. */
typedef struct RevisionDraft
{
	const char *id;				/* NULL: to be generated */
	const char *message;
	bool		revises_given;	/* false: the only head at that moment */
	List	   *revises;		/* of char * */
	List	   *depends_on;		/* of char * */
	List	   *branch_labels;	/* of char * */
	const char *up;				/* NULL only when a down stands alone */
	const char *down;			/* NULL: none */
	const char *verify;			/* NULL: none */
	const char *options;		/* JSON text, or NULL */
	const char *source;			/* file name of up (of down, if that stands alone) */
	int			up_line;		/* line of the file at which the text starts */
	const char *down_source;
	int			down_line;
	int			verify_line;
} RevisionDraft;

typedef struct Format
{
	const char *name;			/* what the SQL argument "format" says */
	const char *description;
	bool		by_name_only;	/* never recognised, only asked for */
	bool		(*recognise) (const SourceFile *file);
	List	   *(*read) (List *files);	/* SourceFile -> RevisionDraft */
} Format;

extern const Format sv_format_native;
extern const Format sv_format_pairs;
extern const Format sv_format_plain;

extern List *sv_formats_read(List *files, const char *format);
extern char *sv_native_write(const RevisionDraft *draft);
extern char *sv_native_file_name(const RevisionDraft *draft, int position);

#endif							/* SV_FORMATS_H */
