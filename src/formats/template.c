/*
 * template.c
 *		Go templates, as far as migration files use them (pop, tern).
 *
 * {{ index .Options "NAME" }} and {{ .NAME }} are replaced by the variable NAME
 * of the call or, without one, by that of tern.conf; {{ template "PATH" . }} by the
 * file of that path, in which {{ . }} is TEXT if {{ template "PATH" "TEXT" }} named
 * it.  Anything else in {{ }} is refused.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "formats/formats_private.h"

#define MAX_DEPTH	8
#define MAX_BYTES	(64 * 1024 * 1024)	/* of what becomes of a text */

/* Where a template is read. */
typedef struct TemplateReader
{
	const Folder *folder;
	const SourceFile *file;		/* the migration */
	int			line;
	const char *dot;			/* what {{ . }} is; NULL: the variables */
	StringInfoData out;
} TemplateReader;

/* Return the text between the braces, without blanks and trim marks at its ends. */
static char *
template_action(const char *open, const char *close)
{
	static const char blanks[] = "- \t\r\n";

	for (open += 2; open < close && strchr(blanks, *open) != NULL;)
		open++;
	while (close > open && strchr(blanks, close[-1]) != NULL)
		close--;
	return pnstrdup(open, close - open);
}

/* Return what stands in the first pair of quotes, or NULL. */
static char *
quoted(const char *text)
{
	const char *start = strchr(text, '"');
	const char *end = start != NULL ? strchr(start + 1, '"') : NULL;

	return end != NULL ? pnstrdup(start + 1, end - start - 1) : NULL;
}

/* Return the name of the variable that the action reads, or NULL. */
static char *
variable_of(const char *action)
{
	const char *name;

	if (strncmp(action, "index", 5) == 0)
		return quoted(action);
	if (*action != '.')
		return NULL;
	name = action + 1;
	if (*name == '\0' ||
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") !=
		strlen(name))
		return NULL;
	return pstrdup(name);
}

/* What section [data] of tern.conf has for the name; NULL: nothing, or a template. */
static char *
value_of_conf(const Folder *folder, const char *name)
{
	const SourceFile *conf = NULL;
	LineCursor	line = {""};
	bool		in_data = false;
	ListCell   *lc;

	foreach(lc, folder->files)
	{
		conf = lfirst(lc);
		if (strcmp(sv_path_last(conf->name), "tern.conf") == 0 && conf->content != NULL)
			line.next = conf->content;
	}
	while (sv_line_next(&line))
	{
		const char *value = memchr(line.start, '=', line.length);
		int			length = strlen(name);

		if (sv_line_begins(&line, "["))
			in_data = sv_line_begins(&line, "[data]");
		if (!in_data || value == NULL || !sv_line_begins(&line, name))
			continue;
		length += strspn(line.start, " \t");
		if (line.start + length + strspn(line.start + length, " \t") != value)
			continue;
		value = psprintf("%.*s", (int) (line.start + line.length - value - 1), value + 1);
		value += strspn(value, " \t");
		length = strlen(value);
		while (length > 0 && strchr(" \t", value[length - 1]) != NULL)
			length--;
		return strstr(value, "{{") == NULL ? pnstrdup(value, length) : NULL;
	}
	return NULL;
}

static void
add_variable(TemplateReader *r, const char *name)
{
	char	   *value = r->folder->variables != NULL ?
	sv_json_text(sv_json_member(&r->folder->variables->root, name)) : NULL;

	if (value == NULL)
		value = value_of_conf(r->folder, name);
	if (value == NULL)
		sv_format_refuse(r->file, r->line, psprintf("the template needs a value for \"%s\"", name),
						 psprintf("Say variables => '{\"%s\": \"...\"}'.", name));
	appendStringInfoString(&r->out, value);
}

/*
 * Return the file of the path, which is told from the folder of the migration or, as
 * older versions of tern have it, from above it.
 */
static const SourceFile *
included_file(const TemplateReader *r, const char *path)
{
	const char *folder = r->file != NULL ? sv_path_folder(r->file->name) : "";
	const SourceFile *file = NULL;

	for (; path != NULL && file == NULL; path = strchr(path, '/'))
	{
		path += *path == '/';
		file = sv_folder_find(r->folder, sv_path_join(folder, path));
	}
	return file != NULL && file->content != NULL ? file : NULL;
}

static void expand_template(TemplateReader *r, const char *text, bool is_migration, int depth);

/* Insert the file that {{ template "PATH" }}, "PATH" . or "PATH" "TEXT" names. */
static void
insert_template(TemplateReader *r, const char *action, int depth)
{
	char	   *path = quoted(action);
	const SourceFile *file = path != NULL ? included_file(r, path) : NULL;
	const char *dot = r->dot;
	const char *rest;

	if (path == NULL)
		sv_format_refuse(r->file, r->line,
						 psprintf("the template's \"{{%s}}\" cannot be rendered here", action),
						 "Render the file, or write what it stands for.");
	if (file == NULL)
		sv_format_refuse(r->file, r->line, psprintf("there is no file \"%s\"", path),
						 "Load the folder with it.");
	rest = strchr(strchr(action, '"') + 1, '"') + 1;
	rest += strspn(rest, " \t");
	if (*rest == '"' && quoted(rest) != NULL && rest[strlen(quoted(rest)) + 2] == '\0' &&
		strchr(rest, '\\') == NULL)
		r->dot = quoted(rest);
	else if (*rest != '\0' && strcmp(rest, ".") != 0)
		sv_format_refuse(r->file, r->line,
						 psprintf("the template's \"{{%s}}\" cannot be rendered here", action),
						 "Render the file, or write what it stands for.");
	expand_template(r, file->content, false, depth + 1);
	r->dot = dot;
}

/* Insert what stands for the action, the text between braces. */
static void
insert_action(TemplateReader *r, const char *action, int depth)
{
	char	   *name = r->dot == NULL ? variable_of(action) : NULL;

	if (name != NULL)
		add_variable(r, name);
	else if (r->dot != NULL && strcmp(action, ".") == 0)
		appendStringInfoString(&r->out, r->dot);
	else if (strncmp(action, "template", 8) == 0)
		insert_template(r, action, depth);
	else
		sv_format_refuse(r->file, r->line,
						 psprintf("the template's \"{{%s}}\" cannot be rendered here", action),
						 "Render the file, or write what it stands for.");
}

static void
expand_template(TemplateReader *r, const char *text, bool is_migration, int depth)
{
	const char *open;

	CHECK_FOR_INTERRUPTS();
	if (depth > MAX_DEPTH || r->out.len > MAX_BYTES)
		sv_format_refuse(r->file, r->line, "templates are nested too deeply", NULL);
	while ((open = strstr(text, "{{")) != NULL)
	{
		const char *close = strstr(open, "}}");
		char	   *action = close != NULL ? template_action(open, close) : "";

		for (const char *c = text; is_migration && c < open; c++)
			r->line += *c == '\n';
		appendBinaryStringInfo(&r->out, text, open - text);
		if (close == NULL)
			sv_format_refuse(r->file, r->line, "the template's \"{{\" has no end",
							 "Write what it stands for.");
		insert_action(r, action, depth);
		text = close + 2;
	}
	appendStringInfoString(&r->out, text);
}

/* Return the text, which begins at the line of the file, with its templates rendered. */
const char *
sv_template_render(const Folder *folder, const SourceFile *file, const char *text, int line)
{
	TemplateReader r = {folder, file, line, NULL};

	if (strstr(text, "{{") == NULL)
		return text;
	initStringInfo(&r.out);
	expand_template(&r, text, true, 0);
	return r.out.data;
}

/* Render up and down of the draft. */
void
sv_template_render_draft(const Folder *folder, RevisionDraft *draft)
{
	if (draft->up != NULL)
		draft->up =
			sv_template_render(folder, sv_folder_find(folder, draft->source), draft->up,
							   draft->up_line);
	if (draft->down != NULL)
		draft->down =
			sv_template_render(folder, sv_folder_find(folder, draft->down_source), draft->down,
							   draft->down_line);
}
