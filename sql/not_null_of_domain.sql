-- Since 17 the NOT NULL of a domain is a constraint: do its name and its comment come back?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET client_min_messages = warning;
SELECT current_setting('server_version_num')::int >= 170000 AS since_17 \gset
CREATE SCHEMA d;
CREATE DOMAIN d.a AS int NOT NULL CHECK (VALUE > 0);
CREATE DOMAIN d.b AS int CONSTRAINT bn NOT NULL;
CREATE DOMAIN d."C ""c" AS text CONSTRAINT "No ""null" NOT NULL DEFAULT 'x';
CREATE DOMAIN d.e AS int;
CREATE TABLE d.t (a d.a, b d.b, c d."C ""c", e d.e);
-- what changes in each revision: since 17, and before (the same without names)
CREATE TABLE step (id text, since text, before text);
INSERT INTO step VALUES
('1 said', 'COMMENT ON CONSTRAINT a_not_null ON DOMAIN d.a IS ''of a''; COMMENT ON CONSTRAINT bn ON DOMAIN d.b IS ''of b'';
	COMMENT ON CONSTRAINT "No ""null" ON DOMAIN d."C ""c" IS ''it''''s''', 'COMMENT ON DOMAIN d.a IS ''of a'''),
('2 renamed', 'ALTER DOMAIN d.a RENAME CONSTRAINT a_not_null TO an; ALTER DOMAIN d.b RENAME CONSTRAINT bn TO b_not_null', 'COMMENT ON DOMAIN d.b IS ''of b'''),
('3 comment gone', 'COMMENT ON CONSTRAINT an ON DOMAIN d.a IS NULL', 'COMMENT ON DOMAIN d.a IS NULL'),
('4 taken off', 'ALTER DOMAIN d.a DROP NOT NULL; ALTER DOMAIN d.b DROP NOT NULL', NULL),
('5 given', 'ALTER DOMAIN d.a SET NOT NULL; ALTER DOMAIN d.b ADD CONSTRAINT "b 2" NOT NULL; COMMENT ON CONSTRAINT "b 2" ON DOMAIN d.b IS ''two''',
	'ALTER DOMAIN d.a SET NOT NULL; ALTER DOMAIN d.b SET NOT NULL'),
('6 names change hands', 'ALTER DOMAIN d.b RENAME CONSTRAINT "b 2" TO b3; ALTER DOMAIN d.b ADD CONSTRAINT "b 2" CHECK (VALUE < 9);
	ALTER DOMAIN d.a DROP CONSTRAINT a_check; ALTER DOMAIN d.a RENAME CONSTRAINT a_not_null TO a_check;
	ALTER DOMAIN d.a ADD CONSTRAINT a_not_null CHECK (VALUE > 1)',
	'ALTER DOMAIN d.b ADD CONSTRAINT "b 2" CHECK (VALUE < 9); ALTER DOMAIN d.a DROP CONSTRAINT a_check'),
('7 other type', 'DROP TABLE d.t; DROP DOMAIN d.b; CREATE DOMAIN d.b AS bigint CONSTRAINT "b 2" NOT NULL; COMMENT ON CONSTRAINT "b 2" ON DOMAIN d.b IS ''big''',
	'DROP TABLE d.t; DROP DOMAIN d.b; CREATE DOMAIN d.b AS bigint NOT NULL'),
('8 name of the domain', 'ALTER DOMAIN d.a RENAME TO z; CREATE DOMAIN d.a AS int NOT NULL', 'ALTER DOMAIN d.a RENAME TO z; CREATE DOMAIN d.a AS int NOT NULL'),
('9 gone', 'DROP DOMAIN d.b, d.z, d.a, d."C ""c"', NULL);
SELECT count(schemaver.revision(id, id => 'r' || left(id, 1), up => CASE WHEN :'since_17' THEN since ELSE coalesce(before, since) END)) FROM step;

-- the names, the comments and the fingerprint at each place
CREATE TABLE seen (step text, way text, names text, fingerprint text);
CREATE PROCEDURE note(step text, way text) LANGUAGE sql AS $$
	INSERT INTO seen SELECT step, way, (SELECT string_agg(format('%s.%s %s', contypid::regtype, conname, obj_description(oid, 'pg_constraint')), ', ' ORDER BY contypid::regtype::text, conname)
		FROM pg_constraint WHERE contypid <> 0 AND connamespace = 'd'::regnamespace), schemaver.fingerprint('{d}') $$;
CREATE PROCEDURE walk() LANGUAGE plpgsql AS $$
DECLARE
	place text;
	before text := 'base';
BEGIN
	CALL note('base', 'up');
	FOR place IN SELECT 'r' || left(id, 1) FROM step ORDER BY 1 LOOP
		PERFORM schemaver.upgrade(place);
		CALL note(place, 'up');
		PERFORM schemaver.downgrade('-1', allow_data_loss => true);
		CALL note(before, 'down');
		PERFORM schemaver.upgrade(place);
		CALL note(place, 'up again');
		before := place;
	END LOOP;
	FOR place IN SELECT 'r' || left(id, 1) FROM step ORDER BY 1 DESC LOOP
		CALL note(place, 'all the way down');
		PERFORM schemaver.downgrade('-1', allow_data_loss => true);
	END LOOP;
	CALL note('base', 'all the way down');
END $$;
CALL walk();
SELECT step, count(*), count(DISTINCT coalesce(names, '')) AS names, count(DISTINCT fingerprint) AS fingerprints FROM seen GROUP BY step ORDER BY step;
SELECT count(DISTINCT names) >= 9 OR NOT :'since_17' AS names_seen FROM seen;

-- by hand: seen, and put back
SELECT count(*) FROM schemaver.upgrade('r6');
SELECT schemaver.fingerprint('{d}') AS kept \gset
\if :since_17
COMMENT ON CONSTRAINT "No ""null" ON DOMAIN d."C ""c" IS 'by hand';
ALTER DOMAIN d.a RENAME CONSTRAINT a_check TO hand;
ALTER DOMAIN d.b DROP NOT NULL;
\else
COMMENT ON DOMAIN d."C ""c" IS 'by hand';
COMMENT ON DOMAIN d.a IS 'by hand';
ALTER DOMAIN d.b DROP NOT NULL;
\endif
SELECT count(*) FROM schemaver.drift() WHERE identity ~ '^d\.';
SELECT count(*) > 0 AS reverted FROM schemaver.revert_drift();
SELECT schemaver.fingerprint('{d}') = :'kept' AS put_back;
SELECT count(*) FROM schemaver.drift() WHERE identity ~ '^d\.';
DROP EXTENSION schemaver CASCADE;
DROP SCHEMA d CASCADE;
DROP TABLE step, seen;
DROP PROCEDURE note, walk;

-- names that another constraint of the schema has until then; the server would choose others by itself
CREATE EXTENSION schemaver;
CREATE SCHEMA d;
CREATE TABLE d.t (a int CONSTRAINT n_not_null CHECK (a > 0), b int CONSTRAINT t_a_not_null CHECK (b > 0));
CREATE DOMAIN d.m AS int NOT NULL;
SELECT schemaver.fingerprint('{d}') AS before \gset
SELECT schemaver.autogenerate('taken', $$CREATE SCHEMA d; CREATE DOMAIN d.n AS int NOT NULL;
CREATE TABLE d.t (a int NOT NULL, b int CONSTRAINT m_not_null CHECK (b > 0)); CREATE DOMAIN d.m AS int CONSTRAINT mn NOT NULL$$, '{d}') IS NOT NULL AS made;
SELECT count(*) FROM schemaver.upgrade();
SELECT count(*) FROM schemaver.downgrade('base');
SELECT schemaver.fingerprint('{d}') = :'before' AS same;
DROP EXTENSION schemaver CASCADE;
DROP SCHEMA d CASCADE;
