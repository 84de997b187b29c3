-- What if a script turns against schemaver itself?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
SELECT schemaver.revision('one', 'CREATE TABLE a (x int)', 'DROP TABLE a', id => 'a1');
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.revision('two', '', '', id => 'a2');

-- it drops the extension, or its schema, or takes it away and puts another one there
SELECT schemaver.edit('a2', 'DROP EXTENSION schemaver');
SELECT schemaver.upgrade();
:code
SELECT schemaver.edit('a2', 'DROP SCHEMA schemaver CASCADE');
SELECT schemaver.upgrade();
:code
SELECT schemaver.edit('a2', 'DROP EXTENSION schemaver; CREATE EXTENSION schemaver');
SELECT schemaver.upgrade();
:code
SELECT schemaver.edit('a2', 'DROP EXTENSION schemaver; CREATE SCHEMA IF NOT EXISTS schemaver; CREATE TABLE schemaver.revision (x int); CREATE TABLE schemaver.applied (x int)');
SELECT schemaver.upgrade();
:code
SELECT schemaver.edit('a2', 'ALTER SCHEMA schemaver RENAME TO other');
SELECT schemaver.upgrade();
:code
SELECT schemaver.edit('a2', 'DROP TABLE schemaver.applied');
SELECT schemaver.upgrade();
:code

-- it calls what runs or registers
SELECT schemaver.edit('a2', $$SELECT schemaver.upgrade()$$);
SELECT schemaver.upgrade();
:code
SELECT schemaver.edit('a2', $$DO 'BEGIN PERFORM schemaver.downgrade(''base''); END'$$);
SELECT schemaver.upgrade();
:code
SELECT schemaver.edit('a2', $$SELECT schemaver.stamp('{base}')$$);
SELECT schemaver.upgrade();
:code
SELECT schemaver.edit('a2', $$SELECT schemaver.redo()$$);
SELECT schemaver.upgrade();
SELECT schemaver.edit('a2', $$SELECT schemaver.revision('m', '')$$);
SELECT schemaver.upgrade();
:code
SELECT schemaver.edit('a2', $$SELECT schemaver.edit('a2', 'SELECT 1')$$);
SELECT schemaver.upgrade();
SELECT schemaver.edit('a2', $$SELECT schemaver.load('x.sql', '')$$);
SELECT schemaver.upgrade();
SELECT schemaver.edit('a2', $$SELECT schemaver.tag('x', 'a1')$$);
SELECT schemaver.upgrade();
SELECT schemaver.edit('a2', $$SELECT schemaver.script_begin('upgrade', 'head', '{}')$$);
SELECT schemaver.upgrade();
-- caught in the script: the run goes on, and nothing else was done
SELECT schemaver.edit('a2', $r$DO $x$ BEGIN PERFORM schemaver.upgrade(); EXCEPTION WHEN SQLSTATE 'SV010' THEN RAISE NOTICE 'refused'; END $x$$r$);
SELECT revision FROM schemaver.upgrade();
-- after an error a run is possible again
SELECT revision FROM schemaver.downgrade();
-- looking is allowed
SELECT schemaver.edit('a2', $$CREATE TABLE seen AS SELECT revision FROM schemaver.current(); SELECT schemaver.check()$$);
SELECT schemaver.upgrade();
:code
SELECT schemaver.edit('a2', $$CREATE TABLE seen AS SELECT revision FROM schemaver.current()$$, 'DROP TABLE seen');
SELECT revision FROM schemaver.upgrade();
SELECT * FROM seen;

-- it undoes its own record, or writes it before
SELECT schemaver.edit('a3') FROM schemaver.revision('three', $$DELETE FROM schemaver.applied WHERE revision = 'a2'$$, id => 'a3');
SELECT revision FROM schemaver.upgrade();
SELECT revision, state FROM schemaver.status(true);
SELECT revision FROM schemaver.upgrade(dry_run => true);
:code
SELECT revision FROM schemaver.stamp('{a3}');
SELECT revision, state FROM schemaver.status(true);

-- it locks itself out: a lock that its own transaction holds is no obstacle
SELECT schemaver.revision('locks', 'LOCK TABLE schemaver.revision, schemaver.applied, schemaver.step IN ACCESS EXCLUSIVE MODE; SELECT pg_advisory_lock(1)', id => 'a5');
SELECT revision FROM schemaver.upgrade();
SELECT pg_advisory_unlock(1);

SET client_min_messages = warning;
DROP EXTENSION schemaver;
DROP TABLE a, seen;
