/*
 * statement.c
 *		A script that keeps what it drops.
 *
 * A statement that is made to drop or convert things is first executed in a
 * subtransaction that is rolled back, to see what it takes away; that is put
 * aside, and the statement is executed for good.  A statement that runs code
 * (DO, CALL, SELECT) is executed for good at once, in a subtransaction, and
 * again only if something went that was not put aside.  All others are just executed.
 *
 * What the same script has created is not worth keeping: the way back does not
 * re-create it.  Neither are empty tables, temporary ones and what can be computed:
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
#include "script/script.h"
#include "track/track.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#define MOST_ROUNDS 10

/* Called once, when the library is loaded. */
void
sv_kept_init(void)
{
	sv_kept_observe_init();
}

/*
 * Begin to execute the script of a revision, or a part of it that is a transaction
 * of its own, in the current memory context.  "derived": schemaver wrote it.
 * Reads nothing yet: the script may begin with what has to come before any query.
 */
Keep *
sv_kept_begin(const char *revision, const char *options, Direction direction, bool derived)
{
	Keep	   *keep = palloc0(sizeof(Keep));

	keep->revision = pstrdup(revision);
	keep->options = options;
	keep->direction = direction;
	keep->derived = derived;
	keep->context = CurrentMemoryContext;
	keep->watch.context = CurrentMemoryContext;
	return keep;
}

static Pending *
add_pending(Keep *keep, StoredKept *kept)
{
	Pending    *pending = palloc0(sizeof(Pending));

	pending->kept = kept;
	keep->pending = lappend(keep->pending, pending);
	return pending;
}

/*
 * Find out what there is to do about kept data, once. Error if something that
 * should come back was altered.
 */
static void
look(Keep *keep)
{
	MemoryContext old = MemoryContextSwitchTo(keep->context);
	bool		anything = sv_store_keeps_anything();
	List	   *kept = anything ? sv_store_kept_of(keep->revision, keep->direction) : NIL;

	keep->looked = true;
	keep->keeping = sv_store_option_keep(keep->options, sv_keep_data);
	keep->asked = sv_store_option_keep(keep->options, false);
	keep->idle = !keep->keeping && !anything;
	if (!keep->idle)
		keep->watch.kept_schema = sv_kept_schema();
	foreach_ptr(StoredKept, one, kept)
	{
		Pending    *item = add_pending(keep, one);

		if (item->kept->kept_table != NULL)
			(void) sv_kept_rows_of(item->kept);
	}
	MemoryContextSwitchTo(old);
}

/* ---------- one execution ---------- */

/* What a column was made by a statement. */
typedef struct Conversion
{
	Oid			relation;
	AttrNumber	column;
	Oid			type;
	int32		typmod;
	Oid			file;			/* its number changes when rows are rewritten */
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
	conversion->file = sv_cached_oid(RELOID, relation, Anum_pg_class_relfilenode);
	return conversion;
}

/* Note what the altered columns are now, before it is rolled back. */
static void
note_conversions(Attempt *attempt)
{
	MemoryContext old = MemoryContextSwitchTo(attempt->keep->context);

	CommandCounterIncrement();
	foreach_ptr(const Seen, seen, attempt->keep->watch.seen)
	{
		if (seen->kind == SV_SEEN_ALTERED &&
			get_attname(seen->relation, seen->column, true) != NULL)
			attempt->conversions =
				lappend(attempt->conversions, conversion_of(seen->relation, seen->column));
	}
	MemoryContextSwitchTo(old);
}

static bool
is_unjudged_loss(const Keep *keep, const Seen *seen)
{
	return keep->keeping && seen->kind == SV_SEEN_DROPPED &&
		!sv_kept_is_seen(keep->judged, seen->relation, seen->column);
}

static void
silence(void)
{
	(void) set_config_option("client_min_messages", "error", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	(void) set_config_option("log_min_messages", "error", PGC_SUSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/* Work of a subtransaction: an error where it is not to stay. */
static void
attempt_statement(void *arg)
{
	Attempt    *attempt = arg;
	Keep	   *keep = attempt->keep;

	if (attempt->trial)
		silence();
	keep->watch.trial = attempt->trial;
	sv_kept_observe(&keep->watch, attempt->run, attempt->arg);
	if (attempt->trial)
		note_conversions(attempt);
	foreach_ptr(const Seen, seen, keep->watch.seen)
		attempt->again |= is_unjudged_loss(keep, seen);
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

	foreach_ptr(const Loss, loss, losses)
	{
		if (loss->relation == relation && loss->column > 0)
			columns = bms_add_member(columns, loss->column);
	}
	return columns;
}

static const Loss *
find_loss(List *losses, Oid relation, AttrNumber column)
{
	foreach_ptr(const Loss, loss, losses)
	{
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
		AttrNumber	column =
		get_attnum(lfirst_oid(cell), get_attname(loss->relation, loss->column, false));

		if (column != InvalidAttrNumber && find_loss(losses, lfirst_oid(cell), column) != NULL)
			return true;
	}
	return false;
}

static bool
has_kept_values(Oid relation, AttrNumber column)
{
	if (get_attgenerated(relation, column) != '\0')
		return false;
	return get_rel_relkind(relation) == RELKIND_PARTITIONED_TABLE || sv_kept_has_rows(relation);
}

/* Put one loss aside; what of it is recorded, or NULL. */
static StoredKept *
take_loss(Keep *keep, List *losses, const Loss *loss)
{
	if (loss->column == 0 && get_rel_relkind(loss->relation) == RELKIND_SEQUENCE)
		return sv_kept_take_sequence(keep, loss->relation);
	if (get_rel_relkind(loss->relation) == RELKIND_RELATION &&
		sv_kept_is_elsewhere(keep, loss->relation))
		return NULL;
	if (loss->column == 0)
		return get_rel_relkind(loss->relation) == RELKIND_RELATION &&
			sv_kept_has_rows(loss->relation) ?
			sv_kept_take_table(keep, loss) : NULL;
	if (find_loss(losses, loss->relation, 0) != NULL || is_lost_above(losses, loss) ||
		!has_kept_values(loss->relation, loss->column))
		return NULL;
	return sv_kept_take_column(keep, loss, lost_columns(losses, loss->relation));
}

/*
 * The same, and note what follows: a script that schemaver wrote may make the
 * place again itself, and then gets the data back.
 */
static void
take_and_note(Keep *keep, List *losses, const Loss *loss)
{
	MemoryContext old = MemoryContextSwitchTo(keep->context);
	StoredKept *kept = take_loss(keep, losses, loss);

	if (kept != NULL && !loss->converted)
		keep->taken = lappend(keep->taken, kept);
	if (kept != NULL && loss->converted)
		keep->conversions = lappend(keep->conversions, kept);
	else if (kept != NULL && keep->derived)
		add_pending(keep, kept)->own = true;
	MemoryContextSwitchTo(old);
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

/* Were the rows of a relation, or of a partition of it, rewritten? */
static bool
writes_rows(List *conversions, Oid relation)
{
	foreach_ptr(const Conversion, conversion, conversions)
	{
		if (sv_cached_oid(RELOID, conversion->relation, Anum_pg_class_relfilenode) ==
			conversion->file)
			continue;
		if (conversion->relation == relation)
			return true;
		if (get_rel_relispartition(conversion->relation) &&
			list_member_oid(get_partition_ancestors(conversion->relation), relation))
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
 * Is it worth keeping?  Not what belongs to an extension, and not the old table
 * that a derived down has renamed to fill a new one from it.
 */
static bool
is_worth_keeping(const Keep *keep, const Seen *seen)
{
	return is_unjudged_loss(keep, seen) && !(keep->derived && seen->renamed) &&
		!OidIsValid(getExtensionOfObject(RelationRelationId, seen->relation));
}

/* The losses of an execution that was rolled back.  Conversions are kept by upgrades alone. */
static List *
find_losses(Keep *keep, const Attempt *attempt, bool reads)
{
	List	   *losses = NIL;

	foreach_ptr(const Seen, seen, keep->watch.seen)
	{
		if (is_worth_keeping(keep, seen))
			losses = add_loss(losses, seen->relation, seen->column, false, reads);
		if (seen->kind == SV_SEEN_DROPPED)
			judge(keep, seen->relation, seen->column);
	}
	foreach_ptr(const Conversion, conversion,
				keep->keeping && keep->direction == SV_UPGRADE ? attempt->conversions : NIL)
	{
		if (changes_values(keep, attempt->conversions, conversion) &&
			find_loss(losses, conversion->relation, conversion->column) == NULL)
			losses = add_loss(losses, conversion->relation, conversion->column, true, reads);
	}
	return losses;
}

/*
 * Put aside what an execution, which was rolled back, took away.  "reads": its
 * statement may read rows before it drops them.
 */
static void
take_all(Keep *keep, const Attempt *attempt, bool reads)
{
	List	   *losses = find_losses(keep, attempt, reads);

	foreach_ptr(const Loss, loss, losses)
	{
		CHECK_FOR_INTERRUPTS();
		take_and_note(keep, losses, loss);
	}
}

/* ---------- statements ---------- */

/*
 * Execute a statement until nothing goes that is not put aside: for good, or first
 * silently if it is a "trial".  Its own errors are raised as they are.
 */
static void
execute_keeping(Keep *keep, bool trial, StatementFn run, void *arg)
{
	bool		reads = !trial;

	for (int round = 0; round < MOST_ROUNDS; round++)
	{
		Attempt		attempt = {keep, run, arg, trial};
		ErrorData  *error = sv_subtransaction(attempt_statement, &attempt, !trial);

		if (error != NULL && !attempt.again)
			ReThrowError(error);
		if (error == NULL && !trial)
			return;
		take_all(keep, &attempt, reads);
		trial = false;
	}
	ereport(ERROR,
			(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
			 errmsg("could not keep what the statement drops"),
			 errdetail("After %d attempts it still drops something else.", MOST_ROUNDS)));
}

/* Execute a statement, and keep what it drops if that is wanted. */
void
sv_kept_execute(Keep *keep, const Node *tree, StatementFn run, void *arg)
{
	DropsKind	kind = sv_drops_kind(tree);

	keep->plainly = sv_drops_converts_plainly(tree);
	if (keep->keeping && kind != SV_DROPS_NOTHING)
		execute_keeping(keep, kind == SV_DROPS_DIRECTLY, run, arg);
	else
		sv_kept_observe(&keep->watch, run, arg);
}

static void
execute_kept_statement(Keep *keep, const Node *tree, StatementFn run, void *arg)
{
	keep->judged = keep->conversions = NIL;
	keep->watch.trial = false;
	if (keep->pending != NIL || keep->derived)
		sv_kept_give_back(keep, tree, run, arg);
	else
		sv_kept_execute(keep, tree, run, arg);
	/* what did it make of the columns that it converted? */
	foreach_ptr(StoredKept, conversion, keep->conversions)
		sv_kept_take_result(conversion);
}

/*
 * Execute a statement of the script, whose command tag and parse tree are given, by
 * run(arg).  That may happen several times.  Do what there is to do about kept
 * data; without a Keep there is nothing, and the tree may be NULL.
 */
void
sv_kept_statement(Keep *keep, const char *tag, const Node *tree, StatementFn run, void *arg)
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
		execute_kept_statement(keep, tree, run, arg);
	}
	PG_FINALLY();
	{
		(void) sv_track_pause(paused);
	}
	PG_END_TRY();
}

/* What is not back stays kept: say so. */
static void
warn(const Pending *item)
{
	const StoredKept *kept = item->kept;
	const char *name = quote_qualified_identifier(kept->schema_name, kept->table_name);

	ereport(WARNING,
			(kept->kind == SV_KEPT_SEQUENCE ?
			 errmsg("the position of sequence %s was not restored", name) :
			 kept->column_name == NULL ? errmsg("the rows of table %s were not restored", name) :
			 errmsg("the values of column \"%s\" of table %s were not restored", kept->column_name,
					name),
			 item->error ? errdetail_internal("%s", item->error) :
			 errdetail("The %s script of revision \"%s\" did not re-create it.",
					   kept->direction == SV_UPGRADE ? "down" : "up", kept->revision),
			 kept->kept_table ?
			 errhint("They stay in %s until schemaver.purge_kept() removes them.",
					 quote_qualified_identifier("schemaver_kept",
												kept->kept_table)) :
			 errhint("It stays in schemaver.kept() until schemaver.purge_kept() removes it.")));
}

/* What the script has dropped and was kept, also if it is back: a list of StoredKept. */
const List *
sv_kept_taken(const Keep *keep)
{
	return keep != NULL ? keep->taken : NIL;
}

/* The script of the revision is executed. */
void
sv_kept_end(Keep *keep)
{
	if (!keep->looked)
		look(keep);
	if (keep->pending != NIL)
		sv_kept_give_back_last(keep);
	foreach_ptr(const Pending, item, keep->pending)
	{
		if (!item->done && !item->own)
			warn(item);
	}
}
