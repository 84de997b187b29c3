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
	ListCell   *lc;

	if (list_length(folder->files) == 1 &&
		((SourceFile *) linitial(folder->files))->content != NULL)
		return folder->files;
	foreach(lc, folder->files)
	{
		if (sv_file_is_sql(lfirst(lc)))
			result = lappend(result, lfirst(lc));
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
 * A file without a version has no place among those with one.  What Supabase
 * runs on a new local database alone is left out, as Supabase does.
 */
static bool
has_no_place(Folder *folder, const NamedFile *named)
{
	const char *name = sv_path_last(named->file->name);

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
	ListCell   *lc;

	foreach(lc, sv_folder_sql(folder))
	{
		const SourceFile *file = lfirst(lc);
		NamedFile  *this = sv_named_file(file, sv_file_base(file), false);

		if (has_no_place(folder, this))
			continue;
		refuse_unwritten(file);
		this->no_transaction = sv_file_forbids_transaction(file);
		named = lappend(named, this);
	}
	return sv_atlas_apply(folder, sv_named_drafts(named));
}

const Format sv_format_plain = {
	.name = "plain",
	.aliases = "sqlx supabase postgres-migrations atlas django",
	.needs = "a name that begins with a version, as \"0001_add_users.sql\"",
	.fit = fit_plain,
	.read = read_plain,
};
