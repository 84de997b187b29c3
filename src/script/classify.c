/*
 * classify.c
 *		What kind of statement a parse tree is: its command tag, what the run
 *		has to mind about it (flags), and whether PostgreSQL refuses it inside a
 *		transaction block (blocker).
 *
 * Decided by the tree alone, without catalogs.  Where only the catalogs know
 * (DROP SUBSCRIPTION without a slot, CLUSTER or REINDEX of a partitioned table)
 * the commoner answer is given.  Flags err on the side of "may".
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "tcop/cmdtag.h"
#include "tcop/utility.h"
#include "utils/builtins.h"

#include "script/script_private.h"

/* ---------- blockers ---------- */

static DefElem *
find_def_option(const List *options, const char *name)
{
	foreach_node(DefElem, option, options)
	{
		if (strcmp(option->defname, name) == 0)
			return option;
	}
	return NULL;
}

/*
 * Value of a Boolean option, missing if it is not given.  A value that is no
 * Boolean counts as true: the server will say what is wrong with it.
 */
static bool
option_is_true(const List *options, const char *name, bool missing)
{
	DefElem    *option = find_def_option(options, name);
	bool		value;

	if (option == NULL)
		return missing;
	if (option->arg == NULL || !parse_bool(defGetString(option), &value))
		return true;
	return value;
}

static const char *
reindex_blocker(const ReindexStmt *stmt)
{
	if (option_is_true(stmt->params, "concurrently", false))
		return "REINDEX CONCURRENTLY";
	switch (stmt->kind)
	{
		case REINDEX_OBJECT_SCHEMA:
			return "REINDEX SCHEMA";
		case REINDEX_OBJECT_SYSTEM:
			return "REINDEX SYSTEM";
		case REINDEX_OBJECT_DATABASE:
			return "REINDEX DATABASE";
		default:
			return NULL;
	}
}

static const char *
create_subscription_blocker(const CreateSubscriptionStmt *stmt)
{
	bool		connect = option_is_true(stmt->options, "connect", true);

	if (option_is_true(stmt->options, "create_slot", connect))
		return "CREATE SUBSCRIPTION ... WITH (create_slot = true)";
	return NULL;
}

static const char *
alter_subscription_blocker(const AlterSubscriptionStmt *stmt)
{
	switch (stmt->kind)
	{
		case ALTER_SUBSCRIPTION_REFRESH:
			return "ALTER SUBSCRIPTION ... REFRESH";
		case ALTER_SUBSCRIPTION_SET_PUBLICATION:
		case ALTER_SUBSCRIPTION_ADD_PUBLICATION:
		case ALTER_SUBSCRIPTION_DROP_PUBLICATION:
			if (option_is_true(stmt->options, "refresh", true))
				return "ALTER SUBSCRIPTION with refresh";
			return NULL;
		case ALTER_SUBSCRIPTION_OPTIONS:
			if (find_def_option(stmt->options, "failover") != NULL)
				return "ALTER SUBSCRIPTION ... SET (failover)";
			if (!option_is_true(stmt->options, "two_phase", true))
				return "ALTER SUBSCRIPTION ... SET (two_phase)";
			return NULL;
		default:
			return NULL;
	}
}

static const char *
alter_table_blocker(const AlterTableStmt *stmt)
{
	foreach_node(AlterTableCmd, cmd, stmt->cmds)
	{
		if (cmd->subtype == AT_DetachPartition &&
			castNode(PartitionCmd, cmd->def)->concurrent)
			return "ALTER TABLE ... DETACH CONCURRENTLY";
	}
	return NULL;
}

/* What a transaction can only choose before its first query. */
static const char *
set_blocker(const VariableSetStmt *stmt)
{
	ListCell   *lc;

	if (stmt->name == NULL)
		return NULL;
	if (strcmp(stmt->name, "TRANSACTION SNAPSHOT") == 0)
		return "SET TRANSACTION SNAPSHOT";
	if (stmt->kind == VAR_SET_VALUE && strcmp(stmt->name, "transaction_isolation") == 0)
		return "SET transaction_isolation";
	if (stmt->kind != VAR_SET_MULTI || strcmp(stmt->name, "TRANSACTION") != 0)
		return NULL;
	foreach(lc, stmt->args)
	{
		if (strcmp(lfirst_node(DefElem, lc)->defname, "transaction_isolation") == 0)
			return "SET TRANSACTION ISOLATION LEVEL";
	}
	return NULL;
}

/*
 * Return the name of the command for which the server calls
 * PreventInTransactionBlock(), that commits by itself, or that must be the first of its
 * transaction; or NULL.
 */
static const char *
blocker_of(const Node *tree)
{
	switch (nodeTag(tree))
	{
		case T_IndexStmt:
			return ((const IndexStmt *) tree)->concurrent ? "CREATE INDEX CONCURRENTLY" : NULL;
		case T_DropStmt:
			return ((const DropStmt *) tree)->concurrent ? "DROP INDEX CONCURRENTLY" : NULL;
		case T_ReindexStmt:
			return reindex_blocker((const ReindexStmt *) tree);
		case T_VacuumStmt:
			return ((const VacuumStmt *) tree)->is_vacuumcmd ? "VACUUM" : NULL;
		case T_ClusterStmt:
			return ((const ClusterStmt *) tree)->relation == NULL ? "CLUSTER" : NULL;
		case T_AlterTableStmt:
			return alter_table_blocker((const AlterTableStmt *) tree);
		case T_CreatedbStmt:
			return "CREATE DATABASE";
		case T_DropdbStmt:
			return "DROP DATABASE";
		case T_AlterDatabaseStmt:
			return find_def_option(((const AlterDatabaseStmt *) tree)->options, "tablespace") !=
				NULL ?
				"ALTER DATABASE SET TABLESPACE" : NULL;
		case T_CreateTableSpaceStmt:
			return "CREATE TABLESPACE";
		case T_DropTableSpaceStmt:
			return "DROP TABLESPACE";
		case T_AlterSystemStmt:
			return "ALTER SYSTEM";
		case T_VariableSetStmt:
			return set_blocker((const VariableSetStmt *) tree);
		case T_DiscardStmt:
			return ((const DiscardStmt *) tree)->target == DISCARD_ALL ? "DISCARD ALL" : NULL;
		case T_CreateSubscriptionStmt:
			return create_subscription_blocker((const CreateSubscriptionStmt *) tree);
		case T_AlterSubscriptionStmt:
			return alter_subscription_blocker((const AlterSubscriptionStmt *) tree);
		case T_DropSubscriptionStmt:
			return "DROP SUBSCRIPTION";
		case T_DoStmt:
			return sv_options_commit(((const DoStmt *) tree)->args) ? SV_DO_COMMITS : NULL;
		case T_TransactionStmt:
			return ((const TransactionStmt *) tree)->kind == TRANS_STMT_COMMIT_PREPARED ?
				"COMMIT PREPARED" : "ROLLBACK PREPARED";
		default:
			return NULL;
	}
}

/* ---------- flags ---------- */

/*
 * May the statement change rows or run functions of the user's choice?  Then
 * it may leave deferred trigger events behind, and create temporary objects.
 */
static bool
may_run_anything(const Node *tree)
{
	switch (nodeTag(tree))
	{
		case T_SelectStmt:
		case T_InsertStmt:
		case T_UpdateStmt:
		case T_DeleteStmt:
		case T_MergeStmt:
		case T_CopyStmt:
		case T_DoStmt:
		case T_CallStmt:
		case T_PrepareStmt:
		case T_ExecuteStmt:
		case T_ExplainStmt:
		case T_DeclareCursorStmt:
		case T_FetchStmt:
		case T_ConstraintsSetStmt:
		case T_CreateTableAsStmt:
		case T_RefreshMatViewStmt:
		case T_TruncateStmt:
		case T_CreateExtensionStmt:
		case T_AlterExtensionStmt:
			return true;
		default:
			return false;
	}
}

static bool
changes_settings(const Node *tree, int mentions)
{
	switch (nodeTag(tree))
	{
		case T_VariableSetStmt:
		case T_DiscardStmt:
		case T_DoStmt:
			return true;
		case T_CreateFunctionStmt:
		case T_ViewStmt:
		case T_RuleStmt:
			return false;
		default:
			return (mentions & SV_MENTIONS_SET_CONFIG) != 0;
	}
}

static bool
is_temporary(const RangeVar *relation)
{
	return relation != NULL && relation->relpersistence == RELPERSISTENCE_TEMP;
}

/* Does the statement create a temporary relation by its syntax? */
static bool
creates_temporary(const Node *tree)
{
	switch (nodeTag(tree))
	{
		case T_CreateStmt:
			return is_temporary(((const CreateStmt *) tree)->relation);
		case T_ViewStmt:
			return is_temporary(((const ViewStmt *) tree)->view);
		case T_CreateSeqStmt:
			return is_temporary(((const CreateSeqStmt *) tree)->sequence);
		default:
			return false;
	}
}

/* Does it, by its syntax, make something that ends with the session? */
static bool
makes_for_session(const Node *tree)
{
	const IntoClause *into = NULL;

	if (IsA(tree, PrepareStmt) || IsA(tree, DeclareCursorStmt) || creates_temporary(tree))
		return true;
	if (IsA(tree, CreateTableAsStmt))
		into = ((const CreateTableAsStmt *) tree)->into;
	else if (IsA(tree, SelectStmt))
		into = ((const SelectStmt *) tree)->intoClause;
	return into != NULL && is_temporary(into->rel);
}

static bool
adds_enum_value(const Node *tree)
{
	return IsA(tree, AlterEnumStmt) && ((const AlterEnumStmt *) tree)->oldVal == NULL;
}

/* Is it SELECT set_config(...), as pg_dump writes it? */
static bool
selects_set_config(const SelectStmt *select)
{
	const ResTarget *target;
	const FuncCall *call;

	if (select->op != SETOP_NONE || select->fromClause != NIL || select->withClause != NULL ||
		select->whereClause != NULL || list_length(select->targetList) != 1)
		return false;
	target = linitial_node(ResTarget, select->targetList);
	if (!IsA(target->val, FuncCall))
		return false;
	call = (const FuncCall *) target->val;
	return strcmp(strVal(llast(call->funcname)), "set_config") == 0;
}

/* Does it nothing but change settings until the end of the session? */
static bool
is_session_setting(const Node *tree)
{
	if (IsA(tree, SelectStmt))
		return selects_set_config((const SelectStmt *) tree);
	return IsA(tree, VariableSetStmt) && !((const VariableSetStmt *) tree)->is_local &&
		((const VariableSetStmt *) tree)->kind != VAR_SET_MULTI;
}

static int
flags_of(const Node *tree, int mentions)
{
	int			flags = 0;

	if (may_run_anything(tree))
		flags |= SV_STMT_QUEUES | SV_STMT_TEMP;
	if ((mentions & SV_MENTIONS_PG_TEMP) != 0 || creates_temporary(tree))
		flags |= SV_STMT_TEMP;
	if (makes_for_session(tree))
		flags |= SV_STMT_FOR_SESSION;
	if (changes_settings(tree, mentions))
		flags |= SV_STMT_SETS;
	if (adds_enum_value(tree))
		flags |= SV_STMT_ADDS_ENUM_VALUE;
	if (is_session_setting(tree))
		flags |= SV_STMT_SETTING;
	return flags;
}

/* Fill in the statement's tag, flags and blocker from its raw parse tree. */
void
sv_classify(Statement *statement, Node *tree, int mentions)
{
	statement->tag = GetCommandTagName(CreateCommandTag(tree));
	statement->flags |= flags_of(tree, mentions);
	statement->blocker = blocker_of(tree);
}
