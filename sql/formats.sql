-- Which format is a folder in, in which order does it run, and which half is the down?
CREATE EXTENSION schemaver;
\pset null -
-- Reads a folder given as one text, shows what it came to, and forgets it.
CREATE FUNCTION read(files text, format text DEFAULT NULL, variables jsonb DEFAULT NULL)
RETURNS TABLE (id text, revises text, message text, up text, down text, options jsonb) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM schemaver.load('folder', files, format, variables => variables);
	RETURN QUERY SELECT r.revision, array_to_string(r.revises, ' '), r.message,
		btrim(regexp_replace(s.up, '\s+', ' ', 'g')), btrim(regexp_replace(s.down, '\s+', ' ', 'g')), r.options
	FROM schemaver.revision r JOIN schemaver.script s USING (revision) ORDER BY r.position;
	DELETE FROM schemaver.revision;
	DELETE FROM schemaver.revision_child;
	DELETE FROM schemaver.script;
	DELETE FROM schemaver.loaded;
	DELETE FROM schemaver.tag;
	DELETE FROM schemaver.replaced;
EXCEPTION WHEN OTHERS THEN
	RETURN QUERY SELECT SQLSTATE, '', SQLERRM, '', '', NULL::jsonb;
END$$;

-- by version, as numbers; up and down by their version, whatever their titles are
SELECT * FROM read('-- schemaver:file 10_c.up.sql
CREATE TABLE c ();
-- schemaver:file 2_b.down.sql
DROP TABLE b;
-- schemaver:file 2_add_b.up.sql
CREATE TABLE b ();
-- schemaver:file 1_a.autocommit.up.sql
CREATE INDEX CONCURRENTLY i ON a (b);
-- schemaver:file 1_a.down.sql
');
-- dialects of pop, and its templates
SELECT * FROM read('-- schemaver:file 1_a.up.sql
x
-- schemaver:file 1_a.postgres.up.sql
CREATE TABLE {{ index .Options "Namespace" }}.a ();
-- schemaver:file 1_a.mysql.up.sql
x
', variables => '{"Namespace": "auth"}');
SELECT * FROM read('-- schemaver:file 1_a.up.sql

CREATE TABLE {{ index .Options "Namespace" }}.a ();
');
-- diesel
SELECT * FROM read('-- schemaver:file 2026-01-02-000000_two/up.sql
SELECT 2;
-- schemaver:file 2026-01-02-000000_two/metadata.toml
run_in_transaction = false
-- schemaver:file 20250101000000_one/up.sql
SELECT 1;
');
-- flyway: V2 before V2.1 before V10, U is the way back
SELECT * FROM read('-- schemaver:file V10__ten.sql
SELECT 10;
-- schemaver:file V2_1__two_one.sql
SELECT 2.1;
-- schemaver:file more/V2__two.sql
SELECT 2;
-- schemaver:file U2.1__two_one.sql
SELECT -2.1;
-- schemaver:file V2_1__two_one.sql.conf
executeInTransaction=false
');
SELECT * FROM read('-- schemaver:file V1__a.sql
SELECT 1;
-- schemaver:file V1.0__b.sql
SELECT 1;
');
SELECT * FROM read('-- schemaver:file V1__a.sql
SELECT 1;
-- schemaver:file afterMigrate.sql
SELECT 1;
');
SELECT * FROM read('-- schemaver:file V1__a.sql

SELECT ''${who}'';
');
SELECT id, revises, message, options FROM read('-- schemaver:file V1__a.sql
SELECT 1;
-- schemaver:file V3__c.sql
SELECT 3;
-- schemaver:file B2__all.sql
SELECT 12;
');
-- refinery: U is an upgrade
SELECT * FROM read('-- schemaver:file V1__a.sql
SELECT 1;
-- schemaver:file U2__b.sql
SELECT 2;
', 'refinery');
-- goose
SELECT * FROM read('-- schemaver:file 00002_two.sql
-- +goose NO TRANSACTION
-- +goose Up
VACUUM;
-- schemaver:file 00001_one.sql
-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS ''SELECT 1;''
-- +goose StatementEnd
CREATE TABLE a ();
-- +goose Down
DROP TABLE a;
');
SELECT * FROM read('-- schemaver:file 1_a.sql
-- +goose Up
-- +goose Upp
');
-- dbmate
SELECT * FROM read('-- schemaver:file 20260101_a.sql
-- migrate:up transaction:false
SELECT 1;
-- migrate:down
SELECT -1;
');
-- sql-migrate: the file is the id
SELECT * FROM read('-- schemaver:file 20260101-2.sql
-- +migrate Up notransaction
SELECT 2;
-- +migrate Down
-- schemaver:file 20260101-1.sql
-- +migrate Up
SELECT 1;
-- +migrate Down
SELECT -1;
');
-- tern, node-pg-migrate, rambler, mybatis, play
SELECT * FROM read('-- schemaver:file 002_b.sql
{{ template "shared/f.sql" . }}
---- create above / drop below ----
DROP FUNCTION f;
-- schemaver:file 001_a.sql
CREATE TABLE a ();
-- schemaver:file shared/f.sql
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS ''SELECT 1'';
');
-- tern.conf has values, those of the call count before them
SELECT id, up, down FROM read('-- schemaver:file tern.conf
[database]
prefix = wrong
[data]
# prefix = wrong
prefix2 = wrong
prefix = my app
name={{env "NAME"}}
-- schemaver:file 001_a.sql
SELECT ''{{.prefix}} {{.name}}'';
---- create above / drop below ----
', variables => '{"name": "x"}');
SELECT * FROM read('-- schemaver:file tern.conf
[data]
name={{env "NAME"}}
-- schemaver:file 001_a.sql
SELECT ''{{.name}}'';
---- create above / drop below ----
');
SELECT * FROM read('-- schemaver:file 1_a.sql
-- Up Migration
SELECT 1;
-- Down Migration
SELECT -1;
');
SELECT * FROM read('-- schemaver:file 1_a.sql
-- rambler up
SELECT 1;
-- rambler down
SELECT -1;
');
SELECT * FROM read('-- schemaver:file 1_a.sql
SELECT 1;
-- //@UNDO
SELECT -1;
');
SELECT * FROM read('-- schemaver:file 1.sql
# --- !Ups
SELECT 1;
# --- !Downs
SELECT -1;
');
-- prisma, drizzle, folders
SELECT * FROM read('-- schemaver:file 20260102_b/migration.sql
SELECT 2; COMMIT; SELECT 3;
-- schemaver:file 20260101_a/migration.sql
SELECT 1; COMMIT;
');
SELECT * FROM read('-- schemaver:file 0000_a.sql
SELECT 1
--> statement-breakpoint
SELECT 2;--> statement-breakpoint
SELECT 3
-- schemaver:file 0001_b.sql
SELECT 4;
-- schemaver:file 0002_draft.sql
SELECT 5;
-- schemaver:file meta/_journal.json
{"entries": [{"idx": 0, "tag": "0001_b"}, {"idx": 1, "tag": "0000_a"}]}
');
SELECT * FROM read('-- schemaver:file v1.10/a.sql
SELECT 110;
-- schemaver:file v1.9/a.sql
SELECT 19;
-- schemaver:file v1.9/b.sql
SELECT 190;
-- schemaver:file v1.9/manifest.json
{"CurrVersion": "1.9", "Files": ["b.sql", "a.sql"]}
');
-- graphile-migrate: the hash is checked
SELECT * FROM read('-- schemaver:file committed/000001-a.sql
--! Previous: -
--! Hash: sha1:7ac85ab82e7d535d6fd133aaf820289af70516e7

create table t(a int);
');
SELECT * FROM read('-- schemaver:file committed/000001-a.sql
--! Previous: -
--! Hash: sha1:7ac85ab82e7d535d6fd133aaf820289af70516e7

create table t(a bigint);
');
-- alembic upgrade --sql, structure.sql
SELECT * FROM read('-- schemaver:file all.sql
BEGIN;

CREATE TABLE alembic_version (version_num varchar(32));

-- Running upgrade  -> a1b2

CREATE TABLE a ();

-- Running upgrade a1b2 -> c3d4, add b

CREATE TABLE b ();

COMMIT;
');
SELECT id, message FROM read('-- schemaver:file db/structure.sql
CREATE TABLE schema_migrations (version varchar);
INSERT INTO "schema_migrations" (version) VALUES
(''20250101000000''),
(''20260101000000'');
');
-- sqitch: order, dependencies, rework, tags
SELECT * FROM read('-- schemaver:file sqitch.plan
%syntax-version=1.0.0
%project=demo

schema 2026-01-02T03:04:05Z A <a@example.com> # The schema.
users [schema] 2026-01-02T03:05:05Z A <a@example.com>
@v1 2026-01-02T03:06:05Z A <a@example.com>
users [users@v1] 2026-01-02T03:08:05Z A <a@example.com> # Again.
-- schemaver:file deploy/schema.sql
BEGIN; CREATE SCHEMA s; COMMIT;
-- schemaver:file deploy/users@v1.sql
SELECT 1;
-- schemaver:file deploy/users.sql
SELECT 2;
-- schemaver:file revert/schema.sql
DROP SCHEMA s;
-- schemaver:file deploy/other.sql
SELECT 3;
');
-- liquibase
SELECT * FROM read('-- schemaver:file db/one.sql
--liquibase formatted sql
--property name:t value:accounts

--changeset ann:1 runInTransaction:false
--comment: adds the table
CREATE TABLE ${t} ();
--rollback DROP TABLE ${t};
--changeset ann:2 endDelimiter:/
SELECT 1
/
SELECT 2
/
--changeset ann:3 dbms:mysql
x
-- schemaver:file two.sql
SELECT 3;
-- schemaver:file root.yaml
databaseChangeLog:
  - include:
      file: two.sql
  - include:
      file: db/one.sql
      relativeToChangelogFile: true
');
SELECT * FROM read('-- schemaver:file root.xml
<?xml version="1.0"?>
<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog">
  <!-- old ones -->
  <includeAll path="db"/>
  <changeSet id="1" author="a"><createTable tableName="t"/></changeSet>
</databaseChangeLog>
-- schemaver:file db/one.sql
SELECT 1;
');
-- sqlx and Atlas: one file, and no transaction
SELECT * FROM read('-- schemaver:file 2_b.sql
-- no-transaction
SELECT 2;
-- schemaver:file 1_a.sql
-- atlas:txmode none

SELECT 1;
');
-- atlas.sum
SELECT * FROM read('-- schemaver:file 1_a.sql
SELECT 1;
-- schemaver:file atlas.sum
h1:x
1_a.sql h1:x
');
-- two files with one version have their names as ids
SELECT id, revises FROM read('-- schemaver:file 0105_b.sql
SELECT 2;
-- schemaver:file 0105_a.sql
SELECT 1;
');
-- never read as what it is not
SELECT * FROM read('-- schemaver:file 1_a.sql
-- +goose Up
SELECT 1;
-- +goose Down
DROP TABLE a;
', 'plain');
-- nor a single file of whatever name
SELECT * FROM schemaver.load('a', E'-- +goose Up\nSELECT 1;\n-- +goose Down\nDROP TABLE a;\n', 'plain');
SELECT * FROM schemaver.load('.a', E'-- migrate:up\nSELECT 1;\n-- migrate:down\nDROP TABLE a;\n', 'plain');
SELECT * FROM read('-- schemaver:file 1_a.sql
-- +goose Up
SELECT 1;
-- schemaver:file 2_b.sql
-- migrate:up
SELECT 1;
');
SELECT * FROM read('-- schemaver:file 0001_initial.py
x
');
SELECT * FROM read('-- schemaver:file README.md
x
');
-- a bundle's marks can be counted, so that no text fakes one
SELECT * FROM read('-- schemaver:file:30 1_a.sql
SELECT 1;
-- schemaver:file x

-- schemaver:file:10 2_b.sql
SELECT 2;
');
SELECT * FROM read('-- schemaver:file:99 1_a.sql
SELECT 1;
');
-- a source: its ids are SOURCE/ID, the bare id is enough while it is the only one
SELECT * FROM schemaver.load('folder', '-- schemaver:file 0001_a.sql
CREATE TABLE a ();
-- schemaver:file 0002_b.sql
CREATE TABLE b ();
', source => 'shop');
SELECT * FROM schemaver.load('0001_x.sql', 'CREATE TABLE x ();', source => 'blog');
SELECT revision, revises FROM schemaver.history();
SELECT * FROM schemaver.resolve('0002');
\set VERBOSITY terse
SELECT * FROM schemaver.resolve('0001');
SELECT * FROM schemaver.resolve('shop/0001');
-- another file never takes over an id
SELECT * FROM schemaver.load('0002_other.sql', 'CREATE TABLE other ();', source => 'shop');
SELECT * FROM schemaver.load('shop/0001.sql', E'-- schemaver:revision shop/0001\n-- schemaver:up\nSELECT 1;');
-- a file that is gone is reported, and removed only on request
SELECT * FROM schemaver.load('folder', '-- schemaver:file 0001_a.sql
CREATE TABLE a ();
', source => 'shop');
SELECT * FROM schemaver.load('folder', '-- schemaver:file 0001_a.sql
CREATE TABLE a ();
', source => 'shop', prune => true);
-- what stands behind it goes on to revise it
SELECT file, action FROM schemaver.load('folder', '-- schemaver:file 1_a.sql
CREATE TABLE a ();
-- schemaver:file 2_b.sql
CREATE TABLE b ();
-- schemaver:file 3_c.sql
CREATE TABLE c ();
', source => 'gone');
SELECT file, action FROM schemaver.load('folder', '-- schemaver:file 1_a.sql
CREATE TABLE a ();
-- schemaver:file 3_c.sql
CREATE TABLE c ();
', source => 'gone');
SELECT revision, revises FROM schemaver.revision WHERE revision LIKE 'gone/%' ORDER BY position;
SELECT file, action FROM schemaver.load('folder', '-- schemaver:file 1_a.sql
CREATE TABLE a ();
-- schemaver:file 3_c.sql
CREATE TABLE c ();
', source => 'gone', prune => true);
SELECT revision, revises FROM schemaver.revision WHERE revision LIKE 'gone/%' ORDER BY position;
SELECT count(*) FROM (SELECT schemaver.remove(r) FROM unnest(ARRAY['gone/3', 'gone/1']) r) x;
-- validate: every finding, and nothing registered
SELECT * FROM schemaver.load('folder', '-- schemaver:file 0001_a.sql
CREATE TABLE a ();
-- schemaver:file 0003_c.up.sql
SELEC 1;
-- schemaver:file 0004_d.up.sql
SELECT 1;
', source => 'shop', validate => true);
SELECT * FROM schemaver.load('folder', '-- schemaver:file 0003_c.up.sql
SELEC 1;
-- schemaver:file 0003_c.down.sql
DROPP TABLE c;
-- schemaver:file 0004_d.up.sql
SELECT 1;
', source => 'new', validate => true);
SELECT revision FROM schemaver.history();
-- broken downs: all of them are named, or they are derived
SELECT * FROM schemaver.load('folder', '-- schemaver:file 1_a.up.sql
SELECT 1;
-- schemaver:file 1_a.down.sql
DROPP a;
-- schemaver:file 2_b.up.sql
SELECT 2;
-- schemaver:file 2_b.down.sql
DROPP b;
', source => 'downs');
SELECT * FROM schemaver.load('folder', '-- schemaver:file 1_a.up.sql
SELECT 1;
-- schemaver:file 1_a.down.sql
DROPP a;
', source => 'downs', broken_downs => 'derive');
\set VERBOSITY default
DROP FUNCTION read;
DROP EXTENSION schemaver;
