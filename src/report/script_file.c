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
#include "proof/proof.h"
#include "report/report.h"
#include "report/report_private.h"
#include "run/run.h"
#include "script/script.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"

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
	Selection	selection;		/* upgrade: what the contexts select */
	List	   *hooks;			/* StoredHook */
	bool		standalone;		/* it runs where there is no schemaver */
	bool		begun;			/* its first check is written */
	List	   *untried;		/* strings: what could not be tried out here */
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

	if (file->standalone)
	{
		sv_standalone_check(&file->out, file->graph, !file->begun);
		file->begun = true;
		return;
	}
	for (int i = 0; i < current.n; i++)
		ids = lappend(ids, (char *) file->graph->revisions[current.members[i]].id);
	appendStringInfo(&file->out, "SELECT schemaver.script_begin(%s, %s, ARRAY[",
					 quote_literal_cstr(sv_direction_name(file->direction)),
					 quote_literal_cstr(file->target));
	foreach_ptr(const char, id, ids)
		appendStringInfo(&file->out, "%s%s", foreach_current_index(id) ? ", " : "",
						 quote_literal_cstr(id));
	appendStringInfoString(&file->out, "]::pg_catalog.text[]);\n");
}

static void
append_begin(ScriptFile *file)
{
	appendStringInfoString(&file->out, "BEGIN;\n");
	append_run_begin(file);
}

/* ---------- hooks ---------- */

static bool
has_hook(const ScriptFile *file, HookMoment at)
{
	foreach_ptr(const StoredHook, hook, file->hooks)
	{
		if (hook->moment == at && sv_hook_is_for(hook, file->direction))
			return true;
	}
	return false;
}

/* Run the hooks of a moment, if there are any now: by a call, for they run as their roles. */
static void
append_hook(ScriptFile *file, HookMoment at, const char *revision)
{
	if (!has_hook(file, at))
		return;
	appendStringInfo(&file->out, "SELECT schemaver.script_hook(%s%s%s);\n",
					 quote_literal_cstr(sv_hook_moment_name(at)), revision ? ", " : "",
					 revision ? quote_literal_cstr(revision) : "");
}

/* The same in a transaction of its own. */
static void
append_hook_apart(ScriptFile *file, HookMoment at, const char *revision)
{
	if (!has_hook(file, at))
		return;
	append_begin(file);
	append_hook(file, at, revision);
	appendStringInfoString(&file->out, "COMMIT;\n");
}

/* Name the hooks that psql cannot run. */
static void
append_other_hooks(StringInfo out, const ScriptFile *file)
{
	int			n = 0;

	foreach_ptr(const StoredHook, hook, file->hooks)
	{
		if (hook->moment > SV_HOOK_AFTER_REVISION && sv_hook_is_for(hook, file->direction))
			appendStringInfo(out, "%s%s (%s)", n++ > 0 ? ", " : "-- Not in this file: hooks ",
							 sv_one_line(hook->name), hook->at);
	}
	if (n > 0)
		appendStringInfoString(out, ".\n");
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
append_forget(StringInfo out, const Script *script, bool standalone)
{
	bool		prepares = false;

	for (int i = 0; i < script->n; i++)
		prepares |= strcmp(script->statements[i].tag, "PREPARE") == 0;
	if (prepares)
		appendStringInfoString(out, "DEALLOCATE ALL;\n");
	if (standalone && (script->flags & SV_STMT_TEMP))
		appendStringInfoString(out, "DISCARD TEMP;\n");
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
	append_forget(&file->out, script, file->standalone);
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

/* Write the verify script of a revision that was applied. */
static void
append_verify(ScriptFile *file, int step)
{
	const StoredScript *stored = file->stored[step];
	ScriptOrigin origin = {file->rows[step]->id, "verify", stored->verify_source,
	stored->verify_line};

	if (file->direction == SV_UPGRADE && stored->verify != NULL)
		sv_standalone_verify(&file->out, file->rows[step]->id,
							 sv_script_parse(sv_register_substitute(stored->verify, stored,
																	SV_UPGRADE, &origin, NULL),
											 &origin));
}

static void
append_step(ScriptFile *file, int step, int nstatements)
{
	const StoredRevision *row = file->rows[step];

	file->graph->revisions[file->plan.members[step]].applied = file->direction == SV_UPGRADE;
	if (file->standalone)
	{
		append_verify(file, step);
		sv_standalone_step(&file->out, row, file->direction);
		return;
	}
	appendStringInfo(&file->out, "SELECT schemaver.script_step(%s, %s, %s, %d);\n",
					 quote_literal_cstr(row->id),
					 quote_literal_cstr(sv_direction_name(file->direction)),
					 quote_literal_cstr(row->checksum), nstatements);
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
	foreach_ptr(const Variable, variable, used)
	{
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
						sv_run_commits_each(row->id, stored, file->direction));
	first = outside && wants_to_be_first(script);

	appendStringInfo(&file->out, "\n-- [%d/%d] %s %s %s\n", step + 1, file->plan.n,
					 sv_direction_name(file->direction), row->id, sv_one_line(row->message));
	if (alone)
	{
		sv_pending_commit(&file->pending);
		append_begin(file);
	}
	append_hook(file, SV_HOOK_BEFORE_REVISION, row->id);
	if (outside)				/* the version is checked before what cannot be rolled back */
		appendStringInfoString(&file->out, has_hook(file, SV_HOOK_BEFORE_REVISION) ? "COMMIT;\n" :
							   "ROLLBACK;\n");
	if (first)
		appendStringInfoString(&file->out, "BEGIN;\n");
	if (sv_run_is_generated(stored, file->direction) && !outside && !file->standalone)
		append_call(file, step, script);
	else
		append_statements(file, script, &file->origins[step], alone && !outside);
	if (first)
		append_run_begin(file);
	else if (outside)
		append_begin(file);
	append_step(file, step, script->n);
	append_hook(file, SV_HOOK_AFTER_REVISION, row->id);
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
	{
		append_begin(file);
		append_hook(file, SV_HOOK_BEFORE_RUN, NULL);
	}
	else
		append_hook_apart(file, SV_HOOK_BEFORE_RUN, NULL);
	for (int i = 0; i < file->plan.n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		append_revision(file, i, !one);
	}
	if (one)
	{
		append_hook(file, SV_HOOK_AFTER_RUN, NULL);
		appendStringInfoString(&file->out, "\nCOMMIT;\n");
	}
	else
		append_hook_apart(file, SV_HOOK_AFTER_RUN, NULL);
}

/* Name what an upgrade would run behind the revisions: it is not in the file. */
static void
append_living(StringInfo out, const ScriptFile *file)
{
	int			n = 0;

	foreach_ptr(const LivingDue, one, sv_living_due(SV_UPGRADE, NIL, &file->selection))
	{
		if (one->left_out == NULL)
			appendStringInfo(out, "%s%s", n++ > 0 ? ", " :
							 "-- Not in this file, for their order shows when they run: living objects ",
							 one->name);
	}
	if (n > 0 && file->standalone)
		appendStringInfoString(out, ".\n");
	else if (n > 0)
		appendStringInfoString(out, ".\n-- Run SELECT * FROM schemaver.upgrade(); behind it.\n");
}

/* The steps that the contexts select; a file cannot stop before one that is done elsewhere. */
static void
select_file_steps(ScriptFile *file, const char *contexts)
{
	int			external;

	file->selection = sv_run_selection(SV_STORE_READ, contexts, NULL);
	sv_run_select(&file->selection, file->rows, &file->plan);
	external = sv_run_first_external(file->rows, file->plan.n);
	if (external >= 0)
		sv_run_refuse_external(file->rows[external],
							   external > 0 ? file->rows[external - 1] : NULL);
}

/* Plan the run from one point to another. */
static void
plan_file(ScriptFile *file, const char *from, const char *to, const char *contexts)
{
	file->graph = sv_store_graph(SV_STORE_READ);
	if (strcmp(from, "current") != 0)
		assume_applied(file->graph, from);
	file->direction = direction_to(file->graph, to);
	file->target = to;
	file->plan = file->direction == SV_UPGRADE ? sv_graph_plan_upgrade(file->graph, to) :
		sv_graph_plan_downgrade(file->graph, to);
	file->rows = sv_store_plan_rows(SV_STORE_READ, file->graph, &file->plan);
	if (file->direction == SV_UPGRADE)
		select_file_steps(file, contexts);
}

/* Say which revisions have no way back: what psql runs is not watched, so no down is derived. */
static void
append_underived(StringInfo out, const ScriptFile *file)
{
	int			n = 0;

	if (file->standalone || file->direction != SV_UPGRADE)
		return;
	for (int i = 0; i < file->plan.n; i++)
		if (!file->rows[i]->has_down && n++ < 5)
			appendStringInfo(out, "%s%s", n == 1 ? "-- Without a way back, for no down script is "
							 "derived of what psql runs: " : ", ", file->rows[i]->id);
	if (n > 5)
		appendStringInfo(out, " and %d more", n - 5);
	if (n > 0)
		appendStringInfoString(out, ".\n-- SELECT * FROM schemaver.upgrade(); derives one.\n");
}

/* Say for which revisions upgrade() would put aside what is in their way, and psql does not. */
static void
append_rebuilding(StringInfo out, const ScriptFile *file)
{
	int			n = 0;

	for (int i = 0; i < file->plan.n && !file->standalone; i++)
		if (sv_store_option_rebuild(file->rows[i]->options) && n++ < 5)
			appendStringInfo(out, "%s%s", n == 1 ? "-- psql stops at a statement that other "
							 "objects are in the way of; these rebuild them: " : ", ",
							 file->rows[i]->id);
	if (n > 5)
		appendStringInfo(out, " and %d more", n - 5);
	if (n > 0)
		appendStringInfo(out, ".\n-- SELECT * FROM schemaver.%s(); does that.\n",
						 sv_direction_name(file->direction));
}

/* The lines before the run: what the file is, and what is not in it. */
static void
append_head(StringInfo out, const ScriptFile *file, const char *from, const char *to)
{
	appendStringInfo(out, "-- schemaver: %s%s from %s to %s, %d revision%s\n"
					 "-- Run it with psql -X -f (of August 2025 or later); it stops at the first "
					 "error.\n",
					 file->standalone ? "standalone " : "", sv_direction_name(file->direction),
					 sv_one_line(from), sv_one_line(to), file->plan.n,
					 file->plan.n == 1 ? "" : "s");
	foreach_ptr(const char, string, file->untried)
		appendStringInfo(out, "-- Not tried out: %s\n", sv_one_line(string));
	append_other_hooks(out, file);
	append_underived(out, file);
	append_rebuilding(out, file);
	if (file->direction == SV_UPGRADE)
		append_living(out, file);
}

static char *
write_file(ScriptFile *file, const char *from, const char *to)
{
	StringInfoData out;

	if (file->direction == SV_DOWNGRADE)
		sv_run_check_reversible(file->rows, file->plan.n);
	initStringInfo(&out);
	append_head(&out, file, from, to);
	if (file->plan.n == 0)
		return out.data;
	initStringInfo(&file->out);
	append_run(file);
	if (file->standalone)
		sv_standalone_end(&file->out);
	append_restricted(&out, file->out.data);
	return out.data;
}

/*
 * The run from one point of the graph to another as a file for psql.  The
 * direction follows from where the target lies.
 */
char *
sv_report_script(const char *from, const char *to, const char *contexts)
{
	ScriptFile	file = {{0}};

	plan_file(&file, from, to, contexts);
	file.hooks = sv_store_hooks(SV_STORE_READ);
	return write_file(&file, from, to);
}

/* ---------- a file for a server without schemaver ---------- */

typedef struct Standalone
{
	const char *from;
	const char *to;
	const char *contexts;
	char	   *text;			/* of the file */
} Standalone;

/* Try out what the file is to do; an error if it cannot work. */
static void
try_out_file(ScriptFile *file)
{
	const char *fault = file->direction == SV_UPGRADE ? "up fails" : "down fails";

	foreach_ptr(const TestResult, result, sv_test(sv_store_graph(SV_STORE_WRITE), &file->plan))
	{
		if (strcmp(result->verdict, fault) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_SV_VERIFY_FAILED),
					 errmsg("revision \"%s\" cannot be proven: %s", result->revision,
							result->verdict),
					 errdetail_internal("%s", result->detail ? result->detail : "")));
		if (strcmp(result->verdict, "cannot be tested") == 0)
			file->untried = lappend(file->untried,
									psprintf("%s: %s", result->revision,
											 result->detail ? result->detail : ""));
		else if (file->direction == SV_DOWNGRADE && strcmp(result->verdict, "differs") == 0)
			file->untried = lappend(file->untried,
									psprintf("%s: its down leaves another schema than there was",
											 result->revision));
	}
}

/* Revisions that are not applied have no derived downs: apply them, for a moment. */
static void
derive_downs(const ScriptFile *file, const char *from)
{
	RevisionGraph *now = sv_store_graph(SV_STORE_WRITE);
	RunOptions	options = {.quiet = true, .rehearsal = true};
	bool		all = true;

	for (int i = 0; i < file->plan.n; i++)
		all &= now->revisions[file->plan.members[i]].applied;
	if (all)
		return;
	sv_run(SV_UPGRADE, from, &options, NULL, NULL, NULL);
	CommandCounterIncrement();
}

static void
write_standalone(void *arg)
{
	Standalone *standalone = arg;
	ScriptFile	file = {{0}};
	List	   *untried;

	(void) set_config_option("schemaver.progress", "off", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	plan_file(&file, standalone->from, standalone->to, standalone->contexts);
	try_out_file(&file);
	untried = file.untried;
	if (file.direction == SV_DOWNGRADE)
		derive_downs(&file, standalone->from);
	/* readers see what the query that called them does, so let that be what was done */
	PushActiveSnapshot(GetLatestSnapshot());
	plan_file(&file, standalone->from, standalone->to, standalone->contexts);
	file.standalone = true;
	file.untried = untried;
	standalone->text = write_file(&file, standalone->from, standalone->to);
	PopActiveSnapshot();
}

/*
 * The same for a server without schemaver.  What it does is tried out here, and rolled
 * back; SV017 if it fails.
 */
char *
sv_report_standalone(const char *from, const char *to, const char *contexts)
{
	Standalone	standalone = {from, to, contexts};
	ErrorData  *volatile error = NULL;

	sv_lock_run("schemaver.script(standalone => true)");
	sv_store_refuse_unfinished();
	sv_run_rebuilds = false;
	PG_TRY();
	{
		error = sv_subtransaction(write_standalone, &standalone, false);
	}
	PG_FINALLY();
	{
		sv_run_rebuilds = true;
	}
	PG_END_TRY();
	if (error != NULL)
		ReThrowError(error);
	return standalone.text;
}
