/*
 * lines.c
 *		Texts line by line, and sections made of lines.
 *
 * Most tools know their marks by the beginning of a line, wherever that line
 * stands, so their readers do the same.
 */
#include "postgres.h"

#include "formats/formats_private.h"

/* ---------- lines ---------- */

/* Go to the next line.  Returns false behind the last one. */
bool
sv_line_next(LineCursor *line)
{
	const char *end;

	if (*line->next == '\0')
		return false;
	line->start = line->next;
	end = line->start + strcspn(line->start, "\n");
	line->next = *end == '\n' ? end + 1 : end;
	line->length = end - line->start;
	if (line->length > 0 && line->start[line->length - 1] == '\r')
		line->length--;
	line->number++;
	return true;
}

static int
indent_of(const LineCursor *line)
{
	int			n = 0;

	while (n < line->length && strchr(" \t\f\v\r", line->start[n]) != NULL)
		n++;
	return n;
}

bool
sv_line_is_blank(const LineCursor *line)
{
	return indent_of(line) == line->length;
}

/* Is the line a comment from its first word on? */
bool
sv_line_is_comment(const LineCursor *line)
{
	int			n = indent_of(line);

	return line->length - n >= 2 && strncmp(line->start + n, "--", 2) == 0;
}

/* Does the line begin with the word, in any case of letters, behind blanks? */
bool
sv_line_begins(const LineCursor *line, const char *word)
{
	int			n = indent_of(line);
	int			length = strlen(word);

	return line->length - n >= length && pg_strncasecmp(line->start + n, word, length) == 0;
}

/*
 * If the line begins with a comment that begins with the mark, as "-- +goose",
 * return a copy of what follows the mark, without blanks at both ends.  Else
 * NULL.  The dashes begin the line; blanks may stand between them and the mark.
 */
const char *
sv_line_comment(const LineCursor *line, const char *mark)
{
	const char *at = line->start;
	const char *end = line->start + line->length;
	int			length = strlen(mark);

	if (line->length < 2 || strncmp(at, "--", 2) != 0)
		return NULL;
	for (at += 2; at < end && (*at == ' ' || *at == '\t');)
		at++;
	if (end - at < length || pg_strncasecmp(at, mark, length) != 0)
		return NULL;
	for (at += length; at < end && (*at == ' ' || *at == '\t');)
		at++;
	while (end > at && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return pnstrdup(at, end - at);
}

/*
 * Does the line have blanks before such a comment?  The tools refuse it or pass over
 * it, and whoever wrote it has meant the mark.
 */
static bool
indents_mark(const LineCursor *line, const char *mark)
{
	LineCursor	rest = *line;
	int			n = indent_of(line);

	rest.start += n;
	rest.length -= n;
	return n > 0 && sv_line_comment(&rest, mark) != NULL;
}

/* Refuse the line if it has blanks before the mark. */
void
sv_line_refuse_indented(const SourceFile *file, const LineCursor *line, const char *mark)
{
	if (indents_mark(line, mark))
		sv_format_refuse(file, line->number, psprintf("\"-- %s\" does not begin its line", mark),
						 "Take the blanks before it away; if it is none of the tool's marks, "
						 "write something before it.");
}

/* Does a line of the text begin with a comment that begins with the mark, be it behind blanks? */
bool
sv_text_has_mark(const char *text, const char *mark)
{
	LineCursor	line = {text};

	while (sv_line_next(&line))
	{
		if (line.length > 0 && strchr("- \t\f\v", line.start[0]) != NULL &&
			(sv_line_comment(&line, mark) != NULL || indents_mark(&line, mark)))
			return true;
	}
	return false;
}

/* Does some line of the text begin with a comment that begins with the mark? */
bool
sv_text_has_line(const char *text, const char *mark)
{
	LineCursor	line = {text};

	while (sv_line_next(&line))
	{
		if (line.length > 0 && line.start[0] == '-' && sv_line_comment(&line, mark) != NULL)
			return true;
	}
	return false;
}

/* ---------- sections ---------- */

void
sv_section_init(Section *section)
{
	initStringInfo(&section->text);
	section->first_line = 0;
	section->last_line = 0;
	section->begun = false;
}

/* The section's mark was read: it is there, be it empty. */
void
sv_section_begin(Section *section)
{
	section->begun = true;
}

/* Append the text as the content of this line of the file. */
void
sv_section_add_text(Section *section, const LineCursor *line, const char *text, int length)
{
	if (section->first_line == 0)
		section->first_line = line->number;
	else
	{
		for (int n = section->last_line; n < line->number; n++)
			appendStringInfoChar(&section->text, '\n');
	}
	appendBinaryStringInfo(&section->text, text, length);
	section->last_line = line->number;
}

/* Append the line, with the carriage return that it may end in. */
void
sv_section_add(Section *section, const LineCursor *line)
{
	int			length = line->length;

	if (line->start[length] == '\r')
		length++;
	sv_section_add_text(section, line, line->start, length);
}

/*
 * The line ends a statement, with or without a semicolon before it.  Adds the
 * semicolon if the text does not end in one.
 */
void
sv_section_end_statement(Section *section, const LineCursor *line)
{
	const char *text = section->text.data;
	int			n = section->text.len;

	while (n > 0 && strchr(" \t\r\n", text[n - 1]) != NULL)
		n--;
	if (n > 0 && text[n - 1] != ';')
		sv_section_add_text(section, line, ";", 1);
}

/* Has the section nothing but blanks and comments from the first word of a line on? */
bool
sv_section_is_empty(const Section *section)
{
	LineCursor	line = {section->text.data};

	while (sv_line_next(&line))
	{
		if (!sv_line_is_blank(&line) && !sv_line_is_comment(&line))
			return false;
	}
	return true;
}

/* Return the text, or NULL if the section is not there. */
const char *
sv_section_text(const Section *section)
{
	return section->begun || section->first_line > 0 ? section->text.data : NULL;
}

/* The number, from 1, of the line of a text in which a place stands. */
int
sv_line_at(const char *text, const char *at)
{
	int			line = 1;

	for (; text < at; text++)
		line += *text == '\n';
	return line;
}
