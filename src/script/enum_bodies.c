/*
 * enum_bodies.c
 *		Uses of new enum values in what the server's parser leaves as a string:
 *		bodies of functions, DO blocks, data of COPY.
 *
 * The body of an SQL function is parsed and searched like a script.  A DO block
 * in PL/pgSQL is cut at its semicolons; of each piece what is an SQL statement
 * is parsed and searched, and the rest is searched token by token for what
 * stands beside a constant: an operator and a name of the type, or a cast.
 * Bodies in other languages, and of PL/pgSQL functions, which the server does
 * not look into before they run, have no uses.
 */
#include "postgres.h"

#include "commands/defrem.h"

#include "script/script.h"
#include "script/script_private.h"

/* ---------- functions ---------- */

static DefElem *
find_option(const List *options, const char *name)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *option = lfirst_node(DefElem, lc);

		if (strcmp(option->defname, name) == 0)
			return option;
	}
	return NULL;
}

/* Is the option LANGUAGE this one?  missing: if there is no such option. */
static bool
is_language(const List *options, const char *language, bool missing)
{
	DefElem    *option = find_option(options, "language");

	if (option == NULL || option->arg == NULL)
		return missing;
	return pg_strcasecmp(defGetString(option), language) == 0;
}

static void
add_name(UseSearch *search, const char *name, const WatchedType *type)
{
	WatchedName *known = palloc(sizeof(WatchedName));

	known->name = name;
	known->type = type;
	search->names = lappend(search->names, known);
}

/* Learn the parameters; does the default of one of them use a value? */
static bool
use_in_parameters(UseSearch *search, const List *parameters)
{
	int			number = 0;
	ListCell   *lc;

	foreach(lc, parameters)
	{
		const FunctionParameter *parameter = lfirst(lc);
		const WatchedType *type = sv_enum_unsafe_typename(search->watch, parameter->argType);

		number++;
		if (sv_enum_use_in_tree(search, NULL, parameter->defexpr))
			return true;
		if (type == NULL)
			continue;
		if (sv_enum_yields(search, type, parameter->defexpr))
			return true;
		add_name(search, psprintf("$%d", number), type);
		if (parameter->name != NULL)
			add_name(search, parameter->name, type);
	}
	return false;
}

/* The body of an SQL function is a script of its own. */
static bool
use_in_sql(UseSearch *search, const char *body)
{
	ErrorData  *error;
	List	   *statements = sv_parse(body, &error);

	return sv_enum_use(search, (Node *) statements);
}

/* Does the creation of the function use a value? */
bool
sv_enum_use_in_function(UseSearch *search, const CreateFunctionStmt *stmt)
{
	DefElem    *body = find_option(stmt->options, "as");
	bool		used;

	used = use_in_parameters(search, stmt->parameters);
	if (!used && stmt->sql_body != NULL)
		used = sv_enum_use(search, stmt->sql_body);
	if (!used && body != NULL && search->watch->check_bodies &&
		is_language(stmt->options, "sql", false))
		used = use_in_sql(search, strVal(linitial(castNode(List, body->arg))));
	search->names = NIL;
	return used;
}

/* ---------- DO blocks ---------- */

typedef struct Block
{
	UseSearch  *search;
	const char *body;
	Token	   *tokens;
	int			n;
	List	   *tables;			/* of RangeVar: tables that the block names */
} Block;

/* Read all tokens of the block, as far as they can be read. */
static void
read_tokens(Block *block)
{
	Lexer	   *lexer = sv_lexer_create(block->body, false);
	int			allocated = 64;

	block->tokens = palloc(sizeof(Token) * allocated);
	PG_TRY();
	{
		for (;;)
		{
			Token	   *token = &block->tokens[block->n];

			sv_lexer_next(lexer, token);
			if (token->kind == SV_TOKEN_EOF || token->kind == SV_TOKEN_ERROR ||
				token->kind == SV_TOKEN_META)
				break;
			if (++block->n < allocated)
				continue;
			allocated *= 2;
			block->tokens = repalloc_huge(block->tokens, sizeof(Token) * allocated);
		}
	}
	PG_FINALLY();
	{
		sv_lexer_free(lexer);
	}
	PG_END_TRY();
}

static bool
is_text(const Block *block, int i, const char *text)
{
	int			length = strlen(text);

	return i >= 0 && i < block->n &&
		block->tokens[i].end - block->tokens[i].start == length &&
		strncmp(block->body + block->tokens[i].start, text, length) == 0;
}

static bool
is_word(const Block *block, int i)
{
	return i >= 0 && i < block->n && block->tokens[i].kind == SV_TOKEN_WORD;
}

static bool
is_keyword(const Block *block, int i, const char *keyword)
{
	return is_word(block, i) && sv_token_is(&block->tokens[i], keyword);
}

/* Is it an operator whose operands have one type, or an assignment? */
static bool
is_meeting(const Block *block, int i)
{
	static const char *const operators[] = {
		"=", "<>", "!=", "<", ">", "<=", ">=", ":="
	};

	for (int k = 0; k < lengthof(operators); k++)
	{
		if (is_text(block, i, operators[k]))
			return true;
	}
	return false;
}

/* Type that the word at i names; a schema may stand before it. */
static const WatchedType *
type_ending_at(const Block *block, int i)
{
	const char *schema = NULL;

	if (!is_word(block, i))
		return NULL;
	if (is_text(block, i - 1, ".") && is_word(block, i - 2))
		schema = block->tokens[i - 2].str;
	return sv_enum_unsafe_type(block->search->watch, schema, block->tokens[i].str);
}

/* The same for a name that begins at i. */
static const WatchedType *
type_starting_at(const Block *block, int i)
{
	if (is_word(block, i) && is_text(block, i + 1, "."))
		i += 2;
	return type_ending_at(block, i);
}

/* Type of the variable or column whose name is at i, or begins there. */
static const WatchedType *
type_of_name(const Block *block, int i, bool begins)
{
	const char *qualifier = NULL;

	while (begins && is_word(block, i) && is_text(block, i + 1, "."))
		i += 2;
	if (!is_word(block, i))
		return NULL;
	if (is_text(block, i - 1, ".") && is_word(block, i - 2))
		qualifier = block->tokens[i - 2].str;
	return sv_enum_name_type(block->search, qualifier, block->tokens[i].str);
}

/* A constant in x IN ('a', 'b'): return where x is, or -1. */
static int
before_list(const Block *block, int i)
{
	while (is_text(block, i - 1, ",") && i >= 2 &&
		   block->tokens[i - 2].kind == SV_TOKEN_STRING)
		i -= 2;
	if (!is_text(block, i - 1, "(") || !is_keyword(block, i - 2, "in"))
		return -1;
	return is_keyword(block, i - 3, "not") ? i - 4 : i - 3;
}

/* Type of what the constant at i meets, or NULL if that cannot be told. */
static const WatchedType *
type_met_by(const Block *block, int i)
{
	const WatchedType *type = NULL;

	if (is_text(block, i + 1, "::") ||
		(is_keyword(block, i + 1, "as") && is_keyword(block, i - 2, "cast")))
		type = type_starting_at(block, i + 2);
	if (type == NULL)
		type = type_ending_at(block, i - 1);
	if (type == NULL && (is_meeting(block, i - 1) || is_keyword(block, i - 1, "default")))
	{
		type = type_of_name(block, i - 2, false);
		if (type == NULL)
			type = type_ending_at(block, i - 2);
	}
	if (type == NULL && is_meeting(block, i + 1))
		type = type_of_name(block, i + 2, true);
	if (type == NULL && before_list(block, i) >= 0)
		type = type_of_name(block, before_list(block, i), false);
	return type;
}

/* Look at the constants from one token to another. */
static bool
use_beside_constants(const Block *block, int from, int to)
{
	block->search->tables = block->tables;
	for (int i = from; i < to; i++)
	{
		const WatchedType *type;

		if (block->tokens[i].kind != SV_TOKEN_STRING)
			continue;
		type = type_met_by(block, i);
		if (type != NULL && sv_enum_is_unsafe(block->search, type, block->tokens[i].str))
			return true;
	}
	return false;
}

/* Parse the text, which may be no SQL, and search it. */
static bool
use_in_text(UseSearch *search, const char *text)
{
	ErrorData  *error;
	List	   *statements = sv_parse(text, &error);

	return statements != NIL && sv_enum_use(search, (Node *) statements);
}

/* Strings that EXECUTE may run. */
static bool
use_in_strings(const Block *block, int from, int to)
{
	for (int i = from; i < to; i++)
	{
		if (block->tokens[i].kind == SV_TOKEN_STRING &&
			use_in_text(block->search, block->tokens[i].str))
			return true;
	}
	return false;
}

static bool
begins_statement(const Block *block, int i)
{
	static const char *const keywords[] = {
		"insert", "update", "delete", "select", "with", "merge", "alter", "create"
	};

	for (int k = 0; k < lengthof(keywords); k++)
	{
		if (is_keyword(block, i, keywords[k]))
			return true;
	}
	return false;
}

/* A piece of the block, between two semicolons. */
static bool
use_in_piece(const Block *block, int from, int to)
{
	ErrorData  *error;
	List	   *statements = NIL;
	int			sql = from;
	bool		executes = false;

	for (int i = from; i < to; i++)
		executes = executes || is_keyword(block, i, "execute");
	while (sql < to && !begins_statement(block, sql))
		sql++;
	if (sql < to)
		statements = sv_parse(pnstrdup(block->body + block->tokens[sql].start,
									   block->tokens[to - 1].end - block->tokens[sql].start),
							  &error);
	if (statements == NIL)
		sql = to;
	if (use_beside_constants(block, from, sql))
		return true;
	if (executes && use_in_strings(block, from, to))
		return true;
	return sv_enum_use(block->search, (Node *) statements);
}

/* Learn which tables the block names, and its variables of enum types. */
static void
learn_names(Block *block)
{
	UseSearch  *search = block->search;

	for (int i = 0; i < block->n; i++)
	{
		const char *word = block->tokens[i].str;
		const WatchedType *type;
		RangeVar   *table;

		if (!is_word(block, i))
			continue;
		if (sv_enum_table(search->watch, word) != NULL)
		{
			table = makeNode(RangeVar);
			table->relname = unconstify(char *, word);
			block->tables = lappend(block->tables, table);
		}
		type = type_starting_at(block, is_keyword(block, i + 1, "constant") ? i + 2 : i + 1);
		if (type != NULL && block->tokens[i].keyword == NULL)
			add_name(search, word, type);
	}
}

/* Does the DO block use a value? */
bool
sv_enum_use_in_block(UseSearch *search, const DoStmt *stmt)
{
	DefElem    *body = find_option(stmt->args, "as");
	Block		block = {0};
	bool		used = false;
	int			from = 0;

	if (body == NULL || !is_language(stmt->args, "plpgsql", true))
		return false;
	block.search = search;
	block.body = strVal(body->arg);
	read_tokens(&block);
	learn_names(&block);
	for (int i = 0; i <= block.n && !used; i++)
	{
		if (i < block.n && block.tokens[i].code != ';')
			continue;
		used = i > from && use_in_piece(&block, from, i);
		from = i + 1;
	}
	search->names = NIL;
	return used;
}

/* ---------- COPY data ---------- */

/* Return the field at the position (from 0) of a line, or NULL. */
static char *
field_of(const char *line, const char *end, int position)
{
	const char *tab;

	for (; position > 0; position--)
	{
		line = memchr(line, '\t', end - line);
		if (line == NULL)
			return NULL;
		line++;
	}
	tab = memchr(line, '\t', end - line);
	if (tab == NULL)
		tab = end;
	if (tab > line && tab == end && tab[-1] == '\r')
		tab--;
	return pnstrdup(line, tab - line);
}

/* Place of the column in the lines of data, from 0; -1: not known or none. */
static int
data_position(const CopyStmt *stmt, const WatchedTable *table, const WatchedColumn *column)
{
	for (int i = 0; i < list_length(stmt->attlist); i++)
	{
		if (strcmp(strVal(list_nth(stmt->attlist, i)), column->name) == 0)
			return i;
	}
	return stmt->attlist != NIL ? -1 : sv_enum_position(table, column) - 1;
}

static bool
use_in_field(UseSearch *search, const WatchedType *type, int position,
			 const char *data, int length)
{
	const char *end = data + length;

	while (data < end)
	{
		const char *line_end = memchr(data, '\n', end - data);
		char	   *field;

		if (line_end == NULL)
			line_end = end;
		field = field_of(data, line_end, position);
		if (field != NULL && sv_enum_is_unsafe(search, type, field))
			return true;
		if (field != NULL)
			pfree(field);
		data = line_end + 1;
	}
	return false;
}

/*
 * Do the lines of COPY ... FROM STDIN use a value?  Only text format without
 * options is looked into, and only columns whose place is known.
 */
bool
sv_enum_use_in_data(UseSearch *search, const CopyStmt *stmt, const char *data, int length)
{
	const WatchedTable *table;
	ListCell   *lc;

	if (stmt->relation == NULL || stmt->options != NIL)
		return false;
	table = sv_enum_table(search->watch, stmt->relation->relname);
	foreach(lc, table != NULL ? table->columns : NIL)
	{
		const WatchedColumn *column = lfirst(lc);
		const WatchedType *type = sv_enum_column_type(search->watch, column);
		int			position = data_position(stmt, table, column);

		if (type != NULL && position >= 0 &&
			use_in_field(search, type, position, data, length))
			return true;
	}
	return false;
}
