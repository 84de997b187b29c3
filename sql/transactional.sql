-- Is what cannot run in one transaction found before anything ran?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET schemaver.plain_when_empty = off;
\set code '\\echo :SQLSTATE'
SELECT schemaver.revision('table', 'CREATE TABLE a (x int)', 'DROP TABLE a', id => 'a1'),
	schemaver.revision('index', E'SELECT 1;\n\nCREATE INDEX CONCURRENTLY a_x ON a (x)', 'DROP INDEX CONCURRENTLY a_x', id => 'a2'),
	schemaver.revision('more', 'CREATE TABLE b (x int)', 'DROP TABLE b', id => 'a3');
SELECT position, revision, transactional FROM schemaver.plan();
SELECT revision, transactional FROM schemaver.status(true);
SELECT * FROM schemaver.upgrade();
:code
SELECT * FROM schemaver.upgrade(dry_run => true);
:code
SELECT to_regclass('a'), (SELECT count(*) FROM schemaver.current()) AS current;
SELECT revision FROM schemaver.upgrade('a1');
SELECT * FROM schemaver.upgrade('+2');
:code
SELECT revision FROM schemaver.stamp('{head}');
SELECT position, revision, transactional FROM schemaver.plan('base', 'downgrade');
SELECT * FROM schemaver.downgrade('base');
:code
SELECT * FROM schemaver.redo(2);
:code
SELECT revision FROM schemaver.stamp('{a1}');

-- with a file: its line
SELECT revision FROM schemaver.load('a2.sql', E'-- schemaver:revision a2\n-- schemaver:revises a1\n-- schemaver:up\n\n\nVACUUM a;\n-- schemaver:down\n');
SELECT * FROM schemaver.upgrade();
:code

-- each command that PostgreSQL refuses in a transaction block
CREATE FUNCTION pg_temp.blocker(up text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	PERFORM schemaver.edit('a2', up);
	PERFORM schemaver.upgrade(dry_run => true);
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN format('%s %s', sqlstate, detail);
END$$;
SET client_min_messages = warning;
SELECT up, pg_temp.blocker(up) FROM unnest(ARRAY[
	'CREATE UNIQUE INDEX CONCURRENTLY i ON a (x)', 'DROP INDEX CONCURRENTLY i', 'REINDEX TABLE CONCURRENTLY a', 'REINDEX (CONCURRENTLY) INDEX i', 'REINDEX (CONCURRENTLY false) TABLE a',
	'REINDEX SCHEMA public', 'REINDEX DATABASE x', 'VACUUM', 'VACUUM (ANALYZE) a', 'ANALYZE a', 'CLUSTER', 'CREATE DATABASE x', 'DROP DATABASE x', 'ALTER DATABASE x SET TABLESPACE y', $$ALTER DATABASE x SET work_mem = '1MB'$$,
	'ALTER SYSTEM SET work_mem = 1', 'CREATE TABLESPACE x LOCATION ''/x''', 'DROP TABLESPACE x', 'ALTER TABLE a DETACH PARTITION b CONCURRENTLY',
	'CREATE SUBSCRIPTION s CONNECTION '''' PUBLICATION p', 'DROP SUBSCRIPTION s', 'COMMIT PREPARED ''x''', 'DISCARD ALL', 'DISCARD TEMP']) up;

-- a value of an enum that the same run adds
SELECT schemaver.remove('a3'), schemaver.remove('a2');
SELECT schemaver.revision('type', $$CREATE TYPE mood AS ENUM ('sad')$$, id => 'e1'), schemaver.revision('table', 'CREATE TABLE m (x mood)', id => 'e2');
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.revision('value', $$ALTER TYPE mood ADD VALUE 'ok'$$, id => 'e3'), schemaver.revision('harmless', $$INSERT INTO m VALUES ('sad')$$, id => 'e4');
SELECT revision FROM schemaver.upgrade(dry_run => true);
SELECT schemaver.revision('uses it', E'SELECT 1;\nINSERT INTO m VALUES (''ok'')', id => 'e5');
SELECT position, revision, transactional, notes FROM schemaver.plan();
SELECT * FROM schemaver.upgrade();
:code
SELECT count(*) FROM m;
SELECT revision FROM schemaver.upgrade('e4');
SELECT revision FROM schemaver.upgrade();
SELECT * FROM m;

DROP EXTENSION schemaver;
DROP TABLE a, m;
DROP TYPE mood;
