-- What becomes of revisions that squash() makes one of?
CREATE DATABASE regress_schemaver_squash TEMPLATE template0;
\c regress_schemaver_squash
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET client_min_messages = warning;
\set code '\\echo :SQLSTATE'

CREATE FUNCTION up(id text, up text, down text DEFAULT NULL) RETURNS text LANGUAGE sql
	AS $$SELECT schemaver.revision(up.id, up.up, up.down, id => up.id)$$;
CREATE FUNCTION history() RETURNS void LANGUAGE sql AS $$
	SELECT up('a1', 'CREATE TABLE t (a int, b int)', 'DROP TABLE t');
	SELECT up('a2', 'ALTER TABLE t ADD c text; INSERT INTO t VALUES (1, 2, ''x'')', 'ALTER TABLE t DROP c');
	SELECT up('a3', 'ALTER TABLE t DROP b', 'ALTER TABLE t ADD b int');
	SELECT up('a4', 'CREATE TYPE e AS ENUM (''p''); CREATE TABLE u (e e)', 'DROP TABLE u; DROP TYPE e');
	SELECT up('a5', 'ALTER TYPE e ADD VALUE ''q''; CREATE INDEX CONCURRENTLY t_a ON t (a)', 'DROP INDEX t_a');
	SELECT up('a6', 'CREATE VIEW v AS SELECT t.* FROM t LEFT JOIN u ON true', 'DROP VIEW v');
$$;
CREATE FUNCTION again() RETURNS void LANGUAGE sql AS $$
	SELECT schemaver.stamp('{base}');
	DROP VIEW IF EXISTS v; DROP TABLE IF EXISTS t, u; DROP TYPE IF EXISTS e;
	SELECT schemaver.untag('five');
	SELECT schemaver.remove(revision) FROM schemaver.history() WHERE revision NOT LIKE 'a%';
	SELECT schemaver.remove(revision) FROM schemaver.history();
$$;

-- nothing applied
SELECT history();
SELECT schemaver.edit('a3', branch_labels => '{mid}'), schemaver.tag('five', 'a5');
SELECT schemaver.squash('a1:a5', 'one to five', 's1');
SELECT schemaver.graph() \g (format=unaligned tuples_only=on)
SELECT up, down, options, branch_labels FROM schemaver.show('s1') \gx
SELECT revision FROM schemaver.resolve('a3') UNION ALL SELECT revision FROM schemaver.resolve('tag:five') UNION ALL SELECT revision FROM schemaver.resolve('a6-1');
SELECT revision FROM schemaver.plan();
SELECT revision FROM schemaver.upgrade();
SELECT * FROM v;
SELECT revision, verdict FROM schemaver.test(':');
SELECT up('a2', 'SELECT 1');
:code

-- squash what is squashed, applied: current follows
SELECT schemaver.squash('s1:a6', 'all', 's2');
SELECT options, revises FROM schemaver.show('s2');
SELECT revision FROM schemaver.current();
SELECT command, revision, direction, outcome FROM schemaver.journal WHERE command = 'squash';
SELECT schemaver.check();
SELECT revision FROM schemaver.downgrade('base', allow_data_loss => true);
SELECT to_regclass('t') IS NULL AS gone;
SELECT revision FROM schemaver.upgrade();
SELECT name, content FROM schemaver.export() \gset
SELECT again();

-- the file elsewhere: none applied, all applied, some applied
SELECT revision FROM schemaver.load(:'name', :'content');
SELECT revision FROM schemaver.upgrade();
SELECT again();
SELECT history();
SELECT count(*) FROM schemaver.upgrade('a4');
SELECT revision FROM schemaver.load(:'name', :'content');
:code
SELECT schemaver.stamp('{a6}');
SELECT revision FROM schemaver.load(:'name', :'content');
SELECT revision FROM schemaver.history();
SELECT revision, options FROM schemaver.status(true) JOIN schemaver.show('current') USING (revision);
-- old files may still be there, and what comes after may revise an old id
SELECT revision FROM schemaver.load('a3.sql', E'-- schemaver:revision a3\n-- schemaver:revises a2\n-- schemaver:up\nSELECT 1;\n');
SELECT revision FROM schemaver.load('a7.sql', E'-- schemaver:revision a7\n-- schemaver:revises a6\n-- schemaver:depends_on a4\n-- schemaver:up\nSELECT 1;\n');
SELECT revision FROM schemaver.load('a7.sql', E'-- schemaver:revision a7\n-- schemaver:revises a6\n-- schemaver:depends_on a4\n-- schemaver:up\nSELECT 1;\n');
SELECT revision, revises, notes FROM schemaver.history('a7');
SELECT revision FROM schemaver.load(:'name', :'content');
SELECT schemaver.edit('a7', options => '{"replaces": ["a1"]}');
:code
SELECT schemaver.remove('a7');
SELECT again();

-- a file that names an old id comes before that of the squashed one
SELECT revision FROM schemaver.load('all.sql', E'-- schemaver:revision a7\n-- schemaver:revises a6\n-- schemaver:up\nSELECT 1;\n' || :'content');
SELECT revision, revises FROM schemaver.history();
SELECT schemaver.remove('a7');
SELECT again();

-- what comes with the children
SELECT history();
SELECT revision FROM schemaver.load(:'name', :'content');
SELECT revision, revises FROM schemaver.history();
SELECT again();

-- rows: kept where they belong, or elided by name
SELECT history();
SELECT schemaver.revision('rows', 'CREATE TABLE w AS SELECT * FROM t; DROP VIEW v; DROP TABLE t', id => 'a7');
SELECT schemaver.squash('base:head', 'kept', 's3');
SELECT up, down FROM schemaver.show('s3') \gx
SELECT revision FROM schemaver.upgrade();
SELECT * FROM w;
SELECT schemaver.stamp('{base}');
SELECT schemaver.remove('s3');
DROP TABLE w, u; DROP TYPE e;
SELECT history();
SET client_min_messages = notice;
SELECT schemaver.squash('base:head', 'elided', 's4', data => 'elide');
SELECT up, options FROM schemaver.show('s4') \gx
SELECT schemaver.squash('base:head', 'x', data => 'maybe');
:code
SELECT schemaver.remove('s4');

-- a new value of an enum type is used by what follows
SELECT up('a1', 'CREATE TYPE e AS ENUM (''p''); CREATE TABLE u (e e)');
SELECT up('a2', 'ALTER TYPE e ADD VALUE ''o'' BEFORE ''p''');
SELECT up('a3', 'INSERT INTO u VALUES (''o''); CREATE TABLE gone AS SELECT * FROM u; INSERT INTO u SELECT * FROM gone; DROP TABLE gone');
SELECT schemaver.squash('base:head', 'enum', 's5');
SELECT up FROM schemaver.show('s5');
SELECT revision FROM schemaver.upgrade();
SELECT * FROM u;
SELECT schemaver.stamp('{base}');
SELECT schemaver.remove('s5');
DROP TABLE u; DROP TYPE e;

-- what cannot be squashed
SELECT history();
SELECT schemaver.squash('a1', 'one', 's6');
:code
SELECT schemaver.revision('b', 'SELECT 1', id => 'b1', revises => '{a2}', splice => true);
SELECT schemaver.squash('a1:a4', 'middle has another child', 's6');
:code
SELECT schemaver.squash('base:heads', 'two ends', 's6');
:code
SELECT schemaver.squash('a1:a2', 'up to there', 's6');
SELECT revision, revises FROM schemaver.history() ORDER BY 1;
SELECT schemaver.merge(id => 'm1');
SELECT schemaver.squash('s6:m1', 'with a merge', 's7');
SELECT revision, revises, options FROM schemaver.history() JOIN schemaver.show('head') USING (revision, revises);
SELECT schemaver.remove('s7');
SELECT history();
SELECT count(*) FROM schemaver.upgrade('a2');
SELECT schemaver.squash('base:head', 'some are applied', 's8');
:code
SELECT revision FROM schemaver.current();
SELECT schemaver.squash('a3:head', 'none of them is', 's8', allow_data_loss => true);
SELECT up, down, revises FROM schemaver.show('s8') \gx
SELECT revision FROM schemaver.upgrade();
SELECT up('broken', 'CREATE TABLE nowhere.x ()'), up('after', 'SELECT 1');
SELECT schemaver.squash('broken:after', 'x', 's9');
:code
\c contrib_regression
DROP DATABASE regress_schemaver_squash;
