/*
 * rows_sync.c
 *		The rows that a table shall have: compared with those that it has, and written.
 *
 * The wanted rows, and those of the text before, are given to the server as named
 * tuplestores, so a statement compares all of them at once.  Rows are equal where
 * their values have the same bytes.  Who writes holds a lock under which nobody else
 * changes the table, so what was compared still holds.
 *
 * All of it evaluates code of the table and of its columns' types.  What writes runs
 * with the rights of a statement that schemaver wrote (generated.c); what only looks
 * runs as the owner of the table, restricted, and shows no keys to who may not read it.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "parser/parser.h"
#include "run/run_private.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/queryenvironment.h"
#include "utils/tuplestore.h"

#define KEYS_SHOWN 5

/* Names of the tuplestores. */
#define WANTED "schemaver_wanted"
#define BEFORE "schemaver_before"
#define CHOSEN "schemaver_chosen"

typedef struct RowsWork
{
	const ManagedRows *wanted;
	const ManagedRows *before;	/* NULL: none */
	bool		overwrite;
	int			phase;			/* RowsPhase, or-ed; 0: only look */
	RowsReport *report;
	MemoryContext context;		/* of the report */
	RowsTable  *table;
	RowSet	   *wanted_set;
} RowsWork;

/* ---------- statements ---------- */

/* Let a statement see some rows of a set under a name, until forget_rows(). */
static EphemeralNamedRelation
name_rows(const RowsTable *table, const char *name, HeapTuple *tuples, int n)
{
	EphemeralNamedRelation relation = palloc0(sizeof(EphemeralNamedRelationData));
	Tuplestorestate *store = tuplestore_begin_heap(false, false, work_mem);

	for (int i = 0; i < n; i++)
		tuplestore_puttuple(store, tuples[i]);
	relation->md.name = pstrdup(name);
	relation->md.tupdesc = table->desc;
	relation->md.enrtype = ENR_NAMED_TUPLESTORE;
	relation->md.enrtuples = n;
	relation->reldata = store;
	if (SPI_register_relation(relation) != SPI_OK_REL_REGISTER)
		elog(ERROR, "could not register rows");
	return relation;
}

/* What was many rows is in a file, which goes with the tuplestore. */
static void
forget_rows(EphemeralNamedRelation relation)
{
	(void) SPI_unregister_relation(relation->md.name);
	tuplestore_end(relation->reldata);
}

static uint64
execute_rows_query(RowsWork *work, const char *sql)
{
	int			result = SPI_execute(sql, work->phase == 0, 0);

	if (result < 0)
		elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(result));
	work->report->statements += result != SPI_OK_SELECT;
	return SPI_processed;
}

/* Are the keys of two of table ("t") and sets of rows equal? */
static void
append_key_condition(StringInfo out, const RowsTable *table, const char *a, const char *b)
{
	for (int i = 0; i < table->nkeys; i++)
	{
		appendStringInfo(out, "%s%s.", i > 0 ? " AND " : "", a);
		if (strcmp(a, "t") == 0)
			appendStringInfoString(out, table->names[table->keys[i]]);
		else
			appendStringInfo(out, "c%d", table->keys[i]);
		appendStringInfo(out, " %s %s.c%d", table->operators[i], b, table->keys[i]);
	}
}

/* The managed values of "from", without those that are not to be compared, as a row. */
static void
append_compared(StringInfo out, const RowsTable *table, const char *from, const char *a,
				const char *b)
{
	appendStringInfoString(out, "ROW(");
	for (int i = 0; i < table->ncolumns; i++)
	{
		appendStringInfo(out, "%sCASE WHEN %s.d%d", i > 0 ? ", " : "", b, i);
		if (strcmp(a, "t") != 0)
			appendStringInfo(out, " OR %s.d%d", a, i);
		appendStringInfo(out, " THEN NULL ELSE %s.%s END", from, strcmp(from, "t") == 0 ?
						 table->names[i] : psprintf("c%d", i));
	}
	appendStringInfoChar(out, ')');
}

/* Have rows of the table ("t") and of a set, or of two sets, the same bytes? */
static void
append_equality(StringInfo out, const RowsTable *table, const char *a, const char *b)
{
	appendStringInfoString(out, "pg_catalog.record_image_eq(");
	append_compared(out, table, a, a, b);
	appendStringInfoString(out, ", ");
	append_compared(out, table, b, a, b);
	appendStringInfoChar(out, ')');
}

/* ---------- what is to be done ---------- */

/* Are all managed columns among those of the text before? */
static bool
has_columns_of(const RowsWork *work)
{
	foreach_ptr(const char, column, work->wanted->columns)
	{
		if (sv_managed_place(work->before, column) < 0)
			return false;
	}
	return true;
}

/* Can rows of the text before be found by the key of this one? */
static bool
has_key_of(const RowsWork *work)
{
	if (work->before == NULL)
		return false;
	foreach_ptr(const char, string, work->wanted->key)
	{
		if (sv_managed_place(work->before, string) < 0)
			return false;
	}
	return true;
}

/*
 * For each wanted row that the table does not have as it is wanted: its number, and
 * "i", it is not there; "u", it is to be updated; "l", others changed it, and it is wanted
 * as before, so it is left alone; "c", others changed it, and it is wanted in another way.
 */
static char *
comparison(const RowsWork *work, bool with_before)
{
	const RowsTable *table = work->table;
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT n, action FROM (SELECT w.n, CASE WHEN t.ctid IS NULL THEN 'i' WHEN ");
	append_equality(&sql, table, "t", "w");
	appendStringInfoString(&sql, " THEN 's'");
	if (with_before)
	{
		appendStringInfoString(&sql, " WHEN b.n IS NULL OR ");
		append_equality(&sql, table, "t", "b");
		appendStringInfoString(&sql, " THEN 'u'");
	}
	if (with_before && has_columns_of(work))
	{
		appendStringInfoString(&sql, " WHEN ");
		append_equality(&sql, table, "w", "b");
		appendStringInfoString(&sql, " THEN 'l'");
	}
	appendStringInfo(&sql, " ELSE '%s' END AS action FROM " WANTED " w LEFT JOIN %s t ON ",
					 with_before ? "c" : "u", table->from);
	append_key_condition(&sql, table, "t", "w");
	if (with_before)
	{
		appendStringInfoString(&sql, " LEFT JOIN " BEFORE " b ON ");
		append_key_condition(&sql, table, "w", "b");
	}
	appendStringInfoString(&sql, ") c WHERE action OPERATOR(pg_catalog.<>) 's' ORDER BY n");
	return sql.data;
}

static void
add_key(List **keys, const RowsWork *work, int row)
{
	if (work->report->shows_keys && list_length(*keys) < KEYS_SHOWN)
		*keys = lappend(*keys, sv_managed_key(work->wanted, list_nth(work->wanted->rows, row)));
}

static void
take_action(RowsWork *work, int row, char action)
{
	RowsReport *report = work->report;

	switch (action)
	{
		case 'i':
			report->inserted++;
			report->inserts = lappend_int(report->inserts, row);
			add_key(&report->insert_keys, work, row);
			break;
		case 'u':
			report->updated++;
			report->updates = lappend_int(report->updates, row);
			add_key(&report->update_keys, work, row);
			break;
		case 'l':
			report->left++;
			add_key(&report->left_keys, work, row);
			break;
		default:
			report->conflicting++;
			add_key(&report->conflict_keys, work, row);
			break;
	}
}

static void
compare_rows(RowsWork *work)
{
	bool		with_before = !work->overwrite && has_key_of(work);
	MemoryContext caller = CurrentMemoryContext;
	EphemeralNamedRelation named = NULL;
	uint64		n;

	if (with_before)
	{
		const RowSet *set = sv_managed_evaluate(work->table, work->before);

		named = name_rows(work->table, BEFORE, set->tuples, set->n);
	}
	n = execute_rows_query(work, comparison(work, with_before));
	MemoryContextSwitchTo(work->context);
	for (uint64 i = 0; i < n; i++)
		take_action(work, sv_own_number_at(i, 1, 0), sv_own_text(i, 2)[0]);
	MemoryContextSwitchTo(caller);
	if (named != NULL)
		forget_rows(named);
}

/* Two wanted rows with the same key, though they are written in different ways. */
static void
refuse_same_keys(RowsWork *work)
{
	StringInfoData sql;

	initStringInfo(&sql);
	/* no LIMIT: for a first row alone the planner would take a nested loop, and find none */
	appendStringInfoString(&sql, "SELECT n FROM (SELECT pg_catalog.min(a.n) AS n FROM " WANTED
						   " a, " WANTED " b WHERE a.n OPERATOR(pg_catalog.<) b.n AND ");
	append_key_condition(&sql, work->table, "a", "b");
	appendStringInfoString(&sql, ") c WHERE n IS NOT NULL");
	if (execute_rows_query(work, sql.data) == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_SV_INVALID_SCRIPT),
			 errmsg("two managed rows of table %s have the same key",
					sv_managed_table(work->wanted)),
			 errdetail("The key is (%s).",
					   sv_managed_key(work->wanted, list_nth(work->wanted->rows,
															 sv_own_number_at(0, 1, 0))))));
}

/* ---------- writing ---------- */

/* The columns for which a row has values, as '0' and '1'. */
static char *
pattern_of(const RowsTable *table, HeapTuple tuple)
{
	char	   *pattern = palloc0(table->ncolumns + 1);

	for (int i = 0; i < table->ncolumns; i++)
		pattern[i] = sv_managed_is_default(table, tuple, i) ? '0' : '1';
	return pattern;
}

static char *
insert_statement(const RowsTable *table, const char *pattern)
{
	StringInfoData columns;
	StringInfoData values;

	initStringInfo(&columns);
	initStringInfo(&values);
	for (int i = 0; i < table->ncolumns; i++)
	{
		if (pattern[i] == '0')
			continue;
		appendStringInfo(&columns, "%s%s", columns.len > 0 ? ", " : "", table->names[i]);
		appendStringInfo(&values, "%sr.c%d", values.len > 0 ? ", " : "", i);
	}
	return psprintf("INSERT INTO %s (%s) SELECT %s FROM " CHOSEN " r ORDER BY r.n",
					sv_managed_table(table->wanted), columns.data, values.data);
}

static char *
update_statement(const RowsTable *table, const char *pattern)
{
	StringInfoData sql;
	const char *comma = "";

	initStringInfo(&sql);
	appendStringInfo(&sql, "UPDATE %s AS t SET ", table->from);
	for (int i = 0; i < table->ncolumns; i++)
	{
		if (pattern[i] == '0')
			continue;
		appendStringInfo(&sql, "%s%s = r.c%d", comma, table->names[i], i);
		comma = ", ";
	}
	appendStringInfoString(&sql, " FROM " CHOSEN " r WHERE ");
	append_key_condition(&sql, table, "t", "r");
	return sql.data;
}

/* Write rows with one statement for those that have values for the same columns. */
static void
write_rows(RowsWork *work, const List *places,
		   char *(*statement) (const RowsTable *table, const char *pattern))
{
	const RowsTable *table = work->table;
	HeapTuple  *chosen = palloc(sizeof(HeapTuple) * Max(list_length(places), 1));
	List	   *rest = list_copy(places);

	while (rest != NIL)
	{
		char	   *pattern = pattern_of(table, work->wanted_set->tuples[linitial_int(rest)]);
		EphemeralNamedRelation named;
		int			n = 0;
		ListCell   *cell;

		CHECK_FOR_INTERRUPTS();
		foreach(cell, rest)
		{
			HeapTuple	tuple = work->wanted_set->tuples[lfirst_int(cell)];

			if (strcmp(pattern, pattern_of(table, tuple)) != 0)
				continue;
			chosen[n++] = tuple;
			rest = foreach_delete_current(rest, cell);
		}
		named = name_rows(table, CHOSEN, chosen, n);
		(void) execute_rows_query(work, statement(table, pattern));
		forget_rows(named);
	}
}

/* The rows of the table that are not wanted, as a condition. */
static char *
not_wanted(const RowsTable *table)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "NOT EXISTS (SELECT FROM " WANTED " w WHERE ");
	append_key_condition(&sql, table, "t", "w");
	appendStringInfoChar(&sql, ')');
	return sql.data;
}

static void
delete_rows(RowsWork *work)
{
	work->report->deleted =
		execute_rows_query(work, psprintf("DELETE FROM %s AS t WHERE %s", work->table->from,
										  not_wanted(work->table)));
}

static void
refuse_conflicts(const RowsWork *work)
{
	const RowsReport *report = work->report;

	if (report->conflicting == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_SV_REFUSED),
			 errmsg("managed rows of table %s were changed by others",
					sv_managed_table(work->wanted)),
			 errdetail("The new text wants other values for " INT64_FORMAT
					   " of them; the first keys: %s.",
					   report->conflicting, sv_json_list(report->conflict_keys)),
			 errhint("Put what others changed into the text. Or let it be overwritten: allow_data_loss => true in this call, or overwrite => true in the definition.")));
}

static void
write_wanted(RowsWork *work)
{
	RowsReport *report = work->report;
	RowsReport	after = {.shows_keys = true};

	refuse_conflicts(work);
	write_rows(work, report->updates, update_statement);
	write_rows(work, report->inserts, insert_statement);
	if (report->updates == NIL && report->inserts == NIL)
		return;

	/* a trigger or a rule may have done something else */
	work->report = &after;
	compare_rows(work);
	work->report = report;
	if (after.inserted + after.updated + after.conflicting > 0 || after.left != report->left)
		ereport(ERROR,
				(errcode(ERRCODE_SV_VERIFY_FAILED),
				 errmsg("rows of table %s are not as they are wanted after they were written",
						sv_managed_table(work->wanted)),
				 errdetail("The first keys: %s.",
						   sv_json_list(list_concat(after.insert_keys,
													list_concat(after.update_keys,
																after.conflict_keys)))),
				 errhint("A trigger or a rule of the table changes what is written, or keeps it away. Want the rows as it leaves them.")));
}

/* ---------- all of it, with the rights that are due ---------- */

static void
count_deletes(RowsWork *work)
{
	const RowsTable *table = work->table;
	StringInfoData key;
	uint64		n;
	MemoryContext caller;

	execute_rows_query(work, psprintf("SELECT pg_catalog.count(*) FROM %s t WHERE %s", table->from,
									  not_wanted(table)));
	work->report->deleted = sv_own_number_at(0, 1, 0);
	if (!work->report->shows_keys || work->report->deleted == 0)
		return;
	initStringInfo(&key);
	for (int i = 0; i < table->nkeys; i++)
		appendStringInfo(&key, ", t.%s", table->names[table->keys[i]]);
	n = execute_rows_query(work, psprintf("SELECT pg_catalog.concat_ws(', '%s) FROM %s t WHERE %s LIMIT %d",
										  key.data, table->from, not_wanted(table), KEYS_SHOWN));
	caller = MemoryContextSwitchTo(work->context);
	for (uint64 i = 0; i < n; i++)
		work->report->delete_keys = lappend(work->report->delete_keys, sv_own_text(i, 1));
	MemoryContextSwitchTo(caller);
}

static void
set_for_rows(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
}

/* Let a literal mean the same in every session; until the caller's level of settings ends. */
static void
read_alike(void)
{
	set_for_rows("datestyle", "ISO, MDY");
	set_for_rows("intervalstyle", "postgres");
	set_for_rows("timezone", "UTC");
}

/* Look at the rows, or write them, as the current user. */
static void
work_on_rows(void *arg)
{
	EphemeralNamedRelation named;
	RowsWork   *work = arg;
	LOCKMODE	lock = work->phase == 0 ? AccessShareLock : ShareRowExclusiveLock;
	int			level = NewGUCNestLevel();

	read_alike();
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	work->table = sv_managed_open(work->wanted, lock);
	work->wanted_set = sv_managed_evaluate(work->table, work->wanted);
	named = name_rows(work->table, WANTED, work->wanted_set->tuples, work->wanted_set->n);
	refuse_same_keys(work);
	if (work->wanted->delete && work->phase == 0)
		count_deletes(work);
	if (work->wanted->delete && (work->phase & SV_ROWS_DELETE))
		delete_rows(work);
	if (work->phase != SV_ROWS_DELETE)
		compare_rows(work);
	if (work->phase & SV_ROWS_WRITE)
		write_wanted(work);
	forget_rows(named);
	relation_close(work->table->relation, work->phase == 0 ? lock : NoLock);
	SPI_finish();
	AtEOXact_GUC(false, level);
}

/* What the work may run, as a statement: it writes the table, with values of these types. */
static GeneratedStatement
statement_of_work(const void *arg, int i)
{
	const ManagedRows *wanted = arg;
	StringInfoData sql;
	List	   *casts = NIL;
	ListCell   *row;

	if (i > 0)
		return sv_generated_statement(NULL);
	foreach(row, wanted->rows)
	{
		foreach_ptr(const RowValue, value, lfirst(row))
		{
			ListCell   *cast;

			foreach(cast, value->casts)
				if (!sv_base_has_string(casts, lfirst(cast)))
				casts = lappend(casts, lfirst(cast));
		}
	}
	initStringInfo(&sql);
	appendStringInfo(&sql, "INSERT INTO %s SELECT 1", sv_managed_table(wanted));
	foreach_ptr(const char, string, casts)
		appendStringInfo(&sql, ", NULL::%s", string);
	return sv_generated_statement(sql.data);
}

static RowsWork
new_work(const ManagedRows *wanted, const ManagedRows *before, bool overwrite)
{
	RowsWork	work = {wanted, before, overwrite || wanted->overwrite};

	work.report = palloc0(sizeof(RowsReport));
	work.context = CurrentMemoryContext;
	return work;
}

static void
add_rows_context(void *arg)
{
	errcontext("managed rows of table %s", sv_managed_table(arg));
}

/*
 * Let the table have the wanted rows, or, in the phase that deletes, no others.  SV016
 * if others changed a row since the text "before" (NULL: none) ran, which is wanted in
 * another way now, unless it may be overwritten.  42P01 if there is no such table.
 */
RowsReport *
sv_managed_apply(const ManagedRows *wanted, const ManagedRows *before, bool overwrite,
				 RowsPhase phase)
{
	RowsWork	work = new_work(wanted, before, overwrite);
	int			level = NewGUCNestLevel();
	Generated	generated = {statement_of_work, wanted, sv_body_path_now()};
	ErrorContextCallback callback = {error_context_stack, add_rows_context,
	unconstify(ManagedRows *, wanted)};

	error_context_stack = &callback;
	work.phase = phase;
	work.report->shows_keys = true;
	(void) sv_managed_relation(wanted);
	sv_generated_settings();
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (sv_generated_execute(&generated, 0, work_on_rows, &work))
		sv_constraints_settle(true);
	SPI_finish();
	AtEOXact_GUC(false, level);
	error_context_stack = callback.previous;
	CommandCounterIncrement();
	return work.report;
}

/* ---------- looking ---------- */

static void
look_confined(void *arg)
{
	sv_generated_settings();
	if (superuser())
		sv_confine(SV_CONFINE_EXPRESSIONS, work_on_rows, arg);
	else
		work_on_rows(arg);
}

static bool
may_read(const RowsWork *work, Oid relation)
{
	ListCell   *cell;

	if (pg_class_aclcheck(relation, GetUserId(), ACL_SELECT) == ACLCHECK_OK)
		return true;
	foreach(cell, work->wanted->columns)
	{
		AttrNumber	column = get_attnum(relation, lfirst(cell));

		if (column == InvalidAttrNumber ||
			pg_attribute_aclcheck(relation, column, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
			return false;
	}
	return true;
}

static void
look_at_rows(void *arg)
{
	RowsWork   *work = arg;
	Oid			relation = sv_managed_relation(work->wanted);

	work->report->shows_keys = may_read(work, relation);
	sv_base_run_as(sv_relation_owner(relation), look_confined, work);
}

/*
 * What would be written, or NULL where that cannot be told, with *why.  Changes nothing,
 * takes no lock but AccessShare, and works for who may not write the table.
 */
RowsReport *
sv_managed_look(const ManagedRows *wanted, const ManagedRows *before, bool overwrite, char **why)
{
	RowsWork	work = new_work(wanted, before, overwrite);
	ErrorData  *error = sv_subtransaction(look_at_rows, &work, true);

	if (error == NULL)
		return work.report;
	if (sv_base_ends_all(error))
		ReThrowError(error);
	*why = pstrdup(error->message);
	return NULL;
}

/* "2 inserted, 1 updated" and the like; "no change" if it is none. */
char *
sv_managed_summary(const RowsReport *report)
{
	const struct
	{
		int64		n;
		const char *what;
	}			counts[] = {
		{report->inserted, "inserted"}, {report->updated, "updated"}, {report->deleted, "deleted"},
		{report->left, "left as others changed them"}, {report->conflicting, "changed by others"}
	};
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < lengthof(counts); i++)
	{
		if (counts[i].n > 0)
			appendStringInfo(&out, "%s" INT64_FORMAT " %s", out.len > 0 ? ", " : "", counts[i].n,
							 counts[i].what);
	}
	return out.len > 0 ? out.data : "no change";
}
