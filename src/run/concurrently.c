/*
 * concurrently.c
 *		Statements that are CONCURRENTLY only for the sake of other sessions.
 *
 * Where the table was made in the same transaction, or holds no row, nobody has
 * to wait for them long; so a run of one transaction executes them without that
 * keyword (schemaver.plain_when_empty).  A plan can only guess what will be
 * there; the statement itself looks again, and SV011 undoes the run.
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "impact/impact.h"
#include "register/register.h"
#include "run/run.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* The tables and indexes of a CONCURRENTLY statement; NIL for any other statement. */
static List *
relations_of(const Node *tree)
{
	List	   *relations = NIL;
	ListCell   *cell;

	switch (nodeTag(tree))
	{
		case T_IndexStmt:
			return list_make1(((const IndexStmt *) tree)->relation);
		case T_AlterTableStmt:
			return list_make1(((const AlterTableStmt *) tree)->relation);
		case T_DropStmt:
			foreach(cell, ((const DropStmt *) tree)->objects)
				relations = lappend(relations,
									makeRangeVarFromNameList(lfirst_node(List, cell)));
			return relations;
		case T_ReindexStmt:
			return ((const ReindexStmt *) tree)->relation ?
				list_make1(((const ReindexStmt *) tree)->relation) : NIL;
		default:
			return NIL;
	}
}

/* What a name means now; no privilege on the schema is needed to ask. */
static Oid
named_relation(const RangeVar *name)
{
	Oid			schema;

	if (name->schemaname == NULL)
		return RelnameGetRelid(name->relname);
	schema = get_namespace_oid(name->schemaname, true);
	return OidIsValid(schema) ? get_relname_relid(name->relname, schema) : InvalidOid;
}

static bool
is_new_relation(Oid relation)
{
	Relation	opened = try_relation_open(relation, AccessShareLock);
	bool		result = opened != NULL && opened->rd_createSubid != InvalidSubTransactionId;

	if (opened != NULL)
		relation_close(opened, NoLock);
	return result;
}

/* Is it missing, made in this transaction, or a table without rows (or an index of one)? */
static bool
is_nobodys(const RangeVar *name)
{
	Oid			relation = named_relation(name);
	char		relkind = OidIsValid(relation) ? get_rel_relkind(relation) : '\0';

	if (relkind == RELKIND_INDEX || relkind == RELKIND_PARTITIONED_INDEX)
	{
		relation = IndexGetRelation(relation, true);
		relkind = OidIsValid(relation) ? get_rel_relkind(relation) : '\0';
	}
	if (relkind == '\0' || is_new_relation(relation))
		return true;
	if (relkind != RELKIND_RELATION && relkind != RELKIND_PARTITIONED_TABLE)
		return false;
	return !sv_impact_holds(sv_impact_taken(relation, 0, false));
}

/* Does a script of the revisions make a table of that name, whatever its schema? */
static bool
is_made_by(StoreMode mode, StoredRevision **rows, int n, const char *table, Direction direction)
{
	for (int i = 0; i < n; i++)
	{
		ScriptOrigin origin;
		Script	   *script;

		if (direction == SV_DOWNGRADE && !rows[i]->has_down)
			continue;
		script = sv_register_body(rows[i]->id, sv_store_script(mode, rows[i]->id), direction,
								  &origin);
		for (int j = 0; j < script->n; j++)
		{
			Node	   *tree = sv_statement_tree(script, j);
			const RangeVar *made = IsA(tree, CreateStmt) ? ((CreateStmt *) tree)->relation :
			IsA(tree, CreateTableAsStmt) ? ((CreateTableAsStmt *) tree)->into->rel : NULL;

			if (made != NULL && strcmp(made->relname, table) == 0)
				return true;
		}
	}
	return false;
}

/*
 * Can the script of the last of n revisions run in a transaction after those
 * before, as far as can be seen now?  What blocks it must be CONCURRENTLY.
 */
bool
sv_plain_script(StoreMode mode, StoredRevision **rows, int n, Direction direction)
{
	ScriptOrigin origin;
	Script	   *script;
	bool		found = false;

	if (!sv_plain_when_empty || (direction == SV_DOWNGRADE && !rows[n - 1]->has_down))
		return false;
	script = sv_register_body(rows[n - 1]->id, sv_store_script(mode, rows[n - 1]->id), direction,
							  &origin);
	for (int i = 0; i < script->n; i++)
	{
		const Statement *statement = &script->statements[i];
		List	   *relations;

		if (statement->blocker == NULL && !(statement->flags & SV_STMT_AFTER_COMMIT))
			continue;
		if (!sv_script_plain(script, i, NULL))
			return false;
		relations = relations_of(sv_statement_tree(script, i));
		foreach_ptr(const RangeVar, name, relations)
		{
			if (!is_nobodys(name) && !is_made_by(mode, rows, n, name->relname, direction))
				return false;
		}
		found = true;
	}
	return found;
}

/*
 * Return a statement of which sv_script_plain() is true, without CONCURRENTLY; raise
 * SV011 if other sessions would have to wait for it.
 */
const char *
sv_plain_statement(const Script *script, int statement)
{
	char	   *text;

	(void) sv_script_plain(script, statement, &text);
	foreach_ptr(const RangeVar, name, relations_of(sv_statement_tree(script, statement)))
	{
		if (!is_nobodys(name))
			ereport(ERROR,
					(errcode(ERRCODE_SV_NOT_TRANSACTIONAL),
					 errmsg("%s cannot run in this transaction",
							script->statements[statement].blocker),
					 errdetail("The table of \"%s\" holds rows and was not made by this run.",
							   name->relname),
					 errhint("Run CALL schemaver.online_upgrade(), which commits step by step.")));
	}
	return text;
}
