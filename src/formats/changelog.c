/*
 * changelog.c
 *		Liquibase's root changelogs in XML, YAML and JSON, as far as they do
 *		nothing but include files of SQL.
 *
 * Each form is read into a list of includes; any other change is refused, for
 * it is no SQL.  A plain .sql file that is included is one changeset.  Files
 * that no changelog includes are left out, as Liquibase does.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "formats/formats_private.h"

#define MAX_DEPTH 32

/* An include of a changelog. */
typedef struct Include
{
	char	   *path;
	bool		relative;		/* to the changelog's folder */
	bool		all;			/* all files of that folder */
	int			line;
} Include;

typedef struct ChangelogReader
{
	Folder	   *folder;
	List	   *drafts;
	List	   *read;			/* of SourceFile */
} ChangelogReader;

/* Is it a changelog that is no SQL? */
bool
sv_changelog_is_root(const SourceFile *file)
{
	static const char *const endings[] = {".xml", ".yaml", ".yml", ".json"};

	for (int i = 0; i < lengthof(endings); i++)
	{
		if (sv_name_ends_with(file->name, endings[i]))
			return file->content != NULL && strstr(file->content, "databaseChangeLog") != NULL;
	}
	return false;
}

static void
refuse_change(const SourceFile *file, int line, const char *what)
{
	sv_format_refuse(file, line, psprintf("\"%s\" is not SQL", what),
					 "Render it with \"liquibase update-sql\", or put its SQL into a file of "
					 "formatted SQL that the changelog includes.");
}

static Include *
new_include(bool all, int line)
{
	Include    *include = palloc0(sizeof(Include));

	include->all = all;
	include->line = line;
	return include;
}

/* A member of an include, as XML attribute, YAML key or JSON member. */
static void
set_member(const SourceFile *file, Include *include, const char *name, const char *value)
{
	if (strcmp(name, "file") == 0 || strcmp(name, "path") == 0)
		include->path = pstrdup(value);
	else if (strcmp(name, "relativeToChangelogFile") == 0)
		include->relative = pg_strcasecmp(value, "true") == 0;
	else if (strcmp(name, "errorIfMissingOrEmpty") != 0 && strcmp(name, "maxDepth") != 0 &&
			 strcmp(name, "minDepth") != 0)
		sv_format_refuse(file, include->line,
						 psprintf("attribute \"%s\" of an include cannot be kept", name), NULL);
}

/* ---------- XML ---------- */

static int
line_at(const char *text, const char *at)
{
	int			line = 1;

	for (; text < at; text++)
		line += *text == '\n';
	return line;
}

/* The attributes of the element go into the include. */
static void
read_xml_attributes(const SourceFile *file, const char *at, const char *end, Include *include)
{
	while (at < end)
	{
		int			length;
		char	   *name;
		char		quote[2] = {0};

		at += strspn(at, " \t\r\n/");
		length = strcspn(at, " \t\r\n=>");
		if (at >= end || length == 0)
			return;
		name = pnstrdup(at, length);
		at += length;
		at += strspn(at, " \t\r\n=");
		quote[0] = *at;
		if (*at != '"' && *at != '\'')
			sv_format_refuse(file, include->line, "the element is not well-formed", NULL);
		length = strcspn(at + 1, quote);
		set_member(file, include, name, pnstrdup(at + 1, length));
		at += 1 + length + 1;
	}
}

static List *
read_xml(const SourceFile *file)
{
	List	   *includes = NIL;
	const char *at = file->content;

	while ((at = strchr(at, '<')) != NULL)
	{
		const char *end = strncmp(at, "<!--", 4) == 0 ? strstr(at, "-->") : strchr(at, '>');
		int			length = strcspn(at + 1, " \t\r\n/>");
		char	   *name = pnstrdup(at + 1, length);

		if (end == NULL)
			sv_format_refuse(file, line_at(file->content, at), "the element has no end", NULL);
		if (strcmp(name, "include") == 0 || strcmp(name, "includeAll") == 0)
		{
			Include    *include = new_include(name[7] != '\0', line_at(file->content, at));

			read_xml_attributes(file, at + 1 + length, end, include);
			includes = lappend(includes, include);
		}
		else if (at[1] != '?' && at[1] != '!' && at[1] != '/' &&
				 strcmp(name, "databaseChangeLog") != 0)
			refuse_change(file, line_at(file->content, at), name);
		at = end;
	}
	return includes;
}

/* ---------- YAML ---------- */

/* "- include:", "file: x" and their like, one a line. */
static List *
read_yaml(const SourceFile *file)
{
	List	   *includes = NIL;
	LineCursor	line = {file->content};

	while (sv_line_next(&line))
	{
		char	   *text = pnstrdup(line.start, line.length);
		char	   *colon;
		char	   *value;
		char	   *comment = strstr(text, " #");

		if (comment != NULL)
			*comment = '\0';
		text += strspn(text, " \t-");
		if (*text == '\0' || *text == '#')
			continue;
		colon = strchr(text, ':');
		if (colon == NULL)
			sv_format_refuse(file, line.number, "the line is not understood", NULL);
		*colon = '\0';
		value = colon + 1 + strspn(colon + 1, " \t\"'");
		value[strcspn(value, "\"'")] = '\0';
		while (*value != '\0' && strchr(" \t", value[strlen(value) - 1]) != NULL)
			value[strlen(value) - 1] = '\0';
		if (strcmp(text, "databaseChangeLog") == 0 || strcmp(text, "logicalFilePath") == 0)
			continue;
		if (strcmp(text, "include") == 0 || strcmp(text, "includeAll") == 0)
			includes = lappend(includes, new_include(text[7] != '\0', line.number));
		else if (includes != NIL && *value != '\0')
			set_member(file, llast(includes), text, value);
		else
			refuse_change(file, line.number, text);
	}
	return includes;
}

/* ---------- JSON ---------- */

static void
read_json_include(const SourceFile *file, JsonbContainer *object, Include *include)
{
	JsonMembers member;

	sv_json_begin(&member, object);
	while (sv_json_next(&member))
	{
		char	   *value = sv_json_text(&member.value);

		set_member(file, include, member.name, value != NULL ? value : "");
	}
}

static List *
read_json(const SourceFile *file)
{
	JsonbContainer *log =
	sv_json_array(sv_json_member(&sv_json_file(file)->root, "databaseChangeLog"));
	List	   *includes = NIL;

	if (log == NULL)
		sv_format_refuse(file, 0, "it has no list \"databaseChangeLog\"", NULL);
	for (uint32 i = 0; i < JsonContainerSize(log); i++)
	{
		JsonbContainer *entry = sv_json_object(getIthJsonbValueFromContainer(log, i));
		JsonbValue *value = sv_json_member(entry, "include");
		bool		all = value == NULL;
		Include    *include;

		if (all)
			value = sv_json_member(entry, "includeAll");
		if (sv_json_object(value) == NULL)
			refuse_change(file, 0, psprintf("entry %u", i + 1));
		include = new_include(all, 0);
		read_json_include(file, sv_json_object(value), include);
		includes = lappend(includes, include);
	}
	return includes;
}

/* ---------- following includes ---------- */

static List *
includes_of(const SourceFile *file)
{
	List	   *includes;
	ListCell   *lc;

	if (sv_name_ends_with(file->name, ".xml"))
		includes = read_xml(file);
	else if (sv_name_ends_with(file->name, ".json"))
		includes = read_json(file);
	else
		includes = read_yaml(file);
	foreach(lc, includes)
	{
		const Include *include = lfirst(lc);

		if (include->path == NULL)
			sv_format_refuse(file, include->line, "the include names no file", NULL);
	}
	return includes;
}

/*
 * Return what the path means in the folder: the path that some file has or
 * begins with.  A path from the root of the class path can begin with parts that
 * lie above the folder.
 */
static char *
resolve(const ChangelogReader *r, const SourceFile *changelog, const Include *include)
{
	const char *path = include->path;
	char	   *result;

	if (strncmp(path, "classpath:", strlen("classpath:")) == 0)
		path += strlen("classpath:");
	if (include->relative)
		return sv_path_join(sv_path_folder(changelog->name), path);
	for (result = sv_path_join("", path);; result += strcspn(result, "/"),
		 result += *result == '/' ? 1 : 0)
	{
		ListCell   *lc;

		foreach(lc, r->folder->files)
		{
			const SourceFile *file = lfirst(lc);
			size_t		length = strlen(result);

			if (strncmp(file->name, result, length) == 0 &&
				(length == 0 || file->name[length] == (include->all ? '/' : '\0')))
				return result;
		}
		if (*result == '\0')
			return sv_path_join("", path);
	}
}

static void read_changelog(ChangelogReader *r, const SourceFile *file, int depth);

static void
read_included(ChangelogReader *r, const SourceFile *file, int depth)
{
	if (list_member_ptr(r->read, file))
		return;
	r->read = lappend(r->read, (void *) file);
	if (sv_changelog_is_root(file))
		read_changelog(r, file, depth + 1);
	else if (sv_liquibase_is_formatted(file))
		r->drafts = list_concat(r->drafts, sv_liquibase_read_file(file));
	else
	{
		const char *stem = pnstrdup(file->name, strlen(file->name) - strlen(".sql"));
		RevisionDraft *draft =
		sv_draft_new(file, psprintf("%s/raw", sv_id_from(stem, strlen(stem))), sv_path_last(stem));

		sv_draft_set_up(draft, file, file->content, 1);
		r->drafts = lappend(r->drafts, draft);
	}
}

/* Include all files of the folder, in the order of their names. */
static int
read_all(ChangelogReader *r, const char *path, int depth)
{
	List	   *files = list_copy(r->folder->files);
	size_t		length = strlen(path);
	int			n = 0;
	ListCell   *lc;

	sv_drafts_sort_by_name(files);
	foreach(lc, files)
	{
		const SourceFile *file = lfirst(lc);

		if (length > 0 && (strncmp(file->name, path, length) != 0 || file->name[length] != '/'))
			continue;
		if (!sv_file_is_sql(file) && !sv_changelog_is_root(file))
			continue;
		read_included(r, file, depth);
		n++;
	}
	return n;
}

static void
read_changelog(ChangelogReader *r, const SourceFile *file, int depth)
{
	ListCell   *lc;

	if (depth > MAX_DEPTH)
		sv_format_refuse(file, 0, "changelogs are nested too deeply", NULL);
	foreach(lc, includes_of(file))
	{
		const Include *include = lfirst(lc);
		char	   *path = resolve(r, file, include);
		const SourceFile *included = include->all ? NULL : sv_folder_find(r->folder, path);

		CHECK_FOR_INTERRUPTS();
		if (included != NULL &&
			(included->content == NULL ||
			 (!sv_file_is_sql(included) && !sv_changelog_is_root(included))))
			refuse_change(file, include->line, include->path);
		if (included != NULL)
			read_included(r, included, depth);
		else if (!include->all || read_all(r, path, depth) == 0)
			sv_format_refuse(file, include->line, psprintf("there is no \"%s\"", include->path),
							 "Load the folder that has the changelog and all that it includes.");
	}
}

/* The changelog that no other one includes. */
static const SourceFile *
find_root(const ChangelogReader *r)
{
	List	   *changelogs = NIL;
	List	   *included = NIL;
	const SourceFile *root = NULL;
	ListCell   *lc;
	ListCell   *include;

	foreach(lc, r->folder->files)
	{
		if (sv_changelog_is_root(lfirst(lc)))
			changelogs = lappend(changelogs, lfirst(lc));
	}
	foreach(lc, changelogs)
	{
		foreach(include, includes_of(lfirst(lc)))
		{
			const SourceFile *file =
			sv_folder_find(r->folder, resolve(r, lfirst(lc), lfirst(include)));

			if (file != NULL)
				included = lappend(included, (void *) file);
		}
	}
	foreach(lc, changelogs)
	{
		if (list_member_ptr(included, lfirst(lc)))
			continue;
		if (root != NULL)
			sv_format_refuse(lfirst(lc), 0,
							 psprintf("there is another root changelog, \"%s\"", root->name),
							 "Load the files of one of them.");
		root = lfirst(lc);
	}
	return root;
}

/* Return the drafts that the folder's changelog leads to; NIL if it has none. */
List *
sv_changelog_read(Folder *folder)
{
	ChangelogReader r = {folder};
	const SourceFile *root = find_root(&r);
	ListCell   *lc;

	if (root == NULL)
		return NIL;
	r.read = list_make1((void *) root);
	read_changelog(&r, root, 0);
	foreach(lc, folder->files)
	{
		if (sv_file_is_sql(lfirst(lc)) && !list_member_ptr(r.read, lfirst(lc)))
			sv_format_ignore(folder, lfirst(lc), "no changelog includes it");
	}
	return r.drafts;
}
