-- Does a derived down that takes a value of an enum away say what to do about rows that have it, and change nothing?
\set SHOW_CONTEXT never
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE TYPE st AS ENUM ('A', 'B');
CREATE TABLE d (id int, s st NOT NULL, PRIMARY KEY (id, s)) PARTITION BY LIST (s);
CREATE TABLE d_a PARTITION OF d FOR VALUES IN ('A');
CREATE TABLE d_b PARTITION OF d DEFAULT;
CREATE TABLE plain (s st, more st[]);
INSERT INTO d VALUES (1, 'A'), (2, 'B');
SELECT schemaver.revision('one more', $$ALTER TYPE st ADD VALUE 'C'$$, id => 'r1');
SELECT revision FROM schemaver.upgrade();
INSERT INTO plain VALUES ('C', NULL), ('A', '{A,C}');
SELECT n AS needs FROM schemaver.plan('-1', 'downgrade'), unnest(needs) AS n WHERE n LIKE '%plain%';
SELECT revision FROM schemaver.downgrade();
UPDATE plain SET s = 'B' WHERE s = 'C';
SELECT revision FROM schemaver.downgrade();
UPDATE plain SET more = NULL;
INSERT INTO d VALUES (3, 'C');
SELECT revision FROM schemaver.downgrade();
SELECT enum_range(NULL::st);
DELETE FROM d WHERE s = 'C';
SELECT revision FROM schemaver.downgrade();
TABLE d;
SELECT kind, identity FROM schemaver.drift();

DROP TABLE d, plain;
DROP TYPE st;
DROP EXTENSION schemaver;
