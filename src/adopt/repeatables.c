/*
 * repeatables.c
 *		Rows of a tool for texts that run again when they have changed: Flyway's
 *		R__x.sql, Liquibase's runOnChange and runAlways.  Here they are living
 *		objects.
 *
 * A text that does nothing but replace runs again at the next upgrade: that
 * changes nothing, and schemaver learns what the text makes.  Any other one that
 * the tool has run as it is counts as run, since to run it twice could change rows.
 */
#include "postgres.h"

#include "adopt/adopt_private.h"
#include "nodes/parsenodes.h"
#include "proof/proof.h"
#include "script/script.h"
#include "utils/timestamp.h"

/* What the living object would be as a revision of a file. */
static Migration
as_migration(const StoredLiving *living)
{
	StoredMigration *stored = palloc0(sizeof(StoredMigration));
	Migration	migration = {0};

	stored->id = unconstify(char *, living->name);
	stored->source = unconstify(char *, living->source);
	stored->file = unconstify(char *, living->file);
	stored->up = unconstify(char *, living->up);
	migration.stored = stored;
	return migration;
}

static bool
repeatable_has_key(const AdoptTool *tool, const StoredLiving *living, const char *key)
{
	Migration	migration = as_migration(living);

	foreach_ptr(const char, string, tool->keys(&migration))
	{
		if (strcmp(string, key) == 0)
			return true;
	}
	return tool->is_living != NULL && tool->is_living(living, key);
}

/*
 * Return the living object (of the list of StoredLiving) that a row of the tool
 * means, or NULL.  source NULL: of any.
 */
const StoredLiving *
sv_adopt_repeatable(const AdoptTool *tool, const List *living, const char *source,
					const char *key)
{
	foreach_ptr(const StoredLiving, this, living)
	{
		if ((source == NULL || strcmp(this->source, source) == 0) && repeatable_has_key(tool, this,
																						key))
			return this;
	}
	return NULL;
}

/* Is the text the one that the row says has run?  True if the tool has no checksum for it. */
bool
sv_adopt_repeatable_agrees(const AdoptTool *tool, const StoredLiving *living,
						   const AppliedRow *row)
{
	Migration	migration = as_migration(living);

	return row->checksum == NULL || tool->agrees == NULL ||
		tool->agrees(&migration, row->checksum);
}

/* Can the statement run again and change nothing? */
static bool
only_replaces(Node *tree)
{
	switch (nodeTag(tree))
	{
		case T_ViewStmt:
			return castNode(ViewStmt, tree)->replace;
		case T_CreateFunctionStmt:
			return castNode(CreateFunctionStmt, tree)->replace;
		case T_CreateTrigStmt:
			return castNode(CreateTrigStmt, tree)->replace;
		case T_CommentStmt:
		case T_GrantStmt:
			return true;
		default:
			return false;
	}
}

/* Does the text do nothing but replace? */
bool
sv_adopt_repeatable_replaces(const StoredLiving *living)
{
	ScriptOrigin origin = {living->name, "up", living->file, living->line};
	Script	   *script = sv_script_parse(living->up, &origin);

	for (int i = 0; i < script->n; i++)
	{
		if (!only_replaces(sv_statement_tree(script, i)))
			return false;
	}
	return true;
}

/* The text counts as run, in that run of schemaver. */
void
sv_adopt_stamp_repeatable(const StoredLiving *living, const AppliedRow *row, int64 run)
{
	LivingVersion version = {0};

	version.name = living->name;
	version.checksum = living->checksum;
	version.up = living->up;
	version.down = living->down;
	version.run = run;
	version.ran_at = row->has_time ? row->applied_at : GetCurrentTimestamp();
	version.ran_by = row->applied_by != NULL ? row->applied_by : "";
	sv_store_living_ran(&version);
}

/*
 * Run the texts (a list of StoredLiving) in the sandbox, behind the revisions: one
 * that fails is tried again behind the others, for it could need them.
 */
void
sv_adopt_build_repeatables(const Sandbox *sandbox, const List *living)
{
	List	   *due = list_copy(living);

	while (due != NIL)
	{
		List	   *failed = NIL;
		ErrorData  *first = NULL;

		foreach_ptr(const StoredLiving, this, due)
		{
			StoredScript script = {0};
			ErrorData  *error;

			script.up = unconstify(char *, this->up);
			script.source = unconstify(char *, this->file);
			script.up_line = this->line;
			error = sv_sandbox_run(sandbox, this->name, &script, SV_UPGRADE);
			if (error == NULL)
				continue;
			failed = lappend(failed, (void *) this);
			if (first == NULL)
				first = error;
		}
		if (list_length(failed) == list_length(due))
			ReThrowError(first);
		due = failed;
	}
}
