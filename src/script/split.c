/*
 * split.c
 *		Cuts a script into statements and parses each of them.
 *
 * Promises:
 *	- The statements are those that psql would send, in order, each with its
 *	  exact text; every one of them has been parsed by the server's parser with
 *	  standard_conforming_strings on, as it will run.
 *	- What cannot work in one transaction of the server is refused here, with
 *	  its line, never when half of the script has run: psql commands,
 *	  transaction control, COPY to the client.  Plain pairs of BEGIN and COMMIT
 *	  are left out of the statements, for that is how the script runs anyway; so
 *	  is a COMMIT alone, which marks the statement behind it.
 *	- Each statement is parsed once, but for those of long scripts, whose trees
 *	  are not kept.  Time is linear in the length of the text.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "script/script.h"
#include "script/script_private.h"

/* Bytes of text: the trees of longer scripts, which take many times the memory, are not kept. */
#define MAX_KEPT_TEXT (64 * 1024)

/* The script that is being cut. */
typedef struct Splitter
{
	const ScriptOrigin *origin;
	Script	   *script;
	Lexer	   *lexer;
	MemoryContext stmt_cxt;		/* of one statement; reset after each */
	int			allocated;		/* of script->statements */
	int			line;			/* line number at counted */
	int			counted;
	int			block;			/* offset of the open BEGIN, or -1 */
	bool		committed;		/* a COMMIT without BEGIN stands before the next statement */
	/* the statement that is being read */
	int			start;			/* first byte, or -1 before its first token */
	int			end;
	int			mentions;
} Splitter;

static void
refuse_text(const Splitter *s, int offset, const char *message, const char *hint)
{
	sv_script_invalid(s->script->text, offset, s->origin, message, NULL, hint);
}

/*
 * Parse the text from start to end, which must be one statement.  Its tree is
 * allocated in the current context; errors of syntax become ours.
 */
static Node *
parse_statement(const Splitter *s, int start, int end)
{
	char	   *source = pnstrdup(s->script->text + start, end - start);
	ErrorData  *error;
	List	   *trees = sv_parse(source, &error);

	if (error != NULL)
		sv_script_invalid_error(s->script->text,
								start + sv_byte_offset(source, end - start, error->cursorpos),
								s->origin, error);
	if (list_length(trees) != 1)
		elog(ERROR, "the parser found %d statements instead of one", list_length(trees));
	return linitial_node(RawStmt, trees)->stmt;
}

/* ---------- transaction control ---------- */

static const char *
transaction_command(const TransactionStmt *stmt)
{
	switch (stmt->kind)
	{
		case TRANS_STMT_BEGIN:
			return "BEGIN";
		case TRANS_STMT_START:
			return "START TRANSACTION";
		case TRANS_STMT_COMMIT:
			return "COMMIT";
		case TRANS_STMT_ROLLBACK:
			return "ROLLBACK";
		case TRANS_STMT_SAVEPOINT:
			return "SAVEPOINT";
		case TRANS_STMT_RELEASE:
			return "RELEASE SAVEPOINT";
		case TRANS_STMT_ROLLBACK_TO:
			return "ROLLBACK TO SAVEPOINT";
		default:
			return "PREPARE TRANSACTION";
	}
}

static void
refuse_transaction(const Splitter *s, const TransactionStmt *stmt)
{
	const char *command = transaction_command(stmt);
	const char *hint = "Remove it: schemaver runs the script in one transaction, all or nothing.";

	if (stmt->kind == TRANS_STMT_SAVEPOINT || stmt->kind == TRANS_STMT_RELEASE ||
		stmt->kind == TRANS_STMT_ROLLBACK_TO)
		hint = "Remove it: schemaver runs the script in one transaction. "
			"Use a DO block with EXCEPTION to go on after an error.";
	refuse_text(s, s->start, psprintf("%s cannot be used in a migration script", command), hint);
}

/* BEGIN or START TRANSACTION: opens a pair. */
static void
open_block(Splitter *s, const TransactionStmt *stmt)
{
	const char *command = transaction_command(stmt);

	if (stmt->options != NIL)
		refuse_text(s, s->start,
					psprintf("%s with transaction options cannot be used in a migration script",
							 command),
					"Remove the options, or the whole command: schemaver runs the script in a "
					"transaction of its own.");
	if (s->block >= 0)
		refuse_text(s, s->start,
					psprintf("%s inside of a transaction that the script has already begun", command),
					"Remove it: schemaver runs the script in one transaction, all or nothing.");
	s->block = s->start;
}

/*
 * COMMIT or END: closes a pair.  One without BEGIN commits what stands before it,
 * as where a new value of an enum type is to be used next.
 */
static void
close_block(Splitter *s, const TransactionStmt *stmt)
{
	if (stmt->chain)
		refuse_text(s, s->start, "COMMIT AND CHAIN cannot be used in a migration script",
					"Remove it: schemaver runs the script in one transaction, all or nothing.");
	if (s->block < 0)
		s->committed = s->script->n > 0;
	s->block = -1;
}

/* A verify script is rolled back in any case, so it may say so itself, as those of Sqitch do. */
static bool
is_verify(const Splitter *s)
{
	return s->origin != NULL && s->origin->section != NULL &&
		strcmp(s->origin->section, "verify") == 0;
}

/*
 * Is the statement transaction control that has no place among the statements?
 * Returns true if it is to be left out, false if it is a statement like others,
 * and refuses the rest.
 */
static bool
is_transaction_control(Splitter *s, const Node *tree)
{
	const TransactionStmt *stmt = (const TransactionStmt *) tree;

	if (!IsA(tree, TransactionStmt))
		return false;
	switch (stmt->kind)
	{
		case TRANS_STMT_BEGIN:
		case TRANS_STMT_START:
			open_block(s, stmt);
			return true;
		case TRANS_STMT_COMMIT:
			close_block(s, stmt);
			return true;
		case TRANS_STMT_ROLLBACK:
			if (!is_verify(s) || stmt->chain)
				refuse_transaction(s, stmt);
			s->block = -1;
			return true;
		case TRANS_STMT_COMMIT_PREPARED:
		case TRANS_STMT_ROLLBACK_PREPARED:
			return false;
		default:
			refuse_transaction(s, stmt);
			return true;
	}
}

/* ---------- one statement ---------- */

/* COPY to the client has nobody to send to; COPY from it has its data here. */
static void
check_copy(const Splitter *s, const Node *tree)
{
	const CopyStmt *copy = (const CopyStmt *) tree;

	if (!IsA(tree, CopyStmt) || copy->filename != NULL)
		return;
	if (copy->is_from && copy->whereClause != NULL)
		refuse_text(s, s->start,
					"COPY with inline data cannot have a WHERE clause in a migration script",
					"Copy into a temporary table and INSERT ... SELECT from it.");
	foreach_ptr(const DefElem, option, copy->options)
	{
		if (copy->is_from && strcmp(option->defname, "format") == 0 && option->arg != NULL &&
			IsA(option->arg, String) && pg_strcasecmp(strVal(option->arg), "binary") == 0)
			refuse_text(s, s->start, "COPY with inline data cannot be binary in a migration script",
						"Use the text or the csv format.");
	}
	if (copy->is_from)
		return;
	refuse_text(s, s->start, "COPY TO STDOUT cannot be used in a migration script",
				"There is no client to send the rows to. Use a query, or COPY TO a file or a program of "
				"the server.");
}

static bool
is_on(const List *values)
{
	const A_Const *value = list_length(values) == 1 ? linitial(values) : NULL;
	bool		on;

	return value != NULL && IsA(value, A_Const) && !value->isnull && IsA(&value->val, String) &&
		parse_bool(strVal(&value->val), &on) && on;
}

/* The script has been split, and will run, with standard_conforming_strings on. */
static void
check_set(const Splitter *s, const Node *tree)
{
	const VariableSetStmt *set = (const VariableSetStmt *) tree;

	if (!IsA(tree, VariableSetStmt) || set->name == NULL ||
		pg_strcasecmp(set->name, "standard_conforming_strings") != 0 ||
		(set->kind != VAR_SET_VALUE && set->kind != VAR_SET_DEFAULT) ||
		(set->kind == VAR_SET_VALUE && is_on(set->args)))
		return;
	refuse_text(s, s->start, "standard_conforming_strings must be on in a migration script",
				"Remove the SET, and write strings with escapes as E'...'.");
}

/* Line of the offset, which must not be before that of the last call. */
static int
count_lines(Splitter *s, int offset)
{
	const char *at = s->script->text + s->counted;
	const char *end = s->script->text + offset;

	while (at < end && (at = memchr(at, '\n', end - at)) != NULL)
	{
		s->line++;
		at++;
	}
	s->counted = offset;
	return s->line;
}

/* Return a new, empty statement at the end of the script. */
static Statement *
add_statement(Splitter *s)
{
	Script	   *script = s->script;
	Statement  *statement;

	if (script->n == s->allocated)
	{
		s->allocated *= 2;
		script->statements = repalloc(script->statements,
									  sizeof(Statement) * s->allocated);
	}
	statement = &script->statements[script->n++];
	memset(statement, 0, sizeof(*statement));
	return statement;
}

/* The statement is read to its end: parse it, and keep it unless it is BEGIN or COMMIT. */
static void
end_statement(Splitter *s)
{
	Lexer	   *lexer = s->lexer;
	bool		keeps = lexer->length <= MAX_KEPT_TEXT;
	Statement  *statement;
	Node	   *tree;

	if (s->start < 0)
		return;
	if (lexer->data_end > 0 && s->start < lexer->data_from && s->end > lexer->data_from)
		refuse_text(s, s->start, "the data of COPY FROM STDIN stands inside of another statement",
					"Begin the next statement on a line of its own, behind the data.");
	if (keeps)
		MemoryContextSwitchTo(s->script->context);
	tree = parse_statement(s, s->start, s->end);
	MemoryContextSwitchTo(s->stmt_cxt);
	check_copy(s, tree);
	check_set(s, tree);
	if (is_transaction_control(s, tree))
		return;

	statement = add_statement(s);
	statement->start = s->start;
	statement->length = s->end - s->start;
	statement->line = count_lines(s, s->start);
	sv_classify(statement, tree, s->mentions);
	if (keeps)
		statement->tree = tree;
	if (s->committed)
		statement->flags |= SV_STMT_AFTER_COMMIT;
	s->committed = false;
	if (lexer->data_start >= 0)
	{
		statement->flags |= SV_STMT_COPY_DATA;
		statement->data_start = lexer->data_start;
		statement->data_length = lexer->data_length;
	}
	s->script->flags |= statement->flags;
	if (statement->blocker != NULL && s->script->blocked < 0)
		s->script->blocked = s->script->n - 1;
}

static void
begin_statement(Splitter *s)
{
	s->start = -1;
	s->mentions = 0;
	MemoryContextReset(s->stmt_cxt);
	CHECK_FOR_INTERRUPTS();
}

/* ---------- the script ---------- */

/*
 * The lexer stopped at an error.  If the statement has an error before that
 * place, it is the one that the server would report.
 */
static void
refuse_lexical(const Splitter *s)
{
	if (s->start >= 0)
		(void) parse_statement(s, s->start, s->lexer->length);
	sv_script_invalid_error(s->script->text, s->lexer->error_at, s->origin,
							s->lexer->error);
}

static int
mentions_of(const Token *token)
{
	if (token->kind != SV_TOKEN_WORD && token->kind != SV_TOKEN_STRING)
		return 0;
	if (token->kind == SV_TOKEN_WORD && strcmp(token->str, "set_config") == 0)
		return SV_MENTIONS_SET_CONFIG;
	return strstr(token->str, "pg_temp") != NULL ? SV_MENTIONS_PG_TEMP : 0;
}

/* Take the token into its statement.  Returns false at the end of the script. */
static bool
take_token(Splitter *s, const Token *token)
{
	switch (token->kind)
	{
		case SV_TOKEN_ERROR:
			refuse_lexical(s);
			return false;
		case SV_TOKEN_META:
			sv_script_invalid_meta(s->script->text, token, s->origin);
			return false;
		case SV_TOKEN_EOF:
			end_statement(s);
			return false;
		case SV_TOKEN_END:
			end_statement(s);
			begin_statement(s);
			return true;
		default:
			if (s->start < 0)
				s->start = token->start;
			s->end = token->end;
			s->mentions |= mentions_of(token);
			return true;
	}
}

/* Not inlined: gcc 14 would warn of its arguments in the caller's PG_TRY. */
static pg_noinline void
split(Splitter *s)
{
	Token		token;

	begin_statement(s);
	do
	{
		sv_lexer_next(s->lexer, &token);
	} while (take_token(s, &token));

	if (s->block >= 0)
		refuse_text(s, s->block, "BEGIN without COMMIT",
					"Remove it: schemaver runs the script in one transaction, all or nothing.");
}

/*
 * Return the script of the text: see the head of this file, and script.h.
 *
 * The result and its copy of the text are allocated in the current context.
 * Errors: ERRCODE_SV_INVALID_SCRIPT with the place, counted in the file if the
 * origin (which may be NULL) has one.
 */
Script *
sv_script_parse(const char *text, const ScriptOrigin *origin)
{
	Splitter	s = {0};
	MemoryContext old = CurrentMemoryContext;

	s.origin = origin;
	s.script = palloc0(sizeof(Script));
	s.script->text = pstrdup(text);
	s.script->blocked = -1;
	s.script->context = old;
	s.allocated = 8;
	s.script->statements = palloc(sizeof(Statement) * s.allocated);
	s.line = 1;
	s.block = -1;
	s.stmt_cxt = AllocSetContextCreate(old, "schemaver statement",
									   ALLOCSET_DEFAULT_SIZES);
	s.lexer = sv_lexer_create(s.script->text);

	PG_TRY();
	{
		MemoryContextSwitchTo(s.stmt_cxt);
		split(&s);
		MemoryContextSwitchTo(old);
	}
	PG_FINALLY();
	{
		sv_lexer_free(s.lexer);
		MemoryContextDelete(s.stmt_cxt);
	}
	PG_END_TRY();
	sv_script_mark_calls(s.script, sv_script_committing(s.script));
	return s.script;
}

/* Return the text of the statement (index from 0), a new string. */
char *
sv_script_statement_text(const Script *script, int statement)
{
	const Statement *s = &script->statements[statement];

	Assert(statement >= 0 && statement < script->n);
	return pnstrdup(script->text + s->start, s->length);
}

/*
 * Return the parse tree of the statement, not to be changed.  It lives as long as
 * the script, but for that of a very long statement, which is in the current
 * context.
 */
Node *
sv_statement_tree(const Script *script, int statement)
{
	Statement  *s = &script->statements[statement];
	MemoryContext caller = CurrentMemoryContext;
	ErrorData  *error;
	List	   *trees;

	if (s->tree != NULL)
		return s->tree;
	if (s->length <= MAX_KEPT_TEXT)
		MemoryContextSwitchTo(script->context);
	trees = sv_parse(sv_script_statement_text(script, statement), &error);
	MemoryContextSwitchTo(caller);
	if (error != NULL)
		ReThrowError(error);
	if (s->length > MAX_KEPT_TEXT)
		return linitial_node(RawStmt, trees)->stmt;
	s->tree = linitial_node(RawStmt, trees)->stmt;
	return s->tree;
}

/*
 * Return the line of the offset, from 1.  An offset behind the text is on its
 * last line.  Counts from the statement before it, so it is cheap to ask.
 */
int
sv_script_line_at(const Script *script, int offset)
{
	int			low = 0;
	int			high = script->n;
	int			line = 1;
	const char *at = script->text;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (script->statements[middle].start <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (low > 0)
	{
		line = script->statements[low - 1].line;
		at += script->statements[low - 1].start;
	}
	for (; *at != '\0' && at < script->text + offset; at++)
	{
		if (*at == '\n')
			line++;
	}
	return line;
}
