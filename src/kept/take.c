/*
 * take.c
 *		Putting aside what a statement is going to take away.
 *
 * A table whose types are all the server's own is moved by its files, any
 * other is copied.  Of a column the values are copied, with the key of their rows:
 * the primary key, or another unique key that is never null.  Without a key the
 * values cannot be kept.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "base/compat.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_sequence.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "commands/sequence.h"
#include "commands/tablecmds.h"
#include "kept/kept_private.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

static StoredKept *
new_kept(const Keep *keep, KeptKind kind, Oid relation)
{
	StoredKept *kept = palloc0(sizeof(StoredKept));

	kept->number = sv_store_kept_number();
	kept->revision = keep->revision;
	kept->direction = keep->direction;
	kept->kind = kind;
	kept->schema_name = get_namespace_name(get_rel_namespace(relation));
	kept->table_name = get_rel_name(relation);
	kept->rows = -1;
	return kept;
}

static char *
type_text(Oid relation, const char *column)
{
	Oid			type;
	int32		typmod;
	Oid			collation;

	get_atttypetypmodcoll(relation, get_attnum(relation, column), &type, &typmod, &collation);
	return format_type_extended(type, typmod,
								FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY);
}

/*
 * What cannot be kept is an error where the revision asks for it, and a warning
 * where the setting does.
 */
static void
complain_of_keep(const Keep *keep, const char *what, const char *why)
{
	ereport(keep->asked ? ERROR : WARNING,
			(errcode(ERRCODE_SV_REFUSED),
			 keep->asked ? errmsg("cannot keep %s", what) : errmsg("%s are not kept", what),
			 errdetail_internal("%s", why),
			 errhint("Set the option \"keep\" of revision \"%s\" to false to let them go.",
					 keep->revision)));
}

static bool
has_foreign_partition(Oid relation)
{
	ListCell   *cell;

	if (get_rel_relkind(relation) == RELKIND_PARTITIONED_TABLE)
	{
		foreach(cell, find_all_inheritors(relation, AccessShareLock, NULL))
		{
			if (get_rel_relkind(lfirst_oid(cell)) == RELKIND_FOREIGN_TABLE)
				return true;
		}
	}
	return false;
}

/* ---------- tables ---------- */

/* The names of the columns that hold values of their own. */
static List *
own_columns(Relation table)
{
	TupleDesc	desc = RelationGetDescr(table);
	List	   *names = NIL;

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);

		if (!column->attisdropped && column->attgenerated == '\0')
			names = lappend(names, pstrdup(NameStr(column->attname)));
	}
	return names;
}

static void
add_kept_column(TupleDesc desc, int *n, const char *name, Oid relation, const char *like)
{
	Oid			type;
	int32		typmod;
	Oid			collation;

	get_atttypetypmodcoll(relation, get_attnum(relation, like), &type, &typmod, &collation);
	type = sv_kept_type(type, &typmod);
	(*n)++;
	TupleDescInitEntry(desc, *n, name, type, typmod, 0);
}

/* A copy of a table under way, within sv_base_run_as(). */
typedef struct TableCopy
{
	Oid			from;
	Oid			to;
	List	   *columns;
	uint64		n;
} TableCopy;

static void
copy_table(void *arg)
{
	TableCopy  *copy = arg;
	Relation	source = table_open(copy->from, AccessExclusiveLock);
	Relation	target = table_open(copy->to, AccessExclusiveLock);
	RowWriter  *writer;
	ListCell   *cell;

	sv_kept_settings();
	writer = sv_rows_begin(source, target);
	foreach(cell, copy->columns)
		sv_rows_column(writer, foreach_current_index(cell) + 1,
					   get_attnum(copy->from, lfirst(cell)));
	copy->n = sv_rows_write(writer, target);
	table_close(target, NoLock);
	table_close(source, NoLock);
}

static Oid
copy_out(StoredKept *kept, Oid relation)
{
	TupleDesc	desc = CreateTemplateTupleDesc(list_length(kept->columns));
	TableCopy	copy = {relation};
	int			n = 0;

	foreach_ptr(const char, column, kept->columns)
		add_kept_column(desc, &n, column, relation, column);
	copy.to = sv_kept_create(kept->kept_table, desc, relation, InvalidOid);
	copy.columns = kept->columns;
	sv_base_run_as(sv_relation_owner(relation), copy_table, &copy);
	kept->rows = copy.n;
	return copy.to;
}

/* Keep the rows of a table that is going to be dropped; NULL if they cannot be kept. */
StoredKept *
sv_kept_take_table(const Keep *keep, const Loss *loss)
{
	Relation	table = table_open(loss->relation, AccessExclusiveLock);
	StoredKept *kept = new_kept(keep, SV_KEPT_TABLE, loss->relation);
	Oid			rows;

	CheckTableNotInUse(table, "DROP TABLE");
	kept->kept_table = sv_kept_name(kept->number, kept->table_name);
	kept->columns = own_columns(table);
	foreach_ptr(const char, column, kept->columns)
		kept->types = lappend(kept->types, type_text(loss->relation, column));
	kept->rows = table->rd_rel->reltuples;
	kept->row_security = table->rd_rel->relrowsecurity;
	if (!loss->reads && sv_kept_can_move(table))
		rows = sv_kept_move(table, kept->kept_table);
	else
		rows = copy_out(kept, loss->relation);
	table_close(table, NoLock);
	kept->layout = sv_kept_layout(rows);
	sv_store_keep(kept);
	return kept;
}

/* Is it a table whose rows are somewhere else? */
bool
sv_kept_is_elsewhere(const Keep *keep, Oid relation)
{
	if (!sv_is_distributed(relation))
		return false;
	complain_of_keep(keep,
					 psprintf("the rows of table %s", sv_relation_name(relation)),
					 "It is a table of Citus, whose rows are in its shards.");
	return true;
}

/* ---------- columns ---------- */

/*
 * The columns of an index if they identify a row whatever happens to the
 * columns "without"; else NIL.
 */
static List *
key_of_index(Relation relation, Relation index, const Bitmapset *without)
{
	Form_pg_index form = index->rd_index;
	List	   *names = NIL;

	if (!form->indisunique || !form->indimmediate || !form->indisvalid ||
		RelationGetIndexExpressions(index) != NIL || RelationGetIndexPredicate(index) != NIL)
		return NIL;
	for (int i = 0; i < form->indnkeyatts; i++)
	{
		AttrNumber	number = form->indkey.values[i];
		Form_pg_attribute column = TupleDescAttr(RelationGetDescr(relation), number - 1);

		if (!sv_is_not_null(RelationGetDescr(relation), number - 1) ||
			column->attgenerated != '\0' ||
			bms_is_member(number, without) || !sv_kept_is_key_type(column->atttypid))
			return NIL;
		names = lappend(names, pstrdup(NameStr(column->attname)));
	}
	return names;
}

/*
 * The names of the columns by which rows can be found again: the primary key,
 * or another unique one that is never null; NIL if there is none without the
 * columns "without".
 */
static List *
key_of(Oid relation, const Bitmapset *without)
{
	Relation	table = table_open(relation, AccessShareLock);
	List	   *key = NIL;
	List	   *indexes = RelationGetIndexList(table);
	ListCell   *cell;

	if (OidIsValid(table->rd_pkindex))
		indexes = lcons_oid(table->rd_pkindex, indexes);
	foreach(cell, indexes)
	{
		Relation	index = index_open(lfirst_oid(cell), AccessShareLock);

		key = key_of_index(table, index, without);
		index_close(index, NoLock);
		if (key != NIL)
			break;
	}
	table_close(table, NoLock);
	return key;
}

static bool
has_row_security(Oid relation)
{
	Relation	table = table_open(relation, NoLock);
	bool		result = table->rd_rel->relrowsecurity;

	table_close(table, NoLock);
	return result;
}

/* Values of a column with the keys of their rows, within sv_base_run_as(). */
typedef struct ValueCopy
{
	const StoredKept *kept;
	Oid			leaf;			/* the table that has the rows */
	/* kept values of the same rows; InvalidOid: they are in the table */
	Oid			before;
	bool		unchanged;		/* only of rows whose value is still what it was converted to */
	Oid			to;
	uint64		n;
} ValueCopy;

static void
copy_values(void *arg)
{
	ValueCopy  *copy = arg;
	List	   *key = copy->kept->columns;
	AttrNumber	value = list_length(key) + 1;
	AttrNumber	column = get_attnum(copy->leaf, copy->kept->column_name);
	Relation	source = table_open(copy->leaf, AccessExclusiveLock);
	Relation	target = table_open(copy->to, AccessExclusiveLock);
	Relation	before = OidIsValid(copy->before) ? table_open(copy->before, AccessExclusiveLock) :
	NULL;
	RowWriter  *writer;
	Lookup	   *lookup;
	ListCell   *cell;

	sv_kept_settings();
	writer = sv_rows_begin(source, target);
	foreach(cell, key)
		sv_rows_column(writer, foreach_current_index(cell) + 1,
					   get_attnum(copy->leaf, lfirst(cell)));
	if (before == NULL)
		sv_rows_column(writer, value, column);
	else
	{
		lookup = sv_rows_lookup(writer, before, key);
		sv_rows_only(writer, lookup);
		sv_rows_kept(writer, value, lookup, value);
		if (copy->unchanged)
			sv_rows_only_unchanged(writer, column, value + 1);
		else
			sv_rows_column(writer, value + 1, column);
	}
	copy->n += sv_rows_write(writer, target);
	if (before != NULL)
		table_close(before, NoLock);
	table_close(target, NoLock);
	table_close(source, NoLock);
}

/* Copy the values of all partitions of the table, each as its owner. */
static uint64
copy_all_values(ValueCopy *copy, Oid relation)
{
	ListCell   *cell;

	foreach(cell, sv_kept_leaves(relation))
	{
		copy->leaf = lfirst_oid(cell);
		sv_base_run_as(sv_relation_owner(copy->leaf), copy_values, copy);
	}
	return copy->n;
}

/*
 * The layout for values of a column and what identifies their rows;
 * "converted": and what was made of them, as text.
 */
static TupleDesc
value_layout(const StoredKept *kept, Oid relation, bool converted)
{
	TupleDesc	desc = CreateTemplateTupleDesc(list_length(kept->columns) + 1 + converted);
	int			n = 0;

	foreach_ptr(const char, column, kept->columns)
		add_kept_column(desc, &n, psprintf("key%d", n + 1), relation, column);
	add_kept_column(desc, &n, "value", relation, kept->column_name);
	if (converted)
		TupleDescInitEntry(desc, n + 1, "converted", TEXTOID, -1, 0);
	return desc;
}

/*
 * Keep the values of a column that is going to be dropped or converted; NULL if
 * that cannot be.  "lost" are all such columns of the table.  A converted one is
 * recorded by sv_kept_take_result(), when it is known what the values became.
 */
StoredKept *
sv_kept_take_column(const Keep *keep, const Loss *loss, const Bitmapset *lost)
{
	StoredKept *kept = new_kept(keep, loss->converted ? SV_KEPT_TYPE : SV_KEPT_COLUMN,
								loss->relation);
	char	   *what;
	ValueCopy	copy = {kept};

	LockRelationOid(loss->relation, AccessExclusiveLock);
	kept->column_name = get_attname(loss->relation, loss->column, false);
	kept->types = list_make1(type_text(loss->relation, kept->column_name));
	kept->columns = key_of(loss->relation, lost);
	what = psprintf("the values of column \"%s\" of table %s", kept->column_name,
					quote_qualified_identifier(kept->schema_name, kept->table_name));
	if (kept->columns == NIL || has_foreign_partition(loss->relation))
	{
		complain_of_keep(keep, what, kept->columns == NIL ?
						 "The table has no other key that identifies its rows: a primary key, or a unique "
						 "one without nulls." :
						 "The table has foreign partitions.");
		return NULL;
	}
	kept->kept_table =
		sv_kept_name(kept->number, psprintf("%s_%s", kept->table_name, kept->column_name));
	kept->row_security = has_row_security(loss->relation);
	copy.to =
		sv_kept_create(kept->kept_table, value_layout(kept, loss->relation, false), loss->relation,
					   InvalidOid);
	kept->rows = copy_all_values(&copy, loss->relation);
	kept->layout = sv_kept_layout(copy.to);
	if (!loss->converted)
		sv_store_keep(kept);
	return kept;
}

/*
 * A table with those of the kept values whose column still has what the upgrade
 * made of them.
 */
Oid
sv_kept_take_unchanged(const StoredKept *kept, Oid rows, Oid relation)
{
	Relation	source = table_open(rows, AccessShareLock);
	ValueCopy	copy = {kept};

	copy.to =
		sv_kept_create(sv_kept_name(sv_store_kept_number(), kept->column_name),
					   sv_kept_layout_of(source), rows,
					   InvalidOid);
	table_close(source, NoLock);
	copy.before = rows;
	copy.unchanged = true;
	copy_all_values(&copy, relation);
	return copy.to;
}

/* Record a converted column, and with its old values what the statement made of them. */
void
sv_kept_take_result(StoredKept *kept)
{
	Oid			relation = sv_kept_find(kept->schema_name, kept->table_name);
	Oid			before = get_relname_relid(kept->kept_table, sv_kept_schema());
	Relation	rows = table_open(before, AccessShareLock);
	int			n = RelationGetNumberOfAttributes(rows);
	TupleDesc	desc = CreateTemplateTupleDesc(n + 1);
	ValueCopy	copy = {kept};

	for (int i = 1; i <= n; i++)
		TupleDescCopyEntry(desc, i, RelationGetDescr(rows), i);
	TupleDescInitEntry(desc, n + 1, "converted", TEXTOID, -1, 0);
	table_close(rows, NoLock);
	copy.before = before;
	copy.to =
		sv_kept_create(sv_kept_name(sv_store_kept_number(), kept->column_name), desc, before,
					   InvalidOid);
	copy_all_values(&copy, relation);
	sv_kept_drop(before);
	RenameRelationInternal(copy.to, kept->kept_table, true, false);
	CommandCounterIncrement();
	kept->layout = sv_kept_layout(copy.to);
	sv_store_keep(kept);
}

/* ---------- sequences ---------- */

/* Schema, table and column that own a sequence; NIL if none do. */
static List *
owner_of_sequence(Oid sequence)
{
	Oid			table;
	int32		column;

	if (!sequenceIsOwned(sequence, DEPENDENCY_AUTO, &table, &column) &&
		!sequenceIsOwned(sequence, DEPENDENCY_INTERNAL, &table, &column))
		return NIL;
	return list_make3(get_namespace_name(get_rel_namespace(table)), get_rel_name(table),
					  get_attname(table, column, false));
}

static int64
start_of(Oid sequence)
{
	HeapTuple	tuple = SearchSysCache1(SEQRELID, ObjectIdGetDatum(sequence));
	int64		start;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for sequence %u", sequence);
	start = ((Form_pg_sequence) GETSTRUCT(tuple))->seqstart;
	ReleaseSysCache(tuple);
	return start;
}

/* Keep the position of a sequence that is going to be dropped; NULL if it was never used. */
StoredKept *
sv_kept_take_sequence(const Keep *keep, Oid sequence)
{
	StoredKept *kept = new_kept(keep, SV_KEPT_SEQUENCE, sequence);
	Relation	relation = relation_open(sequence, AccessExclusiveLock);
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	TableScanDesc scan = table_beginscan(relation, snapshot, 0, NULL);

	kept->columns = owner_of_sequence(sequence);
	if (!table_scan_getnextslot(scan, ForwardScanDirection, slot))
		elog(ERROR, "sequence %u has no row", sequence);
	slot_getallattrs(slot);
	kept->position = DatumGetInt64(slot->tts_values[SEQ_COL_LASTVAL - 1]);
	kept->is_called = DatumGetBool(slot->tts_values[SEQ_COL_CALLED - 1]);
	ExecDropSingleTupleTableSlot(slot);
	table_endscan(scan);
	UnregisterSnapshot(snapshot);
	relation_close(relation, NoLock);
	if (!kept->is_called && kept->position == start_of(sequence))
		return NULL;
	sv_store_keep(kept);
	return kept;
}
