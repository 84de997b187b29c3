-- Which files beside the migrations are left out, and which are refused by name?
CREATE EXTENSION schemaver;
\pset null -
-- Reads a folder given as one text, shows what each file came to, and forgets it.
CREATE FUNCTION files(files text, format text DEFAULT NULL)
RETURNS TABLE (file text, revision text, action text, finding text) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY SELECT * FROM schemaver.load('folder', files, format, validate => false);
	DELETE FROM schemaver.revision;
	DELETE FROM schemaver.revision_child;
	DELETE FROM schemaver.script;
	DELETE FROM schemaver.loaded;
	DELETE FROM schemaver.replaced;
EXCEPTION WHEN OTHERS THEN
	RETURN QUERY SELECT '', SQLSTATE, '', SQLERRM;
END$$;
-- the dump that a tool writes beside its migrations
SELECT * FROM files('-- schemaver:file migrations/1_a.up.sql
CREATE TABLE a ();
-- schemaver:file schema.sql
--
-- PostgreSQL database dump
--
CREATE TABLE a ();
');
SELECT * FROM files('-- schemaver:file migrations/1_a.sql
-- migrate:up
CREATE TABLE a ();
-- schemaver:file schema.sql
CREATE TABLE a ();
-- Dbmate schema migrations
');
-- Supabase's seeds are no migrations; any other file without a version has no place
SELECT * FROM files('-- schemaver:file migrations/1_a.sql
CREATE TABLE a ();
-- schemaver:file seed.sql
INSERT INTO a DEFAULT VALUES;
-- schemaver:file roles.sql
CREATE ROLE r;
');
SELECT * FROM files('-- schemaver:file 1_a.sql
CREATE TABLE a ();
-- schemaver:file views.sql
CREATE VIEW v AS SELECT 1;
');
SELECT file, action FROM files('-- schemaver:file 1_a.sql
CREATE TABLE a ();
-- schemaver:file views.sql
CREATE VIEW v AS SELECT 1;
', 'plain');
-- code, whatever a tool calls it
SELECT * FROM files('-- schemaver:file ae1027a6acf0_users.py
x
-- schemaver:file 1_a.sql
SELECT 1;
');
SELECT * FROM files('-- schemaver:file Version20260101120000.php
x
-- schemaver:file 1_a.sql
SELECT 1;
');
-- but not if the dump of Rails has its version
SELECT * FROM files('-- schemaver:file db/structure.sql
CREATE TABLE a ();
INSERT INTO "schema_migrations" (version) VALUES
(''20260102000000''),
(''20260101000000'');
-- schemaver:file db/migrate/20260101000000_a.rb
x
-- schemaver:file db/seeds.rb
x
');
SELECT * FROM files('-- schemaver:file db/structure.sql
CREATE TABLE a ();
INSERT INTO "schema_migrations" (version) VALUES
(''20260101000000'');
-- schemaver:file db/migrate/20260102000000_b.rb
x
');
-- Prisma's way back; migrations for another system
SELECT file, revision, action FROM files('-- schemaver:file migrations/1_a/migration.sql
CREATE TABLE a ();
-- schemaver:file migrations/1_a/down.sql
DROP TABLE a;
');
SELECT * FROM files('-- schemaver:file migration_lock.toml
# do not edit
provider = "mysql"
-- schemaver:file 1_a/migration.sql
CREATE TABLE a ();
');
SELECT * FROM files('-- schemaver:file meta/_journal.json
{"dialect": "sqlite", "entries": [{"tag": "0000_a"}]}
-- schemaver:file 0000_a.sql
CREATE TABLE a ();
');
-- Drizzle without a journal
SELECT * FROM files('-- schemaver:file 20260102_b/migration.sql
CREATE TABLE b ();
-- schemaver:file 20260101_a/migration.sql
CREATE TABLE a ()
--> statement-breakpoint
CREATE TABLE a2 ()
');
-- graphile-migrate runs what is committed
SELECT * FROM files('-- schemaver:file committed/000001.sql
--! Previous: -
--! Hash: sha1:7ac85ab82e7d535d6fd133aaf820289af70516e7

create table t(a int);
-- schemaver:file current/1.sql
x
-- schemaver:file fixtures/f.sql
x
-- schemaver:file afterReset.sql
x
');
-- a manifest has the order, even if the names could have one
SELECT revision FROM files('-- schemaver:file v1.9/1_a.sql
CREATE TABLE a ();
-- schemaver:file v1.9/2_b.sql
CREATE TABLE b ();
-- schemaver:file v1.9/manifest.json
["2_b.sql", "1_a.sql"]
');
-- versions that differ in zeros alone are one
SELECT * FROM files('-- schemaver:file V1.0__a.sql
SELECT 1;
-- schemaver:file V01__b.sql
SELECT 1;
');
-- what Django could not write is no empty step
SELECT * FROM files('-- schemaver:file 0002_fill.sql
BEGIN;
--
-- Raw Python operation
--
-- THIS OPERATION CANNOT BE WRITTEN AS SQL
COMMIT;
');
-- a plan can have another name
SELECT * FROM files('-- schemaver:file my.plan
%project=demo
a 2026-01-02T03:04:05Z A <a@example.com>
-- schemaver:file sqitch.conf
[core]
	plan_file = my.plan
-- schemaver:file deploy/a.sql
SELECT 1;
');
DROP FUNCTION files;
DROP EXTENSION schemaver;
