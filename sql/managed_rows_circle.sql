-- Managed rows of tables that point to each other in a circle, or to themselves.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE TABLE team (id int PRIMARY KEY, name text, lead int);
CREATE TABLE person (id int PRIMARY KEY, team int REFERENCES team, boss int REFERENCES person, name text DEFAULT 'nobody');
ALTER TABLE team ADD FOREIGN KEY (lead) REFERENCES person;
SELECT schemaver.managed_rows('team', 'id', $$VALUES (1, 'a', 10), (2, 'b', 21)$$);
SELECT schemaver.managed_rows('person', 'id', $$VALUES (11, 1, 10, DEFAULT), (10, 1, NULL, 'ann'), (21, 2, 11, 'bob')$$);
SELECT revision, message FROM schemaver.upgrade();
SELECT * FROM team ORDER BY id;
SELECT * FROM person ORDER BY id;
SELECT kind FROM schemaver.drift();
SELECT count(*) FROM schemaver.upgrade();

-- a row that is changed points to one that is new
SELECT schemaver.managed_rows('person', 'id', $$VALUES (11, 1, 30, DEFAULT), (10, 1, NULL, 'ann'), (21, 2, 11, 'bob'), (30, 3, 11, 'eve')$$);
SELECT schemaver.managed_rows('team', 'id', $$VALUES (1, 'a', 30), (2, 'b', 21), (3, 'c', 30)$$);
SELECT revision, message FROM schemaver.plan();
SELECT revision, message FROM schemaver.upgrade();
SELECT * FROM team ORDER BY id;
SELECT * FROM person ORDER BY id;

-- what others changed stays, what is gone comes back whole
UPDATE team SET lead = 10 WHERE id = 2;
ALTER TABLE team DROP CONSTRAINT team_lead_fkey;
UPDATE person SET team = 1 WHERE id = 30;
UPDATE person SET boss = NULL WHERE id = 11;
DELETE FROM team WHERE id = 3;
DELETE FROM person WHERE id = 30;
ALTER TABLE team ADD FOREIGN KEY (lead) REFERENCES person NOT VALID;
SELECT schemaver.managed_rows('team', 'id', $$VALUES (1, 'a', 30), (2, 'b', 21), (3, 'C', 30)$$);
SELECT schemaver.managed_rows('person', 'id', $$VALUES (11, 1, 30, DEFAULT), (10, 1, NULL, 'ann'), (21, 2, 11, 'bob'), (30, 3, 11, 'Eve')$$);
SELECT revision, message FROM schemaver.upgrade();
SELECT * FROM team ORDER BY id;
SELECT * FROM person ORDER BY id;
SELECT action, sql FROM schemaver.revert_drift();
SELECT kind FROM schemaver.drift();

-- it cannot be done where the columns must not be null
CREATE TABLE x (id int PRIMARY KEY, y int NOT NULL);
CREATE TABLE y (id int PRIMARY KEY, x int NOT NULL REFERENCES x);
ALTER TABLE x ADD FOREIGN KEY (y) REFERENCES y;
SELECT schemaver.managed_rows('x', 'id', $$VALUES (1, 1)$$);
SELECT schemaver.managed_rows('y', 'id', $$VALUES (1, 1)$$);
SELECT revision, message FROM schemaver.upgrade();
-- but where one of the keys is deferred
ALTER TABLE x DROP CONSTRAINT x_y_fkey;
ALTER TABLE x ADD FOREIGN KEY (y) REFERENCES y INITIALLY DEFERRED;
SELECT revision, message FROM schemaver.upgrade();
SELECT count(*) FROM x, y;
DROP EXTENSION schemaver;
DROP TABLE team, person, x, y;
