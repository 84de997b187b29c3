-- Does what a downgrade drops come back, too?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET schemaver.keep_data = on;

-- what a downgrade drops comes back by the next upgrade: a table at its end, unless the script fills it itself
SELECT schemaver.revision('m', $$CREATE TABLE made (id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY, body text);
	CREATE TABLE seeded (id int); INSERT INTO seeded VALUES (1)$$, id => 'i1'),
	schemaver.revision('m', 'ALTER TABLE made ADD COLUMN late text NOT NULL', id => 'i2');
SELECT revision FROM schemaver.upgrade();
INSERT INTO made (body, late) VALUES ('one', 'l1'), ('two', 'l2');
INSERT INTO seeded VALUES (2);
SELECT revision FROM schemaver.downgrade();
SELECT revision, direction, kind, table_name, column_name FROM schemaver.kept();
SELECT revision FROM schemaver.redo();
SELECT revision FROM schemaver.upgrade();
INSERT INTO made (body, late) VALUES ('three', 'l3') RETURNING id;
TABLE made;
TABLE seeded;
SELECT revision, direction, kind, table_name, column_name FROM schemaver.kept();
SELECT revision FROM schemaver.downgrade('base');
SELECT revision, table_name FROM schemaver.purge_kept();
SELECT schemaver.remove('i2'), schemaver.remove('i1');

-- what a derived down drops and makes again keeps its rows; sequences their position
CREATE TYPE st AS ENUM ('a', 'b');
CREATE TYPE rec AS (id int, s st);
CREATE TABLE typed OF rec;
INSERT INTO typed VALUES (1, 'a'), (2, 'b');
CREATE TABLE hold (r rec);
CREATE TABLE numbered (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, t text);
INSERT INTO numbered (t) VALUES ('a'), ('b');
SELECT schemaver.revision('m', $$ALTER TYPE st ADD VALUE 'c'$$, id => 'j1'),
	schemaver.revision('m', 'ALTER TABLE numbered ALTER COLUMN id DROP IDENTITY', id => 'j2');
SELECT revision FROM schemaver.upgrade();
SELECT revision, kind, table_name FROM schemaver.kept();
SELECT revision FROM schemaver.downgrade('base');
TABLE typed;
INSERT INTO numbered (t) VALUES ('c') RETURNING id;
SELECT revision, kind, table_name FROM schemaver.kept();
DROP TABLE typed, hold, numbered;
DROP TYPE rec, st;

DROP EXTENSION schemaver;
