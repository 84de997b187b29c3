/*
 * hook.c
 *		What must be true before SQL is stored that runs around runs.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "register/register.h"
#include "utils/acl.h"
#include "utils/formatting.h"
#include "utils/timestamp.h"

#define NAME_LENGTH_MAX 200
#define DIRECTIONS_HINT "Known values: upgrade, downgrade."

/* Raise 42501 unless the current user may act as the owner of the extension. */
static void
check_owner(void)
{
	if (!has_privs_of_role(GetUserId(), sv_relation_owner(sv_store_relation("hook"))))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be owner of extension %s", "schemaver"),
				 errdetail("Hooks run in the runs of all roles.")));
}

static HookMoment
check_moment(const char *at)
{
	HookMoment	moment = sv_hook_moment(at);

	if (moment == SV_HOOK_MOMENTS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for argument \"at\": \"%s\"", sv_base_clip(at)),
				 errhint("Known values: before_run, after_run, before_revision, after_revision, before_statement, after_statement, on_error.")));
	return moment;
}

static bool
is_direction(const char *name)
{
	return strcmp(name, sv_direction_name(SV_UPGRADE)) == 0 ||
		strcmp(name, sv_direction_name(SV_DOWNGRADE)) == 0;
}

/* What a hook is for: directions, and, of statements, classes in capital letters. */
static List *
check_only_for(HookMoment moment, const List *only_for)
{
	bool		statements =
	moment == SV_HOOK_BEFORE_STATEMENT || moment == SV_HOOK_AFTER_STATEMENT;
	List	   *result = NIL;

	foreach_ptr(const char, name, only_for)
	{
		if (!is_direction(name) && statements && *name != '\0')
			name = pstrdup(asc_toupper(name, strlen(name)));
		else if (!is_direction(name))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid value for argument \"for\": \"%s\"",
							sv_base_clip(name)),
					 errhint(statements ? "It can be a command tag, such as CREATE TABLE, the first word of one, or a direction." :
							 DIRECTIONS_HINT)));
		result = lappend(result, unconstify(char *, name));
	}
	return result;
}

static bool
find_parameter(Node *node, void *arg)
{
	if (node == NULL)
		return false;
	if (IsA(node, ParamRef))
		return true;
	return raw_expression_tree_walker(node, find_parameter, arg);
}

/* Is it one of the statements in whose tree a parameter can be found? */
static bool
has_parameter(Node *tree)
{
	switch (nodeTag(tree))
	{
		case T_SelectStmt:
		case T_InsertStmt:
		case T_UpdateStmt:
		case T_DeleteStmt:
		case T_MergeStmt:
			return find_parameter(tree, NULL);
		default:
			return false;
	}
}

/* Raise an error for a statement that cannot be executed where a hook is. */
static void
check_statement(const StoredHook *hook, const Script *script, int statement)
{
	const Statement *s = &script->statements[statement];
	Node	   *tree = sv_statement_tree(script, statement);

	if ((s->flags & SV_STMT_COPY_DATA) != 0 ||
		(IsA(tree, CopyStmt) && castNode(CopyStmt, tree)->filename == NULL))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("hook \"%s\" has data of a COPY", hook->name),
				 errdetail("Line %d: there is no client that gives or takes it.", s->line),
				 errhint("Write INSERT ... VALUES.")));
	if (has_parameter(tree))
		ereport(ERROR,
				(errcode(ERRCODE_SV_INVALID_SCRIPT),
				 errmsg("hook \"%s\" has a parameter", hook->name),
				 errdetail("Line %d: nothing gives it a value.", s->line),
				 errhint("What is known of the run stands in settings: current_setting('schemaver.current_revision').")));
}

static bool
only_sets(const Script *script)
{
	for (int i = 0; i < script->n; i++)
	{
		if (!IsA(sv_statement_tree(script, i), VariableSetStmt))
			return false;
	}
	return true;
}

/* The text must be one that can run inside of a transaction, as a hook. */
static void
check_sql(const StoredHook *hook)
{
	ScriptOrigin origin = {NULL, "hook", NULL, 1};
	Script	   *script = sv_script_parse(hook->sql, &origin);

	if (script->n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_INVALID_SCRIPT),
				 errmsg("hook \"%s\" has no statement", hook->name)));
	if (script->blocked >= 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_NOT_TRANSACTIONAL),
				 errmsg("hook \"%s\" cannot run in a transaction", hook->name),
				 errdetail("%s at line %d.", script->statements[script->blocked].blocker,
						   script->statements[script->blocked].line)));
	for (int i = 0; i < script->n; i++)
		check_statement(hook, script, i);
	if (only_sets(script))
		ereport(ERROR,
				(errcode(ERRCODE_SV_INVALID_SCRIPT),
				 errmsg("hook \"%s\" does nothing but change settings", hook->name),
				 errdetail("What a hook sets ends with it.")));
}

/* Set a hook, or another text of one; it runs as the current user. */
void
sv_register_hook(StoredHook *hook)
{
	sv_register_lock("schemaver.hook()");
	check_owner();
	if (hook->name[0] == '\0' || strlen(hook->name) > NAME_LENGTH_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the name of a hook must have 1 to %d bytes", NAME_LENGTH_MAX)));
	hook->moment = check_moment(hook->at);
	hook->only_for = check_only_for(hook->moment, hook->only_for);
	check_sql(hook);
	hook->role = GetUserNameFromId(GetUserId(), false);
	hook->set_at = GetCurrentTimestamp();
	sv_store_set_hook(hook);
}

/* Take a hook away; 42704 if there is none of that name. */
void
sv_register_unhook(const char *name)
{
	sv_register_lock("schemaver.unhook()");
	check_owner();
	if (!sv_store_forget_hook(name))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("there is no hook \"%s\"", sv_base_clip(name)),
				 errhint("SELECT * FROM schemaver.hooks() lists them.")));
}
