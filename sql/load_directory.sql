-- What does load_directory() read, and what does it refuse?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'

-- a folder of the server, below its data directory, because its path is the same everywhere
SELECT current_setting('data_directory') || '/schemaver_test' AS dir \gset
\set VERBOSITY terse
CREATE FUNCTION pg_temp.sh(command text) RETURNS void LANGUAGE plpgsql AS
$$BEGIN EXECUTE format('COPY (SELECT 1 WHERE false) TO PROGRAM %L', 'cd "' || current_setting('data_directory') || '" && ' || command); END$$;
CREATE FUNCTION pg_temp.error_of(command text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE command;
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	RETURN format('%s %s', sqlstate, replace(sqlerrm, current_setting('data_directory'), 'DATA'));
END$$;

SELECT pg_temp.sh('rm -rf schemaver_test && mkdir -p schemaver_test/sub/.git schemaver_test/0002_two');
SELECT pg_temp.sh($$cd schemaver_test && printf 'CREATE TABLE t1 (x int);' > 0001_one.up.sql && printf 'DROP TABLE t1;' > 0001_one.down.sql$$);
SELECT pg_temp.sh($$cd schemaver_test && printf 'CREATE TABLE t2 (x int);' > 0002_two/up.sql && printf 'DROP TABLE t2;' > 0002_two/down.sql$$);
SELECT pg_temp.sh($$cd schemaver_test && printf -- '-- schemaver:revision n1\n-- schemaver:revises 0002\n-- schemaver:up\nCREATE TABLE t3 (x int);\n' > sub/n1.sql && printf 'junk' > README.md && printf 'junk' > .hidden.sql && printf junk > sub/.git/x.sql$$);

SELECT * FROM schemaver.load_directory(:'dir');
SELECT * FROM schemaver.load_directory(:'dir');
SELECT revision, revises, message FROM schemaver.history();
SELECT pg_temp.sh($$printf 'DROP TABLE IF EXISTS t1;' > schemaver_test/0001_one.down.sql$$);
SELECT * FROM schemaver.load_directory(:'dir' || '/');
SELECT revision FROM schemaver.upgrade();

-- one file is bad: nothing of the folder is registered
CREATE FUNCTION pg_temp.try(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	PERFORM pg_temp.sh('cd schemaver_test && printf "SELECT 1;" > 0003_good.up.sql && ' || command);
	result := pg_temp.error_of(format('SELECT * FROM schemaver.load_directory(%L)', current_setting('data_directory') || '/schemaver_test'));
	PERFORM pg_temp.sh('cd schemaver_test && rm -rf 0003* 0004* 0005* ????_again*');
	RETURN result;
END$$;
SELECT name, pg_temp.try(format('printf %s > 0004_bad.up.sql', content)) FROM (VALUES
	('syntax error', $$'SELEC 1;'$$),
	('zero byte', $$'SELECT 1\0;'$$),
	('UTF-16', $$'\377\376S\0E\0'$$),
	('UTF-16 big endian', $$'\376\377\0S'$$),
	('UTF-16 without mark', $$'S\0E\0'$$),
	('Latin-1', $$'SELECT \047\374\047;'$$),
	('binary', $$'\001\002\003\004\005\377'$$)) AS v (name, content);
SELECT pg_temp.try('printf x > 0004_no_format.sql');
SELECT pg_temp.try('printf "SELEC 1;" > 0001_again.up.sql');
SELECT pg_temp.try('printf x > "$(printf ''0004_\377.up.sql'')"');
SELECT pg_temp.try('mkdir "$(printf ''0004_\377'')"');
SELECT pg_temp.try('truncate -s 50M 0004_huge.up.sql');
SELECT revision FROM schemaver.heads();

-- names beyond ASCII are good; a byte order mark is no text
SELECT pg_temp.try($$printf '\357\273\277SELECT 1;' > 0005_über.up.sql$$);
SELECT revision, message, up, file FROM schemaver.show('0005');

-- unreadable file, folder that does not exist, no folder, relative path, folders within folders without end
SELECT pg_temp.sh('rm -rf schemaver_test/* && printf x > schemaver_test/x.up.sql && chmod 0 schemaver_test/x.up.sql');
SELECT pg_temp.error_of(format('SELECT schemaver.load_directory(%L)', :'dir'));
SELECT pg_temp.error_of(format('SELECT schemaver.load_directory(%L)', :'dir' || '/nowhere'));
SELECT pg_temp.error_of(format('SELECT schemaver.load_directory(%L)', :'dir' || '/x.up.sql'));
SELECT pg_temp.error_of('SELECT schemaver.load_directory(''migrations'')');
SELECT pg_temp.error_of('SELECT schemaver.load_directory('''')');
SELECT pg_temp.error_of('SELECT schemaver.load_directory(NULL)');
SELECT pg_temp.sh('rm -rf schemaver_test/* && ln -s . schemaver_test/loop');
SELECT regexp_replace(pg_temp.error_of(format('SELECT schemaver.load_directory(%L)', :'dir')), '(/loop)+', '/loop...');
-- an empty folder has no revisions
SELECT pg_temp.sh('rm -rf schemaver_test/*');
SELECT * FROM schemaver.load_directory(:'dir');

-- only who may read files of the server
\set VERBOSITY default
CREATE ROLE regress_schemaver_loader;
GRANT EXECUTE ON FUNCTION schemaver.load_directory TO regress_schemaver_loader;
SET ROLE regress_schemaver_loader;
SELECT schemaver.load_directory('/');
:code
RESET ROLE;
GRANT pg_read_server_files TO regress_schemaver_loader;
SET ROLE regress_schemaver_loader;
SELECT * FROM schemaver.load_directory(:'dir');
RESET ROLE;

SELECT pg_temp.sh('rm -rf schemaver_test');
DROP EXTENSION schemaver;
DROP ROLE regress_schemaver_loader;
DROP TABLE t1, t2, t3;
