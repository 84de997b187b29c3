-- Where do bodies of functions look up names in what schemaver wrote?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET client_min_messages = error;
\set VERBOSITY terse
CREATE ROLE regress_schemaver_path;
CREATE TABLE zt (id int);
INSERT INTO zt VALUES (1);
\set functions 'SET check_function_bodies = off; CREATE FUNCTION a_wrap(t text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$SELECT z_help(t) = \'T\'$$; CREATE FUNCTION z_help(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN upper(t); END$$;'
\set wanted :functions ' CREATE TABLE zt (id int, CHECK (NOT a_wrap(id::text))); ALTER TABLE zt ADD COLUMN k boolean DEFAULT a_wrap(\'t\');'

-- in the schemas of the caller
SELECT action, kind, identity FROM schemaver.diff(:'wanted') ORDER BY position;
SELECT schemaver.autogenerate('functions', :'wanted', id => 'a1');
SELECT revision FROM schemaver.upgrade();
TABLE zt;
SELECT schemaver.revision('drop', 'ALTER TABLE zt DROP CONSTRAINT zt_id_check, DROP COLUMN k', id => 'a2');
SELECT revision FROM schemaver.upgrade();
SELECT revision FROM schemaver.downgrade(allow_data_loss => true);
TABLE zt;

-- not in one in which somebody else could make a function for them
SELECT revision FROM schemaver.upgrade();
CREATE SCHEMA early;
GRANT USAGE, CREATE ON SCHEMA early TO regress_schemaver_path;
SET ROLE regress_schemaver_path;
CREATE FUNCTION early.z_help(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE EXCEPTION 'runs as %', current_user; END $$;
RESET ROLE;
SET search_path = early, public;
SELECT revision FROM schemaver.downgrade(allow_data_loss => true);
SELECT revision FROM schemaver.upgrade();
-- or has made one while that was allowed
REVOKE CREATE ON SCHEMA early FROM regress_schemaver_path;
SELECT revision FROM schemaver.downgrade(allow_data_loss => true);
SELECT revision FROM schemaver.upgrade();
GRANT CREATE ON SCHEMA public TO PUBLIC;
SELECT revision FROM schemaver.downgrade(allow_data_loss => true);
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

-- a search_path of the function's own counts
SET search_path = public;
ALTER FUNCTION a_wrap(text) SET search_path = public;
SET search_path = pg_catalog;
SELECT revision FROM schemaver.downgrade(allow_data_loss => true);

RESET search_path;
DROP SCHEMA early CASCADE;
DROP OWNED BY regress_schemaver_path;
DROP ROLE regress_schemaver_path;
DROP EXTENSION schemaver;
DROP TABLE zt;
DROP FUNCTION a_wrap, z_help;
