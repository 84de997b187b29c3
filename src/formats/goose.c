/*
 * goose.c
 *		Formats "goose" and "sql-migrate": up and down in one file, behind the
 *		lines "-- +goose Up" and "-- +goose Down", or "-- +migrate Up" and
 *		"-- +migrate Down".
 *
 * A statement between StatementBegin and StatementEnd needs no semicolon.
 * "-- +goose NO TRANSACTION", and "notransaction" behind sql-migrate's Up or
 * Down, turn the transaction off.  Between "-- +goose ENVSUB ON" and OFF, goose
 * replaces ${NAME} by variables of the environment; here they are variables of the
 * run.
 *
 * goose's key is the number, sql-migrate's the file's name.
 */
#include "postgres.h"

#include <ctype.h>

#include "formats/formats_private.h"

typedef struct GooseReader
{
	const SourceFile *file;
	const Format *format;
	const char *mark;			/* "+goose" or "+migrate" */
	Section		up;
	Section		down;
	Section    *section;		/* that is being read; NULL: none yet */
	bool		in_statement;
	bool		envsub;
	bool		has_variables;	/* in a region of ENVSUB */
	int			plain_line;		/* line outside of such a region that has a ${; 0: none */
	bool		no_up_transaction;
	bool		no_down_transaction;
} GooseReader;

static FormatFit
fit_goose(const SourceFile *file)
{
	return sv_file_is_sql(file) &&
		sv_text_has_mark(file->content, "+goose ") ? SV_FIT_MARK : SV_FIT_NONE;
}

static FormatFit
fit_sql_migrate(const SourceFile *file)
{
	return sv_file_is_sql(file) &&
		sv_text_has_mark(file->content, "+migrate ") ? SV_FIT_MARK : SV_FIT_NONE;
}

static bool
is_command(const char *command, const char *word)
{
	return pg_strcasecmp(command, word) == 0;
}

/* A mark, as "Up" or "StatementBegin". */
static void
take_command(GooseReader *r, const LineCursor *line, const char *command)
{
	char	   *first = pnstrdup(command, strcspn(command, " \t"));
	const char *rest = command + strlen(first);

	rest += strspn(rest, " \t");
	if (is_command(first, "Up") || is_command(first, "Down"))
	{
		if (r->in_statement)
			sv_format_refuse(r->file, line->number,
							 "StatementBegin without StatementEnd before this line",
							 "End the statement with a line of its own.");
		r->section = is_command(first, "Up") ? &r->up : &r->down;
		if (!r->up.begun && r->section == &r->down && r->format == &sv_format_goose)
			sv_format_refuse(r->file, line->number, "the way back stands before the upgrade",
							 "The upgrade begins with a line \"-- +goose Up\".");
		sv_section_begin(r->section);
		if (is_command(rest, "notransaction"))
		{
			r->no_up_transaction |= r->section == &r->up;
			r->no_down_transaction |= r->section == &r->down;
		}
		else if (*rest != '\0')
			sv_format_refuse(r->file, line->number,
							 psprintf("unknown word \"%s\" behind \"%s\"", rest, first), NULL);
	}
	else if (is_command(first, "StatementBegin") && r->section != NULL && !r->in_statement)
		r->in_statement = true;
	else if (is_command(first, "StatementEnd") && r->in_statement)
	{
		r->in_statement = false;
		sv_section_end_statement(r->section, line);
	}
	else if (is_command(command, "NO TRANSACTION"))
		r->no_up_transaction = r->no_down_transaction = true;
	else if (is_command(command, "ENVSUB ON") || is_command(command, "ENVSUB OFF"))
		r->envsub = is_command(rest, "ON");
	else
		sv_format_refuse(r->file, line->number,
						 psprintf("\"%s %s\" is unknown or has no place here", r->mark, command),
						 "Known are Up, Down, StatementBegin, StatementEnd, NO TRANSACTION and "
						 "ENVSUB.");
}

/* ${NAME} is a variable where ENVSUB is on, and means itself elsewhere. */
static void
take_variables(GooseReader *r, const LineCursor *line, const char *text)
{
	bool		braces = strstr(text, "${") != NULL;

	if (braces && r->envsub)
		r->has_variables = true;
	else if (braces && r->plain_line == 0)
		r->plain_line = line->number;
	for (const char *c = strchr(text, '$'); r->envsub && c != NULL; c = strchr(c + 1, '$'))
	{
		if (c > text && c[-1] == '$')
			continue;
		if (isalpha((unsigned char) c[1]) || c[1] == '_')
			sv_format_refuse(r->file, line->number,
							 "a variable of the environment is written without braces",
							 "Write it as ${NAME}.");
	}
}

static void
take_line(GooseReader *r, const LineCursor *line)
{
	const char *command = sv_line_comment(line, r->mark);

	if (command != NULL)
	{
		take_command(r, line, command);
		return;
	}
	sv_line_refuse_indented(r->file, line, r->mark);
	if (r->section == NULL)
	{
		if (!sv_line_is_blank(line) && !sv_line_is_comment(line))
			sv_format_refuse(r->file, line->number,
							 psprintf("text before the first \"-- %s Up\"", r->mark),
							 psprintf("Begin the SQL of the upgrade with a line \"-- %s Up\".",
									  r->mark));
		return;
	}
	take_variables(r, line, pnstrdup(line->start, line->length));
	sv_section_add(r->section, line);
}

static RevisionDraft *
read_file(const SourceFile *file, const Format *format, const char *mark)
{
	GooseReader r = {file, format, mark};
	LineCursor	line = {file->content};
	RevisionDraft *draft = sv_draft_new(file, NULL, NULL);

	sv_section_init(&r.up);
	sv_section_init(&r.down);
	while (sv_line_next(&line))
		take_line(&r, &line);
	if (r.in_statement)
		sv_format_refuse(file, line.number, "StatementBegin without StatementEnd",
						 "End the statement with a line of its own.");
	if (r.section == NULL)
		sv_format_refuse_stranger(file, format);
	sv_draft_set_sections(draft, file, &r.up, &r.down);
	sv_draft_transactions(draft, r.no_up_transaction, r.no_down_transaction);
	if (r.has_variables && r.plain_line > 0)
		sv_format_refuse(file, r.plain_line,
						 "${ stands outside of ENVSUB in a file that has ENVSUB",
						 "Make files of their own of both.");
	if (r.has_variables)
		sv_draft_option(draft, "variables", "\"goose\"");
	return draft;
}

static RevisionDraft *
read_goose_file(const SourceFile *file)
{
	return read_file(file, &sv_format_goose, "+goose");
}

static RevisionDraft *
read_sql_migrate_file(const SourceFile *file)
{
	return read_file(file, &sv_format_sql_migrate, "+migrate");
}

static List *
read_goose(Folder *folder)
{
	return sv_read_sectioned(folder, read_goose_file, false, false);
}

static List *
read_sql_migrate(Folder *folder)
{
	return sv_read_sectioned(folder, read_sql_migrate_file, true, false);
}

const Format sv_format_goose = {
	.name = "goose",
	.needs = "a line \"-- +goose Up\"",
	.fit = fit_goose,
	.read = read_goose,
};

const Format sv_format_sql_migrate = {
	.name = "sql-migrate",
	.needs = "a line \"-- +migrate Up\"",
	.fit = fit_sql_migrate,
	.read = read_sql_migrate,
};
