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

/* Note where a revision came from. */
void
sv_store_set_loaded(const char *id, const char *source, const char *file)
{
	static StoreQuery query = {
		"INSERT INTO schemaver.loaded AS l (revision, source, file) VALUES ($1, $2, $3) "
		"ON CONFLICT (revision) DO UPDATE SET source = excluded.source, file = excluded.file "
		"WHERE l.source <> excluded.source OR l.file <> excluded.file",
		3, {TEXTOID, TEXTOID, TEXTOID}
	};

	sv_own_query(SV_STORE_WRITE, &query, id, source, file);
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
