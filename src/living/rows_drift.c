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

/* Do the patterns leave the table alone? */
static bool
is_excluded(const ManagedRows *rows, List *exclude)
{
	Object		table = {.class = &sv_class_table, .identity = sv_managed_table(rows)};

	return exclude != NIL && sv_diff_is_excluded(&table, exclude);
}

/* What differs (RowsDrift), of tables in some schemas (NIL: all) that no pattern excludes. */
List *
sv_living_rows_drift(const List *schemas, List *exclude)
{
	List	   *result = NIL;

	foreach_ptr(const StoredLiving, living, sv_store_living(SV_STORE_READ))
	{
		const ManagedRows *wanted;
		RowsDrift  *drift;

		CHECK_FOR_INTERRUPTS();
		if (living->kind != SV_LIVING_ROWS || living->in_force == NULL)
			continue;
		wanted = sv_living_rows_before(SV_STORE_READ, living->name);
		if (wanted == NULL || (schemas != NIL && !sv_base_has_string(schemas, wanted->schema)) ||
			is_excluded(wanted, exclude))
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

/* ---------- writing them again ---------- */

static void
add_statement_row(List **result, const char *kind, const char *identity, const char *action,
				  const char *sql, int hazards)
{
	DiffRow    *row = palloc0(sizeof(DiffRow));

	row->kind = kind;
	row->identity = identity;
	row->action = action;
	row->sql = sql;
	row->hazards = hazards;
	*result = lappend(*result, row);
}

static void
add_statement_rows(List **result, const ManagedRows *rows, const List *places, const char *action,
				   char *(*statement) (const ManagedRows *rows, const List *row))
{
	ListCell   *cell;

	foreach(cell, places)
	{
		const List *row = list_nth(rows->rows, lfirst_int(cell));
		char	   *sql = statement(rows, row);

		CHECK_FOR_INTERRUPTS();
		if (sql != NULL)
			add_statement_row(result, "row",
							  psprintf("%s (%s)", sv_managed_table(rows),
									   sv_managed_key(rows, row)),
							  action, sql, 0);
	}
}

/* The statement (DiffRow) that deletes what is not wanted. */
static void
add_delete(List **result, const RowsDrift *drift)
{
	if (drift->report->shows_keys && drift->report->deleted > 0)
		add_statement_row(result, "rows", sv_managed_table(drift->wanted), "alter",
						  sv_managed_delete_sql(drift->wanted), SV_HAZARD_DATA_LOSS);
}

/* Those that write the others again; without text for who may not see the keys. */
static void
add_writes(List **result, const RowsDrift *drift)
{
	const ManagedRows *wanted = drift->wanted;

	if (!drift->report->shows_keys)
	{
		add_statement_row(result, "rows", sv_managed_table(wanted), "alter", NULL,
						  drift->report->deleted > 0 ? SV_HAZARD_DATA_LOSS : 0);
		return;
	}
	add_statement_rows(result, wanted, drift->report->updates, "alter", sv_managed_update_sql);
	add_statement_rows(result, wanted, drift->report->inserts, "create", sv_managed_insert_sql);
}

/* The statements that write the rows again; NULL if they are not known, or not for who asks. */
char *
sv_living_rows_revert(const RowsDrift *drift)
{
	StringInfoData out;
	List	   *rows = NIL;

	if (drift->report == NULL || !drift->report->shows_keys)
		return NULL;
	initStringInfo(&out);
	add_delete(&rows, drift);
	add_writes(&rows, drift);
	foreach_ptr(const DiffRow, row, rows)
		appendStringInfo(&out, "%s;\n", row->sql);
	return out.data;
}

static void
refuse_unknown(const RowsDrift *drift)
{
	if (drift->report != NULL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_SV_DRIFT),
			 errmsg("managed rows of table %s could not be compared",
					sv_managed_table(drift->wanted)),
			 errdetail_internal("%s", drift->why),
			 errhint("Leave the table alone with the option exclude, or mend what is in the way.")));
}

static bool
rows_differ(const List *schemas, List *exclude)
{
	return sv_living_rows_drift(schemas, exclude) != NIL;
}

/*
 * Write the rows again, in the caller's transaction.  SV016 if rows that are not wanted
 * would have to be deleted and that is not allowed; SV015 if some cannot be compared.
 */
static List *
write_rows_again(const List *schemas, List *exclude, bool allow_data_loss)
{
	List	   *drifts = sv_living_order_drifts(sv_living_rows_drift(schemas, exclude));
	List	   *rows = NIL;

	foreach_ptr(const RowsDrift, drift, drifts)
		refuse_unknown(drift);
	for (int i = list_length(drifts) - 1; i >= 0; i--)
		add_delete(&rows, list_nth(drifts, i));
	foreach_ptr(const RowsDrift, one, drifts)
		add_writes(&rows, one);
	if (!allow_data_loss)
		sv_diff_refuse_losses(rows,
							  "Put the rows into the text of the managed rows; or lose them: "
							  "SELECT * FROM schemaver.revert_drift(allow_data_loss => true).");
	if (drifts != NIL)
		sv_living_put_rows_back(drifts);
	return rows;
}

const RowsRevert sv_living_rows_calls = {rows_differ, write_rows_again};

/* Raise SV015 if managed rows are not as the texts in force have them. */
void
sv_living_refuse_rows_drift(const List *schemas, List *exclude)
{
	List	   *drifts = sv_living_rows_drift(schemas, exclude);
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
			 errhint("Look at them with SELECT * FROM schemaver.drift(); schemaver.revert_drift() writes them again.")));
}
