-- deploy() commits what stands before a step outside of the server, then says what to do; inside of a transaction nothing stays.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SELECT schemaver.revision('before', 'CREATE TABLE before ()', id => 'a1');
SELECT schemaver.revision('elsewhere', external => 'run bin/resize', id => 'a2');
SELECT schemaver.revision('after', 'CREATE TABLE after ()', id => 'a3');
BEGIN;
CALL schemaver.deploy(NULL);
ROLLBACK;
SELECT revision FROM schemaver.current();
CALL schemaver.deploy(NULL);
SELECT revision FROM schemaver.current();
CALL schemaver.deploy(NULL);
SELECT schemaver.done('a2');
SET client_min_messages = warning;
CALL schemaver.deploy(NULL);
SELECT revision FROM schemaver.current();
DROP EXTENSION schemaver;
DROP TABLE before, after;
