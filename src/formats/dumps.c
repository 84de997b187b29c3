/*
 * dumps.c
 *		Formats of files that a tool renders for a DBA.
 *
 * "alembic": the output of "alembic upgrade --sql".  Each line "-- Running
 * upgrade A -> B" begins the revision B, which revises A; what stands before
 * the first belongs to it, and Alembic's own statements on its table stay.
 *
 * "rails": structure.sql, a dump of pg_dump with Rails' list of versions behind
 * it.  It is one revision, whose id is the newest version.
 */
#include "postgres.h"

#include "formats/formats_private.h"

/* ---------- alembic ---------- */

#define RUNNING "Running upgrade"

static FormatFit
fit_alembic(const SourceFile *file)
{
	return sv_file_is_sql(file) &&
		sv_text_has_line(file->content, RUNNING) ? SV_FIT_MARK : SV_FIT_NONE;
}

/* "A, B -> C, MESSAGE": a draft of C that revises A and B. */
static RevisionDraft *
begin_revision(const SourceFile *file, const LineCursor *line, const char *text)
{
	const char *arrow = strstr(text, "->");
	const char *id;
	const char *message;
	RevisionDraft *draft;

	if (arrow == NULL)
		sv_format_refuse(file, line->number, "the line does not say which revision it is",
						 "Alembic writes \"-- Running upgrade A -> B, message\".");
	id = arrow + 2 + strspn(arrow + 2, " \t");
	message = id + strcspn(id, ",");
	draft = sv_draft_new(file, sv_id_from(id, message - id), message + strspn(message, ", \t"));
	draft->revises_given = true;
	for (const char *at = text; at < arrow; at += strspn(at, ", \t"))
	{
		int			length = strcspn(at, ", \t-");

		if (length > 0)
			draft->revises = lappend(draft->revises, sv_id_from(at, length));
		at += Max(length, at[0] == '-' ? 1 : 0);
	}
	return draft;
}

static bool
is_line(const LineCursor *line, const char *text)
{
	return line->length == strlen(text) && strncmp(line->start, text, line->length) == 0;
}

static List *
read_alembic_file(const SourceFile *file)
{
	LineCursor	line = {file->content};
	List	   *drafts = NIL;
	RevisionDraft *draft = NULL;
	Section		section;

	sv_section_init(&section);
	while (sv_line_next(&line))
	{
		const char *text = sv_line_comment(&line, RUNNING);

		if (text == NULL)
		{
			/* one transaction around all of it, which the run has anyway */
			if (!is_line(&line, "BEGIN;") && !is_line(&line, "COMMIT;"))
				sv_section_add(&section, &line);
			continue;
		}
		if (draft != NULL)
		{
			sv_draft_set_up(draft, file, section.text.data, section.first_line);
			sv_section_init(&section);
		}
		draft = begin_revision(file, &line, text);
		drafts = lappend(drafts, draft);
	}
	if (draft == NULL)
		sv_format_refuse_stranger(file, &sv_format_alembic);
	sv_draft_set_up(draft, file, section.text.data, Max(section.first_line, 1));
	return drafts;
}

static List *
read_alembic(Folder *folder)
{
	List	   *drafts = NIL;
	ListCell   *lc;

	foreach(lc, sv_folder_sql(folder))
		drafts = list_concat(drafts, read_alembic_file(lfirst(lc)));
	return drafts;
}

const Format sv_format_alembic = {
	.name = "alembic",
	.needs = "lines \"-- Running upgrade A -> B\", as \"alembic upgrade --sql\" writes them",
	.fit = fit_alembic,
	.read = read_alembic,
};

/* ---------- rails ---------- */

/* Where the list of versions begins, or NULL. */
static const char *
version_list(const SourceFile *file)
{
	static const char *const inserts[] = {
		"INSERT INTO \"schema_migrations\" (version) VALUES",
		"INSERT INTO schema_migrations (version) VALUES"
	};

	for (int i = 0; i < lengthof(inserts); i++)
	{
		const char *at = strstr(file->content, inserts[i]);

		if (at != NULL)
			return at;
	}
	return NULL;
}

static FormatFit
fit_rails(const SourceFile *file)
{
	const char *name = sv_path_last(file->name);

	return strcmp(name, "structure.sql") == 0 &&
		version_list(file) != NULL ? SV_FIT_MARK : SV_FIT_NONE;
}

/* The versions, which are quoted digits, in the order of the file. */
static List *
versions_of(const SourceFile *file)
{
	List	   *versions = NIL;

	for (const char *at = version_list(file); at != NULL && (at = strchr(at, '\'')) != NULL; at++)
	{
		int			n = strspn(at + 1, "0123456789");

		if (at[n + 1] != '\'')
			continue;
		if (n > 0)
			versions = lappend(versions, pnstrdup(at + 1, n));
		at += n + 1;
	}
	return versions;
}

/* The greatest of them; Rails compares them as numbers. */
static char *
newest_of(const List *versions)
{
	char	   *newest = "";
	ListCell   *lc;

	foreach(lc, versions)
	{
		char	   *version = lfirst(lc);
		size_t		n = strlen(version);

		if (n > strlen(newest) || (n == strlen(newest) && strcmp(version, newest) > 0))
			newest = version;
	}
	return newest;
}

static List *
read_rails(Folder *folder)
{
	List	   *drafts = NIL;
	ListCell   *lc;

	foreach(lc, sv_folder_sql(folder))
	{
		const SourceFile *file = lfirst(lc);
		List	   *versions = version_list(file) != NULL ? versions_of(file) : NIL;
		char	   *version = newest_of(versions);
		RevisionDraft *draft;

		if (*version == '\0')
			sv_format_refuse_stranger(file, &sv_format_rails);
		draft = sv_draft_new(file, version, "structure.sql");
		sv_draft_set_up(draft, file, file->content, 1);
		sv_draft_detail_list(draft, "versions", versions);
		drafts = lappend(drafts, draft);
	}
	if (list_length(drafts) > 1)
		sv_format_refuse(((SourceFile *) lsecond(folder->files)), 0, "there are two structure.sql",
						 "Load one of them.");
	return drafts;
}

const Format sv_format_rails = {
	.name = "rails",
	.needs = "the name structure.sql and an INSERT of Rails' versions",
	.fit = fit_rails,
	.read = read_rails,
};
