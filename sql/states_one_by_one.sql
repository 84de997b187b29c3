-- Are the kept states the same whether revisions run in one call or one by one?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET client_min_messages = warning;
CREATE SCHEMA s;
SELECT schemaver.revision('base', 'CREATE TABLE s.a (x int, y int DEFAULT 1); COMMENT ON TABLE s.a IS ''old''', id => 'r1');
SELECT schemaver.revision('a view', 'CREATE VIEW s.v AS SELECT x, y FROM s.a', id => 'r2');
SELECT schemaver.revision('another table of that name',
	'DROP VIEW s.v; DROP TABLE s.a; CREATE TABLE s.a (z text PRIMARY KEY)',
	'DROP TABLE s.a; CREATE TABLE s.a (x int, y int DEFAULT 1); COMMENT ON TABLE s.a IS ''old''; CREATE VIEW s.v AS SELECT x, y FROM s.a',
	id => 'r3');
SELECT schemaver.revision('columns', 'ALTER TABLE s.a ADD w int, ADD u int; CREATE INDEX ON s.a (w)', id => 'r4');
SELECT schemaver.revision('other columns',
	'ALTER TABLE s.a DROP w; ALTER TABLE s.a RENAME u TO w',
	'ALTER TABLE s.a RENAME w TO u; ALTER TABLE s.a ADD w int; CREATE INDEX ON s.a (w)', id => 'r5');
SELECT schemaver.revision('a function',
	'CREATE FUNCTION s.f() RETURNS int LANGUAGE sql AS ''SELECT 1''; ALTER TABLE s.a ALTER w SET DEFAULT s.f()',
	'DROP FUNCTION s.f() CASCADE', id => 'r6');
SELECT schemaver.revision('replaced',
	'CREATE OR REPLACE FUNCTION s.f() RETURNS int LANGUAGE sql AS ''SELECT 2''',
	'CREATE OR REPLACE FUNCTION s.f() RETURNS int LANGUAGE sql AS ''SELECT 1''', id => 'r7');
SELECT schemaver.revision('renamed', 'ALTER TABLE s.a RENAME TO b; CREATE VIEW s.v AS SELECT z FROM s.b',
	'DROP VIEW s.v; ALTER TABLE s.b RENAME TO a', id => 'r8');

-- what each state holds, in the order of steps
CREATE VIEW held AS
	SELECT run, position, revision, direction,
		(SELECT string_agg(class || ' ' || identity || ' ' || description, E'\n' ORDER BY class, identity)
		 FROM schemaver.object_version v
		 WHERE v.from_state <= s.state AND (v.to_state IS NULL OR v.to_state > s.state)
		 AND description::text LIKE '%s.%') AS objects
	FROM schemaver.step s WHERE outcome = 'done';

-- all in one call, and back
SELECT count(*) FROM schemaver.upgrade();
SELECT count(*) FROM schemaver.downgrade('base', allow_data_loss => true);
CREATE TABLE in_one_call AS SELECT row_number() OVER (ORDER BY run, position) AS step, * FROM held;

-- the same one by one
DO $$ BEGIN FOR i IN 1..8 LOOP PERFORM schemaver.upgrade('+1'); END LOOP; END $$;
DO $$ BEGIN FOR i IN 1..8 LOOP PERFORM schemaver.downgrade('-1', allow_data_loss => true); END LOOP; END $$;
CREATE TABLE one_by_one AS SELECT row_number() OVER (ORDER BY run, position) AS step, * FROM held WHERE run > 2;
SELECT count(*), count(objects) AS kept, count(DISTINCT objects) AS different FROM in_one_call;
SELECT step, revision, direction, a.objects = b.objects AS same FROM in_one_call a FULL JOIN one_by_one b USING (step, revision, direction)
	WHERE a.objects IS DISTINCT FROM b.objects;

DROP VIEW held;
DROP TABLE in_one_call, one_by_one;
DROP EXTENSION schemaver;
DROP SCHEMA s;
