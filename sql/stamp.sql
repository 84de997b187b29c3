-- What does stamp() say is applied?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
SELECT schemaver.revision('m', 'SELECT 1/0', 'SELECT 1/0', id => 'a1'), schemaver.revision('m', 'SELECT 1/0', 'SELECT 1/0', id => 'a2'),
	schemaver.revision('m', 'SELECT 1/0', 'SELECT 1/0', id => 'a3'), schemaver.revision('m', 'SELECT 1/0', 'SELECT 1/0', id => 'b3', revises => '{a2}', splice => true),
	schemaver.revision('m', 'SELECT 1/0', 'SELECT 1/0', id => 'c1', revises => '{}'), schemaver.revision('m', '', '', id => 'c2', revises => '{c1}', depends_on => '{a2}');

SELECT * FROM schemaver.stamp('{a1}');
SELECT * FROM schemaver.stamp('{a1}');
SELECT * FROM schemaver.stamp('{a3,b3}');
SELECT s.revision, s.elapsed FROM schemaver.status(true) t, schemaver.show(t.revision) s WHERE state = 'applied';
SELECT revision FROM schemaver.current();
SELECT * FROM schemaver.stamp('{a1}');
SELECT * FROM schemaver.stamp('{base}');
SELECT * FROM schemaver.stamp('{heads}');
SELECT * FROM schemaver.stamp('{c1}', purge => true);
SELECT revision FROM schemaver.current();
SELECT * FROM schemaver.stamp('{base}', purge => true);
-- a dependency comes along
SELECT revision FROM schemaver.stamp('{c2}');
SELECT revision FROM schemaver.stamp('{+1}');
SELECT revision FROM schemaver.stamp('{c1@base}');

SELECT * FROM schemaver.stamp('{nowhere}');
:code
SELECT * FROM schemaver.stamp('{a1,a3}');
:code
SELECT * FROM schemaver.stamp('{head}');
:code
SELECT * FROM schemaver.stamp('{}');
:code
SELECT * FROM schemaver.stamp(NULL);
:code
SELECT * FROM schemaver.stamp(ARRAY['a1', NULL]);
:code
SELECT * FROM schemaver.stamp(ARRAY['']);
:code

-- it stands in the journal as what it was
SELECT command, target, revision, direction, outcome, statements FROM schemaver.journal WHERE run = (SELECT min(run) FROM schemaver.journal);
DROP EXTENSION schemaver;
