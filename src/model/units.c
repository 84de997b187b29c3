/*
 * units.c
 *		To which unit a catalog row belongs, and which units depend on another.
 *
 * Looks at the rows as they are written at this moment (SnapshotSelf), also at
 * those that the current command has just written.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_amproc.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_default_acl.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_language.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_publication_namespace.h"
#include "catalog/pg_publication_rel.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_sequence.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_ts_config.h"
#include "catalog/pg_ts_config_map.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "model/model.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/* Catalogs whose rows are parts: the column that names what they belong to. */
typedef struct PartCatalog
{
	Oid			catalog;
	AttrNumber	oid;			/* its OID column */
	Oid			index;			/* on that */
	AttrNumber	owner;			/* column with the OID of the whole */
	Oid			owner_catalog;
	AttrNumber	second;			/* where the first is 0 */
	Oid			second_catalog;
} PartCatalog;

static const PartCatalog part_catalogs[] = {
	{AttrDefaultRelationId, Anum_pg_attrdef_oid, AttrDefaultOidIndexId, Anum_pg_attrdef_adrelid,
	RelationRelationId},
	{ConstraintRelationId, Anum_pg_constraint_oid, ConstraintOidIndexId,
		Anum_pg_constraint_conrelid, RelationRelationId,
	Anum_pg_constraint_contypid, TypeRelationId},
	{TriggerRelationId, Anum_pg_trigger_oid, TriggerOidIndexId, Anum_pg_trigger_tgrelid,
	RelationRelationId},
	{RewriteRelationId, Anum_pg_rewrite_oid, RewriteOidIndexId, Anum_pg_rewrite_ev_class,
	RelationRelationId},
	{PolicyRelationId, Anum_pg_policy_oid, PolicyOidIndexId, Anum_pg_policy_polrelid,
	RelationRelationId},
	{StatisticExtRelationId, Anum_pg_statistic_ext_oid, StatisticExtOidIndexId,
	Anum_pg_statistic_ext_stxrelid, RelationRelationId},
	{PublicationRelRelationId, Anum_pg_publication_rel_oid, PublicationRelObjectIndexId,
	Anum_pg_publication_rel_prpubid, PublicationRelationId},
	{PublicationNamespaceRelationId, Anum_pg_publication_namespace_oid,
		PublicationNamespaceObjectIndexId,
	Anum_pg_publication_namespace_pnpubid, PublicationRelationId},
	{EnumRelationId, Anum_pg_enum_oid, EnumOidIndexId, Anum_pg_enum_enumtypid, TypeRelationId},
	{AccessMethodOperatorRelationId, Anum_pg_amop_oid, AccessMethodOperatorOidIndexId,
	Anum_pg_amop_amopfamily, OperatorFamilyRelationId},
	{AccessMethodProcedureRelationId, Anum_pg_amproc_oid, AccessMethodProcedureOidIndexId,
	Anum_pg_amproc_amprocfamily, OperatorFamilyRelationId},
};

/* Columns, passed by value, of the row with that OID as it is written; false if there is none. */
static bool
fetch_columns(Oid catalog, Oid index, AttrNumber key_column, Oid oid, int n,
			  const AttrNumber *columns, Datum *values)
{
	Relation	relation = table_open(catalog, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, key_column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(oid));
	scan = systable_beginscan(relation, index, true, SnapshotSelf, 1, &key);
	tuple = systable_getnext(scan);
	for (int i = 0; HeapTupleIsValid(tuple) && i < n; i++)
	{
		bool		isnull;

		values[i] = heap_getattr(tuple, columns[i], RelationGetDescr(relation), &isnull);
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return HeapTupleIsValid(tuple);
}

/*
 * The same of columns that never change once the row can be seen, so that what the cache
 * has of them is right; what was just created is not in it.
 */
static bool
fetch_fixed(int cache, Oid catalog, Oid index, AttrNumber key_column, Oid oid, int n,
			const AttrNumber *columns, Datum *values)
{
	HeapTuple	tuple = SearchSysCache1(cache, ObjectIdGetDatum(oid));

	if (!HeapTupleIsValid(tuple))
		return fetch_columns(catalog, index, key_column, oid, n, columns, values);
	for (int i = 0; i < n; i++)
	{
		bool		isnull;

		values[i] = SysCacheGetAttr(cache, tuple, columns[i], &isnull);
	}
	ReleaseSysCache(tuple);
	return true;
}

static bool unit_of_type(Oid oid, ObjectAddress *unit);

/* Kind and row type of a relation; false if it is not there. */
static bool
fetch_relation(Oid oid, char *relkind, Oid *reltype)
{
	static const AttrNumber columns[] = {Anum_pg_class_relkind, Anum_pg_class_reltype};
	Datum		values[2];

	if (!fetch_fixed(RELOID, RelationRelationId, ClassOidIndexId, Anum_pg_class_oid, oid, 2,
					 columns, values))
		return false;
	*relkind = DatumGetChar(values[0]);
	*reltype = DatumGetObjectId(values[1]);
	return true;
}

static bool
unit_of_relation(Oid oid, ObjectAddress *unit)
{
	static const AttrNumber table = Anum_pg_index_indrelid;
	char		relkind;
	Oid			reltype;
	Datum		value;
	Oid			table_of_column;
	int32		column;

	if (!fetch_relation(oid, &relkind, &reltype))
		return false;
	switch (relkind)
	{
		case RELKIND_INDEX:
		case RELKIND_PARTITIONED_INDEX:
			if (!fetch_fixed(INDEXRELID, IndexRelationId, IndexRelidIndexId,
							 Anum_pg_index_indexrelid, oid, 1, &table, &value))
				return false;
			return unit_of_relation(DatumGetObjectId(value), unit);
		case RELKIND_TOASTVALUE:
			return false;
		case RELKIND_SEQUENCE:
			/* that of an identity column is a part of its table */
			if (sequenceIsOwned(oid, DEPENDENCY_INTERNAL, &table_of_column, &column))
				return unit_of_relation(table_of_column, unit);
			ObjectAddressSet(*unit, RelationRelationId, oid);
			return true;
		case RELKIND_COMPOSITE_TYPE:
			ObjectAddressSet(*unit, TypeRelationId, reltype);
			return OidIsValid(unit->objectId);
		default:
			ObjectAddressSet(*unit, RelationRelationId, oid);
			return true;
	}
}

/*
 * A row type belongs to its table, an array to its element, a multirange to its range.
 * The row type of a relation that is not there yet belongs to nothing: the server tells
 * of the relation, too, when it is there.
 */
static bool
unit_of_type(Oid oid, ObjectAddress *unit)
{
	static const AttrNumber columns[] =
	{Anum_pg_type_typtype, Anum_pg_type_typrelid, Anum_pg_type_typelem, Anum_pg_type_typcategory};
	Datum		values[4];

	/* a shell that becomes a type is none of what is told apart here before or after */
	if (!fetch_fixed(TYPEOID, TypeRelationId, TypeOidIndexId, Anum_pg_type_oid, oid, 4, columns,
					 values))
		return false;
	if (DatumGetChar(values[0]) == TYPTYPE_COMPOSITE)
	{
		char		relkind;
		Oid			reltype;

		if (!fetch_relation(DatumGetObjectId(values[1]), &relkind, &reltype))
			return false;
		if (relkind != RELKIND_COMPOSITE_TYPE)
			return unit_of_relation(DatumGetObjectId(values[1]), unit);
	}
	else if (DatumGetChar(values[0]) == TYPTYPE_MULTIRANGE)
	{
		Oid			range = get_multirange_range(oid);

		if (OidIsValid(range))
			oid = range;
	}
	else if (DatumGetChar(values[3]) == TYPCATEGORY_ARRAY &&
			 OidIsValid(DatumGetObjectId(values[2])) &&
			 DatumGetObjectId(values[2]) != oid)
		return unit_of_type(DatumGetObjectId(values[2]), unit);
	ObjectAddressSet(*unit, TypeRelationId, oid);
	return true;
}

/*
 * Set *unit to the unit to which an object belongs; false if it belongs to
 * none, or is not there.
 */
bool
sv_unit_of(Oid catalog, Oid oid, ObjectAddress *unit)
{
	memset(unit, 0, sizeof(*unit));
	if (catalog == RelationRelationId || catalog == InheritsRelationId ||
		catalog == SequenceRelationId)
		return unit_of_relation(oid, unit);
	if (catalog == TypeRelationId)
		return unit_of_type(oid, unit);
	if (catalog == TSConfigMapRelationId)
		catalog = TSConfigRelationId;
	for (int i = 0; i < lengthof(part_catalogs); i++)
	{
		const PartCatalog *part = &part_catalogs[i];
		AttrNumber	columns[2] = {part->owner, part->second ? part->second : part->owner};
		Datum		values[2];

		if (part->catalog != catalog)
			continue;
		if (catalog == ConstraintRelationId ?
			!fetch_fixed(CONSTROID, catalog, part->index, part->oid, oid, 2, columns, values) :
			!fetch_columns(catalog, part->index, part->oid, oid, 2, columns, values))
			return false;
		if (OidIsValid(DatumGetObjectId(values[0])))
			return sv_unit_of(part->owner_catalog, DatumGetObjectId(values[0]), unit);
		return part->second != 0 &&
			sv_unit_of(part->second_catalog, DatumGetObjectId(values[1]), unit);
	}
	for (int i = 0; sv_object_classes[i] != NULL; i++)
	{
		if (sv_object_classes[i]->catalog == catalog)
		{
			ObjectAddressSet(*unit, catalog, oid);
			return true;
		}
	}
	return false;
}

/* The schema of a unit; of a schema, itself; InvalidOid: in none. */
Oid
sv_unit_schema(const ObjectAddress *unit)
{
	static const AttrNumber default_acl_schema = Anum_pg_default_acl_defaclnamespace;
	Datum		schema;
	AttrNumber	column;
	Oid			result = InvalidOid;
	Relation	catalog;
	HeapTuple	tuple;

	switch (unit->classId)
	{
		case RelationRelationId:
			return get_rel_namespace(unit->objectId);
		case NamespaceRelationId:
			return unit->objectId;
		case DefaultAclRelationId:
			return fetch_columns(DefaultAclRelationId, DefaultAclOidIndexId,
								 Anum_pg_default_acl_oid, unit->objectId, 1,
								 &default_acl_schema, &schema) ?
				DatumGetObjectId(schema) : InvalidOid;
		default:
			break;
	}
	if (!is_objectclass_supported(unit->classId) ||
		(column = get_object_attnum_namespace(unit->classId)) == InvalidAttrNumber)
		return InvalidOid;
	catalog = table_open(unit->classId, AccessShareLock);
	tuple = get_catalog_object_by_oid(catalog, get_object_attnum_oid(unit->classId),
									  unit->objectId);
	if (HeapTupleIsValid(tuple))
	{
		bool		isnull;

		result = DatumGetObjectId(heap_getattr(tuple, column, RelationGetDescr(catalog), &isnull));
	}
	table_close(catalog, AccessShareLock);
	return result;
}

/* Is an object in that schema part of no model?  False if there is no such schema yet. */
static bool
is_of_system(Oid schema)
{
	const char *name = get_namespace_name(schema);

	return name != NULL &&
		(strncmp(name, "pg_", 3) == 0 || strcmp(name, "information_schema") == 0 ||
		 strcmp(name, "schemaver") == 0 || strcmp(name, "schemaver_kept") == 0);
}

/* Can a unit be part of a model, unless it is a member of an extension? */
bool
sv_unit_may_be_read(const ObjectAddress *unit)
{
	Oid			schema = sv_unit_schema(unit);

	if (!OidIsValid(schema))
		return unit->objectId >= FirstNormalObjectId || unit->classId == LanguageRelationId;
	return !is_of_system(schema) && !sv_is_schema_of_chunks(schema) && !sv_model_is_left_out(unit);
}

/*
 * Can a unit be part of a model?  Not if it is the system's, schemaver's,
 * temporary or a member of an extension.
 */
bool
sv_unit_is_read(const ObjectAddress *unit)
{
	return sv_unit_may_be_read(unit) &&
		(!OidIsValid(sv_unit_schema(unit)) ||
		 !OidIsValid(getExtensionOfObject(unit->classId, unit->objectId)));
}

/* Add the units of what refers to an address; inner parts of the unit itself are followed. */
static void
add_referrers(const ObjectAddress *unit, Oid catalog, Oid oid, List **inner, List **result)
{
	DependScan	scan = sv_depend_begin(catalog, oid, true, NULL);
	Form_pg_depend row;

	while ((row = sv_depend_next(&scan)) != NULL)
	{
		ObjectAddress *other = palloc0(sizeof(ObjectAddress));
		bool		known = false;

		if (!sv_unit_of(row->classid, row->objid, other))
			continue;
		if (other->classId == unit->classId && other->objectId == unit->objectId)
		{
			if (row->classid != catalog || row->objid != oid)
			{
				ObjectAddressSet(*other, row->classid, row->objid);
				*inner = lappend(*inner, other);
			}
			continue;
		}
		foreach_ptr(const ObjectAddress, address, *result)
			known |= address->classId == other->classId &&
			address->objectId == other->objectId;
		if (!known)
			*result = lappend(*result, other);
	}
}

/* The units (ObjectAddress *) that depend on a unit, or on a part of it, at first hand. */
List *
sv_unit_dependents(const ObjectAddress *unit)
{
	List	   *inner = NIL;
	List	   *result = NIL;

	add_referrers(unit, unit->classId, unit->objectId, &inner, &result);
	if (unit->classId == TypeRelationId && OidIsValid(get_typ_typrelid(unit->objectId)))
		add_referrers(unit, RelationRelationId, get_typ_typrelid(unit->objectId), &inner, &result);
	for (int i = 0; i < list_length(inner); i++)	/* grows on the way */
	{
		ObjectAddress *part = list_nth(inner, i);
		bool		seen = false;

		for (int j = 0; j < i; j++)
			seen |= ((ObjectAddress *) list_nth(inner, j))->classId == part->classId &&
				((ObjectAddress *) list_nth(inner, j))->objectId == part->objectId;
		if (!seen)
			add_referrers(unit, part->classId, part->objectId, &inner, &result);
	}
	return result;
}

/* The units in a schema. */
List *
sv_units_in_schema(Oid schema)
{
	ObjectAddress address;

	memset(&address, 0, sizeof(address));
	ObjectAddressSet(address, NamespaceRelationId, schema);
	return sv_unit_dependents(&address);
}

/* Does anything depend on a type but its array? */
static bool
has_type_dependents(Oid type, Oid array)
{
	DependScan	scan = sv_depend_begin(TypeRelationId, type, true, NULL);
	Form_pg_depend row;
	bool		result = false;

	while ((row = sv_depend_next(&scan)) != NULL)
		result |= row->classid != TypeRelationId || row->objid != array;
	return result;
}

/* The units that depend on a type, and on its array, at first hand. */
List *
sv_type_dependents(Oid type)
{
	ObjectAddress unit;
	List	   *inner = NIL;
	List	   *result = NIL;
	Oid			array = get_array_type(type);

	if (!has_type_dependents(type, array) &&
		!(OidIsValid(array) && has_type_dependents(array, InvalidOid)))
		return NIL;				/* nearly always, and asked for each ALTER TABLE */
	if (!sv_unit_of(TypeRelationId, type, &unit))
		return NIL;
	add_referrers(&unit, TypeRelationId, type, &inner, &result);
	if (OidIsValid(array))
		add_referrers(&unit, TypeRelationId, array, &inner, &result);
	return result;
}

/* The units that depend on members of an extension; other members are among them. */
List *
sv_extension_dependents(Oid extension)
{
	DependScan	scan = sv_depend_begin(ExtensionRelationId, extension, true, NULL);
	List	   *result = NIL;
	Form_pg_depend row;

	while ((row = sv_depend_next(&scan)) != NULL)
	{
		ObjectAddress unit;

		CHECK_FOR_INTERRUPTS();
		if (row->deptype == DEPENDENCY_EXTENSION && sv_unit_of(row->classid, row->objid, &unit))
			result = list_concat(result, sv_unit_dependents(&unit));
	}
	return result;
}
