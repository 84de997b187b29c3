/*
 * native_write.c
 *		Revisions as files in the native format.
 *
 * Promises: reading what was written gives an equal draft; this is proven by
 * reading it before it is given out.  What the format cannot say (a section
 * that itself has a directive in it) is refused.
 */
#include "postgres.h"

#include "base/compat.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "formats/formats_private.h"

/* Longest id and longest slug in a file name, in bytes. */
#define ID_BYTES	120
#define SLUG_BYTES	40

static void
append_directive(StringInfo out, Directive directive, const char *value)
{
	appendStringInfo(out, "-- %s%s%s%s\n", SV_DIRECTIVE_MARK,
					 sv_directive_names[directive], *value != '\0' ? " " : "", value);
}

static void
append_ids(StringInfo out, Directive directive, const List *ids)
{
	StringInfoData value;

	initStringInfo(&value);
	foreach_ptr(const char, id, ids)
		appendStringInfo(&value, "%s%s", value.len > 0 ? " " : "", id);
	append_directive(out, directive, value.data);
}

/* Copy the text with CR LF and CR as LF; LF as something else, if so told. */
static char *
unify_line_ends(const char *text, char lf)
{
	char	   *result = palloc(strlen(text) + 1);
	char	   *to = result;

	for (const char *c = text; *c != '\0'; c++)
	{
		if (*c == '\r' && c[1] == '\n')
			continue;
		*to++ = *c == '\r' || *c == '\n' ? lf : *c;
	}
	*to = '\0';
	return result;
}

/* One line for each line of the message; no line if it is empty. */
static void
append_message(StringInfo out, const char *message)
{
	char	   *rest = unify_line_ends(message, '\n');
	char	   *end;

	if (*rest == '\0')
		return;
	for (; (end = strchr(rest, '\n')) != NULL; rest = end + 1)
	{
		*end = '\0';
		append_directive(out, SV_DIRECTIVE_MESSAGE, rest);
	}
	append_directive(out, SV_DIRECTIVE_MESSAGE, rest);
}

/* The line that begins the file. */
static void
append_name(StringInfo out, const RevisionDraft *draft)
{
	Directive	directive = SV_DIRECTIVE_REVISION;

	if (draft->runs != SV_RUNS_ONCE)
		directive = draft->kind == SV_LIVING_ROWS ? SV_DIRECTIVE_ROWS :
			draft->kind == SV_LIVING_SEED ? SV_DIRECTIVE_SEED : SV_DIRECTIVE_REPEATABLE;
	append_directive(out, directive, draft->id);
}

/* Which of the texts schemaver wrote. */
static void
append_generated(StringInfo out, const RevisionDraft *draft)
{
	StringInfoData marks;

	initStringInfo(&marks);
	if (draft->up_generated)
		appendStringInfoString(&marks,
							   sv_native_mark(sv_directive_names[SV_DIRECTIVE_UP], draft->up));
	if (draft->down_generated && draft->down != NULL)
		appendStringInfo(&marks, "%s%s", marks.len > 0 ? " " : "",
						 sv_native_mark(sv_directive_names[SV_DIRECTIVE_DOWN], draft->down));
	if (marks.len > 0)
		append_directive(out, SV_DIRECTIVE_GENERATED, marks.data);
}

static void
append_section(StringInfo out, Directive directive, const char *text)
{
	if (text == NULL)
		return;
	append_directive(out, directive, "");
	if (*text != '\0')
		appendStringInfo(out, "%s\n", text);
}

/* ---------- the proof ---------- */

static bool
same_ids(const List *a, const List *b)
{
	ListCell   *ca;
	ListCell   *cb;

	if (list_length(a) != list_length(b))
		return false;
	forboth(ca, a, cb, b)
	{
		if (strcmp(lfirst(ca), lfirst(cb)) != 0)
			return false;
	}
	return true;
}

/* Return what of the draft is not the same in the other one, or NULL. */
static const char *
difference(const RevisionDraft *a, const RevisionDraft *b)
{
	if (!sv_base_same_text(a->id, b->id))
		return "id";
	if (a->runs != b->runs || a->kind != b->kind)
		return "kind";
	if (!sv_base_same_text(unify_line_ends(a->message, '\n'), b->message))
		return "message";
	if (a->revises_given != b->revises_given || !same_ids(a->revises, b->revises))
		return "revises";
	if (!same_ids(a->depends_on, b->depends_on))
		return "depends_on";
	if (!same_ids(a->branch_labels, b->branch_labels))
		return "branch_labels";
	if (!sv_base_same_text(a->options ? unify_line_ends(a->options, ' ') : NULL, b->options))
		return "options";
	if (a->up_generated != b->up_generated || a->down_generated != b->down_generated)
		return "generated";
	if (!sv_base_same_text(a->up, b->up))
		return "up";
	if (!sv_base_same_text(a->down, b->down))
		return "down";
	return sv_base_same_text(a->verify, b->verify) ? NULL : "verify";
}

/* Read the text; return what it does not say as the draft does, or NULL. */
static const char *
check_written(const RevisionDraft *draft, const char *text)
{
	MemoryContext cxt = CurrentMemoryContext;
	SourceFile	file = {.name = "export.sql", .content = text};
	const char *volatile wrong = NULL;

	PG_TRY();
	{
		List	   *drafts = sv_native_read(&file);

		wrong = list_length(drafts) == 1 ?
			difference(draft, linitial(drafts)) : "text";
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(cxt);
		error = sv_copy_error();
		FlushErrorState();
		if (error->sqlerrcode != ERRCODE_SV_UNREADABLE_FILE &&
			error->sqlerrcode != ERRCODE_SV_INVALID_SCRIPT)
			ReThrowError(error);
		wrong = "text";
	}
	PG_END_TRY();
	return wrong;
}

/*
 * Return the revision as a file in the native format, a new string.  Line ends
 * of the message become LF, those of the options blanks.  Errors:
 * ERRCODE_SV_UNREADABLE_FILE if the format cannot say it.
 */
char *
sv_native_write(const RevisionDraft *draft)
{
	StringInfoData out;
	RevisionDraft whole = *draft;
	const char *wrong;

	if (whole.message == NULL)
		whole.message = "";
	initStringInfo(&out);
	if (draft->id != NULL)
		append_name(&out, draft);
	append_message(&out, whole.message);
	if (draft->revises_given)
		append_ids(&out, SV_DIRECTIVE_REVISES, draft->revises);
	if (draft->depends_on != NIL)
		append_ids(&out, SV_DIRECTIVE_DEPENDS_ON, draft->depends_on);
	if (draft->branch_labels != NIL)
		append_ids(&out, SV_DIRECTIVE_BRANCH_LABELS, draft->branch_labels);
	if (draft->options != NULL)
		append_directive(&out, SV_DIRECTIVE_OPTIONS, unify_line_ends(draft->options, ' '));
	append_generated(&out, draft);
	append_section(&out, SV_DIRECTIVE_UP, draft->up);
	append_section(&out, SV_DIRECTIVE_DOWN, draft->down);
	append_section(&out, SV_DIRECTIVE_VERIFY, draft->verify);

	wrong = check_written(&whole, out.data);
	if (wrong != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_UNREADABLE_FILE),
				 errmsg("revision \"%s\" cannot be written in format \"native\"",
						draft->id != NULL ? draft->id : ""),
				 errdetail("Reading the file back would give another %s.", wrong),
				 errhint("Look for a line \"-- %s...\" inside of a script, and for COPY data at the end of one without its line \"\\.\".",
						 SV_DIRECTIVE_MARK)));
	return out.data;
}

/* ---------- file names ---------- */

/* Append the id with every byte that a file name might not bear as %XX. */
static void
append_encoded(StringInfo out, const char *id)
{
	int			limit = out->len + ID_BYTES;

	for (; *id != '\0' && out->len + 3 <= limit; id++)
	{
		if (isalnum((unsigned char) *id) && !IS_HIGHBIT_SET(*id))
			appendStringInfoChar(out, *id);
		else if (*id == '_' || *id == '.')
			appendStringInfoChar(out, *id);
		else
			appendStringInfo(out, "%%%02X", (unsigned char) *id);
	}
}

/* Append "_" and the message's letters and digits, other runs as one "_". */
static void
append_slug(StringInfo out, const char *message)
{
	int			limit = out->len + 1 + SLUG_BYTES;
	bool		gap = true;

	for (; *message != '\0' && out->len < limit; message++)
	{
		unsigned char c = pg_ascii_tolower((unsigned char) *message);

		if (IS_HIGHBIT_SET(c) || !isalnum(c))
		{
			gap = true;
			continue;
		}
		if (gap)
			appendStringInfoChar(out, '_');
		gap = false;
		if (out->len < limit)
			appendStringInfoChar(out, c);
	}
	if (out->data[out->len - 1] == '_')
		out->data[--out->len] = '\0';
}

/*
 * Return a file name for the revision, e.g.
 * "0001_4f1c2a9b0d3e_add_users_table.sql".  Names are different if positions
 * (from 1) are, and sort as the positions do up to 9999.
 */
char *
sv_native_file_name(const RevisionDraft *draft, int position)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "%04d", position);
	if (draft->id != NULL)
	{
		appendStringInfoChar(&out, '_');
		append_encoded(&out, draft->id);
	}
	if (draft->message != NULL)
		append_slug(&out, draft->message);
	appendStringInfoString(&out, ".sql");
	return out.data;
}
