/*
 * lexer.h
 *		A script's tokens as the server's own lexer sees them, plus the little
 *		that stands in script files without being SQL: psql's meta-commands and
 *		the data lines of COPY ... FROM STDIN.
 *
 * Shared by src/script and src/formats, by nobody else.  Offsets are bytes into
 * the text that the lexer was created with.
 */
#ifndef SV_LEXER_H
#define SV_LEXER_H

#include "script/script.h"

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
	const char *keyword;		/* canonical spelling if it is an unquoted
								 * keyword, else NULL */
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
	int			set_step;		/* progress through SET, see follow_set() */
	const char *set_name;		/* the setting to change at its end, or NULL */
	char	   *set_value;		/* NULL: the session's default */
} LexerStatement;

typedef struct Lexer
{
	const char *text;
	int			length;
	int			base;			/* offset at which the lexer started */
	bool		follows;		/* SET in the text changes how it is read */
	int			level;			/* of settings, see reading.c */
	void	   *scanner;
	struct core_yy_extra_type *extra;
	MemoryContext cxt;			/* of the lexer */
	LexerStatement stmt;
	int			data_start;		/* data of the COPY that the last
								 * SV_TOKEN_END ended, or -1 */
	int			data_length;
	int			data_end;		/* behind the last data block and its \., or 0 */
	int			data_from;		/* where that block starts */
	bool		data_closed;	/* does \. end it, not the end of the text? */
	ErrorData  *error;			/* SV_TOKEN_ERROR: the server's report */
	int			error_at;		/* and its place */
	int			reached;		/* end of the last token that was read */
} Lexer;

/* lexer.c */
extern Lexer *sv_lexer_create(const char *text, bool follows);
extern void sv_lexer_free(Lexer *lexer);
extern void sv_lexer_next(Lexer *lexer, Token *token);
extern void sv_lexer_restart(Lexer *lexer, const Token *token);
extern bool sv_token_is(const Token *token, const char *keyword);

/* reading.c */
extern int	sv_reading_begin(void);
extern void sv_reading_set(const char *name, const char *value);
extern void sv_reading_end(int level);
extern List *sv_parse(const char *source, ErrorData **error);

/* complain.c */
extern char *sv_script_place(const char *text, int offset, const ScriptOrigin *origin);
extern int	sv_byte_offset(const char *text, int length, int position);
extern bool sv_is_syntax_error(const ErrorData *error);
extern void sv_script_invalid(const char *text, int offset, const ScriptOrigin *origin,
							  const char *message, const char *detail, const char *hint);
extern void sv_script_invalid_error(const char *text, int offset, const ScriptOrigin *origin,
									const ErrorData *error);
extern void sv_script_invalid_meta(const char *text, const Token *token, const ScriptOrigin *origin);

#endif							/* SV_LEXER_H */
