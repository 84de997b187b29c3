/*
 * own.c
 *		The way into schemaver's own tables and out again.
 *
 * Own queries run between sv_store_enter() and sv_store_leave(), never
 * anything else: as the owner of the tables, so that a role needs no more than
 * EXECUTE on the function that it calls; with a search_path of pg_catalog, so
 * that nothing which a hostile role created can be found; with saved plans
 * whose parameters are Datums.  Users' scripts run outside.
 *
 * Acting as the owner is what SECURITY DEFINER would do, but for own queries
 * alone: a whole function could not be marked so, because the scripts that it
 * runs must have the caller's rights.
 *
 * An error between enter and leave needs no clean-up: the abort of the
 * (sub)transaction puts user, settings and SPI back.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "base/base.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

/* The OID of one of schemaver's own relations; error if it is gone. */
Oid
sv_store_relation(const char *name)
{
	Oid			schema = get_namespace_oid("schemaver", true);
	Oid			relation = OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;

	if (!OidIsValid(relation))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table \"%s\" of extension \"schemaver\" does not exist", name),
				 errhint("Run CREATE EXTENSION schemaver.")));
	return relation;
}

/* Are the tables still there?  A script can have dropped the extension. */
bool
sv_store_exists(void)
{
	Oid			schema = get_namespace_oid("schemaver", true);

	return OidIsValid(schema) && OidIsValid(get_relname_relid("revision", schema));
}

Oid
sv_relation_owner(Oid relation)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relation);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

/* Called before anything looks into schemaver's tables; NULL: nobody wants to know. */
void		(*sv_store_before_enter) (void) = NULL;

/*
 * Begin to use the store.  Until sv_store_leave() the current user is the
 * owner of the tables, search_path is pg_catalog and SPI is connected, so the
 * current memory context is SPI's.
 */
void
sv_store_enter(StoreScope *scope, StoreMode mode)
{
	if (sv_store_before_enter != NULL)
		sv_store_before_enter();
	sv_catalogs_enter(scope, mode);
}

/* The same for queries that look into the server's catalogs alone. */
void
sv_catalogs_enter(StoreScope *scope, StoreMode mode)
{
	Oid			owner = sv_relation_owner(sv_store_relation("revision"));

	scope->mode = mode;
	scope->caller = CurrentMemoryContext;
	GetUserIdAndSecContext(&scope->userid, &scope->security_context);
	SetUserIdAndSecContext(owner, scope->security_context | SECURITY_LOCAL_USERID_CHANGE |
						   SV_SECURITY_OWN_QUERY);
	scope->guc_nestlevel = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp",
							 PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	(void) set_config_option("standard_conforming_strings", "on", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
}

/* End what sv_store_enter() began. */
void
sv_store_leave(StoreScope *scope)
{
	SPI_finish();
	AtEOXact_GUC(false, scope->guc_nestlevel);
	SetUserIdAndSecContext(scope->userid, scope->security_context);
	MemoryContextSwitchTo(scope->caller);
}

/*
 * Execute a query with all its parameters; nulls may be NULL (none is).
 * Returns the number of rows processed; rows that it returned are in
 * SPI_tuptable.
 */
uint64
sv_store_execute(const StoreScope *scope, StoreQuery *query, const Datum *values, const bool *nulls)
{
	char		flags[SV_QUERY_MAX_ARGS];
	int			result;

	if (query->plan == NULL)
	{
		SPIPlanPtr	plan = SPI_prepare(query->sql, query->nargs, query->argtypes);

		if (plan == NULL)
			elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
		SPI_keepplan(plan);
		query->plan = plan;
	}
	for (int i = 0; i < query->nargs; i++)
		flags[i] = nulls != NULL && nulls[i] ? 'n' : ' ';

	result = SPI_execute_plan(query->plan, (Datum *) values, flags,
							  scope->mode == SV_STORE_READ, 0);
	if (result < 0)
		elog(ERROR, "SPI_execute_plan failed: %s", SPI_result_code_string(result));
	return SPI_processed;
}

/* Set the parameters of a query from arguments of the C types that store.h names. */
static void
bind(const StoreQuery *query, va_list args, Datum *values, bool *nulls)
{
	for (int i = 0; i < query->nargs; i++)
	{
		const char *text;

		nulls[i] = false;
		switch (query->argtypes[i])
		{
			case TEXTOID:
				text = va_arg(args, const char *);
				nulls[i] = text == NULL;
				values[i] = text ? CStringGetTextDatum(text) : (Datum) 0;
				break;
			case TEXTARRAYOID:
				values[i] = sv_text_array(va_arg(args, const List *));
				break;
			case BOOLOID:
				values[i] = BoolGetDatum(va_arg(args, int));
				break;
			case INT2OID:
				values[i] = Int16GetDatum(va_arg(args, int));
				break;
			case INT4OID:
				values[i] = Int32GetDatum(va_arg(args, int));
				break;
			case OIDOID:
				values[i] = ObjectIdGetDatum(va_arg(args, Oid));
				break;
			case INT8OID:
			case TIMESTAMPTZOID:
				values[i] = Int64GetDatum(va_arg(args, int64));
				break;
			default:
				values[i] = va_arg(args, Datum);
				break;
		}
	}
}

static uint64
execute_bound(const StoreScope *scope, StoreQuery *query, va_list args)
{
	Datum		values[SV_QUERY_MAX_ARGS];
	bool		nulls[SV_QUERY_MAX_ARGS];

	bind(query, args, values, nulls);
	return sv_store_execute(scope, query, values, nulls);
}

/* sv_store_execute() with arguments as sv_own_query() takes them. */
uint64
sv_own_execute(const StoreScope *scope, StoreQuery *query,...)
{
	va_list		args;
	uint64		n;

	va_start(args, query);
	n = execute_bound(scope, query, args);
	va_end(args);
	return n;
}

/*
 * Enter the store, execute a query, leave.  Returns the number of rows processed.
 * An argument of a text parameter is a const char * (NULL: null), of a text[] a
 * List * of strings, of an integer, bool, oid or timestamptz the C type of that
 * size; all others are Datums.  The other functions below take the same.
 */
uint64
sv_own_query(StoreMode mode, StoreQuery *query,...)
{
	StoreScope	scope;
	va_list		args;
	uint64		n;

	sv_store_enter(&scope, mode);
	va_start(args, query);
	n = execute_bound(&scope, query, args);
	va_end(args);
	sv_store_leave(&scope);
	return n;
}

/* A list of what "read" gives for each row, in the current context. */
List *
sv_own_rows(StoreMode mode, StoreQuery *query, OwnRowFn read,...)
{
	List	   *result = NIL;
	StoreScope	scope;
	va_list		args;
	uint64		n;

	sv_store_enter(&scope, mode);
	va_start(args, read);
	n = execute_bound(&scope, query, args);
	va_end(args);
	MemoryContextSwitchTo(scope.caller);
	for (uint64 i = 0; i < n; i++)
		result = lappend(result, read(i));
	sv_store_leave(&scope);
	return result;
}

/* Call "put" for each row. */
void
sv_own_put(StoreMode mode, StoreQuery *query, OwnPutFn put, void *arg,...)
{
	StoreScope	scope;
	va_list		args;
	uint64		n;
	Datum	   *values;
	bool	   *nulls;

	sv_store_enter(&scope, mode);
	va_start(args, arg);
	n = execute_bound(&scope, query, args);
	va_end(args);
	values = palloc(sizeof(Datum) * SPI_tuptable->tupdesc->natts);
	nulls = palloc(sizeof(bool) * SPI_tuptable->tupdesc->natts);
	for (uint64 i = 0; i < n; i++)
	{
		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values, nulls);
		put(values, nulls, arg);
	}
	sv_store_leave(&scope);
}

/*
 * The first column of the first row as a string in the current context; NULL
 * if it is null, or if there is no row.
 */
char *
sv_own_string(StoreMode mode, StoreQuery *query,...)
{
	char	   *result = NULL;
	StoreScope	scope;
	va_list		args;

	sv_store_enter(&scope, mode);
	va_start(args, query);
	if (execute_bound(&scope, query, args) > 0)
	{
		MemoryContextSwitchTo(scope.caller);
		result = sv_store_text(0, 1);
	}
	va_end(args);
	sv_store_leave(&scope);
	return result;
}

/* The same of a number, an OID or a boolean; "missing" if it is null, or if there is no row. */
int64
sv_own_number(StoreMode mode, StoreQuery *query, int64 missing,...)
{
	int64		result = missing;
	StoreScope	scope;
	va_list		args;

	sv_store_enter(&scope, mode);
	va_start(args, missing);
	if (execute_bound(&scope, query, args) > 0)
		result = sv_own_number_at(0, 1, missing);
	va_end(args);
	sv_store_leave(&scope);
	return result;
}

/*
 * Refuse to write where it cannot work or would go wrong later: on a standby
 * or in a read-only transaction, and while CREATE EXTENSION runs, whose
 * objects would become members of that extension.  "what" is the function.
 */
void
sv_store_check_writable(const char *what)
{
	if (RecoveryInProgress())
		ereport(ERROR,
				(errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
				 errmsg("cannot execute %s during recovery", what),
				 errhint("Run it on the primary server.")));
	if (XactReadOnly)
		ereport(ERROR,
				(errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
				 errmsg("cannot execute %s in a read-only transaction", what),
				 errhint("Run it in a transaction that may write: SET default_transaction_read_only "
						 "= off, or BEGIN READ WRITE.")));
	PreventCommandIfParallelMode(what);
	if (creating_extension)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot execute %s while an extension is being created or updated", what),
				 errdetail("Objects created now would become members of that extension.")));
}

/*
 * Error unless "table" is still what sv_store_relation("applied") said before
 * the script of "revision" was executed: it may have dropped the extension, and
 * even made it again.
 */
void
sv_store_check_present(const char *revision, Oid table)
{
	Oid			schema = get_namespace_oid("schemaver", true);

	if (OidIsValid(schema) && get_relname_relid("applied", schema) == table)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_SV_INVALID_SCRIPT),
			 errmsg("script of revision \"%s\" dropped the extension \"schemaver\"", revision),
			 errdetail("The run cannot be recorded any more; all of it is rolled back.")));
}

/* Raise an error for a column of the current SPI result that was edited by hand. */
static void
refuse_null(int column)
{
	const char *name = SPI_fname(SPI_tuptable->tupdesc, column);

	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("a row of schemaver's tables has no good value in column \"%s\"", name),
			 errdetail(
					   "It is null, or an array with nulls or of several dimensions, which "
					   "schemaver never writes."),
			 errhint("A row was edited by hand: look at column \"%s\" in the tables of schema \"schemaver\".", name)));
}

/* A column of the current SPI result that is never null; error if it is. */
Datum
sv_own_value(uint64 row, int column)
{
	bool		isnull;
	Datum		value =
	SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &isnull);

	if (isnull)
		refuse_null(column);
	return value;
}

/* The same of a text column, in the caller's context. */
char *
sv_own_text(uint64 row, int column)
{
	return TextDatumGetCString(sv_own_value(row, column));
}

/* The strings of a text[] column; error if it or one of them is null. */
List *
sv_own_text_list(uint64 row, int column)
{
	Datum		value = sv_own_value(row, column);

	if (ARR_NDIM(DatumGetArrayTypeP(value)) > 1 || array_contains_nulls(DatumGetArrayTypeP(value)))
		refuse_null(column);
	return sv_text_list(value);
}

/* A text column of the current SPI result, in the caller's context; NULL if null. */
char *
sv_store_text(uint64 row, int column)
{
	bool		isnull;
	Datum		value =
	SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

/* A column of the current SPI result that is a number, an OID, a boolean or a timestamptz. */
int64
sv_own_number_at(uint64 row, int column, int64 missing)
{
	bool		isnull;
	Datum		value =
	SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &isnull);

	if (isnull)
		return missing;
	switch (SPI_gettypeid(SPI_tuptable->tupdesc, column))
	{
		case BOOLOID:
			return DatumGetBool(value);
		case INT2OID:
			return DatumGetInt16(value);
		case INT4OID:
			return DatumGetInt32(value);
		case OIDOID:
			return DatumGetObjectId(value);
		default:
			return DatumGetInt64(value);
	}
}

/* The same for a text[] column. */
List *
sv_store_text_list(uint64 row, int column)
{
	bool		isnull;

	(void) SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &isnull);
	return isnull ? NIL : sv_own_text_list(row, column);
}

/* A text[] of a list of strings. */
Datum
sv_text_array(const List *strings)
{
	Datum	   *elements = palloc(sizeof(Datum) * Max(list_length(strings), 1));
	int			n = 0;

	foreach_ptr(char, string, strings)
		elements[n++] = CStringGetTextDatum(string);
	return PointerGetDatum(construct_array(elements, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* An array of the OIDs of a list. */
Datum
sv_oid_array(const List *oids)
{
	Datum	   *elements = palloc(sizeof(Datum) * Max(list_length(oids), 1));
	int			n = 0;
	ListCell   *cell;

	foreach(cell, oids)
		elements[n++] = ObjectIdGetDatum(lfirst_oid(cell));
	return PointerGetDatum(construct_array(elements, n, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
}

/* The strings of a text[]; error on a NULL element. */
List *
sv_text_list(Datum array)
{
	ArrayType  *value = DatumGetArrayTypeP(array);
	Datum	   *elements;
	bool	   *nulls;
	int			n;
	List	   *result = NIL;

	if (ARR_NDIM(value) == 0)
		return NIL;
	if (ARR_NDIM(value) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("array must be one-dimensional")));
	deconstruct_array(value, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("array must not contain null values")));
		result = lappend(result, TextDatumGetCString(elements[i]));
	}
	return result;
}

/* The name of a role, or its OID as text if it was dropped. */
char *
sv_role_name(Oid role)
{
	char	   *name = GetUserNameFromId(role, true);

	return name != NULL ? name : psprintf("%u", role);
}
