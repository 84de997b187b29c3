-- Managed rows of several tables, of partitioned and inherited ones, with row security,
-- and what a downgrade brings back.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SELECT schemaver.revision('tables', 'CREATE TABLE parent (id int PRIMARY KEY, label text UNIQUE); CREATE TABLE child (a int, b text, p int NOT NULL REFERENCES parent, PRIMARY KEY (a, b))', id => 'r1');
SELECT schemaver.managed_rows('child', '{a,b}', $$(a, b, p) VALUES (1, 'x', 10), (1, 'y', 20)$$, delete => true);
SELECT schemaver.managed_rows('parent', 'id', $$(id, label) VALUES (10, 'ten'), (20, 'twenty')$$, delete => true);
SELECT schemaver.seed('seed', 'INSERT INTO child VALUES (9, ''seed'', 10)');
SELECT revision, message FROM schemaver.upgrade();

-- a parent goes away: its child's row moves; then it goes with a value that a new one takes
SELECT schemaver.managed_rows('child', '{a,b}', $$(a, b, p) VALUES (1, 'x', 11), (1, 'y', 20)$$, delete => true);
SELECT schemaver.managed_rows('parent', 'id', $$(id, label) VALUES (11, 'eleven'), (20, 'twenty')$$, delete => true);
SELECT revision, message FROM schemaver.upgrade();
SELECT schemaver.managed_rows('child', '{a,b}', $$(a, b, p) VALUES (1, 'y', 20)$$, delete => true);
SELECT schemaver.managed_rows('parent', 'id', $$(id, label) VALUES (12, 'eleven'), (20, 'twenty')$$, delete => true);
SELECT schemaver.revision('later', 'ALTER TABLE parent ADD COLUMN more int', id => 'r2');
SELECT revision, message FROM schemaver.upgrade();
SELECT id, label FROM parent ORDER BY id;
SELECT * FROM child ORDER BY a, b;

-- before r2 the rows were others
SELECT schemaver.managed_rows('parent', 'id', $$(id, label, more) VALUES (12, 'twelve', 1), (20, 'twenty', 2)$$);
SELECT revision, message FROM schemaver.upgrade();
SELECT revision, direction, message FROM schemaver.plan('r1', 'downgrade');
SELECT revision, direction, message FROM schemaver.downgrade('r1', allow_data_loss => true);
SELECT * FROM parent ORDER BY id;
SELECT * FROM child ORDER BY a, b;
SELECT revision, message, state FROM schemaver.status(true);
SELECT revision, message FROM schemaver.upgrade();
SELECT * FROM parent ORDER BY id;
-- before r1 there were none, and no table
SELECT revision, direction, message FROM schemaver.downgrade('base', allow_data_loss => true);
SELECT revision, message, state FROM schemaver.status(true);
SELECT revision, message FROM schemaver.upgrade();

-- an upgrade to a target, behind which the table is made
SELECT schemaver.revision('a', 'SELECT 1', id => 'r3');
SELECT schemaver.revision('b', 'CREATE TABLE late (id int PRIMARY KEY)', id => 'r4');
SELECT schemaver.managed_rows('late', 'id', $$(id) VALUES (1)$$);
SELECT schemaver.managed_rows('child', '{a,b}', $$(a, b, p) VALUES (2, 'z', 20)$$);
SELECT revision, message FROM schemaver.upgrade('r3');
SELECT revision, message FROM schemaver.upgrade();

-- partitions, inheritance
CREATE TABLE parted (id int PRIMARY KEY, a text) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (10);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (10) TO (20);
INSERT INTO parted VALUES (1, 'old'), (11, 'old'), (12, 'extra');
CREATE TABLE base (id int PRIMARY KEY);
CREATE TABLE heir () INHERITS (base);
INSERT INTO heir VALUES (1), (2);
SELECT schemaver.managed_rows('parted', 'id', $$(id, a) VALUES (1, 'one'), (11, 'eleven'), (2, 'two')$$, delete => true);
SELECT schemaver.managed_rows('base', 'id', $$(id) VALUES (1)$$, delete => true);
SELECT revision, message FROM schemaver.upgrade();
SELECT tableoid::regclass, * FROM parted ORDER BY id;
SELECT tableoid::regclass, * FROM base ORDER BY 1, 2;

-- a row that no partition takes
SELECT schemaver.managed_rows('parted', 'id', $$(id, a) VALUES (99, 'none')$$);
SELECT revision, message FROM schemaver.upgrade();
SELECT schemaver.remove('public.parted');

-- columns of the key with operators of their own; a value that differs only in its bytes
CREATE TABLE versions (v numeric PRIMARY KEY, t text COLLATE "C");
INSERT INTO versions VALUES (1.0, 'x');
SELECT schemaver.managed_rows('versions', 'v', $$(v, t) VALUES (1.00, 'x'), ('2', 'y')$$);
SELECT revision, message FROM schemaver.upgrade();
SELECT * FROM versions ORDER BY v;
SELECT kind FROM schemaver.drift();
DROP EXTENSION schemaver;
DROP TABLE child, parent, late, parted, heir, base, versions;
