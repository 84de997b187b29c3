-- Which scripts are refused when they are registered, and what does the message say?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'

-- the server's syntax errors, with line and column; nothing is registered
SELECT schemaver.revision('m', E'CREATE TABLE a (x int);\n\nCREATE TABLE b (\n  x int,,\n  y int);', id => 'r1');
:code
SELECT schemaver.revision('m', '', 'DROP TABEL a', id => 'r1');
:code
SELECT schemaver.revision('m', '', verify => 'SELECT 1 +', id => 'r1');
:code
SELECT schemaver.revision('m', E'SELECT ''ü'';\nSELECT ''not closed', id => 'r1');
SELECT schemaver.revision('m', 'SELECT $x$ not closed', id => 'r1');
SELECT schemaver.revision('m', 'SELECT 1 /* not closed', id => 'r1');
SELECT schemaver.revision('m', 'SELECT "not closed', id => 'r1');
SELECT schemaver.revision('m', 'CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END; SELEC 1', id => 'r1');

-- what cannot work in one transaction of the server
SELECT schemaver.revision('m', E'CREATE TABLE a (x int);\n\\i other.sql', id => 'r1');
:code
SELECT schemaver.revision('m', '\copy a FROM a.csv', id => 'r1');
SELECT schemaver.revision('m', 'SELECT 1 \gexec', id => 'r1');
SELECT schemaver.revision('m', 'SELECT 1; COMMIT AND CHAIN; SELECT 2', id => 'r1');
SELECT schemaver.revision('m', 'SELECT 1; ROLLBACK', id => 'r1');
SELECT schemaver.revision('m', 'BEGIN; SELECT 1', id => 'r1');
SELECT schemaver.revision('m', 'BEGIN; BEGIN; COMMIT; COMMIT', id => 'r1');
SELECT schemaver.revision('m', 'BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 1; COMMIT', id => 'r1');
SELECT schemaver.revision('m', 'SAVEPOINT s; SELECT 1; RELEASE s', id => 'r1');
SELECT schemaver.revision('m', $$PREPARE TRANSACTION 'x'$$, id => 'r1');
SELECT schemaver.revision('m', E'SELECT 1;\nSET LOCAL "standard_conforming_strings" TO off; SELECT ''a\\''; b''', id => 'r1');
:code
SELECT schemaver.revision('m', 'SET standard_conforming_strings TO DEFAULT', id => 'r1');
SELECT schemaver.revision('m', 'COPY (SELECT 1) TO STDOUT', id => 'r1');
SELECT schemaver.revision('m', '', verify => 'VACUUM', id => 'r1');
:code
SELECT count(*) FROM schemaver.history();

-- too large
SET schemaver.max_script_size = '1kB';
SELECT schemaver.revision('m', repeat('SELECT 1;', 300), id => 'r1');
:code
SELECT schemaver.revision('m', '', repeat('SELECT 1;', 300), id => 'r1');
SELECT schemaver.revision('m', '', verify => repeat('SELECT 1;', 300), id => 'r1');
RESET schemaver.max_script_size;

-- options
SELECT schemaver.revision('m', '', id => 'r1', options => '[]');
:code
SELECT schemaver.revision('m', '', id => 'r1', options => '"x"');
SELECT schemaver.revision('m', '', id => 'r1', options => '{"irreversable": "typing error"}');
:code
SELECT schemaver.revision('m', '', id => 'r1', options => '{"irreversible": 1}');
:code
SELECT schemaver.revision('m', '', id => 'r1', options => '{"irreversible": ["a"]}');
SELECT schemaver.revision('m', '', '', id => 'r1', options => '{"irreversible": true}');
:code

-- odd, but good: all of it runs
SELECT schemaver.revision('nothing', '', '', id => 'g1'),
	schemaver.revision('blank', E' \n\t;;\n', id => 'g2'),
	schemaver.revision('comments only', E'-- a\n/* b /* nested */ */', id => 'g3'),
	schemaver.revision('outer block', E'BEGIN;\nCREATE TABLE g4 (x int);\nCOMMIT;', id => 'g4'),
	schemaver.revision('outer block', E'start transaction; CREATE TABLE g5 (x int); END', id => 'g5'),
	schemaver.revision('CRLF', E'CREATE TABLE g6 (x int);\r\nCREATE TABLE g6b (x int);\r\n', id => 'g6'),
	schemaver.revision('no last semicolon', 'SELECT 1; CREATE TABLE g7 (x int)', id => 'g7'),
	schemaver.revision('dollar quotes', 'DO $a$ BEGIN EXECUTE $b$CREATE TABLE g8 (x int); COMMENT ON TABLE g8 IS '';''$b$; END $a$', id => 'g8'),
	schemaver.revision('body', 'CREATE FUNCTION g9() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 9; END; SELECT g9()', id => 'g9'),
	schemaver.revision('procedure', $$CREATE PROCEDURE g10() LANGUAGE plpgsql AS 'BEGIN COMMIT; END'$$, id => 'g10'),
	schemaver.revision('restrict', E'\\restrict abc\nCREATE TABLE g11 (x int);\n\\echo done\n\\timing\n\\unrestrict abc\n', id => 'g11'),
	schemaver.revision('strings', E'SET standard_conforming_strings = on; CREATE TABLE g12 AS SELECT ''a\\'' AS x, E''\\''; b'' AS y; RESET standard_conforming_strings', id => 'g12');
-- they run as they were read, whatever the session has
SET standard_conforming_strings = off;
SELECT revision, statements FROM schemaver.upgrade();
RESET standard_conforming_strings;
SELECT to_regclass('g4'), to_regclass('g5'), to_regclass('g6b'), to_regclass('g7'), obj_description('g8'::regclass), g9(), to_regclass('g11');
SELECT * FROM g12;

DROP EXTENSION schemaver;
DROP TABLE g4, g5, g6, g6b, g7, g8, g11, g12;
DROP FUNCTION g9;
DROP PROCEDURE g10;
