/*
 * column_order.c
 *		Does a derived down copy tables to restore the order of their columns?
 *
 * There are two scripts then: one that copies, and one in which columns that come
 * back are the last of their tables.  Which of both runs depends on how large the
 * tables are at that time (setting schemaver.reorder_limit).
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "base/base.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_publication.h"
#include "nodes/primnodes.h"
#include "register/register.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

/* The table of that qualified name, or InvalidOid. */
static Oid
table_named(const char *name)
{
	List	   *names = textToQualifiedNameList(cstring_to_text(name));
	Oid			schema = get_namespace_oid(strVal(linitial(names)), true);

	if (list_length(names) != 2 || !OidIsValid(schema))
		return InvalidOid;
	return get_relname_relid(strVal(lsecond(names)), schema);
}

static int64
estimated_size(Oid table)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	int64		size;

	if (!HeapTupleIsValid(tuple))
		return 0;
	size = (int64) ((Form_pg_class) GETSTRUCT(tuple))->relpages * BLCKSZ;
	ReleaseSysCache(tuple);
	return size;
}

/* Its size in bytes without indexes; as pg_class has it while somebody else has locked it. */
static int64
size_of(Oid table)
{
	int64		size = 0;

	if (!OidIsValid(table))
		return 0;
	if (!ConditionalLockRelationOid(table, AccessShareLock))
		return estimated_size(table);
	if (get_rel_relkind(table) != '\0')
		size = DatumGetInt64(DirectFunctionCall1(pg_table_size, ObjectIdGetDatum(table)));
	UnlockRelationOid(table, AccessShareLock);
	return size;
}

/* Would the down of the revision copy tables now? */
static bool
copies(const StoredScript *stored)
{
	if (sv_reorder_limit < 0)
		return true;
	foreach_ptr(const char, string, stored->ordered)
	{
		if (size_of(table_named(string)) > (int64) sv_reorder_limit * 1024)
			return false;
	}
	return sv_reorder_limit > 0;
}

/* The derived down that is to be executed now; NULL if there is none. */
const char *
sv_register_derived(const StoredScript *stored)
{
	return stored->derived_last == NULL || copies(stored) ? stored->derived : stored->derived_last;
}

/* ----- what is said of it ----- */

static int
count_keys(Oid index, AttrNumber column, Oid table)
{
	Relation	relation = table_open(ConstraintRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	int			n = 0;

	ScanKeyInit(&key, column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(table));
	scan = systable_beginscan(relation, index, OidIsValid(index), NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		n += ((Form_pg_constraint) GETSTRUCT(tuple))->contype == CONSTRAINT_FOREIGN;
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return n;
}

static void
append_publications(StringInfo text, Oid table)
{
	List	   *all = list_concat_unique_oid(GetRelationPublications(table),
											 GetAllTablesPublications());
	ListCell   *cell;

	foreach(cell, all)
		appendStringInfo(text, "%s%s", foreach_current_index(cell) ? ", " : ", published by ",
						 quote_identifier(get_publication_name(lfirst_oid(cell), false)));
}

static char *
pretty_size(Oid table)
{
	return TextDatumGetCString(DirectFunctionCall1(pg_size_pretty, Int64GetDatum(size_of(table))));
}

static char *
last_note(const char *name)
{
	return psprintf("columns of table %s come back as its last ones (%s, schemaver.reorder_limit)",
					name, pretty_size(table_named(name)));
}

/* What a copy of the table means: its size, what refers to it, who gets its rows. */
static char *
copy_note(const char *name)
{
	StringInfoData text;
	Oid			table = table_named(name);
	int			keys;

	initStringInfo(&text);
	appendStringInfo(&text, "table %s is copied for the order of its columns", name);
	if (!OidIsValid(table))
		return text.data;
	keys = count_keys(ConstraintRelidTypidNameIndexId, Anum_pg_constraint_conrelid, table) +
		count_keys(InvalidOid, Anum_pg_constraint_confrelid, table);
	appendStringInfo(&text, " (%s", pretty_size(table));
	if (keys > 0)
		appendStringInfo(&text, ", %d foreign %s", keys, keys == 1 ? "key" : "keys");
	append_publications(&text, table);
	appendStringInfoChar(&text, ')');
	return text.data;
}

/* What the down of a revision does about the order of columns, as strings; NIL: nothing. */
List *
sv_register_order_notes(const StoredScript *stored)
{
	char	   *(*note) (const char *name);
	List	   *result = NIL;
	ListCell   *cell;

	if (stored->down != NULL || stored->derived_last == NULL)
		return NIL;
	note = copies(stored) ? copy_note : last_note;
	foreach(cell, stored->ordered)
		result = lappend(result, note(lfirst(cell)));
	return result;
}
