/*
 * states.c
 *		Rows of state, state_origin and object_version.
 *
 * A change costs what changed: the versions that end are found by an index, and
 * what is written goes to the server in a few statements with arrays (versions.c).
 *
 * The OID of an object is kept with its version, for a renamed object is known
 * by it.  OIDs are believed only in the database in which they were taken
 * ("origin"); a restored or copied database is another one.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "base/compat.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "miscadmin.h"
#include "store/store_private.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#define BATCH 2000				/* rows in one statement */

/* ----- the present state ----- */

typedef struct Present
{
	int64		state;			/* 0: none */
	bool		complete;
	bool		of_database;	/* its OIDs are of this database */
	char	   *damage;			/* why it is not kept, or NULL */
} Present;

/* The key of state_origin for this database under a server of this version. */
#define THIS_DATABASE \
	(int64) GetSystemIdentifier(), MyDatabaseId, SV_MAJOR

static Present
present_state(StoreMode mode)
{
	static StoreQuery query = {
		"SELECT s.state, s.complete, o.system_identifier = $1 AND o.database = $2 AND o.major = "
		"$3, s.damage "
		"FROM (SELECT * FROM schemaver.state ORDER BY state DESC LIMIT 1) s "
		"LEFT JOIN schemaver.state_origin o ON o.origin = s.origin",
		3, {INT8OID, OIDOID, INT4OID}
	};
	Present		present = {0};
	StoreScope	scope;

	sv_store_enter(&scope, mode);
	if (sv_own_execute(&scope, &query, THIS_DATABASE) > 0)
	{
		present.state = sv_own_number_at(0, 1, 0);
		present.complete = sv_own_number_at(0, 2, false) != 0;
		present.of_database = sv_own_number_at(0, 3, false) != 0;
		present.damage = sv_store_text(0, 4);
	}
	sv_store_leave(&scope);
	return present;
}

/* Is there a present state that changes can be added to? */
bool
sv_state_is_kept(void)
{
	return present_state(SV_STORE_READ).complete;
}

/* Was each change of the schema by a run kept since that state, in this database? */
bool
sv_state_is_kept_since(int64 state)
{
	static StoreQuery query = {
		"SELECT FROM schemaver.state s WHERE s.state = $1 AND s.complete "
		"AND s.origin = (SELECT l.origin FROM schemaver.state l ORDER BY l.state DESC LIMIT 1) "
		"AND NOT EXISTS (SELECT FROM schemaver.state l WHERE l.state > $1 AND NOT l.complete)",
		1, {INT8OID}
	};

	return sv_own_query(SV_STORE_WRITE, &query, state) > 0;
}

/* Why the present state is not kept, if that could not be done; else NULL. */
char *
sv_state_damage(void)
{
	return present_state(SV_STORE_READ).damage;
}

/* Was the present state kept in this database, by a server of this major version? */
bool
sv_state_is_of_database(void)
{
	return present_state(SV_STORE_READ).of_database;
}

/* The number of the present state; 0 if it is not kept. */
int64
sv_state_present(void)
{
	Present		present = present_state(SV_STORE_READ);

	return present.complete ? present.state : 0;
}

/* The same as this transaction has left it, for those who write states. */
int64
sv_state_number(void)
{
	Present		present = present_state(SV_STORE_WRITE);

	return present.complete ? present.state : 0;
}

/* The number of this database in state_origin, which is made if it has none. */
static int32
own_origin(const StoreScope *scope)
{
	static StoreQuery find = {
		"SELECT max(origin)::bigint FROM schemaver.state_origin "
		"WHERE system_identifier = $1 AND database = $2 AND major = $3",
		3, {INT8OID, OIDOID, INT4OID}
	};
	static StoreQuery make = {
		"INSERT INTO schemaver.state_origin (origin, system_identifier, database, major) "
		"SELECT coalesce(max(origin), 0) + 1, $1, $2, $3 FROM schemaver.state_origin RETURNING "
		"origin::bigint",
		3, {INT8OID, OIDOID, INT4OID}
	};
	int32		origin;

	sv_own_execute(scope, &find, THIS_DATABASE);
	origin = (int32) sv_own_number_at(0, 1, 0);
	if (origin == 0)
	{
		sv_own_execute(scope, &make, THIS_DATABASE);
		origin = (int32) sv_own_number_at(0, 1, 0);
	}
	return origin;
}

static int64
new_state(const StoreScope *scope, int32 origin, bool complete, const char *damage)
{
	static StoreQuery query = {
		"INSERT INTO schemaver.state (state, origin, complete, damage) "
		"VALUES (pg_catalog.nextval('schemaver.state_number'), $1, $2, $3) RETURNING state",
		3, {INT4OID, BOOLOID, TEXTOID}
	};

	if (sv_own_execute(scope, &query, origin, complete, damage) != 1)
		elog(ERROR, "could not record the state of the schema");
	return sv_own_number_at(0, 1, 0);
}

/* A run changed the schema and did not keep how: the present state is not true any more. */
void
sv_state_gap(void)
{
	Present		present = present_state(SV_STORE_WRITE);
	StoreScope	scope;

	if (!present.complete)
		return;
	sv_store_enter(&scope, SV_STORE_WRITE);
	(void) new_state(&scope, own_origin(&scope), false, NULL);
	sv_store_leave(&scope);
}

/*
 * The present state cannot be read or written: from now on nothing is kept, until
 * sv_state_replace().  The run goes on, with a WARNING.
 */
void
sv_state_damaged(const char *damage)
{
	StoreScope	scope;

	sv_store_enter(&scope, SV_STORE_WRITE);
	(void) new_state(&scope, own_origin(&scope), false, damage);
	sv_store_leave(&scope);
	ereport(WARNING,
			(errmsg("the kept state of the schema is damaged"),
			 errdetail("%s", damage),
			 errhint("Drift is not known until the live schema is taken as it is: SELECT schemaver.rebase_state('...');")));
}

/* ----- writing versions ----- */

/* An array of text. */
Datum
sv_store_texts(Datum *elements, int n)
{
	return PointerGetDatum(construct_array(elements, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* An array of bigint. */
Datum
sv_store_numbers(Datum *elements, int n)
{
	return PointerGetDatum(construct_array(elements, n, INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
										   TYPALIGN_DOUBLE));
}

/* Steps whose states are to be recorded one after the other. */
typedef struct Recording
{
	int			n;
	List	  **changes;		/* of each */
	int64	   *states;			/* the result */
	bool		partial;		/* of some objects, seen in the live schema */
	bool		anew;			/* nothing that was known is there any more */
} Recording;

static void
end_all_versions(const StoreScope *scope, int64 state)
{
	static StoreQuery query = {
		"UPDATE schemaver.object_version SET to_state = $1 WHERE to_state IS NULL AND from_state < "
		"$1", 1, {INT8OID}
	};
	Datum		v[1] = {Int64GetDatum(state)};

	sv_store_execute(scope, &query, v, NULL);
}

static void
insert_states(const StoreScope *scope, int32 origin, const int64 *states, int n)
{
	static StoreQuery query = {
		"INSERT INTO schemaver.state (state, origin, complete) "
		"SELECT s, $1, true FROM unnest($2) AS s",
		2, {INT4OID, INT8ARRAYOID}
	};
	Datum	   *numbers = palloc(sizeof(Datum) * n);
	Datum		v[2];

	for (int i = 0; i < n; i++)
		numbers[i] = Int64GetDatum(states[i]);
	v[0] = Int32GetDatum(origin);
	v[1] = sv_store_numbers(numbers, n);
	sv_store_execute(scope, &query, v, NULL);
}

static void
change_versions(Versions *versions, int64 state, const List *changes)
{
	foreach_ptr(const ObjectChange, change, changes)
	{
		sv_versions_change(versions, state, change);
		if (sv_versions_pending(versions) < BATCH)
			continue;
		CHECK_FOR_INTERRUPTS();
		sv_versions_write(versions);
	}
}

/* Record all steps, each as a state of its own. */
static void
do_record(void *arg)
{
	Recording  *r = arg;
	Oid			numbers = sv_store_relation("state_number");
	StoreScope	scope;
	int32		origin;
	Versions   *versions;
	List	   *all = NIL;

	sv_store_enter(&scope, SV_STORE_WRITE);
	origin = own_origin(&scope);
	for (int i = 0; i < r->n; i++)
		r->states[i] = nextval_internal(numbers, false);
	if (r->anew)
		end_all_versions(&scope, r->states[0]);
	versions = sv_versions_begin(&scope, origin);
	for (int i = 0; i < r->n; i++)
	{
		List	   *changes =
		r->partial ? sv_whole_changes(versions, r->changes[i]) : r->changes[i];

		change_versions(versions, r->states[i], changes);
		if (r->partial)
			all = list_concat(all, changes);
	}
	sv_versions_write(versions);
	sv_versions_end(versions);
	insert_states(&scope, origin, r->states, r->n);
	if (all != NIL)
		sv_versions_verify(&scope, all);
	sv_store_leave(&scope);
}

/* Record the changes of the whole schema as a state; returns its number. */
static int64
record_whole(List *changes, bool anew)
{
	int64		state;
	Recording	recording = {1, &changes, &state, false, anew};

	do_record(&recording);
	return state;
}

/* Record steps; NULL, or the error if the present state cannot be written. */
static ErrorData *
try_record(int n, List **changes, int64 *states)
{
	Recording	recording = {n, changes, states, true};
	ErrorData  *error = sv_subtransaction(do_record, &recording, true);

	if (error != NULL && error->sqlerrcode != ERRCODE_INVALID_PARAMETER_VALUE &&
		error->sqlerrcode != ERRCODE_DATA_CORRUPTED)
		ReThrowError(error);
	return error;
}

/*
 * Add the changes (ObjectChange) of n steps to the present state, which must be
 * kept, so that each state is whole (whole.c).  Sets states[i] to the number of the
 * state after each step; without changes that is the one before.  Where a state cannot
 * be written, it and all that follow are 0, after a WARNING: then nothing is kept any
 * more.
 */
void
sv_state_record_steps(int n, List **changes, int64 *states)
{
	List	  **changing = palloc(sizeof(List *) * Max(n, 1));
	int64	   *numbers = palloc0(sizeof(int64) * Max(n, 1));
	int64		last = present_state(SV_STORE_WRITE).state; /* this command may have made it */
	ErrorData  *error = NULL;
	int			done = 0;
	int			m = 0;

	for (int i = 0; i < n; i++)
		if (changes[i] != NIL)
			changing[m++] = changes[i];
	/* all at once, or one by one up to the one that cannot be written */
	if (m > 0 && try_record(m, changing, numbers) != NULL)
		while (done < m && (error = try_record(1, &changing[done], &numbers[done])) == NULL)
			done++;
	if (error != NULL)
	{
		sv_state_damaged(error->detail ? error->detail : error->message);
		memset(&numbers[done], 0, sizeof(int64) * (m - done));
	}
	m = 0;
	for (int i = 0; i < n; i++)
		states[i] = last = changes[i] != NIL ? numbers[m++] : last;
}

/* The same of one step; returns its state. */
int64
sv_state_record(List *changes)
{
	int64		state;

	sv_state_record_steps(1, &changes, &state);
	return state;
}

/* Write the addresses of all objects of the model into their present versions. */
static void
write_addresses(const Model *live)
{
	static StoreQuery query = {
		"UPDATE schemaver.object_version v SET origin = $1, oid = c.oid, place = c.place "
		"FROM unnest($2, $3, $4, $5) AS c (class, identity, oid, place) "
		"WHERE hashtextextended(v.identity, 0) = hashtextextended(c.identity COLLATE \"C\", 0) AND "
		"v.to_state IS NULL "
		"AND v.identity = c.identity AND v.class = c.class",
		5, {INT4OID, TEXTARRAYOID, TEXTARRAYOID, OIDARRAYOID, INT2ARRAYOID}
	};
	int			n = list_length(live->objects);
	Datum	   *classes = palloc(sizeof(Datum) * Max(n, 1));
	Datum	   *identities = palloc(sizeof(Datum) * Max(n, 1));
	Datum	   *oids = palloc(sizeof(Datum) * Max(n, 1));
	Datum	   *places = palloc(sizeof(Datum) * Max(n, 1));
	StoreScope	scope;
	Datum		v[5];

	for (int i = 0; i < n; i++)
	{
		const Object *o = list_nth(live->objects, i);

		classes[i] = CStringGetTextDatum(o->class->name);
		identities[i] = CStringGetTextDatum(o->identity);
		oids[i] = ObjectIdGetDatum(o->address.objectId);
		places[i] = Int16GetDatum(o->address.objectSubId);
	}
	sv_store_enter(&scope, SV_STORE_WRITE);
	sv_versions_prefer_places();
	v[0] = Int32GetDatum(own_origin(&scope));
	v[1] = sv_store_texts(classes, n);
	v[2] = sv_store_texts(identities, n);
	v[3] = PointerGetDatum(construct_array(oids, n, OIDOID, sizeof(Oid), true,
										   TYPALIGN_INT));
	v[4] = PointerGetDatum(construct_array(places, n, INT2OID, sizeof(int16), true,
										   TYPALIGN_SHORT));
	sv_store_execute(&scope, &query, v, NULL);
	sv_store_leave(&scope);
}

/* The versions that stand for the columns that have another place in the live schema. */
static List *
moved_columns(const Model *kept, const Model *live)
{
	List	   *changes = NIL;

	foreach_ptr(Object, o, kept->objects)
	{
		Object	   *there = sv_model_find(live, o->class, o->identity);
		ObjectChange *change;

		if (there == NULL || there->address.objectSubId == o->address.objectSubId)
			continue;
		o->address = there->address;
		change = palloc(sizeof(ObjectChange));
		change->before = change->after = o;
		changes = lappend(changes, change);
	}
	return changes;
}

/*
 * The present state was kept in another database, of which this one is a copy:
 * find its objects here by their names.  What differs otherwise stays different.
 * Returns the new state, 0 after a WARNING if the old one cannot be read.
 */
int64
sv_state_move_in(const Model *live)
{
	char	   *damage = NULL;
	Model	   *kept = sv_state_try_model(sv_state_present(), &damage);
	List	   *moved;

	if (kept == NULL)
	{
		sv_state_damaged(damage);
		return 0;
	}
	moved = moved_columns(kept, live);
	write_addresses(live);
	return record_whole(moved, false);
}

/*
 * Let the model be the present state: the first one, or the first after a gap.
 * Writes what differs from what was known last, or all where that cannot be read.
 * Returns the new state.
 */
int64
sv_state_begin(const Model *model)
{
	Present		present = present_state(SV_STORE_WRITE);
	char	   *damage;
	Model	   *known = present.state ? sv_state_try_model(present.state, &damage) :
	sv_model_create();

	if (known != NULL && present.state != 0 && !present.of_database)
		write_addresses(model);
	return record_whole(sv_model_changes(known ? known : sv_model_create(), model), known == NULL);
}

/* Let the model be the present state, whatever was known. */
void
sv_state_replace(const Model *model)
{
	(void) record_whole(sv_model_changes(sv_model_create(), model), true);
}

/* ----- reading ----- */

static Jsonb *
description_at(uint64 row)
{
	return DatumGetJsonbP(sv_own_value(row, 1));
}

/* The object that a version describes; its OID is invalid where it is not of this database. */
Object *
sv_state_object(Jsonb *description, Oid oid, int16 place)
{
	Object	   *object = sv_object_from_jsonb(description);

	if (OidIsValid(oid))
	{
		object->address.classId = object->class->catalog;
		object->address.objectId = oid;
	}
	object->address.objectSubId = place;
	return object;
}

/* The object of a row: description, oid, place, and whether the OID is of this database. */
static Object *
object_at(uint64 row)
{
	HeapTuple	tuple = SPI_tuptable->vals[row];
	TupleDesc	desc = SPI_tuptable->tupdesc;
	bool		isnull;
	bool		is_here = DatumGetBool(SPI_getbinval(tuple, desc, 4, &isnull)) && !isnull;
	Oid			oid = DatumGetObjectId(SPI_getbinval(tuple, desc, 2, &isnull));

	return sv_state_object(description_at(row), is_here ? oid : InvalidOid,
						   DatumGetInt16(SPI_getbinval(tuple, desc, 3, &isnull)));
}

typedef struct StateRead
{
	int64		state;
	Model	   *model;
} StateRead;

static void
read_kept_state(void *arg)
{
	static StoreQuery query = {
		"SELECT v.description, v.oid, v.place, o.origin IS NOT NULL FROM schemaver.object_version "
		"v "
		"LEFT JOIN schemaver.state_origin o ON o.origin = v.origin AND o.system_identifier = $2 "
		"AND o.database = $3 "
		"WHERE v.from_state <= $1 AND (v.to_state IS NULL OR v.to_state > $1) ORDER BY v.place",
		3, {INT8OID, INT8OID, OIDOID}
	};
	StateRead  *read = arg;
	Datum		v[3] =
	{Int64GetDatum(read->state), Int64GetDatum(GetSystemIdentifier()),
	ObjectIdGetDatum(MyDatabaseId)};
	Model	   *model = sv_model_create();
	StoreScope	scope;
	uint64		n;
	ListCell   *cell;

	sv_store_enter(&scope, SV_STORE_READ);
	n = sv_store_execute(&scope, &query, v, NULL);
	MemoryContextSwitchTo(scope.caller);
	for (uint64 i = 0; i < n; i++)
		sv_model_add(model, object_at(i));
	if (list_length(model->objects) != n)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("an object is twice in state " INT64_FORMAT, read->state)));
	foreach_ptr(Object, object, model->objects)
	{
		CHECK_FOR_INTERRUPTS();
		sv_object_link(model, object, description_at(foreach_current_index(object)));
	}
	foreach(cell, model->objects)
		sv_object_check(lfirst(cell));
	sv_store_leave(&scope);
	sv_model_sort(model);
	read->model = model;
}

/*
 * The whole model of a state, in the current context; NULL and what is wrong
 * with it if its rows do not make one.  Objects have their addresses where these can be
 * believed.
 */
Model *
sv_state_try_model(int64 state, char **damage)
{
	StateRead	read = {state};
	ErrorData  *error = sv_subtransaction(read_kept_state, &read, true);

	if (error == NULL)
		return read.model;
	if (error->sqlerrcode != ERRCODE_INVALID_PARAMETER_VALUE &&
		error->sqlerrcode != ERRCODE_DATA_CORRUPTED)
		ReThrowError(error);
	*damage = error->detail ? error->detail : error->message;
	return NULL;
}

/* The same, with an error in place of NULL. */
Model *
sv_state_model(int64 state)
{
	char	   *damage = NULL;
	Model	   *model = sv_state_try_model(state, &damage);

	if (model == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the kept state of the schema is damaged"),
				 errdetail("%s", damage),
				 errhint("Take the live schema as it is: SELECT schemaver.rebase_state('...');")));
	return model;
}

/* The kept state after the last upgrade of a revision in this database; 0: none. */
int64
sv_state_of_revision(const char *id)
{
	static StoreQuery query = {
		"SELECT state FROM schemaver.step WHERE revision = $1 AND direction = 'upgrade' AND state "
		"IS NOT NULL "
		"ORDER BY run DESC, position DESC LIMIT 1",
		1, {TEXTOID}
	};

	return sv_own_number(SV_STORE_READ, &query, 0, id);
}

/* The state before the first step of this database; 0 if it was not kept. */
int64
sv_state_first(void)
{
	static StoreQuery query = {
		"SELECT (SELECT min(state) FROM schemaver.state) "
		"WHERE (SELECT state FROM schemaver.step ORDER BY run, position LIMIT 1) IS NOT NULL", 0
	};

	return sv_own_number(SV_STORE_READ, &query, 0);
}
