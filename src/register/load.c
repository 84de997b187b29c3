/*
 * load.c
 *		Registering what files say: drafts in any order, known ones or new.
 *
 * Loading the same again changes nothing.  A revision that is registered but
 * not applied follows its file; of an applied one only what was not executed
 * may change: message, labels, dependencies, and what it revises (so that a
 * revision inserted below it becomes pending).
 */
#include "postgres.h"

#include "miscadmin.h"
#include "register/register.h"
#include "utils/builtins.h"
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

static bool
same_names(const List *a, const List *b)
{
	if (list_length(a) != list_length(b))
		return false;
	for (int i = 0; i < list_length(a); i++)
		if (strcmp(list_nth(a, i), list_nth(b, i)) != 0)
			return false;
	return true;
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Raise SV013: the file of an applied revision says something else. */
static void
refuse_changed(const StoredRevision *stored, const StoredRevision *wanted, const char *file)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_CHECKSUM_MISMATCH),
			 errmsg("revision \"%s\" is applied with another text", stored->id),
			 errdetail("The checksum of what is applied begins with %.12s, that of file \"%s\" with %.12s.",
					   stored->checksum, file, wanted->checksum),
			 errhint("Restore the file, or register the change as a new revision.")));
}

static StoredScript *
script_of_draft(const RevisionDraft *draft)
{
	StoredScript *script = palloc0(sizeof(StoredScript));

	script->up = (char *) draft->up;
	script->down = (char *) draft->down;
	script->verify = (char *) draft->verify;
	script->source = (char *) draft->source;
	script->down_source = (char *) draft->down_source;
	script->up_line = Max(draft->up_line, 1);
	script->down_line = Max(draft->down_line, 1);
	script->verify_line = Max(draft->verify_line, 1);
	return script;
}

static bool
same_script(const StoredScript *a, const StoredScript *b)
{
	return same_text(a->up, b->up) && same_text(a->down, b->down) && same_text(a->verify, b->verify);
}

/* A down that came alone joins the up that is registered, and the reverse. */
static void
complete_draft(RevisionDraft *draft, const StoredScript *stored)
{
	if (draft->up == NULL)
	{
		draft->up = stored->up;
		draft->source = stored->source;
		draft->up_line = stored->up_line;
	}
	else if (draft->down == NULL && draft->down_source == NULL && stored->down_source != NULL &&
			 draft->source != NULL && strcmp(draft->source, stored->down_source) != 0)
	{
		draft->down = stored->down;
		draft->down_source = stored->down_source;
		draft->down_line = stored->down_line;
	}
}

/*
 * Bring a registered revision in line with its draft.  *reshaped is set if the
 * graph has other edges or labels now.
 */
static RegisterAction
update_from_draft(RevisionDraft *draft, bool *reshaped)
{
	StoredRevision *stored = sv_store_revision(SV_STORE_WRITE, draft->id);
	StoredScript *old_script = sv_store_script(SV_STORE_WRITE, draft->id);
	StoredRevision wanted = *stored;
	StoredScript *script;
	const char *irreversible;
	int			closed;
	bool		same_graph;

	complete_draft(draft, old_script);
	script = script_of_draft(draft);
	wanted.options = sv_store_options(draft->options, &irreversible);
	sv_register_refuse_other_replaced(stored, wanted.options);
	wanted.message = (char *) (draft->message ? draft->message : stored->message);
	if (draft->revises_given)
		wanted.revises = same_names(draft->revises, stored->revises) ? stored->revises :
			sv_register_parents(draft->revises, true, true, draft->id, &closed);
	wanted.depends_on = same_names(draft->depends_on, stored->depends_on) ? stored->depends_on :
		sv_register_depends(draft->depends_on, draft->id);
	wanted.branch_labels = draft->branch_labels;
	same_graph = same_names(wanted.revises, stored->revises) &&
		same_names(wanted.depends_on, stored->depends_on) &&
		same_names(wanted.branch_labels, stored->branch_labels);

	if (same_graph && same_script(script, old_script) &&
		same_text(wanted.message, stored->message) && same_text(wanted.options, stored->options))
		return SV_REGISTER_UNCHANGED;
	if (!same_graph)
		sv_register_check_labels(wanted.branch_labels, draft->id);
	sv_register_check_bodies(&wanted, script, draft->id);
	if (!stored->applied)
	{
		/* no run may be executing what is about to change */
		sv_lock_run("schemaver.load()");
		stored = sv_store_revision(SV_STORE_WRITE, draft->id);
	}
	if (stored->applied && strcmp(wanted.checksum, stored->checksum) != 0)
		refuse_changed(stored, &wanted, draft->source ? draft->source : draft->down_source);
	sv_store_update_revision(&wanted, script);
	*reshaped |= !same_graph;
	return SV_REGISTER_UPDATED;
}

static HTAB *
index_drafts(List *drafts)
{
	HASHCTL		ctl = {0};
	HTAB	   *by_id;
	ListCell   *cell;

	ctl.keysize = sizeof(((VisitEntry *) 0)->id);
	ctl.entrysize = sizeof(VisitEntry);
	ctl.hcxt = CurrentMemoryContext;
	by_id = hash_create("drafts by id", Max(list_length(drafts), 8), &ctl,
						HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	foreach(cell, drafts)
	{
		RevisionDraft *draft = lfirst(cell);
		VisitEntry *entry;
		bool		found;

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
							   draft->source ? draft->source : "")));
		entry->visit = palloc0(sizeof(Visit));
		entry->visit->draft = draft;
	}
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
	ListCell   *cell;

	for (const Visit *v = top; v != start; v = v->below)
		cycle = lcons((char *) v->draft->id, cycle);
	cycle = lcons((char *) start->draft->id, cycle);

	initStringInfo(&ids);
	foreach(cell, cycle)
	{
		if (foreach_current_index(cell) == MAX_SHOWN_CYCLE)
		{
			appendStringInfoString(&ids, "... -> ");
			break;
		}
		appendStringInfo(&ids, "\"%s\" -> ", (char *) lfirst(cell));
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

/*
 * The drafts in an order in which every one comes after those that it revises
 * or depends on by id.  Otherwise the order stays.  A dependency on a label
 * that a draft carries counts as one on that draft, and so does the id of a
 * revision that it replaces.
 */
static List *
order_drafts(List *drafts)
{
	HTAB	   *by_id = index_drafts(drafts);
	List	   *order = NIL;
	ListCell   *cell;
	ListCell   *label;

	foreach(cell, drafts)
	{
		RevisionDraft *draft = lfirst(cell);

		foreach(label, other_names(draft))
		{
			VisitEntry *entry;
			bool		found;

			if (draft->id == NULL || strlen(lfirst(label)) >= sizeof(entry->id))
				continue;
			entry = hash_search(by_id, lfirst(label), HASH_ENTER, &found);
			if (!found)
				entry->visit = ((VisitEntry *) hash_search(by_id, draft->id, HASH_FIND, NULL))->visit;
		}
	}
	foreach(cell, drafts)
	{
		RevisionDraft *draft = lfirst(cell);
		VisitEntry *entry = draft->id ? hash_search(by_id, draft->id, HASH_FIND, NULL) : NULL;

		if (entry == NULL || entry->visit->draft != draft)
			order = lappend(order, draft);
		else if (entry->visit->state == NOT_VISITED)
			order = visit(entry->visit, by_id, order);
	}
	return order;
}

static RegisterResult *
register_draft(RevisionDraft *draft, bool *reshaped)
{
	RegisterResult *result = palloc(sizeof(RegisterResult));

	result->source = draft->source ? draft->source : draft->down_source;
	if (draft->id != NULL && sv_store_revision_exists(draft->id))
	{
		result->action = update_from_draft(draft, reshaped);
		result->id = pstrdup(draft->id);
		return result;
	}
	if (draft->id != NULL && sv_store_replaced_by(draft->id) != NULL)
	{
		result->action = SV_REGISTER_REPLACED;
		result->id = pstrdup(draft->id);
		return result;
	}
	if (draft->up == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_UNREADABLE_FILE),
				 errmsg("file \"%s\" is the down of a revision that has no up", draft->down_source),
				 errhint("Load the file with its up first, or both at once.")));
	result->id = sv_register_add(draft, true);
	result->action = SV_REGISTER_ADDED;
	return result;
}

/*
 * Register what files say.  Returns a list of RegisterResult in the order of
 * registration.  The lock of registration is held already.
 */
List *
sv_register_files(List *files, const char *format)
{
	List	   *drafts = order_drafts(sv_formats_read(files, format));
	List	   *results = NIL;
	bool		reshaped = false;
	ListCell   *cell;

	foreach(cell, drafts)
	{
		CHECK_FOR_INTERRUPTS();
		results = lappend(results, register_draft(lfirst(cell), &reshaped));
	}
	/* other edges or labels: put the whole graph together, which checks it */
	if (reshaped)
		sv_store_set_heads(sv_graph_heads(sv_store_graph(SV_STORE_WRITE)).n);
	return results;
}
