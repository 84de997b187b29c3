/*
 * plain.c
 *		Format "plain": every *.sql file is the SQL of one upgrade
 *		(sqlx, Supabase CLI, postgres-migrations, Atlas, Django's sqlmigrate).
 *
 * A name that begins with a version is recognised if no file of the folder says
 * something else; any other name has to be asked for.
 *
 * Two marks that hold for the whole file are known: "-- no-transaction" at its
 * very beginning (sqlx) and "-- atlas:txmode none" among its first comments.
 */
#include "postgres.h"

#include "formats/formats_private.h"

static FormatFit
fit_plain(const SourceFile *file)
{
	return sv_file_is_sql(file) &&
		sv_version_length(sv_path_last(file->name)) > 0 ? SV_FIT_NAME : SV_FIT_NONE;
}

/* Does the file say that it must not run in a transaction? */
bool
sv_file_forbids_transaction(const SourceFile *file)
{
	LineCursor	line = {file->content};
	const char *mode;

	if (strncmp(file->content, "-- no-transaction", strlen("-- no-transaction")) == 0)
		return true;
	while (sv_line_next(&line) && (sv_line_is_blank(&line) || sv_line_is_comment(&line)))
	{
		if ((mode = sv_line_comment(&line, "atlas:txmode")) != NULL)
			return pg_strcasecmp(mode, "none") == 0;
	}
	return false;
}

/* The files that are read: all *.sql, or a single one whatever its name is. */
List *
sv_folder_sql(const Folder *folder)
{
	List	   *result = NIL;

	if (list_length(folder->files) == 1 &&
		((SourceFile *) linitial(folder->files))->content != NULL)
		return folder->files;
	foreach_ptr(SourceFile, file, folder->files)
	{
		if (sv_file_is_sql(file))
			result = lappend(result, file);
	}
	return result;
}

/* The last part of the path without ".sql". */
char *
sv_file_base(const SourceFile *file)
{
	const char *name = sv_path_last(file->name);

	return sv_name_ends_with(name, ".sql") ? pnstrdup(name, strlen(name) - strlen(".sql")) :
		pstrdup(name);
}

/*
 * Refuse what "sqlmigrate" of Django could not write: the file says so in a
 * comment, in place of what is to be done.
 */
static void
refuse_unwritten(const SourceFile *file)
{
	LineCursor	line = {file->content};

	if (strstr(file->content, "CANNOT BE WRITTEN AS SQL") == NULL)
		return;
	while (sv_line_next(&line))
	{
		if (sv_line_comment(&line, "THIS OPERATION CANNOT BE WRITTEN AS SQL") != NULL ||
			sv_line_comment(&line, "MIGRATION NOW PERFORMS OPERATION THAT CANNOT BE WRITTEN AS SQL")
			!= NULL)
			sv_format_refuse(file, line.number, "Django could not write this operation as SQL",
							 "Write its SQL in place of the comment, or remove the comment if there "
							 "is nothing to be done.");
	}
}

/*
 * Where the whole folder of Supabase is loaded, its CLI runs what stands in
 * "migrations", and what stands beside that is for something else.
 */
static bool
is_beside_supabase(const Folder *folder, const SourceFile *file)
{
	foreach_ptr(const SourceFile, one, folder->files)
	{
		const char *name = one->name;
		char	   *migrations;

		if (strcmp(sv_path_last(name), "config.toml") != 0)
			continue;
		migrations = psprintf("%s/", sv_path_join(sv_path_folder(name), "migrations"));
		return strncmp(file->name, migrations, strlen(migrations)) != 0;
	}
	return false;
}

static bool
begins_with_date(const NamedFile *named)
{
	return named->version >= (int) strlen("YYYYMMDD") &&
		(strncmp(named->name, "20", 2) == 0 || strncmp(named->name, "19", 2) == 0);
}

/*
 * Does the tool of the folder go by the names as texts, as Supabase and Atlas do?
 * Not only Supabase has a config.toml, but its versions are dates.
 */
static bool
goes_by_names(const Folder *folder, const List *named)
{
	bool		supabase = false;

	if (folder->tool != NULL)
		return strcmp(folder->tool, "supabase") == 0 || strcmp(folder->tool, "atlas") == 0;
	foreach_ptr(const SourceFile, file, folder->files)
	{
		const char *name = file->name;

		if (strcmp(sv_path_last(name), "atlas.sum") == 0)
			return true;
		supabase |= strcmp(sv_path_last(name), "config.toml") == 0 ||
			strstr(name, "supabase/migrations/") != NULL;
	}
	foreach_ptr(const NamedFile, one, named)
		supabase &= begins_with_date(one);
	return supabase;
}

static int
compare_names(const ListCell *a, const ListCell *b)
{
	return strcmp(((const NamedFile *) lfirst(a))->name, ((const NamedFile *) lfirst(b))->name);
}

/*
 * Dates of several lengths have another order as texts, where 20260102 is behind
 * 20260101120000, than as numbers, and nothing tells which one is meant.
 */
static void
refuse_doubtful_order(const List *named)
{
	List	   *by_name = list_copy(named);
	const NamedFile *last = NULL;

	list_sort(by_name, compare_names);
	foreach_ptr(const NamedFile, this, by_name)
	{
		if (last != NULL && begins_with_date(last) && begins_with_date(this) &&
			strcmp(last->folder, this->folder) == 0 && last->version > this->version)
			sv_format_refuse(this->file, 0,
							 psprintf("by its name it stands behind \"%s\", by its number before it",
									  last->file->name),
							 "Say format => 'supabase' or 'atlas' to go by the names, 'sqlx' to go by "
							 "the numbers.");
		last = this;
	}
}

/* Refuse a line that another tool would divide the file at. */
static void
refuse_doubtful_line(const SourceFile *file)
{
	int			line = sv_divided_doubtful_line(file);

	if (line > 0)
		sv_format_refuse(file, line, "what follows could be the way back, as for node-pg-migrate",
						 "Say format => 'node-pg-migrate' if it is, else format => 'plain'.");
}

/*
 * A file without a version has no place among those with one.  What Supabase
 * runs on a new local database alone is left out, as Supabase does.
 */
static bool
has_no_place(Folder *folder, const NamedFile *named)
{
	const char *name = sv_path_last(named->file->name);

	if (!folder->told && is_beside_supabase(folder, named->file))
	{
		sv_format_ignore(folder, named->file, "Supabase runs what is in \"migrations\"");
		return true;
	}
	if (folder->told || named->version > 0 || list_length(folder->files) == 1)
		return false;
	if (strcmp(name, "seed.sql") != 0 && strcmp(name, "roles.sql") != 0 &&
		strcmp(sv_path_last(sv_path_folder(named->file->name)), "seeds") != 0)
		sv_format_refuse_stranger(named->file, &sv_format_plain);
	sv_format_ignore(folder, named->file, "it is no migration, as its name tells");
	return true;
}

static List *
read_plain(Folder *folder)
{
	List	   *named = NIL;
	bool		by_names;

	foreach_ptr(const SourceFile, file, sv_folder_sql(folder))
	{
		NamedFile  *this = sv_named_file(file, sv_file_base(file), false);

		if (has_no_place(folder, this))
			continue;
		refuse_unwritten(file);
		if (!folder->told)
			refuse_doubtful_line(file);
		this->no_transaction = sv_file_forbids_transaction(file);
		named = lappend(named, this);
	}
	by_names = goes_by_names(folder, named);
	foreach_ptr(NamedFile, one, named)
		one->name_order = by_names;
	if (!by_names && !folder->told)
		refuse_doubtful_order(named);
	return sv_atlas_apply(folder, sv_named_drafts(named));
}

const Format sv_format_plain = {
	.name = "plain",
	.aliases = "sqlx supabase postgres-migrations atlas django",
	.needs = "a name that begins with a version, as \"0001_add_users.sql\"",
	.fit = fit_plain,
	.read = read_plain,
};
