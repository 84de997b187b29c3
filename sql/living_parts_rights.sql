-- An index that comes back with a living object calls the function of another role as that role.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE ROLE regress_schemaver_parts;
CREATE SCHEMA theirs AUTHORIZATION regress_schemaver_parts;
CREATE TABLE t (id int, name text);
INSERT INTO t VALUES (1, 'x');
CREATE TABLE theirs.seen (who text, super text);
ALTER TABLE theirs.seen OWNER TO regress_schemaver_parts;
SELECT schemaver.repeatable('m', 'CREATE MATERIALIZED VIEW m AS SELECT id, name FROM t');
SELECT revision FROM schemaver.upgrade();
SET ROLE regress_schemaver_parts;
CREATE FUNCTION theirs.f(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1; END';
RESET ROLE;
CREATE INDEX of_theirs ON m (theirs.f(name));
SET ROLE regress_schemaver_parts;
CREATE FUNCTION theirs.note() RETURNS void LANGUAGE plpgsql AS
	'BEGIN RAISE NOTICE ''as %'', current_user; EXECUTE ''ALTER ROLE regress_schemaver_parts SUPERUSER''; EXCEPTION WHEN insufficient_privilege THEN RAISE NOTICE ''refused''; END';
CREATE OR REPLACE FUNCTION theirs.f(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM theirs.note(); RETURN $1; END';
RESET ROLE;
SELECT schemaver.repeatable('m', 'CREATE MATERIALIZED VIEW m AS SELECT name, id FROM t');
SELECT revision FROM schemaver.upgrade();
SELECT rolsuper FROM pg_roles WHERE rolname = 'regress_schemaver_parts';
DROP EXTENSION schemaver;
SET client_min_messages = warning;
DROP TABLE t CASCADE;
DROP SCHEMA theirs CASCADE;
DROP ROLE regress_schemaver_parts;
