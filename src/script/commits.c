/*
 * commits.c
 *		Statements that commit by themselves: a DO block, or a procedure that is
 *		called, with COMMIT or ROLLBACK in its body.
 *
 * Pure, and decided by the text of the body.  A procedure that calls another one
 * is not looked through; the server tells of such a statement when it runs.
 */
#include "postgres.h"

#include "script/script.h"
#include "script/script_private.h"

/* Can a statement of PL/pgSQL begin behind this token? */
static bool
ends_statement(const Token *token)
{
	static const char *const words[] = {"begin", "then", "else", "loop"};

	for (int i = 0; i < lengthof(words); i++)
	{
		if (sv_token_is(token, words[i]))
			return true;
	}
	return token->kind == SV_TOKEN_EOF || token->kind == SV_TOKEN_END ||
		token->kind == SV_TOKEN_OTHER;
}

/* Does it have COMMIT or ROLLBACK as a statement? */
static bool
plpgsql_commits(const char *body)
{
	Lexer	   *lexer = sv_lexer_create(body);
	Token		before = {SV_TOKEN_EOF};
	Token		token;
	bool		found = false;

	for (;;)
	{
		sv_lexer_next(lexer, &token);
		if (token.kind == SV_TOKEN_EOF || token.kind == SV_TOKEN_ERROR)
			break;
		if ((sv_token_is(&token, "commit") || sv_token_is(&token, "rollback")) &&
			ends_statement(&before))
		{
			sv_lexer_next(lexer, &token);
			found = token.kind == SV_TOKEN_END || sv_token_is(&token, "and");
			if (found || token.kind == SV_TOKEN_EOF || token.kind == SV_TOKEN_ERROR)
				break;
		}
		before = token;
	}
	sv_lexer_free(lexer);
	return found;
}

/* The same in another language, where it is a function: plpy.commit(), spi_commit(). */
static bool
calls_commit(const char *body)
{
	static const char *const calls[] = {"commit", "rollback"};

	for (int i = 0; i < lengthof(calls); i++)
	{
		for (const char *at = body; (at = strstr(at, calls[i])) != NULL; at++)
		{
			const char *end = at + strlen(calls[i]);

			if (end[strspn(end, " \t")] == '(')
				return true;
		}
	}
	return false;
}

/* May a DO block or a procedure with this body commit? */
bool
sv_body_commits(const char *body, const char *language)
{
	return strcmp(language, "plpgsql") == 0 ? plpgsql_commits(body) : calls_commit(body);
}

/* The same for the options of DO and of CREATE PROCEDURE, where the body is "as". */
bool
sv_options_commit(const List *options)
{
	const char *language = "plpgsql";
	const char *body = NULL;
	ListCell   *cell;

	foreach(cell, options)
	{
		const DefElem *option = lfirst_node(DefElem, cell);

		if (strcmp(option->defname, "language") == 0)
			language = strVal(option->arg);
		else if (strcmp(option->defname, "as") == 0)
			body = IsA(option->arg, List) ? strVal(linitial((List *) option->arg)) :
				strVal(option->arg);
	}
	return body != NULL && sv_body_commits(body, language);
}

/* The names (lists of String) of the procedures that a script makes and that commit. */
List *
sv_script_committing(const Script *script)
{
	List	   *names = NIL;

	for (int i = 0; i < script->n; i++)
	{
		const CreateFunctionStmt *create;

		if (strcmp(script->statements[i].tag, "CREATE PROCEDURE") != 0)
			continue;
		create = (const CreateFunctionStmt *) sv_statement_tree(script, i);
		if (sv_options_commit(create->options))
			names = lappend(names, create->funcname);
	}
	return names;
}

/* Can both names be of the same procedure? */
static bool
same_procedure(const List *a, const List *b)
{
	if (strcmp(strVal(llast(a)), strVal(llast(b))) != 0)
		return false;
	if (list_length(a) < 2 || list_length(b) < 2)
		return true;
	return strcmp(strVal(list_nth(a, list_length(a) - 2)),
				  strVal(list_nth(b, list_length(b) - 2))) == 0;
}

/* The name of the procedure that a statement calls, or NIL. */
List *
sv_script_called(const Script *script, int statement)
{
	if (strcmp(script->statements[statement].tag, "CALL") != 0)
		return NIL;
	return ((const CallStmt *) sv_statement_tree(script, statement))->funccall->funcname;
}

/* The statement commits by itself, so that it must stand outside of transactions. */
void
sv_script_mark_commits(Script *script, int statement)
{
	Statement  *s = &script->statements[statement];

	if (s->blocker != NULL)
		return;
	s->blocker = strcmp(s->tag, "CALL") == 0 ? SV_CALL_COMMITS : SV_DO_COMMITS;
	if (script->blocked < 0 || script->blocked > statement)
		script->blocked = statement;
}

/* Mark the calls of procedures that commit; "names" is as of sv_script_committing(). */
void
sv_script_mark_calls(Script *script, const List *names)
{
	for (int i = 0; names != NIL && i < script->n; i++)
	{
		List	   *called = sv_script_called(script, i);

		if (called == NIL)
			continue;
		foreach_ptr(const List, name, names)
		{
			if (same_procedure(called, name))
				sv_script_mark_commits(script, i);
		}
	}
}
