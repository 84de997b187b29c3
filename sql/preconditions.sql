-- What must hold before a revision runs, and what happens if it does not.
\set VERBOSITY terse
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE SCHEMA preconditions;
SET search_path = preconditions;

SELECT schemaver.revision('a', 'CREATE TABLE a ()', 'DROP TABLE a', id => 'a1', options => '{"preconditions": [{"sql": "SELECT to_regclass(''a'') IS NULL"}, {"sql": "SELECT 1", "expect": 1}]}');
SELECT schemaver.revision('b', 'CREATE TABLE b ()', '', id => 'b1', options => '{"preconditions": [{"sql": "SELECT count(*) FROM pg_class WHERE relname = ''a''", "expect": "0", "on_fail": "mark"}]}');
SELECT schemaver.revision('c', 'CREATE TABLE c ()', 'DROP TABLE c', id => 'c1', options => '{"preconditions": [{"sql": "SELECT false", "on_fail": "warn"}, {"sql": "TABLE nowhere", "on_error": "skip"}]}');
SELECT schemaver.revision('d', 'CREATE TABLE d ()', 'DROP TABLE d', id => 'd1', options => '{"preconditions": [{"sql": "CREATE TABLE left_over (); SELECT NULL::boolean", "on_fail": "warn"}]}');
SELECT revision, statements FROM schemaver.upgrade(dry_run => true);
SELECT revision, statements FROM schemaver.upgrade();
SELECT revision, outcome FROM schemaver.step ORDER BY position;
SELECT relname FROM pg_class WHERE relnamespace = 'preconditions'::regnamespace ORDER BY 1;
-- what was left out is asked again
CREATE TABLE nowhere ();
SELECT revision FROM schemaver.upgrade();
SELECT count(*) FROM schemaver.downgrade('a1');

-- halt is the default; nothing ran
SELECT schemaver.revision('e', 'CREATE TABLE e ()', id => 'e1', revises => '{}', options => '{"preconditions": [{"sql": "SELECT 2", "expect": 1, "message": "there must be one"}]}');
\set VERBOSITY default
SELECT * FROM schemaver.upgrade('e1');
CALL schemaver.online_upgrade('b1');
CALL schemaver.online_upgrade('c1');
\set VERBOSITY terse
SELECT revision, state FROM schemaver.status(true) ORDER BY 1;

-- refused when registered
SELECT schemaver.revision('x', '', id => 'x1', revises => '{}', options => '{"preconditions": [{"sql": "SELEC"}]}');
SELECT schemaver.revision('x', '', id => 'x1', revises => '{}', options => '{"preconditions": [{"sql": "SELECT true", "on_fail": "go"}]}');
SELECT schemaver.revision('x', '', id => 'x1', revises => '{}', options => '{"preconditions": {"sql": "SELECT true"}}');

-- files
SELECT revision, action FROM schemaver.load('n.sql', E'-- schemaver:revision n1\n-- schemaver:revises\n-- schemaver:precondition on_fail=skip expect=1\nSELECT 0\n-- schemaver:precondition\nSELECT true\n-- schemaver:up\nSELECT 1\n');
SELECT jsonb_pretty(options) FROM schemaver.show('n1');
SELECT content FROM schemaver.export('n1');
SELECT revision, action FROM schemaver.load('l.sql', E'--liquibase formatted sql\n--changeset ann:l1\n--preconditions onFail:MARK_RAN onError:HALT onFailMessage:"not here"\n--precondition-sql-check expectedResult:0 SELECT count(*) FROM pg_tables WHERE tablename = ''t''\n--precondition-table-exists table:a schema:preconditions\nSELECT 1;\n', source => 'l');
SELECT jsonb_pretty(options) FROM schemaver.show('l1');

DROP EXTENSION schemaver;
DROP SCHEMA preconditions CASCADE;
