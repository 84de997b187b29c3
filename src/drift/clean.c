/*
 * clean.c
 *		Empty a development database: drop what is in its schemas, and forget what was
 *		applied.
 *
 * Only where allow_clean() was called in this very database, and nowhere that is
 * protected.  All is dropped with the rights of the caller and without CASCADE.  The
 * registered revisions and living objects stay, so that the next upgrade builds all of it
 * again.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/base.h"
#include "catalog/namespace.h"
#include "commands/dbcommands.h"
#include "drift/drift.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "run/run.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

typedef struct Cleaning
{
	List	   *schemas;		/* names; NIL: all */
	const DiffOptions *options;
	List	   *rows;			/* DiffRow */
} Cleaning;

/* ---------- where it is allowed ---------- */

/* Let this database be emptied by clean(), or no more. */
void
sv_drift_allow_clean(bool allow)
{
	TimestampTz now = GetCurrentTimestamp();

	sv_lock_run("schemaver.allow_clean()");
	if (allow)
		sv_run_refuse_protected("Letting it be emptied");
	sv_store_allow_clean(allow);
	sv_store_end_run(sv_store_begin_run("allow clean", allow ? "true" : "false"), now);
}

static void
check_allowed(void)
{
	sv_run_refuse_protected("Emptying it");
	if (!sv_store_may_clean())
		ereport(ERROR,
				(errcode(ERRCODE_SV_REFUSED),
				 errmsg("database \"%s\" may not be emptied", get_database_name(MyDatabaseId)),
				 errdetail("clean() works only where schemaver.allow_clean() was called; a copy of such a database is another one."),
				 errhint("In a development database: SELECT schemaver.allow_clean();")));
}

/* A name that is wrong would leave all and forget all the same. */
static void
check_cleaned_schemas(const List *schemas)
{
	ListCell   *cell;

	foreach(cell, schemas)
	{
		if (!OidIsValid(get_namespace_oid(lfirst(cell), true)))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_SCHEMA),
					 errmsg("schema \"%s\" does not exist", (char *) lfirst(cell)),
					 errhint("Name the schemas to be emptied; NULL means all.")));
	}
}

/* ---------- what is dropped ---------- */

/*
 * Does the object stay?  Schemas and extensions do unless a revision has created them, for
 * whoever runs the revisions may be unable to; and what holds no objects.
 */
static bool
is_spared(const Object *o)
{
	if (sv_class_is(o, subscription) || sv_class_is(o, language))
		return true;
	return (sv_class_is(o, schema) || sv_class_is(o, extension)) && sv_store_creator(o) == NULL;
}

/* The statements that empty the schemas. */
static List *
cleaning_rows(const Cleaning *cleaning)
{
	ModelScope	scope = {cleaning->schemas, cleaning->schemas == NIL, NULL};
	Model	   *live = sv_model_read(&scope);
	Model	   *wanted = sv_model_create();

	foreach_ptr(Object, o, live->objects)
	{
		CHECK_FOR_INTERRUPTS();
		if (!o->context && o->parent == NULL && is_spared(o))
			sv_model_copy(wanted, o);
	}
	sv_model_sort(wanted);
	wanted = sv_diff_goal(wanted, live, cleaning->options, NULL);
	return sv_diff(live, wanted, cleaning->options);
}

static void
check_empty(const Cleaning *cleaning)
{
	List	   *left;
	const DiffRow *row;

	CommandCounterIncrement();
	left = cleaning_rows(cleaning);
	if (left == NIL)
		return;
	row = linitial(left);
	ereport(ERROR,
			(errcode(ERRCODE_SV_VERIFY_FAILED),
			 errmsg("the database would not be empty"),
			 errdetail("%s %s would be left.", row->kind, row->identity)));
}

/*
 * No revision will be applied: what one has made must not stay in a schema that was not
 * named, for the next upgrade would find it there.
 */
static void
check_nothing_made(const Cleaning *cleaning)
{
	ModelScope	scope = {NIL, true, NULL};
	const Model *live = cleaning->schemas != NIL ? sv_model_read(&scope) : NULL;

	foreach_ptr(const Object, o, live != NULL ? live->objects : NIL)
	{
		CHECK_FOR_INTERRUPTS();
		if (o->context || o->parent != NULL || is_spared(o) || sv_store_maker(o) == NULL)
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_SV_REFUSED),
				 errmsg("what revisions have made would be left in other schemas"),
				 errdetail("%s %s would be left, and no revision would be applied.",
						   o->class->name, o->identity),
				 errhint("Name all schemas with objects of revisions, or none: SELECT * FROM schemaver.clean();")));
	}
}

/* ---------- what is forgotten ---------- */

static void
forget_applied(int64 run)
{
	RevisionGraph *graph = sv_store_graph(SV_STORE_WRITE);
	bool	   *applied = palloc(sizeof(bool) * Max(graph->n, 1));
	RevisionList list;
	StoredRevision **rows;

	for (int i = 0; i < graph->n; i++)
		applied[i] = graph->revisions[i].applied;
	list = sv_graph_order(graph, applied);
	rows = sv_store_plan_rows(SV_STORE_WRITE, graph, &list);
	for (int i = list.n - 1; i >= 0; i--)
	{
		StoredStep	step = {.run = run, .position = list.n - i, .revision = rows[i]->id,
		.direction = SV_DOWNGRADE, .checksum = rows[i]->checksum};

		CHECK_FOR_INTERRUPTS();
		step.started_at = step.finished_at = GetCurrentTimestamp();
		step.stamped = true;
		(void) sv_store_step(&step);
	}
}

/* Their texts stay, and are due again. */
static void
forget_living(int64 run)
{
	foreach_ptr(const StoredLiving, living, sv_store_living(SV_STORE_WRITE))
	{
		LivingVersion version = {.name = living->name, .run = run};

		if (living->in_force == NULL)
			continue;
		version.ran_at = GetCurrentTimestamp();
		version.ran_by = sv_role_name(GetUserId());
		sv_store_living_ran(&version);
		sv_store_set_living_objects(living->name, NIL);
		sv_store_set_annotations(living->name, NIL);
	}
}

static void
forget_unfinished(void)
{
	Direction	direction;
	char	   *id;

	while ((id = sv_store_interrupted(SV_STORE_WRITE, &direction)) != NULL)
		sv_store_forget_parts(id);
}

/* ---------- all of it ---------- */

static void
do_clean(void *arg)
{
	Cleaning   *cleaning = arg;
	TimestampTz started_at = GetCurrentTimestamp();
	StringInfoData names;
	int64		run;

	initStringInfo(&names);
	foreach_ptr(const char, schema, cleaning->schemas)
		appendStringInfo(&names, "%s%s", names.len > 0 ? " " : "", schema);
	run = sv_store_begin_run("clean", names.len > 0 ? names.data : NULL);
	sv_lock_enter();
	PG_TRY();
	{
		sv_generated_rows(cleaning->rows, NULL);
	}
	PG_FINALLY();
	{
		sv_lock_exit();
	}
	PG_END_TRY();
	check_empty(cleaning);
	check_nothing_made(cleaning);
	forget_unfinished();
	forget_applied(run);
	forget_living(run);
	if (sv_state_present() != 0)
		(void) sv_drift_settle(NIL, cleaning->options);
	sv_store_end_run(run, started_at);
	if (sv_progress != SV_PROGRESS_OFF)
		ereport(INFO, (errmsg("%d objects dropped", list_length(cleaning->rows))));
}

/*
 * Drop what is in the schemas (NIL: in all, and what is in none) and let nothing be
 * applied.  Returns the rows (DiffRow) of what was dropped.  A dry run does it and takes it
 * back.
 */
List *
sv_drift_clean(List *schemas, const DiffOptions *options, bool dry_run)
{
	Cleaning	cleaning = {schemas, options};
	ErrorData  *error;

	sv_lock_run("schemaver.clean()");
	check_allowed();
	check_cleaned_schemas(schemas);
	cleaning.rows = cleaning_rows(&cleaning);
	if (!dry_run)
	{
		do_clean(&cleaning);
		return cleaning.rows;
	}
	error = sv_subtransaction(do_clean, &cleaning, false);
	if (error != NULL)
		ReThrowError(error);
	return cleaning.rows;
}
