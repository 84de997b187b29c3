/*
 * native.h
 *		Names of the native format's directives (private to src/formats).
 */
#ifndef SV_NATIVE_H
#define SV_NATIVE_H

#include "formats/formats.h"

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

#endif							/* SV_NATIVE_H */
