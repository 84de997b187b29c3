-- Who may do what, and with whose rights do scripts run?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
CREATE ROLE regress_schemaver_looker;
CREATE ROLE regress_schemaver_writer;
CREATE ROLE regress_schemaver_runner;
CREATE SCHEMA app AUTHORIZATION regress_schemaver_runner;
CREATE TABLE secret (x int);
SELECT schemaver.revision('one', 'CREATE TABLE app.t (x int)', 'DROP TABLE app.t', id => 'a1');

-- what every role may call, and what needs a grant
SELECT proname, has_function_privilege('regress_schemaver_looker', oid, 'EXECUTE') AS granted, prosecdef, provolatile, proparallel
FROM pg_proc WHERE pronamespace = 'schemaver'::regnamespace ORDER BY granted, proname;
SELECT relname FROM pg_class WHERE relnamespace = 'schemaver'::regnamespace AND relkind IN ('r', 'v', 'S')
	AND (has_table_privilege('regress_schemaver_looker', oid, 'SELECT') OR has_table_privilege('regress_schemaver_looker', oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER, REFERENCES')) ORDER BY relname;
SELECT has_schema_privilege('regress_schemaver_looker', 'schemaver', 'USAGE') AS usage, has_schema_privilege('regress_schemaver_looker', 'schemaver', 'CREATE') AS create;

SET ROLE regress_schemaver_looker;
SELECT revision, message FROM schemaver.history();
SELECT revision, state FROM schemaver.status(true);
SELECT revision FROM schemaver.plan();
SELECT schemaver.graph();
SELECT schemaver.check();
:code
SELECT count(*) FROM schemaver.current(), schemaver.heads(), schemaver.bases(), schemaver.branches(), schemaver.resolve('a1');
SELECT schemaver.revision('m', '');
:code
SELECT revision FROM schemaver.load('a.sql', '');
SELECT schemaver.load_directory('/');
SELECT schemaver.merge();
SELECT schemaver.edit('a1');
SELECT schemaver.remove('a1');
SELECT schemaver.tag('t', 'a1');
SELECT schemaver.untag('t');
SELECT schemaver.upgrade();
SELECT schemaver.downgrade();
SELECT schemaver.redo();
SELECT schemaver.stamp('{a1}');
SELECT schemaver.test();
SELECT schemaver.baseline();
SELECT schemaver.squash(':', 'm');
SELECT schemaver.show('a1');
SELECT schemaver.export();
SELECT schemaver.script();
SELECT schemaver.script_begin('upgrade', 'head', '{}');
SELECT schemaver.script_step('a1', 'upgrade', '', 0);
SELECT * FROM schemaver.revision;
SELECT * FROM schemaver.journal;
DELETE FROM schemaver.applied;
SELECT nextval('schemaver.run_number');
RESET ROLE;

-- with EXECUTE a role can register and run, without any right on the tables
GRANT EXECUTE ON FUNCTION schemaver.revision, schemaver.load, schemaver.edit, schemaver.remove, schemaver.merge, schemaver.tag, schemaver.untag TO regress_schemaver_writer;
GRANT EXECUTE ON FUNCTION schemaver.upgrade, schemaver.downgrade, schemaver.redo, schemaver.stamp, schemaver.script, schemaver.show, schemaver.export TO regress_schemaver_runner;
SET ROLE regress_schemaver_writer;
SELECT schemaver.revision('two', 'CREATE TABLE app.t2 (x int)', 'DROP TABLE app.t2', id => 'a2', verify => 'SELECT current_user = $$regress_schemaver_runner$$');
SELECT revision FROM schemaver.load('a3.sql', E'-- schemaver:revision a3\n-- schemaver:up\nCREATE FUNCTION app.f() RETURNS text SECURITY DEFINER LANGUAGE sql AS ''SELECT current_user::text'';\n-- schemaver:down\nDROP FUNCTION app.f();\n');
SELECT schemaver.edit('a3', message => 'three'), schemaver.tag('v3', 'a3'), schemaver.untag('v3');
SELECT schemaver.upgrade();
RESET ROLE;
SELECT created_by FROM schemaver.show('a2');
SET ROLE regress_schemaver_writer;

-- what is created belongs to the caller
SET ROLE regress_schemaver_runner;
SELECT revision FROM schemaver.upgrade();
SELECT app.f();
SELECT applied_by FROM schemaver.current();
SELECT count(*) FROM schemaver.redo(2);
RESET ROLE;
SELECT relname, relowner::regrole FROM pg_class WHERE relnamespace = 'app'::regnamespace AND relkind = 'r' ORDER BY 1;
SELECT DISTINCT role, session_role = session_user AS session_role FROM schemaver.journal;
GRANT SELECT ON schemaver.journal TO regress_schemaver_looker;
SET ROLE regress_schemaver_looker;
SELECT count(*) FROM schemaver.journal;
RESET ROLE;

-- and what the caller may not do fails, in the script as anywhere
SELECT schemaver.revision('four', 'SELECT * FROM secret', '', id => 'a4');
SET ROLE regress_schemaver_runner;
SELECT schemaver.upgrade();
:code
RESET ROLE;
SELECT schemaver.edit('a4', 'INSERT INTO schemaver.applied SELECT * FROM schemaver.applied');
SET ROLE regress_schemaver_runner;
SELECT schemaver.upgrade();
:code
RESET ROLE;
SELECT schemaver.edit('a4', 'SET ROLE regress_schemaver_writer');
SET SESSION AUTHORIZATION regress_schemaver_runner;
SELECT schemaver.upgrade();
:code
RESET SESSION AUTHORIZATION;
SELECT schemaver.edit('a4', E'COPY secret FROM stdin;\n1\n\\.\n');
SET ROLE regress_schemaver_runner;
SELECT schemaver.upgrade();
:code
RESET ROLE;
-- a deferred trigger runs as the caller, too
SELECT schemaver.edit('a4', $r$CREATE FUNCTION app.tf() RETURNS trigger LANGUAGE plpgsql AS $x$ BEGIN RAISE NOTICE '% at depth %', current_user, pg_trigger_depth(); RETURN NULL; END $x$;
	CREATE CONSTRAINT TRIGGER k AFTER INSERT ON app.t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.tf();
	INSERT INTO app.t VALUES (1);
	DO $x$ BEGIN
		CREATE TABLE app.t5 (x int);
		CREATE CONSTRAINT TRIGGER k5 AFTER INSERT ON app.t5 DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION app.tf();
		INSERT INTO app.t5 VALUES (1);
	END $x$$r$);
SELECT schemaver.revision('five', $r$DO $x$ BEGIN
		CREATE TABLE app.t6 (x int);
		CREATE CONSTRAINT TRIGGER k6 AFTER INSERT ON app.t6 DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION app.tf();
		INSERT INTO app.t6 VALUES (1);
	END $x$$r$, '', id => 'a5');
SET ROLE regress_schemaver_runner;
SELECT revision FROM schemaver.upgrade();
RESET ROLE;

-- a role without rights cannot hold a lock that keeps runs and registrations away
GRANT CREATE ON SCHEMA public TO regress_schemaver_looker;
BEGIN;
SET ROLE regress_schemaver_looker;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
ALTER FUNCTION f() DEPENDS ON EXTENSION schemaver;
PREPARE p1 AS DELETE FROM schemaver.revision;
PREPARE p2 AS INSERT INTO schemaver.run SELECT * FROM schemaver.run;
PREPARE p3 AS SELECT * FROM schemaver.applied FOR UPDATE;
PREPARE p4 AS SELECT * FROM schemaver.journal;
SELECT DISTINCT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation IN ('schemaver.journal'::regclass, 'schemaver.revision'::regclass)
	AND mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock');
SAVEPOINT s;
LOCK TABLE schemaver.journal IN SHARE UPDATE EXCLUSIVE MODE;
:code
ROLLBACK TO s;
LOCK TABLE schemaver.revision IN SHARE MODE;
:code
ROLLBACK TO s;
COMMENT ON VIEW schemaver.journal IS 'x';
:code
ROLLBACK TO s;
SELECT DISTINCT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation IN ('schemaver.journal'::regclass, 'schemaver.revision'::regclass)
	AND mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock');
ROLLBACK;
RESET ROLE;
DEALLOCATE ALL;
REVOKE CREATE ON SCHEMA public FROM regress_schemaver_looker;

-- a script that revokes the rights of the role that runs it: what began goes on
SELECT schemaver.revision('six', 'REVOKE EXECUTE ON FUNCTION schemaver.upgrade FROM regress_schemaver_runner; REVOKE ALL ON SCHEMA schemaver FROM PUBLIC', id => 'a6');
SELECT schemaver.revision('seven', 'CREATE TABLE app.t7 (x int)', id => 'a7');
GRANT ALL ON SCHEMA schemaver TO regress_schemaver_runner WITH GRANT OPTION;
ALTER FUNCTION schemaver.upgrade OWNER TO regress_schemaver_runner;
SET ROLE regress_schemaver_runner;
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.upgrade();
:code
RESET ROLE;

SET client_min_messages = warning;
DROP EXTENSION schemaver;
DROP SCHEMA schemaver;
DROP SCHEMA app CASCADE;
DROP TABLE secret;
DROP ROLE regress_schemaver_looker, regress_schemaver_writer, regress_schemaver_runner;
