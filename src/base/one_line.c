/*
 * one_line.c
 *		Text from a revision where one line is expected: comments, drawings, the log.
 */
#include "postgres.h"

#include "base/base.h"
#include "mb/pg_wchar.h"

/* So much of a name is shown in a message. */
#define MAX_SHOWN_BYTES	64

/*
 * The text with a blank for each control character, a new string: nothing in it
 * can end the line or talk to a terminal.  That goes for the C1 controls, too,
 * which are two bytes in UTF-8.
 */
char *
sv_one_line(const char *text)
{
	bool		utf8 = GetDatabaseEncoding() == PG_UTF8;
	char	   *copy = pstrdup(text);

	for (unsigned char *c = (unsigned char *) copy; *c != '\0'; c++)
	{
		if (*c < 0x20 || *c == 0x7f)
			*c = ' ';
		else if (utf8 && c[0] == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0)
			c[0] = c[1] = ' ';
	}
	return copy;
}

/*
 * Return a name as a message may show it: not too long, on one line.
 */
const char *
sv_base_clip(const char *name)
{
	int			length = strlen(name);
	int			shown = pg_mbcliplen(name, length, MAX_SHOWN_BYTES);
	char	   *text = palloc(shown + 4);

	memcpy(text, name, shown);
	strcpy(text + shown, shown < length ? "..." : "");
	for (char *c = text; *c != '\0'; c++)
		if ((unsigned char) *c < ' ' || *c == 0x7f)
			*c = ' ';
	return text;
}
