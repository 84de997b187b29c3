/*
 * page_tables.c
 *		Section of a report: the tables of the schema with their columns and foreign
 *		keys, and what changed since a chosen revision.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "report/report_private.h"

#define TABLES_LIMIT (380 * 1024)
#define FEW 12					/* tables that did not change: shown at once */

/* What became of a table, a column or a key. */
typedef enum Change
{
	UNCHANGED,
	ADDED,
	DROPPED,
	CHANGED
} Change;

static const char *const change_names[] = {"unchanged", "added", "dropped", "changed"};

/* A table before and now; one of both may be NULL. */
typedef struct TablePair
{
	const Entity *was;
	const Entity *is;
	Change		change;
} TablePair;

static const Entity *
find_entity(const List *entities, const char *identity)
{
	ListCell   *cell;

	foreach(cell, entities)
		if (strcmp(((Entity *) lfirst(cell))->object->identity, identity) == 0)
		return lfirst(cell);
	return NULL;
}

static const EntityColumn *
entity_column(const Entity *entity, const char *name)
{
	ListCell   *cell;

	foreach(cell, entity ? entity->columns : NIL)
		if (strcmp(((EntityColumn *) lfirst(cell))->object->name, name) == 0)
		return lfirst(cell);
	return NULL;
}

static const EntityLink *
find_link(const Entity *entity, const char *name)
{
	ListCell   *cell;

	foreach(cell, entity ? entity->links : NIL)
		if (strcmp(((EntityLink *) lfirst(cell))->object->name, name) == 0)
		return lfirst(cell);
	return NULL;
}

/* The type of a column with what else a reader looks for. */
static char *
column_text(const EntityColumn *column)
{
	const Object *object = column->object;
	const char *type = sv_text(object, "type");
	const Property *default_ = NULL;
	StringInfoData out;
	ListCell   *cell;

	foreach(cell, object->parts)
		if (sv_class_is(lfirst(cell), default))
		default_ = sv_property(lfirst(cell), "expression");
	initStringInfo(&out);
	appendStringInfo(&out, "%s%s", type ? type : "", sv_is(object, "not_null") ? " not null" : "");
	if (sv_is(object, "identity"))
		appendStringInfoString(&out, " identity");
	else if (default_ != NULL && default_->text != NULL)
		appendStringInfo(&out, "%s%s", sv_is(object, "generated") ? " generated " : " default ",
						 sv_markup_clip(default_->text, 60));
	return out.data;
}

static Change
change_of(bool before, bool now, bool same)
{
	if (!before)
		return ADDED;
	if (!now)
		return DROPPED;
	return same ? UNCHANGED : CHANGED;
}

static Change
column_change(const EntityColumn *was, const EntityColumn *is)
{
	return change_of(was != NULL, is != NULL, was && is && was->marks == is->marks &&
					 strcmp(column_text(was), column_text(is)) == 0);
}

static Change
link_change(const EntityLink *was, const EntityLink *is)
{
	return change_of(was != NULL, is != NULL, was && is &&
					 sv_base_same_text(sv_text(was->object, "definition"),
									   sv_text(is->object, "definition")));
}

/* Did a column or a foreign key of a table that is on both sides change? */
static Change
table_change(const Entity *was, const Entity *is)
{
	bool		same = true;
	ListCell   *cell;

	if (was == NULL || is == NULL)
		return change_of(was != NULL, is != NULL, true);
	foreach_ptr(const EntityColumn, column, is->columns)
		same &= column_change(entity_column(was, column->object->name),
							  column) == UNCHANGED;
	foreach(cell, is->links)
		same &= link_change(find_link(was, ((EntityLink *) lfirst(cell))->object->name),
							lfirst(cell)) == UNCHANGED;
	same &= list_length(was->columns) == list_length(is->columns) &&
		list_length(was->links) == list_length(is->links);
	return change_of(true, true, same);
}

static List *
add_entity_pair(List *pairs, const Entity *was, const Entity *is, bool compared)
{
	TablePair  *pair = palloc(sizeof(TablePair));

	pair->was = compared ? was : is;
	pair->is = is;
	pair->change = table_change(pair->was, pair->is);
	return lappend(pairs, pair);
}

/* "before" is NULL where there is nothing to compare with. */
static List *
pair_tables(const Model *before, const Model *now)
{
	List	   *was = before ? sv_report_entities(before) : NIL;
	List	   *is = sv_report_entities(now);
	List	   *pairs = NIL;

	foreach_ptr(const Entity, entity, is)
	{
		CHECK_FOR_INTERRUPTS();
		pairs = add_entity_pair(pairs, find_entity(was, entity->object->identity), entity,
								before != NULL);
	}
	foreach_ptr(const Entity, entity, was)
	{
		if (find_entity(is, entity->object->identity) == NULL)
			pairs = add_entity_pair(pairs, entity, NULL, true);
	}
	return pairs;
}

static void
put_change(ReportPage *page, Change change)
{
	if (change == UNCHANGED)
		return;
	sv_page_put(page, " ");
	sv_page_state(page, change_names[change]);
}

static void
put_column(ReportPage *page, const EntityColumn *was, const EntityColumn *is)
{
	const EntityColumn *column = is ? is : was;
	Change		change = column_change(was, is);

	sv_page_put(page, "<tr class=\"is-%s\"><th scope=\"row\">%s", change_names[change],
				column->object->name);
	if (column->marks & SV_IN_PRIMARY_KEY)
		sv_page_put(page, " <abbr title=\"primary key\">PK</abbr>");
	if (column->marks & SV_IN_FOREIGN_KEY)
		sv_page_put(page, " <abbr title=\"foreign key\">FK</abbr>");
	if (column->marks & SV_IN_UNIQUE && !(column->marks & SV_IN_PRIMARY_KEY))
		sv_page_put(page, " <abbr title=\"unique\">UK</abbr>");
	sv_page_put(page, "</th><td>%s", column_text(column));
	put_change(page, change);
	if (change == CHANGED)
		sv_page_put(page, "<br/>was %s", column_text(was));
	sv_page_put(page, "</td></tr>\n");
}

static void
put_columns(ReportPage *page, const TablePair *pair)
{
	sv_page_put(page, "<table><tbody>\n");
	foreach_ptr(const EntityColumn, column, pair->is ? pair->is->columns : NIL)
		put_column(page, entity_column(pair->was, column->object->name), column);
	foreach_ptr(const EntityColumn, column, pair->was ? pair->was->columns : NIL)
	{
		if (entity_column(pair->is, column->object->name) == NULL)
			put_column(page, column, NULL);
	}
	sv_page_put(page, "</tbody></table>\n");
}

static void
put_link(ReportPage *page, const EntityLink *was, const EntityLink *is)
{
	const EntityLink *link = is ? is : was;
	Change		change = link_change(was, is);
	const char *definition = sv_text(link->object, "definition");

	sv_page_put(page, "<p class=\"is-%s\"><strong>%s</strong> &#8594; ", change_names[change],
				link->object->name);
	if (is != NULL)
		sv_page_put(page, "<a href=\"#t%d\">%s</a>", link->to->number,
					link->to->object->identity);
	else
		sv_page_put(page, "%s", link->to->object->identity);
	put_change(page, change);
	sv_page_put(page, "<br/><code>%s</code></p>\n", definition ? definition : "");
}

static void
put_links(ReportPage *page, const TablePair *pair)
{
	foreach_ptr(const EntityLink, link, pair->is ? pair->is->links : NIL)
		put_link(page, find_link(pair->was, link->object->name), link);
	foreach_ptr(const EntityLink, link, pair->was ? pair->was->links : NIL)
	{
		if (find_link(pair->is, link->object->name) == NULL)
			put_link(page, link, NULL);
	}
}

static void
put_table(ReportPage *page, const TablePair *pair)
{
	const Entity *entity = pair->is ? pair->is : pair->was;
	const char *comment = sv_text(entity->object, "comment");

	sv_page_put(page, "<article class=\"card is-%s\"", change_names[pair->change]);
	if (pair->is != NULL)
		sv_page_put(page, " id=\"t%d\"", entity->number);
	sv_page_put(page, ">\n<h3>%s", entity->object->identity);
	put_change(page, pair->change);
	sv_page_put(page, "</h3>\n");
	if (comment != NULL)
		sv_page_put(page, "<p class=\"dim\">%s</p>\n", sv_markup_clip(comment, 200));
	if (entity->columns != NIL)
		put_columns(page, pair);
	put_links(page, pair);
	sv_page_put(page, "</article>\n");
}

/* Links to tables that are left out lead here. */
static void
put_left_out_tables(ReportPage *page, const List *pairs, int from, bool changed)
{
	sv_page_put(page, "<p class=\"dim\">There is no room for more tables; schemaver.er() has "
				"all.");
	for (int i = from; i < list_length(pairs); i++)
	{
		const TablePair *pair = list_nth(pairs, i);

		if ((changed || pair->change == UNCHANGED) && pair->is != NULL)
			sv_page_put(page, "<span id=\"t%d\"></span>", pair->is->number);
	}
	sv_page_put(page, "</p>\n");
}

/* The tables that changed, or those that did not; false: there was no room for all. */
static bool
put_tables(ReportPage *page, const List *pairs, bool changed)
{
	ListCell   *cell;

	sv_page_put(page, "<div class=\"cards\">\n");
	foreach(cell, pairs)
	{
		const TablePair *pair = lfirst(cell);
		int			mark = page->out.len;

		if ((pair->change != UNCHANGED) != changed)
			continue;
		CHECK_FOR_INTERRUPTS();
		put_table(page, pair);
		if (sv_page_has_room(page, mark, NULL))
			continue;
		put_left_out_tables(page, pairs, foreach_current_index(cell), changed);
		break;
	}
	sv_page_put(page, "</div>\n");
	return cell == NULL;
}

/* The revision that was applied before the last one; NULL: none. */
static const char *
applied_before(const ReportPage *page)
{
	const RevisionGraph *graph = page->graph;
	int			last = -1;
	int			before = -1;

	for (int i = 0; i < graph->n; i++)
	{
		if (!graph->revisions[i].applied)
			continue;
		if (last == -1 || graph->revisions[i].applied_rank > graph->revisions[last].applied_rank)
		{
			before = last;
			last = i;
		}
		else if (before == -1 ||
				 graph->revisions[i].applied_rank > graph->revisions[before].applied_rank)
			before = i;
	}
	return before == -1 ? NULL : graph->revisions[before].id;
}

/* The model to compare with, or NULL.  "compare" is what the caller asked for, or NULL. */
static Model *
model_before(ReportPage *page, const char *compare, const char **name)
{
	char	   *damage;
	int64		state;

	*name = applied_before(page);
	if (compare != NULL)
	{
		RevisionList list = sv_graph_resolve(page->graph, compare);

		*name = list.n == 1 ? page->graph->revisions[list.members[0]].id : compare;
		return sv_report_schema_at(page->graph, compare);
	}
	state = *name ? sv_state_of_revision(*name) : sv_state_first();
	return state == 0 ? NULL : sv_state_try_model(state, &damage);
}

static void
put_comparison(ReportPage *page, const List *pairs, const char *name)
{
	int			n[lengthof(change_names)] = {0};
	bool		room = true;

	foreach_ptr(const TablePair, pair, pairs)
		n[pair->change]++;
	if (name == NULL)
		sv_page_put(page, "<p>Compared with the schema before the first revision: ");
	else
	{
		sv_page_put(page, "<p>Compared with the schema that revision ");
		sv_page_revision_link(page, name);
		sv_page_put(page, " left: ");
	}
	sv_page_put(page, "%d added, %d dropped, %d changed, %d unchanged.</p>\n", n[ADDED],
				n[DROPPED], n[CHANGED], n[UNCHANGED]);
	if (n[UNCHANGED] < list_length(pairs))
		room = put_tables(page, pairs, true);
	if (!room || n[UNCHANGED] == 0)
		return;
	if (n[UNCHANGED] <= FEW)
		sv_page_put(page, "<details open=\"open\">");
	else
		sv_page_put(page, "<details>");
	sv_page_put(page, "<summary>%d tables did not change</summary>\n", n[UNCHANGED]);
	put_tables(page, pairs, false);
	sv_page_put(page, "</details>\n");
}

/*
 * The tables that the revisions left, compared with those that the revision
 * "compare" left (NULL: that one which was applied before the last one).
 */
void
sv_page_tables(ReportPage *page, const char *compare)
{
	int64		state = sv_state_present();
	char	   *damage;
	Model	   *now = state == 0 ? NULL : sv_state_try_model(state, &damage);
	const char *name;
	Model	   *before = model_before(page, compare, &name);
	List	   *pairs;

	sv_page_section(page, "tables", "Tables", TABLES_LIMIT);
	pairs = now ? pair_tables(before, now) : NIL;
	if (now == NULL)
		sv_page_put(page, "<p>What the revisions left is not known: no run kept it.</p>\n");
	else if (pairs == NIL)
		sv_page_put(page, "<p>There is none.</p>\n");
	else if (before == NULL)
		put_tables(page, pairs, false);
	else
		put_comparison(page, pairs, name);
	sv_page_put(page, "</section>\n");
}
