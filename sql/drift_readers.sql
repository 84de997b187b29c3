-- What a run changes of something reads differently elsewhere: the kept state has that, and the way back too.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set SHOW_CONTEXT never
CREATE FUNCTION run(up text, name text) RETURNS void LANGUAGE sql AS $$
	SELECT schemaver.revision(name, up, id => name); SELECT revision FROM schemaver.upgrade()$$;
CREATE SCHEMA old;
CREATE SCHEMA ext;
CREATE EXTENSION citext SCHEMA old;
CREATE TABLE t (c old.citext DEFAULT 'x' CHECK (c <> 'y'));
CREATE INDEX ON t ((c || 'z'));
CREATE VIEW v AS SELECT c::old.citext AS d FROM t;
CREATE FUNCTION f(old.citext) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE VIEW w AS SELECT f(c) FROM t;
CREATE TYPE pt AS (x int, y int);
CREATE TABLE u (p pt DEFAULT ROW(1, 2)::pt, q pt[] DEFAULT ARRAY[ROW(1, 2)::pt]);
SELECT schemaver.baseline() IS NOT NULL AS made;
SELECT schemaver.fingerprint() AS before \gset

SELECT run('ALTER EXTENSION citext SET SCHEMA ext', 'm1');
SELECT kind, identity, change FROM schemaver.drift();
SELECT schemaver.show_schema() = schemaver.show_schema('m1') AS shown;
SELECT down FROM schemaver.show('m1') \g (format=unaligned tuples_only=on)
SELECT run('ALTER SCHEMA ext RENAME TO moved', 'm2');
SELECT kind, identity, change FROM schemaver.drift();
SELECT run('ALTER TYPE pt ADD ATTRIBUTE z text', 'm3');
SELECT kind, identity, change FROM schemaver.drift();
SELECT revision FROM schemaver.downgrade('-3');
SELECT schemaver.fingerprint() = :'before' AS as_before, count(*) FROM schemaver.drift();
DROP EXTENSION schemaver;
DROP VIEW v, w;
DROP TABLE t, u;
DROP TYPE pt;
DROP FUNCTION f, run;
DROP EXTENSION citext;
DROP SCHEMA old, ext;
