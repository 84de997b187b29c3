/*
 * managed_rows.c
 *		The rows that a table shall have, as the text that is stored of them, and as SQL.
 *
 * The stored text is JSON, one row a line, so that equal definitions have equal
 * texts.  A value is null, a string, a number, a boolean, or an object: {"number":
 * "1e3"} where JSON would write the number in another way, {"default": true}, or
 * {"value": ..., "casts": [type, ...]}.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "script/script_private.h"
#include "utils/builtins.h"
#include "utils/json.h"

/* ---------- writing ---------- */

/* Does JSON write the number as it stands? */
static bool
is_plain_number(const char *text)
{
	size_t		whole;
	size_t		part;

	text += *text == '-';
	whole = strspn(text, "0123456789");
	if (whole == 0 || (whole > 1 && text[0] == '0'))
		return false;
	text += whole;
	if (*text == '\0')
		return true;
	part = *text == '.' ? strspn(text + 1, "0123456789") : 0;
	return part > 0 && text[1 + part] == '\0';
}

static void
append_plain_value(StringInfo out, const RowValue *value)
{
	switch (value->kind)
	{
		case SV_VALUE_NULL:
			appendStringInfoString(out, "null");
			break;
		case SV_VALUE_DEFAULT:
			appendStringInfoString(out, "{\"default\": true}");
			break;
		case SV_VALUE_STRING:
			escape_json(out, value->text);
			break;
		case SV_VALUE_BOOLEAN:
			appendStringInfoString(out, value->text);
			break;
		case SV_VALUE_NUMBER:
			if (is_plain_number(value->text))
				appendStringInfoString(out, value->text);
			else
				appendStringInfo(out, "{\"number\": %s}", sv_json_quote(value->text));
			break;
	}
}

static void
append_value(StringInfo out, const RowValue *value)
{
	if (value->casts == NIL)
	{
		append_plain_value(out, value);
		return;
	}
	appendStringInfoString(out, "{\"value\": ");
	append_plain_value(out, value);
	appendStringInfo(out, ", \"casts\": %s}", sv_json_list(value->casts));
}

static void
append_row(StringInfo out, const List *row)
{
	appendStringInfoChar(out, '[');
	foreach_ptr(const RowValue, value, row)
	{
		if (foreach_current_index(value) > 0)
			appendStringInfoString(out, ", ");
		append_value(out, value);
	}
	appendStringInfoChar(out, ']');
}

/* The text that is stored of the rows; casts must have their names. */
char *
sv_managed_text(const ManagedRows *rows)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "{\"schema\": %s, \"table\": %s,\n", sv_json_quote(rows->schema),
					 sv_json_quote(rows->table));
	appendStringInfo(&out, "\"key\": %s,\n", sv_json_list(rows->key));
	appendStringInfo(&out, "\"delete\": %s, \"overwrite\": %s,\n", rows->delete ? "true" : "false",
					 rows->overwrite ? "true" : "false");
	appendStringInfo(&out, "\"columns\": %s,\n\"rows\": [", sv_json_list(rows->columns));
	foreach_ptr(const List, row, rows->rows)
	{
		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&out, foreach_current_index(row) > 0 ? ",\n" : "\n");
		append_row(&out, row);
	}
	appendStringInfoString(&out, "\n]}");
	return out.data;
}

/* ---------- reading ---------- */

static RowValue *
read_plain_value(const JsonbValue *json)
{
	RowValue   *value = palloc0(sizeof(RowValue));
	JsonbContainer *object = sv_json_object(json);

	value->text = sv_json_text(json);
	if (object != NULL && sv_json_member(object, "default") != NULL)
		value->kind = SV_VALUE_DEFAULT;
	else if (object != NULL)
	{
		value->kind = SV_VALUE_NUMBER;
		value->text = sv_json_string(sv_json_member(object, "number"));
	}
	else if (json->type == jbvString)
		value->kind = SV_VALUE_STRING;
	else if (json->type == jbvNumeric)
		value->kind = SV_VALUE_NUMBER;
	else if (json->type == jbvBool)
		value->kind = SV_VALUE_BOOLEAN;
	else
		value->kind = SV_VALUE_NULL;
	return value;
}

static RowValue *
read_json_value(const JsonbValue *json)
{
	JsonbContainer *object = sv_json_object(json);
	JsonbValue *inner = object ? sv_json_member(object, "value") : NULL;
	RowValue   *value;

	if (inner == NULL)
		return read_plain_value(json);
	value = read_plain_value(inner);
	value->casts = sv_json_texts(sv_json_array(sv_json_member(object, "casts")));
	return value;
}

static bool
read_flag(JsonbContainer *object, const char *name)
{
	const JsonbValue *value = sv_json_member(object, name);

	return value != NULL && value->type == jbvBool && value->val.boolean;
}

/* The rows of a stored text. */
ManagedRows *
sv_managed_parse(const char *text)
{
	ManagedRows *rows = palloc0(sizeof(ManagedRows));
	JsonbContainer *object = &sv_json_parse(text)->root;
	JsonbContainer *list = sv_json_array(sv_json_member(object, "rows"));

	rows->schema = sv_json_string(sv_json_member(object, "schema"));
	rows->table = sv_json_string(sv_json_member(object, "table"));
	rows->key = sv_json_texts(sv_json_array(sv_json_member(object, "key")));
	rows->columns = sv_json_texts(sv_json_array(sv_json_member(object, "columns")));
	rows->delete = read_flag(object, "delete");
	rows->overwrite = read_flag(object, "overwrite");
	if (rows->schema == NULL || rows->table == NULL || list == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("the stored text of managed rows is damaged")));
	for (uint32 i = 0; i < JsonContainerSize(list); i++)
	{
		JsonbContainer *elements = sv_json_array(getIthJsonbValueFromContainer(list, i));
		List	   *row = NIL;

		CHECK_FOR_INTERRUPTS();
		for (int j = 0; j < list_length(rows->columns); j++)
			row = lappend(row, read_json_value(getIthJsonbValueFromContainer(elements, j)));
		rows->rows = lappend(rows->rows, row);
	}
	return rows;
}

/* ---------- as SQL ---------- */

/* The table's name, quoted. */
char *
sv_managed_table(const ManagedRows *rows)
{
	return quote_qualified_identifier(rows->schema, rows->table);
}

/* Names of columns as they are written in a statement: "a, b". */
char *
sv_managed_names(const List *columns)
{
	StringInfoData out;

	initStringInfo(&out);
	foreach_ptr(const char, column, columns)
		appendStringInfo(&out, "%s%s", out.len > 0 ? ", " : "", quote_identifier(column));
	return out.data;
}

/* The value as it is written in a statement. */
char *
sv_value_sql(const RowValue *value)
{
	StringInfoData out;

	initStringInfo(&out);
	switch (value->kind)
	{
		case SV_VALUE_NULL:
			appendStringInfoString(&out, "NULL");
			break;
		case SV_VALUE_DEFAULT:
			appendStringInfoString(&out, "DEFAULT");
			break;
		case SV_VALUE_STRING:
			appendStringInfoString(&out, quote_literal_cstr(value->text));
			break;
		default:
			appendStringInfo(&out, value->text[0] == '-' && value->casts != NIL ? "(%s)" : "%s",
							 value->text);
			break;
	}
	foreach_ptr(const char, cast, value->casts)
		appendStringInfo(&out, "::%s", cast);
	return out.data;
}

/* The row as it stands in VALUES, with its brackets. */
char *
sv_row_sql(const List *row)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoChar(&out, '(');
	foreach_ptr(const RowValue, value, row)
		appendStringInfo(&out, "%s%s", foreach_current_index(value) > 0 ? ", " : "",
						 sv_value_sql(value));
	appendStringInfoChar(&out, ')');
	return out.data;
}

/* The statement that adds a row. */
char *
sv_managed_insert_sql(const ManagedRows *rows, const List *row)
{
	return psprintf("INSERT INTO %s (%s) VALUES %s", sv_managed_table(rows),
					sv_managed_names(rows->columns), sv_row_sql(row));
}

/* The statement that gives the row with that key its values; NULL if it has none beside it. */
char *
sv_managed_update_sql(const ManagedRows *rows, const List *row)
{
	StringInfoData set;
	StringInfoData where;

	initStringInfo(&set);
	initStringInfo(&where);
	foreach_ptr(const char, column, rows->columns)
	{
		const RowValue *value = list_nth(row, foreach_current_index(column));
		bool		is_key = sv_base_has_string(rows->key, column);

		if (value->kind == SV_VALUE_DEFAULT)
			continue;
		if (is_key)
			appendStringInfo(&where, "%s%s = %s", where.len > 0 ? " AND " : "",
							 quote_identifier(column), sv_value_sql(value));
		else
			appendStringInfo(&set, "%s%s = %s", set.len > 0 ? ", " : "",
							 quote_identifier(column), sv_value_sql(value));
	}
	return set.len == 0 ? NULL :
		psprintf("UPDATE %s SET %s WHERE %s", sv_managed_table(rows), set.data, where.data);
}

/* The statement that deletes all rows that are not wanted. */
char *
sv_managed_delete_sql(const ManagedRows *rows)
{
	StringInfoData keys;
	ListCell   *row;

	initStringInfo(&keys);
	foreach(row, rows->rows)
	{
		List	   *values = NIL;

		foreach_ptr(const char, string, rows->key)
			values = lappend(values, list_nth(lfirst(row), sv_managed_place(rows, string)));
		appendStringInfo(&keys, "%s%s", keys.len > 0 ? ", " : "", sv_row_sql(values));
	}
	return psprintf("DELETE FROM %s WHERE ((%s) IN (%s)) IS NOT TRUE", sv_managed_table(rows),
					sv_managed_names(rows->key), keys.data);
}

/* The rows as sv_values_read() takes them. */
char *
sv_managed_values(const ManagedRows *rows)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "(%s) VALUES", sv_managed_names(rows->columns));
	foreach_ptr(const List, row, rows->rows)
		appendStringInfo(&out, "%s\n\t%s", foreach_current_index(row) > 0 ? "," : "",
						 sv_row_sql(row));
	return out.data;
}

/* Which of the managed columns it is, from 0; -1: none. */
int
sv_managed_place(const ManagedRows *rows, const char *column)
{
	foreach_ptr(const char, string, rows->columns)
	{
		if (strcmp(string, column) == 0)
			return foreach_current_index(string);
	}
	return -1;
}

/* The key of a row, for messages: its values as text. */
char *
sv_managed_key(const ManagedRows *rows, const List *row)
{
	StringInfoData out;

	initStringInfo(&out);
	foreach_ptr(const char, string, rows->key)
	{
		const RowValue *value = list_nth(row, sv_managed_place(rows, string));

		appendStringInfo(&out, "%s%s", out.len > 0 ? ", " : "",
						 value->text != NULL ? value->text : sv_value_sql(value));
	}
	return out.data;
}
