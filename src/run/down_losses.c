/*
 * down_losses.c
 *		What a downgrade loses, said before it runs and refused unless allowed.
 *
 * A derived down may bring back the structure only; what kept data brings back is
 * not lost.  Besides, any down may drop what was created since: a table or a
 * column that holds something now goes only if the caller allows it, or if
 * the revision keeps it.
 */
#include "postgres.h"

#include "base/base.h"
#include "impact/impact.h"
#include "miscadmin.h"
#include "register/register.h"
#include "run/run.h"
#include "utils/builtins.h"

#define LOSSES_SHOWN 10

/* ---------- what does not come back ---------- */

/* What is said of a thing that kept data brings back. */
static char *
lost_text(const StoredKept *kept)
{
	char	   *table = quote_qualified_identifier(kept->schema_name, kept->table_name);

	if (kept->column_name == NULL)
		return sv_lost_text(kept->kind == SV_KEPT_SEQUENCE ? SV_LOST_POSITION : SV_LOST_ROWS,
							table);
	return sv_lost_text(kept->kind == SV_KEPT_TYPE ? SV_LOST_FORMER_VALUES : SV_LOST_VALUES,
						psprintf("%s.%s", table, quote_identifier(kept->column_name)));
}

/* What the derived down of a revision cannot bring back, and kept data does not either. */
List *
sv_run_structure_only(const StoredRevision *row)
{
	List	   *result = NIL;
	List	   *kept = row->lost ? sv_store_kept_of(row->id, SV_DOWNGRADE) : NIL;

	foreach_ptr(char, string, row->lost)
	{
		bool		comes_back = false;

		foreach_ptr(const StoredKept, one, kept)
			comes_back |= strcmp(lost_text(one), string) == 0;
		if (!comes_back)
			result = lappend(result, string);
	}
	return result;
}

static char *
joined_losses(List *strings, const char *separator)
{
	StringInfoData out;

	initStringInfo(&out);
	foreach_ptr(const char, string, strings)
	{
		if (foreach_current_index(string) < LOSSES_SHOWN)
			appendStringInfo(&out, "%s%s", out.len ? separator : "", string);
	}
	if (list_length(strings) > LOSSES_SHOWN)
		appendStringInfo(&out, "%s...", separator);
	return out.data;
}

static void
warn_of_structure(const StoredRevision *row)
{
	List	   *lost = sv_run_structure_only(row);

	if (lost != NIL)
		ereport(WARNING,
				(errmsg("downgrade of revision \"%s\" brings back the structure only", row->id),
				 errdetail("Lost: %s.", joined_losses(lost, ", "))));
}

/* ---------- what goes ---------- */

static bool
is_kept(const Taken *taken, const List *kept)
{
	foreach_ptr(const StoredKept, item, kept)
	{
		if (strcmp(item->schema_name, taken->schema) == 0 &&
			strcmp(item->table_name, taken->table) == 0 &&
			(item->column_name == NULL ? taken->column_name == NULL :
			 taken->column_name != NULL && strcmp(item->column_name, taken->column_name) == 0))
			return true;
	}
	return false;
}


static List *
takes_of(const StoredRevision *row, const StoredScript *stored, List **earlier)
{
	ScriptOrigin origin;
	List	   *takes;

	if (!row->has_down)
		return NIL;
	takes = sv_impact_takes(sv_register_body(row->id, stored, SV_DOWNGRADE, &origin), *earlier);
	*earlier = list_concat(*earlier, takes);
	return takes;
}

/*
 * What the down of a revision would take away from what is there now, with the
 * figures of pg_class.  "earlier" collects what those before it take.
 */
List *
sv_run_takes(StoreMode mode, const StoredRevision *row, List **earlier)
{
	List	   *result = NIL;

	foreach_ptr(const Taken, taken,
				takes_of(row, row->has_down ? sv_store_script(mode, row->id) : NULL, earlier))
		result = lappend(result, sv_impact_figures(taken));
	return result;
}

static void
refuse_down_losses(const char *revision, List *losses, const RunOptions *options)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_REFUSED),
			 errmsg("downgrade of revision \"%s\" would lose data", revision),
			 errdetail_internal("%s", joined_losses(losses, "\n")),
			 errhint("Allow it: %s. Or have it kept: SET schemaver.keep_data = on.",
					 options->allowing)));
}

static void
warn_of_losses(const char *revision, List *losses)
{
	ereport(WARNING,
			(errmsg("downgrade of revision \"%s\" loses data", revision),
			 errdetail_internal("%s", joined_losses(losses, "\n"))));
}

/* What the text of a down drops and holds something now, as strings. */
static List *
held_losses(const StoredRevision *row, const StoredScript *stored, List **earlier)
{
	List	   *losses = NIL;

	foreach_ptr(const Taken, taken, takes_of(row, stored, earlier))
	{
		CHECK_FOR_INTERRUPTS();
		if (taken->drops && sv_impact_holds(taken))
			losses = lappend(losses, sv_impact_figures(taken));
	}
	return losses;
}

/*
 * Before a revision is downgraded: say what does not come back, and raise SV016 if
 * something that holds rows would be dropped and nobody allowed it.  A dry run and
 * a run that may lose it say so only.  "earlier" is as for sv_run_takes().
 */
void
sv_run_check_losses(const StoredRevision *row, const StoredScript *stored,
					const RunOptions *options, List **earlier)
{
	List	   *losses = NIL;

	warn_of_structure(row);
	/* what is kept is known when it is */
	if (!sv_store_option_keep(row->options, sv_keep_data))
		losses = held_losses(row, stored, earlier);
	if (losses == NIL)
		return;
	if (!options->allow_data_loss && !options->dry_run)
		refuse_down_losses(row->id, losses, options);
	warn_of_losses(row->id, losses);
}

/*
 * The down of a revision was executed, or a part of it, and has dropped "dropped"
 * (Taken), which held something.  Raise SV016 unless it was allowed or is among
 * what was kept (StoredKept).
 */
void
sv_run_refuse_dropped(const StoredRevision *row, List *dropped, const List *kept,
					  const RunOptions *options)
{
	List	   *losses = NIL;

	if (options->allow_data_loss || options->dry_run)
		return;
	foreach_ptr(const Taken, taken, dropped)
	{
		if (!is_kept(taken, kept))
			losses = lappend(losses, sv_impact_name(taken));
	}
	if (losses != NIL)
		refuse_down_losses(row->id, losses, options);
}

/* ---------- what a down needs ---------- */

/* Larger tables are not read for who only wants to know: 1 GB. */
#define COUNT_BLOCKS (1024 * 1024 * 1024 / BLCKSZ)

/* How many rows stand in the way now, as far as the caller may know. */
static char *
with_count(const Demand *demand)
{
	int64		n = sv_impact_in_the_way(demand, COUNT_BLOCKS);

	if (n < 0)
		return demand->what;
	return psprintf("%s (%s " INT64_FORMAT " %s)", demand->what,
					demand->kind == SV_DEMAND_VALUE ? "for" : "now in", n, n == 1 ? "row" : "rows");
}

/* The demands (Demand) of the down of a revision that nothing kept meets. */
static List *
demands_of(StoreMode mode, const StoredRevision *row)
{
	ScriptOrigin origin;
	List	   *result = NIL;
	List	   *kept = NIL;
	ListCell   *cell;

	if (!row->has_down)
		return NIL;
	foreach(cell,
			sv_impact_demands(sv_register_body(row->id, sv_store_script(mode, row->id),
											   SV_DOWNGRADE, &origin), 0))
	{
		const Demand *demand = lfirst(cell);

		if (kept == NIL)
			kept = sv_store_kept_of(row->id, SV_DOWNGRADE);
		if (demand->of.column_name == NULL || !is_kept(&demand->of, kept))
			result = lappend(result, lfirst(cell));
	}
	return result;
}

/*
 * What the down of a revision needs of the rows that are there, as strings; what
 * kept data has is not listed.  With "count", how many rows stand in the way now:
 * the tables that the caller owns are read.
 */
List *
sv_run_needs(StoreMode mode, const StoredRevision *row, bool count)
{
	List	   *result = NIL;

	foreach_ptr(const Demand, demand, demands_of(mode, row))
	{
		CHECK_FOR_INTERRUPTS();
		result = lappend(result, count ? with_count(demand) : demand->what);
	}
	return result;
}

/* A revision was applied: warn if its derived down cannot run with the rows that are there now. */
void
sv_run_warn_of_needs(const StoredRevision *row)
{
	List	   *needs = NIL;

	foreach_ptr(const Demand, demand, row->lost ? demands_of(SV_STORE_WRITE, row) : NIL)
	{
		Taken		table = demand->of;

		table.column_name = NULL;
		if (demand->kind == SV_DEMAND_VALUE && sv_impact_holds(&table))
			needs = lappend(needs, demand->what);
	}
	if (needs != NIL)
		ereport(WARNING,
				(errmsg("the down of revision \"%s\" cannot run with the rows that are there",
						row->id),
				 errdetail("It needs %s.", joined_losses(needs, ", ")),
				 errhint("Undo the revision and run it again with kept data (SET schemaver.keep_data = on), or give the downgrade what it needs: options => '{\"values\": {\"public.item.kind\": \"unknown\"}}'.")));
}

/*
 * Before the down of a revision runs, or its rest from that statement on: error 22P02 if it
 * is a derived one and rows have a value of an enum that goes, with all columns and how
 * many rows.
 */
void
sv_run_refuse_labels(const StoredRevision *row, const StoredScript *stored, int from)
{
	ScriptOrigin origin;
	List	   *found = NIL;

	if (!sv_run_is_generated(stored, SV_DOWNGRADE))
		return;
	foreach_ptr(const Demand, demand,
				sv_impact_demands(sv_register_body(row->id, stored, SV_DOWNGRADE, &origin),
								  from))
	{
		int64		n = demand->kind == SV_DEMAND_LABELS ?
		sv_impact_in_the_way(demand, MaxBlockNumber) : 0;

		if (n > 0)
			found = lappend(found, psprintf("It needs %s, but " INT64_FORMAT " %s one.",
											demand->what, n, n == 1 ? "row has" : "rows have"));
	}
	if (found != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("downgrade of revision \"%s\" needs rows without the values that the enum loses",
						row->id),
				 errdetail_internal("%s", joined_losses(found, "\n")),
				 errhint("Give these rows another value, or delete them, and call again.")));
}
