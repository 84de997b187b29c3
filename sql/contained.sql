-- A baseline in front of files: which of them does it contain?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET client_min_messages = warning;
\set VERBOSITY terse
CREATE FUNCTION files(first int, last int) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(format(E'-- schemaver:file m/%s_t%s.sql\nCREATE TABLE t%s (x int);\n', lpad(i::text, 4, '0'), i, i), '') FROM generate_series(first, last) i $$;

-- without a baseline
SELECT * FROM schemaver.load('m', files(1, 4), contained => '0002');

CREATE TABLE t1 (x int);
CREATE TABLE t2 (x int);
SELECT schemaver.baseline('base', id => 'b0') IS NOT NULL AS done;
SELECT * FROM schemaver.load('m', files(1, 4), contained => '0009');
SELECT * FROM schemaver.load('m', files(1, 4), contained => '0002', validate => true);
SELECT * FROM schemaver.load('m', files(1, 4), contained => '0002');
SELECT revision, revises FROM schemaver.revision ORDER BY 1;
-- again, with the argument and without, and one more file
SELECT revision, action FROM schemaver.load('m', files(1, 4), contained => '0002');
SELECT revision, action FROM schemaver.load('m', files(1, 5));
SELECT revision FROM schemaver.upgrade();
-- what is registered or squashed is no part of the baseline
SELECT revision, action FROM schemaver.load('m', files(1, 5), contained => '0003');
SELECT schemaver.squash('0003:0004', 'squashed', 's1');
SELECT revision, action FROM schemaver.load('m', files(1, 5), contained => '0004');
SELECT revision, (schemaver.resolve(revision)).revision AS means FROM unnest('{0001,0002,0003,0004,0005}'::text[]) revision;

-- by what the files need, not by their order; a second branch is none of it
DROP EXTENSION schemaver;
CREATE EXTENSION schemaver;
SELECT schemaver.baseline('base', id => 'b0') IS NOT NULL AS done;
CREATE FUNCTION native(VARIADIC ids text[]) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(format(E'-- schemaver:revision %s\n-- schemaver:revises %s\n-- schemaver:up\nSELECT 1;\n', substr(i, 1, 1), substr(i, 2)), '' ORDER BY n) FROM unnest(ids) WITH ORDINALITY x(i, n) $$;
SELECT revision, action FROM schemaver.load('n.sql', native('dc', 'cb', 'xa', 'a', 'ba'), contained => 'b');
SELECT revision, revises FROM schemaver.revision ORDER BY 1;

-- with a source; what is repeated is no part of it
DROP EXTENSION schemaver;
CREATE EXTENSION schemaver;
SELECT schemaver.baseline('base', id => 'b0') IS NOT NULL AS done;
SELECT revision, action FROM schemaver.load('m', E'-- schemaver:file R__view.sql\nCREATE OR REPLACE VIEW v AS SELECT 1 AS x;\n-- schemaver:file V1__a.sql\nCREATE TABLE f1 ();\n-- schemaver:file V2__b.sql\nCREATE TABLE f2 ();\n', source => 'shop', contained => '1');
SELECT revision FROM schemaver.stamp('{b0}');
SELECT revision FROM schemaver.upgrade();
SELECT to_regclass('f1'), to_regclass('f2'), to_regclass('v');

DROP EXTENSION schemaver;
DROP VIEW v;
DROP TABLE t1, t2, t3, t4, t5, f2;
DROP FUNCTION files, native;
