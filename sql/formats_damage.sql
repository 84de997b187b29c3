-- Are files that have lost a half, or whose marks are nearly those of their tool, refused by name and line?
CREATE EXTENSION schemaver;
\pset format unaligned
\pset tuples_only on
\set VERBOSITY terse
-- a mark behind blanks is one: the way back never runs behind the upgrade
SELECT schemaver.load('f', E'-- schemaver:file 1_a.sql\n  -- +goose Up\nCREATE TABLE a ();\n\t-- +goose Down\nDROP TABLE a;\n');
SELECT schemaver.load('f', E'-- schemaver:file 1_a.sql\n-- +goose Up\nCREATE TABLE a ();\n -- +goose Down\nDROP TABLE a;\n');
SELECT schemaver.load('f', E'-- schemaver:file 1_a.sql\n -- +migrate Up\nCREATE TABLE a ();\n -- +migrate Down\nDROP TABLE a;\n');
SELECT schemaver.load('f', E'-- schemaver:file 1_a.sql\n-- migrate:up\nCREATE TABLE a ();\n -- migrate:down\nDROP TABLE a;\n');
SELECT schemaver.load('f', E'-- schemaver:file 1_a.sql\n -- migrate:up\nCREATE TABLE a ();\n -- migrate:down\nDROP TABLE a;\n', 'plain');
SELECT schemaver.load('f', E'-- schemaver:file a.sql\n--liquibase formatted sql\n--changeset a:1\nCREATE TABLE a ();\n --changeset a:2\nDROP TABLE a;\n');
-- the line of tern, nearly
SELECT schemaver.load('f', E'-- schemaver:file 001_a.sql\nCREATE TABLE a ();\n---- create above / drop below ---\nDROP TABLE a;\n');
SELECT schemaver.load('f', E'-- schemaver:file 001_a.sql\nCREATE TABLE a ();\n  -- Create above, drop below\nDROP TABLE a;\n');
SELECT file, action FROM schemaver.load('f', E'-- schemaver:file 001_a.sql\n-- create above all\nSELECT 1;\n', validate => true);
-- a way back alone, and one before its upgrade
SELECT schemaver.load('f', E'-- schemaver:file 1_a.sql\n-- +goose Down\nDROP TABLE a;\n');
SELECT schemaver.load('f', E'-- schemaver:file 1_a.sql\n-- migrate:down\nDROP TABLE a;\n-- migrate:up\nCREATE TABLE a ();\n');
-- a plan with what git leaves of a conflict, and with a line cut off
SELECT schemaver.load('f', E'-- schemaver:file sqitch.plan\n%project=x\na 2026-01-02T03:04:05Z A <a@example.com>\n<<<<<<< HEAD\n-- schemaver:file deploy/a.sql\nSELECT 1;\n-- schemaver:file deploy/<<<<<<<.sql\nSELECT 1;\n');
SELECT schemaver.load('f', E'-- schemaver:file sqitch.plan\n%project=x\na 2026-01-02T03\n-- schemaver:file deploy/a.sql\nSELECT 1;\n');
SELECT schemaver.load('f', E'-- schemaver:file sqitch.plan\n%project=x\na 2026-01-02T03:04:05Z A <a@exam\n-- schemaver:file deploy/a.sql\nSELECT 1;\n');
-- changelogs without a beginning: nothing says the order of their files
SELECT schemaver.load('f', E'-- schemaver:file one.xml\n<databaseChangeLog><include file="two.xml"/><include file="b.sql"/><include file="a.sql"/></databaseChangeLog>\n-- schemaver:file two.xml\n<databaseChangeLog><include file="one.xml"/></databaseChangeLog>\n'
	'-- schemaver:file a.sql\n--liquibase formatted sql\n--changeset m:a\nSELECT 1;\n-- schemaver:file b.sql\n--liquibase formatted sql\n--changeset m:b\nSELECT 1;\n');
-- a folder of Prisma without its migration.sql
SELECT schemaver.load('f', E'-- schemaver:file 20260101000000_a/migration.sql\nSELECT 1;\n-- schemaver:file 20260102000000_b/notes.md\n\n');
-- nothing was registered
SELECT count(*) FROM schemaver.history();
-- what Prisma passes over
SELECT file, action, finding FROM schemaver.load('f', E'-- schemaver:file prisma/migrations/0_init/migration.sql\nSELECT 1;\n-- schemaver:file prisma/migrations/0_init/rollback.sql\nSELECT 2;\n'
	'-- schemaver:file prisma/migrations/migration_lock.toml\nprovider = "postgresql"\n-- schemaver:file prisma/seed.sql\nSELECT 3;\n');
SELECT schemaver.load('f', E'-- schemaver:file prisma/migrations/0_init/migration.sql\nSELECT 1;\n-- schemaver:file prisma/migrations/1_more.sql\nSELECT 2;\n'
	'-- schemaver:file prisma/migrations/migration_lock.toml\nprovider = "postgresql"\n', source => 'other');
-- changelogs that an includeAll means are no roots of their own
SELECT file, revision FROM schemaver.load('f', E'-- schemaver:file all/1.xml\n<databaseChangeLog><include file="../sql/b.sql" relativeToChangelogFile="true"/></databaseChangeLog>\n-- schemaver:file all/2.xml\n<databaseChangeLog><include file="../sql/a.sql" relativeToChangelogFile="true"/></databaseChangeLog>\n'
	'-- schemaver:file root.xml\n<databaseChangeLog><includeAll path="all"/></databaseChangeLog>\n-- schemaver:file sql/a.sql\n--liquibase formatted sql\n--changeset m:a\nSELECT 1;\n-- schemaver:file sql/b.sql\n--liquibase formatted sql\n--changeset m:b\nSELECT 1;\n', source => 'lq');
-- Diesel's metadata.toml with a remark
SELECT count(*) FROM schemaver.load('f', E'-- schemaver:file 1_a/up.sql\nSELECT 1;\n-- schemaver:file 1_a/metadata.toml\nrun_in_transaction = false # not true\n-- schemaver:file 2_b/up.sql\nSELECT 1;\n-- schemaver:file 2_b/metadata.toml\nrun_in_transaction=true\n', source => 'diesel');
SELECT revision, options FROM schemaver.revision WHERE revision LIKE 'diesel/%' ORDER BY position;
DROP EXTENSION schemaver;
