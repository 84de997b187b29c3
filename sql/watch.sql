-- Does the log of watch() hold a password, and does it end growing?  Does show() hold one?
-- whoever runs the tests: the names of roles are the same
CREATE ROLE regress_schemaver_super SUPERUSER;
SET SESSION AUTHORIZATION regress_schemaver_super;
CREATE EXTENSION schemaver;
CREATE FOREIGN DATA WRAPPER regress_schemaver_w;
SELECT schemaver.watch();
CREATE SERVER regress_schemaver_server FOREIGN DATA WRAPPER regress_schemaver_w OPTIONS (api_key 'SECRET');
DO $$ BEGIN -- SECRET
	CREATE TABLE t (); CREATE USER MAPPING FOR CURRENT_USER SERVER regress_schemaver_server OPTIONS (user 'u', password 'SECRET'); END $$;
DO $$ DECLARE a text := $x$SECRET$x$; BEGIN EXECUTE 'CREATE TABLE t2 ()'; PERFORM set_config('some.thing', 'SECRET', true); END $$;
CREATE FUNCTION f(password text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'CREATE TABLE t3 ()'; END $$;
SELECT f('SECRET'), f($$SECRET$$) WHERE false;
SELECT length(E'SECRET'), $$SECRET$$::text AS a INTO t4;
CREATE FUNCTION g() RETURNS void LANGUAGE plpgsql AS $$ BEGIN /* SECRET */ EXECUTE format('ALTER ROLE x PASSWORD %L', 'SECRET'); END $$;
CREATE FUNCTION h() RETURNS void LANGUAGE plpgsql AS 'BEGIN ALTER USER x PASSWORD ''SECRET''; END';
CREATE FUNCTION plain() RETURNS text LANGUAGE sql AS $$ SELECT 'shown' $$;
CREATE VIEW v AS SELECT 'host=a password=SECRET' AS a, 'shown' AS password;
SET standard_conforming_strings = off;
SET escape_string_warning = off;
DO 'BEGIN PERFORM ''SECRET''; CREATE TABLE t5 (); END';
RESET standard_conforming_strings;
SELECT tag, statement FROM schemaver.ddl_log ORDER BY entry;
SELECT count(*) FROM schemaver.ddl_log l WHERE l::text ~ 'SECRET';

-- the oldest entries go
SELECT max(entry) AS last FROM schemaver.ddl_log \gset
SET schemaver.ddl_log_size = 5;
DO $$ BEGIN FOR i IN 1..100 LOOP EXECUTE format('COMMENT ON TABLE t IS %L', i); END LOOP; END $$;
SELECT count(*) BETWEEN 5 AND 105 AND min(entry) > :last - 5 AS bounded FROM schemaver.ddl_log;
SELECT schemaver.unwatch();

SELECT schemaver.revision('secrets', $up$CREATE USER MAPPING FOR PUBLIC SERVER regress_schemaver_server OPTIONS (user 'SECRET', password $$SECRET$$);
	ALTER ROLE nobody PASSWORD 'SECRET' VALID UNTIL '2030-01-01'; -- shown
	CREATE SUBSCRIPTION s CONNECTION 'SECRET' PUBLICATION p WITH (connect = false);
	DO $$ BEGIN EXECUTE 'ALTER ROLE x PASSWORD ' || quote_literal('SECRET'); END $$;
	CREATE TABLE accounts (password text DEFAULT 'shown' CHECK (password <> $$shown$$));
	ALTER SERVER regress_schemaver_server OPTIONS (SET api_key E'SECRET', ADD host 'shown')$up$,
	'ALTER USER nobody PASSWORD $a$SECRET$a$', id => 'a1', verify => 'SELECT dblink(''dbname=x password=SECRET'')');
SELECT up, down, verify FROM schemaver.show('a1') \gx
-- what runs and what is exported is what was registered
SELECT count(*) FROM schemaver.export() WHERE content ~ 'SECRET';

DROP TABLE t, t2, t4, t5;
DROP VIEW v;
DROP FUNCTION f, g, h, plain;
DROP EXTENSION schemaver;
DROP FOREIGN DATA WRAPPER regress_schemaver_w CASCADE;
RESET SESSION AUTHORIZATION;
REASSIGN OWNED BY regress_schemaver_super TO CURRENT_USER;
DROP OWNED BY regress_schemaver_super;
DROP ROLE regress_schemaver_super;
