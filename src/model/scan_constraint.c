/*
 * scan_constraint.c
 *		Constraints, read straight from the catalogs.
 *
 * Nearly all constraints have nothing but a name and a definition: an object of
 * these is made of the row and of what the server prints.  All others are left to the
 * query of the class.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "catalog/indexing.h"
#include "model/model_private.h"
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

/* Is there nothing to say of the index of a constraint? */
static bool
has_plain_index(Oid oid)
{
	HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(oid));
	Form_pg_index index;
	bool		isnull;
	bool		result;

	if (!HeapTupleIsValid(tuple))
		return false;
	index = (Form_pg_index) GETSTRUCT(tuple);
	result = !index->indisclustered && !index->indisreplident && index->indisvalid;
	ReleaseSysCache(tuple);
	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(oid));
	if (!HeapTupleIsValid(tuple))
		return false;
	(void) SysCacheGetAttr(RELOID, tuple, Anum_pg_class_reloptions, &isnull);
	result &= isnull && !OidIsValid(((Form_pg_class) GETSTRUCT(tuple))->reltablespace);
	ReleaseSysCache(tuple);
	return result;
}

static bool
is_plain(const Form_pg_constraint row)
{
	return row->convalidated && !row->condeferrable && !row->condeferred &&
		(!row_has_index(row) || has_plain_index(row->conindid));
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
add_table_constraint(Reader *reader, Object *table, const Form_pg_constraint row, char *definition)
{
	Object	   *o = palloc0(sizeof(Object));
	ObjectAddress index;

	o->class = reader->class;
	o->parent = table;
	o->schema = table->schema;
	o->name = pstrdup(NameStr(row->conname));
	o->identity = psprintf("%s ON %s", quote_identifier(o->name), table->identity);
	ObjectAddressSet(o->address, ConstraintRelationId, row->oid);
	o->properties = palloc(sizeof(Property) * 4);
	o->properties[o->nproperties++] = sv_property_of("kind", kind_of(row), NIL);
	o->properties[o->nproperties++] = sv_property_of("definition", definition, NIL);
	if (row->coninhcount > 0 && !row->conislocal)
		o->properties[o->nproperties++] = sv_property_of("inherited", "true", NIL);
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
	char	   *definition;

	memset(&address, 0, sizeof(address));
	ObjectAddressSet(address, ConstraintRelationId, row->oid);
	if (table == NULL || sv_reader_leaves_out(reader, &address))
		return;
	if (!is_plain(row))
	{
		*others = lappend_oid(*others, row->oid);
		return;
	}
	definition = definition_of(row->oid);
	if (definition != NULL)
		add_table_constraint(reader, table, row, definition);
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
