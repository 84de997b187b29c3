/*
 * generated.c
 *		Executes the statements that schemaver wrote by itself: derived downs,
 *		rows of a comparison, revisions made of them.
 *
 * Nobody typed them, so nobody who runs them has looked at what they evaluate.
 * A statement runs as the caller if everybody whose code it can reach (reach.c)
 * could act as the caller anyway.  Else it runs as the owner of the object that
 * it makes or changes, as a security-restricted operation, as the server itself
 * builds indexes and refreshes materialized views: with settings of its own, and
 * with its deferred triggers fired inside.  The caller must be able to become
 * that role.  Functions of somebody else in a superuser's object run as their
 * owners, and expressions there call nothing harmful (confine.c); other code of
 * somebody else there is refused.
 * Where bodies of functions look up names: body_path.c.
 */
#include "postgres.h"

#include "base/base.h"
#include "base/compat.h"
#include "catalog/namespace.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_type.h"
#include "run/run.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

static void
set_local_setting(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
}

/*
 * The settings for which such statements are printed, and under which they find
 * no object of a user by its bare name.  Until the caller's level of settings ends.
 */
void
sv_generated_settings(void)
{
	set_local_setting("search_path", "pg_catalog, pg_temp");
	set_local_setting("check_function_bodies", "off");
	set_local_setting("standard_conforming_strings", "on");
	/* planning a query shall not fold what constraints say */
	set_local_setting("constraint_exclusion", "off");
	/* rows that a policy hides would be lost in silence */
	set_local_setting("row_security", "off");
}

/* ----- whose statement it is ----- */

/* A statement of which there is the text alone (NULL: the end). */
GeneratedStatement
sv_generated_statement(const char *text)
{
	GeneratedStatement statement = {text, text != NULL ? sv_parse_one(text) : NULL};

	return statement;
}

/* The role that gets what statement i makes: it is told before the next one is made. */
static Oid
future_owner(const Generated *generated, int i, const char *name)
{
	GeneratedStatement next;

	while ((next = generated->statement(generated->arg, ++i)).text != NULL)
	{
		const		RoleSpec *role = sv_given_to(next.tree, name);
		const char *other = sv_created_name(next.tree);

		if (role != NULL)
			return get_rolespec_oid(role, true);
		if (other != NULL)
			break;
	}
	return GetUserId();
}

/* Who owns what ALTER TABLE changes along with a relation: the server asks for each of them. */
static List *
add_heirs(List *holders, const Node *tree, Oid relation)
{
	ListCell   *cell;

	if (!IsA(tree, AlterTableStmt) || !((const AlterTableStmt *) tree)->relation->inh ||
		!has_subclass(relation))
		return holders;
	foreach(cell, find_all_inheritors(relation, AccessShareLock, NULL))
		holders = list_append_unique_oid(holders, sv_relation_owner(lfirst_oid(cell)));
	return holders;
}

/* Those who must execute the statement. */
static List *
holders_of(const Generated *generated, int i, const Node *tree)
{
	List	   *holders = NIL;
	const char *created = sv_created_name(tree);
	Oid			existing;
	ListCell   *cell;

	foreach(cell, sv_owned_relations(tree))
	{
		Oid			relation = RangeVarGetRelid(lfirst_node(RangeVar, cell), NoLock, true);

		if (!OidIsValid(relation))
			continue;
		holders = list_append_unique_oid(holders, sv_relation_owner(relation));
		holders = add_heirs(holders, tree, relation);
	}
	if (IsA(tree, AlterDomainStmt))
	{
		Oid			type =
		LookupTypeNameOid(NULL,
						  makeTypeNameFromNameList(((const AlterDomainStmt *) tree)->typeName),
						  true);

		if (OidIsValid(type))
			holders = list_append_unique_oid(holders, sv_cached_oid(TYPEOID, type,
																	Anum_pg_type_typowner));
	}
	if (created == NULL)
		return holders;
	existing = IsA(tree, ViewStmt) ?
		RangeVarGetRelid(((const ViewStmt *) tree)->view, NoLock, true) : InvalidOid;
	return list_append_unique_oid(holders, OidIsValid(existing) ? sv_relation_owner(existing) :
								  future_owner(generated, i, created));
}

/* The one among the holders who may do what all of them may; InvalidOid if there is none. */
static Oid
strongest(List *holders)
{
	ListCell   *cell;
	ListCell   *other;

	foreach(cell, holders)
	{
		bool		all = true;

		foreach(other, holders)
		{
			all &= has_privs_of_role(lfirst_oid(cell), lfirst_oid(other));
		}
		if (all)
			return lfirst_oid(cell);
	}
	return InvalidOid;
}

/* ----- the decision ----- */

/* A role whose code would gain rights if it ran as "role", or InvalidOid. */
static Oid
who_would_gain(List *owners, Oid role)
{
	ListCell   *cell;

	foreach(cell, owners)
	{
		if (!has_privs_of_role(lfirst_oid(cell), role))
			return lfirst_oid(cell);
	}
	return InvalidOid;
}

static void
refuse_role(Oid owner, Oid role)
{
	const char *name = GetUserNameFromId(owner, false);

	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("statement would run code of role \"%s\" with more rights than \"%s\" has",
					name, name),
			 OidIsValid(role) ?
			 errdetail("It was written by schemaver, and is one for role \"%s\", a superuser.",
					   GetUserNameFromId(role, false)) :
			 errdetail("It was written by schemaver, and no single role owns what it is about."),
			 errhint("Register the statements as the down or up of a revision: what somebody has written runs as the caller.")));
}

/* A statement, and how it is to be executed. */
typedef struct Task
{
	const Generated *generated;
	int			i;
	const Node *tree;
	const char *text;
	List	   *holders;
	Oid			role;
	bool		restricted;		/* it does not run as the caller does */
	Confinement confined;		/* of code of other roles in an object of a superuser */
	bool		looks_up;		/* a body of a function may look up names */
	const char *path;			/* where; NULL: nowhere */
	List	   *left_out;		/* schemas of the caller's path that are not safe */
	const char *grants;			/* what the role may need to be granted */
	StatementFn run;
	void	   *arg;
} Task;

/* Those who hold what the statement evaluates by itself, whatever functions that calls. */
static List *
holders_of_code(const Task *task)
{
	List	   *result = NIL;
	ListCell   *cell;

	if (!sv_evaluates_itself(task->tree))
		return NIL;
	foreach(cell, task->holders)
	{
		if (!superuser_arg(lfirst_oid(cell)))
			result = lappend_oid(result, lfirst_oid(cell));
	}
	return result;
}

/* Code of these roles cannot run as the caller: decide who must execute the statement. */
static void
choose_other(Task *task, const ReachedCode *reached, List *owners)
{
	Oid			gains = who_would_gain(owners, GetUserId());
	List	   *unconfined;

	task->restricted = OidIsValid(gains);
	if (!task->restricted)
		return;
	task->role = strongest(task->holders);
	if (!OidIsValid(task->role))
		refuse_role(gains, InvalidOid);
	if (!sv_can_set_role(GetUserId(), task->role))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be able to SET ROLE \"%s\"", GetUserNameFromId(task->role, false)),
				 errdetail(
						   "A statement that schemaver wrote runs code of that role, so it runs as "
						   "that role."),
				 errhint("Be granted the role, or let a superuser run it.")));
	if (!superuser_arg(task->role) || !OidIsValid(who_would_gain(owners, task->role)))
		return;
	unconfined = list_concat_unique_oid(holders_of_code(task), reached->unconfined);
	gains = who_would_gain(unconfined, task->role);
	if (OidIsValid(gains))
		refuse_role(gains, task->role);
	task->confined = OidIsValid(who_would_gain(reached->expressions, task->role)) ?
		SV_CONFINE_EXPRESSIONS : SV_CONFINE_FUNCTIONS;
}

/* The server runs code as the owner of an object, a superuser, though code of others is in it. */
static void
confine_server(Task *task, const ReachedCode *reached)
{
	Oid			role = strongest(task->holders);
	Oid			reads;

	if (!OidIsValid(role) || !superuser_arg(role) ||
		!OidIsValid(who_would_gain(reached->by_server, role)))
		return;
	reads = who_would_gain(reached->server_readers, role);
	if (OidIsValid(reads))
		refuse_role(reads, role);
	task->confined = Max(task->confined,
						 OidIsValid(who_would_gain(reached->server_expressions, role)) ?
						 SV_CONFINE_EXPRESSIONS : SV_CONFINE_FUNCTIONS);
}

/* Decide as which role the statement runs. */
static void
choose_role(Task *task)
{
	ReachedCode reached;

	task->role = GetUserId();
	if (sv_evaluates(task->tree) == SV_EVALUATES_NOTHING && !sv_restricted_by_server(task->tree))
		return;
	task->holders = holders_of(task->generated, task->i, task->tree);
	reached = sv_reach(task->tree, task->text);
	task->looks_up = reached.looks_up;
	choose_other(task, &reached, list_concat_unique_oid(holders_of_code(task), reached.owners));
	confine_server(task, &reached);
}

/* Decide where bodies of functions look up names. */
static void
choose_path(Task *task)
{
	List	   *roles = list_make1_oid(task->role);

	if (!task->looks_up || task->generated->path == NIL)
		return;
	if (sv_restricted_by_server(task->tree))
		roles = list_concat_unique_oid(roles, task->holders);
	task->path = sv_body_path(task->generated->path, roles, &task->left_out);
}

/* Does the statement make a relation, a function or a type in a schema? */
static bool
makes_something(const Node *tree)
{
	ListCell   *cell;

	if (sv_created_name(tree) != NULL || IsA(tree, IndexStmt))
		return true;
	if (!IsA(tree, AlterTableStmt))
		return false;
	foreach(cell, ((const AlterTableStmt *) tree)->cmds)
	{
		if (lfirst_node(AlterTableCmd, cell)->subtype == AT_AddConstraint)
			return true;
	}
	return false;
}

/* The privileges on a schema that the role does not have, of those that the statement needs. */
static const char *
missing_on(const Task *task, Oid schema)
{
	bool		usage = !sv_schema_aclcheck(schema, task->role, ACL_USAGE);
	bool		create = makes_something(task->tree) &&
	!sv_schema_aclcheck(schema, task->role, ACL_CREATE);

	if (usage)
		return create ? "USAGE, CREATE" : "USAGE";
	return create ? "CREATE" : NULL;
}

/* The GRANTs without which the role may not execute the statement, as far as schemas tell. */
static char *
missing_grants(const Task *task)
{
	StringInfoData grants;
	List	   *seen = NIL;

	initStringInfo(&grants);
	foreach_ptr(const Mention, mention, sv_script_mentions(task->text))
	{
		Oid			schema = get_namespace_oid(mention->schema, true);
		const char *missing;

		if (!OidIsValid(schema) || schema == PG_CATALOG_NAMESPACE || list_member_oid(seen, schema))
			continue;
		seen = lappend_oid(seen, schema);
		missing = missing_on(task, schema);
		if (missing != NULL)
			appendStringInfo(&grants, "%sGRANT %s ON SCHEMA %s TO %s;", grants.len ? " " : "",
							 missing, quote_identifier(get_namespace_name(schema)),
							 quote_identifier(GetUserNameFromId(task->role, false)));
	}
	return grants.len > 0 ? grants.data : NULL;
}

/* ----- the execution ----- */

static void
add_generated_context(void *arg)
{
	const Task *task = arg;

	if (task->grants != NULL && geterrcode() == ERRCODE_INSUFFICIENT_PRIVILEGE)
		errhint("%s", task->grants);
	foreach_ptr(const char, string, task->left_out)
		errcontext("names in bodies of functions not looked up in schema \"%s\", where roles that may not act as \"%s\" can make or have made objects",
				   string, GetUserNameFromId(task->role, true));
	if (task->restricted)
		errcontext("statement written by schemaver, executed as role \"%s\", whose object it is about",
				   GetUserNameFromId(task->role, true));
}

/* Until the end of a level of settings that this makes. */
static void
run_in_path(const Task *task)
{
	int			level = NewGUCNestLevel();

	if (task->path != NULL)
		set_local_setting("search_path", task->path);
	if (task->confined)
		sv_confine(task->confined, task->run, task->arg);
	else
		task->run(task->arg);
	if (task->restricted)
		sv_constraints_fire();
	AtEOXact_GUC(false, level);
}

static void
run_and_fire(void *arg)
{
	sv_generated_settings();
	run_in_path(arg);
}

static void
execute_row(void *arg)
{
	SPI_execute(arg, false, 0);
}

/* May the role name the relation in REFERENCES? */
static bool
may_refer_to(Oid role, Oid relation)
{
	return sv_schema_aclcheck(get_rel_namespace(relation), role, ACL_USAGE) &&
		pg_class_aclcheck(relation, role, ACL_REFERENCES) == ACLCHECK_OK;
}

/*
 * The valid foreign key that the statement adds to a plain table, where the role that has to
 * execute it may not refer to the other table, though the caller may; else NULL.
 */
static const Constraint *
foreign_reference(const Task *task)
{
	const AlterTableStmt *stmt = (const AlterTableStmt *) task->tree;
	const AlterTableCmd *cmd;
	const Constraint *key;
	Oid			relation;
	Oid			referenced;

	if (!task->restricted || !IsA(stmt, AlterTableStmt) || list_length(stmt->cmds) != 1)
		return NULL;
	cmd = linitial_node(AlterTableCmd, stmt->cmds);
	if (cmd->subtype != AT_AddConstraint)
		return NULL;
	key = castNode(Constraint, cmd->def);
	if (key->contype != CONSTR_FOREIGN || key->skip_validation || key->conname == NULL)
		return NULL;
	relation = RangeVarGetRelid(stmt->relation, NoLock, true);
	referenced = RangeVarGetRelid(key->pktable, NoLock, true);
	if (!OidIsValid(relation) || !OidIsValid(referenced) ||
		get_rel_relkind(relation) != RELKIND_RELATION)
		return NULL;
	return may_refer_to(task->role, referenced) || !may_refer_to(GetUserId(), referenced) ? NULL :
		key;
}

/*
 * The caller adds the foreign key unchecked, which evaluates nothing, and the role that is
 * due has the rows checked: that needs no right on the other table.
 */
static void
add_unchecked(Task *task, const Constraint *key)
{
	const RangeVar *table = ((const AlterTableStmt *) task->tree)->relation;
	int			length = strlen(task->text);

	while (length > 0 && (isspace((unsigned char) task->text[length - 1]) ||
						  task->text[length - 1] == ';'))
		length--;
	SPI_execute(psprintf("%.*s NOT VALID", length, task->text), false, 0);
	task->run = execute_row;
	task->arg = psprintf("ALTER TABLE %s VALIDATE CONSTRAINT %s",
						 table->schemaname ? quote_qualified_identifier(table->schemaname,
																		table->relname) :
						 quote_identifier(table->relname), quote_identifier(key->conname));
}

/*
 * Execute statement i by run(arg), with the rights that are due.  SPI must be
 * connected, and sv_generated_settings() be in force.  Returns whether the modes
 * of constraints were changed, which sv_constraints_settle() puts right.
 */
bool
sv_generated_execute(const Generated *generated, int i, StatementFn run, void *arg)
{
	Task		task = {.generated = generated, .i = i, .run = run, .arg = arg};
	ErrorContextCallback callback = {error_context_stack, add_generated_context, &task};
	GeneratedStatement statement;
	const Constraint *key;

	statement = generated->statement(generated->arg, i);
	task.text = statement.text;
	task.tree = statement.tree;
	choose_role(&task);
	choose_path(&task);
	if (task.restricted)
		task.grants = missing_grants(&task);
	if (task.restricted)
		sv_constraints_fire();	/* what the caller's own statements left, as the caller */
	key = foreign_reference(&task);
	if (key != NULL)
		add_unchecked(&task, key);
	error_context_stack = &callback;
	if (task.restricted)
		sv_base_run_as(task.role, run_and_fire, &task);
	else if (task.path != NULL || task.confined)
		run_in_path(&task);
	else
		task.run(task.arg);
	error_context_stack = callback.previous;
	return task.restricted;
}

/* ----- rows of a comparison ----- */

static GeneratedStatement
statement_of_rows(const void *arg, int i)
{
	const List *rows = arg;

	for (; i < list_length(rows); i++)
	{
		const DiffRow *row = list_nth(rows, i);

		if (row->sql != NULL)
			return sv_generated_statement(row->sql);
	}
	return sv_generated_statement(NULL);
}

/* Execute row i of a comparison, as sv_generated_execute() does. */
bool
sv_generated_row(const List *rows, int i, List *path)
{
	Generated	generated = {statement_of_rows, rows, path};

	return sv_generated_execute(&generated, i, execute_row,
								unconstify(char *, statement_of_rows(rows, i).text));
}

/*
 * Execute the rows of a comparison, each with the rights that are due, and all that
 * they deferred.  *current (which may be NULL) is the row that is executed, for the
 * caller's error context; NULL again at the end.
 */
void
sv_generated_rows(const List *rows, const DiffRow **current)
{
	int			level = NewGUCNestLevel();
	List	   *path = sv_body_path_now();
	const DiffRow *row;
	bool		touched = false;

	if (current == NULL)
		current = &row;
	sv_generated_settings();
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	for (int i = 0; i < list_length(rows); i++)
	{
		CHECK_FOR_INTERRUPTS();
		*current = list_nth(rows, i);
		if ((*current)->sql != NULL)
			touched |= sv_generated_row(rows, i, path);
	}
	*current = NULL;
	if (touched)
		sv_constraints_settle(true);
	SPI_finish();
	AtEOXact_GUC(false, level);
	CommandCounterIncrement();
}
