/*
 * states.c
 *		Rows of state, state_origin and object_version.
 *
 * A change costs what changed: the versions that end are found by an index, and
 * what is written goes to the server in a few statements with arrays.
 *
 * The OID of an object is kept with its version, for a renamed object is known
 * by it.  OIDs are believed only in the database in which they were taken
 * ("origin"); a restored or copied database is another one.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "base/compat.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "store/store.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#define BATCH 2000				/* objects in one statement */

/* ----- the present state ----- */

typedef struct Present
{
	int64		state;			/* 0: none */
	bool		complete;
	bool		at_home;		/* its OIDs are of this database */
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
		present.at_home = sv_own_number_at(0, 3, false) != 0;
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
sv_state_is_at_home(void)
{
	return present_state(SV_STORE_READ).at_home;
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

/* Objects as arrays, one for each column. */
typedef struct Columns
{
	Datum	   *classes;
	Datum	   *identities;
	Datum	   *oids;
	Datum	   *places;
	Datum	   *descriptions;
	int			n;
} Columns;

static Columns
make_columns(int n)
{
	Columns		columns = {0};

	n = Max(n, 1);
	columns.classes = palloc(sizeof(Datum) * n);
	columns.identities = palloc(sizeof(Datum) * n);
	columns.oids = palloc(sizeof(Datum) * n);
	columns.places = palloc(sizeof(Datum) * n);
	columns.descriptions = palloc(sizeof(Datum) * n);
	return columns;
}

static Datum
texts(Datum *elements, int n)
{
	return PointerGetDatum(construct_array(elements, n, TEXTOID, -1, false, TYPALIGN_INT));
}

static void
add_key(Columns *columns, const Object *o)
{
	columns->classes[columns->n] = CStringGetTextDatum(o->class->name);
	columns->identities[columns->n++] = CStringGetTextDatum(o->identity);
}

static void
add_address(Columns *columns, const Object *o)
{
	columns->oids[columns->n] = ObjectIdGetDatum(o->address.objectId);
	columns->places[columns->n] = Int16GetDatum(o->address.objectSubId);
}

static Datum
oids_of(const Columns *columns)
{
	return PointerGetDatum(construct_array(columns->oids, columns->n, OIDOID, sizeof(Oid), true,
										   TYPALIGN_INT));
}

static Datum
places_of(const Columns *columns)
{
	return PointerGetDatum(construct_array(columns->places, columns->n, INT2OID, sizeof(int16),
										   true, TYPALIGN_SHORT));
}

/*
 * Let plans look versions up by the index: a plan that is kept from when the table was
 * small would go through all of it, again and again.
 */
static void
prefer_index(void)
{
	static const char *const off[] =
	{"enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit"};

	for (int i = 0; i < lengthof(off); i++)
		(void) set_config_option(off[i], "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true,
								 0, false);
}

/* End the present versions of the objects, but those that begin with the state itself. */
static void
close_versions(const StoreScope *scope, int64 state, const Columns *columns)
{
	static StoreQuery query = {
		"UPDATE schemaver.object_version v SET to_state = $1 "
		"WHERE hashtextextended(v.identity, 0) = ANY ($4) AND v.to_state IS NULL AND v.from_state "
		"< $1 "
		"AND (v.class, v.identity) IN (SELECT c.class COLLATE \"C\", c.identity COLLATE \"C\" FROM "
		"unnest($2, $3) AS c (class, identity))",
		4, {INT8OID, TEXTARRAYOID, TEXTARRAYOID, INT8ARRAYOID}
	};
	Datum		v[4];
	Datum	   *hashes;

	if (columns->n == 0)
		return;
	hashes = palloc(sizeof(Datum) * columns->n);
	for (int i = 0; i < columns->n; i++)
		hashes[i] =
			DirectFunctionCall2Coll(hashtextextended, C_COLLATION_OID, columns->identities[i],
									Int64GetDatum(0));
	v[0] = Int64GetDatum(state);
	v[1] = texts(columns->classes, columns->n);
	v[2] = texts(columns->identities, columns->n);
	v[3] = PointerGetDatum(construct_array(hashes, columns->n, INT8OID, sizeof(int64),
										   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	sv_store_execute(scope, &query, v, NULL);
}

static void
add_versions(const StoreScope *scope, int64 state, int32 origin, const Columns *columns)
{
	static StoreQuery query = {
		"INSERT INTO schemaver.object_version (from_state, origin, class, identity, oid, place, "
		"description) "
		"SELECT $1, $2, c.class, c.identity, c.oid, c.place, c.description "
		"FROM unnest($3, $4, $5, $6, $7) AS c (class, identity, oid, place, description)",
		7, {INT8OID, INT4OID, TEXTARRAYOID, TEXTARRAYOID, OIDARRAYOID, INT2ARRAYOID, JSONBARRAYOID}
	};
	Datum		v[7];

	if (columns->n == 0)
		return;
	v[0] = Int64GetDatum(state);
	v[1] = Int32GetDatum(origin);
	v[2] = texts(columns->classes, columns->n);
	v[3] = texts(columns->identities, columns->n);
	v[4] = oids_of(columns);
	v[5] = places_of(columns);
	v[6] = PointerGetDatum(construct_array(columns->descriptions, columns->n, JSONBOID, -1, false,
										   TYPALIGN_INT));
	sv_store_execute(scope, &query, v, NULL);
}

/* Write some of the changes. */
static void
write_changes(const StoreScope *scope, int64 state, int32 origin, List *changes, int from, int to)
{
	MemoryContext context =
	AllocSetContextCreate(CurrentMemoryContext, "schemaver versions", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	Columns		closed = make_columns(2 * (to - from));
	Columns		added = make_columns(to - from);

	for (int i = from; i < to; i++)
	{
		const ObjectChange *change = list_nth(changes, i);

		if (change->before != NULL)
			add_key(&closed, change->before);
		if (change->after == NULL)
			continue;
		if (change->before == NULL || change->before->class != change->after->class ||
			strcmp(change->before->identity, change->after->identity) != 0)
			add_key(&closed, change->after);
		add_address(&added, change->after);
		added.descriptions[added.n] = JsonbPGetDatum(sv_object_to_jsonb(change->after));
		add_key(&added, change->after);
	}
	close_versions(scope, state, &closed);
	add_versions(scope, state, origin, &added);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

static void
write_all(const StoreScope *scope, int64 state, int32 origin, List *changes)
{
	int			n = list_length(changes);

	for (int from = 0; from < n; from += BATCH)
	{
		CHECK_FOR_INTERRUPTS();
		write_changes(scope, state, origin, changes, from, Min(from + BATCH, n));
	}
}

typedef struct Recording
{
	List	   *changes;
	bool		partial;		/* of some objects, seen in the live schema */
	bool		anew;			/* nothing that was known is there any more */
	int64		state;
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
do_record(void *arg)
{
	Recording  *r = arg;
	StoreScope	scope;
	int32		origin;
	List	   *changes = r->changes;

	sv_store_enter(&scope, SV_STORE_WRITE);
	prefer_index();
	if (r->partial)
		changes = sv_whole_changes(&scope, changes);
	origin = own_origin(&scope);
	r->state = new_state(&scope, origin, true, NULL);
	if (r->anew)
		end_all_versions(&scope, r->state);
	write_all(&scope, r->state, origin, changes);
	if (r->partial)
		sv_whole_verify(&scope, changes);
	sv_store_leave(&scope);
}

/*
 * Add changes (ObjectChange) to the present state, which must be kept, so that it stays
 * whole (whole.c).  Returns the number of the new state; with no changes that of the
 * present one; 0, after a WARNING, if it cannot be written: then nothing is kept any more.
 */
int64
sv_state_record(List *changes)
{
	Recording	recording = {changes, true};
	ErrorData  *error;

	if (changes == NIL)
		return present_state(SV_STORE_WRITE).state; /* this command may have made it */
	error = sv_subtransaction(do_record, &recording, true);
	if (error == NULL)
		return recording.state;
	if (error->sqlerrcode != ERRCODE_INVALID_PARAMETER_VALUE &&
		error->sqlerrcode != ERRCODE_DATA_CORRUPTED)
		ReThrowError(error);
	sv_state_damaged(error->detail ? error->detail : error->message);
	return 0;
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
	Columns		columns = make_columns(list_length(live->objects));
	StoreScope	scope;
	Datum		v[5];
	ListCell   *cell;

	foreach(cell, live->objects)
	{
		add_address(&columns, lfirst(cell));
		add_key(&columns, lfirst(cell));
	}
	sv_store_enter(&scope, SV_STORE_WRITE);
	prefer_index();
	v[0] = Int32GetDatum(own_origin(&scope));
	v[1] = texts(columns.classes, columns.n);
	v[2] = texts(columns.identities, columns.n);
	v[3] = oids_of(&columns);
	v[4] = places_of(&columns);
	sv_store_execute(&scope, &query, v, NULL);
	sv_store_leave(&scope);
}

/* The versions that stand for the columns that have another place in the live schema. */
static List *
moved_columns(const Model *kept, const Model *live)
{
	List	   *changes = NIL;
	ListCell   *cell;

	foreach(cell, kept->objects)
	{
		Object	   *o = lfirst(cell);
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
	Recording	recording = {NIL};
	char	   *damage = NULL;
	Model	   *kept = sv_state_try_model(sv_state_present(), &damage);

	if (kept == NULL)
	{
		sv_state_damaged(damage);
		return 0;
	}
	recording.changes = moved_columns(kept, live);
	write_addresses(live);
	do_record(&recording);
	return recording.state;
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
	Recording	recording = {NIL};
	char	   *damage;
	Model	   *known = present.state ? sv_state_try_model(present.state, &damage) :
	sv_model_create();

	recording.anew = known == NULL;
	if (known != NULL && present.state != 0 && !present.at_home)
		write_addresses(model);
	recording.changes = sv_model_changes(known ? known : sv_model_create(), model);
	do_record(&recording);
	return recording.state;
}

/* Let the model be the present state, whatever was known. */
void
sv_state_replace(const Model *model)
{
	Recording	recording = {NIL};

	recording.anew = true;
	recording.changes = sv_model_changes(sv_model_create(), model);
	do_record(&recording);
}

/* ----- reading ----- */

static Jsonb *
description_at(uint64 row)
{
	return DatumGetJsonbP(sv_own_value(row, 1));
}

/* The object of a row (description, oid, place, whether the OID is of this database). */
Object *
sv_state_object_at(uint64 row)
{
	HeapTuple	tuple = SPI_tuptable->vals[row];
	TupleDesc	desc = SPI_tuptable->tupdesc;
	Object	   *object = sv_object_from_jsonb(description_at(row));
	bool		isnull;

	if (DatumGetBool(SPI_getbinval(tuple, desc, 4, &isnull)) && !isnull)
	{
		object->address.classId = object->class->catalog;
		object->address.objectId = DatumGetObjectId(SPI_getbinval(tuple, desc, 2, &isnull));
	}
	object->address.objectSubId = DatumGetInt16(SPI_getbinval(tuple, desc, 3, &isnull));
	return object;
}

typedef struct StateRead
{
	int64		state;
	Model	   *model;
} StateRead;

static void
read_state(void *arg)
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
		sv_model_add(model, sv_state_object_at(i));
	if (list_length(model->objects) != n)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("an object is twice in state " INT64_FORMAT, read->state)));
	foreach(cell, model->objects)
	{
		CHECK_FOR_INTERRUPTS();
		sv_object_link(model, lfirst(cell), description_at(foreach_current_index(cell)));
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
	ErrorData  *error = sv_subtransaction(read_state, &read, true);

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
