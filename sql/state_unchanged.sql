-- A step that changes nothing of the schema has the state of the step before it.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SELECT schemaver.revision('a table', 'CREATE TABLE a (i int)', id => 'a1') \g /dev/null
SELECT schemaver.revision('a row', 'INSERT INTO a VALUES (1)', id => 'a2') \g /dev/null
SELECT schemaver.revision('another table', 'CREATE TABLE b (i int)', id => 'a3') \g /dev/null
SELECT schemaver.revision('another row', 'INSERT INTO b VALUES (1)', id => 'a4') \g /dev/null

-- also in the run that keeps the first state
SELECT count(*) FROM schemaver.upgrade();
SELECT revision, dense_rank() OVER (ORDER BY state) AS state FROM schemaver.step ORDER BY position;
SELECT identity FROM schemaver.drift();

-- and in a later one
SELECT count(*) FROM schemaver.downgrade('a1', allow_data_loss => true);
SELECT revision, direction, dense_rank() OVER (ORDER BY state) AS state FROM schemaver.step ORDER BY run, position;
SELECT identity FROM schemaver.drift();
DROP EXTENSION schemaver;
DROP TABLE a;
