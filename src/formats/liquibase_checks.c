/*
 * liquibase_checks.c
 *		Preconditions of a Liquibase changeset.
 */
#include "postgres.h"

#include <ctype.h>

#include "utils/builtins.h"
#include "utils/formatting.h"
#include "utils/json.h"

#include "formats/formats_private.h"

/* What schemaver calls the action, or NULL. */
static const char *
action_of(const char *name)
{
	static const char *const names[][2] = {
		{"HALT", "halt"}, {"WARN", "warn"}, {"CONTINUE", "skip"}, {"MARK_RAN", "mark"}
	};

	for (int i = 0; i < lengthof(names); i++)
	{
		if (pg_strcasecmp(names[i][0], name) == 0)
			return names[i][1];
	}
	return NULL;
}

/* "--preconditions onFail:... onError:...": what is to be done about those of the changeset. */
static void
take_actions(LiquibaseChecks *checks, const SourceFile *file, const LineCursor *line,
			 const char *text)
{
	char	   *name;
	char	   *value;

	while ((text = sv_liquibase_attribute(text, &name, &value)) != NULL)
	{
		const char *action;

		if (pg_strcasecmp(name, "onFail") == 0 || pg_strcasecmp(name, "onError") == 0)
		{
			action = action_of(value);
			if (action == NULL)
				sv_format_refuse(file, line->number, psprintf("\"%s\" is no action", value),
								 "Known are HALT, WARN, CONTINUE and MARK_RAN.");
			if (pg_strcasecmp(name, "onFail") == 0)
				checks->on_fail = action;
			else
				checks->on_error = action;
		}
		else if (pg_strcasecmp(name, "onFailMessage") == 0)
			checks->on_message = value;
		else if (pg_strcasecmp(name, "onErrorMessage") != 0 &&
				 pg_strcasecmp(name, "onSqlOutput") != 0 &&
				 pg_strcasecmp(name, "onUpdateSQL") != 0)
			sv_format_refuse(file, line->number,
							 psprintf("attribute \"%s\" of preconditions cannot be kept", name),
							 NULL);
	}
}

/* The actions are known at the end of the changeset. */
static void
add_precondition(LiquibaseChecks *checks, const char *sql, const char *expect)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, "{\"sql\": ");
	escape_json(&out, sql);
	if (expect != NULL)
	{
		appendStringInfoString(&out, ", \"expect\": ");
		escape_json(&out, expect);
	}
	checks->conditions = lappend(checks->conditions, out.data);
}

/*
 * Return the identifier that Liquibase means by a name: as it is if it has small letters and
 * capitals, else in small letters.
 */
static const char *
identifier_of(const char *name)
{
	char	   *small = asc_tolower(name, strlen(name));
	char	   *capital = asc_toupper(name, strlen(name));

	return quote_identifier(strcmp(name, capital) == 0 ? small : name);
}

/* "-table-exists table:t schema:s" and the like: a query. */
static char *
exists_query(const SourceFile *file, const LineCursor *line, const char *text, const char *what,
			 const char *kinds)
{
	const char *schema = "";
	const char *object = NULL;
	char	   *name;
	char	   *value;

	while ((text = sv_liquibase_attribute(text, &name, &value)) != NULL)
	{
		if (pg_strcasecmp(name, "schema") == 0)
			schema = psprintf("%s.", identifier_of(value));
		else if (pg_strcasecmp(name, what) == 0)
			object = identifier_of(value);
	}
	if (object == NULL)
		sv_format_refuse(file, line->number, psprintf("the precondition names no %s", what), NULL);
	return psprintf("SELECT EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = "
					"pg_catalog.to_regclass(%s) AND relkind IN (%s))",
					quote_literal_cstr(psprintf("%s%s", schema, object)), kinds);
}

/* Read what follows "--precondition" on a line: "s onFail:...", or "-KIND ...". */
void
sv_liquibase_check(LiquibaseChecks *checks, const List *properties, const SourceFile *file,
				   const LineCursor *line, const char *text)
{
	static const char expected[] = "expectedResult:";

	if (pg_strncasecmp(text, "s", 1) == 0 && (text[1] == '\0' || isspace((unsigned char) text[1])))
		take_actions(checks, file, line, text + 1);
	else if (pg_strncasecmp(text, "-sql-check", 10) == 0)
	{
		char	   *name;
		char	   *value;

		text += 10 + strspn(text + 10, " \t");
		if (pg_strncasecmp(text, expected, strlen(expected)) != 0 ||
			(text = sv_liquibase_attribute(text, &name, &value)) == NULL)
			sv_format_refuse(file, line->number, "the precondition has no expectedResult", NULL);
		add_precondition(checks, sv_liquibase_expand(properties, text + strspn(text, " \t")),
						 value);
	}
	else if (pg_strncasecmp(text, "-table-exists", 13) == 0)
		add_precondition(checks, exists_query(file, line, text + 13, "table", "'r', 'p'"), NULL);
	else if (pg_strncasecmp(text, "-view-exists", 12) == 0)
		add_precondition(checks, exists_query(file, line, text + 12, "view", "'v', 'm'"), NULL);
	else
		sv_format_refuse(file, line->number, "a precondition of this kind cannot be kept",
						 "Write it as --precondition-sql-check expectedResult:VALUE QUERY.");
}

/* The checks as the option "preconditions" has them. */
char *
sv_liquibase_checks_json(const LiquibaseChecks *checks)
{
	StringInfoData out;

	initStringInfo(&out);
	foreach_ptr(char, condition, checks->conditions)
	{
		appendStringInfo(&out, "%s%s, \"on_fail\": \"%s\", \"on_error\": \"%s\"",
						 out.len > 0 ? ", " : "[", condition,
						 checks->on_fail ? checks->on_fail : "halt",
						 checks->on_error ? checks->on_error : "halt");
		if (checks->on_message != NULL)
		{
			appendStringInfoString(&out, ", \"message\": ");
			escape_json(&out, checks->on_message);
		}
		appendStringInfoChar(&out, '}');
	}
	appendStringInfoChar(&out, ']');
	return out.data;
}
