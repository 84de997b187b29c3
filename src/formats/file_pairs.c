/*
 * file_pairs.c
 *		Format "pairs": an upgrade and its downgrade in two files beside each
 *		other, NAME.up.sql and NAME.down.sql (golang-migrate, sqlx, ...) or
 *		NAME/up.sql and NAME/down.sql (Diesel).
 *
 * NAME may stand in a folder; only its last part makes the id.
 */
#include "postgres.h"

#include "formats/formats_private.h"

/*
 * Return what the name says about the file, or NULL if it is not named as this
 * format wants it.
 */
static NamedFile *
name_pair(const SourceFile *file)
{
	const char *path = file->name;
	const char *last = sv_path_last(path);
	bool		is_down = sv_name_ends_with(last, "down.sql");
	const char *suffix = is_down ? "down.sql" : "up.sql";
	int			length = strlen(path) - strlen(suffix);
	char	   *stem;

	if (!sv_name_ends_with(last, suffix) || length < 1)
		return NULL;
	/* NAME.up.sql: stem and name end before the dot, NAME/up.sql: the slash */
	if (path[length - 1] != '.' && path[length - 1] != '/')
		return NULL;
	stem = pnstrdup(path, length - 1);
	last = sv_path_last(stem);
	return *last != '\0' ? sv_named_file(file, stem, last, is_down) : NULL;
}

static bool
recognise_pair(const SourceFile *file)
{
	return name_pair(file) != NULL;
}

/* Return the drafts of the files, a list of SourceFile. */
static List *
read_pairs(List *files)
{
	List	   *named = NIL;
	ListCell   *lc;

	foreach(lc, files)
	{
		const SourceFile *file = lfirst(lc);
		NamedFile  *pair = name_pair(file);

		if (pair == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_SV_UNREADABLE_FILE),
					 errmsg("file \"%s\" is not named as format \"pairs\" wants it", file->name),
					 errhint("Name the files as in \"0001_add_users.up.sql\" and \"0001_add_users.down.sql\", "
							 "or \"0001_add_users/up.sql\" and \"0001_add_users/down.sql\".")));
		named = lappend(named, pair);
	}
	return sv_named_drafts(named);
}

const Format sv_format_pairs = {
	.name = "pairs",
	.description = "NAME.up.sql and NAME.down.sql, or NAME/up.sql and NAME/down.sql",
	.by_name_only = false,
	.recognise = recognise_pair,
	.read = read_pairs,
};
