-- Does a CONCURRENTLY statement run plainly where nobody would have to wait for it?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set SHOW_CONTEXT never
\set code '\\echo :SQLSTATE'
SELECT schemaver.revision('made in the same run', 'CREATE TABLE made (a int, b int); INSERT INTO made VALUES (1, 1)', id => 'a1');
SELECT schemaver.revision('index', 'CREATE INDEX CONCURRENTLY made_a ON made (a)', id => 'a2');
SELECT schemaver.revision('unique', 'create unique index /* not now */ concurrently if not exists made_b ON public.made (b); DROP INDEX CONCURRENTLY made_a, made_b; DROP INDEX CONCURRENTLY IF EXISTS nothing', id => 'a3');
SELECT schemaver.revision('of no transaction', 'CREATE INDEX CONCURRENTLY made_again ON made (a)', id => 'a4', options => '{"transaction": false}');
SELECT schemaver.revision('behind a commit', 'BEGIN; CREATE SCHEMA s; COMMIT; CREATE INDEX CONCURRENTLY made_b ON made (b); REINDEX INDEX CONCURRENTLY made_b; REINDEX TABLE CONCURRENTLY made', id => 'a5');
SELECT schemaver.revision('partitions', $$CREATE TABLE p (i int) PARTITION BY LIST (i); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); INSERT INTO p VALUES (1); ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY$$, id => 'a6');
SELECT schemaver.revision('path', $$SET search_path = s; CREATE TABLE made AS SELECT 1 AS i; CREATE INDEX CONCURRENTLY made_i ON made (i)$$, id => 'a7');
SELECT revision, transactional FROM schemaver.plan();
SELECT revision FROM schemaver.upgrade();
SELECT relname, relnamespace::regnamespace, indisvalid FROM pg_class JOIN pg_index ON indexrelid = oid WHERE relnamespace IN ('public'::regnamespace, 's'::regnamespace) ORDER BY 1;
SELECT * FROM schemaver.drift();
SELECT revision FROM schemaver.downgrade('base', allow_data_loss => true);
SELECT revision FROM schemaver.upgrade();

-- a table with rows from before
SELECT schemaver.revision('rows', 'CREATE INDEX CONCURRENTLY made_a_b ON made (a, b)', id => 'b1');
SELECT revision, transactional FROM schemaver.plan();
SELECT revision FROM schemaver.upgrade();
:code
-- and empty
DELETE FROM made;
SELECT transactional FROM schemaver.plan();
SET schemaver.plain_when_empty = off;
SELECT transactional FROM schemaver.plan();
SELECT revision FROM schemaver.upgrade();
RESET schemaver.plain_when_empty;
SELECT revision FROM schemaver.upgrade();
-- a materialized view, a table of another schema than the path says, an index of a full table
SELECT schemaver.revision('view', 'CREATE MATERIALIZED VIEW v AS SELECT 1 AS i', id => 'c1');
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.revision('view', 'CREATE UNIQUE INDEX CONCURRENTLY v_i ON v (i)', id => 'c2');
SELECT transactional FROM schemaver.plan();
SELECT schemaver.edit('c2', 'DROP INDEX CONCURRENTLY s.made_i');
SELECT transactional FROM schemaver.plan();
SELECT schemaver.edit('c2', 'SET search_path = s; CREATE INDEX CONCURRENTLY made_i2 ON made (i)');
SELECT transactional FROM schemaver.plan();
SELECT revision FROM schemaver.upgrade();
:code
-- what else cannot be in a transaction stays so
SELECT schemaver.edit('c2', 'CREATE TABLE e (i int); CREATE INDEX CONCURRENTLY e_i ON e (i); VACUUM e');
SELECT transactional FROM schemaver.plan();
SELECT schemaver.edit('c2', 'CREATE TABLE e (i int)', options => '{"transaction": false}');
SELECT transactional FROM schemaver.plan();
SELECT schemaver.edit('c2', 'CREATE TABLE e (i int); REINDEX (CONCURRENTLY) TABLE e', options => '{}');
SELECT transactional FROM schemaver.plan();
DROP EXTENSION schemaver;
DROP SCHEMA s CASCADE;
DROP TABLE made, p, p1;
DROP MATERIALIZED VIEW v;
