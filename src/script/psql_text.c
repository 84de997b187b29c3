/*
 * psql_text.c
 *		The text of a statement as it must stand in a file for psql.
 *
 * psql cuts a file into statements with a lexer of its own, which differs from
 * the server's in two things.  It replaces :name by the value of a variable.
 * And it finds the end of a BEGIN ATOMIC body by counting the words BEGIN, CASE
 * and END, whatever they mean where they stand.
 *
 * Promise: psql sends the server what the script was parsed as, or the file is
 * not written.
 */
#include "postgres.h"

#include "script/script.h"
#include "script/script_private.h"

/* What psql knows of the statement that it reads. */
typedef struct PsqlReading
{
	int			words;			/* without quotes, so far */
	const char *head[4];		/* the first ones, if they are keywords */
	int			parens;			/* open parentheses */
	int			bodies;			/* open BEGIN and CASE, as psql counts them */
} PsqlReading;

static bool
is_head(const PsqlReading *reading, int word, const char *keyword)
{
	return reading->head[word] != NULL && strcmp(reading->head[word], keyword) == 0;
}

static bool
creates_routine(const PsqlReading *reading)
{
	int			what = is_head(reading, 1, "or") && is_head(reading, 2, "replace") ? 3 : 1;

	return is_head(reading, 0, "create") &&
		(is_head(reading, what, "function") || is_head(reading, what, "procedure"));
}

/* Take a word that is not quoted into what psql knows. */
static void
read_psql_word(PsqlReading *reading, const Token *token)
{
	if (reading->words < lengthof(reading->head))
		reading->head[reading->words] = token->keyword;
	reading->words++;
	if (reading->parens > 0 || !creates_routine(reading))
		return;
	if (sv_token_is(token, "begin"))
		reading->bodies++;
	else if (sv_token_is(token, "case") && reading->bodies > 0)
		reading->bodies++;
	else if (sv_token_is(token, "end") && reading->bodies > 0)
		reading->bodies--;
}

/* Take a token into what psql knows; false if psql ends the statement here. */
static bool
read_psql_token(PsqlReading *reading, const Token *token, const char *text)
{
	if (token->code == '(')
		reading->parens++;
	else if (token->code == ')' && reading->parens > 0)
		reading->parens--;
	else if (token->code == ';' || token->kind == SV_TOKEN_END)
		return reading->parens > 0 || reading->bodies > 0;
	else if (token->kind == SV_TOKEN_WORD && text[token->start] != '"')
		read_psql_word(reading, token);
	return true;
}

/* Would psql look for a variable at a colon that is followed by this? */
static bool
begins_variable(char next)
{
	return IS_HIGHBIT_SET(next) || isalnum((unsigned char) next) || next == '_' ||
		next == '\'' || next == '"' || next == '{';
}

/*
 * Does a setting decide what this string is?  standard_conforming_strings does so
 * for plain ones with a backslash and refuses U&'...' when it is off; \' in
 * E'...' is refused in some client encodings.
 */
static bool
depends_on_settings(const Token *token, const char *text)
{
	char		first = text[token->start];

	if (token->kind != SV_TOKEN_STRING || first == '$')
		return false;
	return first == 'u' || first == 'U' ||
		memchr(text + token->start, '\\', token->end - token->start) != NULL;
}

/* Append the statement to "out"; false if psql would end it at another place. */
static bool
append_tokens(PsqlText *result, StringInfo out, Lexer *lexer)
{
	PsqlReading reading = {0};
	const char *text = lexer->text;
	int			done = 0;
	Token		token;

	for (;;)
	{
		sv_lexer_next(lexer, &token);
		if (token.kind == SV_TOKEN_EOF)
			break;
		if (token.kind == SV_TOKEN_ERROR || token.kind == SV_TOKEN_META ||
			!read_psql_token(&reading, &token, text))
			return false;
		result->backslashes |= depends_on_settings(&token, text);
		if (token.code != ':' || !begins_variable(text[token.end]))
			continue;
		appendBinaryStringInfo(out, text + done, token.end - done);
		appendStringInfoChar(out, ' ');
		done = token.end;
	}
	appendStringInfoString(out, text + done);
	return reading.parens == 0 && reading.bodies == 0;
}

static bool
is_ascii(const char *text, int length)
{
	for (int i = 0; i < length; i++)
		if (IS_HIGHBIT_SET(text[i]))
			return false;
	return true;
}

/*
 * The statement (index from 0) for psql, without its semicolon.  Raises SV007
 * where psql would not read it as one statement.
 */
PsqlText
sv_script_psql_text(const Script *script, int statement, const ScriptOrigin *origin)
{
	const Statement *s = &script->statements[statement];
	char	   *text = sv_script_statement_text(script, statement);
	PsqlText	result = {0};
	StringInfoData out;
	Lexer	   *lexer;
	volatile bool same = false;

	result.ascii = is_ascii(text, s->length) &&
		is_ascii(script->text + s->data_start, s->data_length);
	initStringInfo(&out);
	lexer = sv_lexer_create(text);
	PG_TRY();
	{
		same = append_tokens(&result, &out, lexer);
	}
	PG_FINALLY();
	{
		sv_lexer_free(lexer);
	}
	PG_END_TRY();
	if (!same)
		sv_script_invalid(script->text, s->start, origin,
						  "psql would not read this as one statement",
						  "psql finds the end of a BEGIN ATOMIC body by counting the words BEGIN, "
						  "CASE and END, whatever they mean.",
						  "Quote names and labels that are such words (\"end\"), or run it with "
						  "upgrade().");
	result.text = out.data;
	return result;
}
