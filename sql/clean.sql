-- What does clean() drop, and where?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
SELECT schemaver.revision('a', 'CREATE SCHEMA app; CREATE TABLE app.a (x int PRIMARY KEY); CREATE TYPE mood AS ENUM (''good''); CREATE VIEW v AS SELECT x FROM app.a;
	CREATE FUNCTION f(mood) RETURNS int LANGUAGE sql AS ''SELECT 1''; CREATE CAST (mood AS int) WITH FUNCTION f(mood); CREATE SEQUENCE app.s', id => 'a1'),
	schemaver.revision('b', 'CREATE TABLE b (m mood)', id => 'b1'), schemaver.repeatable('l', 'CREATE OR REPLACE VIEW l AS SELECT m FROM b');
CREATE SCHEMA mine;
CREATE SCHEMA other;
CREATE TABLE other.stays (x int);
CREATE TABLE mine.t (x int);
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.ignore(schemas => '{other}');

SELECT schemaver.clean();
:code
SELECT schemaver.allow_clean();
SELECT schemaver.set_environment('production', protected => true);
SELECT schemaver.clean();
:code
SELECT schemaver.allow_clean();
SELECT schemaver.set_environment(NULL);
-- of another database
UPDATE schemaver.clean_allowed SET database = 1;
SELECT schemaver.clean();
SELECT schemaver.allow_clean(false), schemaver.allow_clean();

-- what the caller may not drop
CREATE ROLE regress_sv_cleaner;
GRANT USAGE ON SCHEMA schemaver TO regress_sv_cleaner;
GRANT EXECUTE ON FUNCTION schemaver.clean TO regress_sv_cleaner;
SET ROLE regress_sv_cleaner;
SELECT schemaver.clean();
SELECT schemaver.allow_clean();
RESET ROLE;

SELECT * FROM schemaver.clean(dry_run => true) ORDER BY 1, 2;
SELECT revision FROM schemaver."current"();
-- a part of the schemas: nothing of what is forgotten stays
SELECT count(*) FROM schemaver.clean(schemas => '{mine}');
:code
SELECT count(*) FROM schemaver.clean(schemas => '{nowhere}');
:code
SELECT to_regclass('mine.t'), to_regclass('b'), (SELECT count(*) FROM schemaver.applied) AS applied;
BEGIN;
DROP CAST (mood AS int);
SELECT count(*) FROM schemaver.clean(schemas => '{app,public}');
SELECT to_regclass('mine.t'), to_regclass('b'), (SELECT count(*) FROM schemaver.applied) AS applied;
ROLLBACK;
SELECT count(*) > 5 FROM schemaver.clean();
SELECT nspname FROM pg_namespace WHERE nspname IN ('app', 'mine', 'other', 'public') ORDER BY 1;
SELECT to_regclass('other.stays');
SELECT revision, state FROM schemaver.status();
SELECT count(*) FROM schemaver.drift();
SELECT command, target, outcome FROM schemaver.run WHERE command LIKE '%clean' ORDER BY run;
SELECT * FROM schemaver.clean();
SELECT revision FROM schemaver.upgrade();
SELECT revision, state FROM schemaver.status(true);
SELECT count(*) > 5 FROM schemaver.clean();

-- a schema that a revision has changed, and not made
SELECT schemaver.revision('c', 'COMMENT ON SCHEMA public IS ''changed''; COMMENT ON SCHEMA app IS ''changed, too''', id => 'c1');
SELECT revision FROM schemaver.upgrade();
SELECT count(*) > 5 FROM schemaver.clean();
SELECT nspname FROM pg_namespace WHERE nspname IN ('app', 'public');
COMMENT ON SCHEMA public IS 'standard public schema';

DROP SCHEMA other CASCADE;
DROP SCHEMA IF EXISTS mine CASCADE;
DROP OWNED BY regress_sv_cleaner;
DROP ROLE regress_sv_cleaner;
DROP EXTENSION schemaver;
