/*
 * bundle.c
 *		Several files in one text, for clients that read a folder by themselves.
 *
 * A line "-- schemaver:file NAME" begins each file.  A file's own text could
 * hold such a line, too, so a client says how many bytes (in UTF-8) the file has:
 * "-- schemaver:file:BYTES NAME".  Then exactly these bytes are the file, and a
 * line end behind them.  A text is a bundle if its first line is such a mark.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "formats/formats_private.h"

#define MARK "-- schemaver:file"

typedef struct BundleReader
{
	const SourceFile *file;		/* for messages */
	const char *text;			/* UTF-8 */
	const char *at;
	int			line;
} BundleReader;

static bool
is_mark(const char *line)
{
	return strncmp(line, MARK, strlen(MARK)) == 0 && strchr(": ", line[strlen(MARK)]) != NULL &&
		line[strlen(MARK)] != '\0';
}

bool
sv_bundle_is(const char *content)
{
	return is_mark(content);
}

static void
skip(BundleReader *r, const char *to)
{
	for (; r->at < to; r->at++)
		r->line += *r->at == '\n';
}

/* Return the offset of the next line that is a mark, or the end of the text. */
static const char *
next_mark(const char *at)
{
	while (*at != '\0' && !is_mark(at))
	{
		at += strcspn(at, "\n");
		at += *at == '\n' ? 1 : 0;
	}
	return at;
}

/* Read the mark at the beginning of a line; *bytes is -1 if it says none. */
static char *
read_mark(BundleReader *r, long *bytes)
{
	const char *at = r->at + strlen(MARK);
	const char *end = at + strcspn(at, "\n");
	const char *name_end = end > at && end[-1] == '\r' ? end - 1 : end;
	char	   *rest;

	if (!is_mark(r->at))
		sv_format_refuse(r->file, r->line, "there is text between two files",
						 "Check the number of bytes of the file before it.");
	*bytes = -1;
	if (*at == ':')
	{
		*bytes = strtol(at + 1, &rest, 10);
		if (rest == at + 1 || *bytes < 0 || *rest != ' ')
			sv_format_refuse(r->file, r->line, "the number of bytes is not one",
							 "Write \"" MARK ":BYTES NAME\".");
		at = rest;
	}
	at++;
	if (at >= name_end)
		sv_format_refuse(r->file, r->line, "the mark has no name", "Write \"" MARK " NAME\".");
	skip(r, *end == '\n' ? end + 1 : end);
	return pnstrdup(at, name_end - at);
}

/* Return the files of the bundle, a list of SourceFile. */
List *
sv_bundle_read(const SourceFile *file)
{
	BundleReader r = {file};
	const char *end;
	List	   *files = NIL;

	r.text = r.at = pg_server_to_any(file->content, strlen(file->content), PG_UTF8);
	r.line = 1;
	end = r.text + strlen(r.text);
	while (*r.at != '\0')
	{
		long		bytes;
		SourceFile *one = palloc(sizeof(SourceFile));
		const char *stop;
		int			line = r.line;

		one->name = read_mark(&r, &bytes);
		one->name = pg_any_to_server(one->name, strlen(one->name), PG_UTF8);
		if (bytes > end - r.at)
			sv_format_refuse(file, line, "the text ends before the file does",
							 "Check the number of bytes.");
		stop = bytes >= 0 ? r.at + bytes : next_mark(r.at);
		if (strncmp(r.at, "\xEF\xBB\xBF", 3) == 0 && stop - r.at >= 3)
			r.at += 3;
		one->content = pnstrdup(r.at, stop - r.at);
		if (!pg_verify_mbstr(PG_UTF8, one->content, stop - r.at, true))
			sv_format_refuse(file, line, "the number of bytes cuts a character",
							 "Check the number of bytes.");
		one->content = pg_any_to_server(one->content, stop - r.at, PG_UTF8);
		skip(&r, stop);
		if (bytes >= 0 && *r.at == '\n')
			skip(&r, r.at + 1);
		files = lappend(files, one);
	}
	return files;
}
