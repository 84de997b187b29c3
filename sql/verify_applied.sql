-- What does verify() say of applied revisions?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
SELECT schemaver.revision('m', 'CREATE TABLE a1 (i int)', id => 'a1', verify => 'SELECT count(*) = 0 FROM a1'),
	schemaver.revision('m', 'CREATE TABLE a2 (i int)', id => 'a2', verify => 'INSERT INTO a2 VALUES (1); SELECT i / 1 = 1 FROM a2'),
	schemaver.revision('no script', 'CREATE TABLE a3 (i int)', id => 'a3'),
	schemaver.revision('not yet', 'CREATE TABLE a4 (i int)', id => 'a4', verify => 'SELECT false');
SELECT * FROM schemaver.verify();
SELECT revision FROM schemaver.upgrade('a3');
SELECT * FROM schemaver.verify();
SELECT * FROM a2;
-- what does not hold any more
INSERT INTO a1 VALUES (1);
DROP TABLE a2;
SELECT * FROM schemaver.verify();
SELECT * FROM schemaver.verify('a1');
SELECT * FROM schemaver.verify('a3');
-- in a transaction block, which goes on
BEGIN;
SELECT passed FROM schemaver.verify('a2');
SELECT count(*) FROM a1;
COMMIT;
SELECT schemaver.verify('a4');
:code
SELECT schemaver.verify('nowhere');
:code
-- with the rights of the caller, where they are granted
CREATE ROLE regress_verify;
SET ROLE regress_verify;
SELECT schemaver.verify();
:code
RESET ROLE;
GRANT USAGE ON SCHEMA schemaver TO regress_verify;
GRANT EXECUTE ON FUNCTION schemaver.verify TO regress_verify;
SET ROLE regress_verify;
SELECT * FROM schemaver.verify('a1');
RESET ROLE;
-- a revision that was inserted below
SELECT schemaver.revision('m', 'SELECT 1', '', id => 'b1', revises => '{a3}', splice => true, verify => 'SELECT count(*) >= 0 FROM pg_tables WHERE tablename = ''b''');
SELECT revision FROM schemaver.upgrade('b1');
SELECT passed FROM schemaver.verify('b1');
-- a cancel is no failure of the script
SELECT schemaver.revision('m', 'SELECT 1', '', id => 'b2', revises => '{b1}', verify => 'SELECT pg_sleep(CASE WHEN EXISTS (SELECT FROM a1) THEN 60 ELSE 0 END)');
TRUNCATE a1;
SELECT revision FROM schemaver.upgrade('b2');
INSERT INTO a1 VALUES (1);
SET statement_timeout = '200ms';
SELECT schemaver.verify('b2');
:code
RESET statement_timeout;
DROP OWNED BY regress_verify;
DROP ROLE regress_verify;
DROP EXTENSION schemaver;
DROP TABLE a1, a3;
