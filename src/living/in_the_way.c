/*
 * in_the_way.c
 *		Statements of revisions that the server refuses because other objects
 *		depend on what they change.
 *
 * The dependents are dropped, the statement is executed, and at the end of the
 * script they are re-created as they were.  That is done for living objects, and for
 * all others where it is asked for; a living object that cannot come back as it was is
 * made by its text when the revisions are done, anything else is an error.
 *
 * A statement that may read, write or name what was put aside has it back before, if it
 * can come back by then: rows that a script writes must meet the triggers, policies and
 * constraints of their table.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "living/living_private.h"
#include "storage/lmgr.h"
#include "tcop/utility.h"
#include "track/track.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

/* What was put aside for the script at hand, the last one first (Aside). */
static List *asides = NIL;

/* May objects be put aside that are no living ones? */
static bool rebuild_all = false;

/* ---------- what a statement changes ---------- */

typedef struct Targets
{
	List	   *addresses;		/* ObjectAddress */
	AsideCause	cause;
	bool		row_types;		/* also what uses the row type as a whole */
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
	foreach_oid(heir, find_all_inheritors(relation, AccessShareLock, NULL))
	{
		AttrNumber	column = get_attnum(heir, name);

		if (column == InvalidAttrNumber)
			continue;
		add_way_target(targets, RelationRelationId, heir, column);
		if (targets->row_types && OidIsValid(get_rel_type_id(heir)))
			add_way_target(targets, TypeRelationId, get_rel_type_id(heir), 0);
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
tree_targets(const Node *tree, bool row_types)
{
	Targets		targets = {NIL, SV_ASIDE_COLUMN_TYPE, row_types};

	if (IsA(tree, DropStmt))
		add_dropped(&targets, (const DropStmt *) tree);
	else if (IsA(tree, AlterTableStmt))
		add_altered(&targets, (const AlterTableStmt *) tree);
	if (row_types && targets.cause != SV_ASIDE_COLUMN_TYPE)
		targets.addresses = NIL;	/* what is dropped is in no expression as a whole */
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
		else if (sv_living_part_of_others(made, object))
			aside->parts = lappend(aside->parts, object);
	}
	MemoryContextSwitchTo(caller);
}

/*
 * Put aside what is in the way; false if that cannot be done.  With row_types, also
 * what has the row type of a table in an expression: some servers refuse to change
 * a column then.
 */
static bool
put_aside(const Node *tree, bool row_types)
{
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);
	List	   *missing = NIL;
	List	   *made = NIL;
	Targets		targets = tree_targets(tree, row_types);
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

/* ---------- bringing back ---------- */

static void
return_all(void *arg)
{
	foreach_ptr(const Aside, aside, asides)
		sv_aside_return(aside, aside->dropped);
}

/* All that was put aside is back. */
static void
all_back(void)
{
	sv_living_units_changed();
	sv_living_forget_asides();
}

/* Make again what was put aside, within the script; false if it cannot come back yet. */
static bool
bring_back(void)
{
	ErrorData  *error = sv_subtransaction(return_all, NULL, true);

	if (error == NULL)
		all_back();
	else if (sv_base_ends_all(error))
		ReThrowError(error);
	return error == NULL;
}

/* Does the error say that something is not there? */
static bool
is_missed(const ErrorData *error)
{
	return error->sqlerrcode == ERRCODE_UNDEFINED_TABLE ||
		error->sqlerrcode == ERRCODE_UNDEFINED_OBJECT ||
		error->sqlerrcode == ERRCODE_UNDEFINED_FUNCTION ||
		error->sqlerrcode == ERRCODE_UNDEFINED_COLUMN;
}

/* Is ALTER TABLE the same whether what was put aside is there or not? */
static bool
alters_alone(const AlterTableStmt *stmt)
{
	ListCell   *cell;

	foreach(cell, stmt->cmds)
	{
		const AlterTableCmd *command = lfirst_node(AlterTableCmd, cell);

		switch (command->subtype)
		{
			case AT_AddColumn:
			case AT_AlterColumnType:
			case AT_ColumnDefault:
			case AT_AddConstraint:
			case AT_DropConstraint:
			case AT_DropColumn:
			case AT_DropNotNull:
			case AT_SetNotNull:
				if (command->missing_ok)
					return false;
				break;
			default:
				return false;
		}
	}
	return !stmt->missing_ok;
}

/*
 * May a statement be executed while objects are put aside?  One that drops or makes
 * something may be what they wait for.  Any other would see a database without them.
 */
static bool
can_wait(const Node *tree)
{
	switch (nodeTag(tree))
	{
		case T_AlterTableStmt:
			return alters_alone((const AlterTableStmt *) tree);
		case T_DropStmt:
			return !((const DropStmt *) tree)->missing_ok;
		case T_ViewStmt:
			return !((const ViewStmt *) tree)->replace;
		case T_CreateFunctionStmt:
			return !((const CreateFunctionStmt *) tree)->replace;
		case T_CreateTableAsStmt:
			return false;
		case T_VariableSetStmt:
			return true;
		default:
			return strncmp(GetCommandTagName(CreateCommandTag(unconstify(Node *, tree))),
						   "CREATE ", 7) == 0;
	}
}

/* ---------- executing ---------- */

/* Is it something that has an expression, which may make rows? */
static bool
has_expression(Oid catalog, Oid oid)
{
	bool		isnull = true;
	HeapTuple	tuple;

	if (catalog == RelationRelationId)
		return get_rel_relkind(oid) == RELKIND_INDEX;
	if (catalog != ProcedureRelationId)
		return catalog != TypeRelationId;
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(oid));
	if (!HeapTupleIsValid(tuple))
		return false;
	(void) SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_prosqlbody, &isnull);
	ReleaseSysCache(tuple);
	return !isnull;
}

/*
 * Does a statement change the type of a column while an expression has the whole row's
 * type?  Not every server refuses that, and where it does not, an expression that makes
 * such a row fails from then on.
 */
static bool
breaks_row_expressions(const Node *tree)
{
	Targets		targets = tree_targets(tree, true);

	foreach_ptr(const ObjectAddress, address, targets.addresses)
	{
		DependScan	scan;
		Form_pg_depend row;
		bool		found = false;

		if (address->classId != TypeRelationId)
			continue;
		scan = sv_depend_begin(TypeRelationId, address->objectId, true, NULL);
		while ((row = sv_depend_next(&scan)) != NULL)
			found |= has_expression(row->classid, row->objid);
		if (found)
			return true;
	}
	return false;
}

/* Execute a statement that others may be in the way of, and put them aside. */
static void
run_over(const Node *tree, StatementFn run, void *arg)
{
	ErrorData  *error;

	if (breaks_row_expressions(tree))
		(void) put_aside(tree, true);
	error = sv_subtransaction(run, arg, true);
	if (error != NULL && asides != NIL && is_missed(error) && bring_back())
		error = sv_subtransaction(run, arg, true);
	for (int wider = 0; error != NULL && wider <= 1; wider++)
	{
		if (is_refused(error) && put_aside(tree, wider == 1))
			error = sv_subtransaction(run, arg, true);
	}
	if (error != NULL)
		ReThrowError(error);
}

/*
 * Execute a statement of a revision by run(arg), also where living objects are in
 * its way.
 */
void
sv_living_statement(const Node *tree, StatementFn run, void *arg)
{
	if (asides != NIL && !can_wait(tree))
		(void) bring_back();
	if ((IsA(tree, DropStmt) || IsA(tree, AlterTableStmt)) ?
		(rebuild_all || has_living_objects(tree)) : asides != NIL)
		run_over(tree, run, arg);
	else
		run(arg);
}

/* ---------- the end of a script ---------- */

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

/* Living objects are made by their texts: say what others had made for them, which is gone. */
static void
warn_of_parts(void)
{
	foreach_ptr(const Aside, aside, asides)
	{
		foreach_ptr(const Object, o, aside->parts)
			ereport(WARNING,
					(errmsg("%s %s of a living object is dropped", o->class->name, o->identity),
					 errdetail("The object could not be re-created as it was; its text does that."),
					 errhint("Write it into the text of the living object.")));
	}
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
	if (error != NULL)
		warn_of_parts();
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
	all_back();
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
