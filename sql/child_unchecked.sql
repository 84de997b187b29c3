-- Is a child made anew with rows that a check of its parent, which is not valid, would not take?
\set SHOW_CONTEXT never
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE TABLE parent (a int, b int);
CREATE TABLE child (x int, y int, z int) INHERITS (parent);
CREATE TABLE other () INHERITS (parent);
INSERT INTO child VALUES (-1, 2, 3, 4, 5);
INSERT INTO other VALUES (-7, 8);
ALTER TABLE parent ADD CONSTRAINT positive CHECK (a > 0) NOT VALID;
ALTER TABLE child ADD CONSTRAINT own CHECK (x > 5) NOT VALID;
COMMENT ON CONSTRAINT positive ON parent IS 'one day';
CREATE TABLE parted (a int, k int, y int, z int) PARTITION BY LIST (k);
CREATE TABLE part PARTITION OF parted FOR VALUES IN (1);
INSERT INTO parted VALUES (-1, 1, 2, 3);
ALTER TABLE parted ADD CONSTRAINT positive CHECK (a > 0) NOT VALID;
SELECT schemaver.revision('y goes', 'ALTER TABLE child DROP y; ALTER TABLE parted DROP y', id => 'r1');
SELECT revision FROM schemaver.upgrade();
SELECT down FROM schemaver.show('r1');
SELECT revision FROM schemaver.downgrade();
SELECT * FROM child;
SELECT * FROM parted;
SELECT conrelid::regclass::text, conname, conislocal, coninhcount, convalidated, obj_description(oid, 'pg_constraint') FROM pg_constraint WHERE conname IN ('positive', 'own') ORDER BY 1, 2;
SELECT kind, identity FROM schemaver.drift();

DROP TABLE parted;
DROP TABLE parent CASCADE;
DROP EXTENSION schemaver;
