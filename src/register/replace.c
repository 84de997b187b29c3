/*
 * replace.c
 *		A revision that takes the place of others: a squash.
 *
 * Its option "replaces" names the revisions that it was made of, "supersedes"
 * the squashed ones between them.  When it is registered, a database that has all of
 * what it replaces applied has it applied, one that has none of them may run it, and
 * one that has some refuses it.  Those that it replaces leave the graph; their ids
 * mean it, and so their children are its own.
 */
#include "postgres.h"

#include "register/register.h"

#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

typedef struct Replacement
{
	const char *id;				/* of the new revision */
	const char *checksum;
	List	   *ids;			/* of all that it replaces and supersedes */
	RevisionGraph *graph;
	bool	   *member;			/* by index: is it registered and replaced? */
	RevisionList members;		/* newest first */
	bool		applied;
	List	   *tags;
} Replacement;

/* Raise SV016 if new options would let a registered revision replace others than it did. */
void
sv_register_refuse_other_replaced(const StoredRevision *revision, const char *options)
{
	static const char *const names[] = {"replaces", "supersedes"};

	if (sv_base_same_text(revision->options, options))
		return;
	for (int i = 0; i < lengthof(names); i++)
	{
		List	   *before = sv_store_option_list(revision->options, names[i]);
		List	   *after = sv_store_option_list(options, names[i]);
		bool		same = list_length(before) == list_length(after);

		foreach_ptr(const char, string, after)
			same &= sv_register_has_name(before, string);
		if (!same)
			ereport(ERROR,
					(errcode(ERRCODE_SV_REFUSED),
					 errmsg("option \"%s\" of revision \"%s\" cannot be changed", names[i],
							revision->id),
					 errhint("Remove the revision and register it again.")));
	}
}

/* Is a name in a list? */
bool
sv_register_has_name(const List *names, const char *name)
{
	foreach_ptr(const char, string, names)
	{
		if (strcmp(string, name) == 0)
			return true;
	}
	return false;
}

/* Is a revision applied here, under its own id or within a squashed one? */
static bool
is_applied(const RevisionGraph *graph, const char *id)
{
	int			index = sv_graph_find(graph, id);

	return index >= 0 && graph->revisions[index].applied;
}

static void
refuse_some(const Replacement *r, List *replaced)
{
	const char *missing = NULL;
	const char *last = NULL;
	int			applied = 0;
	ListCell   *cell;

	foreach(cell, replaced)
	{
		if (is_applied(r->graph, lfirst(cell)))
			applied++;
		else
		{
			missing = missing ? missing : lfirst(cell);
			last = lfirst(cell);
		}
	}
	if (missing == NULL || applied == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_SV_REFUSED),
			 errmsg("revision \"%s\" replaces revisions of which only some are applied", r->id),
			 errdetail("%d of %d are applied; the first that is not is \"%s\".", applied,
					   list_length(replaced), missing),
			 sv_graph_find(r->graph, last) >= 0 ?
			 errhint("Apply the others first: SELECT * FROM schemaver.upgrade(%s);",
					 quote_literal_cstr(last)) :
			 errhint("Load the file of \"%s\" and of the others that are missing first, without the squashed one, and upgrade to \"%s\".",
					 missing, last)));
}

/*
 * What stands outside may stand on the last of what is replaced, nowhere else:
 * between them the schema will never be what it expects.
 */
static void
check_children(const Replacement *r, int index)
{
	const GraphRevision *revision = &r->graph->revisions[index];
	bool		is_last = true;

	for (int i = 0; i < revision->nchildren; i++)
		is_last &= !r->member[revision->children[i]];
	for (int i = 0; i < revision->nchildren && !is_last; i++)
		if (!r->member[revision->children[i]])
			ereport(ERROR,
					(errcode(ERRCODE_SV_REFUSED),
					 errmsg("revision \"%s\" cannot be replaced because revision \"%s\" revises it",
							revision->id,
							r->graph->revisions[revision->children[i]].id),
					 errdetail("It is not the last of those that revision \"%s\" replaces.", r->id),
					 errhint("Squash up to \"%s\", and from there on by itself.", revision->id)));
}

static void
find_members(Replacement *r)
{
	RevisionList order;

	r->member = palloc0(sizeof(bool) * (r->graph->n + 1));
	foreach_ptr(char, id, r->ids)
	{
		int			index = sv_graph_find(r->graph, id);

		/* an id that means a squashed revision which is not replaced as a whole says nothing */
		if (index >= 0 && strcmp(r->graph->revisions[index].id, id) == 0)
			r->member[index] = true;
		else if (index >= 0 && !sv_register_has_name(r->ids, r->graph->revisions[index].id))
			ereport(ERROR,
					(errcode(ERRCODE_SV_REFUSED),
					 errmsg("revision \"%s\" replaces \"%s\", which revision \"%s\" has replaced already", r->id,
							id, r->graph->revisions[index].id)));
	}
	order = sv_graph_order(r->graph, r->member);
	r->members.n = order.n;
	r->members.members = palloc(sizeof(int) * (order.n + 1));
	for (int i = 0; i < order.n; i++)
	{
		check_children(r, order.members[i]);
		r->members.members[i] = order.members[order.n - 1 - i];
	}
}

static void
stamp(int64 run, int position, const char *id, const char *checksum, Direction direction)
{
	StoredStep	step =
	{.run = run, .position = position, .revision = id, .direction = direction,
	.checksum = checksum};

	step.started_at = step.finished_at = GetCurrentTimestamp();
	step.stamped = true;
	(void) sv_store_step(&step);
}

/* The applied set and the journal: the members go, the new one comes. */
static void
stamp_replaced(const Replacement *r, StoredRevision **rows)
{
	TimestampTz started = GetCurrentTimestamp();
	int64		run = sv_store_begin_run("squash", r->id);
	int			position = 0;

	for (int i = 0; i < r->members.n; i++)
		stamp(run, ++position, rows[i]->id, rows[i]->checksum, SV_DOWNGRADE);
	stamp(run, ++position, r->id, r->checksum, SV_UPGRADE);
	sv_store_end_run(run, started);
}

static void
remove_members(Replacement *r)
{
	for (int i = 0; i < r->members.n; i++)
	{
		const char *id = r->graph->revisions[r->members.members[i]].id;

		if (sv_store_parts(SV_STORE_WRITE, id) != NIL)
			ereport(ERROR,
					(errcode(ERRCODE_SV_INTERRUPTED_RUN),
					 errmsg("cannot replace revision \"%s\" because an online run has done a part of it", id),
					 errhint("Finish it with CALL schemaver.online_upgrade(), or run SELECT schemaver.abandon(%s).",
							 quote_literal_cstr(id))));
		r->tags = list_concat(r->tags, sv_store_tags_of(id));
		sv_store_remove_revision(id);
	}
}

/* Does anything outside revise a member or depend on it? */
static bool
has_outsiders(const Replacement *r, int index)
{
	const GraphRevision *revision = &r->graph->revisions[index];

	for (int i = 0; i < revision->nchildren; i++)
		if (!r->member[revision->children[i]])
			return true;
	for (int i = 0; i < revision->ndependents; i++)
		if (!r->member[revision->dependents[i]])
			return true;
	return false;
}

static void
hand_over(const Replacement *r)
{
	for (int i = 0; i < r->members.n; i++)
		if (has_outsiders(r, r->members.members[i]))
			sv_store_rename_parent(r->graph->revisions[r->members.members[i]].id, r->id);
	foreach_ptr(const char, id, r->ids)
		sv_store_add_replaced(id, r->id);
	foreach_ptr(const char, tag, r->tags)
		(void) sv_store_set_tag(tag, r->id);
}

static void
check_parents(const Replacement *r, List *parents)
{
	foreach_ptr(char, parent, parents)
	{
		if (sv_register_has_name(r->ids, parent))
			ereport(ERROR,
					(errcode(ERRCODE_SV_BAD_PARENT),
					 errmsg("revision \"%s\" revises \"%s\", which it replaces", r->id,
							parent),
					 errhint("Let it revise what the first of the replaced ones revises: revises => ARRAY['...'].")));
	}
}

/* Find out what a revision replaces here.  Errors: SV016 if only some of it is applied. */
static Replacement
look_up_replaced(const char *id, List *revises, const char *options)
{
	Replacement r = {id};
	List	   *replaced = sv_store_option_list(options, "replaces");

	r.ids = list_concat(list_copy(replaced), sv_store_option_list(options, "supersedes"));
	r.graph = sv_store_graph(SV_STORE_WRITE);
	check_parents(&r, revises);
	refuse_some(&r, replaced);
	r.applied = is_applied(r.graph, linitial(replaced));
	find_members(&r);
	return r;
}

/* Raise the errors that registering a revision with these options would meet. */
void
sv_register_check_replacing(const char *id, List *revises, const char *options)
{
	(void) look_up_replaced(id ? id : "squash", revises, options);
}

/*
 * A revision is about to be inserted by insert(arg), which returns its
 * checksum.  Take what it replaces out of the graph before, and let it have
 * their place after.  Errors: SV016 if only some of it is applied.
 */
void
sv_register_replacing(const StoredRevision *revision, const char *(*insert) (void *arg), void *arg)
{
	Replacement r;
	StoredRevision **rows;

	if (sv_store_option_list(revision->options, "replaces") == NIL)
	{
		(void) insert(arg);
		return;
	}
	sv_lock_run("the registration of a squashed revision");
	sv_store_refuse_unfinished();
	r = look_up_replaced(revision->id, revision->revises, revision->options);
	rows = sv_store_plan_rows(SV_STORE_WRITE, r.graph, &r.members);
	remove_members(&r);
	r.checksum = insert(arg);
	if (r.applied)
		stamp_replaced(&r, rows);
	hand_over(&r);
	sv_store_set_heads(sv_graph_heads(sv_store_graph(SV_STORE_WRITE)).n);
}
