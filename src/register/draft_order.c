/*
 * draft_order.c
 *		Drafts in an order in which each comes after what it needs.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "register/register.h"
#include "utils/hsearch.h"

#define MAX_SHOWN_CYCLE 10

typedef enum VisitState
{
	NOT_VISITED,
	BEING_VISITED,
	VISITED
} VisitState;

/* A draft on its way into an order in which parents come first. */
typedef struct Visit
{
	RevisionDraft *draft;
	VisitState	state;
	int			edge;			/* next parent or dependency to look at */
	struct Visit *below;		/* who asked for this one */
} Visit;

typedef struct VisitEntry
{
	char		id[NAMEDATALEN * 2 + 2];	/* ids are at most 128 bytes */
	Visit	   *visit;
} VisitEntry;

static HTAB *
index_drafts(List *drafts)
{
	HASHCTL		ctl = {0};
	HTAB	   *by_id;
	ErrorContextCallback callback = {error_context_stack, sv_register_file_context};

	ctl.keysize = sizeof(((VisitEntry *) 0)->id);
	ctl.entrysize = sizeof(VisitEntry);
	ctl.hcxt = CurrentMemoryContext;
	by_id = hash_create("drafts by id", Max(list_length(drafts), 8), &ctl,
						HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	error_context_stack = &callback;
	foreach_ptr(RevisionDraft, draft, drafts)
	{
		VisitEntry *entry;
		bool		found;

		callback.arg = draft;
		if (draft->id == NULL)
			continue;
		sv_graph_check_name(draft->id, "revision id");
		entry = hash_search(by_id, draft->id, HASH_ENTER, &found);
		if (found)
			ereport(ERROR,
					(errcode(ERRCODE_SV_DUPLICATE),
					 errmsg("revision \"%s\" stands in the files twice", draft->id),
					 errdetail("Files \"%s\" and \"%s\".",
							   entry->visit->draft->source ? entry->visit->draft->source : "",
							   draft->source ? draft->source : ""),
					 errhint("Give one of them another id, and let it revise the other one.")));
		entry->visit = palloc0(sizeof(Visit));
		entry->visit->draft = draft;
	}
	error_context_stack = callback.previous;
	return by_id;
}

/* The n-th parent or dependency that a draft names, or NULL after the last. */
static const char *
nth_need(const RevisionDraft *draft, int n)
{
	if (n < list_length(draft->revises))
		return list_nth(draft->revises, n);
	n -= list_length(draft->revises);
	return n < list_length(draft->depends_on) ? list_nth(draft->depends_on, n) : NULL;
}

static void
refuse_cycle(const Visit *top, const Visit *start)
{
	List	   *cycle = NIL;
	StringInfoData ids;

	for (const Visit *v = top; v != start; v = v->below)
		cycle = lcons((char *) v->draft->id, cycle);
	cycle = lcons((char *) start->draft->id, cycle);

	initStringInfo(&ids);
	foreach_ptr(const char, string, cycle)
	{
		if (foreach_current_index(string) == MAX_SHOWN_CYCLE)
		{
			appendStringInfoString(&ids, "... -> ");
			break;
		}
		appendStringInfo(&ids, "\"%s\" -> ", string);
	}
	ereport(ERROR,
			(errcode(ERRCODE_SV_BAD_PARENT),
			 errmsg("revisions form a cycle"),
			 errdetail("The cycle is %s\"%s\", where each revises or depends on the next.",
					   ids.data, start->draft->id)));
}

/* Append a draft to the order, after all the drafts that it needs. */
static List *
visit(Visit *start, HTAB *by_id, List *order)
{
	Visit	   *top = start;

	while (top != NULL)
	{
		const char *need = nth_need(top->draft, top->edge++);
		VisitEntry *entry;

		top->state = BEING_VISITED;
		if (need == NULL)
		{
			order = lappend(order, top->draft);
			top->state = VISITED;
			top = top->below;
			continue;
		}
		if (strlen(need) >= sizeof(entry->id))
			continue;
		entry = hash_search(by_id, need, HASH_FIND, NULL);
		if (entry == NULL || entry->visit->state == VISITED)
			continue;
		if (entry->visit->state == BEING_VISITED)
			refuse_cycle(top, entry->visit);
		entry->visit->below = top;
		top = entry->visit;
	}
	return order;
}

/* The names other than its id by which a draft can be meant. */
static List *
other_names(const RevisionDraft *draft)
{
	List	   *names = list_copy(draft->branch_labels);

	if (draft->options == NULL)
		return names;
	names = list_concat(names, sv_store_option_list(draft->options, "replaces"));
	return list_concat(names, sv_store_option_list(draft->options, "supersedes"));
}

/* Do the names have one that means the draft? */
static bool
is_needed(const RevisionDraft *draft, const List *names)
{
	if (sv_register_has_name(names, draft->id))
		return true;
	foreach_ptr(const char, name, other_names(draft))
	{
		if (sv_register_has_name(names, name))
			return true;
	}
	return false;
}

/* Let the other names of each draft lead to it, where no draft has them as its id. */
static void
index_other_names(HTAB *by_id, List *drafts)
{
	ErrorContextCallback callback = {error_context_stack, sv_register_file_context};
	ListCell   *label;

	error_context_stack = &callback;
	foreach_ptr(RevisionDraft, draft, drafts)
	{
		callback.arg = draft;
		foreach(label, other_names(draft))
		{
			VisitEntry *entry;
			bool		found;

			if (draft->id == NULL || strlen(lfirst(label)) >= sizeof(entry->id))
				continue;
			entry = hash_search(by_id, lfirst(label), HASH_ENTER, &found);
			if (!found)
				entry->visit =
					((VisitEntry *) hash_search(by_id, draft->id, HASH_FIND, NULL))->visit;
		}
	}
	error_context_stack = callback.previous;
}

/*
 * The drafts in an order in which every one comes after those that it revises
 * or depends on by id.  Otherwise the order stays.  A dependency on a label
 * that a draft carries counts as one on that draft, and so does the id of a
 * revision that it replaces.
 */
List *
sv_register_order(List *drafts)
{
	HTAB	   *by_id = index_drafts(drafts);
	List	   *order = NIL;

	index_other_names(by_id, drafts);
	foreach_ptr(RevisionDraft, draft, drafts)
	{
		VisitEntry *entry = draft->id ? hash_search(by_id, draft->id, HASH_FIND, NULL) : NULL;

		if (entry == NULL || entry->visit->draft != draft)
			order = lappend(order, draft);
		else if (entry->visit->state == NOT_VISITED)
			order = visit(entry->visit, by_id, order);
	}
	return order;
}

/*
 * Of drafts in such an order: the one and all of them that it needs, the last first.  One
 * that does not say what it revises needs the one before it.
 */
List *
sv_register_needed(List *ordered, const RevisionDraft *last)
{
	List	   *result = NIL;
	List	   *needs = list_make1((char *) last->id);
	bool		before = false;

	for (int i = list_length(ordered) - 1; i >= 0; i--)
	{
		const RevisionDraft *draft = list_nth(ordered, i);

		CHECK_FOR_INTERRUPTS();
		if (draft->up == NULL || draft->id == NULL || draft->runs != SV_RUNS_ONCE ||
			!(before || is_needed(draft, needs)))
			continue;
		result = lappend(result, (void *) draft);
		needs = list_concat(list_concat(needs, draft->revises), draft->depends_on);
		before = !draft->revises_given;
	}
	return result;
}
