-- revert_drift() writes managed rows again: in the order of foreign keys, behind the schema that it
-- puts back, and deletes only where it may.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SELECT schemaver.revision('t', 'CREATE TABLE land (code text PRIMARY KEY, name text NOT NULL); CREATE TABLE town (id int PRIMARY KEY, land text REFERENCES land, name text, seen int)', id => 'r1');
SELECT schemaver.managed_rows('town', 'id', $$(id, land, name) VALUES (1, 'DE', 'Berlin'), (2, 'FR', 'Paris')$$, delete => true);
SELECT schemaver.managed_rows('land', 'code', $$(code, name) VALUES ('DE', 'Germany'), ('FR', 'France')$$);
SELECT count(*) FROM schemaver.upgrade();
SELECT * FROM schemaver.revert_drift();

-- changed and missing ones
UPDATE town SET name = 'Lutetia', seen = 7 WHERE id = 2;
DELETE FROM town WHERE id = 1;
DELETE FROM land WHERE code = 'DE';
SELECT position, kind, identity, action, sql, hazard FROM schemaver.revert_drift(dry_run => true);
SELECT * FROM town ORDER BY id;
-- a table that is excluded or in another schema is left alone
SELECT kind, identity FROM schemaver.drift(options => '{"exclude": ["public.town"]}');
SELECT kind, identity FROM schemaver.revert_drift(dry_run => true, options => '{"exclude": ["table public.*"]}');
SELECT kind, identity FROM schemaver.revert_drift(dry_run => true, schemas => 'pg_catalog');
SELECT kind, identity, action FROM schemaver.revert_drift();
SELECT * FROM town ORDER BY id;
SELECT * FROM land ORDER BY code;
SELECT kind, identity FROM schemaver.drift();
SELECT direction, count(*) FROM schemaver.journal GROUP BY 1 ORDER BY 1;

-- rows that are not wanted
INSERT INTO town VALUES (3, 'FR', 'Nice');
UPDATE land SET name = 'x' WHERE code = 'FR';
SELECT * FROM schemaver.revert_drift();
SELECT name FROM land WHERE code = 'FR';
SELECT kind, identity, action, sql, hazard FROM schemaver.revert_drift(allow_data_loss => true);
SELECT id FROM town ORDER BY id;

-- with the schema: the column comes back before its values
ALTER TABLE town DROP COLUMN name;
SELECT kind, change FROM schemaver.drift();
SELECT kind, identity, action FROM schemaver.revert_drift();
SELECT id, land, name FROM town ORDER BY id;

ALTER TABLE town RENAME TO city;
UPDATE land SET name = 'x' WHERE code = 'FR';
SELECT kind, identity FROM schemaver.revert_drift();
SELECT kind, identity FROM schemaver.drift();

-- where a trigger is in the way it is an error, and nothing is done
CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN old; END';
CREATE TRIGGER no BEFORE UPDATE ON land FOR EACH ROW EXECUTE FUNCTION no();
UPDATE land SET name = 'y' WHERE code = 'FR';
SELECT schemaver.capture('trigger', 'c1');
DROP TRIGGER no ON land;
UPDATE land SET name = 'y' WHERE code = 'FR';
CREATE TRIGGER no BEFORE UPDATE ON land FOR EACH ROW EXECUTE FUNCTION no();
SELECT kind, change FROM schemaver.drift();
SELECT kind, identity FROM schemaver.revert_drift();
SELECT name FROM land WHERE code = 'FR';

-- so it is where rows cannot be compared
SELECT schemaver.revision('without', 'ALTER TABLE town DROP COLUMN name', id => 'r2');
SELECT count(*) FROM schemaver.upgrade(allow_data_loss => true);
SELECT kind, change, differs FROM schemaver.drift();
DROP TRIGGER no ON land;
SELECT schemaver.revert_drift(options => '{"exclude": ["trigger *"]}');
SELECT kind, identity FROM schemaver.revert_drift(options => '{"exclude": ["public.town", "trigger *"]}');
SELECT name FROM land WHERE code = 'FR';
DROP EXTENSION schemaver;
DROP TABLE town, land;
DROP FUNCTION no();
