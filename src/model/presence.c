/*
 * presence.c
 *		Which classes can have objects in the schemas that are to be read.
 *
 * Planning the query of a class costs a millisecond in a new session, and most schemas
 * have objects of a few classes only.  One pass over each small catalog tells which
 * queries would find nothing.  What is told is exact or errs towards asking: a class that is left
 * out has no row that its query would return under the active snapshot.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_type.h"
#include "model/model_private.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* Which kinds of relations, types and functions a class has; others have no rows in it. */
static const struct
{
	const ModelClass *class;
	const char *kinds;
}			class_kinds[] = {
	{&sv_class_table, "rp"}, {&sv_class_foreign_table, "f"}, {&sv_class_view, "v"},
	{&sv_class_matview, "m"},
	{&sv_class_sequence, "S"}, {&sv_class_sequence_owner, "S"}, {&sv_class_inheritance, "rpf"},
	{&sv_class_column, "rpfvmc"}, {&sv_class_default, "rpfv"}, {&sv_class_identity_sequence, "rp"},
	{&sv_class_constraint, "rpf"},
	{&sv_class_index, "rpm"}, {&sv_class_trigger, "rpfv"}, {&sv_class_rule, "rpfvm"},
	{&sv_class_policy, "rp"},
	{&sv_class_statistics, "rpfm"},
	{&sv_class_enum, "e"}, {&sv_class_composite, "c"}, {&sv_class_range, "r"},
	{&sv_class_base_type, "b"},
	{&sv_class_domain, "d"}, {&sv_class_domain_constraint, "d"},
	{&sv_class_function, "fw"}, {&sv_class_procedure, "p"}, {&sv_class_aggregate, "a"},
};

/* What else must be there for the query of a class to find anything. */
typedef enum Need
{
	NEED_ROWS,					/* any row in its catalog */
	NEED_NEW_ROWS,				/* one that initdb has not made */
	NEED_IN_SCHEMAS,			/* one in the schemas */
	NEED_RULES,					/* a rule that makes no view */
	NEED_SEQUENCES,
	NEED_COMPOSITES
} Need;

static const struct
{
	const ModelClass *class;
	Need		need;
}			class_needs[] = {
	{&sv_class_trigger, NEED_ROWS}, {&sv_class_policy, NEED_ROWS},
	{&sv_class_statistics, NEED_ROWS}, {&sv_class_inheritance, NEED_ROWS},
	{&sv_class_index_attachment, NEED_ROWS}, {&sv_class_publication, NEED_ROWS},
	{&sv_class_publication_table, NEED_ROWS}, {&sv_class_publication_schema, NEED_ROWS},
	{&sv_class_subscription, NEED_ROWS}, {&sv_class_event_trigger, NEED_ROWS},
	{&sv_class_fdw, NEED_ROWS}, {&sv_class_server, NEED_ROWS},
	{&sv_class_user_mapping, NEED_ROWS}, {&sv_class_default_acl, NEED_ROWS},
	{&sv_class_language, NEED_NEW_ROWS}, {&sv_class_transform, NEED_NEW_ROWS},
	{&sv_class_cast, NEED_NEW_ROWS}, {&sv_class_access_method, NEED_NEW_ROWS},
	{&sv_class_collation, NEED_IN_SCHEMAS}, {&sv_class_conversion, NEED_IN_SCHEMAS},
	{&sv_class_operator, NEED_IN_SCHEMAS}, {&sv_class_operator_family, NEED_IN_SCHEMAS},
	{&sv_class_operator_class, NEED_IN_SCHEMAS}, {&sv_class_ts_parser, NEED_IN_SCHEMAS},
	{&sv_class_ts_template, NEED_IN_SCHEMAS}, {&sv_class_ts_dictionary, NEED_IN_SCHEMAS},
	{&sv_class_ts_configuration, NEED_IN_SCHEMAS},
	{&sv_class_rule, NEED_RULES}, {&sv_class_identity_sequence, NEED_SEQUENCES},
	{&sv_class_composite, NEED_COMPOSITES},
};

struct Presence
{
	List	   *schemas;		/* OIDs, sorted */
	bool		relations[256]; /* by kind */
	bool		types[256];
	bool		routines[256];
};

/* The kinds of relations, types or functions that can have rows in a class; NULL: any. */
const char *
sv_class_kinds(const ModelClass *class)
{
	for (int i = 0; i < lengthof(class_kinds); i++)
		if (class_kinds[i].class == class)
			return class_kinds[i].kinds;
	return NULL;
}

static int
compare_oids(const void *a, const void *b)
{
	Oid			x = *(const Oid *) a;
	Oid			y = *(const Oid *) b;

	return x < y ? -1 : x > y;
}

static bool
is_in_schemas(const Presence *presence, Oid schema)
{
	int			low = 0;
	int			high = list_length(presence->schemas);

	while (low < high)
	{
		int			middle = (low + high) / 2;
		Oid			there = list_nth_oid(presence->schemas, middle);

		if (there == schema)
			return true;
		if (there < schema)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* Does a row say that something is there?  Then the others need not be looked at. */
typedef bool (*RowFn) (Presence *presence, Relation catalog, HeapTuple tuple);

/* Show all rows of a catalog to a function until it returns true; false if it never does. */
static bool
any_row(Presence *presence, Oid catalog, RowFn is_it)
{
	Relation	relation = table_open(catalog, AccessShareLock);
	SysScanDesc scan =
	systable_beginscan(relation, InvalidOid, false, GetActiveSnapshot(), 0, NULL);
	HeapTuple	tuple;
	bool		found = false;

	while (!found && HeapTupleIsValid(tuple = systable_getnext(scan)))
		found = is_it(presence, relation, tuple);
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return found;
}

static bool
is_any(Presence *presence, Relation catalog, HeapTuple tuple)
{
	return true;
}

static bool
is_new(Presence *presence, Relation catalog, HeapTuple tuple)
{
	bool		isnull;

	return DatumGetObjectId(heap_getattr(tuple, get_object_attnum_oid(RelationGetRelid(catalog)),
										 RelationGetDescr(catalog),
										 &isnull)) >= FirstNormalObjectId;
}

static bool
is_in_read_schema(Presence *presence, Relation catalog, HeapTuple tuple)
{
	AttrNumber	column = get_object_attnum_namespace(RelationGetRelid(catalog));
	bool		isnull;

	return is_in_schemas(presence,
						 DatumGetObjectId(heap_getattr(tuple, column, RelationGetDescr(catalog),
													   &isnull)));
}

static bool
is_plain_rule(Presence *presence, Relation catalog, HeapTuple tuple)
{
	Form_pg_rewrite row = (Form_pg_rewrite) GETSTRUCT(tuple);
	Oid			schema;

	if (strcmp(NameStr(row->rulename), "_RETURN") == 0)
		return false;
	schema = get_rel_namespace(row->ev_class);
	return !OidIsValid(schema) || is_in_schemas(presence, schema);
}

static bool
note_relation(Presence *presence, Relation catalog, HeapTuple tuple)
{
	Form_pg_class row = (Form_pg_class) GETSTRUCT(tuple);

	if (!presence->relations[(uint8) row->relkind] &&
		is_in_schemas(presence, row->relnamespace))
		presence->relations[(uint8) row->relkind] = true;
	return false;
}

/* What the server makes itself for an array looks like this; others can, too. */
static bool
may_be_array(Form_pg_type row)
{
	return OidIsValid(row->typelem) && row->typlen == -1 && row->typcategory == TYPCATEGORY_ARRAY &&
		NameStr(row->typname)[0] == '_';
}

static bool
note_type_kind(Presence *presence, Relation catalog, HeapTuple tuple)
{
	Form_pg_type row = (Form_pg_type) GETSTRUCT(tuple);
	char		kind = row->typtype == TYPTYPE_PSEUDO ? TYPTYPE_BASE : row->typtype;

	if (!presence->types[(uint8) kind] && is_in_schemas(presence, row->typnamespace) &&
		!(kind == TYPTYPE_BASE && may_be_array(row) && get_array_type(row->typelem) == row->oid))
		presence->types[(uint8) kind] = true;
	return false;
}

static bool
note_routine(Presence *presence, Relation catalog, HeapTuple tuple)
{
	Form_pg_proc row = (Form_pg_proc) GETSTRUCT(tuple);

	if (!presence->routines[(uint8) row->prokind] && is_in_schemas(presence, row->pronamespace))
		presence->routines[(uint8) row->prokind] = true;
	return false;
}

/* Look what there is in some schemas (oid[]). */
Presence *
sv_presence_read(Datum schemas)
{
	Presence   *presence = palloc0(sizeof(Presence));
	ArrayType  *array = DatumGetArrayTypeP(schemas);
	int			n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	Oid		   *oids = (Oid *) ARR_DATA_PTR(array);

	pg_qsort(oids, n, sizeof(Oid), compare_oids);
	for (int i = 0; i < n; i++)
		presence->schemas = lappend_oid(presence->schemas, oids[i]);
	any_row(presence, RelationRelationId, note_relation);
	any_row(presence, TypeRelationId, note_type_kind);
	any_row(presence, ProcedureRelationId, note_routine);
	return presence;
}

static bool
has_kinds(const Presence *presence, const ModelClass *class)
{
	const char *kinds = sv_class_kinds(class);
	Oid			catalog = OidIsValid(class->parent_catalog) ? class->parent_catalog :
	class->catalog;
	const bool *present = catalog == RelationRelationId ? presence->relations :
	catalog == TypeRelationId ? presence->types : presence->routines;

	if (kinds == NULL)
		return true;
	for (; *kinds != '\0'; kinds++)
		if (present[(uint8) *kinds])
			return true;
	return false;
}

static bool
has_need(Presence *presence, const ModelClass *class, Need need)
{
	switch (need)
	{
		case NEED_ROWS:
			return any_row(presence, class->catalog, is_any);
		case NEED_NEW_ROWS:
			return any_row(presence, class->catalog, is_new);
		case NEED_IN_SCHEMAS:
			return any_row(presence, class->catalog, is_in_read_schema);
		case NEED_RULES:
			return any_row(presence, class->catalog, is_plain_rule);
		case NEED_SEQUENCES:
			return presence->relations[RELKIND_SEQUENCE];
		case NEED_COMPOSITES:	/* tables have row types, too */
			return presence->relations[RELKIND_COMPOSITE_TYPE];
	}
	return true;
}

/* Can the query of a class find anything? */
bool
sv_presence_of(Presence *presence, const ModelClass *class)
{
	if (!has_kinds(presence, class))
		return false;
	for (int i = 0; i < lengthof(class_needs); i++)
		if (class_needs[i].class == class)
			return has_need(presence, class, class_needs[i].need);
	return true;
}
