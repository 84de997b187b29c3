-- Does baseline() make a first revision of what is there, that builds it elsewhere?
CREATE DATABASE regress_schemaver_baseline TEMPLATE template0;
\c regress_schemaver_baseline
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
CREATE ROLE regress_schemaver_owner;

-- a database with nothing in it has a baseline, too
SELECT schemaver.baseline(id => 'none', reversible => true);
SELECT up, down FROM schemaver.show('none');
SELECT sql FROM schemaver.diff_revisions('base', 'none');
SELECT revision FROM schemaver.downgrade('base', allow_data_loss => true);
SELECT schemaver.remove('none');

CREATE SCHEMA app;
CREATE TYPE app.mood AS ENUM ('bad', 'good');
CREATE TABLE app.person (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	gone int,
	name text NOT NULL DEFAULT 'n',
	mood app.mood) WITH (fillfactor = 70, autovacuum_enabled = off);
ALTER TABLE app.person DROP gone;
COMMENT ON TABLE app.person IS 'who';
CREATE TABLE part (k int, v text) PARTITION BY RANGE (k);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10);
CREATE INDEX ON part (v);
CREATE FUNCTION first() RETURNS text LANGUAGE sql AS 'SELECT name FROM app.person ORDER BY id LIMIT 1';
CREATE VIEW good AS SELECT *, first() FROM app.person WHERE mood = 'good';
GRANT SELECT ON good TO PUBLIC;
INSERT INTO app.person (name) VALUES ('Ada');
SELECT schemaver.fingerprint() AS live \gset
SELECT schemaver.snapshot() AS snapshot \gset

SELECT schemaver.baseline('where we began', 'b1', NULL, '{"nonsense": 1}');
:code
SELECT schemaver.baseline('where we began', 'b1', reversible => true);
SELECT revision, message FROM schemaver.current();
SELECT command, revision, direction, outcome FROM schemaver.journal WHERE revision = 'b1';
SELECT name FROM app.person;
SELECT revision, verdict, objects FROM schemaver.test('b1');
-- down drops all of it, up builds the same
SELECT revision FROM schemaver.downgrade('base', allow_data_loss => true);
SELECT count(*) FROM pg_class WHERE relnamespace IN ('public'::regnamespace);
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.fingerprint() = :'live' AS same;
SELECT name, (SELECT count(*) FROM app.person) AS rows FROM schemaver.export();

-- only where nothing is registered
SELECT schemaver.baseline();
:code

-- some schemas; a role that does not own one of them
DROP EXTENSION schemaver;
CREATE EXTENSION schemaver;
SELECT schemaver.baseline(id => 'b2', schemas => '{app}');
SELECT up FROM schemaver.show('b2');
-- without a down it is a file, too, and that is the same revision
SELECT name, content, substring(content FROM 'generated [^:]*') AS generated FROM schemaver.export() \gset
SELECT :'generated' AS generated, action FROM schemaver.load(:'name', :'content');
SELECT schemaver.stamp('{base}');
SELECT schemaver.remove('b2');
CREATE SCHEMA other AUTHORIZATION regress_schemaver_owner;
GRANT EXECUTE ON FUNCTION schemaver.baseline TO regress_schemaver_owner;
SET ROLE regress_schemaver_owner;
CREATE TABLE other.t (x int);
SELECT schemaver.baseline(id => 'b3');
:code
SELECT schemaver.baseline(id => 'b3', schemas => '{other}');
:code
RESET ROLE;
GRANT CREATE ON DATABASE regress_schemaver_baseline TO regress_schemaver_owner;
SET ROLE regress_schemaver_owner;
SELECT schemaver.baseline(id => 'b3', schemas => '{other}');
RESET ROLE;
SELECT applied_by FROM schemaver.current();

\c contrib_regression
DROP DATABASE regress_schemaver_baseline;
DROP ROLE regress_schemaver_owner;
