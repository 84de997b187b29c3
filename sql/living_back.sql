-- Living objects and revisions: what is in the way of a revision is re-created, and a
-- downgrade brings back the texts of that time.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SELECT schemaver.revision('tables', 'CREATE TABLE t (id int PRIMARY KEY, a text, b int)', id => 'r1');
SELECT schemaver.repeatable('middle', 'CREATE OR REPLACE VIEW middle AS SELECT a, id, b FROM t');
SELECT schemaver.repeatable('top', 'CREATE OR REPLACE VIEW top AS SELECT * FROM middle; COMMENT ON VIEW top IS ''top''');
SELECT schemaver.repeatable('sums', 'CREATE MATERIALIZED VIEW sums AS SELECT a, sum(b) AS s FROM t GROUP BY a; CREATE INDEX ON sums (a)');
SELECT revision, message FROM schemaver.upgrade();
GRANT SELECT ON top TO PUBLIC;
COMMENT ON COLUMN middle.a IS 'by hand';

-- a type, and a column that a "*" means
SELECT schemaver.revision('type', 'ALTER TABLE t ALTER COLUMN b TYPE bigint', id => 'r2');
SELECT schemaver.revision('column', 'ALTER TABLE t ADD COLUMN d int', id => 'r3');
SELECT schemaver.repeatable('all', 'CREATE OR REPLACE VIEW everything AS SELECT * FROM t');
SELECT revision, message FROM schemaver.upgrade('r2');
SELECT attname, atttypid::regtype FROM pg_attribute WHERE attrelid = 'top'::regclass;
SELECT array_to_string(relacl, ' ') LIKE '% =r/%' AS granted, obj_description('top'::regclass), col_description('middle'::regclass, 1) FROM pg_class WHERE relname = 'top';
SELECT indexdef FROM pg_indexes WHERE tablename = 'sums';
SELECT revision, message FROM schemaver.upgrade();
SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'everything'::regclass AND attnum > 0;

-- a column that goes, and a text that does without it
SELECT schemaver.revision('no a', 'ALTER TABLE t DROP COLUMN a', id => 'r4');
SELECT schemaver.repeatable('middle', 'CREATE OR REPLACE VIEW middle AS SELECT id, b FROM t');
SELECT schemaver.repeatable('sums', 'CREATE MATERIALIZED VIEW sums AS SELECT id, sum(b) AS s FROM t GROUP BY id');
SELECT schemaver.repeatable('new', 'CREATE VIEW new AS SELECT d FROM t');
SELECT revision, message FROM schemaver.upgrade();
SELECT kind, identity FROM schemaver.drift();
SELECT "position", revision, message FROM schemaver.plan('r1', 'downgrade');
SELECT revision, direction, message FROM schemaver.downgrade('r1', allow_data_loss => true);
SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'middle'::regclass AND attnum > 0;
SELECT attname, atttypid::regtype FROM pg_attribute WHERE attrelid = 'top'::regclass;
SELECT relname FROM pg_class WHERE relname IN ('top', 'middle', 'sums', 'everything', 'new') ORDER BY 1;
SELECT revision, state FROM schemaver.status(true) WHERE state <> 'applied';
SELECT kind, identity FROM schemaver.drift();
SELECT revision, message FROM schemaver.upgrade();
SELECT kind, identity FROM schemaver.drift();
SELECT revision, message FROM schemaver.downgrade('base', allow_data_loss => true);
SELECT relname FROM pg_class WHERE relname IN ('top', 'middle', 'sums', 'everything', 'new', 't') ORDER BY 1;

DROP EXTENSION schemaver;
