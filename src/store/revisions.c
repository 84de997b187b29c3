/*
 * revisions.c
 *		Rows of revision, script, revision_child, branch_label and tag.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "store/store_private.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* Call "add" for each string of an array in the current SPI result that mostly is empty. */
static void
add_names(RevisionGraph *graph, int index, uint64 row, int column,
		  void (*add) (RevisionGraph *, int, const char *))
{
	ListCell   *cell;

	if (ARR_NDIM(DatumGetArrayTypeP(sv_own_value(row, column))) == 0)
		return;
	foreach(cell, sv_own_text_list(row, column))
		add(graph, index, lfirst(cell));
}

static void
load_revisions(const StoreScope *scope, RevisionGraph **graph)
{
	static StoreQuery query = {
		"SELECT revision, revises, depends_on, branch_labels "
		"FROM schemaver.revision ORDER BY position"
	};
	uint64		n = sv_store_execute(scope, &query, NULL, NULL);
	MemoryContext old = MemoryContextSwitchTo(scope->caller);

	*graph = sv_graph_create((int) n);
	for (uint64 i = 0; i < n; i++)
	{
		int			index = sv_graph_add(*graph, sv_own_text(i, 1));

		add_names(*graph, index, i, 2, sv_graph_add_parent);
		add_names(*graph, index, i, 3, sv_graph_add_depends);
		add_names(*graph, index, i, 4, sv_graph_add_label);
	}
	MemoryContextSwitchTo(old);
	SPI_freetuptable(SPI_tuptable);
}

static void
load_replaced(const StoreScope *scope, RevisionGraph *graph)
{
	static StoreQuery query = {"SELECT revision, squash FROM schemaver.replaced"};
	uint64		n = sv_store_execute(scope, &query, NULL, NULL);
	MemoryContext old = MemoryContextSwitchTo(scope->caller);

	for (uint64 i = 0; i < n; i++)
		sv_graph_add_replaced(graph, sv_own_text(i, 1), sv_own_text(i, 2));
	MemoryContextSwitchTo(old);
}

static void
load_tags(const StoreScope *scope, RevisionGraph *graph)
{
	static StoreQuery query = {"SELECT tag, revision FROM schemaver.tag"};
	uint64		n = sv_store_execute(scope, &query, NULL, NULL);
	MemoryContext old = MemoryContextSwitchTo(scope->caller);

	for (uint64 i = 0; i < n; i++)
		sv_graph_add_tag(graph, sv_own_text(i, 1), sv_own_text(i, 2));
	MemoryContextSwitchTo(old);
}

static void
load_applied(const StoreScope *scope, RevisionGraph *graph)
{
	static StoreQuery query = {"SELECT revision, rank FROM schemaver.applied"};
	uint64		n = sv_store_execute(scope, &query, NULL, NULL);

	for (uint64 i = 0; i < n; i++)
	{
		char	   *id = sv_own_text(i, 1);
		int			index = sv_graph_find(graph, id);

		if (index < 0)
			ereport(ERROR,
					(errcode(ERRCODE_SV_UNKNOWN_REVISION),
					 errmsg("applied revision \"%s\" is not registered", id),
					 errdetail(
							   "Table schemaver.applied names it, schemaver.revision does not: one "
							   "of them was edited by hand.")));
		graph->revisions[index].applied = true;
		graph->revisions[index].applied_rank = sv_own_number_at(i, 2, 0);
		pfree(id);
	}
}

/* The whole graph with what is applied, finished. */
RevisionGraph *
sv_store_graph(StoreMode mode)
{
	StoreScope	scope;
	RevisionGraph *graph;

	sv_store_enter(&scope, mode);
	load_revisions(&scope, &graph);
	load_replaced(&scope, graph);
	load_tags(&scope, graph);
	MemoryContextSwitchTo(scope.caller);
	sv_graph_finish(graph);
	load_applied(&scope, graph);
	graph->applied_then = mode == SV_STORE_READ ? sv_store_then : sv_store_then_for_run;
	sv_store_leave(&scope);
	return graph;
}

#define REVISION_COLUMNS \
	"SELECT r.revision, r.message, r.revises, r.depends_on, r.branch_labels, r.options, " \
	"r.checksum, r.has_down OR d.revision IS NOT NULL, r.up_blocker, r.down_blocker, r.adds_enum_value, " \
	"r.created_at, r.created_by, a.applied_at, a.applied_by, a.checksum, a.elapsed, d.lost " \
	"FROM schemaver.revision r LEFT JOIN schemaver.applied a ON a.revision = r.revision " \
	"LEFT JOIN schemaver.derived d ON d.revision = r.revision "

/* Fill *result, which is zeroed, from a row of REVISION_COLUMNS. */
static void
read_revision(uint64 row, StoredRevision *result)
{
	bool		isnull;
	Datum		options = sv_own_value(row, 6);
	Datum		elapsed =
	SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 17, &isnull);

	result->id = sv_own_text(row, 1);
	result->message = sv_own_text(row, 2);
	result->revises = sv_own_text_list(row, 3);
	result->depends_on = sv_own_text_list(row, 4);
	result->branch_labels = sv_own_text_list(row, 5);
	result->options = JsonbToCString(NULL, &DatumGetJsonbP(options)->root, 0);
	result->checksum = sv_own_text(row, 7);
	result->has_down = sv_own_number_at(row, 8, 0) != 0;
	result->up_blocker = sv_store_text(row, 9);
	result->down_blocker = sv_store_text(row, 10);
	result->adds_enum_value = sv_own_number_at(row, 11, 0) != 0;
	result->created_at = sv_own_number_at(row, 12, 0);
	result->created_by = sv_own_text(row, 13);
	result->applied_at = sv_own_number_at(row, 14, 0);
	result->applied_by = sv_store_text(row, 15);
	result->applied_checksum = sv_store_text(row, 16);
	result->applied = result->applied_by != NULL || result->applied_checksum != NULL;
	if (result->applied)		/* a row of "applied" has both */
		for (int column = 14; column <= 16; column++)
			(void) sv_own_value(row, column);
	result->has_elapsed = !isnull;
	if (result->has_elapsed)
		result->elapsed = IntervalPGetDatum(memcpy(palloc(sizeof(Interval)),
												   DatumGetIntervalP(elapsed), sizeof(Interval)));
	result->lost = sv_store_text_list(row, 18);
}

static void *
new_revision(uint64 row)
{
	StoredRevision *result = palloc0(sizeof(StoredRevision));

	read_revision(row, result);
	return result;
}

/* One revision; error if it is gone. */
StoredRevision *
sv_store_revision(StoreMode mode, const char *id)
{
	static StoreQuery query = {REVISION_COLUMNS "WHERE r.revision = $1", 1, {TEXTOID}};
	List	   *found = sv_own_rows(mode, &query, new_revision, id);

	if (found == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_UNKNOWN_REVISION),
				 errmsg("revision \"%s\" does not exist", id)));
	return linitial(found);
}

/* The ids of a list, as the argument of "= ANY". */
static Datum
ids_of(const RevisionGraph *graph, const RevisionList *list)
{
	List	   *ids = NIL;

	for (int i = 0; i < list->n; i++)
		ids = lappend(ids, (char *) graph->revisions[list->members[i]].id);
	return sv_text_array(ids);
}

/* Rows by place in the list; error if one is missing. */
static StoredRevision **
in_order(const RevisionGraph *graph, const RevisionList *list, StoredRevision **by_index)
{
	StoredRevision **result = palloc(sizeof(StoredRevision *) * (list->n + 1));

	for (int i = 0; i < list->n; i++)
	{
		result[i] = by_index[list->members[i]];
		if (result[i] == NULL)
			elog(ERROR, "revision \"%s\" vanished", graph->revisions[list->members[i]].id);
	}
	pfree(by_index);
	return result;
}

/* How a class of rows is read: all, or those with an id in $1. */
typedef struct RowReader
{
	StoreQuery	some;
	StoreQuery	all;
	void		(*read) (uint64 row, StoredRevision *result);
} RowReader;

/* The rows of the listed revisions, in the order of the list, by one query. */
static StoredRevision **
read_revision_rows(RowReader *reader, StoreMode mode, const RevisionGraph *graph,
				   const RevisionList *list)
{
	StoredRevision **by_index = palloc0(sizeof(StoredRevision *) * (graph->n + 1));
	bool		take_all = !graph->is_part && list->n > graph->n / 2;
	Datum		values[1] = {take_all ? (Datum) 0 : ids_of(graph, list)};
	StoredRevision *rows;
	StoreScope	scope;
	uint64		n;

	sv_store_enter(&scope, mode);
	n = sv_store_execute(&scope, take_all ? &reader->all : &reader->some, values, NULL);
	MemoryContextSwitchTo(scope.caller);
	rows = MemoryContextAllocExtended(CurrentMemoryContext, sizeof(StoredRevision) * (n + 1),
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (uint64 i = 0; i < n; i++)
	{
		int			index;

		reader->read(i, &rows[i]);
		index = sv_graph_find(graph, rows[i].id);
		if (index >= 0)
			by_index[index] = &rows[i];
	}
	sv_store_leave(&scope);
	return in_order(graph, list, by_index);
}

/* The rows of the listed revisions, in the order of the list. */
StoredRevision **
sv_store_revisions(StoreMode mode, const RevisionGraph *graph, const RevisionList *list)
{
	static RowReader reader = {
		{REVISION_COLUMNS "WHERE r.revision = ANY ($1)", 1, {TEXTARRAYOID}},
		{REVISION_COLUMNS},
		read_revision
	};

	return read_revision_rows(&reader, mode, graph, list);
}

#define PLAN_COLUMNS \
	"SELECT r.revision, message, checksum, has_down OR d.revision IS NOT NULL, up_blocker, down_blocker, adds_enum_value, d.lost, options::text, revises " \
	"FROM schemaver.revision r LEFT JOIN schemaver.derived d ON d.revision = r.revision "

/* Fill *result, which is zeroed, from a row of PLAN_COLUMNS. */
static void
read_plan_row(uint64 row, StoredRevision *result)
{
	result->id = sv_own_text(row, 1);
	result->message = sv_own_text(row, 2);
	result->checksum = sv_own_text(row, 3);
	result->has_down = sv_own_number_at(row, 4, 0) != 0;
	result->up_blocker = sv_store_text(row, 5);
	result->down_blocker = sv_store_text(row, 6);
	result->adds_enum_value = sv_own_number_at(row, 7, 0) != 0;
	result->lost = sv_store_text_list(row, 8);
	result->options = sv_own_text(row, 9);
	result->revises = sv_own_text_list(row, 10);
}

/*
 * The same with only what a plan needs: id, message, revises, checksum, has_down,
 * blockers, adds_enum_value, options.
 */
StoredRevision **
sv_store_plan_rows(StoreMode mode, const RevisionGraph *graph, const RevisionList *list)
{
	static RowReader reader = {
		{PLAN_COLUMNS "WHERE r.revision = ANY ($1)", 1, {TEXTARRAYOID}},
		{PLAN_COLUMNS},
		read_plan_row
	};

	return read_revision_rows(&reader, mode, graph, list);
}

static void *
read_stored_script(uint64 row)
{
	StoredScript *result = palloc0(sizeof(StoredScript));

	result->up = sv_own_text(row, 1);
	result->down = sv_store_text(row, 2);
	result->verify = sv_store_text(row, 3);
	result->source = sv_store_text(row, 4);
	result->down_source = sv_store_text(row, 5);
	result->up_line = sv_own_number_at(row, 6, 0);
	result->down_line = sv_own_number_at(row, 7, 0);
	result->verify_line = sv_own_number_at(row, 8, 0);
	result->derived = sv_store_text(row, 9);
	result->up_generated = sv_own_number_at(row, 10, 0) != 0;
	result->down_generated = sv_own_number_at(row, 11, 0) != 0 && result->down != NULL;
	result->derived_last = sv_store_text(row, 12);
	result->ordered = sv_store_text_list(row, 13);
	result->verify_source = sv_store_text(row, 14);
	result->verify_by_error = sv_own_number_at(row, 15, 0) != 0;
	result->variables = sv_store_text(row, 16);
	result->variables_used = sv_store_text(row, 17);
	result->dependents = sv_store_text(row, 18);
	return result;
}

/* NULL: it is gone. */
static void *
read_found_script(uint64 row)
{
	char	   *up = sv_store_text(row, 1);

	return up != NULL ? read_stored_script(row) : NULL;
}

#define SCRIPT_COLUMNS \
	"SELECT s.up, s.down, s.verify, s.source, s.down_source, s.up_line, s.down_line, " \
	"s.verify_line, d.down, " \
	"s.up_generated::pg_catalog.int4, s.down_generated::pg_catalog.int4, " \
	"d.last, d.ordered, s.verify_source, " \
	"(r.options OPERATOR(pg_catalog.@>) '{\"verify_by_error\": true}')::pg_catalog.int4, " \
	"r.options ->> 'variables', CASE WHEN r.options ? 'variables' THEN (SELECT " \
	"t.variables::text FROM schemaver.step t WHERE t.revision = s.revision AND " \
	"t.direction = 'upgrade' AND t.outcome <> 'failed' " \
	"ORDER BY t.run DESC, t.position DESC LIMIT 1) END, r.options ->> 'dependents' "
#define SCRIPT_TABLES \
	"FROM schemaver.script s JOIN schemaver.revision r ON r.revision = s.revision " \
	"LEFT JOIN schemaver.derived d ON d.revision = s.revision "

static void
refuse_unknown_revision(const char *id)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_UNKNOWN_REVISION),
			 errmsg("revision \"%s\" does not exist", id)));
}

/* The bodies of a revision; error if it is gone. */
StoredScript *
sv_store_script(StoreMode mode, const char *id)
{
	static StoreQuery query = {SCRIPT_COLUMNS SCRIPT_TABLES "WHERE s.revision = $1", 1, {TEXTOID}};
	List	   *found = sv_own_rows(mode, &query, read_stored_script, id);

	if (found == NIL)
		refuse_unknown_revision(id);
	return linitial(found);
}

/* Scripts that are fetched together have no more bytes than this; one may have more. */
#define SCRIPTS_AT_ONCE "1000000"

/*
 * The same of the first of some revisions, and of as many of those after it as
 * memory is no matter of.
 */
List *
sv_store_scripts(StoreMode mode, const List *ids)
{
	static StoreQuery query = {
		"SELECT w.* FROM (SELECT f.*, sum(f.bytes) OVER (ORDER BY i.n) AS sum, i.n "
		"FROM unnest($1) WITH ORDINALITY AS i (id, n) LEFT JOIN LATERAL (" SCRIPT_COLUMNS ", "
		"octet_length(s.up) + coalesce(octet_length(s.down), 0) + "
		"coalesce(octet_length(s.verify), 0) AS bytes " SCRIPT_TABLES
		"WHERE s.revision = i.id OFFSET 0) f ON true) w "
		"WHERE w.n = 1 OR w.sum <= " SCRIPTS_AT_ONCE " ORDER BY w.n",
		1, {TEXTARRAYOID}
	};
	List	   *found = sv_own_rows(mode, &query, read_found_script, ids);
	List	   *result = NIL;
	ListCell   *cell;

	if (linitial(found) == NULL)
		return list_make1(sv_store_script(mode, linitial(ids)));
	foreach(cell, found)
	{
		if (lfirst(cell) == NULL)
			break;				/* the error comes when it is the first */
		result = lappend(result, lfirst(cell));
	}
	return result;
}

bool
sv_store_revision_exists(const char *id)
{
	static StoreQuery query = {
		"SELECT revision FROM schemaver.revision WHERE revision = $1", 1, {TEXTOID}
	};

	return sv_own_query(SV_STORE_WRITE, &query, id) > 0;
}

/*
 * A registered id that is this one with a number of steps behind it, or without: the
 * other one could not be told from a walk.  NULL if there is none.
 */
char *
sv_store_id_like_steps(const char *id)
{
	static StoreQuery query = {
		"SELECT revision FROM schemaver.revision "
		"WHERE (revision > ($1 || '-') COLLATE \"C\" AND revision < ($1 || '.') COLLATE \"C\" "
		"AND pg_catalog.substr(revision, pg_catalog.length($1) + 2) ~ '^[0-9]+$') "
		"OR ($1 ~ '-[0-9]+$' AND revision = pg_catalog.regexp_replace($1, '-[0-9]+$', '')) LIMIT 1",
		1, {TEXTOID}
	};

	return sv_own_string(SV_STORE_WRITE, &query, id);
}

/* Does any revision other than "but" revise this one? */
bool
sv_store_has_children(const char *id, const char *but)
{
	static StoreQuery query = {
		"SELECT child FROM schemaver.revision_child WHERE parent = $1 AND child <> $2 LIMIT 1",
		2, {TEXTOID, TEXTOID}
	};

	return sv_own_query(SV_STORE_WRITE, &query, id, but) > 0;
}

/* The revision that carries a branch label, or NULL. */
char *
sv_store_label_owner(const char *label)
{
	static StoreQuery query = {
		"SELECT revision FROM schemaver.branch_label WHERE label = $1", 1, {TEXTOID}
	};

	return sv_own_string(SV_STORE_WRITE, &query, label);
}

/* A tag that names this revision, or NULL. */
char *
sv_store_tag_of(const char *id)
{
	static StoreQuery query = {
		"SELECT tag FROM schemaver.tag WHERE revision = $1 ORDER BY tag LIMIT 1", 1, {TEXTOID}
	};

	return sv_own_string(SV_STORE_WRITE, &query, id);
}

/*
 * The revision registered last, and the number of heads of the graph.  NULL
 * and 0 if there is none.
 */
char *
sv_store_newest_revision(int *heads)
{
	static StoreQuery query = {
		"SELECT revision, heads_after FROM schemaver.revision ORDER BY position DESC LIMIT 1"
	};
	char	   *result = NULL;
	StoreScope	scope;

	*heads = 0;
	sv_store_enter(&scope, SV_STORE_WRITE);
	if (sv_own_execute(&scope, &query) > 0)
	{
		MemoryContextSwitchTo(scope.caller);
		result = sv_store_text(0, 1);
		*heads = sv_own_number_at(0, 2, 0);
	}
	sv_store_leave(&scope);
	return result;
}

static void
insert_script(const StoreScope *scope, const char *id, const StoredScript *script)
{
	static StoreQuery query = {
		"INSERT INTO schemaver.script (revision, up, down, verify, source, up_line, "
		"down_source, down_line, verify_source, verify_line, up_generated, down_generated) "
		"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
		12, {TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, TEXTOID, INT4OID, TEXTOID,
		INT4OID, BOOLOID, BOOLOID}
	};

	sv_own_execute(scope, &query, id, script->up, script->down, script->verify, script->source,
				   script->up_line,
				   script->down_source, script->down_line, script->verify_source,
				   script->verify_line,
				   script->up_generated, script->down_generated);
}

/* The rows that point from a revision's parents and labels to it. */
static void
insert_names(const StoreScope *scope, const StoredRevision *revision)
{
	static StoreQuery child = {
		"INSERT INTO schemaver.revision_child (parent, child) VALUES ($1, $2)", 2,
		{TEXTOID, TEXTOID}
	};
	static StoreQuery label = {
		"INSERT INTO schemaver.branch_label (label, revision) VALUES ($1, $2)", 2,
		{TEXTOID, TEXTOID}
	};
	ListCell   *cell;

	foreach(cell, revision->revises)
		sv_own_execute(scope, &child, lfirst(cell), revision->id);
	foreach(cell, revision->branch_labels)
		sv_own_execute(scope, &label, lfirst(cell), revision->id);
}

static void
delete_names(const StoreScope *scope, const char *id)
{
	static StoreQuery child =
	{"DELETE FROM schemaver.revision_child WHERE child = $1", 1, {TEXTOID}};
	static StoreQuery label =
	{"DELETE FROM schemaver.branch_label WHERE revision = $1", 1, {TEXTOID}};

	sv_own_execute(scope, &child, id);
	sv_own_execute(scope, &label, id);
}

/*
 * Add a revision that was checked.  created_at and created_by are set here to
 * now and the caller's role.  "heads_after" is the number of heads with it.
 */
void
sv_store_insert_revision(const StoredRevision *revision, const StoredScript *script,
						 int heads_after)
{
	static StoreQuery query = {
		"INSERT INTO schemaver.revision (revision, message, revises, depends_on, branch_labels, "
		"options, checksum, has_down, up_blocker, down_blocker, adds_enum_value, heads_after, "
		"created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, "
		"$14)",
		14, {TEXTOID, TEXTOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, JSONBOID, TEXTOID, BOOLOID,
		TEXTOID, TEXTOID, BOOLOID, INT4OID, TIMESTAMPTZOID, TEXTOID}
	};
	char	   *created_by = sv_role_name(GetUserId());
	StoreScope	scope;

	sv_store_enter(&scope, SV_STORE_WRITE);
	sv_own_execute(&scope, &query, revision->id, revision->message, revision->revises,
				   revision->depends_on,
				   revision->branch_labels,
				   JsonbPGetDatum(sv_json_parse(revision->options)),
				   revision->checksum, revision->has_down, revision->up_blocker,
				   revision->down_blocker,
				   revision->adds_enum_value, heads_after, GetCurrentTimestamp(), created_by);
	insert_script(&scope, revision->id, script);
	insert_names(&scope, revision);
	sv_store_leave(&scope);
}

/* Replace everything of a revision but its id, place in the order and author. */
void
sv_store_update_revision(const StoredRevision *revision, const StoredScript *script)
{
	static StoreQuery query = {
		"UPDATE schemaver.revision SET message = $2, revises = $3, depends_on = $4, "
		"branch_labels = $5, options = $6, checksum = $7, has_down = $8, up_blocker = $9, "
		"down_blocker = $10, adds_enum_value = $11 WHERE revision = $1",
		11, {TEXTOID, TEXTOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, JSONBOID, TEXTOID, BOOLOID,
		TEXTOID, TEXTOID, BOOLOID}
	};
	static StoreQuery drop_script =
	{"DELETE FROM schemaver.script WHERE revision = $1", 1, {TEXTOID}};
	StoreScope	scope;

	sv_store_enter(&scope, SV_STORE_WRITE);
	sv_own_execute(&scope, &query, revision->id, revision->message, revision->revises,
				   revision->depends_on,
				   revision->branch_labels,
				   JsonbPGetDatum(sv_json_parse(revision->options)),
				   revision->checksum, revision->has_down, revision->up_blocker,
				   revision->down_blocker,
				   revision->adds_enum_value);
	sv_own_execute(&scope, &drop_script, revision->id);
	insert_script(&scope, revision->id, script);
	delete_names(&scope, revision->id);
	insert_names(&scope, revision);
	sv_store_leave(&scope);
}

/* Set the number of heads after the graph was changed other than by adding. */
void
sv_store_set_heads(int heads)
{
	static StoreQuery query = {
		"UPDATE schemaver.revision SET heads_after = $1 "
		"WHERE position = (SELECT position FROM schemaver.revision ORDER BY position DESC LIMIT 1) "
		"AND heads_after <> $1",
		1, {INT4OID}
	};

	sv_own_query(SV_STORE_WRITE, &query, heads);
}

/* Remove a revision that nothing refers to any more. */
void
sv_store_remove_revision(const char *id)
{
	static StoreQuery query = {"DELETE FROM schemaver.revision WHERE revision = $1", 1, {TEXTOID}};
	static StoreQuery drop_script =
	{"DELETE FROM schemaver.script WHERE revision = $1", 1, {TEXTOID}};
	static StoreQuery replaced = {"DELETE FROM schemaver.replaced WHERE squash = $1", 1, {TEXTOID}};
	static StoreQuery loaded = {"DELETE FROM schemaver.loaded WHERE revision = $1", 1, {TEXTOID}};
	StoreScope	scope;

	sv_store_enter(&scope, SV_STORE_WRITE);
	delete_names(&scope, id);
	sv_own_execute(&scope, &replaced, id);
	sv_own_execute(&scope, &loaded, id);
	sv_own_execute(&scope, &drop_script, id);
	sv_own_execute(&scope, &query, id);
	sv_store_leave(&scope);
}

/* Let a tag name a revision.  Returns whether the tag is new. */
bool
sv_store_set_tag(const char *tag, const char *id)
{
	static StoreQuery update = {
		"UPDATE schemaver.tag SET revision = $2, created_at = $3, created_by = $4 WHERE tag = $1",
		4, {TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTOID}
	};
	static StoreQuery insert = {
		"INSERT INTO schemaver.tag (tag, revision, created_at, created_by) VALUES ($1, $2, $3, $4)",
		4, {TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTOID}
	};
	char	   *created_by = sv_role_name(GetUserId());
	bool		is_new =
	sv_own_query(SV_STORE_WRITE, &update, tag, id, GetCurrentTimestamp(), created_by) == 0;

	if (is_new)
		sv_own_query(SV_STORE_WRITE, &insert, tag, id, GetCurrentTimestamp(), created_by);
	return is_new;
}

/* Remove a tag.  Returns whether it was there. */
bool
sv_store_remove_tag(const char *tag)
{
	static StoreQuery query = {"DELETE FROM schemaver.tag WHERE tag = $1", 1, {TEXTOID}};

	return sv_own_query(SV_STORE_WRITE, &query, tag) > 0;
}
