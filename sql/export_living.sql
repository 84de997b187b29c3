-- Living objects, seeds and managed rows are among the files of export(), and loading
-- these elsewhere gives the same.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SELECT schemaver.revision('t', 'CREATE TABLE t (id int PRIMARY KEY, a text, b text)', id => 'r1');
SELECT schemaver.repeatable('view', E'CREATE OR REPLACE VIEW v AS SELECT 1 AS one;\n-- a comment', 'DROP VIEW v', depends_on => 'r1');
SELECT schemaver.repeatable('always', 'SELECT 1', run => 'always', depends_on => 'view');
SELECT schemaver.seed('seed', 'INSERT INTO t VALUES (99, ''seed'') ON CONFLICT DO NOTHING');
SELECT schemaver.managed_rows('t', 'id', $$(id, a, b) VALUES (1, E'it''s\\n', 'x'::varchar(3)), (-2, NULL, DEFAULT), ('3', '-- schemaver:up', E'two\nlines'), (-4::int, true, 1e5)$$, overwrite => true);
SELECT schemaver.managed_rows('t', 'id', $$(id) VALUES (7)$$, name => 'more', run => 'always');
SELECT * FROM schemaver.export();
SELECT name FROM schemaver.export('r1');
CREATE TABLE exported AS SELECT * FROM schemaver.export();
CREATE TABLE before AS SELECT name, kind, up, down, depends_on, run, checksum FROM schemaver.living;
DROP EXTENSION schemaver;
CREATE EXTENSION schemaver;
SELECT revision, action, finding FROM schemaver.load('all', (SELECT string_agg('-- schemaver:file ' || name || E'\n' || content, '' ORDER BY name) FROM exported));
SELECT name, kind, up, down, depends_on, run, checksum FROM schemaver.living EXCEPT SELECT * FROM before;
SELECT count(*) FROM schemaver.living;
SELECT revision, action FROM schemaver.load('all', (SELECT string_agg('-- schemaver:file ' || name || E'\n' || content, '' ORDER BY name) FROM exported));
SELECT revision, message FROM schemaver.upgrade();
SELECT * FROM t ORDER BY id;

-- written by hand: data of COPY, other names
SELECT revision, action FROM schemaver.load('rows.sql', E'-- schemaver:rows numbers\n-- schemaver:options {"table": "public.n", "key": ["id"]}\n-- schemaver:up\nCOPY n (id, a) FROM stdin;\n1\t''\n2\t\\N\n\\.\n-- schemaver:repeatable empty\n-- schemaver:up\n', source => 'src');
SELECT name, kind, source, up FROM schemaver.living WHERE source = 'src' ORDER BY name;

-- faults
SELECT schemaver.load('x.sql', E'-- schemaver:rows\n-- schemaver:up\nVALUES (1)');
SELECT schemaver.load('x.sql', E'-- schemaver:rows x\n-- schemaver:up\n(a) VALUES (1)');
SELECT schemaver.load('x.sql', E'-- schemaver:rows x\n-- schemaver:options {"table": "t", "key": ["id"], "deletes": true}\n-- schemaver:up\n(id) VALUES (1)');
SELECT schemaver.load('x.sql', E'-- schemaver:rows x\n-- schemaver:options {"table": "t", "key": ["id"]}\n-- schemaver:up\n(id) VALUES (1)\n-- schemaver:down\nSELECT 1');
SELECT schemaver.load('x.sql', E'-- schemaver:rows x\n-- schemaver:options {"table": "tt", "key": ["id"]}\n-- schemaver:up\n(id) VALUES\n (now())');
SELECT schemaver.load('x.sql', E'-- schemaver:seed x\n-- schemaver:options {"table": "t"}\n-- schemaver:up\nSELECT 1');
SELECT schemaver.load('x.sql', E'-- schemaver:repeatable x\n-- schemaver:options {"run": "never"}\n-- schemaver:up\nSELECT 1');
SELECT schemaver.load('x.sql', E'-- schemaver:repeatable x\n-- schemaver:seed y\n-- schemaver:up\nSELECT 1');
DROP EXTENSION schemaver;
DROP VIEW v;
DROP TABLE exported, before, t;
