-- What one revision has read of a schema, a table and what is inside of them is right for those after it.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET client_min_messages = warning;
CREATE FUNCTION pg_temp.revise(message text, up text) RETURNS void LANGUAGE sql
AS $$ SELECT schemaver.revision(message, up, id => replace(message, ' ', '_')) $$;
SELECT count(pg_temp.revise(message, up)) FROM (VALUES
  ('a schema', 'CREATE SCHEMA s; COMMENT ON SCHEMA s IS ''first'''),
  ('a table', 'CREATE TABLE s.t (id int PRIMARY KEY, a text UNIQUE CHECK (a <> ''''), b int DEFAULT 1)'),
  ('a column', 'ALTER TABLE s.t ADD COLUMN c varchar(10) NOT NULL DEFAULT ''x'''),
  ('another schema name', 'ALTER SCHEMA s RENAME TO s2'),
  ('a column there', 'ALTER TABLE s2.t ADD COLUMN d numeric(5, 2)'),
  ('a type', 'CREATE TYPE s2.pair AS (x int, y int); COMMENT ON COLUMN s2.pair.x IS ''left'''),
  ('a typed table', 'CREATE TABLE s2.u OF s2.pair; ALTER TABLE s2.t ADD COLUMN p s2.pair, ADD COLUMN ps s2.pair[]'),
  ('rows as columns', 'CREATE TABLE s2.v (t s2.t, ts s2.t[]); CREATE VIEW s2.w AS SELECT t FROM s2.v'),
  ('parts', 'CREATE INDEX ON s2.t (b); CREATE STATISTICS s2.st ON a, b FROM s2.t;
     CREATE POLICY p ON s2.t USING (true); CREATE RULE r AS ON DELETE TO s2.t DO INSTEAD NOTHING;
     COMMENT ON INDEX s2.t_pkey IS ''by id''; COMMENT ON CONSTRAINT t_pkey ON s2.t IS ''key'';
     CREATE FUNCTION s2.f() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN NEW; END'';
     CREATE TRIGGER tr BEFORE INSERT ON s2.t FOR EACH ROW EXECUTE FUNCTION s2.f()'),
  ('a child', 'CREATE TABLE s2.parent (z int); ALTER TABLE s2.t ADD COLUMN z int; ALTER TABLE s2.t INHERIT s2.parent'),
  ('a reference', 'CREATE TABLE s2.x (id int REFERENCES s2.t DEFERRABLE INITIALLY DEFERRED, n int,
     CONSTRAINT named UNIQUE (n) WITH (fillfactor = 50)); ALTER TABLE s2.x ADD CHECK (n > 0) NOT VALID'),
  ('all of it again', 'COMMENT ON TABLE s2.t IS ''t''; COMMENT ON TABLE s2.x IS ''x''; COMMENT ON TABLE s2.u IS ''u'';
     COMMENT ON TABLE s2.v IS ''v''; COMMENT ON TYPE s2.pair IS ''p''; COMMENT ON VIEW s2.w IS ''w''')
) AS r (message, up);
SELECT count(*) FROM schemaver.upgrade();
SELECT identity, change FROM schemaver.drift();
SELECT count(*) FROM schemaver.downgrade('base', allow_data_loss => true);
SELECT identity, change FROM schemaver.drift();
SELECT nspname FROM pg_namespace WHERE nspname ~ '^s[0-9]?$';
DROP EXTENSION schemaver;
