/*
 * track_hooks.c
 *		The hooks that tell track.c what a step does.
 *
 * The object access hook tells of every object that is created, altered or
 * dropped, before the change can be seen; the utility hook of what the first one
 * is not told: comments, labels, privileges and new names, which change the
 * definitions of all that refers to them; the executor's of tables that are written.
 */
#include "postgres.h"

#include "store/store.h"
#include "utils/snapmgr.h"
#include "utils/lsyscache.h"
#include "catalog/namespace.h"
#include "access/xact.h"
#include "base/base.h"
#include "catalog/catalog.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_class.h"
#include "catalog/pg_largeobject.h"
#include "catalog/pg_trigger.h"
#include "commands/extension.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "parser/parsetree.h"
#include "tcop/utility.h"
#include "track/track.h"
#include "track/track_private.h"

static object_access_hook_type previous_access_hook = NULL;
static ProcessUtility_hook_type previous_utility_hook = NULL;
static ExecutorStart_hook_type previous_executor_hook = NULL;

/* Is a step followed, and is it no statement of schemaver itself? */
static bool
follows(void)
{
	return sv_track_active() && !sv_track_is_paused();
}

/* Large objects belong to no schema: what a step made stays, what it removed is gone. */
static void
note_large_object(ObjectAccessType access)
{
	if (!sv_track_is_paused())
		sv_track_not_undone(access == OAT_DROP ? "large objects that were removed" :
							"large objects that were made, which stay");
}

static void
follow_access(ObjectAccessType access, Oid catalog, Oid oid, int sub, void *arg)
{
	ListCell   *cell;

	if (previous_access_hook)
		previous_access_hook(access, catalog, oid, sub, arg);
	if (access == OAT_TRUNCATE && follows())
		sv_track_written(oid);
	if (!sv_track_active() ||
		(access != OAT_POST_CREATE && access != OAT_DROP && access != OAT_POST_ALTER))
		return;
	if (catalog == TriggerRelationId && sv_trigger_is_internal(oid))
		return;
	if (catalog == LargeObjectRelationId && access != OAT_POST_ALTER)
		note_large_object(access);
	/* the server tells of a new default by its table and column */
	if (catalog == AttrDefaultRelationId && access == OAT_POST_CREATE)
		catalog = RelationRelationId;
	sv_track_object(catalog, oid, access != OAT_POST_CREATE ? SV_TRACK_CHANGED :
					sub == 0 ? SV_TRACK_CREATED : SV_TRACK_COLUMN);
	/* a copy is an object while it is enabled otherwise */
	if (catalog == TriggerRelationId && access == OAT_POST_ALTER)
	{
		foreach(cell, sv_trigger_copies(oid))
			sv_track_object(catalog, lfirst_oid(cell), SV_TRACK_ADDED);
	}
}

/*
 * A query that a function runs, within a statement that should not have called any, looks
 * into schemaver's tables: let it see what the run has done before.
 */
static void
let_see_steps(QueryDesc *query)
{
	Oid			schema = get_namespace_oid("schemaver", true);
	ListCell   *cell;

	foreach(cell, query->plannedstmt->rtable)
	{
		const		RangeTblEntry *entry = lfirst_node(RangeTblEntry, cell);

		if (entry->rtekind != RTE_RELATION || get_rel_namespace(entry->relid) != schema)
			continue;
		sv_steps_write();
		CommandCounterIncrement();
		if (query->snapshot != InvalidSnapshot)
			query->snapshot->curcid = GetCurrentCommandId(false);
		return;
	}
}

static void
on_executor_start(QueryDesc *query, int flags)
{
	Oid			userid;
	int			security_context;

	GetUserIdAndSecContext(&userid, &security_context);
	if (sv_steps_wait() && (security_context & SV_SECURITY_OWN_QUERY) == 0)
		let_see_steps(query);
	/* own queries write own tables */
	if (follows() && !creating_extension && (security_context & SV_SECURITY_OWN_QUERY) == 0)
	{
		ListCell   *cell;

		foreach(cell, query->plannedstmt->resultRelations)
		{
			Oid			relation = rt_fetch(lfirst_int(cell), query->plannedstmt->rtable)->relid;

			if (IsCatalogRelationOid(relation))
				sv_track_touch_everything();	/* a superuser writes into a catalog */
			else
				sv_track_written(relation);
		}
	}
	if (previous_executor_hook)
		previous_executor_hook(query, flags);
	else
		standard_ExecutorStart(query, flags);
}

/* Note what the statement does that a derived down does not undo. */
static void
note_lasting(Node *statement)
{
	char	   *what = sv_statement_lasts(statement);

	if (what != NULL)
		sv_track_not_undone(what);
}

static void
on_utility(PlannedStmt *statement, const char *text, bool read_only_tree,
		   ProcessUtilityContext context,
		   ParamListInfo params, QueryEnvironment *environment, DestReceiver *dest,
		   QueryCompletion *completion)
{
	bool		renaming = sv_track_is_renaming();

	if (follows())
	{
		note_lasting(statement->utilityStmt);
		sv_track_statement(statement->utilityStmt);
		sv_track_set_renaming(renaming || sv_statement_renames(statement->utilityStmt));
	}
	PG_TRY();
	{
		(previous_utility_hook ? previous_utility_hook : standard_ProcessUtility)
			(statement, text, read_only_tree, context, params, environment, dest, completion);
	}
	PG_FINALLY();
	{
		sv_track_set_renaming(renaming);
	}
	PG_END_TRY();
}

/* Put the hooks in place; they do nothing unless a step is followed. */
void
sv_track_install(void)
{
	previous_access_hook = object_access_hook;
	object_access_hook = follow_access;
	previous_utility_hook = ProcessUtility_hook;
	ProcessUtility_hook = on_utility;
	previous_executor_hook = ExecutorStart_hook;
	ExecutorStart_hook = on_executor_start;
	sv_known_schemas_install();
}
