-- What of the rows that an upgrade dropped does the downgrade bring back?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET TimeZone = 'UTC';
\set code '\\echo :SQLSTATE'
\set SHOW_CONTEXT never
CREATE VIEW pg_temp.kept AS SELECT revision, kind, schema_name, table_name, column_name, regexp_replace(kept_in, '\d+', 'N') AS kept_in, size > 0 AS has_size FROM schemaver.kept();

-- only where it is asked for: by the setting, or by the revision
SELECT schemaver.revision('m', '', options => '{"keep": 1}');
:code
CREATE TABLE note (id int PRIMARY KEY, body text NOT NULL);
INSERT INTO note VALUES (1, 'one'), (2, 'two');
SELECT schemaver.revision('m', 'ALTER TABLE note DROP COLUMN body', 'ALTER TABLE note ADD COLUMN body text', id => 'a1'),
	schemaver.revision('m', 'DROP TABLE note', 'CREATE TABLE note (id int PRIMARY KEY)', id => 'a2', options => '{"keep": true}');
BEGIN;
SELECT revision FROM schemaver.upgrade();
TABLE pg_temp.kept;
SELECT revision FROM schemaver.downgrade('base');
TABLE note;
TABLE pg_temp.kept;
ROLLBACK;
SELECT schemaver.edit('a2', options => '{"keep": false}');
BEGIN;
SET LOCAL schemaver.keep_data = on;
SELECT revision FROM schemaver.upgrade();
TABLE pg_temp.kept;
ROLLBACK;
SELECT schemaver.remove('a2'), schemaver.remove('a1');
DROP TABLE note;

-- tables with what hangs on them
SET schemaver.keep_data = on;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN amount AS numeric(8, 2) CHECK (VALUE >= 0);
CREATE TABLE owner (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mood mood, worth amount, doubled numeric GENERATED ALWAYS AS (worth * 2) STORED);
CREATE TABLE thing (id serial PRIMARY KEY, owner bigint NOT NULL REFERENCES owner, part_of int REFERENCES thing, gone text, long text);
ALTER TABLE thing DROP COLUMN gone;
ALTER TABLE thing ADD COLUMN late text DEFAULT 'late';
INSERT INTO owner (mood, worth) SELECT CASE WHEN i > 1 THEN 'ok'::mood END, i FROM generate_series(1, 3) i;
INSERT INTO thing (owner, part_of, long) SELECT 1 + i % 3, nullif(i - 1, 0), repeat(md5(i::text), 1000 * i) FROM generate_series(1, 5) i;
CREATE VIEW all_rows AS SELECT 'owner' AS t, md5(string_agg(o::text, ',' ORDER BY id)) FROM owner o
	UNION ALL SELECT 'thing', md5(string_agg(concat_ws('|', id, owner, part_of, long, late), ',' ORDER BY id)) FROM thing;
SELECT string_agg(concat(t, md5), ',') AS rows FROM all_rows \gset before_
DROP VIEW all_rows;
SELECT schemaver.revision('m', 'DROP TABLE thing; DROP TABLE IF EXISTS owner, nothing CASCADE; DROP TYPE mood; DROP DOMAIN amount', $$
	CREATE DOMAIN amount AS numeric(8, 2) CHECK (VALUE >= 0);
	CREATE TYPE mood AS ENUM ('sad', 'ok');
	CREATE TABLE owner (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mood mood, worth amount, doubled numeric GENERATED ALWAYS AS (worth * 2) STORED);
	CREATE TABLE thing (id serial PRIMARY KEY, owner bigint NOT NULL REFERENCES owner, part_of int REFERENCES thing, long text, late text DEFAULT 'late');
	CREATE VIEW all_rows AS SELECT 'owner' AS t, md5(string_agg(o::text, ',' ORDER BY id)) FROM owner o
		UNION ALL SELECT 'thing', md5(string_agg(concat_ws('|', id, owner, part_of, long, late), ',' ORDER BY id)) FROM thing$$, id => 'b1');
SELECT revision FROM schemaver.upgrade(dry_run => true);
TABLE pg_temp.kept;
SELECT revision FROM schemaver.upgrade();
TABLE pg_temp.kept;
SELECT revision FROM schemaver.downgrade();
SELECT string_agg(concat(t, md5), ',') = :'before_rows' AS same FROM all_rows;
TABLE pg_temp.kept;
INSERT INTO owner DEFAULT VALUES RETURNING id;
INSERT INTO thing (owner) VALUES (4) RETURNING id, late;
INSERT INTO thing (owner) VALUES (5);
:code
SELECT schemaver.remove('b1');

-- columns: later rows keep what they have, NOT NULL needs no default, and what a script does afterwards counts
SELECT schemaver.revision('m', 'DROP VIEW all_rows; ALTER TABLE thing DROP COLUMN owner, DROP COLUMN late', $$
	ALTER TABLE thing ADD COLUMN owner bigint REFERENCES owner, ADD COLUMN late text NOT NULL DEFAULT 'new';
	UPDATE thing SET late = upper(late) WHERE id < 3$$, id => 'c1');
SELECT revision FROM schemaver.upgrade();
UPDATE thing SET part_of = NULL;
DELETE FROM thing WHERE id = 2;
INSERT INTO thing DEFAULT VALUES;
SELECT revision FROM schemaver.downgrade();
SELECT id, owner, late FROM thing ORDER BY id;
TABLE pg_temp.kept;
SELECT schemaver.remove('c1');

-- a changed type: what was edited since keeps the edit
CREATE TABLE price (id int PRIMARY KEY, value numeric(8, 3), label text);
INSERT INTO price VALUES (1, 1.251, 'a'), (2, 2.502, 'b'), (3, NULL, 'c');
SELECT schemaver.revision('m', 'ALTER TABLE price ALTER value TYPE int, ALTER label TYPE varchar(10)', 'ALTER TABLE price ALTER value TYPE numeric(8, 3)', id => 'd1');
SELECT revision FROM schemaver.upgrade();
TABLE pg_temp.kept;
UPDATE price SET value = 7 WHERE id = 2;
INSERT INTO price VALUES (4, 8, 'd');
SELECT revision FROM schemaver.downgrade();
SELECT id, value, label FROM price ORDER BY id;
SELECT schemaver.remove('d1');

-- values of columns need a key: refused where the revision asks for it, named where the setting does
CREATE TABLE bag (a int, b text);
INSERT INTO bag SELECT i % 2, (ARRAY['x', 'y', NULL])[1 + i % 3] FROM generate_series(1, 8) i;
CREATE TABLE bag_before AS TABLE bag;
SELECT schemaver.revision('m', 'ALTER TABLE bag DROP COLUMN b', 'ALTER TABLE bag ADD COLUMN b text', id => 'e1', options => '{"keep": true}');
SELECT revision FROM schemaver.upgrade();
:code
SELECT count(b) FROM bag;
SELECT schemaver.edit('e1', 'ALTER TABLE bag DROP COLUMN b; ALTER TABLE bag ALTER a TYPE text USING $$x$$', 'ALTER TABLE bag ALTER a TYPE int USING 0', options => '{}');
BEGIN;
SELECT revision FROM schemaver.upgrade();
ROLLBACK;
SELECT schemaver.remove('e1');

-- a statement that reads what it drops, and what the revision itself has made
SELECT schemaver.revision('m', $$
	CREATE TABLE scratch AS SELECT 1 AS x;
	DO $x$ BEGIN CREATE TABLE bag_copy AS TABLE bag; DROP TABLE bag; END $x$;
	DROP TABLE scratch$$, 'CREATE TABLE bag (a int, b text); DROP TABLE bag_copy', id => 'f1');
SELECT revision FROM schemaver.upgrade();
SELECT count(*) FROM bag_copy;
TABLE pg_temp.kept;
SELECT revision FROM schemaver.downgrade(allow_data_loss => true);
(TABLE bag EXCEPT ALL TABLE bag_before) UNION ALL (TABLE bag_before EXCEPT ALL TABLE bag);
SELECT schemaver.remove('f1');

-- what cannot come back stays, and says so
SELECT schemaver.revision('m', 'DROP TABLE bag, price', 'CREATE TABLE price (id int, value text, label varchar(10))', id => 'g1');
SELECT revision FROM schemaver.upgrade();
\set VERBOSITY terse
SELECT revision FROM schemaver.downgrade();
TABLE pg_temp.kept;
-- and is not for what the revision drops when it is applied again
SELECT schemaver.edit('g1', 'DROP TABLE price');
SELECT revision FROM schemaver.upgrade();
SELECT revision FROM schemaver.downgrade();
TABLE price;
DROP EXTENSION schemaver;
:code
SELECT revision, kind, table_name FROM schemaver.purge_kept('1 day');
SELECT revision, kind, table_name, size > 0 AS has_size FROM schemaver.purge_kept();
SELECT count(*) FROM pg_class WHERE relnamespace = 'schemaver_kept'::regnamespace;

-- rows that break a constraint of the new table: they are still there, in the same session, too
CREATE TABLE loan (id int PRIMARY KEY, thing int REFERENCES thing, note text);
INSERT INTO loan SELECT id, id, repeat(md5(id::text), 1000) FROM thing;
CREATE TABLE fee (id int);
INSERT INTO fee VALUES (1);
SELECT schemaver.edit('g1', 'DROP TABLE loan, fee', 'DO $$BEGIN CREATE TABLE loan (id int PRIMARY KEY, thing int REFERENCES thing, note text); CREATE TABLE fee (id int); END$$');
SELECT revision FROM schemaver.upgrade();
DELETE FROM thing WHERE id = 3;
BEGIN;
SELECT revision FROM schemaver.downgrade();
SELECT count(*) FROM loan;
TABLE fee;
SELECT kept_in AS loan FROM schemaver.kept() WHERE table_name = 'loan' \gset
SELECT id, thing, length(note) FROM :loan ORDER BY id;
ROLLBACK;
SELECT id, thing, length(note) FROM :loan ORDER BY id;
TABLE pg_temp.kept;
INSERT INTO thing (id, late) VALUES (3, 'x');
SELECT revision FROM schemaver.downgrade();
SELECT id, thing, length(note) FROM loan ORDER BY id;
TABLE pg_temp.kept;

-- a derived way back
SELECT schemaver.remove('g1');
CREATE TABLE middle (id int PRIMARY KEY, a text NOT NULL, b int);
INSERT INTO middle VALUES (1, 'a1', 1), (2, 'a2', 2);
SELECT schemaver.revision('m', 'ALTER TABLE middle DROP COLUMN a', id => 'h1'), schemaver.revision('m', 'DROP TABLE middle', id => 'h2');
SELECT revision FROM schemaver.upgrade();
SELECT revision FROM schemaver.downgrade('base');
TABLE middle;
TABLE pg_temp.kept;
DROP TABLE middle;

-- schemaver's own work passes it by
SELECT schemaver.snapshot()::text LIKE '%schemaver\_kept%' AS described;

DROP TABLE loan, fee, thing, owner, price, bag_before;
DROP TYPE mood;
DROP DOMAIN amount;
DROP VIEW pg_temp.kept;
DROP EXTENSION schemaver;
