-- How many rows stand in the way of a down, and who is told?
\set SHOW_CONTEXT never
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE ROLE regress_schemaver_reader;
CREATE TYPE st AS ENUM ('A', 'B', 'C');
CREATE DOMAIN few AS st[];
CREATE TABLE parent (id int, s st DEFAULT 'A', many few);
CREATE TABLE child (n int NOT NULL UNIQUE) INHERITS (parent);
CREATE VIEW seen AS SELECT s FROM parent;
SELECT schemaver.revision('more', $$ALTER TYPE st ADD VALUE 'D' BEFORE 'A'; ALTER TYPE st ADD VALUE 'it''s'; ALTER TYPE st RENAME VALUE 'C' TO 'X'$$, id => 'r1');
SELECT schemaver.revision('looser', 'ALTER TABLE child ALTER n DROP NOT NULL, DROP CONSTRAINT child_n_key', id => 'r2');
SELECT revision FROM schemaver.upgrade();
INSERT INTO parent VALUES (1, 'D', NULL), (2, 'A', '{A,NULL,it''s}'), (3, 'X', '{}');
INSERT INTO child VALUES (4, 'it''s', '{D}', NULL), (5, NULL, NULL, NULL), (6, 'B', '{B}', 1);
SELECT revision, structure_only, unnest(needs) AS needs FROM schemaver.plan('base', 'downgrade');
-- nothing is lost, and still something is needed
SELECT revision, needs FROM schemaver.status();
SET ROLE regress_schemaver_reader;
SELECT unnest(needs) AS needs FROM schemaver.plan('-1', 'downgrade');
RESET ROLE;
SELECT revision FROM schemaver.downgrade('base', options => '{"values": {"public.child.n": 7}}');
CALL schemaver.online_downgrade('base', options => '{"values": {"public.child.n": 7}}');
SELECT revision FROM schemaver.current();
DELETE FROM child WHERE n IS NULL;
UPDATE parent SET s = 'B' WHERE s IN ('D', 'it''s');
UPDATE parent SET many = NULL;
SELECT revision FROM schemaver.downgrade('base');
SELECT *, enum_range(NULL::st) FROM parent ORDER BY id;
SELECT kind, identity FROM schemaver.drift();

DROP TABLE parent CASCADE;
DROP DOMAIN few;
DROP TYPE st;
DROP ROLE regress_schemaver_reader;
DROP EXTENSION schemaver;
