/*
 * read.c
 *		Read the model of the live schema from the catalogs.
 *
 * One query per class, all with one snapshot and a search_path of pg_catalog,
 * as the owner of the extension; then dependencies, comments and labels for
 * all classes at once.  What belongs to an extension or to schemaver, and what
 * is temporary, is left out.
 *
 * The functions of the server that print definitions look into its caches,
 * which are newer than the snapshot.  An object that is dropped during the reading can
 * make one of them fail; then all is read again, and if that does not help, the
 * objects of its class one by one, and what vanishes is left out.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "base/base.h"
#include "catalog/dependency.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "model/model_private.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* So often all is read, if objects vanish each time. */
#define MAX_ATTEMPTS 10

/* From this attempt on objects that vanish are left out, one by one. */
#define CAREFUL_ATTEMPT 3

typedef struct TypeKey
{
	Oid			type;
	int32		typmod;
} TypeKey;

typedef struct TypeEntry
{
	TypeKey		key;
	char	   *name;
} TypeEntry;

static ColumnUse
column_use(const char *name, Oid type)
{
	static const struct
	{
		const char *name;
		ColumnUse	use;
	}			reserved[] = {
		{"_oid", COLUMN_OID}, {"_sub", COLUMN_SUB}, {"_parent", COLUMN_PARENT},
		{"_parentsub", COLUMN_PARENTSUB}, {"_schema", COLUMN_SCHEMA}, {"_name", COLUMN_NAME},
		{"_identity", COLUMN_IDENTITY}, {"_needs", COLUMN_NEEDS}, {"_alias", COLUMN_ALIAS},
		{"_type", COLUMN_TYPE}, {"_typmod", COLUMN_TYPMOD}, {"owner", COLUMN_OWNER},
		{"acl", COLUMN_ACL}
	};

	for (int i = 0; i < lengthof(reserved); i++)
		if (strcmp(reserved[i].name, name) == 0)
			return reserved[i].use;
	if (type == BOOLOID)
		return COLUMN_BOOL;
	return type_is_array(type) ? COLUMN_LIST : COLUMN_TEXT;
}

static char *
text_of_datum(Model *model, Datum value)
{
	text	   *packed = DatumGetTextPP(value);

	return sv_model_text(model, VARDATA_ANY(packed), VARSIZE_ANY_EXHDR(packed));
}

static List *
list_of_array(Model *model, Datum array)
{
	ArrayType  *value = DatumGetArrayTypeP(array);
	Datum	   *elements;
	bool	   *nulls;
	int			n;
	List	   *result = NIL;

	if (ARR_NDIM(value) == 0)
		return NIL;
	deconstruct_array(value, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &n);
	for (int i = 0; i < n; i++)
		if (!nulls[i])
			result = lappend(result, text_of_datum(model, elements[i]));
	return result;
}

/* Text of a value of a type that queries use; others are cast to text in SQL. */
static char *
text_of_value(Model *model, Datum value, Oid type)
{
	switch (type)
	{
		case TEXTOID:
			return text_of_datum(model, value);
		case NAMEOID:
			return sv_model_string(model, NameStr(*DatumGetName(value)));
		case INT2OID:
			return psprintf("%d", DatumGetInt16(value));
		case INT4OID:
			return psprintf("%d", DatumGetInt32(value));
		case INT8OID:
			return psprintf(INT64_FORMAT, DatumGetInt64(value));
		default:
			elog(ERROR, "class query returns a column of type %u", type);
	}
}

static void
add_property(Object *object, const char *name, char *text, List *list)
{
	Property   *property = &object->properties[object->nproperties];

	if (text == NULL && list == NIL)
		return;
	property->name = name;
	property->text = text;
	property->list = list;
	object->nproperties++;
}

/* The name of a type, as format_type() has it; objects share it. */
char *
sv_reader_type(Reader *reader, Oid type, int32 typmod)
{
	TypeKey		key = {type, typmod};
	TypeEntry  *entry;
	bool		found;

	if (reader->types == NULL)
	{
		HASHCTL		control = {0};

		control.hcxt = CurrentMemoryContext;
		control.keysize = sizeof(TypeKey);
		control.entrysize = sizeof(TypeEntry);
		reader->types =
			hash_create("schemaver types", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	entry = hash_search(reader->types, &key, HASH_ENTER, &found);
	if (!found)
		entry->name =
			format_type_extended(type, typmod,
								 FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_ALLOW_INVALID);
	return entry->name;
}

/* The identity of an object whose class, names and parent are known; "given": what a row says. */
const char *
sv_reader_identity(Reader *reader, const Object *object, const char *given)
{
	const char *name = quote_identifier(object->name ? object->name : "");

	switch (object->class->style)
	{
		case SV_ID_NAME:
			return sv_model_string(reader->model, name);
		case SV_ID_QUALIFIED:
			return sv_model_name(reader->model, quote_identifier(object->schema), ".", name);
		case SV_ID_OF_PARENT:
			return sv_model_name(reader->model, object->parent->identity, ".", name);
		case SV_ID_ON_PARENT:
			return sv_model_name(reader->model, name, " ON ", object->parent->identity);
		case SV_ID_AS_PARENT:
			return object->parent->identity;
		case SV_ID_GIVEN:
			break;
	}
	return given;
}

/*
 * A context for what the server's functions leave behind; whoever uses it resets it, and
 * whoever has the reader deletes it.
 */
MemoryContext
sv_reader_scratch(Reader *reader)
{
	if (reader->scratch == NULL)
		reader->scratch = AllocSetContextCreate(reader->model->context, "schemaver scratch",
												ALLOCSET_DEFAULT_SIZES);
	return reader->scratch;
}

/* Is an object not to be read: a member of an extension, or hidden? */
bool
sv_reader_leaves_out(const Reader *reader, const ObjectAddress *address)
{
	ObjectAddress whole = *address;

	if (reader->members != NULL ? hash_search(reader->members, address, HASH_FIND, NULL) != NULL :
		reader->is_member(reader, address))
		return true;
	whole.objectSubId = 0;
	if (sv_model_is_left_out(&whole))
		return true;
	return reader->scope->hidden != NULL &&
		hash_search(reader->scope->hidden, &whole, HASH_FIND, NULL) != NULL;
}

/* What a row says of its object beside the properties. */
typedef struct RowFacts
{
	const char *given;			/* the identity, where the row has it */
	Oid			parent;
	int			parent_sub;
	Oid			owner;
	Datum		acl;
	Oid			alias;
} RowFacts;

/* Read the columns of a row; false if the object was just dropped. */
static bool
read_columns(Reader *reader, HeapTuple row, TupleDesc desc, Object *object, RowFacts *facts)
{
	for (int i = 0; i < desc->natts; i++)
	{
		bool		isnull;
		Datum		value = heap_getattr(row, i + 1, desc, &isnull);

		if (isnull && strcmp(reader->names[i], "definition") == 0)
			return false;		/* just dropped: there is nothing to print */
		if (isnull)
			continue;
		switch (reader->uses[i])
		{
			case COLUMN_TEXT:
				add_property(object, reader->names[i],
							 text_of_value(reader->model, value, TupleDescAttr(desc, i)->atttypid),
							 NIL);
				break;
			case COLUMN_BOOL:
				add_property(object, reader->names[i], DatumGetBool(value) ? "true" : NULL, NIL);
				break;
			case COLUMN_LIST:
				add_property(object, reader->names[i], NULL, list_of_array(reader->model, value));
				break;
			case COLUMN_OWNER:
				facts->owner = DatumGetObjectId(value);
				add_property(object, "owner", sv_role_name(facts->owner), NIL);
				break;
			case COLUMN_ACL:
				facts->acl = value;
				break;
			case COLUMN_OID:
				object->address.objectId = DatumGetObjectId(value);
				break;
			case COLUMN_SUB:
				object->address.objectSubId = DatumGetInt16(value);
				break;
			case COLUMN_PARENT:
				facts->parent = DatumGetObjectId(value);
				break;
			case COLUMN_PARENTSUB:
				facts->parent_sub = DatumGetInt16(value);
				break;
			case COLUMN_SCHEMA:
				object->schema_oid = DatumGetObjectId(value);
				break;
			case COLUMN_NAME:
				object->name = sv_model_string(reader->model, NameStr(*DatumGetName(value)));
				break;
			case COLUMN_IDENTITY:
				facts->given = text_of_datum(reader->model, value);
				break;
			case COLUMN_NEEDS:
				object->needs_relation = DatumGetObjectId(value);
				break;
			case COLUMN_TYPE:
				object->type_oid = DatumGetObjectId(value);
				break;
			case COLUMN_TYPMOD:
				add_property(object, "type",
							 sv_reader_type(reader, object->type_oid, DatumGetInt32(value)), NIL);
				break;
			case COLUMN_ALIAS:
				facts->alias = DatumGetObjectId(value);
				break;
		}
	}
	return true;
}

/* Make an object of a row and add it to the model. */
static void
read_row(Reader *reader, HeapTuple row, TupleDesc desc)
{
	Object	   *object = sv_model_object(reader->model, reader->class);
	Property	properties[MAX_COLUMNS];
	RowFacts	facts = {0};

	object->properties = properties;
	object->address.classId = reader->class->catalog;
	if (!read_columns(reader, row, desc, object, &facts))
		return;
	if (sv_reader_leaves_out(reader, &object->address))
		return;
	if (OidIsValid(facts.parent))
	{
		object->parent =
			sv_model_at(reader->model, reader->class->parent_catalog, facts.parent,
						facts.parent_sub);
		if (object->parent == NULL)
			return;				/* of an extension's table, or just dropped */
		object->schema = object->parent->schema;
	}
	if (OidIsValid(object->schema_oid))
	{
		Object	   *schema = sv_model_at(reader->model, NamespaceRelationId, object->schema_oid, 0);

		object->schema = schema ? schema->name : get_namespace_name(object->schema_oid);
		if (object->schema == NULL)
			return;
	}
	if (facts.acl != (Datum) 0)
		add_property(object, "acl", NULL,
					 sv_acl_list(facts.acl, reader->class->acl_type, facts.owner));
	object->identity = sv_reader_identity(reader, object, facts.given);
	if (object->identity == NULL)
		return;
	sv_model_set_properties(reader->model, object, properties, object->nproperties);
	sv_model_add(reader->model, object);
	if (OidIsValid(facts.alias))
	{
		ObjectAddress address;

		memset(&address, 0, sizeof(address));
		ObjectAddressSet(address, RelationRelationId, facts.alias);
		sv_model_alias(reader->model, &address, object);
	}
}

/*
 * Read the rows that a query for a class returns; "query" is that of the class
 * or one with the same columns.
 */
void
sv_reader_class(Reader *reader, StoreScope *store, StoreQuery *query, const Datum *values)
{
	TupleDesc	desc;
	uint64		n;

	if (reader->before_query != NULL)
		reader->before_query();
	reader->before_query = NULL;
	n = sv_store_execute(store, query, values, NULL);
	desc = SPI_tuptable->tupdesc;
	if (desc->natts > MAX_COLUMNS)
		elog(ERROR, "class query has too many columns");
	MemoryContextSwitchTo(store->caller);
	for (int i = 0; i < desc->natts; i++)
	{
		reader->names[i] = pstrdup(NameStr(TupleDescAttr(desc, i)->attname));
		reader->uses[i] = column_use(reader->names[i], TupleDescAttr(desc, i)->atttypid);
	}
	for (uint64 i = 0; i < n; i++)
		read_row(reader, SPI_tuptable->vals[i], desc);
	SPI_freetuptable(SPI_tuptable);
}

/* The number of a class in the list of classes. */
static int
number_of(const ModelClass *class)
{
	int			n = 0;

	while (sv_object_classes[n] != class)
		n++;
	return n;
}

/*
 * Read some objects of a class by its query.  Plans for few and for many objects
 * are kept apart.
 */
void
sv_reader_some(Reader *reader, StoreScope *store, const Datum *values, const List *oids)
{
	static StoreQuery *queries = NULL;
	StoreQuery *query;
	Datum		more[3] = {values[0], values[1]};

	if (oids == NIL)
		return;
	if (queries == NULL)
		queries = MemoryContextAllocZero(TopMemoryContext,
										 sizeof(StoreQuery) * 2 * number_of(NULL));
	query = &queries[2 * number_of(reader->class) + (reader->oids != NIL)];
	if (query->sql == NULL)
	{
		query->nargs = 3;
		query->argtypes[0] = query->argtypes[2] = OIDARRAYOID;
		query->argtypes[1] = BOOLOID;
		query->sql = MemoryContextStrdup(TopMemoryContext,
										 psprintf("SELECT * FROM (%s) q WHERE q._oid = ANY ($3)",
												  reader->class->query));
	}
	more[2] = sv_oid_array(oids);
	sv_reader_class(reader, store, query, more);
}

/* ----- objects that vanish while they are read ----- */

/* Did the server miss something that was there a moment ago? */
static bool
has_vanished(const ErrorData *error)
{
	static const int codes[] = {
		ERRCODE_UNDEFINED_TABLE, ERRCODE_UNDEFINED_OBJECT, ERRCODE_UNDEFINED_FUNCTION,
		ERRCODE_UNDEFINED_COLUMN, ERRCODE_UNDEFINED_SCHEMA,
		ERRCODE_INVALID_BINARY_REPRESENTATION	/* enum_out, of a label */
	};

	for (int i = 0; i < lengthof(codes); i++)
		if (error->sqlerrcode == codes[i])
			return true;
	return error->sqlerrcode == ERRCODE_INTERNAL_ERROR && error->message != NULL &&
		(strstr(error->message, "cache lookup failed") != NULL ||
		 strstr(error->message, "could not open relation") != NULL ||
		 strstr(error->message, "could not find") != NULL ||
		 strstr(error->message, "missing chunk") != NULL ||
		 strstr(error->message, "does not exist") != NULL);
}

typedef struct ClassRead
{
	Reader	   *reader;
	StoreScope *store;
	StoreQuery *query;
	const Datum *values;
} ClassRead;

static void
read_class(void *arg)
{
	ClassRead  *read = arg;

	sv_reader_class(read->reader, read->store, read->query, read->values);
}

/* Read a class; false, and nothing is read, if one of its objects has vanished. */
static bool
try_class(ClassRead *read)
{
	ErrorData  *error = sv_subtransaction(read_class, read, true);

	if (error != NULL && !has_vanished(error))
		ReThrowError(error);
	return error == NULL;
}

/* A query of the class with the same arguments and $3, an oid. */
static StoreQuery
variant(const char *format, const char *query)
{
	StoreQuery	result = {NULL, 3, {OIDARRAYOID, BOOLOID, OIDOID}};

	result.sql = psprintf(format, query);
	return result;
}

static List *
oids_of_class(const ClassRead *read)
{
	StoreQuery	query =
	variant("SELECT q._oid FROM (%s) q WHERE $3 = 0 GROUP BY q._oid", read->query->sql);
	Datum		values[3] = {read->values[0], read->values[1], ObjectIdGetDatum(InvalidOid)};
	uint64		n = sv_store_execute(read->store, &query, values, NULL);
	List	   *oids = NIL;

	MemoryContextSwitchTo(read->store->caller);
	for (uint64 i = 0; i < n; i++)
	{
		bool		isnull;

		oids = lappend_oid(oids,
						   DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[i],
														  SPI_tuptable->tupdesc, 1, &isnull)));
	}
	SPI_freetuptable(SPI_tuptable);
	SPI_freeplan(query.plan);
	return oids;
}

static bool
exists(Oid catalog, Oid oid)
{
	Relation	relation = table_open(catalog, AccessShareLock);
	bool		found =
	HeapTupleIsValid(get_catalog_object_by_oid(relation, get_object_attnum_oid(catalog), oid));

	table_close(relation, AccessShareLock);
	return found;
}

/* Read the objects of a class one by one, but for those that vanish. */
static void
read_one_by_one(ClassRead *read)
{
	StoreQuery	query = variant("SELECT q.* FROM (%s) q WHERE q._oid = $3", read->query->sql);
	Datum		values[3] = {read->values[0], read->values[1]};
	ClassRead	one = {read->reader, read->store, &query, values};
	ListCell   *cell;

	foreach(cell, oids_of_class(read))
	{
		CHECK_FOR_INTERRUPTS();
		values[2] = ObjectIdGetDatum(lfirst_oid(cell));
		if (!try_class(&one) && exists(read->reader->class->catalog, lfirst_oid(cell)))
			elog(ERROR, "could not read %s %u", read->reader->class->name, lfirst_oid(cell));
	}
	if (query.plan != NULL)
		SPI_freeplan(query.plan);
}

/*
 * The OIDs of the schemas to read.  A schema that belongs to an extension is no object of the
 * model, but others than the extension can have theirs in it.
 */
static Datum
schemas_to_read(StoreScope *store, const ModelScope *scope)
{
	static StoreQuery query = {
		"SELECT oid, nspname FROM pg_catalog.pg_namespace "
		"WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'schemaver', "
		"'schemaver_kept') "
		"AND (nspname = ANY ($1) OR $1 = '{}')",
		1, {TEXTARRAYOID}
	};
	Datum		values[1];
	Datum	   *oids;
	uint64		n;
	int			kept = 0;

	values[0] = sv_text_array(scope->schemas);
	n = sv_store_execute(store, &query, values, NULL);
	oids = palloc(sizeof(Datum) * (n + 1));
	for (uint64 i = 0; i < n; i++)
	{
		bool		isnull;
		ObjectAddress address;

		memset(&address, 0, sizeof(address));
		oids[kept] = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull);
		ObjectAddressSet(address, NamespaceRelationId, DatumGetObjectId(oids[kept]));
		if ((scope->hidden == NULL ||
			 hash_search(scope->hidden, &address, HASH_FIND, NULL) == NULL) &&
			!sv_is_schema_of_chunks(address.objectId))
			kept++;
	}
	return PointerGetDatum(construct_array(oids, kept, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
}

/* A model that is being read; result of one attempt. */
typedef struct Attempt
{
	const ModelScope *scope;
	Model	   *model;
	bool		careful;		/* leave out what vanishes */
} Attempt;

static void
read_model(void *arg)
{
	Attempt    *attempt = arg;
	const ModelScope *scope = attempt->scope;
	static StoreQuery *queries = NULL;
	Reader		reader = {0};
	StoreScope	store;
	Datum		values[2];
	ClassRead	read = {&reader, &store, NULL, values};
	Presence   *presence;

	if (queries == NULL)
	{
		int			n = 0;

		while (sv_object_classes[n] != NULL)
			n++;
		queries = MemoryContextAllocZero(TopMemoryContext, sizeof(StoreQuery) * n);
	}
	reader.model = sv_model_create();
	reader.scope = scope;
	PushActiveSnapshot(GetTransactionSnapshot());
	sv_catalogs_enter(&store, SV_STORE_READ);
	values[0] = schemas_to_read(&store, scope);
	values[1] = BoolGetDatum(scope->all);
	MemoryContextSwitchTo(store.caller);
	reader.members = sv_model_read_members(reader.model);
	presence = sv_presence_read(values[0]);
	for (int i = 0; sv_object_classes[i] != NULL; i++)
	{
		CHECK_FOR_INTERRUPTS();
		reader.class = sv_object_classes[i];
		if (reader.class->scan != NULL && !attempt->careful)
		{
			reader.class->scan(&reader, &store, values);
			continue;
		}
		if (!attempt->careful && !sv_presence_of(presence, reader.class))
			continue;
		queries[i].sql = reader.class->query;
		queries[i].nargs = 2;
		queries[i].argtypes[0] = OIDARRAYOID;
		queries[i].argtypes[1] = BOOLOID;
		read.query = &queries[i];
		if (!attempt->careful)
			read_class(&read);
		else if (!try_class(&read))
			read_one_by_one(&read);
	}
	sv_model_read_depends(reader.model, reader.members);
	sv_model_annotate(reader.model);
	if (scope->private)
		sv_model_read_private(reader.model);
	sv_model_find_unknown(reader.model, &store, values);
	sv_store_leave(&store);
	PopActiveSnapshot();
	if (reader.scratch != NULL)
		MemoryContextDelete(reader.scratch);
	if (reader.indexes != NULL)
		hash_destroy(reader.indexes);
	sv_model_sort(reader.model);
	attempt->model = reader.model;
}

/*
 * Read the model of what the scope says, in the current context.  The active
 * snapshot decides what is seen; the caller has made its own changes visible
 * (CommandCounterIncrement).  Reads again if objects are dropped while it reads, and
 * gives up with 40001 if that goes on, or if the isolation level keeps the
 * snapshot in which they are still there.
 */
Model *
sv_model_read(const ModelScope *scope)
{
	Attempt		attempt = {scope, NULL};

	for (int n = 1;; n++)
	{
		ErrorData  *error = sv_subtransaction(read_model, &attempt, true);

		if (error == NULL)
			return attempt.model;
		if (!has_vanished(error))
			ReThrowError(error);
		if (n == MAX_ATTEMPTS || IsolationUsesXactSnapshot())
			ereport(ERROR,
					(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
					 errmsg("the schema was changed by others while it was read"),
					 errdetail("%s", error->message),
					 errhint("Try again%s.", IsolationUsesXactSnapshot() ?
							 " in a new transaction" : "")));
		attempt.careful = n + 1 >= CAREFUL_ATTEMPT;
		FreeErrorData(error);
	}
}
