/*
 * evaluates.c
 *		What a statement may evaluate while it is executed, as its parse tree
 *		tells, and whose statement it is.
 *
 * Made for the statements that schemaver writes.  A kind that is not known here
 * may evaluate anything.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "script/script.h"

static Evaluates
most(Evaluates a, Evaluates b)
{
	return Max(a, b);
}

static Evaluates
of_constraint(const Constraint *constraint)
{
	switch (constraint->contype)
	{
		case CONSTR_NULL:
		case CONSTR_NOTNULL:
		case CONSTR_IDENTITY:
		case CONSTR_PRIMARY:
		case CONSTR_UNIQUE:
		case CONSTR_FOREIGN:
		case CONSTR_ATTR_DEFERRABLE:
		case CONSTR_ATTR_NOT_DEFERRABLE:
		case CONSTR_ATTR_DEFERRED:
		case CONSTR_ATTR_IMMEDIATE:
			return SV_EVALUATES_NOTHING;
		case CONSTR_DEFAULT:
		case CONSTR_CHECK:
			return SV_EVALUATES_LITERALS;
		default:
			return SV_EVALUATES_ANYTHING;	/* the server plans them */
	}
}

static Evaluates
of_constraints(const List *constraints)
{
	Evaluates	result = SV_EVALUATES_NOTHING;
	ListCell   *cell;

	foreach(cell, constraints)
		result = most(result, of_constraint(lfirst_node(Constraint, cell)));
	return result;
}

/* The server plans the expressions of a partition key. */
static bool
has_key_expression(const PartitionSpec * key)
{
	ListCell   *cell;

	if (key == NULL)
		return false;
	foreach(cell, key->partParams)
	{
		if (lfirst_node(PartitionElem, cell)->expr != NULL)
			return true;
	}
	return false;
}

/* A new table has no rows, so a CHECK is only parsed.  A partition gets indexes as its parent's. */
static Evaluates
evaluates_in_create_table(const CreateStmt *stmt)
{
	Evaluates	result = of_constraints(stmt->constraints);

	if (has_key_expression(stmt->partspec))
		return SV_EVALUATES_ANYTHING;
	if (stmt->partbound != NULL)
		result = most(result, SV_EVALUATES_INDEXES);
	foreach_ptr(const Node, element, stmt->tableElts)
	{
		if (IsA(element, ColumnDef))
			result = most(result, of_constraints(((const ColumnDef *) element)->constraints));
		else if (IsA(element, Constraint))
			result = most(result, of_constraint((const Constraint *) element));
		else
			return SV_EVALUATES_ANYTHING;
	}
	return result;
}

/* The server builds an index as the owner of the table, restricted. */
static Evaluates
of_new_constraint(const Constraint *constraint)
{
	switch (constraint->contype)
	{
		case CONSTR_UNIQUE:
		case CONSTR_EXCLUSION:
			return SV_EVALUATES_LITERALS;
		case CONSTR_FOREIGN:
			return SV_EVALUATES_INDEXES;
		case CONSTR_PRIMARY:
		case CONSTR_NOTNULL:
			return SV_EVALUATES_CHECKS;
		default:
			return SV_EVALUATES_ANYTHING;
	}
}

static Evaluates
of_subcommand(const AlterTableCmd *command)
{
	switch (command->subtype)
	{
		case AT_ChangeOwner:
		case AT_SetStatistics:
		case AT_SetOptions:
		case AT_ResetOptions:
		case AT_SetStorage:
		case AT_SetCompression:
		case AT_DropColumn:
		case AT_DropConstraint:
		case AT_DropNotNull:
		case AT_DropExpression:
		case AT_AddIdentity:
		case AT_SetIdentity:
		case AT_DropIdentity:
		case AT_ClusterOn:
		case AT_DropCluster:
		case AT_SetRelOptions:
		case AT_ResetRelOptions:
		case AT_EnableTrig:
		case AT_EnableAlwaysTrig:
		case AT_EnableReplicaTrig:
		case AT_DisableTrig:
		case AT_EnableRule:
		case AT_EnableAlwaysRule:
		case AT_EnableReplicaRule:
		case AT_DisableRule:
		case AT_EnableRowSecurity:
		case AT_DisableRowSecurity:
		case AT_ForceRowSecurity:
		case AT_NoForceRowSecurity:
		case AT_ReplicaIdentity:
		case AT_DropInherit:
		case AT_AddOf:
		case AT_DropOf:
		case AT_GenericOptions:
		case AT_AlterColumnGenericOptions:
			return SV_EVALUATES_NOTHING;
		case AT_ColumnDefault:
			return command->def == NULL ? SV_EVALUATES_NOTHING : SV_EVALUATES_LITERALS;
		case AT_AddColumn:
			return castNode(ColumnDef, command->def)->constraints == NIL ? SV_EVALUATES_TYPES :
				SV_EVALUATES_ANYTHING;
		case AT_AddConstraint:
			return of_new_constraint(castNode(Constraint, command->def));
		case AT_SetNotNull:
			return SV_EVALUATES_CHECKS;
		default:
			return SV_EVALUATES_ANYTHING;
	}
}

static Evaluates
evaluates_in_alter_table(const AlterTableStmt *stmt)
{
	Evaluates	result = SV_EVALUATES_NOTHING;
	ListCell   *cell;

	foreach(cell, stmt->cmds)
		result = most(result, of_subcommand(lfirst_node(AlterTableCmd, cell)));
	return result;
}

/*
 * Statements that evaluate nothing of a user's.  REFRESH MATERIALIZED VIEW does, but the
 * server does it as the owner of the view, restricted.
 */
static const NodeTag evaluate_nothing[] = {
	T_GrantStmt, T_GrantRoleStmt, T_AlterDefaultPrivilegesStmt, T_CommentStmt, T_SecLabelStmt,
	T_DropStmt, T_RenameStmt, T_AlterObjectSchemaStmt, T_AlterObjectDependsStmt,
	T_AlterOwnerStmt, T_CreateExtensionStmt, T_AlterExtensionStmt,
	T_AlterExtensionContentsStmt, T_CreateEnumStmt, T_AlterEnumStmt, T_CompositeTypeStmt,
	T_CreateRangeStmt, T_AlterTypeStmt, T_CreateSeqStmt, T_AlterSeqStmt, T_AlterFunctionStmt,
	T_AlterOperatorStmt, T_CreateCastStmt, T_CreateTransformStmt, T_CreateOpClassStmt,
	T_CreateOpFamilyStmt, T_AlterOpFamilyStmt, T_CreatePLangStmt, T_CreateAmStmt,
	T_CreateFdwStmt, T_AlterFdwStmt, T_CreateForeignServerStmt, T_AlterForeignServerStmt,
	T_CreateUserMappingStmt, T_AlterUserMappingStmt, T_DropUserMappingStmt,
	T_CreateSubscriptionStmt, T_AlterSubscriptionStmt, T_DropSubscriptionStmt,
	T_CreateEventTrigStmt, T_AlterEventTrigStmt, T_AlterTSDictionaryStmt,
	T_AlterTSConfigurationStmt, T_AlterCollationStmt, T_AlterStatsStmt,
	T_AlterDatabaseSetStmt, T_VariableSetStmt, T_ConstraintsSetStmt, T_RefreshMatViewStmt
};

/*
 * Statements that evaluate no more than the literals in them.  An index is built by the
 * server as the owner of the table, restricted.
 */
static const NodeTag evaluate_literals[] = {
	T_ViewStmt, T_RuleStmt, T_CreateTrigStmt, T_CreatePolicyStmt, T_AlterPolicyStmt,
	T_CreateFunctionStmt, T_CreateDomainStmt, T_CreateStatsStmt, T_CreatePublicationStmt,
	T_AlterPublicationStmt, T_IndexStmt
};

static bool
is_one_of(const NodeTag * tags, int n, NodeTag tag)
{
	for (int i = 0; i < n; i++)
		if (tags[i] == tag)
			return true;
	return false;
}

/* What a statement may evaluate while it is executed. */
Evaluates
sv_evaluates(const Node *tree)
{
	if (is_one_of(evaluate_nothing, lengthof(evaluate_nothing), nodeTag(tree)))
		return SV_EVALUATES_NOTHING;
	if (is_one_of(evaluate_literals, lengthof(evaluate_literals), nodeTag(tree)))
		return SV_EVALUATES_LITERALS;
	switch (nodeTag(tree))
	{
		case T_CreateSchemaStmt:
			return ((const CreateSchemaStmt *) tree)->schemaElts == NIL ? SV_EVALUATES_NOTHING :
				SV_EVALUATES_ANYTHING;
		case T_DefineStmt:
			return ((const DefineStmt *) tree)->kind == OBJECT_AGGREGATE ? SV_EVALUATES_TYPES :
				SV_EVALUATES_LITERALS;
		case T_CreateTableAsStmt:
			return ((const CreateTableAsStmt *) tree)->into->skipData ? SV_EVALUATES_LITERALS :
				SV_EVALUATES_ANYTHING;
		case T_CreateStmt:
			return evaluates_in_create_table((const CreateStmt *) tree);
		case T_CreateForeignTableStmt:
			return evaluates_in_create_table(&((const CreateForeignTableStmt *) tree)->base);
		case T_AlterTableStmt:
			return evaluates_in_alter_table((const AlterTableStmt *) tree);
		case T_AlterDomainStmt:
			/* 'T': the default; 'N', 'O': NOT NULL; 'X': a constraint is dropped */
			return ((const AlterDomainStmt *) tree)->subtype == 'T' ? SV_EVALUATES_LITERALS :
				((const AlterDomainStmt *) tree)->subtype == 'X' ? SV_EVALUATES_NOTHING :
				SV_EVALUATES_ANYTHING;
		default:
			return SV_EVALUATES_ANYTHING;
	}
}

/*
 * Does the statement evaluate what stands in it, whatever functions that calls?
 * What is only planned calls immutable ones, of which the server's own are harmless.
 */
bool
sv_evaluates_itself(const Node *tree)
{
	return sv_evaluates(tree) == SV_EVALUATES_ANYTHING && sv_created_name(tree) == NULL;
}

/* Does the server execute code for it as the owner of a table, whoever the statement runs as? */
bool
sv_restricted_by_server(const Node *tree)
{
	return IsA(tree, IndexStmt) || IsA(tree, RefreshMatViewStmt);
}

/* Does the statement change rows, so that triggers and rules may fire? */
bool
sv_changes_rows(const Node *tree)
{
	return IsA(tree, InsertStmt) || IsA(tree, UpdateStmt) || IsA(tree, DeleteStmt) ||
		IsA(tree, CopyStmt);
}

/* ----- whose statement it is ----- */

static List *
add_partner(List *relations, const AlterTableCmd *command)
{
	if (command->def == NULL)
		return relations;
	if (IsA(command->def, PartitionCmd))
		return lappend(relations, ((const PartitionCmd *) command->def)->name);
	if (IsA(command->def, RangeVar))
		return lappend(relations, command->def);
	return relations;
}

static List *
of_alter(const AlterTableStmt *stmt)
{
	List	   *relations = list_make1(stmt->relation);
	ListCell   *cell;

	foreach(cell, stmt->cmds)
		relations = add_partner(relations, lfirst_node(AlterTableCmd, cell));
	return relations;
}

/*
 * The relations (RangeVars) whose owner must execute the statement; NIL if it
 * makes something, or is about no relation.
 */
List *
sv_owned_relations(const Node *tree)
{
	switch (nodeTag(tree))
	{
		case T_AlterTableStmt:
			return of_alter((const AlterTableStmt *) tree);
		case T_IndexStmt:
			return list_make1(((const IndexStmt *) tree)->relation);
		case T_RefreshMatViewStmt:
			return list_make1(((const RefreshMatViewStmt *) tree)->relation);
		case T_RuleStmt:
			return list_make1(((const RuleStmt *) tree)->relation);
		case T_CreateTrigStmt:
			return list_make1(((const CreateTrigStmt *) tree)->relation);
		case T_CreatePolicyStmt:
			return list_make1(((const CreatePolicyStmt *) tree)->table);
		case T_AlterPolicyStmt:
			return list_make1(((const AlterPolicyStmt *) tree)->table);
		case T_CreateStatsStmt:
			return list_copy(((const CreateStatsStmt *) tree)->relations);
		case T_InsertStmt:
			return list_make1(((const InsertStmt *) tree)->relation);
		case T_UpdateStmt:
			return list_make1(((const UpdateStmt *) tree)->relation);
		case T_DeleteStmt:
			return list_make1(((const DeleteStmt *) tree)->relation);
		default:
			return NIL;
	}
}

/* ----- what a statement makes, and for whom ----- */

static const char *
last_name(const Node *object)
{
	if (object == NULL)
		return NULL;
	switch (nodeTag(object))
	{
		case T_RangeVar:
			return ((const RangeVar *) object)->relname;
		case T_ObjectWithArgs:
			return strVal(llast(((const ObjectWithArgs *) object)->objname));
		case T_TypeName:
			return strVal(llast(((const TypeName *) object)->names));
		case T_List:
			return last_name(llast((const List *) object));
		case T_String:
			return strVal(object);
		default:
			return NULL;
	}
}

/* The last name of what the statement makes, if that gets an owner; else NULL. */
const char *
sv_created_name(const Node *tree)
{
	switch (nodeTag(tree))
	{
		case T_CreateStmt:
			return ((const CreateStmt *) tree)->relation->relname;
		case T_CreateForeignTableStmt:
			return ((const CreateForeignTableStmt *) tree)->base.relation->relname;
		case T_ViewStmt:
			return ((const ViewStmt *) tree)->view->relname;
		case T_CreateTableAsStmt:
			return ((const CreateTableAsStmt *) tree)->into->rel->relname;
		case T_CreateFunctionStmt:
			return last_name((const Node *) ((const CreateFunctionStmt *) tree)->funcname);
		case T_CreateDomainStmt:
			return last_name((const Node *) ((const CreateDomainStmt *) tree)->domainname);
		case T_DefineStmt:
			return last_name((const Node *) ((const DefineStmt *) tree)->defnames);
		case T_CreatePublicationStmt:
			return ((const CreatePublicationStmt *) tree)->pubname;
		case T_CreateConversionStmt:
			return last_name((const Node *) ((const CreateConversionStmt *) tree)->conversion_name);
		default:
			return NULL;
	}
}

static const RoleSpec *
new_owner_in(const AlterTableStmt *stmt)
{
	ListCell   *cell;

	foreach(cell, stmt->cmds)
	{
		const AlterTableCmd *command = lfirst_node(AlterTableCmd, cell);

		if (command->subtype == AT_ChangeOwner)
			return command->newowner;
	}
	return NULL;
}

/* The role that gets what has the name, if that is what the statement does; else NULL. */
const		RoleSpec *
sv_given_to(const Node *tree, const char *name)
{
	const char *given;

	if (IsA(tree, AlterTableStmt))
		return strcmp(((const AlterTableStmt *) tree)->relation->relname, name) == 0 ?
			new_owner_in((const AlterTableStmt *) tree) : NULL;
	if (!IsA(tree, AlterOwnerStmt))
		return NULL;
	given = last_name(((const AlterOwnerStmt *) tree)->object);
	return given != NULL &&
		strcmp(given, name) == 0 ? ((const AlterOwnerStmt *) tree)->newowner : NULL;
}
