/*
 * lexer.c
 *		Reads a script token by token with the server's own lexer.
 *
 * Promises:
 *	- A token is what the server would see at that place, with
 *	  standard_conforming_strings on: keywords, quoting, dollar quotes and nested
 *	  comments are the server's business.
 *	- SV_TOKEN_END comes at each semicolon at which the server's grammar can end
 *	  a statement: not inside of parentheses (CREATE RULE) and not inside of the
 *	  BEGIN ATOMIC body of a function.
 *	- The data lines of COPY ... FROM STDIN are never taken for SQL.
 *	- A lexical error is returned, not thrown, so no error state is left behind.
 *	- Time is linear in the length of the text.
 *
 * The lexer works on a private copy of the text.  What it must not see (data
 * lines, psql commands that mean nothing here) is overwritten there with blanks
 * before it gets that far; all offsets stay valid.
 *
 * A lexer has a level of settings open (see reading.c), so call sv_lexer_free()
 * from PG_FINALLY, and free lexers in the reverse order of their creation.
 */
#include "postgres.h"

#include "base/compat.h"
#include "mb/pg_wchar.h"
#include "parser/parser.h"
#include "parser/scanner.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "script/script.h"

/*
 * The token codes that scanner.h promises for every parser that is built on
 * the core lexer.  Keywords get the code that their caller wishes.
 */
#define CODE_IDENT		258
#define CODE_UIDENT		259
#define CODE_SCONST		261
#define CODE_USCONST	262
#define CODE_KEYWORD	9999

/*
 * Return a lexer at the start of the text, behind a byte order mark.  The text
 * must live as long.
 */
Lexer *
sv_lexer_create(const char *text)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext,
											  "schemaver lexer",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	Lexer	   *lexer = palloc0(sizeof(Lexer));
	uint16	   *codes = palloc(sizeof(uint16) * ScanKeywords.num_keywords);

	for (int i = 0; i < ScanKeywords.num_keywords; i++)
		codes[i] = CODE_KEYWORD;

	lexer->cxt = cxt;
	lexer->text = text;
	lexer->length = strlen(text);
	lexer->base = strncmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
	lexer->data_start = -1;
	lexer->level = sv_reading_begin();
	lexer->extra = palloc0(sizeof(core_yy_extra_type));
	lexer->scanner = scanner_init(text + lexer->base, lexer->extra,
								  &ScanKeywords, codes);
	MemoryContextSwitchTo(old);
	return lexer;
}

/* Free the lexer and close its level of settings. */
void
sv_lexer_free(Lexer *lexer)
{
	sv_reading_end(lexer->level);
	MemoryContextDelete(lexer->cxt);
}

/* Is the token this unquoted keyword (in lower case)? */
bool
sv_token_is(const Token *token, const char *keyword)
{
	return token->keyword != NULL && strcmp(token->keyword, keyword) == 0;
}

static bool
is_keyword(const char *keyword, const char *wanted)
{
	return keyword != NULL && strcmp(keyword, wanted) == 0;
}

/* ---------- where a statement ends ---------- */

static bool
is_routine(const LexerStatement *stmt)
{
	const char *what = is_keyword(stmt->head[1], "or") ? stmt->head[3] : stmt->head[1];

	return is_keyword(stmt->head[0], "create") &&
		(is_keyword(what, "function") || is_keyword(what, "procedure"));
}

/*
 * Count BEGIN ATOMIC ... END.  The END of a body stands behind the semicolon of
 * its last statement or behind ATOMIC; that of CASE and a column label never do.
 */
static void
count_atomic(LexerStatement *stmt, const Token *token)
{
	if (stmt->parens > 0 || token->keyword == NULL)
		return;
	if (sv_token_is(token, "atomic") && is_keyword(stmt->last_keyword, "begin") &&
		is_routine(stmt))
		stmt->atomic++;
	else if (sv_token_is(token, "end") && stmt->atomic > 0 &&
			 (stmt->last_code == ';' || is_keyword(stmt->last_keyword, "atomic")))
		stmt->atomic--;
}

/* Take the token into what is known of its statement. */
static void
observe(Lexer *lexer, Token *token)
{
	LexerStatement *stmt = &lexer->stmt;

	if (token->code == ';' && stmt->parens == 0 && stmt->atomic == 0)
	{
		token->kind = SV_TOKEN_END;
		return;
	}
	if (token->code == '(')
		stmt->parens++;
	else if (token->code == ')' && stmt->parens > 0)
		stmt->parens--;
	count_atomic(stmt, token);

	if (stmt->ntokens < lengthof(stmt->head))
		stmt->head[stmt->ntokens] = token->keyword;
	if (is_keyword(stmt->head[0], "copy") && stmt->parens == 0 &&
		is_keyword(stmt->last_keyword, "from") &&
		(sv_token_is(token, "stdin") || sv_token_is(token, "stdout")))
		stmt->copy_from = true;

	stmt->ntokens++;
	stmt->last_keyword = token->keyword;
	stmt->last_code = token->code;
}

/*
 * Begin a new statement with the token that sv_lexer_next() has just given: the
 * file's next part begins here.
 */
void
sv_lexer_restart(Lexer *lexer, const Token *token)
{
	Token		first = *token;

	memset(&lexer->stmt, 0, sizeof(lexer->stmt));
	if (first.kind == SV_TOKEN_WORD || first.kind == SV_TOKEN_STRING ||
		first.kind == SV_TOKEN_OTHER)
		observe(lexer, &first);
}

/* ---------- what is not SQL ---------- */

/* Hide part of the text from the lexer, which must not have got there yet. */
static void
blank(Lexer *lexer, int from, int to)
{
	if (to > from)
		memset(lexer->extra->scanbuf + from - lexer->base, ' ', to - from);
}

/* Return the offset of the line feed at or after the offset, or the text's end. */
static int
line_end(const Lexer *lexer, int offset)
{
	const char *end = memchr(lexer->text + offset, '\n', lexer->length - offset);

	return end != NULL ? end - lexer->text : lexer->length;
}

/* Is the line nothing but \. ? */
static bool
is_end_of_data(const Lexer *lexer, int start, int end)
{
	if (end > start && lexer->text[end - 1] == '\r')
		end--;
	return end - start == 2 && strncmp(lexer->text + start, "\\.", 2) == 0;
}

/*
 * The semicolon at the offset ended COPY ... FROM STDIN: find its data, from
 * the next line (as psql does) up to \. or the end of the text.
 */
static void
take_data(Lexer *lexer, int offset)
{
	int			line = line_end(lexer, offset);

	line = Min(line + 1, lexer->length);
	if (line < lexer->data_end && line >= lexer->data_from)
		line = lexer->data_end; /* a second COPY on the same line */

	lexer->data_start = lexer->data_from = line;
	lexer->data_closed = false;
	while (line < lexer->length && !lexer->data_closed)
	{
		int			end = line_end(lexer, line);

		lexer->data_closed = is_end_of_data(lexer, line, end);
		if (!lexer->data_closed)
			lexer->data_length = Min(end + 1, lexer->length) - lexer->data_start;
		line = Min(end + 1, lexer->length);
	}
	lexer->data_end = line;
	blank(lexer, lexer->data_start, lexer->data_end);
}

/* Commands that say nothing to a script that runs inside of the server. */
static bool
is_harmless_command(const char *command, int length)
{
	static const char *const harmless[] = {
		"restrict", "unrestrict", "set ON_ERROR_STOP", "echo", "qecho", "warn", "pset", "timing",
		"set ECHO", "set QUIET", "set VERBOSITY"
	};

	if (memchr(command, '\\', length) != NULL)
		return false;			/* a further command, or SQL, can follow on the line */
	for (int i = 0; i < lengthof(harmless); i++)
	{
		int			n = strlen(harmless[i]);

		if (length >= n && strncmp(command, harmless[i], n) == 0 &&
			(length == n || isspace((unsigned char) command[n])))
			return true;
	}
	return false;
}

/*
 * The token is a backslash, so the rest of its line is a command of psql.
 * Skip it and return true if it may be ignored; else make it SV_TOKEN_META.
 */
static bool
skip_meta(Lexer *lexer, Token *token)
{
	const char *command = lexer->text + token->end;
	int			length = line_end(lexer, token->end) - token->end;
	int			word = 0;
	core_YYSTYPE value;
	int			at;

	if (is_harmless_command(command, length))
	{
		/*
		 * The lexer holds the byte behind the backslash, a letter, and puts it back when it is
		 * called: read that as a word of its own.
		 */
		blank(lexer, token->end + 1, token->end + length);
		(void) core_yylex(&value, &at, lexer->scanner);
		return true;
	}
	while (word < length && !isspace((unsigned char) command[word]))
		word += pg_mblen(command + word);
	token->kind = SV_TOKEN_META;
	token->str = pnstrdup(command, Min(word, length));
	token->end += Min(word, length);
	return false;
}

/* ---------- reading ---------- */

/* Read one token from the server's lexer; its errors are thrown. */
static void
read_token(Lexer *lexer, Token *token)
{
	core_YYSTYPE value;
	int			at = 0;
	int			code = core_yylex(&value, &at, lexer->scanner);

	memset(token, 0, sizeof(*token));
	token->start = token->end = lexer->base + at;
	if (code == 0)
	{
		token->kind = SV_TOKEN_EOF;
		token->start = token->end = lexer->length;
		return;
	}

	/* The lexer leaves a NUL behind the token that it has just read. */
	token->end += strlen(lexer->extra->scanbuf + at);
	lexer->reached = token->end;
	token->kind = SV_TOKEN_OTHER;
	if (code == CODE_KEYWORD)
	{
		token->kind = SV_TOKEN_WORD;
		token->str = token->keyword = value.keyword;
	}
	else if (code == CODE_IDENT || code == CODE_UIDENT)
	{
		token->kind = SV_TOKEN_WORD;
		token->str = value.str;
	}
	else if (code == CODE_SCONST || code == CODE_USCONST)
	{
		token->kind = SV_TOKEN_STRING;
		token->str = value.str;
	}
	else if (code < CODE_IDENT)
		token->code = code;
}

/* Make the token stand for the error that was just caught. */
static void
fail(Lexer *lexer, Token *token, MemoryContext cxt)
{
	MemoryContextSwitchTo(lexer->cxt);
	lexer->error = sv_copy_error();
	FlushErrorState();
	MemoryContextSwitchTo(cxt);
	if (!sv_is_syntax_error(lexer->error))
		ReThrowError(lexer->error);

	lexer->error_at = lexer->reached;
	if (lexer->error->cursorpos > 0)
		lexer->error_at = lexer->base +
			sv_byte_offset(lexer->extra->scanbuf, lexer->length - lexer->base,
						   lexer->error->cursorpos);
	memset(token, 0, sizeof(*token));
	token->kind = SV_TOKEN_ERROR;
	token->start = token->end = lexer->error_at;
}

/*
 * Read the next token.  Its strings are allocated in the current context.
 *
 * After SV_TOKEN_EOF, SV_TOKEN_META and SV_TOKEN_ERROR nothing more may be read.  Errors other than
 * of syntax (cancelled, out of memory) are thrown.
 */
void
sv_lexer_next(Lexer *lexer, Token *token)
{
	MemoryContext cxt = CurrentMemoryContext;

	lexer->data_start = -1;
	lexer->data_length = 0;

	PG_TRY();
	{
		do
		{
			read_token(lexer, token);
		} while (token->code == '\\' && skip_meta(lexer, token));
	}
	PG_CATCH();
	{
		fail(lexer, token, cxt);
	}
	PG_END_TRY();

	if (token->kind == SV_TOKEN_EOF || token->kind == SV_TOKEN_META ||
		token->kind == SV_TOKEN_ERROR)
		return;
	observe(lexer, token);
	if (token->kind != SV_TOKEN_END)
		return;
	if (lexer->stmt.copy_from)
		take_data(lexer, token->start);
	memset(&lexer->stmt, 0, sizeof(lexer->stmt));
}
