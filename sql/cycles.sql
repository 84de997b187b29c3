-- Are objects that need each other made, and dropped again, without CASCADE?
CREATE EXTENSION schemaver;
SET client_min_messages = warning;
SET schemaver.progress = off;
CREATE SCHEMA ring;
CREATE TABLE public.before AS SELECT schemaver.fingerprint('{ring}') AS print;
CREATE TABLE public.wanted AS SELECT $wanted$
CREATE SCHEMA ring;
SET search_path = ring;
CREATE TABLE fk_a (id int PRIMARY KEY, b int);
CREATE TABLE fk_b (id int PRIMARY KEY, a int REFERENCES fk_a);
ALTER TABLE fk_a ADD FOREIGN KEY (b) REFERENCES fk_b;
CREATE VIEW w1 AS SELECT 1 AS a, 'x'::text AS b;
CREATE VIEW w2 AS SELECT a, b FROM w1;
CREATE OR REPLACE VIEW w1 AS SELECT a, b FROM w2;
COMMENT ON VIEW w1 IS 'round';
CREATE TABLE t (a int, z text);
CREATE FUNCTION f_row(t) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1.a > 0';
ALTER TABLE t ADD CONSTRAINT ck CHECK (f_row(t));
CREATE INDEX t_ix ON t (f_row(t));
CREATE FUNCTION f_set() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t';
CREATE FUNCTION f_n() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT count(*)::int FROM t; END;
ALTER TABLE t ALTER a SET DEFAULT f_n();
CREATE TABLE p1 (a int);
CREATE TABLE p2 (a int);
CREATE POLICY x ON p1 USING (EXISTS (SELECT FROM p2));
CREATE POLICY x ON p2 USING (EXISTS (SELECT FROM p1));
CREATE VIEW v AS SELECT 1 AS n;
CREATE FUNCTION f_v() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM v; END;
CREATE OR REPLACE VIEW v AS SELECT 1 AS n WHERE f_v() > 0;
$wanted$::text AS sql;

SELECT schemaver.autogenerate('ring', sql, '{ring}') IS NOT NULL AS made FROM wanted;
SELECT statements > 20 AS many FROM schemaver.upgrade();
SELECT count(*) AS remaining FROM wanted, schemaver.diff(wanted.sql, schemas => '{ring}');
-- back to empty
SELECT sql FROM schemaver.diff('CREATE SCHEMA ring', schemas => '{ring}') WHERE sql IS NOT NULL;
SELECT revision IS NOT NULL AS undone FROM schemaver.downgrade();
SELECT print = schemaver.fingerprint('{ring}') AS as_before FROM public.before;
DROP TABLE public.before, public.wanted;
DROP SCHEMA ring;
DROP EXTENSION schemaver;
