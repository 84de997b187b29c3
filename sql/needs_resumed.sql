-- Does the rest of an interrupted online downgrade refuse the rows that are in its way, as a downgrade from its beginning does?
\set SHOW_CONTEXT never
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE TYPE st AS ENUM ('A', 'B');
CREATE TABLE one (s st, many st[]);
CREATE TABLE two (a int, b int, c int);
INSERT INTO two VALUES (1, 2, 3);
SET client_min_messages = error;
SELECT schemaver.revision('more', $$ALTER TYPE st ADD VALUE 'C';
	CREATE SUBSCRIPTION regress_halfway CONNECTION '' PUBLICATION p WITH (connect = false, slot_name = NONE)$$, id => 'r1');
CALL schemaver.online_upgrade();
RESET client_min_messages;
-- a view in the way stops it behind the subscription, which is dropped outside of a transaction
CREATE VIEW stops AS SELECT s FROM one;
CALL schemaver.online_downgrade('base');
SELECT count(*) FROM pg_subscription;
DROP VIEW stops;
INSERT INTO one VALUES ('C', '{A,C}'), ('A', NULL);
CALL schemaver.online_downgrade('base');
UPDATE one SET s = 'B', many = '{}';
CALL schemaver.online_downgrade('base');
SELECT *, enum_range(s) FROM one;
SELECT kind, identity FROM schemaver.drift();

-- a derived down is one transaction also where the statements of the up commit one by one: no table is away in between
SELECT schemaver.remove('r1');
SELECT schemaver.revision('singly', 'ALTER TABLE two DROP b; ALTER TYPE st ADD VALUE ''C''', id => 'r2', options => '{"transaction": false}');
CALL schemaver.online_upgrade();
CREATE VIEW stops AS SELECT s FROM one;
CALL schemaver.online_downgrade('base');
SELECT * FROM two;
SELECT enum_range(NULL::st);
DROP VIEW stops;
CALL schemaver.online_downgrade('base');
SELECT * FROM two;
SELECT kind, identity FROM schemaver.drift();

DROP TABLE one, two;
DROP TYPE st;
DROP EXTENSION schemaver;
