-- Are derived downs tried out when schemaver.check_downs says so, and is what they cannot undo named?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set VERBOSITY terse
CREATE ROLE regress_schemaver_granted;
CREATE TABLE t (a int, b int, c int);
INSERT INTO t VALUES (1, 2, 3);
SET schemaver.check_downs = warn;
SELECT schemaver.revision('fine', 'CREATE TABLE u (x int); ALTER TABLE t DROP COLUMN b', id => 'a1');
SELECT revision FROM schemaver.upgrade();

-- a value that the rows lack is no fault of the script: that has a warning of its own
SELECT schemaver.revision('values', 'ALTER TABLE t ALTER a SET NOT NULL', 'ALTER TABLE t ALTER a DROP NOT NULL', id => 'a2');
SELECT schemaver.revision('values', 'ALTER TABLE t DROP COLUMN a', id => 'a3');
SELECT revision FROM schemaver.upgrade();

-- something in the database refuses the way back
CREATE FUNCTION forbid() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'tables stay'; END $$;
CREATE EVENT TRIGGER regress_schemaver_forbid ON ddl_command_start WHEN TAG IN ('DROP TABLE') EXECUTE FUNCTION forbid();
SELECT schemaver.revision('refused', 'CREATE TABLE v (x int)', id => 'a4');
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.revision('refused', 'CREATE TABLE w (x int)', id => 'a5');
SET schemaver.check_downs = error;
SELECT revision FROM schemaver.upgrade();
SELECT revision FROM schemaver.current();
SET schemaver.check_downs = off;
DROP EVENT TRIGGER regress_schemaver_forbid;

-- privileges on members of an extension
CREATE SCHEMA ext;
CREATE EXTENSION citext SCHEMA ext;
SELECT schemaver.remove('a5');
SELECT schemaver.revision('privileges', 'REVOKE EXECUTE ON FUNCTION ext.citext_eq(ext.citext, ext.citext) FROM PUBLIC; GRANT USAGE ON TYPE ext.citext TO regress_schemaver_granted;
	GRANT SELECT ON t TO regress_schemaver_granted', id => 'a6');
SELECT revision FROM schemaver.upgrade();
SELECT down, structure_only FROM schemaver.show('a6');

DROP EXTENSION schemaver;
DROP SCHEMA ext CASCADE;
DROP TABLE t, u, v;
DROP FUNCTION forbid;
DROP ROLE regress_schemaver_granted;
