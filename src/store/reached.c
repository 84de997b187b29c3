/*
 * reached.c
 *		How far the history is applied, and the part of the graph above that.
 *
 * "reached" says: every registered revision up to this position is applied, with the
 * text that is registered.  Who undoes a revision takes that back, the end of a run
 * finds it again.  Runs and registrations exclude each other up to the end of their
 * transactions, so no revision appears below it later.  So an upgrade to the only head
 * needs no more of the graph than the revisions above, however long the history is.
 * Who changes the tables by hand takes it back, too: triggers see to that.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "replication/logicalworker.h"
#include "store/store_private.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* With more revisions above, the whole graph is read. */
#define MAX_ABOVE 1000

/* Let the plan go along the positions, however few revisions it was made for. */
static void
prefer_positions(void)
{
	static const char *const off[] =
	{"enable_seqscan", "enable_hashjoin", "enable_mergejoin", "enable_sort", "jit"};

	for (int i = 0; i < lengthof(off); i++)
		(void) set_config_option(off[i], "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true,
								 0, false);
}

/*
 * A run ends: find how far the history is applied now.  Costs what was applied and
 * undone since the last time.  An edit by hand that was committed after this query took
 * its snapshot leaves the position unknown.
 */
void
sv_store_find_reached(int64 run)
{
	static StoreQuery query = {
		"INSERT INTO schemaver.reached AS d (one, position, run, holds, edits) "
		"SELECT true, coalesce((SELECT r.position - 1 FROM schemaver.revision r "
		"WHERE r.position > b.base AND NOT EXISTS (SELECT FROM schemaver.applied a "
		"WHERE a.revision = r.revision AND a.checksum = r.checksum) ORDER BY r.position LIMIT 1), "
		"(SELECT max(position) FROM schemaver.revision), 0), $1, true, "
		"coalesce((SELECT edits FROM schemaver.reached), 0) "
		"FROM (SELECT least(coalesce((SELECT position FROM schemaver.reached), 0), "
		"(SELECT min(r.position) - 1 FROM schemaver.step s "
		"JOIN schemaver.revision r ON r.revision = s.revision "
		"WHERE s.run > coalesce((SELECT run FROM schemaver.reached), 0) "
		"AND s.direction = 'downgrade')) AS base OFFSET 0) b "
		"ON CONFLICT (one) DO UPDATE "
		"SET position = excluded.position, run = excluded.run, holds = true "
		"WHERE d.edits = excluded.edits",
		1, {INT8OID}
	};
	StoreScope	scope;

	sv_store_enter(&scope, SV_STORE_WRITE);
	prefer_positions();
	sv_own_execute(&scope, &query, run);
	sv_store_leave(&scope);
}

/* A revision is undone: nothing is known until sv_store_find_reached(). */
void
sv_store_unset_reached(const StoreScope *scope)
{
	static StoreQuery query = {"UPDATE schemaver.reached SET holds = false WHERE holds"};

	sv_own_execute(scope, &query);
}

/*
 * An upgrade that read the whole graph has found nothing to do: the next one need not, if
 * it did only because the tables were restored or changed by hand.
 */
void
sv_store_find_lost_reached(void)
{
	static StoreQuery query = {
		"SELECT coalesce((SELECT max(run) FROM schemaver.run), 0) "
		"WHERE EXISTS (SELECT FROM schemaver.reached WHERE NOT holds)"
	};
	int64		run = sv_own_number(SV_STORE_WRITE, &query, -1);

	if (run >= 0)
		sv_store_find_reached(run);
}

/* ----- changes by hand ----- */

#define EDIT_TRIGGER "edited_by_hand"

/*
 * A statement has changed a table of the history.  If it is none of schemaver's own,
 * nothing is known any more.  A row is never made here: it would be in the way of the one
 * that a restore or a subscription brings.  That one goes with the rows of the others, so
 * what a subscription brings needs no look.
 */
void
sv_store_note_edit(const TriggerData * trigger)
{
	static StoreQuery query = {
		"UPDATE schemaver.reached SET position = 0, run = 0, holds = false, edits = edits + 1"
	};
	StoreScope	scope;
	Oid			userid;
	int			context;

	GetUserIdAndSecContext(&userid, &context);
	if ((context & SV_SECURITY_OWN_QUERY) != 0 || IsLogicalWorker() ||
		get_rel_namespace(RelationGetRelid(trigger->tg_relation)) !=
		get_rel_namespace(sv_store_relation("reached")))
		return;
	/* not by sv_store_enter(): what a run has yet to write is no matter of this table */
	sv_catalogs_enter(&scope, SV_STORE_WRITE);
	sv_own_execute(&scope, &query);
	sv_store_leave(&scope);
}

/* Has nobody switched off the trigger of a table that tells of changes by hand? */
static bool
edits_of_table_are_noted(const char *table)
{
	Relation	relation = table_open(sv_store_relation(table), AccessShareLock);
	const		TriggerDesc *triggers = relation->trigdesc;
	bool		noted = false;

	/* DISABLE TRIGGER and then ENABLE TRIGGER, as pg_restore does, leaves no "always" */
	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
		noted |= strcmp(triggers->triggers[i].tgname, EDIT_TRIGGER) == 0 &&
			triggers->triggers[i].tgenabled == TRIGGER_FIRES_ALWAYS;
	table_close(relation, AccessShareLock);
	return noted;
}

/* Can what is known of the history be relied on? */
static bool
edits_are_noted(void)
{
	return edits_of_table_are_noted("revision") && edits_of_table_are_noted("applied");
}

/* Is a revision registered with another text than the one that was applied? */
bool
sv_store_any_changed(StoreMode mode)
{
	static StoreQuery known = {"SELECT position FROM schemaver.reached WHERE holds"};
	static StoreQuery above = {
		"SELECT FROM schemaver.revision r WHERE r.position > $1 AND EXISTS (SELECT FROM "
		"schemaver.applied a WHERE a.revision = r.revision AND a.checksum <> r.checksum) LIMIT 1",
		1, {INT8OID}
	};
	static StoreQuery all = {
		"SELECT FROM schemaver.applied a JOIN schemaver.revision r ON r.revision = a.revision "
		"WHERE a.checksum <> r.checksum LIMIT 1"
	};
	StoreScope	scope;
	int64		reached = -1;
	bool		changed;

	sv_store_enter(&scope, mode);
	if (edits_are_noted() && sv_own_execute(&scope, &known) > 0)
		reached = sv_own_number_at(0, 1, -1);
	if (reached >= 0)
		prefer_positions();
	changed = reached >= 0 ? sv_own_execute(&scope, &above, reached) > 0 :
		sv_own_execute(&scope, &all) > 0;
	sv_store_leave(&scope);
	return changed;
}

/* ----- the part of the graph ----- */

/*
 * The position up to which all is applied, if the graph has one head: that which was
 * registered last.  Else -1.
 */
static int64
reached_position(const StoreScope *scope)
{
	static StoreQuery query = {
		"SELECT CASE WHEN d.holds AND n.heads_after = 1 THEN least(d.position, n.position) END "
		"FROM schemaver.reached d, "
		"(SELECT position, heads_after FROM schemaver.revision ORDER BY position DESC LIMIT 1) n"
	};

	if (!edits_are_noted() || sv_own_execute(scope, &query) == 0)
		return -1;
	return sv_own_number_at(0, 1, -1);
}

static List *
append_strings(List *to, const List *strings)
{
	ListCell   *cell;

	foreach(cell, strings)
		to = lappend(to, lfirst(cell));
	return to;
}

/*
 * Add the revisions from a position on, at most MAX_ABOVE, to the graph; false if there
 * are more.  *needed gets what they revise and depend on.
 */
static bool
add_above(const StoreScope *scope, RevisionGraph *graph, int64 from, List **needed)
{
	static StoreQuery query = {
		"SELECT revision, revises, depends_on FROM schemaver.revision "
		"WHERE position >= $1 ORDER BY position LIMIT $2",
		2, {INT8OID, INT8OID}
	};
	uint64		n;
	MemoryContext old;

	n = sv_own_execute(scope, &query, from, (int64) MAX_ABOVE + 1);
	old = MemoryContextSwitchTo(scope->caller);
	for (uint64 i = 0; i < n && n <= MAX_ABOVE; i++)
	{
		List	   *parents = sv_own_text_list(i, 2);
		List	   *depends = sv_own_text_list(i, 3);
		int			index = sv_graph_add(graph, sv_own_text(i, 1));

		foreach_ptr(const char, parent, parents)
			sv_graph_add_parent(graph, index, parent);
		foreach_ptr(const char, string, depends)
			sv_graph_add_depends(graph, index, string);
		*needed = append_strings(append_strings(*needed, parents), depends);
	}
	MemoryContextSwitchTo(old);
	return n <= MAX_ABOVE;
}

/*
 * Add the revisions (ids) that are not in the graph yet, as if they had no parents;
 * false if one of the names is no id.
 */
static bool
add_below(RevisionGraph *graph, const List *ids, const StoreScope *scope)
{
	static StoreQuery query = {
		"SELECT revision FROM schemaver.revision WHERE revision = ANY ($1)", 1, {TEXTARRAYOID}
	};
	List	   *missing = NIL;

	foreach_ptr(char, id, ids)
	{
		if (sv_graph_find(graph, id) < 0)
			missing = lappend(missing, id);
	}
	if (missing == NIL)
		return true;
	for (uint64 i = 0, n = sv_own_execute(scope, &query, missing); i < n; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(scope->caller);

		sv_graph_add(graph, sv_own_text(i, 1));
		MemoryContextSwitchTo(old);
	}
	foreach_ptr(const char, string, missing)
	{
		if (sv_graph_find(graph, string) < 0)
			return false;
	}
	return true;
}

static void
mark_applied(RevisionGraph *graph, const StoreScope *scope)
{
	static StoreQuery query = {
		"SELECT revision, rank FROM schemaver.applied WHERE revision = ANY ($1)", 1, {TEXTARRAYOID}
	};
	List	   *ids = NIL;
	uint64		n;

	for (int i = 0; i < graph->n; i++)
		ids = lappend(ids, (char *) graph->revisions[i].id);
	n = sv_own_execute(scope, &query, ids);
	for (uint64 i = 0; i < n; i++)
	{
		GraphRevision *revision =
		&graph->revisions[sv_graph_find(graph, sv_own_text(i, 1))];

		revision->applied = true;
		revision->applied_rank = sv_own_number_at(i, 2, 0);
	}
}

/* The part of the graph above what is reached, with what that needs; NULL: it does not suffice. */
static RevisionGraph *
graph_above(const StoreScope *scope)
{
	int64		reached = reached_position(scope);
	RevisionGraph *graph;
	List	   *needed = NIL;
	MemoryContext old;

	if (reached < 0)
		return NULL;
	old = MemoryContextSwitchTo(scope->caller);
	graph = sv_graph_create(16);
	graph->is_part = true;
	MemoryContextSwitchTo(old);
	if (!add_above(scope, graph, reached, &needed) || !add_below(graph, needed, scope))
		return NULL;
	old = MemoryContextSwitchTo(scope->caller);
	sv_graph_finish(graph);
	mark_applied(graph, scope);
	if (sv_graph_heads(graph).n != 1)
		graph = NULL;
	MemoryContextSwitchTo(old);
	return graph;
}

/*
 * The graph as far as an upgrade to "target" needs it: all of it, or of a graph with
 * one head, if that is the target, the part that is not applied and what that needs.
 * Parents of the lowest revisions are not known then.
 */
RevisionGraph *
sv_store_graph_to(StoreMode mode, Direction direction, const char *target)
{
	StoreScope	scope;
	RevisionGraph *graph = NULL;

	if (direction == SV_UPGRADE && (strcmp(target, "head") == 0 || strcmp(target, "heads") == 0))
	{
		sv_store_enter(&scope, mode);
		graph = graph_above(&scope);
		sv_store_leave(&scope);
	}
	return graph != NULL ? graph : sv_store_graph(mode);
}

/*
 * Is every registered revision applied, and is there only one head?  Then its graph is
 * returned, which holds nothing else; else NULL.
 */
RevisionGraph *
sv_store_nothing_pending(StoreMode mode)
{
	static StoreQuery query = {
		"SELECT FROM schemaver.reached d, (SELECT position, heads_after FROM schemaver.revision "
		"ORDER BY position DESC LIMIT 1) n "
		"WHERE d.holds AND n.heads_after = 1 AND d.position >= n.position"
	};
	RevisionGraph *graph;

	if (!edits_are_noted() || sv_own_query(mode, &query) == 0)
		return NULL;
	graph = sv_store_graph_to(mode, SV_UPGRADE, "head");
	return graph->n == 0 ? NULL : graph;
}
