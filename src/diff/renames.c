/*
 * renames.c
 *		The statements that give objects of a model other names and schemas.
 *
 * Pure: looks at the model alone.  The statements change more than the model
 * shows, for the server prints views, constraints and functions with the new
 * names: whoever needs the outcome executes them and reads again.
 *
 * Each statement names its object as it is called at that moment.  What is
 * named by others (columns and triggers by their table, functions by the types
 * of their arguments) comes before those, schemas last.  Where a name is
 * taken, the object that has it goes first; in a circle one of them takes a
 * temporary name.
 */
#include "postgres.h"

#include "diff/diff.h"
#include "diff/diff_private.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#define LAST_LEVEL 5

/* A value of an enum is no object; it has the enum as its parent. */
static const ClassRename value_rename = {1, SV_SPACE_OWN, SV_RENAME_PLAIN, false, 0};

/* An object that is renamed, or whose name may be in the way. */
typedef struct RenameItem
{
	const ClassRename *how;
	const Object *object;
	const char *schema;			/* as it is now; NULL: has none */
	const char *name;
	const char *to_schema;
	const char *to_name;
	bool		renamed;		/* one of those that were asked for */
	bool		is_value;
} RenameItem;

typedef struct Renaming
{
	const Model *model;
	List	   *items;
	List	   *rows;
	int			ntemporary;
} Renaming;

/* How objects of the class are renamed; NULL: not at all. */
static const ClassRename *
rename_of(const Object *object)
{
	return object->class->rename.level > 0 ? &object->class->rename : NULL;
}

static const char *temporary_name(Renaming *r);
static void make_way_for_parts(Renaming *r, const RenameItem *table);

static RenameItem *
item_of(const Renaming *r, const Object *object)
{
	foreach_ptr(RenameItem, item, r->items)
	{
		if (item->object == object && !item->is_value)
			return item;
	}
	return NULL;
}

/* The table whose schema an object always has: of an index, an owned sequence; or NULL. */
static const Object *
home_of(const Object *object)
{
	if (object->parent != NULL && !sv_class_is(object, statistics))
		return object->parent;
	return sv_class_is(object, sequence) ? sv_table_of_sequence(object) : NULL;
}

static const char *
schema_now(const Renaming *r, const Object *object)
{
	const Object *home = home_of(object);
	const RenameItem *item = home ? NULL : item_of(r, object);

	if (home != NULL)
		return schema_now(r, home);
	return item ? item->schema : object->schema;
}

static const char *
name_now(const Renaming *r, const Object *object)
{
	const RenameItem *item = item_of(r, object);

	if (item == NULL && sv_class_is(object, identity_sequence))
		return sv_identity_sequence_name(object->parent);
	return item ? item->name : object->name;
}

static RenameItem *
add_item(Renaming *r, const ClassRename *how, const Object *object, const char *name)
{
	RenameItem *item = palloc0(sizeof(RenameItem));

	item->how = how;
	item->object = object;
	item->schema = item->to_schema = home_of(object) ? NULL : object->schema;
	item->name = item->to_name = name;
	r->items = lappend(r->items, item);
	return item;
}

/* The item of an object, which may be in the way, if it has none yet. */
static RenameItem *
item_for(Renaming *r, const Object *object)
{
	RenameItem *item = item_of(r, object);

	return item ? item : add_item(r, rename_of(object), object, name_now(r, object));
}

/* What an object is called at this moment. */
static const char *
identity_now(const Renaming *r, const Object *object)
{
	const char *name = quote_identifier(name_now(r, object));
	const char *schema = schema_now(r, object);
	const char *old;

	if (sv_class_is(object, identity_sequence))
		return psprintf("%s.%s", quote_identifier(schema), name);
	switch (object->class->style)
	{
		case SV_ID_NAME:
			return name;
		case SV_ID_QUALIFIED:
			return psprintf("%s.%s", quote_identifier(schema), name);
		case SV_ID_OF_PARENT:
			return psprintf("%s.%s", identity_now(r, object->parent), name);
		case SV_ID_ON_PARENT:
			return psprintf("%s ON %s", name, identity_now(r, object->parent));
		case SV_ID_AS_PARENT:
			return identity_now(r, object->parent);
		case SV_ID_GIVEN:
			break;
	}
	if (object->schema == NULL || object->parent != NULL)
		return object->identity;
	old = quote_qualified_identifier(object->schema, object->name);
	if (strncmp(object->identity, old, strlen(old)) != 0)
		return object->identity;
	return psprintf("%s.%s%s", quote_identifier(schema), name, object->identity + strlen(old));
}

/* ----- which names are taken ----- */

static int
spaces_of(const RenameItem *item)
{
	const char *kind = sv_class_is(item->object, constraint) ? sv_text(item->object, "kind") : NULL;

	if (kind != NULL &&
		(strcmp(kind, "primary key") == 0 || strcmp(kind, "unique") == 0 ||
		 strcmp(kind, "exclude") == 0))
		return item->how->spaces | SV_SPACE_RELATION;	/* of its index */
	return item->how->spaces;
}

/* What stands behind the name in an identity: arguments, USING. */
static const char *
tail_of(const Object *object)
{
	const char *old;

	if (object->class->style != SV_ID_GIVEN || object->schema == NULL || object->parent != NULL)
		return "";
	old = quote_qualified_identifier(object->schema, object->name);
	return strncmp(object->identity, old, strlen(old)) == 0 ? object->identity + strlen(old) : "";
}

/* Would the item, named so, get into the way of the other one? */
static bool
collide(const Renaming *r, const RenameItem *item, const char *schema, const char *name,
		const RenameItem *other)
{
	const Object *a = item->object;
	const Object *b = other->object;
	int			common = spaces_of(item) & spaces_of(other);

	if (item == other || strcmp(name, other->name) != 0)
		return false;
	if ((common & (SV_SPACE_RELATION | SV_SPACE_TYPE)) &&
		sv_base_same_text(schema, schema_now(r, b)))
		return true;
	if (item->is_value || other->is_value)
		return item->is_value && other->is_value && a == b;
	if (common & SV_SPACE_FUNCTION)
		return sv_base_same_text(schema, schema_now(r, b)) && strcmp(tail_of(a), tail_of(b)) == 0;
	if (!(common & SV_SPACE_OWN) || a->class != b->class)
		return false;
	if (a->parent != NULL && !sv_class_is(a, statistics))
		return a->parent == b->parent;
	return sv_base_same_text(schema, schema_now(r, b)) && strcmp(tail_of(a), tail_of(b)) == 0;
}

static RenameItem *
occupant(const Renaming *r, const RenameItem *item, const char *schema, const char *name)
{
	ListCell   *cell;

	foreach(cell, r->items)
	{
		if (collide(r, item, schema, name, lfirst(cell)))
			return lfirst(cell);
	}
	return NULL;
}

/* ----- statements ----- */

static void
emit(Renaming *r, const RenameItem *item, char *sql)
{
	DiffRow    *row = palloc0(sizeof(DiffRow));

	row->kind = item->object->class->name;
	row->identity = identity_now(r, item->object);
	row->action = "rename";
	row->sql = sql;
	row->hazards = item->how->hazards;
	r->rows = lappend(r->rows, row);
}

static bool
is_type_of_tables(const Renaming *r, const Object *type)
{
	foreach_ptr(const Object, object, r->model->objects)
	{
		if (sv_is(object, "of_type") &&
			strcmp(sv_text(object, "of_type"), type->identity) == 0)
			return true;
	}
	return false;
}

static char *
rename_sql(const Renaming *r, const RenameItem *item, const char *name)
{
	const Object *o = item->object;
	const char *new = quote_identifier(name);

	if (item->is_value)
		return psprintf("ALTER TYPE %s RENAME VALUE %s TO %s", identity_now(r, o),
						sv_quote(item->name), sv_quote(name));
	switch (item->how->form)
	{
		case SV_RENAME_COLUMN:
			if (sv_class_is(o->parent, composite))
				return psprintf("ALTER TYPE %s RENAME ATTRIBUTE %s TO %s%s",
								identity_now(r, o->parent),
								quote_identifier(item->name), new,
								is_type_of_tables(r, o->parent) ? " CASCADE" : "");
			return psprintf("ALTER %s %s RENAME COLUMN %s TO %s", o->parent->class->keyword,
							identity_now(r, o->parent),
							quote_identifier(item->name), new);
		case SV_RENAME_CONSTRAINT:
			return psprintf("ALTER %s %s RENAME CONSTRAINT %s TO %s",
							sv_class_is(o->parent, domain) ? "DOMAIN" :
							"TABLE", identity_now(r, o->parent),
							quote_identifier(item->name), new);
		case SV_RENAME_PLAIN:
		case SV_RENAME_NONE:
			break;
	}
	return psprintf("ALTER %s %s RENAME TO %s", o->class->keyword, identity_now(r, o), new);
}

static void
rename_item(Renaming *r, RenameItem *item, const char *name)
{
	emit(r, item, rename_sql(r, item, name));
	item->name = name;
}

static void
move_item(Renaming *r, RenameItem *item)
{
	make_way_for_parts(r, item);
	emit(r, item,
		 psprintf("ALTER %s %s SET SCHEMA %s", item->object->class->keyword,
				  identity_now(r, item->object),
				  quote_identifier(item->to_schema)));
	item->schema = item->to_schema;
}

/* ----- what moves with a table ----- */

/* Has an object a name among the relations of its schema: its own, or that of its index? */
static bool
is_among_relations(const Object *object)
{
	RenameItem	item = {rename_of(object), object};

	return item.how != NULL && (spaces_of(&item) & SV_SPACE_RELATION) != 0;
}

/* What has the name among the relations of the schema; NULL: nothing. */
static const Object *
taker_among_relations(const Renaming *r, const char *schema, const char *name)
{
	foreach_ptr(const Object, o, r->model->objects)
	{
		if (is_among_relations(o) && sv_base_same_text(schema_now(r, o), schema) &&
			sv_base_same_text(name_now(r, o), name))
			return o;
	}
	return NULL;
}

static bool
moves_with(const Object *object, const Object *table)
{
	const Object *home = home_of(object);

	while (home != NULL && home != table)
		home = home_of(home);
	return home == table;
}

/*
 * Indexes and sequences that move with a table and find their name taken there
 * have another one until it is free.  What nobody asked to rename has to make way then.
 */
static void
make_way_for_parts(Renaming *r, const RenameItem *table)
{
	foreach_ptr(const Object, o, r->model->objects)
	{
		const Object *taker;

		if (!is_among_relations(o) || !moves_with(o, table->object) ||
			(taker = taker_among_relations(r, table->to_schema, name_now(r, o))) == NULL)
			continue;
		(void) item_for(r, taker);
		rename_item(r, item_for(r, o), temporary_name(r));
	}
}

/* ----- the order ----- */

static bool
is_pending(const RenameItem *item)
{
	return strcmp(item->name, item->to_name) != 0 ||
		!sv_base_same_text(item->schema, item->to_schema);
}

/* Bring an item nearer to its goal by one statement; false: names are in the way. */
static bool
advance_item(Renaming *r, RenameItem *item)
{
	bool		moves = !sv_base_same_text(item->schema, item->to_schema);

	if (strcmp(item->name, item->to_name) == 0)
	{
		if (occupant(r, item, item->to_schema, item->name) != NULL)
			return false;
		move_item(r, item);
		return true;
	}
	if (occupant(r, item, moves ? item->to_schema : schema_now(r, item->object), item->to_name) !=
		NULL)
		return false;
	if (!moves || occupant(r, item, item->schema, item->to_name) == NULL)
		rename_item(r, item, item->to_name);
	else if (occupant(r, item, item->to_schema, item->name) == NULL)
		move_item(r, item);
	else
		return false;
	return true;
}

static const char *
temporary_name(Renaming *r)
{
	for (;;)
	{
		char	   *name = psprintf("schemaver_aside_%d", ++r->ntemporary);
		bool		taken = false;

		foreach_ptr(const Object, object, r->model->objects)
			taken |= sv_base_same_text(object->name, name);
		if (!taken)
			return name;
	}
}

/*
 * No item can advance: give what is in the way of this one a temporary name.
 * What nobody asked to rename keeps it.
 */
static void
make_way(Renaming *r, RenameItem *item)
{
	bool		moves = !sv_base_same_text(item->schema, item->to_schema);
	RenameItem *other = occupant(r, item, moves ? item->to_schema :
								 schema_now(r, item->object), item->to_name);

	if (other == NULL)
		other = item;			/* its way is blocked, not its goal */
	else if (other->renamed && !is_pending(other))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("two objects are to be renamed to \"%s\"", item->to_name),
				 errdetail("%s %s and %s %s.", other->object->class->name, other->object->identity,
						   item->object->class->name, item->object->identity)));
	rename_item(r, other, temporary_name(r));
	if (!other->renamed)
		other->to_name = other->name;
}

static void
rename_level(Renaming *r, int level)
{
	RenameItem *blocked;

	do
	{
		bool		advanced = false;

		CHECK_FOR_INTERRUPTS();
		blocked = NULL;
		foreach_ptr(RenameItem, item, r->items)
		{
			if (item->how->level != level || !is_pending(item))
				continue;
			if (advance_item(r, item))
				advanced = true;
			if (blocked == NULL && is_pending(item))
				blocked = item;
		}
		if (blocked != NULL && !advanced)
			make_way(r, blocked);
	} while (blocked != NULL);
}

/* ----- what is renamed, and what may be in the way ----- */

static bool
is_renamed_part(const Object *parent, const Object *like, List *renames)
{
	foreach_ptr(const Rename, rename, renames)
	{
		const Object *o = rename->from;

		if (o->class == like->class && o->parent == parent && strcmp(o->name, like->name) == 0)
			return true;
	}
	return false;
}

/* Does a column or a check follow one of the same name that is renamed with it? */
static bool
follows_parent_rename(const Renaming *r, const Object *object, List *renames)
{
	const char *type = object->parent &&
	sv_is(object->parent, "of_type") ? sv_text(object->parent, "of_type") : NULL;
	ListCell   *cell;

	if (object->parent == NULL ||
		!(sv_class_is(object, column) ||
		  (sv_class_is(object, constraint) && sv_base_same_text(sv_text(object, "kind"), "check"))))
		return false;
	if (type != NULL &&
		is_renamed_part(sv_model_find(r->model, &sv_class_composite, type), object, renames))
		return true;
	foreach(cell, object->parent->parts)
	{
		if (sv_class_is(lfirst(cell), inheritance))
		{
			foreach_ptr(const Object, need, ((Object *) lfirst(cell))->needs)
			{
				if (is_renamed_part(need, object, renames))
					return true;
			}
		}
	}
	return false;
}

/* Schemas are renamed last: what is the schema called until then? */
static const char *
schema_until_then(const char *schema, List *renames)
{
	foreach_ptr(Rename, rename, renames)
	{
		if (sv_class_is(rename->from, schema) && sv_base_same_text(rename->name, schema))
			return rename->from->name;
	}
	return schema;
}

static void
add_rename(Renaming *r, const Rename *rename, List *renames)
{
	const ClassRename *how = rename->value ? &value_rename : rename_of(rename->from);
	RenameItem *item;

	if (how == NULL ||
		(how->form == SV_RENAME_NONE && rename->name != NULL &&
		 strcmp(rename->name, rename->from->name) != 0))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("%s %s cannot be renamed", rename->from->class->name,
						rename->from->identity),
				 errdetail("PostgreSQL has no statement for it.")));
	if (follows_parent_rename(r, rename->from, renames))
		return;
	item = add_item(r, how, rename->from, rename->value ? rename->value : rename->from->name);
	item->is_value = rename->value != NULL;
	item->renamed = true;
	if (rename->name != NULL)
		item->to_name = rename->name;
	if (rename->schema != NULL && how->moves && home_of(rename->from) == NULL && !item->is_value)
		item->to_schema = schema_until_then(rename->schema, renames);
}

static bool
is_wanted_name(List *renames, const char *name)
{
	foreach_ptr(Rename, rename, renames)
	{
		if (sv_base_same_text(rename->name, name) ||
			(rename->schema != NULL && sv_base_same_text(rename->from->name, name)))
			return true;
	}
	return false;
}

static void
add_value_items(Renaming *r, const Object *object, List *renames)
{
	foreach_ptr(const char, value, sv_list(object, "values"))
	{
		bool		known = !is_wanted_name(renames, value);

		foreach_ptr(RenameItem, item, r->items)
			known |= item->is_value && item->object == object &&
			strcmp(item->name, value) == 0;
		if (!known)
			add_item(r, &value_rename, object, value)->is_value = true;
	}
}

/* Objects that are not renamed, but have a name that others shall get. */
static void
add_bystanders(Renaming *r, List *renames)
{
	foreach_ptr(Object, object, r->model->objects)
	{
		if (sv_class_is(object, enum))
			add_value_items(r, object, renames);
		if (object->name != NULL && is_wanted_name(renames, object->name) &&
			rename_of(object) != NULL)
			(void) item_for(r, object);
	}
}

/* A schema that is not there is made first; the comparison does the rest. */
static void
create_schemas(Renaming *r)
{
	List	   *created = NIL;

	foreach_ptr(RenameItem, item, r->items)
	{
		bool		there = item->to_schema == NULL ||
		sv_model_find(r->model, &sv_class_schema, quote_identifier(item->to_schema)) != NULL;
		DiffRow    *row;

		foreach_ptr(const char, string, created)
			there |= sv_base_same_text(string, item->to_schema);
		if (there || sv_base_same_text(item->schema, item->to_schema))
			continue;
		created = lappend(created, (char *) item->to_schema);
		row = palloc0(sizeof(DiffRow));
		row->kind = "schema";
		row->identity = quote_identifier(item->to_schema);
		row->action = "create";
		row->sql = psprintf("CREATE SCHEMA %s", row->identity);
		r->rows = lappend(r->rows, row);
	}
}

/* What had to make way is renamed, too. */
static List *
add_asides(const Renaming *r, List *renames)
{
	foreach_ptr(RenameItem, item, r->items)
	{
		Rename	   *rename;

		if (item->renamed || item->is_value || item->object->name == NULL ||
			strcmp(item->name, item->object->name) == 0)
			continue;
		rename = palloc0(sizeof(Rename));
		rename->from = (Object *) item->object;
		rename->name = item->name;
		renames = lappend(renames, rename);
	}
	return renames;
}

/*
 * The statements (DiffRow) that bring objects of the model "from" to where
 * "renames" (Rename) says, in an order in which they work.
 *
 * Columns and checks that children inherit follow those of their parents,
 * indexes and owned sequences follow their table into another schema.  An
 * object that has a name which another one shall get, and is not renamed
 * itself, keeps a temporary name; it is added to "renames".  Error if an object
 * cannot be renamed or two shall have the same name.
 */
List *
sv_diff_all_renames(const Model *from, List **renames)
{
	Renaming	r = {from, NIL, NIL, 0};

	if (*renames == NIL)
		return NIL;
	foreach_ptr(const Rename, rename, *renames)
		add_rename(&r, rename, *renames);
	add_bystanders(&r, *renames);
	create_schemas(&r);
	for (int level = 1; level <= LAST_LEVEL; level++)
		rename_level(&r, level);
	*renames = add_asides(&r, *renames);
	return r.rows;
}

/* The same for who need not know what had to make way. */
List *
sv_diff_renames(const Model *from, List *renames)
{
	List	   *all = list_copy(renames);

	return sv_diff_all_renames(from, &all);
}
