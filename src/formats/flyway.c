/*
 * flyway.c
 *		Formats "flyway" and "refinery".
 *
 * Flyway: V2.1__title.sql is an upgrade and U2.1__title.sql its way back;
 * R__title.sql runs again whenever it changed, after all versions, in the order
 * of the titles; B5__title.sql builds from empty what the versions up to 5 do.
 * Versions compare by their numbers, "_" is ".", and 1, 1.0 and 01 are equal.
 * NAME.sql.conf beside a file can turn its transaction off.  Folders
 * ("locations") do not count.
 *
 * Refinery: V1__title.sql and U1__title.sql are both upgrades; U are those whose
 * numbers may have gaps.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/json.h"

#include "formats/formats_private.h"

static const char *const callbacks[] = {
	"beforeMigrate", "afterMigrate", "beforeEachMigrate", "afterEachMigrate", "beforeRepeatables",
	"afterVersioned",
	"beforeValidate", "afterValidate", "beforeClean", "afterClean", "beforeInfo", "afterInfo",
	"beforeBaseline",
	"afterBaseline", "beforeRepair", "afterRepair", "beforeUndo", "afterUndo", "beforeEachUndo",
	"afterEachUndo",
	"createSchema", "beforeCreateSchema", "beforeConnect", "afterConnect", "beforeDeploy",
	"afterDeploy"
};

/* Callbacks that schemaver can run, as arguments of hook(): the longest names first. */
static const struct
{
	const char *callback;
	const char *at;
	const char *only_for;
}			hooks[] = {
	{"beforeEachMigrateStatement", "before_statement", "upgrade"},
	{"afterEachMigrateStatement", "after_statement", "upgrade"},
	{"beforeEachUndoStatement", "before_statement", "downgrade"},
	{"afterEachUndoStatement", "after_statement", "downgrade"},
	{"afterEachMigrateError", "on_error", "upgrade"},
	{"afterMigrateError", "on_error", "upgrade"},
	{"afterEachUndoError", "on_error", "downgrade"},
	{"afterUndoError", "on_error", "downgrade"},
	{"afterMigrateApplied", "after_run", "upgrade"},
	{"beforeEachMigrate", "before_revision", "upgrade"},
	{"afterEachMigrate", "after_revision", "upgrade"},
	{"beforeEachUndo", "before_revision", "downgrade"},
	{"afterEachUndo", "after_revision", "downgrade"},
	{"beforeMigrate", "before_run", "upgrade"},
	{"afterMigrate", "after_run", "upgrade"},
	{"beforeUndo", "before_run", "downgrade"},
	{"afterUndo", "after_run", "downgrade"},
};

/* A file of the folder and what its name says. */
typedef struct FlywayFile
{
	const SourceFile *file;
	char		prefix;			/* 'V', 'U', 'B', 'R'; 'C' for a callback */
	char	   *version;		/* "2.1"; "" for R */
	char	   *key;			/* the version without zeros at its end: 1.0 is 1 */
	const char *title;			/* as it stands in the name; may be "" */
	bool		no_transaction;
	bool		no_placeholders;	/* ${name} means itself */
} FlywayFile;

/* ---------- names ---------- */

static bool
is_callback(const char *name)
{
	for (int i = 0; i < lengthof(callbacks); i++)
	{
		size_t		length = strlen(callbacks[i]);

		/* afterMigrateError, beforeEachMigrateStatement, ... */
		if (strncmp(name, callbacks[i], length) != 0)
			continue;
		name += length;
		name += strncmp(name, "Statement", 9) == 0 ? 9 : 0;
		name += strncmp(name, "Error", 5) == 0 ? 5 : strncmp(name, "Applied", 7) == 0 ? 7 : 0;
		return *name == '\0' || strncmp(name, "__", 2) == 0;
	}
	return false;
}

/* Return the version at the beginning of the name with '.' for '_'; NULL if it is none. */
static char *
flyway_version(const char *name, const char *end)
{
	char	   *version = pnstrdup(name, end - name);

	if (*version < '0' || *version > '9')
		return NULL;
	for (char *c = version; *c != '\0'; c++)
	{
		if (*c == '_')
			*c = '.';
		if ((*c < '0' || *c > '9') && (*c != '.' || c[1] < '0' || c[1] > '9'))
			return NULL;
	}
	return version;
}

/* Return the version without the parts at its end that are zero. */
static char *
version_key(const char *version)
{
	char	   *key = pstrdup(version);
	char	   *dot;

	while ((dot = strrchr(key, '.')) != NULL && strspn(dot + 1, "0") == strlen(dot + 1))
		*dot = '\0';
	return key;
}

/* Return what the name says, or NULL if it is none of Flyway's. */
static FlywayFile *
name_file(const SourceFile *file)
{
	const char *name = sv_file_base(file);
	const char *separator = strstr(name, "__");
	const char *end = separator != NULL ? separator : name + strlen(name);
	FlywayFile *result = palloc0(sizeof(FlywayFile));

	if (!sv_file_is_sql(file))
		return NULL;
	result->file = file;
	result->version = pstrdup("");
	result->title = separator != NULL ? separator + 2 : "";
	if (is_callback(name))
		result->prefix = 'C';
	else if (name[0] == 'R' && separator == name + 1)
		result->prefix = 'R';
	else if ((name[0] == 'V' || name[0] == 'U' || name[0] == 'B') &&
			 (result->version = flyway_version(name + 1, end)) != NULL)
		result->prefix = name[0];
	else
		return NULL;
	result->key = version_key(result->version);
	return result;
}

/* Is the file a callback of Flyway, by its name? */
bool
sv_formats_is_callback(const SourceFile *file)
{
	return file->content != NULL && sv_file_is_sql(file) && is_callback(sv_file_base(file));
}

static FormatFit
fit_flyway(const SourceFile *file)
{
	return name_file(file) != NULL ? SV_FIT_NAME : SV_FIT_NONE;
}

/* Versions are equal if they differ in zeros alone: 1, 01 and 1.0. */
static int
compare_flyway_versions(const FlywayFile *a, const FlywayFile *b)
{
	return sv_version_compare(a->key, b->key);
}

/* All versions by version, then all repeatables by title. */
static int
compare_flyway_files(const ListCell *ca, const ListCell *cb)
{
	const FlywayFile *a = lfirst(ca);
	const FlywayFile *b = lfirst(cb);
	int			cmp = (a->prefix == 'R') - (b->prefix == 'R');

	if (cmp == 0)
		cmp = compare_flyway_versions(a, b);
	if (cmp == 0)
		cmp = strcmp(a->title, b->title);
	return cmp != 0 ? cmp : strcmp(a->file->name, b->file->name);
}

/* ---------- what stands beside a file, and in it ---------- */

static void
take_setting(FlywayFile *named, const SourceFile *conf, const LineCursor *line)
{
	char	   *text = pnstrdup(line->start, line->length);
	char	   *equal = strchr(text, '=');
	const char *value = equal != NULL ? equal + 1 : "";
	bool		is_true;

	value += strspn(value, " \t");
	is_true = pg_strncasecmp(value, "true", 4) == 0;
	if (sv_line_begins(line, "executeInTransaction"))
		named->no_transaction = !is_true;
	else if (!sv_line_begins(line, "encoding") &&
			 !(sv_line_begins(line, "shouldExecute") && is_true) &&
			 !sv_line_begins(line, "placeholderReplacement"))
		sv_format_refuse(conf, line->number, psprintf("setting \"%s\" is not known here", text),
						 "Known are executeInTransaction, encoding and placeholderReplacement.");
}

static void
read_flyway_conf(const Folder *folder, FlywayFile *named)
{
	const SourceFile *conf = sv_folder_find(folder, psprintf("%s.conf", named->file->name));
	LineCursor	line;

	if (conf == NULL || conf->content == NULL)
		return;
	line = (LineCursor)
	{
		conf->content
	};
	while (sv_line_next(&line))
	{
		if (sv_line_is_blank(&line) || sv_line_begins(&line, "#"))
			continue;
		take_setting(named, conf, &line);
		if (sv_line_begins(&line, "placeholderReplacement") &&
			strstr(pnstrdup(line.start, line.length), "false") != NULL)
			named->no_placeholders = true;
	}
}

/* ---------- drafts ---------- */

static RevisionDraft *
new_draft(const FlywayFile *named)
{
	const char *words = sv_words_of(named->title);
	const char *base = sv_file_base(named->file);
	RevisionDraft *draft =
	sv_draft_new(named->file, sv_id_from(base, strlen(base)), words != NULL ? words : base);

	if (named->prefix == 'V')
		draft->id = named->version;
	if (named->prefix == 'R')
		draft->runs = strstr(named->file->content, "${flyway:timestamp}") != NULL ?
			SV_RUNS_ALWAYS : SV_RUNS_ON_CHANGE;
	sv_draft_set_up(draft, named->file, named->file->content, 1);
	if (named->no_transaction)
		sv_draft_option(draft, "transaction", "false");
	return draft;
}

static void
refuse_duplicate(const FlywayFile *a, const FlywayFile *b)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_DUPLICATE),
			 errmsg("two files give the same version \"%s\"", b->version),
			 errdetail("The files are \"%s\" and \"%s\".", a->file->name, b->file->name),
			 errhint("Give one of them another version.")));
}

/* The down of the version that the file undoes. */
static void
add_undo(const FlywayFile *undo, List *versions, List *drafts)
{
	ListCell   *lc;
	ListCell   *draft;

	forboth(lc, versions, draft, drafts)
	{
		const FlywayFile *named = lfirst(lc);

		if (compare_flyway_versions(named, undo) != 0)
			continue;
		sv_draft_set_down(lfirst(draft), undo->file, undo->file->content, 1);
		return;
	}
	sv_format_refuse(undo->file, 0, "it undoes a version that no file has",
					 "If the files are those of refinery, say format => 'refinery'.");
}

/*
 * The baseline takes the place of all versions up to its own: it comes before
 * them, replaces them, and is what the first version behind it revises.
 */
static List *
add_baseline(const FlywayFile *baseline, List *versions, List *drafts)
{
	RevisionDraft *result = new_draft(baseline);
	StringInfoData replaces;
	ListCell   *lc;
	ListCell   *draft;

	initStringInfo(&replaces);
	result->revises_given = true;
	forboth(lc, versions, draft, drafts)
	{
		const FlywayFile *named = lfirst(lc);
		RevisionDraft *version = lfirst(draft);

		if (compare_flyway_versions(named, baseline) > 0)
		{
			version->revises = list_make1(unconstify(char *, result->id));
			break;
		}
		appendStringInfoString(&replaces, replaces.len > 0 ? ", " : "[");
		escape_json(&replaces, version->id);
	}
	if (replaces.len > 0)
		sv_draft_option(result, "replaces", psprintf("%s]", replaces.data));
	return lcons(result, drafts);
}

static List *
files_with(List *files, char prefix)
{
	List	   *result = NIL;

	foreach_ptr(FlywayFile, file, files)
	{
		if (file->prefix == prefix)
			result = lappend(result, file);
	}
	return result;
}

/* Is it the file of that callback: its name, then two underscores, a dot or the end? */
static bool
is_named(const char *file, const char *callback)
{
	size_t		length = strlen(callback);

	return strncmp(file, callback, length) == 0 &&
		(file[length] == '.' || file[length] == '\0' || strncmp(file + length, "__", 2) == 0);
}

/* A callback runs around runs of all roles, so the owner of the extension has to set it. */
static void
refuse_callback(const SourceFile *file)
{
	const char *slash = strrchr(file->name, '/');
	const char *name = slash != NULL ? slash + 1 : file->name;

	for (int i = 0; i < lengthof(hooks); i++)
	{
		if (is_named(name, hooks[i].callback))
			sv_format_refuse(file, 0, "it is a callback of Flyway",
							 psprintf("Let the owner of the extension set its text as a hook, with "
									  "the schemas of all names: SELECT schemaver.hook(%s, '%s', "
									  "'...', '%s'); and load the folder again.",
									  quote_literal_cstr(name), hooks[i].at, hooks[i].only_for));
	}
	sv_format_refuse(file, 0, "it is a callback of Flyway",
					 "schemaver does nothing at that moment: move the file out of the folder.");
}

/*
 * Flyway passes over a file whose name is none of its own ("V1_add.sql" with one
 * underscore).  It is refused if its name could be that of another tool's migration.
 */
static bool
is_passed_over(const Folder *folder, const SourceFile *file)
{
	return list_length(folder->files) > 1 && sv_version_length(sv_path_last(file->name)) == 0 &&
		sv_format_pairs.fit(file) == SV_FIT_NONE && sv_format_prisma.fit(file) == SV_FIT_NONE;
}

/* Return the names of all files of the folder, sorted. */
static List *
name_files(Folder *folder)
{
	List	   *files = NIL;

	foreach_ptr(const SourceFile, file, sv_folder_sql(folder))
	{
		FlywayFile *named = name_file(file);

		if (named == NULL && is_passed_over(folder, file))
		{
			sv_format_ignore(folder, file,
							 "its name is none of Flyway's, which passes over it");
			continue;
		}
		if (named == NULL)
			sv_format_refuse_stranger(file, &sv_format_flyway);
		if (named->prefix == 'C')
			refuse_callback(named->file);
		read_flyway_conf(folder, named);
		files = lappend(files, named);
	}
	list_sort(files, compare_flyway_files);
	return files;
}

static List *
drafts_of(List *files)
{
	List	   *drafts = NIL;
	const FlywayFile *last = NULL;

	foreach_ptr(const FlywayFile, named, files)
	{
		if (last != NULL && named->prefix != 'R' &&
			compare_flyway_versions(last, named) == 0)
			refuse_duplicate(last, named);
		drafts = lappend(drafts, new_draft(named));
		last = named;
	}
	return drafts;
}

/* The files in which ${name} means itself. */
static List *
files_without_placeholders(const List *files)
{
	List	   *result = NIL;

	foreach_ptr(FlywayFile, file, files)
	{
		if (file->no_placeholders)
			result = lappend(result, file);
	}
	return result;
}

static bool
has_file(const List *files, const char *name)
{
	foreach_ptr(const FlywayFile, file, files)
	{
		if (strcmp(file->file->name, name) == 0)
			return true;
	}
	return false;
}

static void
set_variables(const List *files, const List *drafts)
{
	List	   *without = files_without_placeholders(files);

	foreach_ptr(RevisionDraft, draft, drafts)
	{
		if (!has_file(without, draft->source))
			sv_draft_variables(draft, "flyway");
	}
}

static List *
read_flyway(Folder *folder)
{
	List	   *files = name_files(folder);
	List	   *versions = files_with(files, 'V');
	List	   *baselines = files_with(files, 'B');
	List	   *drafts = drafts_of(versions);

	if (list_length(files) > 1)
		sv_drafts_chain(drafts);
	foreach_ptr(const FlywayFile, file, files_with(files, 'U'))
		add_undo(file, versions, drafts);
	if (baselines != NIL)
		drafts = add_baseline(llast(baselines), versions, drafts);
	drafts = list_concat(drafts, drafts_of(files_with(files, 'R')));
	set_variables(files, drafts);
	for (int i = 0; i < list_length(baselines) - 1; i++)
		sv_format_ignore(folder, ((FlywayFile *) list_nth(baselines, i))->file,
						 "there is a baseline of a higher version");
	return drafts;
}

const Format sv_format_flyway = {
	.name = "flyway",
	.needs = "a name as \"V2.1__add_users.sql\", \"U2.1__add_users.sql\" or \"R__views.sql\"",
	.fit = fit_flyway,
	.read = read_flyway,
};

/* ---------- refinery ---------- */

static FormatFit
fit_refinery(const SourceFile *file)
{
	return SV_FIT_NONE;			/* its names are Flyway's */
}

static List *
read_refinery(Folder *folder)
{
	List	   *files = NIL;
	List	   *drafts;

	foreach_ptr(const SourceFile, file, sv_folder_sql(folder))
	{
		FlywayFile *named = name_file(file);

		if (named == NULL || strchr("VU", named->prefix) == NULL)
			sv_format_refuse_stranger(file, &sv_format_refinery);
		named->prefix = 'V';
		files = lappend(files, named);
	}
	list_sort(files, compare_flyway_files);
	drafts = drafts_of(files);
	if (list_length(drafts) > 1)
		sv_drafts_chain(drafts);
	return drafts;
}

const Format sv_format_refinery = {
	.name = "refinery",
	.needs = "a name as \"V1__add_users.sql\" or \"U1__add_users.sql\"",
	.fit = fit_refinery,
	.read = read_refinery,
};
