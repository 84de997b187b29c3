-- A row type gets an attribute back: are arrays of its rows converted element by element?
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE TYPE ty AS (a int, b text, c int);
CREATE TABLE stays (y ty[]);
CREATE TABLE copied (k int, y ty[], "Z z" ty[], w ty);
INSERT INTO stays VALUES (ARRAY[ROW(1, 'b', 3)::ty, NULL]), (NULL), ('{}'), (ARRAY[[ROW(1, 'b', 3)::ty], [ROW(2, 'b', 3)::ty]]);
INSERT INTO copied SELECT 1, y, y, y[1] FROM stays;
SELECT schemaver.revision('m', 'ALTER TYPE ty DROP ATTRIBUTE b; ALTER TABLE copied DROP COLUMN k', id => 'm1');
SELECT revision FROM schemaver.upgrade();
SELECT revision FROM schemaver.downgrade(allow_data_loss => true);
TABLE stays;
TABLE copied;
SELECT kind, identity, differs FROM schemaver.drift();
SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typrelid <> 0 ORDER BY 1;
DROP TABLE stays, copied;
DROP TYPE ty;
DROP EXTENSION schemaver;
