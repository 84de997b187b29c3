/*
 * read_units.c
 *		Read some units of the live schema, at a cost that does not depend on
 *		how much else there is.
 *
 * The classes' queries are asked for some OIDs alone, with plans that use the
 * indexes of the catalogs.  What the units need, and is no part of them, is read
 * too and marked as context; what that needs is not.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_default_acl.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "model/model.h"
#include "model/model_private.h"
#include "utils/array.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

typedef struct UnitReader
{
	Reader		reader;			/* the first, see is_member() */
	StoreScope	store;
	List	   *schemas;		/* OIDs */
	HTAB	   *seen;			/* addresses whose edges are read */
	List	   *queue;			/* addresses whose edges are to be read */
	int			done;			/* so many of them are read */
	HTAB	   *surroundings;	/* Surroundings of relations */
	Edges		edges;
	KnownUnitFn known;			/* or NULL */
} UnitReader;

/* What pg_depend tells of a relation before its parts are read. */
typedef struct Surroundings
{
	Oid			relation;		/* key */
	uint32		parts;			/* a bit for each of part_rows: it may have such parts */
	bool		is_member;		/* of an extension */
	bool		is_there;		/* all relations need their schema */
} Surroundings;

/*
 * Classes whose objects are found by what depends on their relation: the catalog with
 * their rows.  A query that finds nothing costs more than all of what is needed.
 */
static const struct
{
	const ModelClass *class;
	Oid			catalog;
}			part_rows[] = {
	{&sv_class_default, AttrDefaultRelationId}, {&sv_class_constraint, ConstraintRelationId},
	{&sv_class_index, RelationRelationId}, {&sv_class_trigger, TriggerRelationId},
	{&sv_class_rule, RewriteRelationId}, {&sv_class_policy, PolicyRelationId},
	{&sv_class_statistics, StatisticExtRelationId},
	/* the other way round: it depends on its parents */
	{&sv_class_inheritance, InheritsRelationId},
};

static void
note_parts(Surroundings *around, Oid catalog)
{
	for (int i = 0; i < lengthof(part_rows); i++)
		if (part_rows[i].catalog == catalog)
			around->parts |= 1 << i;
}

/* Can the relation have objects of the class?  True if that is not known. */
static bool
has_rows(const UnitReader *u, const ModelClass *class, Oid relation)
{
	const Surroundings *around = hash_search(u->surroundings, &relation, HASH_FIND, NULL);

	if (around != NULL && !around->is_there)
		return false;
	for (int i = 0; i < lengthof(part_rows); i++)
		if (around != NULL && part_rows[i].class == class)
			return (around->parts & (1 << i)) != 0;
	return true;
}

/* Is an object a member of an extension? */
static bool
is_member(const Reader *reader, const ObjectAddress *address)
{
	const UnitReader *u = (const UnitReader *) reader;
	const Surroundings *around = address->classId == RelationRelationId ?
	hash_search(u->surroundings, &address->objectId, HASH_FIND, NULL) : NULL;

	if (around != NULL || address->classId == ConstraintRelationId) /* these are never members */
		return around != NULL && around->is_member;
	return OidIsValid(getExtensionOfObject(address->classId, address->objectId));
}

static char
unit_kind(Oid catalog, Oid oid)
{
	return catalog == RelationRelationId ? get_rel_relkind(oid) : catalog == TypeRelationId ?
		get_typtype(oid) : '\0';
}

/*
 * Settings for planning: the plans are kept for the session and must stay good
 * while the catalogs grow.  They end with the store's scope.
 */
static void
prefer_indexes(void)
{
	static const char *const settings[][2] = {
		{"plan_cache_mode", "force_generic_plan"}, {"enable_seqscan", "off"},
		{"enable_hashjoin", "off"},
		{"enable_mergejoin", "off"}, {"enable_bitmapscan", "on"}, {"enable_indexscan", "on"},
		{"enable_nestloop", "on"}, {"jit", "off"}
	};

	for (int i = 0; i < lengthof(settings); i++)
		(void) set_config_option(settings[i][0], settings[i][1], PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
}

/* The query of a class for some OIDs, $3, of its objects or of their parents. */
static StoreQuery *
query_for(int class, bool by_parent)
{
	static StoreQuery *queries = NULL;
	StoreQuery *query;

	if (queries == NULL)
	{
		int			n = 0;

		while (sv_object_classes[n] != NULL)
			n++;
		queries = MemoryContextAllocZero(TopMemoryContext, sizeof(StoreQuery) * 2 * n);
	}
	query = &queries[2 * class + by_parent];
	if (query->sql == NULL)
	{
		MemoryContext context = MemoryContextSwitchTo(TopMemoryContext);

		query->nargs = 3;
		query->argtypes[0] = OIDARRAYOID;
		query->argtypes[1] = BOOLOID;
		query->argtypes[2] = OIDARRAYOID;
		query->sql =
			psprintf("SELECT * FROM (%s) q WHERE q.%s = ANY ($3)", sv_object_classes[class]->query,
					 by_parent ? "_parent" : "_oid");
		MemoryContextSwitchTo(context);
	}
	return query;
}

static void
ask(UnitReader *u, int class, bool by_parent, List *oids)
{
	Datum		values[3] = {sv_oid_array(u->schemas), BoolGetDatum(true), sv_oid_array(oids)};

	u->reader.class = sv_object_classes[class];
	if (u->reader.class->scan != NULL)
	{
		u->reader.oids = oids;
		u->reader.class->scan(&u->reader, &u->store, values);
		return;
	}
	sv_reader_class(&u->reader, &u->store, query_for(class, by_parent), values);
}

/* The indexes of relations: parents of attachments. */
static List *
indexes_of(const Model *model, List *relations)
{
	List	   *result = NIL;
	ListCell   *cell;

	foreach(cell, relations)
	{
		Relation	relation = try_relation_open(lfirst_oid(cell), AccessShareLock);

		if (relation == NULL)
			continue;
		if (relation->rd_rel->relispartition)
			result = list_concat(result, list_copy(RelationGetIndexList(relation)));
		relation_close(relation, AccessShareLock);
	}
	return result;
}

/* Has a relation of the model, whose columns are read, an identity column? */
static bool
has_identity(const Model *model, Oid relation)
{
	const Object *o = sv_model_at(model, RelationRelationId, relation, 0);

	foreach_ptr(const Object, part, o ? o->parts : NIL)
	{
		if (sv_is(part, "identity"))
			return true;
	}
	return false;
}

/* Those of some relations that have identity columns. */
static List *
with_identity(const Model *model, const List *relations)
{
	List	   *result = NIL;
	ListCell   *cell;

	foreach(cell, relations)
	{
		if (has_identity(model, lfirst_oid(cell)))
			result = lappend_oid(result, lfirst_oid(cell));
	}
	return result;
}

/* Some units, and the kind of each. */
typedef struct UnitKinds
{
	const List *units;
	char	   *kinds;
} UnitKinds;

static UnitKinds
kinds_of(const List *units)
{
	UnitKinds	result = {units, palloc(Max(list_length(units), 1))};

	foreach_ptr(const ObjectAddress, unit, units)
		result.kinds[foreach_current_index(unit)] = unit_kind(unit->classId, unit->objectId);
	return result;
}

/* Can a unit of that kind have rows in a class? */
static bool
can_have_kind(const ModelClass *class, char kind)
{
	const char *kinds = kind != '\0' ? sv_class_kinds(class) : NULL;

	return kinds == NULL || strchr(kinds, kind) != NULL;
}

/* The OIDs among the units of a catalog that can have rows in a class. */
static List *
oids_for(const UnitReader *u, const ModelClass *class, Oid catalog, const UnitKinds *units)
{
	List	   *oids = NIL;

	foreach_ptr(const ObjectAddress, unit, units->units)
	{
		char		kind = units->kinds[foreach_current_index(unit)];

		if (unit->classId != catalog)
		{
			/* the columns of a composite type are those of its relation */
			if (class == &sv_class_column && unit->classId == TypeRelationId &&
				kind == TYPTYPE_COMPOSITE)
				oids = lappend_oid(oids, get_typ_typrelid(unit->objectId));
			continue;
		}
		if (can_have_kind(class, kind) &&
			(catalog != RelationRelationId || has_rows(u, class, unit->objectId)))
			oids = lappend_oid(oids, unit->objectId);
	}
	return oids;
}

static void
read_objects(UnitReader *u, const List *units)
{
	UnitKinds	kinds = kinds_of(units);

	for (int i = 0; units != NIL && sv_object_classes[i] != NULL; i++)
	{
		const ModelClass *class = sv_object_classes[i];
		bool		by_parent = OidIsValid(class->parent_catalog);
		List	   *oids = oids_for(u, class, by_parent ? class->parent_catalog :
									class->catalog, &kinds);

		if (class == &sv_class_index_attachment)
			oids = indexes_of(u->reader.model, oids);
		if (class == &sv_class_identity_sequence)
			oids = with_identity(u->reader.model, oids);
		if (oids == NIL)
			continue;
		CHECK_FOR_INTERRUPTS();
		ask(u, i, by_parent, oids);
	}
	pfree(kinds.kinds);
}

/* ----- dependencies ----- */

static void
enqueue_part(UnitReader *u, Oid catalog, Oid oid)
{
	ObjectAddress *address = palloc0(sizeof(ObjectAddress));
	bool		found;

	ObjectAddressSet(*address, catalog, oid);
	hash_search(u->seen, address, HASH_ENTER, &found);
	if (!found)
		u->queue = lappend(u->queue, address);
}

/*
 * Row types and arrays of types have nothing inside of them but the array of the row
 * type, and need nothing but what they belong to; TOAST tables have nothing at all.
 */
static bool
is_plain_inside(const Form_pg_depend row)
{
	if (row->classid == TypeRelationId)
		return row->refclassid == RelationRelationId ||
			(row->refclassid == TypeRelationId && get_typtype(row->objid) == TYPTYPE_BASE);
	return row->classid == RelationRelationId && row->refclassid == RelationRelationId &&
		get_rel_relkind(row->objid) == RELKIND_TOASTVALUE;
}

/* An inner part of what is read: it is looked at later, unless all is known of it. */
static void
add_inside(UnitReader *u, const Form_pg_depend row)
{
	FormData_pg_depend array = {0};

	if (!is_plain_inside(row))
	{
		enqueue_part(u, row->classid, row->objid);
		return;
	}
	if (row->refclassid != RelationRelationId || row->classid != TypeRelationId)
		return;
	array.classid = array.refclassid = TypeRelationId;
	array.objid = get_array_type(row->objid);
	array.refobjid = row->objid;
	array.deptype = DEPENDENCY_INTERNAL;
	if (OidIsValid(array.objid))
		sv_edge_add(&u->edges, &array);
}

/* Rows of pg_depend with this address on one side; inner parts are followed. */
static void
scan_unit_edges(UnitReader *u, const ObjectAddress *address, bool referrers, Surroundings *around)
{
	DependScan	scan =
	sv_depend_begin(address->classId, address->objectId, referrers, GetActiveSnapshot());
	Form_pg_depend row;

	while ((row = sv_depend_next(&scan)) != NULL)
	{
		bool		is_inner = sv_edge_is_inner(row->deptype, row->classid, row->refclassid);

		if (!referrers || is_inner)
			sv_edge_add(&u->edges, row);
		if (referrers && is_inner)
			add_inside(u, row);
		if (around == NULL)
			continue;
		if (referrers && (row->classid != RelationRelationId ||
						  row->deptype != DEPENDENCY_INTERNAL))
			note_parts(around, row->classid);
		else if (!referrers && row->refclassid == RelationRelationId)
			note_parts(around, InheritsRelationId);
		around->is_there |= !referrers;
		around->is_member |= !referrers && row->deptype == DEPENDENCY_EXTENSION;
	}
}

/* Objects with no parts inside them need not be asked for such. */
static bool
can_have_inner_parts(Oid catalog)
{
	return catalog == RelationRelationId || catalog == TypeRelationId ||
		catalog == ConstraintRelationId ||
		catalog == OperatorFamilyRelationId || catalog == OperatorClassRelationId;
}

/* Read the edges of the relations among the units, which tell what parts they have. */
static void
look_around(UnitReader *u, const List *units)
{
	foreach_ptr(const ObjectAddress, unit, units)
	{
		int			n = u->edges.n;
		Surroundings *around;
		bool		found;

		if (unit->classId != RelationRelationId)
			continue;
		around = hash_search(u->surroundings, &unit->objectId, HASH_ENTER, &found);
		if (found)
			continue;
		around->parts = 0;
		around->is_member = around->is_there = false;
		hash_search(u->seen, unit, HASH_ENTER, NULL);
		scan_unit_edges(u, unit, false, around);
		if (around->is_member)
			u->edges.n = n;		/* it is left out */
		else
			scan_unit_edges(u, unit, true, around);
	}
}

/* Read the edges of the objects from the n'th on, and of all that is inside them. */
static void
read_unit_edges(UnitReader *u, int n)
{
	for (int i = n; i < list_length(u->reader.model->objects); i++)
	{
		const Object *o = list_nth(u->reader.model->objects, i);

		enqueue_part(u, o->address.classId, o->address.objectId);
		if (sv_class_is(o, composite))
			enqueue_part(u, RelationRelationId, get_typ_typrelid(o->address.objectId));
	}
	for (; u->done < list_length(u->queue); u->done++)
	{
		const ObjectAddress *address = list_nth(u->queue, u->done);

		scan_unit_edges(u, address, false, NULL);
		if (can_have_inner_parts(address->classId))
			scan_unit_edges(u, address, true, NULL);
	}
}

static void
add_schema(UnitReader *u, const ObjectAddress *unit)
{
	Oid			schema = sv_unit_schema(unit);

	if (OidIsValid(schema) && !list_member_oid(u->schemas, schema))
		u->schemas = lappend_oid(u->schemas, schema);
}

/* The unit, or extension, that stands for an address which the units need. */
static bool
needed_unit(UnitReader *u, const ObjectAddress *to, ObjectAddress *unit)
{
	Oid			extension;

	if (!sv_unit_of(to->classId, to->objectId, unit))
		return false;
	extension = unit->classId == ExtensionRelationId ? InvalidOid :
		getExtensionOfObject(unit->classId, unit->objectId);
	if (OidIsValid(extension))
		ObjectAddressSet(*unit, ExtensionRelationId, extension);
	return sv_unit_is_read(unit);
}

/*
 * What a known unit was is not read again: an object of that model stands for
 * the address.
 */
static bool
use_known(UnitReader *u, const ObjectAddress *to, const ObjectAddress *unit)
{
	const Model *model = u->known ? u->known(unit) : NULL;
	Object	   *object = model ? sv_edge_object(model, to) : NULL;

	if (object != NULL)
		sv_model_alias(u->reader.model, to, object);
	return model != NULL;
}

/* The units that are needed and not read yet. */
static List *
missing_units(UnitReader *u)
{
	List	   *result = NIL;

	for (int i = 0; i < u->edges.n; i++)
	{
		const ObjectAddress *to = &u->edges.edges[i].to;
		ObjectAddress *unit;

		if (to->classId == NamespaceRelationId && !list_member_oid(u->schemas, to->objectId))
			continue;
		if (sv_edge_object(u->reader.model, to) != NULL)
			continue;
		if (to->classId == NamespaceRelationId && use_known(u, to, to))
			continue;			/* before anything is looked up: nearly every unit needs one */
		unit = palloc0(sizeof(ObjectAddress));
		if (!needed_unit(u, to, unit) || sv_base_has_object(result, unit) || use_known(u, to, unit))
			continue;
		if (sv_model_at(u->reader.model, unit->classId, unit->objectId, 0) != NULL)
			continue;
		result = lappend(result, unit);
	}
	return result;
}

/* Members of an extension stand for it. */
static void
alias_members(UnitReader *u)
{
	for (int i = 0; i < u->edges.n; i++)
	{
		const ObjectAddress *to = &u->edges.edges[i].to;
		ObjectAddress unit;
		Object	   *object;

		if (sv_edge_object(u->reader.model, to) != NULL || !needed_unit(u, to, &unit))
			continue;
		object = sv_model_at(u->reader.model, unit.classId, unit.objectId, 0);
		if (object != NULL)
			sv_model_alias(u->reader.model, to, object);
	}
}

/* What is made in the schemas gets default privileges, whether or not anything depends on them. */
static List *
default_privileges(UnitReader *u, List *units)
{
	Relation	catalog = table_open(DefaultAclRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(catalog, InvalidOid, false, GetActiveSnapshot(), 0, NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		ObjectAddress *unit = palloc0(sizeof(ObjectAddress));
		Form_pg_default_acl row = (Form_pg_default_acl) GETSTRUCT(tuple);

		ObjectAddressSet(*unit, DefaultAclRelationId, row->oid);
		if ((!OidIsValid(row->defaclnamespace) ||
			 list_member_oid(u->schemas, row->defaclnamespace)) &&
			sv_model_at(u->reader.model, unit->classId, unit->objectId, 0) == NULL &&
			!sv_base_has_object(units, unit))
			units = lappend(units, unit);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return units;
}

static void
read_context(UnitReader *u)
{
	int			n = list_length(u->reader.model->objects);
	List	   *missing = default_privileges(u, missing_units(u));

	foreach_ptr(const ObjectAddress, address, missing)
		add_schema(u, address);
	look_around(u, missing);
	read_objects(u, missing);
	for (int i = n; i < list_length(u->reader.model->objects); i++)
		((Object *) list_nth(u->reader.model->objects, i))->context = true;
	read_unit_edges(u, n);
	sv_edges_resolve_inner(u->reader.model, &u->edges);
	alias_members(u);
}

/* Can what stands at an address have a comment that the model takes? */
static bool
can_be_annotated(const Model *model, const ObjectAddress *address)
{
	const Object *o = sv_model_at(model, address->classId, address->objectId, 0);

	if (o == NULL || sv_class_is(o, composite)) /* the columns of that are at its relation */
		return o != NULL;
	return sv_class_is(o, constraint) ||
		(o->address.classId == address->classId && o->address.objectId == address->objectId &&
		 o->address.classId != AttrDefaultRelationId);
}

/* Comments and labels of the units' objects. */
static void
annotate(UnitReader *u)
{
	ObjectAddress *addresses =
	palloc(sizeof(ObjectAddress) * Max(hash_get_num_entries(u->seen), 1));
	int			n = 0;
	HASH_SEQ_STATUS scan;
	const ObjectAddress *address;

	hash_seq_init(&scan, u->seen);
	while ((address = hash_seq_search(&scan)) != NULL)
		if (can_be_annotated(u->reader.model, address))
			addresses[n++] = *address;
	sv_model_annotate_some(u->reader.model, addresses, n);
}

/*
 * Read the units (ObjectAddress *) as the snapshot shows them, in the current
 * context.  What is not there is not read; what belongs to the system or to an
 * extension is left out.  Units that they need and that are known already are not
 * read again ("known" may be NULL).
 */
Model *
sv_model_read_units(const List *units, Snapshot snapshot, KnownUnitFn known)
{
	UnitReader	u = {0};
	ModelScope	scope = {NIL, true, NULL};
	HASHCTL		control = {0};
	List	   *readable = NIL;
	MemoryContext scratch;
	ListCell   *cell;

	u.known = known;
	u.reader.model = sv_model_create();
	u.reader.scope = &scope;
	u.reader.is_member = is_member;
	u.reader.before_query = prefer_indexes;
	scratch = AllocSetContextCreate(CurrentMemoryContext, "schemaver units",
									ALLOCSET_DEFAULT_SIZES);
	control.hcxt = scratch;
	control.keysize = control.entrysize = sizeof(ObjectAddress);
	u.seen = hash_create("schemaver edges", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	control.keysize = sizeof(Oid);
	control.entrysize = sizeof(Surroundings);
	u.surroundings =
		hash_create("schemaver surroundings", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	foreach(cell, units)
	{
		const ObjectAddress *unit = lfirst(cell);

		/* whether a relation is a member of an extension is seen when it is looked at */
		if (unit->classId == RelationRelationId ? !sv_unit_may_be_read(unit) :
			!sv_unit_is_read(unit))
			continue;
		readable = lappend(readable, lfirst(cell));
		add_schema(&u, lfirst(cell));
	}
	PushActiveSnapshot(snapshot);
	sv_catalogs_enter(&u.store, SV_STORE_READ);
	MemoryContextSwitchTo(u.store.caller);
	look_around(&u, readable);
	read_objects(&u, readable);
	read_unit_edges(&u, 0);
	sv_edges_resolve_inner(u.reader.model, &u.edges);
	read_context(&u);
	annotate(&u);
	sv_edges_link(u.reader.model, &u.edges);
	sv_store_leave(&u.store);
	PopActiveSnapshot();
	MemoryContextDelete(scratch);
	if (u.edges.edges != NULL)
		pfree(u.edges.edges);
	if (u.reader.types != NULL)
		hash_destroy(u.reader.types);
	if (u.reader.scratch != NULL)
		MemoryContextDelete(u.reader.scratch);
	sv_model_sort(u.reader.model);
	return u.reader.model;
}
