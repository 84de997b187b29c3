/*
 * rehearse.c
 *		A statement as it can be executed where a transaction is open and
 *		everything will be rolled back.
 *
 * What PostgreSQL refuses in a transaction mostly does to the schema what a
 * command without CONCURRENTLY does, or nothing.
 */
#include "postgres.h"

#include "script/script.h"

typedef enum Rehearsal
{
	WITHOUT_CONCURRENTLY,
	LEFT_OUT					/* does not change the schema */
} Rehearsal;

static const struct
{
	const char *blocker;
	Rehearsal	rehearsal;
}			rehearsals[] = {
	{"CREATE INDEX CONCURRENTLY", WITHOUT_CONCURRENTLY},
	{"DROP INDEX CONCURRENTLY", WITHOUT_CONCURRENTLY},
	{"ALTER TABLE ... DETACH CONCURRENTLY", WITHOUT_CONCURRENTLY},
	{"REINDEX CONCURRENTLY", LEFT_OUT},
	{"REINDEX SCHEMA", LEFT_OUT},
	{"REINDEX SYSTEM", LEFT_OUT},
	{"REINDEX DATABASE", LEFT_OUT},
	{"VACUUM", LEFT_OUT},
	{"CLUSTER", LEFT_OUT},
	{"DISCARD ALL", LEFT_OUT},
	{"SET transaction_isolation", LEFT_OUT},
	{"SET TRANSACTION ISOLATION LEVEL", LEFT_OUT},
};

/* Take out the first keyword CONCURRENTLY; every line stays one. */
static void
cut_concurrently(char *text)
{
	Lexer	   *lexer = sv_lexer_create(text);
	Token		token;
	int			end;

	do
		sv_lexer_next(lexer, &token);
	while (token.kind != SV_TOKEN_EOF && token.kind != SV_TOKEN_ERROR &&
		   !sv_token_is(&token, "concurrently"));
	sv_lexer_free(lexer);
	if (token.kind != SV_TOKEN_WORD)
		return;
	end = token.end + strspn(text + token.end, " \t");
	memmove(text + token.start, text + end, strlen(text + end) + 1);
}

/*
 * Return the text of a statement (index from 0) for a rehearsal, a new string:
 * its own, if it can be executed in a transaction; empty if it does nothing to
 * the schema; NULL if there is no way to rehearse it.
 */
char *
sv_script_rehearsal_text(const Script *script, int statement)
{
	const char *blocker = script->statements[statement].blocker;
	char	   *text = sv_script_statement_text(script, statement);

	/* without it the outcome is the same, and it also works on a view that has no rows yet */
	if (strcmp(script->statements[statement].tag, "REFRESH MATERIALIZED VIEW") == 0)
		cut_concurrently(text);
	if (blocker == NULL)
		return text;
	for (int i = 0; i < lengthof(rehearsals); i++)
	{
		if (strcmp(rehearsals[i].blocker, blocker) != 0)
			continue;
		if (rehearsals[i].rehearsal == LEFT_OUT)
			return pstrdup("");
		cut_concurrently(text);
		return text;
	}
	return NULL;
}

/*
 * Can the statement run in a transaction if it loses the keyword CONCURRENTLY?
 * Then set *text, unless NULL, to what is left, a new string.
 */
bool
sv_script_plain(const Script *script, int statement, char **text)
{
	const char *blocker = script->statements[statement].blocker;
	char	   *plain = sv_script_statement_text(script, statement);

	if (blocker == NULL || strstr(blocker, "CONCURRENTLY") == NULL)
		return false;
	/* REINDEX (CONCURRENTLY) ... is no keyword that could be cut out */
	if (strcmp(script->statements[statement].tag, "REINDEX") == 0 &&
		plain[strlen("REINDEX") + strspn(plain + strlen("REINDEX"), " \t\r\n")] == '(')
		return false;
	cut_concurrently(plain);
	if (text != NULL)
		*text = plain;
	return true;
}
