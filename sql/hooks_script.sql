-- A file of script() calls the hooks of runs and revisions, and names the others.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE TABLE seen (n int GENERATED ALWAYS AS IDENTITY, what text);
SELECT schemaver.hook(at, at, 'INSERT INTO public.seen (what) SELECT concat_ws('' '', ''' || at || ''', current_setting(''schemaver.current_command''), current_setting(''schemaver.current_revision''))')
	FROM unnest('{before_run,after_run,before_revision,after_revision,on_error}'::text[]) at;
SELECT schemaver.hook('statement', 'before_statement', 'SELECT 1');
SELECT schemaver.revision('one', 'CREATE TABLE one ()', id => 'r1');
SELECT schemaver.revision('two', 'CREATE TABLE two (a int)', id => 'r2');
SELECT regexp_replace(schemaver.script(), '[0-9a-f]{64}', '(checksum)', 'g') \g (format=unaligned tuples_only)
\pset tuples_only on
\pset format unaligned
\o results/hooks_script.file
SELECT schemaver.script();
\o
\set ECHO none
\i results/hooks_script.file
\set ECHO all
\set ON_ERROR_STOP off
\pset tuples_only off
\pset format aligned
SELECT what FROM seen ORDER BY n;
SELECT count(*) FROM schemaver.drift();
SELECT schemaver.script_hook('before_run');
SELECT schemaver.script_hook('on_error');
-- commit by commit
TRUNCATE seen;
SELECT schemaver.revision('three', 'CREATE INDEX CONCURRENTLY three ON two (a)', id => 'r3');
SELECT regexp_replace(schemaver.script(), '[0-9a-f]{64}', '(checksum)', 'g') \g (format=unaligned tuples_only)
\pset tuples_only on
\pset format unaligned
\o results/hooks_script.file
SELECT schemaver.script();
\o
\set ECHO none
\i results/hooks_script.file
\set ECHO all
\set ON_ERROR_STOP off
\pset tuples_only off
\pset format aligned
SELECT what FROM seen ORDER BY n;
DROP EXTENSION schemaver;
DROP TABLE one, two, seen;
