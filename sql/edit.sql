-- What can be changed or removed, and when?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'

SELECT schemaver.revision('m1', 'CREATE TABLE a (x int)', 'DROP TABLE a', id => 'a1');
SELECT schemaver.revision('m2', 'CREATE TABLE b (x int)', id => 'b1', verify => 'SELECT false');
SELECT schemaver.revision('m3', '', '', id => 'c1');

-- what is not given stays
SELECT schemaver.edit('b1', down => 'DROP TABLE b', verify => 'SELECT true');
SELECT message, up, down, verify FROM schemaver.show('b1');
SELECT schemaver.edit('head', message => 'third', up => 'CREATE TABLE c (x int)', down => 'DROP TABLE c',
					  revises => '{b1}', depends_on => '{a1}', branch_labels => '{web}', options => '{}');
SELECT message, up, down, revises, depends_on, branch_labels FROM schemaver.show('c1');
SELECT schemaver.edit('c1', depends_on => '{}', branch_labels => '{}');
SELECT revises, depends_on, branch_labels FROM schemaver.show('c1');

-- refused, and nothing changed
SELECT schemaver.edit('b1', up => 'CREATE TABEL b (x int)');
:code
SELECT schemaver.edit('b1', options => '{"irreversible": "data is lost"}');
:code
SELECT schemaver.edit('c1', revises => '{a1}');
:code
SELECT schemaver.edit('nowhere', message => 'm');
:code
SELECT schemaver.edit('base', message => 'm');
:code
SELECT schemaver.edit(NULL);
:code
SELECT message, up, down, revises, options FROM schemaver.show('b1');

-- moved to another place: the heads follow
SELECT schemaver.edit('c1', revises => '{a1}', splice => true);
SELECT revision FROM schemaver.heads();
SELECT schemaver.revision('m', '', id => 'd1');
:code
SELECT schemaver.edit('c1', revises => '{b1}');
SELECT revision FROM schemaver.heads();
SELECT schemaver.revision('m', '', '', id => 'd1');
SELECT revises FROM schemaver.show('d1');

-- applied: no more
SELECT revision FROM schemaver.upgrade('b1');
\set VERBOSITY terse
SELECT schemaver.edit('a1', up => 'SELECT 1');
:code
SELECT schemaver.remove('a1');
:code
\set VERBOSITY default

-- remove: children and dependents first
SELECT schemaver.remove('c1');
:code
SELECT schemaver.revision('m', '', id => 'e1', revises => '{}', depends_on => '{d1}');
SELECT schemaver.remove('d1');
:code
SELECT schemaver.tag('v1', 'e1');
SELECT schemaver.remove('e1');
:code
SELECT schemaver.untag('v1'), schemaver.untag('v1');
SELECT schemaver.remove('e1'), schemaver.remove('d1'), schemaver.remove('head');
SELECT revision FROM schemaver.history();
SELECT schemaver.remove('e1');
:code

-- what was removed leaves nothing behind, and its id and labels are free
SELECT schemaver.revision('m', 'SELECT 2', id => 'c1', branch_labels => '{web}');
SELECT schemaver.remove('web');
SELECT schemaver.revision('m', 'SELECT 3', id => 'c1', branch_labels => '{web}');
SELECT up FROM schemaver.show('c1');
SET session_replication_role = replica;
SELECT schemaver.remove('web');
SELECT schemaver.revision('m', 'SELECT 4', id => 'c1', branch_labels => '{web}');
RESET session_replication_role;
SELECT up FROM schemaver.show('web');

-- tags move; they need a revision
SELECT schemaver.tag('v1');
SELECT revision FROM schemaver.resolve('tag:v1');
SELECT schemaver.tag('v1', 'c1');
SELECT revision FROM schemaver.resolve('tag:v1');
SELECT schemaver.tag('v2', 'base');
:code
SELECT schemaver.tag('a b', 'c1');
:code
SELECT schemaver.tag(NULL, 'c1');
:code
SELECT schemaver.resolve('tag:v2');
:code

DROP EXTENSION schemaver;
DROP TABLE a, b;
