-- Which revision can be undone in the middle of the history, and what is said of the others?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
SELECT schemaver.revision('m', 'CREATE TABLE t (a int, b int, z int)', id => 'a1'),
	schemaver.revision('m', 'ALTER TABLE t ADD c int; CREATE TABLE u (x int)', id => 'b1'),
	schemaver.revision('m', 'ALTER TABLE t ADD d int', 'ALTER TABLE t DROP d', id => 'c1'),
	schemaver.revision('m', 'ALTER TABLE t DROP b', id => 'd1'),
	schemaver.revision('m', '', id => 'e1'),
	schemaver.revision('m', 'CREATE VIEW w AS SELECT c FROM t; ALTER TABLE u ADD y int; CREATE INDEX ui ON u (x)', id => 'f1'),
	schemaver.revision('m', 'ALTER TABLE t ADD e int', id => 'g1'),
	schemaver.revision('m', 'COMMENT ON TABLE t IS ''1''', id => 'h1'),
	schemaver.revision('m', 'COMMENT ON TABLE t IS ''2''', id => 'i1'),
	schemaver.revision('m', '', id => 'j1', depends_on => '{g1}');
SELECT count(*) FROM schemaver.upgrade();

-- needed
SELECT schemaver.undo('b1');
:code
SELECT schemaver.undo('h1');
SELECT schemaver.undo('g1');
SELECT schemaver.undo('a1', dry_run => true);

-- not needed
SELECT revision, direction FROM schemaver.undo('c1', dry_run => true);
SELECT count(*) FROM schemaver.status();
SELECT revision, direction FROM schemaver.undo('c1', note => 'it was too early');
SELECT revision, direction FROM schemaver.undo('d1');
SELECT revision, direction FROM schemaver.undo('e1');
SELECT attname FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum;
SELECT command, target, outcome, note FROM schemaver.run ORDER BY run DESC LIMIT 3;

-- what is known of it then
SELECT revision, state FROM schemaver.status();
SELECT revision FROM schemaver."current"();
SELECT value FROM schemaver.metrics WHERE name = 'behind';
SELECT count(*) FROM schemaver.drift();
SELECT schemaver."check"();
:code
SELECT schemaver.undo('c1');
:code
SELECT revision FROM schemaver.plan('-2', 'downgrade');
SELECT position, revision FROM schemaver.plan();
SELECT revision, direction FROM schemaver.goto('d1', dry_run => true);
SELECT schemaver.undo('b1');
SELECT revision FROM schemaver.upgrade();
SELECT count(*) FROM schemaver.status();

-- one after the other, the last first
SELECT revision FROM schemaver.undo('f1');
SELECT revision FROM schemaver.undo('b1');
SELECT revision, state FROM schemaver.status();
SELECT revision, direction FROM schemaver.goto('run:' || (SELECT max(run) - 1 FROM schemaver.run));
SELECT revision, direction FROM schemaver.goto('g1');
SELECT revision FROM schemaver.downgrade('base');
SELECT count(*) FROM schemaver.applied;
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace;
SELECT FROM schemaver.upgrade();

-- what is no revision, and what is not known
SELECT schemaver.undo(NULL);
SELECT schemaver.undo('base');
SELECT schemaver.undo('nowhere');
SELECT FROM schemaver.stamp('base');
SELECT FROM schemaver.stamp('b1');
SELECT schemaver.undo('b1');
:code
SELECT FROM schemaver.stamp('base');
DROP TABLE t, u CASCADE;
SET schemaver.keep_snapshots = off;
SELECT FROM schemaver.upgrade('a1');
SELECT schemaver.undo('a1');
SET schemaver.keep_snapshots = on;
SELECT schemaver.undo('a1');

-- what would come back stands on something that is gone
SELECT schemaver.revision('m', 'CREATE SEQUENCE s; CREATE TABLE v (a int DEFAULT nextval(''s''), b int); CREATE TABLE x (a int)', id => 'k1'),
	schemaver.revision('m', 'DROP TABLE v', id => 'l1'),
	schemaver.revision('m', 'ALTER TABLE x DROP a', id => 'm1'),
	schemaver.revision('m', 'DROP SEQUENCE s; ALTER TABLE x RENAME TO y', id => 'n1');
SELECT count(*) FROM schemaver.upgrade('n1');
SELECT schemaver.undo('l1');
:code
SELECT schemaver.undo('m1');
SELECT revision FROM schemaver.undo('n1');
SELECT revision FROM schemaver.undo('l1');
DROP EXTENSION schemaver;
DROP VIEW w;
DROP TABLE t, u, v, x;
DROP SEQUENCE s;
