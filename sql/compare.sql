-- Does diff() write what leads from the live schema to the wanted one, and back?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
CREATE SCHEMA "Odd ""schema";
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE t (id serial PRIMARY KEY, a text DEFAULT 'x', m mood DEFAULT 'ok', p int REFERENCES parent, CONSTRAINT positive CHECK (id > 0));
CREATE INDEX t_a ON t (a);
CREATE VIEW v AS SELECT t.id, t.a FROM t, parent;
COMMENT ON VIEW v IS 'a view';
GRANT SELECT ON v TO PUBLIC;
CREATE TABLE "Odd ""schema"."a b" ("C d" int, é text);

SELECT schemaver.fingerprint() AS before \gset
\set wanted 'CREATE TYPE mood AS ENUM (''sad'', ''happy'', ''ok''); CREATE TABLE parent (id bigint PRIMARY KEY); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS ''SELECT 1''; CREATE TABLE t (id serial PRIMARY KEY, b int DEFAULT f(), a varchar(10) DEFAULT ''x'' NOT NULL, m mood DEFAULT ''ok'', p bigint REFERENCES parent ON DELETE CASCADE); CREATE INDEX t_a ON t (a); CREATE VIEW v AS SELECT t.id, t.a FROM t, parent; COMMENT ON VIEW v IS ''a view''; GRANT SELECT ON v TO PUBLIC; CREATE SCHEMA "Odd ""schema"; CREATE TABLE "Odd ""schema"."a b" ("C d" int)'
SELECT kind, identity, action, sql, hazard FROM schemaver.diff(:'wanted');
SELECT kind, identity, action, sql, hazard FROM schemaver.diff(:'wanted', reverse => true);
-- nothing was left behind
SELECT schemaver.fingerprint() = :'before' AS unchanged;
SELECT nspname FROM pg_namespace WHERE nspname LIKE 'schemaver\_hidden%';

-- what is not wanted can be kept or reported, objects can be left out
SELECT kind, identity, action, sql FROM schemaver.diff('CREATE TABLE x ()', options => '{"drop": "keep"}');
SELECT kind, identity, action FROM schemaver.diff('CREATE SCHEMA public', options => '{"drop": "report"}') WHERE kind <> 'extension';
SELECT kind, identity, action, sql FROM schemaver.diff('CREATE SCHEMA public', schemas => '{"Odd \"schema"}', options => '{"exclude": ["table *\"a b\""]}');
-- a likely rename is asked about
SELECT kind, identity, action, hazard FROM schemaver.diff('CREATE SCHEMA "Odd ""schema"; CREATE TABLE "Odd ""schema"."a c" ("C d" int, é text);', schemas => '{"Odd \"schema"}') WHERE action = 'question';

-- snapshots compare like the schemas that they describe
CREATE TEMP TABLE kept AS SELECT schemaver.snapshot() AS s;
SELECT count(*) FROM kept, schemaver.diff(s, schemaver.snapshot());
DROP VIEW v;
SELECT action, sql FROM kept, schemaver.diff(schemaver.snapshot(), s);
SELECT schemaver.fingerprint() = :'before' AS unchanged;
DROP TABLE kept;
SET search_path = "Odd ""schema";
SET DateStyle = German;
SELECT schemaver.fingerprint() AS a \gset
RESET ALL;
SET schemaver.progress = off;
SELECT schemaver.fingerprint() = :'a' AS same;

-- bad input
SELECT * FROM schemaver.diff(E'CREATE TABLE x (a int);\nCREATE TABLE y (b it);');
:code
SELECT * FROM schemaver.diff(E'CREATE TABLE x (a int;');
:code
SELECT * FROM schemaver.diff('VACUUM');
:code
SELECT * FROM schemaver.diff('CREATE ROLE x');
SELECT * FROM schemaver.diff('CREATE INDEX CONCURRENTLY i ON t (a)');
SELECT * FROM schemaver.diff(E'\\i file');
SELECT * FROM schemaver.diff('ROLLBACK');
SELECT * FROM schemaver.diff('CREATE SCHEMA public', options => '{"owner": true}');
SELECT * FROM schemaver.diff('CREATE SCHEMA public', options => '{"drop": "no"}');
SELECT * FROM schemaver.diff('CREATE SCHEMA public', schemas => '{}');
SELECT * FROM schemaver.diff('{}'::jsonb, '{}'::jsonb);
SELECT nspname FROM pg_namespace WHERE nspname LIKE 'schemaver\_hidden%';
CREATE ROLE regress_schemaver_other;
GRANT EXECUTE ON FUNCTION schemaver.diff(text, boolean, schemaver.names, jsonb) TO regress_schemaver_other;
SET ROLE regress_schemaver_other;
SELECT * FROM schemaver.diff('CREATE SCHEMA public');
:code
RESET ROLE;
DROP OWNED BY regress_schemaver_other;
DROP ROLE regress_schemaver_other;
DROP TABLE t, parent, "Odd ""schema"."a b";
DROP SCHEMA "Odd ""schema";
DROP TYPE mood;
DROP EXTENSION schemaver;
DROP SCHEMA schemaver;
