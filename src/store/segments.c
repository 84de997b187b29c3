/*
 * segments.c
 *		Rows of segment: what online runs did of revisions that are not finished.
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

#define SEGMENT_COLUMNS \
	"revision, direction, statement, statements, line, kind, checksum, run, finished_at IS NOT NULL, " \
	"total, done, batches, size, cursor, last_key, pass, longest, body"

static Direction
direction_at(uint64 row, int column)
{
	return strcmp(sv_own_text(row, column), "upgrade") == 0 ? SV_UPGRADE : SV_DOWNGRADE;
}

static void *
read_segment(uint64 row)
{
	StoredSegment *segment = palloc0(sizeof(StoredSegment));

	segment->revision = sv_own_text(row, 1);
	segment->direction = direction_at(row, 2);
	segment->statement = sv_own_number_at(row, 3, 0);
	segment->statements = sv_own_number_at(row, 4, 0);
	segment->line = sv_own_number_at(row, 5, 0);
	segment->kind = sv_own_text(row, 6);
	segment->checksum = sv_own_text(row, 7);
	segment->run = sv_own_number_at(row, 8, 0);
	segment->finished = sv_own_number_at(row, 9, 0) != 0;
	segment->total = sv_own_number_at(row, 10, -1);
	segment->done = sv_own_number_at(row, 11, 0);
	segment->batches = sv_own_number_at(row, 12, 0);
	segment->size = sv_own_number_at(row, 13, 0);
	segment->cursor = sv_store_text(row, 14);
	segment->last_key = sv_store_text(row, 15);
	segment->pass = sv_own_number_at(row, 16, 0);
	segment->longest = sv_own_number_at(row, 17, 0);
	segment->body = sv_store_text(row, 18);
	return segment;
}

/* The parts of a revision that were begun, in order; all of them if it is NULL. */
List *
sv_store_segments(StoreMode mode, const char *revision)
{
	static StoreQuery query = {
		"SELECT " SEGMENT_COLUMNS " FROM schemaver.segment WHERE revision = coalesce($1, revision) "
		"ORDER BY revision, statement", 1, {TEXTOID}
	};

	return sv_own_rows(mode, &query, read_segment, revision);
}

/*
 * Record that a part is about to begin.  If it was begun before with the same
 * text, or in batches, begun_before is set, and what its batches did is taken over.
 */
void
sv_store_begin_segment(StoredSegment *segment)
{
	static StoreQuery find = {
		"SELECT " SEGMENT_COLUMNS " FROM schemaver.segment WHERE revision = $1 AND statement = $2 "
		"AND kind = $3 AND (checksum = $4 OR kind = 'batches')",
		4, {TEXTOID, INT4OID, TEXTOID, TEXTOID}
	};
	static StoreQuery begin = {
		"INSERT INTO schemaver.segment (revision, statement, kind, checksum, direction, statements, "
		"line, run, started_at, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
		"ON CONFLICT (revision, statement) DO UPDATE SET direction = $5, statements = $6, line = $7, "
		"run = $8, started_at = $9, note = NULL, kind = $3, checksum = $4, body = $10",
		10, {TEXTOID, INT4OID, TEXTOID, TEXTOID, TEXTOID, INT4OID, INT4OID, INT8OID, TIMESTAMPTZOID, TEXTOID}
	};
	List	   *found = sv_own_rows(SV_STORE_WRITE, &find, read_segment, segment->revision, segment->statement,
									segment->kind, segment->checksum);

	segment->begun_before = found != NIL;
	if (segment->begun_before)
	{
		const StoredSegment *before = linitial(found);

		segment->total = before->total;
		segment->done = before->done;
		segment->batches = before->batches;
		segment->size = before->size;
		segment->cursor = before->cursor;
		segment->last_key = before->last_key;
		segment->pass = before->pass;
		segment->longest = before->longest;
	}
	sv_own_query(SV_STORE_WRITE, &begin, segment->revision, segment->statement, segment->kind, segment->checksum,
				 sv_direction_name(segment->direction), segment->statements, segment->line, segment->run,
				 GetCurrentTimestamp(), segment->body);
}

/* Record that a part is finished. */
void
sv_store_end_segment(const StoredSegment *segment)
{
	static StoreQuery query = {
		"UPDATE schemaver.segment SET finished_at = $3, statements = $4, checksum = $5 "
		"WHERE revision = $1 AND statement = $2",
		5, {TEXTOID, INT4OID, TIMESTAMPTZOID, INT4OID, TEXTOID}
	};

	sv_own_query(SV_STORE_WRITE, &query, segment->revision, segment->statement, GetCurrentTimestamp(),
				 segment->statements, segment->checksum);
}

/* Record how far the batches of a part have come. */
void
sv_store_batch(const StoredSegment *segment)
{
	static StoreQuery query = {
		"UPDATE schemaver.segment SET total = nullif($3, -1), done = $4, batches = $5, size = $6, "
		"cursor = $7, last_key = $8, pass = $9, longest = $10, "
		"note = CASE WHEN $9 > 1 THEN 'looking for rows that are left' END WHERE revision = $1 AND statement = $2",
		10, {TEXTOID, INT4OID, INT8OID, INT8OID, INT4OID, INT4OID, TEXTOID, TEXTOID, INT4OID, INT4OID}
	};

	sv_own_query(SV_STORE_WRITE, &query, segment->revision, segment->statement, segment->total, segment->done,
				 segment->batches, segment->size, segment->cursor, segment->last_key, segment->pass, segment->longest);
}

/* Say what a part waits for; NULL: for nothing. */
void
sv_store_note(const StoredSegment *segment, const char *note)
{
	static StoreQuery query = {
		"UPDATE schemaver.segment SET note = $3 WHERE revision = $1 AND statement = $2 "
		"AND note IS DISTINCT FROM $3",
		3, {TEXTOID, INT4OID, TEXTOID}
	};

	sv_own_query(SV_STORE_WRITE, &query, segment->revision, segment->statement, note);
}

/* Forget one part. */
void
sv_store_forget_segment(const StoredSegment *segment)
{
	static StoreQuery query = {
		"DELETE FROM schemaver.segment WHERE revision = $1 AND statement = $2", 2, {TEXTOID, INT4OID}
	};

	sv_own_query(SV_STORE_WRITE, &query, segment->revision, segment->statement);
}

/* Forget what was done of a revision: it is finished, or given up. */
void
sv_store_forget_segments(const char *revision)
{
	static StoreQuery query = {"DELETE FROM schemaver.segment WHERE revision = $1", 1, {TEXTOID}};

	sv_own_query(SV_STORE_WRITE, &query, revision);
}

/* Forget a transaction that was begun and rolled back. */
void
sv_store_forget_unbegun(const char *revision)
{
	static StoreQuery query = {
		"DELETE FROM schemaver.segment WHERE revision = $1 AND kind = 'transaction' AND finished_at IS NULL",
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
		"SELECT " SEGMENT_COLUMNS " FROM schemaver.segment "
		"WHERE finished_at IS NOT NULL OR kind <> 'transaction' LIMIT 1"
	};
	List	   *found = sv_own_rows(mode, &query, read_segment);

	if (found == NIL)
		return NULL;
	*direction = ((StoredSegment *) linitial(found))->direction;
	return (char *) ((StoredSegment *) linitial(found))->revision;
}
