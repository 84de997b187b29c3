/*
 * adopt.c
 *		Taking a database over from another tool: compare, stamp, prove.
 *
 * All of it happens in one subtransaction, which a dry run rolls back: so what a
 * dry run reports is what would be done.
 */
#include "postgres.h"

#include "access/xact.h"
#include "adopt/adopt_private.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "diff/diff.h"
#include "miscadmin.h"
#include "model/model.h"
#include "proof/proof.h"
#include "track/track.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#define MAX_LISTED 20

/* A revision that is to be stamped; "row" is NULL where none says when it was applied. */
typedef struct Stamp
{
	int			index;			/* in the graph */
	const AppliedRow *row;
} Stamp;

/* A text that runs again when it has changed, and the row that says it ran. */
typedef struct Repeated
{
	const StoredLiving *living;
	const AppliedRow *row;
	bool		stamped;		/* it counts as run */
} Repeated;

typedef struct Adoption
{
	const AdoptOptions *options;
	const AdoptTool *tool;
	AdoptTable *table;			/* NULL: of a query */
	RevisionGraph *graph;
	List	   *rows;			/* of AppliedRow */
	List	   *migrations;		/* of Migration */
	HTAB	   *by_key;
	bool	   *taken;			/* by index: a row stands for it */
	List	   *living;			/* of StoredLiving: all that are registered */
	List	   *repeated;		/* of Repeated */
	List	   *stamps;			/* of Stamp, in the order of application */
	List	   *results;		/* of AdoptResult */
	MemoryContext context;
} Adoption;

/* ---------- comparing ---------- */

static AdoptResult *
add_result(Adoption *a, const AppliedRow *row, const char *revision, AdoptVerdict verdict,
		   const char *finding)
{
	AdoptResult *result = palloc0(sizeof(AdoptResult));

	result->revision = revision;
	result->verdict = verdict;
	result->finding = finding;
	if (row != NULL)
	{
		result->migration = sv_adopt_shown_key(row->key);
		result->has_time = row->has_time;
		result->applied_at = row->applied_at;
		result->applied_by = row->applied_by;
	}
	a->results = lappend(a->results, result);
	return result;
}

/* The revision is applied, as the row says; rows of other revisions may say the same. */
static void
take_migration(Adoption *a, int index, const AppliedRow *row)
{
	Stamp	   *stamp;

	if (index < 0 || a->taken[index])
		return;
	a->taken[index] = true;
	if (a->graph->revisions[index].applied)
		return;
	stamp = palloc(sizeof(Stamp));
	stamp->index = index;
	stamp->row = row;
	a->stamps = lappend(a->stamps, stamp);
}

/* Are both keys of one kind ("V:", "R:"), so that they can be compared? */
static bool
are_comparable(const char *a, const char *b)
{
	const char *colon_a = strchr(a, ':');
	const char *colon_b = strchr(b, ':');

	return (colon_a == NULL) == (colon_b == NULL) && (colon_a == NULL || *a == *b);
}

/* All migrations up to the row are applied, too. */
static void
take_covered(Adoption *a, const AppliedRow *row, const char *key)
{
	foreach_ptr(const Migration, migration, a->migrations)
	{
		const char *other = migration->keys != NIL ? linitial(migration->keys) : NULL;

		if (other == NULL || a->taken[migration->index] || !are_comparable(other, key) ||
			sv_adopt_compare_keys(other, key) >= 0)
			continue;
		take_migration(a, migration->index, row);
		(void) add_result(a, NULL, migration->stored->id, SV_ADOPT_MATCHED,
						  psprintf("is applied because \"%s\" is", row->key));
	}
}

/* The revision that took the place of the one that the row means, or NULL. */
static Migration *
find_replacement(Adoption *a, const char *key)
{
	const char *source = a->options->source;
	const char *bare = key[0] != '\0' && key[1] == ':' ? key + 2 : key;
	char	   *id = sv_store_replaced_by(source != NULL && *source != '\0' ?
										  psprintf("%s/%s", source, bare) : bare);
	ListCell   *cell;

	foreach(cell, a->migrations)
	{
		if (id != NULL && strcmp(((Migration *) lfirst(cell))->stored->id, id) == 0)
			return lfirst(cell);
	}
	return NULL;
}

/* Sqitch: the change of that name, whose line of the plan was edited. */
static Migration *
find_by_name(Adoption *a, const AppliedRow *row)
{
	foreach_ptr(Migration, migration, a->migrations)
	{
		const char *name = sv_adopt_detail(migration, "change");
		const char *project = sv_adopt_detail(migration, "project");

		if (row->name != NULL && name != NULL && !a->taken[migration->index] &&
			strcmp(name, row->name) == 0 &&
			(row->scope == NULL || (project != NULL && strcmp(project, row->scope) == 0)))
			return migration;
	}
	return NULL;
}

static void
compare_with(Adoption *a, const AppliedRow *row, const Migration *migration)
{
	const char *id = migration->stored->id;

	if (row->checksum != NULL && a->tool->agrees != NULL &&
		migration->stored->file != NULL && !a->tool->agrees(migration, row->checksum))
		(void) add_result(a, row, id, SV_ADOPT_CHANGED,
						  psprintf("%s has applied another text: its checksum is %s",
								   a->tool->name, row->checksum));
	else
		(void) add_result(a, row, id, SV_ADOPT_MATCHED, row->note);
	take_migration(a, migration->index, row);
}

/* The row is of a text that runs again when it has changed: another one is no fault. */
static void
compare_repeatable(Adoption *a, const AppliedRow *row, const StoredLiving *living)
{
	bool		agrees = sv_adopt_repeatable_agrees(a->tool, living, row);
	Repeated   *repeated = palloc0(sizeof(Repeated));
	const char *finding = NULL;

	repeated->living = living;
	repeated->row = row;
	repeated->stamped = agrees && !living->always && !sv_adopt_repeatable_replaces(living);
	a->repeated = lappend(a->repeated, repeated);
	if (!agrees)
		finding = "its text has changed: it runs at the next upgrade";
	else if (!repeated->stamped)
		finding = "it runs again at the next upgrade";
	(void) add_result(a, row, living->name, SV_ADOPT_MATCHED, finding);
}

static void
compare_row(Adoption *a, const AppliedRow *row)
{
	char	   *key = a->tool->row_key(row->key);
	Migration  *migration = sv_adopt_with_key(a->by_key, key);
	const StoredLiving *living;

	if (row->problem != NULL)
	{
		(void) add_result(a, row, migration != NULL ? migration->stored->id : NULL,
						  SV_ADOPT_FAILED, row->problem);
		return;
	}
	if (row->covers)
		take_covered(a, row, key);
	if (migration != NULL)
		compare_with(a, row, migration);
	else if ((living = sv_adopt_repeatable(a->tool, a->living, a->options->source, key)) != NULL)
		compare_repeatable(a, row, living);
	else if ((migration = find_by_name(a, row)) != NULL)
	{
		(void) add_result(a, row, migration->stored->id, SV_ADOPT_CHANGED,
						  "the plan gives the change another id");
		take_migration(a, migration->index, row);
	}
	else if ((migration = find_replacement(a, key)) != NULL)
	{
		(void) add_result(a, row, migration->stored->id, SV_ADOPT_MATCHED,
						  "the revision replaces it");
		take_migration(a, migration->index, row);
	}
	else if (row->covers && row->note != NULL)
		(void) add_result(a, row, NULL, SV_ADOPT_MATCHED, row->note);
	else
		(void) add_result(a, row, NULL, SV_ADOPT_UNKNOWN, "no revision is registered for it");
}

/* Does the row belong to the source that was asked for? */
static bool
is_in_source(const Adoption *a, const AppliedRow *row)
{
	if (row->scope == NULL || a->options->source == NULL || *a->options->source == '\0' ||
		strcmp(row->scope, a->options->source) == 0)
		return true;
	foreach_ptr(const Migration, migration, a->migrations)
	{
		const char *project = sv_adopt_detail(migration, "project");

		if (project != NULL && strcmp(project, row->scope) == 0)
			return true;
	}
	return false;
}

/* Rows are heads: what they stand on is applied, too. */
static void
take_ancestors(Adoption *a)
{
	RevisionList heads = {0, palloc(sizeof(int) * (a->graph->n + 1))};
	RevisionList order;
	bool	   *below;

	for (int i = 0; i < a->graph->n; i++)
		if (a->taken[i])
			heads.members[heads.n++] = i;
	below = sv_graph_ancestors(a->graph, &heads, true);
	order = sv_graph_order(a->graph, below);
	a->stamps = NIL;
	for (int i = 0; i < order.n; i++)
	{
		int			index = order.members[i];

		if (!a->taken[index])
			(void) add_result(a, NULL, a->graph->revisions[index].id, SV_ADOPT_MATCHED,
							  "a head that is applied stands on it");
		a->taken[index] = false;
		take_migration(a, index, NULL);
	}
}

static void
add_missing_migrations(Adoption *a)
{
	foreach_ptr(const Migration, migration, a->migrations)
	{
		const StoredMigration *stored = migration->stored;

		if (a->taken[migration->index] || (stored->generated && stored->is_base))
			continue;
		(void) add_result(a, NULL, stored->id, SV_ADOPT_MISSING,
						  stored->applied ? "schemaver has applied it, not the tool" : NULL);
	}
}

/* ---------- refusing ---------- */

static char *
list_of(const Adoption *a, AdoptVerdict verdict, int *n)
{
	StringInfoData list;

	initStringInfo(&list);
	*n = 0;
	foreach_ptr(const AdoptResult, result, a->results)
	{
		if (result->verdict != verdict || ++*n > MAX_LISTED)
			continue;
		appendStringInfo(&list, "%s\"%s\": %s", list.len > 0 ? "\n" : "", result->migration,
						 result->finding);
	}
	if (*n > MAX_LISTED)
		appendStringInfo(&list, "\n... (%d more)", *n - MAX_LISTED);
	return list.data;
}

static void
refuse_problems(const Adoption *a)
{
	int			n;
	char	   *list = list_of(a, SV_ADOPT_FAILED, &n);

	if (n > 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_INTERRUPTED_RUN),
				 errmsg_plural("%d migration of %s is not finished",
							   "%d migrations of %s are not finished", n, n, a->tool->name),
				 errdetail_internal("%s", list),
				 errhint("Repair them with %s, then call adopt() again.", a->tool->name)));
	list = list_of(a, SV_ADOPT_CHANGED, &n);
	if (n > 0 && !a->options->accept_changed)
		ereport(ERROR,
				(errcode(ERRCODE_SV_CHECKSUM_MISMATCH),
				 errmsg_plural("%d file is another one than %s has applied",
							   "%d files are others than %s has applied", n, n, a->tool->name),
				 errdetail_internal("%s", list),
				 errhint("Restore the files, or say accept => '{changed}' to take these revisions as applied.")));
	list = list_of(a, SV_ADOPT_UNKNOWN, &n);
	if (n > 0 && !a->options->accept_unknown)
		ereport(ERROR,
				(errcode(ERRCODE_SV_UNKNOWN_REVISION),
				 errmsg_plural("%d migration that %s has applied is not registered",
							   "%d migrations that %s has applied are not registered", n, n,
							   a->tool->name),
				 errdetail_internal("%s", list),
				 errhint("Load their files first, or say accept => '{unknown}' to go on without them, as before baseline().")));
}

/* ---------- taking over ---------- */

static void
record_stamp(const Adoption *a, const char *schema, const char *name, const char *kind, Oid oid)
{
	AdoptedObject object = {schema, name, kind, a->tool->name};

	object.source = a->options->source != NULL ? a->options->source : "";
	object.oid = oid;
	if (strcmp(kind, "state") == 0)
	{
		foreach_ptr(const AppliedRow, row, a->rows)
			object.keys = lappend(object.keys,
								  unconstify(char *, row->key));
	}
	sv_store_adopt(&object);
}

/* Record a table, and the sequences of its columns. */
static void
record_table(const Adoption *a, const AdoptTable *table, const char *kind)
{
	DependScan	scan = sv_depend_begin(RelationRelationId, table->relation, true, NULL);
	Form_pg_depend row;
	List	   *sequences = NIL;
	ListCell   *cell;

	while ((row = sv_depend_next(&scan)) != NULL)
	{
		if (row->classid == RelationRelationId && row->refobjsubid != 0 &&
			get_rel_relkind(row->objid) == RELKIND_SEQUENCE)
			sequences = lappend_oid(sequences, row->objid);
	}
	record_stamp(a, table->schema, table->name, kind, table->relation);
	foreach(cell, sequences)
		record_stamp(a, table->schema, get_rel_name(lfirst_oid(cell)), "sequence",
					 lfirst_oid(cell));
}

/* Is there nothing in the tool's schema but its tables? */
static bool
schema_is_the_tools(const AdoptTable *table, int ntables)
{
	static StoreQuery query = {
		"SELECT count(*) FROM pg_catalog.pg_class WHERE relnamespace = $1 AND relkind NOT IN "
		"('i', 'S', 't')", 1, {OIDOID}
	};

	return table->tool->own_schema && strcmp(table->schema, "public") != 0 &&
		sv_own_number(SV_STORE_READ, &query, 0, table->schema_oid) == ntables;
}

static void
record_tables(Adoption *a)
{
	List	   *companions = sv_adopt_companions(a->table);

	record_table(a, a->table, "state");
	foreach_ptr(const AdoptTable, companion, companions)
		record_table(a, companion, "companion");
	if (schema_is_the_tools(a->table, list_length(companions) + 1))
		record_stamp(a, a->table->schema, "", "schema", a->table->schema_oid);
	CommandCounterIncrement();
}

/* Is the object, or what it is a part of, one of the tool's? */
static bool
is_the_tools(const Adoption *a, const Object *object, const List *tables)
{
	while (object->parent != NULL && !sv_class_is(object, schema))
		object = object->parent;
	foreach_ptr(const AdoptedObject, adopted, tables)
	{
		if (object->name != NULL && object->schema != NULL &&
			strcmp(object->schema, adopted->schema) == 0 &&
			(strcmp(object->name, adopted->name) == 0 ||
			 (sv_class_is(object, sequence) &&
			  strncmp(object->name, adopted->name, strlen(adopted->name)) == 0)))
			return true;
	}
	return false;
}

/* The tool's tables and their parts in a model. */
static List *
tool_objects(const Adoption *a, const Model *model)
{
	List	   *tables = sv_store_adopted(a->tool->name, NULL);
	List	   *objects = NIL;

	foreach_ptr(Object, object, model->objects)
	{
		if (is_the_tools(a, object, tables))
			objects = lappend(objects, object);
	}
	return objects;
}

static const Model *
without_tables(const Adoption *a, const Model *model)
{
	return sv_model_altered(model, tool_objects(a, model), NIL);
}

/* An earlier state may have the tool's tables: they were nobody's then. */
static void
settle_tables(const Adoption *a)
{
	int64		state = sv_state_present();
	List	   *changes = NIL;
	ListCell   *cell;

	if (state == 0 || a->table == NULL)
		return;
	foreach(cell, tool_objects(a, sv_state_model(state)))
	{
		ObjectChange *change = palloc0(sizeof(ObjectChange));

		change->before = lfirst(cell);
		changes = lappend(changes, change);
	}
	if (changes != NIL)
		(void) sv_state_record(changes);
}

static void
stamp_migrations(Adoption *a)
{
	TimestampTz now = GetCurrentTimestamp();
	int64		run;
	int64		state;
	int			position = 0;

	run = sv_store_begin_run("adopt", a->tool->name);
	settle_tables(a);
	state = sv_follow_stamp();
	foreach_ptr(const Stamp, stamp, a->stamps)
	{
		const AppliedRow *row = stamp->row;
		StoredRevision *revision = sv_store_revision(SV_STORE_WRITE,
													 a->graph->revisions[stamp->index].id);
		StoredStep	step = {0};

		CHECK_FOR_INTERRUPTS();
		step.run = run;
		step.position = ++position;
		step.revision = revision->id;
		step.direction = SV_UPGRADE;
		step.checksum = revision->checksum;
		step.finished_at = row != NULL && row->has_time ? row->applied_at : now;
		step.started_at = step.finished_at - (row != NULL && row->has_elapsed ? row->elapsed : 0);
		step.stamped = true;
		step.took_time = row != NULL && row->has_elapsed;
		step.by = row != NULL ? row->applied_by : NULL;
		step.state = step.state_before = state;
		(void) sv_store_step(&step);
	}
	foreach_ptr(const Repeated, repeated, a->repeated)
	{
		if (repeated->stamped)
			sv_adopt_stamp_repeatable(repeated->living, repeated->row, run);
	}
	sv_store_end_run(run, now);
}

/* ---------- proving ---------- */

static void
refuse_difference(const List *differences)
{
	StringInfoData list;

	initStringInfo(&list);
	foreach_ptr(const char, difference, differences)
	{
		if (foreach_current_index(difference) < MAX_LISTED)
			appendStringInfo(&list, "%s%s", list.len > 0 ? "\n" : "", difference);
	}
	ereport(ERROR,
			(errcode(ERRCODE_SV_DRIFT),
			 errmsg("the revisions build another schema than is there"),
			 errdetail_internal("%s", list.data),
			 errhint("See what the files do, or what was changed by hand; nothing was taken over.")));
}

/* Build what is applied now where nothing is, and compare. */
static void
build_and_compare(Sandbox *sandbox, void *arg)
{
	Adoption   *a = arg;
	RevisionGraph *graph = sv_store_graph(SV_STORE_WRITE);
	bool	   *wanted = palloc0(sizeof(bool) * Max(graph->n, 1));
	DiffOptions options = {.comments = true, .drop = "drop"};	/* roles are each database's own */
	RevisionList order;
	Model	   *built;
	List	   *differences;
	List	   *disordered = NIL;	/* another history has led there; no matter */
	List	   *living = NIL;

	for (int i = 0; i < graph->n; i++)
		wanted[i] = graph->revisions[i].applied;
	order = sv_graph_order(graph, wanted);
	for (int i = 0; i < order.n; i++)
	{
		const char *id = graph->revisions[order.members[i]].id;
		ErrorData  *error;

		CHECK_FOR_INTERRUPTS();
		error = sv_sandbox_run(sandbox, id, sv_store_script(SV_STORE_WRITE, id), SV_UPGRADE);
		if (error != NULL)
			ReThrowError(error);
		sv_sandbox_settle(sandbox);
	}
	foreach_ptr(const Repeated, repeated, a->repeated)
		living = lappend(living, (void *) repeated->living);
	sv_adopt_build_repeatables(sandbox, living);
	sv_sandbox_settle(sandbox);
	built = sv_sandbox_state(sandbox);
	differences = sv_state_differences(without_tables(a, built), without_tables(a, sandbox->live),
									   &options, &disordered);
	if (differences != NIL)
		refuse_difference(differences);
}

/* ---------- the whole ---------- */

static void
read_tool_state(Adoption *a)
{
	const AdoptOptions *options = a->options;

	if (options->tool != NULL && strcmp(options->tool, "custom") == 0)
	{
		a->tool = sv_adopt_tool("custom");
		if (options->query == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("tool \"custom\" needs the argument \"query\""),
					 errhint("It returns id, time, user and checksum of each migration that is applied, in their order.")));
		a->rows = sv_adopt_custom_rows(options->query);
		return;
	}
	a->table = sv_adopt_find(options->tool, options->relation);
	a->tool = a->table->tool;
	sv_adopt_refuse_locked_out(a->table->relation);
	sv_adopt_take_lock(a->table, !options->dry_run);
	a->rows = sv_adopt_rows(a->table);
}

static void
compare_all(Adoption *a)
{
	a->graph = sv_store_graph(SV_STORE_WRITE);
	a->migrations = sv_adopt_migrations(a->tool, a->graph, a->options->source);
	a->by_key = sv_adopt_by_key(a->migrations);
	a->living = sv_store_living(SV_STORE_WRITE);
	a->taken = palloc0(sizeof(bool) * (a->graph->n + 1));
	foreach_ptr(const AppliedRow, row, a->rows)
	{
		CHECK_FOR_INTERRUPTS();
		if (is_in_source(a, row))
			compare_row(a, row);
	}
	if (a->tool->heads_only)
		take_ancestors(a);
	add_missing_migrations(a);
}

static void
adopt(void *arg)
{
	Adoption   *a = arg;

	read_tool_state(a);
	compare_all(a);
	if (!a->options->dry_run)
		refuse_problems(a);
	if (a->table != NULL)
		record_tables(a);
	stamp_migrations(a);
	if (a->options->verify)
		sv_sandbox_scripts(SV_GROUND_EMPTY, NIL, build_and_compare, a);
}

/*
 * Compare a tool's table with the revisions, and stamp what it has applied unless
 * this is a dry run.  Returns a list of AdoptResult.
 */
List *
sv_adopt(const AdoptOptions *options)
{
	Adoption	a = {options};

	sv_lock_run("schemaver.adopt()");
	sv_store_refuse_unfinished();
	if (options->dry_run)
	{
		ErrorData  *error = sv_subtransaction(adopt, &a, false);

		if (error != NULL)
			ReThrowError(error);
	}
	else
		adopt(&a);
	return a.results;
}
