/*
 * script.h
 *		The text of a migration script: cut into statements by PostgreSQL's own
 *		lexer, parsed by its own parser, classified.
 *
 * Owns: the text of a script.  Never reads a catalog, runs anything or keeps
 * state between calls.  Memory is allocated in the context that is current at
 * the call; offsets are bytes into Script.text, which is a copy of the text that
 * was given.
 */
#ifndef SV_SCRIPT_H
#define SV_SCRIPT_H

#include "base/base.h"
#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"
#include "storage/lockdefs.h"

/* Statement.flags */
#define SV_STMT_SETS			0x01	/* SET, RESET, set_config(): may change a setting or the
										 * role */
#define SV_STMT_QUEUES			0x02	/* may leave deferred trigger events or change when
										 * constraints are checked */
#define SV_STMT_ADDS_ENUM_VALUE 0x04	/* ALTER TYPE ... ADD VALUE */
#define SV_STMT_COPY_DATA		0x08	/* COPY ... FROM STDIN with inline data */
#define SV_STMT_TEMP			0x10	/* may create temporary objects */
#define SV_STMT_FOR_SESSION		0x80	/* makes something that only its session has, as its
										 * syntax tells */
#define SV_STMT_SETTING			0x40	/* does nothing but change settings for the session */
#define SV_STMT_AFTER_COMMIT	0x100	/* a COMMIT stands before it that ends no BEGIN of the
										 * script */

typedef struct Statement
{
	int			start;			/* first byte of its first token */
	int			length;			/* to its last token, without the semicolon */
	int			line;			/* line of start in Script.text, from 1 */
	int			flags;
	const char *tag;			/* command tag, e.g. "CREATE TABLE" */
	const char *blocker;		/* the command that PostgreSQL refuses inside a transaction block,
								 * e.g. "CREATE INDEX CONCURRENTLY"; NULL for all others */
	int			data_start;		/* SV_STMT_COPY_DATA: its lines, without \. */
	int			data_length;
	Node	   *tree;			/* see sv_statement_tree() */
} Statement;

typedef struct Script
{
	const char *text;
	int			n;
	Statement  *statements;
	int			flags;			/* of all statements, or-ed */
	int			blocked;		/* index of the first statement with a blocker, or -1 */
	MemoryContext context;		/* of all of it */
} Script;

/* Where a script stands, for messages.  Each member may be missing (NULL, 0). */
typedef struct ScriptOrigin
{
	const char *revision;		/* id, or NULL while it has none */
	const char *section;		/* "up", "down" or "verify" */
	const char *file;			/* file name, or NULL */
	int			first_line;		/* line of the file at which the text starts, from 1 */
} ScriptOrigin;

/* split.c */
extern Script *sv_script_parse(const char *text, const ScriptOrigin *origin);
extern char *sv_script_statement_text(const Script *script, int statement);
extern Node *sv_statement_tree(const Script *script, int statement);
extern int	sv_script_line_at(const Script *script, int offset);

/* psql_text.c */
typedef struct PsqlText
{
	char	   *text;
	bool		backslashes;	/* in strings: settings change how it is read */
	bool		ascii;			/* it and its data: no encoding does so */
} PsqlText;

extern PsqlText sv_script_psql_text(const Script *script, int statement,
									const ScriptOrigin *origin);

/* redact.c */
extern char *sv_redact_script(const char *text);
extern char *sv_redact_constants(const char *text);

/* ----- placeholders.c, substitute.c: variables in the text of a script ----- */

/* How a script writes its variables. */
typedef enum VariableSyntax
{
	SV_VARIABLES_NONE,			/* it has none */
	SV_VARIABLES_FLYWAY,		/* ${name}, in any case */
	SV_VARIABLES_LIQUIBASE,		/* the same; what is unknown stays in strings */
	SV_VARIABLES_GOOSE,			/* ${NAME}, ${NAME:-otherwise} */
	SV_VARIABLES_PSQL			/* :name, :'name', :"name" */
} VariableSyntax;

typedef struct Variable
{
	const char *name;
	const char *value;
	bool		secret;			/* stands in no table, error or log */
	bool		raw;			/* is put as it is, wherever it stands */
} Variable;

extern VariableSyntax sv_variable_syntax(const char *name);
extern const Variable *sv_variable_find(const List *values, const char *name,
										VariableSyntax syntax);
extern bool sv_has_variables(const char *text, VariableSyntax syntax);
extern char *sv_substitute_stand_ins(const char *text, VariableSyntax syntax);
extern char *sv_substitute(const char *text, VariableSyntax syntax, const List *values,
						   const ScriptOrigin *origin, List **used);

/* rehearse.c */
extern char *sv_script_rehearsal_text(const Script *script, int statement);
extern bool sv_script_plain(const Script *script, int statement, char **text);

/* collect.c */
extern bool sv_script_has_data(const Script *script);
extern void sv_script_collect(StringInfo out, const Script *script, bool only_data,
							  const char **texts);

/* enum_values.c */
extern int	sv_script_enum_use(const Script *script, List **labels);
extern bool sv_script_commit_border(const Script *script, int statement);

/* commits.c */
extern bool sv_body_commits(const char *body, const char *language);
extern List *sv_script_committing(const Script *script);
extern List *sv_script_called(const Script *script, int statement);
extern void sv_script_mark_commits(Script *script, int statement);
extern void sv_script_mark_calls(Script *script, const List *names);

/* checksum.c: hex sha256 of what matters in a revision */
extern char *sv_script_hash(const char *text);
extern char *sv_script_checksum(const Script *up, const Script *down, const Script *verify,
								const char *options);
extern char *sv_script_part_checksum(const Script *script, int from, int to);

/* ----- batch.c -----
 *
 * A statement that an online run executes range of keys by range.
 */

typedef struct BatchStep
{
	char	   *table;			/* as it was written */
	char	   *key;			/* a column of it */
	int			size;			/* keys of the first batch */
	int			target;			/* ms that a batch should take */
	int			pause;			/* ms between batches */
	int			wal;			/* kB of WAL per second; 0: no limit; -1: as the setting says */
	int64		vacuum;			/* rows after which to vacuum; -1: a quarter of the table; 0:
								 * never */
	char	   *left;			/* condition of rows that are not done, or NULL */
	char	   *head;			/* the statement before the range */
	char	   *range_key;		/* what the range is about in the statement */
	char	   *tail;			/* and behind it */
} BatchStep;

extern bool sv_batch_place(const Script *script, int statement, int *from, int *to);
extern BatchStep *sv_batch_step(const Script *script, int statement, const ScriptOrigin *origin);
extern void sv_batch_check(const Script *script, const ScriptOrigin *origin);

/* ----- drops.c -----
 *
 * What a statement may take away, as far as its parse tree tells.
 */

/* What is to be expected of a statement. */
typedef enum DropsKind
{
	SV_DROPS_NOTHING,
	SV_DROPS_DIRECTLY,			/* drops or converts, and reads nothing before */
	SV_DROPS_ANYTHING			/* runs code that may do so, among other things */
} DropsKind;

extern DropsKind sv_drops_kind(const Node *tree);
extern bool sv_drops_converts_plainly(const Node *tree);
extern List *sv_drops_columns_changed(const Node *tree, AlterTableType subtype,
									  RangeVar **relation);

/* ----- evaluates.c -----
 *
 * What a statement may evaluate while it is executed, and whose it is.
 */

/* Each of them includes those before it. */
typedef enum Evaluates
{
	SV_EVALUATES_NOTHING,
	SV_EVALUATES_LITERALS,		/* constants of the types that it casts them to */
	SV_EVALUATES_TYPES,			/* values of the types that it names */
	SV_EVALUATES_INDEXES,		/* expressions of the indexes of its tables */
	SV_EVALUATES_CHECKS,		/* their CHECK constraints, too */
	SV_EVALUATES_ANYTHING		/* all that it names and all that these hold */
} Evaluates;

extern Evaluates sv_evaluates(const Node *tree);
extern bool sv_evaluates_itself(const Node *tree);
extern bool sv_restricted_by_server(const Node *tree);
extern bool sv_changes_rows(const Node *tree);
extern List *sv_owned_relations(const Node *tree);
extern const char *sv_created_name(const Node *tree);
extern const RoleSpec *sv_given_to(const Node *tree, const char *name);

/* ----- quiet.c ----- */

extern bool sv_statement_is_quiet(const Node *tree);

/* ----- mentions.c -----
 *
 * The qualified names in a statement.
 */

/* "schema.name", and how it stands there. */
typedef struct Mention
{
	const char *schema;
	const char *name;
	bool		is_operator;	/* not a word */
	bool		is_cast;		/* behind "::" */
} Mention;

extern List *sv_script_mentions(const char *text);

/* ----- hints.c -----
 *
 * What comments of a wanted schema say about names that things had before.
 */

/* "-- renamed from OLD", and what it stands at. */
typedef struct Hint
{
	int			line;
	const char *old_schema;		/* NULL: not given */
	const char *old_name;
	const char *class;			/* of the object that the statement creates; NULL: some relation
								 * or type */
	const char *schema;			/* as it stands there; NULL: not given */
	const char *name;
	const char *part_class;		/* NULL: it is about the object itself */
	const char *part;
	const char *value;			/* NULL, or a value of an enum */
	bool		doubtful;		/* it stands on the line of CREATE, too */
} Hint;

extern List *sv_script_hints(const Script *script);

/* ----- lexer.c -----
 *
 * A script's tokens as the server's own lexer sees them, plus the little
 * that stands in script files without being SQL: psql's meta-commands and
 * the data lines of COPY ... FROM STDIN.
 *
 * Shared by src/script and src/formats, by nobody else.  Offsets are bytes into
 * the text that the lexer was created with.
 */

typedef enum TokenKind
{
	SV_TOKEN_EOF,
	SV_TOKEN_END,				/* the semicolon that ends a statement */
	SV_TOKEN_WORD,				/* keyword or identifier; str as SQL reads it */
	SV_TOKEN_STRING,			/* string constant; str is its value */
	SV_TOKEN_OTHER,				/* anything else; code is its one character, or 0 */
	SV_TOKEN_META,				/* a psql command; str is its word, without \ */
	SV_TOKEN_ERROR				/* no token can be read here; see Lexer.error */
} TokenKind;

typedef struct Token
{
	TokenKind	kind;
	int			code;
	int			start;			/* first byte */
	int			end;			/* behind its last byte */
	const char *str;			/* in the context of the sv_lexer_next() call */
	const char *keyword;		/* canonical spelling if it is an unquoted keyword, else NULL */
} Token;

/* What the lexer knows of the statement that it reads. */
typedef struct LexerStatement
{
	int			ntokens;
	const char *head[4];		/* keywords of its first tokens, NULL: none */
	int			parens;			/* open parentheses */
	int			atomic;			/* open BEGIN ATOMIC bodies */
	const char *last_keyword;	/* of the token before, or NULL */
	int			last_code;
	bool		copy_from;		/* COPY ... FROM STDIN */
} LexerStatement;

typedef struct Lexer
{
	const char *text;
	int			length;
	int			base;			/* offset at which the lexer started */
	int			level;			/* of settings, see reading.c */
	void	   *scanner;
	struct core_yy_extra_type *extra;
	MemoryContext cxt;			/* of the lexer */
	LexerStatement stmt;
	int			data_start;		/* data of the COPY that the last SV_TOKEN_END ended, or -1 */
	int			data_length;
	int			data_end;		/* behind the last data block and its \., or 0 */
	int			data_from;		/* where that block starts */
	bool		data_closed;	/* does \. end it, not the end of the text? */
	ErrorData  *error;			/* SV_TOKEN_ERROR: the server's report */
	int			error_at;		/* and its place */
	int			reached;		/* end of the last token that was read */
} Lexer;

/* lexer.c */
extern Lexer *sv_lexer_create(const char *text);
extern void sv_lexer_free(Lexer *lexer);
extern void sv_lexer_next(Lexer *lexer, Token *token);
extern void sv_lexer_restart(Lexer *lexer, const Token *token);
extern bool sv_token_is(const Token *token, const char *keyword);

/* reading.c */
extern int	sv_reading_begin(void);
extern void sv_reading_end(int level);
extern void sv_reading_set(void);
extern void sv_reading_check(void);
extern List *sv_parse(const char *source, ErrorData **error);
extern Node *sv_parse_one(const char *statement);

/* complain.c */
extern char *sv_script_place(const char *text, int offset, const ScriptOrigin *origin);
extern int	sv_byte_offset(const char *text, int length, int position);
extern bool sv_is_syntax_error(const ErrorData *error);
extern void sv_script_invalid(const char *text, int offset, const ScriptOrigin *origin,
							  const char *message, const char *detail, const char *hint);
extern void sv_script_invalid_error(const char *text, int offset, const ScriptOrigin *origin,
									const ErrorData *error);
extern void sv_script_invalid_meta(const char *text, const Token *token,
								   const ScriptOrigin *origin);

/* ----- lock_targets.c -----
 *
 * Which relations a statement locks, as far as its text tells.
 */

typedef struct LockTarget
{
	const RangeVar *relation;
	LOCKMODE	mode;
	bool		owned;			/* only an owner of the relation can execute this */
} LockTarget;

extern List *sv_lock_targets(const Node *tree);

/* What runs again when its text has changed. */
typedef enum LivingKind
{
	SV_LIVING_NONE,				/* a revision, or a format without a word for the kind */
	SV_LIVING_OBJECT,
	SV_LIVING_SEED,				/* it fills tables; no downgrade takes it back */
	SV_LIVING_ROWS,				/* rows that a table shall have */
	SV_LIVING_KINDS
} LivingKind;

/* ----- managed_rows.c, values.c: the rows that a table shall have ----- */

typedef enum RowValueKind
{
	SV_VALUE_NULL,
	SV_VALUE_DEFAULT,			/* whatever the table gives a new row */
	SV_VALUE_STRING,			/* a literal without a type */
	SV_VALUE_NUMBER,
	SV_VALUE_BOOLEAN
} RowValueKind;

/* A constant, with the casts that are written around it, from the inside. */
typedef struct RowValue
{
	RowValueKind kind;
	const char *text;			/* NULL for NULL and DEFAULT */
	List	   *types;			/* TypeName, as the parser gave them */
	List	   *casts;			/* names with schema: what they mean */
	int			location;		/* in the text */
} RowValue;

typedef struct ManagedRows
{
	const char *schema;
	const char *table;
	List	   *key;			/* names of columns */
	List	   *columns;		/* those that are managed, the key among them */
	List	   *rows;			/* lists of RowValue, as many as columns */
	bool		delete;			/* the table has no other rows */
	bool		overwrite;		/* also what others have changed */
} ManagedRows;

extern char *sv_managed_text(const ManagedRows *rows);
extern ManagedRows *sv_managed_parse(const char *text);
extern char *sv_managed_table(const ManagedRows *rows);
extern char *sv_managed_names(const List *columns);
extern char *sv_value_sql(const RowValue *value);
extern char *sv_row_sql(const List *row);
extern char *sv_managed_insert_sql(const ManagedRows *rows, const List *row);
extern char *sv_managed_update_sql(const ManagedRows *rows, const List *row);
extern char *sv_managed_delete_sql(const ManagedRows *rows);
extern char *sv_managed_values(const ManagedRows *rows);
extern char *sv_managed_key(const ManagedRows *rows, const List *row);
extern int	sv_managed_place(const ManagedRows *rows, const char *column);
extern void sv_values_read(ManagedRows *rows, const char *text, const ScriptOrigin *origin);
extern void sv_values_take(ManagedRows *rows, const InsertStmt *insert, const char *text,
						   const ScriptOrigin *origin);

#endif							/* SV_SCRIPT_H */
