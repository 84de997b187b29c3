/*
 * queries.c
 *		SELECTs over users' tables: names, keys, equality, the image of a row.
 *
 * They are executed with a search_path of pg_catalog, and never call anything
 * that a user could have written: no operator, cast or function but the server's
 * and, for the equality of a key, that of its type's default operator class.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_operator.h"
#include "kept/kept_private.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

/* The name of a relation with its schema, quoted. */
char *
sv_relation_text(Oid relation)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)), get_rel_name(relation));
}

/* What follows FROM to read the rows of a table: with those of its partitions, without those of INHERITS children. */
char *
sv_from(Oid relation)
{
	return psprintf("%s%s", get_rel_relkind(relation) == RELKIND_PARTITIONED_TABLE ? "" : "ONLY ",
					sv_relation_text(relation));
}

char *
sv_type_text(Oid type, int32 typmod)
{
	return format_type_extended(type, typmod, FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY);
}

/* An expression for the text of a value, by its type's output function; NULL for NULL. */
char *
sv_image(const char *expression)
{
	return psprintf("CASE WHEN num_nulls(%s) = 0 THEN format('%%s', %s) END", expression, expression);
}

/* An expression for the text of these columns of a row. */
char *
sv_row_image(const char *alias, List *columns)
{
	StringInfoData image;
	ListCell   *cell;

	initStringInfo(&image);
	appendStringInfoString(&image, "CAST(CAST(ARRAY[");
	foreach(cell, columns)
		appendStringInfo(&image, "%s%s", foreach_current_index(cell) ? ", " : "",
						 sv_image(psprintf("%s.%s", alias, quote_identifier(lfirst(cell)))));
	appendStringInfoString(&image, "] AS text[]) AS text)");
	return image.data;
}

/* The type's own "=" as "OPERATOR(schema.=)"; NULL if it has none. */
static char *
equality(Oid type)
{
	Oid			eq = lookup_type_cache(type, TYPECACHE_EQ_OPR)->eq_opr;
	HeapTuple	tuple;
	Form_pg_operator form;
	char	   *result;

	if (!OidIsValid(eq))
		return NULL;
	tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(eq));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator %u", eq);
	form = (Form_pg_operator) GETSTRUCT(tuple);
	result = psprintf("OPERATOR(%s.%s)", quote_identifier(get_namespace_name(form->oprnamespace)), NameStr(form->oprname));
	ReleaseSysCache(tuple);
	return result;
}

/* The columns of an index if they identify a row whatever happens to the columns "without"; else NIL. */
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

		if (!column->attnotnull || column->attgenerated != '\0' || bms_is_member(number, without) ||
			equality(getBaseType(column->atttypid)) == NULL)
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
List *
sv_key_of(Oid relation, const Bitmapset *without)
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

/* The names of all columns that hold values of their own, but for those. */
List *
sv_columns_but(Oid relation, const Bitmapset *without)
{
	Relation	table = table_open(relation, AccessShareLock);
	TupleDesc	desc = RelationGetDescr(table);
	List	   *names = NIL;

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);

		if (!column->attisdropped && column->attgenerated == '\0' && !bms_is_member(i + 1, without))
			names = lappend(names, pstrdup(NameStr(column->attname)));
	}
	table_close(table, NoLock);
	return names;
}

/*
 * "k.column = right", by the type's own equality, or by the text if the type of
 * the column "name" is another one by now.
 */
static char *
same_column(Oid rows, AttrNumber number, Oid relation, const char *name, const char *k, const char *right)
{
	Oid			kept_type = get_atttype(rows, number);
	Oid			type = getBaseType(get_atttype(relation, get_attnum(relation, name)));
	char	   *left = psprintf("%s.%s", k, quote_identifier(get_attname(rows, number, false)));

	if (kept_type == type)
		return psprintf("%s %s %s", left, equality(type), right);
	return psprintf("(%s) = (%s)", sv_image(left), sv_image(right));
}

/*
 * The condition that a row k of the table "rows" of what was kept and a row s of
 * sv_identified_rows() are of the same row.
 */
char *
sv_same_row(const StoredKept *kept, Oid rows, Oid relation, const char *k, const char *s)
{
	StringInfoData condition;
	ListCell   *cell;

	if (kept->whole_row)
		return psprintf("%s.%s = %s.i1 AND %s.%s = %s.i2", k, quote_identifier(get_attname(rows, 1, false)), s,
						k, quote_identifier(get_attname(rows, 2, false)), s);
	initStringInfo(&condition);
	foreach(cell, kept->columns)
	{
		int			i = foreach_current_index(cell) + 1;

		appendStringInfo(&condition, "%s%s", i == 1 ? "" : " AND ",
						 same_column(rows, i, relation, lfirst(cell), k, psprintf("%s.i%d", s, i)));
	}
	return condition.data;
}

/* The same where rows have a key, for a row s of the relation itself. */
char *
sv_same_key(const StoredKept *kept, Oid rows, Oid relation, const char *k)
{
	StringInfoData condition;
	ListCell   *cell;

	initStringInfo(&condition);
	foreach(cell, kept->columns)
	{
		int			i = foreach_current_index(cell) + 1;

		appendStringInfo(&condition, "%s%s", i == 1 ? "" : " AND ",
						 same_column(rows, i, relation, lfirst(cell), k, psprintf("s.%s", quote_identifier(lfirst(cell)))));
	}
	return condition.data;
}

/* The number of a relation's file; changes when its rows are written anew. */
Oid
sv_relation_file(Oid relation)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Oid			file;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relation);
	file = ((Form_pg_class) GETSTRUCT(tuple))->relfilenode;
	ReleaseSysCache(tuple);
	return file;
}

/* The relation of that name, InvalidOid if there is none. */
Oid
sv_find_relation(const char *schema, const char *name)
{
	Oid			namespace = get_namespace_oid(schema, true);

	return OidIsValid(namespace) ? get_relname_relid(name, namespace) : InvalidOid;
}

/* The number of a relation's columns, dropped ones included. */
int
sv_column_count(Oid relation)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	int			n;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relation);
	n = ((Form_pg_class) GETSTRUCT(tuple))->relnatts;
	ReleaseSysCache(tuple);
	return n;
}
