/*
 * write_rows.c
 *		The one loop that writes rows: what is put aside and what comes back.
 *
 * Rows are scanned and written below the planner: no name is looked up, no
 * trigger, rule or policy acts, and logical decoding sees nothing, for subscribers
 * have no such tables.  Code of users that can run: output and input functions of
 * types, checks of domains, defaults, generated columns, CHECKs and partition
 * constraints.  So the caller does all this inside of sv_base_run_as(), as the
 * owner of the table concerned.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "base/compat.h"
#include "catalog/index.h"
#include "catalog/pg_am.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "executor/executor.h"
#include "executor/nodeModifyTable.h"
#include "kept/kept_private.h"
#include "miscadmin.h"
#include "rewrite/rewriteHandler.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* ---------- values ---------- */

/* How a value of one type becomes one of another. */
typedef struct Conversion
{
	enum
	{
		AS_IT_IS, TO_TEXT, FROM_TEXT
	}			kind;
	FmgrInfo	function;
	Oid			parameter;
	int32		typmod;
} Conversion;

static void
init_conversion(Conversion *conversion, Oid from, Oid to, int32 typmod)
{
	Oid			function;
	bool		varlena;

	conversion->kind = AS_IT_IS;
	conversion->typmod = typmod;
	if (getBaseType(from) == getBaseType(to))
		return;
	if (to == TEXTOID)
	{
		conversion->kind = TO_TEXT;
		getTypeOutputInfo(from, &function, &varlena);
	}
	else if (from == TEXTOID)
	{
		conversion->kind = FROM_TEXT;
		getTypeInputInfo(to, &function, &conversion->parameter);
	}
	else
		elog(ERROR, "no way from type %u to type %u", from, to);
	fmgr_info(function, &conversion->function);
}

static Datum
convert_value(Conversion *conversion, Datum value, bool isnull)
{
	if (conversion->kind == AS_IT_IS || isnull)
		return value;
	if (conversion->kind == TO_TEXT)
		return CStringGetTextDatum(OutputFunctionCall(&conversion->function, value));
	return InputFunctionCall(&conversion->function, TextDatumGetCString(value),
							 conversion->parameter,
							 conversion->typmod);
}

static void
set_in_scope(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
}

/* In a level of settings that the caller ends: let values have the same text in every session. */
void
sv_kept_settings(void)
{
	set_in_scope("datestyle", "ISO, MDY");
	set_in_scope("intervalstyle", "postgres");
	set_in_scope("timezone", "UTC");
	set_in_scope("extra_float_digits", "3");
	set_in_scope("bytea_output", "hex");
	set_in_scope("lc_monetary", "C");
	set_in_scope("quote_all_identifiers", "off");
}

/* ---------- finding kept values by the key of a row ---------- */

struct Lookup
{
	Relation	rows;			/* keys, then values */
	Relation	index;
	IndexScanDesc scan;
	TupleTableSlot *slot;
	int			n;				/* columns of the key */
	ScanKeyData *keys;
	AttrNumber *from;			/* where the key is in a row of the source */
	Conversion *conversions;
	bool		found;			/* for the row at hand */
};

/* Can rows be found again by kept values of that type? */
bool
sv_kept_is_key_type(Oid type)
{
	int32		typmod = -1;

	return OidIsValid(GetDefaultOpClass(sv_kept_type(type, &typmod), BTREE_AM_OID));
}

/*
 * The index over the first n columns of a kept table, by bytes where it is
 * text; built if there is none.
 */
static Oid
key_index(Relation rows, int n)
{
	char	   *name = psprintf("key_of_%u", RelationGetRelid(rows));
	Oid			index = get_relname_relid(name, RelationGetNamespace(rows));
	IndexInfo  *info = sv_make_index_info(n);
	List	   *names = NIL;
	Oid		   *classes = palloc(sizeof(Oid) * n);
	Oid		   *collations = palloc0(sizeof(Oid) * n);
	int16	   *options = palloc0(sizeof(int16) * n);

	if (OidIsValid(index))
		return index;

	for (int i = 0; i < n; i++)
	{
		Form_pg_attribute column = TupleDescAttr(RelationGetDescr(rows), i);

		info->ii_IndexAttrNumbers[i] = i + 1;
		names = lappend(names, NameStr(column->attname));
		classes[i] = GetDefaultOpClass(column->atttypid, BTREE_AM_OID);
		if (OidIsValid(get_typcollation(column->atttypid)))
			collations[i] = C_COLLATION_OID;
	}
	index = sv_create_index(rows, name, info, names, collations, classes, options);
	CommandCounterIncrement();
	return index;
}

static void
init_key(Lookup *lookup, int i)
{
	Form_pg_attribute column = TupleDescAttr(RelationGetDescr(lookup->rows), i);
	Oid			family = lookup->index->rd_opfamily[i];
	Oid			type = lookup->index->rd_opcintype[i];
	Oid			operator = get_opfamily_member(family, type, type, BTEqualStrategyNumber);

	ScanKeyEntryInitialize(&lookup->keys[i], 0, i + 1, BTEqualStrategyNumber, type,
						   OidIsValid(get_typcollation(column->atttypid)) ? C_COLLATION_OID :
						   InvalidOid,
						   get_opcode(operator), (Datum) 0);
}

static void
find_row(Lookup *lookup, TupleTableSlot *row)
{
	for (int i = 0; i < lookup->n; i++)
	{
		Datum		value = row->tts_values[lookup->from[i] - 1];

		if (row->tts_isnull[lookup->from[i] - 1])
		{
			lookup->found = false;
			return;
		}
		lookup->keys[i].sk_argument = convert_value(&lookup->conversions[i], value, false);
	}
	index_rescan(lookup->scan, lookup->keys, lookup->n, NULL, 0);
	lookup->found = index_getnext_slot(lookup->scan, ForwardScanDirection, lookup->slot);
	if (lookup->found)
		slot_getallattrs(lookup->slot);
}

/* ---------- rows ---------- */

/* Where the values of a column come from: a kept one, else the source, else the default. */
typedef struct Column
{
	AttrNumber	from;			/* of the source; 0: none */
	Conversion	conversion;
	ExprState  *missing;		/* its default; NULL: null */
	Lookup	   *lookup;
	AttrNumber	kept;			/* of the rows of the lookup */
	Conversion	kept_conversion;
	bool		needed;			/* error where none is kept */
	Oid			domain;			/* to be checked; InvalidOid: none */
	void	   *domain_extra;
} Column;

struct RowWriter
{
	Relation	source;
	Relation	target;			/* whose columns are written */
	Snapshot	snapshot;
	Column	   *columns;
	List	   *lookups;
	Lookup	   *only;			/* write only rows that it finds */
	AttrNumber	now;			/* and whose column has still this text: of the source */
	AttrNumber	then;			/* and of the rows of "only" */
	Conversion	now_conversion;
	ResultRelInfo *checked;		/* NULL: nothing is checked */
	EState	   *estate;
	ExprContext *context;
	TupleTableSlot *from;
	TupleTableSlot *to;
};

/*
 * Begin to write rows of "source" as rows of "target". Columns of which
 * nothing else is said are NULL.
 */
RowWriter *
sv_rows_begin(Relation source, Relation target)
{
	RowWriter  *writer = palloc0(sizeof(RowWriter));

	writer->source = source;
	writer->target = target;
	writer->columns = palloc0(sizeof(Column) * Max(RelationGetNumberOfAttributes(target), 1));
	writer->snapshot = RegisterSnapshot(GetLatestSnapshot());
	writer->estate = CreateExecutorState();
	writer->context = GetPerTupleExprContext(writer->estate);
	writer->from = table_slot_create(source, NULL);
	writer->to = MakeSingleTupleTableSlot(RelationGetDescr(target), &TTSOpsVirtual);
	return writer;
}

static void
init_column(Conversion *conversion, Relation from, AttrNumber number, Relation target,
			AttrNumber to)
{
	Form_pg_attribute column = TupleDescAttr(RelationGetDescr(target), to - 1);

	init_conversion(conversion, TupleDescAttr(RelationGetDescr(from), number - 1)->atttypid,
					column->atttypid,
					column->atttypmod);
}

/* A column gets its values from one of the source. */
void
sv_rows_column(RowWriter *writer, AttrNumber to, AttrNumber from)
{
	Column	   *column = &writer->columns[to - 1];

	column->from = from;
	init_column(&column->conversion, writer->source, from, writer->target, to);
}

/* A column gets its default. */
void
sv_rows_default(RowWriter *writer, AttrNumber to)
{
	Node	   *expression = build_column_default(writer->target, to);

	if (expression != NULL)
		writer->columns[to - 1].missing = ExecPrepareExpr((Expr *) expression, writer->estate);
}

/*
 * Find for each row of the source the row of a kept table that has the same key,
 * which is in the first columns of the kept table; "key" are their names in the source.
 */
Lookup *
sv_rows_lookup(RowWriter *writer, Relation rows, const List *key)
{
	Lookup	   *lookup = palloc0(sizeof(Lookup));
	ListCell   *cell;

	lookup->rows = rows;
	lookup->n = list_length(key);
	lookup->index = index_open(key_index(rows, lookup->n), AccessShareLock);
	lookup->keys = palloc0(sizeof(ScanKeyData) * lookup->n);
	lookup->from = palloc(sizeof(AttrNumber) * lookup->n);
	lookup->conversions = palloc0(sizeof(Conversion) * lookup->n);
	foreach(cell, key)
	{
		int			i = foreach_current_index(cell);
		AttrNumber	from = get_attnum(RelationGetRelid(writer->source), lfirst(cell));

		if (from == InvalidAttrNumber)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("column \"%s\", by which rows are found again, does not exist",
							(char *) lfirst(cell))));
		lookup->from[i] = from;
		init_column(&lookup->conversions[i], writer->source, from, rows, i + 1);
		init_key(lookup, i);
	}
	lookup->scan = sv_index_beginscan(rows, lookup->index, writer->snapshot, lookup->n);
	lookup->slot = table_slot_create(rows, NULL);
	writer->lookups = lappend(writer->lookups, lookup);
	return lookup;
}

/* A column gets the value that is kept, where one is. */
void
sv_rows_kept(RowWriter *writer, AttrNumber to, Lookup *lookup, AttrNumber from)
{
	Column	   *column = &writer->columns[to - 1];
	Oid			type = TupleDescAttr(RelationGetDescr(writer->target), to - 1)->atttypid;

	column->lookup = lookup;
	column->kept = from;
	init_column(&column->kept_conversion, lookup->rows, from, writer->target, to);
	if (get_typtype(type) == TYPTYPE_DOMAIN)
		column->domain = type;
}

/* Error where no value of the column is kept. */
void
sv_rows_needed(RowWriter *writer, AttrNumber to)
{
	writer->columns[to - 1].needed = true;
}

/* Write only the rows that the lookup finds. */
void
sv_rows_only(RowWriter *writer, Lookup *lookup)
{
	writer->only = lookup;
}

/* And of these only those whose column "now" has the text that was kept as "then". */
void
sv_rows_only_unchanged(RowWriter *writer, AttrNumber now, AttrNumber then)
{
	writer->now = now;
	writer->then = then;
	init_column(&writer->now_conversion, writer->source, now, writer->only->rows, then);
}

/*
 * Compute generated columns, and check NOT NULL, CHECK and partition constraints of
 * the target, as an INSERT does; unique and exclusion constraints and foreign keys
 * are the caller's to check.
 */
void
sv_rows_check(RowWriter *writer)
{
	writer->checked = makeNode(ResultRelInfo);
	InitResultRelInfo(writer->checked, writer->target, 0, NULL, 0);
}

static void
check_written_row(RowWriter *writer)
{
	TupleConstr *constraints = RelationGetDescr(writer->target)->constr;

	writer->to->tts_tableOid = RelationGetRelid(writer->target);
	if (constraints != NULL && constraints->has_generated_stored)
		ExecComputeStoredGenerated(writer->checked, writer->estate, writer->to, CMD_INSERT);
	if (constraints != NULL)
		ExecConstraints(writer->checked, writer->to, writer->estate);
	if (writer->target->rd_rel->relispartition)
		ExecPartitionCheck(writer->checked, writer->to, writer->estate, true);
}

/* ---------- the loop ---------- */

static void
make_value(RowWriter *writer, Column *column, Datum *value, bool *isnull)
{
	*value = (Datum) 0;
	*isnull = true;
	if (column->lookup != NULL && column->lookup->found)
	{
		*isnull = column->lookup->slot->tts_isnull[column->kept - 1];
		*value = convert_value(&column->kept_conversion,
							   column->lookup->slot->tts_values[column->kept - 1], *isnull);
	}
	else if (column->needed)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("no old value is kept of a row of table \"%s\"",
						RelationGetRelationName(writer->target))));
	else if (column->from > 0)
	{
		*isnull = writer->from->tts_isnull[column->from - 1];
		*value = convert_value(&column->conversion, writer->from->tts_values[column->from - 1],
							   *isnull);
	}
	else if (column->missing != NULL)
		*value = ExecEvalExpr(column->missing, writer->context, isnull);
	if (OidIsValid(column->domain))
		domain_check(*value, *isnull, column->domain, &column->domain_extra,
					 writer->estate->es_query_cxt);
}

/* Has the row's column still the text that was kept with it? */
static bool
is_unchanged(RowWriter *writer)
{
	TupleTableSlot *kept = writer->only->slot;
	bool		isnull = writer->from->tts_isnull[writer->now - 1];
	Datum		now;

	if (isnull || kept->tts_isnull[writer->then - 1])
		return isnull && kept->tts_isnull[writer->then - 1];
	now = convert_value(&writer->now_conversion, writer->from->tts_values[writer->now - 1], false);
	return strcmp(TextDatumGetCString(now),
				  TextDatumGetCString(kept->tts_values[writer->then - 1])) == 0;
}

/* Fill writer->to; false if there is no row to write. */
static bool
make_row(RowWriter *writer)
{
	TupleTableSlot *row = writer->to;
	int			n = row->tts_tupleDescriptor->natts;

	slot_getallattrs(writer->from);
	foreach_ptr(Lookup, lookup, writer->lookups)
		find_row(lookup, writer->from);
	if (writer->only != NULL &&
		(!writer->only->found || (writer->then > 0 && !is_unchanged(writer))))
		return false;
	ExecClearTuple(row);
	for (int i = 0; i < n; i++)
		make_value(writer, &writer->columns[i], &row->tts_values[i], &row->tts_isnull[i]);
	ExecStoreVirtualTuple(row);
	if (writer->checked != NULL)
		check_written_row(writer);
	return true;
}

static void
end_row_lookup(Lookup *lookup)
{
	index_endscan(lookup->scan);
	ExecDropSingleTupleTableSlot(lookup->slot);
	index_close(lookup->index, AccessShareLock);
}

/*
 * Write all rows into "into", which has the columns of the target and no indexes,
 * and end what sv_rows_begin() began.  Returns the number of rows.
 */
uint64
sv_rows_write(RowWriter *writer, Relation into)
{
	int			options = TABLE_INSERT_SKIP_FSM | TABLE_INSERT_NO_LOGICAL;
	BulkInsertState bulk = GetBulkInsertState();
	CommandId	command = GetCurrentCommandId(true);
	TableScanDesc scan = table_beginscan(writer->source, writer->snapshot, 0, NULL);
	MemoryContext old = MemoryContextSwitchTo(GetPerTupleMemoryContext(writer->estate));
	uint64		n = 0;

	while (table_scan_getnextslot(scan, ForwardScanDirection, writer->from))
	{
		CHECK_FOR_INTERRUPTS();
		ResetPerTupleExprContext(writer->estate);
		if (!make_row(writer))
			continue;
		table_tuple_insert(into, writer->to, command, options, bulk);
		n++;
	}
	MemoryContextSwitchTo(old);
	table_endscan(scan);
	FreeBulkInsertState(bulk);
	table_finish_bulk_insert(into, options);
	foreach_ptr(Lookup, lookup, writer->lookups)
		end_row_lookup(lookup);
	ExecDropSingleTupleTableSlot(writer->to);
	ExecDropSingleTupleTableSlot(writer->from);
	UnregisterSnapshot(writer->snapshot);
	FreeExecutorState(writer->estate);
	CommandCounterIncrement();
	return n;
}
