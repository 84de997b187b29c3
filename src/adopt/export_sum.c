/*
 * export_sum.c
 *		The atlas.sum of a folder behind which export() has written files.
 *
 * It covers the files that the folder had, too, so their very text must be known.  Their
 * hashes tell whether it is; where it is not, none is written, for a wrong one would
 * let Atlas refuse the folder.
 */
#include "postgres.h"

#include "adopt/adopt_private.h"

/* The files of Atlas that the revisions came from; *complete: are all of them known? */
static List *
own_files(const List *names, bool *complete)
{
	List	   *files = NIL;

	*complete = true;
	foreach_ptr(const MigrationName, name, names)
	{
		const StoredMigration *stored = name->migration->stored;
		const char *text = sv_adopt_detail(name->migration, "text");
		SourceFile *file = palloc0(sizeof(SourceFile));

		if (!name->is_own)
			continue;
		*complete &= stored->file != NULL && stored->format != NULL &&
			strcmp(stored->format, "plain") == 0;
		file->name = name->file;
		file->content = text != NULL ? text : stored->up;
		files = lappend(files, file);
	}
	return files;
}

/* Does the sum say of the tool's own files what its folder's atlas.sum said? */
static bool
says_the_same(const List *names, const char *sum)
{
	foreach_ptr(const MigrationName, name, names)
	{
		const char *hash = name->is_own ? sv_adopt_detail(name->migration, "hash") : NULL;
		const char *ours = hash != NULL ? sv_atlas_sum_hash(sum, name->file) : NULL;

		if (hash != NULL && (ours == NULL || strcmp(hash, ours) != 0))
			return false;
	}
	return true;
}

/* The path of the folder with its slash, "" for none. */
static char *
folder_of_path(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? pnstrdup(path, slash + 1 - path) : pstrdup("");
}

static bool
in_one_folder(const List *files)
{
	foreach_ptr(const SourceFile, file, files)
	{
		const SourceFile *first = linitial(files);

		if (strcmp(folder_of_path(file->name), folder_of_path(first->name)) != 0)
			return false;
	}
	return true;
}

/*
 * Return the text of atlas.sum for the tool's own files among the names (a list of
 * MigrationName) and those written behind them (a list of SourceFile).  NULL, with a
 * WARNING: it cannot be known.
 */
const char *
sv_adopt_atlas_sum(const List *names, const List *written)
{
	bool		complete;
	List	   *own = own_files(names, &complete);

	if (complete && in_one_folder(own))
	{
		const char *sum = sv_atlas_sum_write(list_concat_copy(own, written));

		if (says_the_same(names, sum))
			return sum;
	}
	ereport(WARNING,
			(errmsg("atlas.sum is not among the files: the text of the folder's other files is not "
					"known here"),
			 errhint("Put the files into the folder and run \"atlas migrate hash\".")));
	return NULL;
}
