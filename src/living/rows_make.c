/*
 * rows_make.c
 *		Write the managed rows that are due.
 *
 * Rows of several tables are written together: those of a table to which a foreign
 * key points before those of the table that has it.  What is deleted goes in the
 * opposite order, first if that can be, for a new row may need what an old one has
 * (a value that is unique); and last where other rows still point to it.
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/namespace.h"
#include "living/living_private.h"
#include "track/track.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

/* Rows of a table, in a group. */
typedef struct RowsTask
{
	LivingTask *task;
	const ManagedRows *wanted;	/* NULL: nothing is to be written */
	const ManagedRows *before;
	Oid			relation;
	RowsReport *deleted;
	RowsReport *written;
	List	   *inserts;		/* in a circle: places of the rows that are new */
	int64		inserted;
} RowsTask;

typedef struct RowsGroup
{
	LivingRun  *living;			/* NULL: it is no step of a run */
	List	   *tasks;			/* RowsTask, in the order in which they are written */
	RowsTask   *current;
	bool		overwrite;		/* also what others have changed */
	bool		deletes_first;
	bool		in_circle;		/* new rows get the values of some foreign keys later */
} RowsGroup;

/* The rows of the text in force, or NULL. */
const ManagedRows *
sv_living_rows_before(StoreMode mode, const char *name)
{
	const StoredLiving *living = sv_store_living_named(mode, name);

	if (living == NULL || living->in_force == NULL)
		return NULL;
	foreach_ptr(const LivingVersion, version, sv_store_living_before(mode, PG_INT64_MAX))
	{
		if (strcmp(version->name, name) == 0)
			return sv_managed_parse(version->up);
	}
	return NULL;
}

/* ---------- the order ---------- */

/* The foreign keys of a table (ForeignKeyCacheInfo); NIL if there is no such table. */
static List *
foreign_keys(Oid oid)
{
	Relation	relation = OidIsValid(oid) ? try_relation_open(oid, AccessShareLock) : NULL;
	List	   *keys;

	if (relation == NULL)
		return NIL;
	keys = copyObject(RelationGetFKeyList(relation));
	relation_close(relation, NoLock);
	return keys;
}

/* Has the table a foreign key to the other one? */
static bool
points_to(Oid relation, Oid other)
{
	ListCell   *cell;

	foreach(cell, foreign_keys(relation))
	{
		if (lfirst_node(ForeignKeyCacheInfo, cell)->confrelid == other)
			return true;
	}
	return false;
}

static bool
points_to_any(const RowsTask *task, const List *others)
{
	foreach_ptr(const RowsTask, other, others)
	{
		if (other->relation != task->relation && points_to(task->relation, other->relation))
			return true;
	}
	return false;
}

/* Tables to which others point first; where they point in a circle, as they were registered. */
static List *
order_tasks(List *tasks)
{
	List	   *ordered = NIL;

	while (tasks != NIL)
	{
		RowsTask   *next = linitial(tasks);
		ListCell   *cell;

		foreach(cell, tasks)
		{
			if (points_to_any(lfirst(cell), tasks))
				continue;
			next = lfirst(cell);
			break;
		}
		ordered = lappend(ordered, next);
		tasks = list_delete_ptr(tasks, next);
	}
	return ordered;
}

/* ---------- writing ---------- */

static int
place_of(const List *tasks, const void *task)
{
	for (int i = 0; i < list_length(tasks); i++)
	{
		if (list_nth(tasks, i) == task)
			return i;
	}
	elog(ERROR, "a task is lost");
}

static RowsReport *
work_on(const RowsGroup *group, RowsTask *task, RowsPhase phase)
{
	if (group->living != NULL)
	{
		sv_follow_step();
		sv_fact_set(SV_FACT_REVISION, task->task->name);
	}
	return sv_managed_apply(task->wanted, task->before, group->overwrite, phase);
}

static void
delete_unwanted(RowsGroup *group)
{
	for (int i = list_length(group->tasks) - 1; i >= 0; i--)
	{
		RowsTask   *task = group->current = list_nth(group->tasks, i);

		if (task->wanted != NULL && task->wanted->delete)
			task->deleted = work_on(group, task, SV_ROWS_DELETE);
	}
}

/* ---------- foreign keys in a circle ---------- */

/* Is the table written with the task or after it? */
static bool
is_written_later(const RowsGroup *group, const RowsTask *task, Oid relation)
{
	for (int i = place_of(group->tasks, task); i < list_length(group->tasks); i++)
	{
		if (((const RowsTask *) list_nth(group->tasks, i))->relation == relation)
			return true;
	}
	return false;
}

/* The columns by which rows point to such a table. */
static List *
late_columns(const RowsGroup *group, const RowsTask *task)
{
	List	   *names = NIL;
	ListCell   *cell;

	foreach(cell, foreign_keys(task->relation))
	{
		const		ForeignKeyCacheInfo *key = lfirst_node(ForeignKeyCacheInfo, cell);

		for (int i = 0; i < key->nkeys && is_written_later(group, task, key->confrelid); i++)
			names = lappend(names, get_attname(task->relation, key->conkey[i], false));
	}
	return names;
}

static bool
has_circle(const RowsGroup *group)
{
	foreach_ptr(const RowsTask, task, group->tasks)
	{
		if (task->wanted != NULL && late_columns(group, task) != NIL)
			return true;
	}
	return false;
}

/* The same rows, the values of some columns, but those of the key, left to the table. */
static ManagedRows *
rows_without(const ManagedRows *wanted, const List *columns)
{
	ManagedRows *rows = palloc(sizeof(ManagedRows));
	RowValue   *otherwise = palloc0(sizeof(RowValue));
	ListCell   *cell;

	*rows = *wanted;
	rows->rows = NIL;
	otherwise->kind = SV_VALUE_DEFAULT;
	foreach(cell, wanted->rows)
	{
		List	   *row = list_copy(lfirst(cell));

		for (int i = 0; i < list_length(row); i++)
		{
			const char *name = list_nth(wanted->columns, i);

			if (sv_base_has_string(columns, name) && !sv_base_has_string(wanted->key, name))
				list_nth_cell(row, i)->ptr_value = otherwise;
		}
		rows->rows = lappend(rows->rows, row);
	}
	return rows;
}

/* Some of the rows. */
static ManagedRows *
rows_at(const ManagedRows *wanted, const List *places)
{
	ManagedRows *rows = palloc(sizeof(ManagedRows));
	ListCell   *cell;

	*rows = *wanted;
	rows->rows = NIL;
	foreach(cell, places)
		rows->rows = lappend(rows->rows, list_nth(wanted->rows, lfirst_int(cell)));
	return rows;
}

/*
 * Rows of the group that are new are inserted without the values of foreign keys that point
 * to what is not there yet, then get them.  What is wanted of other rows follows as usual.
 */
static void
write_circle(RowsGroup *group)
{
	ListCell   *cell;

	foreach(cell, group->tasks)
	{
		RowsTask   *task = group->current = lfirst(cell);
		RowsReport *report;

		if (task->wanted == NULL)
			continue;
		report = sv_managed_apply(rows_without(task->wanted, late_columns(group, task)),
								  task->before, group->overwrite, SV_ROWS_WRITE);
		task->inserts = report->inserts;
		task->inserted = report->inserted;
	}
	foreach(cell, group->tasks)
	{
		RowsTask   *task = group->current = lfirst(cell);

		if (task->wanted != NULL && task->inserts != NIL)
			(void) sv_managed_apply(rows_at(task->wanted, task->inserts), NULL, true,
									SV_ROWS_WRITE);
	}
}

static void
write_group(void *arg)
{
	RowsGroup  *group = arg;
	ListCell   *cell;

	if (group->deletes_first)
		delete_unwanted(group);
	if (group->in_circle)
		write_circle(group);
	foreach(cell, group->tasks)
	{
		RowsTask   *task = group->current = lfirst(cell);
		int64		inserted = task->inserted;

		if (task->wanted == NULL)
			continue;
		task->written = work_on(group, task, SV_ROWS_WRITE);
		if (group->in_circle)
			task->written->inserted += inserted;
	}
	if (!group->deletes_first)
		delete_unwanted(group);
}

static bool
deletes_any(const RowsGroup *group)
{
	foreach_ptr(const RowsTask, task, group->tasks)
	{
		if (task->wanted != NULL && task->wanted->delete)
			return true;
	}
	return false;
}

static ErrorData *
try_deletes_first_and_last(RowsGroup *group)
{
	ErrorData  *error;

	group->deletes_first = true;
	error = sv_subtransaction(write_group, group, true);
	if (error == NULL || error->sqlerrcode != ERRCODE_FOREIGN_KEY_VIOLATION ||
		!deletes_any(group))
		return error;
	group->deletes_first = false;
	return sv_subtransaction(write_group, group, true);
}

/* Write all rows of the group, or none; returns the error, of group->current. */
static ErrorData *
try_group(RowsGroup *group)
{
	RowsTask   *failed;
	ErrorData  *error;
	ErrorData  *again;

	group->in_circle = false;
	error = try_deletes_first_and_last(group);
	if (error == NULL || error->sqlerrcode != ERRCODE_FOREIGN_KEY_VIOLATION ||
		!has_circle(group))
		return error;
	failed = group->current;
	group->in_circle = true;
	again = try_deletes_first_and_last(group);
	if (again == NULL || again->sqlerrcode != ERRCODE_NOT_NULL_VIOLATION)
		return again;
	/* there is no way around the keys: their error says more */
	group->current = failed;
	return error;
}

/* ---------- around it ---------- */

static Oid
table_of_rows(const ManagedRows *rows)
{
	Oid			schema = get_namespace_oid(rows->schema, true);

	return OidIsValid(schema) ? get_relname_relid(rows->table, schema) : InvalidOid;
}

static RowsTask *
new_task(LivingTask *living)
{
	RowsTask   *task = palloc0(sizeof(RowsTask));

	task->task = living;
	if (living->up == NULL)
		return task;
	task->wanted = sv_managed_parse(living->up);
	task->before = sv_living_rows_before(SV_STORE_WRITE, living->name);
	task->relation = table_of_rows(task->wanted);
	return task;
}

/* The rows that are due and have not failed in this pass. */
static List *
tasks_to_write(const LivingRun *living, const List *failed)
{
	List	   *tasks = NIL;

	foreach_ptr(LivingTask, task, living->tasks)
	{
		if (task->kind == SV_LIVING_ROWS && task->waits && sv_living_is_ready(living, task) &&
			!list_member_ptr(failed, task))
			tasks = lappend(tasks, new_task(task));
	}
	return order_tasks(tasks);
}

static void
warn_of_left(const RowsTask *task)
{
	const RowsReport *report = task->written;

	if (report->left > 0)
		ereport(WARNING,
				(errmsg("managed rows of table %s that others changed are left as they are",
						sv_managed_table(task->wanted)),
				 errdetail(INT64_FORMAT " of them; the first keys: %s.", report->left,
						   sv_json_list(report->left_keys)),
				 errhint("SELECT * FROM schemaver.drift() shows them. To write them again: overwrite => true in the definition, or allow_data_loss => true in the call.")));
}

static void
finish_task(LivingRun *living, const RowsTask *task, TimestampTz started_at)
{
	RowsReport	both = {0};

	task->task->waits = false;
	task->task->error = NULL;
	if (task->written != NULL)
	{
		warn_of_left(task);
		both = *task->written;
	}
	if (task->deleted != NULL)
	{
		both.deleted = task->deleted->deleted;
		both.statements += task->deleted->statements;
	}
	sv_living_record(living, task->task, started_at, both.statements,
					 task->wanted ? sv_managed_summary(&both) : NULL);
	task->task->reason = NULL;
}

/*
 * Write all rows that are due, each table as the rights of its code say.  Those that
 * cannot be written keep their error.  True if any were.
 */
bool
sv_living_write_rows(LivingRun *living)
{
	TimestampTz started_at = GetCurrentTimestamp();
	RowsGroup	group = {living, .overwrite = living->run->options.allow_data_loss};
	List	   *failed = NIL;
	ErrorData  *error;

	while ((group.tasks = tasks_to_write(living, failed)) != NIL)
	{
		error = try_group(&group);
		if (error == NULL)
			break;
		if (sv_base_ends_all(error))
			ReThrowError(error);
		group.current->task->error = error;
		failed = lappend(failed, group.current->task);
	}
	foreach_ptr(const RowsTask, task, group.tasks)
		finish_task(living, task, started_at);
	return group.tasks != NIL;
}

/* Nothing is deleted where there was nothing to delete when it was looked at. */
static RowsTask *
task_of_drift(const RowsDrift *drift)
{
	RowsTask   *task = palloc0(sizeof(RowsTask));
	ManagedRows *wanted = palloc(sizeof(ManagedRows));

	*wanted = *drift->wanted;
	wanted->delete = drift->report->deleted > 0;
	task->wanted = wanted;
	task->relation = table_of_rows(wanted);
	return task;
}

/* The differences (RowsDrift) in the order in which their rows are to be written. */
List *
sv_living_order_drifts(const List *drifts)
{
	List	   *tasks = NIL;
	List	   *ordered = NIL;
	ListCell   *cell;

	foreach_ptr(const RowsDrift, drift, drifts)
	{
		RowsTask   *task = palloc0(sizeof(RowsTask));

		task->wanted = drift->wanted;
		task->relation = table_of_rows(task->wanted);
		tasks = lappend(tasks, task);
	}
	foreach(cell, order_tasks(list_copy(tasks)))
		ordered = lappend(ordered, list_nth(drifts, place_of(tasks, lfirst(cell))));
	return ordered;
}

/* Write rows that others changed again (RowsDrift, in order), all or none. */
void
sv_living_put_rows_back(const List *drifts)
{
	RowsGroup	group = {.overwrite = true};
	ErrorData  *error;

	foreach_ptr(const RowsDrift, drift, drifts)
		group.tasks = lappend(group.tasks, task_of_drift(drift));
	error = try_group(&group);
	if (error != NULL)
		ReThrowError(error);
}
