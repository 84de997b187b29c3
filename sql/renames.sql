-- Do hints in a wanted schema rename, and nothing else?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE people (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    nr serial,
    mail text UNIQUE CHECK (mail <> ''),
    mood mood DEFAULT 'sad',
    boss int REFERENCES people
);
CREATE INDEX ON people (mood, mail);
CREATE VIEW mails AS SELECT id, mail FROM people p WHERE mail > 'a';
CREATE FUNCTION count_people(m mood) RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM people WHERE mood = m; END;
INSERT INTO people (mail, boss) VALUES ('a@b', NULL), ('c@d', 1);
SELECT schemaver.fingerprint() AS before \gset

-- a type and a value of it, a table, a column that also changes its type, with all that depends on them
SELECT $wanted$
CREATE TYPE feeling AS ENUM ( -- renamed from mood
    -- renamed from 'sad'
    'blue',
    'ok'); -- no hint
-- renamed from people
CREATE TABLE users (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    nr serial,
    email varchar(50) UNIQUE CHECK (email <> ''), -- @renamed from=mail
    mood feeling DEFAULT 'blue',
    boss int REFERENCES users
);
CREATE INDEX ON users (mood, email);
CREATE VIEW mails AS SELECT id, email FROM users p WHERE email > 'a';
/* -- renamed from nothing */
-- renamed from count_people
CREATE FUNCTION count_users(m feeling) RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM users WHERE mood = m; END;
$wanted$ AS wanted \gset
SELECT kind, identity, sql FROM schemaver.diff(:'wanted') WHERE action = 'rename' ORDER BY position;
SELECT DISTINCT action, kind FROM schemaver.diff(:'wanted') WHERE action <> 'rename' ORDER BY 1, 2;
SELECT schemaver.autogenerate('rename', :'wanted') IS NOT NULL AS registered;
SELECT direction FROM schemaver.upgrade();
SELECT id, nr, email, mood FROM users ORDER BY id;
SELECT count(*) FROM schemaver.diff(:'wanted');
SELECT schemaver.autogenerate('again', :'wanted') IS NULL AS nothing_to_do;
SELECT direction FROM schemaver.downgrade();
SELECT schemaver.fingerprint() = :'before' AS restored;
SELECT id, nr, mail, mood FROM people ORDER BY id;
INSERT INTO people (mail) VALUES ('e@f') RETURNING id, nr;
DROP FUNCTION count_people;
DROP VIEW mails;
DROP TABLE people;
DROP TYPE mood;
SELECT count(*) FROM schemaver.remove('head');

-- every class that has a name of its own, and into another schema
CREATE SCHEMA old;
CREATE TABLE old.t (a int, b int CONSTRAINT positive CHECK (b > 0), CONSTRAINT once UNIQUE (b));
CREATE INDEX by_a ON old.t (a);
CREATE STATISTICS old.st ON a, b FROM old.t;
CREATE SEQUENCE old.s;
CREATE VIEW old.v AS SELECT a FROM old.t;
CREATE MATERIALIZED VIEW old.mv AS SELECT b FROM old.t;
CREATE FUNCTION old.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE PROCEDURE old.p(int) LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE old.ag(int) (SFUNC = int4pl, STYPE = int);
CREATE TRIGGER tr BEFORE INSERT ON old.t FOR EACH ROW EXECUTE FUNCTION old.f();
CREATE RULE ru AS ON DELETE TO old.t DO INSTEAD NOTHING;
CREATE POLICY po ON old.t USING (a > 0);
CREATE DOMAIN old.d AS int CONSTRAINT small CHECK (VALUE < 10);
CREATE TYPE old.c AS (x int, y old.d);
CREATE COLLATION old.co FROM "C";
CREATE TEXT SEARCH DICTIONARY old.ts (TEMPLATE = simple);
INSERT INTO old.t VALUES (1, 1);
SELECT schemaver.fingerprint() AS before \gset
SELECT $wanted$
-- renamed from old
CREATE SCHEMA new;
CREATE SCHEMA other;
-- renamed from old.t
CREATE TABLE other.u (
    -- renamed from a
    aa int,
    -- renamed from b
    bb int, -- @renamed from=b
    -- renamed from positive
    CONSTRAINT pos CHECK (bb > 0));
-- renamed from once
ALTER TABLE ONLY other.u ADD CONSTRAINT single UNIQUE (bb);
-- renamed from by_a
CREATE INDEX by_aa ON other.u (aa);
-- renamed from old.st
CREATE STATISTICS new.stat ON aa, bb FROM other.u;
-- renamed from old.s
CREATE SEQUENCE new.seq;
-- renamed from old.v
CREATE VIEW new.vi AS SELECT u.aa AS a FROM other.u;
-- renamed from old.mv
CREATE MATERIALIZED VIEW new.mvi AS SELECT u.bb AS b FROM other.u;
-- renamed from old.f
CREATE FUNCTION new.fu() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
-- renamed from old.p
CREATE PROCEDURE new.pr(int) LANGUAGE sql AS 'SELECT 1';
-- renamed from old.ag
CREATE AGGREGATE new.agg(int) (SFUNC = int4pl, STYPE = int);
-- renamed from tr
CREATE TRIGGER tri BEFORE INSERT ON other.u FOR EACH ROW EXECUTE FUNCTION new.fu();
-- renamed from ru
CREATE RULE rul AS ON DELETE TO other.u DO INSTEAD NOTHING;
-- renamed from po
CREATE POLICY pol ON other.u USING (aa > 0);
-- renamed from old.d
CREATE DOMAIN new.dom AS int
    -- renamed from small
    CONSTRAINT less CHECK (VALUE < 10);
-- renamed from old.c
CREATE TYPE new.comp AS (
    xx int, -- renamed from x
    y new.dom);
-- renamed from old.co
CREATE COLLATION new.coll FROM "C";
-- renamed from old.ts
CREATE TEXT SEARCH DICTIONARY new.dict (TEMPLATE = simple);
$wanted$ AS wanted \gset
SELECT action, sql FROM schemaver.diff(:'wanted') ORDER BY position;
SELECT schemaver.autogenerate('rename all', :'wanted', accept_drift => true) IS NOT NULL AS registered;
SELECT direction FROM schemaver.upgrade();
SELECT * FROM other.u;
SELECT count(*) FROM schemaver.diff(:'wanted');
SELECT direction FROM schemaver.downgrade();
SELECT schemaver.fingerprint() = :'before' AS restored;
SELECT count(*) FILTER (WHERE action = 'rename') AS renames_back, count(*) FROM schemaver.diff(:'wanted', reverse => true);
\set VERBOSITY terse
SET client_min_messages = error;
DROP SCHEMA old CASCADE;
RESET client_min_messages;
\set VERBOSITY default

-- names that change places, or are taken by what goes
CREATE TABLE a (x int, y int, z int);
CREATE TABLE b (n int);
CREATE VIEW c AS SELECT n FROM b;
SELECT action, sql FROM schemaver.diff($$
    CREATE TABLE b (n int);
    -- renamed from a
    CREATE TABLE c (
        -- renamed from y
        x int,
        -- renamed from x
        y int,
        -- renamed from z
        w int);
$$) ORDER BY position;
SELECT count(*) FROM (SELECT schemaver.remove(revision) FROM schemaver.status(true)) s;
SELECT schemaver.autogenerate('in the way', $$
    CREATE TABLE b (n int);
    -- renamed from a
    CREATE TABLE c (x int, y int, z int);
$$, accept_drift => true) AS id \gset
SELECT down ~ 'ALTER VIEW public.schemaver_aside_1 RENAME TO c;' AS name_given_back FROM schemaver.show(:'id');
SELECT action, sql FROM schemaver.diff($$
    -- renamed from a
    CREATE TABLE b (x int, y int, z int);
    -- renamed from b
    CREATE TABLE e (n int);
    CREATE VIEW c AS SELECT n FROM e;
$$) ORDER BY position;

-- hints that are history, that are ambiguous, that are misplaced, that are none
SELECT count(*) FROM schemaver.diff($$
    -- renamed from gone
    CREATE TABLE a (
        -- renamed from gone
        x int, y int, z int);
    CREATE TABLE b (n int);
    -- was renamed from something else in 2019
    -- renamed from b in 2020
    CREATE VIEW c AS SELECT n FROM b; -- renamed from -- this
$$);
SELECT * FROM schemaver.diff($$
    -- renamed from a
    CREATE TABLE b (n int);
    CREATE VIEW c AS SELECT n FROM b;
$$);
:code
SELECT * FROM schemaver.diff($$
    CREATE TABLE b (n int
    -- renamed from m
    );
$$);
:code
SELECT * FROM schemaver.diff($$
    CREATE TABLE b (n int);
    -- renamed from m
$$);
:code
DROP VIEW c;
DROP TABLE a, b;
DROP EXTENSION schemaver;
DROP SCHEMA schemaver;
