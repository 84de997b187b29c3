/*
 * loaded.c
 *		Rows of "loaded": which file each revision came from, and whose it is.
 *
 * A source is the name of a folder, an application or a project; "" is that of
 * files that were loaded without one.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "store/store.h"
#include "utils/builtins.h"

/* Note where a revision came from; "details", JSON text, and the format may be NULL. */
void
sv_store_set_loaded(const char *id, const char *source, const char *file, const char *format,
					const char *details)
{
	static StoreQuery query = {
		"INSERT INTO schemaver.loaded AS l (revision, source, file, format, details) "
		"VALUES ($1, $2, $3, $4, CAST($5 AS jsonb)) "
		"ON CONFLICT (revision) DO UPDATE SET source = excluded.source, file = excluded.file, "
		"format = excluded.format, details = excluded.details "
		"WHERE ROW(l.source, l.file, l.format, l.details) IS DISTINCT FROM "
		"ROW(excluded.source, excluded.file, excluded.format, excluded.details)",
		5, {TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID}
	};

	sv_own_query(SV_STORE_WRITE, &query, id, source, file, format, details);
}

/*
 * Return the revisions that came from the source, in the order of their
 * registration: a list of LoadedRevision in the current context.
 */
List *
sv_store_loaded_from(const char *source)
{
	static StoreQuery query = {
		"SELECT l.revision, l.file, a.revision IS NOT NULL "
		"FROM schemaver.loaded l JOIN schemaver.revision r ON r.revision = l.revision "
		"LEFT JOIN schemaver.applied a ON a.revision = l.revision WHERE l.source = $1 ORDER BY "
		"r.position",
		1, {TEXTOID}
	};
	Datum		values[1] = {CStringGetTextDatum(source)};
	List	   *result = NIL;
	StoreScope	scope;
	uint64		n;

	sv_store_enter(&scope, SV_STORE_WRITE);
	n = sv_store_execute(&scope, &query, values, NULL);
	MemoryContextSwitchTo(scope.caller);
	for (uint64 i = 0; i < n; i++)
	{
		LoadedRevision *row = palloc(sizeof(LoadedRevision));
		bool		isnull;

		row->id = sv_store_text(i, 1);
		row->file = sv_store_text(i, 2);
		row->applied =
			DatumGetBool(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 3, &isnull));
		result = lappend(result, row);
	}
	sv_store_leave(&scope);
	return result;
}

/* The source and the file of a revision.  Returns false if it was not loaded. */
bool
sv_store_loaded(const char *id, char **source, char **file)
{
	static StoreQuery query =
	{"SELECT source, file FROM schemaver.loaded WHERE revision = $1", 1, {TEXTOID}};
	Datum		values[1] = {CStringGetTextDatum(id)};
	StoreScope	scope;
	bool		found;

	sv_store_enter(&scope, SV_STORE_WRITE);
	found = sv_store_execute(&scope, &query, values, NULL) == 1;
	MemoryContextSwitchTo(scope.caller);
	if (found)
	{
		*source = sv_store_text(0, 1);
		*file = sv_store_text(0, 2);
	}
	sv_store_leave(&scope);
	return found;
}

static void *
read_migration(uint64 row)
{
	StoredMigration *migration = palloc0(sizeof(StoredMigration));

	migration->id = sv_own_text(row, 1);
	migration->source = sv_own_text(row, 2);
	migration->file = sv_store_text(row, 3);
	migration->format = sv_store_text(row, 4);
	migration->details = sv_store_text(row, 5);
	migration->message = sv_own_text(row, 6);
	migration->up = sv_own_text(row, 7);
	migration->checksum = sv_own_text(row, 8);
	migration->generated = DatumGetBool(sv_own_value(row, 9));
	migration->is_base = DatumGetBool(sv_own_value(row, 10));
	migration->created_at = DatumGetTimestampTz(sv_own_value(row, 11));
	migration->applied = sv_store_text(row, 12) != NULL;
	migration->applied_by = sv_store_text(row, 12);
	migration->applied_at = sv_own_number_at(row, 13, 0);
	migration->elapsed = sv_own_number_at(row, 14, 0);
	return migration;
}

/*
 * The revisions of a source and those that came from no file (NULL: all), in the
 * order of their registration: a list of StoredMigration.
 */
List *
sv_store_migrations(StoreMode mode, const char *source)
{
	static StoreQuery query = {
		"SELECT r.revision, coalesce(l.source, ''), l.file, l.format, CAST(l.details AS text), "
		"r.message, s.up, r.checksum, s.up_generated, r.revises = '{}', r.created_at, "
		"a.applied_by, a.applied_at, CAST(extract(epoch FROM a.elapsed) * 1000000 AS bigint) "
		"FROM schemaver.revision r JOIN schemaver.script s ON s.revision = r.revision "
		"LEFT JOIN schemaver.loaded l ON l.revision = r.revision "
		"LEFT JOIN schemaver.applied a ON a.revision = r.revision "
		"WHERE $1 IS NULL OR l.source = $1 OR l.source IS NULL ORDER BY r.position",
		1, {TEXTOID}
	};

	return sv_own_rows(mode, &query, read_migration, source);
}
