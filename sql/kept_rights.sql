-- Who can read what is kept, and with whose rights is it kept and brought back?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET schemaver.keep_data = on;
\set code '\\echo :SQLSTATE'
\set SHOW_CONTEXT never
CREATE ROLE regress_schemaver_kept_a;
CREATE ROLE regress_schemaver_kept_b;
CREATE SCHEMA rights;
GRANT ALL ON SCHEMA rights TO regress_schemaver_kept_a, regress_schemaver_kept_b;
SET search_path = rights;
GRANT EXECUTE ON FUNCTION schemaver.revision, schemaver.upgrade, schemaver.downgrade TO regress_schemaver_kept_a, regress_schemaver_kept_b;

-- everything that a table's owner can hide in it says who executes it
SET ROLE regress_schemaver_kept_a;
CREATE FUNCTION tell(what text, x int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$BEGIN RAISE WARNING '% by %', what, current_user; RETURN x; END$$;
CREATE TYPE e AS ENUM ('a');
CREATE FUNCTION e_text(e) RETURNS text LANGUAGE plpgsql AS $$BEGIN RAISE WARNING 'cast by %', current_user; RETURN 'x'; END$$;
CREATE CAST (e AS text) WITH FUNCTION e_text(e);
CREATE FUNCTION equal(e, text) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN RAISE WARNING 'operator by %', current_user; RETURN false; END$$;
CREATE OPERATOR = (FUNCTION = equal, LEFTARG = e, RIGHTARG = text);
CREATE FUNCTION format(text, e) RETURNS text LANGUAGE plpgsql AS $$BEGIN RAISE WARNING 'format by %', current_user; RETURN 'x'; END$$;
CREATE DOMAIN d AS int CHECK (tell('domain', VALUE) = VALUE);
CREATE TABLE t (id e PRIMARY KEY, x int, d d, g int GENERATED ALWAYS AS (tell('generated', x)) STORED, c int CHECK (tell('check', c) = c));
CREATE INDEX ON t (tell('index', x));
ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
SET client_min_messages = error;
ALTER TABLE t NO FORCE ROW LEVEL SECURITY;
INSERT INTO t (id, x, d, c) VALUES ('a', 1, 1, 1);
ALTER TABLE t FORCE ROW LEVEL SECURITY;
CREATE TABLE bag (n int PRIMARY KEY, x int, d d, e e);
INSERT INTO bag VALUES (1, 1, 1, 'a');
RESET client_min_messages;
GRANT SELECT ON t, bag TO PUBLIC;
RESET ROLE;

-- the caller is a superuser
SELECT schemaver.revision('m', 'ALTER TABLE bag DROP COLUMN d; ALTER TABLE t DROP COLUMN c; DROP TABLE t; ALTER TABLE bag ALTER x TYPE text USING x::text; DROP TYPE e CASCADE', $$
	SET ROLE regress_schemaver_kept_a;
	CREATE TYPE e AS ENUM ('a');
	ALTER TABLE bag ADD COLUMN e e;
	RESET ROLE;
	ALTER TABLE bag ALTER x TYPE int USING x::int;
	CREATE TABLE t (id e PRIMARY KEY, x int, d d, g int GENERATED ALWAYS AS (tell('generated', x)) STORED);
	ALTER TABLE t OWNER TO regress_schemaver_kept_a;
	ALTER TABLE t ADD COLUMN c int CHECK (tell('check', c) = c);
	ALTER TABLE bag ADD COLUMN d d$$, id => 'a1');
SELECT revision FROM schemaver.upgrade();
SELECT c.relname, relowner::regrole, relacl FROM pg_class c WHERE relnamespace = 'schemaver_kept'::regnamespace AND relkind = 'r' ORDER BY (regexp_match(relname, '\d+'))[1]::int;

-- nobody can name it, and nobody but the owner can read it
SET ROLE regress_schemaver_kept_b;
SELECT kind, table_name, column_name FROM schemaver.kept();
SELECT kept AS bag FROM schemaver.kept() WHERE column_name = 'd' \gset
SELECT kept AS t, kept_in AS t_in FROM schemaver.kept() WHERE kind = 'table' \gset
TABLE :t_in;
:code
CREATE TABLE schemaver_kept.mine (x int);
:code
SELECT * FROM schemaver.purge_kept();
:code
SELECT * FROM schemaver.kept_rows(:bag);
:code
RESET ROLE;
GRANT EXECUTE ON FUNCTION schemaver.kept_rows TO regress_schemaver_kept_a, regress_schemaver_kept_b;
SET ROLE regress_schemaver_kept_b;
SELECT * FROM schemaver.kept_rows(:bag);
:code
SET ROLE regress_schemaver_kept_a;
ALTER TABLE :t_in ADD CHECK (tell('kept', 1) = 1);
:code
SELECT * FROM schemaver.kept_rows(:bag);
-- the table had row security
SELECT * FROM schemaver.kept_rows(:t);
:code
SELECT * FROM schemaver.kept_rows(0);
:code
RESET ROLE;
SELECT revision FROM schemaver.downgrade();
SELECT id, x, d, g, c FROM t;
SELECT x, d, e FROM bag;
TABLE schemaver.kept_data;
SELECT schemaver.remove('a1');

-- one who may run, but has no rights on what was kept
SELECT schemaver.revision('m', 'DROP TABLE t', 'CREATE TABLE t (id e PRIMARY KEY, x int, d d, g int, c int)', id => 'b1');
SELECT revision FROM schemaver.upgrade();
SET ROLE regress_schemaver_kept_b;
\set VERBOSITY terse
SELECT revision FROM schemaver.downgrade();
\set VERBOSITY default
SELECT count(*) FROM t;
RESET ROLE;
SELECT schemaver.remove('b1'), count(*) FROM schemaver.purge_kept();

-- one who owns it, without being a superuser
SET ROLE regress_schemaver_kept_a;
CREATE TABLE own (id int PRIMARY KEY, x text, y int);
INSERT INTO own VALUES (1, 'x', 1);
SELECT schemaver.revision('m', 'ALTER TABLE own DROP COLUMN x; ALTER TABLE own ALTER y TYPE text; DROP TABLE own',
	'CREATE TABLE own (id int PRIMARY KEY, y text); ALTER TABLE own ALTER y TYPE int USING y::int; ALTER TABLE own ADD COLUMN x text', id => 'o1');
SELECT revision FROM schemaver.upgrade();
SELECT revision FROM schemaver.downgrade();
TABLE own;
RESET ROLE;
SELECT count(*) FROM schemaver.kept();
SELECT schemaver.remove('o1');

-- what a role owned stays its own, so it cannot be kept from DROP OWNED
SELECT schemaver.revision('m', 'DROP OWNED BY regress_schemaver_kept_a, regress_schemaver_kept_b', 'CREATE TABLE rights.bag (x int, d int, e text)', id => 'c1');
SELECT revision FROM schemaver.upgrade();
:code
SELECT schemaver.edit('c1', options => '{"keep": false}');
SELECT revision FROM schemaver.upgrade();
SELECT count(*) FROM schemaver.kept();

DROP EXTENSION schemaver;
DROP SCHEMA rights CASCADE;
DROP ROLE regress_schemaver_kept_a, regress_schemaver_kept_b;
