-- Where do goto() and references to a date or a run lead?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
SELECT schemaver.revision('m', 'CREATE TABLE a1 ()', 'DROP TABLE a1', id => 'a1'), schemaver.revision('m', 'CREATE TABLE a2 ()', 'DROP TABLE a2', id => 'a2'),
	schemaver.revision('m', 'CREATE TABLE b2 ()', 'DROP TABLE b2', id => 'b2', revises => '{a1}', splice => true);
SELECT revision FROM schemaver.upgrade('a1');
SELECT pg_catalog.clock_timestamp() AS early \gset
SELECT revision FROM schemaver.upgrade('heads');
SELECT max(run) AS late FROM schemaver.run \gset

SELECT revision, message FROM schemaver.resolve('run:1');
SELECT revision FROM schemaver.resolve('run:' || :late);
SELECT revision FROM schemaver.resolve('date:' || :'early');
SELECT revision FROM schemaver.resolve('date:1999-01-01 10:00:00+01');
SELECT revision FROM schemaver.resolve('date:infinity');
SELECT revision, direction FROM schemaver.plan('date:' || :'early', 'downgrade');
SELECT name FROM schemaver.export('run:1');
SELECT name FROM schemaver.export('run:1:a2');
SELECT revision, direction FROM schemaver.plan('b2@run:1', 'downgrade');

-- the set of that moment, in both directions
SELECT revision FROM schemaver.downgrade('run:1');
SELECT position, revision, direction FROM schemaver.plan('run:' || :late, 'goto');
SELECT revision, direction FROM schemaver.goto('run:' || :late);
SELECT position, revision, direction FROM schemaver.plan('b2', 'goto');
SELECT revision FROM schemaver.resolve('date:banana');
:code
SELECT revision, direction FROM schemaver.goto('date:' || :'early');
SELECT revision, direction FROM schemaver.goto('b2');
SELECT revision, direction FROM schemaver.goto('a2', dry_run => true);
SELECT revision, direction FROM schemaver.goto('a2');
SELECT revision, direction FROM schemaver.goto('a2');
SELECT revision, direction FROM schemaver.goto('a1');
SELECT revision, direction FROM schemaver.goto('+1');
:code
SELECT revision, direction FROM schemaver.goto('base');
SELECT revision, direction FROM schemaver.goto('heads');
SELECT command, target, note FROM schemaver.run ORDER BY run DESC LIMIT 1;

-- what it was does not lead down
SELECT revision FROM schemaver.downgrade('a1');
SELECT revision FROM schemaver.downgrade('run:' || :late);
:code

-- refused
SELECT schemaver.resolve('run:999');
:code
SELECT schemaver.resolve('run:');
:code
SELECT schemaver.resolve('run:99999999999999999999');
:code
SELECT schemaver.resolve('date:never');
:code
SELECT schemaver.goto(NULL);
:code
SELECT schemaver.goto('nowhere');
:code
SELECT schemaver.set_environment('production', protected => true);
SELECT revision, direction FROM schemaver.goto('base', dry_run => true);
SELECT revision, direction FROM schemaver.goto('base');
:code
SELECT revision, direction FROM schemaver.goto('a2');
SELECT schemaver.set_environment(NULL);
-- rows are not lost by the way
INSERT INTO a2 DEFAULT VALUES;
SELECT revision FROM schemaver.goto('a1');
:code
SELECT revision FROM schemaver.goto('a1', allow_data_loss => true);
-- a revision that is gone since
SELECT revision FROM schemaver.upgrade('a2');
SELECT max(run) AS before FROM schemaver.run \gset
SELECT schemaver.revision('m', 'CREATE TABLE a0 ()', 'DROP TABLE a0', id => 'c2', revises => '{a2}');
SELECT revision FROM schemaver.upgrade('c2');
SELECT revision FROM schemaver.downgrade('run:' || :before);
SELECT schemaver.remove('c2');
SELECT revision FROM schemaver.resolve('run:' || :before);
SELECT revision FROM schemaver.resolve('run:' || :before + 1);
:code
CREATE ROLE regress_moments;
SET ROLE regress_moments;
SELECT revision FROM schemaver.resolve('run:1');
SELECT schemaver.goto('a1');
:code
RESET ROLE;
DROP ROLE regress_moments;
DROP EXTENSION schemaver;
DROP TABLE a1, a2;
