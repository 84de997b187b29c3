/*
 * formats_private.h
 *		What the files of src/formats share.
 */
#ifndef SV_FORMATS_PRIVATE_H
#define SV_FORMATS_PRIVATE_H

#include "formats/formats.h"

/* ----- formats.c, names.c -----
 *
 * What the readers of file formats share.
 */

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
extern const char *sv_path_last(const char *path);
extern bool sv_name_ends_with(const char *name, const char *end);

/* names.c */
extern NamedFile *sv_named_file(const SourceFile *file, const char *stem, const char *name, bool is_down);
extern List *sv_named_drafts(List *named_files);

/* ----- native.c -----
 *
 * Names of the native format's directives.
 */

#define SV_DIRECTIVE_MARK	"schemaver:"

typedef enum Directive
{
	SV_DIRECTIVE_REVISION,
	SV_DIRECTIVE_MESSAGE,
	SV_DIRECTIVE_REVISES,
	SV_DIRECTIVE_DEPENDS_ON,
	SV_DIRECTIVE_BRANCH_LABELS,
	SV_DIRECTIVE_OPTIONS,
	/* sections: the lines behind them are their text */
	SV_DIRECTIVE_UP,
	SV_DIRECTIVE_DOWN,
	SV_DIRECTIVE_VERIFY
} Directive;

#define SV_DIRECTIVES	(SV_DIRECTIVE_VERIFY + 1)

extern const char *const sv_directive_names[SV_DIRECTIVES];

/* native.c */
extern List *sv_native_read(const SourceFile *file);

#endif							/* SV_FORMATS_PRIVATE_H */
