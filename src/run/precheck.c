/*
 * precheck.c
 *		What can be known about a run before anything of it runs.
 *
 * Registration has already found what PostgreSQL refuses in a transaction
 * block, so scripts are read again only where a plan is asked about enum values.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "register/register.h"
#include "run/run.h"
#include "utils/builtins.h"

static const char *
blocker(const StoredRevision *row, Direction direction)
{
	return direction == SV_UPGRADE ? row->up_blocker : row->down_blocker;
}

/* The first step of a plan that cannot run in one transaction, or -1. */
static int
first_blocked(StoredRevision **rows, int n, Direction direction)
{
	for (int i = 0; i < n; i++)
	{
		if (blocker(rows[i], direction) != NULL &&
			!sv_plain_script(SV_STORE_WRITE, rows, i + 1, direction))
			return i;
	}
	return -1;
}

/* Raise SV011 if a step of the plan cannot run in one transaction. */
static void
check_transactional(StoredRevision **rows, int n, Direction direction, const char *target)
{
	int			step = first_blocked(rows, n, direction);

	if (step < 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_SV_NOT_TRANSACTIONAL),
			 errmsg("revision \"%s\" cannot run in this transaction", rows[step]->id),
			 errdetail("%s script: %s.", direction == SV_UPGRADE ? "Up" :
					   "Down", blocker(rows[step], direction)),
			 errhint("Run CALL schemaver.online_%s(%s), which commits step by step.",
					 sv_direction_name(direction), quote_literal_cstr(target))));
}

/* A script of a plan, whose variables are looked at. */
typedef struct VariableCheck
{
	const StoredRevision *row;
	const StoredScript *stored;
	Direction	direction;
} VariableCheck;

static void
check_script_variables(void *arg)
{
	const VariableCheck *check = arg;
	const StoredScript *stored = check->stored;
	ScriptOrigin origin = {check->row->id, "verify", stored->source, stored->verify_line};
	ScriptOrigin body;

	if (check->direction == SV_UPGRADE && stored->verify != NULL)
		(void) sv_register_substitute(stored->verify, stored, SV_UPGRADE, &origin, NULL);
	if (check->direction == SV_UPGRADE || stored->down != NULL)
		(void) sv_register_run_body(check->row->id, stored, check->direction, &body, NULL);
}

/* Everybody may ask for a plan, not everybody may read scripts: say where, not what. */
static void
rethrow_without_text(const VariableCheck *check, ErrorData *error)
{
	const char *name = psprintf("revision \"%s\"", check->row->id);
	char	   *end = error->detail != NULL ? strstr(error->detail, name) : NULL;

	if (end != NULL)
		error->detail = psprintf("%.*s.", (int) (end + strlen(name) - error->detail),
								 error->detail);
	else
		error->detail = NULL;
	ReThrowError(error);
}

/*
 * Raise SV007 if a script of the plan has a variable without a value, or a value that
 * cannot stand in its place.
 */
void
sv_run_check_variables(StoreMode mode, StoredRevision **rows, int n, Direction direction)
{
	for (int i = 0; i < n; i++)
	{
		VariableCheck check = {rows[i], NULL, direction};
		ErrorData  *error;

		if (sv_store_option_variables(rows[i]->options) == NULL)
			continue;
		CHECK_FOR_INTERRUPTS();
		check.stored = sv_store_script(mode, rows[i]->id);
		if (mode == SV_STORE_WRITE)
			check_script_variables(&check);
		else if ((error = sv_subtransaction(check_script_variables, &check, false)) != NULL)
			rethrow_without_text(&check, error);
	}
}

/* Check the plan of an upgrade; nothing was run yet. */
void
sv_run_check_upgrade(StoredRevision **rows, int n, const char *target)
{
	sv_run_check_variables(SV_STORE_WRITE, rows, n, SV_UPGRADE);
	check_transactional(rows, n, SV_UPGRADE, target);
}

/* Why a revision cannot be downgraded; NULL if it can. */
const char *
sv_run_irreversible(const StoredRevision *row)
{
	const char *reason;

	if (row->has_down)
		return NULL;
	(void) sv_store_options(row->options, &reason);
	return reason == NULL ? "It has no down script, and none was derived when it was applied." :
		reason[0] == '\0' ? "It was registered as irreversible." :
		psprintf("It was registered as irreversible: %s", reason);
}

/*
 * Raise SV016 where set_environment() has protected this database.  "what" is the
 * call, as messages name it.
 */
void
sv_run_refuse_protected(const char *what)
{
	bool		is_protected;
	char	   *name = sv_store_environment(SV_STORE_WRITE, &is_protected);

	if (!is_protected)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_SV_REFUSED),
			 errmsg("environment \"%s\" is protected", name),
			 errdetail("%s is not done there.", what),
			 errhint("SELECT schemaver.set_environment(%s, protected => false) takes the protection away.",
					 quote_literal_cstr(name))));
}

/* Raise SV012 if a step of a downgrade has nothing that undoes it. */
void
sv_run_check_reversible(StoredRevision **rows, int n)
{
	for (int i = 0; i < n; i++)
	{
		const char *reason = sv_run_irreversible(rows[i]);

		if (reason == NULL)
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_SV_IRREVERSIBLE),
				 errmsg("revision \"%s\" cannot be downgraded", rows[i]->id),
				 errdetail_internal("%s", reason),
				 errhint("Undo it by a new revision; SELECT * FROM schemaver.stamp(...) moves the version without running anything.")));
	}
}

/*
 * Check the plan of a downgrade: every revision has a down that can run here,
 * and loses nothing that it may not.
 */
void
sv_run_check_downgrade(StoredRevision **rows, int n, const char *target, const RunOptions *options)
{
	List	   *earlier = NIL;
	ScriptsAhead *scripts;

	if (n > 0 && !options->dry_run)
		sv_run_refuse_protected("A downgrade");
	sv_run_check_reversible(rows, n);
	sv_run_check_variables(SV_STORE_WRITE, rows, n, SV_DOWNGRADE);
	check_transactional(rows, n, SV_DOWNGRADE, target);
	scripts = sv_scripts_begin(SV_STORE_WRITE, (const StoredRevision *const *) rows, NULL, n);
	for (int i = 0; i < n; i++)
		sv_run_check_losses(rows[i], sv_scripts_at(scripts, i), options, &earlier);
	sv_scripts_end(scripts);
}

/* Does this direction of a revision add a value to an enum type? */
bool
sv_run_adds_enum_value(StoreMode mode, const StoredRevision *row, Direction direction)
{
	ScriptOrigin origin;

	if (!row->adds_enum_value || (direction == SV_DOWNGRADE && !row->has_down))
		return false;
	return (sv_register_body(row->id, sv_store_script(mode, row->id), direction, &origin)->flags &
			SV_STMT_ADDS_ENUM_VALUE) != 0;
}

/*
 * For each step of a plan: NULL, or the note that it may use an enum value which the same
 * run adds, and so may need a commit before; see enum_values.c.
 */
char	  **
sv_run_enum_notes(StoreMode mode, StoredRevision **rows, int n, Direction direction)
{
	char	  **notes = palloc0(sizeof(char *) * Max(n, 1));
	List	   *labels = NIL;

	for (int i = 0; i < n; i++)
	{
		ScriptOrigin origin;
		Script	   *script;
		int			use;

		CHECK_FOR_INTERRUPTS();
		if ((labels == NIL && !rows[i]->adds_enum_value) ||
			(direction == SV_DOWNGRADE && !rows[i]->has_down))
			continue;
		script = sv_register_body(rows[i]->id, sv_store_script(mode, rows[i]->id), direction,
								  &origin);
		use = sv_script_enum_use(script, &labels);
		if (use >= 0)
			notes[i] = psprintf("a commit may be needed before line %d, which may use an enum "
								"value that the same run adds",
								script->statements[use].line + Max(origin.first_line, 1) - 1);
	}
	return notes;
}

/* For each step of a plan: can it run in one transaction with those before? */
bool *
sv_run_transactional(StoreMode mode, StoredRevision **rows, int n, Direction direction)
{
	bool	   *result = palloc(sizeof(bool) * Max(n, 1));

	for (int i = 0; i < n; i++)
		result[i] = blocker(rows[i], direction) == NULL ||
			sv_plain_script(mode, rows, i + 1, direction);
	return result;
}

/* Can one transaction do the upgrade, and is no commit needed for an enum value? */
bool
sv_run_fits_one(StoreMode mode, StoredRevision **rows, int n)
{
	bool	   *transactional = sv_run_transactional(mode, rows, n, SV_UPGRADE);
	char	  **notes = sv_run_enum_notes(mode, rows, n, SV_UPGRADE);

	for (int i = 0; i < n; i++)
	{
		if (!transactional[i] || notes[i] != NULL)
			return false;
	}
	return true;
}
