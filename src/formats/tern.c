/*
 * tern.c
 *		Format "tern": the down stands in the same file, behind the line
 *		"---- create above / drop below ----".
 *
 * A file without that line has no down.  "---- tern: disable-tx ----" turns the
 * transaction off.  The files are templates: see template.c.  The migrations stand
 * in one folder, and folders in it hold what templates include.
 */
#include "postgres.h"

#include "formats/formats_private.h"

#define DIVIDER		"---- create above / drop below ----"
#define NO_TX		"---- tern: disable-tx ----"

typedef struct TernReader
{
	const Folder *folder;
	const SourceFile *file;		/* the migration */
	Section		up;
	Section		down;
	Section    *section;
	bool		no_transaction;
} TernReader;

/* Are the comment's first words those of the line that divides, whatever dashes are around them? */
static bool
divides_nearly(const LineCursor *line)
{
	const char *text;

	if (!sv_line_is_comment(line))
		return false;
	text = pnstrdup(line->start, line->length);
	text += strspn(text, " \t-");
	if (pg_strncasecmp(text, "create above", strlen("create above")) != 0)
		return false;
	text += strlen("create above");
	text += strspn(text, " \t/,&|-");
	return pg_strncasecmp(text, "drop", strlen("drop")) == 0;
}

static FormatFit
fit_tern(const SourceFile *file)
{
	LineCursor	line = {file->content};

	if (strcmp(sv_path_last(file->name), "tern.conf") == 0)
		return SV_FIT_NAME;
	if (!sv_file_is_sql(file))
		return SV_FIT_NONE;
	if (strstr(file->content, "{{ template \"") != NULL ||
		strstr(file->content, "{{template \"") != NULL)
		return SV_FIT_MARK;
	while (sv_line_next(&line))
	{
		if ((line.length > 0 && strchr("- \t", line.start[0]) != NULL && divides_nearly(&line)) ||
			sv_line_begins(&line, "---- tern:"))
			return SV_FIT_MARK;
	}
	return SV_FIT_NONE;
}

static void
take_tern_line(TernReader *r, const LineCursor *line)
{
	if (sv_line_begins(line, DIVIDER))
	{
		if (r->section == &r->down)
			sv_format_refuse(r->file, line->number,
							 "the line that divides up and down stands there twice", NULL);
		r->section = &r->down;
		sv_section_begin(r->section);
	}
	else if (divides_nearly(line))
		sv_format_refuse(r->file, line->number,
						 "the line is nearly, not quite, the one that divides up and down",
						 "tern knows it as \"" DIVIDER "\".");
	else if (sv_line_begins(line, NO_TX))
		r->no_transaction = true;
	else
	{
		const char *text = pnstrdup(line->start, line->length);

		text = sv_template_render(r->folder, r->file, text, line->number);
		sv_section_add_text(r->section, line, text, strlen(text));
	}
}

/* The folder of the migrations: the highest one with a file whose name begins with a number. */
static const char *
migrations_folder(const List *files)
{
	const char *folder = NULL;

	foreach_ptr(const SourceFile, file, files)
	{
		const char *path = sv_path_folder(file->name);

		if (sv_version_length(sv_path_last(file->name)) > 0 &&
			(folder == NULL || strlen(path) < strlen(folder)))
			folder = path;
	}
	return folder != NULL ? folder : "";
}

/* Return the names of the files that are migrations. */
static List *
name_tern_files(Folder *folder)
{
	List	   *files = sv_folder_sql(folder);
	const char *path = migrations_folder(files);
	List	   *named = NIL;

	foreach_ptr(const SourceFile, file, files)
	{
		NamedFile  *this = sv_named_file(file, sv_file_base(file), false);

		if (list_length(folder->files) == 1 ||
			(this->version > 0 && strcmp(sv_path_folder(file->name), path) == 0))
			named = lappend(named, this);
		else if (fit_tern(file) == SV_FIT_MARK && this->version > 0)
			sv_format_refuse(file, 0, psprintf("the migrations stand in folder \"%s\"", path),
							 "Load the folder of one project.");
		else
			sv_format_ignore(folder, file, this->version == 0 && strcmp(sv_path_folder(file->name),
																		path) == 0 ?
							 "tern passes over a name that does not begin with a number" :
							 "it is a template that other files name");
	}
	return named;
}

static List *
read_tern(Folder *folder)
{
	List	   *drafts;

	drafts = sv_named_drafts(name_tern_files(folder));
	foreach_ptr(RevisionDraft, draft, drafts)
	{
		TernReader	r = {folder, sv_folder_find(folder, draft->source)};
		LineCursor	line = {draft->up};

		sv_section_init(&r.up);
		sv_section_init(&r.down);
		r.section = &r.up;
		while (sv_line_next(&line))
			take_tern_line(&r, &line);
		sv_draft_set_sections(draft, r.file, &r.up, &r.down);
		if (r.no_transaction)
			sv_draft_option(draft, "transaction", "false");
	}
	return drafts;
}

const Format sv_format_tern = {
	.name = "tern",
	.needs = "a name that begins with a number",
	.fit = fit_tern,
	.read = read_tern,
};
