/*
 * markup.c
 *		Text of a user's object in HTML, SVG, Mermaid and Graphviz.
 *
 * The one place where names, messages and scripts enter a page or a picture:
 * sv_markup() copies its format, and escapes whatever stands for a %s.
 *
 * HTML and SVG come out as ASCII, so that a page reads the same whatever the
 * encoding of the client that saves it.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "report/report.h"

/* How a character is written. */
typedef struct Escape
{
	char		character;
	const char *written;
} Escape;

static const Escape html_escapes[] = {
	{'<', "&lt;"}, {'>', "&gt;"}, {'&', "&amp;"}, {'"', "&quot;"}, {'\'', "&#39;"}, {'\0', NULL}
};

/* Beside what would end a label or be HTML: %% begins a directive and ` a Markdown text. */
static const Escape mermaid_escapes[] = {
	{'"', "#quot;"}, {'#', "#35;"}, {'<', "#lt;"}, {'>', "#gt;"}, {'&', "#amp;"}, {'%', "#37;"},
	{'`', "#96;"}, {'\\', "#92;"}, {'\0', NULL}
};
static const Escape dot_escapes[] = {{'"', "\\\""}, {'\\', "\\\\"}, {'\0', NULL}};

static const char *
find_escape(const Escape *escapes, char character)
{
	while (escapes->written != NULL && escapes->character != character)
		escapes++;
	return escapes->written;
}

/* Control characters, and those that reorder the text around them or cannot be seen. */
static bool
is_deceptive(pg_wchar c)
{
	return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c < 0xA0) || c == 0xAD ||
		c == 0x61C || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
		(c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || c == 0xFFFE || c == 0xFFFF;
}

/* "text" is in UTF-8. */
static void
append_html(StringInfo out, const char *text)
{
	const unsigned char *c = (const unsigned char *) text;

	while (*c != '\0')
	{
		int			length = pg_utf_mblen(c);
		bool		legal = strnlen((const char *) c, length) == length &&
		pg_utf8_islegal(c, length);
		pg_wchar	code = legal ? utf8_to_unicode(c) : 0xFFFD;
		const char *escape = *c < 0x80 ? find_escape(html_escapes, *c) : NULL;

		if (!legal)
			length = 1;
		if (*c == '\r' && c[1] == '\n')
			length = 1;
		else if (escape != NULL)
			appendStringInfoString(out, escape);
		else if (is_deceptive(code))
			appendStringInfoString(out, "&#xFFFD;");
		else if (code < 0x80)
			appendStringInfoChar(out, *c);
		else
			appendStringInfo(out, "&#x%X;", code);
		c += length;
	}
}

static void
append_escaped(StringInfo out, Markup markup, const char *text)
{
	if (markup == SV_MARKUP_HTML)
	{
		/* Bytes without an encoding come out as what they are not known to be. */
		append_html(out, GetDatabaseEncoding() == PG_SQL_ASCII ? text :
					pg_server_to_any(text, strlen(text), PG_UTF8));
		return;
	}
	for (const char *c = sv_one_line(text); *c != '\0'; c++)
	{
		const char *escape =
		find_escape(markup == SV_MARKUP_MERMAID ? mermaid_escapes : dot_escapes, *c);

		if (escape != NULL)
			appendStringInfoString(out, escape);
		else
			appendStringInfoChar(out, *c);
	}
}

/*
 * Append the format.  %s is a text, which is escaped; %d an int; %% a percent
 * sign; there are no others.
 */
void
sv_markup(StringInfo out, Markup markup, const char *format,...)
{
	va_list		args;

	va_start(args, format);
	for (const char *f = format; *f != '\0'; f++)
	{
		if (f[0] == '%' && f[1] == 's')
			append_escaped(out, markup, va_arg(args, const char *));
		else if (f[0] == '%' && f[1] == 'd')
			appendStringInfo(out, "%d", va_arg(args, int));
		else
		{
			appendStringInfoChar(out, *f);
			f += f[0] == '%' && f[1] == '%';
			continue;
		}
		f++;
	}
	va_end(args);
}

/*
 * The first line of a text, at most "limit" characters of it: a new string that
 * ends in "..." where something is left out.
 */
char *
sv_markup_clip(const char *text, int limit)
{
	int			length = strcspn(text, "\r\n");
	int			fits = pg_mbcharcliplen(text, length, limit);

	return psprintf("%s%s", sv_one_line(pnstrdup(text, fits)), text[fits] != '\0' ? "..." : "");
}

/* How wide a text is, in columns of a font of equal width. */
int
sv_markup_width(const char *text)
{
	int			width = 0;

	for (const char *c = text; *c != '\0'; c += Min(pg_mblen(c), (int) strlen(c)))
		width += Max(pg_encoding_dsplen(GetDatabaseEncoding(), c), 1);
	return width;
}
