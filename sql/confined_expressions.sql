-- What may expressions of another role, of a domain, a row type or a view, run in an object of a superuser?
-- whoever runs the tests: the names of roles are the same
CREATE ROLE regress_schemaver_super SUPERUSER;
SET SESSION AUTHORIZATION regress_schemaver_super;
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET client_min_messages = error;
CREATE ROLE regress_schemaver_coder;
CREATE SCHEMA app;
GRANT USAGE, CREATE ON SCHEMA app TO regress_schemaver_coder;
SET ROLE regress_schemaver_coder;
CREATE TABLE app.seen (as_role name, at text);
CREATE FUNCTION app.f(x int, at text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO app.seen VALUES (current_user, at); RETURN x; END $$;
CREATE DOMAIN app.plain AS int CHECK (VALUE > 0);
CREATE DOMAIN app.recent AS timestamptz CHECK (VALUE > now() - interval '1 day');
CREATE DOMAIN app.json AS int CHECK (to_jsonb(VALUE) <> '0');
CREATE DOMAIN app.calls AS int CHECK (app.f(VALUE, 'domain') > 0);
CREATE TYPE app.row AS (a app.plain, b app.calls);
CREATE VIEW app.view AS SELECT a, app.f(a, 'view') AS b FROM (VALUES (1), (2)) AS v(a);
CREATE DOMAIN app.queries AS int CHECK (length(query_to_xml($$SELECT app.f(1, 'query')$$, true, true, '')::text) > 0);
CREATE VIEW app.queries_view AS SELECT length(query_to_xml($$SELECT app.f(1, 'query in a view')$$, true, true, '')::text) AS a;
CREATE VIEW app.setting AS SELECT app.f(1, current_setting('data_directory')) AS a;
CREATE VIEW app.invoker WITH (security_invoker) AS SELECT app.f(1, rolname) AS a FROM pg_authid WHERE rolsuper;
RESET ROLE;
GRANT ALL ON app.seen TO PUBLIC;
CREATE FUNCTION app.of_superuser(x int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO app.seen VALUES (current_user, 'function of the superuser'); RETURN x; END $$;
SET ROLE regress_schemaver_coder;
CREATE VIEW app.borrows AS SELECT app.of_superuser(1) AS a;
RESET ROLE;

-- what comes back: every call as its owner
CREATE TABLE app.t (x int, a app.plain DEFAULT 1, b app.calls DEFAULT 2, c app.recent DEFAULT now(), d app.row DEFAULT '(1,2)', e app.json DEFAULT 1);
INSERT INTO app.t VALUES (1);
CREATE VIEW app.reads AS SELECT * FROM app.view;
CREATE MATERIALIZED VIEW app.stores AS SELECT * FROM app.view;
SELECT schemaver.revision('drop', 'ALTER TABLE app.t DROP a, DROP b, DROP c, DROP d, DROP e; DROP VIEW app.reads; DROP MATERIALIZED VIEW app.stores', id => 'a1');
SELECT revision FROM schemaver.upgrade();
TRUNCATE app.seen;
SELECT revision FROM schemaver.downgrade(allow_data_loss => true);
SELECT DISTINCT as_role, at FROM app.seen ORDER BY at;
SELECT column_name, domain_name, udt_name FROM information_schema.columns WHERE table_schema = 'app' AND table_name = 't' ORDER BY column_name COLLATE "C";

-- what does not: the superuser would run what the other role wrote, or read for it
CREATE TABLE app.u (x int, q app.queries);
CREATE MATERIALIZED VIEW app.m1 AS SELECT * FROM app.queries_view;
CREATE MATERIALIZED VIEW app.m2 AS SELECT * FROM app.setting;
CREATE MATERIALIZED VIEW app.m3 AS SELECT * FROM app.borrows;
CREATE MATERIALIZED VIEW app.m4 AS SELECT * FROM app.invoker;
SELECT schemaver.revision('drop', 'ALTER TABLE app.u DROP q', id => 'b1');
SELECT schemaver.revision('drop', 'DROP MATERIALIZED VIEW app.m1', id => 'b2');
SELECT schemaver.revision('drop', 'DROP MATERIALIZED VIEW app.m2', id => 'b3');
SELECT schemaver.revision('drop', 'DROP MATERIALIZED VIEW app.m3', id => 'b4');
SELECT schemaver.revision('drop', 'DROP MATERIALIZED VIEW app.m4', id => 'b5');
SELECT revision FROM schemaver.upgrade();
INSERT INTO app.u VALUES (1);
TRUNCATE app.seen;
\set VERBOSITY terse
SELECT revision FROM schemaver.downgrade('b4', allow_data_loss => true);
SELECT revision FROM schemaver.stamp('b4');
SELECT revision FROM schemaver.downgrade('b3', allow_data_loss => true);
SELECT revision FROM schemaver.stamp('b3');
SELECT revision FROM schemaver.downgrade('b2', allow_data_loss => true);
SELECT revision FROM schemaver.stamp('b2');
SELECT revision FROM schemaver.downgrade('b1', allow_data_loss => true);
SELECT revision FROM schemaver.stamp('b1');
SELECT revision FROM schemaver.downgrade('a1', allow_data_loss => true);
SELECT DISTINCT as_role, at FROM app.seen ORDER BY at;

DROP EXTENSION schemaver;
DROP SCHEMA app CASCADE;
DROP ROLE regress_schemaver_coder;
RESET SESSION AUTHORIZATION;
REASSIGN OWNED BY regress_schemaver_super TO CURRENT_USER;
DROP OWNED BY regress_schemaver_super;
DROP ROLE regress_schemaver_super;
