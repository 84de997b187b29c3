-- What do help(), log(), metrics and the sets of grants say?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT schemaver.help('CHECK');
SELECT schemaver.help('online_upgrade');
SELECT schemaver.help('heads');
SELECT schemaver.help('nothing''s');
SELECT count(*) > 40 AS many, bool_and(length(line) > 18) AS each_is_explained FROM schemaver.help() line;

-- one line a run
SELECT schemaver.revision('one', 'CREATE TABLE one (i int)', id => 'a1'), schemaver.revision('two', '', id => 'a2'), schemaver.revision('three', '', id => 'a3');
SELECT count(*) FROM schemaver.log();
SELECT revision FROM schemaver.upgrade('a2');
SELECT revision FROM schemaver.upgrade();
SELECT revision FROM schemaver.downgrade();
SELECT revision FROM schemaver.downgrade('base');
SELECT revision FROM schemaver.stamp('a1');
SELECT run - min(run) OVER () AS run, started = to_char(now(), 'YYYY-MM-DD HH24:MI') OR started <> '' AS started, who = current_user AS who, change, steps, took ~ '^[0-9.]+ (ms|s)$' AS took, outcome FROM schemaver.log();
SELECT count(*) FROM schemaver.log(2);
SELECT schemaver.log(-1);
SELECT name, CASE WHEN name IN ('last_run', 'last_run_age_seconds') THEN value >= 0 ELSE NULL END AS known, CASE WHEN name NOT LIKE 'last_run%' THEN value END AS value FROM schemaver.metrics;

-- did you mean
SELECT schemaver.tag('v1', 'a1');
SELECT schemaver.resolve('HEAD');
SELECT schemaver.resolve('latest');
SELECT schemaver.resolve('haed');
SELECT schemaver.resolve('v1');
SELECT schemaver.resolve('A2');
SELECT schemaver.resolve('nothing like it');
SELECT schemaver.check('haed');
SELECT schemaver.resolve(repeat('x', 300));

-- sets of grants
CREATE ROLE regress_schemaver_deploys;
SELECT set, count(*) > 3 AS several FROM schemaver.grant_sets() GROUP BY set ORDER BY set;
SELECT count(*) > 8 AS several, bool_and(line ~ '^GRANT (EXECUTE ON ROUTINE|SELECT ON) schemaver\.') AS grants FROM schemaver.grant_set('deployer', 'regress_schemaver_deploys') line;
SELECT has_function_privilege('regress_schemaver_deploys', oid, 'EXECUTE'), proname FROM pg_proc WHERE pronamespace = 'schemaver'::regnamespace AND proname IN ('upgrade', 'online_upgrade', 'deploy', 'show', 'downgrade', 'stamp', 'rebase_state', 'ignore', 'grant_set') ORDER BY proname;
SET ROLE regress_schemaver_deploys;
SELECT revision FROM schemaver.upgrade('a2');
SELECT count(*) > 0 FROM schemaver.journal;
SELECT schemaver.grant_set('operator', 'regress_schemaver_deploys');
RESET ROLE;
GRANT EXECUTE ON FUNCTION schemaver.grant_set TO regress_schemaver_deploys;
SET ROLE regress_schemaver_deploys;
SELECT schemaver.grant_set('operator', 'regress_schemaver_deploys');
RESET ROLE;
SELECT count(*) > 8 FROM schemaver.revoke_set('deployer', 'regress_schemaver_deploys');
REVOKE EXECUTE ON FUNCTION schemaver.grant_set FROM regress_schemaver_deploys;
SELECT schemaver.grant_set('admin', 'regress_schemaver_deploys');
SELECT schemaver.grant_set('reader', 'public');
SELECT schemaver.grant_set('reader', 'nobody there"; DROP TABLE one');
DROP ROLE regress_schemaver_deploys;
DROP EXTENSION schemaver;
DROP TABLE IF EXISTS one;
