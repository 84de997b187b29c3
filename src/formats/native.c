/*
 * native.c
 *		Format "native": plain SQL, with comment lines that say the rest.
 *
 *		-- schemaver:revision 4f1c2a9b0d3e
 *		-- schemaver:message add users table
 *		-- schemaver:revises 1a2b3c4d
 *		-- schemaver:up
 *		CREATE TABLE users (id bigint PRIMARY KEY);
 *		-- schemaver:down
 *		DROP TABLE users;
 *
 * A directive is a comment that is the first thing on its line and outside of
 * every token, block comment and COPY data, as the server's lexer sees it; so a
 * string that looks like a directive is none.  A misspelt directive is an
 * error, never a comment.
 *
 * A line "repeatable NAME", "seed NAME" or "rows NAME" stands in the place of the
 * revision's where the text runs again when it has changed.
 *
 * The text of a section begins behind its directive's line and ends before the
 * next directive's line, without its last line end.  The value of any other
 * directive is the rest of its line behind one blank or tab.
 */
#include "postgres.h"

#include "utils/json.h"
#include "utils/memutils.h"

#include "formats/formats_private.h"
#include "script/script.h"

const char *const sv_directive_names[SV_DIRECTIVES] = {
	"revision", "repeatable", "seed", "rows", "message", "revises", "depends_on", "branch_labels",
	"options", "generated",
	"up", "down", "verify", "precondition"
};

/* The file that is being read. */
typedef struct NativeReader
{
	const SourceFile *file;
	ScriptOrigin origin;		/* for messages */
	MemoryContext cxt;			/* of the drafts */
	List	   *drafts;
	RevisionDraft *draft;		/* the last of them, or NULL */
	bool		given[SV_DIRECTIVES];	/* in the draft */
	const char *generated;		/* marks of the draft's texts, or NULL */
	bool		in_section;
	Directive	section;
	int			section_start;
	const char *section_value;	/* of a precondition: what its line says */
	StringInfo	preconditions;	/* of the draft, as JSON; NULL: none */
	bool		section_crlf;	/* its directive's line ends in CR LF */
	int			line;			/* line number at counted */
	int			counted;
} NativeReader;

static void
refuse_file(const NativeReader *r, int offset, const char *message, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_UNREADABLE_FILE),
			 errmsg("invalid migration file \"%s\": %s", r->file->name, message),
			 errdetail_internal("%s", sv_script_place(r->file->content, offset, &r->origin)),
			 hint != NULL ? errhint("%s", hint) : 0));
}

/* ---------- finding directives between tokens ---------- */

static int
end_of_line(const char *text, int at)
{
	return at + strcspn(text + at, "\n");
}

/* Return the offset behind the block comment that begins here. */
static int
skip_block_comment(const char *text, int at)
{
	int			depth = 0;

	do
	{
		if (text[at] == '/' && text[at + 1] == '*')
		{
			depth++;
			at += 2;
		}
		else if (text[at] == '*' && text[at + 1] == '/')
		{
			depth--;
			at += 2;
		}
		else
			at++;
	} while (depth > 0 && text[at] != '\0');
	return at;
}

/* Does a directive's mark stand behind the dashes?  Returns what follows it. */
static const char *
behind_mark(const char *comment)
{
	comment += 2;
	comment += strspn(comment, " \t");
	if (strncmp(comment, SV_DIRECTIVE_MARK, strlen(SV_DIRECTIVE_MARK)) != 0)
		return NULL;
	comment += strlen(SV_DIRECTIVE_MARK);
	return strncmp(comment, "batch", 5) == 0 ? NULL : comment;	/* belongs to a statement */
}

/*
 * Return the offset of the first directive from at on, before end; or -1.
 * Between the two there are only blanks, comments, and the data from data_from
 * to data_end (if that is not 0), which is passed over.
 */
static int
find_directive(const char *text, int at, int end, int data_from, int data_end)
{
	bool		line_start = at == 0 || text[at - 1] == '\n';

	while (at < end)
	{
		if (at >= data_from && at < data_end)
		{
			at = data_end;
			line_start = true;
		}
		else if (text[at] == '-' && text[at + 1] == '-')
		{
			if (line_start && behind_mark(text + at) != NULL)
				return at;
			at += strcspn(text + at, "\r\n");
		}
		else if (text[at] == '/' && text[at + 1] == '*')
		{
			at = skip_block_comment(text, at);
			line_start = false;
		}
		else if (text[at] == '\\')
			at = end_of_line(text, at); /* a psql command that is ignored */
		else
		{
			if (text[at] == '\n')
				line_start = true;
			else if (strchr(" \t\f\v\r", text[at]) == NULL)
				line_start = false;
			at++;
		}
	}
	return -1;
}

/* ---------- directives ---------- */

static int
line_of(NativeReader *r, int offset)
{
	for (; r->counted < offset; r->counted++)
	{
		if (r->file->content[r->counted] == '\n')
			r->line++;
	}
	return r->line;
}

static int
find_header_name(const char *name, int length)
{
	for (int i = 0; i < SV_DIRECTIVES; i++)
	{
		if (strlen(sv_directive_names[i]) == length &&
			strncmp(sv_directive_names[i], name, length) == 0)
			return i;
	}
	return -1;
}

/* Return the ids of the value, which blanks or commas separate. */
static List *
split_ids(const char *value)
{
	static const char separators[] = ", \t\r";
	List	   *ids = NIL;

	for (value += strspn(value, separators); *value != '\0';
		 value += strspn(value, separators))
	{
		int			length = strcspn(value, separators);

		ids = lappend(ids, pnstrdup(value, length));
		value += length;
	}
	return ids;
}

/* Return the value without blanks at both ends. */
static char *
trim(const char *value)
{
	int			length;

	value += strspn(value, " \t\r");
	length = strlen(value);
	while (length > 0 && strchr(" \t\r", value[length - 1]) != NULL)
		length--;
	return pnstrdup(value, length);
}

/* The section that ends at the offset gets its text. */
/*
 * A precondition: its query, and "expect=0 on_fail=skip on_error=halt" of its line.
 * What is no such word is told when the options are checked.
 */
static void
take_precondition(NativeReader *r, const char *sql)
{
	char	   *value = pstrdup(r->section_value);
	char	   *word;
	char	   *rest = NULL;

	if (r->preconditions == NULL)
		r->preconditions = makeStringInfo();
	appendStringInfoString(r->preconditions, r->preconditions->len > 0 ? ", {\"sql\": " :
						   "[{\"sql\": ");
	escape_json(r->preconditions, sql);
	for (word = strtok_r(value, " \t", &rest); word != NULL; word = strtok_r(NULL, " \t", &rest))
	{
		char	   *equal = strchr(word, '=');

		if (equal != NULL)
			*equal = '\0';
		appendStringInfoString(r->preconditions, ", ");
		escape_json(r->preconditions, word);
		appendStringInfoString(r->preconditions, ": ");
		escape_json(r->preconditions, equal != NULL ? equal + 1 : "");
	}
	appendStringInfoChar(r->preconditions, '}');
}

/* Add the preconditions to the options of the draft, which are JSON text. */
static void
give_preconditions(NativeReader *r)
{
	RevisionDraft *draft = r->draft;

	if (r->preconditions == NULL)
		return;
	if (draft->options != NULL && strspn(draft->options + 1, " \t") + 2 == strlen(draft->options))
		draft->options = NULL;
	sv_draft_option(draft, "preconditions", psprintf("%s]", r->preconditions->data));
	r->preconditions = NULL;
}

static void
end_section(NativeReader *r, int end)
{
	const char *text = r->file->content;
	char	   *body;

	if (!r->in_section)
		return;
	if (end > r->section_start && text[end - 1] == '\n')
	{
		end--;
		if (r->section_crlf && end > r->section_start && text[end - 1] == '\r')
			end--;
	}
	body = pnstrdup(text + r->section_start, end - r->section_start);
	if (r->section == SV_DIRECTIVE_UP)
		r->draft->up = body;
	else if (r->section == SV_DIRECTIVE_DOWN)
		r->draft->down = body;
	else if (r->section == SV_DIRECTIVE_VERIFY)
	{
		r->draft->verify = body;
		r->draft->verify_source = r->file->name;
	}
	else
		take_precondition(r, body);
	r->in_section = false;
}

/*
 * The mark of a text that schemaver wrote, for the directive "generated".  It
 * has a hash of the text, so a text that somebody edits loses it.  Kinds of line
 * ends and empty lines at the end do not count.
 */
char *
sv_native_mark(const char *section, const char *text)
{
	char	   *plain = palloc(strlen(text) + 1);
	char	   *to = plain;

	for (; *text != '\0'; text++)
		if (*text != '\r')
			*to++ = *text;
	while (to > plain && to[-1] == '\n')
		to--;
	*to = '\0';
	return psprintf("%s:%.16s", section, sv_script_hash(plain));
}

static bool
is_marked(const char *marks, Directive section, const char *text)
{
	return text != NULL && marks != NULL &&
		strstr(marks, sv_native_mark(sv_directive_names[section], text)) != NULL;
}

static void
take_marks(NativeReader *r)
{
	r->draft->up_generated = is_marked(r->generated, SV_DIRECTIVE_UP, r->draft->up);
	r->draft->down_generated = is_marked(r->generated, SV_DIRECTIVE_DOWN, r->draft->down);
	r->generated = NULL;
}

/* The revision is read up to the offset. */
static void
end_revision(NativeReader *r, int offset)
{
	end_section(r, offset);
	if (r->draft != NULL)
	{
		take_marks(r);
		give_preconditions(r);
	}
	if (r->draft != NULL && r->draft->up == NULL)
		refuse_file(r, offset, "the revision before this line has no up section",
					"Begin its SQL with a line \"-- schemaver:up\".");
}

static void
begin_file_revision(NativeReader *r)
{
	r->draft = palloc0(sizeof(RevisionDraft));
	r->draft->message = "";
	r->draft->depends_on_given = true;
	r->draft->branch_labels_given = true;
	r->draft->source = r->file->name;
	r->drafts = lappend(r->drafts, r->draft);
	memset(r->given, 0, sizeof(r->given));
	r->origin.revision = NULL;
}

/* A section begins behind its line, whose last byte is at end. */
static void
begin_section(NativeReader *r, Directive directive, int offset, int end, const char *value)
{
	const char *text = r->file->content;
	int			line = line_of(r, offset) + 1;

	if (*trim(value) != '\0' && directive != SV_DIRECTIVE_PRECONDITION)
		refuse_file(r, offset,
					psprintf("directive \"%s\" takes no value", sv_directive_names[directive]),
					"Write the SQL in the lines behind it.");
	end_section(r, offset);
	r->in_section = true;
	r->section = directive;
	r->section_value = value;
	r->section_start = text[end] == '\n' ? end + 1 : end;
	r->section_crlf = text[end] == '\n' && text[end - 1] == '\r';
	if (directive == SV_DIRECTIVE_UP)
		r->draft->up_line = line;
	else if (directive == SV_DIRECTIVE_DOWN)
	{
		r->draft->down_line = line;
		r->draft->down_source = r->file->name;
	}
	else if (directive == SV_DIRECTIVE_VERIFY)
		r->draft->verify_line = line;
}

static void
add_message(NativeReader *r, const char *value)
{
	if (r->given[SV_DIRECTIVE_MESSAGE])
		r->draft->message = psprintf("%s\n%s", r->draft->message, value);
	else
		r->draft->message = value;
}

/* Does the directive begin a revision, or what stands in its place? */
static bool
is_beginning(int directive)
{
	return directive >= SV_DIRECTIVE_REVISION && directive <= SV_DIRECTIVE_ROWS;
}

/* The line that begins a revision, or what stands in its place. */
static void
take_name(NativeReader *r, Directive directive, int offset, const char *value)
{
	RevisionDraft *draft = r->draft;

	draft->id = trim(value);
	if (*draft->id == '\0')
		refuse_file(r, offset, psprintf("directive \"%s\" without %s",
										sv_directive_names[directive],
										directive == SV_DIRECTIVE_REVISION ? "an id" : "a name"),
					directive == SV_DIRECTIVE_REVISION ?
					"Write the id behind it, or leave the line out to have one made." :
					"Write the name behind it.");
	r->origin.revision = draft->id;
	draft->kind = SV_LIVING_NONE + (directive - SV_DIRECTIVE_REVISION);
	if (draft->kind != SV_LIVING_NONE)
		draft->runs = SV_RUNS_ON_CHANGE;
	memset(&r->given[SV_DIRECTIVE_REVISION], true, SV_DIRECTIVE_ROWS - SV_DIRECTIVE_REVISION + 1);
}

/* A line of the header: keep its value in the draft. */
static void
take_value(NativeReader *r, Directive directive, int offset, const char *value)
{
	RevisionDraft *draft = r->draft;

	switch (directive)
	{
		case SV_DIRECTIVE_REVISION:
		case SV_DIRECTIVE_REPEATABLE:
		case SV_DIRECTIVE_SEED:
		case SV_DIRECTIVE_ROWS:
			take_name(r, directive, offset, value);
			break;
		case SV_DIRECTIVE_MESSAGE:
			add_message(r, value);
			break;
		case SV_DIRECTIVE_REVISES:
			draft->revises_given = true;
			draft->revises = split_ids(value);
			break;
		case SV_DIRECTIVE_DEPENDS_ON:
			draft->depends_on = split_ids(value);
			break;
		case SV_DIRECTIVE_BRANCH_LABELS:
			draft->branch_labels = split_ids(value);
			break;
		case SV_DIRECTIVE_GENERATED:
			r->generated = trim(value);
			break;
		default:
			draft->options = trim(value);
			break;
	}
}

/* Does "-- schemaver:revision" stand behind something else in its line, before the offset? */
static bool
revision_behind_text(const char *text, int offset)
{
	const char *mark = text;

	while ((mark = strstr(mark, "-- schemaver:revision")) != NULL && mark - text < offset)
	{
		const char *before = mark;

		while (before > text && (before[-1] == ' ' || before[-1] == '\t'))
			before--;
		if (before > text && before[-1] != '\n' && before[-1] != '\r')
			return true;
		mark++;
	}
	return false;
}

/* Refuse a directive that cannot stand here. */
static void
check_place(const NativeReader *r, Directive directive, int offset)
{
	const char *name = sv_directive_names[directive];

	if (r->given[directive] && directive != SV_DIRECTIVE_MESSAGE &&
		directive != SV_DIRECTIVE_PRECONDITION)
		refuse_file(r, offset, psprintf("directive \"%s\" twice in one revision", name),
					revision_behind_text(r->file->content, offset) ?
					"A mark \"-- schemaver:revision\" stands behind SQL: give it a line of its own." :
					"Begin the next revision with a line \"-- schemaver:revision ID\".");
	if (directive < SV_DIRECTIVE_UP && r->in_section)
		refuse_file(r, offset, psprintf("directive \"%s\" behind the first section", name),
					"Write it before the line \"-- schemaver:up\".");
}

/* The directive at the offset: its line is read, whatever else follows. */
static void
take_directive(NativeReader *r, int offset)
{
	const char *text = r->file->content;
	const char *name = behind_mark(text + offset);
	int			length =
	strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
	int			end = end_of_line(text, offset);
	int			value_end = end > 0 && text[end] == '\n' && text[end - 1] == '\r' ? end - 1 : end;
	const char *value = name + length;
	int			directive = find_header_name(name, length);

	if (directive < 0 || (value < text + value_end && *value != ' ' && *value != '\t'))
		refuse_file(r, offset,
					psprintf("unknown directive \"%.*s\"", (int) strcspn(name, " \t\r\n"), name),
					"Known are revision, repeatable, seed, rows, message, revises, depends_on, "
					"branch_labels, options, generated, up, down, verify and precondition.");
	if (value < text + value_end)
		value++;
	value = pnstrdup(value, text + value_end - value);

	/* "revision" begins another one, unless this one only lacks its id */
	if (r->draft == NULL ||
		(is_beginning(directive) && (r->given[directive] || r->in_section)))
	{
		end_revision(r, offset);
		begin_file_revision(r);
	}
	check_place(r, directive, offset);
	if (directive >= SV_DIRECTIVE_UP)
		begin_section(r, directive, offset, end, value);
	else
		take_value(r, directive, offset, value);
	r->given[directive] = true;
}

/* ---------- the file ---------- */

/* Take all directives between two tokens.  Returns whether there was one. */
static bool
take_gap(NativeReader *r, const Lexer *lexer, int from, int to)
{
	const char *text = r->file->content;
	bool		found = false;
	int			at;

	while ((at = find_directive(text, from, to, lexer->data_from, lexer->data_end)) >= 0)
	{
		take_directive(r, at);
		found = true;
		from = end_of_line(text, at);
	}
	return found;
}

/* What stands between the directives must be something that can be read. */
static void
check_token(NativeReader *r, const Lexer *lexer, const Token *token)
{
	const char *text = r->file->content;

	if (token->kind == SV_TOKEN_EOF)
		return;
	if (!r->in_section)
		refuse_file(r, token->start, "text before the first section",
					"Begin the SQL of the upgrade with a line \"-- schemaver:up\".");
	r->origin.section = sv_directive_names[r->section];
	if (token->kind == SV_TOKEN_ERROR)
		sv_script_invalid_error(text, lexer->error_at, &r->origin, lexer->error);
	if (token->kind == SV_TOKEN_META)
		sv_script_invalid_meta(text, token, &r->origin);
	if (lexer->data_start >= 0 && !lexer->data_closed)
		refuse_file(r, token->start, "the data of COPY FROM STDIN has no end",
					"End it with a line \"\\.\".");
	r->origin.section = NULL;
}

static void
read_native_file(NativeReader *r, Lexer *lexer)
{
	MemoryContext tokens = AllocSetContextCreate(lexer->cxt, "schemaver tokens",
												 ALLOCSET_DEFAULT_SIZES);
	Token		token;
	int			end = 0;
	bool		found;

	do
	{
		MemoryContextSwitchTo(tokens);
		sv_lexer_next(lexer, &token);
		MemoryContextSwitchTo(r->cxt);

		found = take_gap(r, lexer, end, token.start);
		if (found)
			sv_lexer_restart(lexer, &token);
		check_token(r, lexer, &token);
		end = token.end;
		if (token.kind == SV_TOKEN_END)
			MemoryContextReset(tokens);
	} while (token.kind != SV_TOKEN_EOF);
	end_revision(r, token.end);
}

/*
 * Return the drafts of the file's revisions, in their order.  Their texts are
 * new strings in the current context.
 */
List *
sv_native_read(const SourceFile *file)
{
	NativeReader r = {0};
	Lexer	   *lexer = sv_lexer_create(file->content);

	r.file = file;
	r.origin.file = file->name;
	r.origin.first_line = 1;
	r.cxt = CurrentMemoryContext;
	r.line = 1;

	PG_TRY();
	{
		read_native_file(&r, lexer);
	}
	PG_FINALLY();
	{
		sv_lexer_free(lexer);
	}
	PG_END_TRY();
	return r.drafts;
}

/* Is there a directive before the first token? */
static bool
recognise_native(const SourceFile *file)
{
	const char *text = file->content;
	int			at = 0;

	/* as in find_directive(), but what comes first may be anything */
	while (text[at] != '\0')
	{
		if (text[at] == '-' && text[at + 1] == '-')
		{
			if (behind_mark(text + at) != NULL)
				return true;
			at += strcspn(text + at, "\r\n");
		}
		else if (text[at] == '/' && text[at + 1] == '*')
			at = skip_block_comment(text, at);
		else if (strchr(" \t\f\v\r\n", text[at]) != NULL)
			at++;
		else
			return false;
	}
	return false;
}

static FormatFit
fit_native(const SourceFile *file)
{
	return sv_file_is_sql(file) && recognise_native(file) ? SV_FIT_MARK : SV_FIT_NONE;
}

/* In a folder, which is loaded again and again, each revision needs an id to be known by. */
static void
refuse_nameless(const SourceFile *file, const List *drafts)
{
	if (!sv_name_ends_with(file->name, ".sql"))
		return;
	foreach_ptr(const RevisionDraft, draft, drafts)
	{
		if (draft->id == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_SV_UNREADABLE_FILE),
					 errmsg("file \"%s\" has a revision without an id", file->name),
					 errdetail("Each load would register it again."),
					 errhint("Write the line \"-- schemaver:revision ID\" before it; "
							 "SELECT * FROM schemaver.new_file('message') shows how a new file begins.")));
	}
}

static List *
read_native(Folder *folder)
{
	List	   *drafts = NIL;

	foreach_ptr(const SourceFile, file, sv_folder_sql(folder))
	{
		List	   *read;

		if (!recognise_native(file))
			ereport(ERROR,
					(errcode(ERRCODE_SV_UNREADABLE_FILE),
					 errmsg("file \"%s\" is not in format \"native\"", file->name),
					 errdetail("It has no directive before its first statement."),
					 errhint("Begin it with a line \"-- schemaver:revision ID\".")));
		read = sv_native_read(file);
		refuse_nameless(file, read);
		drafts = list_concat(drafts, read);
	}
	return drafts;
}

const Format sv_format_native = {
	.name = "native",
	.needs = "a line \"-- schemaver:revision ID\" before its first statement",
	.fit = fit_native,
	.read = read_native,
};
