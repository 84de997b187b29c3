/*
 * psql_commands.c
 *		Commands of psql in scripts that their tool hands to psql.
 *
 * \i and \ir are replaced by the file that they name.  What \set gives a name is
 * put where the script uses it, as psql does: :name as it is, :'name' as a
 * constant, :"name" as a name; not inside of constants, names, comments and
 * dollar quotes.  Any other command stays, and is refused or passed over when the
 * script is parsed.
 *
 * The lines behind an included file have other numbers than in their file.
 */
#include "postgres.h"

#include <ctype.h>

#include "miscadmin.h"
#include "utils/builtins.h"

#include "formats/formats_private.h"

#define MAX_DEPTH	16
#define MAX_BYTES	(64 * 1024 * 1024)	/* of all that is included */

typedef struct PsqlValue
{
	const char *name;
	const char *value;
} PsqlValue;

typedef struct PsqlReader
{
	const Folder *folder;
	const char *root;			/* folder in which psql is called */
	List	   *values;			/* of PsqlValue, the last of a name counts */
	List	   *included;		/* of SourceFile */
	StringInfoData out;
} PsqlReader;

static void expand_file(PsqlReader *r, const SourceFile *file, int depth);

/* The value that \set gave the name, or NULL. */
static const char *
value_of(const PsqlReader *r, const char *name, int length)
{
	for (int i = list_length(r->values) - 1; i >= 0; i--)
	{
		const PsqlValue *value = list_nth(r->values, i);

		if (strlen(value->name) == length && strncmp(value->name, name, length) == 0)
			return value->value;
	}
	return NULL;
}

static int
name_length(const char *text)
{
	int			length = 0;

	while (isalnum((unsigned char) text[length]) || text[length] == '_' ||
		   IS_HIGHBIT_SET(text[length]))
		length++;
	return length;
}

/* ---------- values ---------- */

/*
 * If :name, :'name' or :"name" stands there and has a value, write that and
 * return the length of what it stands for; else 0.
 */
static int
put_value(PsqlReader *r, const char *at)
{
	char		quote = at[1] == '\'' || at[1] == '"' ? at[1] : '\0';
	const char *name = at + 1 + (quote != '\0');
	int			length = name_length(name);
	const char *value = length > 0 ? value_of(r, name, length) : NULL;

	if (value == NULL || (quote != '\0' && name[length] != quote))
		return 0;
	if (quote == '\'')
		appendStringInfoString(&r->out, quote_literal_cstr(value));
	else if (quote == '"')
	{
		appendStringInfoChar(&r->out, '"');
		for (const char *c = value; *c != '\0'; c++)
			appendStringInfo(&r->out, *c == '"' ? "\"\"" : "%c", *c);
		appendStringInfoChar(&r->out, '"');
	}
	else
		appendStringInfoString(&r->out, value);
	return name + length + (quote != '\0') - at;
}

/* One byte of a quoted argument, behind a backslash; *at moves over it. */
static char
escaped(const char **at)
{
	static const char letters[] = "nrtbf";
	static const char bytes[] = "\n\r\t\b\f";
	const char *letter = **at != '\0' ? strchr(letters, **at) : NULL;
	char		byte = letter != NULL ? bytes[letter - letters] : **at;

	if (**at != '\0')
		(*at)++;
	return byte;
}

/* Append the quoted text at the quote; returns what follows it, NULL if it has no end. */
static const char *
take_quoted(const char *at, StringInfo out)
{
	for (at++; *at != '\0';)
	{
		if (at[0] == '\'' && at[1] == '\'')
			at++;
		else if (*at == '\'')
			return at + 1;
		else if (*at == '\\')
		{
			at++;
			appendStringInfoChar(out, escaped(&at));
			continue;
		}
		appendStringInfoChar(out, *at++);
	}
	return NULL;
}

/*
 * The next argument of a command, or NULL behind the last one.  One that psql
 * would compute (`...`, a variable of the call) is refused.
 */
static char *
next_argument(PsqlReader *r, const SourceFile *file, int line, const char **at)
{
	StringInfoData out;

	*at += strspn(*at, " \t\r");
	if (**at == '\0')
		return NULL;
	initStringInfo(&out);
	while (**at != '\0' && strchr(" \t\r", **at) == NULL)
	{
		int			length = **at == ':' ? name_length(*at + 1) : 0;
		const char *value = length > 0 ? value_of(r, *at + 1, length) : NULL;

		if (**at == '`' || **at == '\\' || (**at == ':' && value == NULL))
			sv_format_refuse(file, line, "the argument of a psql command cannot be known here",
							 "Write its value.");
		if (value != NULL)
		{
			appendStringInfoString(&out, value);
			*at += 1 + length;
		}
		else if (**at == '\'')
		{
			*at = take_quoted(*at, &out);
			if (*at == NULL)
				sv_format_refuse(file, line, "the argument of a psql command has no end", NULL);
		}
		else
			appendStringInfoChar(&out, *(*at)++);
	}
	return out.data;
}

/* ---------- commands ---------- */

static void
take_set(PsqlReader *r, const SourceFile *file, int line, const char *arguments)
{
	PsqlValue  *value = palloc(sizeof(PsqlValue));
	StringInfoData text;
	char	   *argument;

	value->name = next_argument(r, file, line, &arguments);
	if (value->name == NULL)
		return;					/* shows all */
	initStringInfo(&text);
	while ((argument = next_argument(r, file, line, &arguments)) != NULL)
		appendStringInfoString(&text, argument);
	value->value = text.data;
	r->values = lappend(r->values, value);
}

static void
take_include(PsqlReader *r, const SourceFile *file, int line, const char *arguments, bool relative,
			 int depth)
{
	char	   *name = next_argument(r, file, line, &arguments);
	const char *path = name == NULL || *name == '/' ? name :
	sv_path_join(relative ? sv_path_folder(file->name) : r->root, name);
	const SourceFile *included = path != NULL ? sv_folder_find(r->folder, path) : NULL;

	if (included == NULL || included->content == NULL)
		sv_format_refuse(file, line, path == NULL ? "the command names no file" :
						 psprintf("there is no file \"%s\" to include", path),
						 "Load the folder with it.");
	if (depth >= MAX_DEPTH || r->out.len > MAX_BYTES)
		sv_format_refuse(file, line, "too much is included", NULL);
	r->included = list_append_unique_ptr(r->included, (void *) included);
	expand_file(r, included, depth + 1);
}

/* Do what the command says if it is known here.  Returns whether it was. */
static bool
take_psql_command(PsqlReader *r, const SourceFile *file, int line, const char *command, int depth)
{
	int			length = strcspn(command, " \t\r");
	const char *word = pnstrdup(command, length);

	if (strcmp(word, "i") == 0 || strcmp(word, "include") == 0)
		take_include(r, file, line, command + length, false, depth);
	else if (strcmp(word, "ir") == 0 || strcmp(word, "include_relative") == 0)
		take_include(r, file, line, command + length, true, depth);
	else if (strcmp(word, "set") == 0)
		take_set(r, file, line, command + length);
	else
		return false;
	return true;
}

/* ---------- texts ---------- */

/*
 * Copy the text up to the first command of psql, with the values put in.
 * Returns the command's place, or -1.
 */
static int
copy_until_command(PsqlReader *r, const char *text)
{
	Lexer	   *lexer = sv_lexer_create(text);
	Token		token;
	int			done = 0;

	do
	{
		CHECK_FOR_INTERRUPTS();
		sv_lexer_next(lexer, &token);
		if (token.kind == SV_TOKEN_OTHER && token.start >= done && text[token.start] == ':' &&
			text[token.start + 1] != ':' && (token.start == 0 || text[token.start - 1] != ':'))
		{
			appendBinaryStringInfo(&r->out, text + done, token.start - done);
			done = token.start;
			done += put_value(r, text + done);
		}
	} while (token.kind != SV_TOKEN_EOF && token.kind != SV_TOKEN_META &&
			 token.kind != SV_TOKEN_ERROR);
	sv_lexer_free(lexer);
	if (token.kind != SV_TOKEN_META)
		token.start = strlen(text);
	if (token.start > done)
		appendBinaryStringInfo(&r->out, text + done, token.start - done);
	return token.kind == SV_TOKEN_META ? token.start : -1;
}

static void
expand_file(PsqlReader *r, const SourceFile *file, int depth)
{
	const char *text = file->content;
	int			at;

	check_stack_depth();
	while ((at = copy_until_command(r, text)) >= 0)
	{
		int			length = strcspn(text + at, "\n");
		char	   *command = pnstrdup(text + at + 1, length - 1);

		if (!take_psql_command(r, file, sv_line_at(file->content, text + at), command,
							   depth))
			appendBinaryStringInfo(&r->out, text + at, length);
		text += at + length;
	}
}

/*
 * Return the script as psql sends it, where it is called in the folder "root" of
 * the files.  The files that it includes are added to *included.
 */
const char *
sv_psql_commands(const Folder *folder, const char *root, const SourceFile *script, List **included)
{
	PsqlReader	r = {folder, root};

	if (strchr(script->content, '\\') == NULL)
		return script->content;
	r.included = *included;
	initStringInfo(&r.out);
	expand_file(&r, script, 0);
	*included = r.included;
	return r.out.data;
}
