-- Is a run part of the caller's transaction, with its savepoints?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
SELECT schemaver.revision('one', 'CREATE TABLE a (x int)', 'DROP TABLE a', id => 'a1'), schemaver.revision('two', 'CREATE TABLE b (x int)', 'DROP TABLE b', id => 'a2');

BEGIN;
SELECT revision FROM schemaver.upgrade();
SELECT revision FROM schemaver.current();
ROLLBACK;
SELECT to_regclass('a'), (SELECT count(*) FROM schemaver.current()) AS current, (SELECT count(*) FROM schemaver.journal) AS journal;

BEGIN;
SELECT revision FROM schemaver.upgrade('a1');
SAVEPOINT s1;
SELECT revision FROM schemaver.upgrade('a2');
INSERT INTO b VALUES (1);
ROLLBACK TO s1;
SELECT revision FROM schemaver.current();
SELECT schemaver.revision('three', 'SELECT 1/0', id => 'a3');
SAVEPOINT s2;
SELECT revision FROM schemaver.upgrade();
:code
ROLLBACK TO s2;
SELECT to_regclass('b') IS NULL AS no_b, (SELECT revision FROM schemaver.current());
SELECT schemaver.edit('a3', 'CREATE TABLE c (x int)', 'DROP TABLE c');
SELECT revision FROM schemaver.upgrade();
COMMIT;
SELECT revision FROM schemaver.current();
SELECT count(*) AS steps, count(DISTINCT run) AS runs FROM schemaver.journal;

-- an error after the run takes the run back; one before it prevents it
BEGIN;
SELECT revision FROM schemaver.downgrade('base');
SELECT 1/0;
SELECT revision FROM schemaver.upgrade();
COMMIT;
SELECT revision FROM schemaver.current();

-- a failing statement in the middle takes back the whole run, whatever the function is called in
DO $$
BEGIN
	PERFORM schemaver.revision('four', 'CREATE TABLE d (x int)', id => 'a4');
	PERFORM schemaver.revision('five', 'INSERT INTO d VALUES (1); SELECT 1/0', id => 'a5');
	BEGIN
		PERFORM schemaver.upgrade();
	EXCEPTION WHEN division_by_zero THEN
		RAISE NOTICE 'caught';
	END;
	IF to_regclass('d') IS NOT NULL THEN
		RAISE EXCEPTION 'half of the run stayed';
	END IF;
	PERFORM schemaver.remove('a5');
	PERFORM schemaver.upgrade();
END$$;
SELECT revision FROM schemaver.current();
CREATE FUNCTION up() RETURNS SETOF text LANGUAGE sql AS 'SELECT revision FROM schemaver.upgrade($$heads$$)';
SELECT schemaver.revision('six', 'CREATE TABLE e (x int)', id => 'a6');
SELECT up();

-- in a read-only transaction: looking yes, running no
BEGIN READ ONLY;
SELECT revision FROM schemaver.current();
SELECT count(*) FROM schemaver.plan();
SELECT schemaver.check(drift => true, options => '{"exclude": ["*.up()"]}');
SAVEPOINT s;
SELECT schemaver.upgrade();
:code
ROLLBACK TO s;
SELECT schemaver.revision('m', '');
:code
ROLLBACK;

-- a run that changes the isolation level or ends the transaction from within is refused by the server
SELECT schemaver.revision('ends it', $$DO 'BEGIN COMMIT; END'$$, id => 'a7');
SELECT schemaver.upgrade();
:code
SELECT schemaver.edit('a7', $$CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN ROLLBACK; END'; CALL p()$$);
SELECT schemaver.upgrade();
:code
SELECT schemaver.edit('a7', 'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE');
SELECT schemaver.upgrade();
:code

DROP EXTENSION schemaver;
DROP FUNCTION up;
DROP TABLE a, b, c, d, e;
