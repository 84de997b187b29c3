/*
 * scan_constraint.c
 *		Constraints, read straight from the catalogs.
 *
 * Nearly all constraints have nothing but a name and a definition: an object of
 * these is made of the row and of what the server prints; of a plain key the few words are
 * written here.  All others are left to the
 * query of the class.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "catalog/indexing.h"
#include "model/model_private.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* What the class calls a constraint; NULL: it is no object. */
static const char *
kind_of(const Form_pg_constraint row)
{
	switch (row->contype)
	{
		case CONSTRAINT_CHECK:
			return "check";
		case CONSTRAINT_FOREIGN:
			return OidIsValid(row->conparentid) ? NULL : "foreign key";
		case CONSTRAINT_PRIMARY:
			return "primary key";
		case CONSTRAINT_UNIQUE:
			return "unique";
		case CONSTRAINT_EXCLUSION:
			return "exclude";
		default:
			return NULL;
	}
}

static bool
row_has_index(const Form_pg_constraint row)
{
	return row->contype != CONSTRAINT_CHECK && row->contype != CONSTRAINT_FOREIGN;
}

static bool
is_plain(Reader *reader, const Form_pg_constraint row, IndexFacts *facts)
{
	facts->index = row->conindid;
	return row->convalidated && !row->condeferrable && !row->condeferred &&
		(!row_has_index(row) || (sv_index_facts(reader, facts) && facts->is_usual));
}

/*
 * The definition of a key of columns alone, as pg_get_constraintdef() writes it; that looks
 * for the constraint and its columns in the catalogs.  NULL: there is more to say.
 */
static char *
key_definition(Reader *reader, Relation catalog, HeapTuple tuple, const IndexFacts *facts)
{
	Form_pg_constraint row = (Form_pg_constraint) GETSTRUCT(tuple);
	bool		is_primary = row->contype == CONSTRAINT_PRIMARY;
	StringInfoData text;
	ArrayType  *columns;
	bool		isnull;

	if ((!is_primary && row->contype != CONSTRAINT_UNIQUE) || !facts->has_keys_only ||
		SV_18(row->conperiod, false))
		return NULL;
	columns = DatumGetArrayTypeP(heap_getattr(tuple, Anum_pg_constraint_conkey,
											  RelationGetDescr(catalog), &isnull));
	initStringInfo(&text);
	appendStringInfoString(&text, is_primary ? "PRIMARY KEY " : "UNIQUE ");
	for (int i = 0; i < ARR_DIMS(columns)[0]; i++)
	{
		const Object *column = sv_model_at(reader->model, RelationRelationId, row->conrelid,
										   ((int16 *) ARR_DATA_PTR(columns))[i]);

		if (column == NULL)
			return NULL;
		appendStringInfo(&text, "%s%s", i > 0 ? ", " : "(", quote_identifier(column->name));
	}
	appendStringInfoChar(&text, ')');
	return text.data;
}

/* What the server prints; NULL: the constraint was just dropped. */
static char *
definition_of(Oid constraint)
{
	LOCAL_FCINFO(call, 1);
	Datum		result;

	InitFunctionCallInfoData(*call, NULL, 1, InvalidOid, NULL, NULL);
	call->args[0].value = ObjectIdGetDatum(constraint);
	call->args[0].isnull = false;
	result = pg_get_constraintdef(call);
	return call->isnull ? NULL : TextDatumGetCString(result);
}

static void
add_table_constraint(Reader *reader, Object *table, const Form_pg_constraint row,
					 const char *definition)
{
	Object	   *o = sv_model_object(reader->model, reader->class);
	ObjectAddress index;
	bool		inherited = row->coninhcount > 0 && !row->conislocal;
	Property	properties[] = {
		{"kind", kind_of(row)}, {"definition", sv_model_string(reader->model, definition)},
		{"inherited", "true"}
	};

	o->parent = table;
	o->schema = table->schema;
	o->name = sv_model_string(reader->model, NameStr(row->conname));
	o->identity = sv_reader_identity(reader, o, NULL);
	ObjectAddressSet(o->address, ConstraintRelationId, row->oid);
	sv_model_set_properties(reader->model, o, properties, inherited ? 3 : 2);
	sv_model_add(reader->model, o);
	if (!row_has_index(row))
		return;
	memset(&index, 0, sizeof(index));
	ObjectAddressSet(index, RelationRelationId, row->conindid);
	sv_model_alias(reader->model, &index, o);
}

static void
read_constraint(Reader *reader, Relation catalog, HeapTuple tuple, void *arg)
{
	List	  **others = arg;
	Form_pg_constraint row = (Form_pg_constraint) GETSTRUCT(tuple);
	Object	   *table = OidIsValid(row->conrelid) && kind_of(row) != NULL ?
	sv_model_at(reader->model, RelationRelationId, row->conrelid, 0) : NULL;
	ObjectAddress address;
	IndexFacts	facts;
	MemoryContext caller;
	char	   *definition;

	memset(&address, 0, sizeof(address));
	ObjectAddressSet(address, ConstraintRelationId, row->oid);
	if (table == NULL || sv_reader_leaves_out(reader, &address))
		return;
	if (!is_plain(reader, row, &facts))
	{
		*others = lappend_oid(*others, row->oid);
		return;
	}
	caller = MemoryContextSwitchTo(sv_reader_scratch(reader));
	definition = key_definition(reader, catalog, tuple, &facts);
	if (definition == NULL)
		definition = definition_of(row->oid);
	MemoryContextSwitchTo(caller);
	if (definition != NULL)
		add_table_constraint(reader, table, row, definition);
	MemoryContextReset(reader->scratch);
}

/* Read the constraints of all tables of the model. */
void
sv_scan_constraints(Reader *reader, StoreScope *store, const Datum *values)
{
	List	   *others = NIL;

	sv_scan_relations(reader, ConstraintRelationId, ConstraintRelidTypidNameIndexId,
					  Anum_pg_constraint_conrelid, read_constraint, &others);
	sv_reader_some(reader, store, values, others);
	list_free(others);
}
