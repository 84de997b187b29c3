-- A hook runs as who has set it, whoever runs; and nobody gains by it.
-- whoever runs the tests: the names of roles are the same
CREATE ROLE regress_schemaver_super SUPERUSER;
SET SESSION AUTHORIZATION regress_schemaver_super;
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE ROLE regress_hook_user;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA schemaver TO regress_hook_user;
CREATE SCHEMA theirs AUTHORIZATION regress_hook_user;
-- only the owner of the extension sets one
SET ROLE regress_hook_user;
SELECT schemaver.hook('mine', 'before_run', 'SELECT 1');
RESET ROLE;
SELECT schemaver.hook('audit', 'before_run', 'SELECT theirs.audit()');
SELECT schemaver.hook('bare', 'after_run', 'INSERT INTO audit SELECT current_user');
SET ROLE regress_hook_user;
SELECT schemaver.unhook('audit');
-- a function of theirs runs as they
CREATE TABLE theirs.audit (who text);
CREATE FUNCTION theirs.audit() RETURNS void LANGUAGE sql AS 'INSERT INTO theirs.audit SELECT current_user';
SELECT schemaver.revision('one', 'CREATE TABLE theirs.one ()', 'DROP TABLE theirs.one', id => 'r1');
-- nor does a temporary table of theirs stand for a table of the hook
CREATE TEMP TABLE audit (who text);
SELECT revision FROM schemaver.upgrade();
DROP TABLE pg_temp.audit;
RESET ROLE;
SELECT schemaver.unhook('bare');
SET ROLE regress_hook_user;
SELECT revision FROM schemaver.upgrade();
SELECT who FROM theirs.audit;
-- expressions of theirs call nothing as a superuser; what cannot be confined is refused
CREATE TABLE theirs.leak (who text, leak text DEFAULT current_setting('data_directory'));
CREATE FUNCTION theirs.spy() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER spy BEFORE INSERT ON theirs.audit FOR EACH ROW EXECUTE FUNCTION theirs.spy();
RESET ROLE;
SELECT schemaver.hook('audit', 'before_run', 'INSERT INTO theirs.leak (who) VALUES (''x'')');
SELECT revision FROM schemaver.downgrade();
SELECT schemaver.hook('audit', 'before_run', 'INSERT INTO theirs.audit SELECT current_user');
SELECT revision FROM schemaver.downgrade();
-- restricted: nothing of the session changes
SELECT schemaver.hook('audit', 'before_run', 'SET ROLE regress_hook_user; SELECT 1');
SELECT revision FROM schemaver.downgrade();
SELECT schemaver.hook('audit', 'before_run', 'SELECT set_config(''search_path'', ''theirs'', false), set_config(''role'', ''none'', true)');
SELECT revision FROM schemaver.downgrade();
SELECT schemaver.hook('audit', 'before_run', 'CREATE TEMP TABLE left_behind ()');
SELECT revision FROM schemaver.downgrade();
SELECT schemaver.hook('audit', 'before_run', 'SELECT set_config(''search_path'', ''theirs'', false)');
SELECT revision FROM schemaver.downgrade();
SHOW search_path;
-- who may not set hooks any more has none that run
CREATE ROLE regress_hook_owner SUPERUSER;
SET ROLE regress_hook_owner;
SELECT schemaver.hook('audit', 'before_run', 'SELECT 1');
RESET ROLE;
SELECT revision FROM schemaver.upgrade();
ALTER ROLE regress_hook_owner NOSUPERUSER;
SELECT revision FROM schemaver.downgrade();
DROP ROLE regress_hook_owner;
SELECT revision FROM schemaver.downgrade();
SELECT schemaver.unhook('audit');
SELECT revision FROM schemaver.downgrade();
-- an owner that is no superuser any more cannot write hooks that run as one
CREATE ROLE regress_hook_owner SUPERUSER;
ALTER TABLE schemaver.hook OWNER TO regress_hook_owner;
SELECT schemaver.hook('audit', 'before_run', 'SELECT 1');
ALTER ROLE regress_hook_owner NOSUPERUSER;
SET ROLE regress_hook_owner;
UPDATE schemaver.hook SET sql = 'ALTER ROLE regress_hook_owner SUPERUSER';
RESET ROLE;
SELECT revision FROM schemaver.upgrade();
SELECT rolsuper FROM pg_roles WHERE rolname = 'regress_hook_owner';
ALTER TABLE schemaver.hook OWNER TO CURRENT_USER;
DROP EXTENSION schemaver;
DROP ROLE regress_hook_owner;
DROP SCHEMA theirs CASCADE;
DROP ROLE regress_hook_user;
RESET SESSION AUTHORIZATION;
REASSIGN OWNED BY regress_schemaver_super TO CURRENT_USER;
DROP OWNED BY regress_schemaver_super;
DROP ROLE regress_schemaver_super;
