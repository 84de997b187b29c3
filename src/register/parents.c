/*
 * parents.c
 *		What a revision may stand on: parents and dependencies, as they are
 *		given (ids or any reference) turned into ids, and checked.
 *
 * An exact id costs one look-up; the graph is read only for other references
 * and for the rare checks that need it, so that registering n revisions costs
 * O(n).
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "register/register.h"

#define MAX_SHOWN_HEADS 5

static void
refuse_unknown_parent(const char *given, const char *kind)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_BAD_PARENT),
			 errmsg("%s \"%s\" is not registered", kind,
					strlen(given) > 64 ?
					psprintf("%.*s...", pg_mbcliplen(given, strlen(given), 64), given) : given),
			 errhint("Register it first; SELECT * FROM schemaver.history() lists what is registered.")));
}

/* The ids that a reference other than an exact id means. */
static List *
ids_of_reference(const char *given, const char *kind)
{
	RevisionGraph *graph = sv_store_graph(SV_STORE_WRITE);
	MemoryContext caller = CurrentMemoryContext;
	RevisionList found;
	List	   *ids = NIL;

	/* A name that cannot be a reference is an unknown parent, nothing else. */
	if (given[0] == '\0')
		refuse_unknown_parent(given, kind);
	PG_TRY();
	{
		found = sv_graph_resolve(graph, given);
	}
	PG_CATCH();
	{
		/* Pure code raised it, so no clean-up of the transaction is due. */
		if (geterrcode() != ERRCODE_SV_UNKNOWN_REVISION)
			PG_RE_THROW();
		MemoryContextSwitchTo(caller);
		FlushErrorState();
		found.n = -1;
		found.members = NULL;
	}
	PG_END_TRY();
	if (found.n < 0)
		refuse_unknown_parent(given, kind);
	for (int i = 0; i < found.n; i++)
		ids = lappend(ids, (char *) graph->revisions[found.members[i]].id);
	return ids;
}

/* Refuse parents of which one is an ancestor of another. */
static void
refuse_related(const List *parents)
{
	RevisionGraph *graph = sv_store_graph(SV_STORE_WRITE);
	ListCell   *cell;
	ListCell   *other;

	foreach(cell, parents)
	{
		int			self = sv_graph_find(graph, lfirst(cell));
		RevisionList one = {1, &self};
		bool	   *above = sv_graph_ancestors(graph, &one, false);

		foreach(other, parents)
		{
			if (lfirst(other) == lfirst(cell) || !above[sv_graph_find(graph, lfirst(other))])
				continue;
			ereport(ERROR,
					(errcode(ERRCODE_SV_BAD_PARENT),
					 errmsg("parent \"%s\" is an ancestor of parent \"%s\"",
							(char *) lfirst(other), (char *) lfirst(cell)),
					 errhint("Give only \"%s\".", (char *) lfirst(cell))));
		}
	}
}

static void
refuse_several_heads(const RevisionGraph *graph, const RevisionList *heads)
{
	StringInfoData ids;

	initStringInfo(&ids);
	for (int i = 0; i < Min(heads->n, MAX_SHOWN_HEADS); i++)
		appendStringInfo(&ids, "%s\"%s\"", i > 0 ? ", " :
						 "", graph->revisions[heads->members[i]].id);
	ereport(ERROR,
			(errcode(ERRCODE_SV_SEVERAL_HEADS),
			 errmsg("the new revision could revise any of %d heads", heads->n),
			 errdetail("The heads are %s%s.", ids.data, heads->n > MAX_SHOWN_HEADS ? ", ..." : ""),
			 errhint("Say which with revises => ARRAY['...'], or join them first with SELECT schemaver.merge().")));
}

/*
 * The default parent: the only head.  It is the revision that was registered
 * last, unless an edit has put another one on top of that.
 */
static List *
only_head(void)
{
	int			count;
	char	   *newest = sv_store_newest_revision(&count);
	RevisionGraph *graph;
	RevisionList heads;

	if (newest == NULL)
		return NIL;
	if (count == 1 && !sv_store_has_children(newest, newest))
		return list_make1(newest);

	graph = sv_store_graph(SV_STORE_WRITE);
	heads = sv_graph_heads(graph);
	if (heads.n > 1)
		refuse_several_heads(graph, &heads);
	return list_make1((char *) graph->revisions[heads.members[0]].id);
}

/*
 * The parents of a revision, as ids in the order given.  Not given: the only
 * head.  A parent that is no head needs "splice"; "self" is the revision's own
 * id.  *heads_closed is set to the number of parents that were heads.
 */
List *
sv_register_parents(List *given, bool are_given, bool splice, const char *self, int *heads_closed)
{
	List	   *parents = NIL;
	bool		spliced = false;

	*heads_closed = 0;
	if (!are_given)
	{
		parents = only_head();
		*heads_closed = list_length(parents);
		return parents;
	}
	foreach_ptr(char, string, given)
	{
		List	   *ids = sv_store_revision_exists(string) ?
		list_make1(string) : strcmp(string, self) == 0 ?
		list_make1(string) : ids_of_reference(string, "parent");

		foreach_ptr(char, name, ids)
		{
			if (strcmp(name, self) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_SV_BAD_PARENT),
						 errmsg("revision \"%s\" cannot revise itself", self)));
			if (sv_base_has_string(parents, name))
				ereport(ERROR,
						(errcode(ERRCODE_SV_BAD_PARENT),
						 errmsg("parent \"%s\" is given twice", name)));
			parents = lappend(parents, name);
			if (!sv_store_has_children(name, self))
				(*heads_closed)++;
			else if (splice)
				spliced = true;
			else
				ereport(ERROR,
						(errcode(ERRCODE_SV_BAD_PARENT),
						 errmsg("parent \"%s\" is not a head", name),
						 errhint("Pass splice => true to start a new branch there.")));
		}
	}
	if (spliced && list_length(parents) > 1)
		refuse_related(parents);
	return parents;
}

/*
 * The dependencies of a revision: an id or a branch label stays as given, any
 * other reference is turned into ids.
 */
List *
sv_register_depends(List *given, const char *self)
{
	List	   *depends = NIL;

	foreach_ptr(char, name, given)
	{
		List	   *names = strcmp(name, self) == 0 || sv_store_revision_exists(name) ||
		sv_store_label_owner(name) != NULL ? list_make1(name) :
		ids_of_reference(name, "dependency");

		foreach_ptr(char, string, names)
		{
			if (strcmp(string, self) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_SV_BAD_PARENT),
						 errmsg("revision \"%s\" cannot depend on itself", self)));
			if (!sv_base_has_string(depends, string))
				depends = lappend(depends, string);
		}
	}
	return depends;
}
