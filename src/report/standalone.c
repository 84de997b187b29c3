/*
 * standalone.c
 *		The bookkeeping of a file that needs no schemaver where it runs.
 *
 * The version is a table of its own there, schemaver_standalone.applied.  What the
 * file calls is qualified, for it runs under whatever search_path a script has left.
 */
#include "postgres.h"

#include "base/base.h"
#include "report/report.h"
#include "report/report_private.h"
#include "utils/builtins.h"

/* "schemave": no other tool has this number. */
#define RUN_LOCK INT64CONST(8314880513911174757)

static int
by_bytes(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

/* The hash of the set of applied revisions, as the file computes it, too. */
static char *
hash_of_applied(const RevisionGraph *graph, int *count)
{
	List	   *ids = NIL;
	StringInfoData all;

	for (int i = 0; i < graph->n; i++)
		if (graph->revisions[i].applied)
			ids = lappend(ids, unconstify(char *, graph->revisions[i].id));
	list_sort(ids, by_bytes);
	initStringInfo(&all);
	foreach_ptr(const char, id, ids)
		appendStringInfo(&all, "%s\n", id);
	*count = list_length(ids);
	return sv_hash_text(PG_MD5, all.data);
}

/* The heads of what is applied, for a message. */
static char *
heads_of(const RevisionGraph *graph)
{
	RevisionList current = sv_graph_current(graph);
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < current.n; i++)
		appendStringInfo(&out, "%s%s", i > 0 ? ", " : "", graph->revisions[current.members[i]].id);
	return current.n > 0 ? out.data : "base";
}

/* What only the first check does: one run at a time, and where the version stands. */
static void
append_first(StringInfo out, int count)
{
	appendStringInfo(out,
					 "    IF NOT pg_catalog.pg_try_advisory_lock(" INT64_FORMAT ") THEN\n"
					 "        RAISE EXCEPTION USING ERRCODE = 'SV010', MESSAGE = 'another run is "
					 "active';\n"
					 "    END IF;\n"
					 "    IF pg_catalog.to_regclass('schemaver.applied') IS NOT NULL THEN\n"
					 "        RAISE EXCEPTION USING ERRCODE = 'SV008', MESSAGE = 'this database has "
					 "the extension schemaver', HINT = 'Make the file without standalone.';\n"
					 "    END IF;\n", RUN_LOCK);
	if (count > 0)
	{
		appendStringInfoString(out,
							   "    IF pg_catalog.to_regclass('schemaver_standalone.applied') IS "
							   "NULL THEN\n"
							   "        RAISE EXCEPTION USING ERRCODE = 'SV008', MESSAGE = 'no "
							   "revision is applied here, as far as schemaver_standalone.applied "
							   "tells', HINT = 'Make the file again, from base.';\n"
							   "    END IF;\n");
		return;
	}
	appendStringInfoString(out,
						   "    IF pg_catalog.to_regclass('schemaver_standalone.applied') IS NULL "
						   "THEN\n"
						   "        CREATE SCHEMA schemaver_standalone;\n"
						   "        CREATE TABLE schemaver_standalone.applied (\n"
						   "            position pg_catalog.int8 GENERATED ALWAYS AS IDENTITY,\n"
						   "            revision pg_catalog.text PRIMARY KEY,\n"
						   "            message pg_catalog.text NOT NULL,\n"
						   "            checksum pg_catalog.text NOT NULL,\n"
						   "            applied_at pg_catalog.timestamptz NOT NULL DEFAULT "
						   "pg_catalog.clock_timestamp(),\n"
						   "            applied_by pg_catalog.text NOT NULL DEFAULT CURRENT_USER);\n"
						   "    END IF;\n");
}

/* Write a DO block; the ids in its body may have dollars. */
static void
append_block(StringInfo out, const char *body)
{
	char	   *tag = "$schemaver$";

	for (int i = 1; strstr(body, tag) != NULL; i++)
		tag = psprintf("$schemaver%d$", i);
	appendStringInfo(out, "DO %s\n%s%s;\n", tag, body, tag);
}

/*
 * Write the check that exactly what the graph says is applied.  The first one takes the
 * lock, too, which lasts until sv_standalone_end(), or until the session ends.
 */
void
sv_standalone_check(StringInfo out, const RevisionGraph *graph, bool first)
{
	int			count;
	char	   *hash = hash_of_applied(graph, &count);
	StringInfoData body;

	initStringInfo(&body);
	appendStringInfoString(&body, "DECLARE\n"
						   "    there pg_catalog.int8;\n"
						   "    hash pg_catalog.text;\n"
						   "    newest pg_catalog.text;\n"
						   "BEGIN\n");
	if (first)
		append_first(&body, count);
	appendStringInfo(&body,
					 "    SELECT pg_catalog.count(*), pg_catalog.md5(pg_catalog.convert_to("
					 "COALESCE(pg_catalog.string_agg(pg_catalog.concat(a.revision, "
					 "pg_catalog.chr(10)), '' ORDER BY a.revision COLLATE pg_catalog.\"C\"), ''), "
					 "'UTF8')),\n"
					 "        (pg_catalog.array_agg(a.revision ORDER BY a.position DESC))[1]\n"
					 "        INTO there, hash, newest FROM schemaver_standalone.applied a;\n"
					 "    IF NOT hash OPERATOR(pg_catalog.=) %s THEN\n"
					 "        RAISE EXCEPTION USING ERRCODE = 'SV008', MESSAGE = "
					 "pg_catalog.format(%s, %s, there, COALESCE(newest, 'none')),\n"
					 "            HINT = 'Make the file again, from where the database is.';\n"
					 "    END IF;\n"
					 "END\n",
					 quote_literal_cstr(hash),
					 quote_literal_cstr(psprintf("this file goes on from %%s, with %d revisions "
												 "applied, but %%s are applied here, the last one "
												 "of them %%s", count)),
					 quote_literal_cstr(heads_of(graph)));
	append_block(out, body.data);
}

/* Write that a revision is applied now, or no longer. */
void
sv_standalone_step(StringInfo out, const StoredRevision *row, Direction direction)
{
	if (direction == SV_UPGRADE)
		appendStringInfo(out, "INSERT INTO schemaver_standalone.applied (revision, message, "
						 "checksum) VALUES (%s, %s, %s);\n",
						 quote_literal_cstr(row->id),
						 quote_literal_cstr(sv_one_line(row->message)),
						 quote_literal_cstr(row->checksum));
	else
		appendStringInfo(out, "DELETE FROM schemaver_standalone.applied WHERE revision "
						 "OPERATOR(pg_catalog.=) %s;\n", quote_literal_cstr(row->id));
}

/* Can the statement be asked for its one value by a query around it? */
static bool
gives_one_value(const Node *tree)
{
	const SelectStmt *select = (const SelectStmt *) tree;
	const ResTarget *target;

	if (!IsA(tree, SelectStmt) || select->op != SETOP_NONE || select->intoClause != NULL ||
		select->withClause != NULL || select->lockingClause != NIL ||
		list_length(select->targetList) != 1)
		return false;
	target = linitial_node(ResTarget, select->targetList);
	return !IsA(target->val, ColumnRef) ||
		!IsA(llast(((const ColumnRef *) target->val)->fields), A_Star);
}

/* The body of a DO block that fails if the query says so. */
static char *
check_of(const char *revision, const char *query)
{
	const char *message = psprintf("verification of revision \"%s\" failed", revision);

	return psprintf("DECLARE fails pg_catalog.bool; BEGIN EXECUTE %s INTO fails; IF fails THEN "
					"RAISE EXCEPTION USING ERRCODE = 'SV017', MESSAGE = %s; END IF; END",
					quote_literal_cstr(query), quote_literal_cstr(message));
}

/*
 * Write the verify script of a revision: what it does is rolled back.  A query that gives
 * false, or null for a boolean, fails; such a query has one column.
 */
void
sv_standalone_verify(StringInfo out, const char *revision, const Script *script)
{
	appendStringInfoString(out, "SAVEPOINT schemaver_verify;\n");
	for (int i = 0; i < script->n; i++)
	{
		const char *text = sv_script_statement_text(script, i);
		const char *query;

		if (!gives_one_value(sv_statement_tree(script, i)))
		{
			appendStringInfo(out, "%s;\n", text);
			continue;
		}
		query = psprintf("SELECT COALESCE((SELECT pg_catalog.pg_typeof(s.v)::pg_catalog.oid "
						 "OPERATOR(pg_catalog.=) 16::pg_catalog.oid AND (s.v::pg_catalog.text IS "
						 "NULL OR s.v::pg_catalog.text OPERATOR(pg_catalog.=) 'false') FROM (%s\n) "
						 "s(v) LIMIT 1), false)", text);
		appendStringInfo(out, "DO %s;\n", quote_literal_cstr(check_of(revision, query)));
	}
	appendStringInfoString(out, "ROLLBACK TO SAVEPOINT schemaver_verify;\n"
						   "RELEASE SAVEPOINT schemaver_verify;\n");
}

/* Write the end of the lock. */
void
sv_standalone_end(StringInfo out)
{
	appendStringInfo(out, "SELECT pg_catalog.pg_advisory_unlock(" INT64_FORMAT ");\n", RUN_LOCK);
}
