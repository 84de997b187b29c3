/*
 * sqitch.c
 *		Format "sqitch": sqitch.plan, and deploy, revert and verify scripts.
 *
 * The plan gives the order; each change revises the one before it and depends
 * on what it requires.  A tag becomes a tag.  A change that the plan has again
 * behind a tag was reworked: its earlier scripts are NAME@TAG.sql.  The first
 * instance keeps NAME as its id, so that what is registered keeps its id, too;
 * the next one is NAME.2.  A requirement of another project is a dependency on
 * PROJECT/NAME.  What a change conflicts with must be neither before it in the
 * plan nor registered.
 *
 * sqitch_conf.c says where the scripts are, psql_commands.c what their commands of
 * psql do.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"

#include "formats/formats_private.h"

/* A change of the plan. */
typedef struct Change
{
	const char *name;
	const char *id;
	const char *change_id;		/* Sqitch's */
	PlanLine	planned;
	List	   *needs;			/* of char *: names as the plan has them */
	List	   *conflicts;		/* the same */
	List	   *tags;			/* of PlanTag */
	int			line;
	struct Change *next;		/* the instance that replaced it by rework, or NULL */
	List	   *rework_tags;	/* tags between the two; one of them is in its scripts' names */
} Change;

typedef struct SqitchReader
{
	Folder	   *folder;
	const SourceFile *plan;
	SqitchProject project;
	SqitchFolders folders;
	List	   *changes;		/* of Change, in order */
	List	   *used;			/* of SourceFile */
} SqitchReader;

static FormatFit
fit_sqitch(const SourceFile *file)
{
	LineCursor	line = {file->content};

	if (!sv_name_ends_with(file->name, ".plan") || file->content == NULL)
		return SV_FIT_NONE;
	if (sv_name_ends_with(file->name, "sqitch.plan"))
		return SV_FIT_ROOT;
	while (sv_line_next(&line)) /* sqitch.conf can name it otherwise */
	{
		if (sv_line_begins(&line, "%project"))
			return SV_FIT_ROOT;
	}
	return SV_FIT_NONE;
}

/* ---------- sqitch.plan ---------- */

static void
refuse_plan_line(const SqitchReader *r, int line, const char *message)
{
	sv_format_refuse(r->plan, line, message, "Restore the plan as Sqitch wrote it.");
}

/* Return the latest change of that name, or NULL. */
static Change *
find_change(const SqitchReader *r, const char *name)
{
	for (int i = list_length(r->changes) - 1; i >= 0; i--)
	{
		Change	   *change = list_nth(r->changes, i);

		if (strcmp(change->name, name) == 0)
			return change;
	}
	return NULL;
}

static int
instances_of(const SqitchReader *r, const char *name)
{
	int			n = 0;

	foreach_ptr(const Change, change, r->changes)
		n += strcmp(change->name, name) == 0;
	return n;
}

/* "[a !b c@v1 other:d]": names into needs, those behind '!' into conflicts. */
static const char *
read_dependencies(const SqitchReader *r, Change *change, const char *at)
{
	const char *end = strchr(at, ']');

	if (end == NULL)
		refuse_plan_line(r, change->line, "the list of dependencies has no end");
	for (at++; at < end; at += strspn(at, " \t"))
	{
		int			length = Min(strcspn(at, " \t]"), end - at);
		char	   *name = pnstrdup(at, length);

		if (length == 0)
			continue;
		if (*name == '!')
			change->conflicts = lappend(change->conflicts, name + 1);
		else
			change->needs = lappend(change->needs, name);
		at += length;
	}
	return end + 1;
}

static int
length_without_blanks(const char *text)
{
	int			length = strlen(text);

	while (length > 0 && strchr(" \t\r", text[length - 1]) != NULL)
		length--;
	return length;
}

/* The text behind " # ", with \n and \\ undone; NULL if there is none. */
static char *
read_note(const char *at)
{
	const char *hash = strstr(at, " #");
	StringInfoData out;

	if (hash == NULL)
		return NULL;
	hash += 2;
	hash += strspn(hash, " \t");
	hash = pnstrdup(hash, length_without_blanks(hash));
	initStringInfo(&out);
	for (; *hash != '\0'; hash++)
	{
		if (*hash == '\\' && (hash[1] == 'n' || hash[1] == 'r' || hash[1] == '\\'))
		{
			hash++;
			appendStringInfoChar(&out, *hash == 'n' ? '\n' : *hash == 'r' ? '\r' : '\\');
		}
		else
			appendStringInfoChar(&out, *hash);
	}
	return out.len > 0 ? out.data : NULL;
}

/* Is it a moment as Sqitch writes it, "2026-01-02T03:04:05Z"? */
static bool
is_moment(const char *text)
{
	static const char pattern[] = "0000-00-00T00:00:00Z";

	if (strlen(text) != strlen(pattern))
		return false;
	for (int i = 0; pattern[i] != '\0'; i++)
	{
		if (pattern[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != pattern[i])
			return false;
	}
	return true;
}

/* "2026-01-02T03:04:05Z Ann Lee <ann@example.com> # note" */
static PlanLine
read_planned(const SqitchReader *r, int number, const char *at)
{
	PlanLine	line = {"", "", ""};
	int			length;

	at += strspn(at, " \t");
	length = strcspn(at, " \t");
	line.note = read_note(at);
	line.planned_at = pnstrdup(at, length);
	if (!is_moment(line.planned_at))
		refuse_plan_line(r, number, "the line does not say when the change or tag was planned");
	at += length;
	at += strspn(at, " \t");
	length = strcspn(at, "<");
	if (at[length] != '<' || strchr(at + length, '>') == NULL)
		refuse_plan_line(r, number, "the line does not say who has planned the change or tag");
	line.planner_email = pnstrdup(at + length + 1, strcspn(at + length + 1, ">"));
	line.planner_name = pnstrdup(at, length);
	line.planner_name = pnstrdup(at, length_without_blanks(line.planner_name));
	return line;
}

static void
read_tag(SqitchReader *r, const char *text, int line)
{
	Change	   *last = r->changes != NIL ? llast(r->changes) : NULL;
	PlanTag    *tag = palloc0(sizeof(PlanTag));

	if (last == NULL)
		refuse_plan_line(r, line, "a tag stands before the first change");
	text++;
	tag->name = pnstrdup(text, strcspn(text, " \t"));
	tag->line = read_planned(r, line, text + strlen(tag->name));
	last->tags = lappend(last->tags, tag);
}

/* Return the tags from the change on. */
static List *
tags_from(const SqitchReader *r, const Change *change)
{
	List	   *tags = NIL;
	bool		seen = false;

	foreach_ptr(const Change, this, r->changes)
	{
		seen |= this == change;
		if (seen)
			tags = list_concat(tags, this->tags);
	}
	return tags;
}

static void
read_change(SqitchReader *r, const char *text, int line)
{
	Change	   *change = palloc0(sizeof(Change));
	Change	   *before;
	int			length;

	if (*text == '-')
		refuse_plan_line(r, line, "the plan reverts a change");
	text += *text == '+' ? 1 : 0;
	text += strspn(text, " \t");
	length = strcspn(text, " \t");
	change->name = pnstrdup(text, length);
	change->line = line;
	before = find_change(r, change->name);
	change->id = sv_id_from(change->name, length);
	if (before != NULL)
	{
		before->next = change;
		before->rework_tags = tags_from(r, before);
		if (before->rework_tags == NIL)
			refuse_plan_line(r, line,
							 psprintf("change \"%s\" stands there twice without a tag between",
									  change->name));
		change->id = psprintf("%s.%d", change->id, instances_of(r, change->name) + 1);
	}
	text += length;
	text += strspn(text, " \t");
	if (*text == '[')
		text = read_dependencies(r, change, text);
	change->planned = read_planned(r, line, text);
	change->change_id =
		sv_sqitch_change_id(&r->project, change->name,
							r->changes != NIL ? ((Change *) llast(r->changes))->change_id : NULL,
							&change->planned, change->needs, change->conflicts);
	r->changes = lappend(r->changes, change);
}

/* "%project=NAME", "%uri=URI" */
static void
read_pragma(SqitchReader *r, const char *text)
{
	const char *value = strchr(text, '=');

	if (value == NULL)
		return;
	value += 1 + strspn(value + 1, " \t");
	value = pnstrdup(value, length_without_blanks(value));
	if (strncmp(text, "%project", 8) == 0)
		r->project.name = value;
	else if (strncmp(text, "%uri", 4) == 0)
		r->project.uri = value;
}

static void
read_plan(SqitchReader *r)
{
	LineCursor	line = {r->plan->content};

	while (sv_line_next(&line))
	{
		char	   *text = pnstrdup(line.start, line.length);

		text += strspn(text, " \t");
		CHECK_FOR_INTERRUPTS();
		if (*text == '\0' || *text == '#')
			continue;
		if (*text == '%')
			read_pragma(r, text);
		else if (r->project.name == NULL)
			refuse_plan_line(r, line.number, "the plan names no project before its first change");
		else if (*text == '@')
			read_tag(r, text, line.number);
		else
			read_change(r, text, line.number);
	}
	if (r->project.name == NULL)
		refuse_plan_line(r, 1, "the plan names no project");
}

/* ---------- scripts ---------- */

/* Return the script of the change, or NULL. */
static const SourceFile *
find_script(SqitchReader *r, const Change *change, SqitchScript script, const char *suffix)
{
	const char *name = psprintf("%s%s.%s", change->name, suffix, r->folders.extension);
	const char *path = sv_path_join(r->folders.scripts[script], name);
	const SourceFile *file = sv_folder_find(r->folder, path);

	if (file == NULL && *suffix != '\0')
		file = sv_folder_find(r->folder, sv_path_join(r->folders.reworked[script], name));
	if (file == NULL || file->content == NULL)
		return NULL;
	r->used = lappend(r->used, (void *) file);
	return file;
}

/* The text of the script as psql sends it. */
static const char *
text_of_script(SqitchReader *r, const SourceFile *script)
{
	return sv_psql_commands(r->folder, r->folders.root, script, &r->used);
}

/* Which tag is in the names of a reworked change's scripts: the first with a deploy script. */
static const char *
suffix_of(SqitchReader *r, const Change *change)
{
	foreach_ptr(const PlanTag, tag, change->rework_tags)
	{
		const char *suffix = psprintf("@%s", tag->name);

		if (find_script(r, change, SV_SQITCH_DEPLOY, suffix) != NULL)
			return suffix;
	}
	if (change->rework_tags == NIL)
		return "";
	return psprintf("@%s", ((PlanTag *) linitial(change->rework_tags))->name);
}

/* The name without its tag. */
static char *
without_tag(const char *name)
{
	const char *at = strchr(name, '@');

	return pnstrdup(name, at != NULL ? at - name : strlen(name));
}

/* The name without the project, if that is the plan's own. */
static const char *
without_own_project(const SqitchReader *r, const char *name)
{
	int			length = strlen(r->project.name);

	return strncmp(name, r->project.name, length) == 0 && name[length] == ':' ?
		name + length + 1 : name;
}

/* The id of a name that has another project's in front; NULL if it has none. */
static char *
id_elsewhere(const char *name)
{
	const char *colon = strchr(name, ':');
	char	   *plain = without_tag(name);
	char	   *id;

	if (colon == NULL || colon - name >= strlen(plain))
		return NULL;
	id = sv_id_from(plain, strlen(plain));
	id[colon - name] = '/';
	return id;
}

/* What a name in the plan's list of dependencies means here. */
static char *
dependency_id(const SqitchReader *r, const Change *change, const char *name)
{
	char	   *elsewhere;
	char	   *plain;
	Change	   *needed;

	name = without_own_project(r, name);
	elsewhere = id_elsewhere(name);
	if (elsewhere != NULL)
		return elsewhere;
	plain = without_tag(name);
	needed = find_change(r, plain);
	while (needed != NULL && needed->line >= change->line)
	{
		/* an earlier instance of a reworked change */
		Change	   *earlier = NULL;
		ListCell   *lc;

		foreach(lc, r->changes)
		{
			if (((Change *) lfirst(lc))->next == needed)
				earlier = lfirst(lc);
		}
		needed = earlier;
	}
	if (needed == NULL && *plain != '\0')
		refuse_plan_line(r, change->line,
						 psprintf("change \"%s\" requires \"%s\", which the plan does not have before it",
								  change->name, plain));
	return needed != NULL ? pstrdup(needed->id) : NULL;
}

static bool
change_has_tag(const Change *change, const char *tag)
{
	foreach_ptr(const PlanTag, one, change->tags)
	{
		if (strcmp(one->name, tag) == 0)
			return true;
	}
	return false;
}

/* Does the plan have what the name means, a change or a tag alone? */
static bool
is_planned(const SqitchReader *r, const char *name, int before_line)
{
	foreach_ptr(const Change, change, r->changes)
	{
		if (change->line < before_line &&
			(*name == '@' ? change_has_tag(change, name + 1) :
			 strcmp(change->name, without_tag(name)) == 0))
			return true;
	}
	return false;
}

/*
 * Note what a change conflicts with: what stands behind it in the plan is no matter, since
 * it is not there when the change is deployed.
 */
static void
add_conflict(const SqitchReader *r, const Change *change, const char *name, RevisionDraft *draft)
{
	DraftConflict *conflict = palloc0(sizeof(DraftConflict));

	name = without_own_project(r, name);
	if (is_planned(r, name, change->line))
		sv_format_refuse(r->plan, change->line,
						 psprintf("change \"%s\" conflicts with \"%s\", which the plan has before it",
								  change->name, name),
						 "Take one of both out of the plan, or the conflict out of the change.");
	if (*without_tag(name) == '\0' || is_planned(r, name, INT_MAX))
		return;
	conflict->id = id_elsewhere(name);
	conflict->is_own = conflict->id == NULL;
	if (conflict->is_own)
		conflict->id = sv_id_from(name, strlen(without_tag(name)));
	conflict->file = r->plan->name;
	conflict->line = change->line;
	draft->conflicts = lappend(draft->conflicts, conflict);
}

static RevisionDraft *
draft_of_change(SqitchReader *r, Change *change)
{
	const char *suffix = suffix_of(r, change);
	const SourceFile *deploy = find_script(r, change, SV_SQITCH_DEPLOY, suffix);
	const SourceFile *revert = find_script(r, change, SV_SQITCH_REVERT, suffix);
	const SourceFile *verify = find_script(r, change, SV_SQITCH_VERIFY, suffix);
	RevisionDraft *draft;

	if (deploy == NULL)
		sv_format_refuse(r->plan, change->line,
						 psprintf("change \"%s\" has no deploy script", change->name),
						 "Load the folder with its scripts.");
	draft = sv_draft_new(deploy, change->id, change->planned.note != NULL ? change->planned.note :
						 change->name);
	sv_draft_set_up(draft, deploy, text_of_script(r, deploy), 1);
	if (revert != NULL)
		sv_draft_set_down(draft, revert, text_of_script(r, revert), 1);
	if (verify != NULL)
	{
		draft->verify = text_of_script(r, verify);
		draft->verify_source = verify->name;
		draft->verify_line = 1;
		/* what its queries return is no matter to Sqitch */
		sv_draft_option(draft, "verify_by_error", "true");
	}
	foreach_ptr(const PlanTag, tag, change->tags)
		draft->tags = lappend(draft->tags, pstrdup(tag->name));
	sv_sqitch_note(draft, &r->project, change->name, change->change_id, &change->planned,
				   change->needs, change->conflicts, change->tags);
	sv_draft_variables(draft, "psql");
	draft->depends_on_given = true;
	foreach_ptr(const char, need, change->needs)
	{
		char	   *id = dependency_id(r, change, need);

		if (id != NULL && strcmp(id, change->id) != 0)
			draft->depends_on = lappend(draft->depends_on, id);
	}
	foreach_ptr(const char, conflict, change->conflicts)
		add_conflict(r, change, conflict, draft);
	return draft;
}

/* A script that the plan does not name is left out, as Sqitch does. */
static void
ignore_unused(SqitchReader *r)
{
	foreach_ptr(const SourceFile, file, r->folder->files)
	{
		if (sv_file_is_sql(file) && !list_member_ptr(r->used, file))
			sv_format_ignore(r->folder, file, "the plan does not name it");
	}
}

static List *
read_sqitch(Folder *folder)
{
	SqitchReader r = {folder};
	List	   *drafts = NIL;
	ListCell   *lc;

	foreach(lc, folder->files)
	{
		if (fit_sqitch(lfirst(lc)) == SV_FIT_NONE)
			continue;
		if (r.plan != NULL)
			sv_format_refuse(lfirst(lc), 0, "the folder has several plans",
							 "Load the folder of each project by itself, with its name as the source.");
		r.plan = lfirst(lc);
	}
	if (r.plan == NULL)
		sv_format_refuse(linitial(folder->files), 0, "there is no sqitch.plan",
						 "Load the folder that has it.");
	r.folders = sv_sqitch_folders(folder, r.plan->name);
	read_plan(&r);
	foreach_ptr(Change, change, r.changes)
		drafts = lappend(drafts, draft_of_change(&r, change));
	if (list_length(drafts) > 1)
		sv_drafts_chain(drafts);
	ignore_unused(&r);
	return drafts;
}

const Format sv_format_sqitch = {
	.name = "sqitch",
	.needs = "a line in sqitch.plan",
	.fit = fit_sqitch,
	.read = read_sqitch,
};
