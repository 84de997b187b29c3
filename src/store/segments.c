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
	"revision, direction, statement, statements, line, kind, checksum, run, finished_at, " \
	"total, done, batches, size, cursor, last_key, pass, longest, body"

static StoredSegment *
read_segment(uint64 row)
{
	StoredSegment *segment = palloc0(sizeof(StoredSegment));
	Datum		v[18];
	bool		n[18];

	heap_deform_tuple(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, v, n);
	segment->revision = TextDatumGetCString(v[0]);
	segment->direction = strcmp(TextDatumGetCString(v[1]), "upgrade") == 0 ? SV_UPGRADE : SV_DOWNGRADE;
	segment->statement = DatumGetInt32(v[2]);
	segment->statements = DatumGetInt32(v[3]);
	segment->line = DatumGetInt32(v[4]);
	segment->kind = TextDatumGetCString(v[5]);
	segment->checksum = TextDatumGetCString(v[6]);
	segment->run = DatumGetInt64(v[7]);
	segment->finished = !n[8];
	segment->total = n[9] ? -1 : DatumGetInt64(v[9]);
	segment->done = n[10] ? 0 : DatumGetInt64(v[10]);
	segment->batches = n[11] ? 0 : DatumGetInt32(v[11]);
	segment->size = n[12] ? 0 : DatumGetInt32(v[12]);
	segment->cursor = n[13] ? NULL : TextDatumGetCString(v[13]);
	segment->last_key = n[14] ? NULL : TextDatumGetCString(v[14]);
	segment->pass = n[15] ? 0 : DatumGetInt32(v[15]);
	segment->longest = n[16] ? 0 : DatumGetInt32(v[16]);
	segment->body = n[17] ? NULL : TextDatumGetCString(v[17]);
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
	Datum		v[1] = {revision ? CStringGetTextDatum(revision) : (Datum) 0};
	bool		n[1] = {revision == NULL};
	List	   *segments = NIL;
	StoreScope	scope;
	uint64		rows;

	sv_store_enter(&scope, mode);
	rows = sv_store_execute(&scope, &query, v, n);
	MemoryContextSwitchTo(scope.caller);
	for (uint64 i = 0; i < rows; i++)
		segments = lappend(segments, read_segment(i));
	sv_store_leave(&scope);
	return segments;
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
	Datum		v[10];
	bool		n[10] = {false};
	StoreScope	scope;

	v[0] = CStringGetTextDatum(segment->revision);
	v[1] = Int32GetDatum(segment->statement);
	v[2] = CStringGetTextDatum(segment->kind);
	v[3] = CStringGetTextDatum(segment->checksum);
	v[4] = CStringGetTextDatum(sv_direction_name(segment->direction));
	v[5] = Int32GetDatum(segment->statements);
	v[6] = Int32GetDatum(segment->line);
	v[7] = Int64GetDatum(segment->run);
	v[8] = TimestampTzGetDatum(GetCurrentTimestamp());
	n[9] = segment->body == NULL;
	v[9] = n[9] ? (Datum) 0 : CStringGetTextDatum(segment->body);
	sv_store_enter(&scope, SV_STORE_WRITE);
	segment->begun_before = sv_store_execute(&scope, &find, v, NULL) > 0;
	if (segment->begun_before)
	{
		StoredSegment *before;

		MemoryContextSwitchTo(scope.caller);
		before = read_segment(0);
		segment->total = before->total;
		segment->done = before->done;
		segment->batches = before->batches;
		segment->size = before->size;
		segment->cursor = before->cursor;
		segment->last_key = before->last_key;
		segment->pass = before->pass;
		segment->longest = before->longest;
	}
	sv_store_execute(&scope, &begin, v, n);
	sv_store_leave(&scope);
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
	Datum		v[5];
	StoreScope	scope;

	v[0] = CStringGetTextDatum(segment->revision);
	v[1] = Int32GetDatum(segment->statement);
	v[2] = TimestampTzGetDatum(GetCurrentTimestamp());
	v[3] = Int32GetDatum(segment->statements);
	v[4] = CStringGetTextDatum(segment->checksum);
	sv_store_enter(&scope, SV_STORE_WRITE);
	sv_store_execute(&scope, &query, v, NULL);
	sv_store_leave(&scope);
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
	Datum		v[10];
	bool		n[10] = {false};
	StoreScope	scope;

	v[0] = CStringGetTextDatum(segment->revision);
	v[1] = Int32GetDatum(segment->statement);
	v[2] = Int64GetDatum(segment->total);
	v[3] = Int64GetDatum(segment->done);
	v[4] = Int32GetDatum(segment->batches);
	v[5] = Int32GetDatum(segment->size);
	n[6] = segment->cursor == NULL;
	v[6] = n[6] ? (Datum) 0 : CStringGetTextDatum(segment->cursor);
	n[7] = segment->last_key == NULL;
	v[7] = n[7] ? (Datum) 0 : CStringGetTextDatum(segment->last_key);
	v[8] = Int32GetDatum(segment->pass);
	v[9] = Int32GetDatum(segment->longest);
	sv_store_enter(&scope, SV_STORE_WRITE);
	sv_store_execute(&scope, &query, v, n);
	sv_store_leave(&scope);
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
	Datum		v[3];
	bool		n[3] = {false};
	StoreScope	scope;

	v[0] = CStringGetTextDatum(segment->revision);
	v[1] = Int32GetDatum(segment->statement);
	n[2] = note == NULL;
	v[2] = n[2] ? (Datum) 0 : CStringGetTextDatum(note);
	sv_store_enter(&scope, SV_STORE_WRITE);
	sv_store_execute(&scope, &query, v, n);
	sv_store_leave(&scope);
}

/* Forget one part. */
void
sv_store_forget_segment(const StoredSegment *segment)
{
	static StoreQuery query = {
		"DELETE FROM schemaver.segment WHERE revision = $1 AND statement = $2", 2, {TEXTOID, INT4OID}
	};
	Datum		v[2];
	StoreScope	scope;

	v[0] = CStringGetTextDatum(segment->revision);
	v[1] = Int32GetDatum(segment->statement);
	sv_store_enter(&scope, SV_STORE_WRITE);
	sv_store_execute(&scope, &query, v, NULL);
	sv_store_leave(&scope);
}

/* Forget what was done of a revision: it is finished, or given up. */
void
sv_store_forget_segments(const char *revision)
{
	static StoreQuery query = {"DELETE FROM schemaver.segment WHERE revision = $1", 1, {TEXTOID}};
	Datum		v[1] = {CStringGetTextDatum(revision)};
	StoreScope	scope;

	sv_store_enter(&scope, SV_STORE_WRITE);
	sv_store_execute(&scope, &query, v, NULL);
	sv_store_leave(&scope);
}

/* Forget a transaction that was begun and rolled back. */
void
sv_store_forget_unbegun(const char *revision)
{
	static StoreQuery query = {
		"DELETE FROM schemaver.segment WHERE revision = $1 AND kind = 'transaction' AND finished_at IS NULL",
		1, {TEXTOID}
	};
	Datum		v[1] = {CStringGetTextDatum(revision)};
	StoreScope	scope;

	sv_store_enter(&scope, SV_STORE_WRITE);
	sv_store_execute(&scope, &query, v, NULL);
	sv_store_leave(&scope);
}

/*
 * A revision of which something was done that no abort took back, or NULL.
 * There is at most one.
 */
char *
sv_store_interrupted(StoreMode mode, Direction *direction)
{
	static StoreQuery query = {
		"SELECT revision, direction FROM schemaver.segment "
		"WHERE finished_at IS NOT NULL OR kind <> 'transaction' LIMIT 1"
	};
	StoreScope	scope;
	char	   *revision = NULL;

	sv_store_enter(&scope, mode);
	if (sv_store_execute(&scope, &query, NULL, NULL) > 0)
	{
		MemoryContextSwitchTo(scope.caller);
		revision = sv_store_text(0, 1);
		*direction = strcmp(sv_store_text(0, 2), "upgrade") == 0 ? SV_UPGRADE : SV_DOWNGRADE;
	}
	sv_store_leave(&scope);
	return revision;
}
