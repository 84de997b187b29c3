/*
 * managed.c
 *		Registering managed rows: the rows that a table shall have.
 *
 * What is given as VALUES, CSV or data of COPY becomes one text, in which each
 * value and each name has one way to be written (script/managed_rows.c).  The
 * table need not be there yet; what depends on it is checked when the rows are
 * written.
 */
#include "postgres.h"

#include "access/relation.h"
#include "base/compat.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "parser/parse_type.h"
#include "parser/parser.h"
#include "register/register.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/rel.h"
#include "utils/syscache.h"

static void
refuse_rows(const ManagedRows *rows, const char *message, const char *detail, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_INVALID_SCRIPT),
			 errmsg("invalid managed rows of table \"%s\": %s", rows->table, message),
			 detail != NULL ? errdetail_internal("%s", detail) : 0,
			 hint != NULL ? errhint("%s", hint) : 0));
}

/* ---------- the table ---------- */

/* The schema in which the table is, or would be made. */
static const char *
schema_of_table(RangeVar *name)
{
	Oid			relation = RangeVarGetRelid(name, NoLock, true);
	List	   *path;

	if (OidIsValid(relation))
		return get_namespace_name(get_rel_namespace(relation));
	path = fetch_search_path(false);
	if (path == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_SCHEMA),
				 errmsg("no schema is given for table \"%s\", and search_path names none",
						name->relname)));
	return get_namespace_name(linitial_oid(path));
}

static void
set_table(ManagedRows *rows, const char *table)
{
	RangeVar   *name;

	if (table[strspn(table, " ")] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("argument \"table\" must not be empty"),
				 errhint("Give the name of the table, with its schema: 'app.currency'.")));
	name = makeRangeVarFromNameList(sv_qualified_name_list(table));
	if (name->catalogname != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("improper name of a table: \"%s\"", sv_base_clip(table))));
	rows->table = name->relname;
	rows->schema = name->schemaname != NULL ? name->schemaname : schema_of_table(name);
	if (strncmp(rows->schema, "pg_temp", 7) == 0)
		refuse_rows(rows, "it is a temporary table", NULL, NULL);
}

/* The columns of the table in their order, as INSERT without a list takes them. */
static void
set_table_columns(ManagedRows *rows)
{
	RangeVar   *name = makeRangeVar(unconstify(char *, rows->schema),
									unconstify(char *, rows->table), -1);
	Oid			relation = RangeVarGetRelid(name, NoLock, true);
	int			n = rows->rows != NIL ? list_length(linitial(rows->rows)) : 0;
	Relation	table;

	if (!OidIsValid(relation))
		refuse_rows(rows, "the columns are not named",
					"The table does not exist yet, so its columns are not known.",
					"Write (column, ...) VALUES (...), or give columns => '{...}'.");
	table = relation_open(relation, AccessShareLock);
	for (int i = 0; i < RelationGetNumberOfAttributes(table) && n > 0; i++)
	{
		Form_pg_attribute column = TupleDescAttr(RelationGetDescr(table), i);

		if (column->attisdropped)
			continue;
		rows->columns = lappend(rows->columns, pstrdup(NameStr(column->attname)));
		n--;
	}
	relation_close(table, AccessShareLock);
}

/* ---------- checks ---------- */

static void
check_columns(const ManagedRows *rows)
{
	foreach_ptr(const char, column, rows->columns)
	{
		if (sv_managed_place(rows, column) != foreach_current_index(column))
			refuse_rows(rows, psprintf("column \"%s\" is named twice", column), NULL,
						NULL);
	}
	if (rows->key == NIL)
		refuse_rows(rows, "no key is given", NULL,
					"Name the columns by which a row is known, such as those of the primary key.");
	foreach_ptr(const char, string, rows->key)
	{
		if (sv_managed_place(rows, string) < 0)
			refuse_rows(rows,
						psprintf("the key's column \"%s\" is none of the columns that are given",
								 string),
						psprintf("They are (%s).", sv_managed_names(rows->columns)), NULL);
	}
}

/* The values of the key as one text, which is another one for every other key. */
static char *
key_text(const ManagedRows *rows, const List *row)
{
	List	   *values = NIL;

	foreach_ptr(const char, string, rows->key)
	{
		const RowValue *value = list_nth(row, sv_managed_place(rows, string));

		if (value->text == NULL)
			refuse_rows(rows, psprintf("the key's column \"%s\" is %s", string,
									   sv_value_sql(value)),
						psprintf("The row is %s.", sv_base_clip(sv_row_sql(row))), NULL);
		values = lappend(values, unconstify(char *, value->text));
	}
	return sv_json_list(values);
}

static HTAB *
make_key_table(long n)
{
	HASHCTL		control = {0};

	control.keysize = 65;		/* a hash in hexadecimal digits */
	control.entrysize = 65;
	control.hcxt = CurrentMemoryContext;
	return hash_create("schemaver keys of managed rows", n, &control,
					   HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
}

/* Every row has a value for each column, and a key that no other row has. */
void
sv_register_check_rows(const ManagedRows *rows)
{
	HTAB	   *seen = make_key_table(list_length(rows->rows) + 1);

	foreach_ptr(const List, row, rows->rows)
	{
		bool		found;

		CHECK_FOR_INTERRUPTS();
		if (list_length(row) != list_length(rows->columns))
			refuse_rows(rows, psprintf("row %d has %d values, but there are %d columns",
									   foreach_current_index(row) + 1, list_length(row),
									   list_length(rows->columns)), NULL, NULL);
		(void) hash_search(seen, sv_script_hash(key_text(rows, row)), HASH_ENTER, &found);
		if (found)
			refuse_rows(rows, psprintf("the key (%s) is there twice",
									   sv_base_clip(sv_managed_key(rows, row))), NULL, NULL);
	}
	hash_destroy(seen);
	if (rows->rows == NIL)
		refuse_rows(rows, "there is no row",
					rows->delete ? "The table would be emptied." : NULL,
					"Check that the text was read. To forget managed rows: SELECT schemaver.remove('...').");
}

/* ---------- casts ---------- */

/* What a type that is written in a row means, with its schema. */
static char *
name_of_type(const ManagedRows *rows, const TypeName * name)
{
	int32		typmod;
	Type		tuple = LookupTypeName(NULL, name, &typmod, true);
	Oid			type;

	if (tuple == NULL || !((Form_pg_type) GETSTRUCT(tuple))->typisdefined)
		refuse_rows(rows, psprintf("type \"%s\" does not exist", TypeNameToString(name)), NULL,
					"Leave the cast away: a literal gets the type of its column.");
	type = typeTypeId(tuple);
	ReleaseSysCache(tuple);
	return format_type_extended(type, typmod,
								FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY);
}

static void
name_types(const ManagedRows *rows)
{
	ListCell   *row;
	ListCell   *cell;

	foreach(row, rows->rows)
	{
		foreach_ptr(RowValue, value, lfirst(row))
		{
			foreach(cell, value->types)
				value->casts = lappend(value->casts, name_of_type(rows, lfirst(cell)));
		}
	}
}

/* ---------- reading what is given ---------- */

/*
 * The data of COPY can stand behind its command, as pg_dump writes it.  Takes the
 * columns from that, and returns what is behind it.
 */
static const char *
skip_copy_command(ManagedRows *rows, const char *text)
{
	const char *end;
	List	   *trees;
	const CopyStmt *copy;
	List	   *named = NIL;
	ListCell   *cell;

	if (pg_strncasecmp(text, "COPY ", 5) != 0 || (end = strchr(text, '\n')) == NULL)
		return text;
	trees = raw_parser(pnstrdup(text, end - text), RAW_PARSE_DEFAULT);
	copy = (const CopyStmt *) linitial_node(RawStmt, trees)->stmt;
	if (list_length(trees) != 1 || !IsA(copy, CopyStmt) || !copy->is_from ||
		copy->filename != NULL || copy->options != NIL || copy->relation == NULL)
		refuse_rows(rows, "the first line is another command than COPY ... FROM stdin", NULL, NULL);
	if (strcmp(copy->relation->relname, rows->table) != 0)
		refuse_rows(rows, psprintf("the data is of table \"%s\"", copy->relation->relname), NULL,
					NULL);
	foreach(cell, copy->attlist)
		named = lappend(named, pstrdup(strVal(lfirst(cell))));
	if (named != NIL && rows->columns != NIL && !sv_base_same_strings(rows->columns, named))
		refuse_rows(rows, "the rows name other columns than the argument \"columns\"", NULL,
					"Name the columns in one of both places.");
	if (named != NIL)
		rows->columns = named;
	return end + 1;
}

/* The line \. ends the data; what stands behind it would not be read. */
static void
refuse_behind_end(const ManagedRows *rows, const char *text)
{
	const char *line = text;

	while (line != NULL && !(line[0] == '\\' && line[1] == '.' &&
							 strchr("\r\n", line[2]) != NULL))
	{
		line = strchr(line, '\n');
		line = line != NULL ? line + 1 : NULL;
	}
	if (line == NULL || line[2] == '\0')
		return;
	if (strspn(line + 2, " \t\r\n") < strlen(line + 2))
		refuse_rows(rows, "something stands behind the line \"\\.\", which ends the data", NULL,
					NULL);
}

static void
read_given(ManagedRows *rows, const GivenRows *given, const ScriptOrigin *origin)
{
	const char *text = given->text;

	if (strcmp(given->format, "values") == 0)
	{
		sv_values_read(rows, text, origin);
		return;
	}
	if (strcmp(given->format, "csv") != 0 && strcmp(given->format, "copy") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for argument \"format\": \"%s\"",
						sv_base_clip(given->format)),
				 errhint("Known values: values, csv, copy.")));
	refuse_behind_end(rows, text);
	if (strcmp(given->format, "copy") == 0)
		text = skip_copy_command(rows, text);
	sv_register_copy_rows(rows, text, strcmp(given->format, "csv") == 0);
}

/* ---------- other definitions ---------- */

/* Two definitions of a table, one of which deletes what is not in it, would fight. */
static void
refuse_other_deleting(const ManagedRows *rows, const char *name)
{
	foreach_ptr(const StoredLiving, living, sv_store_living(SV_STORE_WRITE))
	{
		const ManagedRows *other;

		if (living->kind != SV_LIVING_ROWS || strcmp(living->name, name) == 0)
			continue;
		other = sv_managed_parse(living->up);
		if (strcmp(other->table, rows->table) != 0 || strcmp(other->schema, rows->schema) != 0)
			continue;
		if (rows->delete || other->delete)
			ereport(ERROR,
					(errcode(ERRCODE_SV_DUPLICATE),
					 errmsg("rows of table \"%s\" are managed by \"%s\", too", rows->table,
							living->name),
					 errdetail("One of both deletes all rows that are not in it."),
					 errhint("Put all rows into one definition, or let none of them delete.")));
	}
}

/* What the call gives, as rows that were checked as far as they can be without the table. */
ManagedRows *
sv_register_read_rows(const GivenRows *given)
{
	ManagedRows *rows = palloc0(sizeof(ManagedRows));
	ScriptOrigin origin = {given->name, "rows", given->file, Max(given->line, 1)};

	set_table(rows, given->table);
	rows->key = given->key;
	rows->columns = given->columns;
	rows->delete = given->delete;
	rows->overwrite = given->overwrite;
	if (given->insert != NULL)
		sv_values_take(rows, given->insert, given->text, &origin);
	else
		read_given(rows, given, &origin);
	if (rows->columns == NIL)
		set_table_columns(rows);
	check_columns(rows);
	sv_register_check_rows(rows);
	name_types(rows);
	return rows;
}

/* The name of rows for which none is given; SV005 if that of the table is no name for them. */
static const char *
name_after_table(const ManagedRows *rows)
{
	const char *name = psprintf("%s.%s", rows->schema, rows->table);
	const char *fault = sv_graph_name_fault(name, false);

	if (fault != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_INVALID_ID),
				 errmsg("the rows of table \"%s\" need a name of their own", rows->table),
				 errdetail_internal("\"%s\": %s", sv_base_clip(name), fault),
				 errhint("Give one: managed_rows(..., name => 'NAME').")));
	return name;
}

/* Register rows that were read; "given" says the rest.  *name gets their name. */
RegisterAction
sv_register_managed_rows(const ManagedRows *rows, const GivenRows *given, const char **name)
{
	StoredLiving living = {given->name, SV_LIVING_ROWS};

	if (living.name == NULL)
		living.name = name_after_table(rows);
	living.up = sv_managed_text(rows);
	living.depends_on = given->depends_on;
	living.always = given->always;
	living.contexts = given->contexts;
	living.labels = given->labels;
	living.source = given->source != NULL ? given->source : "";
	living.file = given->file;
	living.line = Max(given->line, 1);
	refuse_other_deleting(rows, living.name);
	*name = living.name;
	return sv_register_living(&living);
}

/* Register the rows that a table shall have, or other ones.  *name gets their name. */
RegisterAction
sv_register_managed(const GivenRows *given, const char **name)
{
	return sv_register_managed_rows(sv_register_read_rows(given), given, name);
}
