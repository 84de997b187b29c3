/*
 * enum_values.c
 *		New values of enum types in a script.
 *
 * PostgreSQL refuses to use a value before the transaction that added it commits.
 * Where a commit may be needed is told by the text alone: a later statement
 * contains the new label as a string constant.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/parsenodes.h"

#include "script/script.h"
#include "script/script_private.h"

/* Statements that name labels without using values, and those with code in a constant. */
static const char *const naming_tags[] = {"CREATE TYPE", "ALTER TYPE", "COMMENT"};
static const char *const code_tags[] = {"DO", "CREATE FUNCTION", "CREATE PROCEDURE"};

static bool
is_tagged(const Statement *statement, const char *const *tags, int ntags)
{
	for (int i = 0; i < ntags; i++)
	{
		if (strcmp(statement->tag, tags[i]) == 0)
			return true;
	}
	return false;
}

static bool
is_label(const char *text, int length, const List *labels)
{
	foreach_ptr(const char, label, labels)
	{
		if ((int) strlen(label) == length && strncmp(label, text, length) == 0)
			return true;
	}
	return false;
}

/* Is one of the labels a string constant of the text?  "code": or of the code in its constants? */
static bool
has_constant(const char *text, const List *labels, bool code)
{
	Lexer	   *lexer = sv_lexer_create(text);
	Token		token;
	bool		found = false;

	check_stack_depth();
	PG_TRY();
	{
		do
		{
			CHECK_FOR_INTERRUPTS();
			sv_lexer_next(lexer, &token);
			found = token.kind == SV_TOKEN_STRING &&
				(is_label(token.str, strlen(token.str), labels) ||
				 (code && token.end - token.start > 2 && strchr(token.str, '\'') != NULL &&
				  has_constant(token.str, labels, code)));
		} while (!found && token.kind != SV_TOKEN_EOF && token.kind != SV_TOKEN_ERROR &&
				 token.kind != SV_TOKEN_META);
	}
	PG_FINALLY();
	{
		sv_lexer_free(lexer);
	}
	PG_END_TRY();
	return found;
}

/* Is one of the labels a field in the lines of COPY? */
static bool
has_field(const char *data, int length, const List *labels)
{
	int			from = 0;

	for (int at = 0; at <= length; at++)
	{
		if (at < length && strchr("\t\r\n,\"", data[at]) == NULL)
			continue;
		if (at > from && is_label(data + from, at - from, labels))
			return true;
		from = at + 1;
	}
	return false;
}

static bool
may_use(const Script *script, int i, const List *labels)
{
	const Statement *statement = &script->statements[i];
	bool		code = is_tagged(statement, code_tags, lengthof(code_tags));

	if (labels == NIL || is_tagged(statement, naming_tags, lengthof(naming_tags)))
		return false;
	return has_constant(sv_script_statement_text(script, i), labels, code) ||
		((statement->flags & SV_STMT_COPY_DATA) != 0 &&
		 has_field(script->text + statement->data_start, statement->data_length, labels));
}

static const char *
label_of(const Script *script, int i)
{
	return castNode(AlterEnumStmt, sv_statement_tree(script, i))->newVal;
}

/*
 * Index of the first statement that contains a label, added by a statement before
 * it, as a string constant; -1 if there is none.  *labels (of char *) are those
 * that scripts before this one add; what this one adds is appended.
 */
int
sv_script_enum_use(const Script *script, List **labels)
{
	int			use = -1;

	for (int i = 0; i < script->n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if ((script->statements[i].flags & SV_STMT_ADDS_ENUM_VALUE) != 0)
			*labels = lappend(*labels, (char *) label_of(script, i));
		else if (use < 0 && may_use(script, i, *labels))
			use = i;
	}
	return use;
}

/*
 * Must a commit come between this statement and the one before?  So where that
 * one adds an enum value, and where the script says COMMIT.
 */
bool
sv_script_commit_border(const Script *script, int statement)
{
	if (statement <= 0 || statement >= script->n)
		return false;
	if (script->statements[statement].flags & SV_STMT_AFTER_COMMIT)
		return true;
	return (script->statements[statement - 1].flags & SV_STMT_ADDS_ENUM_VALUE) != 0 &&
		(script->statements[statement].flags & SV_STMT_ADDS_ENUM_VALUE) == 0;
}
