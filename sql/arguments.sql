-- NULL, empty and odd arguments: what is a default, and what an error?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set VERBOSITY terse
CREATE FUNCTION pg_temp.result(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE command INTO result;
	RETURN coalesce(result, 'null');
EXCEPTION WHEN OTHERS THEN
	RETURN format('%s %s', sqlstate, sqlerrm);
END$$;
SELECT command, pg_temp.result('SELECT schemaver.' || command) FROM unnest(ARRAY[
	$$revision(NULL, '')$$, $$revision('m', NULL)$$, $$revision('', '', NULL, 'a1', NULL, NULL, NULL, NULL, NULL, NULL)$$,
	$$revision('m', '', id => 'a2', revises => NULL)$$, $$revision('m', '', depends_on => ARRAY[NULL])$$, $$revision('m', '', revises => ARRAY[NULL]::text[])$$,
	$$revision('m', '', id => 'a3', revises => '[5:5]={a2}')$$, $$revision('m', '', depends_on => ARRAY[''])$$, $$revision(repeat('m', 100000), '', id => 'a4')$$,
	$$merge(NULL, NULL, NULL)$$, $$merge(ARRAY[NULL])$$, $$merge('{""}')$$,
	$$edit(NULL)$$, $$edit('')$$, $$edit('a4')$$, $$edit('a4', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)$$, $$edit('a4', message => '')$$, $$edit('a4', depends_on => ARRAY[NULL])$$,
	$$remove(NULL)$$, $$remove('')$$, $$remove('base')$$,
	$$load(NULL, NULL)$$, $$load('', '')$$, $$load('x.sql', '', '')$$, $$load('x.sql', 'SELECT 1', NULL)$$,
	$$tag(NULL, NULL)$$, $$tag('', 'a1')$$, $$tag('t', NULL)$$, $$tag('t')$$, $$tag('head', 'a1')$$, $$untag(NULL)$$, $$untag('')$$,
	$$upgrade('')$$, $$upgrade(NULL)$$, $$upgrade('a1', NULL) IS NOT NULL$$, $$upgrade(dry_run => NULL, target => 'a1') IS NOT NULL$$, $$downgrade('')$$, $$downgrade(NULL)$$, $$redo(NULL)$$,
	$$stamp('{}')$$, $$stamp(ARRAY[NULL])$$, $$stamp('{a2}', NULL)$$, $$plan('')$$, $$plan(NULL)$$, $$plan('head', NULL)$$, $$plan('head', '')$$,
	$$script(NULL, NULL)$$, $$script('', '')$$, $$script_begin(NULL, NULL, NULL)$$, $$script_begin('upgrade', NULL, NULL)$$, $$script_step(NULL, NULL, NULL, NULL)$$, $$script_step('a1', 'upgrade', NULL, NULL)$$,
	$$history('', '')$$, $$show(NULL)$$, $$show('')$$, $$resolve(NULL)$$, $$graph(NULL)$$, $$graph('')$$, $$export(NULL)$$]) command;

-- the names and defaults of the arguments are part of the contract
SELECT proname, pg_get_function_arguments(oid) AS arguments FROM pg_proc WHERE pronamespace = 'schemaver'::regnamespace ORDER BY proname, arguments;
DROP EXTENSION schemaver;
