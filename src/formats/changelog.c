/*
 * changelog.c
 *		Liquibase's root changelogs in XML, YAML and JSON, as far as they do
 *		nothing but include files of SQL.
 *
 * Each form is read into a list of entries: includes, properties, and the
 * precondition that the database is of some system; any other change is refused,
 * for it is no SQL.  A plain .sql file that is included is one changeset.  Files
 * that no changelog includes are left out, as Liquibase does.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "formats/formats_private.h"

#define MAX_DEPTH 32

typedef enum EntryKind
{
	ENTRY_INCLUDE,
	ENTRY_INCLUDE_ALL,			/* all files of a folder */
	ENTRY_PROPERTY,
	ENTRY_DBMS					/* precondition */
} EntryKind;

/* An entry of a changelog. */
typedef struct Entry
{
	EntryKind	kind;
	int			line;
	char	   *path;			/* of an include */
	bool		relative;		/* to the changelog's folder */
	bool		can_be_empty;
	char	   *contexts;		/* expression, or NULL */
	char	   *ending;			/* of the names of files that count; NULL: all */
	int			min_depth;		/* of files in the folder: 1 is directly */
	int			max_depth;
	char	   *name;			/* of a property */
	char	   *value;
	char	   *dbms;			/* of a property or a precondition; NULL: any */
	bool		is_local;		/* the property */
} Entry;

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

static void
refuse_change(const SourceFile *file, int line, const char *what)
{
	sv_format_refuse(file, line, psprintf("\"%s\" is not SQL", what),
					 "Render it with \"liquibase update-sql\", or put its SQL into a file of "
					 "formatted SQL that the changelog includes.");
}

static Entry *
new_entry(EntryKind kind, int line)
{
	Entry	   *entry = palloc0(sizeof(Entry));

	entry->kind = kind;
	entry->line = line;
	entry->max_depth = INT_MAX;
	return entry;
}

/* Return the kind of the entry that the word begins, or -1. */
static int
kind_of_entry(const char *word)
{
	static const char *const words[] = {"include", "includeAll", "property", "dbms"};

	for (int i = 0; i < lengthof(words); i++)
	{
		if (strcmp(words[i], word) == 0)
			return i;
	}
	return -1;
}

/* Is it a part of a changelog that says nothing by itself? */
static bool
is_frame(const char *word)
{
	return strcmp(word, "databaseChangeLog") == 0 || strcmp(word, "preConditions") == 0;
}

/* A member of a property or a precondition.  Returns whether it can have it. */
static bool
set_other_member(Entry *entry, const char *name, const char *value)
{
	if (entry->kind == ENTRY_DBMS && strcmp(name, "type") == 0)
		entry->dbms = pstrdup(value);
	else if (entry->kind != ENTRY_PROPERTY)
		return false;
	else if (strcmp(name, "name") == 0)
		entry->name = pstrdup(value);
	else if (strcmp(name, "value") == 0)
		entry->value = pstrdup(value);
	else if (strcmp(name, "dbms") == 0)
		entry->dbms = pstrdup(value);
	else if (strcmp(name, "global") == 0)
		entry->is_local = pg_strcasecmp(value, "false") == 0;
	else
		return false;
	return true;
}

/* A member of an include.  Returns whether it can have it. */
static bool
set_include_member(Entry *entry, const char *name, const char *value)
{
	bool		all = entry->kind == ENTRY_INCLUDE_ALL;

	if (strcmp(name, all ? "path" : "file") == 0)
		entry->path = pstrdup(value);
	else if (strcmp(name, "relativeToChangelogFile") == 0)
		entry->relative = pg_strcasecmp(value, "true") == 0;
	else if (strcmp(name, "context") == 0 || strcmp(name, "contextFilter") == 0)
		entry->contexts = *value != '\0' ? pstrdup(value) : NULL;
	else if (strcmp(name, all ? "errorIfMissingOrEmpty" : "errorIfMissing") == 0)
		entry->can_be_empty = pg_strcasecmp(value, "false") == 0;
	else if (all && strcmp(name, "endsWithFilter") == 0)
		entry->ending = pstrdup(value);
	else if (all && strcmp(name, "minDepth") == 0)
		entry->min_depth = atoi(value);
	else if (all && strcmp(name, "maxDepth") == 0)
		entry->max_depth = atoi(value);
	else
		return false;
	return true;
}

/* A member of an entry, as XML attribute, YAML key or JSON member. */
static void
set_member(const SourceFile *file, Entry *entry, const char *name, const char *value)
{
	bool		known = entry->kind == ENTRY_INCLUDE || entry->kind == ENTRY_INCLUDE_ALL ?
	set_include_member(entry, name, value) : set_other_member(entry, name, value);

	if (!known)
		sv_format_refuse(file, entry->line,
						 psprintf("attribute \"%s\" of an entry cannot be kept", name), NULL);
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

/* The attributes of the element go into the entry. */
static void
read_xml_attributes(const SourceFile *file, const char *at, const char *end, Entry *entry)
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
			sv_format_refuse(file, entry->line, "the element is not well-formed", NULL);
		length = strcspn(at + 1, quote);
		set_member(file, entry, name, pnstrdup(at + 1, length));
		at += 1 + length + 1;
	}
}

static List *
read_xml(const SourceFile *file)
{
	List	   *entries = NIL;
	const char *at = file->content;

	while ((at = strchr(at, '<')) != NULL)
	{
		const char *end = strncmp(at, "<!--", 4) == 0 ? strstr(at, "-->") : strchr(at, '>');
		int			length = strcspn(at + 1, " \t\r\n/>");
		char	   *name = pnstrdup(at + 1, length);

		if (end == NULL)
			sv_format_refuse(file, line_at(file->content, at), "the element has no end", NULL);
		if (kind_of_entry(name) >= 0)
		{
			Entry	   *entry = new_entry(kind_of_entry(name), line_at(file->content, at));

			read_xml_attributes(file, at + 1 + length, end, entry);
			entries = lappend(entries, entry);
		}
		else if (at[1] != '?' && at[1] != '!' && at[1] != '/' && !is_frame(name))
			refuse_change(file, line_at(file->content, at), name);
		at = end;
	}
	return entries;
}

/* ---------- YAML ---------- */

/* "- include:", "file: x" and their like, one a line. */
static List *
read_yaml(const SourceFile *file)
{
	List	   *entries = NIL;
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
		if (is_frame(text) || strcmp(text, "logicalFilePath") == 0)
			continue;
		if (kind_of_entry(text) >= 0 && *value == '\0')
			entries = lappend(entries, new_entry(kind_of_entry(text), line.number));
		else if (entries != NIL && *value != '\0')
			set_member(file, llast(entries), text, value);
		else
			refuse_change(file, line.number, text);
	}
	return entries;
}

/* ---------- JSON ---------- */

static void
read_json_members(const SourceFile *file, JsonbContainer *object, Entry *entry)
{
	JsonMembers member;

	sv_json_begin(&member, object);
	while (sv_json_next(&member))
	{
		char	   *value = sv_json_text(&member.value);

		set_member(file, entry, member.name, value != NULL ? value : "");
	}
}

/* Read the list; one of preconditions can stand in it. */
static List *
read_json_list(const SourceFile *file, JsonbContainer *list, List *entries)
{
	static const char *const words[] = {"include", "includeAll", "property", "dbms"};

	check_stack_depth();
	for (uint32 i = 0; i < JsonContainerSize(list); i++)
	{
		JsonbContainer *object = sv_json_object(getIthJsonbValueFromContainer(list, i));
		JsonbContainer *inner = NULL;
		JsonbContainer *conditions;
		int			kind = 0;

		for (; kind < lengthof(words) && inner == NULL; kind++)
			inner = sv_json_object(sv_json_member(object, words[kind]));
		conditions = sv_json_array(sv_json_member(object, "preConditions"));
		if (inner == NULL && conditions == NULL)
			refuse_change(file, 0, psprintf("entry %u", i + 1));
		if (inner == NULL)
			entries = read_json_list(file, conditions, entries);
		else
		{
			entries = lappend(entries, new_entry(kind - 1, 0));
			read_json_members(file, inner, llast(entries));
		}
	}
	return entries;
}

static List *
read_json(const SourceFile *file)
{
	JsonbContainer *log =
	sv_json_array(sv_json_member(&sv_json_file(file)->root, "databaseChangeLog"));

	if (log == NULL)
		sv_format_refuse(file, 0, "it has no list \"databaseChangeLog\"", NULL);
	return read_json_list(file, log, NIL);
}

/* ---------- following includes ---------- */

static void
check_entry(const SourceFile *file, const Entry *entry)
{
	switch (entry->kind)
	{
		case ENTRY_INCLUDE:
		case ENTRY_INCLUDE_ALL:
			if (entry->path == NULL)
				sv_format_refuse(file, entry->line, "the include names no file", NULL);
			break;
		case ENTRY_PROPERTY:
			if (entry->name == NULL || entry->value == NULL)
				sv_format_refuse(file, entry->line, "the property has no name or no value", NULL);
			break;
		case ENTRY_DBMS:
			if (entry->dbms == NULL || !sv_liquibase_is_for_us(entry->dbms))
				sv_format_refuse(file, entry->line, "the changelog is for another database system",
								 NULL);
			break;
	}
}

static List *
entries_of(const SourceFile *file)
{
	List	   *entries;
	ListCell   *lc;

	if (sv_name_ends_with(file->name, ".xml"))
		entries = read_xml(file);
	else if (sv_name_ends_with(file->name, ".json"))
		entries = read_json(file);
	else
		entries = read_yaml(file);
	foreach(lc, entries)
		check_entry(file, lfirst(lc));
	return entries;
}

/*
 * Return what the path means in the folder: the path that some file has or
 * begins with.  A path from the root of the class path can begin with parts that
 * lie above the folder; but no path that leads nowhere means all of the folder.
 */
static char *
resolve_include(const ChangelogReader *r, const SourceFile *changelog, const Entry *include)
{
	const char *path = include->path;
	bool		is_root = *sv_path_join("", path) == '\0';
	char		end = include->kind == ENTRY_INCLUDE_ALL ? '/' : '\0';
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

/* Include all files of the folder, in the order of their names. */
static int
read_all(ChangelogReader *r, const Entry *include, const char *path, int depth)
{
	List	   *files = list_copy(r->folder->files);
	size_t		length = strlen(path);
	int			n = 0;
	ListCell   *lc;

	sv_drafts_sort_by_name(files);
	foreach(lc, files)
	{
		const SourceFile *file = lfirst(lc);
		int			below;

		if (length > 0 && (strncmp(file->name, path, length) != 0 || file->name[length] != '/'))
			continue;
		if (!sv_file_is_sql(file) && !sv_changelog_is_root(file))
			continue;
		below = depth_below(file, length);
		if (below < include->min_depth || below > include->max_depth ||
			(include->ending != NULL && !sv_name_ends_with(file->name, include->ending)))
			continue;
		read_included(r, file, depth);
		n++;
	}
	return n;
}

static void
read_include(ChangelogReader *r, const SourceFile *file, const Entry *include, int depth)
{
	char	   *path = resolve_include(r, file, include);
	bool		all = include->kind == ENTRY_INCLUDE_ALL;
	const SourceFile *included = all ? NULL : sv_folder_find(r->folder, path);
	const char *outer = r->scope.contexts;

	if (included != NULL &&
		(included->content == NULL ||
		 (!sv_file_is_sql(included) && !sv_changelog_is_root(included))))
		refuse_change(file, include->line, include->path);
	if (include->contexts != NULL)
		r->scope.contexts = outer == NULL ? include->contexts :
			psprintf("(%s) and (%s)", outer, include->contexts);
	if (included != NULL)
		read_included(r, included, depth);
	else if ((!all || read_all(r, include, path, depth) == 0) && !include->can_be_empty)
		sv_format_refuse(file, include->line, psprintf("there is no \"%s\"", include->path),
						 "Load the folder that has the changelog and all that it includes.");
	r->scope.contexts = outer;
}

static void
read_changelog(ChangelogReader *r, const SourceFile *file, int depth)
{
	ListCell   *lc;

	if (depth > MAX_DEPTH)
		sv_format_refuse(file, 0, "changelogs are nested too deeply", NULL);
	foreach(lc, entries_of(file))
	{
		const Entry *entry = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (entry->kind == ENTRY_INCLUDE || entry->kind == ENTRY_INCLUDE_ALL)
			read_include(r, file, entry, depth);
		else if (entry->kind == ENTRY_PROPERTY && !entry->is_local &&
				 (entry->dbms == NULL || sv_liquibase_is_for_us(entry->dbms)))
			sv_liquibase_define(&r->scope.properties, entry->name, entry->value);
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
	ListCell   *cell;

	foreach(lc, r->folder->files)
	{
		if (sv_changelog_is_root(lfirst(lc)))
			changelogs = lappend(changelogs, lfirst(lc));
	}
	foreach(lc, changelogs)
	{
		foreach(cell, entries_of(lfirst(lc)))
		{
			const Entry *entry = lfirst(cell);
			const SourceFile *file = entry->kind == ENTRY_INCLUDE ?
			sv_folder_find(r->folder, resolve_include(r, lfirst(lc), entry)) : NULL;

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
