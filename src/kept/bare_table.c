/*
 * bare_table.c
 *		Tables that are nothing but rows, and moving the rows of a table by its
 *		files.
 *
 * A table that is dropped is not moved itself: its rows are, with their files,
 * into a bare table of the same layout.  So the statement that drops it does all
 * that it ever does (messages, CASCADE, foreign keys, publications), on a
 * table that has become empty, and nothing is read or written however many rows
 * there are.  What is kept has no constraints, triggers, policies or privileges.
 *
 * Copied rows are written below triggers and row security, and without a
 * trace for logical decoding: subscribers have no such table.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/multixact.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/toast_internals.h"
#include "access/xact.h"
#include "base/compat.h"
#include "catalog/catalog.h"
#include "catalog/dependency.h"
#include "catalog/heap.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "catalog/toasting.h"
#include "commands/cluster.h"
#include "commands/tablecmds.h"
#include "kept/kept_private.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/* The schema for what is kept; error if it is gone. */
Oid
sv_kept_schema(void)
{
	Oid			schema = get_namespace_oid("schemaver_kept", true);

	if (!OidIsValid(schema))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_SCHEMA),
				 errmsg("schema \"schemaver_kept\" of extension \"schemaver\" does not exist"),
				 errhint("Run CREATE EXTENSION schemaver again, or SET schemaver.keep_data = off.")));
	return schema;
}

/* A name there that tells what is in it; the number makes it unique. */
char *
sv_kept_name(int64 number, const char *table)
{
	char	   *name = psprintf("k" INT64_FORMAT "_%s", number, table);

	name[pg_mbcliplen(name, strlen(name), NAMEDATALEN - 1)] = '\0';
	return name;
}

/*
 * Create a table in schemaver_kept.  Nobody but its owner has rights on it.
 * Dropped columns of "desc" are made as such.
 */
Oid
sv_bare_table(const char *name, TupleDesc desc, Oid owner, char persistence, Oid tablespace)
{
	Oid			table = heap_create_with_catalog(name, sv_kept_schema(), tablespace, InvalidOid, InvalidOid, InvalidOid,
												 owner, HEAP_TABLE_AM_OID, desc, NIL, RELKIND_RELATION, persistence,
												 false, false, ONCOMMIT_NOOP, (Datum) 0, false, true, true,
												 InvalidOid, NULL);

	CommandCounterIncrement();
	return table;
}

/*
 * The layout of a table without what depends on other objects: constraints,
 * defaults, collations; domains are what they are made of.
 */
TupleDesc
sv_bare_like(Relation relation)
{
	TupleDesc	desc = CreateTupleDescCopy(RelationGetDescr(relation));

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);

		column->attislocal = true;
		column->attinhcount = 0;
		if (column->attisdropped)
			continue;
		column->atttypid = getBaseTypeAndTypmod(column->atttypid, &column->atttypmod);
		if (column->attcollation >= FirstNormalObjectId)
			column->attcollation = DEFAULT_COLLATION_OID;
	}
	return desc;
}

/*
 * Let "to" give the same values as "from" for columns that are newer than a row
 * and have no place in it.
 */
void
sv_bare_copy_missing(Oid from, Oid to)
{
	Relation	relation = table_open(from, NoLock);
	Relation	attributes = table_open(AttributeRelationId, RowExclusiveLock);

	for (int number = 1; number <= RelationGetNumberOfAttributes(relation); number++)
	{
		HeapTuple	old = SearchSysCache2(ATTNUM, ObjectIdGetDatum(from), Int16GetDatum(number));
		Datum		values[Natts_pg_attribute] = {0};
		bool		nulls[Natts_pg_attribute] = {0};
		bool		replaces[Natts_pg_attribute] = {0};
		HeapTuple	own;
		HeapTuple	changed;

		if (!HeapTupleIsValid(old))
			elog(ERROR, "cache lookup failed for column %d of relation %u", number, from);
		if (!((Form_pg_attribute) GETSTRUCT(old))->atthasmissing)
		{
			ReleaseSysCache(old);
			continue;
		}
		own = SearchSysCache2(ATTNUM, ObjectIdGetDatum(to), Int16GetDatum(number));
		if (!HeapTupleIsValid(own))
			elog(ERROR, "cache lookup failed for column %d of relation %u", number, to);
		values[Anum_pg_attribute_atthasmissing - 1] = BoolGetDatum(true);
		values[Anum_pg_attribute_attmissingval - 1] =
			SysCacheGetAttr(ATTNUM, old, Anum_pg_attribute_attmissingval, &nulls[Anum_pg_attribute_attmissingval - 1]);
		replaces[Anum_pg_attribute_atthasmissing - 1] = replaces[Anum_pg_attribute_attmissingval - 1] = true;
		changed = heap_modify_tuple(own, RelationGetDescr(attributes), values, nulls, replaces);
		CatalogTupleUpdate(attributes, &changed->t_self, changed);
		ReleaseSysCache(own);
		ReleaseSysCache(old);
	}
	table_close(attributes, RowExclusiveLock);
	table_close(relation, NoLock);
	CommandCounterIncrement();
}

/*
 * Set whether columns of a table are NOT NULL, for a while and without looking at
 * rows.  Returns those that were the other way.
 */
Bitmapset *
sv_set_not_null(Oid relation, const Bitmapset *columns, bool not_null)
{
	Relation	attributes = table_open(AttributeRelationId, RowExclusiveLock);
	Bitmapset  *changed = NULL;
	int			column = -1;

	while ((column = bms_next_member(columns, column)) >= 0)
	{
		HeapTuple	tuple = SearchSysCacheCopy2(ATTNUM, ObjectIdGetDatum(relation), Int16GetDatum(column));
		Form_pg_attribute form;

		if (!HeapTupleIsValid(tuple))
			elog(ERROR, "cache lookup failed for column %d of relation %u", column, relation);
		form = (Form_pg_attribute) GETSTRUCT(tuple);
		if (form->attnotnull == not_null)
			continue;
		form->attnotnull = not_null;
		CatalogTupleUpdate(attributes, &tuple->t_self, tuple);
		changed = bms_add_member(changed, column);
	}
	table_close(attributes, RowExclusiveLock);
	CommandCounterIncrement();
	return changed;
}

/* Give the TOAST table of one relation, and its index, to another one that has none. */
static void
hand_over_toast(Oid toast, Oid to)
{
	ObjectAddress owned;
	ObjectAddress owner;
	Oid			index;

	ObjectAddressSet(owned, RelationRelationId, toast);
	ObjectAddressSet(owner, RelationRelationId, to);
	if (deleteDependencyRecordsFor(RelationRelationId, toast, false) != 1)
		elog(ERROR, "TOAST table %u has an unexpected number of dependencies", toast);
	recordDependencyOn(&owned, &owner, DEPENDENCY_INTERNAL);
	CommandCounterIncrement();
	index = toast_get_valid_index(toast, AccessExclusiveLock);
	RenameRelationInternal(toast, psprintf("pg_toast_%u", to), true, false);
	RenameRelationInternal(index, psprintf("pg_toast_%u_index", to), true, true);
	CommandCounterIncrement();
}

static HeapTuple
class_tuple(Oid relation)
{
	HeapTuple	tuple = SearchSysCacheCopy1(RELOID, ObjectIdGetDatum(relation));

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relation);
	return tuple;
}

/* The storage options of a relation's TOAST table, 0 if there are none. */
Datum
sv_toast_options(Relation relation)
{
	Oid			toast = relation->rd_rel->reltoastrelid;
	HeapTuple	tuple;
	Datum		options;
	bool		isnull;

	if (!OidIsValid(toast))
		return (Datum) 0;
	tuple = class_tuple(toast);
	options = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_reloptions, &isnull);
	return isnull ? (Datum) 0 : options;
}

#define EXCHANGE(type, field) \
	do { type exchanged = a->field; a->field = b->field; b->field = exchanged; } while (0)

/*
 * Move the rows of a table to a new bare table of the same layout.  Both are
 * locked exclusively.  "from" is empty afterwards, without a TOAST table, and its
 * indexes are of no use: it is to be dropped or to get other rows.  O(1).
 */
void
sv_move_rows(Oid from, Oid to)
{
	Relation	classes = table_open(RelationRelationId, RowExclusiveLock);
	HeapTuple	old = class_tuple(from);
	HeapTuple	new = class_tuple(to);
	Form_pg_class a = (Form_pg_class) GETSTRUCT(old);
	Form_pg_class b = (Form_pg_class) GETSTRUCT(new);
	Oid			toast = a->reltoastrelid;
	Relation	source;
	Relation	target;

	Assert(!OidIsValid(b->reltoastrelid) && a->relpersistence == b->relpersistence);
	EXCHANGE(Oid, relfilenode);
	EXCHANGE(Oid, reltablespace);
	EXCHANGE(Oid, reltoastrelid);
	EXCHANGE(int32, relpages);
	EXCHANGE(float4, reltuples);
	EXCHANGE(int32, relallvisible);
	EXCHANGE(TransactionId, relfrozenxid);
	EXCHANGE(TransactionId, relminmxid);
	CatalogTupleUpdate(classes, &old->t_self, old);
	CatalogTupleUpdate(classes, &new->t_self, new);
	source = relation_open(from, NoLock);
	target = relation_open(to, NoLock);
	sv_inherit_file(target, source);
	relation_close(target, NoLock);
	relation_close(source, NoLock);
	table_close(classes, RowExclusiveLock);
	CommandCounterIncrement();
	if (OidIsValid(toast))
		hand_over_toast(toast, to);
}

static Oid
set_owner(Relation classes, Oid relation, Oid owner, Oid *toast)
{
	HeapTuple	tuple = class_tuple(relation);
	Form_pg_class class = (Form_pg_class) GETSTRUCT(tuple);
	Oid			former = class->relowner;

	if (toast != NULL)
		*toast = class->reltoastrelid;
	if (former != owner)
	{
		class->relowner = owner;
		CatalogTupleUpdate(classes, &tuple->t_self, tuple);
	}
	return former;
}

/*
 * Let a table, with its sequences, belong to another role for a while; returns the former owner, to
 * which the caller gives it back.  What is done with it in between (constraints,
 * defaults, indexes) is done with the rights of that role.  Privileges and
 * dependencies stay those of the owner.
 */
Oid
sv_lend(Oid relation, Oid owner)
{
	Relation	classes = table_open(RelationRelationId, RowExclusiveLock);
	Oid			toast;
	Oid			former = set_owner(classes, relation, owner, &toast);
	ListCell   *cell;

	/* the TOAST table may have come from elsewhere, so it is looked at in any case */
	if (OidIsValid(toast))
	{
		(void) set_owner(classes, toast_get_valid_index(toast, AccessExclusiveLock), owner, NULL);
		(void) set_owner(classes, toast, owner, NULL);
	}
	foreach(cell, getOwnedSequences(relation))
		(void) set_owner(classes, lfirst_oid(cell), owner, NULL);
	table_close(classes, RowExclusiveLock);
	CommandCounterIncrement();
	return former;
}

bool
sv_has_rows(Oid relation)
{
	Relation	table = table_open(relation, AccessShareLock);
	bool		result = RelationGetNumberOfBlocks(table) > 0;

	table_close(table, NoLock);
	return result;
}

/* ---------- writing rows ---------- */

typedef struct RowWriter
{
	DestReceiver pub;
	Relation	target;
	const AttrNumber *map;		/* column of the target for each one of the query */
	TupleDesc	checked;		/* whose NOT NULL holds; NULL: nobody's */
	const char *name;			/* of that table */
	TupleTableSlot *slot;
	BulkInsertState bulk;
	CommandId	command;
	uint64		n;
} RowWriter;

static void
begin_rows(DestReceiver *self, int operation, TupleDesc desc)
{
	RowWriter  *writer = (RowWriter *) self;

	writer->slot = table_slot_create(writer->target, NULL);
	writer->bulk = GetBulkInsertState();
	writer->command = GetCurrentCommandId(true);
}

static void
check_not_null(const RowWriter *writer)
{
	for (int i = 0; i < writer->checked->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(writer->checked, i);

		if (column->attnotnull && !column->attisdropped && writer->slot->tts_isnull[i])
			ereport(ERROR,
					(errcode(ERRCODE_NOT_NULL_VIOLATION),
					 errmsg("column \"%s\" of relation \"%s\" contains null values", NameStr(column->attname), writer->name)));
	}
}

static bool
write_row(TupleTableSlot *row, DestReceiver *self)
{
	RowWriter  *writer = (RowWriter *) self;
	TupleTableSlot *slot = writer->slot;
	int			n = slot->tts_tupleDescriptor->natts;

	slot_getallattrs(row);
	ExecClearTuple(slot);
	memset(slot->tts_isnull, true, sizeof(bool) * n);
	for (int i = 0; i < row->tts_tupleDescriptor->natts; i++)
	{
		int			column = (writer->map ? writer->map[i] : i + 1) - 1;

		slot->tts_values[column] = row->tts_values[i];
		slot->tts_isnull[column] = row->tts_isnull[i];
	}
	ExecStoreVirtualTuple(slot);
	if (writer->checked != NULL)
		check_not_null(writer);
	table_tuple_insert(writer->target, slot, writer->command, TABLE_INSERT_SKIP_FSM | TABLE_INSERT_NO_LOGICAL, writer->bulk);
	writer->n++;
	return true;
}

static void
end_rows(DestReceiver *self)
{
	RowWriter  *writer = (RowWriter *) self;

	FreeBulkInsertState(writer->bulk);
	table_finish_bulk_insert(writer->target, TABLE_INSERT_SKIP_FSM | TABLE_INSERT_NO_LOGICAL);
	ExecDropSingleTupleTableSlot(writer->slot);
}

static void
destroy_rows(DestReceiver *self)
{
}

/*
 * Write the rows of a query into a table without indexes, as the current user,
 * in SPI.  Column i of the query goes to column map[i] (NULL: i + 1) and must have
 * its type; what is not named is NULL.  NOT NULL of the relation "checked" is checked.
 * Returns the number of rows.
 */
uint64
sv_write_rows(Oid target, const char *query, const AttrNumber *map, Oid checked)
{
	RowWriter	writer = {{write_row, begin_rows, end_rows, destroy_rows, DestNone}};
	SPIExecuteOptions options = {0};
	Relation	relation = OidIsValid(checked) ? table_open(checked, NoLock) : NULL;
	int			result;

	writer.target = table_open(target, AccessExclusiveLock);
	writer.map = map;
	if (relation != NULL)
	{
		writer.checked = RelationGetDescr(relation);
		writer.name = RelationGetRelationName(relation);
	}
	options.dest = (DestReceiver *) &writer;
	result = SPI_execute_extended(query, &options);
	if (result < 0)
		elog(ERROR, "SPI_execute_extended failed: %s", SPI_result_code_string(result));
	table_close(writer.target, NoLock);
	if (relation != NULL)
		table_close(relation, NoLock);
	CommandCounterIncrement();
	return writer.n;
}

/*
 * Move the rows of a table of ours into a new one, for sv_put_in(): the server
 * would not take it well if a table that is older than the transaction were
 * exchanged there and that were rolled back.
 */
Oid
sv_move_out(Oid rows)
{
	Relation	relation = table_open(rows, AccessExclusiveLock);
	Oid			result = sv_bare_table(sv_kept_name(sv_store_kept_number(), RelationGetRelationName(relation)),
									   sv_bare_like(relation), relation->rd_rel->relowner,
									   relation->rd_rel->relpersistence, relation->rd_rel->reltablespace);

	table_close(relation, NoLock);
	sv_move_rows(rows, result);
	return result;
}

/*
 * Let a table have the rows of another one of the same layout, which was made in
 * this transaction and is dropped.  Its indexes are built anew, and with them
 * unique and exclusion constraints checked; all others are the caller's to check.
 */
void
sv_put_in(Oid relation, Oid rows)
{
	HeapTuple	tuple = class_tuple(rows);
	Form_pg_class class = (Form_pg_class) GETSTRUCT(tuple);

	finish_heap_swap(relation, rows, false, false, true, true,
					 class->relfrozenxid, class->relminmxid, class->relpersistence);
	CommandCounterIncrement();
}
