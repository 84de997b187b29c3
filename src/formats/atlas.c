/*
 * atlas.c
 *		What Atlas writes into the files of its folders, format "plain".
 *
 * Directives are comments on the first lines, "-- atlas:NAME VALUE":
 *
 *		delimiter	what ends a statement instead of a semicolon
 *		checkpoint	the file builds from empty what all files before it do: it comes
 *					first, replaces them, and is what the next file revises
 *		txtar		the file is an archive: lines "-- NAME --" begin migration.sql,
 *					down.sql, and checks.sql or checks/NAME.sql, whose queries must be
 *					true before the migration runs
 *
 * txmode is read in plain.c, sum in atlas_sum.c; the others are for Atlas' linter.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/json.h"

#include "formats/formats_private.h"

/* Return the value of the directive, "" if it has none; NULL if the text lacks it. */
static const char *
directive_of(const char *text, const char *name)
{
	LineCursor	line = {text};
	const char *mark = psprintf("atlas:%s", name);

	while (sv_line_next(&line) && sv_line_is_comment(&line))
	{
		const char *value = sv_line_comment(&line, mark);

		if (value != NULL)
			return value;
	}
	return NULL;
}

/* ---------- delimiter ---------- */

/* The delimiter as it stands in the file: \n, \r and \t undone. */
static char *
unescaped(const char *value)
{
	StringInfoData out;

	initStringInfo(&out);
	for (; *value != '\0'; value++)
	{
		const char *letters = "nrt";
		const char *letter = *value == '\\' && value[1] != '\0' ? strchr(letters, value[1]) : NULL;

		if (letter != NULL)
		{
			appendStringInfoChar(&out, "\n\r\t"[letter - letters]);
			value++;
		}
		else
			appendStringInfoChar(&out, *value);
	}
	return out.data;
}

/* Append the semicolon that ends the text, unless it has one or says nothing. */
static void
end_atlas_statement(StringInfo out, int from)
{
	int			n = out->len;
	Section		section;

	while (n > from && strchr(" \t\r\n", out->data[n - 1]) != NULL)
		n--;
	sv_section_init(&section);
	appendBinaryStringInfo(&section.text, out->data + from, n - from);
	if (n > from && out->data[n - 1] != ';' && !sv_section_is_empty(&section))
		appendStringInfoChar(out, ';');
}

/* Put a semicolon for each delimiter; line ends in it stay. */
static char *
without_delimiter(const char *text, const char *delimiter)
{
	StringInfoData out;
	int			length = strlen(delimiter);
	int			from = 0;
	const char *next;

	initStringInfo(&out);
	while ((next = strstr(text, delimiter)) != NULL)
	{
		appendBinaryStringInfo(&out, text, next - text);
		end_atlas_statement(&out, from);
		for (const char *c = delimiter; *c != '\0'; c++)
		{
			if (*c == '\n')
				appendStringInfoChar(&out, '\n');
		}
		from = out.len;
		text = next + length;
	}
	appendStringInfoString(&out, text);
	end_atlas_statement(&out, from);
	return out.data;
}

/* Apply the directive to the text, in which it must not act on itself. */
static const char *
apply_delimiter(const char *text)
{
	const char *value = directive_of(text, "delimiter");
	LineCursor	line = {text};
	char	   *delimiter;

	if (value == NULL || *value == '\0')
		return text;
	delimiter = unescaped(value);
	while (sv_line_next(&line) && sv_line_comment(&line, "atlas:delimiter") == NULL)
		;
	return psprintf("%.*s%s", (int) (line.next - text), text,
					without_delimiter(line.next, delimiter));
}

/* ---------- txtar ---------- */

/* Return the name if the line is "-- NAME --", else NULL. */
static char *
member_name(const LineCursor *line)
{
	const char *rest = sv_line_comment(line, "");
	int			length = rest != NULL ? strcspn(rest, " \t") : 0;

	if (length == 0 || strcmp(rest + length, " --") != 0)
		return NULL;
	return pnstrdup(rest, length);
}

/* The queries that must be true before the migration runs. */
static void
add_checks(RevisionDraft *draft, const Section *checks)
{
	ScriptOrigin origin = {draft->id, "up", draft->source, checks->first_line};
	Script	   *script = sv_script_parse(checks->text.data, &origin);
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < script->n; i++)
	{
		appendStringInfo(&out, "%s{\"sql\": ", i > 0 ? ", " : "[");
		escape_json(&out, sv_script_statement_text(script, i));
		appendStringInfoString(&out, ", \"on_fail\": \"halt\", \"on_error\": \"halt\"}");
	}
	if (script->n > 0)
		sv_draft_option(draft, "preconditions", psprintf("%s]", out.data));
}

static void
read_archive(RevisionDraft *draft, const SourceFile *file)
{
	LineCursor	line = {file->content};
	Section		up;
	Section		down;
	Section		checks;
	Section    *section = NULL;

	sv_section_init(&up);
	sv_section_init(&down);
	sv_section_init(&checks);
	while (sv_line_next(&line))
	{
		char	   *name = member_name(&line);

		if (name == NULL)
		{
			if (section != NULL)
				sv_section_add(section, &line);
			continue;
		}
		if (strcmp(name, "migration.sql") == 0)
			section = &up;
		else if (strcmp(name, "down.sql") == 0)
			section = &down;
		else if (strncmp(name, "checks", strlen("checks")) == 0)
			section = &checks;
		else
			sv_format_refuse(file, line.number, psprintf("\"%s\" is unknown in an archive", name),
							 "Known are migration.sql, down.sql and checks.sql.");
		sv_section_begin(section);
	}
	if (!up.begun)
		sv_format_refuse(file, 1, "the archive has no migration.sql", NULL);
	sv_draft_set_sections(draft, file, &up, &down);
	if (checks.begun)
		add_checks(draft, &checks);
}

/* ---------- checkpoint ---------- */

static bool
is_checkpoint(const RevisionDraft *draft)
{
	return draft->up != NULL && directive_of(draft->up, "checkpoint") != NULL;
}

/* The checkpoint goes to the front, and replaces the drafts before it. */
static List *
put_in_front(List *drafts, RevisionDraft *checkpoint)
{
	StringInfoData replaces;
	ListCell   *lc;

	initStringInfo(&replaces);
	foreach(lc, drafts)
	{
		if (lfirst(lc) == checkpoint)
			break;
		appendStringInfoString(&replaces, replaces.len > 0 ? ", " : "[");
		escape_json(&replaces, ((RevisionDraft *) lfirst(lc))->id);
	}
	if (replaces.len > 0)
		sv_draft_option(checkpoint, "replaces", psprintf("%s]", replaces.data));
	checkpoint->revises_given = true;
	checkpoint->revises = NIL;
	return lcons(checkpoint, list_delete_ptr(drafts, checkpoint));
}

/* The last checkpoint counts; those before it are left out, as Atlas does. */
static List *
apply_checkpoints(Folder *folder, List *drafts)
{
	List	   *result = NIL;
	RevisionDraft *last = NULL;

	foreach_ptr(RevisionDraft, draft, drafts)
	{
		if (is_checkpoint(draft))
			last = draft;
	}
	if (last == NULL)
		return drafts;
	foreach_ptr(RevisionDraft, draft, drafts)
	{
		if (draft != last && is_checkpoint(draft))
			sv_format_ignore(folder, sv_folder_find(folder, draft->source),
							 "there is a later checkpoint");
		else
			result = lappend(result, draft);
	}
	sv_drafts_chain(result);
	return put_in_front(result, last);
}

/*
 * Apply the directives of the files to the drafts, which are in order and a
 * chain.  Returns the drafts, in the order in which they are to be registered.
 */
List *
sv_atlas_apply(Folder *folder, List *drafts)
{
	foreach_ptr(RevisionDraft, draft, drafts)
	{
		const char *text = draft->up;

		if (text == NULL || strstr(text, "atlas:") == NULL)
			continue;
		if (directive_of(draft->up, "txtar") != NULL)
			read_archive(draft, sv_folder_find(folder, draft->source));
		draft->up = apply_delimiter(draft->up);
		if (strcmp(draft->up, text) != 0)
			sv_draft_detail(draft, "text", text);	/* for the hashes of export() */
	}
	return apply_checkpoints(folder, drafts);
}
