/*
 * drizzle.c
 *		Format "drizzle": 0000_name.sql, in the order of meta/_journal.json.
 *
 * The lines "--> statement-breakpoint" end a statement, with or without a
 * semicolon before them.  Files that the journal does not list are left out, as
 * Drizzle does.  Since 1.0 there is no journal; a migration is NAME/migration.sql,
 * and the order is that of the names.
 */
#include "postgres.h"

#include "formats/formats_private.h"

#define JOURNAL		"_journal.json"
#define BREAKPOINT	"--> statement-breakpoint"

static FormatFit
fit_drizzle(const SourceFile *file)
{
	if (strcmp(sv_path_last(file->name), JOURNAL) == 0 && file->content != NULL)
		return SV_FIT_ROOT;
	/* Liquibase can have the mark as its delimiter */
	return sv_file_is_sql(file) && strstr(file->content, BREAKPOINT) != NULL &&
		sv_format_liquibase.fit(file) == SV_FIT_NONE ? SV_FIT_MARK : SV_FIT_NONE;
}

/* Return the text with a semicolon at each breakpoint that needs one; lines stay. */
static const char *
end_statements(const SourceFile *file)
{
	LineCursor	line = {file->content};
	Section		section;

	if (strstr(file->content, BREAKPOINT) == NULL)
		return file->content;
	sv_section_init(&section);
	while (sv_line_next(&line))
	{
		const char *text = pnstrdup(line.start, line.length);
		const char *mark = strstr(text, BREAKPOINT);
		LineCursor	before = line;

		if (mark == NULL)
		{
			sv_section_add(&section, &line);
			continue;
		}
		before.length = mark - text;
		sv_section_add_text(&section, &before, before.start, before.length);
		sv_section_end_statement(&section, &before);
	}
	return section.text.data;
}

static RevisionDraft *
draft_of_file(const SourceFile *file)
{
	const char *base = strcmp(sv_path_last(file->name), "migration.sql") == 0 &&
	*sv_path_folder(file->name) != '\0' ?
	sv_path_last(sv_path_folder(file->name)) : sv_file_base(file);
	NamedFile  *named = sv_named_file(file, base, false);
	RevisionDraft *draft = sv_draft_new(file, sv_id_from(base, strlen(base)), named->message);

	sv_draft_set_up(draft, file, end_statements(file), 1);
	sv_draft_detail(draft, "hash", sv_hash_text(PG_SHA256, file->content));
	return draft;
}

/* The journal's entries, in their order, as drafts. */
static List *
read_entries(Folder *folder, const SourceFile *journal)
{
	const char *path = sv_path_folder(sv_path_folder(journal->name));
	Jsonb	   *json = sv_json_file(journal);
	JsonbContainer *entries = sv_json_array(sv_json_member(&json->root, "entries"));
	char	   *dialect = sv_json_text(sv_json_member(&json->root, "dialect"));
	List	   *drafts = NIL;

	if (dialect != NULL && strcmp(dialect, "postgresql") != 0 && strcmp(dialect, "pg") != 0)
		sv_format_refuse(journal, 0, psprintf("the migrations are for \"%s\"", dialect), NULL);
	if (entries == NULL)
		sv_format_refuse(journal, 0, "it has no list \"entries\"",
						 "Restore the file as Drizzle wrote it.");
	for (uint32 i = 0; i < JsonContainerSize(entries); i++)
	{
		JsonbContainer *entry = sv_json_object(getIthJsonbValueFromContainer(entries, i));
		char	   *tag = sv_json_text(sv_json_member(entry, "tag"));
		const SourceFile *file;

		if (tag == NULL)
			sv_format_refuse(journal, 0, psprintf("entry %u has no tag", i),
							 "Restore the file as Drizzle wrote it.");
		file = sv_folder_find(folder, sv_path_join(path, psprintf("%s.sql", tag)));
		if (file == NULL)
			sv_format_refuse(journal, 0, psprintf("there is no file \"%s.sql\"", tag),
							 "Restore the file.");
		drafts = lappend(drafts, draft_of_file(file));
		sv_draft_detail(llast(drafts), "when",
						sv_json_text(sv_json_member(entry, "when")));
	}
	return drafts;
}

static bool
is_in_drafts(const List *drafts, const SourceFile *file)
{
	foreach_ptr(const RevisionDraft, draft, drafts)
	{
		if (strcmp(draft->source, file->name) == 0)
			return true;
	}
	return false;
}

/* Without a journal, as with a single file: by name. */
static List *
read_by_name(Folder *folder)
{
	List	   *files = list_copy(sv_folder_sql(folder));
	List	   *drafts = NIL;

	sv_drafts_sort_by_name(files);
	foreach_ptr(const SourceFile, file, files)
		drafts = lappend(drafts, draft_of_file(file));
	return drafts;
}

static List *
read_drizzle(Folder *folder)
{
	const SourceFile *journal = NULL;
	List	   *drafts;
	ListCell   *lc;

	foreach(lc, folder->files)
	{
		if (fit_drizzle(lfirst(lc)) == SV_FIT_ROOT)
			journal = lfirst(lc);
	}
	drafts = journal != NULL ? read_entries(folder, journal) : read_by_name(folder);
	if (list_length(drafts) > 1)
		sv_drafts_chain(drafts);
	foreach_ptr(const SourceFile, file, folder->files)
	{
		if (journal != NULL && sv_file_is_sql(file) && !is_in_drafts(drafts, file))
			sv_format_ignore(folder, file,
							 psprintf("\"%s\" does not list it", journal->name));
	}
	return drafts;
}

const Format sv_format_drizzle = {
	.name = "drizzle",
	.needs = "an entry in meta/_journal.json",
	.fit = fit_drizzle,
	.read = read_drizzle,
};
