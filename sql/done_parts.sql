-- What an interrupted online run has done of a revision cannot be changed: by edit() or load(), up or down.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set SHOW_CONTEXT never
CREATE TABLE twice (k int);
INSERT INTO twice VALUES (1), (1);
SELECT schemaver.revision('half', 'CREATE TABLE one (a int); CREATE UNIQUE INDEX CONCURRENTLY twice_k ON twice (k)', id => 'i1');
CALL schemaver.online_upgrade();
SELECT revision, statement, state, next_call FROM schemaver.progress;
SELECT schemaver.edit('i1', 'CREATE TABLE two (a int); CREATE INDEX CONCURRENTLY twice_k ON twice (k)');
SELECT schemaver.edit('i1', '');
SELECT revision, action, finding FROM schemaver.load('i1.sql', E'-- schemaver:revision i1\n-- schemaver:message half\n-- schemaver:up\nSELECT 1;\n');
SELECT schemaver.edit('i1', message => 'all of it', down => 'DROP INDEX twice_k; DROP TABLE one');
SELECT schemaver.edit('i1', 'CREATE TABLE one (a int); CREATE INDEX CONCURRENTLY twice_k ON twice (k)');
-- the command of the HINT works
SELECT schemaver.check();
CALL schemaver.online_upgrade('i1');
SELECT schemaver.check(drift => true);
SELECT message FROM schemaver.history();
DROP EXTENSION schemaver;
DROP TABLE twice, one;
