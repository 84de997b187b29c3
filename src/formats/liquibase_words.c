/*
 * liquibase_words.c
 *		What the lines of Liquibase's formatted SQL are made of: attributes,
 *		names of database systems, properties, checksums.
 */
#include "postgres.h"

#include "formats/formats_private.h"

typedef struct Property
{
	const char *name;
	const char *value;
} Property;

/*
 * Return the length of the value, which ends at a blank.  Attributes can stand in
 * parentheses, so one at the end that nothing in the value opens is not of it.
 */
static int
value_length(const char *value)
{
	int			length = strcspn(value, " \t");
	int			depth = 0;

	for (int i = 0; i < length; i++)
		depth += value[i] == '(' ? 1 : value[i] == ')' ? -1 : 0;
	return length > 0 && value[length - 1] == ')' && depth < 0 ? length - 1 : length;
}

/*
 * Read NAME:VALUE, where the value can be quoted.  Returns what follows, or NULL
 * if there is no further attribute.  Words between attributes mean nothing to
 * Liquibase ("dbms:postgresql, h2 runInTransaction:false").
 */
const char *
sv_liquibase_attribute(const char *at, char **name, char **value)
{
	int			length;

	for (;;)
	{
		at += strspn(at, " \t,()");
		length = strcspn(at, ": \t");
		if (length > 0 && at[length] == ':')
			break;
		if (*at == '\0')
			return NULL;
		at += Max(length, 1);
	}
	*name = pnstrdup(at, length);
	at += length + 1;
	if (*at == '"' || *at == '\'')
	{
		char		quote[2] = {*at, '\0'};

		length = strcspn(at + 1, quote);
		*value = pnstrdup(at + 1, length);
		at += length + 1;
		return *at != '\0' ? at + 1 : at;
	}
	length = value_length(at);
	*value = pnstrdup(at, length);
	return at + length;
}

/* Does the list of database systems include PostgreSQL? */
bool
sv_liquibase_is_for_us(const char *dbms)
{
	bool		only_others = true;

	for (const char *at = dbms; *at != '\0'; at += strcspn(at, ","), at += strspn(at, ", \t"))
	{
		bool		negated = *at == '!';
		char	   *name = pnstrdup(at + negated, strcspn(at + negated, ", \t"));
		bool		ours = pg_strcasecmp(name, "postgresql") == 0 ||
		pg_strcasecmp(name, "all") == 0;

		if (ours)
			return !negated;
		if (!negated)
			only_others = false;
	}
	return only_others;
}

/* Return the text with ${name} replaced by the properties' values. */
char *
sv_liquibase_expand(const List *properties, const char *text)
{
	StringInfoData out;
	const char *open;

	initStringInfo(&out);
	while ((open = strstr(text, "${")) != NULL)
	{
		int			length = strcspn(open, "}");
		const char *value = NULL;

		foreach_ptr(const Property, property, properties)
		{
			if (value == NULL && strlen(property->name) == length - 2 &&
				pg_strncasecmp(property->name, open + 2, length - 2) == 0)
				value = property->value;
		}
		appendBinaryStringInfo(&out, text, open - text);
		if (value != NULL && open[length] == '}')
			appendStringInfoString(&out, value);
		else
			appendBinaryStringInfo(&out, open, length + (open[length] == '}' ? 1 : 0));
		text = open + length + (open[length] == '}' ? 1 : 0);
	}
	appendStringInfoString(&out, text);
	return out.data;
}

/* Add the property behind those that are there; the first of a name counts. */
void
sv_liquibase_define(List **properties, const char *name, const char *value)
{
	Property   *property = palloc(sizeof(Property));

	property->name = name;
	property->value = value;
	*properties = lappend(*properties, property);
}

/*
 * Read a line with a property into the file's properties, and into those of the
 * files behind it unless it says global:false.  One for another system is left out.
 */
void
sv_liquibase_property(LiquibaseScope *scope, List **properties, const SourceFile *file,
					  const LineCursor *line, const char *text)
{
	Property	property = {0};
	bool		is_global = true;
	char	   *name;
	char	   *value;

	while ((text = sv_liquibase_attribute(text, &name, &value)) != NULL)
	{
		if (pg_strcasecmp(name, "name") == 0)
			property.name = value;
		else if (pg_strcasecmp(name, "value") == 0)
			property.value = value;
		else if (pg_strcasecmp(name, "dbms") == 0 && !sv_liquibase_is_for_us(value))
			return;
		else if (pg_strcasecmp(name, "global") == 0)
			is_global = pg_strcasecmp(value, "false") != 0;
		else if (pg_strcasecmp(name, "dbms") != 0)
			sv_format_refuse(file, line->number,
							 psprintf("attribute \"%s\" of a property cannot be kept", name), NULL);
	}
	if (property.name == NULL || property.value == NULL)
		sv_format_refuse(file, line->number, "the property has no name or no value", NULL);
	sv_liquibase_define(properties, property.name, property.value);
	if (is_global)
		sv_liquibase_define(&scope->properties, property.name, property.value);
}

/* The text without white space, or with one blank for each run of it between words. */
static char *
without_blanks(const char *text, bool one)
{
	static const char blanks[] = " \t\r\n";
	StringInfoData out;

	initStringInfo(&out);
	for (text += strspn(text, blanks); *text != '\0'; text += strspn(text, blanks))
	{
		int			length = strcspn(text, blanks);

		if (one && out.len > 0)
			appendStringInfoChar(&out, ' ');
		appendBinaryStringInfo(&out, text, length);
		text += length;
	}
	return out.data;
}

/*
 * The checksum of the version (8 or 9) of a changeset with that SQL: the hash of the
 * list of its changes' hashes, of which there is one.  settings: "DELIMITER:SPLITS:STRIPS:",
 * which version 8 has in it.
 */
char *
sv_liquibase_checksum(const char *sql, const char *settings, int version)
{
	char	   *text = without_blanks(sql, version == 8);
	char	   *change;

	if (version == 8)
		text = psprintf("%s%s", settings, text);
	change = psprintf("%d:%s:", version, sv_hash_text(PG_MD5, text));
	return psprintf("%d:%s", version, sv_hash_text(PG_MD5, change));
}
