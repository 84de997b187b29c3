-- Does export() for Atlas write the atlas.sum that Atlas would, and is a wrong one seen?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
-- the sum of files (name, content), written anew in SQL
CREATE FUNCTION sum_of(files jsonb) RETURNS text LANGUAGE sql AS $$
WITH lines AS (
	SELECT name, encode(sha256(convert_to(string_agg(name || content, '') OVER (ORDER BY name COLLATE "C"), 'UTF8')), 'base64') AS hash
	FROM jsonb_each_text(files) f(name, content))
SELECT 'h1:' || encode(sha256(convert_to(string_agg(name || hash, '' ORDER BY name COLLATE "C"), 'UTF8')), 'base64') || E'\n' ||
	string_agg(name || ' h1:' || hash || E'\n', '' ORDER BY name COLLATE "C") FROM lines
$$;
CREATE FUNCTION load_all(files jsonb) RETURNS SETOF text LANGUAGE sql AS $$
SELECT l.file || ' ' || l.action FROM schemaver.load('folder', (SELECT string_agg(format(E'-- schemaver:file:%s %s\n%s\n', octet_length(content), name, content), '')
	FROM jsonb_each_text(files) f(name, content))) l ORDER BY 1
$$;
-- what stands in the folder of Atlas; the second file is changed when it is read
CREATE TEMP TABLE had AS SELECT jsonb_build_object('20260101000000_a.sql', E'CREATE TABLE ä (x int);\n',
	'20260102000000_b.sql', E'-- atlas:delimiter -- end\n\nCREATE TABLE b (x int)\n-- end\nCREATE TABLE c ()\n-- end\n') AS files;
SELECT load_all(files || jsonb_build_object('atlas.sum', sum_of(files))) FROM had;
SELECT count(*) FROM schemaver.upgrade();
SELECT schemaver.revision('two', 'ALTER TABLE b ADD y int', id => 'two', options => '{"transaction": false}');
CREATE TEMP TABLE written AS SELECT * FROM schemaver.export(':', 'atlas');
SELECT regexp_replace(name, '^\d+', 'N') AS name, CASE WHEN name LIKE '%.sql' THEN content END AS content FROM written ORDER BY 1;
CREATE TEMP TABLE folder AS SELECT files || (SELECT jsonb_object_agg(name, content) FROM written WHERE name <> 'atlas.sum') AS files FROM had;
SELECT content = sum_of(files) AS agrees FROM written, folder WHERE name = 'atlas.sum';
-- the whole folder is read again
DROP EXTENSION schemaver;
CREATE EXTENSION schemaver;
SELECT regexp_replace(load_all(files || (SELECT jsonb_build_object(name, content) FROM written WHERE name = 'atlas.sum')), '\d+_two', 'N_two') FROM folder;
DROP EXTENSION schemaver;
CREATE EXTENSION schemaver;
-- without any file of Atlas
SELECT schemaver.revision('one', 'CREATE TABLE one ()', id => 'one');
SELECT (SELECT content FROM schemaver.export(':', 'atlas') WHERE name = 'atlas.sum') = sum_of(jsonb_object_agg(name, content)) AS agrees
FROM schemaver.export(':', 'atlas') WHERE name <> 'atlas.sum';
-- what is not known has no hash
SELECT count(*) FROM schemaver.load('x', E'-- schemaver:file 00001_a.sql\n-- +goose Up\nSELECT 1;\n-- schemaver:file 00002_a.sql\n-- +goose Up\nSELECT 1;\n');
SELECT regexp_replace(name, '^\d+', 'N') FROM schemaver.export(':', 'atlas');
DROP EXTENSION schemaver;
CREATE EXTENSION schemaver;
-- a line that is wrong, the first one, too; in a folder of the folder
\set VERBOSITY terse
SELECT load_all(files || jsonb_build_object('atlas.sum', replace(sum_of(files), 'h1:', 'h1:x'))) FROM had;
SELECT load_all(files || jsonb_build_object('atlas.sum', 'h1:' || encode(sha256(''), 'base64') || E'\n' || substr(sum_of(files), strpos(sum_of(files), E'\n') + 1))) FROM had;
SELECT load_all(files || jsonb_build_object('atlas.sum', sum_of(files) || E'<<<<<<< HEAD\n')) FROM had;
SELECT load_all(jsonb_build_object('db/1_a.sql', 'SELECT 2;', 'db/atlas.sum', sum_of('{"1_a.sql": "SELECT 1;"}')));
SELECT load_all(jsonb_build_object('db/1_a.sql', 'SELECT 1;', 'db/2_b.sql', 'SELECT 2;', 'db/atlas.sum', sum_of('{"1_a.sql": "SELECT 1;"}')));
SELECT load_all(jsonb_build_object('db/1_a.sql', 'SELECT 1;', 'db/atlas.sum', sum_of('{"1_a.sql": "SELECT 1;"}')));
DROP FUNCTION load_all;
DROP FUNCTION sum_of;
DROP TABLE "ä", b, c;
DROP EXTENSION schemaver;
