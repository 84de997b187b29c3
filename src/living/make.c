/*
 * make.c
 *		Run the texts that are due, in an order in which they can run.
 *
 * Nobody says what a text needs: each is tried in a subtransaction, and one that
 * fails is tried again when others have run.  One that fails because of what it
 * made before is tried again without that: the objects are dropped, with the living
 * objects that depend on them, which are due then, too.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "living/living_private.h"
#include "nodes/makefuncs.h"
#include "miscadmin.h"
#include "track/track.h"
#include "utils/guc.h"
#include "utils/regproc.h"
#include "utils/timestamp.h"

#define MOST_RUNS 5				/* of one text in one run */

/* One attempt to run a text. */
typedef struct Attempt
{
	LivingRun  *living;
	LivingTask *task;
	const Aside *aside;			/* what is dropped before it; NULL: nothing */
	int			statements;
} Attempt;

/* ---------- one text ---------- */

static bool
as_it_is(void *arg, const Script *script, int statement, const char **text)
{
	return true;
}

/* Execute a text as the caller; returns the number of its statements. */
static int
execute_living_text(const LivingTask *task, const char *text)
{
	StoredRevision revision = {.id = unconstify(char *, task->name), .options = "{}"};
	StoredScript stored = {0};
	Execution	execution;

	stored.up = unconstify(char *, text);
	stored.source = unconstify(char *, task->file);
	stored.up_line = task->line;
	sv_execution_begin(&execution, &revision, &stored, SV_UPGRADE);
	execution.adapt = as_it_is;
	sv_execution_part(&execution, 0, execution.script->n);
	sv_execution_end(&execution);
	return execution.script->n;
}

static void
attempt_task(void *arg)
{
	Attempt    *attempt = arg;
	LivingTask *task = attempt->task;

	sv_observe_begin();
	sv_follow_step();
	sv_fact_set(SV_FACT_REVISION, task->name);
	if (attempt->aside != NULL)
		sv_aside_take(attempt->aside);
	else
		sv_annotations_strip(attempt->living->made, task->name);
	if (task->up != NULL)
		attempt->statements = execute_living_text(task, task->up);
	else if (task->down != NULL)
		attempt->statements = execute_living_text(task, task->down);
}

/* ---------- what a text has made before ---------- */

/* Addresses of the objects of one living object that may be dropped. */
static List *
expendable(const LivingRun *living, const char *name)
{
	List	   *result = NIL;

	foreach_ptr(Made, made, living->made)
	{
		if (strcmp(made->name, name) == 0 && sv_made_is_expendable(made))
			result = lappend(result, &made->address);
	}
	return result;
}

/* Does the object, or the one of which it is a part, belong to a living object? */
bool
sv_living_belongs(const List *made, const Object *o)
{
	for (; o != NULL; o = o->parent)
	{
		if (sv_made_at(made, &o->address) != NULL)
			return true;
	}
	return false;
}

/*
 * Is it an index, a trigger or a rule that others have made for a relation of a living
 * object?  The text does not bring it back.
 */
bool
sv_living_part_of_others(const List *made, const Object *o)
{
	return o->parent != NULL &&
		(sv_class_is(o, index) || sv_class_is(o, trigger) || sv_class_is(o, rule)) &&
		sv_made_at(made, &o->address) == NULL && sv_living_belongs(made, o);
}

static bool
has_parts_of_others(const List *made, const Aside *aside)
{
	foreach_ptr(const Object, o, aside->dropped)
	{
		if (sv_living_part_of_others(made, o))
			return true;
	}
	return false;
}

/* What would be dropped and belongs to no living object, as a text; NULL: nothing. */
static char *
foreign_ones(const LivingRun *living, const Aside *aside)
{
	StringInfoData list;

	initStringInfo(&list);
	foreach_ptr(const Object, o, aside->dropped)
	{
		if (sv_living_belongs(living->made, o))
			continue;
		if (o->parent != NULL && list_member_ptr(aside->dropped, o->parent))
			continue;
		appendStringInfo(&list, "%s%s %s", list.len > 0 ? ", " : "", o->class->name, o->identity);
	}
	return list.len > 0 ? list.data : NULL;
}

/* What may not be dropped, as a text; NULL: nothing. */
static char *
in_the_way(const LivingRun *living, const Aside *aside)
{
	char	   *data = sv_aside_data(aside);

	if (data != NULL)
		return data;
	return sv_rebuild_dependents ? NULL : foreign_ones(living, aside);
}

static void
refuse_foreign(const char *name, const char *foreign)
{
	ereport(ERROR,
			(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
			 errmsg("cannot replace living object \"%s\" because other objects depend on it", name),
			 errdetail("They are no living objects, or hold data: %s.", foreign),
			 errhint("Make living objects of them, too: SELECT schemaver.repeatable(...).")));
}

/* What has to go so that a text can re-create its objects; NULL: nothing, or it cannot go. */
static Aside *
aside_for(LivingRun *living, LivingTask *task, char **foreign)
{
	List	   *addresses = expendable(living, task->name);
	Aside	   *aside;

	*foreign = NULL;
	if (addresses == NIL)
		return NULL;
	aside = sv_aside_find(addresses, SV_ASIDE_REPLACED);
	*foreign = in_the_way(living, aside);
	return *foreign == NULL ? aside : NULL;
}

/* Does an error say that what is there is in the way? */
static bool
is_in_the_way(const ErrorData *error)
{
	switch (error->sqlerrcode)
	{
		case ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST:
		case ERRCODE_INVALID_TABLE_DEFINITION:
		case ERRCODE_INVALID_FUNCTION_DEFINITION:
		case ERRCODE_DUPLICATE_TABLE:
		case ERRCODE_DUPLICATE_FUNCTION:
		case ERRCODE_DUPLICATE_OBJECT:
		case ERRCODE_FEATURE_NOT_SUPPORTED:
		case ERRCODE_WRONG_OBJECT_TYPE:
			return true;
		default:
			return false;
	}
}

/* ---------- after a text ran ---------- */

static LivingTask *
task_named(const LivingRun *living, const char *name)
{
	foreach_ptr(LivingTask, task, living->tasks)
	{
		if (strcmp(task->name, name) == 0)
			return task;
	}
	return NULL;
}

/* What was dropped on the way and belongs to others is due again. */
static void
note_dropped_objects(LivingRun *living, const LivingTask *task)
{
	foreach_ptr(const ObjectAddress, address, sv_observe_dropped())
	{
		const Made *made = sv_made_at(living->made, address);
		LivingTask *other;

		if (made == NULL)
			continue;
		living->made = list_delete_ptr(living->made, unconstify(Made *, made));
		other = strcmp(made->name, task->name) != 0 ? task_named(living, made->name) : NULL;
		if (other != NULL && other->up != NULL)
			sv_task_due(other, "dropped for another");
	}
}

static bool
is_same_object(const Made *a, const Made *b)
{
	return strcmp(a->type, b->type) == 0 && strcmp(llast(a->names), llast(b->names)) == 0;
}

/*
 * The text has not made an object that the former text made.  Is it out of it, not
 * only left as it is (IF NOT EXISTS, a DO block)?  So if another object has its
 * name now, or if the text does not contain its name.
 */
static bool
is_out(const LivingTask *task, const Made *former, const List *made)
{
	foreach_ptr(const Made, one, made)
	{
		if (is_same_object(former, one))
			return true;
	}
	return task->up == NULL || strstr(task->up, llast(former->names)) == NULL;
}

/* Drop what the former text made and this one does not. */
static void
drop_former(LivingRun *living, const LivingTask *task, const List *made)
{
	List	   *addresses = NIL;
	Aside	   *aside;
	char	   *foreign;

	foreach_ptr(Made, former, living->made)
	{
		if (strcmp(former->name, task->name) != 0 ||
			sv_made_at(made, &former->address) != NULL || !is_out(task, former, made))
			continue;
		if (sv_made_is_expendable(former))
			addresses = lappend(addresses, &former->address);
		else
			ereport(WARNING,
					(errmsg("%s %s stays, though living object \"%s\" does not make it any more",
							former->type, (char *) llast(former->names), task->name),
					 errhint("It may hold data; drop it in a revision.")));
	}
	if (addresses == NIL)
		return;
	aside = sv_aside_find(addresses, SV_ASIDE_REPLACED);
	foreign = in_the_way(living, aside);
	if (foreign != NULL)
		refuse_foreign(task->name, foreign);
	if (foreign_ones(living, aside) != NULL || has_parts_of_others(living->former, aside))
		living->asides = lcons(aside, living->asides);
	sv_aside_take(aside);
}

/* Let the list of all objects say what the text has made. */
static void
note_made(LivingRun *living, const LivingTask *task, List *made)
{
	ListCell   *cell;

	foreach(cell, living->made)
	{
		const Made *former = lfirst(cell);

		if (strcmp(former->name, task->name) == 0 && sv_made_at(made, &former->address) != NULL)
			living->made = foreach_delete_current(living->made, cell);
	}
	living->made = list_concat(living->made, made);
	sv_made_record(task->name, living->made);
}

/* Living objects that name all columns ("*") of a relation which may have others now are due. */
void
sv_living_columns_changed(LivingRun *living, const LivingTask *task, Oid relation)
{
	ObjectAddress unit;

	if (!sv_unit_of(RelationRelationId, relation, &unit))
		return;
	foreach_ptr(const ObjectAddress, dependent, sv_unit_dependents(&unit))
	{
		const Made *made = sv_made_at(living->made, dependent);
		LivingTask *other = made != NULL ? task_named(living, made->name) : NULL;

		if (other != NULL && other != task && other->all_columns && other->runs < MOST_RUNS)
			sv_task_due(other, "columns of another");
	}
}

/* How many texts are due. */
static int
count_waiting(const LivingRun *living)
{
	int			n = 0;

	foreach_ptr(const LivingTask, task, living->tasks)
		n += task->waits;
	return n;
}

/* Record what ran; "note" (or NULL) is for who reads of the step. */
void
sv_living_record(LivingRun *living, const LivingTask *task, TimestampTz started_at,
				 int statements, const char *note)
{
	LivingVersion version = {task->name, task->checksum, task->up, task->down};
	StoredStep	step = {0};

	step.run = version.run = living->run->number;
	step.position = ++living->run->done;
	living->run->nsteps = Max(living->run->nsteps, step.position + count_waiting(living));
	step.revision = task->name;
	step.direction = living->direction;
	step.checksum = task->checksum ? task->checksum : "";
	step.started_at = started_at;
	step.finished_at = version.ran_at = GetCurrentTimestamp();
	step.statements = statements;
	version.ran_by = sv_role_name(GetUserId());
	sv_store_living_ran(&version);
	sv_run_report(living->run,
				  psprintf("%s: %s%s%s%s", task->word, task->reason, note ? " (" : "",
						   note ? note : "", note ? ")" : ""),
				  &step, sv_store_living_step(&step));
	sv_follow_living_done(living->run->number, step.position, task->name);
}

/* A text ran: note what it made, and what is due because of it. */
static void
finish_attempt(Attempt *attempt, TimestampTz started_at)
{
	LivingRun  *living = attempt->living;
	LivingTask *task = attempt->task;
	List	   *made = sv_made_of(task->name, sv_observe_made());

	if (attempt->aside != NULL && (foreign_ones(living, attempt->aside) != NULL ||
								   has_parts_of_others(living->former, attempt->aside)))
		living->asides = lcons(unconstify(Aside *, attempt->aside), living->asides);
	note_dropped_objects(living, task);
	drop_former(living, task, made);
	note_dropped_objects(living, task);
	note_made(living, task, made);
	sv_annotations_return(living->made, task->name);
	task->waits = false;
	task->error = NULL;
	if (++task->runs > MOST_RUNS)
		ereport(ERROR,
				(errcode(ERRCODE_SV_BAD_PARENT),
				 errmsg("living object \"%s\" is dropped by another one again and again",
						task->name)));
	foreach_ptr(const Made, one, made)
	{
		if (one->address.classId == RelationRelationId)
			sv_living_columns_changed(living, task, one->address.objectId);
	}
	sv_living_record(living, task, started_at, attempt->statements, NULL);
	task->reason = NULL;
}

/* ---------- trying ---------- */

static bool
try(Attempt *attempting)
{
	TimestampTz started_at = GetCurrentTimestamp();
	ErrorData  *error = sv_subtransaction(attempt_task, attempting, true);

	if (error == NULL)
	{
		finish_attempt(attempting, started_at);
		return true;
	}
	if (sv_base_ends_all(error))
		ReThrowError(error);
	if (attempting->task->error == NULL || attempting->aside == NULL ||
		is_in_the_way(attempting->task->error))
		attempting->task->error = error;
	return false;
}

/* The error of a text whose objects others depend on, that are no living objects. */
static void
raise_foreign(void *arg)
{
	const char *const *names = arg;

	refuse_foreign(names[0], names[1]);
}

/* Try a text as it is, and without what it made before; true if it ran. */
static bool
try_task(LivingRun *living, LivingTask *task)
{
	Attempt		attempting = {living, task};
	char	   *foreign = NULL;
	Aside	   *aside;

	task->error = NULL;
	if (task->up != NULL || task->down != NULL)
	{
		if (try(&attempting))
			return true;
	}
	aside = aside_for(living, task, &foreign);
	attempting.aside = aside;
	if (aside != NULL && try(&attempting))
		return true;
	if (foreign != NULL && (task->error == NULL || is_in_the_way(task->error)))
	{
		const char *names[2] = {task->name, foreign};

		task->error = sv_subtransaction(raise_foreign, names, false);
	}
	if (task->error == NULL)	/* there is nothing to drop */
		return try(&attempting);
	return false;
}

/* ---------- the order ---------- */

/* Is what the text needs according to its author there? */
bool
sv_living_is_ready(const LivingRun *living, const LivingTask *task)
{
	if (task->up == NULL)
		return true;
	foreach_ptr(const char, name, task->depends_on)
	{
		const LivingTask *other = task_named(living, name);

		if (other != NULL ? other->waits && other->up != NULL :
			living->direction == SV_UPGRADE && sv_store_revision_exists(name) &&
			!sv_store_revision(SV_STORE_WRITE, name)->applied)
			return false;
	}
	return true;
}

/* Try all that waits once; true if any of it ran. */
static bool
pass(LivingRun *living)
{
	bool		progress = false;
	bool		wrote = false;

	foreach_ptr(LivingTask, task, living->tasks)
	{
		CHECK_FOR_INTERRUPTS();
		if (!task->waits || !sv_living_is_ready(living, task))
			continue;
		if (task->kind != SV_LIVING_ROWS)
			progress |= try_task(living, task);
		else if (!wrote)
		{
			progress |= sv_living_write_rows(living);
			wrote = true;
		}
	}
	return progress;
}

/* ---------- what cannot run ---------- */

/* The waiting task that makes what an error misses, as its message names it; or NULL. */
static LivingTask *
missed(const LivingRun *living, const LivingTask *task)
{
	foreach_ptr(LivingTask, other, living->tasks)
	{
		if (other == task || !other->waits || task->error == NULL)
			continue;
		for (int i = 0; other->makes[i] != NULL; i++)
		{
			if (strstr(task->error->message, other->makes[i]) != NULL)
				return other;
		}
	}
	return NULL;
}

/* Raise SV004 if living objects wait for each other. */
static void
refuse_circle_of_texts(const LivingRun *living, const LivingTask *task)
{
	const LivingTask *slow = task;
	const LivingTask *at;
	StringInfoData way;
	int			n = list_length(living->tasks);

	/* after n steps the way is in a circle, or has ended */
	for (int i = 0; i < n && slow != NULL; i++)
		slow = missed(living, slow);
	if (slow == NULL)
		return;
	initStringInfo(&way);
	at = slow;
	do
	{
		const LivingTask *next = missed(living, at);

		appendStringInfo(&way, "%s\"%s\" needs \"%s\" (%s)", way.len > 0 ? ", " : "", at->name,
						 next->name, at->error->message);
		at = next;
	} while (at != slow);
	ereport(ERROR,
			(errcode(ERRCODE_SV_BAD_PARENT),
			 errmsg("living objects depend on each other in a circle"),
			 errdetail_internal("%s.", way.data)));
}

static bool
is_missing_something(const ErrorData *error)
{
	switch (error->sqlerrcode)
	{
		case ERRCODE_UNDEFINED_TABLE:
		case ERRCODE_UNDEFINED_COLUMN:
		case ERRCODE_UNDEFINED_FUNCTION:
		case ERRCODE_UNDEFINED_OBJECT:
		case ERRCODE_UNDEFINED_SCHEMA:
			return true;
		default:
			return false;
	}
}

/* Say which revision, or which other text, is not there yet. */
static void
tell_waiting(const LivingTask *task)
{
	ereport(NOTICE,
			(errmsg("living object \"%s\" waits for revisions that are not applied", task->name),
			 task->error != NULL ? errdetail_internal("%s", task->error->message) : 0));
}

/* Nothing more can run: raise the error of what waits, unless later revisions may help. */
static void
refuse_waiting(LivingRun *living)
{
	foreach_ptr(LivingTask, task, living->tasks)
	{
		if (!task->waits)
			continue;
		if (living->incomplete &&
			(task->error == NULL || is_missing_something(task->error)))
		{
			tell_waiting(task);
			continue;
		}
		refuse_circle_of_texts(living, task);
		if (task->error != NULL)
			ReThrowError(task->error);
		ereport(ERROR,
				(errcode(ERRCODE_SV_PENDING),
				 errmsg("living object \"%s\" waits for what it depends on", task->name)));
	}
}

typedef struct OthersPart
{
	const Object *object;
	Oid			relation;		/* of which it is a part */
} OthersPart;

static void
return_part(void *arg)
{
	const OthersPart *part = arg;

	sv_aside_return_part(part->object, part->relation);
}

/*
 * Make a part of others again, if its relation is there.  An index that the relation has no
 * columns for any more goes, as with DROP COLUMN; what does something is not let go.
 */
static void
return_part_of_others(const Object *o)
{
	List	   *name = sv_qualified_name_list(o->parent->identity);
	OthersPart	part = {o, RangeVarGetRelid(makeRangeVarFromNameList(name), NoLock, true)};
	ErrorData  *error = OidIsValid(part.relation) ? sv_subtransaction(return_part, &part, true) :
	NULL;

	if (error == NULL)
		return;
	if (sv_base_ends_all(error))
		ReThrowError(error);
	ereport(sv_class_is(o, index) ? WARNING : ERROR,
			(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
			 errmsg("%s %s of a living object cannot be re-created", o->class->name, o->identity),
			 errdetail_internal("%s", error->message),
			 errhint("Write it into the text of the living object, or drop it before.")));
}

/*
 * Make again what was dropped on the way and belongs to no living object, or is a part of
 * one that its text does not make.
 */
static void
return_foreign(const LivingRun *living)
{
	foreach_ptr(const Aside, aside, living->asides)
	{
		List	   *objects = NIL;

		foreach_ptr(Object, object, aside->dropped)
		{
			if (!sv_living_belongs(living->former, object))
				objects = lappend(objects, object);
		}
		sv_aside_return(aside, objects);
		foreach_ptr(const Object, part, aside->dropped)
		{
			if (sv_living_part_of_others(living->former, part))
				return_part_of_others(part);
		}
	}
}

/* Does any text wait? */
bool
sv_living_any_waits(const LivingRun *living)
{
	foreach_ptr(const LivingTask, task, living->tasks)
	{
		if (task->waits)
			return true;
	}
	return false;
}

/*
 * Run what is due, and what becomes due on the way.  An error of a text is raised
 * when no other one can help; nothing is left half done, for the caller's
 * transaction is rolled back then.
 */
void
sv_living_make(LivingRun *living)
{
	living->former = list_copy(living->made);
	while (pass(living))
		;
	sv_observe_end();
	refuse_waiting(living);
	return_foreign(living);
}
