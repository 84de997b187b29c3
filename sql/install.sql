-- Into which schema does the extension go, and what does it leave behind?
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS schemaver;
RESET client_min_messages;
\set code '\\echo :SQLSTATE'
\set SHOW_CONTEXT never

-- a schema of that name that holds something, or that is somebody else's
CREATE SCHEMA schemaver;
CREATE TABLE schemaver.t (x int);
CREATE EXTENSION schemaver;
:code
DROP TABLE schemaver.t;
CREATE FUNCTION schemaver.upgrade() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE EXTENSION schemaver;
DROP FUNCTION schemaver.upgrade();
CREATE ROLE regress_schemaver_owner;
ALTER SCHEMA schemaver OWNER TO regress_schemaver_owner;
CREATE EXTENSION schemaver;
:code
ALTER SCHEMA schemaver OWNER TO CURRENT_USER;
GRANT CREATE ON SCHEMA schemaver TO regress_schemaver_owner;
CREATE EXTENSION schemaver;
:code
REVOKE CREATE ON SCHEMA schemaver FROM regress_schemaver_owner;
-- not into another one, and not by just anybody
CREATE EXTENSION schemaver SCHEMA public;
:code
SET ROLE regress_schemaver_owner;
CREATE EXTENSION schemaver;
:code
RESET ROLE;
CREATE EXTENSION schemaver;
ALTER EXTENSION schemaver SET SCHEMA public;
:code

-- every object is a member; every table and sequence is marked for pg_dump
SELECT count(*) FROM pg_class c WHERE relnamespace = 'schemaver'::regnamespace AND relkind IN ('r', 'v', 'S')
	AND NOT EXISTS (SELECT FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e' AND e.extname = 'schemaver');
SELECT c.relname AS not_dumped FROM pg_class c, pg_extension e WHERE e.extname = 'schemaver' AND relnamespace = 'schemaver'::regnamespace AND relkind IN ('r', 'S') AND c.oid <> ALL (e.extconfig);
SELECT p.proname AS without_comment FROM pg_proc p WHERE pronamespace = 'schemaver'::regnamespace AND obj_description(oid, 'pg_proc') IS NULL;
SELECT c.relname AS without_comment FROM pg_class c WHERE relnamespace = 'schemaver'::regnamespace AND relkind IN ('r', 'v') AND obj_description(oid, 'pg_class') IS NULL;

-- settings
SELECT name, setting, unit, context, vartype FROM pg_settings WHERE name LIKE 'schemaver.%' ORDER BY 1;
SET schemaver.nonsense = 1;
:code

-- DROP EXTENSION leaves what the revisions made
SET schemaver.progress = off;
SELECT schemaver.revision('m', 'CREATE TABLE mine (x int); CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS ''SELECT 1''; INSERT INTO mine VALUES (1)', id => 'a1');
SELECT revision FROM schemaver.upgrade();
DROP EXTENSION schemaver;
SELECT x, mine() FROM mine;
SELECT count(*) FROM pg_depend WHERE refclassid = 'pg_namespace'::regclass AND refobjid = 'schemaver'::regnamespace;
SELECT schemaver.upgrade();
:code
-- and it can come back
CREATE EXTENSION schemaver;
SELECT count(*) FROM schemaver.history();
SELECT schemaver.revision('m', 'DROP TABLE mine; DROP FUNCTION mine()', id => 'a1');
SELECT revision FROM schemaver.upgrade();
DROP EXTENSION schemaver;

DROP SCHEMA schemaver;
DROP ROLE regress_schemaver_owner;
