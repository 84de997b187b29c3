-- The file of a run commits where the run as a whole needs it, so that psql comes to its end.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set SHOW_CONTEXT never
CREATE FUNCTION up(name text, up text) RETURNS text LANGUAGE sql AS
	$$SELECT schemaver.revision(name, up, id => name)$$;
CREATE TABLE par (id int PRIMARY KEY);
INSERT INTO par VALUES (1), (2);
CREATE TABLE chi (id int PRIMARY KEY, par_id int REFERENCES par DEFERRABLE INITIALLY DEFERRED, n text);
INSERT INTO chi VALUES (1, 1, NULL), (2, 2, 'x');

-- pending events of a table that exists, of one that the run makes, across revisions
SELECT up('p1', $$UPDATE chi SET par_id = 2, n = coalesce(n, ''); ALTER TABLE chi ALTER COLUMN n SET NOT NULL$$);
SELECT up('p2', $$CREATE TABLE late (id int PRIMARY KEY, up int REFERENCES late DEFERRABLE INITIALLY DEFERRED);
INSERT INTO late VALUES (1, 2), (2, 1)$$);
SELECT up('p3', $$ALTER TABLE late ADD COLUMN x int; UPDATE par SET id = id; ALTER TABLE chi ADD COLUMN y int$$);
-- a procedure that an earlier revision makes
SELECT up('p4', $$CREATE PROCEDURE touch_all() LANGUAGE plpgsql AS 'BEGIN UPDATE chi SET y = 1; COMMIT; END'$$);
SELECT up('p5', $$CALL touch_all(); ALTER TABLE chi ALTER y SET NOT NULL$$);
-- and what needs none
SELECT up('p6', $$CREATE TABLE plain (a int); INSERT INTO plain VALUES (1); ALTER TABLE plain ADD COLUMN b int$$);
\o results/script_borders.file
\t on
\pset format unaligned
SELECT schemaver.script('current', 'head');
\o
\t off
\pset format aligned
\o /dev/null
\set ECHO none
\i results/script_borders.file
\set ECHO all
\o
SELECT revision FROM schemaver.current();
SELECT * FROM chi ORDER BY id;
SELECT kind, identity, change FROM schemaver.drift();

-- one transaction where one is enough
SELECT up('p7', $$INSERT INTO plain VALUES (2); ALTER TABLE plain ADD COLUMN c int$$);
SELECT up('p8', $$UPDATE chi SET par_id = 1; ALTER TABLE plain ADD COLUMN d int$$);
SELECT count(*) FROM regexp_split_to_table(schemaver.script('current', 'head'), '\n') l WHERE l = 'COMMIT;';
SELECT up('p9', $$ALTER TABLE public.chi ADD COLUMN z int$$);
SELECT count(*) FROM regexp_split_to_table(schemaver.script('current', 'head'), '\n') l WHERE l = 'COMMIT;';

DROP EXTENSION schemaver;
DROP TABLE chi, par, late, plain;
DROP PROCEDURE touch_all;
DROP FUNCTION up;
