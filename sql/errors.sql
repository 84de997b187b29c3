-- Does a script's error keep what it says, and say where it arose?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
SELECT schemaver.revision('before', 'CREATE TABLE a (x int)', 'DROP TABLE a', id => 'a1');
CREATE FUNCTION pg_temp.try(up text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	IF EXISTS (SELECT FROM schemaver.resolve('a1') WHERE revision = 'a1') AND NOT EXISTS (SELECT FROM schemaver.history() WHERE revision = 'a2') THEN
		PERFORM schemaver.revision('fails', up, id => 'a2');
	ELSE
		PERFORM schemaver.edit('a2', up);
	END IF;
END$$;

-- a parse error of the second statement's third line: position and line of the script
SELECT pg_temp.try(E'CREATE TABLE b (x int);\n\n-- a comment\nINSERT INTO b\nSELECT x\nFROM nowhere;\nSELECT 1');
SELECT * FROM schemaver.upgrade();
:code
SELECT pg_temp.try(E'SELECT ''ü'', ''漢字'',\n  nocolumn');
SELECT * FROM schemaver.upgrade();
:code
-- a runtime error
SELECT pg_temp.try(E'CREATE TABLE b (x int CHECK (x > 0));\nINSERT INTO b VALUES (1);\nINSERT INTO b\nVALUES (0);');
SELECT * FROM schemaver.upgrade();
:code
-- in plpgsql: its own context comes first
SELECT pg_temp.try(E'SELECT 1;\nDO $x$\nBEGIN\n  RAISE EXCEPTION USING ERRCODE = ''ZX123'', MESSAGE = ''my message'', DETAIL = ''my detail'', HINT = ''my hint'';\nEND $x$');
SELECT * FROM schemaver.upgrade();
:code
-- in a function's SQL: the line of the call
SELECT pg_temp.try(E'CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $x$ BEGIN\n\n\n\nRAISE EXCEPTION ''deep''; END $x$;\n\nSELECT f();');
SELECT * FROM schemaver.upgrade();
:code
-- constraint, table and column names are kept
SELECT pg_temp.try(E'CREATE TABLE b (x int CONSTRAINT b_x PRIMARY KEY); INSERT INTO b VALUES (1), (1)');
DO $$
DECLARE
	c text; t text; s text; n text;
BEGIN
	PERFORM schemaver.upgrade();
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS c = CONSTRAINT_NAME, t = TABLE_NAME, s = SCHEMA_NAME;
	RAISE NOTICE '% % % %', sqlstate, s, t, c;
END$$;
-- the last statement of the last revision: nothing stays of all of them
SELECT pg_temp.try(E'CREATE TABLE b (x int);\nINSERT INTO b VALUES (1);\nDO $x$ BEGIN ASSERT false; END $x$');
SELECT * FROM schemaver.upgrade();
:code
SELECT to_regclass('a'), to_regclass('b'), (SELECT count(*) FROM schemaver.current()) AS current, (SELECT count(*) FROM schemaver.journal) AS journal;

-- with a file: its name and line
SELECT schemaver.remove('a2');
SELECT revision FROM schemaver.load('dir/a2.sql', E'\n\n-- schemaver:revision a2\n-- schemaver:up\nSELECT 1;\n\nSELECT 1/0;\n-- schemaver:down\n\nSELECT\n  nothing;\n');
SELECT * FROM schemaver.upgrade();
:code
SELECT revision FROM schemaver.stamp('{a2}');
SELECT * FROM schemaver.downgrade();
:code
SELECT * FROM schemaver.downgrade(dry_run => true);
-- warnings and notices of a script come through
SELECT revision FROM schemaver.stamp('{base}');
SELECT schemaver.edit('a2', 'DROP TABLE IF EXISTS nothing; DO $$ BEGIN RAISE WARNING ''a warning''; END $$');
SELECT revision FROM schemaver.upgrade();

DROP EXTENSION schemaver;
DROP TABLE a;
