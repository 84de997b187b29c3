-- Whose rights has a cast to json, which functions that make JSON look up by themselves, in an object of a superuser?
-- whoever runs the tests: the names of roles are the same
CREATE ROLE regress_schemaver_super SUPERUSER;
SET SESSION AUTHORIZATION regress_schemaver_super;
\set VERBOSITY terse
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET client_min_messages = error;
CREATE ROLE regress_schemaver_coder;
CREATE SCHEMA app;
GRANT USAGE, CREATE ON SCHEMA app TO regress_schemaver_coder;
SET ROLE regress_schemaver_coder;
CREATE TABLE app.seen (as_role name, at text);
CREATE TYPE app.e AS ENUM ('array', 'object', 'agg', 'row', 'to', 'populate');
CREATE FUNCTION app.j(x app.e) RETURNS json LANGUAGE plpgsql AS $$ BEGIN INSERT INTO app.seen VALUES (current_user, x::text); RETURN '1'; END $$;
CREATE CAST (app.e AS json) WITH FUNCTION app.j(app.e);
CREATE FUNCTION app.check_it(x int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO app.seen VALUES (current_user, 'populate'); RETURN true; END $$;
CREATE DOMAIN app.d AS int CHECK (app.check_it(VALUE));
CREATE TYPE app.r AS (d app.d);
CREATE VIEW app.v1 AS SELECT to_json(i)::text AS a, to_jsonb(i) AS b, json_build_array('array'::app.e)::text AS c, jsonb_build_array('array'::app.e) AS d,
    array_to_json(ARRAY['array'::app.e])::text AS e, json_build_object('object', 'object'::app.e)::text AS f, jsonb_build_object('object', 'object'::app.e) AS g,
    row_to_json(r)::text AS h FROM (SELECT 'to'::app.e AS i) AS t, (SELECT 'row'::app.e AS e) AS r;
CREATE VIEW app.v2 AS SELECT jsonb_populate_record(NULL::app.r, '{"d": 1}') AS a;
CREATE VIEW app.v3 AS SELECT json_agg('agg'::app.e)::text AS a, json_object_agg(1, 'agg'::app.e)::text AS b;
CREATE VIEW app.v4 AS SELECT jsonb_agg('agg'::app.e) AS a, jsonb_object_agg(1, 'agg'::app.e) AS b;
RESET ROLE;
GRANT ALL ON app.seen TO PUBLIC;
CREATE MATERIALIZED VIEW app.m1 AS SELECT * FROM app.v1;
CREATE MATERIALIZED VIEW app.m2 AS SELECT * FROM app.v2;
CREATE MATERIALIZED VIEW app.m3 AS SELECT * FROM app.v3;
CREATE MATERIALIZED VIEW app.m4 AS SELECT * FROM app.v4;
SELECT DISTINCT as_role = current_user AS by_caller, at FROM app.seen ORDER BY at;

SELECT schemaver.revision('drop', 'DROP MATERIALIZED VIEW app.m1', id => 'a1');
SELECT schemaver.revision('drop', 'DROP MATERIALIZED VIEW app.m2', id => 'a2');
SELECT schemaver.revision('drop', 'DROP MATERIALIZED VIEW app.m3', id => 'a3');
SELECT schemaver.revision('drop', 'DROP MATERIALIZED VIEW app.m4', id => 'a4');
SELECT revision FROM schemaver.upgrade();
TRUNCATE app.seen;
SELECT revision FROM schemaver.downgrade('a3');
SELECT revision FROM schemaver.downgrade('a2');
SELECT revision FROM schemaver.downgrade('base');
SELECT DISTINCT as_role, at FROM app.seen ORDER BY at;

-- a cast whose function is the superuser's own, with a value that the other role chose
SELECT revision FROM schemaver.upgrade('a1');
CREATE FUNCTION app.of_superuser(x app.e) RETURNS json LANGUAGE plpgsql AS $$ BEGIN INSERT INTO app.seen VALUES (current_user, x::text); RETURN '2'; END $$;
SET ROLE regress_schemaver_coder;
DROP CAST (app.e AS json);
CREATE CAST (app.e AS json) WITH FUNCTION app.of_superuser(app.e);
RESET ROLE;
TRUNCATE app.seen;
SELECT revision FROM schemaver.downgrade('base');
SELECT count(*) AS as_superuser FROM app.seen;

DROP EXTENSION schemaver;
DROP SCHEMA app CASCADE;
DROP ROLE regress_schemaver_coder;
RESET SESSION AUTHORIZATION;
REASSIGN OWNED BY regress_schemaver_super TO CURRENT_USER;
DROP OWNED BY regress_schemaver_super;
DROP ROLE regress_schemaver_super;
