/*
 * wanted_check.c
 *		What wanted SQL may consist of: statements that build a schema.
 *
 * Nothing is ignored in silence: a text that builds nothing, rows, and what
 * belongs to the cluster are refused (SV007).
 */
#include "postgres.h"

#include "access/table.h"
#include "base/base.h"
#include "catalog/pg_class.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "proof/proof_private.h"
#include "storage/bufmgr.h"
#include "utils/rel.h"

/*
 * Tables in which other tools write down what they have applied: their
 * schema files end with the rows of these, which are no part of a schema.
 */
static const char *const version_tables[] = {
	"__diesel_schema_migrations", "__drizzle_migrations", "__EFMigrationsHistory",
	"_prisma_migrations",
	"_sqlx_migrations", "alembic_version", "ar_internal_metadata", "atlas_schema_revisions",
	"changelog",
	"databasechangelog", "databasechangeloglock", "django_migrations",
	"doctrine_migration_versions",
	"flyway_schema_history", "goose_db_version", "gorp_migrations", "kysely_migration",
	"kysely_migration_lock",
	"knex_migrations", "knex_migrations_lock", "migrations", "mikro_orm_migrations", "phinxlog",
	"pgmigrations",
	"refinery_schema_history", "schema_info", "schema_migrations", "schema_version", "SequelizeMeta"
};

static void
refuse_wanted(const char *what, int line, const char *why, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_INVALID_SCRIPT),
			 errmsg("%s cannot be part of a wanted schema", what),
			 errdetail("Line %d: %s", line, why),
			 hint ? errhint("%s", hint) : 0));
}

/* The table whose rows a statement is about; NULL if it is none of those. */
static const RangeVar *
changed_table(const Node *statement)
{
	switch (nodeTag(statement))
	{
		case T_InsertStmt:
			return ((const InsertStmt *) statement)->relation;
		case T_UpdateStmt:
			return ((const UpdateStmt *) statement)->relation;
		case T_DeleteStmt:
			return ((const DeleteStmt *) statement)->relation;
		case T_MergeStmt:
			return ((const MergeStmt *) statement)->relation;
		case T_CopyStmt:
			return ((const CopyStmt *) statement)->relation;
		default:
			return NULL;
	}
}

/* Does another tool write down there what it has applied? */
bool
sv_wanted_is_version_table(const RangeVar *table)
{
	for (int i = 0; i < lengthof(version_tables); i++)
		if (strcmp(table->relname, version_tables[i]) == 0)
			return true;
	return false;
}

/* Finds a statement that changes rows in a tree, such as one in WITH. */
static bool
changes_rows(Node *node, void *line)
{
	if (node == NULL)
		return false;
	if (changed_table(node) != NULL)
		refuse_wanted("a change of rows", *(int *) line, "rows are no part of a schema.",
					  "Put it into a revision of its own: SELECT schemaver.revision('...', "
					  "'...');");
	return raw_expression_tree_walker(node, changes_rows, line);
}

/*
 * Is a statement of wanted SQL to be left out, because it does no more than
 * fill the version table of another tool?  SV007 if it changes other rows.
 */
bool
sv_wanted_leaves_out(Node *statement, int line)
{
	const RangeVar *table = changed_table(statement);

	if (table != NULL && sv_wanted_is_version_table(table))
		return true;
	if (table != NULL || IsA(statement, CopyStmt) || IsA(statement, TruncateStmt))
		refuse_wanted(table ? psprintf("a change of rows of table \"%s\"", table->relname) :
					  "a change of rows", line,
					  "rows are no part of a schema.",
					  "Put it into a revision of its own, or leave it out: pg_dump --schema-only. INSERT and "
					  "COPY are taken as managed rows with the option {\"managed_rows\": true}.");
	if (IsA(statement, SelectStmt))
		(void) changes_rows(statement, &line);
	return false;
}

/* Refuse what is there to build nothing, and what belongs to the cluster. */
void
sv_wanted_check(const Script *script)
{
	static const char *const refused[] = {
		"CREATE ROLE", "ALTER ROLE", "DROP ROLE", "REASSIGN OWNED", "DROP OWNED",
		"CREATE DATABASE", "ALTER DATABASE", "DROP DATABASE", "CREATE TABLESPACE",
		"ALTER TABLESPACE", "DROP TABLESPACE",
		"ALTER SYSTEM", "LOAD", "LISTEN", "NOTIFY", "UNLISTEN", "CALL", "CHECKPOINT",
		"PREPARE TRANSACTION", NULL
	};

	if (script->n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_INVALID_SCRIPT),
				 errmsg("the wanted schema has no statement"),
				 errdetail(
						   "It would mean to drop everything. psql goes on with an empty text when "
						   "a command in backticks fails."),
				 errhint("Check that the file was read. An empty schema is CREATE SCHEMA public;")));
	for (int i = 0; i < script->n; i++)
	{
		const Statement *s = &script->statements[i];

		if (s->blocker != NULL && strstr(s->blocker, "CONCURRENTLY") == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_SV_NOT_TRANSACTIONAL),
					 errmsg("%s cannot be part of a wanted schema", s->blocker),
					 errdetail(
							   "Line %d: it cannot run inside a transaction, so it cannot be "
							   "rolled back.", s->line)));
		for (int j = 0; refused[j] != NULL; j++)
			if (strcmp(s->tag, refused[j]) == 0)
				refuse_wanted(s->tag, s->line, "it acts outside of the schemas that are compared.",
							  NULL);
	}
}

/* Refuse rows that came in some other way: CREATE TABLE AS, a DO block, a function. */
void
sv_wanted_check_rows(const Model *model)
{
	foreach_ptr(const Object, o, model->objects)
	{
		Relation	relation;
		BlockNumber blocks;

		if (!sv_class_is(o, table) || o->context || !OidIsValid(o->address.objectId))
			continue;
		relation = table_open(o->address.objectId, AccessShareLock);
		blocks = RELKIND_HAS_STORAGE(relation->rd_rel->relkind) ?
			RelationGetNumberOfBlocks(relation) : 0;
		table_close(relation, AccessShareLock);
		if (blocks > 0)
			ereport(ERROR,
					(errcode(ERRCODE_SV_INVALID_SCRIPT),
					 errmsg("the wanted schema puts rows into table %s", o->identity),
					 errdetail("Rows are no part of a schema."),
					 errhint("Write CREATE TABLE ... AS ... WITH NO DATA, or put what fills it into a revision of its own.")));
	}
}
