/*
 * files.h
 *		What the readers of file formats share (private to src/formats).
 */
#ifndef SV_FILES_H
#define SV_FILES_H

#include "formats/formats.h"

/* A file of a format that keeps id and message in the name. */
typedef struct NamedFile
{
	const SourceFile *file;
	const char *stem;			/* path without what the format adds to it */
	const char *name;			/* its last part */
	const char *id;
	const char *message;
	int			version;		/* length of the version that begins name, or 0 */
	bool		is_down;
} NamedFile;

/* formats.c */
extern bool sv_file_is_sql(const SourceFile *file);
extern const char *sv_path_last(const char *path);
extern bool sv_name_ends_with(const char *name, const char *end);

/* names.c */
extern NamedFile *sv_named_file(const SourceFile *file, const char *stem, const char *name, bool is_down);
extern List *sv_named_drafts(List *named_files);

#endif							/* SV_FILES_H */
