/*
 * formats.c
 *		The table of file formats, and the choice among them.
 *
 * A new format is one file with a struct Format, and one line here.
 *
 * What makes a wrong order or a lost half impossible: a folder is read by one
 * format (native files may stand beside those of another one, since each of
 * them says what it is); a file in which a mark of some tool is seen is never
 * read as anything else; a file that cannot be read is an error, never passed
 * over.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "formats/formats_private.h"

/* In order of recognition: the first of those that fit a file equally well. */
static const Format *const formats[] = {
	&sv_format_native,
	&sv_format_sqitch,
	&sv_format_drizzle,
	&sv_format_liquibase,
	&sv_format_goose,
	&sv_format_dbmate,
	&sv_format_sql_migrate,
	&sv_format_tern,
	&sv_format_node_pg_migrate,
	&sv_format_rambler,
	&sv_format_mybatis,
	&sv_format_play,
	&sv_format_graphile,
	&sv_format_alembic,
	&sv_format_rails,
	&sv_format_prisma,
	&sv_format_pairs,
	&sv_format_flyway,
	&sv_format_refinery,
	&sv_format_folders,
	&sv_format_plain,
};

#define NATIVE 0
#define PLAIN (lengthof(formats) - 1)

/* ---------- paths ---------- */

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

/* Return the path before its last slash, "" if there is none. */
char *
sv_path_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? pnstrdup(path, slash - path) : pstrdup("");
}

/* Return FOLDER/NAME, with "." and ".." in name resolved. */
char *
sv_path_join(const char *folder, const char *name)
{
	char	   *result = pstrdup(folder);

	while (*name != '\0')
	{
		int			length = strcspn(name, "/");

		if (length == 2 && strncmp(name, "..", 2) == 0)
			result = sv_path_folder(result);
		else if (length > 0 && !(length == 1 && name[0] == '.'))
			result = psprintf("%s%s%.*s", result, *result != '\0' ? "/" : "", length, name);
		name += length;
		name += strspn(name, "/");
	}
	return result;
}

/* Is some part of the path hidden, as ".git" or "x/.keep.sql"? */
static bool
is_hidden_file(const char *path)
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
bool
sv_file_is_sql(const SourceFile *file)
{
	return sv_name_ends_with(file->name, ".sql") && !is_hidden_file(file->name);
}

/* Return the file of that path, or NULL. */
const SourceFile *
sv_folder_find(const Folder *folder, const char *name)
{
	int			low = 0;
	int			high = list_length(folder->sorted) - 1;

	while (low <= high)
	{
		int			middle = (low + high) / 2;
		const SourceFile *file = list_nth(folder->sorted, middle);
		int			cmp = strcmp(name, file->name);

		if (cmp == 0)
			return file;
		if (cmp < 0)
			high = middle - 1;
		else
			low = middle + 1;
	}
	return NULL;
}

/*
 * Does some format read the content of a file of that name?  Of other files
 * the name is enough: it may tell that the folder holds migrations that are no
 * SQL.
 */
bool
sv_formats_wants_content(const char *name)
{
	static const char *const wanted[] = {
		".sql", ".sql.conf", ".plan", "sqitch.conf", "tern.conf", "metadata.toml",
		"migration_lock.toml", "atlas.sum", ".yaml", ".yml", ".xml", ".json"
	};

	if (sv_name_ends_with(name, "snapshot.json") || sv_name_ends_with(name, "package-lock.json"))
		return false;			/* many and large, and nobody's migrations */

	for (int i = 0; i < lengthof(wanted); i++)
	{
		if (sv_name_ends_with(name, wanted[i]))
			return true;
	}
	return false;
}

/* ---------- errors ---------- */

/* The file that was refused last, for callers that list all errors. */
static const SourceFile *refused;

const SourceFile *
sv_formats_refused(void)
{
	return refused;
}

/* Raise SV018 for a line of the file; line 0: the file as a whole. */
void
sv_format_refuse(const SourceFile *file, int line, const char *message, const char *hint)
{
	refused = file;
	ereport(ERROR,
			(errcode(ERRCODE_SV_UNREADABLE_FILE),
			 line > 0 ? errmsg("file \"%s\", line %d: %s", file->name, line, message) :
			 errmsg("file \"%s\": %s", file->name, message),
			 hint != NULL ? errhint("%s", hint) : 0));
	pg_unreachable();
}

/* The tool of the format passes over this file, too. */
void
sv_format_ignore(Folder *folder, const SourceFile *file, const char *reason)
{
	IgnoredFile *ignored = palloc(sizeof(IgnoredFile));

	ignored->file = file;
	ignored->reason = reason;
	folder->result->ignored = lappend(folder->result->ignored, ignored);
}

/* "native, sqitch, ...": for messages. */
static char *
format_names(void)
{
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < lengthof(formats); i++)
		appendStringInfo(&out, "%s%s", i > 0 ? ", " : "", formats[i]->name);
	return out.data;
}

/* Is the name one of a list separated by blanks? */
static bool
is_in_list(const char *list, const char *name)
{
	int			length = strlen(name);

	for (const char *at = list; at != NULL &&
		 *at != '\0'; at += strcspn(at, " "), at += strspn(at, " "))
	{
		if (strcspn(at, " ") == length && strncmp(at, name, length) == 0)
			return true;
	}
	return false;
}

static int
find_format(const char *name)
{
	for (int i = 0; i < lengthof(formats); i++)
	{
		if (strcmp(formats[i]->name, name) == 0 || is_in_list(formats[i]->aliases, name))
			return i;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown file format \"%s\"", name),
			 errhint("The formats are %s.", format_names())));
	return -1;
}

/* ---------- migrations that are no SQL ---------- */

/*
 * Does the name look like that of a migration: does it begin with a version, one
 * of Flyway's, a hash of Alembic's, or a word before digits as "Version2026..."?
 */
static bool
is_versioned_name(const char *name)
{
	static const char *const words[] = {"Version", "Migration", "migration_", "m"};

	if (strchr("VURvur", name[0]) != NULL && name[0] != '\0' && strstr(name, "__") != NULL &&
		(name[1] == '_' || (name[1] >= '0' && name[1] <= '9')))
		return true;
	for (int i = 0; i < lengthof(words); i++)
	{
		size_t		length = strlen(words[i]);

		if (strncmp(name, words[i], length) == 0 &&
			strspn(name + length, "0123456789") >= strlen("YYMMDD"))
			return true;
	}
	return (name[0] >= '0' && name[0] <= '9') ||
		(strspn(name, "0123456789abcdef") >= 8 && name[strspn(name, "0123456789abcdef")] == '_');
}

/* Refuse a migration that is code, unless a dump of Rails says that it has this version. */
static void
refuse_code(const SourceFile *file, const List *rails)
{
	static const char *const code[] = {
		".py", ".rb", ".js", ".mjs", ".cjs", ".ts", ".go", ".java", ".kt", ".groovy", ".php",
		".cs", ".exs", ".fizz", ".rs"
	};
	const char *name = sv_path_last(file->name);

	if (is_hidden_file(file->name) || !is_versioned_name(name))
		return;
	for (int i = 0; i < lengthof(code); i++)
	{
		if (sv_name_ends_with(name, code[i]) && !sv_rails_covers(rails, name))
			sv_format_refuse(file, 1, "the migration is code, not SQL",
							 "Render it to SQL (as with \"alembic upgrade --sql\" or "
							 "\"sqlmigrate\") and load that, "
							 "or take the schema as it is with schemaver.baseline() and go on in "
							 "SQL.");
	}
}

/* ---------- the choice of a format ---------- */

/* Return the index of the format that fits the file best, and how well. */
static int
best_fit(const SourceFile *file, FormatFit *fit)
{
	int			best = -1;

	*fit = SV_FIT_NONE;
	for (int i = 0; i < lengthof(formats); i++)
	{
		FormatFit	this_fit = formats[i]->fit(file);

		if (this_fit > *fit)
		{
			*fit = this_fit;
			best = i;
		}
	}
	return best;
}

static void
refuse_mixture(const SourceFile *a, const Format *format_a, const SourceFile *b,
			   const Format *format_b)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_UNREADABLE_FILE),
			 errmsg("the files are in two formats: \"%s\" in %s, \"%s\" in %s",
					a->name, format_a->name, b->name, format_b->name),
			 errhint("Load them from a folder each, or say which format it is with format => '%s'.",
					 format_a->name)));
}

static void
refuse_unknown_format(const SourceFile *file, const Format *others)
{
	if (others != NULL)
		sv_format_refuse(file, 0,
						 psprintf("the file is not in format %s, as others of the folder are",
								  others->name),
						 psprintf(
								  "Each file must have %s. Move what is no migration out of the "
								  "folder.", others->needs));
	refused = file;
	ereport(ERROR,
			(errcode(ERRCODE_SV_UNREADABLE_FILE),
			 errmsg("file \"%s\" is in no format that can be recognised", file->name),
			 errdetail(
					   "It has no line \"-- schemaver:revision ID\" before its first statement, no "
					   "mark of another tool, "
					   "and its name does not begin with a version."),
			 errhint("The formats are %s. Say format => 'plain' if every file is the SQL of one upgrade.",
					 format_names())));
}

/* The format of the folder, as far as it is known, and the file that told it. */
typedef struct Choice
{
	int			format;			/* index, or -1 */
	FormatFit	fit;
	const SourceFile *file;
} Choice;

/* Take what the file tells into the choice.  Native files have no say. */
static void
choose_by(Choice *choice, const SourceFile *file)
{
	FormatFit	fit;
	int			format = best_fit(file, &fit);

	if (format == NATIVE || fit == SV_FIT_NONE || fit < choice->fit)
		return;
	if (fit > choice->fit)
	{
		choice->format = format;
		choice->fit = fit;
		choice->file = file;
	}
	else if (choice->format != format && fit == SV_FIT_NAME && format == PLAIN)
		return;					/* the other one says more, and will ask for more */
	else if (choice->format == PLAIN && fit == SV_FIT_NAME)
	{
		choice->format = format;
		choice->file = file;
	}
	else if (choice->format != format)
		refuse_mixture(choice->file, formats[choice->format], file, formats[format]);
}

/* Return the format of all files that are not native; -1 if there is none. */
static int
choose_format(List *files)
{
	Choice		choice = {-1, SV_FIT_NONE, NULL};

	foreach_ptr(const SourceFile, file, files)
	{
		if (file->content != NULL && !is_hidden_file(file->name))
			choose_by(&choice, file);
	}
	if (choice.format == PLAIN && sv_pairs_twin(files) != NULL)
		return find_format(sv_format_pairs.name);
	return choice.format;
}

/*
 * A format that is asked for by name must not read what another tool has
 * marked: that would run its down half right behind the up.  A single file is
 * read whatever its name is, so it is judged as if it had a right one.
 */
static void
refuse_foreign_marks(List *files, int given)
{
	const SourceFile *twin = given == PLAIN ? sv_pairs_twin(files) : NULL;

	if (twin != NULL)
		sv_format_refuse(twin, 0, "the file is the way back of another one",
						 "Say format => 'pairs', or leave the format out.");
	foreach_ptr(const SourceFile, file, files)
	{
		SourceFile	named = *file;
		FormatFit	fit;
		int			format;

		if (file->content == NULL || (list_length(files) > 1 && !sv_file_is_sql(file)))
			continue;
		if (!sv_file_is_sql(file))
			named.name = psprintf("1_%s.sql", sv_path_last(file->name));
		format = best_fit(&named, &fit);
		if (fit >= SV_FIT_MARK && format != given && formats[given]->fit(&named) < SV_FIT_MARK)
			sv_format_refuse(file, 0, psprintf("the file is in format %s, not %s",
											   formats[format]->name, formats[given]->name),
							 psprintf("Say format => '%s', or leave the format out.",
									  formats[format]->name));
	}
}

/* ---------- reading ---------- */

static void
refuse_nothing(List *files)
{
	StringInfoData seen;
	int			n = 0;

	initStringInfo(&seen);
	foreach_ptr(const SourceFile, file, files)
	{
		if (n++ < 5)
			appendStringInfo(&seen, "%s\"%s\"", n > 1 ? ", " : "", file->name);
	}
	ereport(ERROR,
			(errcode(ERRCODE_SV_UNREADABLE_FILE),
			 errmsg("no migration was found"),
			 n == 1 ? errdetail("The only file is %s.", seen.data) :
			 n > 0 ? errdetail("Of %d files, none is one: %s%s.", n, seen.data, n > 5 ? ", ..." :
							   "") :
			 errdetail("There is no file."),
			 errhint("The names of migration files end in .sql; format => 'native' or another "
					 "format's name says how to read them.")));
}

static List *
read_with(int format, List *files, Jsonb *variables, const char *tool, FolderDrafts *result)
{
	Folder		folder = {files, variables, result, tool != NULL, tool};
	List	   *drafts;

	folder.sorted = list_copy(files);
	sv_drafts_sort_by_name(folder.sorted);
	if (result->format == NULL)
		result->format = formats[format]->name;
	sv_atlas_check_sum(&folder);
	drafts = formats[format]->read(&folder);
	foreach_ptr(RevisionDraft, draft, drafts)
		draft->format = formats[format]->name;
	sv_atlas_note_hashes(&folder, drafts);
	return drafts;
}

/* Native files are read as such; the rest in one other format. */
static void
read_recognised(List *files, Jsonb *variables, FolderDrafts *result)
{
	int			chosen = choose_format(files);
	List	   *native = NIL;
	List	   *others = NIL;

	foreach_ptr(SourceFile, file, files)
	{
		bool		is_sql = sv_file_is_sql(file);

		if (is_sql && formats[NATIVE]->fit(file) != SV_FIT_NONE)
			native = lappend(native, file);
		else if (is_sql && chosen < 0)
			refuse_unknown_format(file, native != NIL ? formats[NATIVE] : NULL);
		else
			others = lappend(others, file);
	}
	if (chosen >= 0)
		result->drafts = read_with(chosen, others, variables, NULL, result);
	if (native != NIL)
		result->drafts = list_concat(result->drafts,
									 read_with(NATIVE, native, variables, NULL, result));
}

/*
 * Set the dumps of the schema aside that tools write beside their migrations:
 * return the other files.  A file that stands alone is what was meant.
 */
static List *
without_dumps(List *files, FolderDrafts *result)
{
	Folder		folder = {files, NULL, result};
	List	   *others = NIL;

	if (list_length(files) == 1)
		return files;
	foreach_ptr(SourceFile, file, files)
	{
		if (sv_file_is_dump(file))
			sv_format_ignore(&folder, file, "it is a dump of the schema");
		else
			others = lappend(others, file);
	}
	return others;
}

/*
 * Read the files (a list of SourceFile) as drafts of revisions, in the current
 * context.  The drafts point into the files.
 *
 * format NULL: recognised.  variables, an object or NULL: values for the
 * templates that some formats have.  A single file with a given format is read whatever
 * its name is.  The drafts of one format come in their order; no order among
 * files of the native format is implied.
 */
FolderDrafts *
sv_formats_read(List *files, const char *format, Jsonb *variables)
{
	FolderDrafts *result = palloc0(sizeof(FolderDrafts));
	List	   *rails = sv_rails_versions(files);

	refused = NULL;
	foreach_ptr(const SourceFile, file, files)
		refuse_code(file, rails);
	files = without_dumps(files, result);
	if (format == NULL)
		read_recognised(files, variables, result);
	else
	{
		int			given = find_format(format);

		refuse_foreign_marks(files, given);
		result->drafts = read_with(given, files, variables, format, result);
	}
	if (result->drafts == NIL)
		refuse_nothing(files);
	return result;
}

/* Refuse a file that the format cannot have; for the readers. */
void
sv_format_refuse_stranger(const SourceFile *file, const Format *format)
{
	refuse_unknown_format(file, format);
	pg_unreachable();
}
