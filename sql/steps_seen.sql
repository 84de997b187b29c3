-- A script sees what its run has recorded before, whoever looks for it.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET client_min_messages = warning;
CREATE TABLE seen (by text, applied text[], steps int);
CREATE FUNCTION look(by text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.seen SELECT by, array_agg(revision ORDER BY rank),
    (SELECT count(*) FROM schemaver.journal j WHERE j.revision IS NOT NULL) FROM schemaver.applied;
  RETURN true;
END $$;
CREATE FUNCTION look_apart(by text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  RETURN look(by);
EXCEPTION WHEN division_by_zero THEN RETURN false;
END $$;
SELECT count(schemaver.revision(id, up, down => down, id => id)) FROM (VALUES
  ('a1', 'CREATE TABLE a (i int)', 'DROP TABLE a'),
  ('a2', 'ALTER TABLE a ADD COLUMN j int', 'ALTER TABLE a DROP COLUMN j'),
  ('a3', 'SELECT look(''a query'')', 'SELECT look(''a query of a down'')'),
  ('a4', 'COMMENT ON TABLE a IS ''a''', 'COMMENT ON TABLE a IS NULL'),
  ('a5', 'DO $x$ BEGIN BEGIN PERFORM look(''a block that is rolled back''); RAISE EXCEPTION ''x''; EXCEPTION WHEN raise_exception THEN NULL; END;
          PERFORM look(''the block behind it''); END $x$', 'SELECT 1'),
  ('a6', 'CREATE DOMAIN checked AS int CHECK (look_apart(''a domain, apart'') AND look(''a domain''))', 'DROP DOMAIN checked'),
  ('a7', 'INSERT INTO a VALUES (1, 1)', 'DELETE FROM a'),
  ('a8', 'COMMENT ON TABLE a IS ''b''', 'COMMENT ON TABLE a IS ''a'''),
  ('a9', 'ALTER TABLE a ADD COLUMN k checked', 'ALTER TABLE a DROP COLUMN k')
) AS r (id, up, down);
SELECT count(*) FROM schemaver.upgrade();
SELECT * FROM seen WHERE by NOT LIKE 'a domain%';
SELECT DISTINCT * FROM seen WHERE by LIKE 'a domain%' ORDER BY by;
SELECT revision, direction, outcome, state IS NOT NULL AS state FROM schemaver.step ORDER BY run, position;
TRUNCATE seen;

-- on the way back, and in both directions at once
SELECT count(*) FROM schemaver.downgrade('base', allow_data_loss => true);
SELECT * FROM seen;
SELECT count(*) FROM schemaver.upgrade();
TRUNCATE seen;
SELECT count(*) FROM schemaver.redo(7, allow_data_loss => true);
SELECT * FROM seen WHERE by NOT LIKE 'a domain%';

-- a script may change what is still to come
SELECT schemaver.revision('b1', 'SELECT 1', id => 'b1'), schemaver.revision('b2', 'SELECT 1 / 0', id => 'b2') \g /dev/null
SELECT schemaver.downgrade('a9') \g /dev/null
UPDATE schemaver.script SET up = 'UPDATE schemaver.script SET up = ''SELECT 2'' WHERE revision = ''b2''' WHERE revision = 'b1';
SELECT revision FROM schemaver.upgrade();

-- what a failed run has collected is gone
SELECT schemaver.revision('c1', 'CREATE TABLE c (i int)', id => 'c1'), schemaver.revision('c2', 'SELECT 1 / 0', id => 'c2') \g /dev/null
SELECT revision FROM schemaver.upgrade();
SELECT revision FROM schemaver.upgrade('c1');
SELECT revision FROM schemaver.applied WHERE revision >= 'b' ORDER BY rank;
DROP EXTENSION schemaver;
DROP TABLE a, c, seen;
DROP DOMAIN checked;
DROP FUNCTION look, look_apart;
