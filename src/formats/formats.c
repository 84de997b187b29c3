/*
 * formats.c
 *		The table of file formats, and the choice among them.
 *
 * A new format is one file with a struct Format, and one line here.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "formats/formats_private.h"

static const Format *const formats[] = {
	&sv_format_native, &sv_format_pairs, &sv_format_plain
};

/* Does the name end so, in any case of letters? */
bool
sv_name_ends_with(const char *name, const char *end)
{
	size_t		length = strlen(name);
	size_t		n = strlen(end);

	return length >= n && pg_strcasecmp(name + length - n, end) == 0;
}

/* Return the part of the path behind its last slash, which may be empty. */
const char *
sv_path_last(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* Is some part of the path hidden, as ".git" or "x/.keep.sql"? */
static bool
is_hidden(const char *path)
{
	for (const char *part = path; part != NULL; part = strchr(part, '/'))
	{
		if (*part == '/')
			part++;
		if (part[0] == '.' && part[1] != '/' && strncmp(part, "../", 3) != 0)
			return true;
	}
	return false;
}

/* Is it a file with SQL that wants to be read? */
static bool
is_sql(const SourceFile *file)
{
	return sv_name_ends_with(file->name, ".sql") && !is_hidden(file->name);
}

/* "native", "pairs", "plain": for messages. */
static char *
format_names(void)
{
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < lengthof(formats); i++)
		appendStringInfo(&out, "%s\"%s\"", i > 0 ? ", " : "", formats[i]->name);
	return out.data;
}

static const Format *
find_format(const char *name)
{
	for (int i = 0; i < lengthof(formats); i++)
	{
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown file format \"%s\"", name),
			 errhint("The formats are %s.", format_names())));
	return NULL;
}

/* Return the index of the format that the file is in. */
static int
recognise(const SourceFile *file)
{
	for (int i = 0; i < lengthof(formats); i++)
	{
		if (!formats[i]->by_name_only && formats[i]->recognise(file))
			return i;
	}
	ereport(ERROR,
			(errcode(ERRCODE_SV_UNREADABLE_FILE),
			 errmsg("file \"%s\" is in no format that can be recognised", file->name),
			 errdetail("It has no line \"-- schemaver:revision ID\" before its first statement, "
					   "and its name does not end in \".up.sql\" or \".down.sql\"."),
			 errhint("The formats are %s. Say format => 'plain' if every file is the SQL of one upgrade.",
					 format_names())));
	return -1;
}

/* Return those of the files that have SQL to read. */
static List *
sql_files(List *files)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, files)
	{
		if (is_sql(lfirst(lc)))
			result = lappend(result, lfirst(lc));
	}
	return result;
}

/*
 * Read the files (a list of SourceFile) as drafts of revisions (a list of
 * RevisionDraft), in the current context.  The drafts point into the files.
 *
 * format NULL: each file is read in the format that it is recognised to be in.
 * Hidden files and files that are not *.sql are passed over; but a single file
 * with a given format is read whatever its name is.  The drafts come grouped by
 * format; no order among files of the native format is implied.
 */
List *
sv_formats_read(List *files, const char *format)
{
	List	   *groups[lengthof(formats)] = {NIL};
	List	   *drafts = NIL;
	ListCell   *lc;

	if (format != NULL)
	{
		const Format *given = find_format(format);

		return given->read(list_length(files) == 1 ? files : sql_files(files));
	}
	foreach(lc, sql_files(files))
	{
		int			i = recognise(lfirst(lc));

		groups[i] = lappend(groups[i], lfirst(lc));
	}
	for (int i = 0; i < lengthof(formats); i++)
	{
		if (groups[i] != NIL)
			drafts = list_concat(drafts, formats[i]->read(groups[i]));
	}
	return drafts;
}
