/*
 * in_the_way.c
 *		Statements of revisions that the server refuses because other objects
 *		depend on what they change.
 *
 * The dependents are dropped, the statement is executed, and at the end of the
 * script they are re-created as they were.  That is done for living objects, and for
 * all others where it is asked for; a living object that cannot come back as it was is
 * made by its text when the revisions are done, anything else is an error.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_inherits.h"
#include "living/living_private.h"
#include "storage/lmgr.h"
#include "track/track.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* What was put aside for the script at hand, the last one first (Aside). */
static List *asides = NIL;

/* May objects be put aside that are no living ones? */
static bool rebuild_all = false;

/* ---------- what a statement changes ---------- */

typedef struct Targets
{
	List	   *addresses;		/* ObjectAddress */
	AsideCause	cause;
} Targets;

static void
add_way_target(Targets *targets, Oid catalog, Oid oid, int sub)
{
	ObjectAddress *address = palloc0(sizeof(ObjectAddress));

	ObjectAddressSubSet(*address, catalog, oid, sub);
	targets->addresses = lappend(targets->addresses, address);
}

static void
add_dropped(Targets *targets, const DropStmt *stmt)
{
	ListCell   *cell;

	targets->cause = SV_ASIDE_DROPPED;
	foreach(cell, stmt->objects)
	{
		Relation	relation = NULL;
		ObjectAddress address = get_object_address(stmt->removeType, lfirst(cell), &relation,
												   AccessShareLock, true);

		if (relation != NULL)
			relation_close(relation, NoLock);
		if (OidIsValid(address.objectId))
			add_way_target(targets, address.classId, address.objectId, address.objectSubId);
	}
}

/* The column of a relation and of those that inherit it. */
static void
add_column_target(Targets *targets, Oid relation, const char *name)
{
	ListCell   *cell;

	foreach(cell, find_all_inheritors(relation, AccessShareLock, NULL))
	{
		AttrNumber	column = get_attnum(lfirst_oid(cell), name);

		if (column != InvalidAttrNumber)
			add_way_target(targets, RelationRelationId, lfirst_oid(cell), column);
	}
}

static void
add_altered(Targets *targets, const AlterTableStmt *stmt)
{
	Oid			relation = RangeVarGetRelid(stmt->relation, AccessShareLock, true);
	ListCell   *cell;

	foreach(cell, stmt->cmds)
	{
		const AlterTableCmd *command = lfirst_node(AlterTableCmd, cell);
		Oid			constraint;

		if (!OidIsValid(relation) || command->name == NULL)
			continue;
		if (command->subtype == AT_AlterColumnType || command->subtype == AT_DropColumn)
			add_column_target(targets, relation, command->name);
		if (command->subtype == AT_DropColumn || command->subtype == AT_DropConstraint)
			targets->cause = SV_ASIDE_DROPPED;
		if (command->subtype != AT_DropConstraint)
			continue;
		constraint = get_relation_constraint_oid(relation, command->name, true);
		if (OidIsValid(constraint))
			add_way_target(targets, ConstraintRelationId, constraint, 0);
	}
}

/* The objects that a statement may not change because of others. */
static Targets
tree_targets(const Node *tree)
{
	Targets		targets = {NIL, SV_ASIDE_COLUMN_TYPE};

	if (IsA(tree, DropStmt))
		add_dropped(&targets, (const DropStmt *) tree);
	else if (IsA(tree, AlterTableStmt))
		add_altered(&targets, (const AlterTableStmt *) tree);
	return targets;
}

static bool
is_refused(const ErrorData *error)
{
	return error->sqlerrcode == ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST ||
		error->sqlerrcode == ERRCODE_FEATURE_NOT_SUPPORTED;
}

/* ---------- putting aside ---------- */

/* May all of it be dropped for a time? */
static bool
may_go(const Aside *aside, const List *made)
{
	if (aside->dropped == NIL || sv_aside_data(aside) != NULL)
		return false;
	foreach_ptr(const Object, object, aside->dropped)
	{
		if (!rebuild_all && !sv_living_belongs(made, object))
			return false;
	}
	return true;
}

/* Remember which of it must come back as it was. */
static void
note_foreign(Aside *aside, const List *made)
{
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);

	foreach_ptr(Object, object, aside->dropped)
	{
		if (!sv_living_belongs(made, object))
			aside->foreign = lappend(aside->foreign, object);
	}
	MemoryContextSwitchTo(caller);
}

/* Put aside what is in the way; false if that cannot be done. */
static bool
put_aside(const Node *tree)
{
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);
	List	   *missing = NIL;
	List	   *made = NIL;
	Targets		targets = tree_targets(tree);
	Aside	   *aside = NULL;

	if (targets.addresses != NIL)
	{
		aside = sv_aside_find(targets.addresses, targets.cause);
		made = sv_made_read(SV_STORE_WRITE, &missing);
		if (may_go(aside, made))
			asides = lcons(aside, asides);
		else
			aside = NULL;
	}
	MemoryContextSwitchTo(caller);
	if (aside != NULL)
	{
		note_foreign(aside, made);
		sv_annotations_note(made);
		sv_living_units_note();
		sv_aside_take(aside);
	}
	return aside != NULL;
}

/*
 * What the table says, from the beginning of a run to its end: in between nothing writes
 * it but the run itself.
 */
static bool in_run = false;
static int	known_objects = -1; /* -1: not known */

/* A run begins or ends, or has made living objects. */
void
sv_living_objects_changed(bool run)
{
	in_run = run;
	known_objects = -1;
}

static bool
has_living_objects(const Node *tree)
{
	if (!in_run || known_objects < 0 || !sv_statement_is_quiet(tree))
		known_objects = sv_store_has_living_objects();
	return known_objects != 0;
}

/*
 * Execute a statement of a revision by run(arg), also where living objects are in
 * its way.
 */
void
sv_living_statement(const Node *tree, StatementFn run, void *arg)
{
	ErrorData  *error;

	if (!(IsA(tree, DropStmt) || IsA(tree, AlterTableStmt)) ||
		!(rebuild_all || has_living_objects(tree)))
	{
		run(arg);
		return;
	}
	error = sv_subtransaction(run, arg, true);
	if (error == NULL)
		return;
	if (!is_refused(error) || !put_aside(tree))
		ReThrowError(error);
	run(arg);
}

/* ---------- bringing back ---------- */

static void
return_all(void *arg)
{
	foreach_ptr(const Aside, aside, asides)
		sv_aside_return(aside, aside->dropped);
}

static void
return_foreign_objects(void *arg)
{
	foreach_ptr(const Aside, aside, asides)
		sv_aside_return(aside, aside->foreign);
}

/* The names of what must come back as it was. */
static char *
foreign_names(void)
{
	StringInfoData names;

	initStringInfo(&names);
	foreach_ptr(const Aside, aside, asides)
	{
		foreach_ptr(const Object, o, aside->foreign)
		{
			if (o->parent == NULL || !list_member_ptr(aside->foreign,
													  o->parent))
				appendStringInfo(&names, "%s%s %s", names.len > 0 ? ", " : "", o->class->name,
								 o->identity);
		}
	}
	return names.data;
}

/* The statements are executed: make again what was put aside for them, if that can be. */
void
sv_living_part_end(void)
{
	ErrorData  *error;

	if (asides == NIL)
		return;
	error = sv_subtransaction(return_all, NULL, true);
	if (error != NULL && ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
		ReThrowError(error);
	if (error != NULL && *foreign_names() != '\0')
		error = sv_subtransaction(return_foreign_objects, NULL, true);
	else
		error = NULL;
	if (error != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("objects that depend on what the script changes cannot be re-created"),
				 errdetail("%s: %s", foreign_names(), error->message),
				 errhint("Drop them in the script, and re-create them behind the change.")));
	sv_living_units_changed();
	sv_living_forget_asides();
}

/* A script begins. */
void
sv_living_part_begin(bool rebuild)
{
	asides = NIL;
	rebuild_all = rebuild;
}

/* Forget what was put aside, also after an error. */
void
sv_living_forget_asides(void)
{
	asides = NIL;
}
