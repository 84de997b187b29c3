-- Does a downgrade say what it loses, and lose nothing that nobody allowed it to lose?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
CREATE TABLE big (a int, b text) WITH (autovacuum_enabled = off);
INSERT INTO big SELECT g, 'x' FROM generate_series(1, 1000) g;
SELECT schemaver.revision('t', 'CREATE TABLE t (id int, v text) WITH (autovacuum_enabled = off)', id => 'r1');
SELECT schemaver.revision('c', 'ALTER TABLE big ADD COLUMN c int', id => 'r2');
SELECT schemaver.revision('w', 'CREATE TABLE w (id int)', 'DO $$ BEGIN DROP TABLE w; END $$', id => 'r3');
SELECT schemaver.revision('i', 'CREATE TABLE i (id int)', id => 'r4', options => '{"irreversible": "why not"}');
SELECT revision FROM schemaver.upgrade(note => 'release 7');
SELECT DISTINCT note FROM schemaver.journal;
SELECT revision, loses, refused FROM schemaver.plan('base', 'downgrade');
SELECT * FROM schemaver.stamp('{r3}');

-- nothing is in it
BEGIN;
SELECT revision FROM schemaver.downgrade('base');
ROLLBACK;

-- a DO block, a column, a table; the estimate does not count
INSERT INTO w VALUES (1);
SELECT revision FROM schemaver.downgrade('-1');
:code
SELECT revision FROM schemaver.downgrade('-1', allow_data_loss => true);
ANALYZE big;
UPDATE big SET c = 1 WHERE a = 3;
SELECT revision, loses, refused FROM schemaver.plan('base', 'downgrade');
SELECT revision FROM schemaver.downgrade('-1');
SELECT revision FROM schemaver.downgrade('-1', dry_run => true);
SELECT revision FROM schemaver.redo();
CALL schemaver.online_downgrade('base');
SELECT revision FROM schemaver.current();
ANALYZE t;
INSERT INTO t VALUES (1, 'x');
SELECT revision FROM schemaver.downgrade('base');
CALL schemaver.online_downgrade('base', allow_data_loss => true);
SELECT revision FROM schemaver.upgrade(options => '{"a": 1}');
:code
DROP EXTENSION schemaver;
DROP SCHEMA schemaver;
CREATE EXTENSION schemaver;
SET schemaver.progress = off;

-- partitions, a type, a schema and their cascades
SELECT schemaver.revision('p', 'CREATE TABLE p (id int, v text) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
	CREATE DOMAIN d AS int; CREATE TABLE u (id int, x d); CREATE SCHEMA s; CREATE TABLE s.t (id int);',
	'DROP TABLE p; DROP DOMAIN d CASCADE; DROP SCHEMA s CASCADE; DROP TABLE u', id => 'p1');
SELECT revision FROM schemaver.upgrade();
INSERT INTO p VALUES (1);
INSERT INTO u VALUES (NULL, 1);
INSERT INTO s.t VALUES (1);
SELECT revision FROM schemaver.downgrade();
TRUNCATE p, u, s.t;
SELECT revision FROM schemaver.downgrade();

-- a table that is re-created with its rows is not lost, the columns that it does not get are
SELECT schemaver.remove('p1');
CREATE TABLE o (a int, b int, c int);
INSERT INTO o VALUES (1, 2, 3);
SELECT schemaver.revision('o', 'ALTER TABLE o DROP COLUMN b', id => 'o1');
SELECT schemaver.revision('o', 'ALTER TABLE o ADD COLUMN d int; UPDATE o SET d = 4; ALTER TABLE o DROP COLUMN a', id => 'o2');
SELECT revision FROM schemaver.upgrade();
SELECT loses, structure_only FROM schemaver.plan('base', 'downgrade');
SELECT revision FROM schemaver.downgrade('o1');
SELECT revision FROM schemaver.downgrade('o1', allow_data_loss => true);
SELECT revision FROM schemaver.downgrade('base');
TABLE o;
DROP TABLE o;
DROP EXTENSION schemaver;
DROP SCHEMA schemaver;
CREATE EXTENSION schemaver;
SET schemaver.progress = off;

-- a role that only looks learns what pg_class says; row security is no way around, and no policy is executed
CREATE ROLE regress_schemaver_looker;
CREATE TABLE secret (id int);
INSERT INTO secret VALUES (1);
CREATE FUNCTION spy() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'policy executed by %', current_user; RETURN false; END $$;
ALTER TABLE secret ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY p ON secret USING (spy());
SELECT schemaver.revision('s', '', 'DROP TABLE secret', id => 's1');
SELECT revision FROM schemaver.upgrade();
SET ROLE regress_schemaver_looker;
SELECT loses FROM schemaver.plan('-1', 'downgrade');
RESET ROLE;
SELECT revision FROM schemaver.downgrade();
:code
DROP TABLE secret, big, i;
DROP FUNCTION spy();
DROP ROLE regress_schemaver_looker;
DROP EXTENSION schemaver;
DROP SCHEMA schemaver;
