-- As whom do functions of another role run in an object of a superuser, and what does an owner need?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET client_min_messages = error;
CREATE ROLE regress_schemaver_coder;
CREATE SCHEMA app;
GRANT USAGE, CREATE ON SCHEMA app TO regress_schemaver_coder;
SET ROLE regress_schemaver_coder;
CREATE TABLE app.seen (as_role name, at text);
CREATE FUNCTION app.note(at text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN INSERT INTO app.seen VALUES (current_user, at); END $$;
CREATE FUNCTION app.f(x int, at text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM app.note(at); RETURN x; END $$;
CREATE FUNCTION app.g() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO app.seen VALUES (current_user, 'trigger'); RETURN NEW; END $$;
CREATE FUNCTION app.s(x int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT app.f(x, 'inlined') $$;
RESET ROLE;
GRANT ALL ON app.seen TO PUBLIC;

CREATE TABLE app.t (a int, b int DEFAULT app.f(1, 'default'), c int CONSTRAINT t_check CHECK (app.f(c, 'check') > 0),
	g int GENERATED ALWAYS AS (app.s(c)) STORED);
CREATE TRIGGER g BEFORE INSERT OR UPDATE ON app.t FOR EACH ROW EXECUTE FUNCTION app.g();
CREATE INDEX i ON app.t ((app.f(c, 'index')));
CREATE TABLE app.p (a int) PARTITION BY LIST (app.f(a, 'key'));
INSERT INTO app.t (a, c) VALUES (1, 1);
SELECT DISTINCT as_role <> 'regress_schemaver_coder' AS runs_as_another, at FROM app.seen ORDER BY at;

SELECT schemaver.revision('drop', 'ALTER TABLE app.t DROP b, DROP CONSTRAINT t_check, DROP g; DROP TRIGGER g ON app.t; DROP INDEX app.i; DROP TABLE app.p', id => 'a1');
SELECT revision FROM schemaver.upgrade();
TRUNCATE app.seen;
SELECT revision FROM schemaver.downgrade(allow_data_loss => true);
SELECT DISTINCT as_role, at FROM app.seen ORDER BY at;
SELECT current_user = session_user AS back;

-- an owner who lacks a right: the error says which
CREATE TABLE app.w (x int, y int DEFAULT app.f(1, 'own'));
INSERT INTO app.w VALUES (1);
ALTER TABLE app.w OWNER TO regress_schemaver_coder;
SELECT schemaver.revision('drop', 'ALTER TABLE app.w DROP y', id => 'a3');
SELECT revision FROM schemaver.upgrade();
REVOKE ALL ON SCHEMA app FROM regress_schemaver_coder;
SELECT revision FROM schemaver.downgrade(allow_data_loss => true);
GRANT USAGE ON SCHEMA app TO regress_schemaver_coder;
SELECT revision FROM schemaver.downgrade(allow_data_loss => true);

-- a table of the superuser that changes along with one of the other role: nobody but the superuser may, and it does not
CREATE TABLE app.parent (x int, y int DEFAULT app.f(1, 'parent'));
ALTER TABLE app.parent OWNER TO regress_schemaver_coder;
CREATE TABLE app.heir () INHERITS (app.parent);
SELECT schemaver.revision('drop', 'ALTER TABLE app.parent DROP y', id => 'a4');
SELECT revision FROM schemaver.upgrade();
TRUNCATE app.seen;
\set VERBOSITY terse
SELECT revision FROM schemaver.downgrade(allow_data_loss => true);
ALTER TABLE app.heir OWNER TO regress_schemaver_coder;
SELECT revision FROM schemaver.downgrade(allow_data_loss => true);

DROP EXTENSION schemaver;
DROP SCHEMA app CASCADE;
DROP ROLE regress_schemaver_coder;
