/*
 * dumps.c
 *		Formats of files that a tool renders for a DBA.
 *
 * "alembic": the output of "alembic upgrade --sql".  Each line "-- Running
 * upgrade A -> B" begins the revision B, which revises A; what stands before
 * the first belongs to it, and Alembic's own statements on its table stay.  A
 * file of "alembic downgrade --sql" beside it has the ways back.
 *
 * "rails": structure.sql, a dump of pg_dump with Rails' list of versions behind
 * it.  It is one revision, whose id is the newest version.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "formats/formats_private.h"

/* ---------- alembic ---------- */

#define UPGRADE		"Running upgrade"
#define DOWNGRADE	"Running downgrade"

static FormatFit
fit_alembic(const SourceFile *file)
{
	return sv_file_is_sql(file) &&
		(sv_text_has_line(file->content, UPGRADE) || sv_text_has_line(file->content, DOWNGRADE)) ?
		SV_FIT_MARK : SV_FIT_NONE;
}

/* The output of Alembic on its way into drafts. */
typedef struct AlembicReader
{
	const SourceFile *file;
	List	   *drafts;			/* of all files */
	RevisionDraft *draft;		/* that is being read; NULL: none yet */
	bool		is_down;
	Section		section;
	bool		has_sql;		/* the section, but for what begins a transaction */
} AlembicReader;

static RevisionDraft *
find_draft(const List *drafts, const char *id)
{
	ListCell   *lc;

	foreach(lc, drafts)
	{
		if (strcmp(((RevisionDraft *) lfirst(lc))->id, id) == 0)
			return lfirst(lc);
	}
	return NULL;
}

/* "A, B": their ids. */
static List *
ids_before(const char *text, const char *end)
{
	List	   *ids = NIL;

	for (const char *at = text; at < end; at += strspn(at, ", \t"))
	{
		int			length = Min(strcspn(at, ", \t"), end - at);

		if (length > 0)
			ids = lappend(ids, sv_id_from(at, length));
		at += length;
	}
	return ids;
}

/*
 * "A, B -> C, MESSAGE": an upgrade is that of C, which revises A and B; a
 * downgrade takes A back.  Returns the draft, which another file may have begun.
 */
static RevisionDraft *
begin_revision(const AlembicReader *r, const LineCursor *line, const char *text)
{
	const char *arrow = strstr(text, "->");
	const char *id;
	const char *message;
	List	   *before;
	char	   *name;
	RevisionDraft *draft;

	if (arrow == NULL)
		sv_format_refuse(r->file, line->number, "the line does not say which revision it is",
						 "Alembic writes \"-- Running upgrade A -> B, message\".");
	before = ids_before(text, arrow);
	id = arrow + 2 + strspn(arrow + 2, " \t");
	message = id + strcspn(id, ",");
	if (r->is_down && list_length(before) != 1)
		sv_format_refuse(r->file, line->number,
						 "the line does not say which revision it takes back",
						 "Alembic writes \"-- Running downgrade B -> A, message\".");
	name = r->is_down ? linitial(before) : sv_id_from(id, message - id);
	draft = find_draft(r->drafts, name);
	if (draft == NULL)
	{
		draft = sv_draft_new(r->file, name, "");
		draft->down_source = r->file->name;
	}
	if (r->is_down ? draft->down != NULL : draft->up != NULL)
		sv_format_refuse(r->file, line->number,
						 psprintf("revision \"%s\" stands in the files twice", name), NULL);
	if (!r->is_down)
	{
		draft->revises_given = true;
		draft->revises = before;
		draft->message = message + strspn(message, ", \t");
	}
	return draft;
}

static bool
is_line(const LineCursor *line, const char *text)
{
	return line->length == strlen(text) && strncmp(line->start, text, line->length) == 0;
}

/* Cut each COMMIT from the end of the section, for the run commits anyway. */
static void
cut_commit(Section *section)
{
	StringInfo	text = &section->text;
	int			n = text->len;

	for (;;)
	{
		while (n > 0 && strchr(" \t\r\n", text->data[n - 1]) != NULL)
			n--;
		if (n < 7 || strncmp(text->data + n - 7, "COMMIT;", 7) != 0 ||
			(n > 7 && text->data[n - 8] != '\n'))
			return;
		n -= 7;
		text->len = n;
		text->data[n] = '\0';
	}
}

static void
end_alembic_revision(AlembicReader *r)
{
	int			line = Max(r->section.first_line, 1);

	if (r->draft == NULL)
		return;
	cut_commit(&r->section);
	if (r->is_down)
		sv_draft_set_down(r->draft, r->file, r->section.text.data, line);
	else
		sv_draft_set_up(r->draft, r->file, r->section.text.data, line);
	if (find_draft(r->drafts, r->draft->id) == NULL)
		r->drafts = lappend(r->drafts, r->draft);
	sv_section_init(&r->section);
	r->has_sql = false;
}

/*
 * A line of SQL.  A BEGIN before the first statement belongs to the run; one
 * behind it ends what stands outside of the transaction (autocommit_block()),
 * which is a commit here, as the COMMIT before it is.
 */
static void
take_alembic_line(AlembicReader *r, const LineCursor *line)
{
	if (is_line(line, "BEGIN;"))
	{
		if (r->has_sql)
			sv_section_add_text(&r->section, line, "COMMIT;", 7);
		return;
	}
	if (is_line(line, "COMMIT;") && !r->has_sql)
		return;
	if (!sv_line_is_blank(line) && !sv_line_is_comment(line))
		r->has_sql = true;
	sv_section_add(&r->section, line);
}

static void
read_alembic_file(AlembicReader *r)
{
	LineCursor	line = {r->file->content};

	r->draft = NULL;
	r->has_sql = false;
	sv_section_init(&r->section);
	while (sv_line_next(&line))
	{
		const char *up = sv_line_comment(&line, UPGRADE);
		const char *down = sv_line_comment(&line, DOWNGRADE);

		CHECK_FOR_INTERRUPTS();
		if (up == NULL && down == NULL)
		{
			take_alembic_line(r, &line);
			continue;
		}
		end_alembic_revision(r);
		r->is_down = down != NULL;
		r->draft = begin_revision(r, &line, r->is_down ? down : up);
	}
	if (r->draft == NULL)
		sv_format_refuse_stranger(r->file, &sv_format_alembic);
	end_alembic_revision(r);
}

static List *
read_alembic(Folder *folder)
{
	AlembicReader r = {0};
	ListCell   *lc;

	foreach(lc, sv_folder_sql(folder))
	{
		r.file = lfirst(lc);
		read_alembic_file(&r);
	}
	return r.drafts;
}

const Format sv_format_alembic = {
	.name = "alembic",
	.needs = "lines \"-- Running upgrade A -> B\", as \"alembic upgrade --sql\" writes them",
	.fit = fit_alembic,
	.read = read_alembic,
};

/* ---------- rails ---------- */

/* Where the next list of versions begins, or NULL. */
static const char *
version_list(const char *text)
{
	static const char *const inserts[] = {
		"INSERT INTO \"schema_migrations\" (version) VALUES",
		"INSERT INTO schema_migrations (version) VALUES"
	};
	const char *first = NULL;

	for (int i = 0; i < lengthof(inserts); i++)
	{
		const char *at = strstr(text, inserts[i]);

		if (at != NULL && (first == NULL || at < first))
			first = at;
	}
	return first;
}

static FormatFit
fit_rails(const SourceFile *file)
{
	const char *name = sv_path_last(file->name);

	return strcmp(name, "structure.sql") == 0 &&
		version_list(file->content) != NULL ? SV_FIT_MARK : SV_FIT_NONE;
}

/*
 * Is it what a tool dumped the schema to, beside its migrations?  A dump with
 * Rails' list of versions is read.
 */
bool
sv_file_is_dump(const SourceFile *file)
{
	const char *name = sv_path_last(file->name);

	if (file->content == NULL || fit_rails(file) != SV_FIT_NONE ||
		(strcmp(name, "schema.sql") != 0 && strcmp(name, "structure.sql") != 0))
		return false;
	return sv_text_has_line(file->content, "PostgreSQL database dump") ||
		sv_text_has_line(file->content, "Dumped from database version") ||
		sv_text_has_line(file->content, "Dbmate schema migrations");
}

/* Return the version that stands at the parenthesis, digits with quotes or without; or NULL. */
static char *
version_at(const char *open)
{
	const char *at = open + 1 + strspn(open + 1, " \t\r\n");
	bool		quoted = *at == '\'';
	int			n = strspn(at + quoted, "0123456789");
	const char *end = at + quoted + n;

	if (n == 0 || (quoted && *end != '\''))
		return NULL;
	end += quoted;
	return end[strspn(end, " \t\r\n")] == ')' ? pnstrdup(at + quoted, n) : NULL;
}

/* The versions, in the order of the file: in one list, or in an INSERT each. */
static List *
versions_of(const SourceFile *file)
{
	List	   *versions = NIL;
	const char *end = file->content;
	const char *at;

	while ((at = version_list(end)) != NULL)
	{
		end = at + strcspn(at, ";");
		for (; (at = strchr(at, '(')) != NULL && at < end; at++)
		{
			char	   *version = version_at(at);

			if (version != NULL)
				versions = lappend(versions, version);
		}
	}
	return versions;
}

/* Is the text of that length one of the list? */
static bool
list_member_text(const List *texts, const char *text, int length)
{
	foreach_ptr(const char, member, texts)
	{
		if (strlen(member) == length && strncmp(member, text, length) == 0)
			return true;
	}
	return false;
}

/* The greatest of them; Rails compares them as numbers. */
static char *
newest_version(const List *versions)
{
	char	   *newest = "";

	foreach_ptr(char, version, versions)
	{
		size_t		n = strlen(version);

		if (n > strlen(newest) || (n == strlen(newest) && strcmp(version, newest) > 0))
			newest = version;
	}
	return newest;
}

/* Return the versions that a structure.sql among the files lists. */
List *
sv_rails_versions(const List *files)
{
	foreach_ptr(const SourceFile, file, files)
	{
		if (file->content != NULL && fit_rails(file) != SV_FIT_NONE)
			return versions_of(file);
	}
	return NIL;
}

/* Is the file a migration of Rails with one of the versions? */
bool
sv_rails_covers(const List *versions, const char *name)
{
	int			length = strspn(name, "0123456789");

	return sv_name_ends_with(name, ".rb") && length > 0 &&
		list_member_text(versions, name, length);
}

static List *
read_rails(Folder *folder)
{
	List	   *drafts = NIL;
	List	   *all = sv_rails_versions(folder->files);

	foreach_ptr(const SourceFile, file, sv_folder_sql(folder))
	{
		List	   *versions = version_list(file->content) != NULL ? versions_of(file) : NIL;
		char	   *version = newest_version(versions);
		RevisionDraft *draft;

		if (*version == '\0')
			sv_format_refuse_stranger(file, &sv_format_rails);
		draft = sv_draft_new(file, version, "structure.sql");
		sv_draft_set_up(draft, file, file->content, 1);
		sv_draft_detail_list(draft, "versions", versions);
		drafts = lappend(drafts, draft);
	}
	if (list_length(drafts) > 1)
		sv_format_refuse(((SourceFile *) lsecond(sv_folder_sql(folder))), 0,
						 "there are two structure.sql", "Load one of them.");
	foreach_ptr(const SourceFile, file, folder->files)
	{
		if (sv_rails_covers(all, sv_path_last(file->name)))
			sv_format_ignore(folder, file, "structure.sql has its version");
	}
	return drafts;
}

const Format sv_format_rails = {
	.name = "rails",
	.needs = "the name structure.sql and an INSERT of Rails' versions",
	.fit = fit_rails,
	.read = read_rails,
};
