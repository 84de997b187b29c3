/*
 * tasks.c
 *		Which living objects are due, and in which order they are tried.
 *
 * Pure but for the reading of the store.
 */
#include "postgres.h"

#include "living/living_private.h"
#include "nodes/nodeFuncs.h"
#include "script/script.h"

/* ---------- what a text is about ---------- */

static bool
find_star(Node *node, void *found)
{
	if (node == NULL)
		return false;
	if (IsA(node, ColumnRef) && IsA(llast(castNode(ColumnRef, node)->fields), A_Star))
	{
		*(bool *) found = true;
		return true;
	}
	return raw_expression_tree_walker(node, find_star, found);
}

/* The queries of which the statement consists, as far as its tree holds them. */
static Node *
query_of(Node *tree)
{
	switch (nodeTag(tree))
	{
		case T_ViewStmt:
			return castNode(ViewStmt, tree)->query;
		case T_CreateTableAsStmt:
			return castNode(CreateTableAsStmt, tree)->query;
		case T_CreateFunctionStmt:
			return castNode(CreateFunctionStmt, tree)->sql_body;
		default:
			return NULL;
	}
}

static bool
has_star(Node *query)
{
	bool		found = false;

	if (query == NULL)
		return false;
	if (IsA(query, List))		/* the body of a function: a list of lists */
	{
		foreach_ptr(Node, node, (List *) query)
			found |= has_star(node);
		return found;
	}
	(void) find_star(query, &found);
	return found;
}

#define RANK_OF_ROWS 7
#define LAST_RANK 8				/* of what fills tables */

/* Objects that others use are tried first. */
static int
rank_of_tree(const Node *tree)
{
	switch (nodeTag(tree))
	{
		case T_CreateSchemaStmt:
		case T_CreateExtensionStmt:
			return 0;
		case T_CompositeTypeStmt:
		case T_CreateEnumStmt:
		case T_CreateRangeStmt:
		case T_CreateDomainStmt:
		case T_CreateStmt:
		case T_CreateSeqStmt:
			return 1;
		case T_CreateFunctionStmt:
		case T_DefineStmt:
			return 2;
		case T_ViewStmt:
			return 3;
		case T_CreateTableAsStmt:
			return 4;
		case T_CreateTrigStmt:
		case T_CreatePolicyStmt:
		case T_RuleStmt:
			return 5;
		default:
			return 6;
	}
}

static void
look_into(LivingTask *task)
{
	ScriptOrigin origin = {task->name, "up", task->file, task->line};
	Script	   *script;

	int			n = 0;

	task->rank = task->kind == SV_LIVING_ROWS ? RANK_OF_ROWS : LAST_RANK;
	task->makes = palloc0(sizeof(char *));
	if (task->up == NULL || task->kind == SV_LIVING_ROWS)
		return;
	script = sv_script_parse(task->up, &origin);
	task->makes = palloc0(sizeof(char *) * (script->n + 1));
	for (int i = 0; i < script->n; i++)
	{
		Node	   *tree = sv_statement_tree(script, i);

		if (task->kind == SV_LIVING_OBJECT)
			task->rank = Min(task->rank, rank_of_tree(tree));
		task->all_columns |= has_star(query_of(tree));
		if (sv_created_name(tree) != NULL)
			task->makes[n++] = sv_created_name(tree);
	}
}

/* ---------- what is due ---------- */

/* What a user calls it. */
const char *
sv_living_word(const StoredLiving *living)
{
	return living->kind == SV_LIVING_OBJECT ? "repeatable" : sv_living_kind_name(living->kind);
}

/* The text shall run; the first reason counts. */
void
sv_task_due(LivingTask *task, const char *reason)
{
	if (task->reason == NULL)
		task->reason = reason;
	task->waits = true;
}

static LivingTask *
task_of(const StoredLiving *living)
{
	LivingTask *task = palloc0(sizeof(LivingTask));

	task->name = living->name;
	task->up = living->up;
	task->down = living->down;
	task->checksum = living->checksum;
	task->kind = living->kind;
	task->word = sv_living_word(living);
	task->depends_on = living->depends_on;
	task->file = living->file;
	task->line = living->line;
	if (living->in_force == NULL)
		sv_task_due(task, "new");
	else if (strcmp(living->in_force, living->checksum) != 0)
		sv_task_due(task, "changed");
	else if (living->always)
		sv_task_due(task, "always");
	return task;
}

/*
 * Why the contexts and labels of an object keep it out of a run; NULL: they do not.
 * Without a selection all run.
 */
const char *
sv_living_left_out(const StoredLiving *living, const Selection *selection)
{
	if (selection == NULL || (living->contexts == NULL && living->labels == NULL))
		return NULL;
	return sv_run_unselected(selection, living->contexts, living->labels);
}

/* The version of that name, or NULL. */
const LivingVersion *
sv_living_version(const List *versions, const char *name)
{
	foreach_ptr(const LivingVersion, version, versions)
	{
		if (strcmp(version->name, name) == 0)
			return version;
	}
	return NULL;
}

/* Let it be what it was then: with another text, or gone. */
static void
turn_back(LivingTask *task, const StoredLiving *living, const LivingVersion *then)
{
	task->reason = NULL;
	task->waits = false;
	if (then != NULL)
	{
		task->up = then->up;
		task->down = then->down;
		task->checksum = then->checksum;
		if (living->in_force == NULL || strcmp(living->in_force, then->checksum) != 0)
			sv_task_due(task, "text of that time");
		return;
	}
	task->up = NULL;
	task->checksum = NULL;
	if (living->in_force != NULL)
		sv_task_due(task, "not there at that time");
}

/* It stays as it is, which a run may have to make again; the reason to run stays known. */
static void
keep_as_it_is(LivingTask *task, const StoredLiving *living, const List *in_force, const char *why)
{
	const char *reason = task->reason;

	turn_back(task, living, sv_living_version(in_force, living->name));
	task->reason = reason;
	task->left_out = why;
}

static int
by_rank(const ListCell *a, const ListCell *b)
{
	const LivingTask *x = lfirst(a);
	const LivingTask *y = lfirst(b);

	return x->rank != y->rank ? x->rank - y->rank : x->place - y->place;
}

/* What lacks an object that it made is due. */
static void
add_missing_tasks(const List *tasks, const List *missing)
{
	foreach_ptr(const char, string, missing)
	{
		foreach_ptr(LivingTask, task, tasks)
		{
			if (strcmp(task->name, string) != 0 || task->up == NULL)
				continue;
			if (task->left_out == NULL)
				sv_task_due(task, "missing");
			else if (task->reason == NULL)
				task->reason = "missing";
		}
	}
}

/*
 * All living objects (LivingTask), those that are due marked.  An upgrade wants
 * the registered texts where "selection" has them (NULL: everywhere), a downgrade those
 * that were in force before the run "before".  *made gets the objects of which they consist (Made).
 */
List *
sv_living_tasks(StoreMode mode, Direction direction, int64 before, const Selection *selection,
				List **made)
{
	List	   *all = sv_store_living(mode);
	List	   *versions = all == NIL ? NIL :
	sv_store_living_before(mode, direction == SV_DOWNGRADE ? before : PG_INT64_MAX);
	List	   *tasks = NIL;
	List	   *missing = NIL;

	foreach_ptr(const StoredLiving, living, all)
	{
		LivingTask *task = task_of(living);
		const char *left_out =
		direction == SV_UPGRADE ? sv_living_left_out(living, selection) : NULL;

		if (left_out != NULL)
			keep_as_it_is(task, living, versions, left_out);
		else if (direction == SV_DOWNGRADE && task->kind != SV_LIVING_SEED)
			turn_back(task, living, sv_living_version(versions, living->name));
		else if (direction == SV_DOWNGRADE)
			task->waits = false;
		task->place = foreach_current_index(living);
		look_into(task);
		tasks = lappend(tasks, task);
	}
	*made = tasks != NIL ? sv_made_read(mode, &missing) : NIL;
	add_missing_tasks(tasks, missing);
	list_sort(tasks, by_rank);
	return tasks;
}
