/*
 * mentions.c
 *		The qualified names in a statement, as its tokens show them.
 *
 * What schemaver writes is printed for a search_path of pg_catalog: an object of
 * a user stands there with its schema or not at all.  Column references look the
 * same (table.column), so there may be names that mean nothing.
 */
#include "postgres.h"

#include "script/script.h"

typedef struct Reading
{
	const char *text;
	List	   *mentions;
	const char *word;			/* the last token, if it was a word */
	const char *schema;			/* the last two, if they were a word and a dot */
	bool		cast;			/* did "::" stand before the last word? */
	bool		after_cast;		/* was the last token "::"? */
} Reading;

static void
add_mention(Reading *reading, const char *name, bool is_operator)
{
	Mention    *mention = palloc0(sizeof(Mention));

	mention->schema = reading->schema;
	mention->name = name;
	mention->is_operator = is_operator;
	mention->is_cast = reading->cast && !is_operator;
	reading->mentions = lappend(reading->mentions, mention);
}

static void
take_word(Reading *reading, const char *word)
{
	if (reading->schema != NULL)
		add_mention(reading, word, false);
	else
		reading->cast = reading->after_cast;
	reading->schema = NULL;
	reading->after_cast = false;
	reading->word = word;
}

static void
take_other(Reading *reading, const Token *token)
{
	int			length = token->end - token->start;
	const char *start = reading->text + token->start;

	if (reading->schema != NULL)
		add_mention(reading, pnstrdup(start, length), true);
	reading->after_cast = length == 2 && start[0] == ':' && start[1] == ':';
	reading->schema = token->code == '.' ? reading->word : NULL;
	reading->word = NULL;
}

/* A list of Mention; the text is one statement that can be parsed. */
List *
sv_script_mentions(const char *text)
{
	Reading		reading = {text};
	Lexer	   *lexer = sv_lexer_create(text);

	PG_TRY();
	{
		for (;;)
		{
			Token		token;

			sv_lexer_next(lexer, &token);
			if (token.kind == SV_TOKEN_EOF || token.kind == SV_TOKEN_META ||
				token.kind == SV_TOKEN_ERROR)
				break;
			if (token.kind == SV_TOKEN_WORD)
				take_word(&reading, token.str);
			else
				take_other(&reading, &token);
		}
	}
	PG_FINALLY();
	{
		sv_lexer_free(lexer);
	}
	PG_END_TRY();
	return reading.mentions;
}
