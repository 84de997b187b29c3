-- An extension that cannot be moved is wanted in another schema: made anew where nothing uses it and its loss is allowed, else a clear error?
\set VERBOSITY default
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET client_min_messages = warning;
CREATE SCHEMA ext;
CREATE EXTENSION seg;
UPDATE pg_extension SET extrelocatable = false WHERE extname = 'seg';
SELECT schemaver.baseline('b', id => 'b001');
SELECT schemaver.autogenerate('move', 'CREATE SCHEMA ext; CREATE EXTENSION seg SCHEMA ext');
SELECT schemaver.autogenerate('move', 'CREATE SCHEMA ext; CREATE EXTENSION seg SCHEMA ext', id => 'm001', allow_data_loss => true);
SELECT up FROM schemaver.show('m001');
SELECT schemaver.remove('m001');
CREATE FUNCTION uses(seg) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TABLE holds (s seg);
SELECT schemaver.autogenerate('move', 'CREATE SCHEMA ext; CREATE EXTENSION seg SCHEMA ext; CREATE TABLE holds (s ext.seg);
    CREATE FUNCTION uses(ext.seg) RETURNS int LANGUAGE sql AS ''SELECT 1''', allow_data_loss => true, accept_drift => true);

DROP EXTENSION schemaver;
DROP TABLE holds;
DROP EXTENSION seg CASCADE;
DROP SCHEMA ext;
