-- Do the directives of Atlas keep their meaning?
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
-- a checkpoint replaces what is before it
SELECT * FROM read('-- schemaver:file 1_a.sql
CREATE TABLE a ();
-- schemaver:file 2_first.sql
-- atlas:checkpoint
CREATE TABLE a ();
-- schemaver:file 3_b.sql
CREATE TABLE b ();
-- schemaver:file 4_all.sql
-- atlas:checkpoint v4
CREATE TABLE a ();
CREATE TABLE b ();
-- schemaver:file 5_c.sql
CREATE TABLE c ();
');
-- an archive has checks, and its down is no part of the upgrade
SELECT * FROM read('-- schemaver:file 1_a.sql
-- atlas:txtar

-- checks/one.sql --
-- atlas:assert DS103
SELECT 1 = 1;
SELECT NOT EXISTS (SELECT FROM pg_class WHERE relname = ''a'');
-- migration.sql --
CREATE TABLE a ();
-- down.sql --
DROP TABLE a;
');
SELECT * FROM read('-- schemaver:file 1_a.sql
-- atlas:txtar

-- migration.sql --
CREATE TABLE a ();
-- other.sql --
DROP TABLE a;
');
-- delimiters
SELECT * FROM read('-- schemaver:file 1_a.sql
-- atlas:delimiter \n\n\n

CREATE TABLE a ()


CREATE TABLE b ();


CREATE TABLE c ()
-- schemaver:file 2_b.sql
-- atlas:delimiter -- end
CREATE TABLE d ()
-- end
-- no more
-- end
-- schemaver:file 3_c.sql
-- atlas:nolint
-- atlas:delimiter GO
CREATE TABLE e ()
GO
CREATE TABLE f ();
GO
');
DROP FUNCTION read;
DROP EXTENSION schemaver;
