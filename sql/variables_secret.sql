-- A secret variable is in no table of schemaver and in no error.
\set VERBOSITY terse
CREATE EXTENSION schemaver;
SET client_min_messages = error;
SET schemaver.progress = off;
CREATE SCHEMA variables;
SET search_path = variables;

CREATE FUNCTION kept(secret text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE t regclass; n bigint;
BEGIN
	FOR t IN SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'schemaver'::regnamespace AND c.relkind = 'r' ORDER BY c.relname LOOP
		EXECUTE format('SELECT count(*) FROM %s x WHERE strpos(x::text, %L) > 0', t, secret) INTO n;
		IF n > 0 THEN RETURN NEXT t::text; END IF;
	END LOOP;
END $$;

SELECT schemaver.revision('a', 'CREATE TABLE t (a text CHECK (length(a) < 30)); INSERT INTO t VALUES (''${pw}'')', id => 'a1', options => '{"variables": "flyway"}');
\set VERBOSITY default
SELECT count(*) FROM schemaver.upgrade(variables => '{"pw": {"value": "sesame-open-1-sesame-open-2-sesame-open-3", "secret": true}}');
\set VERBOSITY terse
SELECT count(*) FROM schemaver.upgrade(variables => '{"pw": {"value": "sesame-open-1", "secret": true}}');
TABLE t;
SELECT kept('sesame-open-1');
SELECT variables FROM schemaver.step;

-- its down does not know it
SELECT schemaver.revision('b', 'SELECT ''${pw}''', 'DELETE FROM t WHERE a = ''${pw}''', id => 'b1', options => '{"variables": "flyway"}');
SELECT count(*) FROM schemaver.upgrade(variables => '{"pw": {"value": "sesame-open-1", "secret": true}}');
SELECT count(*) FROM schemaver.downgrade();
SELECT count(*) FROM schemaver.downgrade(variables => '{"pw": {"value": "sesame-open-1", "secret": true}}');

-- what the schema itself would show is refused; so is a file
SELECT schemaver.revision('c', 'ALTER TABLE t ALTER a SET DEFAULT ''${pw}''', id => 'c1', revises => '{a1}', splice => true, options => '{"variables": "flyway"}');
SELECT count(*) FROM schemaver.upgrade('c1', variables => '{"pw": {"value": "sesame-open-1", "secret": true}}');
SELECT schemaver.script('current', 'c1', variables => '{"pw": {"value": "sesame-open-1", "secret": true}}');
SELECT kept('sesame-open-1');

DROP EXTENSION schemaver;
DROP SCHEMA variables CASCADE;
