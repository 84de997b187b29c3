-- What does a wanted schema that cannot be one leave behind?  An error that says where, and nothing else.
CREATE EXTENSION schemaver;
SET client_min_messages = warning;
CREATE SCHEMA shop;
CREATE TABLE shop.item (id int PRIMARY KEY);
CREATE SCHEMA other;
CREATE TABLE other.t (a int);
CREATE TABLE kept AS SELECT schemaver.fingerprint('{shop,other}') AS print;

CREATE FUNCTION try(wanted text, schemas text[] DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
    context text;
    n int;
BEGIN
    SELECT count(sql) INTO n FROM schemaver.diff(wanted, schemas => schemas);
    RETURN n || ' statements';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, context = PG_EXCEPTION_CONTEXT;
    RETURN concat_ws(E'\n  ', SQLSTATE || ': ' || SQLERRM, nullif(detail, ''), (SELECT l FROM regexp_split_to_table(context, '\n') l WHERE l LIKE 'wanted%'));
END $$;
\pset format unaligned
\pset tuples_only on

-- an error: statement, line and column
SELECT try(E'CREATE SCHEMA shop;\n\nCREATE TABLE shop.item (id int,\n    name no_such_type);');
SELECT try(E'CREATE SCHEMA shop;\nCREATE VIEW shop.v AS SELECT "né" FROM (SELECT 1) x;');
SELECT try(E'CREATE SCHEMA shop;\nCREATE TABEL shop.item (id int);');
SELECT try('DO $d$ BEGIN RAISE EXCEPTION ''own''; END $d$');
-- what cannot be rolled back, or is not of a schema
SELECT try('CREATE INDEX CONCURRENTLY ON shop.item (id)');
SELECT try('VACUUM');
SELECT try('CREATE ROLE regress_wanted');
SELECT try('CREATE DATABASE regress_wanted');
SELECT try('ALTER SYSTEM SET work_mem = 1');
SELECT try('ROLLBACK');
SELECT try('SAVEPOINT s');
-- psql commands
SELECT try(E'CREATE SCHEMA shop;\n\\connect other');
-- data: rows are no part of a schema
SELECT try(E'CREATE SCHEMA other; CREATE SCHEMA shop; CREATE TABLE shop.item (id int PRIMARY KEY); INSERT INTO shop.item VALUES (1)', '{shop,other}');
SELECT try(E'CREATE SCHEMA shop; CREATE TABLE shop.item (id int PRIMARY KEY);\nCOPY shop.item FROM stdin;\n1\n\\.\n', '{shop}');
-- what leaves the schemas that are named
SELECT try('CREATE SCHEMA shop; CREATE TABLE other.u (a int)', '{shop}');
SELECT try('CREATE SCHEMA shop; ALTER TABLE other.t ADD b int', '{shop}');
SELECT try('CREATE SCHEMA shop; CREATE SCHEMA third', '{shop}');
SELECT try('CREATE SCHEMA shop; CREATE FUNCTION other.f() RETURNS int LANGUAGE sql AS ''SELECT 1''', '{shop}');
SELECT try('CREATE SCHEMA shop; CREATE TABLE shop.item (id int PRIMARY KEY); CREATE TEMP TABLE x (a int); DROP TABLE x', '{shop}');
-- names
SELECT try(format('CREATE SCHEMA %1$I; CREATE TABLE %1$I.%1$I (%1$I int CONSTRAINT %1$I CHECK (%1$I > 0)); CREATE INDEX ON %1$I.%1$I (%1$I)', n), ARRAY[n])
FROM unnest(ARRAY['a b', 'quo"te', 'it''s', 'é', repeat('x', 63), '%s %n', 'back\slash', '$$', 'select', '{a,b}', ' ']) n;
-- a schema of somebody else
CREATE ROLE regress_wanted_other;
GRANT USAGE ON SCHEMA schemaver TO regress_wanted_other;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA schemaver TO regress_wanted_other;
SET ROLE regress_wanted_other;
SELECT try('CREATE SCHEMA shop', '{shop}');
RESET ROLE;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA schemaver FROM regress_wanted_other;

-- nothing stays: no object, no lock, no name
SELECT print = schemaver.fingerprint('{shop,other}') FROM kept;
SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation IN ('shop.item'::regclass, 'other.t'::regclass);
SELECT nspname FROM pg_namespace WHERE nspname LIKE 'schemaver_hidden%' OR nspname IN ('third');
DROP OWNED BY regress_wanted_other;
DROP ROLE regress_wanted_other;
DROP FUNCTION try;
DROP TABLE kept;
DROP SCHEMA shop, other CASCADE;
DROP EXTENSION schemaver;
