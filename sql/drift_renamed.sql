-- What follows a new name is no drift, what only looks like it is.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set SHOW_CONTEXT never
CREATE TABLE t (a text UNIQUE);
CREATE INDEX i ON t (lower(a));
CREATE TABLE other (a int, b int);
CREATE INDEX of_other ON other (a);
DO $$BEGIN FOR i IN 1..9 LOOP EXECUTE format('CREATE VIEW v%s AS SELECT 1 AS x, 2 AS y', i); END LOOP; END$$;
SELECT schemaver.baseline() IS NOT NULL AS made;

-- the index on the other table has another column: not because of the new name
ALTER TABLE t RENAME COLUMN a TO b;
DROP INDEX of_other;
CREATE INDEX of_other ON other (b);
SELECT kind, identity, change FROM schemaver.drift();
SELECT schemaver.capture('rename') IS NOT NULL AS captured;
SELECT schemaver.check(drift => true);
SELECT schemaver.show_schema() \g (format=unaligned tuples_only=on)

-- parts of what is gone, beside something that was renamed
ALTER TABLE t RENAME TO u;
DO $$BEGIN FOR i IN 1..9 LOOP EXECUTE format('DROP VIEW v%s', i); END LOOP; END$$;
SELECT kind, identity, change FROM schemaver.drift();
SELECT count(*) FROM schemaver.revert_drift(dry_run => true);
SELECT schemaver.capture('c') IS NOT NULL AS captured;
SELECT count(*) FROM schemaver.drift();
DROP EXTENSION schemaver;
DROP TABLE u, other;
