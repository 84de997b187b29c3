/*
 * scan_index.c
 *		Indexes, read straight from the catalogs.
 *
 * pg_get_indexdef() looks for the default operator class of each column in
 * the catalog, every time.  Nearly all indexes are of plain columns in the usual
 * order: their definition is written here, as that function would.  All others are
 * left to the query of the class.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "model/model_private.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* The default operator class of a type for an access method. */
typedef struct DefaultKey
{
	Oid			type;
	Oid			method;
} DefaultKey;

typedef struct DefaultEntry
{
	DefaultKey	key;
	Oid			opclass;
} DefaultEntry;

typedef struct IndexReading
{
	HTAB	   *defaults;
	Oid			method;			/* of the last index */
	const char *method_name;
	List	   *others;			/* OIDs of indexes that are not plain */
} IndexReading;

/*
 * The default operator class for a type that initdb made, which is looked for among all
 * those of the method: kept until a class or a cast is another one.
 */
static HTAB *defaults_of_system = NULL;
static bool defaults_have_changed = false;

static void
note_default_change(Datum arg, int cache, uint32 hash)
{
	defaults_have_changed = true;
}

static HTAB *
make_defaults(MemoryContext context)
{
	HASHCTL		control = {0};

	control.hcxt = context;
	control.keysize = sizeof(DefaultKey);
	control.entrysize = sizeof(DefaultEntry);
	return hash_create("schemaver operator classes", 64, &control,
					   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static HTAB *
system_defaults(void)
{
	static bool registered = false;
	HTAB	   *old = defaults_of_system;

	if (!registered)
	{
		CacheRegisterSyscacheCallback(CLAOID, note_default_change, (Datum) 0);
		CacheRegisterSyscacheCallback(CASTSOURCETARGET, note_default_change, (Datum) 0);
		registered = true;
	}
	if (defaults_have_changed && old != NULL)
	{
		defaults_of_system = NULL;
		hash_destroy(old);
	}
	defaults_have_changed = false;
	if (defaults_of_system == NULL)
		defaults_of_system = make_defaults(TopMemoryContext);
	return defaults_of_system;
}

static Oid
kept_default_opclass(Oid type, Oid method)
{
	DefaultKey	key = {type, method};
	DefaultEntry *entry = hash_search(system_defaults(), &key, HASH_FIND, NULL);
	Oid			opclass;

	if (entry != NULL)
		return entry->opclass;
	opclass = GetDefaultOpClass(type, method);
	if (defaults_have_changed)
		return opclass;			/* what GetDefaultOpClass() read has changed them */
	entry = hash_search(defaults_of_system, &key, HASH_ENTER, NULL);
	entry->opclass = opclass;
	return opclass;
}

static Oid
default_opclass(IndexReading *state, Oid type, Oid method)
{
	DefaultKey	key = {type, method};
	bool		found;
	DefaultEntry *entry;

	if (type < FirstNormalObjectId)
		return kept_default_opclass(type, method);
	if (state->defaults == NULL)
		state->defaults = make_defaults(CurrentMemoryContext);
	entry = hash_search(state->defaults, &key, HASH_ENTER, &found);
	if (!found)
		entry->opclass = GetDefaultOpClass(type, method);
	return entry->opclass;
}

/* Has a column of the index options of its operator class? */
static bool
has_column_options(Oid index, int number)
{
	HeapTuple	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(index), Int16GetDatum(number));
	bool		isnull;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for attribute %d of relation %u", number, index);
	(void) SysCacheGetAttr(ATTNUM, tuple, Anum_pg_attribute_attoptions, &isnull);
	ReleaseSysCache(tuple);
	return !isnull;
}

/*
 * Append a column of the index if there is nothing to say but its name; false:
 * there is more.
 */
static bool
write_index_column(IndexReading *state, StringInfo out, Form_pg_index index, Oid method, int i,
				   Oid collation, Oid opclass)
{
	HeapTuple	tuple =
	SearchSysCache2(ATTNUM, ObjectIdGetDatum(index->indrelid),
					Int16GetDatum(index->indkey.values[i]));
	Form_pg_attribute column;
	bool		plain;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for attribute %d of relation %u", index->indkey.values[i],
			 index->indrelid);
	column = (Form_pg_attribute) GETSTRUCT(tuple);
	plain = (!OidIsValid(collation) || collation == column->attcollation) &&
		opclass == default_opclass(state, column->atttypid, method) &&
		!has_column_options(index->indexrelid, i + 1);
	appendStringInfo(out, "%s%s", i > 0 ? ", " : "", quote_identifier(NameStr(column->attname)));
	ReleaseSysCache(tuple);
	return plain;
}

static bool
write_columns(IndexReading *state, StringInfo out, Relation catalog, HeapTuple tuple, Oid method)
{
	Form_pg_index index = (Form_pg_index) GETSTRUCT(tuple);
	bool		isnull;
	oidvector  *collations =
	(oidvector *) DatumGetPointer(heap_getattr(tuple, Anum_pg_index_indcollation,
											   RelationGetDescr(catalog), &isnull));
	oidvector  *opclasses =
	(oidvector *) DatumGetPointer(heap_getattr(tuple, Anum_pg_index_indclass,
											   RelationGetDescr(catalog), &isnull));
	int2vector *orders =
	(int2vector *) DatumGetPointer(heap_getattr(tuple, Anum_pg_index_indoption,
												RelationGetDescr(catalog), &isnull));

	for (int i = 0; i < index->indnkeyatts; i++)
		if (index->indkey.values[i] <= 0 || orders->values[i] != 0 ||
			!write_index_column(state, out, index, method, i, collations->values[i],
								opclasses->values[i]))
			return false;
	return true;
}

/* The definition of an index, or NULL if there is more to say than its columns. */
static char *
plain_definition(IndexReading *state, Relation catalog, HeapTuple tuple, HeapTuple relation,
				 const Object *table)
{
	Form_pg_index index = (Form_pg_index) GETSTRUCT(tuple);
	Form_pg_class row = (Form_pg_class) GETSTRUCT(relation);
	StringInfoData out;
	bool		isnull;

	(void) SysCacheGetAttr(RELOID, relation, Anum_pg_class_reloptions, &isnull);
	if (!isnull || row->relkind != RELKIND_INDEX || OidIsValid(row->reltablespace) ||
		index->indisclustered ||
		index->indisreplident || !index->indisvalid || index->indnatts != index->indnkeyatts ||
		index->indnullsnotdistinct ||
		!heap_attisnull(tuple, Anum_pg_index_indexprs, RelationGetDescr(catalog)) ||
		!heap_attisnull(tuple, Anum_pg_index_indpred, RelationGetDescr(catalog)))
		return NULL;
	if (state->method != row->relam)
	{
		state->method = row->relam;
		state->method_name = quote_identifier(get_am_name(row->relam));
	}
	initStringInfo(&out);
	appendStringInfo(&out, "CREATE %sINDEX %s ON %s USING %s (", index->indisunique ? "UNIQUE " :
					 "",
					 quote_identifier(NameStr(row->relname)), table->identity, state->method_name);
	if (!write_columns(state, &out, catalog, tuple, row->relam))
	{
		pfree(out.data);
		return NULL;
	}
	appendStringInfoChar(&out, ')');
	return out.data;
}

static void
add_index(Reader *reader, Object *table, Oid index, const char *name, char *definition)
{
	Object	   *o = palloc0(sizeof(Object));

	o->class = reader->class;
	o->parent = table;
	o->schema = table->schema;
	o->schema_oid = table->schema_oid;
	o->name = pstrdup(name);
	o->identity = quote_qualified_identifier(o->schema, o->name);
	ObjectAddressSet(o->address, RelationRelationId, index);
	o->properties = palloc(sizeof(Property) * 2);
	o->properties[o->nproperties++] = sv_property_of("definition", definition, NIL);
	sv_model_add(reader->model, o);
}

static void
read_index(Reader *reader, Relation catalog, HeapTuple tuple, void *arg)
{
	IndexReading *state = arg;
	Form_pg_index index = (Form_pg_index) GETSTRUCT(tuple);
	Object	   *table = sv_model_at(reader->model, RelationRelationId, index->indrelid, 0);
	HeapTuple	relation;
	char	   *definition;

	if (table == NULL ||
		sv_model_at(reader->model, RelationRelationId, index->indexrelid, 0) != NULL)
		return;					/* not ours, or the index of a constraint */
	relation = SearchSysCache1(RELOID, ObjectIdGetDatum(index->indexrelid));
	if (!HeapTupleIsValid(relation))
		elog(ERROR, "cache lookup failed for relation %u", index->indexrelid);
	definition = plain_definition(state, catalog, tuple, relation, table);
	if (definition != NULL)
		add_index(reader, table, index->indexrelid,
				  NameStr(((Form_pg_class) GETSTRUCT(relation))->relname), definition);
	else
		state->others = lappend_oid(state->others, index->indexrelid);
	ReleaseSysCache(relation);
}

/* Read the indexes of all relations of the model that no constraint has. */
void
sv_scan_indexes(Reader *reader, StoreScope *store, const Datum *values)
{
	IndexReading state = {0};

	sv_scan_relations(reader, IndexRelationId, IndexIndrelidIndexId, Anum_pg_index_indrelid,
					  read_index, &state);
	if (state.defaults != NULL)
		hash_destroy(state.defaults);
	sv_reader_some(reader, store, values, state.others);
	list_free(state.others);
}
