/*
 * enum_hoist.c
 *		Scripts that run in one transaction: let CREATE TYPE bring the values that
 *		ALTER TYPE adds later.
 *
 * PostgreSQL refuses to use a value that was added in the same transaction, not one
 * with which the type was made.  Types are told apart by their names as the scripts
 * write them, followed through RENAME and DROP; whoever uses the result proves it.
 */
#include "postgres.h"

#include "nodes/parsenodes.h"
#include "nodes/value.h"
#include "parser/parser.h"
#include "utils/builtins.h"

#include "script/script.h"

/* A type that one of the scripts creates. */
typedef struct HoistedType
{
	char	   *name;			/* as it is called now, without schema; NULL: not followed */
	CreateEnumStmt *create;
	const char **text;			/* of its statement */
	List	   *labels;			/* of char *, in order */
	bool		grown;
} HoistedType;

static HoistedType *
find_type(List *types, const char *name)
{
	ListCell   *cell;

	foreach(cell, types)
	{
		HoistedType *type = lfirst(cell);

		if (type->name != NULL && strcmp(type->name, name) == 0)
			return type;
	}
	return NULL;
}

static char *
last_name(List *names)
{
	return strVal(llast(names));
}

static List *
note_create(List *types, CreateEnumStmt *create, const char **text)
{
	HoistedType *type = palloc0(sizeof(HoistedType));
	ListCell   *cell;

	type->name = last_name(create->typeName);
	type->create = create;
	type->text = text;
	foreach(cell, create->vals)
		type->labels = lappend(type->labels, strVal(lfirst(cell)));
	return lcons(type, types);
}

static int
place_of(const HoistedType *type, const char *label)
{
	ListCell   *cell;

	foreach(cell, type->labels)
		if (strcmp(lfirst(cell), label) == 0)
			return foreach_current_index(cell);
	return -1;
}

/* Add a value where ALTER TYPE would; returns whether that statement is needed no more. */
static bool
add_value(HoistedType *type, const AlterEnumStmt *alter)
{
	int			neighbor;

	if (place_of(type, alter->newVal) >= 0)
		return true;
	neighbor = alter->newValNeighbor ? place_of(type, alter->newValNeighbor) : list_length(type->labels) - 1;
	if (neighbor < 0)
		return false;
	type->labels = list_insert_nth(type->labels, neighbor + (alter->newValNeighbor == NULL || alter->newValIsAfter),
								   alter->newVal);
	type->grown = true;
	return true;
}

/* Look at ALTER TYPE ... VALUE: returns whether it can be left out. */
static bool
note_alter(List *types, const AlterEnumStmt *alter)
{
	HoistedType *type = find_type(types, last_name(alter->typeName));

	if (type == NULL)
		return false;
	if (alter->oldVal == NULL)
		return add_value(type, alter);
	type->name = NULL;			/* RENAME VALUE: what comes after stays where it is */
	return false;
}

static void
note_rename(List *types, const RenameStmt *rename)
{
	HoistedType *type;

	if (rename->renameType != OBJECT_TYPE)
		return;
	type = find_type(types, last_name((List *) rename->object));
	if (type != NULL)
		type->name = rename->newname;
}

static void
note_drop(List *types, const DropStmt *drop)
{
	ListCell   *cell;

	if (drop->removeType != OBJECT_TYPE)
		return;
	foreach(cell, drop->objects)
	{
		HoistedType *type = find_type(types, last_name(lfirst_node(TypeName, cell)->names));

		if (type != NULL)
			type->name = NULL;
	}
}

static char *
write_create(const HoistedType *type)
{
	StringInfoData out;
	ListCell   *cell;

	initStringInfo(&out);
	appendStringInfoString(&out, "CREATE TYPE ");
	foreach(cell, type->create->typeName)
		appendStringInfo(&out, "%s%s", foreach_current_index(cell) > 0 ? "." : "", quote_identifier(strVal(lfirst(cell))));
	appendStringInfoString(&out, " AS ENUM (");
	foreach(cell, type->labels)
		appendStringInfo(&out, "%s%s", foreach_current_index(cell) > 0 ? ", " : "", quote_literal_cstr(lfirst(cell)));
	appendStringInfoChar(&out, ')');
	return out.data;
}

static bool
may_matter(const Statement *statement)
{
	static const char *const tags[] = {"CREATE TYPE", "ALTER TYPE", "DROP TYPE"};

	for (int i = 0; i < lengthof(tags); i++)
		if (strcmp(statement->tag, tags[i]) == 0)
			return true;
	return false;
}

/* Look at a statement; returns the types, *text is set where it is left out. */
static List *
note_statement(List *types, const Script *script, int statement, const char **text)
{
	Node	   *tree;

	if (!may_matter(&script->statements[statement]))
		return types;
	tree = linitial_node(RawStmt, raw_parser(sv_script_statement_text(script, statement), RAW_PARSE_DEFAULT))->stmt;
	if (IsA(tree, CreateEnumStmt))
		return note_create(types, (CreateEnumStmt *) tree, text);
	if (IsA(tree, AlterEnumStmt) && note_alter(types, (AlterEnumStmt *) tree))
		*text = "";
	else if (IsA(tree, RenameStmt))
		note_rename(types, (RenameStmt *) tree);
	else if (IsA(tree, DropStmt))
		note_drop(types, (DropStmt *) tree);
	return types;
}

/*
 * Of scripts (Script *) that will run one after the other in one transaction:
 * for each a new array with the texts that take the place of its statements (""
 * to leave one out), NULL where a statement stays.  Returns the list of arrays.
 */
List *
sv_enum_hoist(List *scripts)
{
	List	   *types = NIL;
	List	   *result = NIL;
	ListCell   *cell;

	foreach(cell, scripts)
	{
		const Script *script = lfirst(cell);
		const char **texts = palloc0(sizeof(char *) * (script->n + 1));

		result = lappend(result, texts);
		for (int i = 0; i < script->n; i++)
			types = note_statement(types, script, i, &texts[i]);
	}
	foreach(cell, types)
	{
		const HoistedType *type = lfirst(cell);

		if (type->grown)
			*type->text = write_create(type);
	}
	return result;
}
