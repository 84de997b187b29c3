/*
 * divided.c
 *		Formats in which one line divides a file into up and down, and which have
 *		nothing else:
 *
 *		node-pg-migrate		-- Up Migration			-- Down Migration
 *		rambler				-- rambler up			-- rambler down
 *		mybatis				(from the beginning)	-- //@UNDO
 *		play				# --- !Ups				# --- !Downs
 *
 * The marks of node-pg-migrate are words that remarks have, too ("-- down
 * migration: see the wiki").  They make a folder one of node-pg-migrate only where
 * no name says something else, and as marks: alone on their line, or both of them.
 */
#include "postgres.h"

#include <ctype.h>

#include "formats/formats_private.h"

/* Which section a line begins. */
typedef enum Divides
{
	DIVIDES_NOT,
	DIVIDES_UP,
	DIVIDES_DOWN
} Divides;

typedef Divides (*DividesFn) (const LineCursor *line);

/*
 * If the comment begins with the two words, whatever blanks and dashes are before and
 * between them, return a copy of what stands behind them, else NULL.
 */
static const char *
behind_words(const LineCursor *line, const char *first, const char *second)
{
	const char *rest = sv_line_is_comment(line) ? pnstrdup(line->start, line->length) : "";

	rest += strspn(rest, " \t-");
	if (pg_strncasecmp(rest, first, strlen(first)) != 0)
		return NULL;
	rest += strlen(first);
	rest += strspn(rest, " \t");
	return pg_strncasecmp(rest, second, strlen(second)) == 0 ? rest + strlen(second) : NULL;
}

static bool
has_words(const LineCursor *line, const char *first, const char *second)
{
	return behind_words(line, first, second) != NULL;
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

/* Is the line one of the marks, with more words behind it, as a remark has? */
static bool
is_sentence(const LineCursor *line)
{
	const char *rest = behind_words(line, "up", "migration");

	if (rest == NULL)
		rest = behind_words(line, "down", "migration");
	for (; rest != NULL && *rest != '\0'; rest++)
	{
		if (isalnum((unsigned char) *rest) || IS_HIGHBIT_SET(*rest))
			return true;
	}
	return false;
}

static bool
is_sql_line(const LineCursor *line)
{
	return !sv_line_is_blank(line) && !sv_line_is_comment(line);
}

/*
 * Return the line that could divide the file into up and down for node-pg-migrate,
 * or be a remark: it has more words behind the mark, no other line is a mark, and SQL
 * stands before and behind it.  0: there is none.
 */
int
sv_divided_doubtful_line(const SourceFile *file)
{
	LineCursor	line = {file->content};
	bool		sql_before = false;
	int			doubtful = 0;

	while (sv_line_next(&line))
	{
		if (is_sql_line(&line) && doubtful > 0)
			return doubtful;
		sql_before |= is_sql_line(&line);
		if (sql_before && node_pg_migrate(&line) == DIVIDES_DOWN && is_sentence(&line))
			doubtful = line.number;
	}
	return 0;
}

static FormatFit
fit_node_pg_migrate(const SourceFile *file)
{
	LineCursor	line = {file->content};
	const char *name = sv_path_last(file->name);
	bool		seen[DIVIDES_DOWN + 1] = {false};

	if (!sv_file_is_sql(file) || sv_format_pairs.fit(file) != SV_FIT_NONE ||
		sv_format_flyway.fit(file) != SV_FIT_NONE || strcmp(name, "down.sql") == 0 ||
		strcmp(name, "migration.sql") == 0)
		return SV_FIT_NONE;
	while (sv_line_next(&line))
	{
		Divides		what = line.length > 0 && strchr("- \t", line.start[0]) != NULL ?
		node_pg_migrate(&line) : DIVIDES_NOT;

		seen[what] = true;
		if ((what != DIVIDES_NOT && !is_sentence(&line)) ||
			(seen[DIVIDES_UP] && seen[DIVIDES_DOWN]))
			return SV_FIT_MARK;
	}
	return SV_FIT_NONE;
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

#define DIVIDED_FIT(ident) \
static FormatFit \
fit_##ident(const SourceFile *file) \
{ \
	return fit_divided(file, ident); \
}

DIVIDED_FIT(rambler)
DIVIDED_FIT(mybatis)
DIVIDED_FIT(play)

#define DIVIDED_FORMAT(ident, label, marked, what) \
static RevisionDraft * \
read_##ident##_file(const SourceFile *file) \
{ \
	return read_divided(file, &sv_format_##ident, ident, marked); \
} \
static List * \
read_##ident(Folder *folder) \
{ \
	return sv_read_sectioned(folder, read_##ident##_file, false, false); \
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
