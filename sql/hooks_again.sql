-- A hook behind a statement outside of transactions, or in batches, that fails is run by the next call;
-- behind a statement that failed it is not run.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE TABLE noted (n serial, what text);
CREATE FUNCTION note(what text) RETURNS void LANGUAGE sql AS 'INSERT INTO public.noted (what) VALUES (what)';
CREATE TABLE t (id int PRIMARY KEY, a int, b int);
INSERT INTO t SELECT i, 1 FROM generate_series(1, 50) i;
SELECT schemaver.hook('b', 'before_statement', 'SELECT public.note(''before'')');
SELECT schemaver.hook('a', 'after_statement', 'SELECT public.note(''after'')');
SELECT schemaver.hook('e', 'on_error', 'SELECT public.note(''error'')');
SELECT schemaver.revision('unique', 'CREATE UNIQUE INDEX CONCURRENTLY once ON t (a)', id => 'r1');
\set VERBOSITY terse
CALL schemaver.online_upgrade();
UPDATE t SET a = id;
CALL schemaver.online_upgrade();
SELECT string_agg(what, ' ' ORDER BY n) FROM noted;

TRUNCATE noted;
SELECT schemaver.hook('a', 'after_statement', 'SELECT 1 / 0');
SELECT schemaver.revision('index', 'CREATE INDEX CONCURRENTLY more ON t (b)', id => 'r2');
CALL schemaver.online_upgrade();
CALL schemaver.online_upgrade();
SELECT schemaver.hook('a', 'after_statement', 'SELECT public.note(''after'')');
CALL schemaver.online_upgrade();
SELECT string_agg(what, ' ' ORDER BY n) FROM noted;
SELECT btrim(down, E'\n') AS down FROM schemaver.show('r2');

TRUNCATE noted;
SELECT schemaver.hook('a', 'after_statement', 'SELECT 1 / 0');
SELECT schemaver.revision('batches', E'-- schemaver:batch table=t key=id\nUPDATE t SET b = a WHERE b IS NULL /* schemaver:range */', id => 'r3');
CALL schemaver.online_upgrade();
SELECT sum(b) FROM t;
SELECT schemaver.hook('a', 'after_statement', 'SELECT public.note(''after'')');
CALL schemaver.online_upgrade();
SELECT string_agg(what, ' ' ORDER BY n) FROM noted;
SELECT count(*) FROM schemaver.current() WHERE revision = 'r3';
DROP EXTENSION schemaver;
DROP TABLE t, noted;
DROP FUNCTION note(text);
