/*
 * changelog.c
 *		Liquibase's root changelogs in XML, YAML and JSON, as far as they do
 *		nothing but include files of SQL.
 *
 * changelog_entries.c reads them.  A plain .sql file that is included is one changeset.  Files
 * that no changelog includes are left out, as Liquibase does.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "formats/formats_private.h"

#define MAX_DEPTH 32

typedef struct ChangelogReader
{
	Folder	   *folder;
	LiquibaseScope scope;
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

/* ---------- following includes ---------- */

/*
 * Return what the path means in the folder: the path that some file has or
 * begins with.  A path from the root of the class path can begin with parts that
 * lie above the folder; but no path that leads nowhere means all of the folder.
 */
static char *
resolve_include(const ChangelogReader *r, const SourceFile *changelog,
				const ChangelogEntry *include)
{
	const char *path = include->path;
	bool		is_root = *sv_path_join("", path) == '\0';
	char		end = include->kind == SV_ENTRY_INCLUDE_ALL ? '/' : '\0';
	char	   *result;

	if (strncmp(path, "classpath:", strlen("classpath:")) == 0)
		path += strlen("classpath:");
	if (include->relative)
		return sv_path_join(sv_path_folder(changelog->name), path);
	for (result = sv_path_join("", path);; result += strcspn(result, "/"),
		 result += *result == '/' ? 1 : 0)
	{
		foreach_ptr(const SourceFile, file, r->folder->files)
		{
			size_t		length = strlen(result);

			if (strncmp(file->name, result, length) == 0 &&
				(length == 0 ? is_root : file->name[length] == end))
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
		r->drafts = list_concat(r->drafts, sv_liquibase_read_file(file, &r->scope));
	else
		r->drafts = lappend(r->drafts, sv_liquibase_read_raw(file, &r->scope));
}

/* How deep the file lies in the folder of that path length: 1 is in the folder itself. */
static int
depth_below(const SourceFile *file, size_t length)
{
	int			depth = 1;

	for (const char *c = file->name + length + (length > 0 ? 1 : 0); *c != '\0'; c++)
		depth += *c == '/';
	return depth;
}

/* Is the file one of those that an includeAll of that path means? */
static bool
is_of_all(const ChangelogEntry *include, const char *path, const SourceFile *file)
{
	size_t		length = strlen(path);
	int			below;

	if (length > 0 && (strncmp(file->name, path, length) != 0 || file->name[length] != '/'))
		return false;
	if (!sv_file_is_sql(file) && !sv_changelog_is_root(file))
		return false;
	below = depth_below(file, length);
	return below >= include->min_depth && below <= include->max_depth &&
		(include->ending == NULL || sv_name_ends_with(file->name, include->ending));
}

/* Include all files of the folder, in the order of their names. */
static int
read_all(ChangelogReader *r, const ChangelogEntry *include, const char *path, int depth)
{
	List	   *files = list_copy(r->folder->files);
	int			n = 0;

	sv_drafts_sort_by_name(files);
	foreach_ptr(const SourceFile, file, files)
	{
		if (!is_of_all(include, path, file))
			continue;
		read_included(r, file, depth);
		n++;
	}
	return n;
}

static void
read_include(ChangelogReader *r, const SourceFile *file, const ChangelogEntry *include, int depth)
{
	char	   *path = resolve_include(r, file, include);
	bool		all = include->kind == SV_ENTRY_INCLUDE_ALL;
	const SourceFile *included = all ? NULL : sv_folder_find(r->folder, path);
	LiquibaseScope outer = r->scope;

	if (included != NULL &&
		(included->content == NULL ||
		 (!sv_file_is_sql(included) && !sv_changelog_is_root(included))))
		sv_changelog_refuse(file, include->line, include->path);
	if (include->contexts != NULL)
		r->scope.contexts = outer.contexts == NULL ? include->contexts :
			psprintf("(%s) and (%s)", outer.contexts, include->contexts);
	if (include->labels != NULL && outer.labels != NULL)
		sv_format_refuse(file, include->line, "labels of two includes cannot be kept",
						 "Give the labels to one of them, or to the changesets.");
	if (include->labels != NULL)
		r->scope.labels = include->labels;
	if (included != NULL)
		read_included(r, included, depth);
	else if ((!all || read_all(r, include, path, depth) == 0) && !include->can_be_empty)
		sv_format_refuse(file, include->line, psprintf("there is no \"%s\"", include->path),
						 "Load the folder that has the changelog and all that it includes.");
	r->scope.contexts = outer.contexts;
	r->scope.labels = outer.labels;
}

static void
read_changelog(ChangelogReader *r, const SourceFile *file, int depth)
{
	if (depth > MAX_DEPTH)
		sv_format_refuse(file, 0, "changelogs are nested too deeply", NULL);
	foreach_ptr(const ChangelogEntry, entry, sv_changelog_entries(file))
	{
		CHECK_FOR_INTERRUPTS();
		if (entry->kind == SV_ENTRY_INCLUDE || entry->kind == SV_ENTRY_INCLUDE_ALL)
			read_include(r, file, entry, depth);
		else if (entry->kind == SV_ENTRY_PROPERTY && !entry->is_local &&
				 (entry->dbms == NULL || sv_liquibase_is_for_us(entry->dbms)))
			sv_liquibase_define(&r->scope.properties, entry->name, entry->value);
	}
}

/* Return those of the changelogs that this one includes. */
static List *
included_by(const ChangelogReader *r, const SourceFile *changelog, const List *changelogs)
{
	List	   *result = NIL;

	foreach_ptr(const ChangelogEntry, entry, sv_changelog_entries(changelog))
	{
		char	   *path;

		if (entry->kind != SV_ENTRY_INCLUDE && entry->kind != SV_ENTRY_INCLUDE_ALL)
			continue;
		path = resolve_include(r, changelog, entry);
		foreach_ptr(SourceFile, other, changelogs)
		{
			/* a changelog can stand in the folder that it includes */
			if (entry->kind == SV_ENTRY_INCLUDE ? strcmp(other->name, path) == 0 :
				other != changelog && is_of_all(entry, path, other))
				result = lappend(result, other);
		}
	}
	return result;
}

/* The changelog that no other one includes; NULL: the folder has none. */
static const SourceFile *
find_root(const ChangelogReader *r)
{
	List	   *changelogs = NIL;
	List	   *included = NIL;
	const SourceFile *root = NULL;
	ListCell   *lc;

	foreach_ptr(SourceFile, one, r->folder->files)
	{
		if (sv_changelog_is_root(one))
			changelogs = lappend(changelogs, one);
	}
	foreach_ptr(const SourceFile, changelog, changelogs)
		included = list_concat(included, included_by(r, changelog, changelogs));
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
	if (root == NULL && changelogs != NIL)
		sv_format_refuse(linitial(changelogs), 0, "the changelogs include each other",
						 "One of them must be included by none.");
	return root;
}

/* Return the drafts that the folder's changelog leads to; NIL if it has none. */
List *
sv_changelog_read(Folder *folder)
{
	ChangelogReader r = {folder};
	const SourceFile *root = find_root(&r);

	if (root == NULL)
		return NIL;
	r.read = list_make1((void *) root);
	read_changelog(&r, root, 0);
	foreach_ptr(const SourceFile, file, folder->files)
	{
		if (sv_file_is_sql(file) && !list_member_ptr(r.read, file))
			sv_format_ignore(folder, file, "no changelog includes it");
	}
	return r.drafts;
}
