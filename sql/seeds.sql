-- Seeds run behind all else, when they have changed or always, and no downgrade
-- takes back what they did.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SELECT schemaver.seed('countries', 'INSERT INTO country SELECT * FROM wanted ON CONFLICT (code) DO UPDATE SET name = excluded.name');
SELECT schemaver.repeatable('wanted', 'CREATE OR REPLACE VIEW wanted AS SELECT ''de'' AS code, ''Germany'' AS name');
SELECT schemaver.seed('clock', 'UPDATE country SET seen = coalesce(seen, 0) + 1', run => 'always');
SELECT revision, message FROM schemaver.upgrade();
SELECT schemaver.revision('country', 'CREATE TABLE country (code text PRIMARY KEY, name text, seen int)', id => 'r1');
SELECT revision, message FROM schemaver.upgrade();
SELECT revision, message, state FROM schemaver.status(true);
SELECT schemaver.seed('countries', 'INSERT INTO country VALUES (''de'', ''Deutschland''), (''fr'', ''France'') ON CONFLICT (code) DO UPDATE SET name = excluded.name');
SELECT revision, message FROM schemaver.upgrade();
SELECT * FROM country ORDER BY code;
SELECT schemaver.revision('more', 'ALTER TABLE country ADD COLUMN more int', id => 'r2');
SELECT revision, message FROM schemaver.upgrade();
SELECT substring(schemaver.script('r1', 'r2') FROM 'Not in [^\n]*');
SELECT revision, message FROM schemaver.downgrade('r1');
SELECT * FROM country ORDER BY code;
DROP EXTENSION schemaver;
DROP VIEW wanted;
DROP TABLE country;
