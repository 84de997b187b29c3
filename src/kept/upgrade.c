/*
 * upgrade.c
 *		An upgrade that keeps what it drops.
 *
 * A statement that is made to drop or convert things is first executed in a
 * subtransaction that is rolled back, to see what it takes away; that is put
 * aside, and the statement is executed for good.  A statement that runs code
 * (DO, CALL, SELECT) is executed for good at once, in a subtransaction, and
 * again only if something went that was not put aside.  All others are just executed.
 *
 * What the same revision has created is not worth keeping: no downgrade makes
 * it again.  Neither are empty tables, temporary ones and what can be computed:
 * generated columns, materialized views, indexes.  The tables of an extension are
 * the extension's to fill.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/base.h"
#include "catalog/dependency.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "kept/kept_private.h"
#include "miscadmin.h"
#include "parser/parser.h"
#include "register/register.h"
#include "script/script.h"
#include "track/track.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/relcache.h"

#define MOST_ROUNDS 10

/* Called once, when the library is loaded. */
void
sv_keep_init(void)
{
	sv_watch_init();
}

/*
 * Begin to execute the script of a revision, or a part of it that is a transaction
 * of its own, in the current memory context.  Reads nothing yet: the script may
 * begin with what has to come before any query.
 */
Keep *
sv_keep_begin(const char *revision, const char *options, Direction direction)
{
	Keep	   *keep = palloc0(sizeof(Keep));

	keep->revision = pstrdup(revision);
	keep->options = options;
	keep->direction = direction;
	keep->context = CurrentMemoryContext;
	keep->watch.context = CurrentMemoryContext;
	return keep;
}

/* Find out what there is to do about kept data, once. */
static void
look(Keep *keep)
{
	MemoryContext old = MemoryContextSwitchTo(keep->context);
	List	   *kept = keep->direction == SV_DOWNGRADE ? sv_store_kept_of(keep->revision) : NIL;
	ListCell   *cell;

	keep->looked = true;
	keep->keeping = keep->direction == SV_UPGRADE && sv_store_option_keep(keep->options, sv_keep_data);
	keep->idle = !keep->keeping && kept == NIL && sv_store_kept_tables() == NIL;
	if (!keep->idle)
		keep->kept_schema = sv_kept_schema();
	foreach(cell, kept)
	{
		Pending    *pending = palloc0(sizeof(Pending));

		pending->kept = lfirst(cell);
		keep->pending = lappend(keep->pending, pending);
	}
	MemoryContextSwitchTo(old);
}

/* What could not be brought back, after the last statement: a list of Pending. */
List *
sv_keep_pending(Keep *keep)
{
	if (!keep->looked)
		look(keep);
	return keep->pending;
}

/* ---------- one execution ---------- */

/* What a column was made by a statement. */
typedef struct Conversion
{
	Oid			relation;
	AttrNumber	column;
	Oid			type;
	int32		typmod;
	Oid			file;
} Conversion;

typedef struct Attempt
{
	Keep	   *keep;
	StatementFn run;
	void	   *arg;
	bool		trial;			/* roll it back in any case, and say nothing */
	bool		again;			/* something went that was not put aside */
	List	   *conversions;	/* of a trial */
} Attempt;

static Conversion *
conversion_of(Oid relation, AttrNumber column)
{
	Conversion *conversion = palloc(sizeof(Conversion));
	Oid			collation;

	conversion->relation = relation;
	conversion->column = column;
	get_atttypetypmodcoll(relation, column, &conversion->type, &conversion->typmod, &collation);
	conversion->file = sv_relation_file(relation);
	return conversion;
}

/* Note what the altered columns are now, before it is rolled back. */
static void
note_conversions(Attempt *attempt)
{
	MemoryContext old = MemoryContextSwitchTo(attempt->keep->context);
	ListCell   *cell;

	CommandCounterIncrement();
	foreach(cell, attempt->keep->watch.seen)
	{
		const Seen *seen = lfirst(cell);

		if (seen->kind == SV_SEEN_ALTERED && get_attname(seen->relation, seen->column, true) != NULL)
			attempt->conversions = lappend(attempt->conversions, conversion_of(seen->relation, seen->column));
	}
	MemoryContextSwitchTo(old);
}

static bool
is_unjudged_loss(const Keep *keep, const Seen *seen)
{
	if (seen->kind != SV_SEEN_DROPPED || sv_watch_member(keep->judged, seen->relation, seen->column))
		return false;
	return keep->keeping || seen->schema == keep->kept_schema;
}

static void
silence(void)
{
	(void) set_config_option("client_min_messages", "error", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	(void) set_config_option("log_min_messages", "error", PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

/* Work of a subtransaction: an error where it is not to stay. */
static void
attempt_statement(void *arg)
{
	Attempt    *attempt = arg;
	Keep	   *keep = attempt->keep;
	ListCell   *cell;

	if (attempt->trial)
		silence();
	keep->watch.trial = attempt->trial;
	sv_watch_run(&keep->watch, attempt->run, attempt->arg);
	if (attempt->trial)
		note_conversions(attempt);
	foreach(cell, keep->watch.seen)
		attempt->again |= is_unjudged_loss(keep, lfirst(cell));
	if (attempt->again && !attempt->trial)
		elog(ERROR, "a statement is to be executed again");
}

/* ---------- what it would take away ---------- */

static void
judge(Keep *keep, Oid relation, AttrNumber column)
{
	MemoryContext old = MemoryContextSwitchTo(keep->context);
	Seen	   *seen = palloc0(sizeof(Seen));

	seen->relation = relation;
	seen->column = column;
	keep->judged = lappend(keep->judged, seen);
	MemoryContextSwitchTo(old);
}

/* The columns of a relation that the statement drops or converts. */
static Bitmapset *
lost_columns(List *losses, Oid relation)
{
	Bitmapset  *columns = NULL;
	ListCell   *cell;

	foreach(cell, losses)
	{
		const Loss *loss = lfirst(cell);

		if (loss->relation == relation && loss->column > 0)
			columns = bms_add_member(columns, loss->column);
	}
	return columns;
}

static const Loss *
find_loss(List *losses, Oid relation, AttrNumber column)
{
	ListCell   *cell;

	foreach(cell, losses)
	{
		const Loss *loss = lfirst(cell);

		if (loss->relation == relation && loss->column == column)
			return loss;
	}
	return NULL;
}

/* Is the column lost in a partitioned table above this one, too? */
static bool
is_lost_above(List *losses, const Loss *loss)
{
	ListCell   *cell;

	if (!get_rel_relispartition(loss->relation))
		return false;
	foreach(cell, get_partition_ancestors(loss->relation))
	{
		AttrNumber	column = get_attnum(lfirst_oid(cell), get_attname(loss->relation, loss->column, false));

		if (column != InvalidAttrNumber && find_loss(losses, lfirst_oid(cell), column) != NULL)
			return true;
	}
	return false;
}

static bool
has_values(Oid relation, AttrNumber column)
{
	if (get_attgenerated(relation, column) != '\0')
		return false;
	return get_rel_relkind(relation) == RELKIND_PARTITIONED_TABLE || sv_has_rows(relation);
}

/* Put one loss aside. */
static void
take(Keep *keep, List *losses, const Loss *loss)
{
	StoredKept *kept;
	MemoryContext old;

	if (loss->column == 0 && get_rel_relkind(loss->relation) == RELKIND_SEQUENCE)
		sv_take_sequence(keep, loss->relation);
	else if (loss->column == 0)
	{
		if (get_rel_relkind(loss->relation) == RELKIND_RELATION && sv_has_rows(loss->relation))
			sv_take_table(keep, loss);
	}
	else if (find_loss(losses, loss->relation, 0) == NULL && !is_lost_above(losses, loss) &&
			 has_values(loss->relation, loss->column))
	{
		old = MemoryContextSwitchTo(keep->context);
		kept = sv_take_column(keep, loss, lost_columns(losses, loss->relation));
		if (loss->converted)
			keep->conversions = lappend(keep->conversions, kept);
		MemoryContextSwitchTo(old);
	}
}

/* A kept table, or a column of one, would be lost: keep it from that. */
static void
protect(const Loss *loss)
{
	if (loss->column == 0)
		(void) sv_keep_owner_leaves(loss->relation);
	else
		sv_keep_free_column(loss->relation, loss->column);
}

static List *
add_loss(List *losses, Oid relation, AttrNumber column, bool converted, bool reads)
{
	Loss	   *loss = palloc(sizeof(Loss));

	loss->relation = relation;
	loss->column = column;
	loss->converted = converted;
	loss->reads = reads;
	return lappend(losses, loss);
}

/* Were the rows of a relation, or of a partition of it, written anew? */
static bool
writes_rows(List *conversions, Oid relation)
{
	ListCell   *cell;

	foreach(cell, conversions)
	{
		const Conversion *conversion = lfirst(cell);

		if (sv_relation_file(conversion->relation) == conversion->file)
			continue;
		if (conversion->relation == relation || (get_rel_relispartition(conversion->relation) &&
												 list_member_oid(get_partition_ancestors(conversion->relation), relation)))
			return true;
	}
	return false;
}

/* Conversions that lose nothing: the way back gives the old values without help. */
static bool
widens(Oid from, Oid to, int32 typmod)
{
	static const Oid wider[][2] = {
		{INT2OID, INT4OID}, {INT2OID, INT8OID}, {INT4OID, INT8OID},
		{INT2OID, NUMERICOID}, {INT4OID, NUMERICOID}, {INT8OID, NUMERICOID},
		{INT2OID, FLOAT8OID}, {INT4OID, FLOAT8OID}, {FLOAT4OID, FLOAT8OID}, {DATEOID, TIMESTAMPOID}
	};

	for (int i = 0; i < lengthof(wider); i++)
		if (wider[i][0] == from && wider[i][1] == to)
			return typmod == -1;
	return false;
}

/* Does the column have other values after that conversion?  It has not if no row was written. */
static bool
changes_values(const Keep *keep, List *conversions, const Conversion *conversion)
{
	Oid			type;
	int32		typmod;
	Oid			collation;

	if (get_attname(conversion->relation, conversion->column, true) == NULL)
		return false;
	get_atttypetypmodcoll(conversion->relation, conversion->column, &type, &typmod, &collation);
	if ((type == conversion->type && typmod == conversion->typmod) ||
		(keep->plainly && widens(type, conversion->type, conversion->typmod)))
		return false;
	return writes_rows(conversions, conversion->relation);
}

/*
 * Put aside what an execution, which was rolled back, took away.  "reads": its
 * statement may read rows before it drops them.
 */
static void
take_all(Keep *keep, const Attempt *attempt, bool reads)
{
	List	   *losses = NIL;
	ListCell   *cell;

	foreach(cell, keep->watch.seen)
	{
		const Seen *seen = lfirst(cell);

		if (is_unjudged_loss(keep, seen))
			losses = add_loss(losses, seen->relation, seen->column, false, reads);
	}
	foreach(cell, keep->keeping ? attempt->conversions : NIL)
	{
		const Conversion *conversion = lfirst(cell);

		if (changes_values(keep, attempt->conversions, conversion) && find_loss(losses, conversion->relation, conversion->column) == NULL)
			losses = add_loss(losses, conversion->relation, conversion->column, true, reads);
	}
	foreach(cell, losses)
	{
		const Loss *loss = lfirst(cell);

		CHECK_FOR_INTERRUPTS();
		if (!loss->converted)
			judge(keep, loss->relation, loss->column);
		if (get_rel_namespace(loss->relation) == keep->kept_schema)
			protect(loss);
		else if (!OidIsValid(getExtensionOfObject(RelationRelationId, loss->relation)))
			take(keep, losses, loss);
	}
}

/* ---------- statements ---------- */

/* How a statement is executed that may take something away. */
typedef enum KeepWay
{
	KEEP_AT_ONCE,				/* for good, and again if it took something away */
	KEEP_AFTER_TRIAL,			/* once before, silently */
	KEEP_AFTER_TRIALS			/* until all that it takes away is put aside */
} KeepWay;

/*
 * Execute a statement until nothing goes that is not put aside.  Its own errors
 * are raised as they are.
 */
static void
execute_keeping(Keep *keep, KeepWay way, StatementFn run, void *arg)
{
	bool		trial = way != KEEP_AT_ONCE;

	for (int round = 0; round < MOST_ROUNDS; round++)
	{
		Attempt		attempt = {keep, run, arg, trial};
		ErrorData  *error = sv_subtransaction(attempt_statement, &attempt, !trial);

		if (error != NULL && !attempt.again)
		{
			if (error->sqlerrcode != ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST ||
				!sv_keep_free_types(error->detail_log ? error->detail_log : error->detail))
				ReThrowError(error);
			continue;
		}
		if (error == NULL && !trial)
			return;
		take_all(keep, &attempt, way == KEEP_AT_ONCE);
		trial = way == KEEP_AFTER_TRIALS && attempt.again;
	}
	ereport(ERROR,
			(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
			 errmsg("could not keep what the statement drops"),
			 errdetail("After %d attempts it still drops something else.", MOST_ROUNDS)));
}

/* After a statement: what did it make of the columns that it converted? */
static void
finish_conversions(Keep *keep)
{
	ListCell   *cell;

	foreach(cell, keep->conversions)
	{
		StoredKept *kept = lfirst(cell);

		sv_take_result(kept, sv_find_relation(kept->schema_name, kept->table_name));
	}
}

/* Execute a statement, and keep what it drops if that is wanted. */
void
sv_keep_execute(Keep *keep, const Node *tree, StatementFn run, void *arg)
{
	DropsKind	kind = sv_drops_kind(tree);

	keep->plainly = sv_drops_converts_plainly(tree);
	if (kind == SV_DROPS_NOTHING || (!keep->keeping && kind == SV_DROPS_ANYTHING))
		sv_watch_run(&keep->watch, run, arg);
	else if (kind == SV_DROPS_ANYTHING)
		execute_keeping(keep, KEEP_AT_ONCE, run, arg);
	else if (IsA(tree, AlterTableStmt))
		execute_keeping(keep, keep->keeping ? KEEP_AFTER_TRIAL : KEEP_AT_ONCE, run, arg);
	else
		execute_keeping(keep, KEEP_AFTER_TRIALS, run, arg);
}

/* The raw parse tree of a statement, without warnings: the server gives them when it parses it. */
static const Node *
parse(const char *text)
{
	int			level = NewGUCNestLevel();
	List	   *parsed;

	(void) set_config_option("escape_string_warning", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	parsed = raw_parser(text, RAW_PARSE_DEFAULT);
	AtEOXact_GUC(false, level);
	return linitial_node(RawStmt, parsed)->stmt;
}

static void
execute_statement(Keep *keep, const Node *tree, StatementFn run, void *arg)
{
	keep->judged = keep->conversions = NIL;
	keep->watch.trial = false;
	if (keep->pending != NIL)
		sv_return_statement(keep, tree, run, arg);
	else
		sv_keep_execute(keep, tree, run, arg);
	finish_conversions(keep);
}

/*
 * Execute a statement of the script, whose command tag is given, by run(arg). That
 * may happen several times.  Do what there is to do about kept data.
 */
void
sv_keep_statement(Keep *keep, const char *tag, const char *text, StatementFn run, void *arg)
{
	bool		paused;

	if (keep != NULL && !keep->looked && strcmp(tag, "SET") != 0)
		look(keep);
	if (keep == NULL || !keep->looked || keep->idle)
	{
		run(arg);
		return;
	}
	paused = sv_track_pause(true);
	PG_TRY();
	{
		execute_statement(keep, parse(text), run, arg);
	}
	PG_FINALLY();
	{
		(void) sv_track_pause(paused);
	}
	PG_END_TRY();
}
