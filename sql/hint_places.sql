-- What is a rename hint at the end of a line about, and is it refused where nobody can tell?
CREATE EXTENSION schemaver;
SET client_min_messages = error;
\pset tuples_only
\pset format unaligned
CREATE TABLE lines (a int, c int);
SELECT sql FROM schemaver.diff($q$CREATE TABLE lines (a2 int, -- renamed from a
  c int);$q$) WHERE sql LIKE '%lines%';
SELECT sql FROM schemaver.diff($q$CREATE TABLE lines (c int
  , a2 int -- renamed from a
);$q$) WHERE sql LIKE '%lines%';
SELECT sql FROM schemaver.diff($q$CREATE TABLE lines2 (a int, c int); -- renamed from lines
$q$) WHERE sql LIKE '%lines%';
SELECT sql FROM schemaver.diff($q$CREATE TABLE lines2 (a int, -- renamed from lines
  c int);$q$);
SELECT sql FROM schemaver.diff($q$CREATE TABLE lines (
  a2 int, c int -- renamed from a
);$q$);
SELECT sql FROM schemaver.diff($q$CREATE TYPE labels AS ENUM ('x', 'b'); -- renamed from 'a'
$q$);
CREATE TYPE labels AS ENUM ('a', 'b');
SELECT sql FROM schemaver.diff($q$CREATE TYPE labels AS ENUM ('x', -- renamed from 'a'
  'b');$q$) WHERE sql LIKE '%labels%';
DROP TYPE labels;
DROP TABLE lines;
-- relations that change places: their columns tell whether it is done
CREATE SCHEMA places_a;
CREATE SCHEMA places_b;
CREATE TABLE places_a.t (id serial PRIMARY KEY, x int);
CREATE TABLE places_b.t (id serial PRIMARY KEY, y text);
SELECT $q$CREATE SCHEMA places_a; CREATE SCHEMA places_b;
-- renamed from places_b.t
CREATE TABLE places_a.t (id serial PRIMARY KEY, y text);
-- renamed from places_a.t
CREATE TABLE places_b.t (id serial PRIMARY KEY, x int);$q$ AS wanted \gset
SELECT sql FROM schemaver.diff(:'wanted', schemas => '{places_a,places_b}') \gexec
SELECT count(*) FROM schemaver.diff(:'wanted', schemas => '{places_a,places_b}');
ALTER TABLE places_a.t ADD z int;
SELECT sql FROM schemaver.diff(:'wanted', schemas => '{places_a,places_b}');
DROP SCHEMA places_a, places_b CASCADE;
DROP EXTENSION schemaver;
