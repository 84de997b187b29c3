/*
 * bare_table.c
 *		Tables that are nothing but rows, and moving the rows of a table by its
 *		files.
 *
 * A table that is dropped is not moved itself: its rows are, with their files,
 * into a bare table of the same layout.  So the statement that drops it does all
 * that it ever does (messages, CASCADE, foreign keys, publications), on a
 * table that has become empty, and nothing is read or written however many rows
 * there are.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "access/toast_internals.h"
#include "base/compat.h"
#include "catalog/catalog.h"
#include "catalog/dependency.h"
#include "catalog/heap.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "catalog/toasting.h"
#include "commands/tablecmds.h"
#include "kept/kept_private.h"
#include "mb/pg_wchar.h"
#include "storage/bufmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
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
 * The type as which values of a type are kept: the server's own ones as they
 * are, others as text.
 */
Oid
sv_kept_type(Oid type, int32 *typmod)
{
	Oid			base = getBaseTypeAndTypmod(type, typmod);

	if (base < FirstUnpinnedObjectId)
		return base;
	*typmod = -1;
	return TEXTOID;
}

static Oid
create(const char *name, TupleDesc desc, Oid tablespace, Oid owner, char persistence)
{
	Oid			table =
	heap_create_with_catalog(name, sv_kept_schema(), tablespace, InvalidOid, InvalidOid, InvalidOid,
							 owner, HEAP_TABLE_AM_OID, desc, NIL,
							 RELKIND_RELATION, persistence,
							 false, false, ONCOMMIT_NOOP, (Datum) 0, false,
							 true, true,
							 InvalidOid, NULL);

	CommandCounterIncrement();
	return table;
}

/*
 * Create a table in schemaver_kept with the owner and the persistence of another
 * one, and a TOAST table if it needs one.  It has no privileges beside the owner's.
 */
Oid
sv_kept_create(const char *name, TupleDesc desc, Oid like, Oid tablespace)
{
	Oid			table =
	create(name, desc, tablespace, sv_relation_owner(like), get_rel_persistence(like));

	NewRelationCreateToastTable(table, (Datum) 0);
	CommandCounterIncrement();
	return table;
}

/*
 * The layout of a table without what depends on other objects: constraints,
 * defaults, collations; domains are what they are made of.
 */
TupleDesc
sv_kept_layout_of(Relation table)
{
	TupleDesc	desc = CreateTupleDescCopy(RelationGetDescr(table));

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);

		column->attislocal = true;
		column->attinhcount = 0;
		if (column->attisdropped)
			continue;
		column->atttypid = getBaseTypeAndTypmod(column->atttypid, &column->atttypmod);
		if (column->attcollation >= FirstUnpinnedObjectId)
			column->attcollation = DEFAULT_COLLATION_OID;
	}
	return desc;
}

/* Can the files of a table be those of a kept one?  All its types have to be the server's own. */
bool
sv_kept_can_move(Relation table)
{
	TupleDesc	desc = RelationGetDescr(table);

	for (int i = 0; i < desc->natts; i++)
		if (!TupleDescAttr(desc, i)->attisdropped &&
			getBaseType(TupleDescAttr(desc, i)->atttypid) >= FirstUnpinnedObjectId)
			return false;
	return table->rd_rel->relam == HEAP_TABLE_AM_OID;
}

/*
 * Let "to" give the same values as "from" for columns that are newer than a row
 * and have no place in it.
 */
static void
copy_missing_values(Oid from, Oid to)
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
			SysCacheGetAttr(ATTNUM, old, Anum_pg_attribute_attmissingval,
							&nulls[Anum_pg_attribute_attmissingval - 1]);
		replaces[Anum_pg_attribute_atthasmissing - 1] =
			replaces[Anum_pg_attribute_attmissingval - 1] = true;
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
sv_kept_set_not_null(Oid relation, const Bitmapset *columns, bool not_null)
{
	Relation	attributes = table_open(AttributeRelationId, RowExclusiveLock);
	Bitmapset  *changed = NULL;
	int			column = -1;

	while ((column = bms_next_member(columns, column)) >= 0)
	{
		HeapTuple	tuple =
		SearchSysCacheCopy2(ATTNUM, ObjectIdGetDatum(relation), Int16GetDatum(column));
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

/* ---------- moving files ---------- */

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
static Datum
toast_options(Oid relation)
{
	Oid			toast = ((Form_pg_class) GETSTRUCT(class_tuple(relation)))->reltoastrelid;
	Datum		options;
	bool		isnull;

	if (!OidIsValid(toast))
		return (Datum) 0;
	options = SysCacheGetAttr(RELOID, class_tuple(toast), Anum_pg_class_reloptions, &isnull);
	return isnull ? (Datum) 0 : options;
}

#define EXCHANGE(type, field) \
	do { type exchanged = a->field; a->field = b->field; b->field = exchanged; } while (0)

/*
 * Exchange what describes the files.  Each column of pg_class is accounted for:
 * relam, relpersistence, relisshared and relnatts are the same on both sides,
 * relrewrite is that of a heap being written by ALTER TABLE; all others
 * describe the table (names, type, owner, indexes, rules, triggers, options).
 */
static void
exchange_files(Form_pg_class a, Form_pg_class b)
{
	StaticAssertStmt(Natts_pg_class == SV_18(34, 33), "a column of pg_class is not accounted for");

	if (a->relam != b->relam || a->relpersistence != b->relpersistence || a->relisshared ||
		b->relisshared ||
		a->relnatts != b->relnatts || OidIsValid(a->relrewrite) || OidIsValid(b->reltoastrelid) ||
		a->relfilenode == InvalidOid || b->relfilenode == InvalidOid)
		elog(ERROR, "files of relations %u and %u cannot be exchanged", a->oid, b->oid);
	EXCHANGE(Oid, relfilenode);
	EXCHANGE(Oid, reltablespace);
	EXCHANGE(Oid, reltoastrelid);
	EXCHANGE(int32, relpages);
	EXCHANGE(float4, reltuples);
	EXCHANGE(int32, relallvisible);
	sv_exchange_all_frozen(a, b);
	EXCHANGE(TransactionId, relfrozenxid);
	EXCHANGE(TransactionId, relminmxid);
}

/*
 * Move the rows of a table to a new bare table of the same layout, without a
 * TOAST table.  Both are locked exclusively.  "from" is empty afterwards, without
 * a TOAST table, and its indexes are of no use: it is to be dropped or to get other
 * rows.  O(1).
 */
static void
move_rows(Oid from, Oid to)
{
	Relation	classes = table_open(RelationRelationId, RowExclusiveLock);
	HeapTuple	old = class_tuple(from);
	HeapTuple	new = class_tuple(to);
	Oid			toast = ((Form_pg_class) GETSTRUCT(old))->reltoastrelid;
	Relation	source;
	Relation	target;

	exchange_files((Form_pg_class) GETSTRUCT(old), (Form_pg_class) GETSTRUCT(new));
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

/* Create a bare table that has the rows of "table", which is left empty. */
static Oid
move_out(Relation table, const char *name)
{
	Oid			relation = RelationGetRelid(table);
	Oid			rows =
	create(name, sv_kept_layout_of(table), table->rd_rel->reltablespace, table->rd_rel->relowner,
		   table->rd_rel->relpersistence);

	copy_missing_values(relation, rows);
	move_rows(relation, rows);
	return rows;
}

/* The same for a table that is going to be dropped. */
Oid
sv_kept_move(Relation from, const char *name)
{
	return move_out(from, name);
}

/*
 * Move the rows of a table out of the way of a statement that changes its columns,
 * within the caller's subtransaction.  Returns the table that has them.
 */
Oid
sv_kept_put_aside(Oid relation)
{
	Relation	table = table_open(relation, AccessExclusiveLock);
	Datum		options = toast_options(relation);
	Oid			rows;

	CheckTableNotInUse(table, "ALTER TABLE");
	rows = move_out(table, sv_kept_name(sv_store_kept_number(), RelationGetRelationName(table)));
	table_close(table, NoLock);
	NewRelationCreateToastTable(relation, options);
	CommandCounterIncrement();
	return rows;
}

/* ---------- looking ---------- */

void
sv_kept_drop(Oid table)
{
	ObjectAddress address;

	ObjectAddressSet(address, RelationRelationId, table);
	performDeletion(&address, DROP_RESTRICT, PERFORM_DELETION_INTERNAL);
	CommandCounterIncrement();
}

bool
sv_kept_has_rows(Oid relation)
{
	Relation	table = table_open(relation, AccessShareLock);
	bool		result = RelationGetNumberOfBlocks(table) > 0;

	table_close(table, NoLock);
	return result;
}

/* The ordinary tables that have the rows of a table: itself, or its partitions. */
List *
sv_kept_leaves(Oid relation)
{
	List	   *leaves = NIL;
	ListCell   *cell;

	if (get_rel_relkind(relation) == RELKIND_RELATION)
		return list_make1_oid(relation);
	if (get_rel_relkind(relation) != RELKIND_PARTITIONED_TABLE)
		return NIL;
	foreach(cell, find_all_inheritors(relation, AccessExclusiveLock, NULL))
	{
		if (get_rel_relkind(lfirst_oid(cell)) == RELKIND_RELATION)
			leaves = lappend_oid(leaves, lfirst_oid(cell));
	}
	return leaves;
}
