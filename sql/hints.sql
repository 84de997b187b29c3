-- Do errors that come of the size of a transaction say what to do?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE TABLE par (id int PRIMARY KEY);
INSERT INTO par VALUES (1), (2);
CREATE TABLE chi (id int PRIMARY KEY, par_id int REFERENCES par DEFERRABLE INITIALLY DEFERRED, n text);
INSERT INTO chi VALUES (1, 1, NULL), (2, 2, 'x');
SELECT schemaver.revision('n', $$UPDATE chi SET par_id = 2, n = coalesce(n, '');
ALTER TABLE chi ALTER COLUMN n SET NOT NULL;$$, id => 'h1');
SELECT revision FROM schemaver.upgrade();
CALL schemaver.online_upgrade();
SELECT revision FROM schemaver.current();
SELECT schemaver.revision('commits', 'DO $$ BEGIN COMMIT; END $$;', id => 'h2');
SELECT revision FROM schemaver.upgrade();
DROP TABLE chi, par;
DROP EXTENSION schemaver;
DROP SCHEMA schemaver;
