-- Hooks: when they run, as whom, what they know of the run, what their errors do.
-- whoever runs the tests: the names of roles are the same
CREATE ROLE regress_schemaver_super SUPERUSER;
SET SESSION AUTHORIZATION regress_schemaver_super;
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE TABLE seen (n int GENERATED ALWAYS AS IDENTITY, hook text, role text, command text, target text, revision text, direction text, statement text);
CREATE FUNCTION note(hook text) RETURNS void LANGUAGE sql AS
	$$INSERT INTO public.seen (hook, role, command, target, revision, direction, statement) SELECT hook, current_user,
		current_setting('schemaver.current_command'), current_setting('schemaver.current_target'), current_setting('schemaver.current_revision'),
		current_setting('schemaver.current_direction'), current_setting('schemaver.current_statement')$$;
CREATE FUNCTION seen() RETURNS TABLE (hook text, command text, target text, revision text, direction text, statement text) LANGUAGE sql AS
	$$WITH gone AS (DELETE FROM seen RETURNING *) SELECT hook, command, target, revision, direction, statement FROM gone ORDER BY n$$;
-- each moment
SELECT schemaver.hook(at, at, format('SELECT public.note(%L)', at)) FROM unnest('{before_run,after_run,before_revision,after_revision}'::text[]) at;
SELECT schemaver.hook('tables', 'before_statement', 'SELECT public.note(''tables'')', '{create table,upgrade}');
SELECT schemaver.hook('drops', 'after_statement', 'SELECT public.note(''drops'')', 'DROP');
SELECT name, at, only_for, sql, role = current_user AS mine FROM schemaver.hooks();
SELECT schemaver.revision('one', 'CREATE TABLE one (a int); CREATE INDEX ON one (a)', id => 'r1');
SELECT schemaver.revision('two', 'CREATE TABLE two (a int)', id => 'r2');
SELECT position, revision, message FROM schemaver.plan();
SELECT revision FROM schemaver.upgrade();
SELECT * FROM seen();
SELECT count(*) FROM schemaver.drift();
SELECT position, revision, message FROM schemaver.plan('r1', 'downgrade') OFFSET 1;
-- what hooks write is no loss of a downgrade
SELECT revision, structure_only FROM schemaver.plan('r1', 'downgrade') LIMIT 1;
SELECT revision FROM schemaver.downgrade('r1');
SELECT * FROM seen();
SELECT revision, direction FROM schemaver.redo();
SELECT * FROM seen();
SELECT revision FROM schemaver.goto('r2');
SELECT * FROM seen();
-- nothing to do, nothing to run
SELECT revision FROM schemaver.upgrade();
SELECT * FROM seen();
SELECT revision FROM schemaver.downgrade('r1', dry_run => true);
SELECT * FROM seen();
-- commit by commit
SELECT schemaver.hook('alone', 'before_statement', 'SELECT public.note(''alone'')', 'CREATE INDEX');
SELECT schemaver.hook('alone too', 'after_statement', 'SELECT public.note(''alone too'')', 'CREATE INDEX');
SELECT schemaver.revision('three', 'CREATE INDEX CONCURRENTLY three ON two (a)', 'DROP INDEX three', id => 'r3');
SELECT schemaver.revision('four', 'SELECT 1', 'SELECT 1', id => 'r4');
CALL schemaver.online_upgrade();
SELECT * FROM seen();
CALL schemaver.online_downgrade('r2');
SELECT * FROM seen();
SELECT count(*) FROM schemaver.drift();
-- what a hook changes belongs to no revision, and is no drift
SELECT schemaver.hook('grants', 'after_run', 'GRANT SELECT ON public.two TO PUBLIC', 'upgrade');
SELECT revision FROM schemaver.upgrade('r4');
SELECT relacl IS NOT NULL AS granted FROM pg_class WHERE relname = 'two';
SELECT count(*) FROM schemaver.drift();
SELECT schemaver.unhook(name) FROM schemaver.hooks();
SELECT count(*) FROM seen();
-- nobody sets what the run is
SET schemaver.current_revision = 'r9';
SELECT set_config('schemaver.current_command', 'mine', false);
SELECT current_setting('schemaver.current_revision'), current_setting('schemaver.current_command');
SELECT schemaver.revision('reads', 'CREATE TABLE reads AS SELECT current_setting(''schemaver.current_revision'') AS revision, current_setting(''schemaver.current_run'')::bigint = (SELECT max(run) FROM schemaver.journal) AS run', id => 'r5');
SELECT revision FROM schemaver.upgrade();
TABLE reads;
-- errors
SELECT schemaver.revision('bad', 'SELECT 1; SELECT 1 / 0', id => 'r6');
SELECT schemaver.hook('on', 'on_error', 'DO $$BEGIN RAISE WARNING ''% in %'', current_setting(''schemaver.current_error''), current_setting(''schemaver.current_revision''); END$$');
SELECT revision FROM schemaver.upgrade();
CALL schemaver.online_upgrade();
SELECT schemaver.hook('on', 'on_error', 'INSERT INTO public.seen (hook) SELECT current_setting(''schemaver.current_error''); SELECT nowhere()');
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.hook('on', 'on_error', 'INSERT INTO public.seen (hook) SELECT current_setting(''schemaver.current_error'')');
CALL schemaver.online_upgrade();
SELECT hook FROM seen();
SELECT schemaver.hook('stop', 'before_run', E'SELECT 1;\nSELECT public.note(1 / 0)');
SELECT schemaver.unhook('on');
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.hook('stop', 'after_revision', 'SELECT schemaver.upgrade()');
SELECT schemaver.edit('r6', up => 'SELECT 1');
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.hook('stop', 'before_statement', 'DO $$BEGIN IF current_setting(''schemaver.current_statement'') LIKE ''DROP %'' THEN RAISE ''no %'', current_setting(''schemaver.current_statement''); END IF; END$$');
SELECT schemaver.edit('r6', up => 'DROP TABLE two');
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.unhook('stop');
-- what can be no hook
SELECT schemaver.hook('x', 'sometimes', 'SELECT 1');
SELECT schemaver.hook('x', 'before_run', 'SELEC 1');
SELECT schemaver.hook('x', 'before_run', '-- nothing');
SELECT schemaver.hook('x', 'before_run', 'VACUUM');
SELECT schemaver.hook('x', 'before_run', 'SELECT 1', 'CREATE TABLE');
SELECT schemaver.hook('', 'before_run', 'SELECT 1');
SELECT schemaver.unhook('x');
DROP EXTENSION schemaver;
DROP TABLE one, two, reads, seen;
DROP FUNCTION note, seen;
RESET SESSION AUTHORIZATION;
REASSIGN OWNED BY regress_schemaver_super TO CURRENT_USER;
DROP OWNED BY regress_schemaver_super;
DROP ROLE regress_schemaver_super;
