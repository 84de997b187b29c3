-- What is the way back of revisions that have no down script?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE person (id int PRIMARY KEY, name text NOT NULL, mood mood DEFAULT 'ok', age int);
CREATE VIEW adult AS SELECT id, name FROM person WHERE age >= 18;
INSERT INTO person VALUES (1, 'Ann', 'sad', 30), (2, 'Bob', 'sad', 3);

SELECT schemaver.revision('new table', $$
	CREATE TABLE pet (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner int REFERENCES person);
	CREATE INDEX ON pet (owner);
	GRANT SELECT ON person TO PUBLIC;
	COMMENT ON COLUMN person.name IS 'first name'$$, id => 'a1');
SELECT schemaver.revision('value', $$ALTER TYPE mood ADD VALUE 'happy'$$, id => 'a2');
SELECT schemaver.revision('names', $$
	ALTER TABLE person RENAME TO human;
	ALTER TABLE human RENAME COLUMN name TO called;
	ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'$$, id => 'a3');
SELECT schemaver.revision('from a function', $$
	DO 'BEGIN EXECUTE ''CREATE OR REPLACE VIEW adult AS SELECT id, called AS name, age FROM human''; END';
	ALTER TABLE human ALTER COLUMN age TYPE bigint$$, id => 'a4');
SELECT schemaver.revision('drop', 'ALTER TABLE human DROP COLUMN mood; DELETE FROM human WHERE id = 2', id => 'a5');
SELECT schemaver.revision('nothing', '', id => 'a6');
SELECT schemaver.revision('no way back', 'DROP VIEW adult', id => 'a7', options => '{"irreversible": "the view is history"}');

\set before 'SELECT schemaver.fingerprint() AS f'
:before \gset f0_
SELECT revision FROM schemaver.upgrade('a1');
:before \gset f1_
SELECT revision FROM schemaver.upgrade('a2');
:before \gset f2_
SELECT revision FROM schemaver.upgrade('a3');
:before \gset f3_
-- the view stands in the way of another type: the server says so
SELECT revision FROM schemaver.upgrade('a4');
:code
SELECT schemaver.edit('a4', $$DO 'BEGIN EXECUTE ''CREATE OR REPLACE VIEW adult AS SELECT id, called AS name, age FROM human''; END'$$);
SELECT revision FROM schemaver.upgrade('a4');
:before \gset f4_
SELECT revision FROM schemaver.upgrade('a6');
SELECT s.down, s.structure_only FROM unnest('{a1,a2,a3,a6}'::text[]) AS id, schemaver.show(id) AS s WHERE s.down_is_derived;
SELECT revision, structure_only FROM schemaver.plan('a4', 'downgrade');

-- each point is what it was
SELECT revision FROM schemaver.downgrade('a4');
SELECT schemaver.fingerprint() = :'f4_f' AS same;
SELECT revision FROM schemaver.downgrade('a3');
SELECT schemaver.fingerprint() = :'f3_f' AS same;
SELECT revision FROM schemaver.downgrade('a2');
SELECT schemaver.fingerprint() = :'f2_f' AS same;
SELECT revision FROM schemaver.downgrade('a1');
SELECT schemaver.fingerprint() = :'f1_f' AS same;
SELECT revision FROM schemaver.downgrade('base');
SELECT schemaver.fingerprint() = :'f0_f' AS same;
SELECT * FROM person ORDER BY id;

-- again, all in one run, and one that cannot go back
SELECT count(*) FROM schemaver.upgrade();
SELECT revision FROM schemaver.downgrade();
:code
CREATE VIEW adult AS SELECT id, called AS name, age FROM human;
SELECT count(*) FROM schemaver.stamp('{a6}');
SELECT count(*) FROM schemaver.downgrade('base');

-- a column that must not be null cannot come back by itself where there are rows
SELECT schemaver.revision('must', 'ALTER TABLE person DROP COLUMN name CASCADE', id => 'b1', revises => '{}', branch_labels => '{must}');
SELECT revision FROM schemaver.upgrade('must@head');
SELECT revision FROM schemaver.downgrade('must@base');
:code

-- off: no way back
SET schemaver.derive_downs = off;
SELECT schemaver.revision('off', 'CREATE TABLE off (x int)', id => 'c1', revises => '{}', branch_labels => '{off}');
SELECT revision FROM schemaver.upgrade('off@head');
SELECT revision FROM schemaver.downgrade('off@base');
:code

DROP EXTENSION schemaver;
DROP TABLE person, off CASCADE;
DROP TYPE mood;
