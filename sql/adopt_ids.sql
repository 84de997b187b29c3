-- Are ids and checksums those that the tools compute?  The values are published, or were printed by the tools.
CREATE EXTENSION schemaver;
SET timezone = 'UTC';
SET schemaver.progress = off;
SET client_min_messages = warning;
SELECT count(*) FROM schemaver.load('files', $$-- schemaver:file sqitch.plan
%syntax-version=1.0.0
%project=demo
%uri=https://example.com/demo

appschema 2026-01-02T03:04:05Z Ann Lee <ann@example.com> # Adds the schema.
users [appschema] 2026-01-02T03:05:05Z Ann Lee <ann@example.com> # Users.\nSecond line é.
@v1 2026-01-02T03:06:05Z Ann Lee <ann@example.com> # Tag v1.

accounts [users !legacy appschema@v1] 2026-01-02T03:07:05Z Ann Lee <ann@example.com>
users [users@v1] 2026-01-02T03:08:05Z Ann Lee <ann@example.com> # Reworked.
-- schemaver:file deploy/appschema.sql
CREATE SCHEMA app;
-- schemaver:file deploy/users@v1.sql
CREATE TABLE app.users (x int);
-- schemaver:file deploy/accounts.sql
CREATE TABLE app.accounts (x int);
-- schemaver:file deploy/users.sql
ALTER TABLE app.users ADD y int;
$$, source => 'sq');
SELECT revision, details ->> 'change_id' AS change_id, details #>> '{tags,0,tag_id}' AS tag_id FROM schemaver.loaded ORDER BY file;

-- Sqitch's registry: an edited line of the plan, an edited script
CREATE SCHEMA sqitch;
CREATE TABLE sqitch.releases (version real PRIMARY KEY);
CREATE TABLE sqitch.projects (project text PRIMARY KEY, uri text UNIQUE);
CREATE TABLE sqitch.changes (change_id text PRIMARY KEY, script_hash text, change text NOT NULL, project text NOT NULL REFERENCES sqitch.projects, note text NOT NULL DEFAULT '',
	committed_at timestamptz NOT NULL, committer_name text NOT NULL, committer_email text NOT NULL, planned_at timestamptz NOT NULL, planner_name text NOT NULL, planner_email text NOT NULL, UNIQUE (project, script_hash));
CREATE TABLE sqitch.tags (tag_id text PRIMARY KEY, tag text NOT NULL, project text NOT NULL REFERENCES sqitch.projects, change_id text NOT NULL REFERENCES sqitch.changes, note text NOT NULL DEFAULT '',
	committed_at timestamptz NOT NULL, committer_name text NOT NULL, committer_email text NOT NULL, planned_at timestamptz NOT NULL, planner_name text NOT NULL, planner_email text NOT NULL, UNIQUE (project, tag));
CREATE TABLE sqitch.dependencies (change_id text NOT NULL REFERENCES sqitch.changes ON DELETE CASCADE, type text NOT NULL, dependency text NOT NULL, dependency_id text REFERENCES sqitch.changes,
	PRIMARY KEY (change_id, dependency), CHECK (type = 'require' AND dependency_id IS NOT NULL OR type = 'conflict' AND dependency_id IS NULL));
CREATE TABLE sqitch.events (event text NOT NULL, change_id text NOT NULL, change text NOT NULL, project text NOT NULL, note text NOT NULL, requires text[] NOT NULL, conflicts text[] NOT NULL, tags text[] NOT NULL,
	committed_at timestamptz NOT NULL, committer_name text NOT NULL, committer_email text NOT NULL, planned_at timestamptz NOT NULL, planner_name text NOT NULL, planner_email text NOT NULL, PRIMARY KEY (change_id, committed_at));
INSERT INTO sqitch.projects VALUES ('demo', 'https://example.com/demo');
INSERT INTO sqitch.changes (change_id, script_hash, change, project, committed_at, committer_name, committer_email, planned_at, planner_name, planner_email) VALUES
	('68cc3a2f96c492e9a63357f21a89f4513d107147', '63617e42f4b4f92296a2823ab34fcc4032ef8149', 'appschema', 'demo', '2026-01-03 10:00', 'Ann', 'ann@x', '2026-01-02', 'Ann', 'ann@x'),
	('aa11', 'b', 'users', 'demo', '2026-01-03 11:00', 'Ann', 'ann@x', '2026-01-02', 'Ann', 'ann@x');
SELECT * FROM schemaver.adopt('sqitch', 'sq');
UPDATE sqitch.changes SET change_id = '01dda0d3235eb419b2f65cfa7e26390712225ad0' WHERE change_id = 'aa11';
CREATE SCHEMA app;
CREATE TABLE app.users (x int);
SELECT migration, revision, state FROM schemaver.adopt('sqitch', 'sq', dry_run => false, accept => 'changed', verify => true);
SELECT count(*) FROM jsonb_path_query(schemaver.snapshot(), '$[*]') o WHERE o::text LIKE '%sqitch%';
SELECT count(*) FROM schemaver.upgrade();
SELECT * FROM schemaver.release('sqitch', 'sq');
SELECT change, c.project, c.note, t.tag FROM sqitch.changes c LEFT JOIN sqitch.tags t USING (change_id) ORDER BY c.committed_at, c.change;
SELECT (SELECT change FROM sqitch.changes c WHERE c.change_id = d.change_id), type, dependency, (SELECT change FROM sqitch.changes c WHERE c.change_id = d.dependency_id) AS needed FROM sqitch.dependencies d ORDER BY 1, 2, 3;
SELECT event, change, requires, conflicts, tags FROM sqitch.events ORDER BY committed_at, change;
SELECT count(*) FROM schemaver.downgrade('sq/users', allow_data_loss => true);
SELECT count(*) FROM schemaver.release('sqitch', 'sq');
SELECT change FROM sqitch.changes ORDER BY 1;
SELECT event, change FROM sqitch.events ORDER BY committed_at, change;

-- Liquibase: select 1
SELECT count(*) FROM schemaver.load('a.sql', E'--liquibase formatted sql\n--changeset a:1\nselect 1\n', source => 'l');
SELECT details #>> '{checksums,0}' FROM schemaver.loaded WHERE source = 'l';

-- Flyway: CRC-32 of the lines
SELECT count(*) FROM schemaver.load('V1__x.sql', 'alter table location_history add column valid_until timestamp with time zone;' || E'\n', source => 'f');
SELECT migration, state FROM schemaver.adopt('custom', 'f', query => $$SELECT '1', now(), 'ann', '-1039259818'$$);
SELECT migration, state FROM schemaver.adopt('custom', 'f', query => $$SELECT '1', now(), 'ann', '-1039259817'$$);

-- graphile-migrate
SELECT count(*) FROM schemaver.load('committed/000001.sql', E'--! Previous: -\n--! Hash: sha1:7ac85ab82e7d535d6fd133aaf820289af70516e7\n\ncreate table t(a int);\n', source => 'g');
-- its table has the number alone, whatever follows it in the file's name
CREATE SCHEMA graphile_migrate;
CREATE TABLE graphile_migrate.migrations (hash text PRIMARY KEY, previous_hash text REFERENCES graphile_migrate.migrations, filename text NOT NULL, date timestamptz NOT NULL DEFAULT now());
INSERT INTO graphile_migrate.migrations VALUES ('sha1:7ac85ab82e7d535d6fd133aaf820289af70516e7', NULL, '000001.sql', now());
SELECT action FROM schemaver.load('folder', E'-- schemaver:file committed/000001-the-first.sql\n--! Previous: -\n--! Hash: sha1:7ac85ab82e7d535d6fd133aaf820289af70516e7\n--! Message: the first\n\ncreate table t(a int);\n', source => 'n');
SELECT migration, revision, state, finding FROM schemaver.adopt('graphile-migrate', 'n');
SELECT count(*) FROM schemaver.adopt('graphile-migrate', 'n', dry_run => false);
SELECT schemaver.revision('two', 'SELECT 1', id => 'n/two', revises => '{n/000001}') IS NOT NULL AS done;
SELECT count(*) FROM schemaver.upgrade('n/two');
SELECT revision, action FROM schemaver.release('graphile-migrate', 'n');
SELECT previous_hash, filename ~ '^\d{6}\.sql$' AS named FROM graphile_migrate.migrations ORDER BY date;
DROP EXTENSION schemaver;
DROP SCHEMA sqitch, app, graphile_migrate CASCADE;
