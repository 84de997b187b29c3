-- Is deploy() the one call of a release?
CREATE EXTENSION schemaver;
\set SHOW_CONTEXT never
\set code '\\echo :SQLSTATE'
\set v1 '-- schemaver:file 001.sql\n-- schemaver:revision a001\n-- schemaver:message one\n-- schemaver:up\nCREATE TABLE one (i int);\n'
\set v2 :v1 '-- schemaver:file 002.sql\n-- schemaver:revision a002\n-- schemaver:revises a001\n-- schemaver:up\nCREATE INDEX CONCURRENTLY one_i ON one (i);\n'
\set v3 :v2 '-- schemaver:file 003.sql\n-- schemaver:revision a003\n-- schemaver:revises a002\n-- schemaver:up\nCREATE TABLE three (i int);\n'
-- times are not the same twice
CREATE FUNCTION pg_temp.applied() RETURNS text LANGUAGE sql AS $$SELECT string_agg(revision, ' ' ORDER BY rank) FROM schemaver.applied$$;
SET schemaver.progress = off;
-- tried, done, and nothing to do
CALL schemaver.deploy(E:'v1', dry_run => true);
SELECT count(*) FROM schemaver.revision;
CALL schemaver.deploy(E:'v1');
SELECT pg_temp.applied(), command, target, note FROM schemaver.run;
CALL schemaver.deploy(E:'v1', note => 'again');
SELECT count(*) FROM schemaver.run;
-- what needs commits: not in a transaction block, where nothing stays
INSERT INTO one VALUES (1);
BEGIN;
CALL schemaver.deploy(E:'v3');
:code
ROLLBACK;
SELECT count(*), pg_temp.applied() FROM schemaver.revision;
DO $$BEGIN CALL schemaver.deploy(E'-- schemaver:file 001.sql\n-- schemaver:revision a001\n-- schemaver:up\nCREATE TABLE one (i int);\n-- schemaver:file 4.sql\n-- schemaver:revision a004\n-- schemaver:revises a001\n-- schemaver:up\nVACUUM one'); END$$;
:code
CALL schemaver.deploy(E:'v3', dry_run => true);
SELECT count(*), pg_temp.applied() FROM schemaver.revision;
CALL schemaver.deploy(E:'v3', note => 'release 3');
SELECT pg_temp.applied();
SELECT command, target, note, outcome FROM schemaver.run ORDER BY run;
SELECT revision, file FROM schemaver.loaded ORDER BY 1;
-- a transaction block is enough for what one transaction can do
\set v4 :v3 '-- schemaver:file 004.sql\n-- schemaver:revision a004\n-- schemaver:revises a003\n-- schemaver:up\nCREATE TABLE four (i int);\n'
BEGIN;
CALL schemaver.deploy(E:'v4');
SELECT pg_temp.applied();
ROLLBACK;
SELECT count(*), pg_temp.applied() FROM schemaver.revision;
-- an error undoes the load, too
\set bad :v4 '-- schemaver:file 005.sql\n-- schemaver:revision a005\n-- schemaver:revises a004\n-- schemaver:up\nCREATE TABLE one (i int);\n'
CALL schemaver.deploy(E:'bad');
SELECT count(*), pg_temp.applied() FROM schemaver.revision;
-- each fault of the files is told
\set bad :v4 '-- schemaver:file 005.sql\n-- schemaver:revision a005\n-- schemaver:revises a004\n-- schemaver:up\nCREATE TABEL x (i int);\n-- schemaver:file 006.sql\n-- schemaver:revision a006\n-- schemaver:revises a004\n-- schemaver:up\nSELECT (;\n'
CALL schemaver.deploy(E:'bad');
:code
CALL schemaver.deploy(E'-- schemaver:file 001.sql\n-- schemaver:revision a001\n-- schemaver:message one\n-- schemaver:up\nCREATE TABLE other (i int);\n');
:code
-- no files, no names, no revision
CALL schemaver.deploy('');
CALL schemaver.deploy(E'CREATE TABLE x (i int);\n');
CALL schemaver.deploy(E'-- schemaver:file README.md\nThese are our migrations.\n');
CALL schemaver.deploy('/nonexistent/folder');
CALL schemaver.deploy(NULL);
-- what was withdrawn does not run
CALL schemaver.deploy(E:'v4', target => 'a003');
SELECT count(*), pg_temp.applied() FROM schemaver.revision;
CALL schemaver.deploy(E:'v3');
:code
CALL schemaver.deploy(E:'v3', target => 'a003');
CALL schemaver.deploy(E:'v3', prune => true);
SELECT count(*), pg_temp.applied() FROM schemaver.revision;
-- an older release finds nothing to do
CALL schemaver.deploy(E:'v1');
-- targets, sources, formats
CALL schemaver.deploy(E:'v4', 1);
SELECT pg_temp.applied();
CALL schemaver.deploy(E'-- schemaver:file V1__x.sql\nCREATE TABLE flown (i int);\n', source => 'billing', format => 'flyway', target => 'billing/1');
SELECT pg_temp.applied();
CALL schemaver.deploy(E:'v4', variables => '[]');
CALL schemaver.deploy(E:'v4', 'nowhere');
:code
-- it continues what was interrupted
\set v5 :v4 '-- schemaver:file 005.sql\n-- schemaver:revision a005\n-- schemaver:revises a004\n-- schemaver:up\nCREATE TABLE five (i int);INSERT INTO five VALUES (1), (1); VACUUM five; CREATE UNIQUE INDEX CONCURRENTLY five_i ON five (i);\n'
\set VERBOSITY sqlstate
CALL schemaver.deploy(E:'v5', 'a005');
\set VERBOSITY default
DELETE FROM five;
BEGIN;
CALL schemaver.deploy(E:'v5', 'a005');
:code
ROLLBACK;
CALL schemaver.deploy(E:'v5', 'a005');
SELECT pg_temp.applied();
SELECT indisvalid FROM pg_index WHERE indexrelid = 'five_i'::regclass;
-- what the plan took for plain and is not: a table that the path hides
CREATE SCHEMA s;
CREATE TABLE s.hidden AS SELECT 1 AS i;
\set v6 :v5 '-- schemaver:file 006.sql\n-- schemaver:revision a006\n-- schemaver:revises a005\n-- schemaver:up\nCREATE TABLE six (i int); SET search_path = s; CREATE INDEX CONCURRENTLY hidden_i ON hidden (i);\n'
CALL schemaver.deploy(E:'v6', 'a006');
SELECT pg_temp.applied();
SELECT command, outcome FROM schemaver.run ORDER BY run DESC LIMIT 1;
CREATE ROLE regress_schemaver_nobody;
SET ROLE regress_schemaver_nobody;
CALL schemaver.deploy(NULL);
RESET ROLE;
DROP ROLE regress_schemaver_nobody;
DROP EXTENSION schemaver;
DROP SCHEMA s CASCADE;
DROP TABLE one, three, four, five, six, flown;
