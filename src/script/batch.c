/*
 * batch.c
 *		Reads what a script says about statements that are to run in batches:
 *
 *		-- schemaver:batch table=users key=id size=1000 target=200ms
 *		-- schemaver:batch-left email_lower IS NULL
 *		UPDATE users SET email_lower = lower(email)
 *		WHERE email_lower IS NULL MARK;
 *
 * where MARK is a block comment that reads schemaver:range.  Both lines are
 * comments, too, so the statement stays what it is for psql and for upgrade(),
 * which execute it at once.  Where the key needs another name in the statement,
 * the mark gives it: "schemaver:range u.id".
 *
 * Pure.  Whatever is wrong is refused with its line when the revision is
 * registered.
 */
#include "postgres.h"

#include <ctype.h>
#include <limits.h>

#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "script/script.h"
#include "utils/guc.h"

#define BATCH_MARK	"schemaver:batch"
#define LEFT_MARK	"schemaver:batch-left"
#define RANGE_MARK	"schemaver:range"

#define DEFAULT_SIZE	1000
#define DEFAULT_TARGET	200

/* The directive that is being read. */
typedef struct BatchReader
{
	const Script *script;
	const ScriptOrigin *origin;
	int			at;				/* of the comment, for messages */
	BatchStep  *step;
} BatchReader;

static void
refuse_batch(const BatchReader *r, int offset, const char *message, const char *hint)
{
	sv_script_invalid(r->script->text, offset, r->origin, message, NULL, hint);
}

/* ---------- the directive ---------- */

static int
milliseconds(const BatchReader *r, const char *name, const char *value)
{
	int			result;

	if (!parse_int(value, &result, GUC_UNIT_MS, NULL) || result < 0)
		refuse_batch(r, r->at, psprintf("invalid value \"%s\" of \"%s\"", value, name),
					 "Give a time such as 200ms or 2s.");
	return result;
}

/* The kB per second that a value means. */
static int
wal_rate(const BatchReader *r, const char *value)
{
	int			result;

	if (strcmp(value, "off") == 0)
		return 0;
	if (!parse_int(value, &result, GUC_UNIT_KB, NULL) || result < 1)
		refuse_batch(r, r->at, psprintf("invalid value \"%s\" of \"wal\"", value),
					 "Give what may be written in a second, such as 20MB, or off.");
	return result;
}

static int64
count_option(const BatchReader *r, const char *name, const char *value, int64 least)
{
	char	   *end;
	int64		result = strtoi64(value, &end, 10);

	if (end == value || *end != '\0' || result < least || result > INT_MAX)
		refuse_batch(r, r->at, psprintf("invalid value \"%s\" of \"%s\"", value, name),
					 "Give a number of rows.");
	return result;
}

static void
take_option(BatchReader *r, const char *name, char *value)
{
	BatchStep  *step = r->step;

	if (strcmp(name, "table") == 0)
		step->table = value;
	else if (strcmp(name, "key") == 0)
		step->key = value;
	else if (strcmp(name, "size") == 0)
		step->size = (int) count_option(r, name, value, 1);
	else if (strcmp(name, "target") == 0)
		step->target = Max(milliseconds(r, name, value), 1);
	else if (strcmp(name, "pause") == 0)
		step->pause = milliseconds(r, name, value);
	else if (strcmp(name, "wal") == 0)
		step->wal = wal_rate(r, value);
	else if (strcmp(name, "vacuum") == 0)
		step->vacuum = strcmp(value, "off") == 0 ? 0 : count_option(r, name, value, 1);
	else
		refuse_batch(r, r->at, psprintf("unknown option \"%s\" of a batch", name),
					 "Known are table, key, size, target, pause, wal and vacuum.");
}

/* Read "name=value ..."; names with blanks in them are not for here. */
static void
take_options(BatchReader *r, char *text)
{
	char	   *save = NULL;

	for (char *word = strtok_r(text, " \t\r", &save); word !=
		 NULL; word = strtok_r(NULL, " \t\r", &save))
	{
		char	   *equals = strchr(word, '=');

		if (equals == NULL || equals[1] == '\0')
			refuse_batch(r, r->at, psprintf("\"%s\" is not an option of a batch", word),
						 "Write name=value.");
		*equals = '\0';
		take_option(r, word, equals + 1);
	}
}

/* Does a comment, without its dashes, say that a statement runs in batches? */
static bool
is_directive(const char *line)
{
	return strncmp(line, BATCH_MARK, strlen(BATCH_MARK)) == 0 &&
		strchr(" \t\r", line[strlen(BATCH_MARK)]) != NULL;
}

/* Take one comment line, without its dashes. */
static void
take_comment(BatchReader *r, char *line)
{
	if (strncmp(line, LEFT_MARK, strlen(LEFT_MARK)) == 0)
	{
		if (r->step == NULL)
			refuse_batch(r, r->at, "\"" LEFT_MARK "\" without \"" BATCH_MARK "\" before it", NULL);
		r->step->left = line + strlen(LEFT_MARK);
		r->step->left += strspn(r->step->left, " \t");
		if (r->step->left[0] == '\0')
			refuse_batch(r, r->at, "\"" LEFT_MARK "\" without a condition", NULL);
	}
	else if (is_directive(line))
	{
		r->step = palloc0(sizeof(BatchStep));
		r->step->size = DEFAULT_SIZE;
		r->step->target = DEFAULT_TARGET;
		r->step->wal = -1;
		r->step->vacuum = -1;
		take_options(r, line + strlen(BATCH_MARK));
		if (r->step->table == NULL || r->step->key == NULL)
			refuse_batch(r, r->at, "a batch needs a table and a key",
						 "Write table=NAME key=COLUMN.");
	}
}

/*
 * The next comment line between two offsets where no statement stands, without
 * its dashes and the blanks behind them; NULL if there is none.  *from is set to its
 * end, *at to its beginning.
 */
static char *
next_comment(const char *text, int *from, int to, int *at)
{
	while (*from < to)
	{
		const char *c = text + *from;

		if (c[0] == '/' && c[1] == '*')
		{
			const char *end = strstr(c, "*/");

			*from = end ? end + 2 - text : to;
		}
		else if (c[0] == '-' && c[1] == '-')
		{
			int			length = strcspn(c, "\r\n");
			int			blanks = 2 + strspn(c + 2, " \t");

			*at = *from;
			*from += length;
			return pnstrdup(c + blanks, Max(length - blanks, 0));
		}
		else
			(*from)++;
	}
	return NULL;
}

/* Read the comments between two offsets, where no statement stands. */
static void
read_gap(BatchReader *r, int from, int to)
{
	char	   *line;

	while ((line = next_comment(r->script->text, &from, to, &r->at)) != NULL)
		take_comment(r, line);
}

/* ---------- the range ---------- */

/* The offset of the range's mark between two tokens of the statement, or -1. */
static int
find_mark(const char *text, int from, int to)
{
	for (; from + 2 <= to; from++)
	{
		const char *at = text + from;

		if (at[0] == '-' && at[1] == '-')
			from += strcspn(at, "\n");
		else if (at[0] == '/' && at[1] == '*' &&
				 strncmp(at + 2 + strspn(at + 2, " \t"), RANGE_MARK, strlen(RANGE_MARK)) == 0)
			return from;
	}
	return -1;
}

/*
 * Find the marks in the statement that begins the text, up to its semicolon.
 * Returns their number; *mark is set to the offset of one, *semicolon to that of the
 * semicolon.
 */
static int
find_marks(const char *text, int *mark, int *semicolon)
{
	Lexer	   *lexer = sv_lexer_create(text);
	volatile int found = 0;

	PG_TRY();
	{
		Token		token;
		int			end = 0;

		do
		{
			int			at;

			sv_lexer_next(lexer, &token);
			at = find_mark(text, end, token.start);
			if (at >= 0)
			{
				*mark = at;
				found++;
			}
			end = token.end;
		} while (token.kind != SV_TOKEN_END && token.kind != SV_TOKEN_EOF &&
				 token.kind != SV_TOKEN_ERROR);
		*semicolon = token.start;
	}
	PG_FINALLY();
	{
		sv_lexer_free(lexer);
	}
	PG_END_TRY();
	return found;
}

/* Cut the statement at its mark. */
static void
take_statement(BatchReader *r, int statement)
{
	static const char hint[] = "Put /* " RANGE_MARK " */ behind a condition in its WHERE clause.";
	const Statement *s = &r->script->statements[statement];
	const char *text = r->script->text + s->start;
	const char *start;
	const char *end;
	char	   *key;
	int			mark = 0;
	int			semicolon = 0;
	int			marks;

	if (strcmp(s->tag, "UPDATE") != 0 && strcmp(s->tag, "DELETE") != 0 &&
		strcmp(s->tag, "INSERT") != 0)
		refuse_batch(r, s->start, psprintf("%s cannot run in batches", s->tag),
					 "Use UPDATE, DELETE or INSERT.");
	marks = find_marks(text, &mark, &semicolon);
	if (marks != 1)
		refuse_batch(r, s->start, marks == 0 ?
					 "the batch does not say where its range of keys belongs" :
					 "the batch has several ranges of keys", hint);
	start = strstr(text + mark, RANGE_MARK) + strlen(RANGE_MARK);
	end = strstr(start, "*/");
	r->step->head = pnstrdup(text, mark);
	r->step->tail = pnstrdup(end + 2, text + semicolon - (end + 2));
	key = pnstrdup(start, end - start);
	key += strspn(key, " \t");
	for (char *c = key + strlen(key); c > key && isspace((unsigned char) c[-1]);)
		*--c = '\0';
	r->step->range_key = *key != '\0' ? key : r->step->key;
}

/* The last part of a name as it was written: without schema, table and quotes. */
static char *
last_part_of_name(const char *name)
{
	const char *dot = strrchr(name, '.');
	char	   *last = pstrdup(dot ? dot + 1 : name);
	int			length = strlen(last);

	if (length > 1 && last[0] == '"' && last[length - 1] == '"')
	{
		last[length - 1] = '\0';
		last++;
	}
	return last;
}

/* What stands in the range's place while its place is checked. */
#define RANGE_PROBE "schemaver_range"

static bool
is_probe(const Node *node)
{
	return IsA(node, ColumnRef) && IsA(linitial(((const ColumnRef *) node)->fields), String) &&
		strcmp(strVal(linitial(((const ColumnRef *) node)->fields)), RANGE_PROBE) == 0;
}

/* The condition that decides about the rows of the statement, or NULL. */
static const Node *
where_clause(const Node *tree)
{
	switch (nodeTag(tree))
	{
		case T_UpdateStmt:
			return ((const UpdateStmt *) tree)->whereClause;
		case T_DeleteStmt:
			return ((const DeleteStmt *) tree)->whereClause;
		case T_InsertStmt:
			tree = ((const InsertStmt *) tree)->selectStmt;
			return tree != NULL &&
				IsA(tree, SelectStmt) ? ((const SelectStmt *) tree)->whereClause : NULL;
		default:
			return NULL;
	}
}

/* Does the mark stand where it limits the rows, and not within an OR? */
static bool
limits_rows(const Node *tree)
{
	const Node *where = where_clause(tree);

	if (where == NULL || !IsA(where, BoolExpr) || ((const BoolExpr *) where)->boolop != AND_EXPR)
		return false;
	foreach_ptr(const Node, arg, ((const BoolExpr *) where)->args)
	{
		if (is_probe(arg))
			return true;
	}
	return false;
}

/* Does an UPDATE of the batch's own table give its key another value? */
static bool
changes_key(const BatchReader *r, const Node *tree)
{
	const UpdateStmt *update = (const UpdateStmt *) tree;
	ListCell   *lc;

	if (!IsA(tree, UpdateStmt) ||
		strcasecmp(update->relation->relname, last_part_of_name(r->step->table)) != 0)
		return false;
	foreach(lc, update->targetList)
	{
		if (strcasecmp(lfirst_node(ResTarget, lc)->name, last_part_of_name(r->step->key)) == 0)
			return true;
	}
	return false;
}

/*
 * What makes the result of an INSERT ... SELECT more than the sum of the ranges,
 * or NULL.
 */
static const char *
spans_ranges(const Node *tree)
{
	const SelectStmt *select;

	if (!IsA(tree, InsertStmt))
		return NULL;
	select = (const SelectStmt *) ((const InsertStmt *) tree)->selectStmt;
	if (select->limitCount != NULL || select->limitOffset != NULL)
		return "LIMIT and OFFSET";
	if (select->groupClause != NIL || select->havingClause != NULL)
		return "GROUP BY and HAVING";
	if (select->distinctClause != NIL)
		return "DISTINCT";
	return NULL;
}

/* Refuse what would give another result in batches than at once. */
static void
check_meaning(BatchReader *r, int statement, const Node *tree)
{
	int			at = r->script->statements[statement].start;
	const char *spans = spans_ranges(tree);

	if (changes_key(r, tree))
		refuse_batch(r, at, "the statement changes the key of its batches",
					 "It would meet rows again that it has changed; choose another key.");
	if (spans != NULL)
		refuse_batch(r, at, psprintf("%s cannot be in the query of a batch", spans),
					 "They would hold for each range of keys by itself.");
}

/* The range must be a condition for each row, and its key one that the parser takes. */
static void
check_range(BatchReader *r, int statement)
{
	static const char hint[] = "Put /* "
	RANGE_MARK " */ behind a condition of the statement's own WHERE clause; "
	"put parentheses around a condition with OR.";
	const Statement *s = &r->script->statements[statement];
	ErrorData  *error;
	List	   *trees =
	sv_parse(psprintf("%s AND " RANGE_PROBE " %s", r->step->head, r->step->tail), &error);

	if (list_length(trees) != 1 || !limits_rows(linitial_node(RawStmt, trees)->stmt))
		refuse_batch(r, s->start, "the range of keys does not limit the rows of the batch", hint);
	check_meaning(r, statement, linitial_node(RawStmt, trees)->stmt);
	trees = sv_parse(psprintf("SELECT 1 FROM %s WHERE %s > $1 AND %s > $1 ORDER BY %s",
							  r->step->table,
							  r->step->key, r->step->range_key, r->step->key), &error);
	if (list_length(trees) != 1)
		refuse_batch(r, s->start,
					 psprintf("invalid table or key of a batch: %s", error ? error->message :
							  "syntax error"), NULL);
	if (r->step->left == NULL)
		return;
	trees = sv_parse(psprintf("SELECT 1 WHERE (%s) AND true", r->step->left), &error);
	if (list_length(trees) != 1)
		refuse_batch(r, s->start,
					 psprintf("invalid condition of a batch: %s", error ? error->message :
							  "syntax error"), NULL);
}

static int
gap_before(const Script *script, int statement)
{
	const Statement *before;

	if (statement == 0)
		return 0;
	before = &script->statements[statement - 1];
	return Max(before->start + before->length, before->data_start + before->data_length);
}

/*
 * Does the script say how to run a statement in batches?  Then *from and *to are
 * set to the part of the text where it does.
 */
bool
sv_batch_place(const Script *script, int statement, int *from, int *to)
{
	int			next = gap_before(script, statement);
	int			at;
	char	   *line;

	*from = next;
	*to = script->statements[statement].start;
	while ((line = next_comment(script->text, &next, *to, &at)) != NULL)
		if (is_directive(line) || strncmp(line, LEFT_MARK, strlen(LEFT_MARK)) == 0)
			return true;
	return false;
}

/*
 * What the script says about running a statement in batches; NULL if nothing.
 * Raises SV007.
 */
BatchStep *
sv_batch_step(const Script *script, int statement, const ScriptOrigin *origin)
{
	BatchReader r = {script, origin};
	int			from;
	int			to;

	if (!sv_batch_place(script, statement, &from, &to))
		return NULL;
	read_gap(&r, from, to);
	if (r.step == NULL)
		return NULL;
	take_statement(&r, statement);
	check_range(&r, statement);
	return r.step;
}

/* Raise SV007 if a batch of the script is not as it should be. */
void
sv_batch_check(const Script *script, const ScriptOrigin *origin)
{
	BatchReader r = {script, origin};

	if (strstr(script->text, BATCH_MARK) == NULL)
		return;
	for (int i = 0; i < script->n; i++)
		(void) sv_batch_step(script, i, origin);
	read_gap(&r, gap_before(script, script->n), strlen(script->text));
	if (r.step != NULL)
		refuse_batch(&r, r.at, "a batch without a statement behind it", NULL);
}
