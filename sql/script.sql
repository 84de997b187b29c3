-- Does the file of script(), run by psql, leave what a run would leave?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
CREATE ROLE regress_schemaver_s1;
SELECT schemaver.revision('one; two', E'CREATE TABLE a (x int PRIMARY KEY, t text); -- comment\n\nCREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $f$ BEGIN RETURN 1; END; $f$', 'DROP FUNCTION f(); DROP TABLE a', id => $$a'1$$),
	schemaver.revision('data', E'BEGIN;\nCOPY a FROM stdin;\n1\tone;\n2\t$$\n\\.\nCREATE TEMP TABLE scratch (x int);\nCOMMIT;', 'DELETE FROM a', id => 'a2', verify => 'SELECT count(*) = 2 FROM a'),
	schemaver.revision(E'settings\nand role', 'SET search_path = nowhere; SET ROLE regress_schemaver_s1; CREATE TEMP TABLE scratch (x int)', '', id => 'a3'),
	schemaver.revision('after', 'CREATE TABLE b (s text DEFAULT current_schema(), u text DEFAULT session_user = current_user); INSERT INTO b DEFAULT VALUES', 'DROP TABLE b', id => 'a4'),
	schemaver.revision('deferred', 'CREATE TABLE c (x int REFERENCES a DEFERRABLE INITIALLY DEFERRED); INSERT INTO c VALUES (9); INSERT INTO a VALUES (9); ALTER TABLE b ADD z int', 'DROP TABLE c; DELETE FROM a WHERE x = 9; ALTER TABLE b DROP z', id => 'a5');
SELECT regexp_replace(schemaver.script(), '[0-9a-f]{64}', '(checksum)', 'g') \g (format=unaligned tuples_only)
SELECT split_part(schemaver.script('current', 'a2'), E'\n', 1), split_part(schemaver.script('base', 'a2'), E'\n', 1);

-- run it: the state of a run with upgrade()
\pset tuples_only on
\pset format unaligned
\o results/script.file
SELECT schemaver.script();
\o
\set ECHO none
\i results/script.file
\set ECHO all
\set ON_ERROR_STOP off
\pset tuples_only off
\pset format aligned
SELECT * FROM b;
SELECT count(*), f() FROM a;
SELECT revision FROM schemaver.current();
SELECT current_setting('search_path') AS search_path, current_user = session_user AS user, to_regclass('scratch');
SELECT command, target, position, revision, direction, statements, outcome, run_outcome FROM schemaver.journal;
SELECT revision, checksum = (SELECT checksum FROM schemaver.show(revision)) AS checksum FROM schemaver.applied ORDER BY rank;

-- down, with the file
\pset tuples_only on
\pset format unaligned
\o results/script.file
SELECT schemaver.script('current', 'base');
\o
\set ECHO none
\i results/script.file
\set ECHO all
\set ON_ERROR_STOP off
\pset tuples_only off
\pset format aligned
SELECT to_regclass('a'), to_regclass('b'), (SELECT count(*) FROM schemaver.current()) AS current;

-- verify scripts count, too
SELECT schemaver.edit('a2', verify => 'SELECT count(*) = 3 FROM a');
BEGIN;
SELECT schemaver.script_begin('upgrade', 'a2', '{}');
CREATE TABLE a (x int);
SELECT schemaver.script_step(revision, 'upgrade', checksum, 1) FROM schemaver.show('a''1');
SELECT schemaver.script_step(revision, 'upgrade', checksum, 1) FROM schemaver.show('a2');
:code
ROLLBACK;

-- what cannot run in a transaction stands outside of one
SELECT revision FROM schemaver.stamp('{a4}') WHERE revision = 'a4';
SELECT schemaver.edit('a5', 'CREATE INDEX CONCURRENTLY a_t ON a (t)', 'DROP INDEX CONCURRENTLY a_t');
SELECT schemaver.revision('last', 'SELECT 1', 'SELECT 2', id => 'a6');
SELECT regexp_replace(schemaver.script(), '[0-9a-f]{64}', '(checksum)', 'g') \g (format=unaligned tuples_only)
SELECT split_part(schemaver.script('a4', 'a4'), E'\n', 1);
SELECT split_part(schemaver.script('a6', '-1'), E'\n', 1);
SELECT split_part(schemaver.script('a4', '+1'), E'\n', 1);

SELECT schemaver.script('nowhere', 'head');
:code
SELECT schemaver.script('base', 'nowhere');
:code
SELECT schemaver.script(NULL, 'head');
:code
SELECT schemaver.script('base', NULL);
:code

-- what the file calls cannot be called otherwise
SELECT schemaver.script_step('a5', 'upgrade', 'x', 1);
:code
BEGIN;
SELECT schemaver.script_begin('upgrade', 'head', '{}');
:code
ROLLBACK;
BEGIN;
SELECT schemaver.script_begin('upgrade', 'head', '{a4}');
SAVEPOINT s;
SELECT schemaver.script_step('a5', 'upgrade', 'another', 1);
:code
ROLLBACK TO s;
SELECT schemaver.script_step('nowhere', 'upgrade', 'another', 1);
:code
ROLLBACK TO s;
SELECT schemaver.script_step('a5', 'sideways', 'another', 1);
:code
ROLLBACK;

SET client_min_messages = warning;
DROP EXTENSION schemaver;
DROP ROLE regress_schemaver_s1;
