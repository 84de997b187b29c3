/*
 * script_file.c
 *		A run as a file for psql that leaves the same schema and the same
 *		version as the run would.
 *
 * A run that fits in one transaction is one; otherwise each revision has its
 * own, and what PostgreSQL refuses in a transaction stands outside of them.  A new
 * value of an enum type is committed before anything else runs, and so are rows whose
 * deferred constraints would be in the way of a later statement.
 */
#include "postgres.h"

#include "base/base.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "register/register.h"
#include "living/living.h"
#include "report/report.h"
#include "report/report_private.h"
#include "run/run.h"
#include "script/script.h"
#include "utils/builtins.h"

/* What the file is made of. */
typedef struct ScriptFile
{
	StringInfoData out;
	RevisionGraph *graph;
	RevisionList plan;
	StoredRevision **rows;
	StoredScript **stored;
	Script	  **scripts;
	ScriptOrigin *origins;
	PendingEvents pending;		/* of the transaction that is being written */
	Direction	direction;
	const char *target;
} ScriptFile;

/* Pretend that exactly what "from" means, and all below it, is applied. */
static void
assume_applied(RevisionGraph *graph, const char *from)
{
	RevisionList list = sv_graph_resolve(graph, from);
	bool	   *marks = sv_graph_ancestors(graph, &list, true);
	RevisionList order = sv_graph_order(graph, marks);

	for (int i = 0; i < graph->n; i++)
	{
		graph->revisions[i].applied = false;
		graph->revisions[i].applied_rank = 0;
	}
	for (int i = 0; i < order.n; i++)
	{
		graph->revisions[order.members[i]].applied = true;
		graph->revisions[order.members[i]].applied_rank = i + 1;
	}
}

/* Downwards if the target lies below the current heads, else upwards. */
static Direction
direction_to(const RevisionGraph *graph, const char *to)
{
	RevisionList current = sv_graph_current(graph);
	RevisionList target;

	if (to[0] == '-')
		return SV_DOWNGRADE;
	if (to[0] == '+')
		return SV_UPGRADE;
	target = sv_graph_resolve(graph, to);
	if (target.n == 0)
		return current.n > 0 && strncmp(to, "head", 4) != 0 ? SV_DOWNGRADE : SV_UPGRADE;
	if (target.n > 1 || !graph->revisions[target.members[0]].applied)
		return SV_UPGRADE;
	for (int i = 0; i < current.n; i++)
		if (current.members[i] == target.members[0])
			return SV_UPGRADE;
	return SV_DOWNGRADE;
}

/* Begin the record of a run; the caller has written BEGIN. */
static void
append_run_begin(ScriptFile *file)
{
	RevisionList current = sv_graph_current(file->graph);
	List	   *ids = NIL;
	ListCell   *cell;

	for (int i = 0; i < current.n; i++)
		ids = lappend(ids, (char *) file->graph->revisions[current.members[i]].id);
	appendStringInfo(&file->out, "SELECT schemaver.script_begin(%s, %s, ARRAY[",
					 quote_literal_cstr(sv_direction_name(file->direction)),
					 quote_literal_cstr(file->target));
	foreach(cell, ids)
		appendStringInfo(&file->out, "%s%s", foreach_current_index(cell) ? ", " : "",
						 quote_literal_cstr(lfirst(cell)));
	appendStringInfoString(&file->out, "]::pg_catalog.text[]);\n");
}

static void
append_begin(ScriptFile *file)
{
	appendStringInfoString(&file->out, "BEGIN;\n");
	append_run_begin(file);
}

/*
 * Let psql and the server read what follows as it was parsed: in the encoding in
 * which this file reaches its reader, and without escapes in plain strings.  Any
 * statement can have changed both.
 */
static void
append_reading(StringInfo out)
{
	appendStringInfo(out, "SET client_encoding = %s;\nSET standard_conforming_strings = on;\n",
					 quote_literal_cstr(pg_get_client_encoding_name()));
}

/* The data of a COPY and the mark of its end, which psql wants with the same ends of lines. */
static void
append_copy_data(StringInfo out, const char *data, int length)
{
	const char *end = memchr(data, '\n', length);
	const char *newline = end != NULL && end > data && end[-1] == '\r' ? "\r\n" : "\n";

	appendBinaryStringInfo(out, data, length);
	if (length > 0 && data[length - 1] != '\n')
		appendStringInfoString(out, newline);
	appendStringInfo(out, "\\.%s", newline);
}

/* What a script has made for its session alone ends with it. */
static void
append_forget(StringInfo out, const Script *script)
{
	bool		prepares = false;

	for (int i = 0; i < script->n; i++)
		prepares |= strcmp(script->statements[i].tag, "PREPARE") == 0;
	if (prepares)
		appendStringInfoString(out, "DEALLOCATE ALL;\n");
	if (script->flags & SV_STMT_SETS)
	{
		appendStringInfoString(out, "RESET SESSION AUTHORIZATION;\nRESET ROLE;\nRESET ALL;\n");
		append_reading(out);
	}
}

/* "commits": a transaction of the revision's own is open, which may end between statements. */
static void
append_statements(ScriptFile *file, const Script *script, const ScriptOrigin *origin, bool commits)
{
	append_reading(&file->out);
	for (int i = 0; i < script->n; i++)
	{
		const Statement *statement = &script->statements[i];
		PsqlText	text = sv_script_psql_text(script, i, origin);

		bool		border = sv_pending_border(&file->pending, script, i);

		if (commits && (border || sv_script_commit_border(script, i)))
		{
			appendStringInfoString(&file->out, "COMMIT;\n");
			append_begin(file);
		}
		if (i > 0 && (text.backslashes || !text.ascii))
			append_reading(&file->out);
		appendStringInfo(&file->out, "%s;\n", text.text);
		if (statement->flags & SV_STMT_COPY_DATA)
			append_copy_data(&file->out, script->text + statement->data_start,
							 statement->data_length);
	}
	append_forget(&file->out, script);
}

/*
 * What schemaver wrote runs with rights that only a run of its own can give: by a
 * call.  Its text stands there as comments, for review.
 */
static void
append_call(ScriptFile *file, int step, const Script *script)
{
	const StoredRevision *row = file->rows[step];
	const char *line = script->text;

	while (*line != '\0')
	{
		int			length = strcspn(line, "\r\n");

		appendStringInfo(&file->out, "--%s%.*s\n", length > 0 ? " " : "", length, line);
		line += length;
		line += *line == '\r' && line[1] == '\n' ? 2 : *line != '\0';
	}
	appendStringInfo(&file->out, "SELECT schemaver.script_generated(%s, %s, %s);\n",
					 quote_literal_cstr(row->id),
					 quote_literal_cstr(sv_direction_name(file->direction)),
					 quote_literal_cstr(row->checksum));
}

static void
append_step(ScriptFile *file, int step, int nstatements)
{
	const StoredRevision *row = file->rows[step];

	appendStringInfo(&file->out, "SELECT schemaver.script_step(%s, %s, %s, %d);\n",
					 quote_literal_cstr(row->id),
					 quote_literal_cstr(sv_direction_name(file->direction)),
					 quote_literal_cstr(row->checksum), nstatements);
	file->graph->revisions[file->plan.members[step]].applied = file->direction == SV_UPGRADE;
}

/* Does it need no more than to be the first in a transaction: a SET TRANSACTION, nothing else? */
static bool
wants_to_be_first(const Script *script)
{
	bool		sets = false;

	if (script->blocked < 0)
		return false;
	for (int i = 0; i < script->n; i++)
	{
		const char *blocker = script->statements[i].blocker;

		if (blocker != NULL && pg_strncasecmp(blocker, "SET TRANSACTION", 15) != 0)
			return false;
		sets |= blocker != NULL;
	}
	return sets;
}

/* A file would keep the values. */
static void
refuse_secrets(const StoredRevision *row, const List *used)
{
	ListCell   *cell;

	foreach(cell, used)
	{
		const Variable *variable = lfirst(cell);

		if (variable->secret)
			ereport(ERROR,
					(errcode(ERRCODE_SV_REFUSED),
					 errmsg("the file would show secret variable \"%s\" of revision \"%s\"",
							variable->name, row->id),
					 errhint("Run the revision with schemaver.upgrade(), or give a value that is "
							 "no secret.")));
	}
}

/* One revision; "alone" if it has a transaction of its own, or none. */
static void
append_revision(ScriptFile *file, int step, bool alone)
{
	const StoredRevision *row = file->rows[step];
	StoredScript *stored = file->stored[step];
	Script	   *script = file->scripts[step];
	bool		outside;
	bool		first;

	outside = alone && (script->blocked >= 0 ||
						!sv_store_option_transaction(sv_store_revision(SV_STORE_READ,
																	   row->id)->options,
													 file->direction));
	first = outside && wants_to_be_first(script);

	appendStringInfo(&file->out, "\n-- [%d/%d] %s %s %s\n", step + 1, file->plan.n,
					 sv_direction_name(file->direction), row->id, sv_one_line(row->message));
	if (alone)
	{
		sv_pending_commit(&file->pending);
		append_begin(file);
	}
	if (outside)				/* the version is checked before what cannot be rolled back */
		appendStringInfoString(&file->out, "ROLLBACK;\n");
	if (first)
		appendStringInfoString(&file->out, "BEGIN;\n");
	if (sv_run_is_generated(stored, file->direction) && !outside)
		append_call(file, step, script);
	else
		append_statements(file, script, &file->origins[step], alone && !outside);
	if (first)
		append_run_begin(file);
	else if (outside)
		append_begin(file);
	append_step(file, step, script->n);
	if (alone)
		appendStringInfoString(&file->out, "COMMIT;\n");
}

/*
 * Parse the scripts of the plan.  What an earlier one makes is known to later ones: a
 * procedure that commits by itself is called outside of transactions.
 */
static void
read_scripts(ScriptFile *file)
{
	List	   *procedures = NIL;
	int			n = file->plan.n;

	file->stored = palloc(sizeof(StoredScript *) * n);
	file->scripts = palloc(sizeof(Script *) * n);
	file->origins = palloc0(sizeof(ScriptOrigin) * n);
	for (int i = 0; i < n; i++)
	{
		const char *id = file->rows[i]->id;
		List	   *used = NIL;

		CHECK_FOR_INTERRUPTS();
		file->stored[i] = sv_store_script(SV_STORE_READ, id);
		file->scripts[i] = sv_register_run_body(id, file->stored[i], file->direction,
												&file->origins[i], &used);
		refuse_secrets(file->rows[i], used);
		sv_script_mark_calls(file->scripts[i], procedures);
		procedures = list_concat(procedures, sv_script_committing(file->scripts[i]));
	}
}

static bool
script_fits(PendingEvents *pending, const Script *script)
{
	bool		fits = script->blocked < 0;

	for (int i = 0; i < script->n; i++)
	{
		if (sv_pending_border(pending, script, i))
			fits = false;
	}
	return fits;
}

static bool
fits_one_transaction(const ScriptFile *file)
{
	PendingEvents pending = {NIL};

	for (int i = 0; i < file->plan.n; i++)
	{
		const StoredRevision *row = file->rows[i];

		if ((file->direction == SV_UPGRADE ? row->up_blocker : row->down_blocker) != NULL ||
			sv_run_adds_enum_value(SV_STORE_READ, row, file->direction) ||
			!script_fits(&pending, file->scripts[i]))
			return false;
	}
	return true;
}

/*
 * Append the file: psql executes no command of its own between the first and the
 * last line, whatever the scripts make of the lines between.  The key is the
 * hash of these lines, so that no script can contain it.
 */
static void
append_restricted(StringInfo out, const char *lines)
{
	char	   *key = sv_script_hash(lines);

	appendStringInfo(out, "\\set ON_ERROR_STOP on\n\\restrict %s\n%s\\unrestrict %s\n", key, lines,
					 key);
}

static void
append_run(ScriptFile *file)
{
	bool		one;

	read_scripts(file);
	one = fits_one_transaction(file);

	append_reading(&file->out);
	if (one)
		append_begin(file);
	for (int i = 0; i < file->plan.n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		append_revision(file, i, !one);
	}
	if (one)
		appendStringInfoString(&file->out, "\nCOMMIT;\n");
}

/* Name what an upgrade would run behind the revisions: it is not in the file. */
static void
append_living(StringInfo out)
{
	List	   *due = sv_living_due(SV_UPGRADE, NIL);
	ListCell   *cell;

	foreach(cell, due)
		appendStringInfo(out, "%s%s", foreach_current_index(cell) > 0 ? ", " :
						 "-- Not in this file, for their order shows when they run: living objects ",
						 ((LivingDue *) lfirst(cell))->name);
	if (due != NIL)
		appendStringInfoString(out, ".\n-- Run SELECT * FROM schemaver.upgrade(); behind it.\n");
}

/* The steps that the contexts select; a file cannot stop before one that is done elsewhere. */
static void
select_steps(ScriptFile *file, const char *contexts)
{
	Selection	selection = sv_run_selection(SV_STORE_READ, contexts, NULL);
	int			external;

	sv_run_select(&selection, file->rows, &file->plan);
	external = sv_run_first_external(file->rows, file->plan.n);
	if (external >= 0)
		sv_run_refuse_external(file->rows[external],
							   external > 0 ? file->rows[external - 1] : NULL);
}

/*
 * The run from one point of the graph to another as a file for psql.  The
 * direction follows from where the target lies.
 */
char *
sv_report_script(const char *from, const char *to, const char *contexts)
{
	ScriptFile	file = {{0}};
	StringInfoData out;

	file.graph = sv_store_graph(SV_STORE_READ);
	if (strcmp(from, "current") != 0)
		assume_applied(file.graph, from);
	file.direction = direction_to(file.graph, to);
	file.target = to;
	file.plan = file.direction == SV_UPGRADE ? sv_graph_plan_upgrade(file.graph, to) :
		sv_graph_plan_downgrade(file.graph, to);
	file.rows = sv_store_plan_rows(SV_STORE_READ, file.graph, &file.plan);
	if (file.direction == SV_DOWNGRADE)
		sv_run_check_reversible(file.rows, file.plan.n);
	else
		select_steps(&file, contexts);

	initStringInfo(&out);
	appendStringInfo(&out, "-- schemaver: %s from %s to %s, %d revision(s)\n"
					 "-- Run it with psql -X -f (of August 2025 or later); it stops at the first "
					 "error.\n",
					 sv_direction_name(file.direction), sv_one_line(from), sv_one_line(to),
					 file.plan.n);
	if (file.direction == SV_UPGRADE)
		append_living(&out);
	if (file.plan.n == 0)
		return out.data;
	initStringInfo(&file.out);
	append_run(&file);
	append_restricted(&out, file.out.data);
	return out.data;
}
