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
 * that role.  A superuser's object that runs code of somebody else is refused.
 */
#include "postgres.h"

#include "base/base.h"
#include "base/compat.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_type.h"
#include "parser/parser.h"
#include "run/run.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

static void
set_local(const char *name, const char *value)
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
	set_local("search_path", "pg_catalog, pg_temp");
	set_local("check_function_bodies", "off");
	set_local("standard_conforming_strings", "on");
	/* planning a query shall not fold what constraints say */
	set_local("constraint_exclusion", "off");
	/* rows that a policy hides would be lost in silence */
	set_local("row_security", "off");
}

/* ----- whose statement it is ----- */

static Oid
owner_of_type(Oid type)
{
	HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	owner = ((Form_pg_type) GETSTRUCT(tuple))->typowner;
	ReleaseSysCache(tuple);
	return owner;
}

/* The role that gets what statement i makes: it is told before the next one is made. */
static Oid
future_owner(const Generated *generated, int i, const char *name)
{
	const char *text;

	while ((text = generated->statement(generated->arg, ++i)) != NULL)
	{
		const Node *tree = linitial_node(RawStmt, raw_parser(text, RAW_PARSE_DEFAULT))->stmt;
		const		RoleSpec *role = sv_given_to(tree, name);
		const char *other = sv_created_name(tree);

		if (role != NULL)
			return get_rolespec_oid(role, true);
		if (other != NULL)
			break;
	}
	return GetUserId();
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

		if (OidIsValid(relation))
			holders = list_append_unique_oid(holders, sv_relation_owner(relation));
	}
	if (IsA(tree, AlterDomainStmt))
	{
		Oid			type =
		LookupTypeNameOid(NULL,
						  makeTypeNameFromNameList(((const AlterDomainStmt *) tree)->typeName),
						  true);

		if (OidIsValid(type))
			holders = list_append_unique_oid(holders, owner_of_type(type));
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

/* Everybody whose code the statement can run. */
static List *
whose_code(const Node *tree, const char *text, List *holders)
{
	List	   *owners = sv_reach(tree, text);
	ListCell   *cell;

	if (!sv_evaluates_itself(tree))
		return owners;
	foreach(cell, holders)
	{
		if (!superuser_arg(lfirst_oid(cell)))
			owners = list_append_unique_oid(owners, lfirst_oid(cell));
	}
	return owners;
}

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
refuse(Oid owner, Oid role)
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

/* The role as which a statement runs.  *restricted: not as the caller does. */
static Oid
role_for(const Generated *generated, int i, const char *text, bool *restricted)
{
	const Node *tree = linitial_node(RawStmt, raw_parser(text, RAW_PARSE_DEFAULT))->stmt;
	List	   *holders;
	List	   *owners;
	Oid			gains;
	Oid			role;

	*restricted = false;
	if (sv_evaluates(tree) == SV_EVALUATES_NOTHING)
		return GetUserId();
	holders = holders_of(generated, i, tree);
	owners = whose_code(tree, text, holders);
	gains = who_would_gain(owners, GetUserId());
	*restricted = OidIsValid(gains);
	if (!*restricted)
		return GetUserId();
	role = strongest(holders);
	if (!OidIsValid(role))
		refuse(gains, InvalidOid);
	if (!sv_can_set_role(GetUserId(), role))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be able to SET ROLE \"%s\"", GetUserNameFromId(role, false)),
				 errdetail(
						   "A statement that schemaver wrote runs code of that role, so it runs as "
						   "that role."),
				 errhint("Be granted the role, or let a superuser run it.")));
	gains = who_would_gain(owners, role);
	if (OidIsValid(gains) && superuser_arg(role))
		refuse(gains, role);
	return role;
}

/* ----- the execution ----- */

static void
add_context(void *arg)
{
	errcontext("statement written by schemaver, executed as role \"%s\", whose object it is about",
			   GetUserNameFromId(*(Oid *) arg, true));
}

/* A statement to be run as the owner of an object. */
typedef struct Restricted
{
	StatementFn run;
	void	   *arg;
} Restricted;

static void
run_and_fire(void *arg)
{
	const Restricted *restricted = arg;

	sv_generated_settings();
	restricted->run(restricted->arg);
	sv_constraints_fire();
}

static void
run_restricted(Oid role, StatementFn run, void *arg)
{
	ErrorContextCallback callback = {error_context_stack, add_context, &role};
	Restricted	restricted = {run, arg};

	/* what the caller's own statements left, as the caller */
	sv_constraints_fire();
	error_context_stack = &callback;
	sv_base_run_as(role, run_and_fire, &restricted);
	error_context_stack = callback.previous;
}

/*
 * Execute statement i by run(arg), with the rights that are due.  SPI must be
 * connected, and sv_generated_settings() be in force.  Returns whether the modes
 * of constraints were changed, which sv_constraints_settle() puts right.
 */
bool
sv_generated_execute(const Generated *generated, int i, StatementFn run, void *arg)
{
	bool		restricted;
	Oid			role = role_for(generated, i, generated->statement(generated->arg, i), &restricted);

	if (restricted)
		run_restricted(role, run, arg);
	else
		run(arg);
	return restricted;
}

/* ----- rows of a comparison ----- */

static const char *
statement_of_rows(const void *arg, int i)
{
	const List *rows = arg;

	for (; i < list_length(rows); i++)
	{
		const DiffRow *row = list_nth(rows, i);

		if (row->sql != NULL)
			return row->sql;
	}
	return NULL;
}

static void
execute_row(void *arg)
{
	SPI_execute(arg, false, 0);
}

/* Execute row i of a comparison, as sv_generated_execute() does. */
bool
sv_generated_row(const List *rows, int i)
{
	Generated	generated = {statement_of_rows, rows};

	return sv_generated_execute(&generated, i, execute_row,
								unconstify(char *, statement_of_rows(rows, i)));
}
