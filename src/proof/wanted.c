/*
 * wanted.c
 *		The model of the schema that a SQL text builds from empty.
 *
 * The text is executed in the sandbox, from empty, with the caller's rights and
 * settings: only new objects are locked.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/base.h"
#include "base/compat.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "proof/proof.h"
#include "proof/proof_private.h"
#include "run/run.h"
#include "script/script.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

typedef struct Wanted
{
	const Script *script;
	Model	   *model;			/* result */
	MemoryContext context;		/* of the results */
	bool		takes_rows;
	List	   *taken;			/* statements that give rows */
	List	   *rows;			/* result: ManagedRows */
	WantedFn	standing;
	void	   *arg;
	int			current;
	const char *text;
} Wanted;

static const ScriptOrigin origin = {NULL, NULL, NULL, 1};

/* In PG_CATCH: raise the error again, saying where it arose. */
static void
rethrow_with_place(const Wanted *wanted, MemoryContext context)
{
	ErrorData  *error;
	const Statement *s = &wanted->script->statements[wanted->current];
	int			line = s->line;
	int			column = 0;
	char	   *place;

	MemoryContextSwitchTo(context);
	error = sv_copy_error();
	FlushErrorState();
	if (error->internalquery != NULL && strcmp(error->internalquery, wanted->text) == 0 &&
		error->internalpos > 0)
	{
		const char *c = wanted->text;

		for (int position = 1; *c != '\0' &&
			 position < error->internalpos; c += pg_mblen(c), position++)
		{
			line += *c == '\n';
			column = *c == '\n' ? 0 : column + 1;
		}
		column++;
	}
	place = psprintf(column ? "wanted schema, statement %d, line %d, column %d" :
					 "wanted schema, statement %d, line %d",
					 wanted->current + 1, line, column);
	error->context = error->context ? psprintf("%s\n%s", error->context, place) : place;
	ReThrowError(error);
}

/* "CREATE SCHEMA public", as pg_dump -n writes it: a new database has that schema. */
static bool
creates_public(const Node *tree)
{
	const CreateSchemaStmt *statement = (const CreateSchemaStmt *) tree;

	return IsA(tree, CreateSchemaStmt) && statement->schemaname != NULL &&
		strcmp(statement->schemaname, "public") == 0 && statement->authrole == NULL &&
		statement->schemaElts == NIL &&
		SearchSysCacheExists1(NAMESPACENAME, CStringGetDatum("public"));
}

/* Take the statement if it gives rows; else false. */
static bool
take_rows(Wanted *wanted, int statement)
{
	MemoryContext caller = MemoryContextSwitchTo(wanted->context);
	bool		taken = sv_wanted_take_rows(&wanted->taken, wanted->script, statement);

	MemoryContextSwitchTo(caller);
	return taken;
}

static void
execute_wanted(Wanted *wanted, HTAB *hidden)
{
	const Script *script = wanted->script;

	for (int i = 0; i < script->n; i++)
	{
		const Statement *s = &script->statements[i];
		Node	   *tree;
		int			result;

		CHECK_FOR_INTERRUPTS();
		wanted->current = i;
		tree = sv_statement_tree(script, i);
		wanted->text = sv_script_rehearsal_text(script, i);
		if (wanted->takes_rows && take_rows(wanted, i))
			continue;
		if (*wanted->text == '\0' || sv_wanted_leaves_out(tree, s->line))
			continue;
		if (strcmp(s->tag, "GRANT ROLE") == 0 || strcmp(s->tag, "REVOKE ROLE") == 0)
		{
			ereport(WARNING,
					(errmsg("%s in line %d of the wanted schema is left out", s->tag, s->line),
					 errdetail("Memberships of roles belong to the whole cluster.")));
			continue;
		}
		if (strcmp(s->tag, "CREATE SCHEMA") == 0 && creates_public(tree))
			continue;
		if (strcmp(s->tag, "CREATE EXTENSION") == 0 &&
			sv_hide_create_extension(hidden, tree))
			continue;
		result = SPI_execute(wanted->text, false, 0);
		if (result < 0)
			ereport(ERROR,
					(errcode(ERRCODE_SV_INVALID_SCRIPT),
					 errmsg("%s cannot be part of a wanted schema", s->tag),
					 errdetail("%s.", SPI_result_code_string(result))));
		SPI_freetuptable(SPI_tuptable);
		sv_reading_check();
	}
}

static void
build_and_read(Sandbox *sandbox, void *arg)
{
	Wanted	   *wanted = arg;
	MemoryContext caller = CurrentMemoryContext;
	int			nestlevel = NewGUCNestLevel();
	Oid			userid;
	int			security_context;
	OutsideMark mark = sv_outside_mark();

	GetUserIdAndSecContext(&userid, &security_context);
	SPI_connect();
	sv_reading_set();
	PG_TRY();
	{
		execute_wanted(wanted, sandbox->scope.hidden);
		MemoryContextSwitchTo(wanted->context);
		wanted->rows = sv_wanted_read_rows(wanted->taken);
	}
	PG_CATCH();
	{
		rethrow_with_place(wanted, caller);
	}
	PG_END_TRY();
	SPI_finish();
	SetUserIdAndSecContext(userid, security_context);
	AtEOXact_GUC(false, nestlevel);
	CommandCounterIncrement();
	MemoryContextSwitchTo(caller);
	if (sandbox->scope.schemas != NIL)
		sv_outside_check(&mark, sandbox->scope.schemas);
	wanted->model = sv_model_read(&sandbox->scope);
	sv_wanted_check_rows(wanted->model);
	if (wanted->standing != NULL && wanted->taken == NIL)
		wanted->standing(sandbox, wanted->model, wanted->arg);
}

/*
 * Return the model of what the statements of sql build in the schemas of the
 * scope.  "live" is the model of what is there now.  Leaves nothing behind.  *rows
 * gets the rows that INSERT and COPY give (ManagedRows); where it is NULL, these are
 * refused.  "standing" may be NULL; it is not called where there are such rows.
 */
Model *
sv_wanted_model(const char *sql, const ModelScope *scope, const Model *live, List **rows,
				WantedFn standing, void *arg)
{
	Wanted		wanted = {.script = sv_script_parse(sql, &origin), .context = CurrentMemoryContext,
	.takes_rows = rows != NULL, .standing = standing, .arg = arg};
	Sandbox		sandbox = {.ground = SV_GROUND_EMPTY, .scope = *scope,
	.live = unconstify(Model *, live)};

	sv_wanted_check(wanted.script);
	sv_sandbox(&sandbox, build_and_read, &wanted);
	if (rows != NULL)
		*rows = wanted.rows;
	return wanted.model;
}
