/*
 * precheck.c
 *		What can be known about a run before anything of it runs.
 *
 * Registration has already found what PostgreSQL refuses in a transaction
 * block, so scripts are read again only where the run adds enum values.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "register/register.h"
#include "run/run.h"
#include "run/segment.h"
#include "utils/builtins.h"

/* The first revision of a plan that cannot run in one transaction, and why. */
typedef struct Obstacle
{
	int			step;			/* index into the plan, -1: none */
	const char *what;			/* e.g. "CREATE INDEX CONCURRENTLY at line 3" */
} Obstacle;

/* Live columns of an enum type, of arrays of it and of domains over it. */
static List *
columns_of_type(const char *schema, const char *type, void *arg)
{
	static StoreQuery query = {
		"SELECT c.relname::text, a.attname::text FROM pg_catalog.pg_type t "
		"JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace "
		"JOIN pg_catalog.pg_type u ON u.oid IN (t.oid, t.typarray) OR u.typbasetype = t.oid "
		"JOIN pg_catalog.pg_attribute a ON a.atttypid = u.oid AND NOT a.attisdropped "
		"JOIN pg_catalog.pg_class c ON c.oid = a.attrelid "
		"WHERE t.typname = $1 AND n.nspname = coalesce($2, n.nspname)",
		2, {TEXTOID, TEXTOID}
	};
	Datum		values[2];
	bool		nulls[2] = {false, schema == NULL};
	List	   *columns = NIL;
	StoreScope	scope;
	uint64		n;

	values[0] = CStringGetTextDatum(type);
	values[1] = schema ? CStringGetTextDatum(schema) : (Datum) 0;
	sv_store_enter(&scope, *(const StoreMode *) arg);
	n = sv_store_execute(&scope, &query, values, nulls);
	MemoryContextSwitchTo(scope.caller);
	for (uint64 i = 0; i < n; i++)
	{
		EnumColumn *column = palloc0(sizeof(EnumColumn));

		column->table_name = sv_store_text(i, 1);
		column->column_name = sv_store_text(i, 2);
		columns = lappend(columns, column);
	}
	sv_store_leave(&scope);
	return columns;
}

static Script *
script_of(StoreMode mode, const StoredRevision *row, Direction direction, int *first_line)
{
	StoredScript *stored = sv_store_script(mode, row->id);
	bool		up = direction == SV_UPGRADE;
	ScriptOrigin origin = {row->id, up ? "up" : "down"};

	origin.file = up ? stored->source : stored->down_source;
	origin.first_line = *first_line = up ? stored->up_line : stored->down_line;
	return sv_script_parse(up ? stored->up : stored->down, &origin);
}

/*
 * Call "found" for each step that uses an enum value which the same run adds.
 * Stops at the first one if "first" is set.
 */
static void
find_enum_uses(StoreMode mode, StoredRevision **rows, int n, Direction direction, bool first,
			   void (*found) (int step, const char *what, void *arg), void *arg)
{
	EnumWatch  *watch = NULL;

	for (int i = 0; i < n; i++)
	{
		const char *value;
		const char *type;
		Script	   *script;
		int			first_line;
		int			statement;

		if (watch == NULL && !rows[i]->adds_enum_value)
			continue;
		if (direction == SV_DOWNGRADE && !rows[i]->has_down)
			continue;
		if (watch == NULL)
			watch = sv_enum_watch_create(columns_of_type, &mode);
		CHECK_FOR_INTERRUPTS();
		script = script_of(mode, rows[i], direction, &first_line);
		statement = sv_enum_watch_script(watch, script, &value, &type);
		if (statement < 0)
			continue;
		found(i, psprintf("%s at line %d uses the value \"%s\" of type \"%s\", which this run adds",
						  script->statements[statement].tag,
						  script->statements[statement].line + first_line - 1, value, type), arg);
		if (first)
			return;
	}
}

/*
 * Where a commit must come between the statements of a script that starts at
 * "from": the index of the first one that uses an enum value which one before
 * it adds; the number of statements if there is none.
 */
int
sv_run_enum_border(const Script *script, int from)
{
	StoreMode	mode = SV_STORE_WRITE;
	Script		rest = sv_segment_script(script, from);
	const char *value;
	const char *type;
	int			use = -1;

	if (script->flags & SV_STMT_ADDS_ENUM_VALUE)
		use = sv_enum_watch_script(sv_enum_watch_create(columns_of_type, &mode), &rest, &value, &type);
	return use < 0 ? script->n : from + use;
}

static const char *
blocker(const StoredRevision *row, Direction direction)
{
	return direction == SV_UPGRADE ? row->up_blocker : row->down_blocker;
}

static void
note_obstacle(int step, const char *what, void *arg)
{
	Obstacle   *obstacle = arg;

	obstacle->step = step;
	obstacle->what = what;
}

static Obstacle
find_obstacle(StoredRevision **rows, int n, Direction direction)
{
	Obstacle	obstacle = {-1, NULL};

	for (int i = 0; i < n && obstacle.step < 0; i++)
		if (blocker(rows[i], direction) != NULL)
			note_obstacle(i, blocker(rows[i], direction), &obstacle);
	/* what uses a new enum value before that comes first */
	find_enum_uses(SV_STORE_WRITE, rows, obstacle.step < 0 ? n : obstacle.step, direction, true,
				   note_obstacle, &obstacle);
	return obstacle;
}

/* Raise SV011 if a step of the plan cannot run in one transaction. */
static void
check_transactional(StoredRevision **rows, int n, Direction direction, const char *target)
{
	Obstacle	obstacle = find_obstacle(rows, n, direction);

	if (obstacle.step < 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_SV_NOT_TRANSACTIONAL),
			 errmsg("revision \"%s\" cannot run in this transaction", rows[obstacle.step]->id),
			 errdetail("%s script: %s.", direction == SV_UPGRADE ? "Up" : "Down", obstacle.what),
			 errhint("Run CALL schemaver.online_%s(%s), which commits step by step.",
					 sv_direction_name(direction), quote_literal_cstr(target))));
}

/* Check the plan of an upgrade; nothing was run yet. */
void
sv_run_check_upgrade(StoredRevision **rows, int n, const char *target)
{
	check_transactional(rows, n, SV_UPGRADE, target);
}

/* Raise SV012 if a step of a downgrade has nothing that undoes it. */
void
sv_run_check_reversible(StoredRevision **rows, int n)
{
	for (int i = 0; i < n; i++)
	{
		const char *reason;

		if (rows[i]->has_down)
			continue;
		(void) sv_register_options(sv_store_revision(SV_STORE_WRITE, rows[i]->id)->options, &reason);
		ereport(ERROR,
				(errcode(ERRCODE_SV_IRREVERSIBLE),
				 errmsg("revision \"%s\" cannot be downgraded", rows[i]->id),
				 reason ? errdetail("It is irreversible: %s", reason) : errdetail("It has no down script."),
				 errhint("Undo it by a new revision; SELECT * FROM schemaver.stamp(...) moves the version without running anything.")));
	}
}

/* Check the plan of a downgrade: every revision has a down that can run here. */
void
sv_run_check_downgrade(StoredRevision **rows, int n, const char *target)
{
	sv_run_check_reversible(rows, n);
	check_transactional(rows, n, SV_DOWNGRADE, target);
}

static void
note_not_transactional(int step, const char *what, void *arg)
{
	((bool *) arg)[step] = false;
}

/* For each step of a plan: can it run in one transaction with those before? */
bool *
sv_run_transactional(StoreMode mode, StoredRevision **rows, int n, Direction direction)
{
	bool	   *result = palloc(sizeof(bool) * Max(n, 1));

	for (int i = 0; i < n; i++)
		result[i] = blocker(rows[i], direction) == NULL;
	find_enum_uses(mode, rows, n, direction, false, note_not_transactional, result);
	return result;
}
