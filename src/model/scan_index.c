/*
 * scan_index.c
 *		Indexes, read straight from the catalogs.
 *
 * pg_get_indexdef() looks for the default operator class of each column in
 * the catalog, every time.  Nearly all indexes are of plain columns in the usual
 * order: their definition is written here, as that function would, with the predicate
 * as the server prints it.  All others are left to the query of the class.
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
#include "utils/fmgrprotos.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
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
	StringInfoData text;		/* of the last definition */
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
has_column_options(const Reader *reader, Form_pg_index index)
{
	bool		result = false;

	if (reader->whole)
		return list_member_oid(reader->with_options, index->indexrelid);
	for (int i = 1; i <= index->indnkeyatts && !result; i++)
	{
		HeapTuple	tuple =
		SearchSysCache2(ATTNUM, ObjectIdGetDatum(index->indexrelid), Int16GetDatum(i));
		bool		isnull;

		if (!HeapTupleIsValid(tuple))
			elog(ERROR, "cache lookup failed for attribute %d of relation %u", i,
				 index->indexrelid);
		(void) SysCacheGetAttr(ATTNUM, tuple, Anum_pg_attribute_attoptions, &isnull);
		ReleaseSysCache(tuple);
		result = !isnull;
	}
	return result;
}

/*
 * Append a column of the index if there is nothing to say but its name; false:
 * there is more.
 */
static bool
write_index_column(IndexReading *state, Reader *reader, Form_pg_index index, Oid method, int i,
				   Oid collation, Oid opclass)
{
	const Object *column = sv_model_at(reader->model, RelationRelationId, index->indrelid,
									   index->indkey.values[i]);

	if (column == NULL || !OidIsValid(column->type_oid) || sv_is(column, "collation") ||
		(OidIsValid(collation) && collation != get_typcollation(column->type_oid)) ||
		opclass != default_opclass(state, column->type_oid, method))
		return false;
	appendStringInfo(&state->text, "%s%s", i > 0 ? ", " : "", quote_identifier(column->name));
	return true;
}

static bool
write_columns(IndexReading *state, Reader *reader, Relation catalog, HeapTuple tuple, Oid method)
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
			!write_index_column(state, reader, index, method, i, collations->values[i],
								opclasses->values[i]))
			return false;
	return !has_column_options(reader, index);
}

/*
 * Write the definition of an index, up to its predicate, into the reading's text; false: there is
 * more to say than its columns.
 */
static bool
write_plain_definition(IndexReading *state, Reader *reader, Relation catalog, HeapTuple tuple,
					   const IndexFacts *facts, const Object *table)
{
	if (!facts->is_usual || !facts->has_keys_only || facts->kind != RELKIND_INDEX ||
		!heap_attisnull(tuple, Anum_pg_index_indexprs, RelationGetDescr(catalog)))
		return false;
	if (state->method != facts->method)
	{
		state->method = facts->method;
		state->method_name = quote_identifier(get_am_name(facts->method));
	}
	resetStringInfo(&state->text);
	appendStringInfo(&state->text, "CREATE %sINDEX %s ON %s USING %s (",
					 ((Form_pg_index) GETSTRUCT(tuple))->indisunique ? "UNIQUE " : "",
					 quote_identifier(facts->name), table->identity, state->method_name);
	if (!write_columns(state, reader, catalog, tuple, facts->method))
		return false;
	appendStringInfoChar(&state->text, ')');
	return true;
}

/* The predicate of an index as the server prints it, also in the definition; NULL: none. */
static const char *
predicate_of(Reader *reader, Relation catalog, HeapTuple tuple)
{
	Oid			table = ((Form_pg_index) GETSTRUCT(tuple))->indrelid;
	bool		isnull;
	Datum		stored =
	heap_getattr(tuple, Anum_pg_index_indpred, RelationGetDescr(catalog), &isnull);
	MemoryContext caller;
	char	   *printed;

	if (isnull)
		return NULL;
	caller = MemoryContextSwitchTo(sv_reader_scratch(reader));
	printed = TextDatumGetCString(DirectFunctionCall2(pg_get_expr, stored,
													  ObjectIdGetDatum(table)));
	MemoryContextSwitchTo(caller);
	printed = sv_model_string(reader->model, printed);
	MemoryContextReset(reader->scratch);
	return printed;
}

static void
add_index(IndexReading *state, Reader *reader, Object *table, const IndexFacts *facts,
		  const char *predicate)
{
	Object	   *o = sv_model_object(reader->model, reader->class);
	Property	properties[] = {{"definition"}, {"predicate", predicate}};

	if (predicate != NULL)
		appendStringInfo(&state->text, " WHERE %s", predicate);
	properties[0].text = sv_model_text(reader->model, state->text.data, state->text.len);
	o->parent = table;
	o->schema = table->schema;
	o->schema_oid = table->schema_oid;
	o->name = facts->name;
	o->identity = sv_reader_identity(reader, o, NULL);
	ObjectAddressSet(o->address, RelationRelationId, facts->index);
	sv_model_set_properties(reader->model, o, properties, predicate != NULL ? 2 : 1);
	sv_model_add(reader->model, o);
}

static void
read_index(Reader *reader, Relation catalog, HeapTuple tuple, void *arg)
{
	IndexReading *state = arg;
	Form_pg_index index = (Form_pg_index) GETSTRUCT(tuple);
	Object	   *table = sv_model_at(reader->model, RelationRelationId, index->indrelid, 0);
	IndexFacts	facts = {index->indexrelid};

	if (table == NULL ||
		sv_model_at(reader->model, RelationRelationId, index->indexrelid, 0) != NULL)
		return;					/* not ours, or the index of a constraint */
	if (!sv_index_facts(reader, &facts))
		elog(ERROR, "cache lookup failed for relation %u", index->indexrelid);
	if (write_plain_definition(state, reader, catalog, tuple, &facts, table))
		add_index(state, reader, table, &facts, predicate_of(reader, catalog, tuple));
	else
		state->others = lappend_oid(state->others, index->indexrelid);
}

/* Read the indexes of all relations of the model that no constraint has. */
void
sv_scan_indexes(Reader *reader, StoreScope *store, const Datum *values)
{
	IndexReading state = {0};

	initStringInfo(&state.text);
	sv_scan_relations(reader, IndexRelationId, IndexIndrelidIndexId, Anum_pg_index_indrelid,
					  read_index, &state);
	if (state.defaults != NULL)
		hash_destroy(state.defaults);
	pfree(state.text.data);
	sv_reader_some(reader, store, values, state.others);
	list_free(state.others);
}
