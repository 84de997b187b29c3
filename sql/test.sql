-- What does test() find out about a down, and does anything of it stay?
CREATE DATABASE regress_schemaver_test TEMPLATE template0;
\c regress_schemaver_test
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
\set VERBOSITY terse

CREATE FUNCTION up(id text, up text, down text DEFAULT NULL) RETURNS text LANGUAGE sql
	AS $$SELECT schemaver.revision(up.id, up.up, up.down, id => up.id)$$;
SELECT count(up(id, up, down)) FROM (VALUES
	('t1', 'CREATE TABLE t (a int, b int, c text)', 'DROP TABLE t'),
	('order', 'ALTER TABLE t DROP COLUMN b', 'ALTER TABLE t ADD COLUMN b int'),
	('index', 'CREATE INDEX CONCURRENTLY t_a ON t (a); VACUUM t', 'DROP INDEX CONCURRENTLY t_a'),
	('left', 'CREATE VIEW v AS SELECT a FROM t; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS ''SELECT 1''', 'DROP VIEW v'),
	('fails', 'CREATE VIEW w AS SELECT a FROM t', 'DROP VIEW www'),
	('again', 'CREATE SEQUENCE s; COMMENT ON COLUMN t.a IS ''one''', 'COMMENT ON COLUMN t.a IS NULL'),
	('twice', 'INSERT INTO t (a) VALUES (7); CREATE UNIQUE INDEX t_u ON t (a)', 'DROP INDEX t_u'),
	('none', 'CREATE TABLE u (x int DEFAULT 3)', NULL),
	('acl', 'GRANT SELECT ON u TO PUBLIC; ALTER TABLE u ALTER x SET STATISTICS 7', ''),
	('enum', 'CREATE TYPE e AS ENUM (''x''); CREATE TABLE ee (e e)', 'DROP TABLE ee; DROP TYPE e'),
	('value', 'ALTER TYPE e ADD VALUE ''y''; INSERT INTO ee VALUES (''y'')', 'DELETE FROM ee; ALTER TYPE e RENAME TO old; CREATE TYPE e AS ENUM (''x''); ALTER TABLE ee ALTER e TYPE e USING e::text::e; DROP TYPE old'),
	('verify', 'CREATE TABLE z ()', 'DROP TABLE z'),
	('broken', 'CREATE TABLE nowhere.x ()', 'DROP TABLE nowhere.x'),
	('above', 'CREATE TABLE y ()', 'DROP TABLE y')) AS r (id, up, down);
SELECT schemaver.edit('none', options => '{"irreversible": "never"}'), schemaver.edit('verify', verify => 'SELECT count(*) = 1 FROM t');
SELECT schemaver.revision('beside', 'CREATE TABLE beside ()', 'DROP TABLE beside', id => 'beside', revises => '{t1}', splice => true);
SELECT md5(schemaver.snapshot()::text) AS before \gset
\x
SELECT revision, verdict, objects, sqlstate, detail, with_data FROM schemaver.test();
\x
SELECT md5(schemaver.snapshot()::text) = :'before' AS nothing_stays, count(*) AS applied FROM schemaver.current();
SELECT count(*) AS steps FROM schemaver.journal;

-- a range, one revision, what is applied: from empty, with the live schema hidden
SELECT revision, verdict FROM schemaver.test('order:left');
SELECT revision, verdict FROM schemaver.test('nothing');
:code
SELECT count(*) FROM schemaver.upgrade('order');
INSERT INTO t VALUES (1), (2);
SELECT revision, verdict, with_data FROM schemaver.test('order'), LATERAL (SELECT 1) x;
SELECT revision, verdict, with_data FROM schemaver.test('t1:left');
SELECT count(*) FROM t;
-- nothing pending: nothing to test
SELECT schemaver.remove(r) FROM unnest('{above,broken,verify,value,enum,acl,none,twice,again,fails,left,index,beside}'::text[]) r;
SELECT * FROM schemaver.test();

-- rows decide
SELECT up('null', 'ALTER TABLE t ALTER a DROP NOT NULL, ADD d int; INSERT INTO t VALUES (NULL)', 'ALTER TABLE t DROP d, ALTER a SET NOT NULL');
SELECT verdict, sqlstate, detail FROM schemaver.test();

-- all of it applied
SELECT schemaver.remove('null');
SELECT up('ext', 'CREATE TABLE h AS SELECT 1 AS a; CREATE VIEW hv AS SELECT a FROM h', 'DROP VIEW hv; DROP TABLE h');
SELECT count(*) FROM schemaver.upgrade();
SELECT revision, verdict FROM schemaver.test(':');

-- not within a script, not in a transaction that only reads
SELECT up('nested', 'SELECT * FROM schemaver.test()');
SELECT * FROM schemaver.upgrade();
:code
SELECT verdict, sqlstate FROM schemaver.test();
BEGIN READ ONLY;
SELECT * FROM schemaver.test();
:code
ROLLBACK;

-- who does not own a schema can test on top of it, not instead of it
CREATE ROLE regress_schemaver_tester;
GRANT EXECUTE ON FUNCTION schemaver.test(text, jsonb) TO regress_schemaver_tester;
SET ROLE regress_schemaver_tester;
SELECT verdict, sqlstate FROM schemaver.test();
SELECT * FROM schemaver.test('t1');
:code
RESET ROLE;

-- from empty the up of an applied one may fail, and others are tested without it
SELECT schemaver.remove('nested');
CREATE TABLE by_hand (x int);
SELECT schemaver.revision('on what is there', 'ALTER TABLE by_hand ADD y int', 'ALTER TABLE by_hand DROP y', id => 'h1', revises => '{}');
SELECT schemaver.revision('beside', 'CREATE TABLE beside ()', 'SELECT 1', id => 'h2', revises => '{}');
SELECT count(*) FROM schemaver.upgrade('heads');
SELECT revision, verdict, sqlstate, objects FROM schemaver.test('h1') UNION ALL SELECT revision, verdict, sqlstate, objects FROM schemaver.test(':');
SELECT revision FROM schemaver.downgrade('h1@base');
SELECT revision FROM schemaver.downgrade('h2@base');
DROP TABLE beside;
SELECT schemaver.remove('h1'), schemaver.remove('h2');

-- all that differs is the order of privileges
CREATE TABLE granted (x int);
GRANT SELECT ON granted TO regress_schemaver_tester, PUBLIC;
SELECT up('grants', 'REVOKE SELECT ON granted FROM regress_schemaver_tester', 'GRANT SELECT ON granted TO regress_schemaver_tester');
SELECT verdict, objects FROM schemaver.test();

-- the setting: when a revision is registered, and when it runs
SELECT schemaver.remove('grants');
SET schemaver.check_downs = warn;
SELECT up('w1', 'CREATE TABLE w1 ()', 'DROP TABLE w2');
SELECT revision FROM schemaver.upgrade();
SET schemaver.check_downs = error;
SELECT up('w2', 'CREATE TABLE w2 ()', 'SELECT 1');
:code
SELECT revision FROM schemaver.load('w3.sql', E'-- schemaver:revision w3\n-- schemaver:up\nCREATE TABLE w3 ();\n-- schemaver:down\nSELECT 1;\n');
:code
SET schemaver.check_downs = off;
SELECT up('w4', 'CREATE TABLE w4 (a int, b int)', 'DROP TABLE w4'), up('w5', 'ALTER TABLE w4 DROP a', 'ALTER TABLE w4 ADD a bigint');
SET schemaver.check_downs = error;
\set VERBOSITY default
SELECT revision FROM schemaver.upgrade();
:code
-- (the column comes back behind the other one, which is no fault)
SELECT schemaver.edit('w5', down => 'ALTER TABLE w4 ADD a int');
SELECT revision FROM schemaver.upgrade();
SELECT revision FROM schemaver.downgrade('w4');
\c contrib_regression
DROP DATABASE regress_schemaver_test;
DROP ROLE regress_schemaver_tester;
