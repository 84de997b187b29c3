/*
 * draw_er.c
 *		The tables of a schema and their foreign keys, for Mermaid and Graphviz,
 *		which do the layout.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "report/report_private.h"

static const char *
key_marks(const EntityColumn *column, const char *separator)
{
	StringInfoData out;

	initStringInfo(&out);
	if (column->marks & SV_IN_PRIMARY_KEY)
		appendStringInfoString(&out, "PK");
	if (column->marks & SV_IN_FOREIGN_KEY)
		appendStringInfo(&out, "%sFK", out.len ? separator : "");
	if (column->marks & SV_IN_UNIQUE && !(column->marks & SV_IN_PRIMARY_KEY))
		appendStringInfo(&out, "%sUK", out.len ? separator : "");
	return out.data;
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/*
 * A type or the name of a column as a word that Mermaid reads: letters, digits
 * and few other characters.
 */
static char *
mermaid_word(const char *text)
{
	char	   *word = psprintf("%s%s", is_letter(text[0]) ? "" : "x_", text);

	for (char *c = word; *c != '\0'; c++)
		if (!is_letter(*c) && !(*c >= '0' && *c <= '9') && strchr("()[]-_", *c) == NULL)
			*c = '_';
	return word;
}

/* What a word could not say stands in a comment behind it. */
static void
mermaid_column(StringInfo out, const EntityColumn *column)
{
	const char *type = sv_text(column->object, "type");
	const char *name = column->object->name;
	char	   *type_word = mermaid_word(type ? type : "");
	char	   *name_word = mermaid_word(name);
	const char *marks = key_marks(column, ", ");

	appendStringInfo(out, "    %s %s%s%s", type_word, name_word, marks[0] ? " " : "", marks);
	if (strcmp(name_word, name) != 0 || (type && strcmp(type_word, type) != 0))
		sv_markup(out, SV_MARKUP_MERMAID, " \"%s %s\"", name, type ? type : "");
	appendStringInfoChar(out, '\n');
}

static char *
er_mermaid(const List *entities)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, "erDiagram\n");
	foreach_ptr(Entity, entity, entities)
	{
		CHECK_FOR_INTERRUPTS();
		sv_markup(&out, SV_MARKUP_MERMAID, "  t%d[\"%s\"]", entity->number,
				  entity->object->identity);
		appendStringInfoString(&out, entity->columns ? " {\n" : "\n");
		foreach_ptr(const EntityColumn, column, entity->columns)
			mermaid_column(&out, column);
		appendStringInfoString(&out, entity->columns ? "  }\n" : "");
	}
	foreach_ptr(const Entity, one, entities)
	{
		foreach_ptr(EntityLink, link, one->links)
		{
			sv_markup(&out, SV_MARKUP_MERMAID, "  t%d ", one->number);
			appendStringInfoString(&out, link->unique ? "|o" : "}o");
			appendStringInfoString(&out, link->optional ? "--o|" : "--||");
			sv_markup(&out, SV_MARKUP_MERMAID, " t%d : \"%s\"\n", link->to->number,
					  link->object->name);
		}
	}
	out.data[--out.len] = '\0';
	return out.data;
}

/* Labels that are like HTML, with a port for each column. */
static void
dot_entity(StringInfo out, const Entity *entity)
{
	sv_markup(out, SV_MARKUP_HTML,
			  "  t%d [label=<<table border=\"0\" cellborder=\"1\" cellspacing=\"0\">"
			  "<tr><td colspan=\"3\"><b>%s</b></td></tr>", entity->number,
			  entity->object->identity);
	foreach_ptr(EntityColumn, column, entity->columns)
	{
		const char *type = sv_text(column->object, "type");

		sv_markup(out, SV_MARKUP_HTML,
				  "<tr><td align=\"left\">%s</td><td align=\"left\">%s</td>"
				  "<td align=\"left\">%s</td></tr>",
				  key_marks(column, " "), column->object->name, type ? type : "");
	}
	appendStringInfoString(out, "</table>>];\n");
}

static char *
er_dot(const List *entities)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out,
						   "digraph tables {\n  rankdir=LR;\n  node [shape=plain, "
						   "fontname=\"sans-serif\"];\n");
	foreach_ptr(const Entity, entity, entities)
	{
		CHECK_FOR_INTERRUPTS();
		dot_entity(&out, entity);
	}
	foreach_ptr(const Entity, one, entities)
	{
		foreach_ptr(EntityLink, link, one->links)
		{
			sv_markup(&out, SV_MARKUP_DOT, "  t%d -> t%d [tooltip=\"%s\"",
					  one->number, link->to->number, link->object->name);
			appendStringInfo(&out, "%s];\n", link->optional ? ", style=dashed" : "");
		}
	}
	appendStringInfoString(&out, "}");
	return out.data;
}

/* The tables of a model as a diagram. */
char *
sv_report_er(const char *format, const Model *model)
{
	if (strcmp(format, "mermaid") == 0)
		return er_mermaid(sv_report_entities(model));
	if (strcmp(format, "dot") == 0)
		return er_dot(sv_report_entities(model));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized diagram format \"%s\"", sv_base_clip(format)),
			 errhint("Use mermaid or dot.")));
	return NULL;
}
