-- INSERT and COPY in a wanted schema are managed rows where that is asked for, and
-- refused otherwise.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE TABLE country (code text PRIMARY KEY, name text);
INSERT INTO country VALUES ('DE', 'Germany'), ('FR', 'Frankreich'), ('XX', 'none');
CREATE FUNCTION wanted() RETURNS text LANGUAGE sql AS $f$ SELECT $$
CREATE TABLE country (code text PRIMARY KEY, name text);
INSERT INTO country VALUES ('DE', 'Germany');
INSERT INTO country (code, name) VALUES ('FR', 'France'), ('IT', DEFAULT);
CREATE TABLE kind (id int, label text);
COPY kind (id, label) FROM stdin;
1	one
2	\N
\.
ALTER TABLE kind ADD PRIMARY KEY (id);
CREATE FUNCTION wanted() RETURNS text LANGUAGE sql AS 'SELECT $1::text' ;
$$ $f$;
SELECT action, sql FROM schemaver.diff('CREATE TABLE country (code text PRIMARY KEY, name text); INSERT INTO country VALUES (1, 2)');
SELECT kind, identity, action, sql FROM schemaver.diff(replace(wanted(), 'CREATE FUNCTION', '-- '), options => '{"managed_rows": true, "drop": "keep"}') WHERE kind IN ('row', 'table');
SELECT kind FROM schemaver.diff('CREATE TABLE country (code text PRIMARY KEY, name text); INSERT INTO country VALUES (1, 2)', reverse => true, options => '{"managed_rows": true, "drop": "keep"}');
SELECT kind FROM schemaver.diff('CREATE TABLE t (i int); INSERT INTO t VALUES (1)', options => '{"managed_rows": true, "drop": "keep"}');
SELECT kind FROM schemaver.diff('CREATE TABLE t (i int PRIMARY KEY); INSERT INTO t VALUES (1), (1)', options => '{"managed_rows": true, "drop": "keep"}');
SELECT kind FROM schemaver.diff('CREATE TABLE t (i int PRIMARY KEY, a int); INSERT INTO t (i) VALUES (1); INSERT INTO t (i, a) VALUES (2, 3)', options => '{"managed_rows": true, "drop": "keep"}');
SELECT kind FROM schemaver.diff('CREATE TABLE t (i int PRIMARY KEY); INSERT INTO t SELECT 1', options => '{"managed_rows": true, "drop": "keep"}');
SELECT kind FROM schemaver.diff('CREATE TABLE t (i int PRIMARY KEY); UPDATE t SET i = 1', options => '{"managed_rows": true, "drop": "keep"}');
SELECT kind FROM schemaver.diff('CREATE TABLE t (i int PRIMARY KEY)', options => '{"managed_rows": "yes"}');
SELECT kind FROM schemaver.drift(options => '{"managed_rows": true}');

-- run in order, the rows of the diff lead to it
DROP FUNCTION wanted();
CREATE FUNCTION pg_temp.wanted() RETURNS text LANGUAGE sql AS $f$ SELECT $$
CREATE TABLE country (code text PRIMARY KEY, name text, area int);
INSERT INTO country VALUES ('DE', 'Germany', 357), ('FR', 'France', 640);
CREATE TABLE kind (id int PRIMARY KEY, label text);
INSERT INTO kind VALUES (1, 'one');
$$ $f$;
DO $$
DECLARE r record;
BEGIN
	FOR r IN SELECT sql FROM schemaver.diff(pg_temp.wanted(), options => '{"managed_rows": true}') LOOP
		RAISE NOTICE '%', r.sql;
		EXECUTE r.sql;
	END LOOP;
END $$;
SELECT * FROM country ORDER BY code;
SELECT count(*) FROM schemaver.diff(pg_temp.wanted(), options => '{"managed_rows": true}');

-- autogenerate registers them
DROP TABLE kind;
UPDATE country SET name = 'x' WHERE code = 'DE';
SELECT schemaver.autogenerate('wanted', pg_temp.wanted(), options => '{"managed_rows": true}', id => 'r1');
SELECT revision, message FROM schemaver.upgrade();
SELECT * FROM country ORDER BY code;
SELECT * FROM kind;
SELECT schemaver.autogenerate('wanted', pg_temp.wanted(), options => '{"managed_rows": true}');
SELECT schemaver.autogenerate('wanted', replace(pg_temp.wanted(), '''one''', '''uno'''), options => '{"managed_rows": true}') IS NULL AS no_revision;
SELECT revision, message FROM schemaver.plan();
SELECT schemaver.autogenerate('wanted', pg_temp.wanted());
DROP EXTENSION schemaver;
DROP TABLE country, kind;
