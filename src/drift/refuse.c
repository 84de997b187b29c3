/*
 * refuse.c
 *		Refuse to go on from a schema that is not what all revisions left.
 */
#include "postgres.h"

#include "base/base.h"
#include "catalog/namespace.h"
#include "drift/drift.h"
#include "store/store.h"

#define DRIFT_SHOWN 5

/*
 * Raise SV015 if the schema, or some schemas (NIL: all), are not what the
 * revisions left, where that is known.
 */
void
sv_drift_refuse(List *schemas, const DiffOptions *options, const char *hint)
{
	StringInfoData names;
	DriftReport report;
	List	   *drifts;
	int			n = 0;

	if (!sv_drift_find_known(schemas, options, &report) || report.drifts == NIL)
		return;
	drifts = report.drifts;
	initStringInfo(&names);
	foreach_ptr(const Drift, drift, drifts)
	{
		if (n++ < DRIFT_SHOWN)
			appendStringInfo(&names, "%s%s %s %s", n > 1 ? ", " : "", sv_drift_change(drift),
							 sv_drift_object(drift)->class->name, sv_drift_object(drift)->identity);
	}
	ereport(ERROR,
			(errcode(ERRCODE_SV_DRIFT),
			 errmsg_plural("%d object was changed outside of revisions",
						   "%d objects were changed outside of revisions", n, n),
			 errdetail("Drift: %s%s.", names.data, n > DRIFT_SHOWN ? ", ..." : ""),
			 errhint("%s", hint)));
}

static bool
any_applied(const RevisionGraph *graph)
{
	for (int i = 0; i < graph->n; i++)
		if (graph->revisions[i].applied)
			return true;
	return false;
}

static List *
existing(List *schemas)
{
	List	   *result = NIL;
	ListCell   *cell;

	foreach(cell, schemas)
	{
		if (OidIsValid(get_namespace_oid(lfirst(cell), true)))
			result = lappend(result, lfirst(cell));
	}
	return result;
}

/*
 * A revision is to be made of the live schema: SV014 if others are pending,
 * SV015 if it drifted and that is not accepted.  A database in which nothing was
 * applied and no state is kept has nothing that it could differ from; there a
 * WARNING names what is pending.
 */
void
sv_drift_refuse_start(const RevisionGraph *graph, List *schemas, const DiffOptions *options,
					  bool accept_drift)
{
	List	   *known = existing(schemas);

	if (!any_applied(graph) && sv_state_present() == 0)
	{
		if (graph->n > 0)
			ereport(WARNING,
					(errmsg("revision \"%s\" is not applied", graph->revisions[graph->n - 1].id),
					 errdetail(
							   "The new revision leads from the live schema, not from what that "
							   "one makes.")));
		return;
	}
	sv_drift_refuse_pending(graph, NIL);
	if (!accept_drift && (schemas == NIL || known != NIL))
		sv_drift_refuse(known, options,
						"Look at it with SELECT * FROM schemaver.drift(); then make a revision of "
						"it with schemaver.capture(), "
						"undo it with schemaver.revert_drift(), or pass accept_drift => true.");
}
