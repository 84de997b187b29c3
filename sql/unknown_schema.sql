-- Is a schema that does not exist taken for an empty one?
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE SCHEMA known;
SELECT schemaver.snapshot('{known,unknown}') #>> '{objects,0,name}';
SELECT schemaver.fingerprint('{unknown}') = schemaver.fingerprint('{known}');
SELECT schemaver.baseline('all of it', schemas => '{unknown}');
SELECT count(*) FROM schemaver.history();
DROP SCHEMA known;
DROP EXTENSION schemaver;
