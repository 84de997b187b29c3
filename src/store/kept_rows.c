/*
 * kept_rows.c
 *		Rows of kept_data: what scripts dropped and schemaver kept.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "store/store.h"
#include "utils/rel.h"

static const char *const kinds[] = {"table", "column", "type", "sequence"};

StaticAssertDecl(lengthof(kinds) == SV_KEPT_KINDS, "each kind has a name");

const char *
sv_kept_kind_name(KeptKind kind)
{
	return kinds[kind];
}

static KeptKind
read_kind(const char *name)
{
	for (int i = 0; i < SV_KEPT_KINDS; i++)
	{
		if (strcmp(kinds[i], name) == 0)
			return i;
	}
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("a row of schemaver.kept_data has the unknown kind \"%s\"", name),
			 errdetail("The row was edited by hand.")));
}

/* A number for what is to be kept next; never used twice. */
int64
sv_store_kept_number(void)
{
	static StoreQuery query = {"SELECT pg_catalog.nextval('schemaver.kept_number')"};

	return sv_own_number(SV_STORE_WRITE, &query, 0);
}

/* Record what was kept, by the run that is under way. */
void
sv_store_keep(const StoredKept *kept)
{
	static StoreQuery query = {
		"INSERT INTO schemaver.kept_data (kept, revision, run, kind, schema_name, table_name, "
		"column_name, kept_table, "
		"columns, types, row_security, position, is_called, rows, layout, direction, created_at, "
		"created_by) "
		"SELECT $1, $2, (SELECT max(run) FROM schemaver.run), $3, $4, $5, $6, $7, $8, $9, $10, "
		"CASE WHEN $7 IS NULL THEN $11 END, CASE WHEN $7 IS NULL THEN $12 END, "
		"CASE WHEN $7 IS NOT NULL THEN nullif($13, -1) END, $14, $15, "
		"pg_catalog.clock_timestamp(), $16",
		16, {INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTARRAYOID,
			TEXTARRAYOID, BOOLOID,
		INT8OID, BOOLOID, INT8OID, TEXTOID, TEXTOID, TEXTOID}
	};

	sv_own_query(SV_STORE_WRITE, &query, kept->number, kept->revision, kinds[kept->kind],
				 kept->schema_name, kept->table_name,
				 kept->column_name, kept->kept_table, kept->columns, kept->types,
				 kept->row_security, kept->position,
				 kept->is_called, kept->rows < 0 ? INT64CONST(-1) :
				 (int64) kept->rows, kept->layout,
				 sv_direction_name(kept->direction), sv_role_name(GetUserId()));
}

#define KEPT_COLUMNS "kept, revision, kind, schema_name, table_name, column_name, kept_table, columns, types, row_security, " \
	"position, is_called, rows, layout, direction = 'upgrade'"

/* A column has a name, a type and a table with its values; a table has one with its rows. */
static void
check_shape(const StoredKept *kept)
{
	bool		column = kept->kind == SV_KEPT_COLUMN || kept->kind == SV_KEPT_TYPE;

	if ((column ? kept->column_name != NULL && kept->kept_table != NULL && kept->types != NIL &&
		 kept->columns != NIL :
		 kept->kept_table != NULL || kept->kind != SV_KEPT_TABLE) &&
		(kept->kept_table == NULL || kept->layout != NULL))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("row " INT64_FORMAT " of schemaver.kept_data lacks what its kind \"%s\" needs",
					kept->number, kinds[kept->kind]),
			 errdetail("The row was edited by hand.")));
}

static void *
read_kept(uint64 row)
{
	StoredKept *kept = palloc0(sizeof(StoredKept));

	kept->number = sv_own_number_at(row, 1, 0);
	kept->revision = sv_own_text(row, 2);
	kept->kind = read_kind(sv_own_text(row, 3));
	kept->schema_name = sv_own_text(row, 4);
	kept->table_name = sv_own_text(row, 5);
	kept->column_name = sv_store_text(row, 6);
	kept->kept_table = sv_store_text(row, 7);
	kept->columns = sv_own_text_list(row, 8);
	kept->types = sv_own_text_list(row, 9);
	kept->row_security = sv_own_number_at(row, 10, false) != 0;
	kept->position = sv_own_number_at(row, 11, 0);
	kept->is_called = sv_own_number_at(row, 12, false) != 0;
	kept->rows = (double) sv_own_number_at(row, 13, -1);
	kept->layout = sv_store_text(row, 14);
	kept->direction = sv_own_number_at(row, 15, false) != 0 ? SV_UPGRADE : SV_DOWNGRADE;
	check_shape(kept);
	return kept;
}

/*
 * What may come back when a revision is run in that direction, the newest first: a
 * list of StoredKept.  It was kept by the other direction since this one was run
 * last: what could not come back then belongs to no later run.  But stamping a
 * revision away and back again, to correct its down, changes nothing.
 */
List *
sv_store_kept_of(const char *revision, Direction direction)
{
	static StoreQuery query = {
		"SELECT "
		KEPT_COLUMNS " FROM schemaver.kept_data WHERE revision = $1 AND direction <> $2 AND run >= "
		"(SELECT coalesce(max(run), 0) FROM schemaver.step WHERE revision = $1 AND direction = $2 "
		"AND outcome = 'done') "
		"ORDER BY kept DESC", 2, {TEXTOID, TEXTOID}
	};

	return sv_own_rows(SV_STORE_WRITE, &query, read_kept, revision, sv_direction_name(direction));
}

/* Is anything kept? */
bool
sv_store_keeps_anything(void)
{
	static StoreQuery query = {"SELECT FROM schemaver.kept_data LIMIT 1"};
	Relation	table = table_open(sv_store_relation("kept_data"), AccessShareLock);
	bool		empty = RelationGetNumberOfBlocks(table) == 0;

	table_close(table, AccessShareLock);
	return !empty && sv_own_query(SV_STORE_WRITE, &query) > 0;
}

/* One item; NULL if there is none of that number. */
StoredKept *
sv_store_kept(int64 number)
{
	static StoreQuery query =
	{"SELECT " KEPT_COLUMNS " FROM schemaver.kept_data WHERE kept = $1", 1, {INT8OID}};
	List	   *found = sv_own_rows(SV_STORE_WRITE, &query, read_kept, number);

	return found != NIL ? linitial(found) : NULL;
}

/* What is older than an interval, the oldest first. */
List *
sv_store_kept_older(Datum age)
{
	static StoreQuery query = {
		"SELECT "
		KEPT_COLUMNS " FROM schemaver.kept_data WHERE created_at <= pg_catalog.clock_timestamp() - "
		"$1 ORDER BY kept",
		1, {INTERVALOID}
	};

	return sv_own_rows(SV_STORE_WRITE, &query, read_kept, age);
}

void
sv_store_forget_kept(int64 number)
{
	static StoreQuery query = {"DELETE FROM schemaver.kept_data WHERE kept = $1", 1, {INT8OID}};

	sv_own_query(SV_STORE_WRITE, &query, number);
}

/* Give each row of kept(), the oldest first.  "row" must not use the store. */
void
sv_store_get_kept(StoreMode mode, OwnPutFn row, void *arg)
{
	static StoreQuery query = {
		"SELECT k.kept, k.revision, k.run, k.direction, k.kind, k.schema_name, k.table_name, "
		"k.column_name, "
		"'schemaver_kept.' || quote_ident(k.kept_table), k.rows, "
		"pg_catalog.pg_total_relation_size(c.oid), "
		"pg_catalog.clock_timestamp() - k.created_at, k.created_at, k.created_by "
		"FROM schemaver.kept_data k LEFT JOIN pg_catalog.pg_class c ON c.relname = k.kept_table "
		"AND c.relnamespace = (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = "
		"'schemaver_kept') "
		"ORDER BY k.kept"
	};

	sv_own_put(mode, &query, row, arg);
}
