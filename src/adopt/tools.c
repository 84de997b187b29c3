/*
 * tools.c
 *		The migration tools whose tables can be taken over and written.
 *
 * A further tool is one row here.  In "rows", "busy" and the statements, %T is the
 * table and %S its schema, quoted.  "add" gets $1, an array of objects with the
 * members that release.c names.
 */
#include "postgres.h"

#include "adopt/adopt_private.h"

/* What "rows" returns where the tool's table has no more than keys and times. */
#define NO_CHECKSUM "CAST(NULL AS text)"
#define NOTHING_ELSE NO_CHECKSUM ", CAST(NULL AS text), false, CAST(NULL AS text), " \
	"CAST(NULL AS text), CAST(NULL AS text)"
#define NO_TIME "CAST(NULL AS timestamptz), CAST(NULL AS text), CAST(NULL AS bigint)"

#define FROM_ROWS(columns) " FROM jsonb_to_recordset($1) AS r(" columns ") "
#define BY_RANK " ORDER BY r.rank"

static const char *const flyway_add[] = {
	"INSERT INTO %T (installed_rank, version, description, type, script, checksum, installed_by, "
	"installed_on, execution_time, success) SELECT (SELECT coalesce(max(installed_rank), 0) FROM "
	"%T) + r.rank, r.version, left(r.message, 200), 'SQL', right(r.file, 1000), r.crc32, "
	"left(r.applied_by, 100), r.applied_at, r.ms, true"
	FROM_ROWS("rank int, version text, message text, file text, crc32 int, applied_by text, "
			  "applied_at timestamp, ms int"),
	NULL
};
static const char *const flyway_remove[] = {
	"DELETE FROM %T WHERE CASE WHEN version IS NULL THEN 'R:' || description ELSE "
	"CASE WHEN type LIKE '%BASELINE' THEN 'B:' ELSE 'V:' END || version END = ANY ($1)",
	NULL
};
static const char *const liquibase_add[] = {
	"INSERT INTO %T (id, author, filename, dateexecuted, orderexecuted, exectype, md5sum, "
	"description, comments, liquibase, deployment_id) SELECT r.id, r.author, r.path, r.applied_at, "
	"(SELECT coalesce(max(orderexecuted), 0) FROM %T) + r.rank, 'EXECUTED', r.md5, 'sql', "
	"left(coalesce(r.comment, ''), 255), (SELECT max(liquibase) FROM %T), r.deployment"
	FROM_ROWS("rank int, id text, author text, path text, applied_at timestamp, md5 text, "
			  "comment text, deployment text"),
	NULL
};
static const char *const liquibase_remove[] = {
	"DELETE FROM %T WHERE filename || '::' || id || '::' || author = ANY ($1)", NULL
};
static const char *const sqitch_add[] = {
	"INSERT INTO %T (change_id, script_hash, change, project, note, committed_at, committer_name, "
	"committer_email, planned_at, planner_name, planner_email) SELECT r.change_id, r.sha1, "
	"r.change, r.project, r.note, r.applied_at, r.applied_by, r.applied_by || '@localhost', "
	"r.planned_at, r.planner_name, r.planner_email"
	FROM_ROWS("rank int, change_id text, sha1 text, change text, project text, note text, "
			  "applied_at timestamptz, applied_by text, planned_at timestamptz, planner_name text, "
			  "planner_email text") BY_RANK,
	"INSERT INTO %S.tags (tag_id, tag, project, change_id, note, committed_at, committer_name, "
	"committer_email, planned_at, planner_name, planner_email) SELECT t.tag_id, t.tag, r.project, "
	"r.change_id, t.note, r.applied_at, r.applied_by, r.applied_by || '@localhost', t.planned_at, "
	"t.planner_name, t.planner_email"
	FROM_ROWS("change_id text, project text, applied_at timestamptz, applied_by text, tags jsonb")
	"CROSS JOIN LATERAL jsonb_to_recordset(r.tags) AS t(tag_id text, tag text, note text, "
	"planned_at timestamptz, planner_name text, planner_email text) ON CONFLICT DO NOTHING",
	"INSERT INTO %S.dependencies (change_id, type, dependency, dependency_id) SELECT r.change_id, "
	"'require', d, (SELECT max(c.change_id) FROM %T c WHERE c.project = r.project AND c.change = "
	"split_part(d, '@', 1) AND c.change_id <> r.change_id)"
	FROM_ROWS("change_id text, project text, requires jsonb")
	"CROSS JOIN LATERAL jsonb_array_elements_text(r.requires) AS d ON CONFLICT DO NOTHING",
	"INSERT INTO %S.dependencies (change_id, type, dependency) SELECT r.change_id, 'conflict', d"
	FROM_ROWS("change_id text, conflicts jsonb")
	"CROSS JOIN LATERAL jsonb_array_elements_text(r.conflicts) AS d ON CONFLICT DO NOTHING",
	"INSERT INTO %S.events (event, change_id, change, project, note, requires, conflicts, tags, "
	"committed_at, committer_name, committer_email, planned_at, planner_name, planner_email) "
	"SELECT 'deploy', r.change_id, r.change, r.project, r.note, "
	"ARRAY(SELECT jsonb_array_elements_text(r.requires)), "
	"ARRAY(SELECT jsonb_array_elements_text(r.conflicts)), "
	"ARRAY(SELECT t ->> 'tag' FROM jsonb_array_elements(r.tags) AS t), r.applied_at, r.applied_by, "
	"r.applied_by || '@localhost', r.planned_at, r.planner_name, r.planner_email"
	FROM_ROWS("change_id text, change text, project text, note text, requires jsonb, "
			  "conflicts jsonb, tags jsonb, applied_at timestamptz, applied_by text, planned_at "
			  "timestamptz, planner_name text, planner_email text"),
	NULL
};
static const char *const sqitch_remove[] = {
	"INSERT INTO %S.events (event, change_id, change, project, note, requires, conflicts, tags, "
	"committed_at, committer_name, committer_email, planned_at, planner_name, planner_email) "
	"SELECT 'revert', change_id, change, project, note, '{}', '{}', '{}', clock_timestamp(), "
	"committer_name, committer_email, planned_at, planner_name, planner_email FROM %T "
	"WHERE change_id = ANY ($1)",
	"DELETE FROM %S.dependencies WHERE change_id = ANY ($1)",
	"DELETE FROM %S.tags WHERE change_id = ANY ($1)",
	"DELETE FROM %T WHERE change_id = ANY ($1)",
	NULL
};
static const char *const by_number_remove[] = {
	"DELETE FROM %T WHERE CAST(version AS text) = ANY ($1)", NULL
};
static const char *const empty_table[] = {"DELETE FROM %T", NULL};
static const char *const version_add[] = {
	"INSERT INTO %T (version) SELECT r.version" FROM_ROWS("rank int, version text") BY_RANK, NULL
};
static const char *const supabase_add[] = {
	"INSERT INTO %T (version, name, statements) SELECT r.version, r.slug, ARRAY[r.up]"
	FROM_ROWS("rank int, version text, slug text, up text") BY_RANK, NULL
};
static const char *const diesel_add[] = {
	"INSERT INTO %T (version, run_on) SELECT r.version, r.applied_at"
	FROM_ROWS("rank int, version text, applied_at timestamp") BY_RANK, NULL
};
static const char *const alembic_add[] = {
	"INSERT INTO %T (version_num) SELECT r.version" FROM_ROWS("rank int, version text") BY_RANK,
	NULL
};
static const char *const golang_add[] = {
	"INSERT INTO %T (version, dirty) SELECT max(r.version), false FROM "
	"jsonb_to_recordset($1) AS r(version bigint) HAVING count(*) > 0", NULL
};
static const char *const tern_add[] = {
	"INSERT INTO %T (version) SELECT coalesce(max(r.version), 0) FROM "
	"jsonb_to_recordset($1) AS r(version int)", NULL
};
static const char *const goose_add[] = {
	"INSERT INTO %T (version_id, is_applied, tstamp) SELECT r.version, true, r.applied_at"
	FROM_ROWS("rank int, version bigint, applied_at timestamp") BY_RANK, NULL
};
static const char *const goose_remove[] = {
	"DELETE FROM %T WHERE CAST(version_id AS text) = ANY ($1)", NULL
};
static const char *const sqlx_add[] = {
	"INSERT INTO %T (version, description, installed_on, success, checksum, execution_time) "
	"SELECT r.version, r.message, r.applied_at, true, decode(r.sha384, 'hex'), r.us * 1000"
	FROM_ROWS("rank int, version bigint, message text, applied_at timestamptz, sha384 text, "
			  "us bigint") BY_RANK, NULL
};
static const char *const prisma_add[] = {
	"INSERT INTO %T (id, checksum, finished_at, migration_name, started_at, applied_steps_count) "
	"SELECT CAST(gen_random_uuid() AS text), r.sha256, r.applied_at, r.name, r.applied_at - "
	"r.us * interval '1 microsecond', 1"
	FROM_ROWS("rank int, sha256 text, applied_at timestamptz, name text, us bigint") BY_RANK, NULL
};
static const char *const prisma_remove[] = {
	"DELETE FROM %T WHERE migration_name = ANY ($1)", NULL
};
static const char *const drizzle_add[] = {
	"INSERT INTO %T (hash, created_at) SELECT r.hash, r.at_ms"
	FROM_ROWS("rank int, hash text, at_ms bigint") BY_RANK, NULL
};
static const char *const drizzle_remove[] = {
	"DELETE FROM %T WHERE CAST(created_at AS text) = ANY ($1)", NULL
};
static const char *const node_pg_add[] = {
	"INSERT INTO %T (name, run_on) SELECT r.name, r.applied_at"
	FROM_ROWS("rank int, name text, applied_at timestamp") BY_RANK, NULL
};
static const char *const by_name_remove[] = {"DELETE FROM %T WHERE name = ANY ($1)", NULL};
static const char *const knex_add[] = {
	"INSERT INTO %T (name, batch, migration_time) SELECT r.name || '.js', "
	"(SELECT coalesce(max(batch), 0) + 1 FROM %T), r.applied_at"
	FROM_ROWS("rank int, name text, applied_at timestamptz") BY_RANK, NULL
};
static const char *const typeorm_add[] = {
	"INSERT INTO %T (\"timestamp\", name) SELECT r.version, r.class"
	FROM_ROWS("rank int, version bigint, class text") BY_RANK, NULL
};
static const char *const typeorm_remove[] = {
	"DELETE FROM %T WHERE CAST(\"timestamp\" AS text) = ANY ($1)", NULL
};
static const char *const sql_migrate_add[] = {
	"INSERT INTO %T (id, applied_at) SELECT r.name || '.sql', r.applied_at"
	FROM_ROWS("rank int, name text, applied_at timestamptz") BY_RANK, NULL
};
static const char *const sql_migrate_remove[] = {"DELETE FROM %T WHERE id = ANY ($1)", NULL};
static const char *const graphile_add[] = {
	/* the table has the number alone, whatever follows it in the file's name */
	"INSERT INTO %T (hash, previous_hash, filename, date) SELECT r.hash, nullif(r.previous, '-'), "
	"lpad(CAST(r.version AS text), 6, '0') || '.sql', r.applied_at"
	FROM_ROWS("rank int, hash text, previous text, version bigint, applied_at timestamptz")
	BY_RANK, NULL
};
static const char *const graphile_remove[] = {
	"DELETE FROM %T WHERE filename = ANY ($1)", NULL
};
static const char *const django_add[] = {
	"INSERT INTO %T (app, name, applied) SELECT r.scope, r.name, r.applied_at"
	FROM_ROWS("rank int, scope text, name text, applied_at timestamptz") BY_RANK, NULL
};
static const char *const django_remove[] = {
	"DELETE FROM %T WHERE app || '/' || name = ANY ($1)", NULL
};
static const char *const schemaver_add[] = {
	"INSERT INTO %T (revision, message, checksum, applied_at, applied_by) SELECT r.revision, "
	"r.message, r.checksum, r.applied_at, r.applied_by"
	FROM_ROWS("rank int, revision text, message text, checksum text, applied_at timestamptz, "
			  "applied_by text") BY_RANK, NULL
};
static const char *const schemaver_remove[] = {
	"DELETE FROM %T WHERE revision = ANY ($1)", NULL
};
static const char *const atlas_add[] = {
	"INSERT INTO %T (version, description, type, applied, total, executed_at, execution_time, "
	"hash, operator_version) SELECT r.version, r.message, 2, 1, 1, r.applied_at, r.us * 1000, "
	"coalesce(r.hash, ''), coalesce((SELECT max(operator_version) FROM %T), '')"
	FROM_ROWS("rank int, version text, message text, applied_at timestamptz, us bigint, "
			  "hash text") BY_RANK, NULL
};

static const AdoptTool tools[] = {
	{
		.name = "flyway",
		.tables = "flyway_schema_history schema_version",
		.columns = "installed_rank version description type script checksum installed_by "
		"installed_on execution_time success",
		.rows = "SELECT CASE WHEN version IS NULL THEN 'R:' || description "
		"WHEN type LIKE 'SQL\\_%' THEN 'B:' || version ELSE 'V:' || version END, "
		"CAST(installed_on AS timestamptz), CAST(installed_by AS text), "
		"CAST(execution_time AS bigint) * 1000, CAST(checksum AS text), "
		"CASE WHEN NOT success THEN 'it failed' END, type = 'BASELINE', "
		"CASE WHEN type = 'BASELINE' THEN 'the baseline' WHEN type NOT IN ('SQL', 'SQL_BASELINE') "
		"THEN 'of type ' || type END, CAST(NULL AS text), CAST(NULL AS text) "
		"FROM (SELECT *, row_number() OVER (PARTITION BY version, CASE WHEN version IS NULL THEN "
		"description END ORDER BY installed_rank DESC) AS last FROM %T WHERE type <> 'SCHEMA') h "
		"WHERE last = 1 AND type NOT LIKE 'UNDO%' AND type <> 'DELETE' ORDER BY installed_rank",
		.lock = sv_adopt_lock_flyway,
		.keys = sv_adopt_key_flyway,
		.row_key = sv_adopt_row_flyway,
		.agrees = sv_adopt_check_crc32,
		.add = flyway_add,
		.remove = flyway_remove,
	},
	{
		.name = "liquibase",
		.tables = "databasechangelog",
		.columns = "id author filename dateexecuted orderexecuted exectype md5sum",
		.companions = "databasechangeloglock",
		.rows = "SELECT filename || '::' || id || '::' || author, "
		"CAST(dateexecuted AS timestamptz), CAST(NULL AS text), CAST(NULL AS bigint), "
		"CAST(md5sum AS text), CASE WHEN exectype = 'FAILED' THEN 'it failed' END, false, "
		"CASE WHEN exectype = 'MARK_RAN' THEN 'marked as run, not executed' END, "
		"CAST(NULL AS text), CAST(NULL AS text) FROM %T WHERE exectype <> 'SKIPPED' "
		"ORDER BY dateexecuted, orderexecuted",
		.busy = "SELECT 'locked since ' || lockgranted || ' by ' || lockedby FROM "
		"%S.databasechangeloglock WHERE locked",
		.keys = sv_adopt_key_liquibase,
		.row_key = sv_adopt_row_liquibase,
		.is_living = sv_adopt_living_liquibase,
		.agrees = sv_adopt_check_liquibase,
		.add = liquibase_add,
		.remove = liquibase_remove,
	},
	{
		.name = "sqitch",
		.tables = "changes",
		.columns = "change_id script_hash change project note committed_at committer_name "
		"committer_email planned_at planner_name planner_email",
		.companions = "releases projects tags dependencies events",
		.sign = "+projects",
		.own_schema = true,
		.rows = "SELECT CAST(change_id AS text), committed_at, committer_name || ' <' || "
		"committer_email || '>', CAST(NULL AS bigint), CAST(script_hash AS text), "
		"CAST(NULL AS text), false, CAST(change AS text), CAST(project AS text), "
		"CAST(change AS text) FROM %T ORDER BY committed_at",
		.lock_key = 75474063,
		.keys = sv_adopt_key_sqitch,
		.row_key = sv_adopt_row_same,
		.agrees = sv_adopt_check_sha1,
		.add = sqitch_add,
		.remove = sqitch_remove,
	},
	{
		.name = "golang-migrate",
		.tables = "schema_migrations",
		.columns = "version dirty",
		.rows = "SELECT CAST(version AS text), " NO_TIME ", CAST(NULL AS text), "
		"CASE WHEN dirty THEN 'it is dirty' END, true, CAST(NULL AS text), CAST(NULL AS text), "
		"CAST(NULL AS text) FROM %T WHERE version >= 0",
		.lock = sv_adopt_lock_golang,
		.keys = sv_adopt_key_number,
		.row_key = sv_adopt_row_number,
		.add = golang_add,
		.remove = empty_table,
		.whole = true,
	},
	{
		.name = "supabase",
		.tables = "schema_migrations",
		.schema = "supabase_migrations",
		.columns = "version statements name",
		.companions = "seed_files",
		.own_schema = true,
		.rows = "SELECT CAST(version AS text), " NO_TIME ", " NOTHING_ELSE
		" FROM %T ORDER BY version",
		.keys = sv_adopt_key_number,
		.row_key = sv_adopt_row_number,
		.add = supabase_add,
		.remove = by_number_remove,
	},
	{
		.name = "rails",
		.tables = "schema_migrations",
		.columns = "version",
		.lacks = "dirty inserted_at statements",
		.companions = "ar_internal_metadata",
		.sign = "+ar_internal_metadata",
		.rows = "SELECT CAST(version AS text), " NO_TIME ", " NOTHING_ELSE
		" FROM %T ORDER BY CAST(version AS numeric)",
		.lock = sv_adopt_lock_rails,
		.keys = sv_adopt_key_rails,
		.row_key = sv_adopt_row_number,
		.add = version_add,
		.remove = by_number_remove,
	},
	{
		.name = "dbmate",
		.tables = "schema_migrations",
		.columns = "version",
		.lacks = "dirty inserted_at statements",
		.sign = "-ar_internal_metadata",
		.rows = "SELECT CAST(version AS text), " NO_TIME ", " NOTHING_ELSE
		" FROM %T ORDER BY length(version), version",
		.keys = sv_adopt_key_number,
		.row_key = sv_adopt_row_number,
		.add = version_add,
		.remove = by_number_remove,
	},
	{
		/* what a file of script(standalone => true) writes */
		.name = "schemaver",
		.tables = "applied",
		.schema = "schemaver_standalone",
		.columns = "position revision message checksum applied_at applied_by",
		.own_schema = true,
		.rows = "SELECT revision, applied_at, applied_by, CAST(NULL AS bigint), checksum, "
		"CAST(NULL AS text), false, CAST(NULL AS text), CAST(NULL AS text), CAST(NULL AS text) "
		"FROM %T ORDER BY position",
		.keys = sv_adopt_key_id,
		.row_key = sv_adopt_row_same,
		.agrees = sv_adopt_check_own,
		.add = schemaver_add,
		.remove = schemaver_remove,
	},
	{
		.name = "alembic",
		.tables = "alembic_version",
		.columns = "version_num",
		.heads_only = true,
		.rows = "SELECT CAST(version_num AS text), " NO_TIME ", " NOTHING_ELSE
		" FROM %T ORDER BY version_num",
		.keys = sv_adopt_key_id,
		.row_key = sv_adopt_row_same,
		.add = alembic_add,
		.remove = empty_table,
		.whole = true,
	},
	{
		.name = "django",
		.tables = "django_migrations",
		.columns = "app name applied",
		.rows = "SELECT app || '/' || name, CAST(applied AS timestamptz), CAST(NULL AS text), "
		"CAST(NULL AS bigint), " NO_CHECKSUM ", CAST(NULL AS text), false, CAST(NULL AS text), "
		"CAST(app AS text), CAST(NULL AS text) FROM %T ORDER BY id",
		.keys = sv_adopt_key_django,
		.row_key = sv_adopt_row_same,
		.add = django_add,
		.remove = django_remove,
	},
	{
		.name = "prisma",
		.tables = "_prisma_migrations",
		.columns = "id checksum finished_at migration_name rolled_back_at started_at "
		"applied_steps_count",
		.rows = "SELECT CAST(migration_name AS text), finished_at, CAST(NULL AS text), "
		"CAST(extract(epoch FROM finished_at - started_at) * 1000000 AS bigint), "
		"CAST(checksum AS text), "
		"CASE WHEN finished_at IS NULL THEN 'it failed or is still running' END, false, "
		"CAST(NULL AS text), CAST(NULL AS text), CAST(NULL AS text) FROM %T "
		"WHERE rolled_back_at IS NULL ORDER BY started_at, migration_name",
		.lock_key = 72707369,
		.keys = sv_adopt_key_id,
		.row_key = sv_adopt_row_same,
		.agrees = sv_adopt_check_sha256,
		.add = prisma_add,
		.remove = prisma_remove,
	},
	{
		.name = "drizzle",
		.tables = "__drizzle_migrations",
		.columns = "id hash created_at",
		.own_schema = true,
		.rows = "SELECT CAST(created_at AS text), to_timestamp(created_at / 1000.0), "
		"CAST(NULL AS text), CAST(NULL AS bigint), CAST(hash AS text), CAST(NULL AS text), false, "
		"CAST(NULL AS text), CAST(NULL AS text), CAST(NULL AS text) FROM %T ORDER BY id",
		.keys = sv_adopt_key_drizzle,
		.row_key = sv_adopt_row_same,
		.agrees = sv_adopt_check_hash,
		.add = drizzle_add,
		.remove = drizzle_remove,
	},
	{
		.name = "node-pg-migrate",
		.tables = "pgmigrations",
		.columns = "id name run_on",
		.rows = "SELECT CAST(name AS text), CAST(run_on AS timestamptz), CAST(NULL AS text), "
		"CAST(NULL AS bigint), " NOTHING_ELSE " FROM %T ORDER BY id",
		.lock_key = INT64CONST(7241865325823964),
		.keys = sv_adopt_key_file,
		.row_key = sv_adopt_row_file,
		.add = node_pg_add,
		.remove = by_name_remove,
	},
	{
		.name = "knex",
		.tables = "knex_migrations",
		.columns = "id name batch migration_time",
		.companions = "knex_migrations_lock",
		.rows = "SELECT CAST(name AS text), CAST(migration_time AS timestamptz), "
		"CAST(NULL AS text), CAST(NULL AS bigint), " NOTHING_ELSE " FROM %T ORDER BY id",
		.busy = "SELECT 'knex_migrations_lock is locked' FROM %S.knex_migrations_lock WHERE "
		"is_locked = 1",
		.keys = sv_adopt_key_file,
		.row_key = sv_adopt_row_file,
		.add = knex_add,
		.remove = by_name_remove,
	},
	{
		.name = "typeorm",
		.tables = "migrations",
		.columns = "id timestamp name",
		.lacks = "batch",
		.rows = "SELECT CAST(\"timestamp\" AS text), to_timestamp(\"timestamp\" / 1000.0), "
		"CAST(NULL AS text), CAST(NULL AS bigint), " NO_CHECKSUM ", CAST(NULL AS text), false, "
		"CAST(name AS text), CAST(NULL AS text), CAST(NULL AS text) FROM %T ORDER BY id",
		.keys = sv_adopt_key_number,
		.row_key = sv_adopt_row_number,
		.add = typeorm_add,
		.remove = typeorm_remove,
	},
	{
		.name = "goose",
		.tables = "goose_db_version",
		.columns = "id version_id is_applied tstamp",
		.companions = "goose_lock",
		.rows = "SELECT CAST(version_id AS text), CAST(tstamp AS timestamptz), "
		"CAST(NULL AS text), CAST(NULL AS bigint), " NOTHING_ELSE " FROM (SELECT DISTINCT ON "
		"(version_id) * FROM %T WHERE version_id > 0 ORDER BY version_id, id DESC) l "
		"WHERE is_applied ORDER BY id",
		.lock_key = INT64CONST(4097083626),
		.keys = sv_adopt_key_number,
		.row_key = sv_adopt_row_number,
		.add = goose_add,
		.remove = goose_remove,
	},
	{
		.name = "sqlx",
		.tables = "_sqlx_migrations",
		.columns = "version description installed_on success checksum execution_time",
		.rows = "SELECT CAST(version AS text), installed_on, CAST(NULL AS text), "
		"greatest(execution_time, 0) / 1000, encode(checksum, 'hex'), "
		"CASE WHEN NOT success THEN 'it failed' END, false, CAST(NULL AS text), "
		"CAST(NULL AS text), CAST(NULL AS text) FROM %T ORDER BY version",
		.lock = sv_adopt_lock_sqlx,
		.keys = sv_adopt_key_number,
		.row_key = sv_adopt_row_number,
		.agrees = sv_adopt_check_sha384,
		.add = sqlx_add,
		.remove = by_number_remove,
	},
	{
		.name = "diesel",
		.tables = "__diesel_schema_migrations",
		.columns = "version run_on",
		.rows = "SELECT CAST(version AS text), CAST(run_on AS timestamptz), CAST(NULL AS text), "
		"CAST(NULL AS bigint), " NOTHING_ELSE " FROM %T ORDER BY run_on, version",
		.keys = sv_adopt_key_number,
		.row_key = sv_adopt_row_number,
		.add = diesel_add,
		.remove = by_number_remove,
	},
	{
		.name = "refinery",
		.tables = "refinery_schema_history",
		.columns = "version name applied_on checksum",
		.rows = "SELECT CAST(version AS text), CAST(applied_on AS timestamptz), "
		"CAST(NULL AS text), CAST(NULL AS bigint), " NO_CHECKSUM ", CAST(NULL AS text), false, "
		"'its checksum is not compared', CAST(NULL AS text), CAST(NULL AS text) "
		"FROM %T ORDER BY version",
		.keys = sv_adopt_key_number,
		.row_key = sv_adopt_row_number,
	},
	{
		.name = "tern",
		.tables = "schema_version",
		.columns = "version",
		.lacks = "installed_rank version_rank",
		.rows = "SELECT CAST(version AS text), " NO_TIME ", CAST(NULL AS text), "
		"CAST(NULL AS text), true, CAST(NULL AS text), CAST(NULL AS text), CAST(NULL AS text) "
		"FROM %T WHERE version > 0",
		.lock_key = INT64CONST(9628173550095224),
		.keys = sv_adopt_key_number,
		.row_key = sv_adopt_row_number,
		.add = tern_add,
		.remove = empty_table,
		.whole = true,
	},
	{
		.name = "sql-migrate",
		.tables = "gorp_migrations",
		.columns = "id applied_at",
		.rows = "SELECT CAST(id AS text), CAST(applied_at AS timestamptz), CAST(NULL AS text), "
		"CAST(NULL AS bigint), " NOTHING_ELSE " FROM %T ORDER BY applied_at, id",
		.keys = sv_adopt_key_file,
		.row_key = sv_adopt_row_file,
		.add = sql_migrate_add,
		.remove = sql_migrate_remove,
	},
	{
		.name = "graphile-migrate",
		.tables = "migrations",
		.schema = "graphile_migrate",
		.columns = "hash previous_hash filename date",
		.companions = "current",
		.own_schema = true,
		.rows = "SELECT CAST(filename AS text), CAST(date AS timestamptz), CAST(NULL AS text), "
		"CAST(NULL AS bigint), CAST(hash AS text), CAST(NULL AS text), false, CAST(NULL AS text), "
		"CAST(NULL AS text), CAST(NULL AS text) FROM %T ORDER BY filename",
		.lock_key = INT64CONST(4727445306447283),
		.keys = sv_adopt_key_number,
		.row_key = sv_adopt_row_number,
		.agrees = sv_adopt_check_hash,
		.add = graphile_add,
		.remove = graphile_remove,
	},
	{
		.name = "atlas",
		.tables = "atlas_schema_revisions",
		.columns = "version description type applied total executed_at execution_time error hash",
		.own_schema = true,
		.rows = "SELECT CAST(version AS text), executed_at, CAST(NULL AS text), "
		"execution_time / 1000, nullif(CAST(hash AS text), ''), CASE WHEN applied < total THEN "
		"'only ' || applied || ' of ' || total || ' statements are done' || coalesce(': ' || "
		"error, '') END, type = 1, CASE WHEN type = 1 THEN 'the baseline' END, CAST(NULL AS text), "
		"CAST(NULL AS text) "
		"FROM %T WHERE version NOT LIKE '.%' ORDER BY executed_at, version",
		.keys = sv_adopt_key_number,
		.row_key = sv_adopt_row_number,
		.agrees = sv_adopt_check_hash,
		.add = atlas_add,
		.remove = by_number_remove,
	},
	{
		.name = "custom",
		.keys = sv_adopt_key_id,
		.row_key = sv_adopt_row_same,
		.agrees = sv_adopt_check_any,
	},
};

/* The tool at a place of the table, or NULL behind its end. */
const AdoptTool *
sv_adopt_tool_at(int i)
{
	return i < lengthof(tools) ? &tools[i] : NULL;
}

/* "flyway, liquibase, ...": for messages. */
char *
sv_adopt_names(void)
{
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < lengthof(tools); i++)
		appendStringInfo(&out, "%s%s", i > 0 ? ", " : "", tools[i].name);
	return out.data;
}

/* The tool of that name; error if there is none. */
const AdoptTool *
sv_adopt_tool(const char *name)
{
	for (int i = 0; i < lengthof(tools); i++)
	{
		if (strcmp(tools[i].name, name) == 0)
			return &tools[i];
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown migration tool \"%s\"", name),
			 errhint("Known are %s.", sv_adopt_names())));
	return NULL;
}
