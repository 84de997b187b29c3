/*
 * rows_drift.c
 *		Managed rows that are not as the text in force has them.
 */
#include "postgres.h"

#include "living/living_private.h"
#include "miscadmin.h"

static bool
differs(const RowsReport *report)
{
	return report->inserted + report->updated + report->deleted > 0;
}

/* The rows of a text against those of its table; NULL if they are equal. */
static RowsDrift *
drift_of(const ManagedRows *wanted)
{
	RowsDrift  *drift = palloc0(sizeof(RowsDrift));
	char	   *why = NULL;

	drift->wanted = wanted;
	drift->report = sv_managed_look(wanted, NULL, true, &why);
	drift->why = why;
	return drift->report != NULL && !differs(drift->report) ? NULL : drift;
}

/* What differs (RowsDrift), of tables in some schemas (NIL: all). */
List *
sv_living_rows_drift(const List *schemas)
{
	List	   *result = NIL;
	ListCell   *cell;

	foreach(cell, sv_store_living(SV_STORE_READ))
	{
		const StoredLiving *living = lfirst(cell);
		const ManagedRows *wanted;
		RowsDrift  *drift;

		CHECK_FOR_INTERRUPTS();
		if (sv_living_kind(living) != SV_LIVING_ROWS || living->in_force == NULL)
			continue;
		wanted = sv_living_rows_before(SV_STORE_READ, living->name);
		if (wanted == NULL || (schemas != NIL && !sv_base_has_string(schemas, wanted->schema)))
			continue;
		drift = drift_of(wanted);
		if (drift != NULL)
			result = lappend(result, drift);
	}
	return result;
}

static void
add_count(const char **object, const char *name, int64 n, const List *keys)
{
	if (n > 0)
		sv_json_add(object, name, psprintf("{\"count\": " INT64_FORMAT ", \"keys\": %s}", n,
										   sv_json_list(keys)));
}

/* What differs, as JSON: {"changed": {"count": 2, "keys": ["de", "fr"]}}. */
char *
sv_living_rows_differs(const RowsDrift *drift)
{
	const char *object = NULL;
	const RowsReport *report = drift->report;

	if (report == NULL)
		return psprintf("{\"unknown\": %s}", sv_json_quote(drift->why));
	add_count(&object, "missing", report->inserted, report->insert_keys);
	add_count(&object, "changed", report->updated, report->update_keys);
	add_count(&object, "extra", report->deleted, report->delete_keys);
	return unconstify(char *, object);
}

static void
append_rows(StringInfo out, const ManagedRows *rows, const List *places,
			char *(*statement) (const ManagedRows *rows, const List *row))
{
	ListCell   *cell;

	foreach(cell, places)
	{
		char	   *sql = statement(rows, list_nth(rows->rows, lfirst_int(cell)));

		if (sql != NULL)
			appendStringInfo(out, "%s;\n", sql);
	}
}

/* The statements that write the rows again; NULL if they are not known, or not for who asks. */
char *
sv_living_rows_revert(const RowsDrift *drift)
{
	StringInfoData out;

	if (drift->report == NULL || !drift->report->shows_keys)
		return NULL;
	initStringInfo(&out);
	if (drift->report->deleted > 0)
		appendStringInfo(&out, "%s;\n", sv_managed_delete_sql(drift->wanted));
	append_rows(&out, drift->wanted, drift->report->updates, sv_managed_update_sql);
	append_rows(&out, drift->wanted, drift->report->inserts, sv_managed_insert_sql);
	return out.data;
}

/* Raise SV015 if managed rows are not as the texts in force have them. */
void
sv_living_refuse_rows_drift(const List *schemas)
{
	List	   *drifts = sv_living_rows_drift(schemas);
	const RowsDrift *drift = drifts != NIL ? linitial(drifts) : NULL;

	if (drift == NULL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_SV_DRIFT),
			 drift->report != NULL ?
			 errmsg("managed rows of table %s were changed outside of runs",
					sv_managed_table(drift->wanted)) :
			 errmsg("managed rows of table %s could not be compared",
					sv_managed_table(drift->wanted)),
			 errdetail_internal("%s", drift->report != NULL ? sv_living_rows_differs(drift) :
								drift->why),
			 errhint("Look at them with SELECT * FROM schemaver.drift(); sql_revert writes them again.")));
}
