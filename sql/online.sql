-- Online runs: what is done, what is refused, what is on record.
SET client_min_messages = warning;
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE TABLE target (id int PRIMARY KEY, name text, low text);
INSERT INTO target SELECT g, 'Name ' || g FROM generate_series(1, 100) g;

SELECT schemaver.revision('plain', 'CREATE TABLE one (i int)', 'DROP TABLE one', 'r1');
SELECT schemaver.revision('mixed', $$
SET work_mem = '5MB';
CREATE TYPE mood AS ENUM ('a');
ALTER TYPE mood ADD VALUE 'b';
CREATE TABLE two (m mood DEFAULT 'b');
CREATE INDEX CONCURRENTLY target_name ON target (name);
CREATE TABLE settings AS SELECT current_setting('work_mem') AS work_mem;
$$, $$
DROP TABLE settings;
DROP INDEX CONCURRENTLY target_name;
DROP TABLE two;
DROP TYPE mood;
$$, 'r2');

-- where it is refused
BEGIN;
CALL schemaver.online_upgrade();
ROLLBACK;
DO $$ BEGIN CALL schemaver.online_upgrade(); END $$;
CALL schemaver.online_upgrade(NULL);
CALL schemaver.online_upgrade('nope');
SELECT schemaver.upgrade();

-- up, nothing more to do, down, up
CALL schemaver.online_upgrade();
CALL schemaver.online_upgrade();
SELECT work_mem FROM settings;
SHOW work_mem;
CALL schemaver.online_downgrade('base', allow_data_loss => true);
CALL schemaver.online_upgrade('+1');
SELECT revision FROM schemaver.current();
CALL schemaver.online_upgrade();
SELECT run, command, target, run_outcome, revision, direction, statements, outcome FROM schemaver.journal;
SELECT count(*) FROM schemaver.progress;

-- each revision has a time of its own
SELECT count(DISTINCT started_at) > 1 AS several FROM schemaver.journal;

-- an error keeps its state, message and position, and is on record
SELECT schemaver.revision('fails', E'CREATE TABLE three (i int);\nCREATE INDEX CONCURRENTLY ON three (i);\nSELECT 1,\n  nope;', id => 'r3');
CALL schemaver.online_upgrade();
SELECT revision, outcome, statements, statement, line, sqlstate, error FROM schemaver.journal WHERE outcome = 'failed';
SELECT revision, state FROM schemaver.status(true);
SELECT schemaver.graph();
SELECT revision, statement, kind, state, next_call FROM schemaver.progress;

-- until it is continued, nothing else runs
SELECT schemaver.upgrade();
SELECT schemaver.downgrade();
SELECT schemaver.stamp('{r3}');
CALL schemaver.online_downgrade();

-- what is done may not change, what is not may
SELECT schemaver.edit('r3', up => E'CREATE TABLE three (i bigint);\nCREATE INDEX CONCURRENTLY ON three (i);\nSELECT 1');
SELECT schemaver.edit('r3', up => E'CREATE TABLE three (i int);\nCREATE INDEX CONCURRENTLY ON three (i);\nSELECT 1');
CALL schemaver.online_upgrade();
SELECT revision FROM schemaver.current();

-- an error of a statement alone
SELECT schemaver.revision('alone', E'SELECT 1;\nCREATE INDEX CONCURRENTLY ON\n  three (nope)', id => 'r4');
CALL schemaver.online_upgrade();
SELECT schemaver.remove('r4');
SELECT schemaver.abandon('r4');
SELECT schemaver.abandon('r4');
SELECT schemaver.remove('r4');

-- an invalid index is built again; one with the same definition is done; another one is an error
SELECT schemaver.revision('index', 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS target_low ON target (lower(low)) WHERE id > 0', id => 'r5');
UPDATE target SET low = 'same' WHERE id < 3;
CALL schemaver.online_upgrade();
SELECT indexrelid::regclass, indisvalid FROM pg_index WHERE indrelid = 'target'::regclass ORDER BY indexrelid::regclass::text;
UPDATE target SET low = NULL;
CALL schemaver.online_upgrade();
SELECT indexrelid::regclass, indisvalid FROM pg_index WHERE indrelid = 'target'::regclass ORDER BY indexrelid::regclass::text;
SELECT schemaver.revision('same', 'CREATE INDEX CONCURRENTLY target_again ON target (id, lower(name) DESC) WITH (fillfactor = 70)', id => 'r6');
CREATE INDEX target_again ON target (id, lower(name)) WITH (fillfactor = 70);
CALL schemaver.online_upgrade();
DROP INDEX target_again;
CREATE INDEX target_again ON target (id, lower(name) DESC) WITH (fillfactor = 70);
CALL schemaver.online_upgrade();

-- batches
SELECT schemaver.revision('batches', $$
-- schemaver:batch table=target key=id size=30 vacuum=off
-- schemaver:batch-left low IS NULL
UPDATE target t SET low = lower(t.name) WHERE low IS NULL /* schemaver:range t.id */;
-- schemaver:batch table=target key=id size=1000
DELETE FROM target WHERE id % 2 = 0 /* schemaver:range */;
CREATE TABLE copy (LIKE target);
-- schemaver:batch table=target key=id size=7
INSERT INTO copy SELECT * FROM target WHERE true /* schemaver:range */ ON CONFLICT DO NOTHING;
$$, id => 'r7');
CALL schemaver.online_upgrade();
SELECT count(*), count(low) FROM target;
SELECT count(*), count(DISTINCT id) FROM copy;
SELECT schemaver.revision('left', $$
-- schemaver:batch table=target key=id
-- schemaver:batch-left name LIKE 'Name%'
UPDATE target SET low = low WHERE true /* schemaver:range */;
$$, id => 'r8');
CALL schemaver.online_upgrade();
SELECT schemaver.abandon('r8');
SELECT schemaver.remove('r8');

-- what a batch must be
SELECT schemaver.revision('null', E'-- schemaver:batch table=target key=name\nUPDATE target SET low = low WHERE true /* schemaver:range */', id => 'r8');
CALL schemaver.online_upgrade();
SELECT schemaver.abandon('r8');
SELECT schemaver.edit('r8', up => E'ALTER TABLE target ALTER low SET NOT NULL;\n-- schemaver:batch table=target key=low\nUPDATE target SET name = name WHERE true /* schemaver:range */');
CALL schemaver.online_upgrade();
SELECT schemaver.abandon('r8');
SELECT schemaver.remove('r8');
SELECT schemaver.revision('x', E'-- schemaver:batch table=target\nUPDATE target SET low = \'\' WHERE true /* schemaver:range */', id => 'x');
SELECT schemaver.revision('x', E'-- schemaver:batch table=target key=id sise=10\nUPDATE target SET low = \'\' WHERE true /* schemaver:range */', id => 'x');
SELECT schemaver.revision('x', E'-- schemaver:batch table=target key=id target=soon\nUPDATE target SET low = \'\' WHERE true /* schemaver:range */', id => 'x');
SELECT schemaver.revision('x', E'-- schemaver:batch table=target key=id size=0\nUPDATE target SET low = \'\' WHERE true /* schemaver:range */', id => 'x');
SELECT schemaver.revision('x', E'-- schemaver:batch table=target key=id\nUPDATE target SET low = \'/* schemaver:range */\'', id => 'x');
SELECT schemaver.revision('x', E'-- schemaver:batch table=target key=id\nUPDATE target SET low = \'\' /* schemaver:range */', id => 'x');
SELECT schemaver.revision('x', E'-- schemaver:batch table=target key=id\nUPDATE target SET low = \'\' WHERE id = 1 OR id = 2 /* schemaver:range */', id => 'x');
SELECT schemaver.revision('x', E'-- schemaver:batch table=target key=id\nUPDATE target SET low = \'\' WHERE id IN (SELECT 1 WHERE true /* schemaver:range */)', id => 'x');
SELECT schemaver.revision('x', E'-- schemaver:batch table=target key=id wal=fast\nUPDATE target SET low = \'\' WHERE true /* schemaver:range */', id => 'x');
SELECT schemaver.revision('x', E'-- schemaver:batch table=public."target" key="id"\nUPDATE target SET low = \'\', id = id + 1000 WHERE true /* schemaver:range */', id => 'x');
SELECT schemaver.revision('x', E'-- schemaver:batch table=target key=id\nINSERT INTO target SELECT id + 1000 FROM target WHERE true /* schemaver:range */ LIMIT 10', id => 'x');
SELECT schemaver.revision('x', E'-- schemaver:batch table=target key=name\nINSERT INTO copy SELECT DISTINCT ON (name) * FROM target WHERE true /* schemaver:range */', id => 'x');
SELECT schemaver.revision('x', E'-- schemaver:batch table=target key=id\nINSERT INTO copy (id) SELECT count(*) FROM target WHERE true /* schemaver:range */ GROUP BY name', id => 'x');
SELECT schemaver.revision('x', E'-- schemaver:batch table=target key=id+\nUPDATE target SET low = \'\' WHERE true /* schemaver:range */', id => 'x');
SELECT schemaver.revision('x', E'-- schemaver:batch table=target key=id\nTRUNCATE target', id => 'x');
SELECT schemaver.revision('x', E'-- schemaver:batch-left true\nUPDATE target SET low = \'\'', id => 'x');
SELECT schemaver.revision('x', E'SELECT 1;\n-- schemaver:batch table=target key=id\n', id => 'x');

-- rows that are left are done once more, those between them not; keys of any type; a rate of WAL
CREATE TABLE "Word's" ("The%s" text COLLATE "C" PRIMARY KEY, n int NOT NULL, done boolean);
INSERT INTO "Word's" SELECT md5(g::text), 0 FROM generate_series(1, 500) g;
CREATE TABLE refused (word text);
CREATE FUNCTION refuse_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF old."The%s" >= '8' OR EXISTS (SELECT FROM public.refused WHERE word = old."The%s") THEN
		RETURN new;
	END IF;
	INSERT INTO public.refused VALUES (old."The%s");
	RETURN NULL;
END $$;
CREATE TRIGGER refuse_once BEFORE UPDATE ON "Word's" FOR EACH ROW EXECUTE FUNCTION refuse_once();
SELECT schemaver.revision('words', $$
SET search_path = pg_catalog;
-- schemaver:batch table=public."Word's" key="The%s" size=7 wal=1GB vacuum=off
-- schemaver:batch-left done IS NULL
UPDATE public."Word's" SET n = n + 1, done = true WHERE true /* schemaver:range */;
$$, id => 'words');
CALL schemaver.online_upgrade();
SELECT "The%s" >= '8' AS high, n, done, count(*) FROM "Word's" GROUP BY 1, 2, 3 ORDER BY 1;
SELECT count(*) FROM refused;
DROP TABLE "Word's", refused;
DROP FUNCTION refuse_once;

-- a statement that was begun and edited away
SELECT schemaver.revision('begun', E'CREATE TABLE begun (i int);\nCREATE UNIQUE INDEX CONCURRENTLY begun_by ON copy (low)', id => 'begun');
UPDATE copy SET low = 'same';
CALL schemaver.online_upgrade();
SELECT schemaver.abandon('begun');
DROP TABLE begun;
CALL schemaver.online_upgrade();
SELECT schemaver.edit('begun', up => E'CREATE TABLE begun (i int);\nCREATE INDEX CONCURRENTLY begun_anew ON copy (low)');
CALL schemaver.online_upgrade();
SELECT indexrelid::regclass, indisvalid FROM pg_index WHERE indrelid = 'copy'::regclass;
DROP TABLE begun;

-- a statement in batches that was begun may change, but not what its keys are keys of
CREATE TABLE half (id int PRIMARY KEY, n int);
INSERT INTO half SELECT g, g - 11 FROM generate_series(1, 50) g;
SELECT schemaver.revision('half', E'-- schemaver:batch table=half key=id size=10\nUPDATE half SET n = 100 / n WHERE true /* schemaver:range */', id => 'half');
CALL schemaver.online_upgrade();
SELECT done, batches > 0 AS begun, state FROM schemaver.progress;
SELECT schemaver.edit('half', up => 'UPDATE half SET n = 0');
CALL schemaver.online_upgrade();
SELECT schemaver.edit('half', up => E'-- schemaver:batch table=half key=n\nUPDATE half SET id = 0 WHERE true /* schemaver:range */');
CALL schemaver.online_upgrade();
SELECT schemaver.edit('half', up => E'-- schemaver:batch table=half key=id size=3 target=1s\nUPDATE half SET n = 100 / nullif(n, 0) WHERE true /* schemaver:range */');
CALL schemaver.online_upgrade();
SELECT count(*) FROM half WHERE n IS DISTINCT FROM 100 / nullif(id - 11, 0);
DROP TABLE half;

-- what only the session has
SELECT schemaver.revision('temporary', E'CREATE TEMP TABLE known (i int);\nCREATE INDEX CONCURRENTLY ON known (i)', id => 'temporary');
CALL schemaver.online_upgrade();
SELECT schemaver.abandon('temporary');
DROP TABLE known;
SELECT schemaver.edit('temporary', up => E'SELECT 1 AS i INTO TEMP known;\nCREATE UNIQUE INDEX CONCURRENTLY known_by ON copy (low);\nINSERT INTO copy SELECT * FROM known');
CALL schemaver.online_upgrade();
UPDATE copy SET low = id::text;
\c
SET client_min_messages = warning;
SET schemaver.progress = off;
CALL schemaver.online_upgrade();
SELECT schemaver.edit('temporary', up => E'SELECT 1 AS i INTO TEMP known;\nCREATE UNIQUE INDEX CONCURRENTLY known_by ON copy (low);\nCREATE TEMP TABLE IF NOT EXISTS known (i int);\nINSERT INTO copy SELECT * FROM known');
CALL schemaver.online_upgrade();
SELECT revision FROM schemaver.current();

-- settings hold until they are discarded
SELECT schemaver.revision('discard', $$
SET work_mem = '5MB';
CREATE TABLE discard AS SELECT 1 AS number, current_setting('work_mem') AS work_mem;
DISCARD ALL;
INSERT INTO discard SELECT 2, current_setting('work_mem');
SET work_mem = '6MB';
VACUUM discard;
INSERT INTO discard SELECT 3, current_setting('work_mem');
$$, id => 'discard');
CALL schemaver.online_upgrade();
SELECT number, work_mem IN ('5MB', '6MB') AS as_set FROM discard ORDER BY 1;
DROP TABLE discard;

-- what must be the first statement of its transaction
SELECT schemaver.revision('level', $$
CREATE TABLE level (number int, name text);
-- not a word of schemaver:batch table=level key=number, nor of /* this */
/* -- schemaver:batch table=level key=number */
INSERT INTO level VALUES (1, current_setting('transaction_isolation'));
SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;
INSERT INTO level VALUES (2, current_setting('transaction_isolation'));
$$, id => 'level');
CALL schemaver.online_upgrade();
SELECT * FROM level ORDER BY number;

-- a commit where pending trigger events stand in the way
SELECT schemaver.revision('pending', $$
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (parent int REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
INSERT INTO child VALUES (1);
INSERT INTO parent VALUES (1);
ALTER TABLE child ADD COLUMN more int;
$$, id => 'pending');
SELECT schemaver.upgrade();
CALL schemaver.online_upgrade();
SELECT revision FROM schemaver.current();

-- in the native format
SELECT revision FROM schemaver.load('f.sql', $$-- schemaver:revision n1
-- schemaver:revises pending
-- schemaver:up
-- schemaver:batch table=target key=id
UPDATE target SET low = 'x' || id WHERE true /* schemaver:range */;
$$);
CALL schemaver.online_upgrade();
SELECT count(*) FROM target WHERE low LIKE 'x%';
SELECT content FROM schemaver.export('n1');

-- rights
CREATE ROLE regress_online;
SET ROLE regress_online;
CALL schemaver.online_upgrade();
SELECT schemaver.abandon('n1');
SELECT count(*) FROM schemaver.progress;
RESET ROLE;
DROP ROLE regress_online;

DROP EXTENSION schemaver;
DROP TABLE one, two, three, settings, target, copy, level, child, parent;
DROP TYPE mood;
