-- Managed rows as CSV and as data of COPY; the server takes the text apart.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE SCHEMA app;
CREATE TYPE app.mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN app.positive AS int CHECK (VALUE > 0);
CREATE TABLE app.item (id int PRIMARY KEY, name text, mood app.mood, tags text[], more jsonb, n app.positive, b bytea, at timestamptz);

SELECT schemaver.managed_rows('app.item', 'id', E'id,name,mood,tags,more,n,b,at\n1,"a, ""b""\nc",happy,"{x,""y z""}","{""k"": 1}",5,\\x00ff,2026-01-02 03:04:05+00\n2,,,,,,,\n3,"",,,,,,\n', format => 'csv');
SELECT revision, message FROM schemaver.upgrade();
SET timezone = 'UTC';
SELECT * FROM app.item ORDER BY id;
SELECT id, name IS NULL AS nothing FROM app.item ORDER BY id;
SELECT kind FROM schemaver.drift();

SELECT schemaver.managed_rows('app.item', 'id', E'COPY app.item (id, name, mood) FROM stdin;\n1\ttab\\there\tsad\n4\t\\N\tok\n\\.\n', format => 'copy');
SELECT revision, message FROM schemaver.upgrade();
SELECT id, name, mood FROM app.item ORDER BY id;

SELECT schemaver.managed_rows('app.item', 'id', E'id\tname\n1\tone\n', format => 'copy');
SELECT schemaver.managed_rows('app.item', 'id', E'1\tone\n2\ttwo', format => 'copy', columns => '{id,name}');
SELECT revision, message FROM schemaver.upgrade();
SELECT id, name, mood FROM app.item ORDER BY id;

-- casts keep their types, whatever search_path there is
SET search_path = app, public;
SELECT schemaver.managed_rows('item', 'id', $$(id, mood, n, more) VALUES (1, 'ok'::mood, '7'::text::positive, jsonb '[1]'), (2, DEFAULT, 1e2, 'null')$$);
SET search_path = public;
SELECT up FROM schemaver.living;
SELECT revision, message FROM schemaver.upgrade();
SELECT id, mood, n, more FROM app.item ORDER BY id;

-- a literal means the same in every session
SET timezone = 'Asia/Tokyo';
SET datestyle = 'ISO, DMY';
SELECT schemaver.managed_rows('app.item', 'id', $$(id, at) VALUES (1, '02/03/2026 04:05')$$);
SELECT revision, message FROM schemaver.upgrade();
SET timezone = 'UTC';
SET datestyle = 'ISO, MDY';
SELECT at FROM app.item WHERE id = 1;
SELECT kind FROM schemaver.drift();

-- faults in the data
SELECT schemaver.managed_rows('app.item', 'id', E'id,name\n1,a,b\n', format => 'csv');
SELECT schemaver.managed_rows('app.item', 'id', E'id,name\n1,"a\n', format => 'csv');
SELECT schemaver.managed_rows('app.item', 'id', E'id,\n1,a\n', format => 'csv');
SELECT schemaver.managed_rows('app.item', 'id', E'id,name\n', format => 'csv');
SELECT schemaver.managed_rows('app.item', 'id', '', format => 'csv');
SELECT schemaver.managed_rows('app.item', 'id', E'id\tname\n1\ta\n\\.\n2\tb\n', format => 'copy');
SELECT schemaver.managed_rows('app.item', 'id', E'COPY other (id) FROM stdin;\n1\n', format => 'copy');
SELECT schemaver.managed_rows('app.item', 'id', E'COPY app.item TO stdout;\n1\n', format => 'copy');
SELECT schemaver.managed_rows('app.item', 'id', 'x', format => 'json');
SELECT schemaver.managed_rows('app.item', 'id', E'id,n\n1,-5\n', format => 'csv');
SELECT revision, message FROM schemaver.upgrade();
SELECT schemaver.managed_rows('app.item', 'id', E'id,mood\n1,glad\n', format => 'csv');
SELECT revision, message FROM schemaver.upgrade();
DROP EXTENSION schemaver;
DROP SCHEMA app CASCADE;
