-- A baseline installs an extension in whatever version the server has; a schema whose name says VERSION stays whole
CREATE EXTENSION schemaver;
CREATE SCHEMA "a VERSION b";
CREATE EXTENSION citext SCHEMA "a VERSION b";
SELECT schemaver.baseline('base') IS NOT NULL AS made;
SELECT line FROM schemaver.show('head') r, regexp_split_to_table(r.up, E'\n') line WHERE line LIKE 'CREATE EXTENSION%';
DROP EXTENSION schemaver CASCADE;
DROP SCHEMA "a VERSION b" CASCADE;
