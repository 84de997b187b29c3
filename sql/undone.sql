-- Does a derived down say what it cannot undo, and what it needs?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'

-- rows of a table of an extension, roles, large objects stay
CREATE EXTENSION citext;
CREATE TABLE cfg (a int);
ALTER EXTENSION citext ADD TABLE cfg;
SELECT schemaver.revision('job', $$INSERT INTO cfg VALUES (1); CREATE ROLE regress_schemaver_lasts; ALTER ROLE regress_schemaver_lasts SET search_path = x;
	GRANT SELECT ON pg_catalog.pg_authid TO regress_schemaver_lasts; GRANT USAGE ON SCHEMA public TO regress_schemaver_lasts;
	COMMENT ON ROLE regress_schemaver_lasts IS 'stays'; SELECT lo_from_bytea(0, '\x01') > 0;$$, id => 'l1');
SELECT revision FROM schemaver.upgrade();
SELECT unnest(structure_only) AS undone FROM schemaver.plan('-1', 'downgrade');
SELECT revision FROM schemaver.downgrade();
DROP OWNED BY regress_schemaver_lasts;
DROP ROLE regress_schemaver_lasts;
SELECT schemaver.remove('l1');
SELECT count(lo_unlink(oid)) FROM pg_largeobject_metadata;

-- what stays is no "ok"
SELECT schemaver.revision('rows', 'CREATE TABLE own (a int)', id => 'l2');
SELECT schemaver.revision('rows', 'INSERT INTO own VALUES (1)', id => 'l3');
SELECT revision FROM schemaver.upgrade();
SELECT revision, verdict, objects FROM schemaver.test(':');
SELECT revision FROM schemaver.downgrade('base', allow_data_loss => true);
SELECT count(*) FROM (SELECT schemaver.remove(r) FROM unnest('{l3,l2}'::text[]) r) x;
DROP EXTENSION citext;

-- sequences start over
CREATE TABLE si (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, t text);
CREATE SEQUENCE sq;
SELECT schemaver.revision('no identity', 'ALTER TABLE si ALTER COLUMN id DROP IDENTITY; DROP SEQUENCE sq', id => 's1');
SELECT revision FROM schemaver.upgrade();
SELECT unnest(structure_only) AS undone FROM schemaver.plan('-1', 'downgrade');
SELECT revision FROM schemaver.downgrade();
SELECT schemaver.remove('s1');
DROP TABLE si;
DROP SEQUENCE sq;

-- what the down makes again is empty
CREATE TYPE st AS ENUM ('a', 'b');
CREATE TYPE rec AS (id int, s st);
CREATE TABLE tt OF rec;
INSERT INTO tt VALUES (1, 'a'), (2, 'b');
CREATE TABLE hold (r rec);
SELECT schemaver.revision('one more value', $$ALTER TYPE st ADD VALUE 'c'$$, id => 't1');
SELECT revision FROM schemaver.upgrade();
SELECT structure_only, loses FROM schemaver.plan('-1', 'downgrade');
SELECT revision FROM schemaver.downgrade();
:code
SELECT count(*) FROM tt;
DROP TABLE tt, hold;
DROP TYPE rec, st;
SELECT schemaver.stamp('{base}');
SELECT schemaver.remove('t1');

-- a down that cannot run is known when it is derived
CREATE TABLE n (id int PRIMARY KEY, v int NOT NULL, w text UNIQUE);
SELECT schemaver.revision('drop', 'ALTER TABLE n DROP COLUMN v, DROP COLUMN w, ALTER COLUMN id TYPE bigint', id => 'n1');
SELECT revision FROM schemaver.upgrade();
SELECT s.needs FROM schemaver.history() h, schemaver.show(h.revision) s;
SELECT revision FROM schemaver.downgrade();
INSERT INTO n VALUES (1, 1, 'x');
SELECT revision FROM schemaver.upgrade();
SELECT needs FROM schemaver.plan('-1', 'downgrade');
SELECT revision FROM schemaver.downgrade();
:code
DROP TABLE n;
DROP EXTENSION schemaver;
DROP SCHEMA schemaver;
