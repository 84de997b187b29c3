-- What psql or another program would replace is an error of the script with a HINT.
CREATE EXTENSION schemaver;
SELECT schemaver.revision('', E'INSERT INTO t VALUES (:\'var\')');
SELECT schemaver.revision('', 'INSERT INTO t VALUES (1, :var)');
SELECT schemaver.revision('', 'ALTER TABLE :"tab" ADD x int');
SELECT schemaver.revision('', 'SELECT ${x}');
SELECT schemaver.revision('', 'SELECT {{ x }}');
SELECT schemaver.revision('', 'SELECT %(x)s');
SELECT schemaver.revision('', E'SELECT 1 \\; SELECT 2');
SELECT schemaver.revision('', E'SELECT 1 \\g');
SELECT schemaver.revision('', E'SELECT 1 \\gset');
SELECT schemaver.revision('', E'\\if true');
-- none of them
SELECT schemaver.revision('', 'SELECT : 1');
SELECT schemaver.revision('', 'SELECT {');
SELECT schemaver.revision('slices', $$SELECT (ARRAY[1, 2])[1:2], 'a'::text, ':var', '${x}'$$, id => 's1');
-- diff() builds the wanted schema
BEGIN READ ONLY;
SELECT sql FROM schemaver.diff('CREATE TABLE x ()');
ROLLBACK;
DROP EXTENSION schemaver;
