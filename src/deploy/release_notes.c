/*
 * release_notes.c
 *		What a deployment did, on one screen.
 */
#include "postgres.h"

#include "deploy/deploy.h"
#include "utils/timestamp.h"

#define NAMES_SHOWN 5

/* The ids of what is applied and nothing applied revises, or "base". */
char *
sv_deploy_heads(const RevisionGraph *graph)
{
	RevisionList heads = sv_graph_current(graph);
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < Min(heads.n, NAMES_SHOWN); i++)
		appendStringInfo(&names, "%s%s", i > 0 ? ", " : "",
						 sv_base_clip(graph->revisions[heads.members[i]].id));
	if (heads.n > NAMES_SHOWN)
		appendStringInfo(&names, " and %d more", heads.n - NAMES_SHOWN);
	return heads.n == 0 ? "base" : names.data;
}

static int
count_action(const List *loaded, RegisterAction action)
{
	int			n = 0;

	foreach_ptr(const RegisterResult, result, loaded)
		n += result->action == action;
	return n;
}

/* "3 added" and so on, in the order of what matters. */
static void
append_counts(StringInfo out, const List *loaded)
{
	static const struct
	{
		RegisterAction action;
		const char *name;
	}			kinds[] = {
		{SV_REGISTER_ADDED, "added"}, {SV_REGISTER_UPDATED, "updated"},
		{SV_REGISTER_UNCHANGED, "unchanged"}, {SV_REGISTER_REPLACED, "replaced by a squash"},
		{SV_REGISTER_REMOVED, "removed"}, {SV_REGISTER_MISSING, "missing"},
	};
	const char *separator = "Revisions: ";

	for (int i = 0; i < lengthof(kinds); i++)
	{
		int			n = count_action(loaded, kinds[i].action);

		if (n == 0)
			continue;
		appendStringInfo(out, "%s%d %s", separator, n, kinds[i].name);
		separator = ", ";
	}
	if (out->len > 0)
		appendStringInfoChar(out, '.');
}

/* Name those with that action: revisions by their ids, files by their names and the reason. */
static void
append_named(StringInfo out, const List *loaded, RegisterAction action, const char *title)
{
	int			n = 0;

	foreach_ptr(const RegisterResult, result, loaded)
	{
		if (result->action != action || ++n > NAMES_SHOWN)
			continue;
		if (n == 1 && out->len > 0)
			appendStringInfoChar(out, '\n');
		appendStringInfo(out, "%s%s", n > 1 ? ", " : title,
						 sv_base_clip(result->id != NULL ? result->id : result->file));
		if (result->id == NULL && result->finding != NULL)
			appendStringInfo(out, " (%s)", result->finding);
	}
	if (n > NAMES_SHOWN)
		appendStringInfo(out, " and %d more", n - NAMES_SHOWN);
	if (n > 0)
		appendStringInfoChar(out, '.');
}

/* Say what was done, or would have been; nothing if schemaver.progress is off. */
void
sv_deploy_report(const Release *release)
{
	double		elapsed = (GetCurrentTimestamp() - release->started_at) / 1000.0;
	bool		dry = release->deployment->run.dry_run;
	StringInfoData detail;
	const char *how;

	if (!sv_progress)
		return;
	initStringInfo(&detail);
	append_counts(&detail, release->loaded);
	append_named(&detail, release->loaded, SV_REGISTER_MISSING, "Not among the files: ");
	append_named(&detail, release->loaded, SV_REGISTER_IGNORED, "Files left out: ");
	how = release->committed ? "commit by commit" : "in one transaction";
	if (dry)
		how = release->committed ? "commit by commit, so nothing was tried" :
			"in one transaction, tried and rolled back";
	ereport(INFO,
			(release->nsteps == 0 ?
			 errmsg("nothing to deploy: the database is at %s (%.0f ms)", release->after, elapsed) :
			 errmsg_plural("%s from %s to %s: %d revision %s (%.0f ms)",
						   "%s from %s to %s: %d revisions %s (%.0f ms)", release->nsteps,
						   dry ? "would deploy" : "deployed", release->before, release->after,
						   release->nsteps, how, elapsed),
			 detail.len > 0 ? errdetail_internal("%s", detail.data) : 0));
}
