/*
 * sqitch_ids.c
 *		What Sqitch knows a change by: its id, and what stands in its registry.
 *
 * The id is the SHA-1 of a text made of the change's line in the plan and of the
 * id of the change before it, so the edit of a line changes all ids behind it.
 */
#include "postgres.h"

#include "formats/formats_private.h"

/* "name <email>" of who planned it. */
static char *
planner_of(const PlanLine *line)
{
	return psprintf("%s <%s>", line->planner_name, line->planner_email);
}

/* The SHA-1 of "KIND LENGTH\0TEXT". */
static char *
object_id(const char *kind, const char *text)
{
	size_t		n;
	char	   *bytes = sv_utf8(text, &n);
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "%s %zu", kind, n);
	appendBinaryStringInfo(&out, "", 1);
	appendBinaryStringInfo(&out, bytes, n);
	return sv_hash_bytes(PG_SHA1, out.data, out.len);
}

static void
append_project(StringInfo out, const SqitchProject *project)
{
	appendStringInfo(out, "project %s\n", project->name);
	if (project->uri != NULL)
		appendStringInfo(out, "uri %s\n", project->uri);
}

static void
append_planner(StringInfo out, const PlanLine *line)
{
	appendStringInfo(out, "planner %s\ndate %s", planner_of(line), line->planned_at);
}

static void
append_names(StringInfo out, const char *title, const char *mark, const List *names)
{
	if (names == NIL)
		return;
	appendStringInfo(out, "\n%s", title);
	foreach_ptr(const char, name, names)
		appendStringInfo(out, "\n  %s %s", mark, name);
}

static void
append_note(StringInfo out, const PlanLine *line)
{
	if (line->note != NULL)
		appendStringInfo(out, "\n\n%s", line->note);
}

/* The id of a change; "parent" is that of the change before it in the plan, or NULL. */
char *
sv_sqitch_change_id(const SqitchProject *project, const char *name, const char *parent,
					const PlanLine *line, const List *needs, const List *conflicts)
{
	StringInfoData out;

	initStringInfo(&out);
	append_project(&out, project);
	appendStringInfo(&out, "change %s\n", name);
	if (parent != NULL)
		appendStringInfo(&out, "parent %s\n", parent);
	append_planner(&out, line);
	append_names(&out, "requires", "+", needs);
	append_names(&out, "conflicts", "-", conflicts);
	append_note(&out, line);
	return object_id("change", out.data);
}

/* The id of a tag ("@v1") of a change. */
static char *
tag_id(const SqitchProject *project, const PlanTag *tag, const char *change)
{
	StringInfoData out;

	initStringInfo(&out);
	append_project(&out, project);
	appendStringInfo(&out, "tag @%s\nchange %s\n", tag->name, change);
	append_planner(&out, &tag->line);
	append_note(&out, &tag->line);
	return object_id("tag", out.data);
}

static void
add_plan_line(const char **object, const PlanLine *line)
{
	sv_json_add(object, "note", sv_json_quote(line->note != NULL ? line->note : ""));
	sv_json_add(object, "planner_name", sv_json_quote(line->planner_name));
	sv_json_add(object, "planner_email", sv_json_quote(line->planner_email));
	sv_json_add(object, "planned_at", sv_json_quote(line->planned_at));
}

/* Note all of it with the draft: what Sqitch would write into its registry. */
void
sv_sqitch_note(RevisionDraft *draft, const SqitchProject *project, const char *name,
			   const char *id, const PlanLine *line, const List *needs, const List *conflicts,
			   const List *tags)
{
	StringInfoData array;

	initStringInfo(&array);
	appendStringInfoChar(&array, '[');
	foreach_ptr(const PlanTag, tag, tags)
	{
		const char *object = NULL;

		sv_json_add(&object, "tag_id", sv_json_quote(tag_id(project, tag, id)));
		sv_json_add(&object, "tag", sv_json_quote(psprintf("@%s", tag->name)));
		add_plan_line(&object, &tag->line);
		appendStringInfo(&array, "%s%s", foreach_current_index(tag) > 0 ? ", " : "", object);
	}
	appendStringInfoChar(&array, ']');
	sv_json_add(&draft->details, "change_id", sv_json_quote(id));
	sv_json_add(&draft->details, "project", sv_json_quote(project->name));
	if (project->uri != NULL)
		sv_json_add(&draft->details, "uri", sv_json_quote(project->uri));
	sv_json_add(&draft->details, "change", sv_json_quote(name));
	add_plan_line(&draft->details, line);
	sv_draft_detail_list(draft, "requires", needs);
	sv_draft_detail_list(draft, "conflicts", conflicts);
	sv_json_add(&draft->details, "tags", array.data);
}
