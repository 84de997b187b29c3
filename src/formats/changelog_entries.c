/*
 * changelog_entries.c
 *		What Liquibase's root changelogs say, in XML, YAML and JSON.
 *
 * Each form is read into a list of entries: includes, properties, and the
 * precondition that the database is of some system.  Any other change is refused,
 * for it is no SQL.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "formats/formats_private.h"

/* Refuse what is no SQL; line 0: the file as a whole. */
void
sv_changelog_refuse(const SourceFile *file, int line, const char *what)
{
	sv_format_refuse(file, line, psprintf("\"%s\" is not SQL", what),
					 "Render it with \"liquibase update-sql\", or put its SQL into a file of "
					 "formatted SQL that the changelog includes.");
}

static ChangelogEntry *
new_entry(ChangelogEntryKind kind, int line)
{
	ChangelogEntry *entry = palloc0(sizeof(ChangelogEntry));

	entry->kind = kind;
	entry->line = line;
	entry->max_depth = INT_MAX;
	return entry;
}

static const char *const words[] = {"include", "includeAll", "property", "dbms"};

/* Return the kind of the entry that the word begins, or -1. */
static int
kind_of_entry(const char *word)
{
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
set_other_member(ChangelogEntry *entry, const char *name, const char *value)
{
	if (entry->kind == SV_ENTRY_DBMS && strcmp(name, "type") == 0)
		entry->dbms = pstrdup(value);
	else if (entry->kind != SV_ENTRY_PROPERTY)
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
set_include_member(ChangelogEntry *entry, const char *name, const char *value)
{
	bool		all = entry->kind == SV_ENTRY_INCLUDE_ALL;

	if (strcmp(name, all ? "path" : "file") == 0)
		entry->path = pstrdup(value);
	else if (strcmp(name, "relativeToChangelogFile") == 0)
		entry->relative = pg_strcasecmp(value, "true") == 0;
	else if (strcmp(name, "context") == 0 || strcmp(name, "contextFilter") == 0)
		entry->contexts = *value != '\0' ? pstrdup(value) : NULL;
	else if (strcmp(name, "labels") == 0)
		entry->labels = *value != '\0' ? pstrdup(value) : NULL;
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
set_member(const SourceFile *file, ChangelogEntry *entry, const char *name, const char *value)
{
	bool		known = entry->kind == SV_ENTRY_INCLUDE || entry->kind == SV_ENTRY_INCLUDE_ALL ?
	set_include_member(entry, name, value) : set_other_member(entry, name, value);

	if (!known)
		sv_format_refuse(file, entry->line,
						 psprintf("attribute \"%s\" of an entry cannot be kept", name), NULL);
}

/* ---------- XML ---------- */

/* The place of the '>' that ends the element, which can stand in quotes before; or NULL. */
static const char *
xml_element_end(const char *at)
{
	for (; *at != '\0' && *at != '>'; at++)
	{
		if (*at == '"' || *at == '\'')
		{
			at = strchr(at + 1, *at);
			if (at == NULL)
				return NULL;
		}
	}
	return *at == '>' ? at : NULL;
}

/* The character that a reference as "&amp;" or "&#38;" means; NULL if it is none. */
static char *
xml_character(const char *name)
{
	static const char *const names[][2] = {
		{"lt", "<"}, {"gt", ">"}, {"amp", "&"}, {"quot", "\""}, {"apos", "'"}
	};
	unsigned char utf8[5] = {0};
	bool		hex = name[0] == '#' && (name[1] == 'x' || name[1] == 'X');
	unsigned long code = name[0] == '#' ? strtoul(name + 1 + hex, NULL, hex ? 16 : 10) : 0;

	for (int i = 0; i < lengthof(names); i++)
	{
		if (strcmp(names[i][0], name) == 0)
			return pstrdup(names[i][1]);
	}
	if (code == 0 || !is_valid_unicode_codepoint(code))
		return NULL;
	unicode_to_utf8(code, utf8);
	return pstrdup(pg_any_to_server((char *) utf8, strlen((char *) utf8), PG_UTF8));
}

/* The value of an attribute, with references replaced. */
static char *
xml_value(const SourceFile *file, int line, const char *text)
{
	StringInfoData out;
	const char *reference;

	initStringInfo(&out);
	while ((reference = strchr(text, '&')) != NULL)
	{
		int			length = strcspn(reference, ";");
		char	   *character = reference[length] == ';' ?
		xml_character(pnstrdup(reference + 1, length - 1)) : NULL;

		if (character == NULL)
			sv_format_refuse(file, line, "a reference in a value is not understood", NULL);
		appendBinaryStringInfo(&out, text, reference - text);
		appendStringInfoString(&out, character);
		text = reference + length + 1;
	}
	appendStringInfoString(&out, text);
	return out.data;
}

/* The attributes of the element go into the entry. */
static void
read_xml_attributes(const SourceFile *file, const char *at, const char *end, ChangelogEntry *entry)
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
		set_member(file, entry, name, xml_value(file, entry->line, pnstrdup(at + 1, length)));
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
		const char *end = strncmp(at, "<!--", 4) == 0 ? strstr(at, "-->") : xml_element_end(at);
		int			length = strcspn(at + 1, " \t\r\n/>");
		char	   *name = pnstrdup(at + 1, length);

		if (end == NULL)
			sv_format_refuse(file, sv_line_at(file->content, at), "the element has no end", NULL);
		if (kind_of_entry(name) >= 0)
		{
			ChangelogEntry *entry = new_entry(kind_of_entry(name), sv_line_at(file->content, at));

			read_xml_attributes(file, at + 1 + length, end, entry);
			entries = lappend(entries, entry);
		}
		else if (at[1] != '?' && at[1] != '!' && at[1] != '/' && !is_frame(name))
			sv_changelog_refuse(file, sv_line_at(file->content, at), name);
		at = end;
	}
	return entries;
}

/* ---------- YAML ---------- */

/* What a reader of lines knows. */
typedef struct YamlLine
{
	const SourceFile *file;
	int			line;
	const char *at;				/* what is to be read */
} YamlLine;

static void
refuse_yaml(const YamlLine *y)
{
	sv_format_refuse(y->file, y->line, "the line is not understood", NULL);
}

/* The text in quotes at *at. */
static char *
yaml_quoted(YamlLine *y)
{
	char		quote = *y->at++;
	StringInfoData out;

	initStringInfo(&out);
	while (*y->at != quote || (quote == '\'' && y->at[1] == quote))
	{
		const char *letter;

		if (*y->at == '\0')
			refuse_yaml(y);
		if (*y->at == quote)
			y->at++;
		else if (*y->at == '\\' && quote == '"')
		{
			letter = strchr("n\nt\tr\r\"\"\\\\//", *++y->at);
			if (*y->at == '\0' || letter == NULL)
				refuse_yaml(y);
			appendStringInfoChar(&out, letter[1]);
			y->at++;
			continue;
		}
		appendStringInfoChar(&out, *y->at++);
	}
	y->at++;
	return out.data;
}

/* A key or a value that ends before one of those bytes, or before a comment. */
static char *
yaml_scalar(YamlLine *y, const char *ends)
{
	const char *start;
	int			length = 0;

	y->at += strspn(y->at, " \t");
	if (*y->at == '"' || *y->at == '\'')
		return yaml_quoted(y);
	if (*y->at != '\0' && strchr("|>&*!{[", *y->at) != NULL)
		refuse_yaml(y);
	for (start = y->at; *y->at != '\0' && strchr(ends, *y->at) == NULL; y->at++)
	{
		if (*y->at == '#' && (y->at == start || y->at[-1] == ' ' || y->at[-1] == '\t'))
			break;
		if (*y->at != ' ' && *y->at != '\t')
			length = y->at + 1 - start;
	}
	return pnstrdup(start, length);
}

/* The key, with its colon; NULL if there is nothing but a comment. */
static char *
yaml_key(YamlLine *y)
{
	char	   *key = yaml_scalar(y, ":");

	y->at += strspn(y->at, " \t");
	if (*key == '\0' && (*y->at == '\0' || *y->at == '#'))
		return NULL;
	if (*y->at != ':')
		refuse_yaml(y);
	y->at++;
	y->at += strspn(y->at, " \t");
	return key;
}

static void
yaml_end(YamlLine *y)
{
	y->at += strspn(y->at, " \t");
	if (*y->at != '\0' && *y->at != '#')
		refuse_yaml(y);
}

/* "{file: x, context: y}" */
static void
read_yaml_flow(YamlLine *y, ChangelogEntry *entry)
{
	do
	{
		char	   *key;

		y->at++;
		key = yaml_key(y);
		if (key == NULL)
			refuse_yaml(y);
		set_member(y->file, entry, key, yaml_scalar(y, ",}"));
		y->at += strspn(y->at, " \t");
	} while (*y->at == ',');
	if (*y->at != '}')
		refuse_yaml(y);
	y->at++;
}

static List *
read_yaml_line(YamlLine *y, List *entries)
{
	char	   *key = yaml_key(y);
	int			kind = key != NULL ? kind_of_entry(key) : -1;

	if (key == NULL)
		return entries;
	if (kind >= 0 && *y->at == '{')
	{
		entries = lappend(entries, new_entry(kind, y->line));
		read_yaml_flow(y, llast(entries));
	}
	else if (is_frame(key) || strcmp(key, "logicalFilePath") == 0)
		return entries;
	else
	{
		bool		is_empty = *y->at == '\0' || *y->at == '#';
		char	   *value = yaml_scalar(y, "");

		if (kind >= 0 && is_empty)
			entries = lappend(entries, new_entry(kind, y->line));
		else if (entries != NIL && !is_empty)
			set_member(y->file, llast(entries), key, value);
		else
			sv_changelog_refuse(y->file, y->line, key);
	}
	yaml_end(y);
	return entries;
}

/* "- include:", "file: x" and their like, one a line. */
static List *
read_yaml(const SourceFile *file)
{
	List	   *entries = NIL;
	LineCursor	line = {file->content};

	while (sv_line_next(&line))
	{
		YamlLine	y = {file, line.number, pnstrdup(line.start, line.length)};

		y.at += strspn(y.at, " \t-");
		entries = read_yaml_line(&y, entries);
	}
	return entries;
}

/* ---------- JSON ---------- */

static void
read_json_members(const SourceFile *file, JsonbContainer *object, ChangelogEntry *entry)
{
	JsonMembers member;

	sv_json_begin(&member, object);
	while (sv_json_next(&member))
	{
		char	   *value = sv_json_text(&member.value);

		set_member(file, entry, member.name, value != NULL ? value : "");
	}
}

static List *read_json_list(const SourceFile *file, JsonbContainer *list, List *entries);

/* One member of an object of the list: an entry, or preconditions. */
static List *
read_json_entry(const SourceFile *file, const JsonMembers *member, List *entries)
{
	int			kind = kind_of_entry(member->name);
	JsonbContainer *inner = sv_json_object(&member->value);
	JsonbContainer *conditions = sv_json_array(&member->value);

	if (kind >= 0 && inner != NULL)
	{
		entries = lappend(entries, new_entry(kind, 0));
		read_json_members(file, inner, llast(entries));
	}
	else if (strcmp(member->name, "preConditions") == 0 && conditions != NULL)
		entries = read_json_list(file, conditions, entries);
	else
		sv_changelog_refuse(file, 0, member->name);
	return entries;
}

/* Read the list; one of preconditions can stand in it. */
static List *
read_json_list(const SourceFile *file, JsonbContainer *list, List *entries)
{
	check_stack_depth();
	for (uint32 i = 0; i < JsonContainerSize(list); i++)
	{
		JsonbContainer *object = sv_json_object(getIthJsonbValueFromContainer(list, i));
		JsonMembers member;

		if (object == NULL)
			sv_changelog_refuse(file, 0, psprintf("entry %u", i + 1));
		sv_json_begin(&member, object);
		while (sv_json_next(&member))
			entries = read_json_entry(file, &member, entries);
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

static void
check_entry(const SourceFile *file, const ChangelogEntry *entry)
{
	switch (entry->kind)
	{
		case SV_ENTRY_INCLUDE:
		case SV_ENTRY_INCLUDE_ALL:
			if (entry->path == NULL)
				sv_format_refuse(file, entry->line, "the include names no file", NULL);
			break;
		case SV_ENTRY_PROPERTY:
			if (entry->name == NULL || entry->value == NULL)
				sv_format_refuse(file, entry->line, "the property has no name or no value", NULL);
			break;
		case SV_ENTRY_DBMS:
			if (entry->dbms == NULL || !sv_liquibase_is_for_us(entry->dbms))
				sv_format_refuse(file, entry->line, "the changelog is for another database system",
								 NULL);
			break;
	}
}

/* Return what the changelog says, a list of ChangelogEntry in its order. */
List *
sv_changelog_entries(const SourceFile *file)
{
	List	   *entries;

	if (sv_name_ends_with(file->name, ".xml"))
		entries = read_xml(file);
	else if (sv_name_ends_with(file->name, ".json"))
		entries = read_json(file);
	else
		entries = read_yaml(file);
	foreach_ptr(const ChangelogEntry, entry, entries)
		check_entry(file, entry);
	return entries;
}
