-- Names and remarks that could mean something else: is the tool's own reading taken, or the doubt refused?
CREATE EXTENSION schemaver;
\pset null -
-- Reads a folder given as one text, shows what came of it, in order, and forgets it.
CREATE FUNCTION files(files text, format text DEFAULT NULL)
RETURNS TABLE (file text, id text, has_down boolean, finding text) LANGUAGE plpgsql AS $$
BEGIN
	FOR file, id, finding IN SELECT l.file, l.revision, l.finding FROM schemaver.load('folder', files, format) l LOOP
		has_down := (SELECT r.has_down FROM schemaver.revision r WHERE r.revision = id);
		RETURN NEXT;
	END LOOP;
	DELETE FROM schemaver.revision;
	DELETE FROM schemaver.revision_child;
	DELETE FROM schemaver.script;
	DELETE FROM schemaver.loaded;
EXCEPTION WHEN OTHERS THEN
	RETURN QUERY SELECT '', SQLSTATE, NULL::boolean, SQLERRM;
END$$;
-- words of node-pg-migrate as remarks in what the names say is something else
SELECT * FROM files('-- schemaver:file 1_a.up.sql
-- Up migration
CREATE TABLE a ();
-- schemaver:file 1_a.down.sql
-- Down Migration for a
DROP TABLE a;
');
SELECT * FROM files('-- schemaver:file V2__a.sql
-- Up migration
CREATE TABLE a ();
-- down migration:
-- DROP TABLE a;
-- schemaver:file V10__b.sql
CREATE TABLE b ();
');
SELECT * FROM files('-- schemaver:file 1_a/migration.sql
-- down migration
CREATE TABLE a ();
');
-- in what could be its own
SELECT * FROM files('-- schemaver:file 1_a.sql
-- This file has no
-- down migration, as nobody wants one.
CREATE TABLE a ();
');
SELECT * FROM files('-- schemaver:file 1_a.sql
CREATE TABLE a ();
-- Down migration for a:
-- DROP TABLE a;
');
SELECT * FROM files('-- schemaver:file 1_a.sql
CREATE TABLE a ();
-- Down migration for a
DROP TABLE a;
');
SELECT * FROM files('-- schemaver:file 1_a.sql
CREATE TABLE a ();
-- Down migration for a
DROP TABLE a;
', 'node-pg-migrate');
SELECT * FROM files('-- schemaver:file 1_a.sql
-- Up migration for a
CREATE TABLE a ();
-- Down migration for a
DROP TABLE a;
');
-- the two files of db-migrate, and files of another one that end like them
SELECT * FROM files('-- schemaver:file sqls/20260101-a-up.sql
CREATE TABLE a ();
-- schemaver:file sqls/20260101-a-down.sql
DROP TABLE a;
-- schemaver:file sqls/20260102-b-up.sql
CREATE TABLE b ();
');
SELECT * FROM files('-- schemaver:file 1_a_up.sql
CREATE TABLE a ();
-- schemaver:file 1_a_down.sql
DROP TABLE a;
', 'plain');
SELECT * FROM files('-- schemaver:file 1_scale_up.sql
CREATE TABLE a ();
-- schemaver:file 2_scale_down.sql
DROP TABLE a;
');
-- dates of several lengths
SELECT * FROM files('-- schemaver:file 20260102_b.sql
CREATE TABLE b ();
-- schemaver:file 20260101120000_a.sql
CREATE TABLE a ();
');
SELECT * FROM files('-- schemaver:file 20260102_b.sql
CREATE TABLE b ();
-- schemaver:file 20260102120000_a.sql
CREATE TABLE a ();
', 'sqlx');
SELECT * FROM files('-- schemaver:file 20260102_b.sql
CREATE TABLE b ();
-- schemaver:file 20260102120000_a.sql
CREATE TABLE a ();
', 'supabase');
SELECT * FROM files('-- schemaver:file 20260102_b.sql
-- migrate:up
CREATE TABLE b ();
-- schemaver:file 20260102120000_a.sql
-- migrate:up
CREATE TABLE a ();
');
-- the folder of Supabase as a whole
SELECT * FROM files('-- schemaver:file config.toml
x
-- schemaver:file migrations/20260102_b.sql
CREATE TABLE b ();
-- schemaver:file migrations/20260101120000_a.sql
CREATE TABLE a ();
-- schemaver:file schemas/a.sql
CREATE TABLE a ();
-- schemaver:file tests/a.test.sql
SELECT 1;
');
SELECT * FROM files('-- schemaver:file config.toml
x
-- schemaver:file migrations/2_b.sql
CREATE TABLE b ();
-- schemaver:file migrations/10_a.sql
CREATE TABLE a ();
');
-- Flyway passes over names that are none of its own, but not over another tool's
SELECT * FROM files('-- schemaver:file V1__a.sql
CREATE TABLE a ();
-- schemaver:file V2_b.sql
CREATE TABLE b ();
-- schemaver:file seed.sql
INSERT INTO a DEFAULT VALUES;
');
SELECT * FROM files('-- schemaver:file V1__a.sql
CREATE TABLE a ();
-- schemaver:file 2_b.sql
CREATE TABLE b ();
');
-- versions of Rails without quotes, and in an INSERT each
SELECT * FROM files('-- schemaver:file structure.sql
CREATE TABLE a (x varchar(255));
INSERT INTO "schema_migrations" (version) VALUES (20260101000000), (20260102000000);
');
SELECT * FROM files('-- schemaver:file structure.sql
CREATE TABLE a ();
INSERT INTO schema_migrations (version) VALUES (''4'');

INSERT INTO schema_migrations (version) VALUES (''20260102000000'');
ALTER TABLE a ADD x varchar(255);
');
-- a delimiter of Liquibase that is a mark of Drizzle; parentheses and stray words among the attributes
SELECT * FROM files('-- schemaver:file a.sql
--liquibase formatted sql
--changeset ann:1 splitStatements:false endDelimiter:--> statement-breakpoint
CREATE TABLE a ();
--> statement-breakpoint
CREATE TABLE b ();
--> statement-breakpoint
--rollback DROP TABLE a, b;
--rollback --> statement-breakpoint
--changeset ann:2 (splitStatements:false endDelimiter:;) ticket:7 dbms:postgresql,h2
CREATE TABLE c ();
--changeset ann:3 dbms:h2, mysql runInTransaction:false
CREATE TABLE d ();
');
SELECT revision FROM schemaver.load('folder', '-- schemaver:file b.sql
--liquibase formatted sql
--changeset ann:1 dbms:postgresql, h2 runInTransaction:false
CREATE TABLE d ();
');
SELECT revision, options FROM schemaver.revision;
DELETE FROM schemaver.revision;
DELETE FROM schemaver.script;
DELETE FROM schemaver.loaded;
-- tern: a template with an argument, one named from above, and a folder without the dividing line
SELECT * FROM schemaver.load('folder', '-- schemaver:file db/001_a.sql
CREATE TABLE a (id int, {{ template "shared/times.sql" }});
{{ template "db/shared/index.sql" "a" }}
-- schemaver:file db/002_b.sql
CREATE TABLE b ();
-- schemaver:file db/notes.sql
x
-- schemaver:file db/shared/times.sql
made timestamptz
-- schemaver:file db/shared/index.sql
CREATE INDEX {{.}}_made ON {{ . }} (made);
');
SELECT up FROM schemaver.script ORDER BY revision;
DELETE FROM schemaver.revision;
DELETE FROM schemaver.script;
DELETE FROM schemaver.loaded;
SELECT * FROM files('-- schemaver:file tern.conf
[database]
-- schemaver:file 001_a.sql
CREATE TABLE a ();
-- schemaver:file code/x.sql
SELECT {{ . }};
');
SELECT * FROM files('-- schemaver:file 001_a.sql
{{ template "x.sql" (printf "a") }}
-- schemaver:file x.sql
SELECT 1;
');
SELECT * FROM files('-- schemaver:file 001_a.sql
{{ template "s/x.sql" "a"
-- schemaver:file s/x.sql
SELECT 1;
');
DROP FUNCTION files;
DROP EXTENSION schemaver;
