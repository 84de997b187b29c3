/*
 * depends.c
 *		Who needs whom, from pg_depend.
 *
 * An address that is no object of the model by itself (an array type, a row
 * type, the index of a constraint, the rule of a view) stands for the object
 * that it is an internal part of; a member of an extension for the extension.
 * So every edge ends at objects of the model, or is left out.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_amproc.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_proc.h"
#include "model/model_private.h"
#include "storage/bufmgr.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* Add a row of pg_depend. */
void
sv_edge_add(Edges *edges, Form_pg_depend row)
{
	Edge	   *edge;

	if (edges->n == edges->allocated)
	{
		edges->allocated = Max(edges->allocated * 2, 64);
		edges->edges = edges->edges == NULL ?
			palloc_extended(sizeof(Edge) * edges->allocated, MCXT_ALLOC_HUGE) :
			repalloc_huge(edges->edges, sizeof(Edge) * edges->allocated);
	}
	edge = &edges->edges[edges->n++];
	memset(edge, 0, sizeof(Edge));
	ObjectAddressSubSet(edge->from, row->classid, row->objid, row->objsubid);
	ObjectAddressSubSet(edge->to, row->refclassid, row->refobjid, row->refobjsubid);
	edge->type = row->deptype;
}

/* ----- few objects: their edges are looked up ----- */

/* What is looked up, and what has been. */
typedef struct Lookup
{
	Edges	   *edges;
	HTAB	   *seen;
	ObjectAddress *queue;
	int			n;
	int			allocated;
} Lookup;

static void
enqueue(Lookup *lookup, Oid catalog, Oid oid)
{
	ObjectAddress address;
	bool		found;

	memset(&address, 0, sizeof(address));
	ObjectAddressSet(address, catalog, oid);
	(void) hash_search(lookup->seen, &address, HASH_ENTER, &found);
	if (found)
		return;
	if (lookup->n == lookup->allocated)
	{
		lookup->allocated *= 2;
		lookup->queue = repalloc_huge(lookup->queue, sizeof(ObjectAddress) * lookup->allocated);
	}
	lookup->queue[lookup->n++] = address;
}

static bool
is_family_member(Oid catalog)
{
	return catalog == AccessMethodOperatorRelationId || catalog == AccessMethodProcedureRelationId;
}

/*
 * Does such a dependency make what depends an inner part of the other?  The
 * default of a column and the members of an operator family are that, too.
 */
bool
sv_edge_is_inner(char type, Oid from, Oid to)
{
	return type == DEPENDENCY_INTERNAL ||
		(type == DEPENDENCY_AUTO &&
		 (from == AttrDefaultRelationId ||
		  (is_family_member(from) && to == OperatorFamilyRelationId)));
}

/* Add what an address needs, and find what is a part of it. */
static void
look_up(Lookup *lookup, ObjectAddress address)
{
	DependScan	scan =
	sv_depend_begin(address.classId, address.objectId, false, GetActiveSnapshot());
	Form_pg_depend row;

	while ((row = sv_depend_next(&scan)) != NULL)
		sv_edge_add(lookup->edges, row);
	scan = sv_depend_begin(address.classId, address.objectId, true, GetActiveSnapshot());
	while ((row = sv_depend_next(&scan)) != NULL)
	{
		if (row->deptype == DEPENDENCY_EXTENSION ||
			sv_edge_is_inner(row->deptype, row->classid, row->refclassid))
			enqueue(lookup, row->classid, row->objid);
	}
}

static void
look_up_edges(Edges *edges, const ObjectAddress *addresses, int n)
{
	Lookup		lookup = {edges};
	HASHCTL		control = {0};

	control.hcxt = CurrentMemoryContext;
	control.keysize = control.entrysize = sizeof(ObjectAddress);
	lookup.seen =
		hash_create("schemaver looked up", 1024, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	lookup.allocated = n + 64;
	lookup.queue = palloc_extended(sizeof(ObjectAddress) * lookup.allocated, MCXT_ALLOC_HUGE);
	for (int i = 0; i < n; i++)
		enqueue(&lookup, addresses[i].classId, addresses[i].objectId);
	for (int i = 0; i < lookup.n; i++)
		look_up(&lookup, lookup.queue[i]);
}

/* ----- many objects: all of the catalog is read ----- */

static void
scan_edges(Edges *edges)
{
	DependScan	scan = sv_depend_begin(InvalidOid, InvalidOid, false, GetActiveSnapshot());
	Form_pg_depend row;

	while ((row = sv_depend_next(&scan)) != NULL)
		sv_edge_add(edges, row);
}

/* Is it cheaper to look so many addresses up than to read the catalog? */
bool
sv_are_few(int n, Relation catalog)
{
	return n < 8 * RelationGetNumberOfBlocks(catalog);
}

static void
read_edges(Model *model, Edges *edges)
{
	Relation	catalog = table_open(DependRelationId, AccessShareLock);
	int			n;
	ObjectAddress *addresses = sv_model_addresses(model, &n);

	if (sv_are_few(n, catalog))
		look_up_edges(edges, addresses, n);
	else
		scan_edges(edges);
	table_close(catalog, AccessShareLock);
}

typedef struct Member
{
	ObjectAddress key;
	Oid			extension;
} Member;

/* Partitions of an extension's tables: their functions make and drop them, and nobody else. */
static void
add_partitions(HTAB *members)
{
	HASH_SEQ_STATUS all;
	Member	   *member;
	List	   *partitions = NIL;
	ListCell   *cell;

	hash_seq_init(&all, members);
	while ((member = hash_seq_search(&all)) != NULL)
		if (member->key.classId == RelationRelationId && member->key.objectSubId == 0 &&
			get_rel_relkind(member->key.objectId) == RELKIND_PARTITIONED_TABLE)
			partitions =
				list_concat(partitions, find_all_inheritors(member->key.objectId, NoLock, NULL));
	foreach(cell, partitions)
	{
		ObjectAddress address;

		memset(&address, 0, sizeof(address));
		ObjectAddressSet(address, RelationRelationId, lfirst_oid(cell));
		(void) hash_search(members, &address, HASH_ENTER, NULL);
	}
}

/* The addresses of the members of all extensions. */
HTAB *
sv_model_read_members(Model *model)
{
	HASHCTL		control = {0};
	HTAB	   *members;
	DependScan	scan = sv_depend_begin(ExtensionRelationId, InvalidOid, true, GetActiveSnapshot());
	Form_pg_depend row;

	control.hcxt = CurrentMemoryContext;
	control.keysize = sizeof(ObjectAddress);
	control.entrysize = sizeof(Member);
	members =
		hash_create("schemaver members", 256, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	while ((row = sv_depend_next(&scan)) != NULL)
	{
		ObjectAddress address;

		if (row->deptype != DEPENDENCY_EXTENSION)
			continue;
		memset(&address, 0, sizeof(address));
		ObjectAddressSubSet(address, row->classid, row->objid, row->objsubid);
		((Member *) hash_search(members, &address, HASH_ENTER, NULL))->extension = row->refobjid;
	}
	add_partitions(members);
	return members;
}

/* The object that an address stands for; of a column, at least its table. */
Object *
sv_edge_object(const Model *model, const ObjectAddress *address)
{
	Object	   *object =
	sv_model_at(model, address->classId, address->objectId, address->objectSubId);

	if (object == NULL && address->objectSubId != 0)
		object = sv_model_at(model, address->classId, address->objectId, 0);
	return object;
}

/* Give every inner address the meaning of what it belongs to. */
void
sv_edges_resolve_inner(Model *model, const Edges *edges)
{
	bool		again = true;

	for (int round = 0; again && round < 5; round++)
	{
		again = false;
		for (int i = 0; i < edges->n; i++)
		{
			const Edge *edge = &edges->edges[i];
			Object	   *owner;

			if (edge->type != DEPENDENCY_EXTENSION &&
				!sv_edge_is_inner(edge->type, edge->from.classId, edge->to.classId))
				continue;
			if (sv_edge_object(model, &edge->from) != NULL)
				continue;
			owner = sv_edge_object(model, &edge->to);
			if (owner != NULL)
			{
				sv_model_alias(model, &edge->from, owner);
				again = true;
			}
		}
	}
}

static bool
is_ancestor(const Object *ancestor, const Object *object)
{
	for (; object != NULL; object = object->parent)
		if (object == ancestor)
			return true;
	return false;
}

static void
add_need(Object *object, Object *needed, char type)
{
	if (object == needed || is_ancestor(object, needed) || needed == object->parent)
		return;
	if (!list_member_ptr(object->needs, needed))
		object->needs = lappend(object->needs, needed);
	if ((type == DEPENDENCY_AUTO || type == DEPENDENCY_PARTITION_PRI ||
		 type == DEPENDENCY_PARTITION_SEC) &&
		!list_member_ptr(object->vanishes_with, needed))
		object->vanishes_with = lappend(object->vanishes_with, needed);
}

/*
 * A table needs its parents by way of its inheritance, which is an object of
 * its own, and a sequence its column by way of its ownership.
 */
static Object *
holder_of_edge(const Model *model, Object *from, const Object *to)
{
	if (from->address.classId != RelationRelationId || to->address.classId != RelationRelationId ||
		from->parent != NULL)
		return from;
	foreach_ptr(Object, part, from->parts)
	{
		if (sv_class_is(part, inheritance) || sv_class_is(part, sequence_owner))
		{
			if (part->needs_relation == to->address.objectId)
				return part;
		}
	}
	return from;
}

static Object *
part_named(const Object *table, const ModelClass *class, const char *name)
{
	foreach_ptr(Object, o, table->parts)
	{
		if (o->class == class && strcmp(o->name, name) == 0)
			return o;
	}
	return NULL;
}

static Object *
column_named(const Object *table, const char *name)
{
	return part_named(table, &sv_class_column, name);
}

/*
 * An inherited column or check needs those of the parents that it follows, a
 * trigger that it inherits at all.
 */
static void
follow_parents(Object *inheritance)
{
	foreach_ptr(Object, table, inheritance->needs)
	{
		foreach_ptr(Object, o, inheritance->parent->parts)
		{
			Object	   *leading = sv_class_is(o, column) &&
			(sv_is(o, "inherited") || sv_is(o, "merged")) ?
			column_named(table, o->name) : NULL;

			if (sv_class_is(o, constraint) && sv_is(o, "inherited"))
				leading = part_named(table, &sv_class_constraint, o->name);
			if (sv_class_is(o, trigger) && sv_is(o, "inherited"))
				leading = inheritance;
			if (leading != NULL)
				add_need(o, leading, DEPENDENCY_NORMAL);
		}
	}
}

/* A column of a typed table needs the one of the type. */
static void
follow_type(Object *table)
{
	ListCell   *need;

	foreach(need, table->needs)
	{
		foreach_ptr(Object, o, table->parts)
		{
			Object	   *leading = sv_class_is(lfirst(need), composite) && sv_class_is(o, column) ?
			column_named(lfirst(need), o->name) : NULL;

			if (leading != NULL)
				add_need(o, leading, DEPENDENCY_NORMAL);
		}
	}
}

/* Fill in "needs" and "vanishes_with" of the objects; inner addresses are resolved. */
void
sv_edges_link(Model *model, const Edges *edges)
{
	ListCell   *cell;

	for (int i = 0; i < edges->n; i++)
	{
		const Edge *edge = &edges->edges[i];
		Object	   *from = sv_edge_object(model, &edge->from);
		Object	   *to = from != NULL ? sv_edge_object(model, &edge->to) : NULL;

		if (to == NULL || from == to || edge->type == DEPENDENCY_EXTENSION)
			continue;
		from = holder_of_edge(model, from, to);
		if (sv_class_is(from, extension) && edge->from.classId != ExtensionRelationId)
			continue;			/* what its members need it has by itself */
		/* a member of an operator family vanishes by itself */
		add_need(from, to,
				 sv_model_at(model, edge->from.classId, edge->from.objectId,
							 edge->from.objectSubId) == from &&
				 !is_family_member(edge->from.classId) ? edge->type : DEPENDENCY_NORMAL);
	}
	foreach_ptr(Object, object, model->objects)
	{
		Object	   *needed;

		if (OidIsValid(object->needs_relation) &&
			(needed = sv_model_at(model, RelationRelationId, object->needs_relation, 0)) != NULL)
			add_need(object, needed, DEPENDENCY_NORMAL);
	}
	foreach(cell, model->objects)
	{
		if (sv_class_is(lfirst(cell), inheritance))
			follow_parents(lfirst(cell));
		else if (sv_class_is(lfirst(cell), table) && sv_is(lfirst(cell), "of_type"))
			follow_type(lfirst(cell));
	}
}

/* The same out of the whole of pg_depend. */
void
sv_model_read_depends(Model *model, HTAB *members)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext scratch =
	AllocSetContextCreate(caller, "schemaver depends", ALLOCSET_DEFAULT_SIZES);
	Edges		edges = {0};

	MemoryContextSwitchTo(scratch);
	read_edges(model, &edges);
	MemoryContextSwitchTo(caller);
	sv_edges_resolve_inner(model, &edges);
	sv_edges_link(model, &edges);
	MemoryContextDelete(scratch);
}
