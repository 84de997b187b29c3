/*
 * run_hooks.c
 *		SQL that the owner of the extension wants around runs.
 *
 * Promises:
 *	- A hook runs as the role that has set it, as a security-restricted operation
 *	  with a search_path of pg_catalog, pg_temp.  The role must still be one that may
 *	  act as the owner of the extension.
 *	- Another role chooses the moment, and may own what the hook touches: its functions
 *	  run as that role; what cannot be confined so, and its temporary tables, are
 *	  refused.
 *	- An error of a hook is an error of the run.  A hook on an error cannot hide it:
 *	  what goes wrong in that hook is a warning.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "base/base.h"
#include "base/compat.h"
#include "catalog/namespace.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "run/run.h"
#include "track/track.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* The hooks of the run under way; they are those that were there when it began. */
static struct
{
	MemoryContext context;		/* of all of it; NULL: no run */
	List	   *hooks;			/* StoredHook */
	bool		up;				/* directions that occur in the run */
	bool		down;
	bool		running;		/* a hook is being executed */
	Oid			role;			/* and as whom */
} hooking;

static ExecutorCheckPerms_hook_type next_check;

/* ---------- one hook ---------- */

typedef struct HookCall
{
	const StoredHook *hook;
	Script	   *script;
	int			statement;
} HookCall;

/* Is it a temporary table of somebody who is not the hook's role? */
static bool
is_foreign_temporary(Oid relation)
{
	return isTempNamespace(get_rel_namespace(relation)) &&
		!has_privs_of_role(sv_relation_owner(relation), hooking.role);
}

/*
 * A statement is about to use relations.  The search_path of a hook ends with the
 * temporary schema of the session, where its caller may have put anything.
 */
static bool
check_relations(SV_CHECK_PERMS_PARAMETERS)
{
	ListCell   *cell;

	foreach(cell, hooking.running ? relations : NIL)
	{
		const		RangeTblEntry *entry = lfirst(cell);

		if (entry->rtekind == RTE_RELATION && is_foreign_temporary(entry->relid))
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("a hook would use temporary table \"%s\" of role \"%s\"",
							get_rel_name(entry->relid),
							sv_role_name(sv_relation_owner(entry->relid))),
					 errhint("Name the table with its schema in the hook.")));
	}
	return next_check == NULL || next_check(SV_CHECK_PERMS_ARGUMENTS);
}

/* Install the check.  Called once, when the library is loaded. */
void
sv_hooks_init(void)
{
	next_check = ExecutorCheckPerms_hook;
	ExecutorCheckPerms_hook = check_relations;
}

/* Does the code of one of these roles gain rights if it runs as the role of the hook? */
static Oid
who_gains(const List *owners)
{
	ListCell   *cell;

	foreach(cell, owners)
	{
		if (!has_privs_of_role(lfirst_oid(cell), hooking.role))
			return lfirst_oid(cell);
	}
	return InvalidOid;
}

/* How the code of other roles is confined in a statement; an error if it cannot be. */
static Confinement
confinement_of(const HookCall *call, const char *text)
{
	ReachedCode reached = sv_reach(sv_statement_tree(call->script, call->statement), text);
	Oid			gains = who_gains(reached.unconfined);

	if (OidIsValid(gains))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("a hook would run code of role \"%s\" as role \"%s\"",
						sv_role_name(gains), sv_role_name(hooking.role)),
				 errdetail("A trigger, a rule, a policy, an operator class, or a view that reads as its reader cannot be confined."),
				 errhint("Let a role with fewer rights set the hook, or let it use other objects.")));
	return superuser_arg(hooking.role) && OidIsValid(who_gains(reached.expressions)) ?
		SV_CONFINE_HOOK_EXPRESSIONS : SV_CONFINE_HOOK;
}

static void
execute_hook_statement(void *arg)
{
	const HookCall *call = arg;
	SPIExecuteOptions options = {0};
	int			result;

	options.dest = None_Receiver;
	result = SPI_execute_extended(sv_script_statement_text(call->script, call->statement),
								  &options);
	if (result < 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_INVALID_SCRIPT),
				 errmsg("%s cannot be executed within a hook",
						call->script->statements[call->statement].tag),
				 errdetail("%s.", SPI_result_code_string(result))));
}

static void
execute_hook_statements(void *arg)
{
	HookCall   *call = arg;
	MemoryContext context = CurrentMemoryContext;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	sv_reading_set();
	for (int i = 0; i < call->script->n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		call->statement = i;
		sv_confine(confinement_of(call, sv_script_statement_text(call->script, i)),
				   execute_hook_statement, call);
		sv_reading_check();
	}
	SPI_finish();
	MemoryContextSwitchTo(context);
}

/*
 * The owner can write anything into the table of hooks.  So a hook must not run as a role
 * that the owner cannot be.
 */
static void
refuse_more_than_owner(const StoredHook *hook, Oid role, Oid owner)
{
	if (!has_privs_of_role(owner, role))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("role \"%s\", which has set hook \"%s\", may do more than the owner of the extension",
						hook->role, hook->name),
				 errdetail("The owner, role \"%s\", can change the hook.", sv_role_name(owner)),
				 errhint("Let that role set it: SET ROLE %s; SELECT schemaver.hook(...).",
						 quote_identifier(sv_role_name(owner)))));
}

/*
 * The role as which a hook runs; an error if it may not set hooks any more, or may do more
 * than the owner.
 */
static Oid
role_of(const StoredHook *hook)
{
	Oid			role = get_role_oid(hook->role, true);
	Oid			owner = sv_relation_owner(sv_store_relation("hook"));

	if (OidIsValid(role) && has_privs_of_role(role, owner))
	{
		refuse_more_than_owner(hook, role, owner);
		return role;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 OidIsValid(role) ?
			 errmsg("role \"%s\", which has set hook \"%s\", may not act as the owner of the extension any more",
					hook->role, hook->name) :
			 errmsg("role \"%s\", which has set hook \"%s\", does not exist", hook->role,
					hook->name),
			 errhint("Set the hook again with SELECT schemaver.hook(...), or take it away: SELECT schemaver.unhook(%s).",
					 quote_literal_cstr(hook->name))));
}

/* In PG_CATCH: raise the error again, saying which hook it arose in. */
static void
rethrow(const HookCall *call, MemoryContext context)
{
	ErrorData  *error;
	char	   *place;

	MemoryContextSwitchTo(context);
	error = sv_copy_error();
	FlushErrorState();
	sv_register_mask_error(error);
	place = psprintf("hook \"%s\" (%s), statement %d, line %d", call->hook->name, call->hook->at,
					 call->statement + 1, call->script->n > call->statement ?
					 call->script->statements[call->statement].line : 1);
	error->context = error->context ? psprintf("%s\n%s", error->context, place) : place;
	ReThrowError(error);
}

static void
execute_hook(const StoredHook *hook)
{
	ScriptOrigin origin = {NULL, "hook", NULL, 1};
	Script	   *script = sv_script_parse(hook->sql, &origin);
	HookCall	call = {hook, script};
	MemoryContext context = CurrentMemoryContext;
	TrackMark	mark;

	hooking.role = role_of(hook);
	hooking.running = true;

	sv_track_mark(&mark);
	PG_TRY();
	{
		sv_base_run_as(hooking.role, execute_hook_statements, &call);
	}
	PG_CATCH();
	{
		hooking.running = false;

		rethrow(&call, context);
	}
	PG_END_TRY();
	hooking.running = false;

	sv_track_forget_rows(&mark);
}

/* ---------- which hooks are due ---------- */

static bool
names_direction(const StoredHook *hook, Direction direction)
{
	foreach_ptr(const char, string, hook->only_for)
	{
		if (strcmp(string, sv_direction_name(direction)) == 0)
			return true;
	}
	return false;
}

/* Is the hook for that direction of a run, a revision or a statement? */
bool
sv_hook_is_for(const StoredHook *hook, Direction direction)
{
	return names_direction(hook, direction) ||
		!names_direction(hook, direction == SV_UPGRADE ? SV_DOWNGRADE : SV_UPGRADE);
}

/* A class is a command tag, or the words with which tags begin. */
static bool
is_of_class(const char *tag, const char *class)
{
	size_t		n = strlen(class);

	return strncmp(tag, class, n) == 0 && (tag[n] == '\0' || tag[n] == ' ');
}

/* Is the hook for a statement with that command tag?  NULL: it is around no statement. */
static bool
is_for_tag(const StoredHook *hook, const char *tag)
{
	bool		any = true;

	foreach_ptr(const char, class, tag != NULL ? hook->only_for : NIL)
	{
		if (strcmp(class, "upgrade") == 0 || strcmp(class, "downgrade") == 0)
			continue;
		if (is_of_class(tag, class))
			return true;
		any = false;
	}
	return any;
}

static bool
is_due(const StoredHook *hook, HookMoment at, const char *tag)
{
	if (hook->moment != at || !is_for_tag(hook, tag))
		return false;
	return (hooking.up && sv_hook_is_for(hook, SV_UPGRADE)) ||
		(hooking.down && sv_hook_is_for(hook, SV_DOWNGRADE));
}

/* ---------- the hooks of a run ---------- */

/*
 * A run begins: read the hooks, and let the settings tell of it.  sv_hooks_end() must
 * follow, also after an error.
 */
void
sv_hooks_begin(const char *command, const char *target)
{
	MemoryContext context;
	MemoryContext caller;
	List	   *hooks;

	if (hooking.context != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_RUN_ACTIVE),
				 errmsg("a hook cannot run revisions")));
	context = AllocSetContextCreate(CurrentMemoryContext, "schemaver hooks", ALLOCSET_SMALL_SIZES);
	caller = MemoryContextSwitchTo(context);
	hooks = sv_store_hooks(SV_STORE_WRITE);
	MemoryContextSwitchTo(caller);
	sv_facts_begin();
	PG_TRY();
	{
		sv_fact_set(SV_FACT_COMMAND, command);
		sv_fact_set(SV_FACT_TARGET, target);
	}
	PG_CATCH();
	{
		sv_facts_clear();		/* nobody calls sv_hooks_end() when this fails */
		PG_RE_THROW();
	}
	PG_END_TRY();
	/* an online run commits while it needs them */
	MemoryContextSetParent(context, TopMemoryContext);
	hooking.context = context;
	hooking.hooks = hooks;
}

/* The number of the run, and the directions in which it goes. */
void
sv_hooks_run(int64 number, bool up, bool down)
{
	hooking.up = up;
	hooking.down = down;

	sv_fact_set(SV_FACT_RUN, psprintf(INT64_FORMAT, number));
	sv_fact_set(SV_FACT_DIRECTION,
				up && down ? NULL : sv_direction_name(up ? SV_UPGRADE : SV_DOWNGRADE));
}

/* A revision is about to be executed. */
void
sv_hooks_revision(const char *revision, Direction direction)
{
	sv_fact_set(SV_FACT_REVISION, revision);
	sv_fact_set(SV_FACT_DIRECTION, sv_direction_name(direction));
	hooking.up = direction == SV_UPGRADE;
	hooking.down = !hooking.up;
}

/* Is there a hook for that moment of this run? */
bool
sv_hooks_any(HookMoment at)
{
	foreach_ptr(const StoredHook, hook, hooking.hooks)
	{
		if (is_due(hook, at, NULL))
			return true;
	}
	return false;
}

/*
 * Run the hooks of a moment, if a run is under way; "tag" is that of the statement around
 * which they run, or NULL.
 */
void
sv_hooks_fire(HookMoment at, const char *tag)
{
	if (hooking.running)
		return;
	foreach_ptr(const StoredHook, hook, hooking.hooks)
	{
		if (!is_due(hook, at, tag))
			continue;
		sv_fact_set(SV_FACT_STATEMENT, tag);
		sv_run_let_see();
		execute_hook(hook);
		sv_fact_set(SV_FACT_STATEMENT, NULL);
	}
}

/* The same between the steps of a run; what the hooks change belongs to no revision. */
void
sv_hooks_between(HookMoment at)
{
	if (!sv_hooks_any(at))
		return;
	sv_follow_step();
	sv_hooks_fire(at, NULL);
	sv_follow_other_done();
}

static void
fire_on_error(void *arg)
{
	sv_hooks_fire(SV_HOOK_ON_ERROR, NULL);
}

/*
 * The run has failed, and what it did is rolled back: run the hooks for that.  An error of
 * theirs becomes a warning.
 */
void
sv_hooks_failed(const ErrorData *error)
{
	ErrorData  *another;

	if (!sv_hooks_any(SV_HOOK_ON_ERROR))
		return;
	sv_fact_set(SV_FACT_ERROR, psprintf("%s: %s", unpack_sql_state(error->sqlerrcode),
										error->message ? error->message : ""));
	another = sv_subtransaction(fire_on_error, NULL, true);
	if (another != NULL)
		ereport(WARNING,
				(errcode(another->sqlerrcode),
				 errmsg("a hook on the error of this run failed: %s", another->message),
				 another->detail ? errdetail_internal("%s", another->detail) : 0,
				 errcontext("%s", another->context ? another->context : "")));
}

/* The run is over. */
void
sv_hooks_end(void)
{
	if (hooking.context != NULL)
		MemoryContextDelete(hooking.context);
	memset(&hooking, 0, sizeof(hooking));
	sv_facts_clear();
}
