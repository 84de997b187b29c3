-- A text that cannot run as a hook is refused when it is set, not in somebody's run.
CREATE EXTENSION schemaver;
CREATE TABLE t (id int);
SELECT schemaver.hook('x', 'before_run', E'COPY t FROM stdin;\n1\n\\.\n');
SELECT schemaver.hook('x', 'before_run', 'COPY t TO stdout');
SELECT schemaver.hook('x', 'before_run', 'INSERT INTO public.t VALUES ($1)');
SELECT schemaver.hook('x', 'before_run', E'SELECT 1;\nWITH x AS (DELETE FROM t WHERE id = $2 RETURNING id) SELECT * FROM x');
SELECT schemaver.hook('x', 'before_run', 'SET work_mem = 100; RESET ALL');
SELECT schemaver.hook('x', 'before_run', '-- nothing');
SELECT schemaver.hook('x', 'before_run', 'VACUUM t');
SELECT schemaver.hook('x', 'before_run', 'SELEC 1');
SELECT count(*) FROM schemaver.hooks();
SELECT schemaver.hook('x', 'before_run', 'SET LOCAL work_mem = 100; INSERT INTO public.t VALUES (1)');
DROP EXTENSION schemaver;
DROP TABLE t;
