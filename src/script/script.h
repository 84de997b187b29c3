/*
 * script.h
 *		The text of a migration script: cut into statements by PostgreSQL's own
 *		lexer, parsed by its own parser, classified.
 *
 * Pure: reads no catalog and runs nothing.  Memory is allocated in the context
 * that is current at the call; offsets are bytes into Script.text, which is a
 * copy of the text that was given.
 */
#ifndef SV_SCRIPT_H
#define SV_SCRIPT_H

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "base/errors.h"

/* Statement.flags */
#define SV_STMT_SETS			0x01	/* SET, RESET, set_config(): may change a setting or the role */
#define SV_STMT_QUEUES			0x02	/* may leave deferred trigger events or change when constraints are checked */
#define SV_STMT_ADDS_ENUM_VALUE 0x04	/* ALTER TYPE ... ADD VALUE */
#define SV_STMT_COPY_DATA		0x08	/* COPY ... FROM STDIN with inline data */
#define SV_STMT_TEMP			0x10	/* may create temporary objects */
#define SV_STMT_ESCAPES			0x20	/* was read with standard_conforming_strings off */
#define SV_STMT_FOR_SESSION		0x80	/* makes something that only its session has, as its syntax tells */
#define SV_STMT_SETTING			0x40	/* does nothing but change settings for the session */

typedef struct Statement
{
	int			start;			/* first byte of its first token */
	int			length;			/* to its last token, without the semicolon */
	int			line;			/* line of start in Script.text, from 1 */
	int			flags;
	const char *tag;			/* command tag, e.g. "CREATE TABLE" */
	const char *blocker;		/* the command that PostgreSQL refuses inside a
								 * transaction block, e.g. "CREATE INDEX
								 * CONCURRENTLY"; NULL for all others */
	int			data_start;		/* SV_STMT_COPY_DATA: its lines, without \. */
	int			data_length;
} Statement;

typedef struct Script
{
	const char *text;
	int			n;
	Statement  *statements;
	int			flags;			/* of all statements, or-ed */
	int			blocked;		/* index of the first statement with a blocker,
								 * or -1 */
} Script;

/* Where a script stands, for messages.  Each member may be missing (NULL, 0). */
typedef struct ScriptOrigin
{
	const char *revision;		/* id, or NULL while it has none */
	const char *section;		/* "up", "down" or "verify" */
	const char *file;			/* file name, or NULL */
	int			first_line;		/* line of the file at which the text starts,
								 * from 1 */
} ScriptOrigin;

/* split.c */
extern Script *sv_script_parse(const char *text, const ScriptOrigin *origin);
extern char *sv_script_statement_text(const Script *script, int statement);
extern int	sv_script_line_at(const Script *script, int offset);

/* rehearse.c */
extern char *sv_script_rehearsal_text(const Script *script, int statement);

/* collect.c */
extern bool sv_script_has_data(const Script *script);
extern void sv_script_collect(StringInfo out, const Script *script, bool only_data, const char **texts);

/* enum_hoist.c */
extern List *sv_enum_hoist(List *scripts);

/* checksum.c: hex sha256 of what matters in a revision */
extern char *sv_script_checksum(const Script *up, const Script *down, const Script *verify, const char *options);

/* enums.c: values added by ALTER TYPE that a later statement of the run uses */
typedef struct EnumColumn
{
	const char *table_name;
	const char *column_name;
	int			position;		/* among the table's columns that are not
								 * dropped, from 1; 0: not known */
} EnumColumn;

/*
 * Returns a list of EnumColumn: live columns of that enum type (schema may be
 * NULL).  Names are as in the catalogs, without quotes.
 */
typedef List *(*EnumColumnsFn) (const char *schema, const char *type, void *arg);

/* Does the live enum type have that value already? */
typedef bool (*EnumHasValueFn) (const char *schema, const char *type, const char *value, void *arg);

typedef struct EnumWatch EnumWatch;

extern EnumWatch *sv_enum_watch_create(EnumColumnsFn columns_of, void *arg);
extern void sv_enum_watch_values(EnumWatch *watch, EnumHasValueFn has_value);
extern int	sv_enum_watch_script(EnumWatch *watch, const Script *script, const char **value, const char **type);

#endif							/* SV_SCRIPT_H */
