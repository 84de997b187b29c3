/*
 * entities.c
 *		Tables of a model with their keys, as diagrams show them.
 *
 * Pure: the result is made of a model alone.
 */
#include "postgres.h"

#include "report/report_private.h"

static bool
is_drawn_table(const Object *object)
{
	return sv_class_is(object, table) || sv_class_is(object, foreign_table);
}

/* Does the constraint "key" contain the column? */
static bool
key_contains(const Object *key, const Object *column)
{
	return list_member_ptr(key->needs, column);
}

/* The table that a foreign key refers to: that of the key behind it. */
static const Object *
foreign_table_of(const Object *foreign_key)
{
	foreach_ptr(const Object, needed, foreign_key->needs)
	{
		if ((sv_class_is(needed, constraint) || sv_class_is(needed, index)) &&
			!sv_diff_is_foreign_key(needed))
			return needed->parent;
	}
	return NULL;
}

/* Is each row of the table the only one that refers to its row? */
static bool
is_unique(const Entity *entity, const Object *foreign_key)
{
	foreach_ptr(const Object, key, entity->keys)
	{
		bool		within = true;

		foreach_ptr(const EntityColumn, one, entity->columns)
		{
			const Object *column = one->object;

			within &= !key_contains(key, column) || key_contains(foreign_key, column);
		}
		if (within)
			return true;
	}
	return false;
}

/* May a row refer to nothing? */
static bool
is_optional(const Entity *entity, const Object *foreign_key)
{
	foreach_ptr(const EntityColumn, one, entity->columns)
	{
		const Object *column = one->object;

		if (key_contains(foreign_key, column) && !sv_is(column, "not_null"))
			return true;
	}
	return false;
}

static void
mark_columns(Entity *entity, const Object *constraint, int mark)
{
	foreach_ptr(EntityColumn, column, entity->columns)
	{
		if (key_contains(constraint, column->object))
			column->marks |= mark;
	}
}

static void
add_constraint(Entity *entity, const Object *constraint)
{
	const char *kind = sv_text(constraint, "kind");

	if (strcmp(kind, "primary key") == 0 || strcmp(kind, "unique") == 0)
	{
		entity->keys = lappend(entity->keys, (void *) constraint);
		mark_columns(entity, constraint, kind[0] == 'p' ? SV_IN_PRIMARY_KEY : SV_IN_UNIQUE);
	}
	else if (strcmp(kind, "foreign key") == 0)
		mark_columns(entity, constraint, SV_IN_FOREIGN_KEY);
}

static Entity *
entity_of(const Object *table)
{
	Entity	   *entity = palloc0(sizeof(Entity));
	ListCell   *cell;

	entity->object = table;
	foreach(cell, table->parts)
	{
		EntityColumn *column;

		if (!sv_class_is(lfirst(cell), column))
			continue;
		column = palloc0(sizeof(EntityColumn));
		column->object = lfirst(cell);
		entity->columns = lappend(entity->columns, column);
	}
	foreach(cell, table->parts)
		if (sv_class_is(lfirst(cell), constraint))
		add_constraint(entity, lfirst(cell));
	return entity;
}

static void
add_links(Entity *entity, const Model *model, HTAB *by_table)
{
	foreach_ptr(const Object, part, entity->object->parts)
	{
		const Object *to = sv_diff_is_foreign_key(part) ? foreign_table_of(part) : NULL;
		EntityEntry *entry = to ? hash_search(by_table, &to, HASH_FIND, NULL) : NULL;
		EntityLink *link;

		if (entry == NULL)
			continue;
		link = palloc(sizeof(EntityLink));
		link->object = part;
		link->to = entry->entity;
		link->unique = is_unique(entity, part);
		link->optional = is_optional(entity, part);
		entity->links = lappend(entity->links, link);
	}
}

/* The tables of a model, as a list of Entity, in the order of the model. */
List *
sv_report_entities(const Model *model)
{
	HASHCTL		ctl = {.keysize = sizeof(Object *), .entrysize = sizeof(EntityEntry),
	.hcxt = CurrentMemoryContext};
	HTAB	   *by_table = hash_create("schemaver entities", 256, &ctl,
									   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	List	   *entities = NIL;

	foreach_ptr(const Object, object, model->objects)
	{
		EntityEntry *entry;

		if (!is_drawn_table(object))
			continue;
		entry = hash_search(by_table, &object, HASH_ENTER, NULL);
		entry->entity = entity_of(object);
		entry->entity->number = list_length(entities);
		entities = lappend(entities, entry->entity);
	}
	foreach_ptr(Entity, entity, entities)
		add_links(entity, model, by_table);
	return entities;
}
