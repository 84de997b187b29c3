-- A column of which generated ones are computed gets another type: these are dropped
-- and added again, with all that depends on them.
-- whoever runs the tests: the names of roles are the same
CREATE ROLE regress_schemaver_super SUPERUSER;
SET SESSION AUTHORIZATION regress_schemaver_super;
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE ROLE generated_reader;
CREATE TABLE item (id int PRIMARY KEY, price int NOT NULL, n int, gross int GENERATED ALWAYS AS (price * 2) STORED NOT NULL, total int GENERATED ALWAYS AS (price * n) STORED CHECK (total >= 0), note text DEFAULT 'x');
CREATE INDEX item_total ON item (total) WHERE total > 10;
CREATE VIEW dear AS SELECT id, gross, total FROM item WHERE total > 10;
COMMENT ON COLUMN item.total IS 'price of all';
GRANT SELECT (id, total) ON item TO generated_reader;
GRANT SELECT ON dear TO generated_reader;
INSERT INTO item VALUES (1, 5, 2), (2, 50, 4);
SELECT schemaver.revision('refused', 'ALTER TABLE item ALTER COLUMN price TYPE bigint', id => 'r1');
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.edit('r1', options => '{"dependents": "rebuild"}');
SELECT revision FROM schemaver.upgrade();
SELECT attname, format_type(atttypid, atttypmod), attnotnull, attgenerated, attacl, col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = 'item'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum;
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'item'::regclass AND contype <> 'n' ORDER BY 1;
SELECT pg_get_indexdef('item_total'::regclass);
SELECT * FROM dear;
SELECT has_table_privilege('generated_reader', 'dear', 'SELECT');
SELECT kind FROM schemaver.drift();

-- what cannot come back is an error, and nothing happened
SELECT schemaver.revision('gone', 'ALTER TABLE item DROP COLUMN n', id => 'r2', options => '{"dependents": "rebuild"}');
SELECT revision FROM schemaver.upgrade();
SELECT id, price, n, gross, total, note FROM item ORDER BY id;
SELECT schemaver.edit('r2', up => 'ALTER TABLE item ALTER COLUMN n TYPE text');
SELECT revision FROM schemaver.upgrade();
SELECT id, price, n, gross, total, note FROM item ORDER BY id;

-- in partitions, too
SELECT schemaver.edit('r2', up => 'SELECT 1');
CREATE TABLE part (id int, a int, b int GENERATED ALWAYS AS (a + 1) STORED) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10);
INSERT INTO part VALUES (1, 2);
SELECT schemaver.revision('parts', 'ALTER TABLE part ALTER COLUMN a TYPE bigint', id => 'r3', options => '{"dependents": "rebuild"}');
SELECT revision FROM schemaver.upgrade();
SELECT tableoid::regclass, * FROM part;
DROP EXTENSION schemaver;
DROP VIEW dear;
DROP TABLE item, part;
DROP ROLE generated_reader;
RESET SESSION AUTHORIZATION;
REASSIGN OWNED BY regress_schemaver_super TO CURRENT_USER;
DROP OWNED BY regress_schemaver_super;
DROP ROLE regress_schemaver_super;
