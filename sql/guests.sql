-- Is what others have in a schema that belongs to an extension read by all, as pg_dump reads it?
\set VERBOSITY terse
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE EXTENSION citext;
CREATE SCHEMA owned;
CREATE TABLE owned.member (a int PRIMARY KEY);
ALTER EXTENSION citext ADD SCHEMA owned;
ALTER EXTENSION citext ADD TABLE owned.member;
SELECT schemaver.revision('guests', $$CREATE TABLE owned.mine (a serial PRIMARY KEY, c citext UNIQUE);
    CREATE FUNCTION owned.f(owned.mine) RETURNS int LANGUAGE sql AS 'SELECT $1.a';
    CREATE TYPE owned.e AS ENUM ('x');
    CREATE TYPE owned.p AS (a int);
    CREATE DOMAIN owned.d AS int;
    CREATE VIEW owned.v AS SELECT a, 'x'::owned.e AS e FROM owned.mine;
    CREATE STATISTICS owned.s ON a, c FROM owned.mine;
    CREATE OPERATOR owned.### (RIGHTARG = owned.mine, FUNCTION = owned.f);
    CREATE COLLATION owned.col FROM "C";$$, id => 'g001');
SELECT revision FROM schemaver.upgrade();
SELECT kind, identity, change FROM schemaver.drift();
SELECT schemaver.check(drift => true);
SELECT down FROM schemaver.show('g001');

-- drift is seen and undone
ALTER TABLE owned.mine ADD COLUMN b int;
DROP VIEW owned.v;
SELECT kind, identity, change FROM schemaver.drift();
SELECT action, kind, identity FROM schemaver.revert_drift(allow_data_loss => true);

-- the sandbox has the extension's schema without the guests, and nothing of it stays
SELECT position, sql FROM schemaver.diff('CREATE SCHEMA x; CREATE EXTENSION citext; CREATE TABLE owned.mine (a serial PRIMARY KEY, c citext UNIQUE)');
SELECT count(*) AS differs FROM schemaver.diff(schemaver.show_schema());
SELECT verdict, detail FROM schemaver.test(':');
SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'schemaver_hidden%';
SELECT schemaver.check(drift => true);
SELECT revision FROM schemaver.downgrade();
SELECT count(*) AS guests FROM pg_class WHERE relnamespace = 'owned'::regnamespace AND relname <> 'member' AND relname <> 'member_pkey';

-- only who may make something under the name of a guest may have it hidden
CREATE ROLE regress_schemaver_guest;
SELECT count(*) > 0 AS granted FROM schemaver.grant_set('author', 'regress_schemaver_guest');
CREATE TABLE owned.mine (a int);
SET ROLE regress_schemaver_guest;
SELECT count(*) FROM schemaver.diff('CREATE TABLE t (a int)');
RESET ROLE;

-- a database with guests is taken over
SELECT schemaver.remove('g001');
SELECT schemaver.baseline('as it is', id => 'b001');
SELECT up FROM schemaver.show('b001');
SELECT count(*) FROM schemaver.drift();


DROP EXTENSION schemaver;
DROP EXTENSION citext CASCADE;
DROP OWNED BY regress_schemaver_guest;
DROP ROLE regress_schemaver_guest;
