-- Contexts and labels, and steps that are done outside of the server.
\set VERBOSITY terse
CREATE EXTENSION schemaver;
SET schemaver.progress = off;

SELECT count(schemaver.revision('m', 'SELECT 1', '', id => id, revises => CASE WHEN id = 'a1' THEN '{}' END, options => options::jsonb)) FROM (VALUES
	('a1', '{}'), ('b1', '{"contexts": "test"}'), ('c1', '{"contexts": "!prod and (test or dev, eu)"}'), ('d1', '{"contexts": "@never"}'),
	('e1', '{"labels": "jira-1, billing"}'), ('f1', '{"contexts": "PROD"}')) AS v (id, options);
CREATE FUNCTION runs(contexts text, labels text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(revision, ' ' ORDER BY position) || coalesce('; out ' || (SELECT string_agg(revision, ' ' ORDER BY revision)
		FROM schemaver.plan(contexts => contexts, options => jsonb_strip_nulls(jsonb_build_object('labels', labels))) WHERE position IS NULL), '')
	FROM schemaver.plan(contexts => contexts, options => jsonb_strip_nulls(jsonb_build_object('labels', labels))) WHERE position IS NOT NULL $$;
SELECT runs(NULL), runs('test'), runs('prod'), runs('dev, prod'), runs('eu'), runs('never');
SELECT runs(NULL, 'billing and !x'), runs(NULL, 'not billing'), runs('test', 'jira-2');
SELECT revision, refused FROM schemaver.plan(contexts => 'test') WHERE position IS NULL;
SELECT runs('test', 'a b');
SELECT runs('test', '(a');
SELECT schemaver.revision('m', '', options => '{"contexts": "a and"}');
SELECT * FROM schemaver.upgrade(options => '{"other": 1}');

-- kept in the database: what is left out is not pending
SELECT schemaver.set_environment('test');
SELECT * FROM schemaver.environment();
SELECT string_agg(revision, ' ') FROM schemaver.upgrade();
SELECT revision, state FROM schemaver.status(true);
SELECT schemaver."check"();
SELECT string_agg(revision, ' ') FROM schemaver.upgrade(contexts => 'prod');
SELECT schemaver.set_environment(NULL);
SELECT schemaver."check"();
SELECT command, target FROM schemaver.run ORDER BY run;

-- a changeset of Liquibase
SELECT revision, action FROM schemaver.load('l.sql', E'--liquibase formatted sql\n--changeset ann:l1 context:"test and !eu" labels:x,y\nSELECT 1;\n', source => 'l');
SELECT options FROM schemaver.show('l1');

-- outside of the server
SELECT schemaver.revision('before', 'SELECT 1', '', id => 'x1', revises => '{f1}');
SELECT schemaver.revision('resize', external => 'run bin/resize --all', id => 'x2', revises => '{x1}');
SELECT schemaver.revision('both', 'SELECT 1', external => 'run bin/resize', id => 'x9', revises => '{x2}');
SELECT schemaver.revision('behind', 'SELECT 1', '', id => 'x3', revises => '{x2}');
SELECT revision, refused FROM schemaver.plan('x3') WHERE revision ~ 'x';
\set VERBOSITY default
SELECT revision FROM schemaver.upgrade('x3');
\set VERBOSITY terse
SELECT schemaver.done('x2');
SELECT schemaver.done('x3');
CALL schemaver.online_upgrade('x3');
SELECT revision FROM schemaver.current();
SELECT schemaver.done('x2', note => 'on Monday');
SELECT schemaver.done('x2');
SELECT revision FROM schemaver.upgrade('x3');
SELECT command, note, outcome FROM schemaver.run WHERE command = 'done';
SELECT revision FROM schemaver.downgrade('x1');

-- a protected environment
SELECT schemaver.set_environment('production', protected => true);
SELECT revision FROM schemaver.downgrade('-1');
SELECT revision FROM schemaver.downgrade('-1', dry_run => true);
CALL schemaver.online_downgrade('-1');
SELECT revision FROM schemaver.redo();
SELECT revision FROM schemaver.stamp('base');
SELECT schemaver.set_environment('production');
SELECT revision FROM schemaver.downgrade('-1');

DROP EXTENSION schemaver;
DROP FUNCTION runs;
