-- Does a living object run only where its contexts and labels hold?
\set VERBOSITY terse
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE SCHEMA lc;
SET search_path = lc;
SELECT schemaver.revision('t', 'CREATE TABLE lc.t (id int PRIMARY KEY, a text)', id => 'r1');
SELECT revision, action FROM schemaver.load('m', E'-- schemaver:file v.sql\n-- schemaver:repeatable v\n-- schemaver:depends_on r1\n-- schemaver:options {"contexts": "test or demo"}\n-- schemaver:up\nCREATE VIEW lc.v AS SELECT id FROM lc.t;\n-- schemaver:file w.sql\n-- schemaver:repeatable w\n-- schemaver:depends_on v\n-- schemaver:options {"contexts": "test", "labels": "wide"}\n-- schemaver:up\nCREATE VIEW lc.w AS SELECT id FROM lc.v;\n');
SELECT schemaver.seed('data', 'INSERT INTO lc.t VALUES (1, ''one'')', contexts => 'test');
-- an expression that is none
SELECT schemaver.seed('wrong', 'SELECT 1', contexts => 'test and');
SELECT position, revision, message, refused FROM schemaver.plan(contexts => 'production');
SELECT revision FROM schemaver.upgrade(contexts => 'production');
SELECT to_regclass('lc.v'), (SELECT count(*) FROM lc.t);
-- it stays left out, and is not pending where the environment says so
SELECT schemaver.set_environment('production');
SELECT revision, state FROM schemaver.status();
SELECT schemaver.check();
SELECT count(*) FROM schemaver.upgrade();
SELECT command FROM schemaver.run;
-- elsewhere it runs
SELECT schemaver.set_environment('test');
SELECT schemaver.check();
SELECT revision FROM schemaver.upgrade(options => '{"labels": "narrow"}');
SELECT to_regclass('lc.v'), to_regclass('lc.w'), (SELECT count(*) FROM lc.t);
SELECT revision FROM schemaver.upgrade();
SELECT revision, state FROM schemaver.status(all_revisions => true);
-- a new text of v makes w again, which is left out there: with the text in force
SELECT schemaver.set_environment('demo');
SELECT revision, action FROM schemaver.load('m', E'-- schemaver:file v.sql\n-- schemaver:repeatable v\n-- schemaver:depends_on r1\n-- schemaver:options {"contexts": "test or demo"}\n-- schemaver:up\nCREATE VIEW lc.v AS SELECT a, id FROM lc.t;\n-- schemaver:file w.sql\n-- schemaver:repeatable w\n-- schemaver:depends_on v\n-- schemaver:options {"contexts": "test", "labels": "wide"}\n-- schemaver:up\nCREATE VIEW lc.w AS SELECT id, a FROM lc.v;\n');
SELECT revision FROM schemaver.upgrade();
SELECT relname, attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
	WHERE c.oid IN ('lc.v'::regclass, 'lc.w'::regclass) ORDER BY relname, attnum;
SELECT revision, state FROM schemaver.status();
SELECT schemaver.set_environment(NULL);
SELECT revision FROM schemaver.upgrade();
SELECT attname FROM pg_attribute WHERE attrelid = 'lc.w'::regclass ORDER BY attnum;
-- the file says it, too
SELECT name, content FROM schemaver.export() WHERE content LIKE '%contexts%' ORDER BY name;
-- Liquibase's changesets that run again
SELECT revision, action FROM schemaver.load('lb', E'-- schemaver:file lb.sql\n--liquibase formatted sql\n--changeset me:x runOnChange:true context:test\nCREATE OR REPLACE VIEW lc.x AS SELECT 1 AS one;\n');
SELECT revision FROM schemaver.upgrade(contexts => 'production');
SELECT revision FROM schemaver.upgrade(contexts => 'test');
SELECT revision, action FROM schemaver.load('lb', E'-- schemaver:file lb.sql\n--liquibase formatted sql\n--changeset me:x runOnChange:true\n--preconditions onFail:MARK_RAN\n--precondition-sql-check expectedResult:0 SELECT 0\nCREATE OR REPLACE VIEW lc.x AS SELECT 2 AS one;\n');
DROP SCHEMA lc CASCADE;
DROP EXTENSION schemaver CASCADE;
