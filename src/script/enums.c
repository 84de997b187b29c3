/*
 * enums.c
 *		Watches a run for enum values that it adds and uses before a commit.
 *
 * PostgreSQL refuses that ("unsafe use of new value of enum type"), but only
 * when the statement runs.  The watch says it before anything has run, so that
 * a commit can be put in between.  It is made to be right when it reports: see
 * enum_uses.c.  It knows one run; after a commit begin another watch.
 *
 * Since PostgreSQL 17 values may be used at once if the run itself creates the
 * type, provided that no statement of it runs in a subtransaction.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "script/script.h"
#include "script/script_private.h"

/*
 * Return a new watch in the current context.  columns_of tells the live columns
 * of a type; NULL: there are none.  It is called with arg.
 */
EnumWatch *
sv_enum_watch_create(EnumColumnsFn columns_of, void *arg)
{
	EnumWatch  *watch = palloc0(sizeof(EnumWatch));
	HASHCTL		control = {0};

	watch->cxt = AllocSetContextCreate(CurrentMemoryContext, "schemaver enum watch",
									   ALLOCSET_DEFAULT_SIZES);
	watch->columns_of = columns_of;
	watch->arg = arg;
	watch->check_bodies = check_function_bodies;
	control.keysize = NAMEDATALEN;
	control.entrysize = sizeof(WatchedTable);
	control.hcxt = watch->cxt;
	watch->tables = hash_create("schemaver enum watch", 64, &control,
								HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	return watch;
}

/*
 * Let the watch ask whether a live type has a value already, for ADD VALUE IF
 * NOT EXISTS.  Without that it takes every such value for new.
 */
void
sv_enum_watch_values(EnumWatch *watch, EnumHasValueFn has_value)
{
	watch->has_value = has_value;
}

static bool
has_unsafe_values(const EnumWatch *watch)
{
	ListCell   *lc;

	foreach(lc, watch->types)
	{
		if (((const WatchedType *) lfirst(lc))->unsafe != NIL)
			return true;
	}
	return false;
}

/* Can the text have the value in it, perhaps with escapes? */
static bool
may_contain(const char *text, const char *value)
{
	return strchr(value, '\'') != NULL || strstr(text, value) != NULL ||
		strchr(text, '\\') != NULL;
}

/* Is it worth looking for a use in the text? */
static bool
may_use(const EnumWatch *watch, const char *text)
{
	ListCell   *lc;
	ListCell   *lv;

	foreach(lc, watch->types)
	{
		const WatchedType *type = lfirst(lc);

		foreach(lv, type->unsafe)
		{
			if (may_contain(text, lfirst(lv)) || strstr(text, "enum_range") != NULL)
				return true;
		}
	}
	return false;
}

/* Can the statement change what sv_enum_track() keeps? */
static bool
may_track(const Statement *statement)
{
	static const char *const tags[] = {
		"CREATE TYPE", "ALTER TYPE", "DROP TYPE", "CREATE TABLE", "ALTER TABLE",
		"DROP TABLE", "CREATE FOREIGN TABLE", "ALTER FOREIGN TABLE", "ALTER VIEW",
		"DROP VIEW", "ALTER MATERIALIZED VIEW", "DROP MATERIALIZED VIEW",
		"CREATE SCHEMA", "SET", "RESET"
	};

	for (int i = 0; i < lengthof(tags); i++)
	{
		if (strcmp(statement->tag, tags[i]) == 0)
			return true;
	}
	return false;
}

/* Parse the statement again, as it was read the first time. */
static Node *
parse_again(const char *text, const Statement *statement)
{
	ErrorData  *error;
	List	   *trees;

	sv_reading_set("standard_conforming_strings",
				   (statement->flags & SV_STMT_ESCAPES) ? "off" : "on");
	trees = sv_parse(text, &error);
	return trees != NIL ? linitial_node(RawStmt, trees)->stmt : NULL;
}

/*
 * Let the watch see the statement.  Returns whether it uses a value; the search
 * is not made if it is NULL.
 */
static bool
see_statement(EnumWatch *watch, const Script *script, int i, UseSearch *search)
{
	const Statement *statement = &script->statements[i];
	char	   *text = sv_script_statement_text(script, i);
	bool		has_data = (statement->flags & SV_STMT_COPY_DATA) != 0;
	bool		searched = search != NULL && has_unsafe_values(watch) &&
		(has_data || may_use(watch, text));
	Node	   *tree;

	if (!searched && !may_track(statement))
		return false;
	tree = parse_again(text, statement);
	if (tree == NULL)
		return false;

	/* names first: a table's own constraints see its columns */
	sv_enum_track(watch, tree);
	if (!searched)
		return false;
	if (sv_enum_use(search, tree))
		return true;
	return has_data && IsA(tree, CopyStmt) &&
		sv_enum_use_in_data(search, (CopyStmt *) tree, script->text + statement->data_start,
							statement->data_length);
}

/* Let the watch see all statements.  The search says what is found first. */
static void
see_script(EnumWatch *watch, const Script *script, UseSearch *search)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "schemaver enum search",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);

	for (int i = 0; i < script->n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		search->tables = search->names = NIL;
		if (see_statement(watch, script, i, search->found < 0 ? search : NULL))
			search->found = i;
		MemoryContextReset(cxt);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
}

/*
 * Let the watch see the next script of the run.  Returns the index of its first
 * statement that uses a value which the run has added, and that value and its
 * type (as SQL would name it); or -1.
 */
int
sv_enum_watch_script(EnumWatch *watch, const Script *script, const char **value, const char **type)
{
	UseSearch	search = {.watch = watch,.found = -1};
	int			level = sv_reading_begin();

	PG_TRY();
	{
		see_script(watch, script, &search);
	}
	PG_FINALLY();
	{
		sv_reading_end(level);
	}
	PG_END_TRY();
	if (search.found >= 0)
	{
		*value = search.value;
		*type = quote_qualified_identifier(search.type->schema, search.type->name);
	}
	return search.found;
}
