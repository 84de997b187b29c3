/*
 * plain.c
 *		Format "plain": every *.sql file is the SQL of one upgrade.
 *
 * Any file would do, so it is never recognised, only asked for.
 */
#include "postgres.h"

#include "formats/formats_private.h"

static bool
recognise_nothing(const SourceFile *file)
{
	return false;
}

/* Return the drafts of the files, a list of SourceFile. */
static List *
read_plain(List *files)
{
	List	   *named = NIL;
	ListCell   *lc;

	foreach(lc, files)
	{
		const SourceFile *file = lfirst(lc);
		const char *name = sv_path_last(file->name);

		if (sv_name_ends_with(name, ".sql"))
			name = pnstrdup(name, strlen(name) - strlen(".sql"));
		if (*name == '\0')
			ereport(ERROR,
					(errcode(ERRCODE_SV_UNREADABLE_FILE),
					 errmsg("the name of file \"%s\" gives no revision id", file->name),
					 errhint("Name it as in \"0001_add_users.sql\".")));
		named = lappend(named, sv_named_file(file, file->name, name, false));
	}
	return sv_named_drafts(named);
}

const Format sv_format_plain = {
	.name = "plain",
	.description = "every *.sql file is the SQL of one upgrade; id and message from its name",
	.by_name_only = true,
	.recognise = recognise_nothing,
	.read = read_plain,
};
