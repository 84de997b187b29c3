/*
 * parts.c
 *		Rows of part: what online runs did of revisions that are not finished.
 *
 * A row is written and committed before its part begins, so that whoever comes
 * after a crash knows what may be half done; it says in the transaction of the
 * part, where there is one, that the part is finished.  The rows of a revision
 * go in the transaction that records it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "store/store.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#define PART_COLUMNS \
	"revision, direction, statement, statements, line, kind, checksum, run, finished_at IS NOT NULL, " \
	"total, done, batches, size, cursor, last_key, pass, longest, body, state"

static Direction
direction_at(uint64 row, int column)
{
	return strcmp(sv_own_text(row, column), "upgrade") == 0 ? SV_UPGRADE : SV_DOWNGRADE;
}

static const char *const kind_names[] = {
	[SV_PART_TRANSACTION] = "transaction",
	[SV_PART_ALONE] = "alone",
	[SV_PART_BATCHES] = "batches"
};

static PartKind
kind_at(uint64 row, int column)
{
	const char *name = sv_own_text(row, column);

	for (int i = 0; i < lengthof(kind_names); i++)
		if (name != NULL && strcmp(name, kind_names[i]) == 0)
			return i;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("a row of schemaver.part has the kind \"%s\", which does not exist",
					name ? name : ""),
			 errdetail("The row was edited by hand."),
			 errhint("Set the kind to \"transaction\", \"alone\" or \"batches\".")));
	return SV_PART_TRANSACTION;
}

static void *
read_part(uint64 row)
{
	Part	   *part = palloc0(sizeof(Part));

	part->revision = sv_own_text(row, 1);
	part->direction = direction_at(row, 2);
	part->from = sv_own_number_at(row, 3, 1) - 1;
	part->to = part->from + sv_own_number_at(row, 4, 0);
	part->line = sv_own_number_at(row, 5, 0);
	part->kind = kind_at(row, 6);
	part->checksum = sv_own_text(row, 7);
	part->run = sv_own_number_at(row, 8, 0);
	part->finished = sv_own_number_at(row, 9, 0) != 0;
	part->total = sv_own_number_at(row, 10, -1);
	part->done = sv_own_number_at(row, 11, 0);
	part->batches = sv_own_number_at(row, 12, 0);
	part->size = sv_own_number_at(row, 13, 0);
	part->cursor = sv_store_text(row, 14);
	part->last_key = sv_store_text(row, 15);
	part->pass = sv_own_number_at(row, 16, 0);
	part->longest = sv_own_number_at(row, 17, 0);
	part->body = sv_store_text(row, 18);
	part->state = sv_own_number_at(row, 19, 0);
	return part;
}

/* The parts of a revision that were begun, in order; all of them if it is NULL. */
List *
sv_store_parts(StoreMode mode, const char *revision)
{
	static StoreQuery query = {
		"SELECT " PART_COLUMNS " FROM schemaver.part WHERE revision = coalesce($1, revision) "
		"ORDER BY revision, statement", 1, {TEXTOID}
	};

	return sv_own_rows(mode, &query, read_part, revision);
}

/*
 * Record that a part is about to begin.  If it was begun before with the same
 * text, or in batches, begun_before is set, and what its batches did is taken over.
 */
void
sv_store_begin_part(Part *part)
{
	static StoreQuery find = {
		"SELECT " PART_COLUMNS " FROM schemaver.part WHERE revision = $1 AND statement = $2 "
		"AND kind = $3 AND (checksum = $4 OR kind = 'batches')",
		4, {TEXTOID, INT4OID, TEXTOID, TEXTOID}
	};
	static StoreQuery begin = {
		"INSERT INTO schemaver.part (revision, statement, kind, checksum, direction, statements, "
		"line, run, started_at, body, state) "
		"SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, (SELECT s.state FROM schemaver.state s "
		"WHERE s.complete AND s.state = (SELECT max(l.state) FROM schemaver.state l)) "
		"ON CONFLICT (revision, statement) DO UPDATE SET direction = $5, statements = $6, "
		"line = $7, run = $8, started_at = $9, note = NULL, kind = $3, checksum = $4, body = $10",
		10, {TEXTOID, INT4OID, TEXTOID, TEXTOID, TEXTOID, INT4OID, INT4OID, INT8OID,
		TIMESTAMPTZOID, TEXTOID}
	};
	List	   *found =
	sv_own_rows(SV_STORE_WRITE, &find, read_part, part->revision, part->from + 1,
				kind_names[part->kind], part->checksum);

	part->begun_before = found != NIL;
	if (part->begun_before)
	{
		const Part *before = linitial(found);

		part->total = before->total;
		part->done = before->done;
		part->batches = before->batches;
		part->size = before->size;
		part->cursor = before->cursor;
		part->last_key = before->last_key;
		part->pass = before->pass;
		part->longest = before->longest;
	}
	sv_own_query(SV_STORE_WRITE, &begin, part->revision, part->from + 1, kind_names[part->kind],
				 part->checksum,
				 sv_direction_name(part->direction), part->to - part->from, part->line, part->run,
				 GetCurrentTimestamp(), part->body);
}

/* Record that a part is finished. */
void
sv_store_end_part(const Part *part)
{
	static StoreQuery query = {
		"UPDATE schemaver.part SET finished_at = $3, statements = $4, checksum = $5 "
		"WHERE revision = $1 AND statement = $2",
		5, {TEXTOID, INT4OID, TIMESTAMPTZOID, INT4OID, TEXTOID}
	};

	sv_own_query(SV_STORE_WRITE, &query, part->revision, part->from + 1, GetCurrentTimestamp(),
				 part->to - part->from, part->checksum);
}

/* Record how far the batches of a part have come. */
void
sv_store_batch(const Part *part)
{
	static StoreQuery query = {
		"UPDATE schemaver.part SET total = nullif($3, -1), done = $4, batches = $5, size = $6, "
		"cursor = $7, last_key = $8, pass = $9, longest = $10, "
		"note = CASE WHEN $9 > 1 THEN 'looking for rows that are left' END WHERE revision = $1 AND "
		"statement = $2",
		10, {TEXTOID, INT4OID, INT8OID, INT8OID, INT4OID, INT4OID, TEXTOID, TEXTOID, INT4OID,
		INT4OID}
	};

	sv_own_query(SV_STORE_WRITE, &query, part->revision, part->from + 1, part->total, part->done,
				 part->batches, part->size, part->cursor, part->last_key, part->pass,
				 part->longest);
}

/* Say what a part waits for; NULL: for nothing. */
void
sv_store_note(const Part *part, const char *note)
{
	static StoreQuery query = {
		"UPDATE schemaver.part SET note = $3 WHERE revision = $1 AND statement = $2 "
		"AND note IS DISTINCT FROM $3",
		3, {TEXTOID, INT4OID, TEXTOID}
	};

	sv_own_query(SV_STORE_WRITE, &query, part->revision, part->from + 1, note);
}

/* Forget one part. */
void
sv_store_forget_part(const Part *part)
{
	static StoreQuery query = {
		"DELETE FROM schemaver.part WHERE revision = $1 AND statement = $2", 2, {TEXTOID, INT4OID}
	};

	sv_own_query(SV_STORE_WRITE, &query, part->revision, part->from + 1);
}

/* Forget what was done of a revision: it is finished, or given up. */
void
sv_store_forget_parts(const char *revision)
{
	static StoreQuery query = {"DELETE FROM schemaver.part WHERE revision = $1", 1, {TEXTOID}};

	sv_own_query(SV_STORE_WRITE, &query, revision);
}

/* Forget a transaction that was begun and rolled back. */
void
sv_store_forget_unbegun(const char *revision)
{
	static StoreQuery query = {
		"DELETE FROM schemaver.part WHERE revision = $1 AND kind = 'transaction' AND finished_at "
		"IS NULL",
		1, {TEXTOID}
	};

	sv_own_query(SV_STORE_WRITE, &query, revision);
}

/*
 * A revision of which something was done that no abort took back, or NULL.
 * There is at most one.
 */
char *
sv_store_interrupted(StoreMode mode, Direction *direction)
{
	static StoreQuery query = {
		"SELECT " PART_COLUMNS " FROM schemaver.part "
		"WHERE finished_at IS NOT NULL OR kind <> 'transaction' LIMIT 1"
	};
	List	   *found = sv_own_rows(mode, &query, read_part);

	if (found == NIL)
		return NULL;
	*direction = ((Part *) linitial(found))->direction;
	return (char *) ((Part *) linitial(found))->revision;
}
