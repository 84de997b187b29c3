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
#include "online/online.h"
#include "register/register.h"
#include "run/run.h"
#include "utils/builtins.h"

/* The first revision of a plan that cannot run in one transaction, and why. */
typedef struct Obstacle
{
	int			step;			/* index into the plan, -1: none */
	const char *what;			/* e.g. "CREATE INDEX CONCURRENTLY at line 3" */
} Obstacle;

/* Bind the name of a type; the schema may be unknown. */
static void
bind_type(const char *schema, const char *type, Datum *values, bool *nulls)
{
	values[0] = CStringGetTextDatum(type);
	values[1] = schema ? CStringGetTextDatum(schema) : (Datum) 0;
	nulls[1] = schema == NULL;
}

/* Live columns of an enum type, of arrays of it and of domains over it. */
static List *
columns_of_type(const char *schema, const char *type, void *arg)
{
	static StoreQuery query = {
		"SELECT c.relname::text, a.attname::text, (SELECT count(*)::integer "
		"FROM pg_catalog.pg_attribute b WHERE b.attrelid = a.attrelid AND b.attnum > 0 "
		"AND b.attnum <= a.attnum AND NOT b.attisdropped) "
		"FROM pg_catalog.pg_type t "
		"JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace "
		"JOIN pg_catalog.pg_type u ON u.oid IN (t.oid, t.typarray) OR u.typbasetype = t.oid "
		"JOIN pg_catalog.pg_attribute a ON a.atttypid = u.oid AND NOT a.attisdropped "
		"JOIN pg_catalog.pg_class c ON c.oid = a.attrelid "
		"WHERE t.typname = $1 AND n.nspname = coalesce($2, n.nspname)",
		2, {TEXTOID, TEXTOID}
	};
	Datum		values[2];
	bool		nulls[2] = {false};
	List	   *columns = NIL;
	StoreScope	scope;
	uint64		n;

	bind_type(schema, type, values, nulls);
	sv_store_enter(&scope, *(const StoreMode *) arg);
	n = sv_store_execute(&scope, &query, values, nulls);
	MemoryContextSwitchTo(scope.caller);
	for (uint64 i = 0; i < n; i++)
	{
		EnumColumn *column = palloc0(sizeof(EnumColumn));
		bool		isnull;

		column->table_name = sv_store_text(i, 1);
		column->column_name = sv_store_text(i, 2);
		column->position = DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 3, &isnull));
		columns = lappend(columns, column);
	}
	sv_store_leave(&scope);
	return columns;
}

/* Does an enum type have this value already? */
static bool
type_has_value(const char *schema, const char *type, const char *value, void *arg)
{
	static StoreQuery query = {
		"SELECT FROM pg_catalog.pg_enum e JOIN pg_catalog.pg_type t ON t.oid = e.enumtypid "
		"JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace "
		"WHERE t.typname = $1 AND n.nspname = coalesce($2, n.nspname) AND e.enumlabel = $3",
		3, {TEXTOID, TEXTOID, TEXTOID}
	};
	Datum		values[3];
	bool		nulls[3] = {false};
	StoreScope	scope;
	bool		found;

	bind_type(schema, type, values, nulls);
	values[2] = CStringGetTextDatum(value);
	sv_store_enter(&scope, *(const StoreMode *) arg);
	found = sv_store_execute(&scope, &query, values, nulls) > 0;
	sv_store_leave(&scope);
	return found;
}

/*
 * Call "found" for each step that uses an enum value which the same run adds.
 * Stops at the first one if "first" is set.
 */
static void
find_enum_uses(StoreMode mode, StoredRevision **rows, int n, Direction direction, bool first,
			   void (*found) (int step, const char *what, void *arg), void *arg)
{
	EnumWatch  *watch;
	bool		adds = false;

	for (int i = 0; i < n; i++)
		adds |= rows[i]->adds_enum_value;
	if (!adds)
		return;

	/* from the start: a step before the one that adds the value may make the columns that hold it */
	watch = sv_enum_watch_create(columns_of_type, &mode);
	sv_enum_watch_values(watch, type_has_value);
	for (int i = 0; i < n; i++)
	{
		const char *value;
		const char *type;
		ScriptOrigin origin;
		Script	   *script;
		int			statement;

		if (direction == SV_DOWNGRADE && !rows[i]->has_down)
			continue;
		CHECK_FOR_INTERRUPTS();
		script = sv_run_body(rows[i]->id, sv_store_script(mode, rows[i]->id), direction, &origin);
		statement = sv_enum_watch_script(watch, script, &value, &type);
		if (statement < 0)
			continue;
		found(i, psprintf("%s at line %d uses the value \"%s\" of type %s, which this run adds",
						  script->statements[statement].tag,
						  script->statements[statement].line + origin.first_line - 1, value, type), arg);
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
				 reason == NULL ? errdetail("It has no down script, and none was derived when it was applied.") :
				 reason[0] == '\0' ? errdetail("It was registered as irreversible.") :
				 errdetail("It was registered as irreversible: %s", reason),
				 errhint("Undo it by a new revision; SELECT * FROM schemaver.stamp(...) moves the version without running anything.")));
	}
}

/* Say what the derived downs of a plan cannot bring back. */
static void
warn_of_losses(StoredRevision **rows, int n)
{
	for (int i = 0; i < n; i++)
	{
		StringInfoData lost;
		ListCell   *cell;

		if (rows[i]->lost == NIL)
			continue;
		initStringInfo(&lost);
		foreach(cell, rows[i]->lost)
			appendStringInfo(&lost, "%s%s", lost.len ? ", " : "", (char *) lfirst(cell));
		ereport(WARNING,
				(errmsg("downgrade of revision \"%s\" brings back the structure only", rows[i]->id),
				 errdetail("Lost: %s.", lost.data),
				 sv_store_kept_of(rows[i]->id) != NIL ?
				 errhint("What schemaver.kept() lists of it is brought back, too.") : 0));
	}
}

/* Check the plan of a downgrade: every revision has a down that can run here. */
void
sv_run_check_downgrade(StoredRevision **rows, int n, const char *target)
{
	sv_run_check_reversible(rows, n);
	check_transactional(rows, n, SV_DOWNGRADE, target);
	warn_of_losses(rows, n);
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
