-- What Rails does with scenic (views) and fx (functions, triggers), by living objects.
\set VERBOSITY terse
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SELECT schemaver.revision('t', 'CREATE TABLE t (id int PRIMARY KEY, name text, n int)', id => 'r1');
-- create_view, create_view materialized, create_function, create_trigger
SELECT schemaver.repeatable('found', 'CREATE VIEW found AS SELECT id, name FROM t');
SELECT schemaver.repeatable('names', 'CREATE VIEW names AS SELECT name FROM found');
SELECT schemaver.repeatable('sums', 'CREATE MATERIALIZED VIEW sums AS SELECT name, count(*) AS n FROM found GROUP BY name');
SELECT schemaver.repeatable('up', 'CREATE FUNCTION up(t text) RETURNS text LANGUAGE sql IMMUTABLE AS ''SELECT upper(t)''');
SELECT schemaver.repeatable('big', 'CREATE FUNCTION big() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN new.name := up(new.name); RETURN new; END''; CREATE TRIGGER big BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION big()');
SELECT revision FROM schemaver.upgrade();
INSERT INTO t VALUES (1, 'a', 1);
SELECT name FROM names;
-- indexes that a revision or somebody made stay when a view is made anew, as scenic keeps them
CREATE UNIQUE INDEX by_name ON sums (name);
REFRESH MATERIALIZED VIEW CONCURRENTLY sums;
SELECT schemaver.tag('v1');

-- update_view, with another view over it: scenic fails without cascade, and never makes that one again
SELECT schemaver.repeatable('found', 'CREATE VIEW found AS SELECT n, id, name FROM t');
SELECT revision FROM schemaver.upgrade();
SELECT * FROM sums;
SELECT indexrelid::regclass, indisunique FROM pg_index WHERE indrelid = 'sums'::regclass;
-- replace_view; update_function with another result, which fx does not do; update_trigger
SELECT schemaver.revision('more', 'ALTER TABLE t ADD more int', id => 'r2');
SELECT schemaver.repeatable('found', 'CREATE OR REPLACE VIEW found AS SELECT n, id, name, more FROM t');
SELECT schemaver.repeatable('up', 'CREATE FUNCTION up(t text) RETURNS varchar LANGUAGE sql IMMUTABLE AS ''SELECT upper(t) || 2''');
SELECT schemaver.repeatable('big', 'CREATE FUNCTION big() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN new.name := up(new.name); RETURN new; END''; CREATE TRIGGER big BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION big()');
SELECT revision FROM schemaver.upgrade();
UPDATE t SET n = 2;
SELECT * FROM found;
SELECT tgtype FROM pg_trigger WHERE tgname = 'big';
-- drop_view: an empty text; what others need is refused
SELECT schemaver.repeatable('found', '');
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.repeatable('found', 'CREATE OR REPLACE VIEW found AS SELECT n, id, name, more FROM t');
SELECT schemaver.repeatable('names', '');
SELECT revision FROM schemaver.upgrade();
SELECT to_regclass('names') IS NULL AS dropped, to_regclass('found') IS NOT NULL AS stays;

-- rollback: no revert_to_version is written; what was in force is. The index by hand goes, and is named
SELECT revision FROM schemaver.downgrade('tag:v1', allow_data_loss => true);
SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'found'::regclass AND attnum > 0;
SELECT to_regclass('names') IS NOT NULL AS again, pg_typeof(up('a'));
SELECT tgtype FROM pg_trigger WHERE tgname = 'big';
SELECT kind, identity FROM schemaver.drift();
DROP EXTENSION schemaver;
SET client_min_messages = error;
DROP TABLE t CASCADE;
DROP FUNCTION big(), up(text);
