/*
 * environment.c
 *		The row of "environment": which database this is.
 *
 * It is bound to the database in which it was set: a copy made of a dump has none.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "store/store.h"

static int64
system_identifier(void)
{
	return (int64) GetSystemIdentifier();
}

static void *
read_environment(uint64 row)
{
	StoredEnvironment *result = palloc(sizeof(StoredEnvironment));

	result->name = sv_store_text(row, 1);
	result->is_protected = sv_own_number_at(row, 2, 0) != 0;
	return result;
}

/* The name of this database's environment, or NULL; *is_protected may be NULL. */
char *
sv_store_environment(StoreMode mode, bool *is_protected)
{
	static StoreQuery query = {
		"SELECT name, protected::pg_catalog.int4 FROM schemaver.environment "
		"WHERE system_identifier = $1 AND database = $2::pg_catalog.int8::pg_catalog.oid", 2,
		{INT8OID, INT8OID}
	};
	List	   *found =
	sv_own_rows(mode, &query, read_environment, system_identifier(), (int64) MyDatabaseId);
	const StoredEnvironment *environment = found != NIL ? linitial(found) : NULL;

	if (is_protected != NULL)
		*is_protected = environment != NULL && environment->is_protected;
	return environment != NULL ? environment->name : NULL;
}

/* Set it; NULL: none. */
void
sv_store_set_environment(const char *name, bool is_protected)
{
	static StoreQuery forget = {"DELETE FROM schemaver.environment"};
	static StoreQuery insert = {
		"INSERT INTO schemaver.environment (name, protected, system_identifier, database) "
		"VALUES ($1, $2, $3, $4::pg_catalog.int8::pg_catalog.oid)",
		4, {TEXTOID, BOOLOID, INT8OID, INT8OID}
	};

	sv_own_query(SV_STORE_WRITE, &forget);
	if (name != NULL)
		sv_own_query(SV_STORE_WRITE, &insert, name, is_protected, system_identifier(),
					 (int64) MyDatabaseId);
}

/* Was this very database declared one that clean() may empty? */
bool
sv_store_may_clean(void)
{
	static StoreQuery query = {
		"SELECT FROM schemaver.clean_allowed WHERE system_identifier = $1 AND database = $2", 2,
		{INT8OID, OIDOID}
	};

	return sv_own_query(SV_STORE_WRITE, &query, system_identifier(), MyDatabaseId) > 0;
}

/* Declare it one, or no more. */
void
sv_store_allow_clean(bool allow)
{
	static StoreQuery forget = {"DELETE FROM schemaver.clean_allowed"};
	static StoreQuery insert = {
		"INSERT INTO schemaver.clean_allowed (system_identifier, database) VALUES ($1, $2)", 2,
		{INT8OID, OIDOID}
	};

	sv_own_query(SV_STORE_WRITE, &forget);
	if (allow)
		sv_own_query(SV_STORE_WRITE, &insert, system_identifier(), MyDatabaseId);
}
