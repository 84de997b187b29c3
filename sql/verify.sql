-- When does a verify script fail a revision, and what can be downgraded?
CREATE EXTENSION schemaver;
SET schemaver.derive_downs = off;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'

-- a statement that returns false or null, an error; nothing of the run stays
SELECT schemaver.revision('m', 'CREATE TABLE a (x int)', 'DROP TABLE a', id => 'a1'),
	schemaver.revision('m', 'INSERT INTO a VALUES (1)', 'DELETE FROM a', id => 'a2', verify => 'SELECT count(*) = 2 FROM a');
SELECT revision FROM schemaver.upgrade();
:code
SELECT to_regclass('a'), (SELECT count(*) FROM schemaver.current()) AS current;
SELECT schemaver.edit('a2', verify => E'SELECT true;\nSELECT NULL::boolean');
SELECT revision FROM schemaver.upgrade();
:code
SELECT schemaver.edit('a2', verify => E'SELECT true;\n\nSELECT 1/0');
SELECT revision FROM schemaver.upgrade();
:code
SELECT schemaver.edit('a2', verify => 'SELECT x FROM nowhere');
SELECT revision FROM schemaver.upgrade();
:code

-- other results are no matter; what it does is rolled back
SELECT schemaver.edit('a2', verify => 'INSERT INTO a VALUES (7) RETURNING false; SELECT 0; SELECT false WHERE false; CREATE TABLE v (x int); SET search_path = nowhere; SELECT count(*) = 2 FROM public.a; DO $$ BEGIN ASSERT true; END $$');
SELECT revision FROM schemaver.upgrade();
SELECT x FROM a;
SELECT to_regclass('v') IS NULL AS rolled_back, current_setting('search_path') AS search_path;
SELECT revision, direction FROM schemaver.redo(2, allow_data_loss => true);
SELECT statements FROM schemaver.journal ORDER BY run DESC, position DESC LIMIT 1;

-- no down: irreversible, found before anything ran
SELECT schemaver.revision('no down', 'INSERT INTO a VALUES (3)', id => 'a3'),
	schemaver.revision('said so', 'INSERT INTO a VALUES (4)', id => 'a4', options => '{"irreversible": "the data is gone"}'),
	schemaver.revision('said so', 'INSERT INTO a VALUES (5)', id => 'a5', options => '{"irreversible": true}'),
	schemaver.revision('may', 'INSERT INTO a VALUES (6)', 'DELETE FROM a WHERE x = 6', id => 'a6', options => '{"irreversible": false}');
SELECT count(*) FROM schemaver.upgrade();
SELECT revision, reversible FROM schemaver.status(true);
SELECT * FROM schemaver.downgrade('a1');
:code
SELECT * FROM schemaver.downgrade('a4');
:code
SELECT revision FROM schemaver.downgrade('a5');
SELECT * FROM schemaver.downgrade('a4');
:code
SELECT revision FROM schemaver.stamp('{a4}');
SELECT * FROM schemaver.downgrade();
:code
SELECT * FROM schemaver.redo();
:code
SELECT schemaver.script('current', 'a1');
:code
SELECT revision FROM schemaver.stamp('{a3}');
SELECT * FROM schemaver.downgrade();
:code
-- an empty down is one
SELECT schemaver.revision('empty down', '', '', id => 'b1');
SELECT revision FROM schemaver.upgrade('heads', dry_run => true);
SELECT count(*) FROM a;

-- a verify script may end in ROLLBACK, which it is in any case; an up may not
SELECT schemaver.revision('rolled back', 'CREATE TABLE r ()', verify => 'BEGIN; INSERT INTO a VALUES (7); SELECT count(*) > 0 FROM a; ROLLBACK;', id => 'c1');
SELECT revision FROM schemaver.upgrade('c1');
SELECT count(*) FROM a WHERE x = 7;
SELECT schemaver.revision('no', 'CREATE TABLE r2 (); ROLLBACK', id => 'c2');
DROP TABLE r;

DROP EXTENSION schemaver;
DROP TABLE a;
