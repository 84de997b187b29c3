/*
 * scan.c
 *		Columns and their defaults, read straight from the catalogs.
 *
 * There are more columns than all else together, and nearly all of them have
 * nothing but a name, a type and perhaps NOT NULL: an object of these is made of
 * the row as it stands.  All others are left to the query of the class, which
 * alone says how each property is read.  Few relations are found by index, many
 * by reading the catalog once.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "base/compat.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "model/model_private.h"
#include "nodes/nodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* So many relations are looked up one by one. */
#define FEW_RELATIONS 256

static void
scan(Reader *reader, Relation catalog, Oid index, AttrNumber key, Oid relation, ScanFn read,
	 void *arg)
{
	ScanKeyData keys[1];
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&keys[0], key, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
	scan = systable_beginscan(catalog, OidIsValid(relation) ? index :
							  InvalidOid, OidIsValid(relation),
							  GetActiveSnapshot(), OidIsValid(relation) ? 1 : 0, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		read(reader, catalog, tuple, arg);
	systable_endscan(scan);
}

static bool
object_has_columns(const Object *o)
{
	return sv_class_has(o, SV_HAS_COLUMNS);
}

/*
 * Give the rows of a catalog that belong to the model's relations to "read" (and maybe others).
 * True: all of the catalog was read.
 */
bool
sv_scan_relations(Reader *reader, Oid catalog, Oid index, AttrNumber key, ScanFn read, void *arg)
{
	Relation	rel = table_open(catalog, AccessShareLock);
	List	   *few = NIL;
	int			n = list_length(reader->oids);
	bool		whole;
	ListCell   *cell;

	if (n > 0)
		few = list_copy(reader->oids);
	foreach(cell, n > 0 ? NIL : reader->model->objects)
	{
		if (object_has_columns(lfirst(cell)) && ++n <= FEW_RELATIONS)
			few = lappend_oid(few, sv_class_is(lfirst(cell), composite) ?
							  get_typ_typrelid(((Object *) lfirst(cell))->address.objectId) :
							  ((Object *) lfirst(cell))->address.objectId);
	}
	whole = n > FEW_RELATIONS && reader->oids == NIL;
	if (whole)
		scan(reader, rel, index, key, InvalidOid, read, arg);
	else
	{
		foreach(cell, few)
			scan(reader, rel, index, key, lfirst_oid(cell), read, arg);
	}
	list_free(few);
	table_close(rel, AccessShareLock);
	return whole;
}

/* Give the rows with the OIDs that are to be read, or all, to "read". */
void
sv_scan_by_oid(Reader *reader, Oid catalog, Oid index, AttrNumber key, ScanFn read, void *arg)
{
	Relation	rel = table_open(catalog, AccessShareLock);
	ListCell   *cell;

	if (reader->oids == NIL)
		scan(reader, rel, index, key, InvalidOid, read, arg);
	foreach(cell, reader->oids)
		scan(reader, rel, index, key, lfirst_oid(cell), read, arg);
	table_close(rel, AccessShareLock);
}

/* ----- columns ----- */

typedef struct ColumnScan
{
	Oid			relation;		/* of the last row */
	Object	   *parent;			/* which is that, or NULL */
	Oid			type;			/* of the last row */
	Oid			collation;
	char		storage;
	char	   *type_name;
	int32		typmod;
	int			nothers;
	int			allocated;
	Datum	   *others;			/* relations and numbers of columns that are not plain */
	Datum	   *numbers;
} ColumnScan;

static void
note_type(Reader *reader, ColumnScan *state, Oid type, int32 typmod)
{
	if (state->type == type && state->typmod == typmod)
		return;
	if (state->type != type)
	{
		state->collation = get_typcollation(type);
		state->storage = get_typstorage(type);
	}
	state->type = type;
	state->typmod = typmod;
	state->type_name = sv_reader_type(reader, type, typmod);
}

/* No options, or the one that the class leaves out. */
static bool
has_no_options(Relation catalog, HeapTuple tuple)
{
	bool		isnull;
	Datum		value =
	heap_getattr(tuple, Anum_pg_attribute_attoptions, RelationGetDescr(catalog), &isnull);
	ArrayType  *options = isnull ? NULL : DatumGetArrayTypeP(value);
	bool		result = isnull;

	if (!isnull && ARR_NDIM(options) == 1 && ARR_DIMS(options)[0] == 1 && !ARR_HASNULL(options))
	{
		text	   *option = (text *) ARR_DATA_PTR(options);

		result = VARSIZE_ANY_EXHDR(option) > 10 &&
			strncmp(VARDATA_ANY(option), "pg_attver=", 10) == 0;
	}
	return result;
}

/* Is there nothing to say of a column but its name, its type, NOT NULL and from where it comes? */
static bool
is_plain_column(Relation catalog, HeapTuple tuple, const ColumnScan *state)
{
	Form_pg_attribute row = (Form_pg_attribute) GETSTRUCT(tuple);

	if (row->attidentity != '\0' || row->attgenerated != '\0' || row->attcompression != '\0' ||
		(row->attnotnull && SV_18(true, false)) ||
		(OidIsValid(row->attcollation) && row->attcollation != state->collation) ||
		row->attstorage != state->storage)
		return false;
	return heap_attisnull(tuple, Anum_pg_attribute_attacl, RelationGetDescr(catalog)) &&
		heap_attisnull(tuple, Anum_pg_attribute_attfdwoptions, RelationGetDescr(catalog)) &&
		sv_has_usual_target(catalog, tuple) && has_no_options(catalog, tuple);
}

static void
add_other(ColumnScan *state, Oid relation, AttrNumber number)
{
	if (state->nothers == state->allocated)
	{
		state->allocated = state->allocated * 2 + 64;
		state->others = state->others == NULL ? palloc(sizeof(Datum) * state->allocated) :
			repalloc(state->others, sizeof(Datum) * state->allocated);
		state->numbers = state->numbers == NULL ? palloc(sizeof(Datum) * state->allocated) :
			repalloc(state->numbers, sizeof(Datum) * state->allocated);
	}
	state->others[state->nothers] = ObjectIdGetDatum(relation);
	state->numbers[state->nothers++] = Int16GetDatum(number);
}

static void
add_plain_column(Reader *reader, Form_pg_attribute row, const ColumnScan *state)
{
	Object	   *o = sv_model_object(reader->model, reader->class);
	Property	properties[4];
	int			n = 0;

	o->parent = state->parent;
	o->schema = state->parent->schema;
	o->name = sv_model_string(reader->model, NameStr(row->attname));
	o->identity = sv_reader_identity(reader, o, NULL);
	o->type_oid = row->atttypid;
	ObjectAddressSubSet(o->address, RelationRelationId, row->attrelid, row->attnum);
	properties[n++] = sv_property_of("type", state->type_name, NIL);
	if (row->attnotnull)
		properties[n++] = sv_property_of("not_null", "true", NIL);
	if ((row->attinhcount > 0 && !row->attislocal) || sv_is(state->parent, "of_type"))
		properties[n++] = sv_property_of("inherited", "true", NIL);
	if (row->attinhcount > 0 && row->attislocal)
		properties[n++] = sv_property_of("merged", "true", NIL);
	sv_model_set_properties(reader->model, o, properties, n);
	sv_model_add(reader->model, o);
}

static void
read_column(Reader *reader, Relation catalog, HeapTuple tuple, void *arg)
{
	ColumnScan *state = arg;
	Form_pg_attribute row = (Form_pg_attribute) GETSTRUCT(tuple);

	if (row->attnum <= 0 || row->attisdropped)
		return;
	if (row->attrelid != state->relation)
	{
		state->relation = row->attrelid;
		state->parent = sv_model_at(reader->model, RelationRelationId, row->attrelid, 0);
		if (state->parent != NULL && !object_has_columns(state->parent))
			state->parent = NULL;
	}
	if (state->parent == NULL)
	{
		if (reader->oids == NIL &&
			!heap_attisnull(tuple, Anum_pg_attribute_attoptions, RelationGetDescr(catalog)))
			reader->with_options = list_append_unique_oid(reader->with_options, row->attrelid);
		return;
	}
	note_type(reader, state, row->atttypid, row->atttypmod);
	if (!is_plain_column(catalog, tuple, state))
	{
		add_other(state, row->attrelid, row->attnum);
		return;
	}
	add_plain_column(reader, row, state);
}

/* Read the columns of all relations of the model. */
void
sv_scan_columns(Reader *reader, StoreScope *store, const Datum *values)
{
	static StoreQuery queries[] = {
		{NULL, 4, {OIDARRAYOID, BOOLOID, OIDARRAYOID, INT2ARRAYOID}},
		{NULL, 4, {OIDARRAYOID, BOOLOID, OIDARRAYOID, INT2ARRAYOID}}
	};
	StoreQuery *query = &queries[reader->oids != NIL];	/* few and many have plans of their own */
	ColumnScan	state = {0};
	Datum		more[4] = {values[0], values[1]};

	reader->whole =
		sv_scan_relations(reader, AttributeRelationId, AttributeRelidNumIndexId,
						  Anum_pg_attribute_attrelid, read_column, &state);
	if (state.nothers == 0)
		return;
	if (query->sql == NULL)
		query->sql = MemoryContextStrdup(TopMemoryContext,
										 psprintf(
												  "SELECT q.* FROM (SELECT DISTINCT u.oid, u.num "
												  "FROM unnest($3, $4) u (oid, num)) o "
												  "JOIN (%s) q ON q._oid = o.oid AND q._sub = "
												  "o.num", reader->class->query));
	more[2] =
		PointerGetDatum(construct_array(state.others, state.nothers, OIDOID, sizeof(Oid), true,
										TYPALIGN_INT));
	more[3] =
		PointerGetDatum(construct_array(state.numbers, state.nothers, INT2OID, sizeof(int16), true,
										TYPALIGN_SHORT));
	sv_reader_class(reader, store, query, more);
	pfree(state.others);
	pfree(state.numbers);
}

/* ----- defaults ----- */

/* An expression as the server keeps it, and as it prints it. */
typedef struct ExpressionEntry
{
	const char *stored;
	char	   *printed;
} ExpressionEntry;

static uint32
expression_hash(const void *key, Size size)
{
	const char *stored = *(const char *const *) key;

	return hash_bytes((const unsigned char *) stored, strlen(stored));
}

static int
expression_match(const void *a, const void *b, Size size)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* Take the places in the original text, which are not printed, out of a stored expression. */
static char *
without_places(char *stored)
{
	char	   *out = stored;

	for (const char *in = stored; *in != '\0';)
	{
		if (strncmp(in, " :location ", 11) == 0)
			for (in += 11; *in == '-' || isdigit((unsigned char) *in); in++)
				;
		else
			*out++ = *in++;
	}
	*out = '\0';
	return stored;
}

/*
 * A default has no columns in it, so what is stored decides what is printed,
 * and the table, which may have just vanished, need not be named.
 */
static char *
print_default(HTAB *expressions, Datum stored)
{
	char	   *key = without_places(TextDatumGetCString(stored));
	bool		found;
	ExpressionEntry *entry = hash_search(expressions, &key, HASH_ENTER, &found);

	if (found)
		pfree(key);
	else
		entry->printed =
			TextDatumGetCString(DirectFunctionCall2(pg_get_expr, stored,
													ObjectIdGetDatum(InvalidOid)));
	return entry->printed;
}

static void
read_default(Reader *reader, Relation catalog, HeapTuple tuple, void *arg)
{
	Form_pg_attrdef row = (Form_pg_attrdef) GETSTRUCT(tuple);
	Object	   *column = sv_model_at(reader->model, RelationRelationId, row->adrelid, row->adnum);
	bool		isnull;
	Datum		stored;
	Object	   *o;
	Property	expression = {"expression"};

	if (column == NULL || sv_is(column, "generated"))
		return;
	stored = heap_getattr(tuple, Anum_pg_attrdef_adbin, RelationGetDescr(catalog), &isnull);
	if (isnull)
		return;
	o = sv_model_object(reader->model, reader->class);
	o->parent = column;
	o->schema = column->schema;
	o->identity = column->identity;
	ObjectAddressSet(o->address, AttrDefaultRelationId, row->oid);
	expression.text = print_default(arg, stored);
	sv_model_set_properties(reader->model, o, &expression, 1);
	sv_model_add(reader->model, o);
}

/* Read the defaults of all columns of the model. */
void
sv_scan_defaults(Reader *reader, StoreScope *store, const Datum *values)
{
	HASHCTL		control = {0};
	HTAB	   *expressions;

	control.hcxt = CurrentMemoryContext;
	control.keysize = sizeof(const char *);
	control.entrysize = sizeof(ExpressionEntry);
	control.hash = expression_hash;
	control.match = expression_match;
	expressions =
		hash_create("schemaver expressions", 256, &control,
					HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
	sv_scan_relations(reader, AttrDefaultRelationId, AttrDefaultIndexId, Anum_pg_attrdef_adrelid,
					  read_default, expressions);
	hash_destroy(expressions);
}
