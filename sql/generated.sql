-- Is it known who wrote a script, and does it run as whom it should?
-- whoever runs the tests: the names of roles are the same
CREATE ROLE regress_schemaver_super SUPERUSER;
SET SESSION AUTHORIZATION regress_schemaver_super;
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET client_min_messages = warning;
\set code '\\echo :SQLSTATE'
CREATE ROLE regress_schemaver_owner;
CREATE ROLE regress_schemaver_caller;
CREATE SCHEMA app;
GRANT USAGE, CREATE ON SCHEMA app TO regress_schemaver_owner, regress_schemaver_caller;
CREATE TEMP VIEW written AS SELECT revision, up_generated, down_generated FROM schemaver.script ORDER BY revision;

SELECT schemaver.revision('written', 'CREATE TABLE a (x int)', 'DROP TABLE a', id => 'a1');
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.autogenerate('generated', 'CREATE TABLE a (x int); CREATE TABLE b (x int)', '{public}', id => 'a2');
TABLE written;
CREATE TEMP TABLE files AS SELECT * FROM schemaver.export();
SELECT content FROM files ORDER BY name DESC LIMIT 1;

-- a file keeps it, until somebody edits the text in the file
SELECT schemaver.remove('a2');
SELECT schemaver.load(name, content) FROM files ORDER BY name;
TABLE written;
SELECT schemaver.load(name, replace(content, 'DROP TABLE', 'DROP TABLE IF EXISTS')) FROM files ORDER BY name DESC LIMIT 1;
TABLE written;
-- a line that is lost says nothing about a text that is the same
SELECT schemaver.load(name, regexp_replace(content, '-- schemaver:generated[^\n]*\n', '')) FROM files ORDER BY name DESC LIMIT 1;
TABLE written;
SELECT schemaver.edit('a2', up => 'CREATE TABLE b (x int)');
TABLE written;

-- the caller must be able to become the owner
SELECT schemaver.remove('a2');
SET ROLE regress_schemaver_owner;
CREATE FUNCTION app.who(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE WARNING 'runs as %', current_user; RETURN 1; END $$;
CREATE TABLE app.t (x int CONSTRAINT c CHECK (app.who(x) > 0));
INSERT INTO app.t VALUES (1);
RESET ROLE;
SELECT schemaver.revision('drop', 'ALTER TABLE app.t DROP CONSTRAINT c', id => 'b2');
SELECT revision FROM schemaver.upgrade();
GRANT EXECUTE ON FUNCTION schemaver.downgrade TO regress_schemaver_caller;
SET ROLE regress_schemaver_caller;
SELECT revision FROM schemaver.downgrade();
:code
RESET ROLE;
GRANT regress_schemaver_owner TO regress_schemaver_caller;
SET ROLE regress_schemaver_caller;
SELECT revision FROM schemaver.downgrade();
RESET ROLE;

-- the file for psql calls what psql could not restrict
SELECT revision FROM schemaver.upgrade();
SELECT line FROM string_to_table(schemaver.script('current', '-1'), E'\n') line WHERE line ~ 'ALTER|generated';
\pset format unaligned
\pset tuples_only on
\o /dev/null
BEGIN;
SELECT schemaver.script_begin('downgrade', '-1', '{b2}');
SELECT schemaver.script_generated('b2', 'downgrade', checksum) FROM schemaver.show('b2');
SELECT schemaver.script_step('b2', 'downgrade', checksum, 1) FROM schemaver.show('b2');
COMMIT;
\o
SELECT revision FROM schemaver.current();
-- not for what somebody wrote, and not outside of a file
BEGIN;
SELECT schemaver.script_begin('downgrade', '-1', '{a1}');
SELECT schemaver.script_generated('a1', 'downgrade', checksum) FROM schemaver.show('a1');
:code
ROLLBACK;
SELECT schemaver.script_generated('a1', 'downgrade', '');
:code

-- a superuser's table runs another role's function as that role
SELECT schemaver.revision('c', 'CREATE TABLE app.s (x int CONSTRAINT c CHECK (app.who(x) > 0)); INSERT INTO app.s VALUES (1)', '', id => 'c2');
SELECT schemaver.revision('d', 'ALTER TABLE app.s DROP CONSTRAINT c', id => 'd2');
SELECT revision FROM schemaver.upgrade();
SELECT revision FROM schemaver.downgrade();
:code

DROP VIEW written;
DROP EXTENSION schemaver CASCADE;
DROP SCHEMA app CASCADE;
DROP TABLE a;
DROP ROLE regress_schemaver_caller;
DROP ROLE regress_schemaver_owner;
RESET SESSION AUTHORIZATION;
REASSIGN OWNED BY regress_schemaver_super TO CURRENT_USER;
DROP OWNED BY regress_schemaver_super;
DROP ROLE regress_schemaver_super;
