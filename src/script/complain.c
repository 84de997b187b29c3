/*
 * complain.c
 *		Says what is wrong with a script, and where.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "script/script.h"

/* How much of the line in question a message shows, in bytes. */
#define SHOWN_BYTES		100
/* Of a longer line: how much of it stands before the place in question. */
#define SHOWN_BEFORE	60
/* How much of the server's own message, which may quote all of the script. */
#define QUOTED_BYTES	200

/* Length of the character at the byte, never more than what is left. */
static int
char_length(const char *at, int left)
{
	int			length = pg_mblen(at);

	return Max(1, Min(length, left));
}

/*
 * Return the byte offset of a character position (from 1) as the server
 * reports it; 0 if it reported none, the text's length if it is behind its end.
 */
int
sv_byte_offset(const char *text, int length, int position)
{
	int			offset = 0;

	for (int i = 1; i < position && offset < length; i++)
		offset += char_length(text + offset, length - offset);
	return offset;
}

/*
 * Is the error the text's fault?  Of the server's lexer and parser that is so
 * for everything but a lack of resources, a cancel, or a bug.
 */
bool
sv_is_syntax_error(const ErrorData *error)
{
	int			category = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	return category == ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION ||
		category == ERRCODE_FEATURE_NOT_SUPPORTED ||
		category == ERRCODE_DATA_EXCEPTION;
}

/* Append the line from start to end, shortened around the offset if it is long. */
static void
append_line(StringInfo out, const char *text, int start, int end, int offset)
{
	int			from = start;

	if (end > start && text[end - 1] == '\r')
		end--;
	if (end - start <= SHOWN_BYTES)
	{
		appendBinaryStringInfo(out, text + start, end - start);
		return;
	}
	while (offset - from > SHOWN_BEFORE)
		from += char_length(text + from, end - from);
	if (from > start)
		appendStringInfoString(out, "...");
	appendBinaryStringInfo(out, text + from,
						   pg_mbcliplen(text + from, end - from, SHOWN_BYTES));
	if (end - from > SHOWN_BYTES)
		appendStringInfoString(out, "...");
}

static void
append_origin(StringInfo out, const ScriptOrigin *origin)
{
	if (origin->section != NULL)
		appendStringInfo(out, " of the %s script", origin->section);
	if (origin->revision != NULL)
		appendStringInfo(out, " of revision \"%s\"", origin->revision);
	if (origin->file == NULL)
		return;
	if (origin->section != NULL || origin->revision != NULL)
		appendStringInfo(out, " (file \"%s\")", origin->file);
	else
		appendStringInfo(out, " of file \"%s\"", origin->file);
}

/*
 * Return the sentence that says which place of the script the offset is, and
 * shows its line: for DETAIL.  Lines are those of the file if there is one.
 */
char *
sv_script_place(const char *text, int offset, const ScriptOrigin *origin)
{
	StringInfoData out;
	int			line = 1;
	int			start = 0;
	int			end = offset;

	for (int i = 0; i < offset; i++)
	{
		if (text[i] == '\n')
		{
			line++;
			start = i + 1;
		}
	}
	while (text[end] != '\0' && text[end] != '\n')
		end++;
	if (origin != NULL && origin->file != NULL && origin->first_line > 0)
		line += origin->first_line - 1;

	initStringInfo(&out);
	appendStringInfo(&out, "Line %d, column %d", line,
					 pg_mbstrlen_with_len(text + start, offset - start) + 1);
	if (origin != NULL)
		append_origin(&out, origin);
	appendStringInfoString(&out, ": ");
	append_line(&out, text, start, end, offset);
	return out.data;
}

/*
 * Refuse the script for what stands at the offset.  Does not return.
 * The detail is what there is to say besides the place; it and hint may be NULL.
 */
void
sv_script_invalid(const char *text, int offset, const ScriptOrigin *origin,
				  const char *message, const char *detail, const char *hint)
{
	char	   *place = sv_script_place(text, offset, origin);

	ereport(ERROR,
			(errcode(ERRCODE_SV_INVALID_SCRIPT),
			 errmsg("invalid script: %s", message),
			 detail != NULL ? errdetail_internal("%s\n%s", place, detail) :
			 errdetail_internal("%s", place),
			 hint != NULL ? errhint("%s", hint) : 0));
}

/*
 * What to do about a syntax error where another program replaces something before the
 * server sees it; NULL: nothing is known.
 */
static const char *
placeholder_hint(const char *at)
{
	if (at[0] == ':' && (at[1] == '\'' || at[1] == '"' || at[1] == '{' || at[1] == '_' ||
						 isalpha((unsigned char) at[1])))
		return "Variables of psql are not replaced in a script. Write the value itself, or let the "
			"script read a setting: current_setting('my.variable').";
	if (strncmp(at, "${", 2) == 0 || strncmp(at, "{{", 2) == 0 || strncmp(at, "%(", 2) == 0)
		return "Placeholders of other programs are not replaced in a script. Write the value itself, "
			"or let the script read a setting: current_setting('my.variable').";
	return NULL;
}

/* Refuse the script for what the server's lexer or parser said of the offset. */
void
sv_script_invalid_error(const char *text, int offset, const ScriptOrigin *origin,
						const ErrorData *error)
{
	const char *message = error->message;
	int			length = strlen(message);
	int			shown = strcspn(message, "\r\n");

	shown = pg_mbcliplen(message, shown, QUOTED_BYTES);
	if (shown < length)
		message = psprintf("%.*s...\"", shown, message);
	sv_script_invalid(text, offset, origin, message, error->detail,
					  error->hint ? error->hint : placeholder_hint(text + offset));
}

/* What to do instead of a command of psql. */
static const char *
meta_hint(const char *command)
{
	static const struct
	{
		const char *command;
		const char *hint;
	}			hints[] = {
		{"i", "Put the text of the other file in its place."},
		{"ir", "Put the text of the other file in its place."},
		{"include", "Put the text of the other file in its place."},
		{"include_relative", "Put the text of the other file in its place."},
		{"copy", "Use COPY ... FROM STDIN with the data in the lines behind it."},
		{"gexec", "Use EXECUTE in a DO block."},
		{";", "End the statement with a semicolon alone: each one is executed by itself anyway."},
		{"g", "End the statement with a semicolon instead."},
		{"gx", "End the statement with a semicolon instead."},
		{"gset", "Keep the value in a DO block, or in a setting: SELECT set_config('my.variable', ..., true)."},
		{"set", "Write the value itself, or use a setting: SELECT set_config('my.variable', ..., true)."},
		{"if", "Use IF in a DO block."},
		{"echo", "Use RAISE NOTICE in a DO block."},
		{"c", "A migration runs in the database that it is registered in."},
		{"connect", "A migration runs in the database that it is registered in."},
		{".", "It ends the data of COPY FROM STDIN, which must stand before it."},
	};

	for (int i = 0; i < lengthof(hints); i++)
	{
		if (strcmp(hints[i].command, command) == 0)
			return hints[i].hint;
	}
	return "Remove it, or say in SQL what it does.";
}

/* Refuse the script for the psql command that the token is. */
void
sv_script_invalid_meta(const char *text, const Token *token, const ScriptOrigin *origin)
{
	sv_script_invalid(text, token->start, origin,
					  psprintf("psql command \"\\%s\"", token->str), NULL,
					  psprintf("Commands of psql cannot run in the server. %s",
							   meta_hint(token->str)));
}
