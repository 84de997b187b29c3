-- Does each error about what a file says name the file?
CREATE EXTENSION schemaver;
\set VERBOSITY default
SELECT revision FROM schemaver.load('folder', '-- schemaver:file a.sql
-- schemaver:revision a b
-- schemaver:up
');
SELECT revision FROM schemaver.load('folder', '-- schemaver:file x/a.sql
-- schemaver:revision a
-- schemaver:up
-- schemaver:file x/b.sql
-- schemaver:revision b
-- schemaver:options {"x": 1}
-- schemaver:up
');
SELECT revision FROM schemaver.load('folder', '-- schemaver:file a.sql
-- schemaver:revision a
-- schemaver:options {"x"
-- schemaver:up
');
SELECT revision FROM schemaver.load('folder', '-- schemaver:file a.sql
-- schemaver:revision a
-- schemaver:revises nowhere
-- schemaver:up
');
SELECT revision FROM schemaver.load('folder', '-- schemaver:file a.sql
--liquibase formatted sql
--changeset ann:1 context:"a and ("
SELECT 1;
');
DROP EXTENSION schemaver;
