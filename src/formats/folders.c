/*
 * folders.c
 *		Formats whose versions are folders.
 *
 * "prisma": NAME/migration.sql; the id is the folder's name.  The order is that
 * of the names.  NAME/down.sql is the way back, as Prisma's manual has it written.
 * Prisma reads nothing else of these folders, and nothing beside them.
 * (Drizzle has such folders since 1.0: see drizzle.c.)
 *
 * "folders": VERSION/NAME.sql, as v1.2/add_users.sql.  A folder's files come in
 * the order that its manifest.json gives in a list of their names, else by
 * name; each file is one revision, with VERSION/NAME as its id.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "formats/formats_private.h"

/* ---------- prisma ---------- */

static FormatFit
fit_prisma(const SourceFile *file)
{
	if (strcmp(sv_path_last(file->name), "migration_lock.toml") == 0)
		return SV_FIT_ROOT;
	if (strcmp(sv_path_last(file->name), "migration.sql") != 0 ||
		*sv_path_folder(file->name) == '\0')
		return SV_FIT_NONE;
	return SV_FIT_NAME;
}

/* Refuse the migrations of another database system, as migration_lock.toml says. */
static void
check_provider(const Folder *folder)
{
	foreach_ptr(const SourceFile, file, folder->files)
	{
		LineCursor	line = {file->content};

		if (strcmp(sv_path_last(file->name), "migration_lock.toml") != 0 || file->content == NULL)
			continue;
		while (sv_line_next(&line))
		{
			const char *value = pnstrdup(line.start, line.length);

			if (!sv_line_begins(&line, "provider"))
				continue;
			value += strcspn(value, "\"'");
			value += strspn(value, "\"'");
			if (pg_strncasecmp(value, "postgres", 8) != 0 &&
				pg_strncasecmp(value, "cockroach", 9) != 0)
				sv_format_refuse(file, line.number, "the migrations are for another database system",
								 NULL);
		}
	}
}

/* The draft of the migration in that folder, or NULL. */
static RevisionDraft *
draft_in_folder(const List *drafts, const char *folder)
{
	foreach_ptr(RevisionDraft, draft, drafts)
	{
		if (strcmp(sv_path_folder(draft->source), folder) == 0)
			return draft;
	}
	return NULL;
}

/* The downs stand beside the migrations. */
static void
add_prisma_downs(const List *files, const List *drafts)
{
	foreach_ptr(const SourceFile, file, files)
	{
		RevisionDraft *draft;

		if (strcmp(sv_path_last(file->name), "down.sql") != 0)
			continue;
		draft = draft_in_folder(drafts, sv_path_folder(file->name));
		if (draft == NULL)
			sv_format_refuse(file, 0, "there is no migration.sql beside it", NULL);
		sv_draft_set_down(draft, file, file->content, 1);
	}
}

/* Is the name that of a migration, as Prisma gives it: fourteen digits, and words behind them? */
static bool
is_prisma_name(const char *name)
{
	return strspn(name, "0123456789") == strlen("YYYYMMDDhhmmss") &&
		name[strlen("YYYYMMDDhhmmss")] == '_';
}

/* Refuse a migration's folder that has lost its migration.sql, as Prisma does. */
static void
check_prisma_folders(const Folder *folder)
{
	foreach_ptr(const SourceFile, file, folder->files)
	{
		char	   *path = sv_path_folder(file->name);

		CHECK_FOR_INTERRUPTS();
		if (is_prisma_name(sv_path_last(path)) &&
			sv_folder_find(folder, sv_path_join(path, "migration.sql")) == NULL)
			sv_format_refuse(file, 0, "there is no migration.sql beside it",
							 "Restore the migration, or remove its folder.");
	}
}

/* The folder of the migrations, where migration_lock.toml is; NULL: there is none. */
static const char *
prisma_folder(const Folder *folder)
{
	foreach_ptr(const SourceFile, file, folder->files)
	{
		if (strcmp(sv_path_last(file->name), "migration_lock.toml") == 0)
			return sv_path_folder(file->name);
	}
	return NULL;
}

/* Does Prisma pass over the file: beside a migration.sql, or outside of the migrations' folder? */
static bool
prisma_passes_over(const Folder *folder, const SourceFile *file)
{
	const char *path = sv_path_folder(file->name);
	const char *migrations = prisma_folder(folder);

	if (sv_folder_find(folder, sv_path_join(path, "migration.sql")) != NULL)
		return *path != '\0' && strcmp(sv_path_last(file->name), "migration.sql") != 0;
	return migrations != NULL && *migrations != '\0' &&
		strncmp(file->name, psprintf("%s/", migrations), strlen(migrations) + 1) != 0;
}

static List *
read_prisma(Folder *folder)
{
	List	   *files = list_copy(sv_folder_sql(folder));
	List	   *drafts = NIL;

	check_provider(folder);
	check_prisma_folders(folder);
	sv_drafts_sort_by_name(files);
	foreach_ptr(const SourceFile, file, files)
	{
		const char *last = sv_path_last(file->name);
		const char *name = sv_path_last(sv_path_folder(file->name));
		const char *words = sv_words_of(name + sv_version_length(name));
		RevisionDraft *draft;

		if (strcmp(last, "down.sql") == 0 && *name != '\0')
			continue;
		if (prisma_passes_over(folder, file))
		{
			sv_format_ignore(folder, file, "Prisma reads the migration.sql of each folder");
			continue;
		}
		if (strcmp(last, "migration.sql") != 0 || *name == '\0')
			sv_format_refuse_stranger(file, &sv_format_prisma);
		draft = sv_draft_new(file, sv_id_from(name, strlen(name)), words != NULL ? words : name);
		sv_draft_set_up(draft, file, file->content, 1);
		drafts = lappend(drafts, draft);
	}
	add_prisma_downs(files, drafts);
	if (list_length(drafts) > 1)
		sv_drafts_chain(drafts);
	return drafts;
}

const Format sv_format_prisma = {
	.name = "prisma",
	.needs = "a name as \"20260131120000_add_users/migration.sql\"",
	.fit = fit_prisma,
	.read = read_prisma,
};

/* ---------- folders ---------- */

/* The name of the folder that holds the file, if it is a version, else NULL. */
static const char *
version_folder(const SourceFile *file)
{
	const char *name = sv_path_last(sv_path_folder(file->name));
	const char *digits = *name == 'v' || *name == 'V' ? name + 1 : name;

	if (*digits == '\0' || sv_version_length(digits) != strlen(digits))
		return NULL;
	return name;
}

static FormatFit
fit_folders(const SourceFile *file)
{
	/* its order is not that of the names, whatever they look like */
	if (strcmp(sv_path_last(file->name), "manifest.json") == 0 && version_folder(file) != NULL)
		return SV_FIT_MARK;
	return sv_file_is_sql(file) && version_folder(file) != NULL &&
		sv_version_length(sv_path_last(file->name)) == 0 ? SV_FIT_NAME : SV_FIT_NONE;
}

/* A file of a folder, and its place in it. */
typedef struct PlacedFile
{
	const SourceFile *file;
	const char *version;
	int			place;
} PlacedFile;

/* The place among the strings of the manifest, whatever holds them; 0 if there is no manifest. */
static int
folder_place_of(const Folder *folder, const SourceFile *file)
{
	const SourceFile *manifest =
	sv_folder_find(folder, sv_path_join(sv_path_folder(file->name), "manifest.json"));
	JsonbIterator *it;
	JsonbValue	item;
	JsonbIteratorToken token;
	int			place = 0;

	if (manifest == NULL || manifest->content == NULL)
		return 0;
	it = JsonbIteratorInit(&sv_json_file(manifest)->root);
	while ((token = JsonbIteratorNext(&it, &item, false)) != WJB_DONE)
	{
		if (token != WJB_ELEM || item.type != jbvString)
			continue;
		if (strcmp(sv_json_text(&item), sv_path_last(file->name)) == 0)
			return place;
		place++;
	}
	sv_format_refuse(file, 0, psprintf("it is not in the list of \"%s\"", manifest->name),
					 "Add it to the list, or move it out of the folder.");
	return 0;
}

static int
compare_placed(const ListCell *ca, const ListCell *cb)
{
	const PlacedFile *a = lfirst(ca);
	const PlacedFile *b = lfirst(cb);
	int			cmp = sv_version_compare(a->version, b->version);

	if (cmp == 0)
		cmp = a->place - b->place;
	return cmp != 0 ? cmp : strcmp(a->file->name, b->file->name);
}

static List *
read_folders(Folder *folder)
{
	List	   *files = NIL;
	List	   *drafts = NIL;
	ListCell   *lc;

	foreach(lc, sv_folder_sql(folder))
	{
		PlacedFile *placed = palloc(sizeof(PlacedFile));

		placed->file = lfirst(lc);
		placed->version = version_folder(placed->file);
		if (placed->version == NULL)
			sv_format_refuse_stranger(placed->file, &sv_format_folders);
		if (*placed->version == 'v' || *placed->version == 'V')
			placed->version++;
		placed->place = folder_place_of(folder, placed->file);
		files = lappend(files, placed);
	}
	list_sort(files, compare_placed);
	foreach_ptr(const PlacedFile, placed, files)
	{
		const char *base = sv_file_base(placed->file);
		const char *words = sv_words_of(base);
		RevisionDraft *draft = sv_draft_new(placed->file,
											psprintf("%s/%s",
													 sv_id_from(placed->version,
																strlen(placed->version)),
													 sv_id_from(base, strlen(base))),
											words != NULL ? words : base);

		sv_draft_set_up(draft, placed->file, placed->file->content, 1);
		drafts = lappend(drafts, draft);
	}
	if (list_length(drafts) > 1)
		sv_drafts_chain(drafts);
	return drafts;
}

const Format sv_format_folders = {
	.name = "folders",
	.needs = "a folder whose name is a version, as \"v1.2/add_users.sql\"",
	.fit = fit_folders,
	.read = read_folders,
};
