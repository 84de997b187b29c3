-- Is the output of Alembic read with its commits, and its downgrades?
CREATE EXTENSION schemaver;
\pset null -
-- Reads a folder given as one text, shows what it came to, and forgets it.
CREATE FUNCTION read(files text, format text DEFAULT NULL)
RETURNS TABLE (id text, revises text, message text, up text, down text, options jsonb) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM schemaver.load('folder', files, format);
	RETURN QUERY SELECT r.revision, array_to_string(r.revises, ' '), r.message,
		btrim(regexp_replace(s.up, '\s+', ' ', 'g')), btrim(regexp_replace(s.down, '\s+', ' ', 'g')), r.options
	FROM schemaver.revision r JOIN schemaver.script s USING (revision) ORDER BY r.position;
	DELETE FROM schemaver.revision;
	DELETE FROM schemaver.revision_child;
	DELETE FROM schemaver.script;
	DELETE FROM schemaver.loaded;
	DELETE FROM schemaver.replaced;
EXCEPTION WHEN OTHERS THEN
	RETURN QUERY SELECT SQLSTATE, '', SQLERRM, '', '', NULL::jsonb;
END$$;
-- what autocommit_block() commits, and one transaction for each migration
SELECT * FROM read($$-- schemaver:file up.sql
BEGIN;

CREATE TABLE alembic_version (version_num varchar(32));

-- Running upgrade  -> a1, the first

CREATE TYPE e AS ENUM ('a');

COMMIT;

ALTER TYPE e ADD VALUE 'b';

BEGIN;

CREATE TABLE t (x e DEFAULT 'b');

COMMIT;

BEGIN;

-- Running upgrade a1 -> b2

CREATE TABLE t2 ();

COMMIT;

$$);
-- both ways
SELECT * FROM read($$-- schemaver:file down.sql
BEGIN;

-- Running downgrade b2 -> a1

DROP TABLE b;

-- Running downgrade a1 ->

DROP TABLE a;

COMMIT;
-- schemaver:file up.sql
-- Running upgrade  -> a1

CREATE TABLE a ();

-- Running upgrade a1 -> b2

CREATE TABLE b ();
$$);
-- a downgrade is never taken for an upgrade
SELECT * FROM read($$-- schemaver:file 1_down.sql
-- Running downgrade b2 -> a1

DROP TABLE b;
$$);
SELECT * FROM read($$-- schemaver:file 1_down.sql
-- Running downgrade b2 -> a1

DROP TABLE b;
$$, 'plain');
SELECT * FROM read($$-- schemaver:file a.sql
-- Running upgrade  -> a1

CREATE TABLE a ();
-- schemaver:file b.sql
-- Running upgrade  -> a1

CREATE TABLE a ();
$$);
DROP FUNCTION read;
DROP EXTENSION schemaver;
