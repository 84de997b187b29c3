/*
 * redact.c
 *		The text of statements without the passwords that stand in it.
 *
 * Promise: the passwords of roles, the options of user mappings, servers and
 * wrappers, and connection strings are not in the result, wherever in a
 * statement, a DO block or the body of a function they stand as constants.
 * Comments of a body that is redacted are left out with them.
 *
 * What says too little is better than what says too much: in a body that makes
 * such things every constant is masked, for it may become part of a command.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "script/script.h"
#include "script/script_private.h"

#define MASK "'...'"

/* How the constants of a text are treated. */
typedef enum RedactMode
{
	REDACT_COMMANDS,			/* those that a command takes as a secret */
	REDACT_ALL
} RedactMode;

/* Where in a statement the reading stands. */
typedef struct Redaction
{
	StringInfo	out;
	const char *text;
	RedactMode	mode;
	int			armed;			/* words in which the kind of object is told */
	bool		has_options;	/* a command of which options are secrets */
	bool		runs_body;		/* DO, or the definition of a routine */
	const char *word;			/* the word before, or NULL */
} Redaction;

static bool
is_in_words(const char *word, const char *const *words)
{
	for (; word != NULL && *words != NULL; words++)
		if (pg_strcasecmp(word, *words) == 0)
			return true;
	return false;
}

/* Does the text contain the word, in any case? */
static bool
mentions(const char *text, const char *word)
{
	size_t		length = strlen(word);

	for (; *text != '\0'; text++)
		if (pg_strncasecmp(text, word, length) == 0)
			return true;
	return false;
}

/* May a body with this text make something that has a password? */
static bool
makes_secrets(const char *body)
{
	return mentions(body, "mapping") || mentions(body, "subscription") ||
		mentions(body, "server") ||
		mentions(body, "dblink") || mentions(body, "connect") ||
		((mentions(body, "role") || mentions(body, "user")) && mentions(body, "password"));
}

/* Is the constant a connection string with a password in it? */
static bool
is_connection(const char *value)
{
	return mentions(value, "password=") || mentions(value, "password =") ||
		(mentions(value, "postgres") && strstr(value, "://") != NULL && strchr(value, '@') != NULL);
}

/* Options and clauses whose value tells nothing that must be hidden. */
static bool
is_harmless_word(const char *word)
{
	static const char *const harmless[] = {
		"type", "version", "until", "host", "hostaddr", "port", "dbname", "schema_name",
		"table_name", "column_name",
		"fetch_size", "use_remote_estimate", "updatable", "truncatable", "async_capable",
		"batch_size", "filename",
		"format", "header", "delimiter", "encoding", "in", "is", NULL
	};

	return is_in_words(word, harmless);
}

static void redact(StringInfo out, const char *text, RedactMode mode);

/* Take note of a word: which kind of command is this? */
static void
read_redacted_word(Redaction *r, const char *word)
{
	static const char *const verbs[] = {"create", "alter", "import", NULL};
	static const char *const kinds[] =
	{"mapping", "server", "subscription", "wrapper", "foreign", NULL};
	static const char *const routines[] = {"function", "procedure", "do", NULL};

	if (is_in_words(word, verbs))
		r->armed = 4;
	else if (r->armed > 0)
	{
		r->has_options |= is_in_words(word, kinds);
		r->armed--;
	}
	r->runs_body |= is_in_words(word, routines);
	r->word = word;
}

/* A body stands behind DO or AS; its text between the quotes. */
static bool
is_body(const Redaction *r, const Token *token)
{
	static const char *const before[] = {"do", "as", "plpgsql", "sql", NULL};

	return r->runs_body && is_in_words(r->word, before) && r->text[token->start] == '$';
}

static void
append_body(Redaction *r, const Token *token, RedactMode mode)
{
	const char *start = r->text + token->start;
	int			quote = strchr(start + 1, '$') - start + 1;

	appendBinaryStringInfo(r->out, start, quote);
	redact(r->out, token->str, mode);
	appendBinaryStringInfo(r->out, start, quote);
}

static void
append_constant(Redaction *r, const Token *token)
{
	bool		secret = r->mode == REDACT_ALL || (r->has_options && !is_harmless_word(r->word)) ||
	(r->word != NULL && pg_strcasecmp(r->word, "password") == 0) || is_connection(token->str);

	if (is_body(r, token) && (secret || makes_secrets(token->str)))
		append_body(r, token, REDACT_ALL);
	else if (secret || (r->runs_body && makes_secrets(token->str)))
		appendStringInfoString(r->out, MASK);
	else
		appendBinaryStringInfo(r->out, r->text + token->start, token->end - token->start);
}

/* What stands between two tokens: blanks, and comments, which can say anything. */
static void
append_gap(Redaction *r, int from, int to)
{
	const char *gap = r->text + from;

	if (r->mode == REDACT_ALL && strspn(gap, " \t\r\n\f") < to - from)
		appendStringInfoChar(r->out, memchr(gap, '\n', to - from) != NULL ? '\n' : ' ');
	else
		appendBinaryStringInfo(r->out, gap, to - from);
}

static void
append_token(Redaction *r, const Token *token)
{
	if (token->kind == SV_TOKEN_STRING)
		append_constant(r, token);
	else
		appendBinaryStringInfo(r->out, r->text + token->start, token->end - token->start);
	if (token->kind == SV_TOKEN_WORD)
		read_redacted_word(r, token->str);
	else
		r->word = NULL;
	if (token->kind == SV_TOKEN_END || token->code == ';')
	{
		r->armed = 0;
		r->has_options = r->runs_body = false;
	}
}

/* Append the text without what the mode says; what cannot be read is left out. */
static void
redact(StringInfo out, const char *text, RedactMode mode)
{
	Redaction	r = {out, text, mode};
	Lexer	   *lexer = sv_lexer_create(text);
	Token		token;
	int			done = 0;

	check_stack_depth();
	PG_TRY();
	{
		for (;;)
		{
			sv_lexer_next(lexer, &token);
			if (token.kind == SV_TOKEN_ERROR || token.kind == SV_TOKEN_META)
				appendStringInfoString(out, " ...");
			if (token.kind == SV_TOKEN_ERROR || token.kind == SV_TOKEN_META)
				break;
			append_gap(&r, done, token.start);
			if (token.kind == SV_TOKEN_EOF)
				break;
			append_token(&r, &token);
			done = token.end;
		}
	}
	PG_FINALLY();
	{
		sv_lexer_free(lexer);
	}
	PG_END_TRY();
}

/* The text of a script without passwords, for who may look at it; NULL for NULL. */
char *
sv_redact_script(const char *text)
{
	StringInfoData out;

	if (text == NULL)
		return NULL;
	initStringInfo(&out);
	redact(&out, text, REDACT_COMMANDS);
	return out.data;
}

/* The text of statements that hand constants to unknown code, without any of them. */
char *
sv_redact_constants(const char *text)
{
	StringInfoData out;

	initStringInfo(&out);
	redact(&out, text, REDACT_ALL);
	return out.data;
}
