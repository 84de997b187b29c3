-- Do derived downs bring back the order of things, and take nothing for the same that only has the same name?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET client_min_messages = error;
\pset tuples_only
\pset format unaligned
CREATE SCHEMA d;
CREATE VIEW public.places AS
    SELECT c.relname, string_agg(a.attname || CASE WHEN attislocal THEN '' ELSE ' (inherited)' END, ', ' ORDER BY attnum) AS columns,
           (SELECT string_agg(inhparent::regclass::text, ', ' ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = c.oid) AS parents
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT attisdropped
    WHERE c.relnamespace = 'd'::regnamespace AND c.relkind IN ('r', 'p', 'c') GROUP BY c.oid;

-- Apply a revision and undo it: what it says is lost, and what differs afterwards.
CREATE FUNCTION public.undo(what text) RETURNS TABLE (said text, what_ text) LANGUAGE plpgsql AS $$
DECLARE
    print text := schemaver.fingerprint('{d}');
    id text;
BEGIN
    CREATE TEMP TABLE was AS SELECT * FROM public.places;
    id := schemaver.revision('undone', what);
    PERFORM schemaver.upgrade();
    RETURN QUERY SELECT 'lost', unnest FROM (SELECT structure_only FROM schemaver.show(id)) s, unnest(structure_only);
    PERFORM schemaver.downgrade(allow_data_loss => true);
    IF schemaver.fingerprint('{d}') <> print THEN
        RETURN QUERY SELECT 'differs', 'fingerprint';
    END IF;
    RETURN QUERY SELECT 'differs', p::text FROM ((TABLE public.places EXCEPT TABLE was) UNION ALL (TABLE was EXCEPT TABLE public.places)) p;
    DROP TABLE was;
    PERFORM schemaver.remove(id);
END $$;

\echo order of attributes, columns of children, parents
CREATE TYPE d.ty AS (a int, t text, b int);
CREATE TABLE d.holder (r d.ty);
CREATE TABLE d.p (a int, t text);
CREATE TABLE d.c (b int) INHERITS (d.p);
CREATE TABLE d.q1 (a int, t text);
CREATE TABLE d.q2 (t text, z int);
CREATE TABLE d.d (b int) INHERITS (d.q1, d.q2);
CREATE TABLE d.e1 (a int);
CREATE TABLE d.e2 (a int);
CREATE TABLE d.e () INHERITS (d.e2, d.e1);
SELECT * FROM public.undo('ALTER TYPE d.ty RENAME ATTRIBUTE t TO u');
SELECT * FROM public.undo('ALTER TABLE d.p DROP COLUMN t');
SELECT * FROM public.undo('ALTER TABLE d.q1 DROP COLUMN t; ALTER TABLE d.q2 DROP COLUMN t');
SELECT * FROM public.undo('ALTER TABLE d.e NO INHERIT d.e2');
DROP TABLE d.holder;
SELECT * FROM public.undo('ALTER TYPE d.ty DROP ATTRIBUTE t');
\echo other objects under the same names
CREATE TABLE d.t (id int PRIMARY KEY, v text);
CREATE TABLE d.u (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int);
CREATE SEQUENCE d.s;
INSERT INTO d.u (a) VALUES (10);
SELECT * FROM public.undo('DROP TABLE d.t; CREATE TABLE d.t (id int PRIMARY KEY, v text); ALTER TABLE d.u DROP COLUMN a; ALTER TABLE d.u ADD COLUMN a int DEFAULT 7');
CREATE TABLE d.of_types (r d.ty);
INSERT INTO d.of_types VALUES ('(1,x,2)');
SELECT * FROM public.undo('ALTER TYPE d.ty DROP ATTRIBUTE b; ALTER TYPE d.ty ADD ATTRIBUTE b int');
TABLE d.of_types;
SELECT * FROM public.undo('ALTER TYPE d.ty DROP ATTRIBUTE t');
SELECT * FROM public.undo('ALTER TYPE d.ty ADD ATTRIBUTE n int');
DROP TABLE d.of_types;
CREATE SCHEMA aside;
SELECT * FROM public.undo('ALTER TABLE d.u SET SCHEMA aside; CREATE TABLE d.u (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int); CREATE INDEX u_a ON d.u (a)');
CREATE INDEX u_a ON d.u (a);
SELECT * FROM public.undo('ALTER TABLE d.u SET SCHEMA aside; CREATE TABLE d.u (id int PRIMARY KEY, a int); CREATE SEQUENCE d.u_id_seq; CREATE TABLE d.u_a (x int)');
TABLE d.u;
DROP SCHEMA aside;
DROP INDEX d.u_a;
SELECT * FROM public.undo('DROP SEQUENCE d.s; CREATE SEQUENCE d.s; ALTER TABLE d.u ALTER id DROP IDENTITY; ALTER TABLE d.u ALTER id ADD GENERATED ALWAYS AS IDENTITY');
\echo a type is changed by way of a new column
CREATE TABLE d.w (id int, lvl int NOT NULL DEFAULT 0, tail text);
INSERT INTO d.w VALUES (1, 5, 'x');
SELECT * FROM public.undo($$ALTER TABLE d.w ADD lvl_new text; UPDATE d.w SET lvl_new = 'low'; ALTER TABLE d.w DROP COLUMN lvl; ALTER TABLE d.w RENAME lvl_new TO lvl$$);
TABLE d.w;
\echo the key of a partitioned table
CREATE TYPE d.kind AS ENUM ('A', 'B');
CREATE TABLE d.m_a (id int, k d.kind NOT NULL DEFAULT 'A', v text);
CREATE TABLE d.m (id int, v text, k d.kind NOT NULL DEFAULT 'A') PARTITION BY LIST (k);
ALTER TABLE d.m ATTACH PARTITION d.m_a FOR VALUES IN ('A');
INSERT INTO d.m (id, v) VALUES (1, 'one');
SELECT * FROM public.undo($$ALTER TYPE d.kind ADD VALUE 'C'$$);
SELECT * FROM public.undo($$ALTER TABLE d.m DETACH PARTITION d.m_a; DROP TABLE d.m; CREATE TABLE d.m (id int, v text, k text NOT NULL DEFAULT 'A') PARTITION BY LIST (k);
    ALTER TABLE d.m_a DROP COLUMN k; ALTER TABLE d.m_a ADD COLUMN k text NOT NULL DEFAULT 'A'; DROP TYPE d.kind; ALTER TABLE d.m ATTACH PARTITION d.m_a FOR VALUES IN ('A')$$);
TABLE d.m;
\echo logged and unlogged
CREATE TABLE d.z_mode (name text PRIMARY KEY);
CREATE TABLE d.a_lock (name text REFERENCES d.z_mode);
SELECT * FROM public.undo('ALTER TABLE d.a_lock SET UNLOGGED; ALTER TABLE d.z_mode SET UNLOGGED');
\echo tables of one name change their schemas
CREATE SCHEMA e;
CREATE TABLE d.sw (id serial PRIMARY KEY, x int, z int GENERATED ALWAYS AS IDENTITY);
CREATE TABLE e.sw (id serial PRIMARY KEY, y text UNIQUE, z int GENERATED ALWAYS AS IDENTITY);
SELECT * FROM public.undo($$ALTER TABLE d.sw RENAME TO tmp; ALTER TABLE d.sw_pkey RENAME TO tmpk; ALTER SEQUENCE d.sw_id_seq RENAME TO tmps; ALTER SEQUENCE d.sw_z_seq RENAME TO tmpz;
    ALTER TABLE e.sw SET SCHEMA d; ALTER TABLE d.tmp SET SCHEMA e; ALTER TABLE e.tmp RENAME TO sw; ALTER INDEX e.tmpk RENAME TO sw_pkey; ALTER SEQUENCE e.tmps RENAME TO sw_id_seq; ALTER SEQUENCE e.tmpz RENAME TO sw_z_seq$$);
DROP SCHEMA e CASCADE;
DROP SCHEMA d CASCADE;
DROP VIEW IF EXISTS public.places;
DROP FUNCTION public.undo;
DROP EXTENSION schemaver CASCADE;
