/*
 * hints.c
 *		Find the comments of a wanted schema that tell what something was called
 *		before.
 *
 * "-- renamed from OLD" (or "-- @renamed from=OLD") stands on the line before,
 * or at the end of the first line of, a CREATE statement, or of a column, a
 * constraint or an enum's value in it.  A comment that says more than that is
 * none.  A hint that stands elsewhere is an error: it would be missed, and the
 * data with it.
 */
#include "postgres.h"

#include "nodes/parsenodes.h"
#include "script/script.h"
#include "utils/builtins.h"
#include "utils/varlena.h"

typedef struct Tokens
{
	const Script *script;
	Token	   *tokens;
	int		   *depths;			/* open parentheses before each */
	int			n;
	int			allocated;
} Tokens;

static void
add_token(Tokens *t, const Token *token, int depth)
{
	if (t->n == t->allocated)
	{
		t->allocated = t->allocated * 2 + 1024;
		t->tokens = t->tokens ? repalloc_huge(t->tokens, sizeof(Token) * t->allocated) :
			palloc_extended(sizeof(Token) * t->allocated, MCXT_ALLOC_HUGE);
		t->depths = t->depths ? repalloc_huge(t->depths, sizeof(int) * t->allocated) :
			palloc_extended(sizeof(int) * t->allocated, MCXT_ALLOC_HUGE);
	}
	t->depths[t->n] = depth;
	t->tokens[t->n++] = *token;
}

static void
read_hint_tokens(Tokens *t)
{
	Lexer	   *lexer = sv_lexer_create(t->script->text);
	Token		token;
	int			depth = 0;

	for (;;)
	{
		sv_lexer_next(lexer, &token);
		if (token.kind == SV_TOKEN_EOF || token.kind == SV_TOKEN_ERROR)
			break;
		if (token.kind == SV_TOKEN_OTHER && token.code == ')')
			depth--;
		add_token(t, &token, depth);
		if (token.kind == SV_TOKEN_OTHER && token.code == '(')
			depth++;
		if (token.kind == SV_TOKEN_END)
			depth = 0;
	}
	sv_lexer_free(lexer);
}

/* ----- comments ----- */

static const char *
skip_blanks(const char *c, const char *end)
{
	while (c < end && (*c == ' ' || *c == '\t' || *c == '\r'))
		c++;
	return c;
}

static const char *
skip_word(const char *c, const char *end, const char *word)
{
	size_t		length = strlen(word);

	return end - c >= (ptrdiff_t) length &&
		pg_strncasecmp(c, word, length) == 0 ? c + length : NULL;
}

/* The names in a comment (without its dashes) if it is a hint, or NIL. */
static List *
old_names(const char *comment, const char *end, bool *quoted)
{
	const char *c = skip_blanks(comment, end);
	const char *from;
	List	   *names;

	if (c < end && *c == '@')
		c++;
	from = skip_word(c, end, "renamed");
	if (from == NULL || (from = skip_word(skip_blanks(from, end), end, "from")) == NULL ||
		from == end)
		return NIL;
	if (*from != ' ' && *from != '\t' && *from != '=')
		return NIL;
	c = skip_blanks(from, end);
	if (c < end && *c == '=')
		c = skip_blanks(c + 1, end);
	while (end > c && isspace((unsigned char) end[-1]))
		end--;
	if (c == end)
		return NIL;
	*quoted = *c == '\'' && end[-1] == '\'' && end - c > 2;
	if (*quoted)
		return list_make1(pnstrdup(c + 1, end - c - 2));
	if (!SplitIdentifierString(pnstrdup(c, end - c), '.', &names) || list_length(names) > 2)
		return NIL;
	return names;
}

/* ----- what a statement creates ----- */

static void
set_range(Hint *hint, const char *class, const RangeVar *relation)
{
	hint->class = class;
	hint->schema = relation->schemaname;
	hint->name = relation->relname;
}

static void
set_names(Hint *hint, const char *class, List *names)
{
	hint->class = class;
	hint->name = strVal(llast(names));
	hint->schema = list_length(names) > 1 ? strVal(list_nth(names, list_length(names) - 2)) : NULL;
}

static void
set_hint_name(Hint *hint, const char *class, const char *name)
{
	hint->class = class;
	hint->name = name;
}

static void
set_part(Hint *hint, const RangeVar *relation, const char *class, const char *name)
{
	set_range(hint, NULL, relation);
	hint->part_class = class;
	hint->part = name;
}

static void
set_defined(Hint *hint, const DefineStmt *s)
{
	static const struct
	{
		ObjectType	type;
		const char *class;
	}			classes[] = {
		{OBJECT_AGGREGATE, "aggregate"}, {OBJECT_TYPE, "base type"},
		{OBJECT_COLLATION, "collation"},
		{OBJECT_TSPARSER, "text search parser"}, {OBJECT_TSDICTIONARY, "text search dictionary"},
		{OBJECT_TSTEMPLATE, "text search template"},
		{OBJECT_TSCONFIGURATION, "text search configuration"}
	};

	for (int i = 0; i < lengthof(classes); i++)
		if (classes[i].type == s->kind)
			set_names(hint, classes[i].class, s->defnames);
}

/* A constraint that pg_dump adds by a statement of its own. */
static void
set_added(Hint *hint, const AlterTableStmt *s)
{
	const AlterTableCmd *command = linitial(s->cmds);

	if (list_length(s->cmds) == 1 && command->subtype == AT_AddConstraint)
		set_part(hint, s->relation, "constraint", ((Constraint *) command->def)->conname);
}

/* Statements that name what they create by a plain name, and where the name is. */
static const struct
{
	NodeTag		tag;
	const char *class;
	size_t		name;
}			by_name[] = {
	{T_CreateSchemaStmt, "schema", offsetof(CreateSchemaStmt, schemaname)},
	{T_CreateFdwStmt, "foreign data wrapper", offsetof(CreateFdwStmt, fdwname)},
	{T_CreateForeignServerStmt, "server", offsetof(CreateForeignServerStmt, servername)},
	{T_CreatePLangStmt, "language", offsetof(CreatePLangStmt, plname)},
	{T_CreatePublicationStmt, "publication", offsetof(CreatePublicationStmt, pubname)},
	{T_CreateSubscriptionStmt, "subscription", offsetof(CreateSubscriptionStmt, subname)},
	{T_CreateEventTrigStmt, "event trigger", offsetof(CreateEventTrigStmt, trigname)}
};

/* The same for names that may have a schema, as lists. */
static const struct
{
	NodeTag		tag;
	const char *class;
	size_t		names;
}			by_names[] = {
	{T_CreateEnumStmt, "enum", offsetof(CreateEnumStmt, typeName)},
	{T_CreateRangeStmt, "range type", offsetof(CreateRangeStmt, typeName)},
	{T_CreateDomainStmt, "domain", offsetof(CreateDomainStmt, domainname)},
	{T_CreateConversionStmt, "conversion", offsetof(CreateConversionStmt, conversion_name)},
	{T_CreateOpClassStmt, "operator class", offsetof(CreateOpClassStmt, opclassname)},
	{T_CreateOpFamilyStmt, "operator family", offsetof(CreateOpFamilyStmt, opfamilyname)},
	{T_CreateStatsStmt, "statistics", offsetof(CreateStatsStmt, defnames)}
};

static void
set_plain_target(Hint *hint, Node *node)
{
	for (int i = 0; i < lengthof(by_name); i++)
		if (by_name[i].tag == nodeTag(node))
			set_hint_name(hint, by_name[i].class, *(char **) ((char *) node + by_name[i].name));
	for (int i = 0; i < lengthof(by_names); i++)
	{
		List	   *names;

		if (by_names[i].tag != nodeTag(node))
			continue;
		names = *(List **) ((char *) node + by_names[i].names);
		if (names != NIL)
			set_names(hint, by_names[i].class, names);
	}
}

/* Fill in what the statement creates; leaves name NULL if that has none. */
static void
set_target(Hint *hint, Node *node)
{
	switch (nodeTag(node))
	{
		case T_CreateStmt:
			set_range(hint, "table", ((CreateStmt *) node)->relation);
			break;
		case T_CreateForeignTableStmt:
			set_range(hint, "foreign table", ((CreateForeignTableStmt *) node)->base.relation);
			break;
		case T_ViewStmt:
			set_range(hint, "view", ((ViewStmt *) node)->view);
			break;
		case T_CreateTableAsStmt:
			set_range(hint, ((CreateTableAsStmt *) node)->objtype == OBJECT_MATVIEW ?
					  "materialized view" : "table",
					  ((CreateTableAsStmt *) node)->into->rel);
			break;
		case T_IndexStmt:
			hint->schema = ((IndexStmt *) node)->relation->schemaname;
			set_hint_name(hint, "index", ((IndexStmt *) node)->idxname);
			break;
		case T_CreateSeqStmt:
			set_range(hint, "sequence", ((CreateSeqStmt *) node)->sequence);
			break;
		case T_CompositeTypeStmt:
			set_range(hint, "composite type", ((CompositeTypeStmt *) node)->typevar);
			break;
		case T_CreateFunctionStmt:
			set_names(hint, ((CreateFunctionStmt *) node)->is_procedure ? "procedure" : "function",
					  ((CreateFunctionStmt *) node)->funcname);
			break;
		case T_DefineStmt:
			set_defined(hint, (DefineStmt *) node);
			break;
		case T_CreateTrigStmt:
			set_part(hint, ((CreateTrigStmt *) node)->relation, "trigger",
					 ((CreateTrigStmt *) node)->trigname);
			break;
		case T_RuleStmt:
			set_part(hint, ((RuleStmt *) node)->relation, "rule", ((RuleStmt *) node)->rulename);
			break;
		case T_CreatePolicyStmt:
			set_part(hint, ((CreatePolicyStmt *) node)->table, "policy",
					 ((CreatePolicyStmt *) node)->policy_name);
			break;
		case T_AlterTableStmt:
			set_added(hint, (AlterTableStmt *) node);
			break;
		default:
			set_plain_target(hint, node);
			break;
	}
}

/* ----- where a hint stands ----- */

static int
statement_at(const Script *script, int offset)
{
	for (int i = 0; i < script->n; i++)
		if (offset >= script->statements[i].start &&
			offset < script->statements[i].start + script->statements[i].length)
			return i;
	return -1;
}

/* Is it the first token of a column, or of a value? */
static bool
begins_element(const Tokens *t, int at)
{
	const Token *before = at > 0 ? &t->tokens[at - 1] : NULL;

	return t->depths[at] == 1 && before != NULL && before->kind == SV_TOKEN_OTHER &&
		(before->code == '(' || before->code == ',');
}

/* Fill in what the token begins; false: nothing that can be renamed. */
static bool
set_place(Hint *hint, const Tokens *t, int at)
{
	const Token *token = &t->tokens[at];
	int			i = statement_at(t->script, token->start);

	if (i < 0)
		return false;
	set_target(hint, sv_statement_tree(t->script, i));
	if (hint->name == NULL)
		return false;
	if (token->start == t->script->statements[i].start)
		return true;
	if (hint->part_class != NULL)
		return false;
	if (sv_token_is(token, "constraint") && at + 1 < t->n)
	{
		hint->part_class = strcmp(hint->class, "domain") == 0 ? "domain constraint" : "constraint";
		hint->part = t->tokens[at + 1].str;
		return true;
	}
	if (!begins_element(t, at))
		return false;
	if (token->kind == SV_TOKEN_STRING && strcmp(hint->class, "enum") == 0)
		hint->value = token->str;
	else if (token->kind == SV_TOKEN_WORD)
	{
		hint->part_class = "column";
		hint->part = token->str;
	}
	return hint->value != NULL || hint->part != NULL;
}

static bool
is_first_on_line(const char *text, int offset)
{
	while (offset > 0 && (text[offset - 1] == ' ' || text[offset - 1] == '\t'))
		offset--;
	return offset == 0 || text[offset - 1] == '\n' || text[offset - 1] == '\r';
}

/* Does a token begin a statement? */
static bool
begins_statement(const Tokens *t, int at)
{
	int			i = statement_at(t->script, t->tokens[at].start);

	return i >= 0 && t->script->statements[i].start == t->tokens[at].start;
}

/*
 * The token that a comment at the end of a line is about: what begins on that line, the
 * statement or one element of it; -1: nothing does, or more than the comment can mean.
 * "doubtful" is set if it stands on the line of CREATE.
 */
static int
token_on_line(const Tokens *t, int next, bool *doubtful)
{
	int			statement = -1;
	int			element = -1;
	int			first = next - 1;

	while (first >= 0 && !is_first_on_line(t->script->text, t->tokens[first].start))
		first--;
	for (int at = Max(first, 0); at < next; at++)
	{
		if (begins_statement(t, at))
		{
			if (statement >= 0)
				return -1;
			statement = at;
		}
		else if (begins_element(t, at) ||
				 (at == first && sv_token_is(&t->tokens[at], "constraint")))
		{
			if (element >= 0 && (statement < 0 || t->tokens[next - 1].kind != SV_TOKEN_END))
				return -1;
			element = at;
		}
	}
	/* all of the statement stands on the line */
	if (statement >= 0 && (element < 0 || t->tokens[next - 1].kind == SV_TOKEN_END))
		return statement;
	*doubtful = statement >= 0;
	return element;
}

/* The token that a comment before token "next" is about, or -1. */
static int
token_of_comment(const Tokens *t, int next, int comment, bool *doubtful)
{
	if (is_first_on_line(t->script->text, comment))
		return next < t->n ? next : -1;
	return token_on_line(t, next, doubtful);
}

static Hint *
hint_at(const Tokens *t, int next, int comment, List *names, bool quoted)
{
	Hint	   *hint = palloc0(sizeof(Hint));
	int			at = token_of_comment(t, next, comment, &hint->doubtful);

	hint->line = sv_script_line_at(t->script, comment);
	hint->old_name = llast(names);
	hint->old_schema = list_length(names) > 1 ? linitial(names) : NULL;
	if (at < 0 || !set_place(hint, t, at) || (quoted && hint->value == NULL))
		ereport(ERROR,
				(errcode(ERRCODE_SV_INVALID_SCRIPT),
				 errmsg("hint \"renamed from %s\" stands at nothing that can be renamed",
						hint->old_name),
				 errdetail("Line %d of the wanted schema.", hint->line),
				 errhint("Write it on the line before, or at the end of the first line of, a CREATE statement, a column, a constraint or a value of an enum, one on a line.")));
	return hint;
}

static bool
is_copy_data(const Script *script, int offset)
{
	for (int i = 0; i < script->n; i++)
	{
		const Statement *s = &script->statements[i];

		if ((s->flags & SV_STMT_COPY_DATA) && offset >= s->data_start &&
			offset < s->data_start + s->data_length)
			return true;
	}
	return false;
}

/* The hints in the text between two tokens. */
static List *
hints_between(const Tokens *t, int next, int start, int end, List *hints)
{
	const char *text = t->script->text;
	int			open = 0;		/* comments like this one */

	for (int i = start; i + 1 < end; i++)
	{
		const char *close;
		List	   *names;
		bool		quoted = false;

		if (text[i] == '/' && text[i + 1] == '*')
			open++, i++;
		else if (open > 0 && text[i] == '*' && text[i + 1] == '/')
			open--, i++;
		else if (open == 0 && text[i] == '-' && text[i + 1] == '-')
		{
			close = memchr(text + i, '\n', end - i);
			if (close == NULL)
				close = text + end;
			names = old_names(text + i + 2, close, &quoted);
			if (names != NIL && !is_copy_data(t->script, i))
				hints = lappend(hints, hint_at(t, next, i, names, quoted));
			i = close - text;
		}
	}
	return hints;
}

/* The hints (Hint) in a script; SV007 if one stands where it means nothing. */
List *
sv_script_hints(const Script *script)
{
	Tokens		t = {script};
	List	   *hints = NIL;
	int			end = 0;

	if (strstr(script->text, "enamed") == NULL && strstr(script->text, "ENAMED") == NULL)
		return NIL;
	read_hint_tokens(&t);
	for (int i = 0; i <= t.n; i++)
	{
		int			start = i < t.n ? t.tokens[i].start : (int) strlen(script->text);

		hints = hints_between(&t, i, end, start, hints);
		end = i < t.n ? t.tokens[i].end : start;
	}
	return hints;
}
