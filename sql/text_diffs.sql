-- Are changed bodies shown as unified diffs, by drift() and by diff()?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\pset format unaligned
SELECT schemaver.revision('f', $$
CREATE FUNCTION f(n int) RETURNS int LANGUAGE plpgsql AS '
DECLARE
    a int := 1;
    b int := 2;
    c int := 3;
    d int := 4;
    e int := 5;
BEGIN
    a := a + n;
    b := b + n;
    c := c + n;
    d := d + n;
    e := e + n;
    a := a * 2;
    b := b * 2;
    c := c * 2;
    RETURN a + b + c + d + e;
END';
CREATE TABLE t (id int PRIMARY KEY, name text, born date);
CREATE VIEW v AS SELECT id, name FROM t;
COMMENT ON TABLE t IS E'two\nlines';
$$, id => 'a1') \g /dev/null
SELECT revision FROM schemaver.upgrade() \g /dev/null

-- by hand: two places of the body, far from each other, and a view's query
DO $do$
BEGIN
    EXECUTE replace(replace(pg_get_functiondef('f(int)'::regprocedure), 'b int := 2', 'b int := 20'),
                    'RETURN a + b', E'a := a - 1;\n    RETURN a + b');
END
$do$;
CREATE OR REPLACE VIEW v AS SELECT id, name, born FROM t;
COMMENT ON TABLE t IS E'two\nother lines';
ALTER TABLE t ALTER name SET DEFAULT 'x';
-- (majors print a view in different ways)
SELECT kind, identity, CASE WHEN kind = 'view' THEN (diff LIKE '%+    %born%')::text ELSE diff END AS diff FROM schemaver.drift();

-- the way back is shown by diff() and revert_drift(), once for each object
SELECT kind, identity, action, CASE WHEN kind = 'view' THEN (diff LIKE '%-    %born%')::text ELSE diff END AS diff
FROM schemaver.revert_drift(dry_run => true);
SELECT kind, identity, action, diff FROM schemaver.diff($$CREATE FUNCTION f(n int) RETURNS int LANGUAGE sql AS 'SELECT 1';$$)
WHERE kind = 'function';

-- a view's column has no values: its new name is no question
SELECT kind, identity, action FROM schemaver.diff($$CREATE TABLE t (id int PRIMARY KEY, name text DEFAULT 'x', born date);
COMMENT ON TABLE t IS E'two\nother lines';
CREATE VIEW v AS SELECT id, name AS full_name, born FROM t;$$) WHERE kind <> 'function';
DROP VIEW v;
DROP TABLE t;
DROP FUNCTION f(int);
DROP EXTENSION schemaver;
