-- An index, a trigger or a rule that others made for a living object comes back when the
-- object is made anew, as its privileges and comments do.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SELECT schemaver.revision('t', 'CREATE TABLE t (id int, name text); CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN new; END''', id => 'r1');
SELECT schemaver.repeatable('v', 'CREATE VIEW v AS SELECT id, name FROM t');
SELECT schemaver.repeatable('m', 'CREATE MATERIALIZED VIEW m AS SELECT id, name FROM v; CREATE INDEX m_own ON m (id)');
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.revision('index', 'CREATE UNIQUE INDEX m_of_revision ON m (id)', 'DROP INDEX m_of_revision', id => 'r2');
SELECT revision FROM schemaver.upgrade();
CREATE INDEX "m By hand" ON m (lower(name)) WHERE id > 1;
COMMENT ON INDEX "m By hand" IS 'by hand';
CREATE TRIGGER by_hand INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION tf();
CREATE RULE by_hand AS ON DELETE TO v DO INSTEAD NOTHING;
CREATE VIEW parts AS
	SELECT indexrelid::regclass::text AS part, pg_get_indexdef(indexrelid) AS definition FROM pg_index WHERE indrelid = to_regclass('m')
	UNION ALL SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE tgrelid = to_regclass('v')
	UNION ALL SELECT rulename, ev_class::regclass::text FROM pg_rewrite WHERE ev_class = to_regclass('v') AND rulename <> '_RETURN';
SELECT * FROM parts ORDER BY part COLLATE "C", definition COLLATE "C";

SELECT schemaver.repeatable('v', 'CREATE VIEW v AS SELECT name, id FROM t');
SELECT revision FROM schemaver.upgrade();
SELECT * FROM parts ORDER BY part COLLATE "C", definition COLLATE "C";
SELECT obj_description('"m By hand"'::regclass, 'pg_class');
SELECT kind, identity FROM schemaver.drift() ORDER BY 1, 2;

-- what its text makes no more goes; an index without its column goes with a warning
SELECT schemaver.repeatable('m', 'CREATE MATERIALIZED VIEW m AS SELECT id FROM v');
SELECT revision FROM schemaver.upgrade();
SELECT * FROM parts ORDER BY part COLLATE "C", definition COLLATE "C";
-- a trigger that cannot come back is no matter to be silent about
CREATE RULE of_name AS ON UPDATE TO v WHERE new.name = 'x' DO INSTEAD NOTHING;
SELECT schemaver.repeatable('v', 'CREATE VIEW v AS SELECT id FROM t');
SELECT revision FROM schemaver.upgrade();
DROP RULE of_name ON v;
SELECT revision FROM schemaver.upgrade();
SELECT revision FROM schemaver.downgrade('r1');
SELECT * FROM parts ORDER BY part COLLATE "C", definition COLLATE "C";
-- where a revision takes a column away, and the texts make them anew: what goes is named
SELECT schemaver.remove('r2');
SELECT schemaver.repeatable('v', 'CREATE VIEW v AS SELECT id, name FROM t');
SELECT schemaver.repeatable('m', 'CREATE MATERIALIZED VIEW m AS SELECT * FROM v; CREATE INDEX m_own ON m (id)');
SELECT revision FROM schemaver.upgrade();
CREATE INDEX named ON m (name);
SELECT schemaver.revision('no name', 'ALTER TABLE t DROP name', id => 'r3');
SELECT schemaver.repeatable('v', 'CREATE VIEW v AS SELECT id FROM t');
SELECT revision FROM schemaver.upgrade();
SELECT * FROM parts ORDER BY part COLLATE "C", definition COLLATE "C";
DROP EXTENSION schemaver;
SET client_min_messages = warning;
DROP TABLE t CASCADE;
DROP VIEW parts;
DROP FUNCTION tf();
