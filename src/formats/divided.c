/*
 * divided.c
 *		Formats in which one line divides a file into up and down, and which have
 *		nothing else:
 *
 *		node-pg-migrate		-- Up Migration			-- Down Migration
 *		rambler				-- rambler up			-- rambler down
 *		mybatis				(from the beginning)	-- //@UNDO
 *		play				# --- !Ups				# --- !Downs
 */
#include "postgres.h"

#include "formats/formats_private.h"

/* Which section a line begins. */
typedef enum Divides
{
	DIVIDES_NOT,
	DIVIDES_UP,
	DIVIDES_DOWN
} Divides;

typedef Divides (*DividesFn) (const LineCursor *line);

/* Does the comment have the two words, whatever blanks and dashes are before and between them? */
static bool
has_words(const LineCursor *line, const char *first, const char *second)
{
	const char *rest = sv_line_is_comment(line) ? pnstrdup(line->start, line->length) : "";

	rest += strspn(rest, " \t-");
	if (pg_strncasecmp(rest, first, strlen(first)) != 0)
		return false;
	rest += strlen(first);
	rest += strspn(rest, " \t");
	return pg_strncasecmp(rest, second, strlen(second)) == 0;
}

static Divides
node_pg_migrate(const LineCursor *line)
{
	if (has_words(line, "up", "migration"))
		return DIVIDES_UP;
	return has_words(line, "down", "migration") ? DIVIDES_DOWN : DIVIDES_NOT;
}

static Divides
rambler(const LineCursor *line)
{
	if (has_words(line, "rambler", "up"))
		return DIVIDES_UP;
	return has_words(line, "rambler", "down") ? DIVIDES_DOWN : DIVIDES_NOT;
}

static Divides
mybatis(const LineCursor *line)
{
	return has_words(line, "//", "@UNDO") ? DIVIDES_DOWN : DIVIDES_NOT;
}

/* "# --- !Ups" and "-- !Ups", with any number of dashes and blanks. */
static Divides
play(const LineCursor *line)
{
	const char *text = pnstrdup(line->start, line->length);

	if (*text != '#' && strncmp(text, "--", 2) != 0)
		return DIVIDES_NOT;
	text += strspn(text, "#- \t");
	if (pg_strncasecmp(text, "!Ups", 4) == 0)
		return DIVIDES_UP;
	return pg_strncasecmp(text, "!Downs", 6) == 0 ? DIVIDES_DOWN : DIVIDES_NOT;
}

static FormatFit
fit_divided(const SourceFile *file, DividesFn divides)
{
	LineCursor	line = {file->content};

	if (!sv_file_is_sql(file))
		return SV_FIT_NONE;
	while (sv_line_next(&line))
	{
		if ((line.length > 0 && strchr("-# \t", line.start[0]) != NULL) &&
			divides(&line) != DIVIDES_NOT)
			return SV_FIT_MARK;
	}
	return SV_FIT_NONE;
}

/* The up of a file begins at its first line, or at a mark. */
static RevisionDraft *
read_divided(const SourceFile *file, const Format *format, DividesFn divides, bool up_is_marked)
{
	LineCursor	line = {file->content};
	RevisionDraft *draft = sv_draft_new(file, NULL, NULL);
	Section		up;
	Section		down;
	Section    *section = up_is_marked ? NULL : &up;

	sv_section_init(&up);
	sv_section_init(&down);
	while (sv_line_next(&line))
	{
		Divides		what = divides(&line);

		if (what != DIVIDES_NOT)
		{
			section = what == DIVIDES_UP ? &up : &down;
			sv_section_begin(section);
		}
		else if (section != NULL)
			sv_section_add(section, &line);
		else if (!sv_line_is_blank(&line) && !sv_line_is_comment(&line) && line.start[0] != '#')
			sv_format_refuse(file, line.number, "text before the mark that begins the upgrade",
							 psprintf("Each file must have %s.", format->needs));
	}
	if (section == NULL)
		sv_format_refuse_stranger(file, format);
	sv_draft_set_sections(draft, file, &up, &down);
	return draft;
}

#define DIVIDED_FORMAT(ident, label, marked, what) \
static FormatFit \
fit_##ident(const SourceFile *file) \
{ \
	return fit_divided(file, ident); \
} \
static RevisionDraft * \
read_##ident##_file(const SourceFile *file) \
{ \
	return read_divided(file, &sv_format_##ident, ident, marked); \
} \
static List * \
read_##ident(Folder *folder) \
{ \
	return sv_read_sectioned(folder, read_##ident##_file, false); \
} \
const Format sv_format_##ident = { \
	.name = label, \
	.needs = what, \
	.fit = fit_##ident, \
	.read = read_##ident, \
}

DIVIDED_FORMAT(node_pg_migrate, "node-pg-migrate", false, "a name that begins with a version");
DIVIDED_FORMAT(rambler, "rambler", true, "a line \"-- rambler up\"");
DIVIDED_FORMAT(mybatis, "mybatis", false, "a name that begins with a version");
DIVIDED_FORMAT(play, "play", true, "a line \"# --- !Ups\"");
