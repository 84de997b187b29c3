-- Living objects: a text runs again when it has changed, in the order in which
-- the objects need each other, whatever the order of registration.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SELECT schemaver.revision('tables', 'CREATE TABLE t (id int PRIMARY KEY, a text, b int)', id => 'r1');
SELECT schemaver.repeatable('top', 'CREATE OR REPLACE VIEW top AS SELECT * FROM middle; COMMENT ON VIEW top IS ''top''');
SELECT schemaver.repeatable('middle', 'CREATE OR REPLACE VIEW middle AS SELECT id, f(b) AS fb FROM t');
SELECT schemaver.repeatable('f', 'CREATE OR REPLACE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS ''SELECT $1 + 1''');
SELECT schemaver.repeatable('guard', $$
CREATE OR REPLACE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER guard BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION guard();
$$);
SELECT revision, message, state FROM schemaver.status(true);
SELECT "position", revision, message FROM schemaver.plan();
SELECT revision, message, statements FROM schemaver.upgrade();
SELECT revision, state FROM schemaver.status(true);

-- up to date
SELECT count(*) FROM schemaver.upgrade();
SELECT schemaver.check();
SELECT schemaver.repeatable('f', 'CREATE OR REPLACE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS ''SELECT $1 + 1'' -- the same');
SELECT count(*) FROM schemaver.plan();

-- another result type: what depends on it is dropped and re-created
SELECT schemaver.repeatable('f', 'CREATE OR REPLACE FUNCTION f(int) RETURNS bigint LANGUAGE sql IMMUTABLE AS ''SELECT $1::bigint + 1''');
SELECT revision, state FROM schemaver.status(true) WHERE state <> 'applied';
SELECT schemaver.check();
SELECT revision, message FROM schemaver.upgrade();
SELECT attname, atttypid::regtype FROM pg_attribute WHERE attrelid = 'top'::regclass;
SELECT obj_description('top'::regclass);

-- columns in another order, and one more
SELECT schemaver.repeatable('middle', 'CREATE OR REPLACE VIEW middle AS SELECT a, f(b) AS fb, id FROM t');
SELECT revision, message FROM schemaver.upgrade();
SELECT schemaver.repeatable('middle', 'CREATE OR REPLACE VIEW middle AS SELECT a, f(b) AS fb, id, b FROM t');
SELECT revision, message FROM schemaver.upgrade();
SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'top'::regclass;

-- what a text makes no longer is dropped; one that is missing is re-created
SELECT schemaver.repeatable('guard', '');
DROP VIEW top;
SELECT revision, state FROM schemaver.status(true) WHERE state <> 'applied';
SELECT revision, message FROM schemaver.upgrade();
SELECT count(*) FROM pg_trigger WHERE tgname = 'guard';
SELECT kind, identity FROM schemaver.drift();

-- what depends on it and is no living object
CREATE VIEW stranger AS SELECT fb FROM middle;
SELECT schemaver.repeatable('f', 'CREATE OR REPLACE FUNCTION f(int) RETURNS text LANGUAGE sql IMMUTABLE AS ''SELECT $1::text''');
SELECT * FROM schemaver.upgrade();
DROP VIEW stranger;
SELECT revision, message FROM schemaver.upgrade();

-- a circle; something that nobody makes
SELECT schemaver.repeatable('a', 'CREATE VIEW va AS SELECT * FROM vb');
SELECT schemaver.repeatable('b', 'CREATE VIEW vb AS SELECT * FROM va');
SELECT * FROM schemaver.upgrade();
SELECT schemaver.remove('a');
SELECT * FROM schemaver.upgrade();
SELECT schemaver.remove('b');

-- always
SELECT schemaver.repeatable('always', 'SELECT 1', run => 'always');
SELECT revision, message FROM schemaver.upgrade();
SELECT revision, message FROM schemaver.upgrade();
SELECT schemaver.check();
SELECT schemaver.remove('always');

-- what is refused
SELECT schemaver.repeatable('bad', 'CREATE VIEW');
SELECT schemaver.repeatable('bad', 'CREATE INDEX CONCURRENTLY i ON t (a)');
SELECT schemaver.repeatable('r1', 'SELECT 1');
SELECT schemaver.repeatable('bad', 'SELECT 1', depends_on => 'nobody');
SELECT schemaver.repeatable('bad', 'SELECT 1', depends_on => 'bad');
SELECT schemaver.repeatable('bad', 'SELECT 1', run => 'never');
SELECT schemaver.repeatable('two words', 'SELECT 1');
DROP VIEW top, middle;
DROP TABLE t;
DROP FUNCTION f(int);
DROP EXTENSION schemaver;
