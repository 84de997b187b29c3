/*
 * run_rows.c
 *		What runs did, for reports.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "store/store.h"

/* How a report writes a point of time. */
#define MOMENT(column) "pg_catalog.to_char(" column ", 'YYYY-MM-DD HH24:MI:SSOF')"
#define MILLISECONDS(column) "(1000 * extract(epoch FROM " column "))::bigint"

static void *
read_run(uint64 row)
{
	StoredRun  *run = palloc(sizeof(StoredRun));

	run->run = sv_own_number_at(row, 1, 0);
	run->command = sv_own_text(row, 2);
	run->target = sv_store_text(row, 3);
	run->role = sv_own_text(row, 4);
	run->started_at = sv_own_text(row, 5);
	run->milliseconds = sv_own_number_at(row, 6, -1);
	run->outcome = sv_own_text(row, 7);
	run->note = sv_store_text(row, 8);
	run->steps = sv_own_number_at(row, 9, 0);
	run->first = run->steps > 0 ? sv_own_text(row, 10) : NULL;
	run->last = run->steps > 0 ? sv_own_text(row, 11) : NULL;
	run->error = sv_store_text(row, 12);
	return run;
}

/* The newest runs, at most "limit": a list of StoredRun, the newest first. */
List *
sv_store_last_runs(int limit)
{
	static StoreQuery query = {
		"SELECT r.run, r.command, r.target, r.role, " MOMENT("r.started_at") ", "
		MILLISECONDS("r.elapsed") ", r.outcome, r.note, s.steps, s.first, s.last, s.error "
		"FROM (SELECT * FROM schemaver.run ORDER BY run DESC LIMIT $1) r, "
		"LATERAL (SELECT count(*) AS steps, (array_agg(revision ORDER BY position))[1] AS first, "
		"(array_agg(revision ORDER BY position DESC))[1] AS last, max(error) AS error "
		"FROM schemaver.step s WHERE s.run = r.run) s "
		"ORDER BY r.run DESC",
		1, {INT4OID}
	};

	return sv_own_rows(SV_STORE_READ, &query, read_run, limit);
}

static void *
read_step(uint64 row)
{
	RevisionStep *step = palloc(sizeof(RevisionStep));

	step->revision = sv_own_text(row, 1);
	step->run = sv_own_number_at(row, 2, 0);
	step->direction = sv_own_text(row, 3);
	step->outcome = sv_own_text(row, 4);
	step->role = sv_own_text(row, 5);
	step->session_role = sv_own_text(row, 6);
	step->application = sv_store_text(row, 7);
	step->started_at = sv_own_text(row, 8);
	step->milliseconds = sv_own_number_at(row, 9, -1);
	step->error = sv_store_text(row, 10);
	return step;
}

/*
 * The newest steps of each of these revisions (ids), at most "limit" of each: a
 * list of RevisionStep, the newest first.
 */
List *
sv_store_steps_of(const List *revisions, int limit)
{
	static StoreQuery query = {
		"SELECT revision, run, direction, outcome, role, session_role, application, "
		MOMENT("started_at") ", " MILLISECONDS("elapsed") ", error "
		"FROM (SELECT s.revision, s.run, s.position, s.direction, s.outcome, r.role, "
		"r.session_role, r.application, s.started_at, s.elapsed, s.error, "
		"row_number() OVER (PARTITION BY s.revision ORDER BY s.run DESC, s.position DESC) AS n "
		"FROM schemaver.step s JOIN schemaver.run r ON r.run = s.run "
		"WHERE s.revision = ANY ($1)) s "
		"WHERE n <= $2 ORDER BY run DESC, position DESC",
		2, {TEXTARRAYOID, INT4OID}
	};

	return sv_own_rows(SV_STORE_READ, &query, read_step, revisions, limit);
}

static void *
read_change_row(uint64 row)
{
	RevisionChange *change = palloc(sizeof(RevisionChange));

	change->revision = sv_own_text(row, 1);
	change->class = sv_own_text(row, 2);
	change->identity = sv_own_text(row, 3);
	change->before = sv_own_number_at(row, 4, false) != 0;
	change->after = sv_own_number_at(row, 5, false) != 0;
	return change;
}

/*
 * What the last upgrade of each of these revisions (ids) changed in the schema, as
 * far as it was kept: a list of RevisionChange.  Parts that were created or
 * dropped with the object that they are part of are left out.
 */
List *
sv_store_changes_of(const List *revisions)
{
	static StoreQuery query = {
		"WITH last AS MATERIALIZED (SELECT DISTINCT ON (revision) revision, state, state_before "
		"FROM schemaver.step WHERE revision = ANY ($1) AND direction = 'upgrade' "
		"AND state IS NOT NULL ORDER BY revision, run DESC, position DESC), "
		"change AS MATERIALIZED (SELECT revision, class, identity, max(parent) AS parent, "
		"bool_or(before) AS before, bool_or(NOT before) AS after FROM ("
		"SELECT l.revision, v.class, v.identity, v.description->>'parent' AS parent, true AS before "
		"FROM last l JOIN schemaver.object_version v ON v.from_state <= l.state_before "
		"AND v.to_state > l.state_before AND v.to_state <= l.state UNION ALL "
		"SELECT l.revision, v.class, v.identity, v.description->>'parent', false "
		"FROM last l JOIN schemaver.object_version v ON v.from_state > l.state_before "
		"AND v.from_state <= l.state AND (v.to_state IS NULL OR v.to_state > l.state)) v "
		"GROUP BY revision, class, identity) "
		"SELECT c.revision, c.class, c.identity, c.before, c.after FROM change c "
		"WHERE c.before AND c.after OR NOT EXISTS (SELECT FROM change p "
		"WHERE p.revision = c.revision AND p.class || ':' || p.identity = c.parent "
		"AND p.before = c.before AND p.after = c.after) "
		"ORDER BY c.class COLLATE \"C\", c.identity COLLATE \"C\"",
		1, {TEXTARRAYOID}
	};

	return sv_own_rows(SV_STORE_READ, &query, read_change_row, revisions);
}
