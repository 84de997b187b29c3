-- Does a derived down copy a table for the order of its columns only where that is wanted?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET client_min_messages = error;
CREATE TABLE other (id int PRIMARY KEY);
CREATE TABLE t (a int PRIMARY KEY, b int DEFAULT 7, c int REFERENCES other);
CREATE TABLE "Odd one" (x int, y int, z text);
CREATE VIEW order_of AS SELECT attrelid::regclass AS of, string_agg(attname, ' ' ORDER BY attnum) AS columns FROM pg_attribute
	WHERE attrelid IN ('t'::regclass, '"Odd one"'::regclass) AND attnum > 0 AND NOT attisdropped GROUP BY 1 ORDER BY 1;
INSERT INTO t SELECT g, g FROM generate_series(1, 1000) g;
CREATE PUBLICATION regress_schemaver_order FOR TABLE t;
SELECT schemaver.revision('middle', 'ALTER TABLE t DROP COLUMN b', id => 'a1');
SELECT revision FROM schemaver.upgrade();

SHOW schemaver.reorder_limit;
SELECT revision, regexp_replace(notes::text, '[0-9]+ kB', 'N kB') AS notes FROM schemaver.plan('-1', 'downgrade');
SELECT revision FROM schemaver.downgrade();
TABLE order_of;
SELECT count(*) FROM t;
SELECT revision FROM schemaver.upgrade();

-- the size when the down runs counts
SET schemaver.reorder_limit = '16kB';
SELECT revision, regexp_replace(notes::text, '[0-9]+ kB', 'N kB') AS notes FROM schemaver.plan('-1', 'downgrade');
BEGIN;
TRUNCATE t;
SELECT notes FROM schemaver.plan('-1', 'downgrade');
SET LOCAL schemaver.reorder_limit = 0;
SELECT notes FROM schemaver.plan('-1', 'downgrade');
SET LOCAL schemaver.reorder_limit = -1;
SELECT notes FROM schemaver.plan('-1', 'downgrade');
ROLLBACK;
SELECT revision FROM schemaver.downgrade();
TABLE order_of;
SELECT count(*) FROM schemaver.drift();
-- two tables, one of them renamed
SELECT schemaver.remove('a1');
RESET schemaver.reorder_limit;
SELECT schemaver.revision('two', 'ALTER TABLE "Odd one" DROP y; ALTER TABLE "Odd one" RENAME TO "New; one"; ALTER TABLE t DROP c; ALTER TABLE t ADD d int', id => 'a2');
SELECT revision FROM schemaver.upgrade();
SELECT regexp_replace(notes::text, '[0-9]+ (kB|bytes)', 'N kB', 'g') AS notes FROM schemaver.plan('-1', 'downgrade');
BEGIN;
SELECT revision FROM schemaver.downgrade();
TABLE order_of;
ROLLBACK;
SET schemaver.reorder_limit = 0;
SELECT revision FROM schemaver.downgrade();
TABLE order_of;

DROP EXTENSION schemaver;
DROP PUBLICATION regress_schemaver_order;
DROP VIEW order_of;
DROP TABLE t, "Odd one", other;
