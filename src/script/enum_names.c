/*
 * enum_names.c
 *		Which tables, columns and enum types there are at a point of a run, as
 *		far as the watch for new enum values must know.
 *
 * Knowledge comes from the run's own statements (CREATE and ALTER TYPE, CREATE
 * and ALTER TABLE, RENAME, DROP), and from the catalogs by the caller's
 * columns_of(), asked once for each type whose values the run adds to.  What
 * the run did to names before that moment is applied to the answer.
 *
 * Tables are told apart by name alone, not by schema.  That is enough to find
 * out whether a constant meets a column of the type, which is all it is for.
 * Not followed: statements inside of functions and DO blocks, columns that a
 * table gets from LIKE or INHERITS, and columns of views.
 */
#include "postgres.h"

#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "base/compat.h"
#include "script/script_private.h"

/* Something that happened to the name of a table or column. */
typedef struct NameEvent
{
	const char *table;
	const char *column;			/* NULL: to the table itself */
	const char *new_name;		/* NULL: it is gone, or has another type */
} NameEvent;

/* ---------- look-ups ---------- */

static bool
same_type(const char *schema, const char *name, const char *other_schema, const char *other_name)
{
	if (name == NULL || other_name == NULL || strcmp(name, other_name) != 0)
		return false;
	return schema == NULL || other_schema == NULL || strcmp(schema, other_schema) == 0;
}

static WatchedType *
find_type(const EnumWatch *watch, const char *schema, const char *name)
{
	ListCell   *lc;

	foreach(lc, watch->types)
	{
		WatchedType *type = lfirst(lc);

		if (same_type(schema, name, type->schema, type->name))
			return type;
	}
	return NULL;
}

/* Return the type of that name if it has values that cannot be used yet. */
const WatchedType *
sv_enum_unsafe_type(const EnumWatch *watch, const char *schema, const char *name)
{
	const WatchedType *type = find_type(watch, schema, name);

	return type != NULL && type->unsafe != NIL ? type : NULL;
}

/* Split a qualified name (a list of String). */
static const char *
last_name(const List *names, const char **schema)
{
	int			n = list_length(names);

	*schema = n > 1 ? strVal(list_nth(names, n - 2)) : NULL;
	return n > 0 ? strVal(llast(names)) : NULL;
}

/* The same for a type's name in a parse tree, or an array of it. */
const WatchedType *
sv_enum_unsafe_typename(const EnumWatch *watch, const TypeName *name)
{
	const char *schema;
	const char *last;

	if (name == NULL || name->pct_type || name->names == NIL)
		return NULL;
	last = last_name(name->names, &schema);
	return sv_enum_unsafe_type(watch, schema, last);
}

/* Return the table of that name, or NULL if nothing is known of it. */
WatchedTable *
sv_enum_table(const EnumWatch *watch, const char *name)
{
	return hash_search(watch->tables, name, HASH_FIND, NULL);
}

WatchedColumn *
sv_enum_column(const WatchedTable *table, const char *name)
{
	ListCell   *lc;

	if (table == NULL)
		return NULL;
	foreach(lc, table->columns)
	{
		WatchedColumn *column = lfirst(lc);

		if (strcmp(column->name, name) == 0)
			return column;
	}
	return NULL;
}

/* Return the column's type if it has values that cannot be used yet. */
const WatchedType *
sv_enum_column_type(const EnumWatch *watch, const WatchedColumn *column)
{
	if (column == NULL || column->type_name == NULL)
		return NULL;
	return sv_enum_unsafe_type(watch, column->type_schema, column->type_name);
}

/* Place of the column among its table's, from 1; 0 if it is not known. */
int
sv_enum_position(const WatchedTable *table, const WatchedColumn *column)
{
	if (!table->complete)
		return column->position;
	for (int i = 0; i < list_length(table->columns); i++)
	{
		if (list_nth(table->columns, i) == column)
			return i + 1;
	}
	return 0;
}

/* ---------- tables and columns ---------- */

static WatchedTable *
make_table(EnumWatch *watch, const char *name)
{
	bool		found;
	WatchedTable *table = hash_search(watch->tables, name, HASH_ENTER, &found);

	if (!found)
	{
		table->complete = false;
		table->columns = NIL;
	}
	return table;
}

/* Let the column have the type, or none that matters if the name is NULL. */
static void
set_column_type(WatchedColumn *column, const TypeName *type)
{
	const char *schema = NULL;
	const char *name = NULL;

	if (type != NULL && !type->pct_type)
		name = last_name(type->names, &schema);
	if (schema != NULL && strcmp(schema, "pg_catalog") == 0)
		name = NULL;
	column->type_schema = schema != NULL && name != NULL ? pstrdup(schema) : NULL;
	column->type_name = name != NULL ? pstrdup(name) : NULL;
}

static WatchedColumn *
add_column(WatchedTable *table, const char *name)
{
	WatchedColumn *column = sv_enum_column(table, name);

	if (column != NULL)
		return column;
	column = palloc0(sizeof(WatchedColumn));
	column->name = pstrdup(name);
	table->columns = lappend(table->columns, column);
	return column;
}

static void
forget_positions(WatchedTable *table)
{
	ListCell   *lc;

	foreach(lc, table->columns)
		((WatchedColumn *) lfirst(lc))->position = 0;
}

/* Let the event happen to what is known. */
static void
apply_to_tables(EnumWatch *watch, const NameEvent *event)
{
	WatchedTable *table = sv_enum_table(watch, event->table);
	WatchedTable copy;
	WatchedColumn *column;

	if (table == NULL)
		return;
	if (event->column == NULL)
	{
		copy = *table;
		hash_search(watch->tables, event->table, HASH_REMOVE, NULL);
		if (event->new_name == NULL)
			return;
		table = make_table(watch, event->new_name);
		table->complete = copy.complete;
		table->columns = copy.columns;
		return;
	}
	column = sv_enum_column(table, event->column);
	if (event->new_name == NULL)
		forget_positions(table);
	if (column == NULL)
		return;
	if (event->new_name != NULL)
		column->name = event->new_name;
	else
		table->columns = list_delete_ptr(table->columns, column);
}

/* Note an event, and let it happen. */
static void
happen(EnumWatch *watch, const char *table, const char *column, const char *new_name)
{
	NameEvent  *event = palloc(sizeof(NameEvent));

	event->table = pstrdup(table);
	event->column = column != NULL ? pstrdup(column) : NULL;
	event->new_name = new_name != NULL ? pstrdup(new_name) : NULL;
	watch->events = lappend(watch->events, event);
	apply_to_tables(watch, event);
}

/*
 * Let all events of the run happen to a live column.  Returns false if it is
 * gone or has another type.
 */
static bool
apply_events(const EnumWatch *watch, EnumColumn *column)
{
	ListCell   *lc;

	foreach(lc, watch->events)
	{
		const NameEvent *event = lfirst(lc);

		if (strcmp(event->table, column->table_name) != 0)
			continue;
		if (event->column == NULL && event->new_name != NULL)
			column->table_name = event->new_name;
		else if (event->column == NULL)
			return false;
		else if (strcmp(event->column, column->column_name) == 0 && event->new_name == NULL)
			return false;
		else if (event->new_name == NULL)
			column->position = 0;
		else if (strcmp(event->column, column->column_name) == 0)
			column->column_name = event->new_name;
	}
	return true;
}

/* Ask for the columns that the type has outside of the run. */
static void
load_columns(EnumWatch *watch, WatchedType *type)
{
	List	   *columns;
	ListCell   *lc;

	if (type->loaded || type->created || watch->columns_of == NULL)
		return;
	type->loaded = true;
	columns = watch->columns_of(type->live_schema, type->live_name, watch->arg);
	foreach(lc, columns)
	{
		EnumColumn	live = *(EnumColumn *) lfirst(lc);
		WatchedTable *table;
		WatchedColumn *column;

		if (!apply_events(watch, &live))
			continue;
		table = make_table(watch, live.table_name);
		if (sv_enum_column(table, live.column_name) != NULL)
			continue;
		column = add_column(table, live.column_name);
		column->position = live.position;
		column->type_schema = type->schema;
		column->type_name = type->name;
	}
}

/* ---------- types ---------- */

/* Return the type of that name, new if nothing was known of it. */
static WatchedType *
make_type(EnumWatch *watch, const List *names)
{
	const char *schema;
	const char *name = last_name(names, &schema);
	WatchedType *type = find_type(watch, schema, name);

	if (type != NULL)
		return type;
	type = palloc0(sizeof(WatchedType));
	type->name = type->live_name = pstrdup(name);
	if (schema != NULL)
		type->schema = type->live_schema = pstrdup(schema);
	watch->types = lappend(watch->types, type);
	return type;
}

static void
create_type(EnumWatch *watch, const CreateEnumStmt *stmt)
{
	WatchedType *type = make_type(watch, stmt->typeName);

	type->created = true;
	type->live_name = type->live_schema = NULL;
	type->unsafe = NIL;
}

static bool
has_value(const EnumWatch *watch, const WatchedType *type, const char *value)
{
	return watch->has_value != NULL && !type->created &&
		watch->has_value(type->live_schema, type->live_name, value, watch->arg);
}

static void
add_value(EnumWatch *watch, WatchedType *type, const AlterEnumStmt *stmt)
{
	if (type->created && SV_HAS_SAFE_NEW_ENUM_VALUES)
		return;
	if (stmt->skipIfNewValExists && has_value(watch, type, stmt->newVal))
		return;
	load_columns(watch, type);
	type->unsafe = lappend(type->unsafe, pstrdup(stmt->newVal));
}

static void
alter_enum(EnumWatch *watch, const AlterEnumStmt *stmt)
{
	WatchedType *type = make_type(watch, stmt->typeName);
	ListCell   *lc;

	if (stmt->oldVal == NULL)
	{
		add_value(watch, type, stmt);
		return;
	}
	foreach(lc, type->unsafe)
	{
		if (strcmp(lfirst(lc), stmt->oldVal) == 0)
			lfirst(lc) = pstrdup(stmt->newVal);
	}
}

/* Give the type, and all columns of it, another name or schema. */
static void
rename_type(EnumWatch *watch, const List *names, const char *new_schema, const char *new_name)
{
	WatchedType *type = make_type(watch, names);
	const char *old_schema = type->schema;
	const char *old_name = type->name;
	HASH_SEQ_STATUS seq;
	WatchedTable *table;

	if (new_schema != NULL)
		type->schema = pstrdup(new_schema);
	if (new_name != NULL)
		type->name = pstrdup(new_name);

	hash_seq_init(&seq, watch->tables);
	while ((table = hash_seq_search(&seq)) != NULL)
	{
		ListCell   *lc;

		foreach(lc, table->columns)
		{
			WatchedColumn *column = lfirst(lc);

			if (!same_type(column->type_schema, column->type_name, old_schema, old_name))
				continue;
			if (new_schema != NULL)
				column->type_schema = type->schema;
			column->type_name = type->name;
		}
	}
}

static void
drop_type(EnumWatch *watch, const TypeName *name)
{
	const char *schema;
	const char *last = last_name(name->names, &schema);
	WatchedType *type = find_type(watch, schema, last);

	if (type != NULL)
		watch->types = list_delete_ptr(watch->types, type);
}

/* ---------- statements ---------- */

static void
create_table(EnumWatch *watch, const CreateStmt *stmt)
{
	WatchedTable *table = make_table(watch, stmt->relation->relname);
	ListCell   *lc;

	if (table->columns != NIL && stmt->if_not_exists)
		return;
	table->complete = stmt->inhRelations == NIL && stmt->ofTypename == NULL;
	table->columns = NIL;
	foreach(lc, stmt->tableElts)
	{
		const ColumnDef *def = lfirst(lc);

		if (IsA(def, ColumnDef))
			set_column_type(add_column(table, def->colname), def->typeName);
		else if (IsA(def, TableLikeClause))
			table->complete = false;
	}
}

static void
alter_table(EnumWatch *watch, const AlterTableStmt *stmt)
{
	const char *name = stmt->relation->relname;
	ListCell   *lc;

	foreach(lc, stmt->cmds)
	{
		const AlterTableCmd *cmd = lfirst(lc);
		const ColumnDef *def = (const ColumnDef *) cmd->def;

		if (cmd->subtype == AT_AddColumn)
			set_column_type(add_column(make_table(watch, name), def->colname), def->typeName);
		else if (cmd->subtype == AT_DropColumn)
			happen(watch, name, cmd->name, NULL);
		else if (cmd->subtype == AT_AlterColumnType)
		{
			WatchedTable *table = make_table(watch, name);

			/* live columns of the old type, if they are still to be loaded */
			if (sv_enum_column(table, cmd->name) == NULL)
				happen(watch, name, cmd->name, NULL);
			set_column_type(add_column(table, cmd->name), def->typeName);
		}
	}
}

static void
rename_object(EnumWatch *watch, const RenameStmt *stmt)
{
	if (stmt->renameType == OBJECT_TYPE && IsA(stmt->object, List))
		rename_type(watch, (const List *) stmt->object, NULL, stmt->newname);
	else if (stmt->renameType == OBJECT_COLUMN && stmt->relation != NULL)
		happen(watch, stmt->relation->relname, stmt->subname, stmt->newname);
	else if ((stmt->renameType == OBJECT_TABLE || stmt->renameType == OBJECT_VIEW ||
			  stmt->renameType == OBJECT_MATVIEW || stmt->renameType == OBJECT_FOREIGN_TABLE) &&
			 stmt->relation != NULL)
		happen(watch, stmt->relation->relname, NULL, stmt->newname);
}

static void
drop_objects(EnumWatch *watch, const DropStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->objects)
	{
		Node	   *object = lfirst(lc);

		if (stmt->removeType == OBJECT_TYPE && IsA(object, TypeName))
			drop_type(watch, (const TypeName *) object);
		else if ((stmt->removeType == OBJECT_TABLE || stmt->removeType == OBJECT_VIEW ||
				  stmt->removeType == OBJECT_MATVIEW) && IsA(object, List))
			happen(watch, strVal(llast((List *) object)), NULL, NULL);
	}
}

/* SET check_function_bodies decides whether bodies count as use. */
static void
set_variable(EnumWatch *watch, const VariableSetStmt *stmt)
{
	const A_Const *value;

	if (stmt->name == NULL || pg_strcasecmp(stmt->name, "check_function_bodies") != 0)
		return;
	watch->check_bodies = true;
	if (stmt->kind != VAR_SET_VALUE || list_length(stmt->args) != 1)
		return;
	value = linitial(stmt->args);
	if (!IsA(value, A_Const) || value->isnull)
		return;
	if (IsA(&value->val, String))
		(void) parse_bool(value->val.sval.sval, &watch->check_bodies);
	else if (IsA(&value->val, Integer))
		watch->check_bodies = value->val.ival.ival != 0;
}

static void
track(EnumWatch *watch, Node *tree)
{
	ListCell   *lc;

	switch (nodeTag(tree))
	{
		case T_CreateEnumStmt:
			create_type(watch, (const CreateEnumStmt *) tree);
			break;
		case T_AlterEnumStmt:
			alter_enum(watch, (const AlterEnumStmt *) tree);
			break;
		case T_CreateStmt:
			create_table(watch, (const CreateStmt *) tree);
			break;
		case T_AlterTableStmt:
			alter_table(watch, (const AlterTableStmt *) tree);
			break;
		case T_RenameStmt:
			rename_object(watch, (const RenameStmt *) tree);
			break;
		case T_AlterObjectSchemaStmt:
			if (((const AlterObjectSchemaStmt *) tree)->objectType == OBJECT_TYPE)
				rename_type(watch, (const List *) ((const AlterObjectSchemaStmt *) tree)->object,
							((const AlterObjectSchemaStmt *) tree)->newschema, NULL);
			break;
		case T_DropStmt:
			drop_objects(watch, (const DropStmt *) tree);
			break;
		case T_VariableSetStmt:
			set_variable(watch, (const VariableSetStmt *) tree);
			break;
		case T_CreateSchemaStmt:
			foreach(lc, ((const CreateSchemaStmt *) tree)->schemaElts)
				track(watch, lfirst(lc));
			break;
		default:
			break;
	}
}

/* Take note of what the statement does to names and enum types. */
void
sv_enum_track(EnumWatch *watch, Node *tree)
{
	MemoryContext old = MemoryContextSwitchTo(watch->cxt);

	track(watch, tree);
	MemoryContextSwitchTo(old);
}
