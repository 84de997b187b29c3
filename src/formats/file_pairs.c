/*
 * file_pairs.c
 *		Format "pairs": an upgrade and its downgrade in two files beside each
 *		other, NAME.up.sql and NAME.down.sql (golang-migrate, sqlx, pop, go-pg, ...),
 *		or NAME/up.sql and NAME/down.sql (Diesel), or NAME-up.sql and NAME-down.sql
 *		(db-migrate), where both of one name are there.
 *
 * Up and down belong together by their version; their titles may differ.
 *
 * Pop puts the dialect before the direction, NAME.postgres.up.sql: such a file
 * goes before one without a dialect, and those of other dialects are left out.
 *
 * Diesel's versions compare as texts without '-'.  A metadata.toml beside its
 * files turns the transaction off unless it says "run_in_transaction = true"
 * (so Diesel reads a file without that key).
 */
#include "postgres.h"

#include "formats/formats_private.h"

typedef enum Dialect
{
	ANY_DIALECT,
	POSTGRES,
	OTHER_DIALECT
} Dialect;

/* Cut the suffix from the name.  Returns whether it was there. */
static bool
cut_suffix(char *name, const char *suffix)
{
	if (!sv_name_ends_with(name, suffix) || strlen(name) == strlen(suffix))
		return false;
	name[strlen(name) - strlen(suffix)] = '\0';
	return true;
}

static Dialect
cut_dialect(char *name)
{
	static const char *const postgres[] = {".postgres", ".postgresql", ".pg"};
	static const char *const others[] = {
		".mysql", ".mariadb", ".sqlite", ".sqlite3", ".cockroach", ".cockroachdb", ".mssql",
		".sqlserver", ".oracle"
	};

	for (int i = 0; i < lengthof(postgres); i++)
	{
		if (cut_suffix(name, postgres[i]))
			return POSTGRES;
	}
	for (int i = 0; i < lengthof(others); i++)
	{
		if (cut_suffix(name, others[i]))
			return OTHER_DIALECT;
	}
	return ANY_DIALECT;
}

/* Does the metadata.toml beside the file turn the transaction off? */
static bool
forbids_transaction(const Folder *folder, const char *path)
{
	const SourceFile *file = sv_folder_find(folder, sv_path_join(path, "metadata.toml"));
	LineCursor	line;

	if (file == NULL || file->content == NULL)
		return false;
	line = (LineCursor)
	{
		file->content
	};
	while (sv_line_next(&line))
	{
		const char *value = strchr(pnstrdup(line.start, line.length), '=');

		if (!sv_line_begins(&line, "run_in_transaction") || value == NULL)
			continue;
		value += 1 + strspn(value + 1, " \t");
		return strncmp(value, "true", strlen("true")) != 0;
	}
	return true;
}

/* Is it NAME/up.sql or NAME/down.sql? */
static bool
is_diesel(const SourceFile *file)
{
	const char *last = sv_path_last(file->name);

	return *sv_path_folder(file->name) != '\0' &&
		(strcmp(last, "up.sql") == 0 || strcmp(last, "down.sql") == 0);
}

static NamedFile *
name_diesel(const Folder *folder, const SourceFile *file)
{
	char	   *path = sv_path_folder(file->name);
	SourceFile *as_file = palloc0(sizeof(SourceFile));	/* the folder is the name */
	NamedFile  *named;

	as_file->name = path;
	named = sv_named_file(as_file, sv_path_last(path),
						  strcmp(sv_path_last(file->name), "down.sql") == 0);
	named->file = file;
	named->text_order = true;
	named->no_transaction = forbids_transaction(folder, path);
	return named;
}

/*
 * Of files NAME-up.sql and NAME-down.sql (db-migrate), or with '_', return a down
 * whose up is there, too; NULL: there is none.
 */
const SourceFile *
sv_pairs_twin(const List *files)
{
	Folder		folder = {(List *) files};
	ListCell   *lc;

	foreach(lc, files)
	{
		const char *name = ((const SourceFile *) lfirst(lc))->name;
		int			length = strlen(name) - strlen("down.sql");

		if (length < 2 || strchr("-_", name[length - 1]) == NULL ||
			strcmp(name + length, "down.sql") != 0 || !sv_file_is_sql(lfirst(lc)))
			continue;
		if (folder.sorted == NIL)
		{
			folder.sorted = list_copy(files);
			sv_drafts_sort_by_name(folder.sorted);
		}
		if (sv_folder_find(&folder, psprintf("%.*sup.sql", length, name)) != NULL)
			return lfirst(lc);
	}
	return NULL;
}

/* Cut ".up.sql" or ".down.sql" from the name; where files are twins, with '-' or '_', too. */
static bool
cut_direction(char *name, bool twins, bool *is_down)
{
	static const char *const downs[] = {".down.sql", "-down.sql", "_down.sql"};
	static const char *const ups[] = {".up.sql", "-up.sql", "_up.sql"};
	int			n = twins ? lengthof(ups) : 1;

	*is_down = false;
	for (int i = 0; i < n; i++)
	{
		*is_down = cut_suffix(name, downs[i]);
		if (*is_down || cut_suffix(name, ups[i]))
			return true;
	}
	return false;
}

/* Return what the name says, or NULL if it is not named as this format wants it. */
static NamedFile *
name_pair(const SourceFile *file, bool twins, Dialect *dialect)
{
	char	   *name = pstrdup(sv_path_last(file->name));
	bool		is_down;
	bool		autocommit;
	NamedFile  *named;

	if (!cut_direction(name, twins, &is_down))
		return NULL;
	autocommit = cut_suffix(name, ".autocommit");
	*dialect = cut_dialect(name);
	(void) cut_suffix(name, ".tx");
	named = sv_named_file(file, name, is_down);
	named->no_transaction = autocommit || sv_file_forbids_transaction(file);
	return named;
}

static FormatFit
fit_pair(const SourceFile *file)
{
	const char *name = sv_path_last(file->name);

	if (is_diesel(file))		/* Prisma's migrations can have a down.sql, too */
		return strcmp(name, "up.sql") == 0 ? SV_FIT_NAME : SV_FIT_NONE;
	if (!sv_file_is_sql(file) ||
		(!sv_name_ends_with(name, ".up.sql") && !sv_name_ends_with(name, ".down.sql")))
		return SV_FIT_NONE;
	return strlen(name) > strlen(".down.sql") ||
		sv_name_ends_with(name, ".up.sql") ? SV_FIT_NAME : SV_FIT_NONE;
}

/* A file and the dialect of its name. */
typedef struct DialectFile
{
	NamedFile  *named;
	Dialect		dialect;
} DialectFile;

static int
compare_dialect_files(const ListCell *ca, const ListCell *cb)
{
	const DialectFile *a = lfirst(ca);
	const DialectFile *b = lfirst(cb);
	int			cmp = strcmp(a->named->name, b->named->name);

	if (cmp == 0)
		cmp = strcmp(a->named->folder, b->named->folder);
	if (cmp == 0)
		cmp = (int) a->named->is_down - (int) b->named->is_down;
	return cmp != 0 ? cmp : (int) b->dialect - (int) a->dialect;
}

/* Of files that differ in the dialect alone, leave PostgreSQL's. */
static List *
choose_dialects(Folder *folder, List *files)
{
	List	   *named = NIL;
	const DialectFile *last = NULL;

	list_sort(files, compare_dialect_files);
	foreach_ptr(const DialectFile, file, files)
	{
		if (last != NULL && last->dialect == POSTGRES && file->dialect == ANY_DIALECT &&
			last->named->is_down == file->named->is_down &&
			strcmp(last->named->name, file->named->name) == 0 &&
			strcmp(last->named->folder, file->named->folder) == 0)
		{
			sv_format_ignore(folder, file->named->file,
							 "there is one of the same name for PostgreSQL");
			continue;
		}
		named = lappend(named, file->named);
		last = file;
	}
	return named;
}

static List *
read_pairs(Folder *folder)
{
	bool		twins = sv_pairs_twin(folder->files) != NULL;
	List	   *files = NIL;
	List	   *drafts;

	foreach_ptr(const SourceFile, source, sv_folder_sql(folder))
	{
		DialectFile *file = palloc0(sizeof(DialectFile));

		file->named = is_diesel(source) ? name_diesel(folder, source) :
			name_pair(source, twins, &file->dialect);
		if (file->named == NULL)
			sv_format_refuse_stranger(source, &sv_format_pairs);
		if (file->dialect == OTHER_DIALECT)
			sv_format_ignore(folder, source, "it is for another database system");
		else
			files = lappend(files, file);
	}
	drafts = sv_named_drafts(choose_dialects(folder, files));
	foreach_ptr(RevisionDraft, draft, drafts)
		sv_template_render_draft(folder, draft);
	return drafts;
}

const Format sv_format_pairs = {
	.name = "pairs",
	.aliases = "golang-migrate migrate pop go-pg diesel db-migrate",
	.needs = "a name as \"0001_add_users.up.sql\" or \"0001_add_users/up.sql\"",
	.fit = fit_pair,
	.read = read_pairs,
};
