-- Is nothing done where an undo would not undo just its revision?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
SELECT schemaver.revision('m', 'CREATE TABLE t (a int); CREATE TABLE other (a int)', id => 'a1'),
	-- downs that do too little, too much, or something else
	schemaver.revision('m', 'CREATE TABLE b ()', '', id => 'b1'),
	schemaver.revision('m', 'CREATE TABLE c ()', 'DROP TABLE c; DROP TABLE other', id => 'c1'),
	schemaver.revision('m', 'ALTER TABLE t ADD d int; ALTER TABLE t ALTER a TYPE bigint',
		'ALTER TABLE t DROP d; ALTER TABLE t ALTER a TYPE smallint; CREATE TABLE souvenir ()', id => 'd1'),
	schemaver.revision('m', 'ALTER TABLE t ADD e int', 'ALTER TABLE t DROP e CASCADE', id => 'e1'),
	-- rows alone
	schemaver.revision('m', 'INSERT INTO other VALUES (1)', 'DELETE FROM other', id => 'f1'),
	schemaver.revision('m', 'CREATE TABLE full_one AS SELECT 1 AS a', id => 'g1'),
	schemaver.revision('m', '', id => 'z1');
SELECT count(*) FROM schemaver.upgrade();
SELECT schemaver.fingerprint() AS before \gset
SELECT schemaver.undo('b1');
:code
SELECT schemaver.undo('c1');
:code
SELECT schemaver.undo('c1', allow_data_loss => true);
:code
SELECT schemaver.undo('d1');
SELECT schemaver.fingerprint() = :'before' AS unchanged, (SELECT count(*) FROM schemaver.applied) AS applied;

-- rows count as in a downgrade
SELECT schemaver.undo('g1');
:code
SELECT revision FROM schemaver.undo('g1', dry_run => true);
SELECT revision FROM schemaver.undo('g1', allow_data_loss => true);
SELECT revision FROM schemaver.undo('f1');
SELECT FROM other;

-- what was made or changed outside of revisions
CREATE VIEW v AS SELECT e FROM t;
SELECT schemaver.undo('e1');
DROP VIEW v;
CREATE INDEX ti ON t (e);
SELECT schemaver.undo('e1');
DROP INDEX ti;
ALTER TABLE t ALTER e SET DEFAULT 1;
SELECT schemaver.undo('e1');
ALTER TABLE t ALTER e DROP DEFAULT;
CREATE TABLE mine ();
SELECT revision FROM schemaver.undo('e1');
SELECT kind, identity FROM schemaver.drift();

-- a living object needs it; another one is left alone, with a text that has not run yet
SELECT FROM schemaver.upgrade();
SELECT schemaver.repeatable('v', 'CREATE OR REPLACE VIEW v AS SELECT e FROM t'), schemaver.repeatable('o', 'CREATE OR REPLACE VIEW o AS SELECT a FROM other');
SELECT FROM schemaver.upgrade();
SELECT schemaver.repeatable('o', 'CREATE OR REPLACE VIEW o AS SELECT a, a + 1 AS b FROM other');
SELECT schemaver.undo('e1');
SELECT revision FROM schemaver.undo('f1');
SELECT revision, state FROM schemaver.status();

-- a protected database
SELECT schemaver.set_environment('production', protected => true);
SELECT schemaver.undo('e1');
:code
-- what PostgreSQL makes on its own stands on nothing
SELECT schemaver.set_environment(NULL);
SELECT schemaver.revision('m', 'CREATE TABLE parted (a int PRIMARY KEY, t text) PARTITION BY RANGE (a); CREATE TABLE part PARTITION OF parted DEFAULT;
	CREATE TABLE refers (a int REFERENCES parted); CREATE TYPE span AS RANGE (subtype = text)', id => 'zz1'),
	schemaver.revision('m', 'CREATE TABLE later ()', id => 'zz2');
SELECT revision FROM schemaver.upgrade();
SELECT revision FROM schemaver.undo('zz1');
DROP TABLE later;
DROP EXTENSION schemaver;
DROP VIEW v, o;
DROP TABLE t, other, b, c, mine, full_one;
