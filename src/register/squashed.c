/*
 * squashed.c
 *		What a revision that is made of many has of them: its place in the graph.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "register/register.h"
#include "utils/builtins.h"

static bool *
member_marks(const RevisionGraph *graph, const RevisionList *list)
{
	bool	   *marks = palloc0(sizeof(bool) * (graph->n + 1));

	for (int i = 0; i < list->n; i++)
		marks[list->members[i]] = true;
	return marks;
}

/* Does nothing of the marked ones revise this one? */
static bool
is_last(const RevisionGraph *graph, int revision, const bool *marks)
{
	const GraphRevision *r = &graph->revisions[revision];

	for (int i = 0; i < r->nchildren; i++)
		if (marks[r->children[i]])
			return false;
	return true;
}

static void
refuse_two_ends(const RevisionGraph *graph, int first, int second)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_NOT_IN_RANGE),
			 errmsg("the range does not end in one revision"),
			 errdetail("Nothing in it revises \"%s\", and nothing \"%s\".",
					   graph->revisions[first].id,
					   graph->revisions[second].id),
			 errhint("Squash each branch by itself, or join them with SELECT schemaver.merge() first.")));
}

/* An outsider between members would have to run in the middle of the squashed one. */
static void
check_closed(const RevisionGraph *graph, const RevisionList *members, const bool *marks)
{
	bool	   *below = sv_graph_ancestors(graph, members, true);
	bool	   *above = sv_graph_descendants(graph, members, true);

	for (int i = 0; i < graph->n; i++)
		if (below[i] && above[i] && !marks[i])
			ereport(ERROR,
					(errcode(ERRCODE_SV_NOT_IN_RANGE),
					 errmsg("revision \"%s\" stands between revisions of the range",
							graph->revisions[i].id),
					 errhint("Take it into the range, or squash a shorter one.")));
}

/*
 * The members of a range that can become one revision, parents first.  Errors:
 * SV008 if they are fewer than two, end in several, or enclose others.
 */
RevisionList
sv_register_squash_members(const RevisionGraph *graph, const RevisionList *range)
{
	bool	   *marks = member_marks(graph, range);
	RevisionList members = sv_graph_order(graph, marks);
	int			last = -1;

	if (members.n < 2)
		ereport(ERROR,
				(errcode(ERRCODE_SV_NOT_IN_RANGE),
				 errmsg("a range of %d revision(s) cannot be squashed", members.n),
				 errhint("A range has two ends, as in 'base:head' or '4f1c:9b0d'.")));
	for (int i = 0; i < members.n; i++)
	{
		if (!is_last(graph, members.members[i], marks))
			continue;
		if (last >= 0)
			refuse_two_ends(graph, last, members.members[i]);
		last = members.members[i];
	}
	check_closed(graph, &members, marks);
	return members;
}

/* ---------- its place in the graph ---------- */

static List *
add_name(List *names, const char *name)
{
	return sv_register_has_name(names, name) ? names : lappend(names, (char *) name);
}

/* What the members revise and is none of them; of related ones only the latest. */
static List *
outer_parents(const RevisionGraph *graph, const RevisionList *members, const bool *marks)
{
	bool	   *outer = palloc0(sizeof(bool) * (graph->n + 1));
	List	   *result = NIL;

	for (int i = 0; i < members->n; i++)
	{
		const GraphRevision *r = &graph->revisions[members->members[i]];

		for (int j = 0; j < r->nparents; j++)
			outer[r->parents[j]] |= !marks[r->parents[j]];
	}
	for (int i = 0; i < graph->n; i++)
	{
		RevisionList one = {1, &i};
		bool	   *above;
		bool		covered = false;

		if (!outer[i])
			continue;
		above = sv_graph_descendants(graph, &one, false);
		for (int j = 0; j < graph->n; j++)
			covered |= j != i && outer[j] && above[j];
		if (!covered)
			result = lappend(result, (char *) graph->revisions[i].id);
	}
	return result;
}

static List *
outer_depends(const RevisionGraph *graph, const RevisionList *members, const bool *marks)
{
	List	   *result = NIL;

	for (int i = 0; i < members->n; i++)
	{
		const GraphRevision *r = &graph->revisions[members->members[i]];

		for (int j = 0; j < r->ndepends; j++)
			if (!marks[r->depends[j]])
				result = add_name(result, graph->revisions[r->depends[j]].id);
	}
	return result;
}

static List *
labels_of(const RevisionGraph *graph, const RevisionList *members)
{
	List	   *result = NIL;

	for (int i = 0; i < members->n; i++)
		for (int j = 0; j < graph->revisions[members->members[i]].nlabels; j++)
			result = add_name(result, graph->revisions[members->members[i]].labels[j]);
	return result;
}

/* ---------- what it says of itself ---------- */

static void
append_option(StringInfo out, const char *name, List *ids)
{
	if (ids != NIL)
		appendStringInfo(out, "%s\"%s\": %s", out->len > 1 ? ", " : "", name, sv_json_list(ids));
}

static bool
has_data(const char *id)
{
	ScriptOrigin origin;

	return sv_script_has_data(sv_register_body(id, sv_store_script(SV_STORE_WRITE, id), SV_UPGRADE,
											   &origin));
}

static void
report_elided(List *elided)
{
	StringInfoData list;

	if (elided == NIL)
		return;
	initStringInfo(&list);
	foreach_ptr(const char, string, elided)
		appendStringInfo(&list, "%s%s", list.len ? ", " : "", string);
	ereport(NOTICE,
			(errmsg("changes of rows of %d revision(s) are left out", list_length(elided)),
			 errdetail("Revisions: %s.", list.data)));
}

/* The members whose changes of rows are left out, now or in what was squashed before. */
static List *
elided_of(const RevisionGraph *graph, const RevisionList *members, bool keep_data)
{
	List	   *elided = NIL;

	for (int i = 0; i < members->n; i++)
	{
		char	   *id = (char *) graph->revisions[members->members[i]].id;

		elided = list_concat(elided,
							 sv_store_option_list(sv_store_revision(SV_STORE_WRITE, id)->options,
												  "elided"));
		if (!keep_data && has_data(id))
			elided = lappend(elided, id);
	}
	return elided;
}

/* The options of the new revision: what it replaces, with what was squashed before taken apart. */
static char *
options_of(const RevisionGraph *graph, const RevisionList *members, List *elided,
		   bool verify_by_error)
{
	List	   *replaces = NIL;
	List	   *supersedes = NIL;
	StringInfoData out;

	for (int i = 0; i < members->n; i++)
	{
		char	   *id = (char *) graph->revisions[members->members[i]].id;
		char	   *options = sv_store_revision(SV_STORE_WRITE, id)->options;
		List	   *inner = sv_store_option_list(options, "replaces");

		replaces = inner ? list_concat(replaces, inner) : lappend(replaces, id);
		if (inner != NIL)
			supersedes =
				lappend(list_concat(supersedes, sv_store_option_list(options, "supersedes")), id);
	}
	initStringInfo(&out);
	appendStringInfoChar(&out, '{');
	append_option(&out, "replaces", replaces);
	append_option(&out, "supersedes", supersedes);
	append_option(&out, "elided", elided);
	if (verify_by_error)
		appendStringInfo(&out, "%s\"verify_by_error\": true", out.len > 1 ? ", " : "");
	appendStringInfoChar(&out, '}');
	return out.data;
}

/*
 * Fill in of a draft all but message, id and scripts.  Errors: SV016 if the
 * members cannot be replaced.
 */
void
sv_register_squash_draft(RevisionDraft *draft, const RevisionGraph *graph,
						 const RevisionList *members, bool keep_data)
{
	bool	   *marks = member_marks(graph, members);
	const char *last = graph->revisions[members->members[members->n - 1]].id;
	List	   *elided;
	StoredScript *verified;

	draft->revises_given = true;
	draft->revises = outer_parents(graph, members, marks);
	draft->depends_on = outer_depends(graph, members, marks);
	draft->branch_labels = labels_of(graph, members);
	verified = sv_store_script(SV_STORE_WRITE, last);
	draft->verify = keep_data ? verified->verify : NULL;
	elided = elided_of(graph, members, keep_data);
	draft->options = options_of(graph, members, elided, draft->verify && verified->verify_by_error);
	sv_register_check_replacing(draft->id, draft->revises, draft->options);
	report_elided(elided);
}
